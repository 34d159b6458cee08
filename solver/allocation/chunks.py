"""Improve a plan exactly, a chunk of orders at a time: their choices compete for what the others leave free.

CP-SAT's presolve harms this set-packing model (measured: bounds absurd, nothing proven), so it is off; and
its bound is never published as proof: the bound of a plan comes from prices alone.
"""

import random
from collections import defaultdict
from collections.abc import Sequence

from ortools.sat.python import cp_model

from solver.allocation.model import Choice, Model
from solver.allocation.pricing import Prices
from solver.allocation.room import Room
from solver.common import Seed

CHUNK = 250  # orders
MOST = 12  # choices per order
EFFORT = 0.25  # CP-SAT's deterministic time per chunk

Plan = dict[int, Choice]


def priced_cost(model: Model, prices: Prices, choice: Choice) -> float:
    scarcity = sum(units * prices.unit[s, w] + prices.line[w] for s, w, units in model.use_of(choice))
    return float(model.cost_of(choice) + scarcity)


def options_of(model: Model, prices: Prices, pool: Sequence[Choice]) -> dict[int, list[tuple[float, Choice]]]:
    """Per order its choices by priced cost, the best MOST of them."""
    found: dict[int, list[tuple[float, Choice]]] = defaultdict(list)
    for choice in pool:
        found[choice.order].append((priced_cost(model, prices, choice), choice))
    return {o: sorted(row, key=lambda c: (c[0], c[1].a, c[1].b, c[1].from_a))[:MOST] for o, row in found.items()}


def chunks_of(
    model: Model, plan: Plan, options: dict[int, list[tuple[float, Choice]]], rng: random.Random
) -> list[list[int]]:
    """Orders that do worse than the prices say they could, each with the holders of what it wants, in an
    order drawn by the seed: another pass cuts other chunks."""
    holders: dict[tuple[int, int], list[int]] = defaultdict(list)
    for o, choice in plan.items():
        for sku, warehouse, _ in model.use_of(choice):
            holders[sku, warehouse].append(o)
    regret = {o: _cost(model, plan, o) - model.cost_of(row[0][1]) for o, row in options.items()}
    worst = sorted(o for o in regret if regret[o] > 0)
    rng.shuffle(worst)
    seen, found, current = set[int](), list[list[int]](), list[int]()
    for o in worst:
        wanted = {(s, w) for _, choice in options[o][:3] for s, w, _ in model.use_of(choice)}
        near = [o, *(h for cell in sorted(wanted) for h in holders[cell][:40] if h in options)]
        for member in near:
            if member not in seen:
                seen.add(member)
                current.append(member)
        if len(current) >= CHUNK:
            found.append(current)
            current = []
    return [*found, current] if current else found


def improve_chunk(
    model: Model,
    plan: Plan,
    room: Room,
    members: list[int],
    options: dict[int, list[tuple[float, Choice]]],
    seed: Seed,
) -> None:
    """Re-plan these orders in the room they and nobody else hold; `plan` and `room` change only for the
    better."""
    rows = {o: _with_present(plan, o, [choice for _, choice in options[o]]) for o in members}
    for o in members:
        if o in plan:
            room.take(plan[o], -1)
    chosen = _solve(model, room, rows, plan, seed)
    if chosen is not None:
        for o in members:
            plan.pop(o, None)
        plan.update(chosen)
    for o in members:
        if o in plan:
            room.take(plan[o])


def _with_present(plan: Plan, order: int, row: list[Choice]) -> list[Choice]:
    return row if order not in plan or plan[order] in row else [plan[order], *row]


def _cost(model: Model, plan: Plan, order: int) -> int:
    return model.cost_of(plan[order]) if order in plan else int(model.penalty[order])


def _solve(model: Model, room: Room, rows: dict[int, list[Choice]], plan: Plan, seed: Seed) -> Plan | None:
    cp = cp_model.CpModel()
    taken = [(cp.new_bool_var(""), choice) for row in rows.values() for choice in row]
    _once_per_order(cp, rows, taken)
    _within_stock_and_labour(cp, model, room, taken)
    cp.maximize(sum(var * int(model.penalty[c.order] - model.cost_of(c)) for var, c in taken))
    for var, choice in taken:
        cp.add_hint(var, plan.get(choice.order) == choice)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed
    solver.parameters.cp_model_presolve = False
    solver.parameters.linearization_level = 2
    solver.parameters.max_deterministic_time = EFFORT
    if solver.solve(cp) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    found = {choice.order: choice for var, choice in taken if solver.boolean_value(var)}
    better = sum(_cost(model, found, o) for o in rows) < sum(_cost(model, plan, o) for o in rows)
    return found if better else None


Taken = list[tuple[cp_model.IntVar, Choice]]


def _once_per_order(cp: cp_model.CpModel, rows: dict[int, list[Choice]], taken: Taken) -> None:
    by_order: dict[int, list[cp_model.IntVar]] = {o: [] for o in rows}
    for var, choice in taken:
        by_order[choice.order].append(var)
    for row in by_order.values():
        cp.add_at_most_one(row)


def _within_stock_and_labour(cp: cp_model.CpModel, model: Model, room: Room, taken: Taken) -> None:
    units: dict[tuple[int, int], list[tuple[cp_model.IntVar, int]]] = defaultdict(list)
    lines: dict[int, list[cp_model.IntVar]] = defaultdict(list)
    for var, choice in taken:
        for sku, warehouse, qty in model.use_of(choice):
            units[sku, warehouse].append((var, qty))
            lines[warehouse].append(var)
    for cell, row in units.items():
        if sum(qty for _, qty in row) > room.stock[cell]:
            cp.add(sum(var * qty for var, qty in row) <= int(room.stock[cell]))
    for warehouse, variables in lines.items():
        if len(variables) > room.labour[warehouse]:
            cp.add(sum(variables) <= int(room.labour[warehouse]))
