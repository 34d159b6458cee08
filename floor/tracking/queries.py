"""Reads of tracking: the board, one parcel's story, the customer's page, and what `flask check` proves."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from floor.catalog.models import Sku
from floor.inventory.models import Warehouse
from floor.kit import clock
from floor.kit.errors import Unknown
from floor.orders import queries as orders
from floor.orders.models import Order, OrderLine
from floor.packing.models import Parcel, ParcelLine
from floor.people.models import User
from floor.shipments import queries as shipments
from floor.shipments.models import Carrier, Shipment, ShipmentLine
from floor.shipments.states import ShipmentState
from floor.shipping.models import Waybill, WaybillState
from floor.tracking import codes, learned
from floor.tracking.codes import Problem
from floor.tracking.kinds import Kind
from floor.tracking.learned import Arrival
from floor.tracking.models import CarrierEvent, Track
from floor.tracking.models_exceptions import CarrierClaim, ParcelException, ResentLine
from floor.tracking.states import ENDED, ClaimState, ExceptionState, TrackState, standing

#: Cards of one column: of all columns, and of one alone.
SOME, MANY = 30, 200


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


def events_of(db: Session, parcel_id: int) -> Sequence[CarrierEvent]:
    """What was said about a parcel, newest first."""
    newest = col(CarrierEvent.happened_at).desc(), col(CarrierEvent.id).desc()
    return db.exec(select(CarrierEvent).where(CarrierEvent.parcel_id == parcel_id).order_by(*newest)).all()


def last_word(db: Session, parcel_id: int) -> CarrierEvent | None:
    """The newest event that meant something."""
    mine = select(CarrierEvent).where(CarrierEvent.parcel_id == parcel_id, col(CarrierEvent.meaning).is_not(None))
    return db.exec(mine.order_by(col(CarrierEvent.happened_at).desc(), col(CarrierEvent.id).desc()).limit(1)).first()


def order_of_parcel(db: Session, parcel_id: int) -> int:
    return db.get_one(Shipment, db.get_one(Parcel, parcel_id).shipment_id).order_id


@dataclass(frozen=True)
class Part:
    """Units of an order line in a parcel, and how many of them have not gone out again."""

    line: OrderLine
    sku: Sku
    qty: int
    left: int

    @property
    def paid_fen(self) -> int:
        """What the customer paid for those that are left."""
        return self.line.unit_price_fen * self.left - self.line.discount_fen * self.left // max(self.line.qty, 1)


def contents(db: Session, parcel_id: int) -> list[Part]:
    again = select(ResentLine.of_line_id, func.sum(OrderLine.qty - OrderLine.cancelled)).join(OrderLine, takes_again())
    gone = dict(db.exec(again.where(ResentLine.parcel_id == parcel_id).group_by(col(ResentLine.of_line_id))).all())
    rows = db.exec(
        select(OrderLine, Sku, ParcelLine.qty)
        .join(ShipmentLine, col(ShipmentLine.order_line_id) == OrderLine.id)
        .join(ParcelLine, col(ParcelLine.shipment_line_id) == ShipmentLine.id)
        .join(Sku, col(Sku.id) == OrderLine.sku_id)
        .where(ParcelLine.parcel_id == parcel_id)
        .order_by(col(OrderLine.id))
    )
    return [Part(line, sku, qty, qty - gone.get(line.id or 0, 0)) for line, sku, qty in rows]


def takes_again() -> sa.ColumnElement[bool]:
    """The order line that takes a ResentLine's units, or another article in its place."""
    line = col(ResentLine.order_line_id)
    return sa.or_(col(OrderLine.id) == line, col(OrderLine.replaces_id) == line)


# --- the board ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Card:
    """A parcel that needs somebody. `since`: how long it has been so; `late`: past what we told the customer."""

    exception: ParcelException
    waybill: str
    order_number: str
    carrier: Carrier
    owner: str
    state: TrackState
    problem: Problem | None
    said: str
    since: timedelta
    late: timedelta | None


@dataclass(frozen=True)
class Counts:
    """How many are on the board by kind; how many sleep and how many claims have no answer, whoever's they are."""

    kinds: Mapping[Kind, int]
    snoozed: int
    claims: int


def counts(db: Session, owner_id: int | None = None) -> Counts:
    """Of one owner if asked."""
    sleeps = col(ParcelException.snoozed_until) > clock.now()
    is_theirs = col(ParcelException.owner_id) == owner_id if owner_id else sa.true()
    rows = db.execute(
        sa.select(
            col(ParcelException.kind), sa.func.coalesce(sleeps, sa.false()),
            sa.func.count(sa.case((is_theirs, 1))), sa.func.count(),
        )
        .where(col(ParcelException.state) == ExceptionState.OPEN)
        .group_by(sa.text("1"), sa.text("2"))
    ).all()  # fmt: skip
    kinds = dict.fromkeys(Kind, 0) | {Kind(kind): n for kind, is_asleep, n, _all in rows if not is_asleep}
    asked = select(sa.func.count()).where(col(CarrierClaim.state) == ClaimState.ASKED)
    return Counts(kinds, sum(n for _kind, is_asleep, _theirs, n in rows if is_asleep), db.exec(asked).one())


def in_trouble(db: Session) -> int:
    """How many parcels need somebody now."""
    return sum(counts(db).kinds.values())


def board(db: Session, owner_id: int | None = None) -> dict[Kind, list[Card]]:
    """Kind -> cards, the oldest trouble first; of one owner if asked."""
    return {kind: column(db, kind, SOME, owner_id) for kind in Kind}


def column(db: Session, kind: Kind, limit: int = MANY, owner_id: int | None = None) -> list[Card]:
    mine = (col(ParcelException.kind) == kind, col(ParcelException.state) == ExceptionState.OPEN)
    awake = sa.or_(col(ParcelException.snoozed_until).is_(None), col(ParcelException.snoozed_until) <= clock.now())
    owned = (col(ParcelException.owner_id) == owner_id,) if owner_id else ()
    return _cards(db, cards().where(*mine, awake, *owned).order_by(col(ParcelException.since)).limit(limit))


def snoozed(db: Session) -> list[Card]:
    """What sleeps, the next to wake first."""
    asleep = (col(ParcelException.state) == ExceptionState.OPEN, col(ParcelException.snoozed_until) > clock.now())
    return _cards(db, cards().where(*asleep).order_by(col(ParcelException.snoozed_until)).limit(MANY))


def claims(db: Session) -> list[tuple[CarrierClaim, Card]]:
    """Claims without an answer, the oldest first."""
    rows = db.exec(
        select(CarrierClaim)
        .where(CarrierClaim.state == ClaimState.ASKED)
        .order_by(col(CarrierClaim.asked_at))
        .limit(MANY)
    ).all()
    of = _cards(db, cards().where(col(ParcelException.id).in_([row.exception_id for row in rows])))
    by_id = {card.exception.id: card for card in of}
    return [(row, by_id[row.exception_id]) for row in rows]


def cards() -> sa.Select[Any]:
    """Exceptions with what a card shows of them; for `column` and its like to narrow."""
    shown: Any = (
        sa.select(
            ParcelException, Carrier, Track, col(Parcel.number), col(Waybill.number).label("waybill"),
            col(Order.number).label("order_number"), col(User.name).label("owner"),
        )
        .join(Parcel, col(Parcel.id) == col(ParcelException.parcel_id))
        .join(Shipment, col(Shipment.id) == col(Parcel.shipment_id))
        .join(Order, col(Order.id) == col(Shipment.order_id))
        .join(Carrier, col(Carrier.id) == col(Shipment.carrier_id))
        .join(Track, col(Track.parcel_id) == col(ParcelException.parcel_id))
        .outerjoin(User, col(User.id) == col(ParcelException.owner_id))
        .outerjoin(
            Waybill,
            (col(Waybill.parcel_id) == col(ParcelException.parcel_id)) & (col(Waybill.state) != WaybillState.VOID),
        )
    )  # fmt: skip
    return shown


def _cards(db: Session, query: sa.Select[Any]) -> list[Card]:
    rows, now = db.execute(query).all(), clock.now()
    last = _last_words(db, [row[0].parcel_id for row in rows])
    made = []
    for row in rows:
        exception, carrier, track = row[:3]
        event = last.get(track.parcel_id)
        late_at = track.eta_to or track.eta
        made.append(Card(
            exception, row.waybill or row.number, row.order_number, carrier, row.owner or "", TrackState(track.state),
            codes.problem(event.code) if event and event.meaning == track.state else None,
            event.text if event else "", now - exception.since,
            now - late_at if late_at and late_at < now and track.delivered_at is None else None,
        ))  # fmt: skip
    return made


def _last_words(db: Session, parcel_ids: list[int]) -> dict[int, CarrierEvent]:
    """The newest event that meant something, by parcel."""
    mine = col(CarrierEvent.parcel_id).in_(parcel_ids) & col(CarrierEvent.meaning).is_not(None)
    said = select(CarrierEvent).where(mine).order_by(col(CarrierEvent.happened_at), col(CarrierEvent.id))
    return {event.parcel_id or 0: event for event in db.exec(said)}


def turned_up(track: Track | None, last: CarrierEvent | None) -> bool:
    """Did its carrier tell of it after it was given up?"""
    return bool(track and track.given_up_at and last and last.received_at > track.given_up_at)


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

    @property
    def last_word(self) -> CarrierEvent | None:
        return next((one for one in self.events if one.meaning), None)

    @property
    def turned_up(self) -> bool:
        return turned_up(self.track, self.last_word)

    @property
    def turned_back(self) -> TrackState | None:
        """RETURNED, or RETURNING from when it was refused."""
        if self.state in (TrackState.RETURNED, TrackState.RETURNING):
            return self.state
        last = self.last_word
        is_refused = last is not None and last.meaning == self.state and codes.problem(last.code) == Problem.REFUSED
        return TrackState.RETURNING if is_refused else None


@dataclass(frozen=True)
class ShipmentStory:
    shipment: Shipment
    carrier: Carrier
    warehouse: Warehouse
    lines: Sequence[tuple[ShipmentLine, Sku]]
    parcels: Sequence[ParcelStory]
    #: What was told when it left; None where nobody knows.
    told: Arrival | None
    #: That is over, and it has not come.
    is_late: bool
    #: When such parcels come that are so late; None where nobody knows.
    now: Arrival | None
    #: Order line -> what was ordered in its place.
    instead: Mapping[int, Sku]

    @property
    def is_given_up(self) -> bool:
        """Nobody counts on any of its parcels any more."""
        return bool(self.parcels) and all(one.track and one.track.given_up_at for one in self.parcels)

    @property
    def turned_back(self) -> TrackState | None:
        """RETURNED when all its parcels are back, RETURNING when none is on its way to the customer any more."""
        back = [one.turned_back for one in self.parcels]
        if not back or None in back:
            return None
        return TrackState.RETURNED if set(back) == {TrackState.RETURNED} else TrackState.RETURNING

    @property
    def eta(self) -> datetime | None:
        return self.told.middle if self.told else None


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
    told, is_late, now = _arrivals(db, shipment, [story.track for story in stories if story.track])
    return ShipmentStory(shipment, carrier, warehouse, lines, stories, told, is_late, now, instead)


def _arrivals(db: Session, shipment: Shipment, tracks: Sequence[Track]) -> tuple[Arrival | None, bool, Arrival | None]:
    """What was told of the shipment when it left; whether that is over; and when it is expected then."""
    way, now = learned.way_of(db, shipment), clock.now()
    told = next((Arrival(track.eta, track.eta_from, track.eta_to) for track in tracks if track.eta), None)
    told = told or (learned.arrival(db, way, way.left_at) if way else None)
    waits = any(track.state not in ENDED and track.given_up_at is None for track in tracks)
    is_late = told is not None and waits and told.until < now
    later = learned.arrival(db, way, now) if is_late else None
    return told, is_late, later if later and later.last and later.last > now else None


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


def broken_exceptions(db: Session) -> list[str]:
    """Check: nobody is asked to look after a parcel that arrived or was given up, and what is closed says how."""
    rows = (
        select(ParcelException, Track)
        .join(Track, col(Track.parcel_id) == ParcelException.parcel_id)
        .where(
            sa.or_(
                (col(ParcelException.state) == ExceptionState.OPEN)
                & (col(Track.given_up_at).is_not(None) | (col(Track.state) == TrackState.DELIVERED)),
                (col(ParcelException.state) == ExceptionState.CLOSED) & col(ParcelException.closed_how).is_(None),
            )
        )
        .order_by(col(ParcelException.id))
    )
    return [f"exception {row.id}: is {row.state}, its parcel is {track.state}" for row, track in db.exec(rows)]


def broken_deliveries(db: Session) -> list[str]:
    """Check: the customer got every parcel of a delivered shipment."""
    missing = (
        select(Shipment.number, Parcel.number)
        .join(Parcel, col(Parcel.shipment_id) == Shipment.id)
        .outerjoin(Track, col(Track.parcel_id) == Parcel.id)
        .where(Shipment.state == ShipmentState.DELIVERED, col(Track.delivered_at).is_(None))
    )
    return [f"{shipment} is delivered, but {parcel} was not" for shipment, parcel in db.exec(missing)]
