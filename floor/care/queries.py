"""Reads of the service desk: find an order by anything people say on the phone, and tell its whole story."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.allocation.models import Unallocated
from floor.catalog.models import Barcode, Sku
from floor.catalog.queries import resolve, sku_by_code
from floor.inventory.inbound import delivery_called
from floor.inventory.lots import lot_called
from floor.inventory.models import Bin, Tote, Transfer, Warehouse
from floor.inventory.queries import bins_called, tote_by_code
from floor.inventory.tracing import lots_called
from floor.orders import queries as orders
from floor.orders.models import Address, Customer, Order, OrderLine
from floor.packing.models import Parcel, Station
from floor.people.models import User
from floor.picking.models import Walk, WalkTote
from floor.returns.models import ReturnCase, ReturnItem, ReturnPhoto
from floor.returns.states import CaseState
from floor.shipments.models import Shipment, ShipmentLine
from floor.shipments.queries import Stage, stage
from floor.shipping.models import Waybill
from floor.shipping.queries import parcel_by_label
from floor.tracking.queries import Part
from floor.tracking.resending import not_compensated, of_order

# --- finding orders ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Hit:
    """One line of the list."""

    order: Order
    buyer: str
    stage: Stage
    units: int


def search(db: Session, text: str, wanted: str, limit: int, offset: int = 0) -> tuple[list[Hit], int]:
    """Orders, newest first, and how many there are.

    `text`: our number or the channel's, the phone's last four digits, a name, a waybill or parcel number, a SKU.
    """
    at = stage()
    query = select(Order.id)
    if wanted:
        query = query.where(at == wanted)
    if text:
        query = query.where(sa.or_(*_matches(text)))
    total = db.execute(sa.select(sa.func.count()).select_from(query.subquery())).scalar_one()
    units = sa.select(sa.func.sum(col(OrderLine.qty))).where(col(OrderLine.order_id) == col(Order.id))
    found = db.execute(
        sa.select(Order, col(Customer.name), at, units.correlate(Order).scalar_subquery())
        .outerjoin(Customer, col(Customer.id) == col(Order.customer_id))
        .where(col(Order.id).in_(query))
        .order_by(col(Order.id).desc())
        .limit(limit)
        .offset(offset)
    )
    return [Hit(order, buyer or "", Stage(at), n or 0) for order, buyer, at, n in found], total


def _matches(text: str) -> Iterable[sa.ColumnElement[bool]]:
    exact, order_id = text.strip().upper(), col(Order.id)
    like = "%" + text.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    yield col(Order.number).ilike(like, escape="\\")
    yield col(Order.external_id).ilike(like, escape="\\")
    yield order_id.in_(sa.select(col(Address.order_id)).where(col(Address.recipient).ilike(like, escape="\\")))
    buyers = sa.select(col(Customer.id)).where(col(Customer.name).ilike(like, escape="\\"))
    yield col(Order.customer_id).in_(buyers)
    if exact.isdecimal() and len(exact) >= 4:
        yield order_id.in_(sa.select(col(Address.order_id)).where(col(Address.phone).endswith(exact)))
    sold = sa.select(col(OrderLine.order_id)).join(Sku, col(Sku.id) == col(OrderLine.sku_id))
    coded = sa.select(col(Barcode.sku_id)).where(col(Barcode.code) == exact)
    yield order_id.in_(sold.where((col(Sku.code) == exact) | col(Sku.id).in_(coded)))
    sent = (
        sa.select(col(Shipment.order_id))
        .join(Parcel, col(Parcel.shipment_id) == col(Shipment.id))
        .outerjoin(Waybill, col(Waybill.parcel_id) == col(Parcel.id))
    )
    yield order_id.in_(sent.where((col(Waybill.number) == exact) | (col(Parcel.number) == exact)))


# --- one order ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LineStory:
    """Where every unit of a line stands. qty is their sum; returned units are among the shipped."""

    line: OrderLine
    sku: Sku
    allocated: int
    picked: int
    packed: int
    shipped: int
    returned: int
    #: What was ordered, when this goes out in its place.
    instead_of: Sku | None = None


def lines_of(db: Session, order_id: int) -> list[LineStory]:
    part, total = ShipmentLine, sa.func.sum
    sums = (total(col(part.allocated)), total(col(part.picked)), total(col(part.packed)), total(col(part.shipped)))
    inside = (
        sa.select(col(part.order_line_id), *sums)
        .join(OrderLine, col(OrderLine.id) == col(part.order_line_id))
        .where(col(OrderLine.order_id) == order_id)
        .group_by(col(part.order_line_id))
    )
    held = {row[0]: (row[1], row[2], row[3], row[4]) for row in db.execute(inside)}
    came = (
        sa.select(col(ReturnItem.order_line_id), sa.func.sum(col(ReturnItem.qty)))
        .join(ReturnCase, col(ReturnCase.id) == col(ReturnItem.case_id))
        .where(col(ReturnCase.order_id) == order_id)
        .where(col(ReturnCase.state).in_((CaseState.ARRIVED, CaseState.CLOSED)))
        .group_by(col(ReturnItem.order_line_id))
    )
    returned = {row[0]: row[1] for row in db.execute(came)}
    rows = db.exec(
        select(OrderLine, Sku)
        .join(Sku, col(Sku.id) == OrderLine.sku_id)
        .where(OrderLine.order_id == order_id, OrderLine.qty > 0)
        .order_by(col(OrderLine.id))
    ).all()
    before = orders.replaced(db, [line.id or 0 for line, _sku in rows])
    return [
        LineStory(line, sku, *held.get(line.id, (0, 0, 0, 0)), returned.get(line.id, 0), before.get(line.id or 0))
        for line, sku in rows
    ]


def sendable(db: Session, order_id: int) -> list[tuple[Parcel, list[tuple[Part, int]]]]:
    """Every parcel of an order that left: what is in it, and how many of it may go out again."""
    parcels = of_order(db, order_id)
    most = not_compensated(db, order_id, parcels)
    return [
        (parcel, [(part, max(0, min(part.left, most[part.line.id or 0]))) for part in inside])
        for parcel, inside in parcels
    ]


def photos_of(db: Session, order_id: int) -> list[int]:
    """Ids of the pictures of an order's returned goods."""
    rows = db.scalars(
        sa.select(col(ReturnPhoto.id))
        .join(ReturnItem, col(ReturnItem.id) == col(ReturnPhoto.item_id))
        .join(ReturnCase, col(ReturnCase.id) == col(ReturnItem.case_id))
        .where(col(ReturnCase.order_id) == order_id)
        .order_by(col(ReturnPhoto.id))
    )
    return [photo or 0 for photo in rows]


def walk_of(db: Session, shipment_id: int) -> tuple[Walk, str] | None:
    """The newest walk a shipment was put on, and who walks it."""
    found = db.exec(
        select(Walk, User.name)
        .join(WalkTote, col(WalkTote.walk_id) == Walk.id)
        .outerjoin(User, col(User.id) == Walk.picker_id)
        .where(WalkTote.shipment_id == shipment_id)
        .order_by(col(Walk.id).desc())
    ).first()
    return (found[0], found[1] or "") if found else None


def last_refusal(db: Session, order_id: int) -> tuple[Unallocated, Sku | None] | None:
    """Why the last run that looked at the order gave it nothing."""
    joined = select(Unallocated, Sku).outerjoin(Sku, col(Sku.id) == Unallocated.sku_id)
    found = db.exec(joined.where(Unallocated.order_id == order_id).order_by(col(Unallocated.run_id).desc())).first()
    return (found[0], found[1]) if found else None


# --- scan anything -----------------------------------------------------------------------------------------------


class Kind(StrEnum):
    BIN = "bin"
    SKU = "sku"
    TOTE = "tote"
    PARCEL = "parcel"
    ORDER = "order"
    WALK = "walk"
    RETURN = "return"
    STATION = "station"
    LOT = "lot"
    DELIVERY = "delivery"
    TRANSFER = "transfer"


@dataclass(frozen=True)
class Thing:
    """What a code stands for: enough to find its page. `site` for bins, whose codes repeat in other houses; for lots
    of one number the SKU."""

    kind: Kind
    code: str
    id: int = 0
    site: str = ""


def things(db: Session, text: str, site: str) -> list[Thing]:
    """Everything a scanned or typed code can be; several for a bin of several houses, or a lot of several SKUs."""
    code = text.strip().upper()
    where: Sequence[tuple[Bin, Warehouse]] = bins_called(db, code, site) or bins_called(db, code)
    if where:
        return [Thing(Kind.BIN, code, found.id, house.code) for found, house in where]
    seen = resolve(db, text)
    if (sku := seen.sku or sku_by_code(db, code)) is not None:
        number = seen.lot or seen.serial
        lot = lot_called(db, sku.id or 0, number) if number else None
        return [Thing(Kind.LOT, lot.code, lot.id or 0) if lot else Thing(Kind.SKU, sku.code)]
    if (tote := tote_by_code(db, code)) is not None:
        return [Thing(Kind.TOTE, tote.code)]
    if (parcel := parcel_by_label(db, code)) is not None:
        return [Thing(Kind.PARCEL, parcel.number, parcel.id)]
    for kind, table, column in _NUMBERED:
        found_id = db.execute(sa.select(col(table.id)).where(sa.func.upper(column) == code)).scalar()
        if found_id is not None:
            return [Thing(kind, code, found_id)]
    if (delivery := delivery_called(db, code, site)) is not None:
        return [Thing(Kind.DELIVERY, delivery.reference, delivery.id or 0)]
    return [Thing(Kind.LOT, lot.code, lot.id or 0, sku.code) for lot, sku in lots_called(db, code)]


_NUMBERED = (
    (Kind.ORDER, Order, col(Order.number)),
    (Kind.ORDER, Order, col(Order.external_id)),
    (Kind.WALK, Walk, col(Walk.number)),
    (Kind.RETURN, ReturnCase, col(ReturnCase.number)),
    (Kind.STATION, Station, col(Station.code)),
    (Kind.TRANSFER, Transfer, col(Transfer.number)),
)


def totes_of(db: Session, site: str) -> Sequence[Tote]:
    joined = select(Tote).join(Warehouse, col(Warehouse.id) == Tote.warehouse_id).order_by(Tote.code)
    return db.exec(joined.where(Warehouse.code == site) if site else joined).all()
