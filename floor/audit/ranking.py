"""Which order comes first, and why: the time left after what the house needs for it, its buyer, its goods, its wait."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.audit import handling, learning, trail
from floor.audit.models import Learned, Rank
from floor.catalog.models import PackingClass, Sku
from floor.kit import clock
from floor.orders.models import Customer, Order, OrderLine
from floor.orders.states import OrderState
from floor.shipments.queries import has_shipment

#: An order worth more than this comes a step earlier; one that waited longer than this, too.
VALUE_FEN, WAITED = 100_000, timedelta(hours=24)
#: The prediction may be off by so much before an order counts as safe.
MARGIN = 1.25
#: Orders ranked again per turn.
_MOST = 300


@dataclass(frozen=True)
class Standing:
    """What counts of an order. Hours to the promise; minutes the house needs, None where nothing was learned."""

    hours_left: float
    tier: int = 0
    value_fen: int = 0
    waited: timedelta = timedelta()
    is_delicate: bool = False
    minutes: int | None = None


def rank(standing: Standing) -> tuple[int, bool, list[list[str | int]]]:
    """Priority 0 to 9, whether it will be late as things go, and the reasons: [[code, steps, value]...]."""
    slack = standing.hours_left - (standing.minutes or 0) / 60
    base = 1 if slack <= 4 else 3 if slack <= 12 else 5 if slack <= 24 else 7
    why: list[list[str | int]] = [["time", base, round(standing.hours_left)]]
    late = standing.minutes is not None and standing.hours_left * 60 < standing.minutes * MARGIN
    if standing.minutes is not None:
        why.append(["handling", 0, standing.minutes])
    if late:
        why.append(["late", -1, max(0, round(standing.minutes or 0))])
    steps = (
        ("tier", standing.tier, standing.tier), ("value", int(standing.value_fen >= VALUE_FEN), standing.value_fen),
        ("waited", int(standing.waited >= WAITED), round(standing.waited.total_seconds() / 3600)),
        ("delicate", int(standing.is_delicate), 0),
    )  # fmt: skip
    why += [[code, -step, value] for code, step, value in steps if step]
    return max(0, base + sum(int(one[1]) for one in why[1:])), late, why


class Ranker:
    """Ranks orders by what is learned and how busy the house is now: look once, rank many."""

    def __init__(self, db: Session) -> None:
        self.learned: Learned | None = learning.newest(db, "handling")
        self.house = trail.house_now(db) if self.learned else None

    def rank(self, db: Session, order: Order) -> Rank:
        """Rank an order now and write it down. The order itself is left to the caller."""
        assert order.id is not None
        now = clock.now()
        buyer = db.get(Customer, order.customer_id) if order.customer_id else None
        minutes = None
        if self.learned and self.house:
            row = trail.waiting_row(db, order.id, self.house)
            minutes = round(float(handling.predict(self.learned.weights, row)[0]))
        hours = (order.promised_at - now).total_seconds() / 3600
        standing = Standing(
            hours, buyer.tier if buyer else 0, order.total_fen, now - order.placed_at,
            _is_delicate(db, order.id), minutes,
        )  # fmt: skip
        priority, late, why = rank(standing)
        made = Rank(order_id=order.id, priority=priority, minutes=minutes, is_late_risk=late, why=why, at=now)
        return db.merge(made)


def _is_delicate(db: Session, order_id: int) -> bool:
    """Goods of the cold room, which must not stand about, and liquids."""
    mine = select(Sku.id).join(OrderLine, col(OrderLine.sku_id) == col(Sku.id)).where(OrderLine.order_id == order_id)
    wet = col(Sku.packing_class) == PackingClass.LIQUID
    return db.exec(mine.where(sa.or_(col(Sku.is_cold), wet)).limit(1)).first() is not None


def waiting(db: Session, limit: int = _MOST) -> list[int]:
    """Released orders of which nothing is planned, those ranked longest ago first."""
    found = select(Order.id).outerjoin(Rank, col(Rank.order_id) == col(Order.id))
    mine = (
        found.where(Order.state == OrderState.RELEASED, ~has_shipment())
        .order_by(col(Rank.at), col(Order.id))
        .limit(limit)
    )
    return [id_ for id_ in db.exec(mine) if id_ is not None]


def rank_again(db: Session, order_ids: Iterable[int]) -> int:
    """Time went by: rank what waits anew, so that orders in danger rise. Returns how many changed."""
    ranker, changed = Ranker(db), 0
    for order_id in sorted(order_ids):
        order = db.get_one(Order, order_id)
        priority = ranker.rank(db, order).priority
        if priority != order.priority:
            # Not through the row's version: nobody who has its page open is disturbed by a new rank.
            mine = sa.update(Order).where(col(Order.id) == order_id, col(Order.state) == OrderState.RELEASED)
            db.execute(mine.values(priority=priority).execution_options(synchronize_session=False))
            changed += 1
    return changed


def rank_of(db: Session, order_id: int) -> Rank | None:
    return db.get(Rank, order_id)
