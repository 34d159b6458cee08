"""A till: scans become a basket, the basket an order with a proven total, once; a code that holds an order is it."""

import json
from datetime import timedelta

import pytest
from sqlmodel import select

from floor.intake import till
from floor.intake.models import InboxMessage, InboxState, TillLine
from floor.kit.uow import reading, unit_of_work
from floor.orders.models import Address, Customer, Order, OrderLine
from floor.orders.states import OrderState
from floor.people.models import User
from tests.factories import a_sku, a_warehouse, count, ean
from tests.intake.test_webhook import MESSAGE


@pytest.fixture
def goods(app):
    with unit_of_work() as db:
        a_warehouse(db).phone = "021-62345678"
        tee, mug, old = a_sku(db), a_sku(db, "MUG", price=2500), a_sku(db, "OLD")
        old.is_active = False
        return {"tee": ean(tee), "mug": ean(mug), "old": ean(old), "mug_id": mug.id}


def scan(person, *codes):
    for code in codes:
        answer = person.post("/till/scans", {"code": code})
    return answer


def basket(name="Chen"):
    with reading() as db:
        user = db.exec(select(User.id).where(User.name == name)).one()
        return {sku.code: line.qty for line, sku in till.basket(db, user)}


def orders():
    with reading() as db:
        return list(db.exec(select(Order).order_by(Order.id)))


def test_scans_are_units_and_the_basket_is_one_order_at_the_total_that_was_seen(goods, sign_in, relay):
    chen, dai = sign_in("Chen"), sign_in("Dai")
    assert chen.get("/till/customer").status_code == 303, "nobody buys nothing"
    assert scan(chen, goods["tee"], goods["mug"], goods["tee"], "mug").status_code == 200
    assert basket() == {"TEE-NAVY-L": 2, "MUG": 2}
    scan(dai, goods["mug"])
    chen.post(f"/till/lines/{goods['mug_id']}/fewer")
    assert "223.00" in scan(chen, goods["tee"], "CMD-UNDO").text
    assert (basket(), basket("Dai")) == ({"TEE-NAVY-L": 2, "MUG": 1}, {"MUG": 1}), "a basket each"
    assert scan(chen, goods["old"]).status_code == scan(chen, "NOBODY").status_code == 422
    assert scan(chen, "CMD-DONE").location.endswith("/till/customer")

    due = chen.get("/till/customer?discount=23.00").text
    assert ">¥200.00<" in due, "what to take is on the screen before it is taken"
    wrong = chen.post("/till/customer", {"way": "along", "total": "22300", "discount": "300"})
    assert (wrong.status_code, 'value="300"' in wrong.text) == (422, True)
    scan(chen, goods["mug"])  # another hand at the same basket
    late = chen.post("/till/customer", {"way": "along", "total": "22300"})
    assert (late.status_code, "248.00" in late.text) == (409, True)
    sale = {"way": "along", "total": "24800", "discount": "8.00", "name": "Wang"}
    for _twice in range(2):
        assert chen.post("/till/customer", sale, "one-command-id").status_code == 303
    (order,) = orders()
    assert (order.channel, order.goods_fen, order.discount_fen, order.total_fen, order.paid_fen) == (
        "till", 24800, 800, 24000, 24000
    )  # fmt: skip
    assert order.promised_at - order.placed_at == timedelta(minutes=30), "somebody waits for it"
    assert basket() == {}
    relay.drain()
    (order,) = orders()
    assert order.state is OrderState.RELEASED, "it adds up, and its door is the house's own"
    with reading() as db:
        where = db.get_one(Address, order.id)
        assert (where.recipient, where.phone, where.province) == ("Wang", "02162345678", "上海市")
        lines = db.exec(select(OrderLine).where(OrderLine.order_id == order.id)).all()
        assert sum(line.discount_fen for line in lines) == 800

    assert chen.post("/till/empty").status_code == 200
    scan(chen, goods["tee"])
    sent = {"way": "sent", "total": "9900", "name": "张小明", "phone": "138 1234 1234"}
    bare = chen.post("/till/customer", {"way": "sent", "total": "9900"})
    assert (bare.status_code, bare.text.count('aria-invalid="true"')) == (422, 3), "all that is missing at once"
    assert chen.post("/till/customer", sent).status_code == 422
    assert chen.post("/till/customer", sent | {"address": "文三路 90 号"}).status_code == 422, "which city?"
    good = sent | {"address": "浙江省杭州市西湖区文三路 90 号"}
    assert chen.post("/till/customer", good).status_code == 303
    relay.drain()
    order = orders()[-1]
    assert order.state is OrderState.RELEASED
    with reading() as db:
        where = db.get_one(Address, order.id)
        assert (where.city, where.district, where.street, where.phone) == (
            "杭州市", "西湖区", "文三路 90 号", "13812341234"
        )  # fmt: skip
        assert db.get_one(Customer, order.customer_id).external_id == "13812341234"
        assert count(db, TillLine) == 1, "Dai's"
    assert f"/orders/{order.id}" in scan(chen, order.number.lower()).location
    assert f"/orders/{order.id}" in scan(chen, f"https://floor.example/t/{order.public_token}").location
    assert sign_in("Ana").get("/till").status_code == 403


def test_a_code_that_holds_an_order_is_taken_over_once(goods, sign_in):
    chen, code = sign_in("Chen"), json.dumps(MESSAGE, ensure_ascii=False)
    first = scan(chen, code)
    assert (first.status_code, "SO-000001" in first.text) == (200, True)
    assert scan(chen, code).status_code == 200
    assert [order.external_id for order in orders()] == ["T-1"]
    bad = scan(
        chen, json.dumps(MESSAGE | {"order_id": "T-2", "lines": [{"sku": "NOBODY", "qty": 1, "unit_price": "1"}]})
    )
    assert (bad.status_code, "NOBODY" in bad.text) == (422, True)
    assert scan(chen, '{"no": "order"').status_code == 422
    assert len(orders()) == 1
    with reading() as db:
        assert sorted(db.exec(select(InboxMessage.state))) == [InboxState.APPLIED, InboxState.DEAD, InboxState.DEAD]


def test_bundles_and_gift_rules_are_tried_made_changed_and_switched(goods, sign_in):
    dai, chen = sign_in("Dai"), sign_in("Chen")
    bundle = {"code": "set-1", "parts": "TEE-NAVY-L 1 3\nMUG, 2", "price": "200.00", "discount": "7.01", "qty": "3"}
    tried = dai.post("/intake/bundle-trials", bundle)
    assert "600.00" in tried.text
    assert "7.01" in tried.text
    assert dai.get("/intake/bundles/SET-1").status_code == 404, "nothing was saved"
    for bad in ({"code": "MUG"}, {"parts": "MUG\nMUG"}, {"parts": "MUG 0"}, {"parts": "NOBODY"}, {"code": "a b"}):
        assert dai.post("/intake/bundles", bundle | bad).status_code == 422
    assert dai.post("/intake/bundles", bundle).status_code == 303
    assert "MUG 2 1" in dai.get("/intake/bundles/SET-1").text

    gift = {"gift": "mug", "worth_from": "100", "try_worth": "99.99", "ends": "2030-01-01"}
    assert "worth less" in dai.post("/intake/gift-trials", gift).text
    assert "1 × MUG" in dai.post("/intake/gift-trials", gift | {"try_worth": "100"}).text
    for bad in ({"gift": "NOBODY"}, {"channel": "nobody"}, {"begins": "2030-01-02"}, {"with_sku": "NOBODY"}):
        assert dai.post("/intake/gifts", gift | bad).status_code == 422
    assert dai.post("/intake/gifts", gift).status_code == 303
    page = dai.get("/intake/gifts/1").text
    assert 'value="2030-01-01"' in page
    assert dai.post("/intake/gifts/1", gift | {"qty": "2", "channel": "till"}).status_code == 422, "no such channel yet"

    def sold():
        order = MESSAGE | {"order_id": f"T-{len(orders())}", "lines": [{"sku": "SET-1", "qty": 1, "unit_price": "200"}]}
        status = scan(chen, json.dumps(order | {"total": "202", "paid": "202"})).status_code
        with reading() as db:
            lines = select(OrderLine.bundle, OrderLine.is_gift, OrderLine.qty).where(
                OrderLine.order_id == len(orders())
            )
            return status, sorted(db.exec(lines))

    status, lines = sold()
    assert status == 200
    assert lines == [("", True, 1), ("SET-1", False, 1), ("SET-1", False, 2)]
    assert dai.post("/intake/gifts/1", gift | {"qty": "2", "channel": "till"}).status_code == 303
    assert sold()[1][0] == ("", True, 2)
    dai.post("/intake/gifts/1/switch", {"on": "0"})
    assert sold()[1] == [("SET-1", False, 1), ("SET-1", False, 2)]
    dai.post("/intake/bundles/SET-1/switch", {"on": "0"})
    assert sold()[0] == 422, "a code nobody knows now"
