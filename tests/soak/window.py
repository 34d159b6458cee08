"""The moment between looking and taking, made wide: on a fast machine a race that is never run looks won."""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

#: Before such a statement whoever decided by reading has read by now, and has not written yet.
WRITES = ("UPDATE stock_", "INSERT INTO stock_", "UPDATE replenishment", "UPDATE count_task")
#: Milliseconds: everybody who starts at the same moment is in the window at the same moment.
WIDTH_MS = (1.0, 6.0)


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
        yield
    finally:
        event.remove(engine, "before_cursor_execute", before_statement)
        event.remove(engine, "commit", before_commit)
