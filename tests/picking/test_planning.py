"""From reserved shipments to walks: every unit once, in walking order, and never on two walks."""

import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select

from floor.allocation import queries as runs
from floor.allocation import service as allocation
from floor.allocation.models import RunCart
from floor.allocation.states import RunState, Stage
from floor.inventory import service as inventory
from floor.inventory.models import Bin, Reservation, Warehouse
from floor.kit import clock
from floor.kit.actor import SYSTEM, Actor
from floor.kit.uow import reading, unit_of_work
from floor.orders import service as orders
from floor.orders.models import Order
from floor.orders.states import OrderAction
from floor.people.models import User
from floor.picking import jobs, planning, service, walls
from floor.picking.checking import broken_walks
from floor.picking.models import Pick, Stop, Walk, WalkTote
from floor.picking.states import WalkMode, WalkState
from floor.shipments import service as shipments
from floor.shipments.models import Shipment, ShipmentLine
from floor.shipments.queries import lines_of
from floor.shipments.states import ShipmentAction, ShipmentState
from tests.allocation.world import a_done_run
from tests.factories import a_bin, a_carrier, a_sku, a_warehouse, an_order, count, stock
from tests.furnished import Furniture


@pytest.fixture(autouse=True)
def quick_plans(monkeypatch):
    """Good carts and quick ones keep the same rules; how good they are is tested in tests/solver."""
    monkeypatch.setattr(planning, "EFFORT", replace(planning.EFFORT, work=5))


def a_busy_house(db, n: int = 20) -> Warehouse:
    """n orders of two goods each, spread over four aisles; half of them are due an hour earlier."""
    house = a_warehouse(db)
    goods = []
    for aisle in range(1, 5):
        for bay in (2, 5, 9):
            sku = a_sku(db, f"SKU-{aisle}-{bay}")
            stock(db, a_bin(db, house, f"A{aisle:02d}-{bay:02d}-1"), sku, 100)
            goods.append(sku)
    a_carrier(db)
    now = clock.now()
    for i in range(n):
        wants = [(goods[i % 12], 1), (goods[(i * 5 + 3) % 12], 2)]
        an_order(db, wants, promised_at=now + timedelta(hours=5 + i % 2))
    return house


def applied(n: int = 20) -> int:
    with unit_of_work() as db:
        a_busy_house(db, n)
    run = a_done_run("best_cost")
    assert run.allocated == n
    return run.id


def walked() -> int:
    run_id = applied()
    jobs.make_walks(run_id)
    return run_id


@pytest.fixture
def furniture(request) -> Furniture | None:
    if "planned" in request.fixturenames:
        return walked
    return applied if "run_id" in request.fixturenames else None


@pytest.fixture
def run_id(app, furnished) -> int:
    """A run that promised goods to twenty shipments, which wait for their walks."""
    with reading() as db:
        return furnished(db)


@pytest.fixture
def planned(app, furnished) -> int:
    """The same, and the walks are made."""
    with reading() as db:
        return furnished(db)


def test_every_promised_unit_is_on_exactly_one_stop(planned):
    with reading() as db:
        promised = {row.id: row.pending for row in db.exec(select(Reservation))}
        picked = Counter()
        for pick, stop in db.exec(select(Pick, Stop).join(Stop, Stop.id == Pick.stop_id)):
            promise = db.get(Reservation, pick.reservation_id)
            assert (promise.bin_id, promise.sku_id) == (stop.bin_id, stop.sku_id)
            assert db.get(WalkTote, pick.walk_tote_id).walk_id == stop.walk_id
            picked[pick.reservation_id] += pick.qty
        assert picked == promised
        assert broken_walks(db) == []


def test_a_cart_carries_at_most_eight_shipments_each_in_its_slot(planned):
    with reading() as db:
        for walk in db.exec(select(Walk)):
            slots = [tote.slot for tote in db.exec(select(WalkTote).where(WalkTote.walk_id == walk.id))]
            assert 1 <= len(slots) <= 8
            assert len(set(slots)) == len(slots)
            assert max(slots) <= 8


def test_stops_stand_in_walking_order_and_legs_add_up(planned):
    with reading() as db:
        for walk in db.exec(select(Walk)):
            stops = db.exec(select(Stop).where(Stop.walk_id == walk.id).order_by(Stop.position)).all()
            assert [stop.position for stop in stops] == list(range(1, len(stops) + 1))
            assert len({(stop.bin_id, stop.sku_id) for stop in stops}) == len(stops)
            house = db.get(Warehouse, walk.warehouse_id)
            layout, depot = planning._floor(house.layout, [])
            here = depot
            for stop in stops:
                where = db.get(Bin, stop.bin_id)
                there = planning.Point(where.x_mm, where.y_mm)
                assert stop.leg_mm == layout.walk_mm(here, there)
                here = there
            assert walk.length_mm == sum(stop.leg_mm for stop in stops) + layout.walk_mm(here, depot)


def test_the_monitor_hears_of_every_cart_and_the_run_is_ready(planned):
    with reading() as db:
        run, carts = runs.run_for(db, planned), runs.carts(db, planned)
        assert run.state is RunState.READY
        assert len(carts) == count(db, Walk) == run.stages[Stage.ROUTES]["done"] == run.stages[Stage.CARTS]["total"]
        assert sum(cart.totes for cart in carts) == 20
        assert sum(cart.units for cart in carts) == 60
        assert sum(cart.length_mm for cart in carts) < sum(cart.single_mm for cart in carts)
        walk = db.exec(select(Walk).order_by(Walk.id)).first()
        assert walk.number == f"W-{walk.id:06d}"
        assert (carts[0].walk_number, carts[0].minutes, carts[0].state) == (walk.number, walk.minutes, "ready")
        assert {shipment.state for shipment in db.exec(select(Shipment))} == {ShipmentState.PLANNED}


def test_a_walk_is_due_when_its_most_urgent_shipment_is(planned):
    with reading() as db:
        for walk in db.exec(select(Walk)):
            mine = select(Shipment).join(WalkTote, WalkTote.shipment_id == Shipment.id)
            due = [shipment.promised_at for shipment in db.exec(mine.where(WalkTote.walk_id == walk.id))]
            assert walk.due_at == min(due)


def test_making_walks_twice_makes_them_once(run_id, relay):
    relay.drain()
    with reading() as db:
        before = count(db, Walk)
    jobs.make_walks(run_id)
    with reading() as db:
        assert count(db, Walk) == before > 0


class Killed(BaseException):
    """What no handler catches."""


def test_a_worker_killed_between_two_walks_leaves_work_the_next_one_finishes(run_id, monkeypatch):
    monkeypatch.setattr(jobs, "SLICE", 1)
    real, made = service.create_walk, []

    def dies_at_the_second(db, new, actor):
        if made:
            raise Killed
        made.append(new)
        return real(db, new, actor)

    monkeypatch.setattr(service, "create_walk", dies_at_the_second)
    with pytest.raises(Killed):
        jobs.make_walks(run_id)
    monkeypatch.setattr(service, "create_walk", real)
    jobs.make_walks(run_id)
    with reading() as db:
        assert runs.run_for(db, run_id).state is RunState.READY
        assert count(db, WalkTote) == 20
        assert broken_walks(db) == []
        assert count(db, RunCart) == count(db, Walk)


def test_two_workers_put_a_shipment_on_one_walk(run_id):
    broken = []

    def work():
        try:
            jobs.make_walks(run_id)
        except BaseException as error:
            broken.append(error)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading() as db:
        assert broken == []
        assert broken_walks(db) == []
        assert count(db, WalkTote) == 20


def test_a_shipment_cancelled_while_its_cart_was_planned_spoils_no_other(app, monkeypatch):
    run_id = applied(4)
    real = planning.find_routes

    def cancelled_meanwhile(site, carts):
        monkeypatch.setattr(planning, "find_routes", real)
        with unit_of_work() as db:
            _cancel(db, db.get(Shipment, int(carts[0][0])))
        return real(site, carts)

    monkeypatch.setattr(planning, "find_routes", cancelled_meanwhile)
    jobs.make_walks(run_id)
    with reading() as db:
        assert runs.run_for(db, run_id).state is RunState.READY
        assert count(db, WalkTote) == 3


def _cancel(db, shipment: Shipment) -> None:
    for line, _sku in lines_of(db, shipment.id):
        for promise in db.exec(select(Reservation).where(Reservation.shipment_line_id == line.id)).all():
            units = inventory.release(db, promise)
            shipments.backorder(db, line, units)
    shipments.advance(db, shipment, ShipmentAction.CANCEL, SYSTEM)


def test_an_order_on_hold_gets_no_walk_until_the_next_run(app):
    run_id = applied(3)
    with unit_of_work() as db:
        shipment = db.exec(select(Shipment)).first()
        order = db.get(Order, shipment.order_id)
        orders.advance(db, order, OrderAction.HOLD, SYSTEM)
    jobs.make_walks(run_id)
    with unit_of_work() as db:
        assert count(db, WalkTote) == 2
        orders.advance(db, db.get(Order, order.id), OrderAction.RELEASE, SYSTEM)
    jobs.make_walks(a_done_run().id)
    with reading() as db:
        assert {tote.shipment_id for tote in db.exec(select(WalkTote))} == {s.id for s in db.exec(select(Shipment))}


def test_a_shipment_bigger_than_any_cart_walks_alone(app):
    with unit_of_work() as db:
        house = a_warehouse(db)
        tee = a_sku(db)
        stock(db, a_bin(db, house), tee, 1000)
        a_carrier(db)
        an_order(db, [(tee, 900)])
        an_order(db, [(tee, 1)])
    jobs.make_walks(a_done_run().id)
    with reading() as db:
        assert count(db, Walk) == 2


def test_a_shipment_for_two_totes_leaves_the_next_slot_free(app):
    with unit_of_work() as db:
        house = a_warehouse(db)
        tee = a_sku(db)  # 1,980 ml: 25 of them need two totes of 48 litres
        stock(db, a_bin(db, house), tee, 100)
        a_carrier(db)
        now = clock.now()
        an_order(db, [(tee, 25)], promised_at=now + timedelta(hours=5))
        an_order(db, [(tee, 1)], promised_at=now + timedelta(hours=6))
    run_id = a_done_run().id
    jobs.make_walks(run_id)
    with reading() as db:
        assert sorted(tote.slot for tote in db.exec(select(WalkTote))) in ([1, 2], [1, 3])
        (cart,) = runs.carts(db, run_id)
        assert cart.totes == 3


def test_publishing_shows_walks_and_taking_back_hides_those_nobody_has(run_id, relay):
    relay.drain()
    with unit_of_work() as db:
        allocation.publish(db, runs.run_for(db, run_id, lock=True), SYSTEM)
    relay.drain()
    with unit_of_work() as db:
        every = db.exec(select(Walk).order_by(Walk.id)).all()
        assert {walk.state for walk in every} == {WalkState.PUBLISHED}
        assert {cart.state for cart in runs.carts(db, run_id)} == {"published"}
        picker = db.exec(select(User).where(User.name == "Ana")).one()
        service.claim(db, every[0].id, Actor("user", picker.id, picker.name))
    with unit_of_work() as db:
        assert (runs.carts(db, run_id)[0].state, runs.carts(db, run_id)[0].picker) == ("claimed", "Ana")
        allocation.take_back(db, runs.run_for(db, run_id, lock=True), SYSTEM)
    relay.drain()
    with reading() as db:
        states = [walk.state for walk in db.exec(select(Walk).order_by(Walk.id))]
        assert states == [WalkState.CLAIMED, *[WalkState.READY] * (len(states) - 1)]


def test_a_run_that_allocated_nothing_is_ready_with_no_carts(app):
    run = a_done_run()
    jobs.make_walks(run.id)
    with reading() as db:
        assert (runs.run_for(db, run.id).state, runs.carts(db, run.id)) == (RunState.READY, [])


def test_a_house_without_a_drawn_layout_still_gets_walks(app):
    with unit_of_work() as db:
        a_busy_house(db, 4).layout = {}
    jobs.make_walks(a_done_run().id)
    with reading() as db:
        assert count(db, WalkTote) == 4
        assert all(walk.length_mm > 0 for walk in db.exec(select(Walk)))


@pytest.mark.parametrize("most", [0, 1, 9])
def test_carts_of_small_shipments_are_picked_for_the_wall(app, most):
    with unit_of_work() as db:
        walls.put_up(db, a_busy_house(db, 6).id, "W1", 12, walls.Terms(6, True, most), SYSTEM)
    jobs.make_walks(a_done_run().id)
    with reading() as db:
        for walk in db.exec(select(Walk)):
            mine = [row.shipment_id for row in db.exec(select(WalkTote).where(WalkTote.walk_id == walk.id))]
            lines = [count(db, ShipmentLine, ShipmentLine.shipment_id == one) for one in mine]
            small = len(lines) > 1 and max(lines) <= most
            assert walk.mode is (WalkMode.WALL if small else WalkMode.CLUSTER)
        assert (most == 9) is any(walk.mode is WalkMode.WALL for walk in db.exec(select(Walk)))
