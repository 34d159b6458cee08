from dataclasses import replace
from itertools import pairwise, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.instances import rows_of
from benchmarks.routing import public_problem
from solver.common import Status
from solver.routing.check import shortest_mm, violations
from solver.routing.greedy import nearest_neighbour, s_shape
from solver.routing.problem import Layout, Point, Problem
from solver.routing.solve import solve
from solver.routing.table import table

TWO_AISLES = Layout((0, 5_000), (0, 10_000))
DOCK = Point(0, 0)

coordinates = st.integers(0, 12).map(lambda i: i * 1_000)
points = st.builds(Point, coordinates, coordinates)


@st.composite
def problems(draw: st.DrawFn, most_picks: int = 6, most_blocks: int = 3) -> Problem:
    aisles = tuple(sorted(draw(st.sets(coordinates, min_size=1, max_size=4))))
    crosses = tuple(sorted(draw(st.sets(coordinates, min_size=2, max_size=most_blocks + 1))))
    start = draw(points)
    end = draw(st.one_of(st.just(start), points))
    picks = draw(st.lists(points, max_size=most_picks))
    return Problem(Layout(aisles, crosses), start, end, tuple(picks))


def brute_force_mm(problem: Problem) -> int:
    walk = problem.layout.walk_mm
    stops = [problem.start, *problem.picks, problem.end]
    leg = {(a, b): walk(a, b) for a in stops for b in stops}
    best = None
    for order in permutations(problem.picks):
        tour = [problem.start, *order, problem.end]
        length = sum(leg[a, b] for a, b in pairwise(tour))
        best = length if best is None else min(best, length)
    return best or 0


def test_one_pick_across_the_floor_is_there_and_back():
    route = solve(Problem(TWO_AISLES, DOCK, DOCK, (Point(5_000, 4_000),)))
    assert route.length_mm == 2 * (5_000 + 4_000)
    assert route.legs_mm == (9_000, 9_000)
    assert route.status is Status.OPTIMAL


def test_two_deep_aisles_are_walked_through_in_a_circle():
    route = solve(Problem(TWO_AISLES, DOCK, DOCK, (Point(0, 9_000), Point(5_000, 9_000))))
    assert route.length_mm == 30_000
    assert sorted(route.legs_mm) == [7_000, 9_000, 14_000]


def test_shallow_picks_are_entered_and_left_on_the_same_side():
    route = solve(Problem(TWO_AISLES, DOCK, DOCK, (Point(0, 1_000), Point(5_000, 1_000))))
    assert route.length_mm == 2 * 1_000 + 2 * 5_000 + 2 * 1_000


def test_a_walk_may_end_elsewhere_than_it_began():
    route = solve(Problem(TWO_AISLES, DOCK, Point(5_000, 10_000), (Point(0, 4_000), Point(5_000, 9_000))))
    assert route.legs_mm == (4_000, 12_000, 1_000)


def test_a_picker_in_the_middle_of_an_aisle_is_routed_from_there():
    route = solve(Problem(TWO_AISLES, Point(0, 6_000), DOCK, (Point(0, 8_000), Point(0, 2_000))))
    assert route.order == (0, 1)
    assert route.legs_mm == (2_000, 6_000, 2_000)


def test_a_walk_without_picks_leads_to_the_end():
    assert solve(Problem(TWO_AISLES, DOCK, DOCK, ())).length_mm == 0
    assert solve(Problem(TWO_AISLES, DOCK, Point(5_000, 0), ())).legs_mm == (5_000,)


def test_a_bench_before_the_first_cross_aisle_counts_as_walking():
    bench = Point(0, -3_000)
    assert solve(Problem(TWO_AISLES, bench, bench, (Point(0, 1_000),))).length_mm == 8_000


def test_tables_have_as_many_states_as_published():
    # Pansart, Catusse and Cambazard 2018
    assert [len(table(blocks, False).rows) for blocks in (1, 2, 3, 4)] == [7, 25, 113, 569]


@settings(max_examples=150, deadline=None)
@given(problems())
def test_the_route_is_as_short_as_trying_every_order(problem: Problem):
    route = solve(problem)
    assert violations(problem, route) == ()
    assert route.length_mm == brute_force_mm(problem)
    assert route.status is Status.OPTIMAL


@settings(max_examples=60, deadline=None)
@given(problems(most_picks=25))
def test_the_route_is_never_longer_than_the_plain_ones(problem: Problem):
    route, plain = solve(problem), [s_shape(problem), nearest_neighbour(problem)]
    assert all(violations(problem, other) == () for other in [route, *plain])
    assert route.length_mm <= min(other.length_mm for other in plain)


@settings(max_examples=150, deadline=None)
@given(problems(most_picks=0))
def test_walking_distances_agree_with_the_graph_of_walkways(problem: Problem):
    assert problem.layout.walk_mm(problem.start, problem.end) == shortest_mm(problem, problem.start, problem.end)


def test_floors_of_many_blocks_are_searched_and_repeat():
    layout = Layout((0, 3_000, 6_000), tuple(range(0, 8_000, 1_000)))
    picks = tuple(Point(3_000 * (i % 3), 1_000 * (i * 5 % 7) + 400) for i in range(9))
    problem = Problem(layout, DOCK, DOCK, picks)
    route = solve(problem)
    assert violations(problem, route) == ()
    assert route.bound_mm is None
    assert route.length_mm <= min(s_shape(problem).length_mm, nearest_neighbour(problem).length_mm)
    assert solve(problem) == route


def test_the_checker_finds_a_forgotten_pick_a_false_leg_and_a_false_claim():
    problem = Problem(TWO_AISLES, DOCK, DOCK, (Point(0, 1_000), Point(0, 2_000)))
    route = solve(problem)
    assert "every pick" in violations(problem, replace(route, order=(0,)))[0]
    assert violations(problem, replace(route, legs_mm=(1, 1, 1), length_mm=3, bound_mm=3))
    assert violations(problem, replace(route, bound_mm=None))


def test_layouts_out_of_order_are_refused():
    with pytest.raises(ValueError, match="increasing"):
        Layout((5, 0), (0, 10))


@pytest.mark.parametrize("blocks", [1, 2])
def test_forty_public_instances_are_solved_to_their_proven_optimum(blocks: int):
    rows = rows_of("routing/sprp_one_and_two_blocks.jsonl.gz")
    if not rows:
        pytest.skip("the public instances are not beside the repository")
    known = f"opt_{blocks}block"
    ours = [solve(public_problem(row, blocks)).length_mm for row in rows[::48]]
    assert ours == [round(row[known] * 1_000) for row in rows[::48]]
