"""Plain strategies, order by order, the most urgent first: what most systems do, and the yardstick for `solve`."""

import time
from collections.abc import Callable

import numpy as np

from solver.allocation import kernel
from solver.allocation.kernel import QUICK, Floats, Market
from solver.allocation.market import no_prices
from solver.allocation.pins import beside_pins
from solver.allocation.plan import Code, Plan, Reason, bill_of
from solver.allocation.problem import NO_LIMIT, Ints, Problem
from solver.allocation.workshop import Workshop
from solver.common import Seed, Status

Strategy = Callable[[Problem, Seed], Plan]
#: What a rule calls good weighs more than any freight, and leaving an order out more than that.
RULE, ALWAYS = 1e7, 1e12


def best_cost(problem: Problem, seed: Seed = 0) -> Plan:
    """The cheapest plan of each order in what the ones before it left."""
    return _by_rule(problem, lambda shop: shop.market, "best_cost", seed)


def nearest(problem: Problem, seed: Seed = 0) -> Plan:
    """The fewest kilometres, or days where those are unknown; the cheaper one on a tie."""

    def rule(shop: Workshop) -> Market:
        far = problem.distance if problem.distance.any() else problem.transit.min(axis=1)[problem.zone]
        group, house = _ways(shop.market)
        return _ranked(shop.market, far[problem.region[problem.order_of_group[group]], house].astype(float))

    return _by_rule(problem, rule, "nearest", seed)


def proportional(problem: Problem, seed: Seed = 0) -> Plan:
    """A warehouse drawn in proportion to its stock of what the group wants: all run dry together."""

    def rule(shop: Workshop) -> Market:
        group, house = _ways(shop.market)
        stock = np.add.reduceat(problem.stock[problem.sku], problem.line_first[:-1], axis=0)[group, house]
        draw = np.random.default_rng(seed).exponential(size=len(group))
        return _ranked(shop.market, draw / np.maximum(1, stock))

    return _by_rule(problem, rule, "proportional", seed)


def at_random(problem: Problem, seed: Seed = 0) -> Plan:
    """Any warehouse that has it, drawn by the seed."""

    def rule(shop: Workshop) -> Market:
        return _ranked(shop.market, np.random.default_rng(seed).random(len(shop.market.way_house)))

    return _by_rule(problem, rule, "random", seed)


STRATEGIES: dict[str, Strategy] = {
    "best_cost": best_cost,
    "nearest": nearest,
    "proportional": proportional,
    "random": at_random,
}


def most_urgent_first(problem: Problem) -> Ints:
    """Pinned orders, then by priority, the earlier promise first."""
    found: Ints = np.lexsort((np.minimum(problem.due, NO_LIMIT), problem.priority, ~problem.pinned))
    return found


def nothing_ships(problem: Problem, seed: Seed, name: str) -> Plan:
    """No orders, or nowhere to ship them from."""
    nowhere, cost = np.full(problem.groups, -1), int(problem.penalty.sum())
    reasons = tuple(Reason(o, Code.NO_LANE) for o in range(problem.orders))
    return Plan(nowhere, nowhere.copy(), cost, cost, Status.OPTIMAL, seed, name, reasons=reasons)


def _ways(market: Market) -> tuple[Ints, Ints]:
    return np.repeat(np.arange(len(market.weight)), np.diff(market.way_first)), market.way_house


def _ranked(market: Market, rank: Floats) -> Market:
    return market._replace(way_cost=market.way_cost + RULE * rank, penalty=market.penalty + ALWAYS)


def _by_rule(problem: Problem, rule: Callable[[Workshop], Market], name: str, seed: Seed) -> Plan:
    if problem.pinned.any():
        return beside_pins(problem, lambda rest: STRATEGIES[name](rest, seed))
    if not problem.orders or not problem.houses:
        return nothing_ships(problem, seed, name)
    began = time.perf_counter()
    shop = Workshop(problem)
    house, service = np.full(problem.groups, -1), np.full(problem.groups, -1)
    sequence = most_urgent_first(problem)
    kernel.place(
        rule(shop), no_prices(problem), shop.room(), sequence, shop.desks[0], np.zeros(problem.orders), house,
        service, QUICK,
    )  # fmt: skip
    cost = bill_of(problem, house, service).total
    return Plan(house, service, cost, None, Status.FEASIBLE, seed, name, time.perf_counter() - began)
