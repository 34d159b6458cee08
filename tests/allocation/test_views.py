"""Allocation's screens over HTTP: asking, watching, stopping, publishing, fixing what was left out."""

import re
from uuid import uuid4

import pytest
from sqlmodel import select

from floor.allocation import queries, service
from floor.allocation.models import Run, Unallocated
from floor.allocation.states import RunState, Stage, Why
from floor.intake.models import Channel
from floor.inventory.models import Replenishment
from floor.kit.uow import reading, unit_of_work
from floor.picking.models import Walk
from floor.picking.states import WalkState
from tests.allocation.world import a_done_run, a_full_world, a_run, a_world
from tests.factories import an_order, count
from tests.web_client import HTMX


@pytest.fixture
def dai(sign_in):
    return sign_in("Dai")


def run_of(run_id: int) -> Run:
    with reading() as db:
        return queries.run_for(db, run_id)


# --- asking ------------------------------------------------------------------------------------------------------


def test_the_preview_counts_and_writes_nothing(app, dai):
    with unit_of_work() as db:
        world = a_full_world(db)
        an_order(db, [(world.tee, 1)], released=False)
        db.add(Channel(code="web", name="自营商城", name_en="Own shop"))
    page = dai.get("/runs/new").text
    assert "Start with 4 orders" in page
    assert "1 more may not ship yet" in page
    assert "Own shop" in page
    with reading() as db:
        assert count(db, Run) == 0


def test_the_preview_follows_the_scope(app, dai):
    with unit_of_work() as db:
        a_full_world(db)
    part = dai.get("/runs/new?channel=tmall&split=1", headers=HTMX).text
    assert part.lstrip().startswith('<div id="preview"')
    assert "Nothing to allocate" in part
    assert re.search(r"<button[^>]*disabled", part)
    assert 'name="channel" value="tmall"' in part


def test_asking_starts_a_run_with_its_scope(app, dai, relay):
    with unit_of_work() as db:
        a_full_world(db)
    answer = dai.post("/runs", {"strategy": "best_cost", "channel": "web", "hours": "24", "split": "1"})
    assert answer.status_code == 303
    relay.drain()
    run = run_of(int(answer.location.rsplit("/", 1)[1]))
    assert (run.strategy, run.scope["channels"], run.scope["split"]) == ("best_cost", ["web"], True)
    assert (run.state, run.orders) == (RunState.READY, 4)


def test_pressing_start_twice_is_the_same_run(app, dai):
    with unit_of_work() as db:
        a_full_world(db)
    press = str(uuid4())
    first, second = (dai.post("/runs", {"strategy": "optimal"}, command_id=press) for _ in range(2))
    assert first.location == second.location
    with reading() as db:
        assert count(db, Run) == 1


def test_a_scope_that_cannot_be_read_comes_back_as_typed(app, dai):
    answer = dai.post("/runs", {"strategy": "optimal", "hours": "soon"})
    assert answer.status_code == 422
    assert "Enter a whole number" in answer.text
    assert 'name="hours" value="soon"' in answer.text
    with reading() as db:
        assert count(db, Run) == 0


# --- the rules of every door -------------------------------------------------------------------------------------

POSTS = ("stop", "retry", "publish", "take-back", "replenish", "split", "purchase", "release-safety", "again")


@pytest.mark.parametrize("verb", POSTS)
def test_a_door_that_changes_takes_forms_from_supervisors_only(app, sign_in, stranger, verb):
    run_id = a_run()
    path = f"/runs/{run_id}/{verb}"
    assert sign_in("Dai").get(path).status_code == 405
    assert sign_in("Ana").post(path).status_code == 403
    assert sign_in("Dai").post(f"/runs/999/{verb}").status_code == 404
    assert stranger.get(f"/runs/{run_id}").status_code == 303


def test_pages_are_for_supervisors(app, sign_in):
    run_id = a_run()
    for path in (
        "/runs",
        "/runs/new",
        "/runs/preview",
        "/capacities",
        f"/runs/{run_id}",
        f"/runs/{run_id}/unallocated",
    ):
        assert sign_in("Ana").get(path).status_code == 403
        assert sign_in("Eve").get(path).status_code == 200
    assert sign_in("Ana").post("/runs", {"strategy": "optimal"}).status_code == 403
    assert sign_in("Dai").get("/runs/999").status_code == 404
    assert sign_in("Dai").get("/runs/999/unallocated.csv").status_code == 404


# --- the monitor -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", list(RunState))
@pytest.mark.parametrize("stage", ["", *Stage])
def test_the_monitor_shows_every_state_at_every_stage(app, dai, state, stage):
    run_id = a_run(channels=["web"], promised_before="2026-11-23T07:00:00+00:00")
    with unit_of_work() as db:
        run = queries.run_for(db, run_id)
        run.state, run.stage = state, stage
        run.stages = {stage: {"done": 1, "total": 3, "ms": 5, "eligible": 1, "barred": 0}} if stage else {}
        run.error = "ValueError: no way" if state is RunState.FAILED else ""
        db.add(run)
    page = dai.get(f"/runs/{run_id}")
    assert page.status_code == 200
    at_work = state in (RunState.QUEUED, RunState.RUNNING, RunState.APPLIED)
    assert ('hx-trigger="every 1s"' in page.text) is at_work
    assert ('http-equiv="refresh"' in page.text) is at_work


def test_the_monitor_asks_for_its_own_part(app, dai):
    run_id = a_run()
    part = dai.get(f"/runs/{run_id}", headers=HTMX).text
    assert part.lstrip().startswith('<div id="content"')


def test_the_monitor_of_a_finished_run_explains_and_shows_carts(app, dai, relay):
    with unit_of_work() as db:
        a_full_world(db)
    run_id = a_run()
    relay.drain()
    page = dai.get(f"/runs/{run_id}").text
    assert "In stock, but not on a pick face" in page
    assert "Out of stock everywhere" in page
    assert "Create 1 replenishment task" in page
    assert "wants 3" in page
    assert "W-000001" in page
    assert re.search(r"Publish \d ready cart", page)
    assert "Every cart is ready" in page


def test_a_broken_run_says_where_and_offers_to_go_on(app, dai, relay, monkeypatch):
    run_id = a_run()
    with unit_of_work() as db:
        service.start(db, run_id)
        service.note(db, queries.run_for(db, run_id, lock=True), Stage.PLAN, 0, 4)
        service.fail(db, queries.run_for(db, run_id, lock=True), "ValueError: no way")
    page = dai.get(f"/runs/{run_id}").text
    assert "The run broke off at “Plan”" in page
    assert dai.post(f"/runs/{run_id}/retry").status_code == 303
    relay.drain()
    assert run_of(run_id).state is RunState.READY


# --- verbs -------------------------------------------------------------------------------------------------------


def test_stopping_a_waiting_run_ends_it(app, dai, relay):
    run_id = a_run()
    press = str(uuid4())
    assert [dai.post(f"/runs/{run_id}/stop", command_id=press).status_code for _ in range(2)] == [303, 303]
    relay.drain()
    assert run_of(run_id).state is RunState.STOPPED
    assert dai.post(f"/runs/{run_id}/stop").status_code == 409


def test_publishing_shows_the_walks_and_taking_back_hides_them(app, dai, relay):
    with unit_of_work() as db:
        a_full_world(db)
    run_id = a_run()
    assert dai.post(f"/runs/{run_id}/publish").status_code == 409
    relay.drain()
    press = str(uuid4())
    assert [dai.post(f"/runs/{run_id}/publish", command_id=press).status_code for _ in range(2)] == [303, 303]
    relay.drain()
    with reading() as db:
        assert {walk.state for walk in db.exec(select(Walk))} == {WalkState.PUBLISHED}
    assert "Take back" in dai.get(f"/runs/{run_id}").text
    assert dai.post(f"/runs/{run_id}/take-back").status_code == 303
    relay.drain()
    with reading() as db:
        assert {walk.state for walk in db.exec(select(Walk))} == {WalkState.READY}
    assert run_of(run_id).state is RunState.READY


def test_replenishing_creates_each_task_once(app, dai):
    with unit_of_work() as db:
        world = a_full_world(db)
    run = a_done_run()
    press = str(uuid4())
    for command_id in (press, press, str(uuid4())):
        answer = dai.post(f"/runs/{run.id}/replenish", command_id=command_id)
        assert answer.status_code == 303
    with reading() as db:
        (task,) = db.exec(select(Replenishment)).all()
        # Three wanted, and the one on the pick face is promised to another order.
        assert (task.sku_id, task.from_bin_id, task.qty) == (world.mug.id, world.reserve.id, 3)
        assert task.to_bin_id != world.face.id
    assert "Replenishment is under way" in dai.get(f"/runs/{run.id}").text


def test_splitting_starts_a_run_over_those_orders(app, dai, relay):
    with unit_of_work() as db:
        world = a_world(db, tees=6)
        order = an_order(db, [(world.tee, 12)])
    run = a_done_run()
    assert "Ship in two parcels" in dai.get(f"/runs/{run.id}").text
    press = str(uuid4())
    answers = [dai.post(f"/runs/{run.id}/split", command_id=press) for _ in range(2)]
    assert answers[0].location == answers[1].location != f"/runs/{run.id}"
    relay.drain()
    again = run_of(int(answers[0].location.rsplit("/", 1)[1]))
    assert (again.scope, again.allocated) == ({"orders": [order.id], "split": True}, 1)
    refused = dai.post(f"/runs/{run.id}/split")
    assert refused.status_code == 422
    assert "can be split any more" in refused.text


# --- what was left out -------------------------------------------------------------------------------------------


def test_orders_of_a_reason_show_what_stands_in_the_way(app, dai):
    with unit_of_work() as db:
        world = a_full_world(db)
    run = a_done_run()
    page = dai.get(f"/runs/{run.id}/unallocated?reason=pick_face_empty").text
    assert world.orders["replenish"].number in page
    assert world.orders["nothing"].number not in page
    assert "reserve bin A04-09-3 has 24" in page
    assert re.search(r"can be picked from (\d\d-\d\d )?\d\d:\d\d", page)
    everything = dai.get(f"/runs/{run.id}/unallocated").text
    assert world.orders["nothing"].number in everything
    assert "Cleared" in dai.get(f"/runs/{run.id}/unallocated?reason=no_lane").text


def test_the_export_holds_every_order_once_and_no_formula(app, dai):
    with unit_of_work() as db:
        world = a_full_world(db)
        an_order(db, [(world.cap, 1)], channel="=1+1")
    run = a_done_run()
    answer = dai.get(f"/runs/{run.id}/unallocated.csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = answer.data.decode("utf-8-sig").splitlines()
    assert len(rows) == 1 + run.unallocated == 4
    assert "'=1+1" in answer.text
    only = dai.get(f"/runs/{run.id}/unallocated.csv?reason={Why.NO_STOCK}").data.decode("utf-8-sig")
    assert only.count("SO-") == 2


def test_reasons_on_the_monitor_add_up(app, dai):
    with unit_of_work() as db:
        world = a_full_world(db)
        an_order(db, [(world.tee, 1)], released=False)
    run = a_done_run()
    with reading() as db:
        assert count(db, Unallocated) == run.unallocated == sum(row.orders for row in queries.reasons(db, run.id))
    counts = re.findall(r'<span class="big num">(\d+)</span>', dai.get(f"/runs/{run.id}").text)
    assert sum(map(int, counts)) == run.unallocated == 3


# --- the list ----------------------------------------------------------------------------------------------------


def test_the_list_shows_runs_and_offers_to_compare(app, dai):
    assert "No run yet" in dai.get("/runs").text
    run = a_done_run("nearest")
    page = dai.get("/runs").text
    assert f"/runs/{run.id}" in page
    assert 'action="/runs/compare"' in page
    assert "Nearest warehouse first" in page


def test_flask_allocate_prints_counts_that_add_up(app):
    with unit_of_work() as db:
        a_full_world(db)
    said = app.test_cli_runner().invoke(args=["allocate", "--strategy", "optimal"])
    assert said.exit_code == 0, said.output
    assert "ready: 4 orders = 2 allocated + 2 not" in said.output
    assert re.search(r"1 pick_face_empty", said.output)
    assert re.search(r"\d walks?, 2 totes, 3 stops", said.output)


def test_flask_allocate_can_leave_it_to_a_worker(app, relay):
    said = app.test_cli_runner().invoke(args=["allocate", "--no-wait"])
    assert said.exit_code == 0, said.output
    assert run_of(1).state is RunState.QUEUED
    relay.drain()
    assert run_of(1).state is RunState.READY
