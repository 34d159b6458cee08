"""What the allocation benchmarks compare with: made-up days, two peers and the full model."""

from dataclasses import fields

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.allocation_full import choose, near_plans
from benchmarks.allocation_generator import PROVINCES, allocation_day
from benchmarks.allocation_measures import alone, regret_of, split_share
from benchmarks.allocation_peers import saleor_style, solidus_style
from benchmarks.brunel import Day, best_possible, broken_rules, problem_of_day, unservable
from benchmarks.certificate import certified
from solver.allocation.check import violations
from solver.allocation.greedy import best_cost
from solver.allocation.plan import Plan, used_by
from solver.allocation.problem import NO_LIMIT, Problem
from solver.allocation.solve import solve
from solver.common import Status, Stop
from tests.solver.allocation_days import a_day, a_problem, cheapest

DAYS = st.builds(a_day, st.integers(0, 10**6), st.integers(1, 8), st.integers(1, 4), st.integers(1, 3))


def test_a_made_up_day_is_the_same_for_the_same_seed_and_another_for_another():
    first, again, other = allocation_day(200, seed=3), allocation_day(200, seed=3), allocation_day(200, seed=4)
    for field in fields(Problem):
        assert np.array_equal(getattr(first, field.name), getattr(again, field.name)), field.name
    assert not np.array_equal(first.sku[:100], other.sku[:100])


def test_a_made_up_day_has_everything_in_it():
    day = allocation_day(2_000, 20, scarce=True)
    assert (day.orders, day.houses, day.rate.shape[1]) == (2_000, 20, 3)
    assert len(day.zone) == len(PROVINCES)
    assert (np.diff(day.line_first) > 1).any(), "bundles"
    assert (day.work.sum(axis=0) > 0).all(), "lines, heavy ones and cold ones"
    assert set(day.parcels.tolist()) == {1, 2, 3}
    assert {bool(p) for p in day.partial} == {True, False}
    assert (day.capacity < NO_LIMIT).all()
    assert (day.benches < NO_LIMIT).all()
    assert (day.lorry < NO_LIMIT).all()
    plenty = allocation_day(2_000, 20, scarce=False)
    assert plenty.stock.sum() > 1.4 * day.stock.sum()
    assert np.bincount(day.sku).max() > 50 * np.median(np.bincount(day.sku)), "few things sell most"


@settings(max_examples=40, deadline=None)
@given(DAYS)
def test_the_peers_keep_the_rules(problem: Problem):
    for peer in (solidus_style, saleor_style):
        assert violations(problem, peer(problem)) == ()


def test_the_first_location_gives_all_it_has_before_the_next_is_asked():
    problem = a_problem(stock=[[1, 9], [0, 9]])
    assert solidus_style(problem).house.tolist() == [0, 1, 1]


def test_each_line_goes_to_the_warehouse_with_most_of_it():
    problem = a_problem(stock=[[5, 4], [2, 9]])
    assert saleor_style(problem).house.tolist() == [0, 1, 0]
    assert saleor_style(a_problem(stock=[[5, 4], [2, 9]], parcels=[1, 1])).house.tolist() == [0, 0, 0]


@settings(max_examples=40, deadline=None)
@given(DAYS)
def test_the_full_model_of_all_plans_within_the_gap_has_the_optimum_of_the_day(problem: Problem):
    plan = solve(problem, Stop(20))
    columns = near_plans(problem, plan, plan.cost - plan.bound + 1.0)
    assert columns is not None
    best, proven = choose(problem, columns, 60.0)
    optimum = cheapest(problem, plan.cost + 1)
    assert best is not None
    assert abs(best - optimum) < 0.5
    assert abs(proven - optimum) < 1.5


def test_measures_of_a_plan_by_hand():
    problem = a_problem()
    plan = solve(problem)
    stock, work, benches, dock, lorry = used_by(problem, plan.house, plan.service)
    assert stock.tolist() == [[1, 2], [1, 0]]
    assert work.tolist() == [[2], [1]]
    assert (benches.tolist(), dock.tolist(), lorry.tolist()) == ([1, 1], [[1, 0], [1, 0]], [[5, 0], [4, 0]])
    assert split_share(problem, plan) == (2, 0.0)
    assert alone(problem).tolist() == [800.0, 800.0]
    assert regret_of(problem, plan, np.array([0, 1])) == (0.0, 1_600.0)
    worse = Plan(np.array([0, 1, 1]), plan.service, 0, None, Status.FEASIBLE, 0, "by hand", prices=plan.prices)
    assert regret_of(problem, worse, np.array([0])) == (1_100.0, 1_900.0)


def test_a_small_made_up_day_is_planned_near_its_certified_bound():
    day = allocation_day(150, 8, seed=2)
    plan = solve(day, Stop(50))
    assert violations(day, plan) == ()
    assert plan.cost <= 1.03 * certified(day, plan)
    assert plan.cost < best_cost(day).cost


def a_brunel_day() -> Day:
    """Three orders; the first two can only be made at A, which handles one; the third nowhere."""
    orders = [
        {"Order_ID": str(i), "Product_ID": product, "Customer": "c", "Unit_Quant": "2", "Weight": "1.5"}
        for i, product in enumerate(("tea", "tea", "cup"))
    ]
    return Day(
        orders, ["A", "B"], {"A": 1, "B": 9}, {("A", "tea"), ("B", "tea")}, {"B": {"d"}}, {(0, "A"): 5.0, (1, "A"): 3.0}
    )


def test_a_day_of_one_line_orders_is_planned_as_the_flow_of_least_cost_says():
    day = a_brunel_day()
    plan = solve(problem_of_day(day))
    assert plan.house.tolist() == [-1, 0, -1]
    assert best_possible(day, 10_000) == (1, 300)


def test_orders_that_cannot_be_served_are_named_and_proven():
    why, proof = unservable(a_brunel_day(), {1: "A"})
    assert why == {0: "no capacity at A", 2: "does not make the product"}
    assert proof == "2 orders can only be served by 1 plants that handle 1: any plan leaves out 1, this one 1"
    assert unservable(a_brunel_day(), {})[1].startswith("NOT PROVEN")


def test_broken_rules_of_a_day_are_found_on_its_own_tables():
    day = a_brunel_day()
    assert broken_rules(day, {1: "A"}) == []
    assert broken_rules(day, {0: "A", 1: "A", 2: "B"}) == ["2: B does not make the product", "A: 2 orders of 1"]
    assert broken_rules(day, {0: "B"}) == ["0: B does not serve the customer"]
