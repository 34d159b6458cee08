from enum import StrEnum

from floor.kit.states import Machine


class WalkMode(StrEnum):
    #: Units go from the shelf into the tote of their shipment.
    CLUSTER = "cluster"
    #: Units of all shipments go into shared totes, and are sorted at a put wall.
    WALL = "wall"


class WalkState(StrEnum):
    #: Routed, not yet shown to pickers.
    READY = "ready"
    #: Any picker of the site may claim it.
    PUBLISHED = "published"
    #: A picker has it; cart and totes are being bound.
    CLAIMED = "claimed"
    PICKING = "picking"
    DONE = "done"
    CANCELLED = "cancelled"


class WalkAction(StrEnum):
    PUBLISH = "publish"
    TAKE_BACK = "take_back"
    CLAIM = "claim"
    LET_GO = "let_go"
    START = "start"
    FINISH = "finish"
    CANCEL = "cancel"


_W, _A = WalkState, WalkAction

WALK = Machine(
    "walk",
    {
        (_W.READY, _A.PUBLISH): _W.PUBLISHED,
        (_W.READY, _A.CANCEL): _W.CANCELLED,
        (_W.PUBLISHED, _A.TAKE_BACK): _W.READY,
        (_W.PUBLISHED, _A.CLAIM): _W.CLAIMED,
        (_W.PUBLISHED, _A.CANCEL): _W.CANCELLED,
        (_W.CLAIMED, _A.LET_GO): _W.PUBLISHED,
        (_W.CLAIMED, _A.START): _W.PICKING,
        (_W.PICKING, _A.FINISH): _W.DONE,
    },
)


class StopState(StrEnum):
    OPEN = "open"
    #: Put aside for later; comes back once at the end.
    SKIPPED = "skipped"
    DONE = "done"
    #: Done with fewer than asked.
    SHORT = "short"
    #: Nothing to take here any more: the order was cancelled, or a short pick that sent us here was undone.
    DROPPED = "dropped"


class StopAction(StrEnum):
    SKIP = "skip"
    COME_BACK = "come_back"
    FINISH = "finish"
    FINISH_SHORT = "finish_short"
    REOPEN = "reopen"
    DROP = "drop"


_P, _B = StopState, StopAction

STOP = Machine(
    "stop",
    {
        (_P.OPEN, _B.SKIP): _P.SKIPPED,
        (_P.SKIPPED, _B.COME_BACK): _P.OPEN,
        (_P.OPEN, _B.FINISH): _P.DONE,
        (_P.OPEN, _B.FINISH_SHORT): _P.SHORT,
        (_P.SKIPPED, _B.FINISH_SHORT): _P.SHORT,
        (_P.DONE, _B.REOPEN): _P.OPEN,
        (_P.SHORT, _B.REOPEN): _P.OPEN,
        (_P.OPEN, _B.DROP): _P.DROPPED,
        (_P.SKIPPED, _B.DROP): _P.DROPPED,
        (_P.DROPPED, _B.REOPEN): _P.OPEN,
    },
)
