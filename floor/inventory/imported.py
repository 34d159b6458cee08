"""Reads of files on their way in."""

from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from floor.inventory.models import ImportKind, Outcome, StockImport, StockImportFile, StockImportRow
from floor.inventory.states import ImportState
from floor.kit.actor import Actor
from floor.kit.errors import Unknown

_FAULTY = (Outcome.BAD, Outcome.REFUSED)


def import_for(db: Session, import_id: int, *, lock: bool = False) -> StockImport:
    """The import as it is now, or Unknown; `lock` holds it until the transaction ends."""
    found = db.get(StockImport, import_id, populate_existing=True, with_for_update=lock or None)
    if found is None:
        raise Unknown("inventory.unknown_import")
    return found


def whoever_confirmed(it: StockImport) -> Actor:
    """In whose name it is applied."""
    return Actor("user" if it.confirmer_id else "system", it.confirmer_id, it.confirmed_by)


def body_of(db: Session, import_id: int) -> bytes | None:
    found = db.get(StockImportFile, import_id)
    return found.body if found else None


def imports(db: Session, limit: int = 30) -> Sequence[StockImport]:
    """The newest first."""
    return db.exec(select(StockImport).order_by(col(StockImport.id).desc()).limit(limit)).all()


def same_files(db: Session, kind: ImportKind, digest: str, states: Iterable[ImportState]) -> Sequence[StockImport]:
    """Imports of the very same file in one of these states, newest first."""
    same = (StockImport.kind == kind, StockImport.digest == digest, col(StockImport.state).in_(list(states)))
    return db.exec(select(StockImport).where(*same).order_by(col(StockImport.id).desc())).all()


def done_before(db: Session, it: StockImport) -> StockImport | None:
    """The latest earlier import that applied the same file."""
    return next((one for one in same_files(db, it.kind, it.digest, [ImportState.DONE]) if one.id != it.id), None)


def changes(db: Session, import_id: int, limit: int) -> Sequence[StockImportRow]:
    """The first rows that make or change something."""
    r = StockImportRow
    changing = (r.import_id == import_id, col(r.outcome).in_((Outcome.MAKE, Outcome.CHANGE)))
    return db.exec(select(r).where(*changing).order_by(col(r.number)).limit(limit)).all()


def faults(db: Session, import_id: int, limit: int | None = None, offset: int = 0) -> Sequence[StockImportRow]:
    """The rows that cannot be used, in the file's order."""
    r = StockImportRow
    faulty = select(r).where(r.import_id == import_id, col(r.outcome).in_(_FAULTY)).order_by(col(r.number))
    return db.exec(faulty.limit(limit).offset(offset)).all()


def reasons(db: Session, import_id: int) -> Sequence[sa.Row]:
    """(column, reason, rows), the most frequent first."""
    r = StockImportRow
    rows = func.count().label("rows")
    faulty = sa.select(col(r.column), col(r.reason), rows).where(
        col(r.import_id) == import_id, col(r.outcome).in_(_FAULTY)
    )
    return db.execute(faulty.group_by(col(r.column), col(r.reason)).order_by(rows.desc(), col(r.reason))).all()


def broken_imports(db: Session) -> list[str]:
    """Check: every row looked at counts once, and once more when it was applied; every fault is listed."""
    listed = dict(
        db.execute(
            sa.select(col(StockImportRow.import_id), func.count())
            .where(col(StockImportRow.outcome).in_(_FAULTY))
            .group_by(col(StockImportRow.import_id))
        ).all()
    )
    wrong = []
    for it in db.exec(select(StockImport)):
        sound = it.to_make + it.to_change + it.same
        if it.rows != sound + it.bad or (it.state is ImportState.DONE and it.settled != sound):
            wrong.append(f"stock_import {it.id}: {it.rows} rows, {sound} sound + {it.bad} bad, {it.settled} applied")
        elif listed.get(it.id or 0, 0) != it.bad + it.refused:
            wrong.append(f"stock_import {it.id}: {it.bad + it.refused} faults, {listed.get(it.id or 0, 0)} listed")
    return wrong
