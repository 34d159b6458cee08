"""Pinned orders are no question: they take their share of everything first, and come back with the plan of the rest."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from solver.allocation.plan import Plan, bill_of, parcels_of
from solver.allocation.problem import Problem, some_orders, spans


def beside_pins(problem: Problem, plan_rest: Callable[[Problem], Plan]) -> Plan:
    """The plan of the orders that are free, with the pinned ones where they are."""
    free = np.nonzero(~problem.pinned)[0]
    groups = spans(problem.group_first, free)
    house, service = problem.home.copy(), problem.home_service.copy()
    house[groups] = service[groups] = -1
    fixed = bill_of(problem, house, service)
    plan = plan_rest(some_orders(_without(problem, house, service), free))
    house[groups], service[groups] = plan.house, plan.service
    # Leaving out what is free is in the bill of the pinned ones alone: it is counted where it is decided.
    pinned = fixed.total - int(problem.penalty[groups].sum())
    return replace(
        plan,
        house=house,
        service=service,
        cost=plan.cost + pinned,
        bound=None if plan.bound is None else plan.bound + pinned,
        reasons=tuple(replace(reason, order=int(free[reason.order])) for reason in plan.reasons),
    )


def _without(problem: Problem, house: np.ndarray, service: np.ndarray) -> Problem:
    """What the pinned orders leave."""
    ships = house >= 0
    line = ships[problem.group_of_line]
    stock, capacity = problem.stock.copy(), problem.capacity.copy()
    np.subtract.at(stock, (problem.sku[line], house[problem.group_of_line][line]), problem.qty[line])
    np.subtract.at(capacity, house[ships], problem.work[ships])
    parcel, weight = parcels_of(problem, house, service)
    benches, dock, lorry = problem.benches.copy(), problem.dock.copy(), problem.lorry.copy()
    np.subtract.at(benches, parcel[:, 1], 1)
    np.subtract.at(dock, (parcel[:, 1], parcel[:, 2]), 1)
    np.subtract.at(lorry, (parcel[:, 1], parcel[:, 2]), weight)
    return replace(problem, stock=stock, capacity=capacity, benches=benches, dock=dock, lorry=lorry)
