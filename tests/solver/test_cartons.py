from dataclasses import replace
from itertools import combinations, product

from hypothesis import given, settings
from hypothesis import strategies as st

from solver.cartons.check import violations
from solver.cartons.greedy import first_fit
from solver.cartons.pack import Block, turns_of
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
    st.sampled_from(["", "liquid", "paper"]),
)
problems = st.builds(
    Problem,
    st.lists(items, max_size=5).map(tuple),
    st.lists(st.sampled_from([SMALL, LARGE, Carton("flat", 250, 150, 60, 3_000)]), unique=True).map(tuple),
    st.sampled_from([0, 70, 100]),
    st.sampled_from([frozenset(), frozenset({("paper", "liquid")})]),
)
sides = st.integers(1, 3)
bricks = st.builds(
    Item, st.uuids().map(str), sides, sides, sides, st.integers(0, 2), st.integers(1, 2), st.booleans(), st.booleans(),
    st.sampled_from(["", "liquid", "paper"]),
)  # fmt: skip
TRAYS = (Carton("cube", 2, 2, 2, 4, 1), Carton("bar", 3, 2, 2, 5, 1), Carton("slab", 3, 3, 1, 9, 1))
tiny = st.builds(
    Problem,
    st.lists(bricks, min_size=1, max_size=3).map(tuple),
    st.lists(st.sampled_from(TRAYS), unique=True, min_size=1).map(tuple),
    st.sampled_from([0, 60, 100]),
    st.just(frozenset({("paper", "liquid")})),
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


@settings(max_examples=40, deadline=None)
@given(problems)
def test_every_packing_holds_and_is_no_worse_than_the_plain_one(problem: Problem):
    plan, plain = solve(problem, Stop(10)), first_fit(problem)
    assert violations(problem, plan) == ()
    assert violations(problem, plain) == ()
    assert len(plan.boxes) <= len(plain.boxes)
    assert solve(problem, Stop(10)) == plan


@settings(max_examples=60, deadline=None)
@given(tiny)
def test_what_is_called_best_is_best_of_all_ways_to_part_turn_and_place(problem: Problem):
    plan = solve(problem)
    assert violations(problem, plan) == ()
    left = {reason.item for reason in plan.unpacked}
    pieces = [item for item in problem.items if item.id not in left for _ in range(item.qty)]
    cartons = {carton.id: carton for carton in problem.cartons}
    found = (len(plan.boxes), sum(cartons[box.carton].volume_mm3 for box in plan.boxes))
    assert found == _best(problem, tuple(range(len(pieces))), pieces)
    assert plan.status is (Status.INFEASIBLE if left and not pieces else Status.OPTIMAL)


def _best(problem: Problem, left: tuple[int, ...], pieces: list[Item]) -> tuple[int, int]:
    """(boxes, volume), by trying every group that holds the first piece left."""
    if not left:
        return 0, 0
    first, rest = left[0], left[1:]
    options = []
    for n in range(len(rest) + 1):
        for others in combinations(rest, n):
            volume = _volume(problem, [pieces[i] for i in (first, *others)])
            if volume is not None:
                boxes, more = _best(problem, tuple(i for i in rest if i not in others), pieces)
                options.append((boxes + 1, more + volume))
    return min(options)


def _volume(problem: Problem, group: list[Item]) -> int | None:
    """The least volume of a carton that takes the group, by every turn and place of each piece."""
    kinds = {item.kind for item in group}
    if kinds >= {"paper", "liquid"}:
        return None
    weight = sum(item.weight_g for item in group)
    able = [c for c in problem.cartons if weight <= c.max_weight_g and _placed(c, group, (), problem.support_percent)]
    return min((carton.volume_mm3 for carton in able), default=None)


def _placed(carton: Carton, left: list[Item], done: tuple[tuple[Item, Block], ...], percent: int) -> bool:
    if not left:
        return all(_stands(item, block, done, percent) for item, block in done)
    for dx, dy, dz in turns_of(left[0]):
        places = product(
            range(carton.length_mm - dx + 1), range(carton.width_mm - dy + 1), range(carton.height_mm - dz + 1)
        )
        for x, y, z in places:
            block = (x, y, z, x + dx, y + dy, z + dz)
            is_free = all(any(block[i] >= b[i + 3] or b[i] >= block[i + 3] for i in range(3)) for _, b in done)
            if is_free and _placed(carton, left[1:], (*done, (left[0], block)), percent):
                return True
    return False


def _stands(item: Item, block: Block, done: tuple[tuple[Item, Block], ...], percent: int) -> bool:
    """Unit squares of its base that rest on something, and no fragile piece anywhere below it."""
    squares = list(product(range(block[0], block[3]), range(block[1], block[4])))
    held = sum(any(_over(b, *at) and b[5] == block[2] for _, b in done) for at in squares)
    on_glass = any(other.fragile and b[5] <= block[2] and _over(b, *at) for other, b in done for at in squares)
    return not on_glass and (block[2] == 0 or 100 * held >= percent * len(squares))


def _over(block: Block, x: int, y: int) -> bool:
    return block[0] <= x < block[3] and block[1] <= y < block[4]


def test_goods_that_must_not_meet_go_into_two_cartons_and_of_two_alike_the_greener_is_taken():
    shampoo, radio = Item("shampoo", 50, 50, 50, 1, kind="liquid"), Item("radio", 50, 50, 50, 1, kind="electronics")
    apart = frozenset({("electronics", "liquid")})
    plan = solve(Problem((shampoo, radio), (SMALL, replace(SMALL, id="green", burden=0), LARGE), apart=apart))
    assert len(plan.boxes) == 2
    grey, green = replace(SMALL, id="a", burden=2, cost_fen=1), replace(SMALL, id="b", burden=0, cost_fen=9)
    plan = solve(Problem((shampoo,), (grey, green)))
    assert (plan.boxes[0].carton, plan.status) == ("b", Status.OPTIMAL)
    mixed = replace(plan, boxes=(Box("a", (Placement("shampoo", 0, 0, 0, 50, 50, 50),
                                           Placement("radio", 50, 0, 0, 50, 50, 50)), 52, 250),))  # fmt: skip
    assert "share" in violations(Problem((shampoo, radio), (grey,), apart=apart), mixed)[0]


def test_what_fits_only_with_things_hanging_is_not_called_packed():
    """A bridge over a gap: half of it would rest on the one pillar."""
    pillar, bridge = (
        Item("pillar", 100, 50, 60, 1, upright=True),
        Item("bridge", 100, 100, 40, 1, upright=True, fragile=True),
    )
    loose, firm = Problem((pillar, bridge), (SMALL, LARGE), 50), Problem((pillar, bridge), (SMALL, LARGE), 51)
    assert [(p.boxes[0].carton, p.status) for p in map(solve, (loose, firm))] == [
        ("small", Status.OPTIMAL),
        ("large", Status.OPTIMAL),
    ]


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
