"""The limit of benchmarks.stock: what a careful SQL programmer writes by hand for the same four stages.

The same tables, rows and transactions as floor.inventory.service, the same durability, the raw driver, every statement
prepared and sent for all lines of the order at once; PostgreSQL gets a whole stage in one pipeline. It knows what the
house has to look up: that totes and parcels are physical places, which place is the customer's.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from sqlalchemy.engine import make_url

from floor.kit.db import _prepare_sqlite, _sqlite_module


@dataclass(frozen=True)
class Line:
    bin_id: int
    sku_id: int
    qty: int
    shipment_line_id: int


@dataclass(frozen=True)
class Order:
    """Three lines, sorted by bin, and the tote they are picked into."""

    number: int
    tote_id: int
    lines: tuple[Line, ...]


RESERVE = """UPDATE stock_balance SET reserved = reserved + ?
    WHERE place_id = ? AND sku_id = ? AND qty >= reserved + held + ?"""
PROMISE = """INSERT INTO stock_reservation (bin_id, sku_id, qty, posted, released, shipment_line_id, note, created_at)
    VALUES (?, ?, ?, 0, 0, ?, '', ?)"""
POST = "UPDATE stock_reservation SET posted = posted + ? WHERE shipment_line_id = ? AND posted + released + ? <= qty"
TAKE = """UPDATE stock_balance SET qty = qty - ?, reserved = reserved - ?
    WHERE place_id = ? AND sku_id = ? AND reserved >= ?"""
LEAVE = "UPDATE stock_balance SET qty = qty - ? WHERE place_id = ? AND sku_id = ? AND qty - reserved - held >= ?"
ARRIVE = """INSERT INTO stock_balance (place_id, sku_id, qty, reserved, held) VALUES (?, ?, ?, 0, 0)
    ON CONFLICT (place_id, sku_id) DO UPDATE SET qty = stock_balance.qty + excluded.qty"""
BOOK = """INSERT INTO stock_ledger
    (at, sku_id, qty, from_place_id, to_place_id, reason, subject, subject_id, actor_name, actor_id)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)"""
PARCEL = "INSERT INTO place (kind, warehouse_id) VALUES ('parcel', ?) RETURNING id"

Todo = list[tuple[str, list[tuple[Any, ...]]]]


class ByHand(ABC):
    """One connection that ships orders."""

    _db: Any

    def __init__(self, url: str, house_id: int, customer_id: int) -> None:
        self._house_id, self._customer_id = house_id, customer_id
        self._open(url)

    def ship(self, order: Order) -> None:
        self._commit(self._reserve(order.lines))
        self._commit(self._pick(order))
        parcel_id = self._new_parcel()
        self._commit(self._pack(order, parcel_id))
        self._commit(self._leave(order, parcel_id))

    def close(self) -> None:
        self._db.close()

    def _reserve(self, lines: Sequence[Line]) -> Todo:
        now = self._now()
        return [
            (RESERVE, [(x.qty, x.bin_id, x.sku_id, x.qty) for x in lines]),
            (PROMISE, [(x.bin_id, x.sku_id, x.qty, x.shipment_line_id, now) for x in lines]),
        ]

    def _pick(self, order: Order) -> Todo:
        now = self._now()
        return [
            (POST, [(x.qty, x.shipment_line_id, x.qty) for x in order.lines]),
            (TAKE, [(x.qty, x.qty, x.bin_id, x.sku_id, x.qty) for x in order.lines]),
            (ARRIVE, [(order.tote_id, x.sku_id, x.qty) for x in order.lines]),
            (BOOK, [(now, x.sku_id, x.qty, x.bin_id, order.tote_id, "pick", "walk", order.number, "bench")
                    for x in order.lines]),
        ]  # fmt: skip

    def _pack(self, order: Order, parcel_id: int) -> Todo:
        now = self._now()
        return [
            (LEAVE, [(x.qty, order.tote_id, x.sku_id, x.qty) for x in order.lines]),
            (ARRIVE, [(parcel_id, x.sku_id, x.qty) for x in order.lines]),
            (BOOK, [(now, x.sku_id, x.qty, order.tote_id, parcel_id, "pack", "parcel", parcel_id, "bench")
                    for x in order.lines]),
        ]  # fmt: skip

    def _leave(self, order: Order, parcel_id: int) -> Todo:
        now = self._now()
        return [
            (LEAVE, [(x.qty, parcel_id, x.sku_id, x.qty) for x in order.lines]),
            (BOOK, [(now, x.sku_id, x.qty, parcel_id, self._customer_id, "ship", "manifest", order.number, "bench")
                    for x in order.lines]),
        ]  # fmt: skip

    @abstractmethod
    def _open(self, url: str) -> None:
        """Connect."""

    @abstractmethod
    def _now(self) -> Any:
        """This moment, as the database keeps moments."""

    @abstractmethod
    def _new_parcel(self) -> int:
        """In the transaction that the next commit ends."""

    @abstractmethod
    def _commit(self, todo: Todo) -> None:
        """One transaction; every statement must change as many rows as it was given."""


class OnSqlite(ByHand):
    def _open(self, url: str) -> None:
        self._db = _sqlite_module().connect(
            make_url(url).database, timeout=30, isolation_level=None, check_same_thread=False
        )
        _prepare_sqlite(self._db, None)  # the house's durability
        self._cursor = self._db.cursor()

    def _now(self) -> str:
        return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")

    def _new_parcel(self) -> int:
        self._cursor.execute("BEGIN IMMEDIATE")
        return int(self._cursor.execute(PARCEL, (self._house_id,)).fetchone()[0])

    def _commit(self, todo: Todo) -> None:
        if not self._db.in_transaction:
            self._cursor.execute("BEGIN IMMEDIATE")
        for statement, rows in todo:
            self._cursor.executemany(statement, rows)
            if self._cursor.rowcount != len(rows):
                self._cursor.execute("ROLLBACK")
                raise RuntimeError("not enough")
        self._cursor.execute("COMMIT")


class OnPostgres(ByHand):
    def _open(self, url: str) -> None:
        self._db = psycopg.connect(url.replace("+psycopg", ""))

    def _now(self) -> datetime:
        return datetime.now(UTC)

    def _new_parcel(self) -> int:
        row = self._db.execute(PARCEL.replace("?", "%s"), (self._house_id,)).fetchone()
        assert row is not None
        return int(row[0])

    def _commit(self, todo: Todo) -> None:
        with self._db.pipeline():
            done = [(self._send(statement, rows), len(rows)) for statement, rows in todo]
        if any(cursor.rowcount != count for cursor, count in done):
            self._db.rollback()
            raise RuntimeError("not enough")
        self._db.commit()

    def _send(self, statement: str, rows: list[tuple[Any, ...]]) -> psycopg.Cursor[Any]:
        cursor = self._db.cursor()
        cursor.executemany(statement.replace("?", "%s").encode(), rows)
        return cursor
