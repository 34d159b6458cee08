"""The floor as a picker walks it: how far it is between two places, and where a new stop costs least.

The small sister of solver.routing for one extra stop on a walk already begun: that needs no solver, only distances.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

Spot = tuple[int, int]  # x, y in mm


@dataclass(frozen=True)
class Floor:
    """Aisles run along y; cross-aisles, at these y, join them. Read from Warehouse.layout."""

    cross_y_mm: tuple[int, ...]
    depot: Spot
    lanes: tuple[str, ...]

    def corners(self, a: Spot, b: Spot) -> list[Spot]:
        """The shortest way from a to b: straight along an aisle, or over the cross-aisle that costs least."""
        if a[0] == b[0] or not self.cross_y_mm:
            return [a, b]
        cross = min(self.cross_y_mm, key=lambda y: abs(a[1] - y) + abs(b[1] - y))
        corners = [a, (a[0], cross), (b[0], cross), b]
        return [spot for i, spot in enumerate(corners) if i == 0 or spot != corners[i - 1]]

    def walk_mm(self, a: Spot, b: Spot) -> int:
        return sum(abs(p[0] - q[0]) + abs(p[1] - q[1]) for p, q in pairwise(self.corners(a, b)))

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
    return Floor(tuple(layout.get("cross_y_mm") or ()), (x, y), tuple(layout.get("lanes") or ()))
