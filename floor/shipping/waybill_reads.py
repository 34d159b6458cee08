"""Reads of waybills for people: what is not settled, one waybill with every way it could have gone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.inventory.models import Warehouse
from floor.orders.models import Order
from floor.packing.models import Parcel
from floor.shipments.models import Carrier, Shipment
from floor.shipping import choosing
from floor.shipping.models import Waybill
from floor.shipping.models_carriers import CarrierHealth, CarrierService, ServiceRule
from floor.shipping.states import WaybillState

#: Lines on the screen of what waits.
MOST = 200


@dataclass(frozen=True)
class WaybillRow:
    waybill: Waybill
    parcel: Parcel
    carrier: Carrier
    house: str
    order_number: str

    @property
    def needs_person(self) -> bool:
        is_asked = self.waybill.next_try_at is not None or self.waybill.undo_at is not None
        return not is_asked and self.waybill.state is not WaybillState.ACTIVE


def unsettled(db: Session, site: str = "") -> list[WaybillRow]:
    """Waybills without a usable number, and void numbers the carrier did not take back yet, oldest first."""
    open_states = (WaybillState.REQUESTED, WaybillState.UNSURE, WaybillState.REFUSED, WaybillState.CANCELLING)
    query = (
        sa.select(Waybill, Parcel, Carrier, col(Warehouse.code), col(Order.number))
        .join(Parcel, col(Parcel.id) == col(Waybill.parcel_id))
        .join(Shipment, col(Shipment.id) == col(Parcel.shipment_id))
        .join(Warehouse, col(Warehouse.id) == col(Shipment.warehouse_id))
        .join(Order, col(Order.id) == col(Shipment.order_id))
        .join(Carrier, col(Carrier.id) == col(Waybill.carrier_id))
        .where(
            sa.or_(
                col(Waybill.state).in_(open_states),
                col(Waybill.problem).in_(("stray", "not_cancelled")) & (col(Waybill.state) == WaybillState.VOID),
                col(Waybill.undo_at).is_not(None),
            )
        )
        .order_by(col(Waybill.id))
        .limit(MOST)
    )
    return [WaybillRow(*row) for row in db.execute(query.where(col(Warehouse.code) == site) if site else query)]


def away(db: Session) -> Sequence[tuple[CarrierHealth, Carrier]]:
    """Carriers that did not answer last."""
    joined = select(CarrierHealth, Carrier).join(Carrier, col(Carrier.id) == CarrierHealth.carrier_id)
    return db.exec(joined.where(col(CarrierHealth.down_since).is_not(None)).order_by(Carrier.code)).all()


def newest(db: Session, parcel_id: int) -> Waybill:
    """The parcel's living waybill, else its last."""
    mine = select(Waybill).where(Waybill.parcel_id == parcel_id)
    is_dead = sa.case((col(Waybill.state) == WaybillState.VOID, 1), else_=0)
    return db.exec(mine.order_by(is_dead, col(Waybill.id).desc())).first() or Waybill(parcel_id=parcel_id, carrier_id=0)


@dataclass(frozen=True)
class Way:
    """One way to go, as the screen shows it."""

    key: str
    carrier: Carrier
    service: CarrierService | None
    cost_fen: int
    days: int
    leaves_at: datetime | None
    why_not: str
    billed_g: int
    is_chosen: bool


@dataclass(frozen=True)
class Seen:
    """A waybill with all that its screen shows. No name, no address."""

    parcel: Parcel
    order_number: str
    carrier: Carrier
    service: CarrierService | None
    #: choosing.Why, "" where nothing was chosen.
    why: str
    #: What was offered when it was chosen; else what is offered now.
    ways: Sequence[Way]
    #: What a person may choose now.
    now: Sequence[Way]
    others: Sequence[Waybill]


def seen(db: Session, waybill: Waybill) -> Seen:
    parcel = db.get_one(Parcel, waybill.parcel_id)
    shipment = db.get_one(Shipment, parcel.shipment_id)
    carriers = {one.id or 0: one for one in db.exec(select(Carrier))}
    services = {one.id: one for one in db.exec(select(CarrierService))}
    mine = (waybill.carrier_id, waybill.service_id)
    offers = choosing.offers_for(db, choosing.goods_of(db, parcel), db.exec(select(ServiceRule)).all())
    now = [
        _way(carriers[one.carrier_id], services.get(one.service_id), one.cost_fen, one.days, one.leaves_at,
             one.why_not, one.billed_g, (one.carrier_id, one.service_id) == mine)
        for one in offers
    ]  # fmt: skip
    kept = [
        _way(carriers[one["carrier"]], services.get(one["service"]), one["fen"], one["days"],
             datetime.fromisoformat(one["leaves"]) if one["leaves"] else None, one["not"], one["g"],
             (one["carrier"], one["service"]) == mine)
        for one in waybill.choice.get("offers", [])
        if one["carrier"] in carriers
    ]  # fmt: skip
    others = db.exec(
        select(Waybill).where(Waybill.parcel_id == parcel.id, Waybill.id != waybill.id).order_by(col(Waybill.id))
    ).all()
    return Seen(
        parcel, db.get_one(Order, shipment.order_id).number, carriers[waybill.carrier_id],
        services.get(waybill.service_id), waybill.choice.get("why", ""), kept, now, others,
    )  # fmt: skip


def _way(
    carrier: Carrier, service: CarrierService | None, fen: int, days: int, leaves_at: datetime | None, why_not: str,
    grams: int, is_chosen: bool,
) -> Way:  # fmt: skip
    key = f"{carrier.id}-{service.id}" if service else str(carrier.id)
    return Way(key, carrier, service, fen, days, leaves_at, why_not, grams, is_chosen)
