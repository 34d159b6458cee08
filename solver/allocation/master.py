"""Prices on scarce stock and labour: subgradient steps first, then column generation with an exact linear
programme.

Choices are columns (ship plans: Amil, Makhdoumi and Wei 2025), rows are the cells more orders want than there
is.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from ortools.math_opt import model_pb2
from ortools.math_opt.python import mathopt
from ortools.pdlp import solvers_pb2

from solver.allocation.model import NO_LANE, Choice, Floats, Model
from solver.allocation.pricing import Prices, bound_of, choices_of, price_all, use_of_all
from solver.common import Watch

EXACT_ORDERS = 1_000  # up to here a last pass by GLOP makes the bound exact; PDLP alone is up to 0.1% below
ENOUGH = 1e-4  # a round that lifts the bound by less ends the generation of choices


Relax = Callable[[Model, list[Choice]], Prices | None]


@dataclass(slots=True)
class Pool:
    """All choices met while pricing, each once, with the best bound so far and the prices that gave it."""

    bound: int
    prices: Prices
    choices: dict[Choice, None] = field(default_factory=dict)

    def note(self, bound: int, prices: Prices, choices: list[Choice]) -> int:
        """Add choices; answer how many were new."""
        if bound > self.bound:
            self.bound, self.prices = bound, prices
        before = len(self.choices)
        self.choices.update(dict.fromkeys(choices))
        return len(self.choices) - before


def no_prices(model: Model) -> Prices:
    return Prices(np.zeros(model.stock.shape), np.zeros(len(model.labour)))


def scarce(model: Model) -> tuple[Floats, Floats]:
    """1.0 where orders could ask for more than there is: units [sku, warehouse] and lines [warehouse]."""
    serves = (model.parcel < NO_LANE)[model.line_order]
    wanted = np.zeros_like(model.stock)
    np.add.at(wanted, model.line_sku, np.where(serves, model.line_qty[:, None], 0))
    lines = (serves & (model.stock[model.line_sku] > 0)).sum(axis=0)
    return (wanted > model.stock).astype(np.float64), (lines > model.labour).astype(np.float64)


def climb(model: Model, upper: int, steps: int, watch: Watch) -> Pool:
    """Subgradient steps on the prices (Polyak 1969), halved after five steps in vain."""
    prices = no_prices(model)
    units_scarce, lines_scarce = scarce(model)
    pool, pace, since = Pool(0, prices), 1.0, 0
    for _ in range(max(1, steps)):
        priced = price_all(model, prices)
        choices = choices_of(model, prices, priced)
        bound, before = bound_of(model, prices, priced), pool.bound
        pool.note(bound, prices, choices)
        units, lines = use_of_all(model, choices)
        over_u, over_l = (units - model.stock) * units_scarce, (lines - model.labour) * lines_scarce
        over_u = np.where((prices.unit <= 0) & (over_u < 0), 0, over_u)
        over_l = np.where((prices.line <= 0) & (over_l < 0), 0, over_l)
        norm = float((over_u**2).sum() + (over_l**2).sum())
        if norm == 0 or watch.is_over():
            break
        since = 0 if pool.bound > before else since + 1
        if since == 5:
            pace, since = pace / 2, 0
            prices = pool.prices
            continue
        size = pace * max(1, upper - bound) / norm
        prices = Prices(np.maximum(0, prices.unit + size * over_u), np.maximum(0, prices.line + size * over_l))
    return pool


def generate(model: Model, pool: Pool, rounds: int, watch: Watch) -> Pool:
    """Column generation: solve the linear programme over the pool, price all orders by its duals, add what is
    new.

    PDLP first: its duals lie inside the optimal face, which places orders far better than a vertex (measured:
    9% of cost) and scales; then GLOP where that is quick, to close the bound.
    """
    first_order = mathopt.SolveParameters(pdlp=_tolerance(1e-4, 3000), threads=1)
    _rounds(model, pool, rounds, watch, partial(duals, solver=mathopt.SolverType.PDLP, rules=first_order))
    if len(model.penalty) <= EXACT_ORDERS:
        placing = pool.prices
        exact = partial(duals, solver=mathopt.SolverType.GLOP, rules=mathopt.SolveParameters())
        _rounds(model, pool, rounds, watch, exact)
        pool.prices = placing
    return pool


def _tolerance(relative: float, iterations: int) -> solvers_pb2.PrimalDualHybridGradientParams:
    rules = solvers_pb2.PrimalDualHybridGradientParams()
    rules.termination_criteria.simple_optimality_criteria.eps_optimal_relative = relative
    rules.termination_criteria.simple_optimality_criteria.eps_optimal_absolute = relative
    rules.termination_criteria.iteration_limit = iterations
    return rules


def _rounds(model: Model, pool: Pool, rounds: int, watch: Watch, relax: Relax) -> None:
    for _ in range(rounds):
        before = pool.bound
        prices = None if watch.is_over() else relax(model, list(pool.choices))
        if prices is None:
            return
        priced = price_all(model, prices)
        fresh = pool.note(bound_of(model, prices, priced), prices, choices_of(model, prices, priced))
        if not fresh or 0 < pool.bound - before < ENOUGH * pool.bound:
            return


def duals(
    model: Model, choices: list[Choice], solver: mathopt.SolverType, rules: mathopt.SolveParameters
) -> Prices | None:
    """Prices from the linear relaxation over these choices; the model is filled in bulk."""
    units_scarce, lines_scarce = scarce(model)
    n, houses = len(model.penalty), len(model.labour)
    row_at: dict[tuple[int, int], int] = {}
    entries: list[tuple[int, int, float]] = [(choice.order, c, 1.0) for c, choice in enumerate(choices)]
    lines_of: dict[tuple[int, int], int] = {}
    for c, choice in enumerate(choices):
        for sku, warehouse, units in model.use_of(choice):
            if units_scarce[sku, warehouse]:
                row = row_at.setdefault((sku, warehouse), n + houses + len(row_at))
                entries.append((row, c, float(units)))
            if lines_scarce[warehouse]:
                lines_of[n + warehouse, c] = lines_of.get((n + warehouse, c), 0) + 1
    entries += [(row, c, float(lines)) for (row, c), lines in lines_of.items()]
    entries += [(o, len(choices) + o, 1.0) for o in range(n)]
    cells = list(row_at)
    above = [1.0] * n + [float(x) for x in model.labour] + [float(model.stock[cell]) for cell in cells]
    below = [1.0] * n + [-np.inf] * (len(above) - n)
    costs = [float(model.cost_of(choice)) for choice in choices] + [float(x) for x in model.penalty]
    found = _solve(costs, below, above, sorted(entries), solver, rules)
    if found is None:
        return None
    prices = no_prices(model)
    prices.line[:] = np.maximum(0, -found[n : n + houses]) * lines_scarce
    for cell, dual in zip(cells, found[n + houses :], strict=True):
        prices.unit[cell] = max(0.0, -float(dual))
    return prices


def _solve(
    costs: list[float],
    below: list[float],
    above: list[float],
    entries: list[tuple[int, int, float]],
    solver: mathopt.SolverType,
    rules: mathopt.SolveParameters,
) -> Floats | None:
    """Duals of min costs.x, below <= A x <= above, x >= 0."""
    proto = model_pb2.ModelProto()
    proto.variables.ids.extend(range(len(costs)))
    proto.variables.lower_bounds.extend([0.0] * len(costs))
    proto.variables.upper_bounds.extend([float("inf")] * len(costs))
    proto.variables.integers.extend([False] * len(costs))
    proto.objective.linear_coefficients.ids.extend(range(len(costs)))
    proto.objective.linear_coefficients.values.extend(costs)
    proto.linear_constraints.ids.extend(range(len(above)))
    proto.linear_constraints.lower_bounds.extend(below)
    proto.linear_constraints.upper_bounds.extend(above)
    rows, columns, values = zip(*entries, strict=True)
    proto.linear_constraint_matrix.row_ids.extend(rows)
    proto.linear_constraint_matrix.column_ids.extend(columns)
    proto.linear_constraint_matrix.coefficients.extend(values)
    model = mathopt.Model.from_model_proto(proto)
    result = mathopt.solve(model, solver, params=rules)
    if not result.solutions or result.solutions[0].dual_solution is None:
        return None
    duals = result.solutions[0].dual_solution.dual_values
    return np.array([duals[row] for row in model.linear_constraints()], dtype=np.float64)
