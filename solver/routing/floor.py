"""One walk drawn onto the grid: columns, the points in each sub-aisle, and the cost of each way to walk
it."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from solver.routing.problem import Layout, Place, Point, Problem
from solver.routing.table import DEAREST, OPEN_WAYS, WAY, Ints

Spot = tuple[int, int]  # column index, y in mm


@dataclass(frozen=True, slots=True)
class Grid:
    """`xs` are the columns in use; a column without an aisle exists only where a point lies on a
    cross-aisle."""

    layout: Layout
    xs: tuple[int, ...]
    has_aisle: tuple[bool, ...]
    start: Spot
    end: Spot
    # (column, block) -> sorted y of the points in that sub-aisle
    inside: dict[tuple[int, int], tuple[int, ...]]
    # (column, cross) -> how many ends of an open walk lie there; 0: a point to pass
    on_cross: dict[tuple[int, int], int]
    # points inside an aisle -> how many ends of an open walk lie there
    odd: dict[Spot, int]
    is_open: bool


def draw(problem: Problem, places: Sequence[Place], start: Place, end: Place) -> Grid:
    """Put start, end and picks on the smallest set of columns that still holds a shortest walk."""
    layout = problem.layout
    every = [start, end, *places]
    xs, has_aisle = columns(layout, [p.x_mm for p in every])
    at = {x: column for column, x in enumerate(xs)}
    is_open = problem.start != problem.end
    inside: dict[tuple[int, int], set[int]] = defaultdict(set)
    on_cross: dict[tuple[int, int], int] = {}
    for place in every:
        column = at[place.x_mm]
        if has_aisle[column] and place.aisle is not None:
            inside[column, block_of(layout, place.y_mm)].add(place.y_mm)
        else:
            on_cross[column, place.cross] = 0
    odd: dict[Spot, int] = defaultdict(int)
    for place in (start, end) if is_open else ():
        if place.aisle is None:
            on_cross[at[place.x_mm], place.cross] += 1
        else:
            odd[at[place.x_mm], place.y_mm] += 1
    return Grid(
        layout,
        xs,
        has_aisle,
        (at[start.x_mm], start.y_mm),
        (at[end.x_mm], end.y_mm),
        {key: tuple(sorted(ys)) for key, ys in inside.items()},
        on_cross,
        odd,
        is_open,
    )


def columns(layout: Layout, needed: list[int]) -> tuple[tuple[int, ...], tuple[bool, ...]]:
    """Aisles from the one at or before the leftmost point to the one at or after the rightmost, and the
    points' own columns. Walking further out never pays: the outermost aisle taken instead is no longer."""
    aisles = layout.aisles_x_mm
    low = max((x for x in aisles if x <= min(needed)), default=aisles[0])
    high = min((x for x in aisles if x >= max(needed)), default=aisles[-1])
    kept = {x for x in aisles if low <= x <= high}
    xs = tuple(sorted(kept | set(needed)))
    return xs, tuple(x in kept for x in xs)


def block_of(layout: Layout, y_mm: int) -> int:
    return min(max(bisect_left(layout.cross_y_mm, y_mm) - 1, 0), layout.blocks - 1)


def segments(grid: Grid, column: int, block: int) -> tuple[list[int], list[int]]:
    """The stops along a sub-aisle (its two crossings at the ends) and, for each segment between them, the
    parity it has more than the first one: it flips at a point where an open walk starts or ends."""
    low, high = grid.layout.cross_y_mm[block : block + 2]
    ys = grid.inside.get((column, block), ())
    flips = [0]
    for y in ys:
        flips.append((flips[-1] + grid.odd.get((column, y), 0)) % 2)
    return [low, *ys, high], flips


def ways_to_walk(grid: Grid, column: int, block: int) -> dict[int, tuple[int, tuple[int, ...]]]:
    """For each way of walking a sub-aisle: its length and how often each segment is used. Between two
    stops a tour runs once (odd) or twice (even); at most one even segment can be left out, or the middle
    would hang in the air."""
    stops, flips = segments(grid, column, block)
    lengths = [b - a for a, b in pairwise(stops)]
    found: dict[int, tuple[int, tuple[int, ...]]] = {}
    for base in (0, 1):
        full = [1 if (base + flip) % 2 else 2 for flip in flips]
        gaps = [None, *(i for i, times in enumerate(full) if times == 2)]
        for gap in gaps:
            used = tuple(0 if i == gap else times for i, times in enumerate(full))
            cost = sum(times * length for times, length in zip(used, lengths, strict=True))
            way = WAY[used[0], used[-1], gap is None]
            if way not in found or cost < found[way][0]:
                found[way] = (cost, used)
    return found


def way_costs(grid: Grid, column: int, block: int) -> Ints:
    costs = np.full((len(OPEN_WAYS), 1), DEAREST, dtype=np.int64)
    for way, (cost, _) in ways_to_walk(grid, column, block).items():
        costs[way, 0] = cost
    return costs


def stub_total(problem: Problem, places: Sequence[Place], start: Place, end: Place) -> int:
    """What the straight bits off the walkways add to any walk: in and out of each distinct place, once at
    the ends."""
    ends = {problem.start, problem.end}
    apart: dict[Point, int] = {
        pick: place.stub_mm for pick, place in zip(problem.picks, places, strict=True) if pick not in ends
    }
    own = 0 if problem.start == problem.end and not apart else start.stub_mm + end.stub_mm
    return own + 2 * sum(apart.values())
