"""New orders are placed at once, and every few minutes all that wait are planned again together. Both read first and
write in short turns; done twice, or by two workers at once, they do no harm."""

from collections.abc import Iterable
from typing import Any

from floor.allocation import announcing, planning, queries, worth
from floor.allocation.placing import Placer
from floor.allocation.service import Share
from floor.allocation.states import Strategy
from floor.kit.actor import SYSTEM
from floor.kit.uow import reading, unit_of_work

#: Orders per transaction, and orders placed at one go.
SLICE, MOST = 50, 2_000

#: What the last plan of this worker looked at: the same again would find the same.
_seen: tuple[Any, ...] = ()


def place_new(only: int | None = None) -> int:
    """Every released order nobody has placed yet, or `only` this one, goes where the last prices say. Returns how many
    were announced."""
    with reading() as db:
        orders = queries.unplaced(db, MOST, only)
        if not orders:
            return 0
        facts = planning.read_facts(db, {"orders": orders})
        newest = queries.newest_prices(db)
        announced = queries.all_announced(db)
    if facts.is_empty:
        return 0
    run_id = newest[0].id if newest else None
    prices = worth.prices_for(facts, worth.unpack(newest[1])) if newest else None
    ways = Placer(facts, prices, announced).place()
    units = facts.units()
    plan = {order: (Share(house, carrier, units[order]),) for order, (house, carrier) in ways.items()}
    return _announce(plan, run_id)


def plan_again() -> int:
    """Plan all waiting orders together, what was announced at its price, and say what came of it. No stock is reserved.
    Returns how many orders hear something new; 0 while a run is at work, and where nothing changed."""
    global _seen
    with reading() as db:
        mark = queries.waiting_mark(db)
        newest = queries.newest_prices(db)
        if newest is None or mark == _seen or queries.at_work(db):
            return 0
        facts = planning.read_facts(db, {})
    planned = planning.find_plan(facts, Strategy.OPTIMAL, 0, None, planning.QUICK)
    told = _announce(planned.shares, newest[0].id)
    with unit_of_work() as db:
        announcing.forget_stale(db)
        if planned.prices and newest[0].id:
            queries.kept_prices(db, newest[0].id).data = planned.prices
    with reading() as db:
        _seen = queries.waiting_mark(db)
    return told


def _announce(plan: Any, run_id: int | None) -> int:
    told = 0
    for some in _slices(sorted(plan)):
        with unit_of_work() as db:
            told += announcing.announce(db, {order: plan[order] for order in some}, run_id, SYSTEM)
    return told


def _slices(orders: list[int]) -> Iterable[list[int]]:
    return (orders[n : n + SLICE] for n in range(0, len(orders), SLICE))
