"""The moment between looking and taking, made wide: on a fast machine a race that is never run looks won.

Statements of stock are hesitated over where they are sent (rows.py writes past SQLAlchemy's events). On PostgreSQL the
database itself hesitates, too: a trigger that sleeps after a statement has taken its snapshot and before it touches a
row, and again while it holds what it changed.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Engine

from floor.inventory import rows
from floor.kit.uow import unit_of_work

#: Before such a statement whoever decided by reading has read by now, and has not written yet.
WRITES = ("UPDATE stock_", "INSERT INTO stock_", "UPDATE replenishment", "UPDATE count_task")
#: Milliseconds: everybody who starts at the same moment is in the window at the same moment.
WIDTH_MS = (1.0, 6.0)
_TABLES = ("stock_balance", "stock_reservation", "stock_lot_balance")


@contextmanager
def widened(engine: Engine, seed: int, width_ms: tuple[float, float] = WIDTH_MS) -> Iterator[None]:
    """Within the block every write of stock hesitates first, and so does every commit of one."""
    rng, lock = random.Random(seed), threading.Lock()

    def hesitate() -> None:
        with lock:
            ms = rng.uniform(*width_ms)
        time.sleep(ms / 1000)

    def before_statement(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith(WRITES):
            hesitate()

    def before_commit(connection: Any) -> None:
        if connection.get_execution_options().get("floor_write"):
            hesitate()

    event.listen(engine, "before_cursor_execute", before_statement)
    event.listen(engine, "commit", before_commit)
    try:
        with around_rows(before=hesitate):
            yield
    finally:
        event.remove(engine, "before_cursor_execute", before_statement)
        event.remove(engine, "commit", before_commit)


def _nothing() -> None: ...


@contextmanager
def around_rows(before: Callable[[], None] = _nothing, after: Callable[[], None] = _nothing) -> Iterator[None]:
    """Call these around every statement of rows.py, in whatever thread sends it."""

    def watched(send: Callable[..., Any]) -> Callable[..., Any]:
        def sent(*args: Any) -> Any:
            before()
            result = send(*args)
            after()
            return result

        return sent

    kind = rows._Statement
    with patch.object(kind, "send", watched(kind.send)), patch.object(kind, "fetch", watched(kind.fetch)):
        yield


def slow_down_postgres() -> None:
    """Triggers, for good: only in a database of the soak's own. Milliseconds as above."""
    low, high = WIDTH_MS
    sleep = f"PERFORM pg_sleep(({low} + random() * {high - low}) / 1000)"
    with unit_of_work() as db:
        line = db.connection()
        line.execute(sa.text(
            f"CREATE FUNCTION hesitate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {sleep}; RETURN NULL; END $$"
        ))  # fmt: skip
        for table in _TABLES:
            for when in ("BEFORE", "AFTER"):
                line.execute(sa.text(
                    f"CREATE TRIGGER hesitate_{when} {when} INSERT OR UPDATE ON {table}"
                    " FOR EACH STATEMENT EXECUTE FUNCTION hesitate()"
                ))  # fmt: skip
