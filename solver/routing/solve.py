"""The shortest walk: proven by dynamic programming where a floor allows it, else a local search that CP-SAT improves or
proves, with a bound in any case."""

from dataclasses import replace

from solver.common import Seed, Status, Stop
from solver.routing import circuit, directed, exact, flow, storeys
from solver.routing.floor import block_of
from solver.routing.greedy import route_of
from solver.routing.length import can_ground
from solver.routing.pieces import pieces_of
from solver.routing.plan import Route
from solver.routing.problem import Building, Layout, Network, Point, Problem, Tour

UNREACHABLE = Route((), (), 0, None, Status.INFEASIBLE, "unreachable")


def solve(problem: Problem | Tour, stop: Stop | None = None, seed: Seed = 0) -> Route:
    """Exact on two-way aisles in up to five blocks (four where start and end differ), whatever is closed, on
    one-way aisles in up to three from crossing to crossing, and storey by storey where one lift joins them; there the
    seed changes nothing. Elsewhere never longer than nearest neighbour,
    with CP-SAT's bound. INFEASIBLE when a stop cannot be reached.
    """
    stop = stop or Stop()
    layout = problem.layout
    if {problem.start} >= {problem.end, *problem.picks}:
        return _judged(route_of(problem, range(len(problem.picks)), "exact"), 0)
    if isinstance(layout, Building) and len(layout.lifts) <= 1:
        parts = storeys.split(problem, layout)
        routes = [solve(part.problem, stop, seed) for part in parts]
        if any(route.status is Status.INFEASIBLE for route in routes):
            return UNREACHABLE
        return storeys.joined(problem, layout, parts, routes)
    if isinstance(problem, Problem) and can_ground(problem.layout, problem.start, problem.end):
        return _exact(problem)
    bound = 0
    if isinstance(problem, Problem) and directed.can_sweep(problem):
        order, bound = directed.shortest(problem)
        if order is not None:
            return _judged(route_of(problem, order, "exact"), bound)
    if not isinstance(layout, Network) and stop.work:
        floor = pieces_of(problem, layout)
        order, bound = flow.shortest(floor, stop) if flow.is_promising(floor) else (None, 0)
        if order is not None and len(order) == len(problem.picks):
            turn = {problem.end: 2, problem.start: 0}  # no stub is walked twice
            order = tuple(sorted(order, key=lambda i: turn.get(problem.picks[i], 1)))
            route = _judged(route_of(problem, order, "flow"), bound)
            if route.status is Status.OPTIMAL:
                return route
    found = circuit.shortest(problem, stop, seed)
    if found is None:
        return UNREACHABLE
    return _judged(route_of(problem, found[0], "circuit"), max(bound, found[1]))


def resumed(problem: Problem | Tour, ahead: Point, stop: Stop | None = None, seed: Seed = 0) -> Route:
    """The same for a walk already begun, towards `ahead`: the picker keeps going there where that costs nothing.

    `ahead` is the next point that way at which the picker could turn or stop: the next pick or crossing of the aisle.
    """
    route = solve(problem, stop, seed)
    on_the_way = [i for i, pick in enumerate(problem.picks) if pick == ahead]
    rest = replace(problem, start=ahead, picks=tuple(p for p in problem.picks if p != ahead))
    leg = route_of(replace(problem, end=ahead, picks=()), (), "").length_mm
    other = solve(rest, stop, seed)
    if route.status is Status.INFEASIBLE or leg + other.length_mm > route.length_mm:
        return route
    left = [i for i, pick in enumerate(problem.picks) if pick != ahead]
    order = (*on_the_way, *(left[i] for i in other.order))
    return _judged(route_of(problem, order, route.method), route.bound_mm)


def _exact(problem: Problem) -> Route:
    points = (problem.start, problem.end, *problem.picks)
    if problem.layout.closed and any(_is_shut_in(problem.layout, point) for point in points):
        return UNREACHABLE
    order, bound = exact.shortest(problem)
    route = route_of(problem, order, "exact")
    return UNREACHABLE if route.length_mm >= exact.TOO_FAR else _judged(route, bound)


def _is_shut_in(layout: Layout, point: Point) -> bool:
    place = layout.place(point)
    shut = layout.walls().get((place.aisle, block_of(layout, place.y_mm)), []) if place.aisle is not None else []
    return any(low < place.y_mm < high for low, high in shut)


def _judged(route: Route, bound: int | None) -> Route:
    status = Status.OPTIMAL if bound == route.length_mm else Status.FEASIBLE
    return replace(route, bound_mm=bound, status=status)
