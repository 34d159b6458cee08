from enum import StrEnum

from floor.kit.states import Machine


class RunState(StrEnum):
    #: Asked for; a worker takes it up.
    QUEUED = "queued"
    #: Reading, planning, applying; `Run.stage` says where.
    RUNNING = "running"
    #: Stock is reserved; carts are being put together and routed.
    APPLIED = "applied"
    #: Every cart has its route; waiting for the supervisor.
    READY = "ready"
    #: Pickers see the walks.
    PUBLISHED = "published"
    STOPPED = "stopped"
    FAILED = "failed"


class RunAction(StrEnum):
    START = "start"
    APPLY = "apply"
    ROUTED = "routed"
    PUBLISH = "publish"
    TAKE_BACK = "take_back"
    STOP = "stop"
    FAIL = "fail"
    RETRY = "retry"


_S, _A = RunState, RunAction

RUN = Machine(
    "run",
    {
        (_S.QUEUED, _A.START): _S.RUNNING,
        # A worker that died mid-way left the run running; the next one starts it again from the same step.
        (_S.RUNNING, _A.START): _S.RUNNING,
        (_S.QUEUED, _A.STOP): _S.STOPPED,
        (_S.RUNNING, _A.APPLY): _S.APPLIED,
        (_S.RUNNING, _A.STOP): _S.STOPPED,
        (_S.RUNNING, _A.FAIL): _S.FAILED,
        (_S.APPLIED, _A.ROUTED): _S.READY,
        (_S.APPLIED, _A.FAIL): _S.FAILED,
        (_S.READY, _A.PUBLISH): _S.PUBLISHED,
        (_S.PUBLISHED, _A.TAKE_BACK): _S.READY,
        (_S.FAILED, _A.RETRY): _S.QUEUED,
        (_S.STOPPED, _A.RETRY): _S.QUEUED,
    },
)


#: The event of each action; a retry asks again, so that a worker takes it up.
EVENTS = {
    _A.START: "started",
    _A.APPLY: "applied",
    _A.ROUTED: "routed",
    _A.PUBLISH: "published",
    _A.TAKE_BACK: "taken_back",
    _A.STOP: "stopped",
    _A.FAIL: "failed",
    _A.RETRY: "asked",
}

#: Somebody works on it: the monitor asks for itself.
AT_WORK = (_S.QUEUED, _S.RUNNING, _S.APPLIED)


class Strategy(StrEnum):
    """How a run plans: the best plan over all orders, or one of the plain rules it is measured against."""

    OPTIMAL = "optimal"
    BEST_COST = "best_cost"
    NEAREST = "nearest"
    PROPORTIONAL = "proportional"
    RANDOM = "random"


class Stage(StrEnum):
    """What a run goes through, in this order."""

    READ = "read"
    CHECK = "check"
    PLAN = "plan"
    APPLY = "apply"
    CARTS = "carts"
    ROUTES = "routes"


class Why(StrEnum):
    """Why an order got nothing. Up to `not_worth` they are the planner's (solver.allocation.plan.Code)."""

    NO_LANE = "no_lane"
    TOO_BIG = "too_big"
    NO_STOCK = "no_stock"
    CANNOT = "cannot"
    PARTIAL_ONLY = "partial_only"
    OTHER_ORDERS_FIRST = "other_orders_first"
    LABOUR_FULL = "labour_full"
    CARRIER_FULL = "carrier_full"
    BENCH_FULL = "bench_full"
    NOT_WORTH = "not_worth"
    #: What the planner calls no stock, or given to others, and safety stock or reserve storage could still serve.
    SAFETY_STOCK = "safety_stock"
    PICK_FACE_EMPTY = "pick_face_empty"
    #: Received, and nobody has looked at it yet.
    UNCHECKED = "unchecked"
    HELD = "held"
    #: Planned, but order or shelf changed before it was written.
    CHANGED = "changed"
    #: Planned, but the run was stopped before its turn came.
    STOPPED = "stopped"


class Thing(StrEnum):
    """What is scarce in a warehouse's day. The first three are kinds of work, in the planner's order."""

    LINES = "lines"
    HEAVY = "heavy"
    COLD = "cold"
    BENCH = "bench"
    #: Parcels a carrier collects, and grams its lorries take.
    DOCK = "dock"
    LORRY = "lorry"
    UNITS = "units"
