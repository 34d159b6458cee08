"""OR-Tools on one walk, as its guides show it: the peers of benchmarks/routing*.py."""

from typing import Any

from ortools.constraint_solver import pywrapcp, routing_enums_pb2
from ortools.sat.python import cp_model

from solver.routing.network import distances
from solver.routing.problem import Problem


def or_tools_default(problem: Problem) -> int:
    """Length in mm with the default search parameters."""
    return _measured(problem, pywrapcp.DefaultRoutingSearchParameters())


def guided_local_search(problem: Problem) -> int:
    """Length in mm after a tenth of a second of guided local search."""
    rules = pywrapcp.DefaultRoutingSearchParameters()
    rules.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    rules.time_limit.nanos = 100_000_000
    return _measured(problem, rules)


def _measured(problem: Problem, rules: object) -> int:
    d = distances(problem)
    stops = [0, *(pick + 1 for pick in _order(d, rules)), len(d) - 1]
    return int(d[stops[:-1], stops[1:]].sum())


def or_tools_order(d: Any) -> tuple[int, ...]:
    """Order of the picks with the default search parameters; d [n, n] from start, picks and end to each other."""
    return _order(d, pywrapcp.DefaultRoutingSearchParameters())


def _order(d: Any, rules: object) -> tuple[int, ...]:
    manager = pywrapcp.RoutingIndexManager(len(d), 1, [0], [len(d) - 1])
    model = pywrapcp.RoutingModel(manager)
    model.SetArcCostEvaluatorOfAllVehicles(model.RegisterTransitMatrix(d.tolist()))
    found = model.SolveWithParameters(rules)
    if found is None:  # no time even for a first answer
        return tuple(range(len(d) - 2))
    walk, index = list[int](), found.Value(model.NextVar(model.Start(0)))
    while not model.IsEnd(index):
        walk.append(manager.IndexToNode(index) - 1)
        index = found.Value(model.NextVar(index))
    return tuple(walk)


def long_circuit(d: Any, seconds: float) -> int:
    """Length in mm of CP-SAT's circuit over all stops after so many seconds, two workers."""
    n = len(d)
    model = cp_model.CpModel()
    arcs: list[tuple[int, int, Any]] = [(n - 1, 0, True)]
    costs = []
    for a in range(n - 1):
        for b in range(1, n):
            if a != b and (a, b) != (0, n - 1):
                arcs.append((a, b, model.new_bool_var("")))
                costs.append(int(d[a, b]))
    model.add_circuit(arcs)
    model.minimize(cp_model.LinearExpr.weighted_sum([arc[2] for arc in arcs[1:]], costs))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = 2
    status = solver.solve(model)
    return int(solver.objective_value) if status in (cp_model.OPTIMAL, cp_model.FEASIBLE) else 10**12
