"""Ways drawn on the phone's map are ways one may walk, and as short as the planner's."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from floor.picking import planning
from floor.picking.route import floor_of
from solver.routing.check import shortest_mm
from solver.routing.problem import Point, Problem

heights, across = (0, 8000, 16000), (2000, 6000, 10000, 14000)
stretches = st.tuples(st.sampled_from(across), st.sampled_from([(0, 8000), (8000, 16000), (0, 16000)]), st.booleans())
holes = st.tuples(st.sampled_from(across), st.sampled_from([(1000, 2000), (7000, 9000), (12000, 12500)]))
spots = st.tuples(st.sampled_from(across), st.integers(0, 16).map(lambda n: 1000 * n))


@settings(max_examples=150, deadline=None)
@given(st.lists(stretches, max_size=4), st.lists(holes, max_size=3), spots, spots)
def test_the_way_between_two_bins_is_allowed_and_shortest(one_way, closed, a, b):
    rules = {rule[0]: rule for rule in one_way}.values()
    layout = {
        "aisles_x_mm": list(across), "cross_y_mm": list(heights), "depot": [0, 0],
        "one_way": [[x, *(ys if is_up else ys[::-1])] for x, ys, is_up in rules],
        "closed": [[x, *ys] for x, ys in closed],
    }  # fmt: skip
    floor, (planned, _depot) = floor_of(layout), planning._floor(layout, [])
    best = shortest_mm(Problem(planned, Point(*a), Point(*b), ()), Point(*a), Point(*b))
    way = floor.corners(a, b)
    assert (way[0], way[-1]) == (a, b)
    if best is None:
        assert way == [a, b]  # drawn as the crow flies: the plan says that nobody gets there
        return
    assert floor.walk_mm(a, b) == best
    for p, q in pairwise(way):
        assert p[0] == q[0] or (p[1] == q[1] and p[1] in heights)
        assert p[0] != q[0] or floor.lets_pass(p[0], p[1], q[1])


def test_a_depot_beside_the_aisles_is_left_by_the_nearest_cross_aisle():
    layout = {"aisles_x_mm": [2000, 6000], "cross_y_mm": [0, 8000], "depot": [0, 0], "one_way": [[2000, 8000, 0]]}
    floor = floor_of(layout)
    assert floor.corners(floor.depot, (2000, 3000)) == [(0, 0), (6000, 0), (6000, 8000), (2000, 8000), (2000, 3000)]
    assert floor.corners((2000, 3000), floor.depot) == [(2000, 3000), (2000, 0), (0, 0)]
