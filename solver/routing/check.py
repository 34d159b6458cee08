"""Is this a walk past all picks, and is its length true? Knows nothing of how the route was found.

Distances are measured anew on an explicit graph of walkways (Dijkstra), not with the layout's formula.
"""

import heapq
from collections import defaultdict
from itertools import pairwise

from solver.common import Status
from solver.routing.lines import Gathered, Gathering
from solver.routing.plan import Route
from solver.routing.problem import Building, Layout, Network, Point, Problem, Tour

Spot = tuple[int, int, int]
Graph = defaultdict[Spot, dict[Spot, int]]


def violations(problem: Problem | Tour, route: Route) -> tuple[str, ...]:
    """Sentences for every rule broken; empty when the route holds."""
    found: list[str] = []
    if route.status is Status.INFEASIBLE:
        stops = [problem.start, *problem.picks, problem.end]
        ways = [(problem.start, p) for p in stops] + [(p, problem.end) for p in stops]
        is_cut_off = any(shortest_mm(problem, a, b) is None for a, b in ways)
        return () if is_cut_off else ("called unreachable, but every stop can be reached",)
    if sorted(route.order) != list(range(len(problem.picks))):
        return ("the order does not name every pick exactly once",)
    stops = [problem.start, *(problem.picks[i] for i in route.order), problem.end]
    if len(route.legs_mm) != len(stops) - 1:
        found.append("there is not one leg per stop and one to the end")
    elif route.legs_mm != tuple(shortest_mm(problem, a, b) for a, b in pairwise(stops)):
        found.append("a leg is not the shortest walk between its stops")
    if sum(route.legs_mm) != route.length_mm:
        found.append("the length is not the sum of the legs")
    if route.bound_mm is not None and route.bound_mm > route.length_mm:
        found.append("the bound is above the length")
    if route.status is Status.OPTIMAL and route.bound_mm != route.length_mm:
        found.append("called optimal without a bound that proves it")
    return tuple(found)


def gathering_violations(problem: Gathering, found: Gathered) -> tuple[str, ...]:
    """The same for a choice of bins: every line gets its units, the route passes the bins, the cost is their sum."""
    broken: list[str] = []
    points, extra = set[Point](), 0
    if len(found.taken) != len(problem.lines):
        return ("there is not one set of sources per line",)
    for line, taken in zip(problem.lines, found.taken, strict=True):
        some = [line.sources[s] for s in set(taken)]
        if len(some) < len(taken) or sum(source.units for source in some) < line.need:
            broken.append("a line does not get its units")
        points |= {source.point for source in some}
        extra += sum(source.extra_mm for source in some)
    if set(found.points) != points or len(found.points) != len(points):
        broken.append("the points are not those of the sources")
    if found.cost_mm != found.route.length_mm + extra:
        broken.append("the cost is not walk and extras")
    walk = Problem(problem.layout, problem.start, problem.end, found.points)
    return (*broken, *violations(walk, found.route))


def shortest_mm(problem: Problem | Tour, a: Point, b: Point) -> int | None:
    """Dijkstra over the walkways cut at every crossing and at the two points; None where no way leads."""
    if a == b:
        return 0
    graph, (spot_a, stub_a), (spot_b, stub_b) = walkways(problem, a, b)
    best, queue = {spot_a: 0}, [(0, spot_a)]
    while queue:
        far, here = heapq.heappop(queue)
        if far > best[here]:
            continue
        for there, length in graph[here].items():
            if far + length < best.get(there, far + length + 1):
                best[there] = far + length
                heapq.heappush(queue, (far + length, there))
    return stub_a + best[spot_b] + stub_b if spot_b in best else None


def walkways(problem: Problem | Tour, a: Point, b: Point) -> tuple[Graph, tuple[Spot, int], tuple[Spot, int]]:
    """Every aisle and cross-aisle as a chain of neighbouring spots, and where the two points meet it."""
    layout, graph = problem.layout, Graph(dict)
    if isinstance(layout, Network):
        for p, q, mm in layout.ways:
            p_spot, q_spot = _spot(layout.spots[p]), _spot(layout.spots[q])
            graph[p_spot][q_spot] = min(mm, graph[p_spot].get(q_spot, mm))
        return graph, (_spot(a), 0), (_spot(b), 0)
    storeys = layout.storeys if isinstance(layout, Building) else (layout,)
    lifts = layout.lifts if isinstance(layout, Building) else ()
    for storey, floor in enumerate(storeys):
        landings = [Point(lift.x_mm, lift.y_mm, storey) for lift in lifts]
        _chains(graph, floor, storey, [p for p in (a, b) if p.storey == storey] + landings)
    for number, lift in enumerate(lifts):
        for storey, floor in enumerate(storeys):
            place = floor.place(Point(lift.x_mm, lift.y_mm))
            door, cabin = (storey, place.x_mm, place.y_mm), (-1 - number, storey, 0)
            graph[door][cabin] = graph[cabin][door] = place.stub_mm
            if storey:
                below = (-1 - number, storey - 1, 0)
                graph[below][cabin] = graph[cabin][below] = lift.ride_mm
    ends = []
    cabins = {
        Point(lift.x_mm, lift.y_mm, storey): (-1 - number, storey, 0)
        for number, lift in enumerate(lifts) for storey in range(len(storeys))
    }  # fmt: skip
    for point in (a, b):
        place = storeys[point.storey].place(point)
        if point in cabins:
            ends.append((cabins[point], 0))
            continue
        ends.append(((point.storey, place.x_mm, place.y_mm), place.stub_mm))
    return graph, ends[0], ends[1]


def _spot(point: Point) -> Spot:
    return point.storey, point.x_mm, point.y_mm


def _chains(graph: Graph, floor: Layout, storey: int, points: list[Point]) -> None:
    along_x: dict[int, set[int]] = {y: set(floor.aisles_x_mm) for y in floor.cross_y_mm}
    along_y: dict[int, set[int]] = {x: set(floor.cross_y_mm) for x in floor.aisles_x_mm}
    for point in points:
        place = floor.place(point)
        if place.aisle is None:
            along_x[place.y_mm].add(place.x_mm)
        else:
            along_y[place.x_mm].add(place.y_mm)
    for y, xs in along_x.items():
        for p, q in pairwise(sorted(xs)):
            graph[storey, p, y][storey, q, y] = graph[storey, q, y][storey, p, y] = q - p
    for x, ys in along_y.items():
        for p, q in pairwise(sorted(ys)):
            up, down = may_walk(floor, x, p, q)
            if up:
                graph[storey, x, p][storey, x, q] = q - p
            if down:
                graph[storey, x, q][storey, x, p] = q - p


def may_walk(floor: Layout, x: int, low: int, high: int) -> tuple[bool, bool]:
    """May one walk along the aisle at x from low to high, and from high to low?"""
    up = down = True
    for closed in floor.closed:
        if floor.aisles_x_mm[closed.aisle] == x and max(low, closed.low_mm) < min(high, closed.high_mm):
            return False, False
    for rule in floor.one_way:
        first, last = floor.cross_y_mm[rule.block], floor.cross_y_mm[rule.block + 1]
        if floor.aisles_x_mm[rule.aisle] == x and first <= low and high <= last:
            up, down = up and rule.is_up, down and not rule.is_up
    return up, down
