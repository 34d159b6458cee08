"""OR-Tools' routing library on one walk, as its guide shows it: the peers of benchmarks/routing.py."""

from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from solver.routing.problem import Problem


def or_tools_default(problem: Problem) -> int:
    """Length in mm with the default search parameters."""
    return _length(problem, pywrapcp.DefaultRoutingSearchParameters())


def guided_local_search(problem: Problem) -> int:
    """Length in mm after a tenth of a second of guided local search."""
    rules = pywrapcp.DefaultRoutingSearchParameters()
    rules.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    rules.time_limit.nanos = 100_000_000
    return _length(problem, rules)


def _length(problem: Problem, rules: object) -> int:
    points = [problem.start, *problem.picks, problem.end]
    distance = [[problem.layout.walk_mm(a, b) for b in points] for a in points]
    manager = pywrapcp.RoutingIndexManager(len(points), 1, [0], [len(points) - 1])
    model = pywrapcp.RoutingModel(manager)
    model.SetArcCostEvaluatorOfAllVehicles(model.RegisterTransitMatrix(distance))
    found = model.SolveWithParameters(rules)
    assert found is not None
    return int(found.ObjectiveValue())
