"""New orders are placed at once, and every few minutes all that wait are planned again together. Both read first and
write in short turns; done twice, or by two workers at once, they do no harm."""

import time
from collections.abc import Iterable
from concurrent.futures import Future
from typing import Any

from floor.allocation import announcing, planning, queries, worth
from floor.allocation.placing import room_beside
from floor.allocation.states import Strategy
from floor.kit.actor import SYSTEM
from floor.kit.uow import reading, unit_of_work

#: Orders per transaction, and orders placed at one go.
SLICE, MOST = 50, 2_000
#: Seconds between two plans over all that wait.
EVERY = 300.0


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
    return _announce(planning.place_now(facts, prices, room_beside(facts, announced)), run_id)


class _Again:
    """All waiting orders planned together, what was announced at its price. One turn begins, in a process nobody waits
    for, and a later one says what came of it. No stock is reserved."""

    def __init__(self, every: float = EVERY) -> None:
        self._every, self._next = every, 0.0
        self._doing: tuple[Future[planning.Outcome], planning.Facts, int] | None = None
        #: What the last plan looked at: the same again would find the same.
        self._seen: tuple[Any, ...] = ()

    def turn(self) -> int:
        """Returns how many orders hear something new."""
        if self._doing is None:
            self._begin()
            return 0
        return self._end(*self._doing) if self._doing[0].done() else 0

    @property
    def is_at_work(self) -> bool:
        return self._doing is not None

    def _begin(self) -> None:
        """Nothing while a run is at work, where no run has left its prices, and where nothing changed."""
        if time.monotonic() < self._next:
            return
        with reading() as db:
            mark, newest = queries.waiting_mark(db), queries.newest_prices(db)
            if newest is None or mark == self._seen or queries.at_work(db):
                return
            facts = planning.read_facts(db, {})
        self._seen, self._next = mark, time.monotonic() + self._every
        if not facts.is_empty:
            self._doing = planning.begin(facts, Strategy.OPTIMAL, planning.QUICK), facts, newest[0].id or 0

    def _end(self, done: "Future[planning.Outcome]", facts: planning.Facts, run_id: int) -> int:
        self._doing = None
        found = planning.planned(facts, done.result())
        told = _announce(found.shares, run_id)
        with unit_of_work() as db:
            announcing.forget_stale(db)
            if found.prices:
                queries.kept_prices(db, run_id).data = found.prices
        return told


_again = _Again()


def plan_again() -> int:
    """Plan all waiting orders again every few minutes; see `_Again`."""
    return _again.turn()


def _announce(plan: Any, run_id: int | None) -> int:
    told = 0
    for some in _slices(sorted(plan)):
        with unit_of_work() as db:
            told += announcing.announce(db, {order: plan[order] for order in some}, run_id, SYSTEM)
    return told


def _slices(orders: list[int]) -> Iterable[list[int]]:
    return (orders[n : n + SLICE] for n in range(0, len(orders), SLICE))
