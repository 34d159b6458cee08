"""Local search for floors with more blocks than the exact programme takes: OR-Tools routing on the
walking distances."""

from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from solver.common import Stop
from solver.routing.problem import Problem


def improved_order(problem: Problem, order: tuple[int, ...], stop: Stop) -> tuple[int, ...]:
    """Guided local search from a known order; the limit counts solutions, so the same input gives the
    same walk."""
    points = [problem.start, *problem.picks, problem.end]
    distance = [[problem.layout.walk_mm(a, b) for b in points] for a in points]
    manager = pywrapcp.RoutingIndexManager(len(points), 1, [0], [len(points) - 1])
    model = pywrapcp.RoutingModel(manager)
    model.SetArcCostEvaluatorOfAllVehicles(model.RegisterTransitMatrix(distance))
    rules = pywrapcp.DefaultRoutingSearchParameters()
    rules.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    rules.solution_limit = max(1, stop.work * 4)
    rules.time_limit.seconds = 60 if stop.seconds is None else max(1, stop.seconds)
    model.CloseModelWithParameters(rules)
    known = model.ReadAssignmentFromRoutes([[pick + 1 for pick in order]], True)
    found = model.SolveFromAssignmentWithParameters(known, rules)
    if found is None:
        return order
    walk, index = list[int](), found.Value(model.NextVar(model.Start(0)))
    while not model.IsEnd(index):
        walk.append(manager.IndexToNode(index) - 1)
        index = found.Value(model.NextVar(index))
    return tuple(walk)
