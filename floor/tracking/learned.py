"""What the house learned of its own deliveries: how long parcels need, and how long silence is normal.

The estimator is eta.py; here is what it learns from, and what is read out of the version in use.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.audit.models import Learned
from floor.inventory.models import Warehouse
from floor.orders.models import Address
from floor.packing.models import Parcel
from floor.shipments.models import Carrier, Rate, Shipment
from floor.shipping.papers import LOCAL
from floor.tracking.eta import HIGH, LOW, MIDDLE, Names, Spans, durations
from floor.tracking.kinds import Kind
from floor.tracking.models import CarrierEvent, Track
from floor.tracking.states import ENDED, TrackState

#: The names of what is learned in audit_learned.
ROAD = "road"
#: What began longer ago is not learned from.
REACH = timedelta(days=400)
#: Of all silences so many are shorter than the one at which a person is called: a false alarm a hundred parcels.
QUIET = 0.99
#: Of all parcels so many arrive before one is thought lost.
LATEST = 0.99
#: No timer is shorter than this, whatever was learned, nor longer.
SHORTEST, LONGEST = timedelta(hours=12), timedelta(days=60)

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_kept: dict[tuple[int, datetime], dict[str, Any]] = {}


def hours(moment: datetime) -> float:
    """Since the epoch of eta.Spans."""
    return (moment - _EPOCH).total_seconds() / 3600


@dataclass(frozen=True)
class Way:
    """What an arrival depends on."""

    carrier: str
    house: str
    province: str
    left_at: datetime
    #: The carrier's own promise; None where no rate says.
    days: int | None

    @property
    def names(self) -> Names:
        lane = f"{self.carrier}|{self.house}>{self.province}"
        return "", self.carrier, lane, f"{lane}|{self.left_at.astimezone(LOCAL).weekday()}"

    @property
    def scale(self) -> float:
        return 24.0 * max(1, self.days or 1)


def weights(db: Session) -> dict[str, Any] | None:
    """Of the version in use; None when nothing was learned, or the newest was switched off. Read once a process."""
    newest = select(Learned.id, Learned.made_at, Learned.is_active).where(Learned.name == ROAD)
    row = db.exec(newest.order_by(col(Learned.version).desc()).limit(1)).first()
    if row is None or not row[2]:
        return None
    key = (row[0] or 0, row[1])
    if key not in _kept:
        _kept.clear()
        _kept[key] = db.get_one(Learned, row[0]).weights
    return _kept[key]


def way_of(db: Session, shipment: Shipment) -> Way | None:
    """None before it left."""
    if shipment.shipped_at is None:
        return None
    return _ways(db, [shipment])[shipment.id or 0]


def _ways(db: Session, shipments: Sequence[Shipment]) -> dict[int, Way]:
    rows = db.execute(
        sa.select(Shipment, col(Carrier.code), col(Warehouse.code), col(Address.province), col(Rate.transit_days))
        .join(Carrier, col(Carrier.id) == col(Shipment.carrier_id))
        .join(Warehouse, col(Warehouse.id) == col(Shipment.warehouse_id))
        .join(Address, col(Address.order_id) == col(Shipment.order_id))
        .outerjoin(
            Rate,
            (col(Rate.carrier_id) == col(Shipment.carrier_id))
            & (col(Rate.warehouse_id) == col(Shipment.warehouse_id))
            & (col(Rate.province) == col(Address.province)),
        )
        .where(col(Shipment.id).in_([one.id for one in shipments]))
    )
    return {left.id: Way(carrier, house, place, left.shipped_at, days) for left, carrier, house, place, days in rows}


@dataclass(frozen=True)
class Arrival:
    """When a parcel should come: half of such parcels by `middle`, eight of ten between the other two."""

    middle: datetime
    first: datetime | None = None
    last: datetime | None = None

    @property
    def until(self) -> datetime:
        """Later is late: the end of the range, or the day after the carrier's promise."""
        return self.last or self.middle + timedelta(days=1)


def arrival(db: Session, way: Way | None, now: datetime) -> Arrival | None:
    """What was learned, of a parcel that has been on the road until now; else the carrier's promise; else None."""
    if way is None:
        return None
    known = weights(db)
    if known is None:
        return None if way.days is None else Arrival(way.left_at + timedelta(days=way.days))
    age = max(0.0, (now - way.left_at).total_seconds() / 3600)
    told = durations(known["road"], way.names, (LOW, MIDDLE, HIGH), way.scale, age)
    first, middle, last = (way.left_at + timedelta(hours=far) for far in told)
    return Arrival(middle, first, last)


def silences(db: Session, way: Way | None, stage: TrackState) -> dict[Kind, timedelta]:
    """How long silence is normal for such a parcel in this stage; {} where nothing is learned."""
    known = weights(db)
    if known is None or way is None or "silence" not in known:
        return {}
    (quiet,) = durations(known["silence"], ("", stage, f"{stage}|{way.carrier}"), (QUIET,))
    (latest,) = durations(known["road"], way.names, (LATEST,), way.scale)
    waited = _within(quiet)
    kind = Kind.NOT_COLLECTED if stage == TrackState.LABEL_MADE else Kind.STUCK
    return {kind: waited, Kind.LOST: max(waited * 2, _within(latest))}


def usual(db: Session) -> dict[Kind, int]:
    """Hours of silence that are normal over all carriers; {} where nothing is learned."""
    known = weights(db)
    if known is None or "silence" not in known:
        return {}
    return {
        kind: round(_within(durations(known["silence"], ("", stage), (QUIET,))[0]).total_seconds() / 3600)
        for kind, stage in ((Kind.NOT_COLLECTED, TrackState.LABEL_MADE), (Kind.STUCK, TrackState.IN_TRANSIT))
    }


def _within(span_hours: float) -> timedelta:
    return min(max(timedelta(hours=span_hours), SHORTEST), LONGEST)


# --- what is learned from ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Past:
    """Parcels in the order they left, and silences in the order they began; the epoch is `hours`'s."""

    road: Spans
    silence: Spans


def past(db: Session, now: datetime, since: datetime | None = None) -> Past:
    """The company's own parcels that left since then."""
    rows = db.execute(
        sa.select(Track, Shipment)
        .join(Parcel, col(Parcel.id) == col(Track.parcel_id))
        .join(Shipment, col(Shipment.id) == col(Parcel.shipment_id))
        .where(col(Shipment.shipped_at) > (since or now - REACH))
        .order_by(col(Shipment.shipped_at), col(Track.parcel_id))
    ).all()
    ways: dict[int, Way] = {}
    for begin in range(0, len(rows), 500):
        ways |= _ways(db, [shipment for _track, shipment in rows[begin : begin + 500]])
    # Given up or on its way back, it never comes: no silence and no arrival is learned from it.
    kept = [(track, ways[s.id]) for track, s in rows if s.id in ways and not _is_over(track)]
    road = _spans([(way.names, way.left_at, track.delivered_at, way.scale) for track, way in kept])
    return Past(road, _silences(db, kept))


def _is_over(track: Track) -> bool:
    return track.given_up_at is not None or (track.delivered_at is None and track.state in ENDED)


def _spans(rows: Sequence[tuple[Names, datetime, datetime | None, float]]) -> Spans:
    rows = sorted(rows, key=lambda row: row[1])
    ended = np.array([np.inf if end is None else max(hours(end), hours(begin)) for _n, begin, end, _s in rows], float)
    began = np.array([hours(begin) for _names, begin, _end, _scale in rows], float)
    return Spans([row[0] for row in rows], began, ended, np.array([row[3] for row in rows], float))


def _silences(db: Session, kept: Sequence[tuple[Track, Way]]) -> Spans:
    """From leaving to the first word, and from each word to the next; the last one lasts, unless it arrived."""
    found: list[tuple[Names, datetime, datetime | None, float]] = []
    for begin in range(0, len(kept), 500):
        part = {track.parcel_id: (track, way) for track, way in kept[begin : begin + 500]}
        said = select(CarrierEvent.parcel_id, CarrierEvent.happened_at, CarrierEvent.meaning).where(
            col(CarrierEvent.parcel_id).in_(list(part)), col(CarrierEvent.meaning).is_not(None)
        )
        words: dict[int, list[tuple[datetime, TrackState]]] = {parcel: [] for parcel in part}
        for parcel, moment, meaning in db.exec(said.order_by(col(CarrierEvent.happened_at))):
            words[parcel or 0].append((moment, TrackState(meaning or "")))
        for parcel, (track, way) in part.items():
            stops = [(way.left_at, TrackState.LABEL_MADE), *(w for w in words[parcel] if w[0] > way.left_at)]
            for n, (moment, stage) in enumerate(stops):
                after = stops[n + 1][0] if n + 1 < len(stops) else None
                if stage in ENDED or (after is None and track.delivered_at is not None):
                    break
                found.append((("", stage, f"{stage}|{way.carrier}"), moment, after, 1.0))
    return _spans(found)
