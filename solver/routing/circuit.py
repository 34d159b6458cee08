"""Floors without a formula: stops that are always walked in one go become one, a local search answers at once, and
OR-Tools' CP-SAT improves or proves it as a circuit."""

from collections import defaultdict
from itertools import pairwise
from typing import Any

import numpy as np
from ortools.sat.python import cp_model

from solver.common import Seed, Stop
from solver.routing.bounding import least_length
from solver.routing.floor import block_of
from solver.routing.network import distances
from solver.routing.problem import Layout, Place, Problem, Tour
from solver.routing.table import Ints
from solver.routing.touring import FAR, better_order

#: Rounds of the local search, and groups up to which a proof is tried, with its usual effort (CP-SAT's own seconds).
_ROUNDS, _PROVABLE, _EFFORT = 300, 25, 0.1


def shortest(problem: Problem | Tour, stop: Stop, seed: Seed) -> tuple[tuple[int, ...], int] | None:
    """(order of the picks, bound in mm), or None where some stop cannot be reached."""
    d = distances(problem)
    last = len(d) - 1
    if (d[0] >= FAR).any() or (d[:, last] >= FAR).any():
        return None
    groups = [[0], *grouped(problem), [last]]
    heads, tails = np.array([g[0] for g in groups]), np.array([g[-1] for g in groups])
    between = d[np.ix_(tails, heads)]
    inside = sum(int(d[a, b]) for g in groups for a, b in pairwise(g))
    order = better_order(between, _nearest(between), _ROUNDS * max(1, stop.work) // 100, np.int64(seed))
    length = int(between[order[:-1], order[1:]].sum())
    bound = least_length(between, length) if len(groups) > 3 else length
    if stop.work and bound < length and len(groups) <= _PROVABLE:
        order, proven = _proven(between, order, stop)
        bound = max(bound, proven)
    picks = tuple(stop - 1 for g in order[1:-1] for stop in groups[g])
    return picks, bound + inside


def grouped(problem: Problem | Tour) -> list[list[int]]:
    """Stops (pick index + 1) that a shortest walk passes in one go, in walking order.

    Picks at one point; those in a one-way sub-aisle, which is walked from end to end; those in a dead end up to a
    closed stretch, on the way to the deepest. Not where the walk starts or ends inside.
    """
    layout = problem.layout
    groups: dict[object, list[int]] = defaultdict(list)
    if not isinstance(layout, Layout):
        for stop, point in enumerate(problem.picks, 1):
            groups[point].append(stop)
        return list(groups.values())
    one_way = {(rule.aisle, rule.block): rule.is_up for rule in layout.one_way}
    walls = layout.walls()
    keys: list[object] = []
    depths: list[int] = []
    for point in (problem.start, problem.end, *problem.picks):
        key, depth = _lane(layout, layout.place(point), one_way, walls)
        keys.append(key)
        depths.append(depth)
    for stop in sorted(range(1, len(problem.picks) + 1), key=lambda stop: (depths[stop + 1], stop)):
        key = keys[stop + 1]
        groups[key if key not in keys[:2] else problem.picks[stop - 1]].append(stop)
    return list(groups.values())


def _lane(
    layout: Layout,
    place: Place,
    one_way: dict[tuple[int, int], bool],
    walls: dict[tuple[int, int], list[tuple[int, int]]],
) -> tuple[object, int]:
    """(what is walked in one go there, how far along it)."""
    alone = (place.x_mm, place.y_mm, place.stub_mm)
    if place.aisle is None:
        return alone, 0
    block = block_of(layout, place.y_mm)
    low, high = layout.cross_y_mm[block : block + 2]
    if not low < place.y_mm < high:
        return alone, 0
    where = place.aisle, block
    shut = walls.get(where, [])
    if where in one_way and not shut:
        return where, place.y_mm if one_way[where] else -place.y_mm
    if shut and where not in one_way:
        is_below = place.y_mm <= shut[0][0]
        return (*where, is_below), place.y_mm if is_below else -place.y_mm
    return alone, 0


def _nearest(d: Ints) -> Ints:
    """Always to the nearest stop not yet visited, from the first to the last."""
    left, order = set(range(1, len(d) - 1)), [0]
    while left:
        order.append(min(left, key=lambda i: (d[order[-1], i], i)))
        left.remove(order[-1])
    return np.array([*order, len(d) - 1], np.int64)


def _proven(d: Ints, order: Ints, stop: Stop) -> tuple[Ints, int]:
    """The same or a shorter order, and a bound: CP-SAT's circuit over all stops, one thread, its own clock."""
    n = len(d)
    model = cp_model.CpModel()
    arcs: list[tuple[int, int, Any]] = [(n - 1, 0, True)]
    costs, literals = [], []
    known = set(zip(order[:-1].tolist(), order[1:].tolist(), strict=True))
    rows = d.tolist()
    for a in range(n - 1):
        for b in range(1, n):
            if a != b and rows[a][b] < FAR and (a, b) != (0, n - 1):
                literal = model.new_bool_var("")
                model.add_hint(literal, (a, b) in known)
                arcs.append((a, b, literal))
                costs.append(rows[a][b])
                literals.append(literal)
    model.add_circuit(arcs)
    model.minimize(cp_model.LinearExpr.weighted_sum(literals, costs))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_deterministic_time = _EFFORT * stop.work / 100
    if stop.seconds is not None:
        solver.parameters.max_time_in_seconds = max(1, stop.seconds)
    status = solver.solve(model)
    length = int(d[order[:-1], order[1:]].sum())
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return order, 0
    bound = min(length, int(np.ceil(solver.best_objective_bound - 1e-6)))
    if solver.objective_value < length:
        after = {a: b for a, b, literal in arcs[1:] if solver.boolean_value(literal)}
        walk = [0]
        while walk[-1] != n - 1:
            walk.append(after[walk[-1]])
        order = np.array(walk, np.int64)
    return order, bound
