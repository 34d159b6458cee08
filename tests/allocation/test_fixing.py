"""What helps a group of orders that were left out, verb by verb: each does its part once and nothing else."""

import pytest
from sqlmodel import select

from floor.allocation import fixing, jobs, queries
from floor.allocation.models import Unallocated
from floor.allocation.states import Why
from floor.inventory import capacities
from floor.inventory.models import SafetyStock
from floor.inventory.models_supply import PurchaseRequest
from floor.kit.actor import SYSTEM
from floor.kit.errors import Invalid
from floor.kit.uow import reading, unit_of_work
from floor.orders.models import Order
from floor.shipments import pickups
from tests.allocation.test_runs import identities, outcome, why
from tests.allocation.world import a_done_run, a_full_world, a_world
from tests.factories import a_bin, a_sku, an_order, stock


def test_safety_stock_goes_to_the_orders_it_was_released_for_and_to_no_other(app):
    with unit_of_work() as db:
        world = a_world(db, mugs=5, reserve_mugs=0)
        db.add(SafetyStock(warehouse_id=world.house.id, sku_id=world.mug.id, qty=4))
        waits = an_order(db, [(world.mug, 3)])
    run = a_done_run()
    with unit_of_work() as db:
        assert why(db, run) == {waits.id: Why.SAFETY_STOCK}
        later = an_order(db, [(world.mug, 2)])
        again = fixing.release_safety(db, run, SYSTEM)
        assert again.scope == {"orders": [waits.id], "unsafe": True}
    jobs.work(again.id)
    with unit_of_work() as db:
        assert list(outcome()) == [waits.id]
        assert identities(db) == []
        with pytest.raises(Invalid):
            fixing.release_safety(db, run, SYSTEM)
    with reading() as db:
        assert set(why(db, a_done_run())) == {later.id}


def test_purchasing_is_asked_once_for_what_nobody_has(app):
    with unit_of_work() as db:
        world = a_full_world(db)
    run = a_done_run()
    with unit_of_work() as db:
        assert fixing.missing(db, run) == {(world.house.id, world.cap.id): 1}
        assert [fixing.purchase(db, run, SYSTEM), fixing.purchase(db, run, SYSTEM)] == [1, 0]
        (request,) = db.exec(select(PurchaseRequest)).all()
        assert (request.sku_id, request.qty) == (world.cap.id, 1)


def test_orders_that_changed_meanwhile_are_planned_again(app):
    with unit_of_work() as db:
        world = a_world(db)
        order = an_order(db, [(world.tee, 1)])
    run = a_done_run(channels=["nobody"])
    with unit_of_work() as db:
        db.add(Unallocated(run_id=run.id, order_id=order.id, reason=Why.CHANGED))
        again = fixing.again(db, run, SYSTEM)
    jobs.work(again.id)
    assert list(outcome()) == [order.id]


# --- capacities ----------------------------------------------------------------------------------------------------


def refusal(**scope: object) -> Unallocated:
    """The one order a run leaves out."""
    run = a_done_run(**scope)
    with reading() as db:
        return db.exec(select(Unallocated).where(Unallocated.run_id == run.id)).one()


def limited(db, world, **wanted) -> None:
    capacities.change(db, world.house, wanted, SYSTEM)


def ranked(db, world) -> list[Order]:
    """Two orders for a tee, the urgent one first."""
    found = [an_order(db, [(world.tee, 1)]) for _ in range(2)]
    found[0].priority = 1
    db.add(found[0])
    return found


def test_the_shift_does_no_more_lines_than_it_can(app):
    with unit_of_work() as db:
        world = a_world(db, far_tees=0)
        limited(db, world, labour_lines=1)
        first, second = ranked(db, world)
    left = refusal()
    assert (left.order_id, left.reason) == (second.id, Why.LABOUR_FULL)
    assert left.lacks == [["lines", None, world.house.id, 1]]
    assert list(outcome()) == [first.id]


def test_the_benches_close_no_more_parcels_than_they_can(app):
    with unit_of_work() as db:
        world = a_world(db, far_tees=0)
        limited(db, world, bench_parcels=1)
        _first, second = ranked(db, world)
    left = refusal()
    assert (left.order_id, left.reason) == (second.id, Why.BENCH_FULL)


def test_a_carrier_collects_no_more_than_was_agreed(app):
    with unit_of_work() as db:
        world = a_world(db, far_tees=0)
        (carrier,) = queries.carriers(db)
        assert pickups.agree(db, world.house.id, carrier.id, 1, None, SYSTEM)
        assert not pickups.agree(db, world.house.id, carrier.id, 1, None, SYSTEM)
        _first, second = ranked(db, world)
    left = refusal()
    assert (left.order_id, left.reason) == (second.id, Why.CARRIER_FULL)


def test_what_is_promised_already_uses_up_the_day(app):
    with unit_of_work() as db:
        world = a_world(db, far_tees=0)
        limited(db, world, labour_lines=1)
        an_order(db, [(world.tee, 1)])
    a_done_run()
    with unit_of_work() as db:
        second = an_order(db, [(world.tee, 1)])
    left = refusal()
    assert (left.order_id, left.reason) in {(second.id, Why.LABOUR_FULL), (second.id, Why.CANNOT)}


def test_goods_for_the_cold_room_ship_from_where_there_is_one(app):
    with unit_of_work() as db:
        world = a_world(db)
        world.tee.is_cold = True
        db.add(world.tee)
        limited(db, world, cold_lines=0)
        order = an_order(db, [(world.tee, 1)])
    a_done_run()
    assert [house for house, _sku, _n in outcome()[order.id]] == [world.other.id]


def test_nobody_lifts_what_no_warehouse_can_lift(app):
    with unit_of_work() as db:
        world = a_world(db, far_tees=0)
        world.tee.weight_g = 20_000
        db.add(world.tee)
        limited(db, world, heavy_lines=0)
        an_order(db, [(world.tee, 1)])
    assert refusal().reason == Why.CANNOT


def test_a_parcel_too_heavy_for_every_carrier_is_named(app):
    with unit_of_work() as db:
        world = a_world(db)
        for rate in queries.rates(db):
            rate.max_g = 500
            db.add(rate)
        fits, heavy = an_order(db, [(world.tee, 2)]), an_order(db, [(world.tee, 3)])
    left = refusal()
    assert (left.order_id, left.reason) == (heavy.id, Why.TOO_BIG)
    assert list(outcome()) == [fits.id]


def test_an_address_nobody_goes_to_is_named(app):
    with unit_of_work() as db:
        world = a_world(db)
        for rate in queries.rates(db):
            db.delete(rate)
        an_order(db, [(world.tee, 1)])
    assert refusal().reason == Why.NO_LANE


def test_a_wrapped_gift_leaves_in_one_parcel_although_it_may_be_split(app):
    with unit_of_work() as db:
        world = a_world(db, mugs=1, far_tees=0)
        umbrella = a_sku(db, "UMBRELLA")
        stock(db, a_bin(db, world.other, "A03-01-1"), umbrella, 5)
        plain = an_order(db, [(world.tee, 1), (umbrella, 1)])
        gift = an_order(db, [(world.tee, 1), (umbrella, 1)], gift_wrap=True)
    run = a_done_run(split=True)
    with reading() as db:
        assert set(outcome()) == {plain.id}
        assert set(why(db, run)) == {gift.id}
