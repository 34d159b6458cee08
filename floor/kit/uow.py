"""The unit of work: one user action, one transaction. The only place that commits."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlmodel import Session

from floor.kit.db import Database

_database: Database | None = None


def bind(database: Database) -> None:
    """Say which database this process works on; the factory calls it once."""
    global _database
    _database = database


def database() -> Database:
    if _database is None:
        raise RuntimeError("no database is bound: create_app() binds it")
    return _database


@contextmanager
def unit_of_work() -> Iterator[Session]:
    """A write transaction: commits at the end of the block, rolls back on any exception."""
    db = database()
    with (
        db.write_turn(),
        db.engine.connect().execution_options(floor_write=True) as connection,
        Session(connection, expire_on_commit=False) as session,
    ):
        yield session
        session.commit()


@contextmanager
def snapshot() -> Iterator[Session]:
    """A read transaction that sees one moment from its first to its last query; `reading()` on PostgreSQL sees one
    moment a query, which is enough for a page and wrong for sums that must agree."""
    isolation = {} if database().is_sqlite else {"isolation_level": "REPEATABLE READ"}
    with database().engine.connect().execution_options(**isolation) as connection, Session(connection) as session:
        yield session
        session.rollback()


@contextmanager
def reading() -> Iterator[Session]:
    """A read transaction; whatever was changed in it is thrown away."""
    with database().engine.connect() as connection, Session(connection, expire_on_commit=False) as session:
        yield session
        session.expunge_all()  # a rollback would empty the rows the page is still to show
        session.rollback()
