"""A run from question to reservations: what each order gets, why others get nothing, and what a crash leaves."""

import threading
import time
from collections import Counter

import pytest
from sqlmodel import col, select

from floor.allocation import fixing, jobs, planning, queries, service
from floor.allocation.models import Run, Unallocated
from floor.allocation.states import RunState, Stage, Strategy, Why
from floor.inventory import books
from floor.inventory import queries as stock_queries
from floor.inventory import service as inventory
from floor.inventory.models import Balance, BinKind, MoveReason, PlaceKind, Reservation, SafetyStock
from floor.inventory.service import Move
from floor.kit.actor import SYSTEM
from floor.kit.errors import Conflict
from floor.kit.uow import reading, unit_of_work
from floor.orders import service as orders
from floor.orders.models import OrderLine
from floor.orders.states import OrderAction
from floor.shipments import queries as shipment_queries
from floor.shipments.models import Shipment
from tests.allocation.world import a_done_run, a_full_world, a_run, a_world
from tests.factories import a_bin, an_order, count, stock


def identities(db) -> list[str]:
    """Every check of `flask check` that a run could break."""
    return [
        *books.broken_balances(db),
        *books.broken_reservations(db),
        *shipment_queries.broken_orders(db),
        *shipment_queries.broken_promises(db),
        *shipment_queries.broken_states(db),
        *queries.broken_runs(db),
    ]


def why(db, run: Run) -> dict[int, str]:
    return {row.order_id: row.reason for row in db.exec(select(Unallocated).where(Unallocated.run_id == run.id))}


def outcome() -> dict[int, list[tuple[int, int, int]]]:
    """Order -> (warehouse, sku, units reserved), whatever the ids of the rows."""
    with reading() as db:
        found: dict[int, list[tuple[int, int, int]]] = {}
        for shipment in db.exec(select(Shipment)):
            for line, _sku in shipment_queries.lines_of(db, shipment.id):
                found.setdefault(shipment.order_id, []).append((shipment.warehouse_id, line.sku_id, line.allocated))
        return {order: sorted(parts) for order, parts in found.items()}


def test_a_run_reserves_what_it_can_and_explains_the_rest(app):
    with unit_of_work() as db:
        world = a_full_world(db)
    run = a_done_run()
    with reading() as db:
        assert run.state is RunState.APPLIED
        assert (run.orders, run.allocated, run.unallocated) == (4, 2, 2)
        assert why(db, run) == {
            world.orders["replenish"].id: Why.PICK_FACE_EMPTY,
            world.orders["nothing"].id: Why.NO_STOCK,
        }
        assert identities(db) == []
        assert sum(row.orders for row in queries.reasons(db, run.id)) == run.unallocated


def test_stages_tell_what_was_done(app):
    with unit_of_work() as db:
        a_full_world(db)
    stages = a_done_run().stages
    assert stages[Stage.READ]["orders"] == 4
    assert stages[Stage.CHECK] | {"ms": 0} == {"done": 1, "total": 1, "ms": 0, "eligible": 4, "barred": 0}
    assert (stages[Stage.PLAN]["planned"], stages[Stage.APPLY]["done"]) == (2, 2)
    assert stages[Stage.PLAN]["freight_fen"] > 0


def test_the_carrier_with_the_cheapest_rate_for_the_parcel_is_kept(app):
    with unit_of_work() as db:
        world = a_world(db)
        order = an_order(db, [(world.tee, 1)])
        rates = queries.rates(db)
    run = a_done_run()
    with reading() as db:
        (shipment,) = shipment_queries.of_order(db, order.id)
        assert shipment.carrier_id == rates[0].carrier_id
        assert (shipment.run_id, shipment.promised_at) == (run.id, order.promised_at)


def test_orders_not_released_are_counted_with_their_reason(app):
    with unit_of_work() as db:
        world = a_world(db)
        held, fresh = an_order(db, [(world.tee, 1)]), an_order(db, [(world.tee, 1)], released=False)
        orders.advance(db, held, OrderAction.HOLD, SYSTEM)
        an_order(db, [(world.tee, 1)])
    run = a_done_run()
    with reading() as db:
        assert why(db, run) == {held.id: Why.HELD, fresh.id: Why.UNCHECKED}
        assert (run.orders, run.allocated) == (3, 1)


def test_scope_limits_by_channel(app):
    with unit_of_work() as db:
        world = a_world(db)
        an_order(db, [(world.tee, 1)])
        mine = an_order(db, [(world.tee, 1)], channel="tmall")
    run = a_done_run(channels=["tmall"])
    assert run.orders == 1
    assert list(outcome()) == [mine.id]


def test_safety_stock_stays_on_the_shelf(app):
    with unit_of_work() as db:
        world = a_world(db, mugs=5, reserve_mugs=0)
        db.add(SafetyStock(warehouse_id=world.house.id, sku_id=world.mug.id, qty=3))
        fits, too_many = an_order(db, [(world.mug, 2)]), an_order(db, [(world.mug, 3)])
    run = a_done_run()
    with reading() as db:
        assert list(outcome()) == [fits.id]
        assert why(db, run) == {too_many.id: Why.SAFETY_STOCK}


def test_an_order_others_beat_to_the_pick_face_is_one_replenishment_can_help(app):
    with unit_of_work() as db:
        world = a_world(db, mugs=2)
        for _ in range(2):
            an_order(db, [(world.mug, 2)])
    run = a_done_run()
    with reading() as db:
        assert list(why(db, run).values()) == [Why.PICK_FACE_EMPTY]


def test_two_lines_of_one_sku_share_the_units(app):
    with unit_of_work() as db:
        world = a_world(db)
        order = an_order(db, [(world.tee, 2), (world.tee, 3)])
    a_done_run()
    with reading() as db:
        (shipment,) = shipment_queries.of_order(db, order.id)
        assert sorted(line.allocated for line, _ in shipment_queries.lines_of(db, shipment.id)) == [2, 3]
        assert identities(db) == []


def test_one_bin_that_has_it_all_is_better_than_two(app):
    with unit_of_work() as db:
        world = a_world(db, tees=2, far_tees=0)
        big = a_bin(db, world.house, "A01-05-1")
        stock(db, big, world.tee, 5)
        an_order(db, [(world.tee, 3)])
    a_done_run()
    with reading() as db:
        (promise,) = db.exec(select(Reservation)).all()
        assert (promise.bin_id, promise.qty) == (big.id, 3)


@pytest.mark.parametrize("strategy", list(Strategy))
def test_every_strategy_makes_a_run_that_adds_up(app, strategy):
    with unit_of_work() as db:
        a_full_world(db)
    run = a_done_run(strategy)
    assert run.orders == run.allocated + run.unallocated == 4
    with reading() as db:
        assert identities(db) == []


def test_splitting_is_only_done_when_the_run_may(app):
    with unit_of_work() as db:
        world = a_world(db, tees=6)
        order = an_order(db, [(world.tee, 12)])
    run = a_done_run()
    with unit_of_work() as db:
        assert why(db, run) == {order.id: Why.PARTIAL_ONLY}
        again = fixing.split(db, run, SYSTEM)
    jobs.work(again.id)
    with reading() as db:
        assert len(shipment_queries.of_order(db, order.id)) == 2
        assert identities(db) == []


# --- what changes meanwhile --------------------------------------------------------------------------------------


def plan_only(run_id: int) -> None:
    """Read, plan and keep the plan, as a worker that dies right then."""
    with unit_of_work() as db:
        service.start(db, run_id)
    jobs._plan(run_id, jobs._quiet)


def test_stock_taken_meanwhile_drops_that_order_only(app):
    with unit_of_work() as db:
        world = a_world(db, mugs=2, reserve_mugs=0)
        tees, mugs = an_order(db, [(world.tee, 1)]), an_order(db, [(world.mug, 2)])
    run_id = a_run()
    plan_only(run_id)
    with unit_of_work() as db:
        (face, _sku, _free) = stock_queries.free_bins(db, world.house.id, [world.mug.id])[0]
        lost = inventory.beyond(db, PlaceKind.LOST, world.house.id)
        inventory.move(db, [Move(world.mug.id, 1, face.id, lost, MoveReason.COUNT)], "count", 1, SYSTEM)
    jobs.work(run_id)
    with reading() as db:
        run = queries.run_for(db, run_id)
        assert list(outcome()) == [tees.id]
        assert why(db, run) == {mugs.id: Why.CHANGED}
        assert (run.orders, run.allocated, run.unallocated) == (2, 1, 1)
        assert identities(db) == []


def test_an_order_held_or_cancelled_meanwhile_is_dropped(app):
    with unit_of_work() as db:
        world = a_world(db)
        kept, held, smaller = (an_order(db, [(world.tee, 2)]) for _ in range(3))
    run_id = a_run()
    plan_only(run_id)
    with unit_of_work() as db:
        orders.advance(db, held, OrderAction.HOLD, SYSTEM)
        line = db.exec(select(OrderLine).where(OrderLine.order_id == smaller.id)).one()
        orders.shift(db, line.id, backordered=-1, cancelled=1)
    jobs.work(run_id)
    with reading() as db:
        assert list(outcome()) == [kept.id]
        assert set(why(db, queries.run_for(db, run_id)).values()) == {Why.CHANGED}
        assert identities(db) == []


def test_a_dropped_order_gives_its_units_back_to_the_same_slice(app):
    """An order whose second line fails must not keep the first line's units from the next order."""
    with unit_of_work() as db:
        world = a_world(db, tees=2, mugs=1, reserve_mugs=0)
        broken, next_one = an_order(db, [(world.tee, 2), (world.mug, 1)]), an_order(db, [(world.tee, 2)])
    run_id = a_run()
    with unit_of_work() as db:
        run = queries.run_for(db, run_id, lock=True)
        share = service.Share(world.house.id, 1, ((world.tee.id, 2), (world.mug.id, 2)))
        simple = service.Share(world.house.id, 1, ((world.tee.id, 2),))
        service.apply_slice(db, run, {broken.id: [share], next_one.id: [simple]}, SYSTEM)
    with reading() as db:
        assert list(outcome()) == [next_one.id]
        assert why(db, queries.run_for(db, run_id)) == {broken.id: Why.CHANGED}


# --- crashes and races -------------------------------------------------------------------------------------------


class Killed(BaseException):
    """Not an Exception: nothing may catch it, as nothing can catch a SIGKILL."""


def many_orders(db, n: int):
    world = a_world(db, tees=n)
    for _ in range(n):
        an_order(db, [(world.tee, 1)])
    return world


def test_a_run_killed_mid_apply_goes_on_and_ends_the_same(app, monkeypatch):
    with unit_of_work() as db:
        many_orders(db, 7)
    monkeypatch.setattr(jobs, "SLICE", 2)
    run_id = a_run()
    real, calls = service.apply_slice, Counter()

    def dies_after_the_second(db, run, plan, actor):
        calls["slices"] += 1
        real(db, run, plan, actor)
        if calls["slices"] == 3:
            raise Killed

    monkeypatch.setattr(service, "apply_slice", dies_after_the_second)
    with pytest.raises(Killed):
        jobs.work(run_id)
    with reading() as db:
        assert queries.run_for(db, run_id).state is RunState.RUNNING
        assert queries.allocated(db, run_id) == 4  # the third slice was rolled back with its worker
        plan = queries.run_for(db, run_id).plan
    monkeypatch.setattr(service, "apply_slice", real)
    jobs.work(run_id)
    jobs.work(run_id)  # a message delivered twice
    with reading() as db:
        run = queries.run_for(db, run_id)
        assert run.plan == plan
        assert (run.state, run.allocated, run.unallocated) == (RunState.APPLIED, 7, 0)
        assert outcome() == {
            order: [(share.warehouse_id, *unit) for share in shares for unit in share.units]
            for order, shares in service.shares_of(run).items()
        }
        assert identities(db) == []


def test_slices_stay_small_while_pickers_would_wait_for_them(app, monkeypatch):
    """Forty orders on a machine that needs 20 ms for each: no transaction takes more than it must."""
    with unit_of_work() as db:
        many_orders(db, 40)
    run_id = a_run()
    real, sizes = service.apply_slice, []

    def slow(db, run, plan, actor):
        sizes.append(len(plan))
        real(db, run, plan, actor)
        clock[0] += 0.02 * len(plan)

    clock = [0.0]
    monkeypatch.setattr(jobs.time, "perf_counter", lambda: clock[0])
    monkeypatch.setattr(jobs.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(service, "apply_slice", slow)
    jobs.work(run_id)
    assert set(sizes) == {jobs.LEAST}


def test_slices_get_larger_where_nobody_waits_long(app, monkeypatch):
    with unit_of_work() as db:
        many_orders(db, 40)
    run_id = a_run()
    real, sizes, clock = service.apply_slice, [], [0.0]

    def quick(db, run, plan, actor):
        sizes.append(len(plan))
        real(db, run, plan, actor)
        clock[0] += 0.001 * len(plan)

    monkeypatch.setattr(jobs.time, "perf_counter", lambda: clock[0])
    monkeypatch.setattr(jobs.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(service, "apply_slice", quick)
    jobs.work(run_id)
    assert sizes[:3] == [4, 8, 16]
    assert sum(sizes) == 40


def test_a_broken_stage_is_told_and_can_be_run_again(app, relay, monkeypatch):
    with unit_of_work() as db:
        a_full_world(db)
    run_id = a_run()

    def breaks(*_args):
        raise ValueError("no way")

    real = planning.find_plan
    monkeypatch.setattr(planning, "find_plan", breaks)
    relay.drain()
    with unit_of_work() as db:
        run = queries.run_for(db, run_id, lock=True)
        assert (run.state, run.stage, run.error) == (RunState.FAILED, Stage.PLAN, "ValueError: no way")
        assert queries.broken_runs(db) == []
        service.retry(db, run, SYSTEM)
    monkeypatch.setattr(planning, "find_plan", real)
    relay.drain()
    with reading() as db:
        assert queries.run_for(db, run_id).allocated == 2


def test_a_stopped_run_keeps_what_it_applied_and_goes_on_when_asked(app, monkeypatch):
    with unit_of_work() as db:
        many_orders(db, 6)
    monkeypatch.setattr(jobs, "SLICE", 2)
    run_id = a_run()

    def stop_after_first(stage, done, total):
        if stage is Stage.APPLY and done == 2:
            with unit_of_work() as db:
                service.stop(db, queries.run_for(db, run_id, lock=True), SYSTEM)

    jobs.work(run_id, stop_after_first)
    with unit_of_work() as db:
        run = queries.run_for(db, run_id, lock=True)
        assert (run.state, run.orders, run.allocated, run.unallocated) == (RunState.STOPPED, 6, 2, 4)
        assert set(why(db, run).values()) == {Why.STOPPED}
        assert identities(db) == []
        service.retry(db, run, SYSTEM)
    jobs.work(run_id)
    with reading() as db:
        run = queries.run_for(db, run_id)
        assert (run.state, run.allocated, run.unallocated) == (RunState.APPLIED, 6, 0)


def test_a_run_stopped_while_it_plans_applies_nothing(app, monkeypatch):
    with unit_of_work() as db:
        many_orders(db, 2)
    run_id = a_run()
    real = planning.find_plan

    def stopped_meanwhile(*args):
        with unit_of_work() as db:
            service.stop(db, queries.run_for(db, run_id, lock=True), SYSTEM)
        return real(*args)

    monkeypatch.setattr(planning, "find_plan", stopped_meanwhile)
    jobs.work(run_id)
    with reading() as db:
        assert queries.run_for(db, run_id).state is RunState.STOPPED
        assert count(db, Shipment) == 0
        assert queries.broken_runs(db) == []


def test_stop_refuses_a_run_that_is_done(app):
    with unit_of_work() as db:
        many_orders(db, 1)
    run = a_done_run()
    with unit_of_work() as db, pytest.raises(Conflict):
        service.stop(db, queries.run_for(db, run.id, lock=True), SYSTEM)


def test_two_runs_at_once_never_promise_a_unit_twice(app, monkeypatch):
    """Both plan the same ten tees for different orders; the window between read and write is held open."""
    with unit_of_work() as db:
        world = a_world(db, tees=10, far_tees=0)
        groups = [[an_order(db, [(world.tee, 1)]).id for _ in range(8)] for _ in range(2)]
    monkeypatch.setattr(jobs, "SLICE", 3)
    real = service.Shelf.take

    def slowly(self, *args):
        time.sleep(0.02)
        return real(self, *args)

    monkeypatch.setattr(service.Shelf, "take", slowly)
    run_ids = [a_run(orders=group) for group in groups]
    for run_id in run_ids:
        plan_only(run_id)
    _together(*(lambda run_id=run_id: jobs.work(run_id) for run_id in run_ids))
    with reading() as db:
        both = [queries.run_for(db, run_id) for run_id in run_ids]
        assert [run.state for run in both] == [RunState.APPLIED] * 2
        assert sum(run.allocated for run in both) == 10
        assert sum(run.unallocated for run in both) == 6
        balance = db.get(Balance, (world.face.id, world.tee.id))
        assert (balance.qty, balance.reserved) == (10, 10)
        assert identities(db) == []


def test_two_workers_on_one_run_apply_it_once(app, monkeypatch):
    with unit_of_work() as db:
        many_orders(db, 9)
    monkeypatch.setattr(jobs, "SLICE", 2)
    run_id = a_run()
    plan_only(run_id)
    _together(*[lambda: jobs.work(run_id)] * 2)
    with reading() as db:
        run = queries.run_for(db, run_id)
        assert (run.state, run.allocated, count(db, Shipment)) == (RunState.APPLIED, 9, 9)
        assert db.exec(select(Shipment.order_id).where(col(Shipment.run_id) == run_id)).all()
        assert identities(db) == []


def _together(*jobs_) -> None:
    broken: list[BaseException] = []

    def guarded(job):
        try:
            job()
        except BaseException as error:
            broken.append(error)

    threads = [threading.Thread(target=guarded, args=(job,)) for job in jobs_]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert broken == []


def test_replenishment_for_an_order_that_may_split_is_asked_where_the_goods_are(app):
    with unit_of_work() as db:
        world = a_world(db, mugs=1, reserve_mugs=2)
        far = a_bin(db, world.other, "A02-02-3", BinKind.RESERVE)
        a_bin(db, world.other, "A02-03-1")
        stock(db, far, world.mug, 2)
        an_order(db, [(world.mug, 5)])
    run = a_done_run(split=True)
    with unit_of_work() as db:
        assert set(why(db, run).values()) == {Why.PICK_FACE_EMPTY}
        assert fixing.lacking(db, run) == {(world.house.id, world.mug.id): 2, (world.other.id, world.mug.id): 2}
        assert fixing.replenish(db, run, SYSTEM) == 2
        assert fixing.lacking(db, run) == {}
