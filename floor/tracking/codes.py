"""What carriers' codes mean. A code that is not here is kept, shown to the desk, and changes nothing.

Sources: the numbers are Kuaidi100's main states (0-8, 14) and advanced states (101-501, 1001-1003) as its public API
documentation lists them under "state"; the names are our own neutral ones, for carriers that map their codes first.
Kuaidi100 has no code for a lost parcel: the board's timers stand in for it.
"""

from enum import StrEnum

from floor.tracking.states import TrackState as S


class Problem(StrEnum):
    """Why a parcel needs a person."""

    REFUSED = "refused"
    ADDRESS = "address"
    UNREACHABLE = "unreachable"
    OUT_OF_AREA = "out_of_area"
    NOT_FETCHED = "not_fetched"
    DELAYED = "delayed"
    DAMAGED = "damaged"
    LOST = "lost"
    CUSTOMS = "customs"
    CANCELLED = "cancelled"
    OTHER = "other"


_P = Problem

_KUAIDI100: dict[str, tuple[S, Problem | None]] = {
    # Collection: ordered, waiting for the courier, collected.
    "1": (S.COLLECTED, None), "101": (S.LABEL_MADE, None), "102": (S.LABEL_MADE, None), "103": (S.COLLECTED, None),
    # On the way: in general, arrived in the city of delivery, between hubs, handed on, given to another carrier.
    "0": (S.IN_TRANSIT, None), "1001": (S.IN_TRANSIT, None), "1002": (S.IN_TRANSIT, None),
    "1003": (S.IN_TRANSIT, None), "7": (S.IN_TRANSIT, None),
    # Out for delivery; in a locker or at a shop.
    "5": (S.OUT_FOR_DELIVERY, None), "501": (S.AVAILABLE, None),
    # Signed: in general, by the person, after an exception, for the person, in a locker or at a shop.
    "3": (S.DELIVERED, None), "301": (S.DELIVERED, None), "302": (S.DELIVERED, None), "303": (S.DELIVERED, None),
    "304": (S.DELIVERED, None),
    # Trouble: in general, not signed in time, no news in time, refused, delivery failed, not fetched, cannot be
    # reached, outside the area, held up, damaged, cancelled with the carrier.
    "2": (S.EXCEPTION, _P.OTHER), "201": (S.EXCEPTION, _P.DELAYED), "202": (S.EXCEPTION, _P.DELAYED),
    "203": (S.EXCEPTION, _P.REFUSED), "204": (S.ATTEMPT_FAILED, _P.OTHER), "205": (S.EXCEPTION, _P.NOT_FETCHED),
    "206": (S.ATTEMPT_FAILED, _P.UNREACHABLE), "207": (S.EXCEPTION, _P.OUT_OF_AREA), "208": (S.EXCEPTION, _P.DELAYED),
    "209": (S.EXCEPTION, _P.DAMAGED), "210": (S.EXCEPTION, _P.CANCELLED), "14": (S.EXCEPTION, _P.REFUSED),
    # Back: on its way to us, signed by us, label cancelled.
    "6": (S.RETURNING, None), "4": (S.RETURNED, None), "401": (S.EXCEPTION, _P.CANCELLED),
    # Customs: in general, waiting, in work, cleared, stopped.
    "8": (S.IN_TRANSIT, None), "10": (S.IN_TRANSIT, None), "11": (S.IN_TRANSIT, None), "12": (S.IN_TRANSIT, None),
    "13": (S.EXCEPTION, _P.CUSTOMS),
}  # fmt: skip

#: SF's own, as its public clients agree; its other codes are kept as they come.
_SF: dict[str, tuple[S, Problem | None]] = {"50": (S.COLLECTED, None), "80": (S.DELIVERED, None)}

#: AfterShip's tags and its confirmed subtags, and 17TRACK's states, as their public documentation lists them. What only
#: says that nothing is known yet (Pending, NotFound, Expired) changes nothing.
_WORDS: dict[str, tuple[S, Problem | None]] = {
    "inforeceived": (S.LABEL_MADE, None), "intransit": (S.IN_TRANSIT, None),
    "outfordelivery": (S.OUT_FOR_DELIVERY, None), "attemptfail": (S.ATTEMPT_FAILED, None),
    "availableforpickup": (S.AVAILABLE, None), "deliveryfailure": (S.ATTEMPT_FAILED, _P.OTHER),
    "exception_001": (S.EXCEPTION, _P.OTHER), "exception_002": (S.EXCEPTION, _P.ADDRESS),
    "exception_003": (S.EXCEPTION, _P.REFUSED), "exception_004": (S.EXCEPTION, _P.CUSTOMS),
    "exception_005": (S.EXCEPTION, _P.DELAYED), "exception_016": (S.EXCEPTION, _P.DELAYED),
    "exception_017": (S.EXCEPTION, _P.DELAYED), "exception_018": (S.EXCEPTION, _P.CUSTOMS),
    "intransit_pickedup": (S.COLLECTED, None), "intransit_other": (S.IN_TRANSIT, None),
    "intransit_departure": (S.IN_TRANSIT, None), "intransit_arrival": (S.IN_TRANSIT, None),
    "intransit_customsprocessing": (S.IN_TRANSIT, None), "intransit_customsreleased": (S.IN_TRANSIT, None),
    "intransit_customsrequiringinformation": (S.EXCEPTION, _P.CUSTOMS),
    "deliveryfailure_nobody": (S.ATTEMPT_FAILED, _P.UNREACHABLE),
    "deliveryfailure_security": (S.ATTEMPT_FAILED, _P.OTHER),
    "deliveryfailure_rejected": (S.ATTEMPT_FAILED, _P.REFUSED),
    "deliveryfailure_invalidaddress": (S.ATTEMPT_FAILED, _P.ADDRESS),
    "exception_returning": (S.RETURNING, None), "exception_returned": (S.RETURNED, None),
    "exception_nobody": (S.EXCEPTION, _P.UNREACHABLE), "exception_security": (S.EXCEPTION, _P.OTHER),
    "exception_damage": (S.EXCEPTION, _P.DAMAGED), "exception_rejected": (S.EXCEPTION, _P.REFUSED),
    "exception_delayed": (S.EXCEPTION, _P.DELAYED), "exception_lost": (S.EXCEPTION, _P.LOST),
    # Seized or destroyed: for whom waits for it that is lost.
    "exception_destroyed": (S.EXCEPTION, _P.LOST), "exception_cancel": (S.EXCEPTION, _P.CANCELLED),
}  # fmt: skip

_NEUTRAL: dict[str, tuple[S, Problem | None]] = {
    **{state.value: (state, None) for state in S},
    **{problem.value: (S.EXCEPTION, problem) for problem in Problem},
    "address": (S.ATTEMPT_FAILED, _P.ADDRESS),
    "unreachable": (S.ATTEMPT_FAILED, _P.UNREACHABLE),
}

CODES = {**_KUAIDI100, **_SF, **_WORDS, **_NEUTRAL}


def meaning(code: str) -> S | None:
    """The canonical state behind a carrier's code; None for one we do not know."""
    return CODES[code.lower()][0] if code.lower() in CODES else None


def problem(code: str) -> Problem | None:
    """What is wrong, where the code tells."""
    return CODES[code.lower()][1] if code.lower() in CODES else None
