"""Timers that rang; and our demo carrier: it tells what a real one would, signed, through the same door."""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from flask_babel import force_locale
from sqlmodel import Session, col

from floor.kit import clock
from floor.kit.uow import reading, unit_of_work
from floor.orders.models import Address
from floor.packing.models import Parcel
from floor.packing.states import ParcelState
from floor.shipments.models import Carrier, Shipment
from floor.shipments.states import ShipmentState
from floor.shipping.models import Waybill, WaybillState
from floor.tracking import queries, service
from floor.tracking.messages import SIMULATED, STATES
from floor.tracking.states import TrackState
from floor.web import signing
from floor.web.locale import CHINESE

#: (carrier code, headers, body) -> HTTP status.
Post = Callable[[str, dict[str, str], bytes], int]

_ROAD = (TrackState.COLLECTED, TrackState.IN_TRANSIT)
_TO_THE_DOOR = (*_ROAD, TrackState.OUT_FOR_DELIVERY, TrackState.DELIVERED)


#: Parcels per transaction, so that others on SQLite wait a moment only.
CHUNK = 50


def look_due() -> int:
    """A chore: look at every parcel whose timer rang. Returns how many."""
    looked = 0
    while True:
        with unit_of_work() as db:
            some = service.look_due(db, CHUNK)
        looked += some
        if some < CHUNK:
            return looked


def simulate(post: Post, deliver: bool) -> dict[str, int]:
    """Tell of every shipped parcel: collected and on the way, or all the way to the door. Carrier code -> parcels told.

    Moments lie between the last thing known and now; what was told before is not told again. A carrier without a secret
    cannot sign and is left out (0 parcels).
    """
    with reading() as db:
        rows = _on_the_road(db)
    told = {}
    for carrier, parcels in groupby(rows, key=lambda row: row.Carrier):
        told[carrier.code] = sum(_tell(post, carrier, parcel, deliver) for parcel in parcels) if carrier.secret else 0
    return told


def _on_the_road(db: Session) -> Sequence[Any]:
    return db.execute(
        sa.select(Carrier, col(Waybill.parcel_id), col(Waybill.number), col(Shipment.shipped_at), col(Address.city))
        .join(Waybill, col(Waybill.carrier_id) == col(Carrier.id))
        .join(Parcel, col(Parcel.id) == col(Waybill.parcel_id))
        .join(Shipment, col(Shipment.id) == col(Parcel.shipment_id))
        .join(Address, col(Address.order_id) == col(Shipment.order_id))
        .where(col(Shipment.state) == ShipmentState.SHIPPED, col(Parcel.state) == ParcelState.SHIPPED)
        .where(col(Waybill.state) != WaybillState.VOID, col(Waybill.number).is_not(None))
        .order_by(col(Carrier.id), col(Waybill.id))
    ).all()


def _tell(post: Post, carrier: Carrier, parcel: Any, deliver: bool) -> int:
    with reading() as db:
        known = {state: moment for moment, state in queries.meanings_of(db, parcel.parcel_id)}
    untold = [state for state in (_TO_THE_DOOR if deliver else _ROAD) if state not in known]
    if not untold:
        return 0
    since = max([parcel.shipped_at, *known.values()])
    body = json.dumps({"events": list(_events(parcel.number, parcel.city, since, untold))}).encode()
    stamp = str(int(clock.now().timestamp()))
    headers = {signing.TIMESTAMP_HEADER: stamp, signing.SIGNATURE_HEADER: signing.sign(carrier.secret, stamp, body)}
    status = post(carrier.code, headers, body)
    if status != 200:
        raise RuntimeError(f"the webhook of {carrier.code} answered {status}")
    return 1


def _events(number: str, city: str, since: datetime, states: Sequence[TrackState]) -> Iterator[dict[str, Any]]:
    """One event per state, an hour apart, or closer when that would lie ahead of us."""
    room = max(timedelta(), clock.now() - since)
    step = min(timedelta(hours=1), room / (len(states) + 1))
    with force_locale(CHINESE):
        for n, state in enumerate(states, start=1):
            text = str(SIMULATED) % {"what": STATES[state]}
            at = (since + n * step).isoformat()
            yield {"waybill": number, "code": state.value, "text": text, "place": city, "at": at}
