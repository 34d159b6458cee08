"""Where a parcel stands, computed from everything its carrier said, in whatever order it came."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from floor.kit.states import Machine


class TrackState(StrEnum):
    """Canonical state of a parcel on the road."""

    LABEL_MADE = "label_made"
    COLLECTED = "collected"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    #: In a locker or at a shop.
    AVAILABLE = "available"
    ATTEMPT_FAILED = "attempt_failed"
    EXCEPTION = "exception"
    DELIVERED = "delivered"
    RETURNING = "returning"
    RETURNED = "returned"


#: Of events at the same moment the higher rank came last.
RANK = {state: rank for rank, state in enumerate(TrackState)}
#: On the way back: what is signed now is signed by us, not by the customer.
BACKWARD = (TrackState.RETURNING, TrackState.RETURNED)
#: Nobody waits for these any more.
ENDED = (TrackState.DELIVERED, *BACKWARD)
_BEGINNINGS = (TrackState.LABEL_MADE, TrackState.COLLECTED)


def after(state: TrackState, meaning: TrackState) -> TrackState:
    """The state once `meaning` is said of a parcel in `state`.

    Delivered never falls back, except into a return; a return only ends; and no parcel is collected twice.
    """
    if state == TrackState.RETURNED:
        return state
    if state in ENDED:
        return meaning if meaning in BACKWARD else state
    if meaning in _BEGINNINGS and RANK[meaning] < RANK[state]:
        return state
    return meaning


@dataclass(frozen=True)
class Standing:
    state: TrackState = TrackState.LABEL_MADE
    #: When the event that brought this state happened; None without one.
    changed_at: datetime | None = None
    delivered_at: datetime | None = None


def standing(events: Iterable[tuple[datetime, TrackState | None]]) -> Standing:
    """Where (moment, meaning) pairs lead, whatever their order. An event without a meaning changes nothing."""
    known = ((moment, TrackState(meaning)) for moment, meaning in events if meaning is not None)
    now = Standing()
    for moment, meaning in sorted(known, key=lambda event: (event[0], RANK[event[1]])):
        state = after(now.state, meaning)
        if state != meaning or (state == now.state and now.changed_at is not None):
            continue  # it changed nothing, or only said it again
        delivered_at = moment if state == TrackState.DELIVERED else now.delivered_at
        now = Standing(state, moment, delivered_at)
    return now


class ExceptionState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class ClaimState(StrEnum):
    """What we asked of a carrier."""

    ASKED = "asked"
    PAID = "paid"
    REFUSED = "refused"
    #: The parcel turned up.
    WITHDRAWN = "withdrawn"


class ClaimAction(StrEnum):
    PAY = "pay"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    #: Refused, and asked once more.
    ASK_AGAIN = "ask_again"


CLAIM = Machine(
    "claim",
    {
        (ClaimState.ASKED, ClaimAction.PAY): ClaimState.PAID,
        (ClaimState.ASKED, ClaimAction.REFUSE): ClaimState.REFUSED,
        (ClaimState.ASKED, ClaimAction.WITHDRAW): ClaimState.WITHDRAWN,
        (ClaimState.REFUSED, ClaimAction.ASK_AGAIN): ClaimState.ASKED,
    },
)
