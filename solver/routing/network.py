"""Distances where no formula tells them: the walkways as a directed graph, cut at every crossing and at every stop."""

from collections import defaultdict
from itertools import pairwise

import numpy as np

from solver.routing.problem import Building, Layout, Network, Point, Problem, Tour
from solver.routing.table import Ints
from solver.routing.touring import FAR, all_distances

Spot = tuple[int, int, int]  # storey, x, y


def distances(problem: Problem | Tour) -> Ints:
    """[n + 2, n + 2] shortest walks in mm between start, picks and end, in this order; FAR where there is none."""
    points = [problem.start, *problem.picks, problem.end]
    layout = problem.layout
    if isinstance(layout, Layout) and layout.is_plain:
        places = [layout.place(point) for point in points]
        found = np.array([[layout.walk_between(a, b) for b in places] for a in places], np.int64)
        stubs = np.zeros(len(points), np.int64)
    elif isinstance(layout, Network):
        node = {spot: number for number, spot in enumerate(layout.spots)}
        found = _between(len(node), list(layout.ways), [node[point] for point in points])
        stubs = np.zeros(len(points), np.int64)
    else:
        found, stubs = _on_storeys(layout, points)
    found = np.where(found >= FAR, FAR, found + stubs[:, None] + stubs[None, :])
    same = np.array([[a == b for b in points] for a in points])
    return np.where(same, 0, found)


def _between(nodes: int, ways: list[tuple[int, int, int]], stops: list[int]) -> Ints:
    rows = np.array(sorted(ways), np.int64).reshape(-1, 3)
    first = np.searchsorted(rows[:, 0], np.arange(nodes + 1))
    where = np.array(stops, np.int64)
    found: Ints = all_distances(first, rows[:, 1].copy(), rows[:, 2].copy(), where)
    return found


def _on_storeys(layout: Layout | Building, points: list[Point]) -> tuple[Ints, Ints]:
    storeys = layout.storeys if isinstance(layout, Building) else (layout,)
    lifts = layout.lifts if isinstance(layout, Building) else ()
    node: dict[Spot, int] = {}
    ways: list[tuple[int, int, int]] = []
    stubs, stops = [], []
    landings = [[Point(lift.x_mm, lift.y_mm, storey) for storey in range(len(storeys))] for lift in lifts]
    for storey, floor in enumerate(storeys):
        here = [p for p in points if p.storey == storey] + [landing[storey] for landing in landings]
        _walkways(floor, storey, here, node, ways)
    cabins: dict[Point, int] = {}
    for lift, landing in zip(lifts, landings, strict=True):
        for point in landing:
            place = storeys[point.storey].place(point)
            door = node[point.storey, place.x_mm, place.y_mm]
            cabin = cabins[point] = node.setdefault((-1 - len(cabins), point.storey, 0), len(node))
            ways += [(door, cabin, place.stub_mm), (cabin, door, place.stub_mm)]
            if point.storey:
                ways += [(cabin, cabin - 1, lift.ride_mm), (cabin - 1, cabin, lift.ride_mm)]
    for point in points:
        place = storeys[point.storey].place(point)
        stops.append(cabins.get(point, node[point.storey, place.x_mm, place.y_mm]))
        stubs.append(0 if point in cabins else place.stub_mm)
    return _between(len(node), ways, stops), np.array(stubs, np.int64)


def _walkways(
    floor: Layout, storey: int, points: list[Point], node: dict[Spot, int], ways: list[tuple[int, int, int]]
) -> None:
    """Add the storey's aisles and cross-aisles as chains of neighbouring spots."""
    along_x: dict[int, set[int]] = {y: set(floor.aisles_x_mm) for y in floor.cross_y_mm}
    along_y: dict[int, set[int]] = {x: set(floor.cross_y_mm) for x in floor.aisles_x_mm}

    def number(x: int, y: int) -> int:
        return node.setdefault((storey, x, y), len(node))

    for place in map(floor.place, points):
        number(place.x_mm, place.y_mm)
        if place.aisle is None:
            along_x[place.y_mm].add(place.x_mm)
        else:
            along_y[place.x_mm].add(place.y_mm)
    one_way = {(rule.aisle, rule.block): rule.is_up for rule in floor.one_way}
    shut: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for closed in floor.closed:
        shut[closed.aisle].append((closed.low_mm, closed.high_mm))
    for y, xs in along_x.items():
        for a, b in pairwise(sorted(xs)):
            ways += [(number(a, y), number(b, y), b - a), (number(b, y), number(a, y), b - a)]
    for aisle, x in enumerate(floor.aisles_x_mm):
        for low, high in pairwise(sorted(along_y[x])):
            block = max(i for i, y in enumerate(floor.cross_y_mm) if y <= low)
            rule = one_way.get((aisle, block))
            if any(a < high and b > low for a, b in shut[aisle]):
                continue
            if rule is not False:
                ways.append((number(x, low), number(x, high), high - low))
            if rule is not True:
                ways.append((number(x, high), number(x, low), high - low))
