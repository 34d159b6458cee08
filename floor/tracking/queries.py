"""Reads of tracking: the board, one parcel's story, the customer's page, and what `flask check` proves."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.catalog.models import Sku
from floor.inventory.models import Warehouse
from floor.kit import clock
from floor.kit.errors import Unknown
from floor.orders import queries as orders
from floor.orders.models import Address, Order
from floor.packing.models import Parcel
from floor.packing.states import ParcelState
from floor.shipments import queries as shipments
from floor.shipments.models import Carrier, Rate, Shipment, ShipmentLine
from floor.shipments.states import ShipmentState
from floor.shipping.models import Waybill, WaybillState
from floor.tracking import codes
from floor.tracking.codes import Problem
from floor.tracking.models import CarrierEvent, Track
from floor.tracking.states import BACKWARD, TrackState, standing

#: A parcel we handed over should be collected within, and scanned again within.
COLLECT_WITHIN = timedelta(hours=24)
SCAN_WITHIN = timedelta(hours=48)
#: How long a parcel that came back stays on the board.
RETURNED_SHOWN = timedelta(days=7)
BOARD_LIMIT = 200


def carrier_by_code(db: Session, code: str) -> Carrier | None:
    return db.exec(select(Carrier).where(Carrier.code == code)).first()


def parcels_of(db: Session, carrier_id: int, numbers: Iterable[str]) -> dict[str, int]:
    """Waybill number -> parcel, of this carrier's living waybills only: nobody speaks about another's parcels."""
    living = select(Waybill.number, Waybill.parcel_id).where(
        Waybill.carrier_id == carrier_id, col(Waybill.number).in_(list(numbers)), Waybill.state != WaybillState.VOID
    )
    return {number: parcel_id for number, parcel_id in db.exec(living) if number is not None}


def waybills_of_shipment(db: Session, shipment_id: int) -> dict[int, tuple[str, str]]:
    """parcel id -> (carrier code, waybill number) of a shipment's living waybills."""
    living = (
        select(Waybill.parcel_id, Carrier.code, Waybill.number)
        .join(Parcel, col(Parcel.id) == Waybill.parcel_id)
        .join(Carrier, col(Carrier.id) == Waybill.carrier_id)
        .where(Parcel.shipment_id == shipment_id, Waybill.state != WaybillState.VOID, col(Waybill.number).is_not(None))
    )
    return {parcel_id: (carrier, number or "") for parcel_id, carrier, number in db.exec(living)}


def meanings_of(db: Session, parcel_id: int) -> list[tuple[datetime, TrackState | None]]:
    said = select(CarrierEvent.happened_at, CarrierEvent.meaning).where(CarrierEvent.parcel_id == parcel_id)
    return [(moment, TrackState(meaning) if meaning else None) for moment, meaning in db.exec(said)]


def all_delivered(db: Session, shipment_id: int) -> bool:
    """Whether the shipment has parcels and the customer got every one of them."""
    got = (
        select(Track.delivered_at)
        .select_from(Parcel)
        .outerjoin(Track, col(Track.parcel_id) == Parcel.id)
        .where(Parcel.shipment_id == shipment_id)
    )
    moments = db.exec(got).all()
    return bool(moments) and all(moments)


def expected_at(db: Session, shipment: Shipment) -> datetime | None:
    """When the carrier's own transit time ends; None before the shipment left, or for a region without a rate."""
    if shipment.shipped_at is None:
        return None
    days = db.exec(
        select(Rate.transit_days)
        .join(Address, col(Address.province) == Rate.province)
        .where(
            Address.order_id == shipment.order_id,
            Rate.carrier_id == shipment.carrier_id,
            Rate.warehouse_id == shipment.warehouse_id,
        )
    ).first()
    return None if days is None else shipment.shipped_at + timedelta(days=days)


def events_of(db: Session, parcel_id: int) -> Sequence[CarrierEvent]:
    """What was said about a parcel, newest first."""
    newest = col(CarrierEvent.happened_at).desc(), col(CarrierEvent.id).desc()
    return db.exec(select(CarrierEvent).where(CarrierEvent.parcel_id == parcel_id).order_by(*newest)).all()


# --- the board ---------------------------------------------------------------------------------------------------


class Column(StrEnum):
    NOT_COLLECTED = "not_collected"
    STUCK = "stuck"
    ATTEMPT_FAILED = "attempt_failed"
    EXCEPTION = "exception"
    GOING_BACK = "going_back"


@dataclass(frozen=True)
class Card:
    """A parcel that needs somebody. `since`: how long it has been so; `late`: past what we told the customer."""

    parcel_id: int
    waybill: str
    order_number: str
    carrier: Carrier
    state: TrackState
    problem: Problem | None
    said: str
    last_scan: datetime | None
    since: timedelta
    late: timedelta | None


def board(db: Session) -> dict[Column, list[Card]]:
    """Column -> cards, the oldest trouble first."""
    now = clock.now()
    columns: dict[Column, list[Card]] = {column: [] for column in Column}
    rows = db.execute(_troubled(now).limit(BOARD_LIMIT * len(Column))).all()
    last = _last_words(db, [row.id for row in rows])
    for row in rows:
        event = last.get(row.id)
        state = TrackState(row.state or TrackState.LABEL_MADE)
        problem = codes.problem(event.code) if event and event.meaning == state else None
        card = Card(
            row.id, row.waybill or row.number, row.order_number, row.Carrier, state, problem,
            event.text if event else "", row.last_scan, now - _since(row, state),
            now - row.eta if row.eta and row.eta < now else None,
        )  # fmt: skip
        columns[_column(card)].append(card)
    for cards in columns.values():
        cards.sort(key=lambda card: -card.since)
    return columns


def _since(row: Any, state: TrackState) -> Any:
    if state == TrackState.LABEL_MADE:
        return row.shipped_at
    quiet = state in (TrackState.COLLECTED, TrackState.IN_TRANSIT, TrackState.OUT_FOR_DELIVERY)
    return (row.last_scan if quiet else None) or row.changed_at or row.shipped_at


def _column(card: Card) -> Column:
    if card.state == TrackState.LABEL_MADE:
        return Column.NOT_COLLECTED
    if card.state in BACKWARD or card.problem == Problem.REFUSED:
        return Column.GOING_BACK
    if card.state == TrackState.ATTEMPT_FAILED:
        return Column.ATTEMPT_FAILED
    return Column.EXCEPTION if card.state == TrackState.EXCEPTION else Column.STUCK


def _troubled(now: datetime) -> sa.Select[Any]:
    """Shipped parcels that need somebody, by the timers and by what was said."""
    last_scan = (
        sa.select(col(CarrierEvent.parcel_id).label("parcel"), sa.func.max(col(CarrierEvent.happened_at)).label("at"))
        .where(col(CarrierEvent.parcel_id).is_not(None))
        .group_by(col(CarrierEvent.parcel_id))
        .subquery()
    )
    state, shipped_at = col(Track.state), col(Shipment.shipped_at)
    moving = (TrackState.COLLECTED, TrackState.IN_TRANSIT, TrackState.OUT_FOR_DELIVERY)
    open_road = col(Shipment.state) == ShipmentState.SHIPPED
    uncollected = sa.or_(state.is_(None), state == TrackState.LABEL_MADE) & (shipped_at < now - COLLECT_WITHIN)
    stuck = state.in_(moving) & (last_scan.c.at < now - SCAN_WITHIN)
    back = (state == TrackState.RETURNED) & (col(Track.changed_at) > now - RETURNED_SHOWN)
    said = state.in_((TrackState.ATTEMPT_FAILED, TrackState.EXCEPTION, TrackState.RETURNING))
    return (
        sa.select(
            col(Parcel.id), col(Parcel.number), col(Waybill.number).label("waybill"),
            col(Order.number).label("order_number"), Carrier, state, col(Track.changed_at), col(Track.eta), shipped_at,
            last_scan.c.at.label("last_scan"),
        )
        .join(Shipment, col(Shipment.id) == col(Parcel.shipment_id))
        .join(Order, col(Order.id) == col(Shipment.order_id))
        .join(Carrier, col(Carrier.id) == col(Shipment.carrier_id))
        .outerjoin(Waybill, (col(Waybill.parcel_id) == col(Parcel.id)) & (col(Waybill.state) != WaybillState.VOID))
        .outerjoin(Track, col(Track.parcel_id) == col(Parcel.id))
        .outerjoin(last_scan, last_scan.c.parcel == col(Parcel.id))
        .where(col(Parcel.state) == ParcelState.SHIPPED)
        .where(sa.or_(open_road & sa.or_(uncollected, stuck), said, back))
        .order_by(shipped_at, col(Parcel.id))
    )  # fmt: skip


def _last_words(db: Session, parcel_ids: list[int]) -> dict[int, CarrierEvent]:
    """The newest event that meant something, by parcel."""
    mine = col(CarrierEvent.parcel_id).in_(parcel_ids) & col(CarrierEvent.meaning).is_not(None)
    said = select(CarrierEvent).where(mine).order_by(col(CarrierEvent.happened_at))
    return {event.parcel_id or 0: event for event in db.exec(said)}


# --- one parcel, and the customer's page -------------------------------------------------------------------------


@dataclass(frozen=True)
class ParcelStory:
    parcel: Parcel
    waybill: str
    track: Track | None
    events: Sequence[CarrierEvent]

    @property
    def state(self) -> TrackState:
        return TrackState(self.track.state) if self.track else TrackState.LABEL_MADE


@dataclass(frozen=True)
class ShipmentStory:
    shipment: Shipment
    carrier: Carrier
    warehouse: Warehouse
    lines: Sequence[tuple[ShipmentLine, Sku]]
    parcels: Sequence[ParcelStory]
    eta: datetime | None
    #: Order line -> what was ordered in its place.
    instead: Mapping[int, Sku]


def parcel_for(db: Session, parcel_id: int) -> Parcel:
    """The parcel, or Unknown."""
    parcel = db.get(Parcel, parcel_id)
    if parcel is None:
        raise Unknown("tracking.unknown_parcel")
    return parcel


def shipment_story(db: Session, shipment: Shipment) -> ShipmentStory:
    assert shipment.id is not None
    carrier, warehouse = db.get(Carrier, shipment.carrier_id), db.get(Warehouse, shipment.warehouse_id)
    assert carrier is not None
    assert warehouse is not None
    numbers = waybills_of_shipment(db, shipment.id)
    parcels = db.exec(select(Parcel).where(Parcel.shipment_id == shipment.id).order_by(col(Parcel.id))).all()
    stories = [
        ParcelStory(parcel, numbers.get(parcel.id, ("", ""))[1], db.get(Track, parcel.id), events_of(db, parcel.id))
        for parcel in parcels
    ]
    lines = [
        (line, sku)
        for line, sku in shipments.lines_of(db, shipment.id)
        if line.allocated + line.picked + line.packed + line.shipped
    ]
    instead = orders.replaced(db, [line.order_line_id for line, _sku in lines])
    return ShipmentStory(shipment, carrier, warehouse, lines, stories, expected_at(db, shipment), instead)


def order_story(db: Session, order_id: int) -> list[ShipmentStory]:
    """Every shipment of an order that was not cancelled."""
    every = shipments.of_order(db, order_id)
    return [shipment_story(db, one) for one in every if one.state != ShipmentState.CANCELLED]


# --- checks ------------------------------------------------------------------------------------------------------


def broken_tracks(db: Session) -> list[str]:
    """Check: a track says what its events say together, and every heard parcel has one."""
    said: dict[int, list[tuple[datetime, TrackState | None]]] = defaultdict(list)
    heard = select(CarrierEvent.parcel_id, CarrierEvent.happened_at, CarrierEvent.meaning)
    for parcel_id, moment, meaning in db.exec(heard.where(col(CarrierEvent.parcel_id).is_not(None))):
        said[parcel_id or 0].append((moment, TrackState(meaning) if meaning else None))
    tracks = {track.parcel_id: track for track in db.exec(select(Track))}
    wrong = [f"parcel {parcel_id}: has events but no track" for parcel_id in sorted(said.keys() - tracks.keys())]
    for parcel_id, track in sorted(tracks.items()):
        now = standing(said[parcel_id])
        if (now.state, now.delivered_at) != (track.state, track.delivered_at):
            wrong.append(f"track {parcel_id}: is {track.state}, its events say {now.state}")
    return wrong


def broken_deliveries(db: Session) -> list[str]:
    """Check: the customer got every parcel of a delivered shipment."""
    missing = (
        select(Shipment.number, Parcel.number)
        .join(Parcel, col(Parcel.shipment_id) == Shipment.id)
        .outerjoin(Track, col(Track.parcel_id) == Parcel.id)
        .where(Shipment.state == ShipmentState.DELIVERED, col(Track.delivered_at).is_(None))
    )
    return [f"{shipment} is delivered, but {parcel} was not" for shipment, parcel in db.exec(missing)]
