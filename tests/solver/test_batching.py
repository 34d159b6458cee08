from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from solver.batching.check import violations
from solver.batching.greedy import earliest_due, first_come
from solver.batching.lengths import WalkLengths
from solver.batching.plan import Code
from solver.batching.problem import Cart, Order, Pace, Problem
from solver.batching.solve import lateness, solve
from solver.common import Status, Stop
from solver.routing.problem import Layout, Point

LAYOUT = Layout((0, 4_000, 8_000, 12_000), (0, 10_000, 20_000))
BENCH = Point(0, 0)


def order(name: str, *picks: tuple[int, int], due: int | None = None, ml: int = 100) -> Order:
    return Order(name, tuple(Point(x, y) for x, y in picks), len(picks), ml, 100, due)


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    count = draw(st.integers(0, 9))
    orders = tuple(
        Order(
            f"o{i}",
            tuple(
                Point(draw(st.sampled_from(LAYOUT.aisles_x_mm)), draw(st.integers(1, 19)) * 1_000)
                for _ in range(draw(st.integers(1, 4)))
            ),
            draw(st.integers(1, 9)),
            draw(st.integers(0, 900)),
            draw(st.integers(0, 900)),
            draw(st.sampled_from([None, 5, 15, 60])),
        )
        for i in range(count)
    )
    cart = Cart(
        draw(st.integers(1, 4)),
        draw(st.sampled_from([None, 300, 1_000])),
        draw(st.sampled_from([None, 500])),
        draw(st.sampled_from([None, 800])),
        draw(st.sampled_from([None, 8])),
    )
    end = draw(st.sampled_from([BENCH, Point(12_000, 0)]))
    return Problem(LAYOUT, BENCH, end, orders, cart, Pace(pickers=draw(st.integers(1, 3))))


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


@settings(max_examples=80, deadline=None)
@given(problems())
def test_every_plan_holds_and_beats_the_plain_ones(problem: Problem):
    plans = [solve(problem), first_come(problem), earliest_due(problem)]
    assert [violations(problem, plan) for plan in plans] == [(), (), ()]
    ranks = [(*lateness(problem, plan), plan.walk_mm) for plan in plans]
    assert ranks[0] == min(ranks)


@settings(max_examples=60, deadline=None)
@given(problems(), st.randoms(use_true_random=False))
def test_the_vectorised_walk_lengths_are_the_exact_ones(problem: Problem, rng):
    problem = replace(problem, end=problem.start)
    lengths = WalkLengths(problem)
    carts = [rng.sample(range(len(problem.orders)), rng.randint(0, len(problem.orders))) for _ in range(5)]
    assert lengths.of(carts).tolist() == [lengths.exact(cart) for cart in carts]


def test_the_same_seed_gives_the_same_plan():
    orders = tuple(order(f"o{i}", (i * 7 % 4 * 4_000, i * 5 % 19 * 1_000 + 500)) for i in range(30))
    problem = Problem(LAYOUT, BENCH, BENCH, orders, Cart(slots=4))
    assert solve(problem, Stop(20), 7) == solve(problem, Stop(20), 7)


def test_the_checker_finds_an_overloaded_cart_a_lost_order_and_a_picker_in_two_places():
    problem = Problem(LAYOUT, BENCH, BENCH, (order("a", (0, 1_000)), order("b", (0, 2_000))), Cart(slots=1))
    plan = solve(problem)
    assert violations(replace(problem, orders=problem.orders[:1]), plan)
    both = replace(plan.trips[0], orders=("a", "b"), totes=2)
    assert any("totes" in s for s in violations(problem, replace(plan, trips=(both,))))
    early = replace(plan.trips[1], start_min=0, finish_min=plan.trips[1].finish_min - plan.trips[1].start_min)
    assert any("two trips" in s for s in violations(problem, replace(plan, trips=(plan.trips[0], early))))


def test_progress_is_told():
    heard: list[str] = []
    problem = Problem(LAYOUT, BENCH, BENCH, (order("a", (0, 1_000)), order("b", (0, 2_000))), Cart(slots=2))
    solve(problem, on_stage=lambda name, done, total: heard.append(name))
    assert heard == ["savings", "improve", "improve"]
