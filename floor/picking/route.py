"""The floor as a picker walks it: how far it is between two places, and where a new stop costs least.

The small sister of solver.routing for one extra stop on a walk already begun: that needs no solver, only distances.
"""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

Spot = tuple[int, int]  # x, y in mm
Stretch = tuple[int, int, int]  # x of the aisle, from y, to y in mm


@dataclass(frozen=True)
class Floor:
    """Aisles run along y; cross-aisles, at these y, join them. Read from Warehouse.layout."""

    cross_y_mm: tuple[int, ...]
    depot: Spot
    lanes: tuple[str, ...]
    aisles_x_mm: tuple[int, ...] = ()
    #: Walked from the first y to the second only; and where nobody passes.
    one_way: tuple[Stretch, ...] = ()
    closed: tuple[Stretch, ...] = ()

    def corners(self, a: Spot, b: Spot) -> list[Spot]:
        """The shortest way from a to b: straight along an aisle, or over the cross-aisle that costs least."""
        if (self.one_way or self.closed) and self.cross_y_mm:
            return _around(self, a, b)
        if a[0] == b[0] or not self.cross_y_mm:
            return [a, b]
        cross = min(self.cross_y_mm, key=lambda y: abs(a[1] - y) + abs(b[1] - y))
        corners = [a, (a[0], cross), (b[0], cross), b]
        return [spot for i, spot in enumerate(corners) if i == 0 or spot != corners[i - 1]]

    def walk_mm(self, a: Spot, b: Spot) -> int:
        return sum(abs(p[0] - q[0]) + abs(p[1] - q[1]) for p, q in pairwise(self.corners(a, b)))

    def lets_pass(self, x: int, start: int, end: int) -> bool:
        """May one walk along the aisle at x from y `start` to y `end`?"""
        low, high = min(start, end), max(start, end)
        ruled = [r for r in (*self.one_way, *self.closed) if r[0] == x and max(low, min(r[1:])) < min(high, max(r[1:]))]
        return all(rule in self.one_way and (rule[2] > rule[1]) == (end > start) for rule in ruled)

    def best_place(self, route: Sequence[Spot], spot: Spot) -> tuple[int, int]:
        """(index to insert at, extra mm): the cheapest insertion after route[0], where the picker stands.

        The walk ends at the depot, so going there last is one of the choices.
        """
        way = [*route, self.depot]
        extra = [
            (self.walk_mm(a, spot) + self.walk_mm(spot, b) - self.walk_mm(a, b), i)
            for i, (a, b) in enumerate(pairwise(way), start=1)
        ]
        cost, index = min(extra)
        return index, cost


def floor_of(layout: dict[str, Any]) -> Floor:
    """The floor a warehouse's layout describes; a warehouse without one is a single long aisle."""
    x, y = layout.get("depot") or (0, 0)
    cross, lanes, aisles = (tuple(layout.get(name) or ()) for name in ("cross_y_mm", "lanes", "aisles_x_mm"))
    one_way, closed = (tuple((x, a, b) for x, a, b in layout.get(name) or ()) for name in ("one_way", "closed"))
    return Floor(cross, (x, y), lanes, aisles, one_way, closed)


# --- floors where not every way may be walked -------------------------------------------------------------------------


def _around(floor: Floor, a: Spot, b: Spot) -> list[Spot]:
    """The corners of the shortest way that is allowed; straight there where none is."""
    if a[0] == b[0] and floor.lets_pass(a[0], a[1], b[1]):
        return [a, b]
    reached = _reached(floor, a)
    ends = [
        (mm + abs(x - b[0]) + abs(y - b[1]), (x, y))
        for (x, y), (mm, _before) in reached.items()
        if y in _crosses_of(floor, b) and floor.lets_pass(b[0], y, b[1])
    ]
    if not ends:
        return [a, b]
    crossing = min(ends)[1]
    way = [b, (b[0], crossing[1])]
    at: Spot | None = crossing
    while at is not None:
        way.append(at)
        at = reached[at][1]
    way = [spot for spot, last in zip(way, [None, *way], strict=False) if spot != last][::-1]
    turns = [q for p, q, r in zip(way, way[1:], way[2:], strict=False) if not _is_straight(p, q, r)]
    return [way[0], *turns, *way[1:][-1:]]


def _is_straight(p: Spot, q: Spot, r: Spot) -> bool:
    return p[0] == q[0] == r[0] or p[1] == q[1] == r[1]


@lru_cache(maxsize=2000)
def _reached(floor: Floor, start: Spot) -> Mapping[Spot, tuple[int, Spot | None]]:
    """Every crossing that can be reached: mm, and where one comes from (Dijkstra 1959)."""
    xs = sorted({*floor.aisles_x_mm, *(rule[0] for rule in (*floor.one_way, *floor.closed)), start[0]})
    found: dict[Spot, tuple[int, Spot | None]] = {}
    todo: list[tuple[int, Spot, Spot | None]] = [(0, start, None)]
    while todo:
        mm, spot, before = heapq.heappop(todo)
        if spot not in found:
            found[spot] = mm, before
            for other in _next_to(floor, xs, spot):
                heapq.heappush(todo, (mm + abs(spot[0] - other[0]) + abs(spot[1] - other[1]), other, spot))
    return found


def _next_to(floor: Floor, xs: Sequence[int], spot: Spot) -> Iterator[Spot]:
    """The neighbouring crossings along the aisle and, at a crossing, along the cross-aisle."""
    x, y = spot
    yield from ((x, cross) for cross in _crosses_of(floor, spot) if floor.lets_pass(x, y, cross))
    if y in floor.cross_y_mm:
        at = xs.index(x)
        yield from ((other, y) for other in xs[max(0, at - 1) : at + 2] if other != x)


def _crosses_of(floor: Floor, spot: Spot) -> list[int]:
    """The cross-aisles one comes to next from a spot; beside the aisles only the nearest."""
    x, y = spot
    if x not in (floor.aisles_x_mm or (x,)):
        return [min(floor.cross_y_mm, key=lambda cross: abs(cross - y))]
    below = [cross for cross in floor.cross_y_mm if cross < y]
    above = [cross for cross in floor.cross_y_mm if cross > y]
    return [*below[-1:], *([y] if y in floor.cross_y_mm else []), *above[:1]]
