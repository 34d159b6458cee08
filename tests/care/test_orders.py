"""The service desk: find an order, tell where every unit stands, hold, release, cancel, correct."""

import re
import uuid

import pytest
from sqlmodel import select

from floor.care import queries, service
from floor.events.models import AuditEvent
from floor.intake.models import Channel
from floor.inventory import books
from floor.inventory import queries as stock_queries
from floor.kit.actor import SYSTEM
from floor.kit.uow import reading, unit_of_work
from floor.orders.models import Address, Order
from floor.orders.service import cancel_backorder
from floor.orders.states import OrderState
from floor.shipments import queries as shipment_queries
from floor.shipments import service as shipments
from floor.shipments.models import Shipment
from floor.shipments.queries import Stage
from floor.shipments.states import ShipmentAction, ShipmentState
from tests.factories import a_bin, a_carrier, a_planned_shipment, a_sku, a_warehouse, an_order, count, ean, stock
from tests.packing.worlds import a_picked_shipment, a_world

ADDRESS = {
    "recipient": "李四", "phone": "13900001111", "province": "浙江省", "city": "宁波市", "street": "解放路 8 号",
    "country": "CN",
}  # fmt: skip


@pytest.fixture
def planned(db):
    """An order for three shirts, two of them promised on a shelf, one backordered."""
    house = a_warehouse(db)
    here, tee = a_bin(db, house), a_sku(db)
    stock(db, here, tee, 5)
    order = an_order(db, [(tee, 3)])
    return order, here, tee, a_planned_shipment(db, order, [(here, tee, 2)], a_carrier(db))


def sound(db):
    db.expire_all()
    return [
        *shipment_queries.broken_orders(db), *shipment_queries.broken_promises(db), *shipment_queries.broken_states(db),
        *books.broken_reservations(db), *books.broken_balances(db),
    ]  # fmt: skip


# --- where an order stands ---------------------------------------------------------------------------------------


def test_an_order_is_as_far_as_the_least_of_its_units(db, planned):
    order, _here, _tee, _shipment = planned
    assert shipment_queries.stages_of(db, [order.id]) == {order.id: Stage.WAITING}
    cancel_backorder(db, order)
    assert shipment_queries.stages_of(db, [order.id]) == {order.id: Stage.PICK}
    service.hold(db, order, SYSTEM)
    assert shipment_queries.stages_of(db, [order.id]) == {order.id: Stage.HELD}


def test_a_picked_order_waits_for_its_bench(db):
    world = a_world(db)
    shipment, _tote = a_picked_shipment(db, world, [(world.tee, 2)])
    assert shipment_queries.stages_of(db, [shipment.order_id]) == {shipment.order_id: Stage.PACK}


# --- finding -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["SO-", "1234", "小明", "TEE-NAVY-L", "channel-7", "tee-navy-l"])
def test_an_order_is_found_by_whatever_the_caller_says(db, text):
    tee = a_sku(db)
    order = an_order(db, [(tee, 1)], external_id="channel-77")
    found, total = queries.search(db, text, "", 10)
    assert (total, [hit.order.id for hit in found]) == (1, [order.id])


def test_an_order_is_found_by_barcode_and_by_stage_but_not_by_chance(db):
    tee = a_sku(db)
    an_order(db, [(tee, 1)])
    assert queries.search(db, ean(tee), "", 10)[1] == 1
    assert queries.search(db, "", Stage.WAITING, 10)[1] == 1
    assert queries.search(db, "", Stage.SHIPPED, 10)[1] == 0
    assert queries.search(db, "%", "", 10)[1] == 0
    assert queries.search(db, "8888", "", 10)[1] == 0


# --- verbs -------------------------------------------------------------------------------------------------------


def test_cancelling_gives_promised_units_back_and_leaves_the_books_sound(db, planned):
    order, here, tee, shipment = planned
    service.cancel(db, order, SYSTEM)
    assert (order.state, shipment.state) == (OrderState.CANCELLED, ShipmentState.CANCELLED)
    assert sound(db) == []
    assert stock_queries.free_in(db, here.id, tee.id) == 5


def test_every_unit_of_a_line_stands_somewhere(db, planned):
    order, _here, _tee, _shipment = planned
    (line,) = queries.lines_of(db, order.id)
    assert (line.line.qty, line.line.backordered, line.allocated, line.shipped, line.returned) == (3, 1, 2, 0, 0)


# --- over HTTP ---------------------------------------------------------------------------------------------------


@pytest.fixture
def world(app):
    with unit_of_work() as db:
        house = a_warehouse(db)
        here, tee = a_bin(db, house), a_sku(db)
        stock(db, here, tee, 5)
        order = an_order(db, [(tee, 3)], buyer_note="请放门卫")
        shipment = a_planned_shipment(db, order, [(here, tee, 2)], a_carrier(db))
        an_order(db, [(tee, 1)], released=False)
        return {"id": order.id, "number": order.number, "shipment": shipment.id, "sku": tee.code}


def the(table, row_id):
    with reading() as db:
        return db.get(table, row_id)


def test_the_list_narrows_and_one_hit_opens_at_once(world, sign_in):
    chen = sign_in("Chen")
    assert world["number"] in chen.get("/orders").text
    assert chen.get(f"/orders?q={world['number']}").location == f"/orders/{world['id']}"
    part = chen.get(f"/orders?q={world['number']}", headers={"HX-Request": "true"})
    assert part.status_code == 200
    assert part.text.lstrip().startswith('<div id="found"')
    assert "No order found" in chen.get("/orders?q=nobody").text
    assert chen.get("/orders?state=nonsense").status_code == 200
    assert sign_in("Ana").get("/orders").status_code == 403


def test_the_story_shows_units_shipments_notes_and_what_happened_in_words(world, sign_in):
    page = sign_in("Chen").get(f"/orders/{world['id']}").text
    assert "请放门卫" in page
    assert "Order came in" in page
    assert "Allocated to a warehouse" in page
    assert world["sku"] in page
    assert "138****1234" in page
    assert "13812341234" not in page
    assert sign_in("Chen").get("/orders/999").status_code == 404


def test_lines_show_only_the_columns_that_say_something(world, sign_in):
    page = sign_in("Chen").get(f"/orders/{world['id']}").text
    names = ("Ordered", "To allocate", "Allocated", "Picked", "Returned")
    assert [name for name in names if f">{name}</th>" in page] == ["Ordered", "To allocate", "Allocated"]


def test_people_read_a_channels_name_and_who_did_it_not_codes(world, sign_in):
    with unit_of_work() as db:
        db.add(Channel(code="web", name="自营商城", name_en="Own shop"))
    chen = sign_in("Chen")
    for path in ("/orders?q=SO", f"/orders/{world['id']}"):
        page = chen.get(path).text
        assert "Own shop · " in page
        assert "web · " not in page
    assert re.search(r"</time>\s*· System<", page)


def test_the_phone_number_is_shown_on_request_and_that_is_written_down(world, sign_in):
    chen, at = sign_in("Chen"), f"/orders/{world['id']}"
    for why in ({}, {"why": "curious"}, {"why": "other"}):
        refused = chen.post(f"{at}/reveal", why)
        assert (refused.status_code, "13812341234" in refused.text) == (422, False)
    assert "13812341234" in chen.post(f"{at}/reveal", {"why": "other", "note": "the lift is broken"}).text
    assert "13812341234" not in chen.get(at).text, "shown once"
    with reading() as db:
        seen = db.exec(select(AuditEvent).where(AuditEvent.kind == "care.phone.revealed")).one()
        assert (seen.order_id, seen.actor_name) == (world["id"], "Chen")
        assert seen.data == {"why": "other", "note": "the lift is broken"}


def test_hold_release_and_cancel_over_http_happen_once(world, sign_in):
    chen, at = sign_in("Chen"), f"/orders/{world['id']}"
    same = str(uuid.uuid4())
    assert chen.post(f"{at}/hold", command_id=same).status_code == 303
    assert chen.post(f"{at}/hold", command_id=same).status_code == 303
    assert chen.post(f"{at}/hold").status_code == 409
    assert the(Order, world["id"]).state is OrderState.HELD
    assert chen.post(f"{at}/release").status_code == 303
    assert chen.post(f"{at}/release").status_code == 409
    assert chen.post(f"{at}/cancel").status_code == 303
    assert the(Shipment, world["shipment"]).state is ShipmentState.CANCELLED
    assert chen.post(f"{at}/cancel").status_code == 409
    with reading() as db:
        assert count(db, AuditEvent, AuditEvent.kind == "orders.order.hold") == 1


def test_an_address_is_corrected_and_a_masked_phone_stays_the_old_one(world, sign_in):
    chen, at = sign_in("Chen"), f"/orders/{world['id']}/address"
    assert "138****1234" in chen.get(at).text
    assert chen.post(at, ADDRESS | {"phone": "138****1234"}).status_code == 303
    now = the(Address, world["id"])
    assert (now.recipient, now.phone, now.city) == ("李四", "13812341234", "宁波市")


def seen_in(page):
    return re.search('name="seen" value="([^"]+)"', page.text)[1]


def test_of_two_clerks_at_one_address_the_second_is_told_what_it_is_now(world, sign_in):
    chen, dai, at = sign_in("Chen"), sign_in("Dai"), f"/orders/{world['id']}/address"
    seen = seen_in(chen.get(at))
    assert dai.post(at, ADDRESS | {"seen": seen_in(dai.get(at))}).status_code == 303
    bad = chen.post(at, ADDRESS | {"street": "", "seen": seen})
    assert (bad.status_code, seen_in(bad)) == (422, seen), "a fault of one's own shows nothing of the other's"
    told = chen.post(at, ADDRESS | {"city": "温州市", "seen": seen})
    assert told.status_code == 409
    assert "meanwhile, to: 浙江省宁波市" in told.text
    assert 'value="温州市"' in told.text
    assert the(Address, world["id"]).city == "宁波市"
    assert chen.post(at, ADDRESS | {"city": "温州市", "seen": seen_in(told)}).status_code == 303
    assert the(Address, world["id"]).city == "温州市"


def test_a_bad_address_keeps_what_was_typed(world, sign_in):
    chen, at = sign_in("Chen"), f"/orders/{world['id']}/address"
    page = chen.post(at, ADDRESS | {"phone": "12", "street": ""})
    assert page.status_code == 422
    assert 'value="宁波市"' in page.text
    page = chen.post(at, ADDRESS | {"phone": "12"})
    assert (page.status_code, 'value="12"' in page.text) == (422, True)
    assert the(Address, world["id"]).city == "杭州市"


def test_an_address_on_a_printed_label_is_not_changed_behind_it(world, sign_in):
    with unit_of_work() as db:
        shipment = db.get(Shipment, world["shipment"])
        for action in (ShipmentAction.START_PICK, ShipmentAction.FINISH_PICK, ShipmentAction.START_PACK):
            shipments.advance(db, shipment, action, SYSTEM)
    page = sign_in("Chen").post(f"/orders/{world['id']}/address", ADDRESS)
    assert page.status_code == 409
    assert 'value="李四"' in page.text


@pytest.mark.parametrize("verb", ["hold", "release", "cancel", "reveal", "address"])
def test_doors_of_an_order_take_forms_of_the_right_people_only(world, sign_in, verb):
    at = f"/orders/{world['id']}/{verb}"
    assert sign_in("Chen").get(at).status_code == (200 if verb == "address" else 405)
    assert sign_in("Ana").post(at, ADDRESS).status_code == 403
    assert sign_in("Dai").post(f"/orders/999/{verb}", ADDRESS).status_code == 404


def test_why_tells_the_chain_from_order_to_shelf_to_what_helps(world, sign_in):
    chen = sign_in("Chen")
    page = chen.get(f"/orders/{world['id']}/why").text
    assert f"{world['number']} wants 1 × {world['sku']}" in page
    assert "SHA: 3 on pick faces, 0 in reserve" in page
    assert "the next allocation run can take it" in page
    assert "stock is promised, no walk yet" in page
    assert "nobody has checked it yet" in chen.get(f"/orders/{world['id'] + 1}/why").text
    chen.post(f"/orders/{world['id']}/cancel")
    assert "Nothing keeps it" in chen.get(f"/orders/{world['id']}/why").text
