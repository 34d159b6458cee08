"""Alerts to purchasing: how many to order, who could help, one request at a time, and a notice that arrives."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import col, select

from floor import settings
from floor.catalog.models import Sku
from floor.events.models import OutboxMessage
from floor.inventory import chores, handlers, keeping, purchasing, receiving, service
from floor.inventory.models import BinKind, MoveReason, PlaceKind, TransferLine, Warehouse
from floor.inventory.models_supply import PurchaseRequest, SupplyTerms
from floor.inventory.purchasing import Need, Spare
from floor.inventory.receiving import NewDelivery
from floor.inventory.service import Move
from floor.inventory.states import PurchaseAction, PurchaseState
from floor.kit import clock
from floor.kit.actor import SYSTEM
from floor.kit.errors import Conflict
from floor.kit.uow import reading, unit_of_work
from tests.factories import a_bin, a_sku, a_warehouse, count, stock
from tests.inventory.test_safety import sold
from tests.listening import listening
from tests.paper.samples import words_of

# --- by hand -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("short", "per_day", "pack", "least", "qty"),
    [
        (5, 0.0, 1, 0, 5),
        (5, 2.0, 1, 0, 33),  # and two weeks of two a day
        (5, 2.0, 12, 0, 36),  # in whole packs
        (5, 0.0, 12, 50, 60),  # at least 50, in whole packs
        (5, 0.03, 1, 0, 5),
        (0, 0.0, 6, 0, 6),
    ],
)
def test_an_order_fills_up_in_whole_packs(short, per_day, pack, least, qty):
    assert purchasing.order_qty(short, per_day, pack, least) == qty


def day(n):
    return datetime(2026, 11, n, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ordered", "received", "left"),
    [
        ([], [(day(1), 5)], 0),
        ([(day(2), 10)], [], 10),
        ([(day(2), 10)], [(day(1), 5)], 10),  # came before it was ordered: another story
        ([(day(2), 10)], [(day(3), 4)], 6),
        ([(day(2), 10)], [(day(3), 4), (day(4), 9)], 0),
        ([(day(2), 10), (day(5), 20)], [(day(3), 4), (day(6), 8)], 18),  # 6 for the first, 2 for the second
    ],
)
def test_what_comes_in_counts_for_the_oldest_order(ordered, received, left):
    assert purchasing.outstanding(ordered, received) == left


def test_who_has_more_than_its_own_need_helps_the_one_that_lacks_most():
    needs = [
        Need(1, 7, free=2, coming=0, reorder_point=10),  # lacks 8
        Need(2, 7, free=30, coming=0, reorder_point=20),  # spares 10
        Need(3, 7, free=5, coming=2, reorder_point=12),  # lacks 5
        Need(4, 7, free=4, coming=0, reorder_point=0),  # spares 4
        Need(5, 7, free=9, coming=50, reorder_point=20),  # lacks nothing, and what is on its way cannot be sent
        Need(1, 8, free=0, coming=0, reorder_point=3),  # nobody has any
    ]
    assert purchasing.spares(needs) == [Spare(7, 2, 1, 8), Spare(7, 4, 3, 4), Spare(7, 2, 3, 1)]
    assert purchasing.spares([]) == []


# --- requests ------------------------------------------------------------------------------------------------------


@pytest.fixture
def house(app):
    """Five shirts in SHA, where orders should go out below 20, and forty in CAN, which needs ten of them."""
    with unit_of_work() as db:
        sha, can, tee = a_warehouse(db), a_warehouse(db, "CAN"), a_sku(db)
        face, there = a_bin(db, sha), a_bin(db, can)
        stock(db, face, tee, 5)
        stock(db, there, tee, 40)
        keeping.keep(db, sha.id, tee.id, 8, 20, SYSTEM)
        keeping.keep(db, can.id, tee.id, 10, None, SYSTEM)
        terms = SupplyTerms(sku_id=tee.id, supplier="织造厂", lead_days=9, pack_qty=12, min_order=24, price_fen=1250)
        keeping.keep_terms(db, terms, SYSTEM)
        return {"sha": sha.id, "can": can.id, "tee": tee.id, "face": face.id}


def open_requests():
    with reading() as db:
        return [
            (row.house.code, row.sku.code, row.request.qty, row.request.supplier) for row in purchasing.requests(db)
        ]


def test_what_runs_low_is_asked_for_once(house):
    assert chores.look_at_reorder_points() == 1
    assert open_requests() == [("SHA", "TEE-NAVY-L", 24, "织造厂")]
    assert chores.look_at_reorder_points() == 0
    with reading() as db:
        request = db.exec(select(PurchaseRequest)).one()
        assert (request.free, request.coming, request.reorder_point) == (5, 0, 20)


def test_two_workers_at_once_ask_once(house):
    with reading() as db:
        wanted = purchasing.to_ask(db)
    for expected in (1, 0):
        with unit_of_work() as db:
            assert purchasing.ask(db, wanted, SYSTEM) == expected
    with reading() as db:
        assert count(db, OutboxMessage, OutboxMessage.handler == "inventory.tell_purchasing") == 1


def test_the_order_lasts_two_weeks_beyond_the_reorder_point(house):
    with unit_of_work() as db:
        for n in range(56):
            sold(db, db.get(Warehouse, house["sha"]), db.get(Sku, house["tee"]), 3, n)
    chores.look_at_reorder_points()
    assert open_requests()[0][2] == 60  # 15 short, 14 days of 3: 57, in packs of 12


def decide(action, qty=0):
    with unit_of_work() as db:
        request = db.exec(select(PurchaseRequest).order_by(col(PurchaseRequest.id).desc())).first()
        purchasing.advance(db, request, action, SYSTEM, qty)


def test_ordered_units_count_until_they_are_received(house):
    chores.look_at_reorder_points()
    decide(PurchaseAction.ORDER, 36)
    assert chores.look_at_reorder_points() == 0, "36 are expected"
    with unit_of_work() as db:
        supplier = service.beyond(db, PlaceKind.SUPPLIER, house["sha"])
        move = Move(house["tee"], 30, supplier, house["face"], MoveReason.RECEIVE)
        service.move(db, [move], "delivery", 1, SYSTEM)
    with reading() as db:
        need = next(n for n in purchasing.needs(db) if n.warehouse_id == house["sha"])
        assert (need.free, need.coming, need.short) == (35, 6, -21)


def test_an_order_that_will_not_come_is_asked_for_again(house):
    chores.look_at_reorder_points()
    decide(PurchaseAction.ORDER)
    decide(PurchaseAction.DISMISS)
    assert chores.look_at_reorder_points() == 1
    with unit_of_work() as db:
        old = db.exec(select(PurchaseRequest).where(PurchaseRequest.state == PurchaseState.DISMISSED)).one()
        with pytest.raises(Conflict):
            purchasing.advance(db, old, PurchaseAction.ORDER, SYSTEM)


def test_units_on_the_road_and_on_the_dock_are_on_their_way(house):
    with unit_of_work() as db:
        sha, tee = db.get(Warehouse, house["sha"]), db.get(Sku, house["tee"])
        stock(db, a_bin(db, sha, "A02-01-1", BinKind.DOCK), tee, 4)
        road = service.new_place(db, PlaceKind.TRANSIT, house["sha"])
        supplier = service.beyond(db, PlaceKind.SUPPLIER, house["sha"])
        service.move(db, [Move(tee.id, 6, supplier, road, MoveReason.TRANSFER)], "transfer", 1, SYSTEM)
        need = next(n for n in purchasing.needs(db) if n.warehouse_id == house["sha"])
        assert (need.free, need.coming) == (5, 10)


# --- the notice ----------------------------------------------------------------------------------------------------


@pytest.fixture
def addressed(house):
    """Purchasing has a real address; the settings are put back afterwards."""
    before = settings.bound()
    with listening(500) as office:
        where = office.url.replace("http://", "json://") + "/notice"
        settings.bind(replace(before, purchasing_notify=where))
        yield office
    settings.bind(before)


def test_a_notice_reaches_a_real_server_and_is_tried_again(addressed, relay):
    chores.look_at_reorder_points()
    relay.run_once()
    with clock.shifted(timedelta(seconds=60)):
        relay.drain()
    refused, taken = addressed.heard
    assert refused.json == taken.json
    assert taken.path == "/notice"
    assert taken.json["title"] == "1 种商品库存不足"
    assert "TEE-NAVY-L" in taken.json["message"]
    assert "24" in taken.json["message"]
    assert taken.json["message"].endswith("/purchasing")


def test_without_an_address_nothing_is_sent_and_the_page_says_so(house, relay, sign_in):
    chores.look_at_reorder_points()
    assert relay.drain() == 1
    with reading() as db:
        assert db.exec(select(OutboxMessage.error)).all() == [""]
    assert "FLOOR_PURCHASING_NOTIFY" in sign_in("Dai").get("/purchasing").text


def test_a_notice_names_twenty_and_counts_the_rest(house):
    chores.look_at_reorder_points()
    with reading() as db:
        rows = purchasing.requests(db) * 23
    title, body = handlers.letter(rows, "https://x/purchasing", "en")
    assert title == "23 articles run low"
    assert body.count("reorder point 20") == 20
    assert body.endswith("and 3 more\nhttps://x/purchasing")


# --- over HTTP -----------------------------------------------------------------------------------------------------


def test_a_supervisor_looks_orders_and_dismisses(house, sign_in):
    dai = sign_in("Dai")
    assert sign_in("Ana").get("/purchasing").status_code == 403
    assert dai.post("/purchasing/check").status_code == 303
    page = dai.get("/purchasing").text
    assert "织造厂" in page
    assert "can help" in page
    bad = dai.post("/purchasing/1/order", {"qty": "many"})
    assert (bad.status_code, 'value="many"' in bad.text) == (422, True)
    assert dai.post("/purchasing/1/order", {"qty": "48"}).status_code == 303
    assert dai.post("/purchasing/1/order", {"qty": "48"}).status_code == 409
    assert dai.post("/purchasing/1/dismiss").status_code == 303
    assert dai.post("/purchasing/1/dismiss").status_code == 409
    assert dai.post("/purchasing/9/dismiss").status_code == 404


def test_open_requests_are_a_table_and_an_a4_paper_in_chinese(house, sign_in):
    chores.look_at_reorder_points()
    dai = sign_in("Dai")
    rows = dai.get("/purchasing.csv").text.lstrip("\ufeff").splitlines()
    assert rows[1].startswith("织造厂,TEE-NAVY-L,圆领短袖 TEE-NAVY-L,SHA,24,12,12.50,5,0,20,")
    dai.get("/language/zh")
    answer = dai.get("/purchasing.pdf")
    assert answer.mimetype == "application/pdf"
    words = words_of(answer.data)
    for expected in ("采购申请", "织造厂", "TEE-NAVY-L", "上海仓", "300.00"):
        assert expected in words


def test_what_another_house_can_spare_is_planned_once_and_counts_from_then_on(house, sign_in):
    dai = sign_in("Dai")
    way = {"from": "CAN", "to": "SHA"}
    planned = dai.post("/purchasing/transfers", way)
    assert planned.status_code == 303
    assert "/transfers/" in planned.location
    with reading() as db:
        line = db.exec(select(TransferLine)).one()
        assert (line.sku_id, line.wanted) == (house["tee"], 15), "what is short of 20, out of the 30 CAN can spare"
        assert [(n.free, n.coming) for n in purchasing.needs(db)] == [(5, 15), (25, 0)]
    assert dai.post("/purchasing/transfers", way).status_code == 409
    assert dai.post("/purchasing/transfers", {"from": "CAN", "to": "XXX"}).status_code == 404


def test_announced_units_are_on_their_way_and_not_counted_twice_when_they_were_ordered(house):
    with unit_of_work() as db:
        receiving.announce(db, NewDelivery(house["sha"], "织造厂", "A-1", None, {house["tee"]: 12}), SYSTEM)
    with reading() as db:
        assert purchasing.needs(db)[0].coming == 12
    assert chores.look_at_reorder_points() == 1
    decide(PurchaseAction.ORDER, 24)
    with reading() as db:
        assert purchasing.needs(db)[0].coming == 24
