"""The shortest walk: proven by dynamic programming on floors of up to five blocks, else the best of local
search."""

from dataclasses import replace

from solver.common import Seed, Status, Stop
from solver.routing.exact import can_solve, shortest
from solver.routing.greedy import nearest_neighbour, route_of, s_shape
from solver.routing.plan import Route
from solver.routing.problem import Problem
from solver.routing.search import improved_order


def solve(problem: Problem, stop: Stop | None = None, seed: Seed = 0) -> Route:
    """Never longer than S-shape or nearest neighbour. The seed is accepted for the common shape of all
    planners; the answer does not depend on it. Exact answers take well under 10 ms on the usual one to
    three blocks."""
    del seed
    stop = stop or Stop()
    if can_solve(problem):
        order, bound = shortest(problem)
        route = replace(route_of(problem, order, "exact"), bound_mm=bound)
        return replace(route, status=Status.OPTIMAL) if route.length_mm == bound else route
    routes = [s_shape(problem), nearest_neighbour(problem)]
    if stop.work and len(problem.picks) > 1:
        routes.append(route_of(problem, improved_order(problem, min(routes, key=_length).order, stop), "search"))
    return min(routes, key=_length)


def _length(route: Route) -> int:
    return route.length_mm
