"""Where else the goods of a promise lie: the bins a walk may go to instead, and how the promise goes along."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col

from floor.catalog.models import Sku, Tracking
from floor.inventory import service as inventory
from floor.inventory.models import Balance, Bin, BinKind, Reservation
from floor.inventory.queries import FREE, free_in
from floor.inventory.service import Wish


@dataclass(frozen=True)
class Shelf:
    """Units of one SKU in one bin: all that lie there, and those promised to nobody."""

    bin_id: int
    bin_code: str
    sku_id: int
    x_mm: int
    y_mm: int
    is_face: bool
    lying: int
    free: int


def shelves_of(db: Session, warehouse_id: int, sku_ids: Iterable[int]) -> Mapping[int, tuple[Shelf, ...]]:
    """SKU -> its bins in this warehouse, by code. Not of SKUs with lots: what expires first stays promised."""
    rows = db.execute(
        sa.select(
            col(Bin.id), col(Bin.code), col(Balance.sku_id), col(Bin.x_mm), col(Bin.y_mm), col(Bin.kind),
            col(Bin.is_closed), col(Balance.qty), FREE.label("free"),
        )
        .join(Balance, col(Balance.place_id) == col(Bin.id))
        .join(Sku, col(Sku.id) == col(Balance.sku_id))
        .where(col(Bin.warehouse_id) == warehouse_id, col(Balance.qty) > 0, col(Sku.tracking) == Tracking.NONE)
        .where(col(Balance.sku_id).in_(sorted(set(sku_ids))), col(Bin.kind).in_((BinKind.PICK, BinKind.RESERVE)))
        .order_by(col(Bin.code))
    )  # fmt: skip
    found: dict[int, list[Shelf]] = defaultdict(list)
    for row in rows:
        is_face = row.kind is BinKind.PICK and not row.is_closed
        found[row.sku_id].append(
            Shelf(row.id, row.code, row.sku_id, row.x_mm, row.y_mm, is_face, row.qty, row.free if is_face else 0)
        )
    return {sku: tuple(some) for sku, some in found.items()}


def move_promises(db: Session, bins: Mapping[int, int]) -> dict[int, int] | None:
    """Promise units in other bins: `bins` is reservation -> bin. Returns old -> new reservation for those that moved,
    or None, with nothing changed, when a bin has too few free units."""
    rows = [(db.get_one(Reservation, id_), bin_id) for id_, bin_id in sorted(bins.items())]
    moving = [(old, bin_id) for old, bin_id in rows if old.bin_id != bin_id]
    inventory.hold_still(db, {(b, old.sku_id) for old, bin_id in moving for b in (bin_id, old.bin_id)})
    wanted: dict[tuple[int, int], int] = defaultdict(int)
    for old, bin_id in moving:
        wanted[bin_id, old.sku_id] += old.pending
    if any(free_in(db, *shelf) < units for shelf, units in wanted.items()):
        return None
    moved: dict[int, int] = {}
    for old, bin_id in moving:
        promise = inventory.reserve_one(db, Wish(bin_id, old.sku_id, old.pending, old.shipment_line_id))
        inventory.release(db, old)
        moved[old.id or 0] = promise.id or 0
    return moved
