"""The shortest walk by dynamic programming, and the walk's sequence from its multigraph (sources:
`table`)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from solver.routing.floor import Grid, Spot, draw, segments, stub_total, way_costs, ways_to_walk
from solver.routing.problem import Place, Problem
from solver.routing.table import DEAREST, Ints, Moves, Table, step, table

MAX_BLOCKS_CLOSED = 5  # 3,033 states
MAX_BLOCKS_OPEN = 4  # 2,956 states


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of the sweep: `block` for a sub-aisle, None otherwise (`across` tells a walk to the next
    column)."""

    column: int
    move: Moves
    weights: Ints
    block: int | None = None
    is_across: bool = False


def can_solve(problem: Problem) -> bool:
    is_open = problem.start != problem.end
    return problem.layout.blocks <= (MAX_BLOCKS_OPEN if is_open else MAX_BLOCKS_CLOSED)


def shortest(problem: Problem) -> tuple[tuple[int, ...], int]:
    """Order of the picks on a shortest walk, and its proven length in mm."""
    layout = problem.layout
    start, end = layout.place(problem.start), layout.place(problem.end)
    places = [layout.place(pick) for pick in problem.picks]
    stubs = stub_total(problem, places, start, end)
    if len({p.aisle for p in [start, end, *places]}) == 1 and start.aisle is not None:
        return along_one_aisle(places, start.y_mm, end.y_mm)
    grid = draw(problem, places, start, end)
    programme = table(layout.blocks, grid.is_open)
    stages = sweep(grid, programme)
    length, chosen = run(programme, stages)
    spots = euler_walk(grid, edges_of(grid, programme, stages, chosen))
    return picks_along(grid, problem, places, spots), length + stubs


def along_one_aisle(places: Sequence[Place], start: int, end: int) -> tuple[tuple[int, ...], int]:
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
    return (*out, *back), min(low_first, high_first)


def sweep(grid: Grid, programme: Table) -> list[Stage]:
    """All steps from the first column to the last."""
    nothing = np.zeros((1, 1), dtype=np.int64)
    stages: list[Stage] = []
    for column, x in enumerate(grid.xs):
        if grid.has_aisle[column]:
            stages += [
                Stage(column, programme.aisle[block], way_costs(grid, column, block), block)
                for block in range(grid.layout.blocks)
            ]
        for cross in range(grid.layout.blocks + 1):
            ends = grid.on_cross.get((column, cross))
            if ends == 0:
                stages.append(Stage(column, programme.touch_even[cross], nothing))
            elif ends:
                stages += [Stage(column, programme.touch_odd[cross], nothing)] * ends
        if column + 1 < len(grid.xs):
            gap = grid.xs[column + 1] - x
            most = 2 * (grid.layout.blocks + 1) + 1
            weights = np.arange(most, dtype=np.int64).reshape(-1, 1) * gap
            stages.append(Stage(column, programme.across, weights, is_across=True))
    return stages


def run(programme: Table, stages: list[Stage]) -> tuple[int, list[tuple[int, int, int]]]:
    """Length of the best walk, and for each stage the move taken: state before, state after, way."""
    costs = np.full((len(programme.rows), 1), DEAREST, dtype=np.int64)
    costs[programme.start] = 0
    layers = [costs]
    for stage in stages:
        layers.append(step(layers[-1], stage.move, stage.weights))
    state = int(programme.final[np.argmin(layers[-1][programme.final, 0])])
    length = int(layers[-1][state, 0])
    chosen: list[tuple[int, int, int]] = []
    for index in range(len(stages) - 1, -1, -1):
        before, way = step_back(stages[index], layers[index], layers[index + 1], state)
        chosen.append((before, state, way))
        state = before
    return length, chosen[::-1]


def step_back(stage: Stage, costs: Ints, after: Ints, state: int) -> tuple[int, int]:
    """The first move that explains the cost of `state`."""
    move = stage.move
    run_index = int(np.searchsorted(move.targets, state))
    first = int(move.starts[run_index])
    last = int(move.starts[run_index + 1]) if run_index + 1 < len(move.starts) else len(move.source)
    reached = costs[move.source[first:last], 0] + stage.weights[move.way[first:last], 0]
    pick = first + int(np.argmax(reached == after[state, 0]))
    return int(move.source[pick]), int(move.way[pick])


def edges_of(
    grid: Grid, programme: Table, stages: list[Stage], chosen: list[tuple[int, int, int]]
) -> list[tuple[Spot, Spot]]:
    """The multigraph of the walk, one entry per use of a walkway between two stops."""
    edges: list[tuple[Spot, Spot]] = []
    for stage, (_, after, way) in zip(stages, chosen, strict=True):
        column = stage.column
        if stage.block is not None:
            stops, _ = segments(grid, column, stage.block)
            used = ways_to_walk(grid, column, stage.block)[way][1]
            for (a, b), times in zip(pairwise(stops), used, strict=True):
                edges += [((column, a), (column, b))] * (times if a != b else 0)
        elif stage.is_across:
            for (times, _), y in zip(programme.rows[after], grid.layout.cross_y_mm, strict=True):
                edges += [((column, y), (column + 1, y))] * max(0, times)
    return edges


def euler_walk(grid: Grid, edges: list[tuple[Spot, Spot]]) -> list[Spot]:
    """A walk from start to end that uses every edge once (Hierholzer 1873)."""
    ways: dict[Spot, list[tuple[Spot, int]]] = defaultdict(list)
    for index, (a, b) in enumerate(edges):
        ways[a].append((b, index))
        ways[b].append((a, index))
    used = [False] * len(edges)
    stack, walk = [grid.start], list[Spot]()
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


def picks_along(grid: Grid, problem: Problem, places: Sequence[Place], walk: list[Spot]) -> tuple[int, ...]:
    """Picks in the order the walk first passes them; those at the very start first, those at the very end last, and
    picks of one point together, so that no stub is walked twice."""
    at = {x: column for column, x in enumerate(grid.xs)}
    waiting: dict[Spot, list[int]] = defaultdict(list)
    for pick, place in enumerate(places):
        waiting[at[place.x_mm], place.y_mm].append(pick)
    points = problem.picks
    passed = [
        pick
        for spot in walk
        for pick in sorted(waiting.pop(spot, ()), key=lambda i: (points[i].x_mm, points[i].y_mm, i))
    ]
    turn = {problem.end: 2, problem.start: 0}
    return tuple(sorted(passed, key=lambda i: turn.get(points[i], 1)))
