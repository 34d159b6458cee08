"""The kernels over all orders at once, on as many threads as there are cores."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from solver.allocation import kernel
from solver.allocation.kernel import Floats, Prices, Room
from solver.allocation.market import market_of, paper, room_of, value_of
from solver.allocation.problem import Ints, Problem

#: Near-best plans of one order that are looked at together.
PLANS = 16


@dataclass(slots=True)
class Wishes:
    """What each order would take at some prices if it were alone, and the bound these prices prove."""

    value: Floats  # [n] priced fen
    cost: Floats  # [n] true fen
    house: Ints  # [G]
    service: Ints  # [G]
    bound: float


class Workshop:
    """A problem, its market and the threads that work on it."""

    def __init__(self, problem: Problem, threads: int = 0) -> None:
        self.problem, self.market = problem, market_of(problem)
        threads = threads or min(8, len(os.sched_getaffinity(0)))
        self.desks = [paper(self.market, problem) for _ in range(threads)]
        self._pool = ThreadPoolExecutor(threads)
        self.wide_desk = paper(self.market, problem, PLANS)
        self._whole = room_of(problem)
        #: For pricing without asking for room.
        self.nobody = Room(*(row[:0] for row in self._whole))
        #: [n] fen of leaving an order out.
        self.nothing = np.add.reduceat(self.market.penalty, self.market.group_first[:-1])

    def room(self) -> Room:
        return Room(*(row.copy() for row in self._whole))

    def wish(self, prices: Prices, nodes: int = kernel.QUICK) -> Wishes:
        """Price every order; the bound is the sum of their values minus what the room is worth."""
        n, groups = self.problem.orders, self.problem.groups
        value, lower, cost = np.empty(n), np.empty(n), np.empty(n)
        house, service = np.empty(groups, np.int64), np.empty(groups, np.int64)

        def price(low: int, high: int, desk: kernel.Desk) -> None:
            kernel.price_range(
                self.market, prices, self.nobody, low, high, desk, value, lower, cost, house, service, nodes
            )

        self.spread(price)
        return Wishes(value, cost, house, service, float(lower.sum()) - value_of(prices, self._whole))

    def left(self, house: Ints, service: Ints) -> Room:
        """The room a plan leaves; below zero where it asks for more than there is."""
        room = self.room()
        kernel.take_some(self.market, room, np.arange(self.problem.orders), house, service, 1)
        return room

    def each(self, work: Callable[[int], None], jobs: Iterable[int]) -> None:
        """`work(job)` for each job, on the threads."""
        for done in [self._pool.submit(work, job) for job in jobs]:
            done.result()

    def spread(self, work) -> None:
        """`work(low, high, desk)` over all orders, a range for each thread."""
        cuts = np.linspace(0, self.problem.orders, len(self.desks) + 1).astype(int).tolist()
        self.each(lambda hand: work(cuts[hand], cuts[hand + 1], self.desks[hand]), range(len(self.desks)))
