"""The signed webhook: proven before it is read, stored before it is applied, applied once."""

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from floor.events.models import OutboxMessage
from floor.intake import jobs, queries, service
from floor.intake.channels.signed import signature
from floor.intake.models import Channel, InboxMessage, InboxState
from floor.kit import clock
from floor.kit.actor import SYSTEM
from floor.kit.uow import reading, unit_of_work
from floor.orders.models import Address, Customer, Order, OrderLine
from floor.orders.states import OrderState
from floor.shipments import service as shipments
from floor.shipments.states import ShipmentAction
from tests.factories import a_bin, a_carrier, a_planned_shipment, a_sku, a_warehouse, count, ean, stock

SECRET = "a secret of the shop"
MESSAGE = {
    "order_id": "T-1",
    "placed_at": "2026-11-20T10:00:00+08:00",
    "paid_at": "2026-11-20T10:01:00+08:00",
    "buyer": {"id": "b-7", "name": "张小明", "tier": 2, "lang": "zh"},
    "address": {
        "recipient": "张小明",
        "phone": "13812341234",
        "province": "浙江",
        "city": "杭州市",
        "street": "文三路 90 号",
    },
    "lines": [{"sku": "TEE-NAVY-L", "qty": 2, "unit_price": "99.00", "discount": "8.00"}],
    "freight": "10.00",
    "discount": "8.00",
    "total": "200.00",
    "paid": "200.00",
    "notes": {"buyer": "请放门口"},
    "gift": {"wrap": True, "message": "生日快乐", "hide_price": True},
}


@pytest.fixture
def shop(app):
    """Channel `shop`, and a T-shirt it sells."""
    with unit_of_work() as db:
        service.ensure_channel(db, "shop").secret = SECRET
        a_sku(db)


def send(client, message, key="m-1", *, secret=SECRET, at=None, body=None, channel="shop", **headers):
    raw = body if body is not None else json.dumps(message).encode()
    stamp = str(int((at or clock.now()).timestamp()))
    headers = {
        "X-Floor-Signature": signature(secret, stamp, key, raw),
        "X-Floor-Timestamp": stamp,
        "X-Floor-Message-Id": key,
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(f"/hooks/orders/{channel}", data=raw, headers=headers, content_type="application/json")


def orders():
    with reading() as db:
        return db.exec(select(Order)).all()


def inbox():
    with reading() as db:
        return db.exec(select(InboxMessage)).all()


@pytest.mark.usefixtures("shop")
def test_a_signed_order_becomes_an_order_with_every_value_it_brought(stranger):
    answer = send(stranger, MESSAGE)
    assert (answer.status_code, answer.json) == (200, {"order": "SO-000001", "outcome": "accepted"})
    (order,) = orders()
    assert (order.goods_fen, order.freight_fen, order.discount_fen, order.total_fen) == (19800, 1000, 800, 20000)
    assert order.promised_at == datetime(2026, 11, 21, 2, 0, tzinfo=UTC), "a day after it was placed"
    assert (order.gift_wrap, order.gift_message, order.hide_price, order.buyer_note) == (
        True,
        "生日快乐",
        True,
        "请放门口",
    )
    with reading() as db:
        address, customer = db.get(Address, order.id), db.get(Customer, order.customer_id)
        (line,) = db.exec(select(OrderLine)).all()
        channel = db.exec(select(Channel)).one()
    assert (address.province, address.street) == ("浙江省", "文三路 90 号"), "provinces get their full name"
    assert (customer.external_id, customer.tier) == ("b-7", 2)
    assert (line.qty, line.unit_price_fen, line.discount_fen) == (2, 9900, 800)
    assert channel.last_message_at is not None


@pytest.mark.usefixtures("shop")
def test_the_same_message_twice_is_one_order_and_one_answer(stranger):
    first, second = send(stranger, MESSAGE), send(stranger, MESSAGE)
    assert (first.status_code, first.json) == (second.status_code, second.json)
    assert len(orders()) == len(inbox()) == 1


@pytest.mark.usefixtures("shop")
def test_the_same_order_under_another_message_id_is_known(stranger):
    send(stranger, MESSAGE)
    answer = send(stranger, MESSAGE, key="m-2")
    assert (answer.status_code, answer.json) == (200, {"order": "SO-000001", "outcome": "known"})
    assert len(orders()) == 1


@pytest.mark.usefixtures("shop")
def test_another_body_under_a_used_message_id_is_refused(stranger):
    send(stranger, MESSAGE)
    answer = send(stranger, MESSAGE | {"order_id": "T-2"})
    assert answer.status_code == 422
    assert len(orders()) == 1


@pytest.mark.usefixtures("shop")
def test_without_a_message_id_the_body_is_its_own(stranger):
    assert send(stranger, MESSAGE, key="").status_code == send(stranger, MESSAGE, key="").status_code == 200
    assert len(orders()) == 1


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    "forge",
    [
        {"secret": "another secret"},
        {"X_Floor_Signature": "00" * 32},
        {"X_Floor_Signature": ""},
        {"X_Floor_Signature": "签名"},
        {"X_Floor_Timestamp": "soon"},
        {"X_Floor_Message_Id": "m-9"},
    ],
)
def test_a_forged_message_is_refused_and_nothing_is_stored(stranger, forge):
    if forge.get("X_Floor_Signature") == "签名":
        forge = {"X_Floor_Signature": "签名".encode().decode("latin-1")}
    assert send(stranger, MESSAGE, **forge).status_code == 401
    assert inbox() == []


@pytest.mark.usefixtures("shop")
def test_a_message_of_yesterday_cannot_be_sent_again(stranger):
    assert send(stranger, MESSAGE, at=clock.now() - timedelta(minutes=11)).status_code == 401
    assert send(stranger, MESSAGE, at=clock.now() + timedelta(minutes=11)).status_code == 401
    assert inbox() == []
    assert send(stranger, MESSAGE, at=clock.now() - timedelta(minutes=9)).status_code == 200


@pytest.mark.usefixtures("shop")
def test_a_signed_body_changed_on_the_way_is_forged(stranger):
    body = json.dumps(MESSAGE).encode()
    good = signature(SECRET, str(int(clock.now().timestamp())), "m-1", body)
    assert send(stranger, MESSAGE, body=body + b" ", X_Floor_Signature=good).status_code == 401


def test_an_unknown_channel_and_one_without_secret_are_404(stranger, app):
    with unit_of_work() as db:
        service.ensure_channel(db, "files-only")
    assert send(stranger, MESSAGE, channel="nobody").status_code == 404
    assert send(stranger, MESSAGE, channel="files-only", secret="").status_code == 404


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    ("change", "path", "reason"),
    [
        ({"lines": [{"sku": "NO-SUCH", "qty": 1, "unit_price": "1"}]}, "lines[0].sku", "unknown_sku"),
        ({"lines": [{"sku": "TEE-NAVY-L", "qty": 0, "unit_price": "1"}]}, "lines[0].qty", "number"),
        ({"lines": [{"sku": "TEE-NAVY-L", "qty": "2", "unit_price": "1"}]}, "lines[0].qty", "number"),
        ({"lines": [{"sku": "TEE-NAVY-L", "qty": 1, "unit_price": 1.5}]}, "lines[0].unit_price", "money"),
        ({"lines": [{"sku": "TEE-NAVY-L", "qty": 1, "unit_price": "1.005"}]}, "lines[0].unit_price", "money"),
        ({"lines": [{"sku": "TEE-NAVY-L", "qty": 1, "unit_price": "-1.00"}]}, "lines[0].unit_price", "money"),
        ({"lines": [{"sku": "TEE-NAVY-L", "qty": 100000, "unit_price": "999999.00"}]}, "lines", "too_much"),
        ({"lines": [{"qty": 1, "unit_price": "1.00"}]}, "lines[0].sku", "missing"),
        ({"lines": []}, "lines", "missing"),
        ({"placed_at": "yesterday"}, "placed_at", "date"),
        ({"placed_at": "2026-11-20T10:00:00"}, "placed_at", "date"),
        ({"placed_at": "0001-01-01T00:00:00+14:00"}, "placed_at", "date"),
        ({"order_id": ""}, "order_id", "missing"),
        ({"order_id": "x" * 65}, "order_id", "too_long"),
        ({"order_id": None}, "order_id", "text"),
        ({"notes": {"buyer": "a\x00b"}}, "notes.buyer", "text"),
        ({"notes": {"buyer": "\ud800"}}, "notes.buyer", "text"),
        ({"type": "surprise"}, "type", "choice"),
    ],
)
def test_what_cannot_be_read_is_stored_and_every_reason_told(stranger, change, path, reason):
    answer = send(stranger, MESSAGE | change)
    assert answer.status_code == 422
    assert {"path": path, "reason": reason} in [
        {"path": e["path"], "reason": e["reason"]} for e in answer.json["errors"]
    ], answer.json
    assert all(error["text"] for error in answer.json["errors"])
    (message,) = inbox()
    assert (message.state, message.problem) == (InboxState.DEAD, answer.json["errors"][0]["reason"])
    assert orders() == []


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b'{"a": "\x00"}', b"[" * 100_000])
def test_a_body_that_is_no_json_is_stored_too(stranger, body):
    answer = send(stranger, None, body=body)
    assert (answer.status_code, answer.json["errors"][0]["reason"]) == (422, "not_json")
    assert len(inbox()) == 1


@pytest.mark.usefixtures("shop")
def test_goods_may_be_named_by_barcode_and_equal_lines_become_one(stranger, app):
    with unit_of_work() as db:
        code = ean(a_sku(db, "CUP"))
    line = {"barcode": code, "qty": 2, "unit_price": "5.00"}
    assert send(stranger, MESSAGE | {"lines": [line, line, line | {"unit_price": "4.00"}]}).status_code == 200
    with reading() as db:
        wants = sorted((line.qty, line.unit_price_fen) for line in db.exec(select(OrderLine)))
    assert wants == [(2, 400), (4, 500)]


@pytest.mark.usefixtures("shop")
def test_a_process_killed_between_storing_and_applying_leaves_the_work_to_the_worker(app, relay):
    with unit_of_work() as db:
        service.store(db, "shop", "m-1", json.dumps(MESSAGE), SYSTEM)
    assert [message.state for message in inbox()] == [InboxState.WAITING]
    relay.drain()
    assert [message.state for message in inbox()] == [InboxState.APPLIED]
    assert len(orders()) == 1


@pytest.mark.usefixtures("shop")
def test_the_command_applies_what_waits_too(app):
    with unit_of_work() as db:
        service.store(db, "shop", "m-1", json.dumps(MESSAGE), SYSTEM)
        service.store(db, "shop", "m-2", "{", SYSTEM)
    result = app.test_cli_runner().invoke(args=["intake", "apply"])
    assert result.output == "1 applied, 1 cannot be read\n"
    assert len(orders()) == 1


@pytest.mark.usefixtures("shop")
def test_the_same_message_at_the_same_moment_is_one_order(app):
    answers = []
    gate = threading.Barrier(4)

    def one():
        gate.wait()
        answers.append(jobs.receive("shop", "m-1", json.dumps(MESSAGE).encode()).order_id)

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(answers)) == len(orders()) == 1


@pytest.mark.usefixtures("shop")
def test_an_order_sent_twice_at_the_same_moment_under_two_ids_is_one_order(app):
    outcomes = []
    gate = threading.Barrier(4)

    def one(n):
        gate.wait()
        outcomes.append(jobs.receive("shop", f"m-{n}", json.dumps(MESSAGE).encode()).outcome)

    threads = [threading.Thread(target=one, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["accepted", "known", "known", "known"]
    assert len(orders()) == 1


@pytest.mark.usefixtures("shop")
def test_a_payment_that_comes_later_is_booked(stranger):
    send(stranger, {k: v for k, v in MESSAGE.items() if k not in ("paid_at", "paid")})
    assert orders()[0].paid_at is None
    paid = {"type": "paid", "order_id": "T-1", "paid_at": "2026-11-20T11:00:00+08:00", "paid": "200.00"}
    assert send(stranger, paid, key="m-2").json == {"order": "SO-000001", "outcome": "paid"}
    assert orders()[0].paid_fen == 20000


@pytest.mark.usefixtures("shop")
def test_a_cancellation_before_any_shipment_cancels_the_order(stranger):
    send(stranger, MESSAGE)
    answer = send(stranger, {"type": "cancel", "order_id": "T-1"}, key="m-2")
    assert answer.json == {"order": "SO-000001", "outcome": "cancelled"}
    assert orders()[0].state is OrderState.CANCELLED
    with reading() as db:
        (line,) = db.exec(select(OrderLine)).all()
    assert (line.backordered, line.cancelled) == (0, 2)
    again = send(stranger, {"type": "cancel", "order_id": "T-1"}, key="m-3")
    assert again.json["outcome"] == "cancelled"


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("shipped", [False, True])
def test_a_cancellation_after_allocation_holds_the_order_and_says_so(stranger, relay, shipped):
    send(stranger, MESSAGE)
    relay.drain()
    with unit_of_work() as db:
        house, order = a_warehouse(db), db.exec(select(Order)).one()
        where, carrier = a_bin(db, house), a_carrier(db)
        sku = queries.skus_by_code(db, ["TEE-NAVY-L"])["TEE-NAVY-L"][0]
        tee = db.get(service.Sku, sku)
        stock(db, where, tee, 5)
        made = a_planned_shipment(db, order, [(where, tee, 2)], carrier)
        if shipped:
            for action in ("START_PICK", "FINISH_PICK", "START_PACK", "FINISH_PACK", "SHIP"):
                shipments.advance(db, made, ShipmentAction[action], SYSTEM)
    answer = send(stranger, {"type": "cancel", "order_id": "T-1"}, key="m-2")
    assert answer.json["outcome"] == ("shipped" if shipped else "held")
    assert orders()[0].state is OrderState.HELD
    relay.drain()


@pytest.mark.usefixtures("shop")
def test_what_comes_before_its_order_waits_and_is_done_with_the_order(stranger):
    early = send(stranger, {"type": "cancel", "order_id": "T-1"}, key="m-1")
    assert (early.status_code, early.json["errors"][0]["reason"]) == (422, "unknown_order")
    send(stranger, MESSAGE, key="m-2")
    assert [message.state for message in inbox()] == [InboxState.APPLIED, InboxState.APPLIED]
    assert orders()[0].state is OrderState.CANCELLED


@pytest.mark.usefixtures("shop")
def test_a_dead_letter_is_shown_and_applied_once_the_catalogue_knows_its_sku(stranger, sign_in):
    message = MESSAGE | {
        "lines": [{"sku": "CAP-RED", "qty": 1, "unit_price": "200.00"}],
        "discount": "0.00",
        "freight": "0",
    }
    assert send(stranger, message).status_code == 422
    dai = sign_in("Dai")
    shown = dai.get("/intake").text
    assert "The catalogue has no CAP-RED." in shown
    (dead,) = inbox()
    url = f"/intake/messages/{dead.id}/retry"
    assert dai.post(url, command_id="retry-number-1").status_code == 303
    assert inbox()[0].state is InboxState.DEAD
    with unit_of_work() as db:
        a_sku(db, "CAP-RED")
    assert dai.post(url, command_id="retry-number-1").headers["Idempotent-Replay"] == "true"
    assert orders() == []
    assert dai.post(url).status_code == 303
    assert len(orders()) == 1
    assert dai.post(url).status_code == 303
    assert len(orders()) == 1


@pytest.mark.usefixtures("shop")
def test_a_raw_message_is_shown_without_its_phone_number(stranger, sign_in):
    send(stranger, MESSAGE)
    page = sign_in("Dai").get("/intake/inbox/1").text
    assert "13812341234" not in page
    assert "138****1234" in page


@pytest.mark.usefixtures("shop")
def test_a_message_the_house_stumbles_over_waits_with_its_reason_and_is_tried_again(stranger, sign_in, monkeypatch):
    def stumbling(*_args):
        raise ZeroDivisionError

    dai = sign_in("Dai")
    with monkeypatch.context() as planted:
        planted.setattr(service.orders, "write_down", stumbling)
        assert send(stranger, MESSAGE).status_code == 422
        for door in ("/intake/messages/1/retry", "/intake/inbox/1/again"):
            assert dai.post(door).status_code == 303
        assert "ZeroDivisionError" in dai.get("/intake/inbox/1").text
    assert dai.post("/intake/inbox/1/again").status_code == 303
    with reading() as db:
        assert queries.message_for(db, 1).state is InboxState.APPLIED
        assert db.exec(select(Order.external_id)).all() == ["T-1"]


@pytest.mark.usefixtures("shop")
def test_only_supervisors_see_the_intake_and_retry(stranger, sign_in):
    send(stranger, {})
    (dead,) = inbox()
    ana, dai = sign_in("Ana"), sign_in("Dai")
    assert ana.get("/intake").status_code == 403
    assert ana.post(f"/intake/messages/{dead.id}/retry").status_code == 403
    assert dai.get(f"/intake/messages/{dead.id}/retry").status_code == 405
    assert dai.post("/intake/messages/999/retry").status_code == 404
    assert dai.get("/hooks/orders/shop").status_code == 405


@pytest.mark.usefixtures("shop")
def test_the_checks_see_an_applied_message_without_its_order(stranger):
    send(stranger, MESSAGE)
    with unit_of_work() as db:
        assert queries.broken_inbox(db) == []
        db.exec(select(InboxMessage)).one().order_id = None
        db.flush()
        assert len(queries.broken_inbox(db)) == 1


@pytest.mark.usefixtures("shop")
def test_each_stored_message_goes_to_the_outbox_once(stranger):
    send(stranger, MESSAGE)
    send(stranger, MESSAGE)
    with reading() as db:
        assert count(db, OutboxMessage, OutboxMessage.handler == "intake.apply_message") == 1


# --- many in one delivery ---------------------------------------------------------------------------------------------


def numbered(n, **change):
    return MESSAGE | {"order_id": f"T-{n}", "message_id": f"m-{n}", "buyer": {"id": f"b-{n % 2}"}} | change


@pytest.mark.usefixtures("shop")
def test_a_delivery_of_many_is_as_many_messages_each_with_its_answer(stranger, app, relay):
    paid = {"type": "paid", "message_id": "p-1", "order_id": "T-1", "paid_at": "2026-11-20T11:00:00+08:00", "paid": "1"}
    unknown = {"sku": "NO-SUCH", "qty": 1, "unit_price": "1.00"}
    sent = [numbered(1), paid, numbered(2), numbered(2, message_id="again"), numbered(3, lines=[unknown]), numbered(4)]
    answer = send(stranger, sent, key="d-1")
    assert answer.status_code == 207, "one of them waits for a person"
    told = answer.json["messages"]
    assert [one["message_id"] for one in told] == ["m-1", "p-1", "m-2", "again", "m-3", "m-4"]
    assert [one.get("outcome") for one in told] == ["accepted", "paid", "accepted", "known", None, "accepted"]
    assert [one.get("order") for one in told] == ["SO-000001", "SO-000001", "SO-000002", "SO-000002", None, "SO-000003"]
    assert [(error["path"], error["reason"]) for error in told[4]["errors"]] == [("lines[0].sku", "unknown_sku")]
    assert {(order.external_id, order.paid_fen) for order in orders()} == {("T-1", 100), ("T-2", 20000), ("T-4", 20000)}
    assert json.loads(next(one.body for one in inbox() if one.message_key == "m-2")) == sent[2]
    with reading() as db:
        assert queries.broken_inbox(db) == []
        assert count(db, Customer) == 2
        assert count(db, OutboxMessage, OutboxMessage.handler == "intake.apply_messages") == 1
    relay.drain()
    again = send(stranger, sent, key="d-2")
    assert (again.status_code, again.json) == (207, answer.json), "the same again changes nothing"
    with unit_of_work() as db:
        a_sku(db, "NO-SUCH")
    mended = send(stranger, [sent[4]], key="d-3")
    assert (mended.status_code, mended.json["messages"][0]["outcome"]) == (200, "accepted")
    assert len(orders()) == 4
    assert len(inbox()) == 6


@pytest.mark.usefixtures("shop")
def test_a_used_id_a_nameless_message_and_one_that_came_before_its_order_in_one_delivery(stranger):
    first = send(stranger, [{"type": "cancel", "order_id": "T-1", "message_id": "c-1"}], key="d-1")
    assert first.json["messages"][0]["errors"][0]["reason"] == "unknown_order"
    nameless = {name: value for name, value in numbered(2).items() if name != "message_id"}
    sent = [numbered(1), numbered(1, freight="0"), nameless, nameless, numbered(3, message_id="\x00")]
    answer = send(stranger, sent, key="d-2")
    told = [one.get("outcome") or one["errors"][0]["reason"] for one in answer.json["messages"]]
    assert told == ["accepted", "reused", "accepted", "accepted", "accepted"]
    assert len(inbox()) == 4, "c-1, m-1, and two by their bodies"
    assert sorted((order.external_id, order.state) for order in orders()) == [
        ("T-1", OrderState.CANCELLED), ("T-2", OrderState.RECEIVED), ("T-3", OrderState.RECEIVED),
    ]  # fmt: skip


@pytest.mark.usefixtures("shop")
def test_a_delivery_is_forged_or_too_long_as_a_whole(stranger, monkeypatch):
    monkeypatch.setattr(jobs, "MANY", 2)
    sent = [numbered(n) for n in range(3)]
    assert send(stranger, sent, secret="another").status_code == 401
    answer = send(stranger, sent)
    assert (answer.status_code, answer.json) == (413, {"error": "一次最多送 2 条消息，请拆开再送。"})
    assert inbox() == []
    assert send(stranger, sent[:2]).status_code == 200


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("body", [b"[{}, 1]", b"[{},]", b"[{}", b"[{}] x", b"[,{}]", b'[{"a":' + b"[" * 100_000 + b"]"])
def test_what_is_no_array_of_objects_is_one_message_nobody_can_read(stranger, body):
    answer = send(stranger, None, body=body)
    assert (answer.status_code, answer.json["errors"][0]["reason"]) == (422, "not_json")
    assert [message.body for message in inbox()] == [body.decode()]


@pytest.mark.usefixtures("shop")
def test_one_we_stumble_over_holds_no_other_of_its_delivery_up(stranger, monkeypatch):
    written = service.orders.write_down

    def stumbling(db, news, actor):
        if any(new.external_id == "T-2" for new in news):
            raise ZeroDivisionError
        return written(db, news, actor)

    monkeypatch.setattr(service.orders, "write_down", stumbling)
    told = send(stranger, [numbered(n) for n in (1, 2, 3)]).json["messages"]
    assert [one.get("outcome") or one["errors"][0]["reason"] for one in told] == ["accepted", "stumbled", "accepted"]
    assert sorted(order.external_id for order in orders()) == ["T-1", "T-3"]


@pytest.mark.usefixtures("shop")
def test_a_process_killed_after_storing_a_delivery_leaves_it_to_the_worker(app, relay):
    with unit_of_work() as db:
        service.store_many(db, "shop", [(f"m-{n}", json.dumps(numbered(n))) for n in (2, 1, 3)], SYSTEM)
    assert {message.state for message in inbox()} == {InboxState.WAITING}
    relay.drain()
    assert {message.state for message in inbox()} == {InboxState.APPLIED}
    assert [order.external_id for order in orders()] == ["T-2", "T-1", "T-3"], "as they were sent"


@pytest.mark.usefixtures("shop")
def test_the_same_orders_in_several_deliveries_at_the_same_moment_are_taken_once(app):
    outcomes = []
    gate = threading.Barrier(4)

    def one(n):
        told = [("" if n % 2 else f"m-{i}", json.dumps(numbered(i))) for i in range(20)]
        gate.wait()
        outcomes.extend(message.outcome for message in jobs.receive_many("shop", told[::-1] if n > 1 else told))

    threads = [threading.Thread(target=one, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 80
    assert len(orders()) == 20
    assert len(inbox()) == 40, "by their ids, and by their bodies"
    assert {message.state for message in inbox()} == {InboxState.APPLIED}
