"""Work that spans transactions: files of stock and master data, slice by slice; and deliveries, all or nothing."""

import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from floor.catalog.models import Sku
from floor.events.models import AuditEvent
from floor.events.service import Event, record
from floor.inventory import files, imported, imports, lots, service
from floor.inventory.files import Fault, Row
from floor.inventory.kinds import KINDS, stock
from floor.inventory.kinds.base import Verdict
from floor.inventory.models import Bin, ImportKind, StockImport
from floor.inventory.states import ImportState
from floor.kit import ids, spreadsheet
from floor.kit.actor import SYSTEM, Actor
from floor.kit.errors import Conflict, Invalid
from floor.kit.spreadsheet import Unreadable
from floor.kit.uow import reading, unit_of_work
from floor.web.commands import is_first

#: Rows per transaction: few enough that others on SQLite wait less than a quarter of a second.
SLICE = 500
#: How long one message may keep the worker from the others, seconds; far below the relay's lease.
SHIFT_S = 8.0
#: Rows deleted per transaction.
_DUSTPAN = 5000
#: How often a slice is tried again when somebody else was faster with one of its rows.
_TRIES = 5

T = TypeVar("T")
Tell = Callable[[StockImport], None]


class _Shift:
    """Begins with the first slice done, so that every shift gets something done."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.began: float | None = None

    def is_over(self) -> bool:
        self.began = self.began or time.monotonic()
        return time.monotonic() - self.began >= self.seconds


def carry(import_id: int, seconds: float = math.inf, tell: Tell = lambda _it: None) -> None:
    """Do what the import's state asks for, for about `seconds`; the rest becomes a message of its own.

    May be stopped anywhere and called again, by any number of workers at once. `tell` hears of every slice.
    """
    with reading() as db:
        it = imported.import_for(db, import_id)
    shift = _Shift(seconds)
    match it.state:
        case ImportState.EXAMINING:
            is_over = _examine(it, shift, tell)
        case ImportState.APPLYING:
            is_over = _apply(it, shift, tell)
        case ImportState.READY:
            is_over = True
        case _:
            is_over = _tidy(import_id)
    if not is_over:
        with unit_of_work() as db:
            imports.go_on(db, import_id, SYSTEM)


def _examine(it: StockImport, shift: _Shift, tell: Tell) -> bool:
    """Look at every row behind the mark; True when nothing is left to look at."""
    assert it.id is not None
    import_id, mark = it.id, it.examined_to
    with reading() as db:
        body = imported.body_of(db, import_id)
    if body is None:
        return True  # somebody else came to the end
    try:
        if spreadsheet.is_workbook(body):
            body = _unpack(import_id, body)
        head, rows = files.rows(it.kind, KINDS[it.kind].required, body)
        if not mark:
            expected = max(spreadsheet.about_how_many(body) - head.line, 0)
            _surely(lambda db: imports.note_head(db, import_id, head, expected))
        for some in _slices(rows, SLICE):
            fresh = [row for row in some if row.number > mark]
            while fresh:
                found = _surely(_look(import_id, mark, fresh))
                if found is None:
                    return True
                mark = found
                fresh = [row for row in fresh if row.number > mark]
                _report(import_id, tell)
                if shift.is_over():
                    return False
    except Invalid as refused:
        reason = refused
        _surely(lambda db: imports.fail(db, import_id, reason, SYSTEM))
        return True
    _surely(lambda db: imports.show(db, import_id, SYSTEM))
    return True


def _unpack(import_id: int, body: bytes) -> bytes:
    """Once: every shift begins to read at the start, and a workbook opens slowly."""
    try:
        table = spreadsheet.unpacked(body, files.MOST_ROWS + 2)
    except Unreadable as bad:
        raise Invalid(f"inventory.file_{bad.reason}", field="file") from None
    _surely(lambda db: imports.unpack(db, import_id, table))
    return table


def _look(import_id: int, mark: int, rows: list[Row]) -> Callable[[Session], int | None]:
    return lambda db: imports.look_at(db, import_id, mark, rows)


def _apply(it: StockImport, shift: _Shift, tell: Tell) -> bool:
    """Apply every row behind the mark; True when nothing is left to apply."""
    assert it.id is not None
    import_id, mark, actor = it.id, it.applied_to, imported.whoever_confirmed(it)
    while (found := _surely(_slice(import_id, mark, actor))) is not None:
        mark = found
        _report(import_id, tell)
        if shift.is_over():
            return False
    _surely(lambda db: imports.finish(db, import_id, actor))
    return True


def _slice(import_id: int, mark: int, actor: Actor) -> Callable[[Session], int | None]:
    return lambda db: imports.apply_slice(db, import_id, mark, SLICE, actor)


def _tidy(import_id: int) -> bool:
    """It is over: delete what nobody is shown any more."""
    while _surely(lambda db: imports.forget(db, import_id, _DUSTPAN)):
        pass
    return True


def _surely(step: Callable[[Session], T]) -> T:
    """A step in a transaction of its own; again, with fresh eyes, when somebody else was faster with a row of it."""
    for _ in range(_TRIES):
        try:
            with unit_of_work() as db:
                return step(db)
        except (Conflict, IntegrityError):
            continue
    with unit_of_work() as db:
        return step(db)


def _slices(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    waiting = iter(rows)
    while some := list(islice(waiting, size)):
        yield some


def _report(import_id: int, tell: Tell) -> None:
    with reading() as db:
        tell(imported.import_for(db, import_id))


# --- deliveries --------------------------------------------------------------------------------------------------


@dataclass
class Delivery:
    """A supplier's file as the house understands it."""

    lines: list[Verdict] = field(default_factory=list)
    faults: list[Verdict] = field(default_factory=list)
    #: The same file was booked before.
    is_known: bool = False

    @property
    def units(self) -> int:
        return sum(line.wanted.qty for line in self.lines)


def receive(body: bytes, dry_run: bool, actor: Actor) -> Delivery:
    """A delivery: units are added. All or nothing, and one file once: booking a delivery twice invents stock.

    Raises Invalid for a file that is no table or lacks columns.
    """
    booking = f"receipt:{ids.digest(body)}"[:64]
    with reading() if dry_run else unit_of_work() as db:
        delivery = _delivery(db, body)
        known = select(AuditEvent.id).where(
            AuditEvent.kind == "inventory.delivery.received", col(AuditEvent.command_id) == booking
        )
        delivery.is_known = db.exec(known).first() is not None
        if dry_run or delivery.faults or delivery.is_known or not delivery.lines:
            return delivery
        if not is_first(db, booking):  # somebody booked it while this looked
            delivery.is_known = True
            return delivery
        token = ids.current_command.set(booking)
        try:
            for line in sorted(delivery.lines, key=lambda line: (line.wanted.bin_id, line.wanted.sku_id)):
                _receive(db, line.wanted, actor)
            data = {"rows": len(delivery.lines), "units": delivery.units}
            record(db, Event("inventory.delivery.received", "stock", 0, data=data), actor)
        finally:
            ids.current_command.reset(token)
    return delivery


def _receive(db: Session, line: stock.Line, actor: Actor) -> None:
    lot = lots.lot_for(db, db.get_one(Sku, line.sku_id), line.lot, line.expires_on).id if line.lot else None
    service.receive(db, db.get_one(Bin, line.bin_id), line.sku_id, line.qty, actor, lot)


def _delivery(db: Session, body: bytes) -> Delivery:
    """Every row of the file against SKUs, warehouses and open bins."""
    delivery, seen = Delivery(), set()
    _head, rows = files.rows(ImportKind.STOCK, stock.KIND.required, body)
    for some in _slices(rows, SLICE):
        for verdict in stock.read(db, some):
            line = verdict.wanted
            if line and verdict.keys in seen:
                verdict.refuse(Fault("sku", "twice", {"value": verdict.label}))
            elif line and not line.qty:
                verdict.refuse(Fault("qty", "number", {"value": "0", "least": 1, "most": stock.MOST_UNITS}))
            elif line and db.get_one(Bin, line.bin_id).is_closed:
                verdict.refuse(Fault("bin", "closed", {"value": verdict.label}))
            seen.add(verdict.keys)
            (delivery.faults if verdict.fault else delivery.lines).append(verdict)
    return delivery
