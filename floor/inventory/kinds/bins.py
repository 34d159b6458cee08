"""Storage locations: where they are, what they are for, and whether they are closed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.inventory.files import BadRow, Row
from floor.inventory.kinds.base import Change, Kind, Verdict, differences, each
from floor.inventory.models import FOR_SALE, Balance, Bin, BinKind, Outcome, Place, PlaceKind, Warehouse
from floor.kit.actor import Actor
from floor.kit.spreadsheet import Cell

#: A kilometre either way, and no house has more bays or levels.
_FAR_MM, _MOST_BAYS, _MOST_LEVELS = 1_000_000, 9_999, 99
_NEEDED = ("aisle", "bay", "level", "x_mm", "y_mm")


@dataclass(frozen=True)
class Wanted:
    warehouse_id: int
    code: str
    values: dict[str, Any]


def examine(db: Session, rows: Sequence[Row]) -> list[Verdict]:
    houses = dict(db.execute(sa.select(col(Warehouse.code), col(Warehouse.id))).all())
    verdicts = each(rows, lambda row: _read(row, houses))
    known = _known(db, verdicts)
    promised = _promised(db, [where.id for where in known.values()])
    for verdict in verdicts:
        if verdict.wanted:
            where = known.get((verdict.wanted.warehouse_id, verdict.wanted.code))
            _judge(verdict, where, promised.get(where.id, 0) if where else 0)
    return verdicts


def _known(db: Session, verdicts: Sequence[Verdict], *, lock: bool = False) -> dict[tuple[int, str], Bin]:
    codes = {v.wanted.code for v in verdicts if v.wanted}
    found = select(Bin).where(col(Bin.code).in_(codes))
    if lock:
        found = found.order_by(col(Bin.id)).with_for_update().execution_options(populate_existing=True)
    return {(where.warehouse_id, where.code): where for where in db.exec(found)}


def _promised(db: Session, bin_ids: Sequence[int]) -> dict[int, int]:
    """bin -> units promised to orders."""
    units = sa.func.sum(col(Balance.reserved))
    found = sa.select(col(Balance.place_id), units).where(col(Balance.place_id).in_(bin_ids))
    return dict(db.execute(found.group_by(col(Balance.place_id)).having(units > 0)).all())


def _read(row: Row, houses: dict[str, int | None]) -> Verdict:
    site, code = row.code("warehouse", 16), row.code("code", 16)
    house = houses.get(site)
    if house is None:
        raise BadRow("warehouse", "warehouse", value=site)
    values: dict[str, Any] = {}
    if row.has("aisle"):
        values["aisle"] = row.text("aisle", 6, required=True).upper()
    for name, least, most in (
        ("bay", 0, _MOST_BAYS), ("level", 0, _MOST_LEVELS), ("x_mm", -_FAR_MM, _FAR_MM), ("y_mm", -_FAR_MM, _FAR_MM),
    ):  # fmt: skip
        if row.has(name):
            values[name] = row.whole(name, least, most)
    if row.has("side"):
        values["side"] = row.choice("side", "side")
    if row.has("kind"):
        values["kind"] = BinKind(row.choice("kind", "kind"))
    if row.has("closed"):
        values["is_closed"] = row.yes("closed")
    label = f"{site} {code}"
    return Verdict(row, Outcome.SAME, label, (("code", label),), wanted=Wanted(house, code, values))


def _judge(verdict: Verdict, where: Bin | None, promised: int) -> None:
    values = verdict.wanted.values
    if where is None:
        if missing := [name for name in _NEEDED if name not in values]:
            verdict.refuse(BadRow(missing[0], "new_bin", value=verdict.wanted.code).fault)
            return
        verdict.outcome = Outcome.MAKE
        verdict.changes = [_named((name, "", _shown(name, value))) for name, value in values.items()]
        return
    verdict.changes = [_named(change) for change in differences(where, values, _shown)]
    verdict.outcome = Outcome.CHANGE if verdict.changes else Outcome.SAME
    shut = [name for name, _before, after in verdict.changes if (name, after) in _OUT_OF_SALE]
    if shut and promised:
        verdict.refuse(BadRow(shut[0], "promised", value=promised).fault)


#: What a picker could not pick from any more.
_OUT_OF_SALE = {("closed", "1"), *(("kind", kind.value) for kind in BinKind if kind not in FOR_SALE)}


def _named(change: Change) -> Change:
    return ("closed", *change[1:]) if change[0] == "is_closed" else change


def _shown(_name: str, value: Any) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


def book(db: Session, verdicts: Sequence[Verdict], import_id: int, actor: Actor) -> None:
    changing = [verdict for verdict in verdicts if verdict.changes]
    known = _known(db, changing, lock=True)
    promised = _promised(db, [where.id for where in known.values()])
    for verdict in changing:
        where = known.get((verdict.wanted.warehouse_id, verdict.wanted.code))
        _judge(verdict, where, promised.get(where.id, 0) if where else 0)
        if where is not None and verdict.changes:
            for name, value in verdict.wanted.values.items():
                setattr(where, name, value)
            db.add(where)
    new = [verdict.wanted for verdict in changing if verdict.outcome is Outcome.MAKE]
    places = [Place(kind=PlaceKind.BIN, warehouse_id=one.warehouse_id) for one in new]
    db.add_all(places)
    db.flush()
    db.add_all(
        Bin(id=place.id or 0, warehouse_id=one.warehouse_id, code=one.code, **one.values)
        for place, one in zip(places, new, strict=True)
    )
    db.flush()


def export(db: Session) -> Iterator[Sequence[Cell]]:
    joined = select(Bin, Warehouse.code).join(Warehouse, col(Warehouse.id) == Bin.warehouse_id)
    for where, site in db.exec(joined.order_by(Warehouse.code, Bin.code)):
        yield (
            site, where.code, where.aisle, where.bay, where.level, where.side, where.x_mm, where.y_mm,
            where.kind.value, int(where.is_closed),
        )  # fmt: skip


KIND = Kind(("warehouse", "code"), examine, book, export)
