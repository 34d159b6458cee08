"""The shortest walk on a floor with one-way aisles, by the dynamic programme of `directed_table`."""

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from solver.routing.directed_table import BOTH, GAP, HIGH, LOW, NOT, Table, table
from solver.routing.exact import Spot, picks_along
from solver.routing.floor import block_of, stub_total
from solver.routing.problem import Layout, Place, Problem
from solver.routing.table import Ints, Moves

#: (blocks, do start and end differ) -> the caps tried on the surpluses, one after the other, while a sweep is quick.
_CAPS = {
    (1, False): (4, 8), (1, True): (4, 8),
    (2, False): (3, 5), (2, True): (3, 4),
    (3, False): (2, 3, 4), (3, True): (2,),
}  # fmt: skip
#: Costs are mm times this, plus one for each step that ends at a cap: of equal walks the proven one is found.
_MM = 1024
_NEVER = 2**50

Stretch = tuple[int, int]  # from y to y, mm, in walking direction
Ways = dict[int, list[Stretch]]


@dataclass(frozen=True, slots=True)
class _Step:
    """One step of the sweep at column `x`: the moves, what each way costs, and how an aisle's ways are walked."""

    x: int
    moves: Moves
    weights: Ints
    ways: Ways | None = None


def can_sweep(problem: Problem) -> bool:
    """Few enough blocks, start and end at a cross-aisle, and no pick in a one-way sub-aisle that is closed somewhere or
    between two closed stretches."""
    layout = problem.layout
    ends = map(layout.place, (problem.start, problem.end))
    if (layout.blocks, False) not in _CAPS or any(_crossing(layout, end) is None for end in ends):
        return False
    walls, one_way = layout.walls(), {(rule.aisle, rule.block) for rule in layout.one_way}
    for place in map(layout.place, problem.picks):
        if place.aisle is not None:
            where = place.aisle, block_of(layout, place.y_mm)
            shut = walls.get(where, [])
            is_lost = bool(shut) and shut[0][0] < place.y_mm < shut[-1][1]
            if is_lost or (shut and where in one_way):
                return False
    return True


def shortest(problem: Problem) -> tuple[tuple[int, ...] | None, int]:
    """(order of the picks on a shortest walk or None if it was not found, bound in mm)."""
    layout = problem.layout
    places = [layout.place(pick) for pick in problem.picks]
    stubs = stub_total(problem, places, layout.place(problem.start), layout.place(problem.end))
    bound, is_open = 0, problem.start != problem.end
    for cap in _CAPS[layout.blocks, is_open]:
        programme = table(layout.blocks, is_open, cap)
        steps = _steps(problem, programme, places)
        cost, states, ways = _swept(programme, steps)
        if cost >= _NEVER:
            break
        bound = cost // _MM + stubs
        if not programme.is_capped[states].any():
            walk = _walked(problem, programme, steps, states, ways, places)
            return picks_along(problem, places, walk), bound
    return None, bound


# --- the sweep --------------------------------------------------------------------------------------------------------


def _steps(problem: Problem, programme: Table, places: list[Place]) -> list[_Step]:
    layout, walls = problem.layout, problem.layout.walls()
    rules = {(rule.aisle, rule.block): rule.is_up for rule in layout.one_way}
    inside: dict[tuple[int, int], set[int]] = defaultdict(set)
    met: dict[int, set[tuple[int, int]]] = defaultdict(set)  # x -> (cross-aisle, surplus) of what lies at its crossings
    for place in places:
        cross = _crossing(layout, place)
        if cross is not None:
            met[place.x_mm].add((cross, 0))
        else:
            assert place.aisle is not None
            inside[place.aisle, block_of(layout, place.y_mm)].add(place.y_mm)
    both_ends = [(end.x_mm, _crossing(layout, end)) for end in map(layout.place, (problem.start, problem.end))]
    for (x, cross), surplus in zip(both_ends, (1, -1), strict=True):
        assert cross is not None
        met[x].add((cross, 0 if both_ends[0] == both_ends[1] else surplus))
    xs = sorted({*layout.aisles_x_mm, *met})
    aisles = {x: aisle for aisle, x in enumerate(layout.aisles_x_mm)}
    steps = []
    for x, beyond in pairwise([*xs, xs[-1]]):
        for block in range(layout.blocks) if x in aisles else ():
            where = aisles[x], block
            wall = (walls[where][0][0], walls[where][-1][1]) if where in walls else None
            low, high = layout.cross_y_mm[block : block + 2]
            ways = _ways(programme, (low, high), sorted(inside[where]), rules.get(where), wall)
            weights = np.full(programme.ways, _NEVER, np.int64)
            for way, stretches in ways.items():
                weights[way] = _MM * sum(abs(b - a) for a, b in stretches)
            steps.append(_Step(x, programme.aisle[block], weights, ways))
        steps += [_Step(x, programme.touch[key], np.zeros(1, np.int64)) for key in sorted(met[x])]
        if beyond > x:
            weights = _MM * (beyond - x) * np.arange(programme.cap * (layout.blocks + 1) + 1)
            steps.append(_Step(x, programme.across, weights))
    return steps


def _crossing(layout: Layout, place: Place) -> int | None:
    """The cross-aisle a place lies on."""
    return place.cross if place.aisle is None or place.y_mm == layout.cross_y_mm[place.cross] else None


def _ways(programme: Table, ends: Stretch, picks: list[int], is_up: bool | None, wall: Stretch | None) -> Ways:
    """What can be walked in a sub-aisle so that all its picks are fetched."""
    low, high = ends
    below = [y for y in picks if wall is None or y <= wall[0]]
    above = [y for y in picks if wall is None or y >= wall[1]]
    from_low = [(low, below[-1]), (below[-1], low)] if below else []
    from_high = [(high, above[0]), (above[0], high)] if above else []
    if wall is not None:
        way = {(False, False): NOT, (True, False): LOW, (False, True): HIGH, (True, True): GAP}
        return {way[bool(below), bool(above)]: from_low + from_high}
    ways: Ways = {} if picks else {NOT: []}
    if is_up is None:
        ways[BOTH] = [(low, high), (high, low)]
    if is_up is None and picks:
        ways |= {LOW: from_low, HIGH: from_high}
    if is_up is None and len(picks) > 1:
        a, b = max(pairwise(picks), key=lambda gap: gap[1] - gap[0])
        ways[GAP] = [(low, a), (a, low), (high, b), (b, high)]
    for times in range(1, programme.most + 1):
        if is_up is not False:
            ways[programme.through(times)] = [(low, high)] * times
        if is_up is not True:
            ways[programme.through(-times)] = [(high, low)] * times
    return ways


def _swept(programme: Table, steps: list[_Step]) -> tuple[int, list[int], list[int]]:
    """(cost of the shortest walk, the states behind its start and behind each step, the way of each step)."""
    costs = np.full(len(programme.rows), _NEVER, np.int64)
    costs[programme.start] = 0
    layers = [costs]
    for step in steps:
        after = np.full_like(costs, _NEVER)
        best = np.minimum.reduceat(_reached(layers[-1], step), step.moves.starts)
        after[step.moves.targets] = best + programme.is_capped[step.moves.targets]
        layers.append(np.minimum(after, _NEVER))
    state = int(programme.final[layers[-1][programme.final].argmin()])
    cost = int(layers[-1][state])
    if cost >= _NEVER:
        return cost, [], []
    states, ways = [state], list[int]()
    for step, before in zip(reversed(steps), reversed(layers[:-1]), strict=True):
        first, last = np.searchsorted(step.moves.target, [state, state + 1])
        move = int(first + _reached(before, step)[first:last].argmin())
        state = int(step.moves.source[move])
        states.append(state)
        ways.append(int(step.moves.way[move]))
    return cost, states[::-1], ways[::-1]


def _reached(costs: Ints, step: _Step) -> Ints:
    return costs[step.moves.source] + step.weights[step.moves.way]


# --- the walk ---------------------------------------------------------------------------------------------------------


def _walked(
    problem: Problem, programme: Table, steps: list[_Step], states: list[int], ways: list[int], places: list[Place]
) -> list[Spot]:
    """The spots in walking order: every step once, in its direction (Hierholzer 1873)."""
    inside: dict[int, set[int]] = defaultdict(set)
    for place in places:
        inside[place.x_mm].add(place.y_mm)
    onward: dict[Spot, list[Spot]] = defaultdict(list)
    for n, (step, state, way) in enumerate(zip(steps, states[1:], ways, strict=True)):
        if step.ways is not None:
            for a, b in step.ways[way]:
                between = sorted((y for y in inside[step.x] if min(a, b) < y < max(a, b)), reverse=a > b)
                for y, z in pairwise([a, *between, b]):
                    onward[step.x, y].append((step.x, z))
        elif step.moves is programme.across:
            beyond = steps[n + 1].x
            for (surplus, part), y in zip(programme.rows[state], problem.layout.cross_y_mm, strict=True):
                onward[step.x, y] += [(beyond, y)] * (max(0, surplus) or (surplus == 0 and part > 0))
                onward[beyond, y] += [(step.x, y)] * (max(0, -surplus) or (surplus == 0 and part > 0))
    start = problem.layout.place(problem.start)
    stack, walk = [(start.x_mm, start.y_mm)], list[Spot]()
    while stack:
        if onward[stack[-1]]:
            stack.append(onward[stack[-1]].pop())
        else:
            walk.append(stack.pop())
    return walk[::-1]
