"""Linear and zero-one programmes, filled in bulk and handed to a solver inside OR-Tools."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from ortools.math_opt import callback_pb2, model_parameters_pb2, model_pb2, parameters_pb2
from ortools.math_opt.core.python import solver as math_opt

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def zero_one(cost: Floats, limit: Floats, row: Ints, column: Ints, much: Floats) -> model_pb2.ModelProto:
    """Take [columns] or leave them at the least cost, what they use of each of the [rows] within its limit."""
    proto, by = model_pb2.ModelProto(), np.lexsort((column, row))
    proto.variables.ids.extend(range(len(cost)))
    proto.variables.lower_bounds.extend([0.0] * len(cost))
    proto.variables.upper_bounds.extend([1.0] * len(cost))
    proto.variables.integers.extend([True] * len(cost))
    proto.objective.linear_coefficients.ids.extend(range(len(cost)))
    proto.objective.linear_coefficients.values.extend(cost.tolist())
    proto.linear_constraints.ids.extend(range(len(limit)))
    proto.linear_constraints.lower_bounds.extend([-float("inf")] * len(limit))
    proto.linear_constraints.upper_bounds.extend(limit.tolist())
    proto.linear_constraint_matrix.row_ids.extend(row[by].tolist())
    proto.linear_constraint_matrix.column_ids.extend(column[by].tolist())
    proto.linear_constraint_matrix.coefficients.extend(much[by].tolist())
    return proto


def linear(cost: Floats, limit: Floats, row: Ints, column: Ints, much: Floats) -> tuple[float, Floats]:
    """The least cost when parts may be taken, by GLOP, and what one more of each limit would change it by."""
    proto = zero_one(cost, limit, row, column, much)
    del proto.variables.integers[:]
    proto.variables.integers.extend([False] * len(cost))
    found = solved(proto, parameters_pb2.SOLVER_TYPE_GLOP, parameters_pb2.SolveParametersProto()).solutions[0]
    duals = np.zeros(len(limit))
    duals[np.array(found.dual_solution.dual_values.ids, np.int64)] = found.dual_solution.dual_values.values
    return float(found.primal_solution.objective_value), duals


def solved(
    proto: model_pb2.ModelProto, kind: Any, rules: parameters_pb2.SolveParametersProto, hint: Bools | None = None
) -> Any:
    """The solver's answer; `hint` [columns] is a choice it may begin with."""
    start = model_parameters_pb2.ModelSolveParametersProto()
    if hint is not None:
        values = start.solution_hints.add().variable_values
        values.ids.extend(range(len(hint)))
        values.values.extend(hint.astype(float).tolist())
    return math_opt.solve(
        proto, kind, parameters_pb2.SolverInitializerProto(), rules, start,
        None, callback_pb2.CallbackRegistrationProto(), None, None,
    )  # fmt: skip
