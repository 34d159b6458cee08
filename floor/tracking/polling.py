"""Asking carriers that do not tell by themselves where parcels are: SF, and Kuaidi100 where pushes are not set up.

claim -> ask, with no transaction open -> hear, as if it had been told. An answer heard twice is one.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.uow import reading, unit_of_work
from floor.orders.models import Address
from floor.packing.models import Parcel
from floor.packing.states import ParcelState
from floor.settings import bound
from floor.shipments.models import Carrier, Shipment
from floor.shipping.carriers import port_for
from floor.shipping.carriers.base import CarrierTrouble, Down
from floor.shipping.models import Waybill, WaybillState
from floor.shipping.models_carriers import CarrierHealth
from floor.tracking import service
from floor.tracking.models import Track
from floor.tracking.service import Said
from floor.tracking.states import ENDED, TrackState

log = logging.getLogger(__name__)

#: Between two questions about one number. Kuaidi100 locks a number asked about more often than every 30 minutes.
EVERY = timedelta(hours=1)
#: A parcel that left longer ago is a person's: the board shows it.
LONGEST = timedelta(days=30)
#: By its index: of a million parcels few are on the road.
_ON_THE_ROAD = [state for state in TrackState if state not in ENDED]


@dataclass(frozen=True)
class _Asked:
    carrier: Carrier
    number: str
    phone_tail: str


def ask_routes(limit: int = 20) -> int:
    """Ask about the parcels whose turn it is; returns how many carriers' answers were heard."""
    heard, away = 0, set()
    for one in _claimed(limit):
        if one.carrier.id in away:
            continue
        try:
            port = port_for(one.carrier.adapter, _no_number, bound())
            steps = port.routes(one.number, one.phone_tail, one.carrier.outside_code or one.carrier.code)
        except CarrierTrouble as trouble:
            log.info("%s says nothing of %s: %s", one.carrier.code, one.number, trouble.code)
            if isinstance(trouble, Down):
                away.add(one.carrier.id)
            continue
        said = [Said(one.number, step.code[:32], step.text[:300], step.place[:80], step.at) for step in steps]
        with unit_of_work() as db:
            service.hear(db, one.carrier, said, Actor("carrier", one.carrier.id, one.carrier.name))
        heard += 1
    return heard


def _claimed(limit: int) -> list[_Asked]:
    """Numbers nobody else asks about now; each is asked about again after EVERY, whatever comes of it."""
    moment = clock.now()
    with reading() as db:
        due = _due(db, limit)
    mine = []
    for waybill_id, one in due:
        is_due = sa.or_(col(Waybill.routes_at).is_(None), col(Waybill.routes_at) <= moment)
        claim = sa.update(Waybill).where(col(Waybill.id) == waybill_id, is_due).values(routes_at=moment + EVERY)
        with unit_of_work() as db:
            done = db.execute(claim.execution_options(synchronize_session=False))
            if done.rowcount:  # type: ignore[attr-defined]
                mine.append(one)
    return mine


def _due(db: Session, limit: int) -> list[tuple[int, _Asked]]:
    moment = clock.now()
    adapters = ["sf"] if bound().kuaidi100_salt else ["sf", "kuaidi100"]
    query = (
        select(Waybill.id, Carrier, Waybill.number, Address.phone)
        .join(Carrier, col(Carrier.id) == Waybill.carrier_id)
        .join(Parcel, col(Parcel.id) == Waybill.parcel_id)
        .join(Shipment, col(Shipment.id) == Parcel.shipment_id)
        .join(Address, col(Address.order_id) == Shipment.order_id)
        .join(Track, col(Track.parcel_id) == Parcel.id)
        .outerjoin(CarrierHealth, col(CarrierHealth.carrier_id) == Carrier.id)
        .where(Waybill.state == WaybillState.ACTIVE, col(Waybill.number).is_not(None))
        .where(Parcel.state == ParcelState.SHIPPED, col(Carrier.adapter).in_(adapters))
        .where(col(Track.state).in_(_ON_THE_ROAD))
        .where(sa.or_(col(Shipment.shipped_at).is_(None), col(Shipment.shipped_at) > moment - LONGEST))
        .where(sa.or_(col(CarrierHealth.retry_at).is_(None), col(CarrierHealth.retry_at) <= moment))
        .where(sa.or_(col(Waybill.routes_at).is_(None), col(Waybill.routes_at) <= moment))
        .order_by(col(Waybill.routes_at).is_not(None), col(Waybill.routes_at), col(Waybill.id))
        .limit(limit)
    )
    rows = db.exec(query)
    return [(waybill_id or 0, _Asked(carrier, number or "", phone[-4:])) for waybill_id, carrier, number, phone in rows]


def _no_number(_waybill_id: int) -> str:
    raise AssertionError("nobody asks for a number here")
