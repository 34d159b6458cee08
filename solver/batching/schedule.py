"""When trips run: carts leave in the order given, always with the picker who is free first."""

import heapq
from collections.abc import Sequence

from solver.batching.plan import Trip
from solver.batching.problem import Order, Problem

NEVER = 2**40


def due_of(order: Order) -> int:
    return NEVER if order.due_min is None else order.due_min


def by_due(problem: Problem, carts: Sequence[list[int]]) -> list[list[int]]:
    """Carts by their earliest due order (Jackson 1955: with one picker no other sequence has a smaller greatest
    lateness)."""
    return sorted(carts, key=lambda cart: (min(due_of(problem.orders[o]) for o in cart), *cart))


def trips_of(problem: Problem, carts: Sequence[Sequence[int]], walks: Sequence[int]) -> tuple[Trip, ...]:
    """The carts as trips, in the order they start."""
    free = [(0, picker) for picker in range(problem.pace.pickers)]
    trips = []
    for orders, walk in zip(([problem.orders[o] for o in cart] for cart in carts), walks, strict=True):
        start, picker = free[0]
        finish = start + problem.pace.minutes_for(walk, sum(order.items for order in orders))
        heapq.heapreplace(free, (finish, picker))
        totes = problem.cart_of(orders[0]).totes_of(orders)
        trips.append(Trip(tuple(o.id for o in orders), totes, walk, picker, start, finish, orders[0].mode))
    return tuple(trips)
