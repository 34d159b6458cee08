"""Opening stock: afterwards every bin the file names holds what the file says; of tracked SKUs, lot by lot."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.catalog.models import Sku, Tracking
from floor.inventory import lots, service
from floor.inventory.files import BadRow, Fault, Row
from floor.inventory.kinds.base import Kind, Verdict, each
from floor.inventory.lots import Move
from floor.inventory.models import (
    PHYSICAL,
    UNNAMED,
    Balance,
    Bin,
    Lot,
    LotBalance,
    MoveReason,
    Outcome,
    Place,
    PlaceKind,
    Warehouse,
)
from floor.kit.actor import Actor
from floor.kit.db import upsert
from floor.kit.spreadsheet import Cell

#: Units of one SKU in one bin.
MOST_UNITS = 1_000_000


@dataclass(frozen=True)
class Line:
    """So many units in one bin, of one lot where the SKU is tracked; `before` lie there now."""

    sku_id: int
    warehouse_id: int
    bin_id: int
    qty: int
    tracking: Tracking = Tracking.NONE
    lot: str = ""
    expires_on: date | None = None
    lot_id: int | None = None
    before: int = 0

    @property
    def change(self) -> int:
        return self.qty - self.before


@dataclass
class Shelves:
    """What lies in some bins, as read or as held still."""

    #: (bin, SKU) -> units, promised ones, units on hold
    balances: dict[tuple[int, int], tuple[int, int, int]] = field(default_factory=dict)
    #: (SKU, code) -> the lot
    lots: dict[tuple[int, str], Lot] = field(default_factory=dict)
    #: lot -> physical place -> units
    places: dict[int, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))


# --- looking -----------------------------------------------------------------------------------------------------


def examine(db: Session, rows: Sequence[Row]) -> list[Verdict]:
    verdicts = read(db, rows)
    sound = [verdict for verdict in verdicts if verdict.wanted]
    judge(sound, _shelves(db, [verdict.wanted for verdict in sound]))
    return verdicts


def read(db: Session, rows: Sequence[Row]) -> list[Verdict]:
    """Which SKU, which bin, how many, of which lot; whatever lies there."""
    codes = {row.cells.get("sku", "").upper() for row in rows}
    found = sa.select(col(Sku.code), col(Sku.id), col(Sku.tracking)).where(col(Sku.code).in_(codes))
    skus = {code: (sku_id, tracking) for code, sku_id, tracking in db.execute(found)}
    houses = dict(db.execute(sa.select(col(Warehouse.code), col(Warehouse.id))).all())
    bins = _bins(db, {row.cells.get("bin", "").upper() for row in rows})
    return each(rows, lambda row: _read(row, skus, houses, bins))


def _bins(db: Session, codes: Collection[str]) -> dict[tuple[int, str], int]:
    rows = db.execute(sa.select(col(Bin.warehouse_id), col(Bin.code), col(Bin.id)).where(col(Bin.code).in_(codes)))
    return {(house, code): bin_id for house, code, bin_id in rows}


def _read(
    row: Row,
    skus: Mapping[str, tuple[int, Tracking]],
    houses: Mapping[str, int | None],
    bins: Mapping[tuple[int, str], int],
) -> Verdict:
    sku, site, where = row.code("sku", 32), row.code("warehouse", 16), row.code("bin", 16)
    house = houses.get(site)
    if sku not in skus:
        raise BadRow("sku", "sku", value=sku)
    if house is None:
        raise BadRow("warehouse", "warehouse", value=site)
    if (house, where) not in bins:
        raise BadRow("bin", "bin", value=where)
    sku_id, tracking = skus[sku]
    qty = row.whole("qty", 0, MOST_UNITS)
    lot = row.code("lot", 40) if row.cells.get("lot") else ""
    if tracking is Tracking.NONE and lot:
        raise BadRow("lot", "no_lots", value=sku)
    if tracking is not Tracking.NONE and not lot:
        raise BadRow("lot", "lot_needed", value=sku)
    is_serial = tracking is Tracking.SERIAL and lot != UNNAMED
    if is_serial and qty > 1:
        raise BadRow("qty", "serial_one", value=lot)
    line = Line(sku_id, house, bins[house, where], qty, tracking, lot, row.day("expiry") if lot else None)
    label = " ".join(part for part in (site, where, sku, lot) if part)
    keys = [("sku", label)]
    if is_serial and qty:
        keys.append(("lot", f"{sku} {lot}"))
    return Verdict(row, Outcome.SAME, label, tuple(keys), wanted=line)


def _shelves(db: Session, lines: Sequence[Line]) -> Shelves:
    found, b = Shelves(), Balance
    bins = {line.bin_id for line in lines}
    rows = sa.select(col(b.place_id), col(b.sku_id), col(b.qty), col(b.reserved), col(b.held))
    for place, sku, *units in db.execute(rows.where(col(b.place_id).in_(bins))):
        found.balances[place, sku] = (units[0], units[1], units[2])
    tracked = [line for line in lines if line.lot]
    if not tracked:
        return found
    found.lots = _lots(db, {(line.sku_id, line.lot) for line in tracked})
    lying = (
        sa.select(col(LotBalance.lot_id), col(LotBalance.place_id), col(LotBalance.qty))
        .join(Place, col(Place.id) == col(LotBalance.place_id))
        .where(col(LotBalance.lot_id).in_({lot.id for lot in found.lots.values()}))
        .where(col(Place.kind).in_(PHYSICAL), col(LotBalance.qty) > 0)
    )
    for lot, place, qty in db.execute(lying):
        found.places[lot][place] = qty
    return found


def _lots(db: Session, wanted: Collection[tuple[int, str]]) -> dict[tuple[int, str], Lot]:
    """The lots the house has of these (SKU, code), as they are now."""
    named = select(Lot).where(
        col(Lot.sku_id).in_({sku_id for sku_id, _code in wanted}), col(Lot.code).in_({code for _sku, code in wanted})
    )
    rows = db.exec(named.execution_options(populate_existing=True))
    return {(lot.sku_id, lot.code): lot for lot in rows if (lot.sku_id, lot.code) in wanted}


def judge(verdicts: Sequence[Verdict], shelves: Shelves) -> None:
    """Settle rows against what lies in their bins: promised units stay, and a serial number is in one place."""
    groups: dict[tuple[int, int], list[Verdict]] = defaultdict(list)
    dates: dict[tuple[int, str], date | None] = {}
    for verdict in verdicts:
        line: Line = verdict.wanted
        if fault := _settle(verdict, shelves, dates):
            verdict.refuse(fault)
        else:
            groups[line.bin_id, line.sku_id].append(verdict)
    for key, rows in groups.items():
        _refuse_what_is_promised(rows, shelves.balances.get(key, (0, 0, 0)), shelves)


def _settle(verdict: Verdict, shelves: Shelves, dates: dict[tuple[int, str], date | None]) -> Fault | None:
    """What the row would change; or why its lot cannot be so."""
    line: Line = verdict.wanted
    balance = shelves.balances.get((line.bin_id, line.sku_id))
    before, is_known, lot = balance[0] if balance else 0, balance is not None, None
    if line.lot:
        lot = shelves.lots.get((line.sku_id, line.lot))
        places = shelves.places.get(lot.id or 0, {}) if lot else {}
        before, is_known = places.get(line.bin_id, 0), line.bin_id in places
        known = lot.expires_on if lot else dates.setdefault((line.sku_id, line.lot), line.expires_on)
        if line.expires_on not in (None, known):
            return Fault("expiry", "other_expiry", {"value": line.lot, "known": str(known or "–")})
        if line.tracking is Tracking.SERIAL and line.lot != UNNAMED and line.qty > before and places:
            return Fault("lot", "serial_known", {"value": line.lot})
    line = verdict.wanted = replace(line, before=before, lot_id=lot.id if lot else None)
    verdict.units = line.change
    verdict.outcome = Outcome.SAME if not line.change else Outcome.CHANGE if is_known else Outcome.MAKE
    verdict.changes = [("qty", str(before), str(line.qty))] if line.change else []
    return None


def _refuse_what_is_promised(rows: Sequence[Verdict], balance: tuple[int, int, int], shelves: Shelves) -> None:
    """Units of lots on hold may go; of the others only what nobody was promised, counting what comes in these rows."""
    units, promised, held = balance
    room = units - promised - held + sum(max(verdict.units, 0) for verdict in rows)
    for verdict in rows:
        loss = max(-verdict.units, 0)
        lot = shelves.lots.get((verdict.wanted.sku_id, verdict.wanted.lot))
        if lot is not None and lot.hold_reason:
            loss, held = loss - min(loss, held), held - min(loss, held)
        if loss > room:
            verdict.refuse(Fault("qty", "promised", {"value": promised}))
        else:
            room -= loss


# --- booking -----------------------------------------------------------------------------------------------------


def book(db: Session, verdicts: Sequence[Verdict], import_id: int, actor: Actor) -> None:
    """Book the differences, as they are once nobody else can change the bins any more."""
    changing = [verdict for verdict in verdicts if verdict.changes]
    lines: list[Line] = [verdict.wanted for verdict in changing]
    lots.tracking_of(db, {line.sku_id for line in lines}, lock=True)  # in the order of every move: SKUs, then balances
    _hold(db, {(line.bin_id, line.sku_id) for line in lines})
    were = [verdict.outcome for verdict in changing]
    judge(changing, _shelves(db, lines))
    for verdict, was in zip(changing, were, strict=True):
        if verdict.changes:
            verdict.outcome = was  # holding a bin made its row: what was new still is
    lines = _with_lots(db, [verdict.wanted for verdict in changing if verdict.changes])
    beyond = {
        (house, kind): service.beyond(db, kind, house)
        for house in sorted({line.warehouse_id for line in lines})
        for kind in (PlaceKind.SUPPLIER, PlaceKind.LOST)
    }
    service.move(db, [_move(line, beyond) for line in lines], "import", import_id, actor)


def _hold(db: Session, keys: Collection[tuple[int, int]]) -> None:
    """Lock balances (bin, SKU) in the one order, making those that are missing.

    A missing row cannot be locked: two files that both put the first units into a bin would both add theirs.
    """
    new = upsert(db, Balance)
    kept = new.on_conflict_do_update(index_elements=["place_id", "sku_id"], set_={"qty": col(Balance.qty)})
    rows = [{"place_id": place, "sku_id": sku, "qty": 0, "reserved": 0, "held": 0} for place, sku in sorted(keys)]
    if rows:
        db.execute(kept, rows)


def _with_lots(db: Session, lines: Sequence[Line]) -> list[Line]:
    """The same lines; lots the house does not know are made."""
    new = {(line.sku_id, line.lot): line.expires_on for line in reversed(lines) if line.lot and line.lot_id is None}
    skus = {sku.id: sku for sku in db.exec(select(Sku).where(col(Sku.id).in_({sku_id for sku_id, _code in new})))}
    lots.make_lots(db, [(skus[sku_id], code, day) for (sku_id, code), day in new.items()])
    made = _lots(db, new)
    return [
        replace(line, lot_id=made[line.sku_id, line.lot].id) if (line.sku_id, line.lot) in new else line
        for line in lines
    ]


def _move(line: Line, beyond: Mapping[tuple[int, PlaceKind], int]) -> Move:
    """What was never counted in comes from the supplier; what is not there is lost."""
    if line.change > 0:
        supplier = beyond[line.warehouse_id, PlaceKind.SUPPLIER]
        return Move(line.sku_id, line.change, supplier, line.bin_id, MoveReason.OPENING, lot_id=line.lot_id)
    lost = beyond[line.warehouse_id, PlaceKind.LOST]
    return Move(line.sku_id, -line.change, line.bin_id, lost, MoveReason.CORRECTION, lot_id=line.lot_id)


def export(db: Session) -> Iterator[Sequence[Cell]]:
    """Every SKU in every bin, lot by lot where there are lots; zeros left out."""
    code = sa.func.coalesce(col(Lot.code), "")
    lying = sa.func.coalesce(col(LotBalance.qty), col(Balance.qty))
    rows = db.execute(
        sa.select(col(Sku.code), col(Warehouse.code), col(Bin.code), lying, code, col(Lot.expires_on))
        .select_from(Balance)
        .join(Sku, col(Sku.id) == col(Balance.sku_id))
        .join(Bin, col(Bin.id) == col(Balance.place_id))
        .join(Warehouse, col(Warehouse.id) == col(Bin.warehouse_id))
        .outerjoin(Lot, (col(Lot.sku_id) == col(Sku.id)) & (col(Sku.tracking) != Tracking.NONE))
        .outerjoin(LotBalance, (col(LotBalance.lot_id) == col(Lot.id)) & (col(LotBalance.place_id) == col(Bin.id)))
        .where(col(Balance.qty) > 0, (col(Sku.tracking) == Tracking.NONE) | (col(LotBalance.qty) > 0))
        .order_by(col(Warehouse.code), col(Bin.code), col(Sku.code), code)
    )
    for sku, site, where, qty, lot, day in rows:
        yield sku, site, where, qty, lot, day.isoformat() if day else ""


KIND = Kind(("sku", "warehouse", "bin", "qty"), examine, book, export)
