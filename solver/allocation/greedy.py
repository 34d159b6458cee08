"""Plain strategies, order by order, most urgent first: what most systems do, and the yardstick for
`solve`."""

import random
from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np

from solver.allocation.model import NO_LANE, Choice, Ints, Model, model_of
from solver.allocation.plan import Parcel, Plan
from solver.allocation.problem import Line, Problem
from solver.allocation.reasons import Explainer
from solver.allocation.room import Room, share
from solver.common import Seed, Status

Strategy = Callable[[Problem, Seed], Plan]
Rank = Callable[[int, Room], Sequence[int]]  # warehouses an order should try, best first


def nearest(problem: Problem, seed: Seed = 0) -> Plan:
    """The warehouse with the fewest days on the road, the cheaper one on a tie; two when no one has it
    all."""
    model = model_of(problem)
    days = {(lane.warehouse, lane.region): lane.transit_days for lane in problem.lanes}

    def rank(o: int, room: Room) -> Sequence[int]:
        region = problem.orders[o].region
        far = [days.get((warehouse.id, region), 999) for warehouse in problem.warehouses]
        return sorted(range(len(far)), key=lambda w: (far[w], int(model.parcel[o, w]), w))

    return _by_rank(model, rank, seed, "nearest")


def proportional(problem: Problem, seed: Seed = 0) -> Plan:
    """The warehouse with the largest share of its stock of the wanted SKUs still free: all run dry
    together."""
    model = model_of(problem)

    def rank(o: int, room: Room) -> Sequence[int]:
        sku = model.line_sku[int(model.first[o]) : int(model.first[o + 1])]
        left = room.stock[sku].sum(axis=0) / np.maximum(1, model.stock[sku].sum(axis=0))
        return sorted(range(len(left)), key=lambda w: (-float(left[w]), w))

    return _by_rank(model, rank, seed, "proportional")


def at_random(problem: Problem, seed: Seed = 0) -> Plan:
    """Any warehouse that has it, drawn by the seed."""
    model, rng = model_of(problem), random.Random(seed)

    def rank(o: int, room: Room) -> Sequence[int]:
        return rng.sample(range(len(problem.warehouses)), len(problem.warehouses))

    return _by_rank(model, rank, seed, "random")


def best_cost(problem: Problem, seed: Seed = 0) -> Plan:
    """The cheapest parcels that still fit, for one order after another."""
    model, plan = model_of(problem), dict[int, Choice]()
    room = Room(model)
    fill(room, plan, urgent_first(model))
    return plan_of(model, room, plan, None, Status.FEASIBLE, seed, "best_cost")


STRATEGIES: dict[str, Strategy] = {
    "nearest": nearest,
    "proportional": proportional,
    "random": at_random,
    "best_cost": best_cost,
}


def urgent_first(model: Model) -> list[int]:
    """Orders by priority, due time, then as listed."""
    orders = model.problem.orders
    never = 2**40
    return sorted(
        range(len(orders)),
        key=lambda o: (orders[o].priority, never if (due := orders[o].due) is None else due, o),
    )


def fill(room: Room, plan: dict[int, Choice], orders: Sequence[int]) -> None:
    """Place every order not yet in the plan where it is cheapest in the room left."""
    for o in orders:
        if o not in plan and (choice := room.best(o)) is not None:
            plan[o] = choice
            room.take(choice)


def _by_rank(model: Model, rank: Rank, seed: Seed, name: str) -> Plan:
    room, plan = Room(model), dict[int, Choice]()
    for o in urgent_first(model):
        choice = _first_that_fits(model, room, o, rank(o, room))
        if choice is not None:
            plan[o] = choice
            room.take(choice)
    return plan_of(model, room, plan, None, Status.FEASIBLE, seed, name)


def _first_that_fits(model: Model, room: Room, o: int, houses: Sequence[int]) -> Choice | None:
    rows = slice(int(model.first[o]), int(model.first[o + 1]))
    qty, free = model.line_qty[rows], room.stock[model.line_sku[rows]]
    usable = [w for w in houses if model.parcel[o, w] < NO_LANE and free[:, w].any() and room.labour[w] > 0]
    for w in usable:
        if (free[:, w] >= qty).all() and room.labour[w] >= len(qty):
            return Choice(o, w, -1, tuple(qty.tolist()))
    for a, b in combinations(usable, 2) if model.may_split[o] else ():
        choice = _as_much_from_the_first(o, qty, free, a, b)
        if choice is not None and room.fits(choice):
            return choice
    return None


def _as_much_from_the_first(o: int, qty: Ints, free: Ints, a: int, b: int) -> Choice | None:
    if (free[:, a] + free[:, b] < qty).any():
        return None
    zero = np.zeros(len(qty))
    from_a, _ = share(qty, free[:, a], free[:, b], (zero, zero), (zero, zero))
    return Choice(o, a, b, tuple(from_a.tolist()))


def plan_of(
    model: Model,
    room: Room,
    chosen: dict[int, Choice],
    bound: int | None,
    status: Status,
    seed: Seed,
    strategy: str,
) -> Plan:
    """Parcels and reasons in the names of the problem."""
    explain = Explainer(model, room)
    parcels, reasons, cost = list[Parcel](), [], 0
    for o in range(len(model.penalty)):
        if o not in chosen:
            reasons.append(explain.why(o))
            cost += int(model.penalty[o])
            continue
        parcels += _parcels(model, chosen[o])
        cost += model.cost_of(chosen[o])
    if model.problem.orders and not parcels:
        status = Status.INFEASIBLE
    return Plan(tuple(parcels), tuple(reasons), cost, bound, status, seed, strategy)


def _parcels(model: Model, choice: Choice) -> list[Parcel]:
    order = model.problem.orders[choice.order]
    from_b = [line.qty - units for line, units in zip(order.lines, choice.from_a, strict=True)]
    found = []
    for w, shares in ((choice.a, choice.from_a), (choice.b, from_b)):
        lines = tuple(Line(line.sku, units) for line, units in zip(order.lines, shares, strict=True) if units)
        if lines:
            found.append(Parcel(order.id, model.problem.warehouses[w].id, lines))
    return found
