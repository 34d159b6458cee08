"""The rows of stock, written as fast as the database takes them: a picker's scan waits for these.

Statements are made once, because making one costs many times what running it does, and each is sent once for all rows
of a step. `python -m benchmarks.stock` compares them with SQL written by hand. When they run is said in service.py.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import groupby
from typing import Any, NamedTuple, Protocol

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


class Promised(Protocol):
    """What taking units needs to know of a reservation: a `Reservation`, or a row with these columns."""

    @property
    def id(self) -> int | None: ...
    @property
    def bin_id(self) -> int: ...
    @property
    def sku_id(self) -> int: ...


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

    def send(self, line: sa.Connection, rows: list[dict[str, Any]]) -> Any:
        """Run it for every row, in order. Returns the driver's cursor, whose rowcount is of all rows."""
        cursor = line.connection.cursor()
        cursor.executemany(self._texts[line.dialect.name], self._converted(line, rows))
        return cursor

    def fetch(self, db: Session, row: dict[str, Any]) -> tuple[Any, ...] | None:
        """Run it once; returns the row it gives."""
        line = db.connection()
        with _errors_of(line):
            cursor = line.connection.cursor()
            cursor.execute(self._texts[line.dialect.name], self._converted(line, [row])[0])
            return cursor.fetchone()  # type: ignore[no-any-return]

    def _converted(self, line: sa.Connection, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        for name, convert in self._converts[line.dialect.name]:
            for row in rows:
                row[name] = convert(row[name])
        return rows


@contextmanager
def _errors_of(line: sa.Connection) -> Iterator[None]:
    """The driver's errors, as SQLAlchemy's: that is how the doors know them."""
    driver = line.dialect.loaded_dbapi
    try:
        yield
    except driver.Error as error:
        raise sa.exc.DBAPIError.instance(None, None, error, driver.Error, dialect=line.dialect) from error


class Step(NamedTuple):
    """One statement for all its rows. With a `refusal`, changing fewer rows than `expected` undoes the whole run."""

    statement: _Statement
    rows: list[dict[str, Any]]
    refusal: Callable[[Session], Exception] | None = None
    #: Asked when fewer changed than were given.
    expected: Callable[[Session], int] | None = None

    def is_short(self, db: Session, changed: int) -> bool:
        if self.refusal is None or changed == len(self.rows):
            return False
        return self.expected is None or changed != self.expected(db)


def run(db: Session, steps: Sequence[Step]) -> None:
    """All steps in order, or none and the refusal of the one that was short. PostgreSQL gets them in one go."""
    line = db.connection()
    if line.dialect.name == "postgresql":
        driver: Any = line.connection.dbapi_connection
        with _errors_of(line), driver.pipeline():
            driver.execute("SAVEPOINT stock")  # released by the commit: saying so would be another way there and back
            cursors = [step.statement.send(line, step.rows) for step in steps]
        short = next((s for s, c in zip(steps, cursors, strict=True) if s.is_short(db, c.rowcount)), None)
    else:
        with _errors_of(line):
            line.connection.cursor().execute("SAVEPOINT stock")
            short = next((s for s in steps if s.is_short(db, s.statement.send(line, s.rows).rowcount)), None)
            if short is None:
                line.connection.cursor().execute("RELEASE stock")
    if short is not None and short.refusal is not None:
        line.exec_driver_sql("ROLLBACK TO stock")
        line.exec_driver_sql("RELEASE stock")
        raise short.refusal(db)


_change = _Statement("""
    UPDATE stock_balance
    SET qty = qty + :more, reserved = reserved + :promised,
        held = CASE WHEN held + :held > 0 THEN held + :held ELSE 0 END
    WHERE place_id = :place AND sku_id = :sku AND reserved + :promised >= 0 AND qty + :more >=
        reserved + :promised + CASE WHEN held + :held > 0 THEN held + :held ELSE 0 END""")

# Only places inside our walls have balances.
_ARRIVE = f"""
    INSERT INTO stock_balance (place_id, sku_id, qty, reserved, held)
    SELECT id, :sku, :more, 0, 0 FROM place
    WHERE id = :place AND kind IN ({", ".join(f"'{kind}'" for kind in PHYSICAL)})
    ON CONFLICT (place_id, sku_id) DO UPDATE SET qty = stock_balance.qty + excluded.qty"""  # noqa: S608 -- codes of ours
_arrive = _Statement(_ARRIVE)

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
    "SELECT id FROM place WHERE kind = :kind AND warehouse_id = :warehouse_id ORDER BY id LIMIT 1", kind=col(Place.kind)
)


def changing(changes: Iterable[Change]) -> list[Step]:
    """Change balances inside our walls, in their sorted order; what only comes in may make a new one.

    Refuses with Conflict("inventory.not_enough") unless 0 <= reserved and reserved + held <= qty stay true of all.
    """
    steps = []
    # Neighbours that change the same way go together, so the order holds over all rows.
    for comes_in, neighbours in groupby(sorted(changes), key=lambda c: c.more >= 0 and not c.promised):
        wanted = list(neighbours)
        rows = [c._asdict() for c in wanted]
        if comes_in:
            steps.append(Step(_arrive, rows))
        else:
            steps.append(Step(_change, rows, partial(_too_few, wanted), partial(_inside_of, wanted)))
    return steps


def _inside_of(wanted: list[Change], db: Session) -> int:
    """Places beyond our walls have no balance to change."""
    inside = physical(db, {c.place for c in wanted})
    return sum(c.place in inside for c in wanted)


def _too_few(wanted: list[Change], db: Session) -> Conflict:
    inside = physical(db, {c.place for c in wanted})
    loser = next((c for c in wanted if c.place in inside and not _could(db, c)), wanted[0])
    return Conflict("inventory.not_enough", place=loser.place, sku=loser.sku, qty=max(-loser.more, loser.promised))


def _could(db: Session, c: Change) -> bool:
    found = _balance.fetch(db, c._asdict())
    if found is None:
        return False
    qty, reserved, held = found
    return bool(0 <= reserved + c.promised <= qty + c.more - max(0, held + c.held))


def physical(db: Session, places: Collection[int]) -> set[int]:
    """Those of the places that are inside our walls."""
    inside = sa.select(col(Place.id)).where(col(Place.id).in_(places), col(Place.kind).in_(PHYSICAL))
    return set(db.execute(inside).scalars())


def new_place(db: Session, kind: PlaceKind, warehouse_id: int) -> int:
    return _id(_new_place.fetch(db, {"kind": kind, "warehouse_id": warehouse_id}))


def first_place(db: Session, kind: PlaceKind, warehouse_id: int) -> int | None:
    found = _first_place.fetch(db, {"kind": kind, "warehouse_id": warehouse_id})
    return None if found is None else _id(found)


def promising(rows: list[dict[str, Any]]) -> Step:
    """Write reservations."""
    return Step(_promise, rows)


def promise_one(db: Session, row: dict[str, Any]) -> int:
    """Write a reservation. Returns its id."""
    return _id(_promise_one.fetch(db, row))


def _id(row: tuple[Any, ...] | None) -> int:
    assert row is not None
    return int(row[0])


def count(db: Session, reservation: Reservation, posted: int = 0, released: int = 0) -> None:
    """Move units between pending, posted and released. Raises Conflict unless all three stay 0 or more."""
    found = _count_one.fetch(db, {"id": reservation.id, "posted": posted, "released": released})
    if found is None:
        raise _too_many(reservation, abs(posted or released))
    set_committed_value(reservation, "posted", found[0])
    set_committed_value(reservation, "released", found[1])


def posting(parts: Sequence[tuple[Promised, int]]) -> Step:
    """Post units of several reservations. Refuses like `count`."""
    ordered = sorted(parts, key=lambda part: part[0].id or 0)
    rows = [{"id": promised.id, "posted": qty, "released": 0} for promised, qty in ordered]
    return Step(_count, rows, lambda _db: _too_many(*ordered[0]))


def _too_many(promised: Promised, qty: int) -> Conflict:
    return Conflict("inventory.not_enough", place=promised.bin_id, sku=promised.sku_id, qty=qty)


class Tracked(Exception):
    """Some of these SKUs have lots, which have to be named first."""


def booking(rows: list[dict[str, Any]]) -> Step:
    """Write ledger rows of SKUs without lots. Refuses with Tracked."""
    return Step(_book_untracked, rows, lambda _db: Tracked())


def booking_lots(rows: list[dict[str, Any]]) -> Step:
    """Write ledger rows."""
    return Step(_book, rows)
