"""What the allocation benchmarks measure of a plan, in numpy."""

import numpy as np
from numpy.typing import NDArray

from benchmarks.certificate import least
from solver.allocation.market import no_prices
from solver.allocation.plan import Plan, bill_of, parcels_of, used_by
from solver.allocation.problem import Ints, Problem, some_orders, spans

#: Fen that moving an announced group costs.
MOVING = 300


def groups_of(problem: Problem, orders: Ints) -> Ints:
    return spans(problem.group_first, orders)


def split_share(problem: Problem, plan: Plan) -> tuple[int, float]:
    """(parcels, share of the orders that ship which leave in more than one)."""
    parcel, _ = parcels_of(problem, plan.house, plan.service)
    each = np.bincount(parcel[:, 0], minlength=problem.orders)
    return len(parcel), float((each > 1).sum() / max(1, (each > 0).sum()))


def priced(problem: Problem, plan: Plan, prices) -> float:  # type: ignore[no-untyped-def]
    """Cost and charges of a plan."""
    uses = used_by(problem, plan.house, plan.service)
    charges = sum(float((price * use).sum()) for price, use in zip(prices, uses, strict=True))
    return bill_of(problem, plan.house, plan.service).total + charges


def regret_of(problem: Problem, plan: Plan, some: Ints) -> tuple[float, float]:
    """(fen these orders pay, charges included, above the least each could; fen they cost)."""
    few, groups = some_orders(problem, some), groups_of(problem, some)
    share = Plan(plan.house[groups], plan.service[groups], 0, None, plan.status, plan.seed, plan.strategy)
    paid = priced(few, share, plan.prices)
    return paid - float(least(few, plan.prices).sum()), float(bill_of(few, share.house, share.service).total)


def alone(problem: Problem) -> NDArray[np.float64]:
    """[n] fen of each order if it were the only one: nobody can save that."""
    return least(problem, no_prices(problem))
