"""Deliveries announced by a list: a supplier's file, or lines typed at the desk. A bad row says what is wrong with it.

File: reference,supplier,expected_on,warehouse,sku,qty; rows of one reference and supplier make one delivery.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlmodel import Session, select

from floor.catalog.models import Sku
from floor.catalog.queries import resolve
from floor.inventory import receiving
from floor.inventory.models import Delivery, Warehouse
from floor.inventory.receiving import NewDelivery
from floor.kit import spreadsheet
from floor.kit.actor import Actor

COLUMNS = ("reference", "supplier", "expected_on", "warehouse", "sku", "qty")
_MOST = 100_000
_ROWS = 20_000


@dataclass(frozen=True)
class Fault:
    """Why a line cannot be used: a code of messages.FAULTS and its value. Line 1 is the first below the header."""

    number: int
    reason: str
    value: str = ""


@dataclass
class Announced:
    """A file as the house understands it. Nothing is announced while there is a fault."""

    new: list[NewDelivery] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    made: list[Delivery] = field(default_factory=list)


def announce_file(db: Session, body: bytes, actor: Actor) -> Announced:
    """Announce every delivery of the file, or none of them when a row is bad."""
    found = examine(db, body)
    if not found.faults:
        found.made = [receiving.announce(db, new, actor) for new in found.new]
    return found


def examine(db: Session, body: bytes) -> Announced:
    """Every row of the file against warehouses and SKUs."""
    found = Announced()
    rows = list(cells_of(body))
    if not rows or not set(COLUMNS) <= rows[0].keys() or len(rows) > _ROWS:
        found.faults.append(Fault(0, "columns", ", ".join(COLUMNS)))
        return found
    houses = dict(db.exec(select(Warehouse.code, Warehouse.id)).all())
    skus = dict(db.exec(select(Sku.code, Sku.id)).all())
    lines: dict[tuple[int, str, str, date | None], dict[int, int]] = {}
    for number, cell in enumerate(rows, start=1):
        fault = _fault(db, number, cell, houses, skus)
        if fault is not None:
            found.faults.append(fault)
            continue
        house = houses[cell["warehouse"].upper()] or 0
        same = (house, cell["supplier"], cell["reference"], day_of(cell["expected_on"]))
        units = lines.setdefault(same, {})
        sku = skus[cell["sku"].upper()] or 0
        units[sku] = units.get(sku, 0) + int(cell["qty"])
    twice = {key[:3] for key in lines if sum(other[:3] == key[:3] for other in lines) > 1}
    found.faults += [Fault(0, "two_days", reference) for _house, _supplier, reference in sorted(twice)]
    found.new = [NewDelivery(house, supplier, ref, day, units) for (house, supplier, ref, day), units in lines.items()]
    return found


def _fault(
    db: Session, number: int, cell: Mapping[str, str], houses: Mapping[str, int | None], skus: Mapping[str, int | None]
) -> Fault | None:  # fmt: skip
    if not cell["reference"] or len(cell["reference"]) > 40:
        return Fault(number, "reference", cell["reference"][:40])
    if len(cell["supplier"]) > 80:
        return Fault(number, "supplier", cell["supplier"][:40])
    if cell["expected_on"] and day_of(cell["expected_on"]) is None:
        return Fault(number, "day", cell["expected_on"][:40])
    house = houses.get(cell["warehouse"].upper())
    if house is None:
        return Fault(number, "warehouse", cell["warehouse"][:40])
    if cell["sku"].upper() not in skus:
        return Fault(number, "sku", cell["sku"][:40])
    if not is_units(cell["qty"]):
        return Fault(number, "qty", cell["qty"][:40])
    if receiving.is_known(db, house, cell["supplier"], cell["reference"]):
        return Fault(number, "known", cell["reference"])
    return None


def cells_of(body: bytes) -> Iterator[dict[str, str]]:
    """Rows of a CSV or a workbook by lower-case column name, as far as it can be read."""
    try:
        lines = spreadsheet.lines(body)
        names = [name.lower() for name in next(lines, spreadsheet.Line(0, ())).cells]
        for line in lines:
            yield dict(zip(names, (*line.cells, *[""] * len(names)), strict=False))
    except spreadsheet.Unreadable:
        return


def day_of(text: str) -> date | None:
    """2026-11-26, 2026/11/26 or 20261126; None for anything else."""
    found = re.fullmatch(r"(20\d\d)([-/.]?)(\d\d?)\2(\d\d?)", text, re.ASCII)
    try:
        return date(int(found[1]), int(found[3]), int(found[4])) if found else None
    except ValueError:
        return None


def is_units(text: str) -> bool:
    """A whole number of units, one to a hundred thousand."""
    return text.isascii() and text.isdigit() and len(text) < 7 and 0 < int(text) <= _MOST


def typed_lines(db: Session, text: str) -> tuple[dict[int, int], list[Fault]]:
    """Lines as people type them, "SKU-or-barcode number" one under the other: (sku_id -> units, faults)."""
    units: dict[int, int] = {}
    faults = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        parts = re.split(r"[\s,;]+", line.strip())
        code, qty = parts[0], parts[1] if len(parts) > 1 else "1"
        sku = resolve(db, code).sku
        if sku is None or sku.id is None:
            faults.append(Fault(number, "sku", code[:40]))
        elif not is_units(qty) or len(parts) > 2:
            faults.append(Fault(number, "qty", " ".join(parts[1:])[:40]))
        else:
            units[sku.id] = units.get(sku.id, 0) + int(qty)
    return units, faults
