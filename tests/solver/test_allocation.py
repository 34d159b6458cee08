"""The allocation planner against plans found by trying everything, and its checkers against planted errors."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.certificate import EXACT, certified, least
from solver.allocation.check import violations
from solver.allocation.greedy import STRATEGIES
from solver.allocation.kernel import Prices
from solver.allocation.plan import Plan, bill_of
from solver.allocation.problem import NO_LIMIT, NO_RATE, Problem, some_orders
from solver.allocation.solve import solve
from solver.common import Status, Stop
from tests.solver.allocation_days import a_day, a_problem, cheapest, fits, listed, plans_of, room_of

DAYS = st.builds(
    a_day, st.integers(0, 10**6), st.integers(1, 8), st.integers(1, 4), st.integers(1, 3)
)  # fmt: skip


def by_hand(problem: Problem, *ways: tuple[int, int]) -> Plan:
    """A plan that says of itself what it truly costs."""
    house, service = np.array(ways).T
    cost = bill_of(problem, house, service).total
    return Plan(house, service, cost, None, Status.FEASIBLE, 0, "by hand")


SENT = ((0, 0), (0, 0), (1, 0))


def places(plan: Plan) -> list[tuple[int, int]]:
    return list(zip(plan.house.tolist(), plan.service.tolist(), strict=True))


# Plans


def test_each_order_ships_from_its_cheaper_warehouse_in_one_parcel():
    plan = solve(a_problem())
    assert places(plan) == [(0, 0), (0, 0), (1, 0)]
    assert plan.cost == 600 + 200 + 600 + 200
    assert (plan.bound, plan.gap, plan.status) == (plan.cost, 0.0, Status.OPTIMAL)


def test_the_last_piece_goes_where_nobody_else_can_help():
    """Order by order the first takes the cheap piece of the east, and the second, which also needs what only the east
    has, must be split; together they cost less."""
    problem = a_problem(
        group_first=[0, 1, 3], line_first=[0, 1, 2, 3], sku=[0, 0, 1], qty=[1, 1, 1], weight=[1, 1, 1],
        region=[0, 0], stock=[[1, 1], [1, 0]],
    )  # fmt: skip
    plan, plain = solve(problem), STRATEGIES["best_cost"](problem, 0)
    assert plan.house.tolist() == [1, 0, 0]
    assert plain.house.tolist() == [0, 1, 0]
    assert plan.cost < plain.cost


def test_the_more_urgent_order_gets_the_last_piece():
    problem = a_problem(
        group_first=[0, 1, 2], line_first=[0, 1, 2], sku=[0, 0], qty=[1, 1], weight=[1, 1], penalty=[3_000, 90_000],
        priority=[3, 0], stock=[[1, 0], [0, 0]],
    )  # fmt: skip
    for plan in (solve(problem), *(strategy(problem, 1) for strategy in STRATEGIES.values())):
        assert (plan.house >= 0).tolist() == [False, True]


def test_a_promise_is_kept_by_a_dearer_service_when_the_delay_costs_more():
    slow = a_problem(transit=[[5, 1], [5, 1]], due=[1, 1], late=[400, 0])
    plan = solve(slow)
    assert plan.service.tolist() == [1, 1, 0]
    assert bill_of(slow, plan.house, plan.service).late == 0


def test_an_announced_order_moves_only_when_it_pays_more_than_the_moving_cost():
    announced = a_problem(home=[1, 1, 1], home_service=[0, 0, 0])
    assert solve(announced).house.tolist() == [0, 0, 1]
    assert solve(replace(announced, moving=5_000)).house.tolist() == [1, 1, 1]


@pytest.mark.parametrize("work", [0, 100])
def test_planned_again_a_day_costs_no_more_than_leaving_all_where_it_was_announced(work: int):
    before = solve(day := a_day(3, orders=40, houses=6))
    announced = replace(day, home=before.house, home_service=before.service, moving=300)
    again = solve(announced, Stop(work), start=before.prices)
    assert again.cost <= before.cost
    assert violations(announced, again) == ()


def test_an_order_nobody_may_carry_is_left_out_and_the_other_ships():
    plan = solve(a_problem(services=[0, 3]))
    assert (plan.house >= 0).tolist() == [False, False, True]


def test_the_same_seed_gives_the_same_plan():
    problem = a_day(5, orders=60, houses=4)
    first, second = solve(problem, seed=7), solve(problem, seed=7)
    assert places(first) == places(second)
    assert (first.cost, first.bound, first.seed) == (second.cost, second.bound, 7)


def test_no_work_at_all_still_gives_a_plan_that_holds_and_a_bound():
    problem = a_day(5, orders=60, houses=4)
    quick = solve(problem, Stop(0))
    assert violations(problem, quick) == ()
    assert quick.bound is not None
    assert solve(problem).cost <= quick.cost


def test_prices_of_an_earlier_day_prove_a_bound_on_the_next():
    problem = a_day(5, orders=60, houses=4)
    prices = solve(problem).prices
    later = some_orders(problem, np.arange(3, 60))
    plan = solve(later, Stop(0), start=prices)
    assert plan.bound is not None
    assert plan.bound > 0
    assert violations(later, plan) == ()
    assert certified(later, plan) >= plan.bound


def test_progress_is_told_stage_by_stage():
    heard: list[str] = []
    solve(a_day(5, orders=60), on_stage=lambda name, done, total: heard.append(name))
    assert list(dict.fromkeys(heard)) == ["prices", "place", "search", "chunks", "reasons"]


@settings(max_examples=60, deadline=None)
@given(DAYS)
def test_the_bound_never_exceeds_the_true_optimum_nor_the_optimum_the_cost(problem: Problem):
    plan = solve(problem, Stop(20))
    assert violations(problem, plan) == ()
    best = cheapest(problem, plan.cost + 1)
    assert best is not None, "the plan itself is one of the plans that brute force tries"
    assert plan.bound <= best <= plan.cost
    assert min(certified(problem, plan), plan.cost) >= plan.bound
    assert certified(problem, plan) <= best


@settings(max_examples=60, deadline=None)
@given(DAYS, st.integers(0, 99))
def test_every_strategy_holds(problem: Problem, seed: int):
    plain = {name: strategy(problem, seed) for name, strategy in STRATEGIES.items()}
    assert {name: violations(problem, plan) for name, plan in plain.items()} == dict.fromkeys(STRATEGIES, ())


def test_no_plain_strategy_beats_the_optimal_one():
    problem = a_day(6, 6, 1, 1)
    assert solve(problem, Stop(20)).cost <= STRATEGIES["best_cost"](problem, 0).cost


def test_nearly_all_small_days_are_planned_as_well_as_they_can_be():
    """Brute force gives the optimum of 80 days of one to eight orders."""
    worse = []
    for seed in range(80):
        orders = 1 + seed % 8
        problem = a_day(seed, orders, 1 + seed // 8 % 4, 3 if orders <= 4 else 2)
        cost = solve(problem).cost
        if cheapest(problem, cost) is not None:
            worse.append(seed)
    assert len(worse) <= 4, worse


def test_pinned_orders_stay_where_they_are():
    broken = []
    for seed in range(36):
        problem = a_day(seed, 1 + seed % 6, 1 + seed // 8 % 4, 2, pins=True)
        plans = [solve(problem, Stop(20)), *(strategy(problem, seed) for strategy in STRATEGIES.values())]
        broken += [(seed, plan.strategy) for plan in plans if violations(problem, plan)]
        best = cheapest(problem, plans[0].cost + 1)
        if best is None or plans[0].bound > best:
            broken.append((seed, "bound"))
    assert broken == []


def test_prices_reach_what_an_order_left_out_costs():
    """Ten orders, room for three: the seven cheapest to leave out stay out, and the prices prove it."""
    problem = a_problem(
        group_first=range(11), line_first=range(11), sku=[0] * 10, qty=[1] * 10, weight=[1] * 10, region=[0] * 10,
        penalty=[50_000_000 + 1_000 * i for i in range(10)], capacity=[[3], [0]], stock=[[99, 0], [0, 0]],
    )  # fmt: skip
    plan = solve(problem)
    assert (plan.house >= 0).tolist() == [False] * 7 + [True] * 3
    assert plan.gap < 0.001


def test_an_order_makes_room_at_the_dock_for_one_that_has_nowhere_else_to_go():
    problem = a_day(107, 4, 2, 3)
    assert solve(problem).cost == cheapest(problem, 10**9)


def test_no_orders_is_a_day_too():
    nobody = some_orders(a_problem(), np.array([], dtype=np.int64))
    assert (solve(nobody).cost, solve(nobody).status) == (0, Status.OPTIMAL)


def test_no_warehouses_leave_everything_out():
    nowhere = a_problem(zone=np.zeros((2, 0)), stock=np.zeros((2, 0)))
    assert (solve(nowhere).house < 0).all()


def test_a_day_planned_in_no_time_keeps_the_rules():
    problem = a_day(5, orders=60, houses=4)
    plan = solve(problem, Stop(seconds=0))
    assert plan.status is Status.OUT_OF_TIME
    assert violations(problem, plan) == ()


# The checker


def more_than_there_is(name: str, at: tuple[int, ...]) -> Callable[[], tuple[Problem, Plan]]:
    def planted() -> tuple[Problem, Plan]:
        problem = a_problem(
            benches=[2, 2], dock=[[1, 1], [1, 1]], lorry=[[9, 9], [9, 9]], capacity=[[2], [2]]
        )  # fmt: skip
        plan = by_hand(problem, *SENT)
        assert violations(problem, plan) == ()
        room = getattr(problem, name).copy()
        room[at] = 0
        return replace(problem, **{name: room}), plan

    return planted


def planted(*ways: tuple[int, int], **changed) -> Callable[[], tuple[Problem, Plan]]:
    def plant() -> tuple[Problem, Plan]:
        problem = a_problem(**changed)
        return problem, by_hand(problem, *ways)

    return plant


def said(**what) -> Callable[[], tuple[Problem, Plan]]:
    def plant() -> tuple[Problem, Plan]:
        problem = a_problem()
        return problem, replace(by_hand(problem, *SENT), **what)

    return plant


ERRORS = {
    "stock": (more_than_there_is("stock", (1, 0)), "stock (1, 0): 1 of 0"),
    "work": (more_than_there_is("capacity", (0, 0)), "work (0, 0): 2 of 0"),
    "benches": (more_than_there_is("benches", (1,)), "benches (1,): 1 of 0"),
    "dock": (more_than_there_is("dock", (0, 0)), "dock (0, 0): 1 of 0"),
    "lorry": (more_than_there_is("lorry", (1, 0)), "lorry (1, 0): 4 of 0"),
    "the same SKU in two groups": (
        planted(*SENT, sku=[0, 0, 0], stock=[[1, 2], [0, 0]]),
        "stock (0, 0): 2 of 1",
    ),
    "a split that is not allowed": (planted((0, 0), (1, 0), (1, 0), parcels=[1, 1]), "order 0 leaves in too many"),
    "a part of an order": (planted((0, 0), (-1, -1), (1, 0)), "order 0 ships in part"),
    "two services from one warehouse": (planted((0, 0), (0, 1), (1, 0)), "order 0 leaves one warehouse by two"),
    "a service the order must not use": (planted(*SENT, services=[2, 3]), "order 0 goes by a service"),
    "a parcel too heavy for all": (planted(*SENT, edges=[1, 2, 4]), "order 0 goes by a service"),
    "a rate nobody offers": (
        planted(*SENT, rate=[[[500, NO_RATE, NO_RATE], [800] * 3], [[1_000] * 3, [1_500] * 3]]),
        "order 0 goes by a service",
    ),
    "a moved pin": (
        planted(*SENT, home=[1, 1, 1], home_service=[0, 0, 0], pinned=[True, False]),
        "group 0 is pinned and moved",
    ),
    "a pin on another service": (
        planted(*SENT, home=[0, 0, 1], home_service=[0, 0, 1], pinned=[False, True]),
        "group 2 is pinned and moved",
    ),
    "a pin left out": (
        planted((0, 0), (0, 0), (-1, -1), home=[0, 0, 1], home_service=[0, 0, 0], pinned=[False, True]),
        "group 2 is pinned and moved",
    ),
    "a wrong cost": (said(cost=1), "the plan says it costs 1, it costs 1600"),
    "a bound above the cost": (said(bound=1_601), "the bound is above the cost"),
    "optimal without a proof": (said(bound=1_599, status=Status.OPTIMAL), "called optimal without"),
    "a warehouse that is not there": (said(house=np.array([0, 0, 2])), "does not exist"),
    "a service that is not there": (said(service=np.array([0, 0, 2])), "does not exist"),
    "a warehouse without a service": (said(service=np.array([0, 0, -1])), "not every group"),
    "a group too few": (said(house=np.array([0, 0])), "not every group"),
}


@pytest.mark.parametrize("error", ERRORS)
def test_the_checker_finds(error: str):
    plant, sentence = ERRORS[error]
    problem, plan = plant()
    assert any(sentence in found for found in violations(problem, plan)), violations(problem, plan)


def test_a_clean_plan_has_no_violations():
    problem = a_problem()
    assert violations(problem, by_hand(problem, *SENT)) == ()
    assert violations(problem, by_hand(problem, (0, 0), (1, 1), (-1, -1))) == ()


@settings(max_examples=60, deadline=None)
@given(DAYS)
def test_the_bill_of_one_order_is_what_plain_python_makes_it(problem: Problem):
    p = listed(problem)
    for o in range(problem.orders):
        alone = some_orders(problem, np.array([o]))
        for cost, _, choice in plans_of(p, o):
            house, service = np.array([way or (-1, -1) for way in choice]).T
            assert bill_of(alone, house, service).total == cost


@settings(max_examples=60, deadline=None)
@given(DAYS, st.integers(0, 99))
def test_the_certificate_prices_an_order_as_trying_everything_does(problem: Problem, seed: int):
    rng = np.random.default_rng(seed)
    prices = Prices(*(rng.uniform(0, 500, price.shape) for price in solve(problem, Stop(0)).prices))
    names = {"stock": prices.unit, "capacity": prices.work, "dock": prices.dock, "lorry": prices.lorry}

    def dearly(cost: int, uses: Counter) -> float:
        return cost + sum(
            much * (names[name][*at] if name in names else prices.bench[*at]) for (name, *at), much in uses.items()
        )

    p, room, found = listed(problem), room_of(problem), least(problem, prices)
    for o in range(problem.orders):
        plans = plans_of(p, o)
        assert found[o] >= min(dearly(cost, uses) for cost, uses, _ in plans) - 1e-6
        assert found[o] <= min(dearly(cost, uses) for cost, uses, _ in plans if fits(room, uses)) + 1e-6


def test_a_bound_above_what_the_prices_prove_does_not_pass_the_certificate():
    problem = a_day(5, orders=60, houses=4)
    plan = solve(problem)
    proven = certified(problem, plan)
    assert plan.bound <= proven < plan.cost
    with pytest.raises(AssertionError, match="below zero"):
        certified(problem, replace(plan, prices=plan.prices._replace(unit=plan.prices.unit - 1e6)))


def test_a_basket_too_big_to_try_everything_gets_a_bound_below_its_cost():
    big = EXACT + 4
    problem = a_problem(
        group_first=[0, big, big + 1], line_first=np.arange(big + 2), sku=[0] * (big + 1), qty=[1] * (big + 1),
        weight=[1] * (big + 1), penalty=[9_000] * (big + 1), stock=[[99, 99], [0, 0]],
    )  # fmt: skip
    plan = solve(problem)
    assert 0 < certified(problem, plan) <= plan.cost
    assert plan.cost - certified(problem, plan) <= 300, "the four light groups may miss one weight band"


# The problem


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"parcels": [0, 1]}, "parcels an order"),
        ({"parcels": [1, 4]}, "parcels an order"),
        ({"qty": [1, -1, 2]}, "below zero"),
        ({"rate": [[[500, 400, 900], [800] * 3], [[1_000] * 3, [1_500] * 3]]}, "never falls"),
        ({"pinned": [True, False]}, "has a home"),
        ({"line_first": [0, 1, 1, 3]}, "nothing is empty"),
    ],
)
def test_a_problem_that_makes_no_sense_is_refused(change: dict, sentence: str):
    with pytest.raises(ValueError, match=sentence):
        a_problem(**change)


def test_some_orders_keep_their_lines_and_all_of_the_room():
    problem = a_problem()
    last = some_orders(problem, np.array([1]))
    assert (last.orders, last.groups, last.sku.tolist(), last.qty.tolist()) == (1, 1, [0], [2])
    assert (last.stock == problem.stock).all()
    assert (last.benches == NO_LIMIT).all()
