"""The full model of a small day: every plan of every order that could be in a better answer, chosen by HiGHS.

At given prices a plan of an order that costs, charges included, more above the order's least than (cost - bound) cannot
be in anything cheaper than `cost`. So the model over all plans within that window has the optimum of the day. Windows
grow; the last one that could be listed and solved is printed, and whether it covers the whole window.
"""

import time
from dataclasses import dataclass, field, replace
from datetime import timedelta

import numpy as np
from ortools.math_opt import callback_pb2, model_parameters_pb2, parameters_pb2
from ortools.math_opt.core.python import solver as math_opt

from benchmarks.allocation_measures import groups_of
from benchmarks.certificate import members, parcel_costs, place_costs, sending
from solver.allocation.chunks import zero_one
from solver.allocation.plan import Plan, bill_of
from solver.allocation.problem import Ints, Problem, some_orders

#: Fen above an order's least up to which its plans are listed, in turn, and the most plans and seconds for it all.
WINDOWS, MOST_PLANS, SECONDS = (500.0, 1_500.0, 4_000.0), 300_000, 120.0


@dataclass(slots=True)
class Columns:
    """Plans of orders: what they cost, and [uses] how much of which row they take."""

    order: list[int] = field(default_factory=list)
    cost: list[int] = field(default_factory=list)
    row: list[int] = field(default_factory=list)
    column: list[int] = field(default_factory=list)
    much: list[int] = field(default_factory=list)

    def add(self, rows: "Rows", problem: Problem, order: int, parcels: list[tuple[list[int], int, int]]) -> None:
        """`parcels`: (groups, warehouse, service)."""
        first = int(problem.group_first[order])
        house = np.full(int(problem.group_first[order + 1]) - first, -1)
        service = house.copy()
        for groups, w, s in parcels:
            at = np.array(groups) - first
            house[at], service[at] = w, s
            for row, much in rows.of_parcel(groups, w, s).items():
                self.row.append(row)
                self.column.append(len(self.cost))
                self.much.append(much)
        self.order.append(order)
        self.cost.append(bill_of(rows.alone[order], house, service).total)


class Rows:
    """Everything that can run out, numbered."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        room = (problem.stock, problem.capacity, problem.benches, problem.dock, problem.lorry)
        self.limit = np.concatenate([row.ravel() for row in room]).astype(float)
        self.begin = np.append(0, np.cumsum([row.size for row in room]))
        self.alone = [some_orders(problem, np.array([o])) for o in range(problem.orders)]

    def of_parcel(self, groups: list[int], w: int, s: int) -> dict[int, int]:
        p, found = self.problem, dict[int, int]()
        stock, work, bench, dock, lorry = self.begin[:5].tolist()
        for g in groups:
            for line in range(p.line_first[g], p.line_first[g + 1]):
                at = stock + int(p.sku[line]) * p.houses + w
                found[at] = found.get(at, 0) + int(p.qty[line])
            for kind, need in enumerate(p.work[g].tolist()):
                if need:
                    at = work + w * p.work.shape[1] + kind
                    found[at] = found.get(at, 0) + need
        services = p.rate.shape[1]
        found[bench + w] = found[dock + w * services + s] = 1
        found[lorry + w * services + s] = int(p.weight[groups].sum())
        return found


def report_full_model(problem: Problem, plan: Plan) -> None:
    assert plan.bound is not None
    needed, began = plan.cost - plan.bound, time.perf_counter()
    for window in sorted({min(window, needed + 1.0) for window in (*WINDOWS, needed + 1.0)}):
        columns = near_plans(problem, plan, window)
        if columns is None:
            print(f"  full model: more than {MOST_PLANS} plans within {window / 100:.0f} yuan: not solved")
            return
        best, proven = choose(problem, columns, SECONDS)
        if best is None:
            print(f"  full model: no answer within {window / 100:.0f} yuan")
            return
        scope = "all that matter" if window >= needed else f"{needed / 100:,.0f} yuan would be all"
        print(
            f"  full model, {len(columns.cost)} plans within {window / 100:.0f} yuan ({scope}): ours is"
            f" {plan.cost / proven - 1:.3%} above {proven / 100:,.0f}, which is"
            f" {'the best' if best - proven < 1.5 else 'proven so far'}; {time.perf_counter() - began:.0f} s",
            flush=True,
        )
        if time.perf_counter() - began > SECONDS:
            return


def near_plans(problem: Problem, plan: Plan, window: float) -> Columns | None:
    """All plans within the window and the plan's own; None when they are too many."""
    columns, rows, place = Columns(), Rows(problem), place_costs(problem, plan.prices)
    for o in range(problem.orders):
        groups = groups_of(problem, np.array([o]))
        columns.add(rows, problem, o, _parcels_of(groups, plan.house[groups], plan.service[groups]))
        for parcels in _plans_of(problem, plan, o, groups, place, window):
            columns.add(rows, problem, o, parcels)
            if len(columns.cost) > MOST_PLANS:
                return None
    return columns


def _parcels_of(groups: Ints, house: Ints, service: Ints) -> list[tuple[list[int], int, int]]:
    ways = sorted({way for way in zip(house.tolist(), service.tolist(), strict=True) if way[0] >= 0})
    return [(groups[(house == w) & (service == s)].tolist(), w, s) for w, s in ways]


def _plans_of(problem, plan, o, groups, place, window):  # type: ignore[no-untyped-def]
    """Every plan of an order that ships something, within the window of its least; parcel after parcel, each with the
    first group that is not yet decided, and pruned by the least that the rest can cost."""
    k, most, one = len(groups), int(problem.parcels[o]), np.array([o])
    member, every = members(k), 2**k - 1
    out = np.where(problem.partial[o], problem.penalty[groups], np.inf)
    out = np.where(member == 1, out, 0.0).sum(axis=1)
    cost = np.stack(
        [
            parcel_costs(replace(problem, services=problem.services & 1 << s), plan.prices, one, groups[None], place)[0]
            for s in range(problem.rate.shape[1])
        ],
        axis=-1,
    )
    rest = [np.minimum(sent[0], out) for sent in sending(problem, cost.min(axis=-1)[None], most)]
    if problem.partial[o]:
        for sent in rest:
            for group in (1 << i for i in range(k)):
                has = np.arange(2**k) & group > 0
                sent[has] = np.minimum(sent[has], sent[np.nonzero(has)[0] ^ group] + out[group])
    limit = min(problem.penalty[groups].sum(), rest[most][every]) + window
    sets = np.arange(2**k)

    def go_on(left: int, paid: float, parcels):  # type: ignore[no-untyped-def]
        if not left:
            if parcels:
                yield [(groups[member[part] == 1].tolist(), w, s) for part, w, s in parcels]
            return
        low, free = left & -left, most - len(parcels)
        if paid + out[low] + rest[free][left ^ low] <= limit:
            yield from go_on(left ^ low, paid + out[low], parcels)
        if not free:
            return
        parts = sets[(sets & low > 0) & (sets & ~left == 0)]
        fits = paid + cost[parts] + rest[free - 1][left ^ parts][:, None, None] <= limit
        for at, w, s in np.argwhere(fits).tolist():
            if all(w != other for _, other, _ in parcels):
                part = int(parts[at])
                yield from go_on(left ^ part, paid + cost[part, w, s], [*parcels, (part, w, s)])

    yield from go_on(every, 0.0, [])


def choose(problem: Problem, columns: Columns, seconds: float) -> tuple[float | None, float]:
    """(least cost found, least cost proven) of at most one plan for each order within all rows."""
    rows, order, cost = Rows(problem), np.array(columns.order), np.array(columns.cost, dtype=float)
    nothing = np.add.reduceat(problem.penalty, problem.group_first[:-1])
    row, column, much = (np.array(x, dtype=np.int64) for x in (columns.row, columns.column, columns.much))
    wanted = np.bincount(row, much, minlength=len(rows.limit))
    tight = np.nonzero(wanted > rows.limit)[0]
    number = np.full(len(rows.limit), -1)
    number[tight] = problem.orders + np.arange(len(tight))
    keep = number[row] >= 0
    limit = np.append(np.ones(problem.orders), rows.limit[tight])
    entries = (
        np.append(order, number[row[keep]]),
        np.append(np.arange(len(order)), column[keep]),
        np.append(np.ones(len(order)), much[keep]),
    )
    found = math_opt.solve(
        zero_one(cost - nothing[order], limit, *entries), parameters_pb2.SOLVER_TYPE_HIGHS,
        parameters_pb2.SolverInitializerProto(), _rules(seconds), model_parameters_pb2.ModelSolveParametersProto(),
        None, callback_pb2.CallbackRegistrationProto(), None, None,
    )  # fmt: skip
    base, bounds = float(nothing.sum()), found.termination.objective_bounds
    return (base + bounds.primal_bound if found.solutions else None), base + bounds.dual_bound


def _rules(seconds: float) -> parameters_pb2.SolveParametersProto:
    rules = parameters_pb2.SolveParametersProto()
    rules.relative_gap_tolerance = 0.0
    rules.absolute_gap_tolerance = 0.9
    rules.time_limit.FromTimedelta(timedelta(seconds=seconds))
    return rules
