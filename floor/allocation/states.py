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
        (_S.FAILED, _A.RETRY): _S.QUEUED,
        (_S.STOPPED, _A.RETRY): _S.QUEUED,
    },
)
