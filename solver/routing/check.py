"""Is this a walk past all picks, and is its length true? Knows nothing of how the route was found.

Distances are measured anew on an explicit graph of walkways (Dijkstra), not with the layout's formula.
"""

import heapq
from collections import defaultdict
from itertools import pairwise

from solver.common import Status
from solver.routing.plan import Route
from solver.routing.problem import Point, Problem

Graph = dict[Point, dict[Point, int]]


def violations(problem: Problem, route: Route) -> tuple[str, ...]:
    """Sentences for every rule broken; empty when the route holds."""
    found: list[str] = []
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


def shortest_mm(problem: Problem, a: Point, b: Point) -> int:
    """Dijkstra over the walkways cut at every crossing and at the two points."""
    if a == b:
        return 0
    graph, (spot_a, stub_a), (spot_b, stub_b) = walkways(problem, a, b)
    best, queue = {spot_a: 0}, [(0, spot_a.x_mm, spot_a.y_mm)]
    while queue:
        far, x, y = heapq.heappop(queue)
        here = Point(x, y)
        if far > best[here]:
            continue
        for there, length in graph[here].items():
            if far + length < best.get(there, far + length + 1):
                best[there] = far + length
                heapq.heappush(queue, (far + length, there.x_mm, there.y_mm))
    return stub_a + best[spot_b] + stub_b


def walkways(problem: Problem, a: Point, b: Point) -> tuple[Graph, tuple[Point, int], tuple[Point, int]]:
    """Every aisle and cross-aisle as a chain of neighbouring spots."""
    layout = problem.layout
    spots: list[tuple[Point, int]] = []
    along_x: dict[int, set[int]] = {y: set(layout.aisles_x_mm) for y in layout.cross_y_mm}
    along_y: dict[int, set[int]] = {x: set(layout.cross_y_mm) for x in layout.aisles_x_mm}
    for point in (a, b):
        place = layout.place(point)
        spots.append((Point(place.x_mm, place.y_mm), place.stub_mm))
        if place.aisle is None:
            along_x[place.y_mm].add(place.x_mm)
        else:
            along_y[place.x_mm].add(place.y_mm)
    graph: Graph = defaultdict(dict)
    chains = [[Point(x, y) for x in sorted(xs)] for y, xs in along_x.items()]
    chains += [[Point(x, y) for y in sorted(ys)] for x, ys in along_y.items()]
    for chain in chains:
        for p, q in pairwise(chain):
            graph[p][q] = graph[q][p] = abs(p.x_mm - q.x_mm) + abs(p.y_mm - q.y_mm)
    return graph, spots[0], spots[1]
