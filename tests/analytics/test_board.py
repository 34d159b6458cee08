"""The start page finds everybody's work; the board shows the floor and sends given-up messages again."""

import uuid
from datetime import timedelta

import pytest

from floor.analytics import queries
from floor.events.models import Delivery, OutboxMessage
from floor.events.service import Event, record
from floor.inventory import counting
from floor.inventory.models import CountReason
from floor.kit import clock
from floor.kit.actor import SYSTEM
from floor.kit.uow import reading, unit_of_work
from floor.picking.board import walks_now
from floor.picking.models import Pick, Step, StepKind, Stop, Walk, WalkTote
from floor.picking.states import WalkState
from floor.shipments.queries import Stage
from tests.factories import a_bin, a_carrier, a_planned_shipment, a_sku, a_warehouse, an_order, stock
from tests.packing.worlds import a_picked_shipment, a_world


@pytest.fixture
def walk(app):
    """One published walk of one stop for three shirts; a count is asked for too."""
    with unit_of_work() as db:
        house = a_warehouse(db)
        here, tee = a_bin(db, house), a_sku(db)
        stock(db, here, tee, 9)
        order = an_order(db, [(tee, 3)])
        shipment = a_planned_shipment(db, order, [(here, tee, 3)], a_carrier(db))
        walk = Walk(
            number="W-000001", warehouse_id=house.id, state=WalkState.PUBLISHED,
            due_at=clock.now() + timedelta(hours=2), length_mm=90_000, minutes=9,
        )  # fmt: skip
        db.add(walk)
        db.flush()
        stop = Stop(walk_id=walk.id, position=1, bin_id=here.id, sku_id=tee.id)
        slot = WalkTote(walk_id=walk.id, slot=1, shipment_id=shipment.id)
        db.add_all([stop, slot])
        db.flush()
        db.add(Pick(stop_id=stop.id, walk_tote_id=slot.id, shipment_line_id=1, reservation_id=1, qty=3))
        counting.ask_count(db, here, tee.id, CountReason.ASKED, SYSTEM)
        return {"id": walk.id, "stop": stop.id, "order": order.id}


def test_the_next_walk_finds_the_picker_and_then_stays_in_hand(walk, sign_in):
    ana = sign_in("Ana")
    page = ana.get("/").text
    assert "W-000001" in page
    assert "Your next walk" in page
    assert 'action="/walks/next"' in page
    assert ana.post("/walks/next").status_code == 303
    page = ana.get("/").text
    assert "In your hands" in page
    assert f'href="/walks/{walk["id"]}"' in page
    assert "W-000001" not in sign_in("Ben").get("/").text


@pytest.mark.parametrize(
    ("name", "links"),
    [
        ("Ana", ["/counts", "/replenishments", "/putaways"]),
        ("Bo", ["/stations"]),
        ("Chen", ["/audit", "/returns", "/tracking", "/orders"]),
        ("Dai", ["/board", "/runs", "/counts/review", "/orders"]),
        ("Eve", ["/board", "/audit", "/stations"]),
    ],
)
def test_everybody_finds_their_work_on_the_start_page(walk, sign_in, name, links):
    page = sign_in(name).get("/").text
    assert [link for link in links if f'href="{link}"' not in page] == []


def test_a_picker_without_a_walk_is_told_whom_to_ask(app, sign_in):
    assert "No walk is waiting" in sign_in("Ana").get("/").text


# --- figures -----------------------------------------------------------------------------------------------------


def test_the_funnel_counts_orders_by_the_least_of_their_units(db):
    world = a_world(db)
    a_picked_shipment(db, world, [(world.tee, 1)])
    an_order(db, [(world.tee, 1)])
    an_order(db, [(world.tee, 1)], released=False)
    found = queries.funnel(db)
    assert (found[Stage.RECEIVED], found[Stage.WAITING], found[Stage.PACK], found[Stage.SHIP]) == (1, 1, 1, 0)


def test_the_burn_down_puts_what_is_late_first_and_what_is_far_off_last(db):
    tee = a_sku(db)
    now = clock.now()
    for hours in (-2, 1, 1, 40):
        an_order(db, [(tee, 1)], promised_at=now + timedelta(hours=hours))
    late, soon, rest = queries.burn_down(db, shown=1)
    assert (late.is_late, late.needs["pick"], soon.is_late, soon.needs["pick"]) == (True, 1, False, 2)
    assert (rest.is_rest, rest.total) == (True, 1)


def test_benches_tell_how_many_totes_wait(db):
    world = a_world(db)
    a_picked_shipment(db, world, [(world.tee, 1)])
    assert queries.benches(db, "SHA") == [("SHA", 1)]


def test_a_walk_without_a_scan_for_five_minutes_is_stuck(walk, sign_in):
    with unit_of_work() as db:
        row = db.get(Walk, walk["id"])
        row.state, row.picker_id, row.started_at = WalkState.PICKING, 1, clock.now()
        db.add(Step(walk_id=row.id, stop_id=walk["stop"], kind=StepKind.BIN))
    with reading() as db:
        (seen,) = walks_now(db, "SHA")
        assert (seen.is_stuck, seen.units, seen.left, seen.picker) == (False, 3, 3, "Ana")
        assert queries.per_person([seen]) == [("Ana", 0, 3)]
    with clock.shifted(timedelta(minutes=6)):
        with reading() as db:
            assert [row.is_stuck for row in walks_now(db)] == [True]
        assert "1 walk without a scan" in sign_in("Dai").get("/board").text


# --- the board ---------------------------------------------------------------------------------------------------


def test_the_board_shows_the_floor_and_asks_for_itself(walk, sign_in):
    dai = sign_in("Dai")
    page = dai.get("/board").text
    assert "W-000001" in page
    assert 'hx-trigger="every 15s"' in page
    assert '<meta http-equiv="refresh" content="15">' in page
    part = dai.get("/board", headers={"HX-Request": "true"}).text
    assert part.lstrip().startswith('<main id="content"')
    assert sign_in("Ana").get("/board").status_code == 403


@pytest.fixture
def dead(app):
    with unit_of_work() as db:
        event = record(db, Event("test.thing.happened", "thing", 1), SYSTEM)
        message = OutboxMessage(event_id=event, handler="some.handler", state=Delivery.DEAD, error="no answer")
        db.add(message)
        db.flush()
        return message.id


def test_a_message_given_up_is_shown_and_goes_out_again_once(dead, sign_in):
    dai, same = sign_in("Dai"), str(uuid.uuid4())
    assert "no answer" in dai.get("/board").text
    at = f"/board/messages/{dead}/retry"
    assert dai.post(at, command_id=same).status_code == 303
    assert dai.post(at, command_id=same).status_code == 303
    assert dai.post(at).status_code == 409
    with reading() as db:
        assert db.get(OutboxMessage, dead).state is Delivery.PENDING
    assert "Every message arrived." in dai.get("/board").text


def test_only_a_supervisor_sends_messages_again(dead, sign_in):
    at = f"/board/messages/{dead}/retry"
    assert sign_in("Chen").post(at).status_code == 403
    assert sign_in("Dai").get(at).status_code == 405
    assert sign_in("Dai").post("/board/messages/999/retry").status_code == 404
