"""What can be wrong with a parcel on the road, and when: by what was said, and by timers where nobody says anything."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from floor.tracking.codes import Problem
from floor.tracking.states import TrackState


class Kind(StrEnum):
    """A column of the board."""

    NOT_COLLECTED = "not_collected"
    STUCK = "stuck"
    #: The door or the phone is wrong, nobody opens, nobody fetches it.
    ADDRESS = "address"
    #: Refused, or on its way back for another reason.
    REFUSED = "refused"
    DAMAGED = "damaged"
    CUSTOMS = "customs"
    #: By timer: most carriers have no code for it.
    LOST = "lost"


class Topic(StrEnum):
    """What customers are told on the way."""

    COLLECTED = "collected"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERED = "delivered"
    DELAYED = "delayed"
    #: What a person wrote.
    MESSAGE = "message"


#: Hours of silence, where no rule says otherwise.
HOURS = {Kind.NOT_COLLECTED: 24, Kind.STUCK: 48, Kind.LOST: 240}
#: Told of leaving already, a customer need not hear that it was collected too.
OFF = (Topic.COLLECTED,)
#: Of two that are closed by a person the graver one is asked again.
GRAVITY = {kind: n for n, kind in enumerate(Kind)}

_MEANS = {
    Problem.REFUSED: Kind.REFUSED,
    Problem.ADDRESS: Kind.ADDRESS,
    Problem.UNREACHABLE: Kind.ADDRESS,
    Problem.OUT_OF_AREA: Kind.ADDRESS,
    Problem.NOT_FETCHED: Kind.ADDRESS,
    Problem.DAMAGED: Kind.DAMAGED,
    Problem.LOST: Kind.LOST,
    Problem.CUSTOMS: Kind.CUSTOMS,
}
_MOVING = (TrackState.COLLECTED, TrackState.IN_TRANSIT, TrackState.OUT_FOR_DELIVERY)


@dataclass(frozen=True)
class Limits:
    """How long silence is normal for one parcel; a kind that is switched off is missing, and never rises."""

    silence: Mapping[Kind, timedelta]
    off: frozenset[Kind] = frozenset()


@dataclass(frozen=True)
class Seen:
    """Of one parcel: where it stands, since when, what is wrong by the carrier's word, and its last scan."""

    state: TrackState
    changed_at: datetime
    problem: Problem | None
    #: None when the carrier never spoke.
    last_scan: datetime | None
    shipped_at: datetime

    @property
    def silent_since(self) -> datetime:
        return max(self.shipped_at, self.last_scan or self.shipped_at)


@dataclass(frozen=True)
class Trouble:
    kind: Kind
    #: From when it is counted.
    since: datetime


def trouble(seen: Seen, limits: Limits, now: datetime) -> Trouble | None:
    """What needs somebody now; None when nothing does."""
    found = _found(seen, limits, now)
    return None if found is None or found.kind in limits.off else found


def _found(seen: Seen, limits: Limits, now: datetime) -> Trouble | None:
    if seen.state in (TrackState.DELIVERED, TrackState.RETURNED):
        return None
    if seen.state == TrackState.RETURNING:
        return Trouble(Kind.REFUSED, seen.changed_at)
    if seen.state != TrackState.AVAILABLE and _rings(Kind.LOST, seen, limits) <= now:
        return Trouble(Kind.LOST, seen.silent_since)
    if seen.state in (TrackState.EXCEPTION, TrackState.ATTEMPT_FAILED):
        otherwise = Kind.ADDRESS if seen.state == TrackState.ATTEMPT_FAILED else Kind.STUCK
        return Trouble(_MEANS.get(seen.problem, otherwise) if seen.problem else otherwise, seen.changed_at)
    kind = _waiting(seen.state)
    if kind is None or _rings(kind, seen, limits) > now:
        return None
    return Trouble(kind, seen.silent_since)


def _waiting(state: TrackState) -> Kind | None:
    if state == TrackState.LABEL_MADE:
        return Kind.NOT_COLLECTED
    return Kind.STUCK if state in _MOVING else None


def _rings(kind: Kind, seen: Seen, limits: Limits) -> datetime:
    silence = limits.silence.get(kind)
    return datetime.max.replace(tzinfo=seen.shipped_at.tzinfo) if silence is None else seen.silent_since + silence


def next_look(seen: Seen, limits: Limits, now: datetime) -> datetime | None:
    """When a timer rings next, if nothing is said until then; None when nothing is waited for."""
    if seen.state in (TrackState.DELIVERED, TrackState.RETURNING, TrackState.RETURNED):
        return None
    waiting = _waiting(seen.state)
    kinds = [kind for kind in (waiting, Kind.LOST) if kind and seen.state != TrackState.AVAILABLE]
    rings = [_rings(kind, seen, limits) for kind in kinds if kind in limits.silence]
    return min((moment for moment in rings if moment > now), default=None)
