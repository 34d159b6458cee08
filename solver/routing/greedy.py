"""Plain routes: the yardstick in tests, and the answer when nothing better may be computed."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from solver.common import Status
from solver.routing.floor import block_of
from solver.routing.network import distances
from solver.routing.plan import Route
from solver.routing.problem import Place, Problem, Tour


def route_of(problem: Problem | Tour, order: Sequence[int], method: str) -> Route:
    """Measure the walk in the given order of picks."""
    points = [problem.start, *(problem.picks[i] for i in order), problem.end]
    if isinstance(problem, Problem) and problem.layout.is_plain:
        spots = [problem.layout.place(point) for point in points]
        between = [problem.layout.walk_between(a, b) for a, b in pairwise(spots)]
    else:
        stops = [0, *(i + 1 for i in order), len(problem.picks) + 1]
        far = distances(problem)
        between = [int(far[a, b]) for a, b in pairwise(stops)]
    legs = tuple(0 if a == b else leg for leg, (a, b) in zip(between, pairwise(points), strict=True))
    return Route(tuple(order), legs, sum(legs), None, Status.FEASIBLE, method)


def s_shape(problem: Problem) -> Route:
    """Block by block from the far one to the near one, through each aisle with picks, turning direction
    each time (Hall 1993; several blocks: Roodbergen and de Koster 2001). The way most floors walk without a
    system."""
    layout = problem.layout
    places = [layout.place(pick) for pick in problem.picks]
    start = layout.place(problem.start)
    is_start_low = 2 * start.y_mm <= layout.cross_y_mm[0] + layout.cross_y_mm[-1]
    order: list[int] = []
    x, y = start.x_mm, start.y_mm
    for block in sorted({block_of(layout, p.y_mm) for p in places}, reverse=is_start_low):
        members = [i for i, p in enumerate(places) if block_of(layout, p.y_mm) == block]
        xs = sorted({places[i].x_mm for i in members}, reverse=_is_nearer_right(places, members, x))
        for aisle_x in xs:
            picks = sorted((i for i in members if places[i].x_mm == aisle_x), key=lambda i: places[i].y_mm)
            if abs(y - places[picks[-1]].y_mm) < abs(y - places[picks[0]].y_mm):
                picks.reverse()
            order += picks
            x = aisle_x
            low, high = layout.cross_y_mm[block : block + 2]
            first, last = places[picks[0]].y_mm, places[picks[-1]].y_mm
            y = high if y <= first <= last else low
    return route_of(problem, order, "s_shape")


def _is_nearer_right(places: Sequence[Place], members: Sequence[int], x: int) -> bool:
    xs = [places[i].x_mm for i in members]
    return abs(max(xs) - x) < abs(min(xs) - x)


def largest_gap(problem: Problem) -> Route:
    """Block by block from the far one to the near one: up the first aisle with picks, along the far cross-aisle with a
    look into each aisle as deep as its largest gap, down the last aisle, and back along the near one for the rest (Hall
    1993)."""
    layout = problem.layout
    places = [layout.place(pick) for pick in problem.picks]
    start = layout.place(problem.start)
    is_start_low = 2 * start.y_mm <= layout.cross_y_mm[0] + layout.cross_y_mm[-1]
    order: list[int] = []
    for block in sorted({block_of(layout, p.y_mm) for p in places}, reverse=is_start_low):
        ends = layout.cross_y_mm[block : block + 2]
        near, far = ends if is_start_low else ends[::-1]
        aisles: dict[int, list[int]] = defaultdict(list)
        for i in sorted(range(len(places)), key=lambda i: abs(places[i].y_mm - near)):
            if block_of(layout, places[i].y_mm) == block:
                aisles[places[i].x_mm].append(i)
        xs = sorted(aisles, key=lambda x: abs(x - (places[order[-1]] if order else start).x_mm))
        xs = sorted(aisles, reverse=bool(xs) and xs[0] == max(aisles) and len(xs) > 1)
        back: list[int] = []
        for x in xs[1:-1]:
            stops = [near, *(places[i].y_mm for i in aisles[x]), far]
            gap = max(range(len(stops) - 1), key=lambda g: abs(stops[g + 1] - stops[g]))
            order_far = aisles[x][gap:][::-1]
            back = aisles[x][:gap] + back
            aisles[x] = order_far
        order += aisles[xs[0]] + [i for x in xs[1:-1] for i in aisles[x]]
        order += (aisles[xs[-1]][::-1] if len(xs) > 1 else []) + back
    return route_of(problem, order, "largest_gap")


def nearest_neighbour(problem: Problem) -> Route:
    """Always to the nearest pick not yet visited; the lower index on a tie."""
    layout = problem.layout
    places = [layout.place(pick) for pick in problem.picks]
    here, left, order = layout.place(problem.start), list(range(len(places))), list[int]()
    while left:
        following = min(left, key=lambda i: (layout.walk_between(here, places[i]), i))
        left.remove(following)
        order.append(following)
        here = places[following]
    return route_of(problem, order, "nearest_neighbour")
