from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from solver.cartons.check import violations
from solver.cartons.greedy import first_fit
from solver.cartons.plan import Box, Code, Placement
from solver.cartons.problem import Carton, Item, Problem
from solver.cartons.solve import solve
from solver.common import Status, Stop

SMALL = Carton("small", 100, 100, 100, 5_000, 50)
LARGE = Carton("large", 200, 200, 200, 20_000, 150)

items = st.builds(
    Item,
    st.uuids().map(str),
    st.integers(10, 220),
    st.integers(10, 120),
    st.integers(10, 120),
    st.integers(0, 6_000),
    st.integers(1, 3),
    st.booleans(),
    st.booleans(),
)
problems = st.builds(
    Problem,
    st.lists(items, max_size=5).map(tuple),
    st.lists(st.sampled_from([SMALL, LARGE, Carton("flat", 250, 150, 60, 3_000)]), unique=True).map(tuple),
    st.sampled_from([0, 70, 100]),
)


def test_eight_cubes_fill_a_carton_of_twice_their_side():
    plan = solve(Problem((Item("cube", 50, 50, 50, 100, qty=8),), (LARGE, SMALL)))
    assert [(box.carton, box.fill_permille, box.weight_g) for box in plan.boxes] == [("small", 1000, 850)]
    assert plan.status is Status.OPTIMAL


def test_what_does_not_fit_one_carton_goes_into_two():
    plan = solve(Problem((Item("slab", 200, 200, 120, 100, qty=2),), (LARGE, SMALL)))
    assert [box.carton for box in plan.boxes] == ["large", "large"]


def test_the_last_box_shrinks_to_what_is_in_it():
    plan = solve(Problem((Item("slab", 200, 200, 120, 100), Item("cube", 90, 90, 90, 1)), (LARGE, SMALL)))
    assert sorted(box.carton for box in plan.boxes) == ["large", "small"]


def test_weight_alone_can_ask_for_a_larger_carton():
    plan = solve(Problem((Item("lead", 10, 10, 10, 6_000),), (SMALL, LARGE)))
    assert [box.carton for box in plan.boxes] == ["large"]


def test_a_piece_that_fits_no_carton_is_named_with_its_reason():
    bar, anvil = Item("bar", 500, 10, 10, 1, qty=2), Item("anvil", 50, 50, 50, 90_000)
    plan = solve(Problem((bar, anvil), (SMALL, LARGE)))
    assert [(r.item, r.qty, r.code) for r in plan.unpacked] == [
        ("bar", 2, Code.TOO_LARGE),
        ("anvil", 1, Code.TOO_HEAVY),
    ]
    assert solve(Problem((bar,), ())).unpacked[0].code is Code.NO_CARTONS


def test_nothing_lies_above_a_fragile_piece():
    glass, brick = Item("glass", 100, 100, 40, 1, fragile=True), Item("brick", 100, 100, 40, 1)
    plan = solve(Problem((glass, brick), (SMALL,)))
    assert [p.item for p in sorted(plan.boxes[0].placements, key=lambda p: p.z_mm)] == ["brick", "glass"]


def test_an_upright_bottle_is_not_laid_down():
    bottle = Item("bottle", 30, 30, 150, 1, upright=True)
    flat = Carton("flat", 200, 200, 100, 1_000)
    assert solve(Problem((bottle,), (flat, LARGE))).boxes[0].carton == "large"
    assert solve(Problem((replace(bottle, upright=False),), (flat, LARGE))).boxes[0].carton == "flat"


@settings(max_examples=120, deadline=None)
@given(problems)
def test_every_packing_holds_and_is_no_worse_than_the_plain_one(problem: Problem):
    plan, plain = solve(problem, Stop(10)), first_fit(problem)
    assert violations(problem, plan) == ()
    assert violations(problem, plain) == ()
    assert len(plan.boxes) <= len(plain.boxes)
    assert solve(problem, Stop(10)) == plan


def test_the_checker_finds_overlap_overhang_and_weight_on_glass():
    glass, brick = Item("glass", 100, 100, 40, 1, fragile=True), Item("brick", 100, 100, 40, 1)
    problem = Problem((glass, brick), (SMALL,))
    plan = solve(problem)

    def boxed(*placements: Placement) -> tuple[str, ...]:
        return violations(problem, replace(plan, boxes=(Box("small", placements, 52, 800),)))

    low, high = (0, 0, 0, 100, 100, 40), (0, 0, 40, 100, 100, 40)
    assert boxed(Placement("brick", *low), Placement("glass", *high)) == ()
    assert "above fragile" in boxed(Placement("glass", *low), Placement("brick", *high))[0]
    assert "overlap" in boxed(Placement("brick", *low), Placement("glass", *low))[0]
    assert "hangs" in boxed(Placement("brick", *low), Placement("glass", 0, 0, 60, 100, 100, 40))[0]
    assert boxed(Placement("brick", *low)) == ("boxes and reasons do not name every piece exactly once",)
