"""The rows of stock, written as fast as the database takes them: a picker's scan waits for these.

Statements are made once, because making one costs many times what running it does, and each is sent once for all rows
of a step. `python -m benchmarks.stock` compares them with SQL written by hand. When they run is said in service.py.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session, col

from floor.catalog.models import Tracking
from floor.inventory.models import PHYSICAL, LedgerRow, Place, PlaceKind, Reservation
from floor.kit.errors import Conflict


class Change(NamedTuple):
    """What is added to one balance; `held` (0 or less) is taken away as far as any is."""

    place: int
    sku: int
    more: int = 0
    promised: int = 0
    held: int = 0


class _Statement:
    """SQL as the text each driver takes. SQLAlchemy's usual way looks it up again and again, which takes longer."""

    def __init__(self, text: str, **columns: Any) -> None:
        statement = sa.text(text).bindparams(*(sa.bindparam(name, type_=c.type) for name, c in columns.items()))
        self._texts: dict[str, str] = {}
        #: For the columns given: how a value becomes what the driver takes.
        self._converts: dict[str, list[tuple[str, Callable[[Any], Any]]]] = {}
        for dialect in (sqlite.dialect(paramstyle="named"), psycopg.dialect()):
            ways = ((name, c.type.dialect_impl(dialect).bind_processor(dialect)) for name, c in columns.items())
            self._converts[dialect.name] = [(name, convert) for name, convert in ways if convert is not None]
            self._texts[dialect.name] = str(statement.compile(dialect=dialect))

    def many(self, line: sa.Connection, rows: list[dict[str, Any]]) -> int:
        """Run it for every row, in order. Returns how many the database changed."""
        for name, convert in self._converts[line.dialect.name]:
            for row in rows:
                row[name] = convert(row[name])
        return line.exec_driver_sql(self._texts[line.dialect.name], rows).rowcount

    def one(self, line: sa.Connection, row: dict[str, Any]) -> sa.Row[Any] | None:
        """Run it and fetch the row it returns."""
        for name, convert in self._converts[line.dialect.name]:
            row[name] = convert(row[name])
        return line.exec_driver_sql(self._texts[line.dialect.name], row).first()


_change = _Statement("""
    UPDATE stock_balance
    SET qty = qty + :more, reserved = reserved + :promised,
        held = CASE WHEN held + :held > 0 THEN held + :held ELSE 0 END
    WHERE place_id = :place AND sku_id = :sku AND reserved + :promised >= 0 AND qty + :more >=
        reserved + :promised + CASE WHEN held + :held > 0 THEN held + :held ELSE 0 END""")

# Only places inside our walls have balances.
_arrive = _Statement("""
    INSERT INTO stock_balance (place_id, sku_id, qty, reserved, held)
    SELECT id, :sku, :more, 0, 0 FROM place
    WHERE id = :place AND kind IN ('bin', 'tote', 'parcel', 'transit')
    ON CONFLICT (place_id, sku_id) DO UPDATE SET qty = stock_balance.qty + excluded.qty""")

_balance = _Statement("SELECT qty, reserved, held FROM stock_balance WHERE place_id = :place AND sku_id = :sku")

_COUNT = """
    UPDATE stock_reservation SET posted = posted + :posted, released = released + :released
    WHERE id = :id AND posted + :posted >= 0 AND released + :released >= 0
        AND posted + :posted + released + :released <= qty"""
_count = _Statement(_COUNT)
_count_one = _Statement(f"{_COUNT} RETURNING posted, released")

_PROMISE = """
    INSERT INTO stock_reservation
        (bin_id, sku_id, qty, posted, released, shipment_line_id, expires_at, note, created_at)
    VALUES (:bin_id, :sku_id, :qty, 0, 0, :shipment_line_id, :expires_at, :note, :created_at)"""
_moments = {"expires_at": col(Reservation.expires_at), "created_at": col(Reservation.created_at)}
_promise = _Statement(_PROMISE, **_moments)
_promise_one = _Statement(f"{_PROMISE} RETURNING id", **_moments)

_BOOK = """
    INSERT INTO stock_ledger
        (at, sku_id, lot_id, qty, from_place_id, to_place_id, reason, subject, subject_id, actor_name, actor_id)
    SELECT :at, id, :lot_id, :qty, :from_place_id, :to_place_id, :reason, :subject, :subject_id, :actor_name, :actor_id
    FROM sku WHERE id = :sku_id"""
_book = _Statement(_BOOK, at=col(LedgerRow.at), reason=col(LedgerRow.reason))
_book_untracked = _Statement(
    f"{_BOOK} AND tracking = '{Tracking.NONE}'", at=col(LedgerRow.at), reason=col(LedgerRow.reason)
)

_new_place = _Statement(
    "INSERT INTO place (kind, warehouse_id) VALUES (:kind, :warehouse_id) RETURNING id", kind=col(Place.kind)
)
_first_place = _Statement(
    "SELECT min(id) AS id FROM place WHERE kind = :kind AND warehouse_id = :warehouse_id", kind=col(Place.kind)
)


def change(db: Session, changes: Iterable[Change]) -> None:
    """Change balances inside our walls, in their sorted order; what only comes in may make a new one.

    Raises Conflict("inventory.not_enough") unless 0 <= reserved and reserved + held <= qty stay true of every row.
    """
    line = db.connection()
    # Neighbours that change the same way go together, so the order holds over all rows.
    for comes_in, run in groupby(sorted(changes), key=lambda c: c.more >= 0 and not c.promised):
        wanted = list(run)
        rows = [c._asdict() for c in wanted]
        if comes_in:
            _arrive.many(line, rows)
        elif (done := _change.many(line, rows)) != len(rows):
            _refuse_unless_beyond(db, wanted, done)


def _refuse_unless_beyond(db: Session, wanted: list[Change], done: int) -> None:
    """Places beyond our walls have no balance to change; were others left unchanged, somebody was faster."""
    inside = physical(db, {c.place for c in wanted})
    wanted = [c for c in wanted if c.place in inside]
    if done != len(wanted):
        loser = next((c for c in wanted if not _could(db, c)), wanted[0])
        qty = max(-loser.more, loser.promised)
        raise Conflict("inventory.not_enough", place=loser.place, sku=loser.sku, qty=qty)


def _could(db: Session, c: Change) -> bool:
    row = _balance.one(db.connection(), c._asdict())
    return row is not None and 0 <= row.reserved + c.promised <= row.qty + c.more - max(0, row.held + c.held)


def physical(db: Session, places: Collection[int]) -> set[int]:
    """Those of the places that are inside our walls."""
    inside = sa.select(col(Place.id)).where(col(Place.id).in_(places), col(Place.kind).in_(PHYSICAL))
    return set(db.execute(inside).scalars())


def new_place(db: Session, kind: PlaceKind, warehouse_id: int) -> int:
    row = _new_place.one(db.connection(), {"kind": kind, "warehouse_id": warehouse_id})
    assert row is not None
    return int(row.id)


def first_place(db: Session, kind: PlaceKind, warehouse_id: int) -> int | None:
    row = _first_place.one(db.connection(), {"kind": kind, "warehouse_id": warehouse_id})
    assert row is not None
    return None if row.id is None else int(row.id)


def promise(db: Session, rows: list[dict[str, Any]]) -> None:
    """Write reservations."""
    _promise.many(db.connection(), rows)


def promise_one(db: Session, row: dict[str, Any]) -> int:
    """Write a reservation. Returns its id."""
    made = _promise_one.one(db.connection(), row)
    assert made is not None
    return int(made.id)


def count(db: Session, reservation: Reservation, posted: int = 0, released: int = 0) -> None:
    """Move units between pending, posted and released. Raises Conflict unless all three stay 0 or more."""
    row = _count_one.one(db.connection(), {"id": reservation.id, "posted": posted, "released": released})
    if row is None:
        raise _too_many(reservation, abs(posted or released))
    set_committed_value(reservation, "posted", row.posted)
    set_committed_value(reservation, "released", row.released)


def count_taken(db: Session, parts: Sequence[tuple[Reservation, int]]) -> None:
    """Post units of several reservations; they are read again when somebody asks. Raises Conflict like `count`."""
    ordered = sorted(parts, key=lambda part: part[0].id or 0)
    rows = [{"id": reservation.id, "posted": qty, "released": 0} for reservation, qty in ordered]
    if _count.many(db.connection(), rows) != len(rows):
        raise _too_many(*ordered[0])
    for reservation, _qty in ordered:
        db.expire(reservation, ["posted", "released"])


def _too_many(reservation: Reservation, qty: int) -> Conflict:
    return Conflict("inventory.not_enough", place=reservation.bin_id, sku=reservation.sku_id, qty=qty)


def book_untracked(db: Session, rows: list[dict[str, Any]]) -> int:
    """Write ledger rows of SKUs nobody tracks. Returns how many: those of tracked SKUs stay out."""
    return _book_untracked.many(db.connection(), rows)


def book(db: Session, rows: list[dict[str, Any]]) -> None:
    """Write ledger rows."""
    _book.many(db.connection(), rows)
