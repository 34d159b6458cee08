"""When trips run and who is late: the most urgent trip first, always to the picker who is free first."""

import heapq
from collections.abc import Iterator, Sequence

from solver.batching.plan import Trip
from solver.batching.problem import Order, Problem

NEVER = 2**40


def due_of(order: Order) -> int:
    return NEVER if order.due_min is None else order.due_min


class Clock:
    """Times carts of one problem; due times and pieces are looked up once, as the search asks thousands of
    times."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._due = [due_of(order) for order in problem.orders]
        self._items = [order.items for order in problem.orders]
        self._is_idle = min(self._due, default=NEVER) == NEVER

    def late_minutes(self, carts: Sequence[Sequence[int]], walks: Sequence[int]) -> tuple[int, int]:
        """(orders late, minutes late in all); (0, 0) at once when nothing is due."""
        if self._is_idle:
            return 0, 0
        orders, minutes = 0, 0
        for c, (_, _, finish) in self._times(carts, walks):
            delays = [finish - self._due[o] for o in carts[c] if finish > self._due[o]]
            orders, minutes = orders + len(delays), minutes + sum(delays)
        return orders, minutes

    def trips(self, carts: Sequence[Sequence[int]], walks: Sequence[int]) -> tuple[Trip, ...]:
        """The carts as trips, in the order they start."""
        orders, totes_for = self._problem.orders, self._problem.cart.totes_for
        return tuple(
            Trip(
                tuple(orders[o].id for o in carts[c]),
                sum(totes_for(orders[o]) for o in carts[c]),
                walks[c],
                *times,
            )
            for c, times in self._times(carts, walks)
        )

    def _times(
        self, carts: Sequence[Sequence[int]], walks: Sequence[int]
    ) -> Iterator[tuple[int, tuple[int, int, int]]]:
        """(cart, (picker, start, finish)) by earliest due order in the cart (Jackson 1955: with one picker no
        other sequence has a smaller greatest lateness)."""
        due, items, pace = self._due, self._items, self._problem.pace
        free = [(0, picker) for picker in range(pace.pickers)]
        for _, c in sorted((min([due[o] for o in cart]), c) for c, cart in enumerate(carts)):
            start, picker = free[0]
            finish = start + pace.minutes_for(walks[c], sum([items[o] for o in carts[c]]))
            heapq.heapreplace(free, (finish, picker))
            yield c, (picker, start, finish)
