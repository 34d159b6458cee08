"""Where goods belong: a shelf with room for them, reachable as often as they are asked for.

The pick face that holds the SKU comes first, then reserve storage that does, then free space: goods that move fast near
the depot and low, slow ones farther and higher. Lots that expire on different days are not mixed in a bin.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from floor.catalog.models import Sku
from floor.inventory.models import (
    FOR_SALE,
    Balance,
    Bin,
    BinKind,
    LedgerRow,
    Lot,
    LotBalance,
    MoveReason,
    Warehouse,
)
from floor.kit import clock

#: What is asked for often is what was picked often in this time.
DEMAND = timedelta(days=28)
#: A level costs the arms what so many mm cost the legs.
_LEVEL_MM = 2000
_MANY = 10**9


@dataclass(frozen=True)
class Load:
    """Units that look for a place: `key` is the caller's, `expires_on` that of their lot."""

    key: str
    sku: Sku
    qty: int
    lot_id: int | None = None
    expires_on: date | None = None


@dataclass(frozen=True)
class Spot:
    """A bin, and how many of the units fit."""

    where: Bin
    units: int


@dataclass
class Shelf:
    """An open bin for sale, what room it has left (mm³ and g; None: no limit), and what lies in it."""

    id: int
    kind: BinKind
    cost: int
    room_mm3: int | None
    room_g: int | None
    skus: set[int] = field(default_factory=set)
    #: SKU -> the lots' expiry dates in this bin.
    dates: dict[int, set[date | None]] = field(default_factory=lambda: defaultdict(set))

    def fits(self, load: Load) -> int:
        """Units of the load that may go here; none where lots would be mixed that are not mixed yet."""
        dates = self.dates.get(load.sku.id or 0, set())
        if load.lot_id is not None and len(dates) == 1 and load.expires_on not in dates:
            return 0
        volume = load.sku.length_mm * load.sku.width_mm * load.sku.height_mm
        by_volume = _MANY if self.room_mm3 is None else max(self.room_mm3, 0) // volume
        by_weight = _MANY if self.room_g is None else max(self.room_g, 0) // load.sku.weight_g
        return min(load.qty, by_volume, by_weight)

    def take(self, load: Load, units: int) -> None:
        """The load is on its way here: the next one finds less room."""
        if self.room_mm3 is not None:
            self.room_mm3 -= units * load.sku.length_mm * load.sku.width_mm * load.sku.height_mm
        if self.room_g is not None:
            self.room_g -= units * load.sku.weight_g
        self.skus.add(load.sku.id or 0)
        if load.lot_id is not None:
            self.dates[load.sku.id or 0].add(load.expires_on)


def suggest(db: Session, warehouse_id: int, loads: Sequence[Load]) -> dict[str, Spot]:
    """A place for every load that has one, in the loads' order; each finds the room the ones before it left."""
    if not loads:
        return {}
    shelves = _shelves(db, warehouse_id)
    empty = sorted((shelf for shelf in shelves if not shelf.skus), key=lambda shelf: (shelf.cost, shelf.id))
    ranks = speed(db, warehouse_id)
    unasked = 1.0 if ranks else 0.0  # a house that picked nothing yet fills up from the depot
    found: dict[str, tuple[int, int]] = {}
    for load in loads:
        shelf = _choose(shelves, empty, ranks.get(load.sku.id or 0, unasked), load)
        if shelf is not None:
            units = shelf.fits(load)
            shelf.take(load, units)
            found[load.key] = (shelf.id, units)
    rows = db.scalars(sa.select(Bin).where(col(Bin.id).in_({bin_id for bin_id, _units in found.values()})))
    bins = {row.id: row for row in rows}
    return {key: Spot(bins[bin_id], units) for key, (bin_id, units) in found.items()}


def _choose(shelves: Sequence[Shelf], empty: Sequence[Shelf], rank: float, load: Load) -> Shelf | None:
    """Faces that hold it before reserves that do, the one that takes most; else free space by how fast it moves."""
    sku_id = load.sku.id or 0
    holding = [shelf for shelf in shelves if sku_id in shelf.skus and shelf.fits(load)]
    for kind in (BinKind.PICK, BinKind.RESERVE):
        mine = [shelf for shelf in holding if shelf.kind is kind]
        if mine:
            return min(mine, key=lambda shelf: (-shelf.fits(load), shelf.cost, shelf.id))
    has_face = any(sku_id in shelf.skus and shelf.kind is BinKind.PICK for shelf in shelves)
    for kind in (BinKind.RESERVE, BinKind.PICK) if has_face else (BinKind.PICK, BinKind.RESERVE):
        free = [shelf for shelf in empty if shelf.kind is kind and not shelf.skus and shelf.fits(load)]
        if free:
            # The fastest goods get the nearest bin, the slowest the farthest, the others their share of the way.
            return free[round(rank * (len(free) - 1))]
    shared = [shelf for shelf in shelves if shelf.fits(load) and sku_id not in shelf.skus]
    return min(shared, key=lambda shelf: (len(shelf.skus), shelf.cost, shelf.id), default=None)


def speed(db: Session, warehouse_id: int) -> dict[int, float]:
    """SKU -> 0.0 for what was picked most often in DEMAND, towards 1.0 for what was picked least."""
    row = LedgerRow
    units = sa.func.sum(col(row.qty)).label("units")
    picked = (
        sa.select(col(row.sku_id), units)
        .join(Bin, col(Bin.id) == col(row.from_place_id))
        .where(col(row.reason) == MoveReason.PICK, col(row.at) >= clock.now() - DEMAND)
        .where(col(Bin.warehouse_id) == warehouse_id)
        .group_by(col(row.sku_id))
        .order_by(units.desc(), col(row.sku_id))
    )
    ranked = [found.sku_id for found in db.execute(picked)]
    return {sku_id: n / len(ranked) for n, sku_id in enumerate(ranked)}


def _shelves(db: Session, warehouse_id: int) -> list[Shelf]:
    house = db.get_one(Warehouse, warehouse_id)
    depot = house.layout.get("depot") or [0, 0]
    here = (col(Bin.warehouse_id) == warehouse_id, col(Bin.is_closed).is_(False), col(Bin.kind).in_(FOR_SALE))
    columns = (Bin.id, Bin.kind, Bin.level, Bin.x_mm, Bin.y_mm, Bin.capacity_l, Bin.max_weight_kg)
    shelves = {
        row.id: Shelf(
            row.id, row.kind, abs(row.x_mm - depot[0]) + abs(row.y_mm - depot[1]) + row.level * _LEVEL_MM,
            None if row.capacity_l is None else row.capacity_l * 1_000_000,
            None if row.max_weight_kg is None else row.max_weight_kg * 1000,
        )
        for row in db.execute(sa.select(*(col(column) for column in columns)).where(*here))
    }  # fmt: skip
    for row in db.execute(_lying(here)):
        shelf = shelves[row.place_id]
        shelf.skus.add(row.sku_id)
        if shelf.room_mm3 is not None:
            shelf.room_mm3 -= row.qty * row.mm3
        if shelf.room_g is not None:
            shelf.room_g -= row.qty * row.weight_g
    dated = (
        sa.select(col(LotBalance.place_id), col(Lot.sku_id), col(Lot.expires_on))
        .join(Lot, col(Lot.id) == col(LotBalance.lot_id))
        .join(Bin, col(Bin.id) == col(LotBalance.place_id))
        .where(*here, col(LotBalance.qty) > 0)
    )
    for row in db.execute(dated):
        shelves[row.place_id].dates[row.sku_id].add(row.expires_on)
    return list(shelves.values())


def _lying(here: Iterable[sa.ColumnElement[bool]]) -> sa.Select:
    mm3 = (col(Sku.length_mm) * col(Sku.width_mm) * col(Sku.height_mm)).label("mm3")
    return (
        sa.select(col(Balance.place_id), col(Balance.sku_id), col(Balance.qty), mm3, col(Sku.weight_g))
        .join(Bin, col(Bin.id) == col(Balance.place_id))
        .join(Sku, col(Sku.id) == col(Balance.sku_id))
        .where(*here, col(Balance.qty) > 0)
    )


def mixes_dates(db: Session, where: Bin, sku_id: int, lot: Lot | None) -> bool:
    """Whether this lot would be the first in the bin to expire on another day than what lies there of the SKU."""
    if lot is None:
        return False
    dates = (
        sa.select(col(Lot.expires_on))
        .join(LotBalance, col(LotBalance.lot_id) == col(Lot.id))
        .where(col(LotBalance.place_id) == where.id, col(LotBalance.qty) > 0, col(Lot.sku_id) == sku_id)
        .distinct()
    )
    lying = set(db.scalars(dates))
    return len(lying) == 1 and lot.expires_on not in lying


def in_walking_order(bins: Mapping[str, Bin]) -> list[str]:
    """The keys in the order one walks past their bins: up the first aisle, down the next."""
    aisles = {where.x_mm for where in bins.values()}
    turn = {x: n % 2 for n, x in enumerate(sorted(aisles))}

    def at(key: str) -> tuple[int, int, int, str]:
        where = bins[key]
        return where.x_mm, -where.y_mm if turn[where.x_mm] else where.y_mm, where.level, key

    return sorted(bins, key=at)
