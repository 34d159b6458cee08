"""The rows of stock, as fast as the database takes them. A picker's scan waits for these; service.py says when they run.

Statements are constants, because building one costs several times what running it does, and each is sent once for all
rows of a step. `python -m benchmarks.stock` compares them with SQL written by hand.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session, SQLModel

from floor.catalog.models import Sku, Tracking
from floor.inventory.models import PHYSICAL, Balance, LedgerRow, Place, PlaceKind, Reservation
from floor.kit.errors import Conflict


class Change(NamedTuple):
    """What is added to one balance; `held` is taken away as far as any is."""

    place: int
    sku: int
    more: int = 0
    promised: int = 0
    held: int = 0


def _table(model: type[SQLModel]) -> sa.Table:
    table = model.__table__  # type: ignore[attr-defined]
    assert isinstance(table, sa.Table)
    return table


_balance, _place, _promise, _ledger, _sku = map(_table, (Balance, Place, Reservation, LedgerRow, Sku))
_given, _text = sa.bindparam, sa.literal_column
_none = _text("0")
_inside = sa.or_(*(_place.c.kind == _text(f"'{kind}'") for kind in PHYSICAL))


class _Prepared:
    """A statement as the text each database takes: SQLAlchemy would look it up again at every call."""

    def __init__(self, build: Callable[[Any], Any]) -> None:
        self._kinds = {
            "sqlite": _compiled(build(sqlite), sqlite.dialect(paramstyle="named")),
            "postgresql": _compiled(build(postgresql), psycopg.dialect()),
        }

    def many(self, line: sa.Connection, given: list[dict[str, Any]]) -> int:
        """Run it for every set of values, in order. Returns how many rows were changed."""
        text, converts = self._kinds[line.dialect.name]
        for name, convert in converts:
            for values in given:
                values[name] = convert(values[name])
        return line.exec_driver_sql(text, given).rowcount

    def one(self, line: sa.Connection, given: dict[str, Any]) -> sa.CursorResult[Any]:
        text, converts = self._kinds[line.dialect.name]
        for name, convert in converts:
            given[name] = convert(given[name])
        return line.exec_driver_sql(text, given)


def _compiled(statement: Any, dialect: Any) -> tuple[str, list[tuple[str, Callable[[Any], Any]]]]:
    """The text, and how values of some parameters become what the driver takes."""
    compiled = statement.compile(dialect=dialect)
    found = ((name, bind.type.dialect_impl(dialect).bind_processor(dialect)) for name, bind in compiled.binds.items())
    return str(compiled), [(name, convert) for name, convert in found if convert is not None]


def _changing(_dialect: Any) -> sa.Update:
    b = _balance.c
    qty, reserved, held = b.qty + _given("more"), b.reserved + _given("promised"), b.held + _given("held")
    stays = sa.case((held > _none, held), else_=_none)
    return (
        sa.update(_balance)
        .where(b.place_id == _given("place"), b.sku_id == _given("sku"), reserved >= _none, qty >= reserved + stays)
        .values(qty=qty, reserved=reserved, held=stays)
    )


def _arriving(dialect: Any) -> Any:
    place, sku, more = (_given(name, type_=sa.Integer) for name in ("place", "sku", "more"))
    row = sa.select(place, sku, more, _none, _none).where(_place.c.id == _given("place"), _inside)
    new = dialect.insert(_balance).from_select(["place_id", "sku_id", "qty", "reserved", "held"], row)
    return new.on_conflict_do_update(
        index_elements=["place_id", "sku_id"], set_={"qty": _balance.c.qty + new.excluded.qty}
    )


def _counting(_dialect: Any) -> sa.Update:
    p = _promise.c
    posted, released = p.posted + _given("taken"), p.released + _given("given")
    return (
        sa.update(_promise)
        .where(p.id == _given("promise"), posted >= _none, released >= _none, posted + released <= p.qty)
        .values(posted=posted, released=released)
    )


def _booking(_dialect: Any) -> Any:
    """Of SKUs nobody tracks; no row for the others."""
    names = [name for name in _ledger.c.keys() if name != "id"]
    values = [_given(name, type_=_ledger.c[name].type) for name in names]
    return sa.insert(_ledger).from_select(
        names, sa.select(*values).where(_sku.c.id == _given("sku_id"), _sku.c.tracking == _text(f"'{Tracking.NONE}'"))
    )


def _inserting(table: sa.Table, *left_out: str) -> Callable[[Any], Any]:
    names = [name for name in table.c.keys() if name not in ("id", *left_out)]
    return lambda _dialect: sa.insert(table).values({name: _given(name, type_=table.c[name].type) for name in names})


def _finding(_dialect: Any) -> Any:
    p = _place.c
    return sa.select(sa.func.min(p.id)).where(
        p.kind == _given("kind", type_=p.kind.type), p.warehouse_id == _given("warehouse_id")
    )


_CHANGE, _ARRIVE, _COUNT, _BOOK_UNTRACKED = map(_Prepared, (_changing, _arriving, _counting, _booking))
_COUNT_ONE = _Prepared(lambda dialect: _counting(dialect).returning(_promise.c.posted, _promise.c.released))
_BOOK = _Prepared(_inserting(_ledger))
_PROMISE = _Prepared(_inserting(_promise))
_PROMISE_ONE = _Prepared(lambda dialect: _inserting(_promise)(dialect).returning(_promise.c.id))
_NEW_PLACE = _Prepared(lambda dialect: _inserting(_place)(dialect).returning(_place.c.id))
_PLACE = _Prepared(_finding)
_PHYSICAL = sa.select(_place.c.id).where(_place.c.id.in_(_given("places", expanding=True)), _inside)
_NOW = sa.select(_balance.c.qty, _balance.c.reserved, _balance.c.held).where(
    _balance.c.place_id == _given("place"), _balance.c.sku_id == _given("sku")
)


def change(db: Session, changes: Iterable[Change]) -> None:
    """Change balances inside our walls, in their sorted order; what only comes in may make a new one.

    Raises Conflict("inventory.not_enough") unless 0 <= reserved and reserved + held <= qty stay true of every row.
    """
    line = db.connection()
    # Neighbours that change the same way go together, so the order holds over all rows.
    for comes_in, run in groupby(sorted(changes), key=lambda c: c.more >= 0 and not c.promised):
        wanted = list(run)
        given = [c._asdict() for c in wanted]
        if comes_in:
            _ARRIVE.many(line, given)
        elif (done := _CHANGE.many(line, given)) != len(wanted):
            inside = physical(db, {c.place for c in wanted})  # places beyond our walls have no balance to change
            wanted = [c for c in wanted if c.place in inside]
            if done != len(wanted):
                loser = next((c for c in wanted if not _could(line, c)), wanted[0])
                raise Conflict("inventory.not_enough", place=loser.place, sku=loser.sku, qty=max(-loser.more, loser.promised))


def _could(line: sa.Connection, c: Change) -> bool:
    now = line.execute(_NOW, c._asdict()).first()
    if now is None:
        return False
    return 0 <= now.reserved + c.promised <= now.qty + c.more - max(0, now.held + c.held)


def physical(db: Session, places: Collection[int]) -> set[int]:
    """Those of the places that are inside our walls."""
    return set(db.connection().execute(_PHYSICAL, {"places": list(places)}).scalars())


def new_place(db: Session, kind: PlaceKind, warehouse_id: int) -> int:
    return int(_NEW_PLACE.one(db.connection(), {"kind": kind, "warehouse_id": warehouse_id}).scalar_one())


def place(db: Session, kind: PlaceKind, warehouse_id: int) -> int | None:
    """The first place of a kind in a warehouse."""
    return _PLACE.one(db.connection(), {"kind": kind, "warehouse_id": warehouse_id}).scalar()


def promise(db: Session, promises: list[dict[str, Any]]) -> None:
    """Write reservations."""
    _PROMISE.many(db.connection(), promises)


def promise_one(db: Session, values: dict[str, Any]) -> int:
    """Write a reservation. Returns its id."""
    return int(_PROMISE_ONE.one(db.connection(), values).scalar_one())


def count(db: Session, reservation: Reservation, posted: int = 0, released: int = 0) -> None:
    """Move units between pending, posted and released. Raises Conflict unless all three stay 0 or more."""
    given = {"promise": reservation.id, "taken": posted, "given": released}
    parts = _COUNT_ONE.one(db.connection(), given).first()
    if parts is None:
        raise _too_many(reservation, abs(posted or released))
    set_committed_value(reservation, "posted", parts.posted)
    set_committed_value(reservation, "released", parts.released)


def count_taken(db: Session, parts: Sequence[tuple[Reservation, int]]) -> None:
    """Post units of several reservations, which are read again when somebody asks. Raises Conflict like `count`."""
    ordered = sorted(parts, key=lambda part: part[0].id or 0)
    given = [{"promise": r.id, "taken": qty, "given": 0} for r, qty in ordered]
    if _COUNT.many(db.connection(), given) != len(given):
        raise _too_many(*ordered[0])
    for reservation, _qty in ordered:
        db.expire(reservation, ["posted", "released"])


def _too_many(reservation: Reservation, qty: int) -> Conflict:
    return Conflict("inventory.not_enough", place=reservation.bin_id, sku=reservation.sku_id, qty=qty)


def book_untracked(db: Session, moves: list[dict[str, Any]]) -> int:
    """Write ledger rows of SKUs nobody tracks. Returns how many: those of tracked SKUs stay out."""
    return _BOOK_UNTRACKED.many(db.connection(), moves)


def book(db: Session, moves: list[dict[str, Any]]) -> None:
    """Write ledger rows."""
    _BOOK.many(db.connection(), moves)
