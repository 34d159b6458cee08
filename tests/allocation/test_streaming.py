"""New orders are placed at once by the last plan's prices; what was announced moves only when it pays."""

import pytest
from sqlmodel import select

from floor.allocation import chores, planning, queries
from floor.allocation.models import Announcement
from floor.allocation.placing import room_beside
from floor.allocation.states import RunState
from floor.allocation.worth import prices_for, unpack
from floor.events.models import AuditEvent
from floor.inventory import capacities
from floor.inventory.models import Reservation
from floor.kit.actor import SYSTEM
from floor.kit.uow import reading, unit_of_work
from floor.orders import service as orders
from floor.orders.models import Order
from floor.orders.states import OrderAction
from tests.allocation.world import a_done_run, a_run, a_world
from tests.factories import an_order, count


@pytest.fixture(autouse=True)
def nothing_seen(monkeypatch):
    monkeypatch.setattr(chores, "_again", chores._Again(every=0))


def plan_again() -> int:
    """Begin, wait for the process, and say what came of it."""
    chores.plan_again()
    if chores._again.is_at_work:
        chores._again._doing[0].result()
    return chores.plan_again()


def said() -> dict[int, list[int]]:
    """Order -> warehouses it was announced for."""
    with reading() as db:
        found: dict[int, list[int]] = {}
        for one in db.exec(select(Announcement).order_by(Announcement.id)):
            found.setdefault(one.order_id, []).append(one.warehouse_id)
        return found


def cheaper(db, house) -> None:
    """Shipping from a warehouse costs half."""
    for rate in queries.rates(db):
        if rate.warehouse_id == house.id:
            rate.first_fen //= 2
            db.add(rate)


def test_an_order_is_announced_when_it_is_released_and_nothing_is_reserved(app, relay):
    with unit_of_work() as db:
        world = a_world(db)
        cheaper(db, world.other)
        order = an_order(db, [(world.tee, 2)])
    relay.drain()
    assert said() == {order.id: [world.other.id]}
    with reading() as db:
        assert count(db, Reservation) == 0
        events = db.exec(select(AuditEvent).where(AuditEvent.kind == "allocation.order.announced")).all()
        assert [(event.order_id, event.data["moved"]) for event in events] == [(order.id, False)]
    relay.drain()
    assert chores.place_new() == 0


def test_what_is_announced_is_not_given_away_twice(app):
    with unit_of_work() as db:
        world = a_world(db, tees=3, far_tees=3)
        cheaper(db, world.house)
        made = [an_order(db, [(world.tee, 2)]).id for _ in range(3)]
    assert chores.place_new() == 2
    assert sorted(said().values()) == sorted([[world.house.id], [world.other.id]])
    assert chores.place_new() == 0
    assert len(set(made) - set(said())) == 1


def test_the_days_capacity_counts_when_an_order_is_placed(app):
    with unit_of_work() as db:
        world = a_world(db)
        cheaper(db, world.house)
        capacities.change(db, world.house, {"bench_parcels": 1}, SYSTEM)
        for _ in range(2):
            an_order(db, [(world.tee, 1)])
    assert chores.place_new() == 2
    assert sorted(said().values()) == [[world.house.id], [world.other.id]]


def test_prices_keep_dear_stock_for_those_who_need_it(app):
    """SHA is cheaper, but its last tees are worth more to orders that also want a mug, which lies nowhere else."""
    with unit_of_work() as db:
        world = a_world(db, tees=3, mugs=3, far_tees=30)
        cheaper(db, world.house)
        for _ in range(3):
            an_order(db, [(world.tee, 1), (world.mug, 1)])
        for _ in range(2):
            an_order(db, [(world.tee, 1)])
    with reading() as db:
        facts = planning.read_facts(db, {})
    planned = planning.find_plan(facts, "optimal", 0)
    run = a_done_run()
    assert run.allocated == len(planned.shares) == 5
    with reading() as db:
        _run, data = queries.newest_prices(db)
    placed = planning.place_now(facts, prices_for(facts, unpack(data)), room_beside(facts, []))
    alone = [order for order in placed if len(placed[order][0].units) == 1]
    assert [[share.warehouse_id for share in placed[order]] for order in alone] == [[world.other.id]] * 2


def test_a_run_turns_the_announcement_into_a_shipment(app, relay):
    with unit_of_work() as db:
        world = a_world(db)
        an_order(db, [(world.tee, 1)])
    relay.drain()
    assert len(said()) == 1
    assert a_done_run().allocated == 1
    assert said() == {}


def test_an_order_announced_stays_when_another_way_is_a_little_cheaper(app, relay):
    with unit_of_work() as db:
        world = a_world(db)
        for rate in queries.rates(db):
            if rate.warehouse_id == world.other.id:
                rate.first_fen += 300
                db.add(rate)
        order = an_order(db, [(world.tee, 1)])
    relay.drain()
    assert said() == {order.id: [world.house.id]}
    with unit_of_work() as db:
        for rate in queries.rates(db):
            if rate.warehouse_id == world.other.id:
                rate.first_fen -= 600
                db.add(rate)
    with reading() as db:
        facts = planning.read_facts(db, {})
    assert planning.find_plan(facts, "optimal", 0).shares[order.id][0].warehouse_id == world.house.id
    with unit_of_work() as db:
        cheaper(db, world.other)
        for rate in queries.rates(db):
            if rate.warehouse_id == world.house.id:
                rate.first_fen += 500
                db.add(rate)
    with reading() as db:
        facts = planning.read_facts(db, {})
    assert planning.find_plan(facts, "optimal", 0).shares[order.id][0].warehouse_id == world.other.id


def test_planning_again_moves_what_pays_and_rests_until_something_changes(app, relay):
    with unit_of_work() as db:
        world = a_world(db)
        cheaper(db, world.house)
        an_order(db, [(world.tee, 1)])
    a_done_run()
    with unit_of_work() as db:
        order = an_order(db, [(world.tee, 1)])
    relay.drain()
    assert said() == {order.id: [world.house.id]}
    assert plan_again() == 0  # it is where it should be
    with unit_of_work() as db:
        for rate in queries.rates(db):
            if rate.warehouse_id == world.house.id:
                rate.first_fen += 2_000
                db.add(rate)
    assert plan_again() == 0  # nothing that waits has changed
    with unit_of_work() as db:
        another = an_order(db, [(world.tee, 1)])
    assert plan_again() == 2
    assert said() == {order.id: [world.other.id], another.id: [world.other.id]}
    with reading() as db:
        moved = db.exec(select(AuditEvent).where(AuditEvent.kind == "allocation.order.announced")).all()
        assert [event.data["moved"] for event in moved if event.order_id == order.id] == [False, True]
        assert count(db, Reservation) == 1


def test_planning_again_waits_for_a_run_at_work(app):
    with unit_of_work() as db:
        world = a_world(db)
        an_order(db, [(world.tee, 1)])
    a_done_run()
    with unit_of_work() as db:
        an_order(db, [(world.tee, 1)])
    run_id = a_run()
    with reading() as db:
        assert queries.run_for(db, run_id).state is RunState.QUEUED
    assert plan_again() == 0
    assert said() == {}


def test_a_held_order_is_forgotten(app, relay):
    with unit_of_work() as db:
        world = a_world(db)
        an_order(db, [(world.tee, 1)])
    a_done_run()
    with unit_of_work() as db:
        order, other = (an_order(db, [(world.tee, 1)]) for _ in range(2))
    relay.drain()
    with unit_of_work() as db:
        orders.advance(db, db.get_one(Order, order.id), OrderAction.HOLD, SYSTEM)
    plan_again()
    assert list(said()) == [other.id]
