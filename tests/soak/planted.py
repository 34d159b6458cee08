"""Faults for the races to find: if a proof does not notice these, it proves nothing."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import psycopg
import sqlalchemy as sa
from sqlmodel import col

from floor.inventory import rows, service
from floor.inventory.models import Balance
from floor.kit import db as kit
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
        found = db.execute(
            sa.select(col(Balance.place_id), col(Balance.sku_id), col(Balance.qty), col(Balance.reserved))
        )
        _seen.rows = {(place, sku): (qty, reserved) for place, sku, qty, reserved in found}


class _ReadThenWrite:
    """Stands where the conditional update of a balance stands."""

    def send(self, line: sa.Connection, changes: list[dict[str, Any]]) -> SimpleNamespace:
        return SimpleNamespace(rowcount=sum(self._one(line, change) for change in changes))

    def _one(self, line: sa.Connection, c: dict[str, Any]) -> bool:
        key = {"place": c["place"], "sku": c["sku"]}
        where = "WHERE place_id = :place AND sku_id = :sku"
        if line.dialect.name == "sqlite" and hasattr(_seen, "rows"):
            row = _seen.rows.get((c["place"], c["sku"]))
        else:
            row = line.execute(sa.text(f"SELECT qty, reserved FROM stock_balance {where}"), key).first()
        if row is None:
            return False
        qty, reserved = row[0] + c["more"], row[1] + c["promised"]
        if not 0 <= reserved <= qty:
            return False
        update = sa.text(f"UPDATE stock_balance SET qty = :qty, reserved = :reserved {where}")
        line.execute(update, {**key, "qty": qty, "reserved": reserved})
        return True


def _unsorted(things: Any, key: Any = None) -> list:
    return list(things)


@contextmanager
def planted(fault: str) -> Iterator[None]:
    """The house with this fault, or whole when `fault` is empty. Entered before the house is opened."""
    if fault == "read-then-write":
        with (
            patch.object(rows, "_change", _ReadThenWrite()),
            # In a pipeline nothing is read before all is sent: this fault could not even be made.
            patch.object(psycopg.Connection, "pipeline", lambda _self: nullcontext()),
        ):
            yield
    elif fault == "unsorted":
        with (
            patch.object(service, "sorted", _unsorted, create=True),
            patch.object(rows, "sorted", _unsorted, create=True),
        ):
            yield
    elif fault == "deferred":
        with (
            patch.object(kit, "_begin_sqlite", lambda connection: connection.exec_driver_sql("BEGIN")),
            patch.object(kit.Database, "write_turn", lambda _self: nullcontext()),
        ):
            yield
    else:
        yield
