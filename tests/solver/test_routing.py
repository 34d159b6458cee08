from dataclasses import replace
from itertools import pairwise, permutations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.instances import rows_of
from benchmarks.routing import public_problem
from benchmarks.routing_hard import irregular_problem, one_way_problem, stacked_problem
from solver.common import Status
from solver.routing import directed
from solver.routing.check import shortest_mm, violations
from solver.routing.floor import stub_total
from solver.routing.greedy import largest_gap, nearest_neighbour, route_of, s_shape
from solver.routing.length import ground_of, keys_of, walk_length
from solver.routing.problem import Building, Closed, Layout, Lift, Network, OneWay, Point, Problem, Tour
from solver.routing.solve import resumed, solve
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
    route, plain = solve(problem), [s_shape(problem), largest_gap(problem), nearest_neighbour(problem)]
    assert all(violations(problem, other) == () for other in [route, *plain])
    assert route.length_mm <= min(other.length_mm for other in plain)


@settings(max_examples=150, deadline=None)
@given(problems(most_picks=0))
def test_walking_distances_agree_with_the_graph_of_walkways(problem: Problem):
    assert problem.layout.walk_mm(problem.start, problem.end) == shortest_mm(problem, problem.start, problem.end)


def test_floors_of_many_blocks_are_proven_too_and_repeat():
    layout = Layout((0, 3_000, 6_000), tuple(range(0, 8_000, 1_000)))
    picks = tuple(Point(3_000 * (i % 3), 1_000 * (i * 5 % 7) + 400) for i in range(9))
    problem = Problem(layout, DOCK, DOCK, picks)
    route = solve(problem)
    assert violations(problem, route) == ()
    assert route.bound_mm == route.length_mm
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


# --- where not everybody walks everywhere ---------------------------------------------------------------------------


@st.composite
def ruled_layouts(draw: st.DrawFn) -> Layout:
    """Up to four aisles and three blocks, some sub-aisles one-way, some stretches closed."""
    aisles = sorted(draw(st.sets(coordinates, min_size=1, max_size=4)))
    cross = sorted(draw(st.sets(coordinates, min_size=2, max_size=4)))
    where = [(a, b) for a in range(len(aisles)) for b in range(len(cross) - 1)]
    one_way = tuple(OneWay(a, b, draw(st.booleans())) for a, b in draw(st.sets(st.sampled_from(where), max_size=5)))
    closed = [
        Closed(a, low, low + draw(st.sampled_from([500, 1_000, 2_000])))
        for a, low in draw(st.sets(st.tuples(st.sampled_from(range(len(aisles))), coordinates), max_size=2))
    ]
    return Layout(tuple(aisles), tuple(cross), one_way, tuple(closed))


@st.composite
def ruled_problems(draw: st.DrawFn) -> Problem:
    start = draw(points)
    end = draw(st.one_of(st.just(start), points))
    return Problem(draw(ruled_layouts()), start, end, tuple(draw(st.lists(points, max_size=4))))


@st.composite
def tours(draw: st.DrawFn) -> Tour:
    """Up to three storeys, one or two lifts."""
    storeys = tuple(draw(st.lists(ruled_layouts(), min_size=1, max_size=3)))
    doors = draw(st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=2, unique=True))
    lifts = tuple(Lift(x, y, 4_000) for x, y in doors)
    spots = st.builds(Point, coordinates, coordinates, st.sampled_from(range(len(storeys))))
    start = draw(spots)
    end = draw(st.one_of(st.just(start), spots))
    return Tour(Building(storeys, lifts), start, end, tuple(draw(st.lists(spots, max_size=4))))


def shortest_of_all_orders(problem: Problem | Tour) -> int | None:
    stops = [problem.start, *problem.picks, problem.end]
    leg = {(a, b): shortest_mm(problem, a, b) for a in stops for b in stops}
    lengths = []
    for order in permutations(problem.picks):
        legs = [leg[pair] for pair in pairwise([problem.start, *order, problem.end])]
        if None not in legs:
            lengths.append(sum(legs))
    return min(lengths, default=None)


@settings(max_examples=60, deadline=None)
@given(st.one_of(ruled_problems(), tours()))
def test_one_way_closed_and_stacked_floors_are_walked_as_short_as_trying_every_order(problem: Problem | Tour):
    route, best = solve(problem), shortest_of_all_orders(problem)
    assert violations(problem, route) == ()
    assert (route.status is Status.INFEASIBLE) == (best is None)
    if best is not None:
        assert route.length_mm == best
        assert route.bound_mm is not None
        assert route.bound_mm <= best


@settings(max_examples=60, deadline=None)
@given(ruled_layouts(), st.data())
def test_a_walk_from_crossing_to_crossing_is_proven_whatever_is_one_way(layout: Layout, data: st.DataObject):
    corners = st.builds(Point, st.sampled_from(layout.aisles_x_mm), st.sampled_from(layout.cross_y_mm))
    start = data.draw(corners)
    problem = Problem(layout, start, data.draw(st.one_of(st.just(start), corners)), data.draw(picks_on(layout)))
    best = shortest_of_all_orders(problem)
    if best is not None and directed.can_sweep(problem):
        order, bound = directed.shortest(problem)
        assert bound <= best
        if order is None:  # nothing is claimed where the table of the largest floors ends
            assert (layout.blocks, start == problem.end) == (3, False)
        else:
            assert bound == best == route_of(problem, order, "").length_mm


def picks_on(layout: Layout) -> st.SearchStrategy[tuple[Point, ...]]:
    """Up to five bins in the aisles, a few of them at a crossing or in a cross-aisle."""
    brinks = [y for shut in layout.closed for y in (shut.low_mm, shut.high_mm)]
    some = st.sampled_from([*layout.cross_y_mm, *brinks])
    height = st.one_of(st.integers(layout.cross_y_mm[0], layout.cross_y_mm[-1]), some)
    across = st.one_of(st.sampled_from(layout.aisles_x_mm), coordinates)
    return st.lists(st.builds(Point, across, height), max_size=5).map(tuple)


def test_half_a_floor_of_one_way_aisles_is_proven_with_sixty_picks():
    for blocks, seed in product((1, 2, 3), range(3)):
        problem = one_way_problem(blocks, seed, share=0.5)
        route = solve(problem)
        assert route.status is Status.OPTIMAL
        assert violations(problem, route) == ()


def test_floors_no_programme_fits_tell_how_far_from_the_best_they_can_be():
    for problem in (irregular_problem(1), stacked_problem(2, 1)):
        route = solve(problem)
        assert violations(problem, route) == ()
        assert route.gap is not None
        assert route.gap < 0.05


def test_a_one_way_aisle_is_walked_to_its_end():
    layout = Layout((0, 5_000), (0, 10_000), (OneWay(0, 0, True),))
    route = solve(Problem(layout, DOCK, DOCK, (Point(0, 1_000), Point(0, 2_000))))
    assert route.length_mm == 10_000 + 5_000 + 10_000 + 5_000
    assert route.order == (0, 1)
    assert route.status is Status.OPTIMAL


def test_a_closed_stretch_is_walked_up_to_from_both_ends():
    layout = Layout((0, 5_000), (0, 10_000), (), (Closed(0, 4_000, 6_000),))
    route = solve(Problem(layout, DOCK, DOCK, (Point(0, 4_000), Point(0, 6_000))))
    assert route.length_mm == 2 * 4_000 + 2 * (5_000 + 10_000 + 5_000 + 4_000)
    assert route.status is Status.OPTIMAL


def test_a_pick_nobody_can_reach_is_said_to_be_so():
    layout = Layout((0, 5_000), (0, 10_000), (), (Closed(0, 4_000, 6_000),))
    problem = Problem(layout, DOCK, DOCK, (Point(0, 5_000),))
    route = solve(problem)
    assert route.status is Status.INFEASIBLE
    assert violations(problem, route) == ()
    fine = Problem(layout, DOCK, DOCK, (Point(0, 3_000),))
    assert violations(fine, replace(solve(fine), status=Status.INFEASIBLE)) != ()


def test_the_checker_finds_a_walk_against_a_one_way_aisle():
    two_way = Problem(TWO_AISLES, DOCK, DOCK, (Point(0, 1_000),))
    one_way = replace(two_way, layout=replace(TWO_AISLES, one_way=(OneWay(0, 0, True),)))
    assert violations(one_way, solve(two_way)) != ()


def test_a_floor_of_any_shape_is_walked_along_its_ways():
    spots = (Point(0, 0), Point(5_000, 0), Point(5_000, 5_000), Point(0, 9_000))
    ways = ((0, 1, 5_000), (1, 2, 5_000), (2, 3, 9_000), (3, 0, 9_000), (2, 0, 20_000))
    tour = Tour(Network(spots, ways), spots[0], spots[0], (spots[2], spots[1]))
    route = solve(tour)
    assert (route.order, route.length_mm, route.status) == ((1, 0), 28_000, Status.OPTIMAL)
    assert violations(tour, route) == ()


def test_a_picker_keeps_going_where_turning_round_saves_nothing():
    """Two picks as far up as down the aisle: either may come first."""
    picks = (Point(0, 2_000), Point(0, 8_000))
    problem = Problem(TWO_AISLES, Point(0, 5_000), Point(0, 5_000), picks)
    for ahead, order in ((picks[0], (0, 1)), (picks[1], (1, 0))):
        assert resumed(problem, ahead).order == order
    uphill = replace(problem, end=Point(0, 9_000))
    assert resumed(uphill, picks[1]).order == (0, 1)


@settings(max_examples=60, deadline=None)
@given(problems(), st.data())
def test_a_length_alone_is_that_of_the_route(problem: Problem, data: st.DataObject):
    layout = problem.layout
    ground = ground_of(layout, problem.start, problem.end, problem.picks)
    places = [layout.place(pick) for pick in problem.picks]
    keys = keys_of(ground, layout, places)
    stubs = stub_total(problem, places, layout.place(problem.start), layout.place(problem.end))
    assert walk_length(ground, keys) + stubs == solve(problem).length_mm
