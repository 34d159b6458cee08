"""Plain rules, the yardsticks for `solve`. First come, first on the cart is what a floor does without a plan."""

from collections.abc import Sequence

import numpy as np

from solver.batching.lengths import WalkLengths
from solver.batching.limits import Load, group_of, limits_of, load_of, split_off_too_big
from solver.batching.plan import Plan, Reason
from solver.batching.problem import Problem
from solver.batching.schedule import by_due, due_of, trips_of
from solver.common import Seed, Status

Carts = list[list[int]]


class Filling:
    """Carts that are filled order by order."""

    def __init__(self, problem: Problem) -> None:
        self._problem, self._load = problem, [load_of(problem, order) for order in problem.orders]

    def fits(self, on_it: Sequence[int], order: int) -> bool:
        wanted = self._problem.orders[order]
        if on_it and group_of(self._problem.orders[on_it[0]]) != group_of(wanted):
            return False
        loads: list[Load] = [self._load[o] for o in (*on_it, order)]
        limits = limits_of(self._problem.cart_of(wanted))
        return all(sum(part) <= most for part, most in zip(zip(*loads, strict=True), limits, strict=True))

    def in_turn(self, orders: Sequence[int]) -> Carts:
        """In the given order; a cart is closed as soon as the next order of its kind does not fit."""
        carts, open_cart = Carts(), dict[tuple[str, str], int]()
        for o in orders:
            kind = group_of(self._problem.orders[o])
            if kind not in open_cart or not self.fits(carts[open_cart[kind]], o):
                open_cart[kind] = len(carts)
                carts.append([])
            carts[open_cart[kind]].append(o)
        return carts


def first_come(problem: Problem, seed: Seed = 0) -> Plan:
    """Orders onto carts as they are listed."""
    able, left_out = split_off_too_big(problem)
    return plan_of(problem, by_due(problem, Filling(problem).in_turn(able)), left_out, seed, "first_come")


def earliest_due(problem: Problem, seed: Seed = 0) -> Plan:
    """Orders onto carts by due time."""
    able, left_out = split_off_too_big(problem)
    carts = Filling(problem).in_turn(orders_by_due(problem, able))
    return plan_of(problem, by_due(problem, carts), left_out, seed, "earliest_due")


def orders_by_due(problem: Problem, orders: Sequence[int]) -> list[int]:
    return sorted(orders, key=lambda o: (due_of(problem.orders[o]), o))


def seed_rule(problem: Problem, seed: Seed = 0) -> Plan:
    """Each cart begins with the order that walks furthest on its own, and takes what lengthens its walk least (de
    Koster, van der Poort and Wolters 1999)."""
    able, left_out = split_off_too_big(problem)
    lengths, filling, carts = WalkLengths(problem), Filling(problem), Carts()
    alone = dict(zip(able, lengths.of([[o] for o in able]).tolist(), strict=True))
    left = sorted(able, key=lambda o: (-alone[o], o))
    while left:
        carts.append([left.pop(0)])
        while some := [o for o in left if filling.fits(carts[-1], o)]:
            chosen = some[int(np.argmin(lengths.of([[*carts[-1], o] for o in some])))]
            carts[-1].append(chosen)
            left.remove(chosen)
    return plan_of(problem, carts, left_out, seed, "seed_rule")


def plan_of(
    problem: Problem,
    carts: Carts,
    left_out: tuple[Reason, ...],
    seed: Seed,
    strategy: str,
    lengths: WalkLengths | None = None,
) -> Plan:
    """Measure every cart exactly and put the trips on the clock, in the order given."""
    lengths = lengths or WalkLengths(problem)
    walks = [lengths.exact(cart) for cart in carts]
    trips = trips_of(problem, carts, walks)
    orders = {order.id: order for order in problem.orders}
    late = tuple(o for trip in trips for o in trip.orders if trip.finish_min > due_of(orders[o]))
    status = Status.FEASIBLE if trips or not (problem.orders or left_out) else Status.INFEASIBLE
    return Plan(trips, left_out, late, sum(walks), status, seed, strategy)
