"""Plans to look at: a preview that writes nothing, two runs side by side, and the figures under the monitor."""

import re
from datetime import timedelta

import pytest
from sqlmodel import select

from floor.allocation import jobs, planning, queries, service
from floor.allocation.models import Run, RunPrices, Unallocated
from floor.allocation.states import RunState, Stage, Thing
from floor.allocation.worth import prices_for, unpack
from floor.events.models import AuditEvent
from floor.inventory import capacities
from floor.inventory.models import Reservation, Warehouse
from floor.kit import clock
from floor.kit.actor import SYSTEM
from floor.kit.uow import reading, unit_of_work
from floor.orders.models import Order
from floor.shipments.models import Shipment
from tests.allocation.world import a_done_run, a_full_world, a_run, a_world
from tests.factories import an_order, count


@pytest.fixture
def dai(sign_in):
    return sign_in("Dai")


@pytest.mark.parametrize("strategy", ["optimal", "nearest"])
def test_a_preview_says_what_a_run_would_do_and_writes_nothing(app, dai, strategy):
    with unit_of_work() as db:
        a_full_world(db)
    page = dai.get(f"/runs/preview?strategy={strategy}").text
    figures = re.findall(r'<div class="v">([^<]*)', page)
    assert figures[:3] == ["2", "2", "2"]
    assert "Out of stock everywhere" in page
    assert "In stock, but not on a pick face" in page
    with reading() as db:
        assert [count(db, table) for table in (Run, Shipment, Reservation, Unallocated)] == [0, 0, 0, 0]


def test_a_preview_of_nothing_offers_no_start(app, dai):
    assert re.search(r"<button[^>]*disabled", dai.get("/runs/preview?strategy=optimal").text)
    assert dai.get("/runs/preview?strategy=optimal&hours=soon").status_code == 422


def test_two_runs_stand_side_by_side_with_the_orders_that_differ(app, dai):
    with unit_of_work() as db:
        world = a_full_world(db)
    first, second = a_done_run("nearest"), a_done_run()
    page = dai.get(f"/runs/compare?a={first.id}&b={second.id}").text
    assert "Nearest warehouse first" in page
    assert "Best plan over all orders" in page
    assert "2 orders" in page  # what the first shipped was no longer there for the second
    assert world.orders["first"].number in page
    assert "left out" in page
    assert dai.get(f"/runs/compare?a={first.id}&b=999").status_code == 404


def test_a_run_keeps_what_its_plan_is_made_of(app):
    with unit_of_work() as db:
        world = a_world(db, far_tees=0)
        an_order(db, [(world.tee, 2)])
        an_order(db, [(world.tee, 3), (world.mug, 1)])
        an_order(db, [(world.cap, 1)])
        capacities.change(db, world.house, {"labour_lines": 50, "bench_parcels": 9}, SYSTEM)
    run = a_done_run()
    bill = run.figures["bill"]
    parts = ("unserved", "late", "freight", "handling", "balance", "moving")
    assert bill["total"] == sum(bill[part] for part in parts) == run.cost_fen
    assert run.figures["nearest"]["total"] >= run.cost_fen
    assert run.figures["shipped"] == run.allocated == 2
    used = {(row["house"], row["what"]): (row["used"], row["there"]) for row in run.figures["resources"]}
    assert used[world.house.id, Thing.LINES] == (3, 50)
    assert used[world.house.id, Thing.BENCH] == (2, 9)
    assert (world.other.id, Thing.BENCH) not in used
    assert run.figures["flows"] == [[world.house.id, "浙江省", 2]]


def test_the_prices_of_an_optimal_run_are_kept_and_read_back_by_any_order_of_ids(app):
    with unit_of_work() as db:
        world = a_world(db, tees=1, far_tees=0)
        for _ in range(3):
            an_order(db, [(world.tee, 1)])
    run = a_done_run()
    with reading() as db:
        _run, data = queries.newest_prices(db)
        assert db.exec(select(RunPrices.run_id)).all() == [run.id]
        facts = planning.read_facts(db, {})
    worth = unpack(data)
    prices = prices_for(facts, worth)
    at = facts.skus.index(world.tee.id), facts.houses.index(world.house.id)
    assert prices["unit"][at] > 10_000  # one tee, three who want it
    assert prices["unit"].shape == (len(facts.skus), len(facts.houses))
    assert a_done_run("nearest").id != run.id
    with reading() as db:
        assert queries.newest_prices(db)[0].id == run.id


def test_the_monitor_says_what_is_worth_how_much(app, dai):
    with unit_of_work() as db:
        world = a_world(db, far_tees=0)
        capacities.change(db, world.house, {"bench_parcels": 1}, SYSTEM)
        for _ in range(3):
            an_order(db, [(world.tee, 1)])
    run = a_done_run()
    page = dai.get(f"/runs/{run.id}").text
    assert re.search(r"Ten more parcels packed in Shanghai are worth ¥[\d,]+", page)
    assert "Who ships where" in page
    assert "Nearest first" in page


def test_the_monitor_hears_the_planner_while_it_works(app, dai):
    with unit_of_work() as db:
        a_full_world(db)
    run_id = a_run()
    with unit_of_work() as db:
        service.start(db, run_id)
    watch = jobs._watcher(run_id, 4)
    watch("search", 1, 3)
    page = dai.get(f"/runs/{run_id}").text
    assert "exchanging orders 1/3" in page
    with unit_of_work() as db:
        assert queries.run_for(db, run_id).stages[Stage.PLAN]["step"] == "search"
        service.stop(db, queries.run_for(db, run_id, lock=True), SYSTEM)
    with pytest.raises(jobs._Stopped):
        watch("", 0, 1)
    with reading() as db:
        assert queries.run_for(db, run_id).state is RunState.STOPPED


def test_the_planners_steps_reach_whoever_waits(app, monkeypatch):
    monkeypatch.setattr(planning, "_LOOK", 0.001)  # this plan does not take long
    heard: list[str] = []
    with unit_of_work() as db:
        world = a_world(db, tees=80)
        for n in range(60):
            an_order(db, [(world.tee, 1 + n % 3)])
    with reading() as db:
        facts = planning.read_facts(db, {})
    planned = planning.find_plan(facts, "optimal", 0, lambda step, done, total: heard.append(step))
    assert len(planned.shares) + len(planned.missed) == 60
    assert heard
    assert set(heard) <= {"", "prices", "place", "search", "chunks", "reasons"}


def test_a_planner_nobody_waits_for_any_more_stops(tmp_path):
    note = tmp_path / "gone" / "note"
    with pytest.raises(planning.Halted):
        planning._teller(str(note))("prices", 0, 1)


def test_the_monitor_calls_out_what_is_late_and_what_is_full(app, dai):
    with unit_of_work() as db:
        world = a_world(db, far_tees=0)
        capacities.change(db, world.house, {"bench_parcels": 1}, SYSTEM)
        an_order(db, [(world.tee, 1)])
        an_order(db, [(world.cap, 1)], promised_at=clock.now() - timedelta(hours=1))
    run = a_done_run()
    page = dai.get(f"/runs/{run.id}").text
    assert "1 order left out is past its promise" in page
    assert "Shanghai: Parcels at the benches is used up" in page


def test_what_was_left_out_is_counted_by_reason_and_age(app, dai):
    with unit_of_work() as db:
        world = a_full_world(db)
        old = db.get_one(Order, world.orders["nothing"].id)
        old.received_at = clock.now() - timedelta(days=2)
        db.add(old)
    run = a_done_run()
    with reading() as db:
        ages = queries.ages(db, run.id, clock.now())
    assert ages == {"no_stock": {"days": 1}, "pick_face_empty": {"hours": 1}}
    assert "By reason and age" in dai.get(f"/runs/{run.id}/unallocated").text


def test_the_days_capacity_is_changed_on_its_screen(app, dai):
    with unit_of_work() as db:
        world = a_world(db)
        (carrier,) = queries.carriers(db)
    page = dai.get("/capacities").text
    assert "Save Shanghai" in page
    form = {"cutoff": "16:45", "labour_lines": "77", "cold_lines": "0", f"parcels_{carrier.id}": "40"}
    assert dai.post(f"/capacities/{world.house.id}", form).status_code == 303
    with reading() as db:
        house = db.get_one(Warehouse, world.house.id)
        assert (house.cutoff, house.labour_lines, house.heavy_lines, house.cold_lines) == ("16:45", 77, None, 0)
        (pickup,) = queries.pickups(db)
        assert (pickup.warehouse_id, pickup.parcels, pickup.weight_kg) == (house.id, 40, None)
        events = {event.kind for event in db.exec(select(AuditEvent))}
        assert {"inventory.warehouse.capacity", "shipments.pickup.agreed"} <= events
    wrong = dai.post(f"/capacities/{world.house.id}", form | {f"parcels_{carrier.id}": "many"})
    assert wrong.status_code == 422
    assert "Enter a whole number" in wrong.text
    assert 'value="many"' in wrong.text
