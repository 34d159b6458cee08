"""Is this plan one the floor can ship, and is its bound true? Knows nothing of how either was found: numpy alone."""

import numpy as np

from solver.allocation.plan import Plan, bill_of, parcels_of, used_by
from solver.allocation.problem import NO_RATE, Problem
from solver.common import Status


def violations(problem: Problem, plan: Plan) -> tuple[str, ...]:
    """Sentences for every rule broken; empty when the plan holds."""
    house, service = plan.house, plan.service
    if house.shape != (problem.groups,) or ((house >= 0) != (service >= 0)).any():
        return ("not every group has a warehouse and a service, or neither",)
    if (house >= problem.houses).any() or (service >= problem.rate.shape[1]).any():
        return ("a warehouse or service does not exist",)
    found = _parcels(problem, plan) + _orders(problem, plan)
    if found:
        return tuple(found)
    found = _room(problem, plan)
    if (cost := bill_of(problem, house, service).total) != plan.cost:
        found.append(f"the plan says it costs {plan.cost}, it costs {cost}")
    if plan.bound is not None and plan.bound > plan.cost:
        found.append("the bound is above the cost")
    if plan.status is Status.OPTIMAL and plan.bound != plan.cost:
        found.append("called optimal without a bound that proves it")
    return tuple(found)


def _parcels(problem: Problem, plan: Plan) -> list[str]:
    parcel, weight = parcels_of(problem, plan.house, plan.service)
    order, house, service = parcel.T
    band = np.searchsorted(problem.edges, weight)
    offered = problem.rate_beyond[problem.zone[problem.region[order], house], service, band] < NO_RATE
    allowed = (problem.services[order] >> service & 1).astype(bool)
    several = np.bincount(order, minlength=problem.orders)
    apart = np.bincount(np.unique(parcel[:, :2], axis=0)[:, 0], minlength=problem.orders)
    return [
        *(f"order {o} goes by a service that does not carry it" for o in np.unique(order[~(offered & allowed)])),
        *(f"order {o} leaves in too many parcels" for o in np.nonzero(several > problem.parcels)[0]),
        *(f"order {o} leaves one warehouse by two services" for o in np.nonzero(several != apart)[0]),
    ]


def _orders(problem: Problem, plan: Plan) -> list[str]:
    ships = np.add.reduceat(plan.house >= 0, problem.group_first[:-1])
    groups = np.diff(problem.group_first)
    cut = (ships > 0) & (ships < groups) & ~problem.partial
    fixed = problem.pinned[problem.order_of_group]
    moved = fixed & ((plan.house != problem.home) | (plan.service != problem.home_service))
    return [
        *(f"order {o} ships in part" for o in np.nonzero(cut)[0]),
        *(f"group {g} is pinned and moved" for g in np.nonzero(moved)[0]),
    ]


def _room(problem: Problem, plan: Plan) -> list[str]:
    room = {"stock": problem.stock, "work": problem.capacity, "benches": problem.benches, "dock": problem.dock}
    room["lorry"] = problem.lorry
    return [
        f"{what} {tuple(int(x) for x in at)}: {used[tuple(at)]} of {there[tuple(at)]}"
        for (what, there), used in zip(room.items(), used_by(problem, plan.house, plan.service), strict=True)
        for at in np.argwhere(used > there)
    ]
