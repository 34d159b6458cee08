"""How a process of the soak dies: by SIGKILL, at a moment that was chosen before it was born.

Most moments are boundaries of writing: before or after a statement of a write transaction, before its COMMIT, inside
it (a timer of the kernel, armed as the COMMIT begins), or after it and before anybody was told.
"""

import ctypes
import os
import random
import signal
import threading
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Engine

from tests.soak.window import around_rows

STATEMENT, RESULT, COMMIT, INSIDE, COMMITTED, ANYWHERE, OUTSIDE = (
    "before a statement", "after a statement", "before a commit", "inside a commit", "after a commit", "anywhere",
    "from outside",
)  # fmt: skip


@dataclass(frozen=True)
class Death:
    """At the `n`-th such moment of the process; INSIDE and ANYWHERE so many microseconds later."""

    when: str
    n: int = 1
    micros: int = 0


def chosen(rng: random.Random) -> Death:
    """A death that comes within the first few deeds."""
    when = rng.choices((STATEMENT, RESULT, COMMIT, INSIDE, COMMITTED, ANYWHERE, OUTSIDE), (5, 4, 2, 5, 3, 2, 2))[0]
    if when in (STATEMENT, RESULT):
        return Death(when, rng.randint(1, 120))
    if when in (ANYWHERE, OUTSIDE):
        return Death(when, micros=rng.randint(5_000, 250_000))
    # A commit of a busy disk takes 0.2 to 20 ms: short times more often, as most of the work is at its beginning.
    return Death(when, rng.randint(1, 10), round(10 ** rng.uniform(1, 4)) if when == INSIDE else 0)


def at_once() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Doom:
    """Waits in this process for the moment of `death`. `after_commit()` is called by whoever got an answer."""

    def __init__(self, death: Death, engine: Engine) -> None:
        self.death = death
        self._left = death.n
        self._lock = threading.Lock()
        if death.when == ANYWHERE:
            _kill_me_in(death.micros)
        elif death.when == STATEMENT:
            event.listen(engine, "before_cursor_execute", self._statement)
            self._watch = around_rows(before=self._row)  # rows.py sends past SQLAlchemy's events
            self._watch.__enter__()
        elif death.when == RESULT:
            event.listen(engine, "after_cursor_execute", self._statement)
            self._watch = around_rows(after=self._row)
            self._watch.__enter__()
        elif death.when in (COMMIT, INSIDE):
            event.listen(engine, "commit", self._commit)

    def after_commit(self) -> None:
        if self.death.when == COMMITTED and self._is_due():
            at_once()

    def _statement(self, connection: sa.Connection, *_rest: Any) -> None:
        if connection.get_execution_options().get("floor_write") and self._is_due():
            at_once()

    def _row(self) -> None:
        if self._is_due():
            at_once()

    def _commit(self, connection: sa.Connection) -> None:
        if connection.get_execution_options().get("floor_write") and self._is_due():
            _kill_me_in(self.death.micros) if self.death.when == INSIDE else at_once()

    def _is_due(self) -> bool:
        with self._lock:
            self._left -= 1
            return self._left == 0


class _SignalEvent(ctypes.Structure):
    """struct sigevent of Linux."""

    _fields_ = [
        ("value", ctypes.c_void_p), ("signo", ctypes.c_int), ("notify", ctypes.c_int), ("rest", ctypes.c_char * 48),
    ]  # fmt: skip


def _kill_me_in(micros: int) -> None:
    """The kernel sends SIGKILL after so many microseconds, wherever this process then is: in fsync, in C, in Python."""
    libc, timer = ctypes.CDLL(None, use_errno=True), ctypes.c_void_p()
    how = _SignalEvent(signo=signal.SIGKILL, notify=0)
    when = (ctypes.c_long * 4)(0, 0, micros // 1_000_000, max(micros % 1_000_000, 1) * 1000)
    monotonic = 1
    if libc.timer_create(monotonic, ctypes.byref(how), ctypes.byref(timer)) or libc.timer_settime(timer, 0, when, None):
        raise OSError(ctypes.get_errno(), "no timer")
