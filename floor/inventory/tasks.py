"""Reads of the two tasks of stock: counts and replenishments."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from floor.catalog.models import Sku
from floor.inventory.models import Balance, Bin, CountTask, LedgerRow, Replenishment, Reservation, Warehouse
from floor.inventory.models_counting import CountEntry
from floor.inventory.queries import FREE
from floor.inventory.states import CountState, ReplenishmentState
from floor.kit.errors import Unknown


@dataclass(frozen=True)
class CountRow:
    """A count with what its screens show."""

    task: CountTask
    where: Bin
    site: str
    sku: Sku
    #: Units of the bin are promised to shipments: somebody picks there soon.
    is_busy: bool = False

    @property
    def gap(self) -> int:
        """Counted minus the books at that moment: what an adjustment books."""
        return (self.task.counted_qty or 0) - (self.task.system_qty or 0)

    @property
    def stake_fen(self) -> int:
        """What the difference is worth at list price; of serial numbers every one that is off counts."""
        return max(abs(self.gap), len(self.task.off)) * self.sku.price_fen


def count_for(db: Session, task_id: int, *, lock: bool = False) -> CountTask:
    """The count, or Unknown; locked and fresh if asked."""
    task = db.get(CountTask, task_id, with_for_update=lock or None, populate_existing=lock)
    if task is None:
        raise Unknown("inventory.unknown_count")
    return task


def count_at_bin(db: Session, task_id: int) -> CountTask:
    """The count, locked and fresh, and its bin with it: people who count at one bin take turns, whatever rows they
    touch in which order. Raises Unknown."""
    task = count_for(db, task_id)
    held = sa.select(col(Bin.id)).where(col(Bin.id) == task.bin_id)
    db.execute(held.with_for_update(key_share=True)).all()  # NO KEY: whoever only refers to the bin need not wait
    return count_for(db, task_id, lock=True)


def count_row(db: Session, task: CountTask) -> CountRow:
    where = db.get_one(Bin, task.bin_id)
    return CountRow(task, where, db.get_one(Warehouse, where.warehouse_id).code, db.get_one(Sku, task.sku_id))


def counts(db: Session, state: CountState, site: str = "", but_barred: int | None = None) -> list[CountRow]:
    """Counts in a state, in the order one walks past their bins; those where somebody picks soon come last.

    `but_barred`: without those this person may not count, because somebody else has to.
    """
    picked = sa.exists().where(
        col(Reservation.bin_id) == col(CountTask.bin_id), col(Reservation.shipment_line_id).is_not(None),
        col(Reservation.qty) > col(Reservation.posted) + col(Reservation.released),
    )  # fmt: skip
    query = (
        sa.select(CountTask, Bin, col(Warehouse.code), Sku, picked.label("is_busy"))
        .join(Bin, col(Bin.id) == col(CountTask.bin_id))
        .join(Warehouse, col(Warehouse.id) == col(CountTask.warehouse_id))
        .join(Sku, col(Sku.id) == col(CountTask.sku_id))
        .where(col(CountTask.state) == state)
        .order_by("is_busy", col(Warehouse.code), col(Bin.code), col(CountTask.id))
    )
    if site:
        query = query.where(col(Warehouse.code) == site)
    if but_barred is not None:
        mine = (col(CountEntry.task_id) == col(CountTask.id)) & (col(CountEntry.counted_by) == but_barred)
        query = query.where(~sa.exists().where(mine, col(CountEntry.round) == col(CountTask.barred_round)))
    return [CountRow(task, where, code, sku, bool(busy)) for task, where, code, sku, busy in db.execute(query)]


@dataclass(frozen=True)
class BinToCount:
    """A bin with open counts."""

    rows: Sequence[CountRow]

    @property
    def first(self) -> CountRow:
        return self.rows[0]


def bins_to_count(db: Session, site: str, user_id: int) -> list[BinToCount]:
    """Bins this person may count, in walking order, busy ones last."""
    grouped: dict[int, list[CountRow]] = {}
    for row in counts(db, CountState.OPEN, site, but_barred=user_id):
        grouped.setdefault(row.where.id, []).append(row)
    return [BinToCount(rows) for rows in grouped.values()]


def said(db: Session, task_ids: Sequence[int]) -> dict[int, list[CountEntry]]:
    """Every number said of these counts, all rounds, in order."""
    rows = select(CountEntry).where(col(CountEntry.task_id).in_(task_ids)).order_by(col(CountEntry.id))
    found: dict[int, list[CountEntry]] = {task_id: [] for task_id in task_ids}
    for entry in db.exec(rows):
        found[entry.task_id].append(entry)
    return found


def moves_since(db: Session, task: CountTask) -> Sequence[LedgerRow]:
    """What came to or left the bin of this SKU since the bin was scanned for the count."""
    here = (LedgerRow.from_place_id == task.bin_id) | (LedgerRow.to_place_id == task.bin_id)
    began = task.began_at or task.asked_at
    since = select(LedgerRow).where(here, LedgerRow.sku_id == task.sku_id, LedgerRow.at >= began)
    return db.exec(since.order_by(col(LedgerRow.id))).all()


@dataclass(frozen=True)
class Refill:
    """A replenishment with its two bins; free and promised units on the pick face; other SKUs in the source."""

    task: Replenishment
    source: Bin
    target: Bin
    site: str
    sku: Sku
    left: int
    promised: int
    others: int

    @property
    def step(self) -> str:
        """What is due: from, item, number, to; `over` when nothing is."""
        if self.task.state is not ReplenishmentState.OPEN:
            return "over"
        if not self.task.from_seen:
            return "from"
        if not self.task.item_seen:
            return "item"
        return "number" if self.task.taken is None else "to"


def refill_for(db: Session, task_id: int, *, lock: bool = False) -> Replenishment:
    """The replenishment, or Unknown; locked and fresh if asked."""
    task = db.get(Replenishment, task_id, with_for_update=lock or None, populate_existing=lock)
    if task is None:
        raise Unknown("inventory.unknown_replenishment")
    return task


def refills(db: Session, site: str = "", task_id: int | None = None) -> list[Refill]:
    """Open replenishments by what they unlock: orders that wait, units wanted on the face, then the emptiest face.

    Or one, whatever its state.
    """
    source, target, beside = aliased(Bin), aliased(Bin), aliased(Balance)
    left, promised = sa.func.coalesce(FREE, 0), sa.func.coalesce(col(Balance.reserved), 0)
    others = (
        sa.select(sa.func.count())
        .where(col(beside.place_id) == col(Replenishment.from_bin_id), col(beside.qty) > 0)
        .where(col(beside.sku_id) != col(Replenishment.sku_id))
        .correlate(Replenishment)
        .scalar_subquery()
    )
    pressing = (col(Replenishment.orders).desc(), (col(Replenishment.wanted) + promised).desc())
    query = (
        sa.select(Replenishment, source, target, col(Warehouse.code), Sku, left, promised, others)
        .join(source, col(source.id) == col(Replenishment.from_bin_id))
        .join(target, col(target.id) == col(Replenishment.to_bin_id))
        .join(Warehouse, col(Warehouse.id) == col(Replenishment.warehouse_id))
        .join(Sku, col(Sku.id) == col(Replenishment.sku_id))
        .outerjoin(
            Balance, (col(Balance.place_id) == col(target.id)) & (col(Balance.sku_id) == col(Replenishment.sku_id))
        )
        .order_by(*pressing, left, col(Replenishment.created_at), col(Replenishment.id))
    )
    if task_id is not None:
        query = query.where(col(Replenishment.id) == task_id)
    else:
        query = query.where(col(Replenishment.state) == ReplenishmentState.OPEN)
    return [Refill(*row) for row in db.execute(query.where(col(Warehouse.code) == site) if site else query)]


def counts_by_state(db: Session, site: str = "") -> dict[CountState, int]:
    """How many counts stand in each state, at a site ("" = everywhere)."""
    every = sa.select(col(CountTask.state), sa.func.count()).group_by(col(CountTask.state))
    if site:
        every = every.join(Warehouse, col(Warehouse.id) == col(CountTask.warehouse_id)).where(
            col(Warehouse.code) == site
        )
    return {row[0]: row[1] for row in db.execute(every)}


def nearest(rows: Sequence[Refill], here: Bin) -> Refill | None:
    """The task to go to next from a bin: of those that unlock orders, else of all, the one whose source is nearest.

    Near in the way of aisles, along and across; the better rank wins where two are as far.
    """
    mine = [row for row in rows if row.source.warehouse_id == here.warehouse_id]
    pressing = [row for row in mine if row.task.orders] or mine
    return min(pressing, key=lambda r: abs(r.source.x_mm - here.x_mm) + abs(r.source.y_mm - here.y_mm), default=None)


def open_work(db: Session, site: str = "") -> tuple[int, int, int]:
    """(counts to do, variances to decide, replenishments to do) at a site ("" = everywhere)."""
    here = sa.select(col(Warehouse.id)).where(col(Warehouse.code) == site) if site else sa.select(col(Warehouse.id))
    n = counts_by_state(db, site)
    refilling = sa.select(sa.func.count()).where(
        col(Replenishment.state) == ReplenishmentState.OPEN, col(Replenishment.warehouse_id).in_(here)
    )
    to_decide = n.get(CountState.VARIANCE, 0) + n.get(CountState.APPROVED, 0)
    return n.get(CountState.OPEN, 0), to_decide, db.execute(refilling).scalar_one()
