import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solver.allocation.check import violations
from solver.allocation.greedy import STRATEGIES, best_cost
from solver.allocation.plan import Code
from solver.allocation.problem import Costs, Lane, Line, Order, Problem, Warehouse
from solver.allocation.solve import solve
from solver.common import Status, Stop


def house(name: str, **stock: int) -> Warehouse:
    return Warehouse(name, tuple(stock.items()))


def order(name: str, region: str = "north", **lines: int) -> Order:
    return Order(name, tuple(Line(sku, qty) for sku, qty in lines.items()), region)


LANES = (
    Lane("east", "north", 500, 1),
    Lane("west", "north", 900, 2),
    Lane("east", "south", 2_000, 3),
    Lane("west", "south", 600, 1),
)


def problem_of(*orders: Order, houses: tuple[Warehouse, ...], costs: Costs | None = None) -> Problem:
    return Problem(orders, houses, LANES, costs or Costs())


def only_reason(problem: Problem, name: str):
    plan = solve(problem)
    assert violations(problem, plan) == ()
    return next(reason for reason in plan.unallocated if reason.order == name)


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    skus = ["a", "b", "c"]
    names = ["east", "west", "far"][: draw(st.integers(1, 3))]
    stocks = st.fixed_dictionaries(dict.fromkeys(skus, st.integers(0, 6)))
    houses = tuple(
        Warehouse(
            name,
            tuple(draw(stocks).items()),
            draw(st.one_of(st.none(), stocks.map(lambda s: tuple(s.items())))),
            draw(st.one_of(st.none(), st.integers(0, 8))),
            tuple(draw(stocks).items()),
        )
        for name in names
    )
    lanes = tuple(
        Lane(name, region, draw(st.integers(100, 2_000)), draw(st.integers(1, 5)))
        for name in names
        for region in ("north", "south")
        if draw(st.integers(0, 5))
    )
    lines = st.dictionaries(st.sampled_from(skus), st.integers(1, 4), min_size=1)
    orders = tuple(
        Order(
            f"o{i}",
            tuple(Line(sku, qty) for sku, qty in draw(lines).items()),
            draw(st.sampled_from(["north", "south"])),
            draw(st.integers(0, 6)),
            draw(st.sampled_from([None, 600, 2_000])),
            draw(st.booleans()),
        )
        for i in range(draw(st.integers(0, 7)))
    )
    return Problem(orders, houses, lanes, Costs(max_parcels=draw(st.sampled_from([1, 2]))))


def brute_force_cost(problem: Problem) -> int:
    """Try every way to ship every order, warehouse by warehouse and unit by unit."""
    stock = [dict(w.stock) for w in problem.warehouses]
    for w, warehouse in enumerate(problem.warehouses):
        if warehouse.pick_stock is not None:
            faces = dict(warehouse.pick_stock)
            stock[w] = {sku: min(qty, faces.get(sku, 0)) for sku, qty in stock[w].items()}
    labour = [w.labour_lines if w.labour_lines is not None else 10**6 for w in problem.warehouses]
    way = {(lane.warehouse, lane.region): lane for lane in problem.lanes}
    parcel = [
        [
            problem.costs.of_parcel(o, way[w.id, o.region]) if (w.id, o.region) in way else None
            for w in problem.warehouses
        ]
        for o in problem.orders
    ]

    def ways(o: int, line: int, a: int, b: int | None):
        if line == len(problem.orders[o].lines):
            yield from after(o + 1)
            return
        wanted = problem.orders[o].lines[line]
        for from_a in [wanted.qty] if b is None else range(wanted.qty + 1):
            takes = [(a, from_a)] + ([] if b is None else [(b, wanted.qty - from_a)])
            if all(u == 0 or (stock[w].get(wanted.sku, 0) >= u and labour[w] > 0) for w, u in takes):
                for w, u in takes:
                    if u:
                        stock[w][wanted.sku] -= u
                        labour[w] -= 1
                yield from ways(o, line + 1, a, b)
                for w, u in takes:
                    if u:
                        stock[w][wanted.sku] += u
                        labour[w] += 1

    def after(o: int):
        if o == len(problem.orders):
            yield 0
            return
        yield from (problem.costs.of_leaving_out(problem.orders[o]) + c for c in after(o + 1))
        houses = [w for w in range(len(stock)) if parcel[o][w] is not None]
        for a in houses:
            yield from (parcel[o][a] + c for c in ways(o, 0, a, None))
            if problem.orders[o].splittable and problem.costs.max_parcels == 2:
                for b in [w for w in houses if w > a]:
                    yield from (parcel[o][a] + parcel[o][b] + c for c in ways(o, 0, a, b))

    return min(after(0))


def test_each_order_ships_from_its_cheaper_warehouse():
    houses = (house("east", tea=5), house("west", tea=5))
    problem = problem_of(order("n", tea=1), order("s", "south", tea=1), houses=houses)
    plan = solve(problem)
    assert [(p.order, p.warehouse) for p in plan.parcels] == [("n", "east"), ("s", "west")]
    assert plan.cost == 500 + 600 + 2 * 200
    assert plan.status is Status.OPTIMAL
    assert plan.gap == 0.0


def test_the_last_piece_goes_where_nobody_else_can_help():
    """Order by order the first one takes the cheap tea of the east, and the second, which also needs cups that only
    the east has, must be split; together they cost less."""
    houses = (house("east", tea=1, cup=1), house("west", tea=1))
    problem = problem_of(order("first", tea=1), order("second", tea=1, cup=1), houses=houses)
    plan, plain = solve(problem), best_cost(problem)
    assert {(p.order, p.warehouse) for p in plan.parcels} == {("first", "west"), ("second", "east")}
    assert plan.cost == 900 + 500 + 2 * 200
    assert plain.cost == 500 + 200 + (500 + 900 + 2 * 200)


def test_one_line_may_come_from_two_warehouses():
    problem = problem_of(order("o", tea=5), houses=(house("east", tea=3), house("west", tea=2)))
    plan = solve(problem)
    assert [(p.warehouse, p.lines) for p in plan.parcels] == [
        ("east", (Line("tea", 3),)),
        ("west", (Line("tea", 2),)),
    ]


def test_the_more_urgent_order_gets_the_last_piece():
    late, urgent = replace(order("late", tea=1), priority=3), replace(order("urgent", tea=1), priority=0)
    plan = solve(problem_of(late, urgent, houses=(house("east", tea=1),)))
    assert [p.order for p in plan.parcels] == ["urgent"]


def test_a_promise_is_kept_over_a_dearer_lane():
    due = replace(order("due", "north", tea=1), due=1_440)
    lanes = (Lane("east", "north", 500, 4), Lane("west", "north", 900, 1))
    plan = solve(Problem((due,), (house("east", tea=1), house("west", tea=1)), lanes))
    assert [p.warehouse for p in plan.parcels] == ["west"]


def test_no_lane_is_told():
    assert only_reason(problem_of(order("o", "moon", tea=1), houses=(house("east", tea=1),)), "o").code is Code.NO_LANE


def test_no_stock_is_told_with_wanted_and_available():
    reason = only_reason(problem_of(order("o", tea=9), houses=(house("east", tea=2), house("west", tea=3))), "o")
    assert (reason.code, reason.sku, reason.wanted, reason.available) == (Code.NO_STOCK, "tea", 9, 5)


def test_safety_stock_is_told_when_only_it_would_do():
    kept = Warehouse("east", (("tea", 1),), safety=(("tea", 4),))
    assert only_reason(problem_of(order("o", tea=3), houses=(kept,)), "o").code is Code.SAFETY_STOCK


def test_an_empty_pick_face_is_told_when_the_reserve_has_it():
    reserve = Warehouse("east", (("tea", 8),), pick_stock=(("tea", 1),))
    reason = only_reason(problem_of(order("o", tea=3), houses=(reserve,)), "o")
    assert (reason.code, reason.warehouse, reason.wanted, reason.available) == (
        Code.PICK_FACE_EMPTY,
        "east",
        3,
        1,
    )


def test_an_order_that_may_not_be_split_waits_for_one_place_that_has_it_all():
    whole = replace(order("o", tea=1, cup=1), splittable=False)
    reason = only_reason(problem_of(whole, houses=(house("east", tea=1), house("west", cup=1))), "o")
    assert (reason.code, reason.sku, reason.warehouse) == (Code.PARTIAL_ONLY, "cup", "east")


def test_other_orders_first_names_the_piece_that_is_gone():
    first, second = replace(order("first", tea=2), priority=0), order("second", tea=2)
    reason = only_reason(problem_of(first, second, houses=(house("east", tea=3),)), "second")
    assert (reason.code, reason.sku, reason.warehouse, reason.wanted, reason.available) == (
        Code.OTHER_ORDERS_FIRST,
        "tea",
        "east",
        2,
        1,
    )


def test_full_hands_are_told_when_the_goods_are_there():
    busy = Warehouse("east", (("tea", 9), ("cup", 9)), labour_lines=1)
    first, second = replace(order("first", tea=1), priority=0), order("second", cup=1)
    reason = only_reason(problem_of(first, second, houses=(busy,)), "second")
    assert (reason.code, reason.warehouse, reason.wanted, reason.available) == (Code.LABOUR_FULL, "east", 1, 0)


def test_no_orders_and_no_warehouses_are_answers():
    assert solve(problem_of(houses=())).status is Status.OPTIMAL
    plan = solve(Problem((order("o", tea=1),), (), ()))
    assert plan.status is Status.INFEASIBLE
    assert [reason.code for reason in plan.unallocated] == [Code.NO_LANE]


def test_an_order_that_names_a_sku_twice_is_refused():
    twice = Order("o", (Line("tea", 1), Line("tea", 2)), "north")
    with pytest.raises(ValueError, match="different SKUs"):
        solve(problem_of(twice, houses=(house("east", tea=9),)))


@settings(max_examples=100, deadline=None)
@given(problems())
def test_every_strategy_holds_and_the_optimal_one_is_never_dearer_than_order_by_order(problem: Problem):
    plan = solve(problem, Stop(20))
    plain = {name: strategy(problem, 3) for name, strategy in STRATEGIES.items()}
    assert violations(problem, plan) == ()
    assert {name: violations(problem, other) for name, other in plain.items()} == dict.fromkeys(STRATEGIES, ())
    assert plan.cost <= plain["best_cost"].cost
    served = {parcel.order for parcel in plan.parcels}
    assert len(served) + len(plan.unallocated) == len(problem.orders)


@settings(max_examples=60, deadline=None)
@given(problems().filter(lambda p: len(p.orders) <= 3))
def test_the_bound_is_never_above_the_true_optimum_nor_the_cost_below_it(problem: Problem):
    plan, best = solve(problem), brute_force_cost(problem)
    assert plan.bound is not None
    assert plan.bound <= best <= plan.cost


def a_busy_day(orders: int, seed: int) -> Problem:
    rng = random.Random(seed)
    skus = [f"s{i}" for i in range(orders // 5)]
    asked = tuple(
        Order(
            f"o{i}",
            tuple(Line(sku, rng.randint(1, 3)) for sku in rng.sample(skus, rng.choice((1, 1, 2, 3)))),
            f"r{rng.randrange(10)}",
            rng.randrange(5),
            rng.choice((None, 1_440, 4_320)),
            rng.random() < 0.8,
        )
        for i in range(orders)
    )
    houses = tuple(Warehouse(f"w{w}", tuple((sku, rng.randint(0, 9)) for sku in skus)) for w in range(3))
    lanes = tuple(
        Lane(f"w{w}", f"r{r}", rng.randint(400, 2_500), rng.randint(1, 5)) for w in range(3) for r in range(10)
    )
    return Problem(asked, houses, lanes)


def test_the_same_seed_gives_the_same_plan_and_it_saves_much_against_the_rules():
    problem = a_busy_day(200, 4)
    plan = solve(problem, Stop(20), 7)
    assert plan == solve(problem, Stop(20), 7)
    assert violations(problem, plan) == ()
    assert plan.gap is not None
    assert plan.gap < 0.1
    assert plan.cost < min(strategy(problem, 0).cost for strategy in STRATEGIES.values())


def test_progress_is_told_stage_by_stage():
    heard: list[str] = []
    solve(a_busy_day(60, 1), Stop(10), on_stage=lambda name, done, total: heard.append(name))
    assert list(dict.fromkeys(heard))[:2] == ["prices", "place"]
    assert heard[-1] == "reasons"


def test_the_checker_finds_oversold_stock_a_lost_order_and_a_false_cost():
    problem = problem_of(order("o", tea=2), houses=(house("east", tea=2),))
    plan = solve(problem)
    assert "promises" in violations(replace(problem, warehouses=(house("east", tea=1),)), plan)[0]
    assert "exactly once" in violations(problem, replace(plan, parcels=()))[0]
    assert any("it costs" in s for s in violations(problem, replace(plan, cost=1, bound=1)))
