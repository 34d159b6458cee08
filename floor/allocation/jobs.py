"""A run from the question to the reservations: read -> check -> plan -> apply, each step resumable.

The plan is kept before any of it is applied, and each slice is one transaction that looks first what is done already:
a worker killed anywhere loses at most the slice it was in, and the next one goes on with the same plan.
"""

import logging
import time
from collections.abc import Callable

import sqlalchemy as sa

from floor.allocation import planning, queries, service
from floor.allocation.states import RunState, Stage
from floor.kit.actor import SYSTEM
from floor.kit.uow import reading, unit_of_work

log = logging.getLogger(__name__)

#: Orders per transaction at most, and at least, as each costs something of its own; seconds one is to take, while
#: pickers wait for it. Then they get as long a turn.
SLICE, LEAST, TURN = 50, 4, 0.03

#: stage, done, total.
OnStage = Callable[[Stage, int, int], None]


class _Stopped(Exception):
    """Somebody stopped the run, or another worker finished it: put the work down."""


def work(run_id: int, on_stage: OnStage | None = None) -> None:
    """Do a run, or what is left of it. Does nothing for a run that came to an end."""
    tell = on_stage or _quiet
    with unit_of_work() as db:
        run = service.start(db, run_id)
        is_planned = run is not None and run.plan is not None
    if run is None:
        return
    try:
        if not is_planned:
            _plan(run_id, tell)
        _apply(run_id, tell)
    except _Stopped:
        log.info("run %d was stopped or taken over", run_id)


def carry(run_id: int) -> None:
    """For the outbox: a run that breaks says so on the monitor; when the database is away, it is tried again."""
    try:
        work(run_id)
    except sa.exc.OperationalError:
        raise
    except Exception as error:
        log.exception("run %d failed", run_id)
        with unit_of_work() as db:
            run = queries.run_for(db, run_id, lock=True)
            if run.state is RunState.RUNNING:
                service.fail(db, run, f"{type(error).__name__}: {error}")


def _plan(run_id: int, tell: OnStage) -> None:
    """Read one snapshot, plan outside any transaction, keep the plan."""
    began = time.perf_counter()
    _note(run_id, Stage.READ, 0, 1)
    with reading() as db:
        run = queries.run_for(db, run_id)
        found = planning.read_problem(db, run)
    orders, barred = len(found.orders), len(found.barred)
    _note(run_id, Stage.READ, 1, 1, _since(began), orders=orders + barred, lines=found.lines)
    tell(Stage.READ, orders + barred, orders + barred)
    _note(run_id, Stage.CHECK, 1, 1, 0, eligible=orders, barred=barred)
    tell(Stage.CHECK, orders, orders + barred)
    began = time.perf_counter()
    _note(run_id, Stage.PLAN, 0, orders)
    planned = planning.find_plan(found, run.strategy, run.seed, _watcher(run_id, orders))
    with unit_of_work() as db:
        run = queries.run_for(db, run_id, lock=True)
        _must_run(run.state)
        parcels = sum(len(shares) for shares in planned.shares.values())
        figures = {"planned": len(planned.shares), "parcels": parcels, "freight_fen": planned.freight_fen}
        service.keep_plan(db, run, planned)
        service.note(db, run, Stage.PLAN, orders, orders, _since(began), **figures)
    tell(Stage.PLAN, len(planned.shares), orders)


def _watcher(run_id: int, orders: int) -> planning.Tell:
    """Tells the monitor how far the planner is, and the planner when somebody stopped the run."""

    def watch(step: str, done: int, total: int) -> None:
        if step:
            _note(run_id, Stage.PLAN, 0, orders, step=step, step_done=done, step_total=total)
            return
        with reading() as db:
            _must_run(queries.run_for(db, run_id).state)

    return watch


def _apply(run_id: int, tell: OnStage) -> None:
    with reading() as db:
        shares = service.shares_of(queries.run_for(db, run_id))
        left = sorted(shares.keys() - queries.settled(db, run_id))
    done, total = len(shares) - len(left), len(shares)
    size = min(SLICE, LEAST)
    while left:
        some, left = left[:size], left[size:]
        with unit_of_work() as db:
            began = time.perf_counter()
            run = queries.run_for(db, run_id, lock=True)
            _must_run(run.state)
            service.apply_slice(db, run, {order: shares[order] for order in some}, SYSTEM)
            done += len(some)
            service.note(db, run, Stage.APPLY, done, total, _since(began))
        size = _next_size(size, time.perf_counter() - began)
        tell(Stage.APPLY, done, total)
    with unit_of_work() as db:
        run = queries.run_for(db, run_id, lock=True)
        _must_run(run.state)
        service.note(db, run, Stage.APPLY, total, total)
        service.finish(db, run)


def _next_size(size: int, seconds: float) -> int:
    """Let others have their turn, then take as many orders as fit in one: fewer on a busy machine."""
    time.sleep(min(seconds, TURN))
    return min(SLICE, max(LEAST, min(2 * size, int(size * TURN / seconds))))


def _note(run_id: int, stage: Stage, done: int, total: int, ms: int = 0, **figures: object) -> None:
    with unit_of_work() as db:
        run = queries.run_for(db, run_id, lock=True)
        _must_run(run.state)
        service.note(db, run, stage, done, total, ms, **figures)


def _must_run(state: RunState) -> None:
    if state is not RunState.RUNNING:
        raise _Stopped


def _since(began: float) -> int:
    return int((time.perf_counter() - began) * 1000)


def _quiet(stage: Stage, done: int, total: int) -> None:
    del stage, done, total
