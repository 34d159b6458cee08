import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solver.batching import search
from solver.batching.check import violations
from solver.batching.greedy import earliest_due, first_come, plan_of, seed_rule
from solver.batching.lengths import WalkLengths
from solver.batching.plan import Code
from solver.batching.problem import Cart, Mode, Order, Pace, Problem
from solver.batching.solve import lateness, solve
from solver.common import Status, Stop
from solver.routing.problem import Layout, Point
from solver.routing.solve import solve as route

LAYOUT = Layout((0, 4_000, 8_000, 12_000), (0, 10_000, 20_000))
BENCH = Point(0, 0)


def order(name: str, *picks: tuple[int, int], due: int | None = None, ml: int = 100) -> Order:
    return Order(name, tuple(Point(x, y) for x, y in picks), len(picks), ml, 100, due)


FLOORS = (
    Layout((0, 4_000, 8_000, 12_000), (0, 20_000)),
    LAYOUT,
    Layout((0, 4_000, 8_000, 12_000), (0, 5_000, 10_000, 20_000)),
)


@st.composite
def problems(draw: st.DrawFn, most: int = 9, is_due: bool = True) -> Problem:
    layout = draw(st.sampled_from(FLOORS))
    orders = tuple(
        Order(
            f"o{i}",
            tuple(
                Point(draw(st.sampled_from(layout.aisles_x_mm)), draw(st.integers(0, 20)) * 1_000)
                for _ in range(draw(st.integers(1, 4)))
            ),
            draw(st.integers(1, 9)),
            draw(st.integers(0, 900)),
            draw(st.integers(0, 900)),
            draw(st.sampled_from([None, 5, 15, 60])) if is_due else None,
            draw(st.booleans()),
            draw(st.sampled_from(["", "", "cold"])),
            draw(st.sampled_from([Mode.CLUSTER, Mode.CLUSTER, Mode.WALL])),
        )
        for i in range(draw(st.integers(0, most)))
    )
    own, shared = draw(carts()), replace(draw(carts()), is_shared=True, max_orders=draw(st.sampled_from([None, 3])))
    start = draw(st.sampled_from([BENCH, Point(8_000, 20_000), Point(2_000, 0), Point(4_000, 3_000)]))
    end = draw(st.sampled_from([start, start, Point(12_000, 0)]))
    pace = Pace(pickers=draw(st.integers(1, 3)))
    return Problem(layout, start, end, orders, own, pace, {Mode.WALL: shared})


@st.composite
def carts(draw: st.DrawFn) -> Cart:
    return Cart(
        draw(st.integers(1, 4)),
        draw(st.sampled_from([None, 300, 1_000])),
        draw(st.sampled_from([None, 500])),
        draw(st.sampled_from([None, 800])),
        draw(st.sampled_from([None, 8])),
        draw(st.sampled_from([None, 0, 1])),
    )


def random_wave(count: int, seed: int = 1, due: int | None = None) -> Problem:
    """Orders of one to three picks at random, due within `due` minutes, four to a cart, two pickers."""
    rng = random.Random(seed)
    orders = tuple(
        order(
            f"o{i}",
            *((rng.randrange(4) * 4_000, rng.randint(1, 19) * 1_000) for _ in range(rng.randint(1, 3))),
            due=rng.randint(5, due) if due else None,
        )
        for i in range(count)
    )
    return Problem(LAYOUT, BENCH, BENCH, orders, Cart(slots=4), Pace(pickers=2))


def splits(some: list[int]) -> Iterator[list[list[int]]]:
    """Every way to put orders onto carts."""
    if not some:
        yield []
        return
    for rest in splits(some[1:]):
        yield [[some[0]], *rest]
        for i, cart in enumerate(rest):
            yield [*rest[:i], [some[0], *cart], *rest[i + 1 :]]


def test_orders_of_one_aisle_share_a_cart():
    orders = (
        order("near-1", (0, 1_000)),
        order("far-1", (12_000, 9_000)),
        order("near-2", (0, 2_000)),
        order("far-2", (12_000, 8_000)),
    )
    plan = solve(Problem(LAYOUT, BENCH, BENCH, orders, Cart(slots=2)))
    assert {frozenset(trip.orders) for trip in plan.trips} == {
        frozenset({"near-1", "near-2"}),
        frozenset({"far-1", "far-2"}),
    }
    assert plan.walk_mm == 2 * 2_000 + 2 * (12_000 + 9_000)
    assert first_come(Problem(LAYOUT, BENCH, BENCH, orders, Cart(slots=2))).walk_mm == 2 * 44_000


def test_an_urgent_order_leaves_first_and_is_not_made_late_to_save_walking():
    orders = (order("far", (12_000, 19_000)), order("soon", (0, 1_000), due=3))
    plan = solve(Problem(LAYOUT, BENCH, BENCH, orders, Cart(slots=2)))
    assert [trip.orders for trip in plan.trips] == [("soon",), ("far",)]
    assert plan.late == ()


def test_an_order_bigger_than_a_cart_is_left_out_with_what_it_wanted():
    orders = (order("big", (0, 1_000), ml=900), order("small", (0, 1_000)))
    plan = solve(Problem(LAYOUT, BENCH, BENCH, orders, Cart(slots=2, tote_ml=300)))
    assert [(r.order, r.code, r.wanted, r.available) for r in plan.left_out] == [("big", Code.TOO_MANY_TOTES, 3, 2)]
    assert [trip.orders for trip in plan.trips] == [("small",)]


def test_nothing_that_fits_is_an_answer_too():
    plan = solve(Problem(LAYOUT, BENCH, BENCH, (order("big", (0, 1_000), ml=900),), Cart(slots=2, tote_ml=300)))
    assert plan.status is Status.INFEASIBLE
    assert plan.trips == ()


@settings(max_examples=60, deadline=None)
@given(problems())
def test_every_plan_holds_and_beats_the_plain_ones(problem: Problem):
    plans = [solve(problem, Stop(10)), first_come(problem), earliest_due(problem), seed_rule(problem)]
    assert [violations(problem, plan) for plan in plans] == [(), (), (), ()]
    late = [lateness(problem, plan) for plan in plans]
    assert late[0][0] <= late[2][0]
    assert late[0][1] <= late[2][1]
    if late[0] == late[1]:
        assert plans[0].walk_mm <= plans[1].walk_mm


@settings(max_examples=60, deadline=None)
@given(problems(most=5, is_due=False))
def test_few_orders_walk_as_little_as_the_best_of_all_splits(problem: Problem):
    plan = solve(problem)
    able = [i for i, o in enumerate(problem.orders) if o.id not in {r.order for r in plan.left_out}]
    tried = [plan_of(problem, carts, plan.left_out, 0, "tried") for carts in splits(able)]
    assert plan.walk_mm == min(p.walk_mm for p in tried if not violations(problem, p))
    assert plan.status is Status.OPTIMAL or not plan.trips


@settings(max_examples=25, deadline=None, derandomize=True)
@given(problems(most=4))
def test_nothing_is_late_when_some_split_and_turn_is_in_time(problem: Problem):
    plan = solve(problem)
    able = [i for i, o in enumerate(problem.orders) if o.id not in {r.order for r in plan.left_out}]
    every = (plan_of(problem, list(turn), plan.left_out, 0, "tried") for c in splits(able) for turn in permutations(c))
    if any(not p.late and not violations(problem, p) for p in every):
        assert plan.late == ()


@settings(max_examples=40, deadline=None)
@given(problems(), st.randoms(use_true_random=False))
def test_carts_are_as_long_as_their_routes(problem: Problem, rng):
    lengths = WalkLengths(problem)
    carts = [rng.sample(range(len(problem.orders)), rng.randint(0, len(problem.orders))) for _ in range(5)]
    assert [lengths.exact(cart) for cart in carts] == [route(lengths.walk(cart)).length_mm for cart in carts]
    plain = lengths.of(carts).tolist()
    lengths.floor = lengths.floor._replace(is_plain=False)
    assert lengths.of(carts).tolist() == plain


def test_a_floor_of_many_blocks_is_batched_on_fewer_and_walked_on_all():
    layout = Layout(LAYOUT.aisles_x_mm, tuple(range(0, 36_000, 4_000)))
    # Two orders to a cart: a walk over all of eight blocks takes the longer the more it picks.
    problem = replace(random_wave(6), layout=layout, cart=Cart(slots=2))
    plan = solve(problem, Stop(1))
    assert plan.status is Status.FEASIBLE
    assert len(plan.trips) >= 3
    assert violations(problem, plan) == ()


def test_an_aisle_of_more_spots_than_a_word_has_bits_is_no_shorter():
    layout = Layout((0, 4_000), (0, 200_000))
    orders = tuple(order(f"o{y}", (0, y * 1_000), (4_000, 200_000 - y * 1_000)) for y in range(1, 140))
    lengths = WalkLengths(Problem(layout, BENCH, BENCH, orders, Cart(slots=4)))
    carts = [[0, 70, 138], [138], [3, 64, 65, 66], list(range(139))]
    assert [lengths.exact(cart) for cart in carts] == [route(lengths.walk(cart)).length_mm for cart in carts]


@pytest.mark.parametrize("due", [None, 60])
def test_the_same_seed_gives_the_same_plan_on_one_core_and_on_two(monkeypatch, due):
    problem = random_wave(20, due=due)
    plan = solve(problem, Stop(20), 7)
    monkeypatch.setattr(search, "HANDS", 1)
    assert solve(problem, Stop(20), 7) == plan


def test_more_work_walks_less_than_savings_and_the_seed_rule():
    problem = random_wave(40)
    plan = solve(problem, Stop(20))
    assert violations(problem, plan) == ()
    assert plan.walk_mm < 0.97 * seed_rule(problem).walk_mm


def test_tight_due_times_are_kept_better_than_by_the_earliest_one():
    problem = random_wave(40, due=12)
    plan, rule = solve(problem, Stop(10)), earliest_due(problem)
    assert violations(problem, plan) == ()
    assert lateness(problem, rule)[1] > 100
    assert lateness(problem, plan)[1] < 0.85 * lateness(problem, rule)[1]


def test_a_wave_is_stopped_by_the_clock_and_holds():
    problem = random_wave(30)
    plan = solve(problem, Stop(100, seconds=0))
    assert plan.status is Status.OUT_OF_TIME
    assert violations(problem, plan) == ()


def test_orders_for_the_wall_share_totes_and_never_meet_the_others():
    some = tuple(order(f"o{i}", (0, 1_000 + i * 1_000)) for i in range(8))
    walled = tuple(replace(o, mode=Mode.WALL, id=f"w{o.id}") for o in some)
    cart = Cart(slots=2, tote_ml=1_000)
    problem = Problem(
        LAYOUT, BENCH, BENCH, some + walled, cart, carts={Mode.WALL: replace(cart, is_shared=True, max_orders=6)}
    )
    plan = solve(problem, Stop(10))
    assert violations(problem, plan) == ()
    sizes = {mode: sorted(len(t.orders) for t in plan.trips if t.mode is mode) for mode in (Mode.CLUSTER, Mode.WALL)}
    assert sizes[Mode.CLUSTER] == [2, 2, 2, 2]
    assert len(sizes[Mode.WALL]) == 2
    assert {t.totes for t in plan.trips if t.mode is Mode.WALL} == {1}


def test_fragile_totes_stand_on_top_only_and_zones_stay_apart():
    some = tuple(replace(order(f"o{i}", (0, 1_000)), is_fragile=i < 4, zone="cold" if i == 7 else "") for i in range(8))
    plan = solve(Problem(LAYOUT, BENCH, BENCH, some, Cart(slots=8, fragile_slots=2)))
    assert len(plan.trips) == 3
    assert ("o7",) in {trip.orders for trip in plan.trips}
    alone = solve(Problem(LAYOUT, BENCH, BENCH, some[:1], Cart(slots=8, fragile_slots=0)))
    assert [(r.code, r.wanted, r.available) for r in alone.left_out] == [(Code.TOO_FRAGILE, 1, 0)]


def test_the_checker_finds_an_overloaded_cart_a_lost_order_and_a_picker_in_two_places():
    problem = Problem(LAYOUT, BENCH, BENCH, (order("a", (0, 1_000)), order("b", (0, 2_000))), Cart(slots=1))
    plan = solve(problem)
    assert violations(replace(problem, orders=problem.orders[:1]), plan)
    both = replace(plan.trips[0], orders=("a", "b"), totes=2)
    assert any("totes" in s for s in violations(problem, replace(plan, trips=(both,))))
    early = replace(plan.trips[1], start_min=0, finish_min=plan.trips[1].finish_min - plan.trips[1].start_min)
    assert any("two trips" in s for s in violations(problem, replace(plan, trips=(plan.trips[0], early))))


def test_the_checker_finds_mixed_zones_and_what_is_wrong_on_shared_totes():
    one, two = order("a", (0, 1_000)), replace(order("b", (0, 2_000)), zone="cold")
    both = solve(Problem(LAYOUT, BENCH, BENCH, (one, replace(two, zone="")), Cart(slots=2)))
    assert any("mixes" in s for s in violations(Problem(LAYOUT, BENCH, BENCH, (one, two), Cart(slots=2)), both))
    for cart in (Cart(2, max_orders=1), Cart(2, max_items=1), Cart(2, cart_g=150), Cart(2, tote_ml=90, is_shared=True)):
        assert violations(Problem(LAYOUT, BENCH, BENCH, (one, replace(two, zone="")), cart), both)


def test_progress_is_told():
    heard: list[str] = []
    solve(random_wave(20), Stop(20), on_stage=lambda name, done, total: heard.append(name))
    assert heard == ["savings", "anneal", "partition", "partition"]
