"""Warehouses: who sends, until when, and the floor plan. One row each; positions are lists in one cell, in mm."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlmodel import Session, col, select

from floor.inventory.files import BadRow, Row
from floor.inventory.kinds.base import Kind, Verdict, each
from floor.inventory.models import Outcome, Warehouse
from floor.kit.actor import Actor
from floor.kit.spreadsheet import Cell, as_read

_TEXTS = {
    "name": 60, "name_en": 60, "province": 24, "city": 24, "address": 160, "contact": 40, "phone": 32,
}  # fmt: skip
_PLAN = ("aisles_x_mm", "cross_y_mm", "depot", "lanes")
_NEEDED = ("name", "province", "city", "address", "aisles_x_mm", "cross_y_mm")
_FAR_MM, _MOST_LINES = 1_000_000, 1_000_000


def examine(db: Session, rows: Sequence[Row]) -> list[Verdict]:
    verdicts = each(rows, _read)
    known = _known(db, verdicts)
    for verdict in verdicts:
        if verdict.wanted:
            _judge(verdict, known.get(verdict.label))
    return verdicts


def _known(db: Session, verdicts: Sequence[Verdict], *, lock: bool = False) -> dict[str, Warehouse]:
    found = select(Warehouse).where(col(Warehouse.code).in_({v.label for v in verdicts if v.wanted}))
    if lock:
        found = found.order_by(col(Warehouse.id)).with_for_update().execution_options(populate_existing=True)
    return {house.code: house for house in db.exec(found)}


def _read(row: Row) -> Verdict:
    """`wanted`: field -> value, the plan's fields beside the warehouse's own."""
    code = row.code("code", 16)
    values: dict[str, Any] = {
        name: row.text(name, most, required=name in _NEEDED) for name, most in _TEXTS.items() if row.has(name)
    }
    if row.has("cutoff"):
        values["cutoff"] = _moment(row)
    if row.has("labour_lines"):
        values["labour_lines"] = row.whole("labour_lines", 0, _MOST_LINES)
    for name, fewest in (("aisles_x_mm", 1), ("cross_y_mm", 2)):
        if row.has(name):
            values[name] = row.wholes(name, -_FAR_MM, _FAR_MM)
            if len(values[name]) < fewest:
                raise BadRow(name, "too_few", value=len(values[name]), least=fewest)
    if row.has("depot"):
        values["depot"] = _point(row)
    if row.has("lanes"):
        values["lanes"] = list(dict.fromkeys(row.parts("lanes")))
    return Verdict(row, Outcome.SAME, code, (("code", code),), wanted=values)


def _moment(row: Row) -> str:
    """A time of day; spreadsheets add seconds. Empty: three in the afternoon."""
    found = re.fullmatch(r"(\d{1,2})[:：](\d{2})(:00)?", row.text("cutoff", 8) or "15:00")
    if not found or int(found[1]) > 23 or int(found[2]) > 59:
        raise BadRow("cutoff", "time", value=row.cells["cutoff"])
    return f"{int(found[1]):02d}:{found[2]}"


def _point(row: Row) -> list[int]:
    parts = row.parts("depot")
    if parts and len(parts) != 2:
        raise BadRow("depot", "point", value=row.cells["depot"][:40])
    return [Row(row.number, {"depot": part}).whole("depot", -_FAR_MM, _FAR_MM) for part in parts]


def _judge(verdict: Verdict, house: Warehouse | None) -> None:
    wanted = verdict.wanted
    if house is None:
        if missing := [name for name in _NEEDED if name not in wanted]:
            verdict.refuse(BadRow(missing[0], "new_warehouse", value=verdict.label).fault)
            return
        verdict.outcome = Outcome.MAKE
        verdict.changes = [(name, "", _shown(value)) for name, value in wanted.items()]
        return
    now = {name: _now(house, name) for name in wanted}
    verdict.changes = [(name, _shown(now[name]), _shown(value)) for name, value in wanted.items() if now[name] != value]
    verdict.outcome = Outcome.CHANGE if verdict.changes else Outcome.SAME


def _now(house: Warehouse, name: str) -> Any:
    if name in _PLAN:
        return list(house.layout.get(name) or [])
    value = getattr(house, name)
    return as_read(value) if isinstance(value, str) else value


def _shown(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def book(db: Session, verdicts: Sequence[Verdict], import_id: int, actor: Actor) -> None:
    changing = [verdict for verdict in verdicts if verdict.changes]
    known = _known(db, changing, lock=True)
    for verdict in changing:
        house = known.get(verdict.label)
        own = {name: value for name, value in verdict.wanted.items() if name not in _PLAN}
        if house is None:
            house = Warehouse(code=verdict.label, **own)
        for name, value in own.items():
            setattr(house, name, value)
        house.layout = {**house.layout, **_plan(verdict.wanted)}
        db.add(house)
    db.flush()


def _plan(wanted: Mapping[str, Any]) -> dict[str, Any]:
    return {name: wanted[name] for name in _PLAN if name in wanted}


def export(db: Session) -> Iterator[Sequence[Cell]]:
    for house in db.exec(select(Warehouse).order_by(Warehouse.code)):
        yield (
            house.code, *(getattr(house, name) for name in _TEXTS), house.cutoff, house.labour_lines,
            *(_shown(_now(house, name)) for name in _PLAN),
        )  # fmt: skip


KIND = Kind(("code",), examine, book, export)
