"""What the exact programme and the plain rules ask of a floor: blocks, stubs, and the ways to walk a sub-aisle."""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

from solver.routing.problem import Layout, Place, Point, Problem
from solver.routing.table import WAY


def block_of(layout: Layout, y_mm: int) -> int:
    return min(max(bisect_left(layout.cross_y_mm, y_mm) - 1, 0), layout.blocks - 1)


def ways_to_walk(stops: Sequence[int], flips: Sequence[int], wall: int | None = None) -> dict[int, tuple[int, ...]]:
    """For each way of walking a sub-aisle how often each segment between its stops (the crossings at the ends) is
    used, where the walk is shortest. `flips`: the parity a segment has more than the first one; it flips at a point
    where an open walk starts or ends. `wall`: the segment in which nobody passes.

    Between two stops a walk runs once (odd) or twice (even); at most one even segment can be left out, or the middle
    would hang in the air.
    """
    lengths = [b - a for a, b in pairwise(stops)]
    found: dict[int, tuple[int, tuple[int, ...]]] = {}
    for base in (0, 1):
        full = [1 if (base + flip) % 2 else 2 for flip in flips]
        for gap in (None, *(i for i, times in enumerate(full) if times == 2)):
            if wall is not None and gap != wall:
                continue
            used = tuple(0 if i == gap else times for i, times in enumerate(full))
            cost = sum(times * length for times, length in zip(used, lengths, strict=True))
            way = WAY[used[0], used[-1], gap is None]
            if way not in found or cost < found[way][0]:
                found[way] = (cost, used)
    return {way: used for way, (_, used) in found.items()}


def stub_total(problem: Problem, places: Sequence[Place], start: Place, end: Place) -> int:
    """What the straight bits off the walkways add to any walk: in and out of each distinct place, once at
    the ends."""
    ends = {problem.start, problem.end}
    apart: dict[Point, int] = {
        pick: place.stub_mm for pick, place in zip(problem.picks, places, strict=True) if pick not in ends
    }
    own = 0 if problem.start == problem.end and not apart else start.stub_mm + end.stub_mm
    return own + 2 * sum(apart.values())
