"""Several storeys joined by one lift: the walk on each storey starts and ends at the lift, so each is a problem of its
own, and the ride passes every storey in use once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from solver.common import Status
from solver.routing.plan import Route
from solver.routing.problem import Building, Point, Problem, Tour


@dataclass(frozen=True, slots=True)
class Part:
    """The walk on one storey; `picks`: the tour's index of each of its picks, -1 for the lift to pass on the way."""

    storey: int
    problem: Problem
    picks: tuple[int, ...]


def split(tour: Problem | Tour, building: Building) -> list[Part]:
    """The storeys to walk on, in riding order: away from where the tour ends first, then past the rest to its end."""
    start, end = tour.start.storey, tour.end.storey
    used = sorted({start, end, *(pick.storey for pick in tour.picks)})
    below_first = (start - used[0]) + (used[-1] - end) <= (used[-1] - start) + (end - used[0])
    before = [s for s in used if (s < start if below_first else s > start)]
    after = [s for s in used if s != start and s not in before]
    # Beyond the end on the far side, back to it: the end comes last.
    order = [*sorted(before, reverse=below_first), *sorted(after, reverse=not below_first)]
    storeys = [start, *(s for s in order if s != end), *([end] if end != start else [])]
    return [_part(tour, building, storey, len(used) > 1) for storey in storeys]


def _part(tour: Problem | Tour, building: Building, storey: int, rides: bool) -> Part:
    picks = [i for i, pick in enumerate(tour.picks) if pick.storey == storey]
    points = [_flat(tour.picks[i]) for i in picks]
    start, end = _flat(tour.start), _flat(tour.end)
    is_first, is_last = storey == tour.start.storey, storey == tour.end.storey
    if not rides:
        return Part(storey, Problem(building.storeys[storey], start, end, tuple(points)), tuple(picks))
    lift = Point(building.lifts[0].x_mm, building.lifts[0].y_mm)
    if is_first and is_last:
        picks, points = [*picks, -1], [*points, lift]
    a, b = start if is_first else lift, end if is_last else lift
    return Part(storey, Problem(building.storeys[storey], a, b, tuple(points)), tuple(picks))


def _flat(point: Point) -> Point:
    """On a floor of its own."""
    return replace(point, storey=0)


def joined(tour: Problem | Tour, building: Building, parts: Sequence[Part], routes: Sequence[Route]) -> Route:
    """One route of the parts'. Where the walk ends on the storey it starts on, the others come in at the lift."""
    order: list[int] = []
    legs: list[int] = [0]

    def walk(number: int) -> None:
        part, route = parts[number], routes[number]
        for stop, leg in zip(route.order, route.legs_mm, strict=False):
            legs[-1] += leg
            if part.picks[stop] < 0:
                ride_on(number)
            else:
                order.append(part.picks[stop])
                legs.append(0)
        legs[-1] += route.legs_mm[-1]

    def ride_on(number: int) -> None:
        here = parts[number].storey
        for other in range(number + 1, len(parts)):
            legs[-1] += abs(parts[other].storey - here) * building.lifts[0].ride_mm
            here = parts[other].storey
            walk(other)
        if tour.end.storey == parts[number].storey:
            legs[-1] += abs(here - tour.end.storey) * building.lifts[0].ride_mm

    walk(0)
    if tour.end.storey != tour.start.storey:
        ride_on(0)
    length = sum(legs)
    rides = length - sum(route.length_mm for route in routes)
    bounds = [route.bound_mm for route in routes if route.bound_mm is not None]
    bound = sum(bounds) + rides if len(bounds) == len(routes) else None
    status = Status.OPTIMAL if bound == length else Status.FEASIBLE
    return Route(tuple(order), tuple(legs), length, bound, status, "storeys")
