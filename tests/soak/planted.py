"""Faults for the races to find: if a proof does not notice these, it proves nothing."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any
from unittest.mock import patch

import sqlalchemy as sa
from sqlmodel import Session, col

from floor.inventory import service
from floor.inventory.models import Balance
from floor.kit import db as kit
from floor.kit import uow
from floor.kit.errors import Conflict
from floor.kit.uow import reading

#: What each does, and how it shows.
FAULTS = {
    "read-then-write": "stock is read, then written: units are sold twice",
    "unsorted": "rows are touched in the order they were named: deadlocks (PostgreSQL)",
    "deferred": "write transactions begin as readers: database is locked (SQLite)",
}

_seen = threading.local()


def look() -> None:
    """Planted on SQLite, whose transactions come one after another: what a client saw before its turn to write."""
    with reading() as db:
        _seen.rows = _balances(db)


def _balances(db: Session) -> dict[tuple[int, int], tuple[int, int]]:
    b = Balance
    rows = db.execute(sa.select(col(b.place_id), col(b.sku_id), col(b.qty), col(b.reserved)))
    return {(place, sku): (qty, reserved) for place, sku, qty, reserved in rows}


def _read_then_write(db: Session, place_id: int, sku_id: int, qty: int, reserved: int, _held: int = 0) -> None:
    is_looked = uow.database().is_sqlite and hasattr(_seen, "rows")
    rows = _seen.rows if is_looked else _balances(db)
    old_qty, old_reserved = rows.get((place_id, sku_id), (0, 0))
    if old_reserved + reserved < 0 or old_qty + qty < old_reserved + reserved:
        raise Conflict("inventory.not_enough")
    row = sa.update(Balance).where(col(Balance.place_id) == place_id, col(Balance.sku_id) == sku_id)
    db.execute(row.values(qty=old_qty + qty, reserved=old_reserved + reserved))


def _unsorted(rows: Any, key: Any = None) -> list:
    return list(rows)


@contextmanager
def planted(fault: str) -> Iterator[None]:
    """The house with this fault, or whole when `fault` is empty. Entered before the house is opened."""
    if fault == "read-then-write":
        with patch.object(service, "_change", _read_then_write):
            yield
    elif fault == "unsorted":
        with patch.object(service, "sorted", _unsorted, create=True):
            yield
    elif fault == "deferred":
        with (
            patch.object(kit, "_begin_sqlite", lambda connection: connection.exec_driver_sql("BEGIN")),
            patch.object(kit.Database, "write_turn", lambda _self: nullcontext()),
        ):
            yield
    else:
        yield
