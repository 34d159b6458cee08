"""Verbs of tracking: hear what carriers say, once, in any order, and let shipments know what was delivered.

Locks: tracks by parcel id, then shipments by id; so two messages about one parcel take turns.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.events.service import Event, record
from floor.kit import clock, ids
from floor.kit.actor import Actor
from floor.kit.db import upsert
from floor.packing.models import Parcel
from floor.shipments import queries as shipment_queries
from floor.shipments import service as shipments
from floor.shipments.models import Carrier, Shipment
from floor.shipments.states import ShipmentAction, ShipmentState
from floor.tracking import codes, exceptions, learned, letters, queries
from floor.tracking.kinds import Topic
from floor.tracking.models import CarrierEvent, Track
from floor.tracking.states import TrackState, standing

_TOLD = (TrackState.COLLECTED, TrackState.OUT_FOR_DELIVERY, TrackState.DELIVERED)


@dataclass(frozen=True)
class Said:
    """One event as a carrier tells it; `at` is the carrier's moment, UTC."""

    waybill: str
    code: str
    text: str
    place: str
    at: datetime


def hear(db: Session, carrier: Carrier, said: Sequence[Said], actor: Actor) -> int:
    """Keep every event once and bring the parcels it speaks of up to date. Returns how many were new.

    Events about numbers that are not ours (yet) are kept without a parcel; `attach` finds them later.
    """
    assert carrier.id is not None
    ours = queries.parcels_of(db, carrier.id, {event.waybill for event in said})
    tracks = _locked_tracks(db, ours.values())
    rows = {row["event_key"]: row for row in (_row(carrier, event, ours.get(event.waybill)) for event in said)}
    # In one sorted order: two messages with the same events wait for each other instead of locking up.
    new = _insert_unknown(db, CarrierEvent, [rows[key] for key in sorted(rows)])
    _bring_up_to_date(db, tracks, actor)
    return new


def attach(db: Session, shipment_id: int, actor: Actor) -> None:
    """A shipment left: start its parcels' tracks, and give them what carriers said before we knew. Safe to repeat."""
    numbers = queries.waybills_of_shipment(db, shipment_id)
    tracks = _locked_tracks(db, numbers)
    for parcel_id, (carrier_code, number) in numbers.items():
        waiting = (col(CarrierEvent.waybill_number) == number) & (col(CarrierEvent.carrier) == carrier_code)
        mine = sa.update(CarrierEvent).where(waiting, col(CarrierEvent.parcel_id).is_(None))
        db.execute(mine.values(parcel_id=parcel_id).execution_options(synchronize_session=False))
    _bring_up_to_date(db, tracks, actor)


def _row(carrier: Carrier, said: Said, parcel_id: int | None) -> dict[str, Any]:
    key = ids.digest(carrier.code, said.waybill, said.at.isoformat(), said.code, said.text)
    return {
        "event_key": key,
        "carrier": carrier.code,
        "waybill_number": said.waybill,
        "parcel_id": parcel_id,
        "code": said.code,
        "text": said.text,
        "place": said.place,
        "meaning": codes.meaning(said.code),
        "happened_at": said.at,
        "received_at": clock.now(),
    }


def _insert_unknown(db: Session, table: type, rows: list[dict[str, Any]]) -> int:
    """Insert those rows whose key is new; returns how many."""
    fresh = (upsert(db, table).values(row).on_conflict_do_nothing().returning(sa.literal(1)) for row in rows)
    return sum(len(db.execute(one).all()) for one in fresh)


def _locked_tracks(db: Session, parcel_ids: Iterable[int]) -> list[Track]:
    """The parcels' tracks, made where missing, locked in parcel order."""
    wanted = sorted(set(parcel_ids))
    fresh = {"state": Track.model_fields["state"].default, "changed_at": clock.now()}
    _insert_unknown(db, Track, [{"parcel_id": parcel_id, **fresh} for parcel_id in wanted])
    locked = select(Track).where(col(Track.parcel_id).in_(wanted)).order_by(col(Track.parcel_id)).with_for_update()
    return list(db.exec(locked.execution_options(populate_existing=True)))


def _bring_up_to_date(db: Session, tracks: Sequence[Track], actor: Actor) -> None:
    shipments_touched = set()
    for track in tracks:
        parcel = db.get(Parcel, track.parcel_id)
        assert parcel is not None
        shipment = shipment_queries.shipment_for(db, parcel.shipment_id)
        _settle(db, track, shipment, actor)
        shipments_touched.add(parcel.shipment_id)
    for shipment_id in sorted(shipments_touched):
        _deliver(db, shipment_id, actor)


def _settle(db: Session, track: Track, shipment: Shipment, actor: Actor) -> None:
    """The only door to a track's state: what all its events say together."""
    before, now = track.state, standing(queries.meanings_of(db, track.parcel_id))
    track.state = now.state
    track.changed_at = now.changed_at or shipment.shipped_at or track.changed_at
    track.delivered_at = now.delivered_at
    if track.eta is None:
        _expect(db, track, shipment)
    db.add(track)
    db.flush()
    if now.state != before:
        event = Event(f"tracking.parcel.{now.state}", "parcel", track.parcel_id, shipment.order_id, {"was": before})
        record(db, event, actor)
        if now.state in _TOLD and track.changed_at > clock.now() - letters.STALE:
            letters.tell(db, track.parcel_id, Topic(now.state), actor)
    exceptions.look(db, track, shipment)


def _expect(db: Session, track: Track, shipment: Shipment) -> None:
    """What the customer is told when it leaves; it is not changed later, so that late is late."""
    way = learned.way_of(db, shipment)
    told = learned.arrival(db, way, way.left_at) if way else None
    if told is not None:
        track.eta, track.eta_from, track.eta_to = told.middle, told.first, told.last


def look_due(db: Session, limit: int) -> int:
    """Look at parcels whose timer rang; returns how many. What another worker looks at is skipped."""
    due = select(Track).where(col(Track.look_at) <= clock.now()).order_by(col(Track.look_at)).limit(limit)
    tracks = db.exec(due.with_for_update(skip_locked=True).execution_options(populate_existing=True)).all()
    for track in tracks:
        parcel = db.get_one(Parcel, track.parcel_id)
        exceptions.look(db, track, shipment_queries.shipment_for(db, parcel.shipment_id))
    return len(tracks)


def _deliver(db: Session, shipment_id: int, actor: Actor) -> None:
    """A shipment is delivered once every parcel of it was, and no longer when a carrier tells late that one had turned
    back before it was signed for. One not yet handed over waits for `attach`."""
    shipment = db.get(Shipment, shipment_id, with_for_update=True, populate_existing=True)
    assert shipment is not None
    is_there = queries.all_delivered(db, shipment_id)
    if shipment.state == ShipmentState.SHIPPED and is_there:
        shipments.advance(db, shipment, ShipmentAction.DELIVER, actor)
    elif shipment.state == ShipmentState.DELIVERED and not is_there:
        shipments.advance(db, shipment, ShipmentAction.UNDELIVER, actor)
