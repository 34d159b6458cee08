"""Why orders were left out: one reason each, and giving exactly what it names lets the order ship."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.allocation_reasons import ROOM, holds_at_once, inversions, relaxed, room_left
from solver.allocation.check import violations
from solver.allocation.plan import Code, Lack
from solver.allocation.problem import NO_RATE, Problem
from solver.allocation.solve import solve
from solver.common import Stop
from tests.solver.allocation_days import a_day, a_problem

SECOND = {"penalty": [9_000, 9_000, 3_000], "priority": [0, 2]}
#: What is wrong for the second order, its reason, and what would let it ship: kind, warehouse, which, how much.
CASES = {
    Code.NO_LANE: ({"services": [3, 0]}, ()),
    Code.TOO_BIG: ({"weight": [2, 3, 21]}, ()),
    Code.NO_STOCK: ({"qty": [1, 1, 12], "stock": [[5, 6], [5, 5]]}, ((0, 1, 0, 6),)),
    Code.PARTIAL_ONLY: ({"qty": [1, 1, 7], "stock": [[4, 6], [5, 5]]}, ((0, 1, 0, 1),)),
    Code.OTHER_ORDERS_FIRST: ({"stock": [[2, 0], [5, 0]]}, ((0, 0, 0, 1),)),
    Code.CANNOT: ({"work": [[1, 0], [1, 0], [1, 1]], "capacity": [[9, 0], [9, 0]]}, ((1, 1, 1, 1),)),
    Code.LABOUR_FULL: ({"capacity": [[2], [0]], "stock": [[9, 0], [9, 0]]}, ((1, 0, 0, 1),)),
    Code.BENCH_FULL: ({"benches": [1, 0]}, ((2, 1, 0, 1),)),
    Code.CARRIER_FULL: ({"dock": [[1, 0], [0, 0]]}, ((3, 1, 0, 1),)),
    Code.NOT_WORTH: ({"penalty": [9_000, 9_000, 300]}, ()),
}


@pytest.mark.parametrize("code", CASES, ids=str)
def test_the_reason_names_what_is_missing_and_only_that(code: Code):
    change, lacks = CASES[code]
    problem = a_problem(**{**SECOND, **change})
    plan = solve(problem)
    assert [(reason.order, reason.code) for reason in plan.reasons] == [(1, code)]
    named = tuple((lack.kind, lack.house, lack.what, lack.missing) for lack in plan.reasons[0].lacks)
    assert named == lacks
    if lacks:
        again = relaxed(problem, plan.reasons[0].lacks)
        assert (solve(again).house >= 0).all()
        assert (solve(relaxed(problem, (Lack(*lacks[0][:3], lacks[0][3] - 1),))).house < 0).any()


def test_a_lorry_that_is_full_is_told_by_the_weight_that_is_missing():
    problem = a_problem(**SECOND, lorry=[[5, 0], [0, 0]], stock=[[9, 0], [9, 0]])
    reason = solve(problem).reasons[0]
    assert (reason.order, reason.code) == (1, Code.CARRIER_FULL)
    assert reason.lacks == (Lack(4, 0, 0, 4),)


def test_an_address_no_warehouse_has_a_rate_for_has_no_lane():
    rate = [[[500, 600, 900], [800, 800, 800]], [[NO_RATE] * 3] * 2]
    plan = solve(a_problem(**SECOND, rate=rate, zone=[[0, 0], [1, 1]]))
    assert [(reason.order, reason.code) for reason in plan.reasons] == [(1, Code.NO_LANE)]


def test_nothing_left_out_needs_no_reason():
    assert solve(a_problem()).reasons == ()


@settings(max_examples=60, deadline=None)
@given(st.builds(a_day, st.integers(0, 10**6), st.integers(1, 8), st.integers(1, 4), st.integers(1, 3)))
def test_each_order_left_out_has_one_reason_and_fits_when_given_what_it_names(problem: Problem):
    plan = solve(problem, Stop(20))
    out = np.unique(problem.order_of_group[plan.house < 0])
    assert sorted(reason.order for reason in plan.reasons) == out.tolist()
    room = room_left(problem, plan)
    assert [reason for reason in plan.reasons if not holds_at_once(problem, plan, room, reason)] == []


def test_relaxing_adds_what_is_named_and_nothing_else():
    problem = a_problem(benches=[0, 0], capacity=[[0], [0]], dock=[[0, 0], [0, 0]], lorry=[[0, 0], [0, 0]])
    lacks = (Lack(0, 1, 0, 3), Lack(1, 0, 0, 2), Lack(2, 1, 0, 1), Lack(3, 0, 1, 4), Lack(4, 1, 0, 9))
    more = relaxed(problem, lacks)
    gained = [getattr(more, name) - getattr(problem, name) for name in ROOM]
    assert [rows.tolist() for rows in gained] == [
        [[0, 3], [0, 0]], [[2], [0]], [0, 1], [[0, 4], [0, 0]], [[0, 0], [9, 0]],
    ]  # fmt: skip
    assert problem.stock.tolist() == [[5, 5], [5, 5]]


def test_an_unjust_exchange_is_found_when_it_is_planted():
    """The first order is more urgent and wants what the second holds: a plan that serves the second alone is unjust."""
    problem = a_problem(**SECOND, stock=[[2, 0], [5, 0]])
    fair = solve(problem)
    unjust = type(fair)(
        np.array([-1, -1, 0]), np.array([-1, -1, 0]), fair.cost, None, fair.status, 0, "unjust", prices=fair.prices
    )
    reason = type(fair.reasons[0])(0, Code.OTHER_ORDERS_FIRST, 0, 0, 1, 0, (Lack(0, 0, 0, 1),))
    assert [v for v in violations(problem, unjust) if "costs" not in v] == []
    assert list(inversions(problem, unjust, room_left(problem, unjust), reason)) == [(1, True)]
    assert list(inversions(problem, fair, room_left(problem, fair), fair.reasons[0])) == []
