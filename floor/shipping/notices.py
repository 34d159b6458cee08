"""Who is told that a parcel left, once each: the customer by mail, whoever listens on a messenger, the shop.

A notice is a row per parcel and kind, made with the handover; it holds no address. Its state says whether it went, so a
handler may run as often as it likes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from floor.events.service import Event, record
from floor.intake.models import Channel
from floor.inventory.models import Warehouse
from floor.kit import clock
from floor.kit.actor import SYSTEM, Actor
from floor.kit.db import upsert
from floor.kit.errors import Conflict, Unknown
from floor.orders.joining import carried, shops_number
from floor.orders.models import Address, Customer, Order, OrderLine
from floor.packing.models import Parcel
from floor.shipments.models import Carrier, Rate, Shipment
from floor.shipping import queries
from floor.shipping.models import Manifest, ManifestParcel, Waybill
from floor.shipping.models_carriers import Notice, NoticeKind, NoticeState, ServiceZone

#: How long sending one may take.
LEASE = timedelta(seconds=60)
#: Failures before a person is asked: the relay's pauses between them add up to about ten minutes.
TRIES = 8


@dataclass(frozen=True)
class Leaving:
    """A parcel that left, as a notice tells of it. Address and e-mail are personal: no repr, no log."""

    parcel: Parcel
    order: Order
    carrier: Carrier
    number: str
    left_at: datetime
    #: None where no rate says how long it takes.
    expected_at: datetime | None
    lang: str
    n: int
    of: int


def make(db: Session, parcel_ids: Sequence[int]) -> int:
    """The notices of parcels that left, each kind once per parcel, however often it runs. Returns how many are new."""
    made = 0
    for parcel_id in sorted(parcel_ids):
        for kind in NoticeKind:
            fresh = {"parcel_id": parcel_id, "kind": kind, "state": NoticeState.WAITING, "made_at": clock.now(),
                     "tries": 0, "error": ""}  # fmt: skip
            new = upsert(db, Notice).values(fresh).on_conflict_do_nothing().returning(col(Notice.id))
            notice_id = db.execute(new).scalar()
            if notice_id is not None:
                _ask(db, db.get_one(Notice, notice_id), SYSTEM)
                made += 1
    return made


def notice_for(db: Session, notice_id: int, *, lock: bool = False) -> Notice:
    """The notice, or Unknown; locked and fresh if asked."""
    notice = db.get(Notice, notice_id, with_for_update=lock or None, populate_existing=lock)
    if notice is None:
        raise Unknown("shipping.unknown_notice")
    return notice


def claim(db: Session, notice_id: int) -> Notice | None:
    """Begin to send it; None when it went already, when a person has it, or while another worker sends it."""
    notice, moment = notice_for(db, notice_id, lock=True), clock.now()
    if notice.state is not NoticeState.WAITING or (notice.sending_until or moment) > moment:
        return None
    notice.tries += 1
    notice.sending_until = moment + LEASE
    db.add(notice)
    db.flush()
    return notice


def went(db: Session, notice_id: int, state: NoticeState = NoticeState.SENT) -> None:
    """It was taken; or there was NOBODY to tell."""
    notice = notice_for(db, notice_id, lock=True)
    notice.state, notice.sending_until, notice.error = state, None, ""
    notice.sent_at = clock.now() if state is NoticeState.SENT else None
    db.add(notice)
    db.flush()
    if state is NoticeState.SENT:
        _tell(db, "shipping.notice.sent", notice, SYSTEM)


def failed(db: Session, notice_id: int, code: str) -> bool:
    """It was not taken. True while it is tried again by itself; after that a person sees it."""
    notice = notice_for(db, notice_id, lock=True)
    notice.sending_until, notice.error = None, code
    if notice.tries >= TRIES:
        notice.state = NoticeState.FAILED
        _tell(db, "shipping.notice.failed", notice, SYSTEM, problem=code)
    db.add(notice)
    db.flush()
    return notice.state is NoticeState.WAITING


def try_again(db: Session, notice: Notice, actor: Actor) -> None:
    """A person has it sent once more. Raises Conflict for one that went, or that is under way by itself."""
    if notice.state is not NoticeState.FAILED and notice.state is not NoticeState.NOBODY:
        raise Conflict("shipping.notice_not_failed")
    notice.state, notice.tries, notice.error = NoticeState.WAITING, 0, ""
    _ask(db, notice, actor)


def _ask(db: Session, notice: Notice, actor: Actor) -> None:
    db.add(notice)
    db.flush()
    data = {"parcel": notice.parcel_id, "kind": notice.kind.value}
    # Not of the order's story: what came of it is.
    record(db, Event("shipping.notice.asked", "notice", notice.id or 0, data=data), actor)


def _tell(db: Session, kind: str, notice: Notice, actor: Actor, **data: object) -> None:
    given = {"kind": notice.kind.value, **data}
    record(db, Event(kind, "parcel", notice.parcel_id, _order_id(db, notice), given), actor)


def _order_id(db: Session, notice: Notice) -> int:
    return db.get_one(Shipment, db.get_one(Parcel, notice.parcel_id).shipment_id).order_id


# --- reads ---------------------------------------------------------------------------------------------------------


def leaving(db: Session, parcel_id: int) -> Leaving:
    parcel = db.get_one(Parcel, parcel_id)
    shipment = db.get_one(Shipment, parcel.shipment_id)
    order = db.get_one(Order, shipment.order_id)
    waybill = queries.waybill_of(db, parcel_id)
    assert waybill is not None and waybill.number is not None, "a parcel that left has its number"
    buyer = db.get(Customer, order.customer_id) if order.customer_id else None
    brothers = [one.id for one in queries.brothers_of(db, parcel)]
    closed = db.exec(
        select(Manifest.closed_at)
        .join(ManifestParcel, col(ManifestParcel.manifest_id) == Manifest.id)
        .where(ManifestParcel.parcel_id == parcel_id)
    ).first()
    left_at = closed or clock.now()
    days = transit_days(db, waybill, shipment)
    return Leaving(
        parcel, order, db.get_one(Carrier, waybill.carrier_id), waybill.number, left_at,
        left_at + timedelta(days=days) if days is not None else None, buyer.lang if buyer else "",
        brothers.index(parcel_id) + 1, len(brothers),
    )  # fmt: skip


def transit_days(db: Session, waybill: Waybill, shipment: Shipment) -> int | None:
    """By the service's zone, else by the carrier's rate."""
    address = db.get(Address, shipment.order_id)
    province = address.province if address else ""
    if waybill.service_id is not None:
        zones = select(ServiceZone).where(
            ServiceZone.service_id == waybill.service_id, ServiceZone.warehouse_id == shipment.warehouse_id
        )
        for zone in db.exec(zones):
            if province in zone.provinces:
                return zone.transit_days
    mine = (Rate.carrier_id == waybill.carrier_id, Rate.warehouse_id == shipment.warehouse_id)
    return db.exec(select(Rate.transit_days).where(*mine, Rate.province == province)).first()


def mail_of(db: Session, order_id: int) -> tuple[str, str]:
    """(e-mail, name) of who gets the order."""
    address = db.get(Address, order_id)
    return (address.email, address.recipient) if address else ("", "")


def channel_of(db: Session, order: Order) -> Channel | None:
    return db.exec(select(Channel).where(Channel.code == order.channel)).first()


def shops_orders(db: Session, order: Order) -> dict[str, list[tuple[str, int]]]:
    """The shop's orders that travel in an order's parcels: their number -> the channel's own numbers of their lines
    with the units that were not cancelled."""
    found: dict[str, list[tuple[str, int]]] = {}
    for one, ids in carried(db, order):
        rows = db.exec(select(OrderLine).where(col(OrderLine.id).in_(ids)).order_by(col(OrderLine.id)))
        found.setdefault(shops_number(one), []).extend(
            (line.channel_line, line.qty - line.cancelled)
            for line in rows
            if line.channel_line and line.qty > line.cancelled
        )
    return found


@dataclass(frozen=True)
class NoticeRow:
    notice: Notice
    parcel: Parcel
    order_number: str
    house: str


def listed(db: Session, state: NoticeState | None, site: str = "", limit: int = 200) -> list[NoticeRow]:
    """Notices, newest first; of one state, of a site's parcels."""
    query = (
        sa.select(Notice, Parcel, col(Order.number), col(Warehouse.code))
        .join(Parcel, col(Parcel.id) == col(Notice.parcel_id))
        .join(Shipment, col(Shipment.id) == col(Parcel.shipment_id))
        .join(Order, col(Order.id) == col(Shipment.order_id))
        .join(Warehouse, col(Warehouse.id) == col(Shipment.warehouse_id))
        .order_by(col(Notice.id).desc())
        .limit(limit)
    )
    if state is not None:
        query = query.where(col(Notice.state) == state)
    if site:
        query = query.where(col(Warehouse.code) == site)
    return [NoticeRow(*row) for row in db.execute(query)]


def counted(db: Session, site: str = "") -> dict[NoticeState, int]:
    query = (
        select(Notice.state, func.count())
        .select_from(Notice)
        .join(Parcel, col(Parcel.id) == Notice.parcel_id)
        .join(Shipment, col(Shipment.id) == Parcel.shipment_id)
        .join(Warehouse, col(Warehouse.id) == Shipment.warehouse_id)
        .group_by(Notice.state)
    )
    rows = db.exec(query.where(Warehouse.code == site) if site else query)
    return {NoticeState(state): int(n) for state, n in rows}
