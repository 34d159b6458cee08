"""Stock from files: `sku,warehouse,bin,qty`. Read the file, examine it against the house, apply it at once."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlmodel import Session, col, select

from floor.catalog.models import Sku
from floor.events.models import AuditEvent
from floor.events.service import Event, record
from floor.inventory import service
from floor.inventory.models import Balance, Bin, MoveReason, PlaceKind, Warehouse
from floor.inventory.service import Move
from floor.kit import ids
from floor.kit.actor import Actor
from floor.kit.uow import reading, unit_of_work
from floor.web.commands import is_first

COLUMNS = ("sku", "warehouse", "bin", "qty")


@dataclass(frozen=True)
class Line:
    """A sound row: so many of one SKU in one bin, where `before` lie now, `free` of them promised to nobody."""

    number: int
    sku_id: int
    sku: str
    site: str
    where: Bin
    qty: int
    before: int
    free: int

    @property
    def change(self) -> int:
        return self.qty - self.before


@dataclass(frozen=True)
class Fault:
    """A row that cannot be used; `reason` is a code of messages.FAULTS. Row 1 is the first below the header."""

    number: int
    reason: str
    value: str = ""


@dataclass
class Sheet:
    """A file as the house understands it."""

    lines: list[Line] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    #: The same file was booked before.
    is_known: bool = False


def set_stock(body: bytes, dry_run: bool, actor: Actor) -> Sheet:
    """Opening stock: afterwards every named bin holds what the file says. The same file again changes nothing.

    Bad rows are left out; so are rows that would take units promised to orders.
    """
    with reading() if dry_run else unit_of_work() as db:
        sheet = examine(db, body)
        short = [line for line in sheet.lines if -line.change > line.free]
        sheet.lines = [line for line in sheet.lines if line.change and line not in short]
        sheet.faults += [Fault(line.number, "promised", str(line.before - line.free)) for line in short]
        if not dry_run and sheet.lines:
            service.move(db, [_correction(db, line) for line in sheet.lines], "opening", 0, actor)
            _tell(db, "inventory.stock.imported", sheet, actor)
    return sheet


def receive(body: bytes, dry_run: bool, actor: Actor) -> Sheet:
    """A delivery: units are added. All or nothing, and one file once: booking a delivery twice invents stock."""
    booking = f"receipt:{ids.digest(body)}"[:64]
    with reading() if dry_run else unit_of_work() as db:
        sheet = examine(db, body)
        known = select(AuditEvent.id).where(
            AuditEvent.kind == "inventory.delivery.received", col(AuditEvent.command_id) == booking
        )
        sheet.is_known = db.exec(known).first() is not None
        if dry_run or sheet.faults or sheet.is_known or not sheet.lines:
            return sheet
        if not is_first(db, booking):  # somebody booked it while this looked
            sheet.is_known = True
            return sheet
        token = ids.current_command.set(booking)
        try:
            for line in sorted(sheet.lines, key=lambda line: (line.where.id, line.sku_id)):
                service.receive(db, line.where, line.sku_id, line.qty, actor)
            _tell(db, "inventory.delivery.received", sheet, actor)
        finally:
            ids.current_command.reset(token)
    return sheet


def examine(db: Session, body: bytes) -> Sheet:
    """Every row of the file against SKUs, warehouses and bins."""
    sheet = Sheet()
    rows = list(csv.DictReader(io.StringIO(_text(body))))
    if not rows or not set(COLUMNS) <= {(name or "").strip().lower() for name in rows[0]}:
        sheet.faults.append(Fault(0, "columns", ", ".join(COLUMNS)))
        return sheet
    cells = [{(k or "").strip().lower(): (v or "").strip() for k, v in row.items() if k} for row in rows]
    skus = dict(db.exec(select(Sku.code, Sku.id)).all())
    bins = {
        (site, where.code): where
        for where, site in db.exec(select(Bin, Warehouse.code).join(Warehouse, col(Warehouse.id) == Bin.warehouse_id))
    }
    sites = {site for site, _code in bins}
    seen: set[tuple[str, str, str]] = set()
    for number, cell in enumerate(cells, start=1):
        found = _row(number, cell, skus, bins, sites, seen)
        if isinstance(found, Fault):
            sheet.faults.append(found)
        else:
            sku_id, where, qty = found
            balance = db.get(Balance, (where.id, sku_id))
            before, free = (balance.qty, balance.qty - balance.reserved - balance.held) if balance else (0, 0)
            sku, site = cell["sku"].upper(), cell["warehouse"].upper()
            sheet.lines.append(Line(number, sku_id, sku, site, where, qty, before, free))
    return sheet


def _row(
    number: int,
    cell: dict[str, str],
    skus: dict[str, int | None],
    bins: dict[tuple[str, str], Bin],
    sites: set[str],
    seen: set[tuple[str, str, str]],
) -> Fault | tuple[int, Bin, int]:
    code, site, where = cell["sku"].upper(), cell["warehouse"].upper(), cell["bin"].upper()
    if code not in skus:
        return Fault(number, "sku", cell["sku"])
    if site not in sites:
        return Fault(number, "warehouse", cell["warehouse"])
    if (site, where) not in bins:
        return Fault(number, "bin", cell["bin"])
    if not (cell["qty"].isascii() and cell["qty"].isdigit() and int(cell["qty"]) <= 1_000_000):
        return Fault(number, "qty", cell["qty"])
    if (code, site, where) in seen:
        return Fault(number, "twice", f"{code} {where}")
    seen.add((code, site, where))
    return skus[code] or 0, bins[site, where], int(cell["qty"])


def _text(body: bytes) -> str:
    """UTF-8, with or without a mark, else what Chinese Excel writes."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("gb18030", errors="replace")


def _correction(db: Session, line: Line) -> Move:
    kind = PlaceKind.SUPPLIER if line.change > 0 else PlaceKind.LOST
    other = service.beyond(db, kind, line.where.warehouse_id)
    if line.change > 0:
        return Move(line.sku_id, line.change, other, line.where.id, MoveReason.OPENING)
    return Move(line.sku_id, -line.change, line.where.id, other, MoveReason.CORRECTION)


def _tell(db: Session, kind: str, sheet: Sheet, actor: Actor) -> None:
    units = sum(line.qty for line in sheet.lines)
    record(db, Event(kind, "stock", 0, data={"rows": len(sheet.lines), "units": units}), actor)


def totals(lines: Sequence[Line]) -> tuple[int, int]:
    """(units that come, units that go) if these lines are set."""
    return sum(max(line.change, 0) for line in lines), sum(max(-line.change, 0) for line in lines)
