"""Verbs of a file on its way in: begin, look at a slice, show, confirm, apply a slice, finish.

A slice claims its place first, by moving the mark from where the caller believes it stands: whoever comes second waits
for the first to commit, finds the mark moved, and goes on from there. So any number of workers may be at one file.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.events.service import Event, record
from floor.inventory import imported
from floor.inventory.files import Fault, Head, Row
from floor.inventory.kinds import KINDS
from floor.inventory.kinds.base import Verdict
from floor.inventory.models import (
    ImportKind,
    Outcome,
    StockImport,
    StockImportFile,
    StockImportKey,
    StockImportRow,
)
from floor.inventory.states import IMPORT, ImportAction, ImportState
from floor.kit import clock, ids
from floor.kit.actor import Actor
from floor.kit.errors import Invalid, Refused

#: So many changes of a file are kept to be shown, before and after.
SHOWN = 200

_CHANGING = (Outcome.MAKE, Outcome.CHANGE)


def begin(db: Session, kind: ImportKind, filename: str, body: bytes, actor: Actor) -> StockImport:
    """Keep a file for the worker to look at. Raises Invalid for an empty one.

    The same file at work already is that one; one that waits for a yes makes way, to be looked at afresh.
    """
    if not body:
        raise Invalid("inventory.no_file", field="file")
    digest = ids.digest(body)
    under_way = (ImportState.EXAMINING, ImportState.READY, ImportState.APPLYING)
    for other in imported.same_files(db, kind, digest, under_way):
        if other.is_at_work:
            return other
        cancel(db, imported.import_for(db, other.id or 0, lock=True), actor)
    made = StockImport(kind=kind, filename=filename[-200:], digest=digest, uploaded_by=actor.name[:64])
    db.add(made)
    db.flush()
    assert made.id is not None
    db.add(StockImportFile(import_id=made.id, body=body))
    db.flush()
    _tell(db, made, "uploaded", actor)
    return made


def unpack(db: Session, import_id: int, body: bytes) -> None:
    """Keep the same table in a form that is quicker to read."""
    mine = col(StockImportFile.import_id) == import_id
    db.execute(sa.update(StockImportFile).where(mine).values(body=body))


def note_head(db: Session, import_id: int, head: Head, expected: int) -> None:
    """What the header says, and how many rows there may be: for whoever looks at the page."""
    mine = (col(StockImport.id) == import_id) & (col(StockImport.state) == ImportState.EXAMINING)
    db.execute(sa.update(StockImport).where(mine).values(unused=head.unused[:20], expected=expected))


def look_at(db: Session, import_id: int, mark: int, rows: Sequence[Row]) -> int | None:
    """Examine the rows behind `mark` and write down what each would do.

    Returns where the mark stands now; None when nobody is to look at the file any more.
    """
    is_mine = _claim(db, import_id, ImportState.EXAMINING, col(StockImport.examined_to), mark, rows[-1].number)
    it = imported.import_for(db, import_id)
    if not is_mine:
        return it.examined_to if it.state is ImportState.EXAMINING else None
    verdicts = KINDS[it.kind].examine(db, rows)
    _claim_keys(db, import_id, verdicts)
    shown = SHOWN - it.to_make - it.to_change
    written = []
    for verdict in verdicts:
        if verdict.outcome in _CHANGING:
            shown -= 1
        written.append(_written(import_id, verdict, with_changes=shown >= 0))
    db.execute(sa.insert(StockImportRow), written)
    come, go = (sum(max(sign * verdict.units, 0) for verdict in verdicts) for sign in (1, -1))
    _add_up(
        db, import_id, rows=len(rows), to_make=_count(verdicts, Outcome.MAKE),
        to_change=_count(verdicts, Outcome.CHANGE), same=_count(verdicts, Outcome.SAME),
        bad=_count(verdicts, Outcome.BAD), units_in=come, units_out=go,
    )  # fmt: skip
    return rows[-1].number


def apply_slice(db: Session, import_id: int, mark: int, size: int, actor: Actor) -> int | None:
    """Apply the next `size` rows behind `mark`, as the house is now.

    Returns where the mark stands now; None when no row is left, or nobody is to apply the file any more.
    """
    r = StockImportRow
    following = select(r).where(r.import_id == import_id, r.number > mark).order_by(col(r.number)).limit(size)
    rows = db.exec(following).all()
    if not rows:
        return None
    is_mine = _claim(db, import_id, ImportState.APPLYING, col(StockImport.applied_to), mark, rows[-1].number)
    it = imported.import_for(db, import_id)
    if not is_mine:
        return it.applied_to if it.state is ImportState.APPLYING else None
    kind = KINDS[it.kind]
    verdicts = kind.examine(db, [Row(row.number, row.cells) for row in rows if row.outcome is not Outcome.BAD])
    kind.book(db, verdicts, import_id, actor)
    for verdict in verdicts:
        if verdict.fault is not None:
            _write_refusal(db, import_id, verdict)
    _add_up(
        db, import_id, made=_count(verdicts, Outcome.MAKE), changed=_count(verdicts, Outcome.CHANGE),
        kept=_count(verdicts, Outcome.SAME), refused=_count(verdicts, Outcome.BAD),
    )  # fmt: skip
    return rows[-1].number


def _claim(db: Session, import_id: int, state: ImportState, mark: Any, here: int, there: int) -> bool:
    """Move the mark from `here` to `there`; False when it does not stand there, or the import is over."""
    mine = (col(StockImport.id) == import_id) & (col(StockImport.state) == state) & (mark == here)
    moved = sa.update(StockImport).where(mine).values({mark: there}).execution_options(synchronize_session=False)
    return bool(db.execute(moved).rowcount)  # type: ignore[attr-defined]


def _claim_keys(db: Session, import_id: int, verdicts: Sequence[Verdict]) -> None:
    """A second row that speaks for the same thing is a bad one, wherever in the file the first stood."""
    k = StockImportKey
    wanted = {f"{name}:{value}" for verdict in verdicts if not verdict.fault for name, value in verdict.keys}
    taken = set(db.exec(select(k.key).where(k.import_id == import_id, col(k.key).in_(wanted))))
    new = []
    for verdict in verdicts:
        if verdict.fault:
            continue
        keys = [f"{name}:{value}" for name, value in verdict.keys]
        twice = next((pair for pair, key in zip(verdict.keys, keys, strict=True) if key in taken), None)
        if twice:
            verdict.refuse(Fault(twice[0], "twice", {"value": twice[1]}))
            continue
        taken.update(keys)
        new += [{"import_id": import_id, "key": key} for key in keys]
    if new:
        db.execute(sa.insert(k), new)


def _written(import_id: int, verdict: Verdict, *, with_changes: bool) -> dict[str, Any]:
    fault = verdict.fault
    return {
        "import_id": import_id, "number": verdict.row.number, "cells": verdict.row.cells, "outcome": verdict.outcome,
        "label": verdict.label[:120], "changes": [list(change) for change in verdict.changes] if with_changes else [],
        "column": fault.column if fault else "", "reason": fault.reason if fault else "",
        "values": fault.values if fault else {},
    }  # fmt: skip


def _write_refusal(db: Session, import_id: int, verdict: Verdict) -> None:
    assert verdict.fault is not None
    fault, r = verdict.fault, StockImportRow
    told = {"outcome": Outcome.REFUSED, "column": fault.column, "reason": fault.reason, "values": fault.values}
    mine = (col(r.import_id) == import_id) & (col(r.number) == verdict.row.number)
    db.execute(sa.update(r).where(mine).values({**told, "changes": []}).execution_options(synchronize_session=False))


def _count(verdicts: Sequence[Verdict], outcome: Outcome) -> int:
    return sum(verdict.outcome is outcome for verdict in verdicts)


def _add_up(db: Session, import_id: int, **more: int) -> None:
    sums = {name: getattr(StockImport, name) + count for name, count in more.items()}
    mine = sa.update(StockImport).where(col(StockImport.id) == import_id).values(sums)
    db.execute(mine.execution_options(synchronize_session=False))


# --- its states --------------------------------------------------------------------------------------------------


def show(db: Session, import_id: int, actor: Actor) -> None:
    """Every row was looked at: the file itself is not needed any more. Nothing happens when somebody said so before."""
    it = imported.import_for(db, import_id, lock=True)
    if it.state is ImportState.EXAMINING:
        db.execute(sa.delete(StockImportFile).where(col(StockImportFile.import_id) == import_id))
        advance(db, it, ImportAction.SHOW, actor)


def fail(db: Session, import_id: int, refused: Refused, actor: Actor) -> None:
    """The file cannot be used: nothing of it counts."""
    it = imported.import_for(db, import_id, lock=True)
    if it.state is ImportState.EXAMINING:
        it.problem, it.problem_values, it.finished_at = refused.code, refused.values, clock.now()
        advance(db, it, ImportAction.FAIL, actor)


def confirm(db: Session, it: StockImport, actor: Actor) -> None:
    """Apply it. Raises Invalid when nothing would change, Conflict when it does not wait for this."""
    if it.state is ImportState.READY and not it.to_make + it.to_change:
        raise Invalid("inventory.nothing_to_import")
    it.confirmed_by, it.confirmer_id = actor.name[:64], actor.id if actor.kind == "user" else None
    advance(db, it, ImportAction.CONFIRM, actor)


def cancel(db: Session, it: StockImport, actor: Actor) -> None:
    """Not wanted: nothing of it was applied. Raises Conflict when it is too late."""
    it.finished_at = clock.now()
    advance(db, it, ImportAction.CANCEL, actor)


def finish(db: Session, import_id: int, actor: Actor) -> None:
    """Every row was applied or has its reason. Nothing happens when somebody said so before."""
    it = imported.import_for(db, import_id, lock=True)
    if it.state is ImportState.APPLYING:
        it.finished_at = clock.now()
        advance(db, it, ImportAction.FINISH, actor)


def go_on(db: Session, import_id: int, actor: Actor) -> None:
    """Somebody else's turn with the worker: the rest of this file in a message of its own."""
    _tell(db, imported.import_for(db, import_id), "went_on", actor)


def advance(db: Session, it: StockImport, action: ImportAction, actor: Actor) -> None:
    """The only door to an import's state. Raises Conflict when the table has no such move."""
    it.state = IMPORT.after(it.state, action)
    db.add(it)
    db.flush()
    _tell(db, it, action.value, actor)


def forget(db: Session, import_id: int, most: int) -> int:
    """Delete some of what nobody needs after the end; returns how many rows went."""
    r, k = StockImportRow, StockImportKey
    dull = sa.select(col(r.number)).where(
        col(r.import_id) == import_id,
        sa.or_(
            col(r.outcome) == Outcome.SAME,
            sa.and_(col(r.outcome).in_(_CHANGING), sa.cast(col(r.changes), sa.Text) == "[]"),
        ),
    )
    keys = sa.select(col(k.key)).where(col(k.import_id) == import_id)
    db.execute(sa.delete(StockImportFile).where(col(StockImportFile.import_id) == import_id))
    gone = 0
    for table, column, which in ((r, col(r.number), dull), (k, col(k.key), keys)):
        some = list(db.execute(which.limit(most)).scalars())
        if some:
            mine = sa.and_(col(table.import_id) == import_id, column.in_(some))
            db.execute(sa.delete(table).where(mine).execution_options(synchronize_session=False))
        gone += len(some)
    return gone


def _tell(db: Session, it: StockImport, what: str, actor: Actor) -> None:
    assert it.id is not None
    data = {"import": it.id, "kind": it.kind.value, "file": it.filename, "made": it.made, "changed": it.changed,
            "refused": it.refused + it.bad}  # fmt: skip
    record(db, Event(f"inventory.import.{what}", "import", it.id, data=data), actor)
