"""Which bins to take each line from is part of the route's choice: `choose` answers with both.

Few ways to choose are tried one by one, and the answer is proven; many are annealed (`choosing`). What a bin costs
beside walking (reserve instead of the pick face, a bin not emptied) is said in mm, so that one sum decides.
"""

from dataclasses import dataclass
from itertools import combinations, product
from math import prod

import numpy as np

from solver.common import Seed, Status, Stop
from solver.routing.choosing import chosen_bins
from solver.routing.length import can_ground, ground_of, key_of_each, walk_length
from solver.routing.plan import Route
from solver.routing.problem import Layout, Point, Problem
from solver.routing.solve import solve

#: Choices tried one by one, and moves of the usual effort by number of blocks: some 50 ms each.
_FEW, _MOVES = {1: 4_000, 2: 1_000, 3: 250}, {1: 20_000, 2: 5_000, 3: 1_000}
#: Temperatures of the annealing in mm of walk.
_WARM, _COLD = 15_000.0, 300.0


@dataclass(frozen=True, slots=True)
class Source:
    """Units of a line's goods in one bin; `extra_mm` is what taking from it costs beside the walk, at least 0."""

    point: Point
    units: int
    extra_mm: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """`need` units from any of the sources, which together have at least as many."""

    need: int
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Gathering:
    """A walk from start to end that brings every line its units."""

    layout: Layout
    start: Point
    end: Point
    lines: tuple[Line, ...]

    def __post_init__(self) -> None:
        if any(sum(s.units for s in line.sources) < line.need for line in self.lines):
            raise ValueError("the sources of a line have fewer units than it needs")


@dataclass(frozen=True, slots=True)
class Gathered:
    """`taken[i]`: indices of line i's sources. `route` is over their points, each once, as in `points`."""

    taken: tuple[tuple[int, ...], ...]
    points: tuple[Point, ...]
    route: Route
    cost_mm: int
    status: Status


def choose(problem: Gathering, stop: Stop | None = None, seed: Seed = 0) -> Gathered:
    """The cheapest walk and extras found. OPTIMAL when all choices were tried and the route is proven."""
    stop = stop or Stop()
    ways = [minimal_sets(line, 64) for line in problem.lines]
    few = _FEW.get(problem.layout.blocks, 16)
    can_measure = can_ground(problem.layout, problem.start, problem.end)
    if all(ways) and prod(map(len, ways)) <= (few if can_measure else 1):
        return _gathered(problem, _best_of(problem, ways), True)
    if not stop.work or not can_measure:
        return _gathered(problem, tuple(_preferred(line) for line in problem.lines), False)
    return _gathered(problem, _annealed(problem, stop, seed), False)


def minimal_sets(line: Line, most: int) -> list[tuple[int, ...]]:
    """Sets of sources that suffice and have none too many; empty when there may be more than `most`."""
    found: list[tuple[int, ...]] = []
    if len(line.sources) > 8:
        return found
    for size in range(len(line.sources) + 1):
        for some in combinations(range(len(line.sources)), size):
            total = sum(line.sources[s].units for s in some)
            if total >= line.need and all(total - line.sources[s].units < line.need for s in some):
                found.append(some)
    return found if len(found) <= most else []


def _preferred(line: Line) -> tuple[int, ...]:
    """The sources that cost least beside the walk, in the order given."""
    taken, got = list[int](), 0
    for s in sorted(range(len(line.sources)), key=lambda s: line.sources[s].extra_mm):
        if got < line.need:
            taken.append(s)
            got += line.sources[s].units
    return tuple(sorted(taken))


def _best_of(problem: Gathering, ways: list[list[tuple[int, ...]]]) -> tuple[tuple[int, ...], ...]:
    choices = list(product(*ways))
    if len(choices) == 1:
        return choices[0]
    layout, points = problem.layout, tuple({s.point for line in problem.lines for s in line.sources})
    ground = ground_of(layout, problem.start, problem.end, points)
    places = [layout.place(point) for point in points]
    key = dict(zip(points, key_of_each(ground, layout, places), strict=True))
    stub = {point: 2 * place.stub_mm for point, place in zip(points, places, strict=True)}

    def cost(choice: tuple[tuple[int, ...], ...]) -> int:
        some = [line.sources[s] for line, taken in zip(problem.lines, choice, strict=True) for s in taken]
        keys = np.sort(np.array([key[source.point] for source in some], np.int64))
        apart = sum(stub[point] for point in {source.point for source in some})
        return int(walk_length(ground, keys)) + apart + sum(source.extra_mm for source in some)

    return min(choices, key=cost)


def _annealed(problem: Gathering, stop: Stop, seed: Seed) -> tuple[tuple[int, ...], ...]:
    layout = problem.layout
    rows = [(i, s, source) for i, line in enumerate(problem.lines) for s, source in enumerate(line.sources)]
    places = [layout.place(source.point) for *_, source in rows]
    ground = ground_of(layout, problem.start, problem.end, tuple(source.point for *_, source in rows))
    keys = key_of_each(ground, layout, places)
    order = np.argsort(keys, kind="stable")
    key = keys[order]
    line = np.array([rows[b][0] for b in order])
    qty = np.array([rows[b][2].units for b in order])
    extra = np.array([rows[b][2].extra_mm + 2 * places[b].stub_mm for b in order])
    place = np.unique(key // (layout.cross_y_mm[-1] - layout.cross_y_mm[0] + 1), return_inverse=True)[1]
    member = np.lexsort((extra, line))
    first = np.searchsorted(line[member], np.arange(len(problem.lines) + 1))
    need = np.array([one.need for one in problem.lines])
    moves = max(1, _MOVES.get(layout.blocks, 100) * stop.work // 100)
    taken, _ = chosen_bins(
        ground, key, place, line, qty, extra, first, member, need, moves, _WARM, _COLD, np.int64(seed)
    )
    chosen: list[list[int]] = [[] for _ in problem.lines]
    for b in order[taken]:
        chosen[rows[b][0]].append(rows[b][1])
    return tuple(tuple(sorted(some)) for some in chosen)


def _gathered(problem: Gathering, taken: tuple[tuple[int, ...], ...], all_tried: bool) -> Gathered:
    some = [line.sources[s] for line, chosen in zip(problem.lines, taken, strict=True) for s in chosen]
    points = tuple(dict.fromkeys(source.point for source in some))
    route = solve(Problem(problem.layout, problem.start, problem.end, points))
    cost = route.length_mm + sum(source.extra_mm for source in some)
    status = Status.OPTIMAL if all_tried and route.status is Status.OPTIMAL else Status.FEASIBLE
    return Gathered(taken, points, route, cost, status)
