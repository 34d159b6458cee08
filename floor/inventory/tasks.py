"""Reads of the two tasks of stock: counts and replenishments."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from floor.catalog.models import Sku
from floor.inventory.models import Balance, Bin, CountTask, LedgerRow, Replenishment, Warehouse
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

    @property
    def gap(self) -> int:
        """Counted minus the books at that moment: what an adjustment books."""
        return (self.task.counted_qty or 0) - (self.task.system_qty or 0)


def count_for(db: Session, task_id: int, *, lock: bool = False) -> CountTask:
    """The count, or Unknown; locked and fresh if asked."""
    task = db.get(CountTask, task_id, with_for_update=lock or None, populate_existing=lock)
    if task is None:
        raise Unknown("inventory.unknown_count")
    return task


def count_row(db: Session, task: CountTask) -> CountRow:
    where = db.get_one(Bin, task.bin_id)
    return CountRow(task, where, db.get_one(Warehouse, where.warehouse_id).code, db.get_one(Sku, task.sku_id))


def counts(db: Session, state: CountState, site: str = "") -> list[CountRow]:
    """Counts in a state, in the order one walks past their bins."""
    query = (
        select(CountTask, Bin, Warehouse.code, Sku)
        .join(Bin, col(Bin.id) == CountTask.bin_id)
        .join(Warehouse, col(Warehouse.id) == CountTask.warehouse_id)
        .join(Sku, col(Sku.id) == CountTask.sku_id)
        .where(CountTask.state == state)
        .order_by(Warehouse.code, Bin.code, col(CountTask.id))
    )
    return [CountRow(*row) for row in db.exec(query.where(Warehouse.code == site) if site else query)]


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
    counting = sa.select(col(CountTask.state), sa.func.count()).where(col(CountTask.warehouse_id).in_(here))
    by_state = dict(db.execute(counting.group_by(col(CountTask.state))).all())
    refilling = sa.select(sa.func.count()).where(
        col(Replenishment.state) == ReplenishmentState.OPEN, col(Replenishment.warehouse_id).in_(here)
    )
    to_refill = db.execute(refilling).scalar_one()
    return by_state.get(CountState.OPEN, 0), by_state.get(CountState.VARIANCE, 0), to_refill
