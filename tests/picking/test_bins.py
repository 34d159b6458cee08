"""Which bin a walk goes to for its goods, one-way aisles, and the rest of a walk in a shorter order."""

import pytest
from sqlmodel import select

from floor.catalog.models import Tracking
from floor.inventory import service as inventory
from floor.inventory.models import Balance, Bin, Reservation
from floor.inventory.queries import balance_of, free_in
from floor.kit.uow import reading, unit_of_work
from floor.picking import jobs, planning, walking
from floor.picking.models import Pick, Stop, Walk
from floor.picking.shelves import move_promises, shelves_of
from floor.picking.states import StopState
from tests.allocation.world import a_done_run
from tests.factories import a_bin, a_carrier, a_sku, a_warehouse, an_order, stock
from tests.picking.conftest import Picker, sound


def a_house(db, *shelves: tuple[str, str, int]):
    """Bins as (code, SKU, units); the first mentioned of a SKU is promised first where it has fewest units."""
    house, goods = a_warehouse(db), {}
    for code, name, qty in shelves:
        goods[name] = goods.get(name) or a_sku(db, name)
        stock(db, a_bin(db, house, code), goods[name], qty)
    a_carrier(db)
    return house, goods


def walked(*wants: tuple[str, int], shelves: tuple[tuple[str, str, int], ...]) -> list[str]:
    """The bins a walk for one order goes to, in walking order."""
    with unit_of_work() as db:
        _, goods = a_house(db, *shelves)
        an_order(db, [(goods[name], qty) for name, qty in wants])
    run = a_done_run()
    jobs.make_walks(run.id)
    with reading() as db:
        sound(db)
        for pick, stop in db.exec(select(Pick, Stop).join(Stop, Stop.id == Pick.stop_id)):
            promise = db.get(Reservation, pick.reservation_id)
            assert (promise.bin_id, promise.sku_id, promise.pending) == (stop.bin_id, stop.sku_id, pick.qty)
        for balance in db.exec(select(Balance)):
            promised = db.exec(select(Reservation).where(Reservation.bin_id == balance.place_id)).all()
            assert balance.reserved == sum(p.pending for p in promised if p.sku_id == balance.sku_id)
        return list(db.exec(select(Bin.code).join(Stop, Stop.bin_id == Bin.id).order_by(Stop.position)))


def test_of_two_bins_with_the_goods_the_one_on_the_way_is_walked_to(app):
    """The smaller rest lies far away and was promised; the walk passes the other bin anyway."""
    shelves = (("A04-09-1", "SOCKS", 3), ("A01-03-1", "SOCKS", 9), ("A01-05-1", "SHIRT", 9))
    assert set(walked(("SOCKS", 2), ("SHIRT", 1), shelves=shelves)) == {"A01-03-1", "A01-05-1"}


def test_a_bin_that_has_too_few_for_the_promise_is_left_alone(app):
    shelves = (("A04-09-1", "SOCKS", 5), ("A01-03-1", "SOCKS", 1))
    with unit_of_work() as db:
        _, goods = a_house(db, *shelves)
        an_order(db, [(goods["SOCKS"], 5)])
    jobs.make_walks(a_done_run().id)
    with reading() as db:
        sound(db)
        assert sum(pick.qty for pick in db.exec(select(Pick))) == 5


def test_a_bin_is_emptied_where_that_costs_nothing(app):
    """Both lie at one place of the aisle; the walk is equally long."""
    shelves = (("A02-04-1", "SOCKS", 2), ("A02-04-2", "SOCKS", 9))
    assert walked(("SOCKS", 2), shelves=shelves) == ["A02-04-1"]


def test_shelves_are_those_of_goods_without_lots(db):
    house, goods = a_house(db, ("A01-03-1", "SOCKS", 4), ("A02-03-1", "CREAM", 4))
    goods["CREAM"].tracking = Tracking.LOT
    db.add(goods["CREAM"])
    db.flush()
    found = shelves_of(db, house.id, [sku.id for sku in goods.values()])
    assert {sku: [(s.bin_code, s.lying, s.free) for s in some] for sku, some in found.items()} == {
        goods["SOCKS"].id: [("A01-03-1", 4, 4)]
    }


def test_promises_do_not_move_to_a_bin_somebody_emptied_meanwhile(db):
    _, goods = a_house(db, ("A01-03-1", "SOCKS", 4), ("A02-03-1", "SOCKS", 4))
    near, far = (db.exec(select(Bin).where(Bin.code == code)).one() for code in ("A01-03-1", "A02-03-1"))
    sku = goods["SOCKS"].id
    first, second = (planning_promise(db, near, sku, qty) for qty in (3, 1))
    assert move_promises(db, {first.id: far.id, second.id: near.id}).keys() == {first.id}
    assert (free_in(db, near.id, sku), free_in(db, far.id, sku), balance_of(db, near.id, sku)) == (3, 1, 4)
    db.refresh(second)
    third = planning_promise(db, near, sku, 2)
    assert move_promises(db, {third.id: far.id}) is None
    assert third.pending == 2


def planning_promise(db, where: Bin, sku_id: int, qty: int) -> Reservation:
    return inventory.reserve_one(db, inventory.Wish(where.id, sku_id, qty))


def test_one_way_and_closed_aisles_are_read_from_the_floor_plan():
    plan = {
        "aisles_x_mm": [2000, 6000], "cross_y_mm": [0, 8000, 16000], "depot": [2000, 0],
        "one_way": [[6000, 16000, 0], [9999, 0, 16000]], "closed": [[2000, 9000, 8500]],
    }  # fmt: skip
    layout, _ = planning._floor(plan, [])
    assert [(rule.aisle, rule.block, rule.is_up) for rule in layout.one_way] == [(1, 0, False), (1, 1, False)]
    assert [(shut.aisle, shut.low_mm, shut.high_mm) for shut in layout.closed] == [(0, 8500, 9000)]
    assert planning._floor({key: plan[key] for key in ("aisles_x_mm", "cross_y_mm")}, [])[0].is_plain


@pytest.fixture
def long_way(db, floor, ana) -> Picker:
    """A walk past A01-02, A01-06, A03-04 and A04-08, nothing picked yet."""
    walk = floor.started(db, [{0: 1}, {1: 1}, {2: 1}, {3: 1}], ana)
    return Picker(db, walk, ana)


def test_what_is_left_is_put_in_the_shortest_order_and_the_next_stop_stays(long_way):
    db, walk = long_way.db, db_walk(long_way)
    rest = planning.read_rest(db, walk.id)
    first, second, third, last = rest.stops
    foolish = (first, third, second, last)
    assert walking.reorder(db, walk, rest.stops, foolish, [0, 0, 0])
    before = planning.read_rest(db, walk.id)
    assert before.stops == foolish
    order, legs = planning.find_rest(before)
    assert order == (first, second, last, third)
    assert legs == (6_000, 7_000 + 12_000 + 4_000, 4_000 + 4_000 + 10_000)
    assert walking.reorder(db, walk, before.stops, order, legs)
    assert planning.find_rest(planning.read_rest(db, walk.id)) is None
    sound(db)
    long_way.pick_all()
    sound(db)


def db_walk(picker: Picker) -> Walk:
    return picker.db.get_one(Walk, picker.view.id)


def test_a_walk_that_went_on_meanwhile_keeps_its_order(long_way):
    db, walk = long_way.db, db_walk(long_way)
    rest = planning.read_rest(db, walk.id)
    stop = db.get_one(Stop, rest.stops[1])
    stop.bin_seen = True
    db.flush()
    assert not walking.reorder(db, walk, rest.stops, rest.stops[::-1], [0] * (len(rest.stops) - 1))
    stop.bin_seen, stop.state = False, StopState.DONE
    db.flush()
    assert not walking.reorder(db, walk, rest.stops, rest.stops[::-1], [0] * (len(rest.stops) - 1))
