"""The database: SQLite (one machine) or PostgreSQL (a house with many), with the settings that were measured.

SQLite: WAL, synchronous=FULL (NORMAL acknowledges before the disk has it), explicit BEGIN IMMEDIATE for writes behind a
FIFO lock (BEGIN IMMEDIATE alone starves writers). PostgreSQL: READ COMMITTED, conditional updates and row locks.
"""

import os
import select
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from functools import cache, lru_cache
from operator import itemgetter
from typing import Any, cast

import sqlalchemy as sa
from pydantic_core import PydanticUndefined
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.orm import declared_attr
from sqlalchemy.pool import NullPool
from sqlmodel import Field, Session, SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def enum_field(kind: type[StrEnum], *, default: Any = ..., index: bool = False) -> Any:
    """A column that stores the enum's value as text, guarded by a CHECK made from the same enum."""
    column = sa.Enum(
        kind,
        values_callable=lambda members: [member.value for member in members],
        native_enum=False,
        create_constraint=True,
        length=24,
        name=kind.__name__.lower(),
    )
    return Field(default=default, sa_type=column, index=index, nullable=False)


def json_field(default: type[dict] | type[list] = dict) -> Any:
    """A JSON column. Replace the whole value to change it: a change in place is not saved."""
    return Field(default_factory=default, sa_type=sa.JSON, nullable=False)


@cache
def _defaults(model: type[SQLModel]) -> tuple[dict[str, Any], dict[str, Any]]:
    fixed, made = {}, {}
    for name, field in model.model_fields.items():
        if field.default_factory is not None:
            made[name] = field.default_factory
        elif field.default is not PydanticUndefined and name != "id":
            fixed[name] = field.default
    return fixed, made


def row_of(model: type[SQLModel], **values: Any) -> dict[str, Any]:
    """A row for an insert of many: what the model would fill in by itself, without an object for it."""
    fixed, made = _defaults(model)
    return {**fixed, **{name: make() for name, make in made.items() if name not in values}, **values}


@lru_cache(256)
def _insert(
    model: type[SQLModel], columns: tuple[str, ...], dialect: sa.Dialect
) -> tuple[str, Callable[[dict[str, Any]], Any], list[tuple[str, Callable[[Any], Any]]]]:
    """An insert as the driver takes it: its text, a row as its parameters, how values of some columns are written."""
    table = model.__table__  # type: ignore[attr-defined]
    made = sa.insert(table).compile(dialect=dialect, column_keys=list(columns))
    ways = ((name, table.c[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in columns)
    shaped = itemgetter(*(made.positiontup or ())) if made.positional else dict
    return str(made), shaped, [(name, convert) for name, convert in ways if convert is not None]


def insert(db: Session, model: type[SQLModel], rows: Sequence[dict[str, Any]]) -> None:
    """Write rows (`row_of`), all of the same columns, as they are; they are used up by it. The statement is
    SQLAlchemy's, made once; what it does to every value is done here to those that need it (decision 052)."""
    if not rows:
        return
    line = db.connection()
    text, shaped, converts = _insert(model, tuple(rows[0]), line.dialect)
    for name, convert in converts:
        for row in rows:
            row[name] = convert(row[name])
    line.exec_driver_sql(text, [shaped(row) for row in rows])


def new_ids(db: Session, model: type[SQLModel], count: int) -> Sequence[int]:
    """Ids for so many rows that this transaction inserts next, in their order.

    SQLite has one writer, and tells the ids of many new rows only in a statement each: there they are known before.
    """
    db.flush()  # objects that wait for their ids get them first
    table = model.__table__  # type: ignore[attr-defined]
    line = db.connection()
    if line.dialect.name == "sqlite":
        last = line.execute(sa.select(sa.func.max(table.c.id))).scalar() or 0
        return range(last + 1, last + 1 + count)
    sequence = sa.func.pg_get_serial_sequence(table.name, "id")
    wanted = sa.select(sa.func.nextval(sequence)).select_from(sa.func.generate_series(1, count))
    return sorted(line.execute(wanted).scalars())


def insert_new(db: Session, model: type[SQLModel], rows: Sequence[dict[str, Any]]) -> Sequence[int]:
    """Write rows that have no ids yet; returns those they got."""
    if len(rows) == 1:
        table = model.__table__  # type: ignore[attr-defined]
        return [db.connection().execute(sa.insert(table).returning(table.c.id), rows[0]).scalar_one()]
    ids = new_ids(db, model, len(rows)) if rows else []
    insert(db, model, [{**row, "id": id_} for id_, row in zip(ids, rows, strict=True)])
    return ids


def upsert(db: Session, model: type[SQLModel] | sa.Table) -> sqlite.Insert:
    """An insert that can say what to do with a row already there (ON CONFLICT), for the database of this session.

    Both dialects have the same methods; SQLAlchemy has no name for what they share.
    """
    dialect = sqlite if db.get_bind().dialect.name == "sqlite" else postgresql
    return cast(sqlite.Insert, dialect.insert(model))


class Versioned(SQLModel):
    """A row two people touch: counts its changes; a lost update raises StaleDataError, answered with 409."""

    version: int = Field(default=1, nullable=False)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805 -- SQLAlchemy hands the class
        return {"version_id_col": cls.version}


class FifoLock:
    """First come, first served: threading.Lock lets a late writer overtake, and the unlucky one waits seconds."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._queue: deque[threading.Event] = deque()
        self._held = False

    def acquire(self) -> None:
        with self._mutex:
            if not self._held:
                self._held = True
                return
            turn = threading.Event()
            self._queue.append(turn)
        turn.wait()

    def release(self) -> None:
        with self._mutex:
            if self._queue:
                self._queue.popleft().set()
            else:
                self._held = False


class Database:
    """One URL, one engine per process: after a fork the child builds its own."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._engine: Engine | None = None
        self._pid = 0
        self._lock = FifoLock()
        self._building = threading.Lock()

    @property
    def engine(self) -> Engine:
        if self._engine is None or self._pid != os.getpid():
            with self._building:  # two threads of a fresh process must not build two
                if self._engine is None or self._pid != os.getpid():
                    self._lock = FifoLock()
                    self._engine = self._build()
                    self._pid = os.getpid()
        return self._engine

    @contextmanager
    def write_turn(self) -> Iterator[None]:
        """Wait for this process's turn to write (SQLite only; PostgreSQL locks rows itself)."""
        _ = self.engine
        if not self.is_sqlite:
            yield
            return
        lock = self._lock
        lock.acquire()
        try:
            yield
        finally:
            lock.release()

    def dispose(self) -> None:
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    def _build(self) -> Engine:
        if not self.is_sqlite:
            engine = sa.create_engine(self.url, pool_size=16, max_overflow=16, hide_parameters=True)
            event.listen(engine, "checkout", _refuse_dead)
            return engine
        engine = sa.create_engine(
            self.url,
            module=_sqlite_module(),
            poolclass=None if self.url.database else NullPool,
            hide_parameters=True,
            connect_args={"check_same_thread": False, "timeout": 30, "isolation_level": None},
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine


def _refuse_dead(connection: Any, _record: Any, _proxy: Any) -> None:
    """Take no connection out of the pool that the server has closed; without asking it, as pool_pre_ping does."""
    line = select.poll()
    line.register(connection.fileno(), select.POLLIN)
    if line.poll(0):  # an idle one has nothing to say but goodbye
        raise sa.exc.DisconnectionError


def _sqlite_module() -> Any:
    """SQLite 3.7.0-3.51.2 can corrupt a WAL on reset, and Debian 12 ships 3.40: use the bundled newer one."""
    try:
        import pysqlite3
    except ImportError:
        import sqlite3

        return sqlite3
    return pysqlite3


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    # The driver's own BEGIN is off (isolation_level=None): its deferred one silently lost updates.
    begin = "BEGIN IMMEDIATE" if connection.get_execution_options().get("floor_write", False) else "BEGIN"
    driver = connection.connection.dbapi_connection
    assert driver is not None
    try:
        driver.cursor().execute(begin)  # past SQLAlchemy, whose way to the driver takes ten times as long
    except _sqlite_module().Error as error:
        raise sa.exc.OperationalError(begin, None, error) from error
