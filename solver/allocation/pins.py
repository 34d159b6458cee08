"""Pinned orders are no question: they take their share of everything first, and come back with the plan of the rest."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from solver.allocation.plan import Plan, bill_of, used_by
from solver.allocation.problem import Ints, Problem, some_orders, spans


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


def _without(problem: Problem, house: Ints, service: Ints) -> Problem:
    """What the pinned orders leave."""
    used = used_by(problem, house, service)
    return replace(problem, **{name: getattr(problem, name) - much for name, much in used._asdict().items()})
