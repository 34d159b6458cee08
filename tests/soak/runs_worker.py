"""The worker of the runs soak: it carries the outbox, in a process that dies at a moment chosen before it was born."""

import ctypes
import multiprocessing
import os
import random
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import timedelta
from functools import partial
from unittest.mock import patch

from flask import Flask
from sqlmodel import Session

import solver.allocation.greedy
import solver.allocation.solve  # noqa: F401 -- loaded before the first fork
from floor.allocation import jobs, planning
from floor.events.relay import Relay
from floor.kit import compute, uow
from floor.picking import jobs as walks
from tests.soak import death

#: Work the planner may do, as it counts, and seconds: deaths are to meet the applying more often than the planning.
_EFFORT: planning.Effort = (1, 20)
#: A dead worker's message is taken up by the next one after so long.
_LEASE = timedelta(seconds=1)


def work(app: Flask, end: death.Death | None) -> None:
    """A worker of the outbox, in a session of its own, so that its planners die with it."""
    os.setsid()
    with ExitStack() as stack:
        if end is not None:
            doom = death.Doom(end, uow.database().engine)
            for module in (jobs, walks):
                stack.enter_context(patch.object(module, "unit_of_work", _watched(doom)))
        stack.enter_context(patch.object(compute, "_executor", _warm_planners()))
        quick = partial(planning.find_plan, effort=_EFFORT)
        stack.enter_context(patch.object(planning, "find_plan", quick))
        Relay(app.extensions["handlers"], _LEASE).run_forever(threading.Event())


def child(live: Callable[[], None]) -> None:
    """Be the process that was just forked, to its end."""
    status = 1
    _die_with_parent()
    try:
        live()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def _warm_planners() -> Callable[[], ProcessPoolExecutor]:
    """Planners that are copies of this process, which knows the solver already: starting one costs nothing, and it may
    be done before there are threads."""
    pool = ProcessPoolExecutor(2, multiprocessing.get_context("fork"), initializer=_die_with_parent)
    pool.submit(os.getpid).result()
    return lambda: pool


def _die_with_parent() -> None:
    """SIGKILL for this process when its parent ends, however that comes."""
    set_death_signal = 1
    ctypes.CDLL(None).prctl(set_death_signal, signal.SIGKILL)


def _watched(doom: death.Doom) -> Callable[[], AbstractContextManager[Session]]:
    """A unit of work that tells of its commit."""

    @contextmanager
    def told() -> Iterator[Session]:
        with uow.unit_of_work() as db:
            yield db
        doom.after_commit()

    return told


def chosen(rng: random.Random, orders: int) -> death.Death:
    """Within the first slices of a worker; a timer may also meet the planner."""
    kinds = (death.STATEMENT, death.RESULT, death.COMMIT, death.INSIDE, death.COMMITTED, death.ANYWHERE)
    when = rng.choices(kinds, (5, 4, 2, 5, 2, 5))[0]
    if when in (death.STATEMENT, death.RESULT):
        return death.Death(when, rng.randint(1, min(2500, 5 * orders)))
    if when == death.ANYWHERE:
        return death.Death(when, micros=round(10 ** rng.uniform(4.5, 6.8)))
    return death.Death(when, rng.randint(1, 9), round(10 ** rng.uniform(1, 4)) if when == death.INSIDE else 0)
