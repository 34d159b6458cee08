"""The shortest walk by dynamic programming, and the walk's sequence from its multigraph (sources: `table`)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

from solver.routing.floor import stub_total, ways_to_walk
from solver.routing.length import (
    Ground,
    ground_of,
    in_one_aisle,
    keys_of,
    walk_steps,
)
from solver.routing.problem import Place, Problem
from solver.routing.table import DEAREST, table

Spot = tuple[int, int]  # x, y in mm

#: mm: no walk is as long; where the programme's is, the floor falls apart.
TOO_FAR = DEAREST


def shortest(problem: Problem) -> tuple[tuple[int, ...], int]:
    """Order of the picks on a shortest walk, and its proven length in mm."""
    layout = problem.layout
    start, end = layout.place(problem.start), layout.place(problem.end)
    places = [layout.place(pick) for pick in problem.picks]
    stubs = stub_total(problem, places, start, end)
    ground = ground_of(layout, problem.start, problem.end, problem.picks)
    keys = keys_of(ground, layout, places)
    if in_one_aisle(ground, keys):
        return along_one_aisle(places, start.y_mm, end.y_mm, stubs)
    length, steps = walk_steps(ground, keys)
    if length >= TOO_FAR:
        return tuple(range(len(places))), TOO_FAR
    edges = edges_of(problem, ground, [start, end, *places], steps.tolist())
    walk = euler_walk((start.x_mm, start.y_mm), edges)
    return picks_along(problem, places, walk), int(length) + stubs


def along_one_aisle(places: Sequence[Place], start: int, end: int, stubs: int) -> tuple[tuple[int, ...], int]:
    """Everything in one aisle: out to the far end on the one side, back past the start to the other, then
    to the end."""
    ys = [place.y_mm for place in places] or [start]
    low, high = min(*ys, start, end), max(*ys, start, end)
    low_first = start - low + high - low + high - end
    high_first = high - start + high - low + end - low
    sign = 1 if low_first <= high_first else -1
    ahead = [sign * (place.y_mm - start) for place in places]
    picks = range(len(places))
    out = sorted((i for i in picks if ahead[i] < 0), key=lambda i: -ahead[i])
    back = sorted((i for i in picks if ahead[i] >= 0), key=lambda i: ahead[i])
    return (*out, *back), min(low_first, high_first) + stubs


def edges_of(
    problem: Problem, ground: Ground, places: Sequence[Place], steps: Sequence[Sequence[int]]
) -> list[tuple[Spot, Spot]]:
    """The multigraph of the walk, one entry per use of a walkway between two stops. `places`: start and end first."""
    layout, is_open = problem.layout, problem.start != problem.end
    rows = table(layout.blocks, is_open).rows
    inside: dict[int, set[int]] = defaultdict(set)
    odd: dict[Spot, int] = defaultdict(int)
    for place in places:
        if place.aisle is not None:
            inside[place.x_mm].add(place.y_mm)
    for place in places[:2] if is_open else ():
        odd[place.x_mm, place.y_mm] += place.aisle is not None
    walls = {(layout.aisles_x_mm[aisle], block): stretch[0] for (aisle, block), stretch in layout.walls().items()}
    edges: list[tuple[Spot, Spot]] = []
    for number, (kind, column, way, after) in enumerate(steps):
        x = int(ground.xs[column])
        if kind < layout.blocks:
            low, high = layout.cross_y_mm[kind : kind + 2]
            points = [y for y in inside.get(x, ()) if low < y <= high or y == low == layout.cross_y_mm[0]]
            edges += _along([low, *sorted(points), high], x, odd, way, walls.get((x, kind)))
        elif kind == layout.blocks:
            beyond = int(ground.xs[steps[number + 1][1]])
            for (times, _), y in zip(rows[after], layout.cross_y_mm, strict=True):
                edges += [((x, y), (beyond, y))] * max(0, times)
    return edges


def _along(
    stops: Sequence[int], x: int, odd: Mapping[Spot, int], way: int, wall: tuple[int, int] | None
) -> list[tuple[Spot, Spot]]:
    flips = [0]
    for y in stops[1:-1]:
        flips.append((flips[-1] + odd.get((x, y), 0)) % 2)
    walled = (
        None if wall is None else next(i for i, (a, b) in enumerate(pairwise(stops)) if a <= wall[0] < wall[1] <= b)
    )
    used = ways_to_walk(stops, flips, walled)[way]
    return [
        edge
        for (a, b), times in zip(pairwise(stops), used, strict=True)
        for edge in [((x, a), (x, b))] * (times if a != b else 0)
    ]


def euler_walk(start: Spot, edges: list[tuple[Spot, Spot]]) -> list[Spot]:
    """A walk from start to end that uses every edge once (Hierholzer 1873)."""
    ways: dict[Spot, list[tuple[Spot, int]]] = defaultdict(list)
    for index, (a, b) in enumerate(edges):
        ways[a].append((b, index))
        ways[b].append((a, index))
    used = [False] * len(edges)
    stack, walk = [start], list[Spot]()
    while stack:
        open_ways = ways[stack[-1]]
        while open_ways and used[open_ways[-1][1]]:
            open_ways.pop()
        if open_ways:
            spot, index = open_ways.pop()
            used[index] = True
            stack.append(spot)
        else:
            walk.append(stack.pop())
    return walk[::-1]


def picks_along(problem: Problem, places: Sequence[Place], walk: list[Spot]) -> tuple[int, ...]:
    """Picks in the order the walk first passes them; those at the very start first, those at the very end last, and
    picks of one point together, so that no stub is walked twice."""
    waiting: dict[Spot, list[int]] = defaultdict(list)
    for pick, place in enumerate(places):
        waiting[place.x_mm, place.y_mm].append(pick)
    points = problem.picks
    passed = [
        pick
        for spot in walk
        for pick in sorted(waiting.pop(spot, ()), key=lambda i: (points[i].x_mm, points[i].y_mm, i))
    ]
    turn = {problem.end: 2, problem.start: 0}
    return tuple(sorted(passed, key=lambda i: turn.get(points[i], 1)))
