"""How good counting is: results as a list, and week by week how often the books were right and what they were off."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.catalog.models import Sku
from floor.inventory.count_days import LOCAL, today
from floor.inventory.models import Bin, CountReason, CountTask, Warehouse
from floor.inventory.models_counting import CountEntry
from floor.inventory.states import CountState
from floor.inventory.tasks import CountRow

WEEKS = 8


@dataclass(frozen=True)
class Week:
    """Counts begun in a week (Monday, local). `right`: the books were right at the first number said.

    Adjustments at list price, fen: `net` lets gains and losses cancel out, `gross` adds them up.
    """

    monday: date
    counts: int = 0
    right: int = 0
    net_fen: int = 0
    gross_fen: int = 0

    @property
    def right_percent(self) -> int | None:
        return round(100 * self.right / self.counts) if self.counts else None


def weekly(db: Session, site: str = "", weeks: int = WEEKS) -> list[Week]:
    """The last weeks, oldest first, the present one last."""
    monday = today() - timedelta(days=today().weekday())
    starts = [monday - timedelta(weeks=back) for back in range(weeks - 1, -1, -1)]
    since = datetime.combine(starts[0], time(), LOCAL)
    here = (
        []
        if not site
        else [CountTask.warehouse_id == select(Warehouse.id).where(Warehouse.code == site).scalar_subquery()]
    )
    first = select(sa.func.min(col(CountEntry.id))).group_by(col(CountEntry.task_id)).scalar_subquery()
    began = select(CountEntry).join(CountTask).where(col(CountEntry.id).in_(first), CountEntry.at >= since, *here)
    decided = select(CountTask.decided_at, CountTask.value_fen).where(
        CountTask.state == CountState.DONE, col(CountTask.decided_at) >= since, *here
    )
    counts: dict[date, list[bool]] = {start: [] for start in starts}
    values: dict[date, list[int]] = {start: [] for start in starts}
    for entry in db.exec(began):
        counts[_monday(entry.at)].append(not entry.gap and not entry.off)
    for at, value in db.exec(decided):
        assert at is not None
        values[_monday(at)].append(value)
    return [
        Week(start, len(counts[start]), sum(counts[start]), sum(values[start]), sum(map(abs, values[start])))
        for start in starts
    ]


def _monday(at: datetime) -> date:
    day = at.astimezone(LOCAL).date()
    return day - timedelta(days=day.weekday())


def results(
    db: Session, states: Sequence[CountState], site: str = "", text: str = "", reason: CountReason | None = None,
    over_fen: int = 0, limit: int | None = None,
) -> list[CountRow]:  # fmt: skip
    """Settled counts in these states, the latest first. `text`: part of a bin's or a SKU's code; `over_fen`: the least
    worth of the difference."""
    query = (
        select(CountTask, Bin, Warehouse.code, Sku)
        .join(Bin, col(Bin.id) == CountTask.bin_id)
        .join(Warehouse, col(Warehouse.id) == CountTask.warehouse_id)
        .join(Sku, col(Sku.id) == CountTask.sku_id)
        .where(col(CountTask.state).in_(states), col(CountTask.counted_at).is_not(None))
        .order_by(col(CountTask.counted_at).desc(), col(CountTask.id).desc())
    )
    if site:
        query = query.where(Warehouse.code == site)
    if reason is not None:
        query = query.where(CountTask.reason == reason)
    if text:
        like = text.strip().upper()
        query = query.where(
            col(Bin.code).contains(like, autoescape=True) | col(Sku.code).contains(like, autoescape=True)
        )
    if over_fen:
        gap = col(CountTask.counted_qty) - col(CountTask.system_qty)
        query = query.where(sa.cast(sa.func.abs(gap), sa.BigInteger) * col(Sku.price_fen) >= over_fen)
    return [CountRow(*row) for row in db.exec(query.limit(limit))]
