"""First come, first on the cart: what a floor does without a plan, and the yardstick for `solve`."""

from collections.abc import Sequence

from solver.batching.kernel import WalkLengths
from solver.batching.limits import fits, limits_of, load_of, plus, split_off_too_big
from solver.batching.plan import Plan, Reason
from solver.batching.problem import Problem
from solver.batching.schedule import Clock, due_of
from solver.common import Seed, Status

Carts = list[list[int]]


def fill_in_turn(problem: Problem, orders: Sequence[int]) -> Carts:
    """Carts filled in the given order; a cart is closed as soon as the next order does not fit."""
    limits, carts, load = limits_of(problem), Carts(), (0, 0, 0)
    for o in orders:
        own = load_of(problem, problem.orders[o])
        if carts and fits(limits, load, own):
            carts[-1].append(o)
            load = plus(load, own)
        else:
            carts.append([o])
            load = own
    return carts


def first_come(problem: Problem, seed: Seed = 0) -> Plan:
    """Orders onto carts as they are listed."""
    able, left_out = split_off_too_big(problem)
    return plan_of(problem, fill_in_turn(problem, able), left_out, seed, "first_come")


def earliest_due(problem: Problem, seed: Seed = 0) -> Plan:
    """Orders onto carts by due time."""
    able, left_out = split_off_too_big(problem)
    by_due = sorted(able, key=lambda o: (due_of(problem.orders[o]), o))
    return plan_of(problem, fill_in_turn(problem, by_due), left_out, seed, "earliest_due")


def plan_of(problem: Problem, carts: Carts, left_out: tuple[Reason, ...], seed: Seed, strategy: str) -> Plan:
    """Route every cart exactly and put the trips on the clock."""
    lengths = WalkLengths(problem)
    walks = [lengths.exact(cart) for cart in carts]
    trips = Clock(problem).trips(carts, walks)
    orders = {order.id: order for order in problem.orders}
    late = tuple(o for trip in trips for o in trip.orders if trip.finish_min > due_of(orders[o]))
    status = Status.FEASIBLE if trips or not problem.orders else Status.INFEASIBLE
    return Plan(trips, left_out, late, sum(walks), status, seed, strategy)
