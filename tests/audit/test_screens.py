"""The audit's screens over HTTP."""

import re
from datetime import timedelta

import pytest
from sqlmodel import select

from floor.audit import queries, service
from floor.audit.models import Flag, Verdict
from floor.kit import clock
from floor.kit.actor import SYSTEM
from floor.kit.uow import reading, unit_of_work
from floor.orders.models import Address, Order
from floor.orders.states import OrderState
from tests.audit.test_audit import NO_HOUSE
from tests.factories import a_sku, an_order

GOOD = {
    "recipient": "张小明", "phone": "13812341234", "province": "浙江", "city": "杭州市", "district": "西湖区",
    "street": "文三路 90 号", "country": "CN",
}  # fmt: skip


@pytest.fixture
def held(app):
    """Three held orders: two without house number, one of them with a stop word too, one with a stop word only."""
    with unit_of_work() as db:
        tee = a_sku(db)
        made = []
        for n, values in enumerate(
            [{"address": NO_HOUSE}, {"address": NO_HOUSE, "buyer_note": "麻烦取消"}, {"buyer_note": "改地址"}]
        ):
            promised = clock.now() + timedelta(hours=n + 1)
            order = an_order(db, [(tee, 1)], released=False, buyer_id=f"b-{n}", promised_at=promised, **values)
            service.audit_order(db, order, SYSTEM)
            made.append(order.id)
    return made


def state(order_id):
    with reading() as db:
        return db.get(Order, order_id).state


def test_the_queue_shows_each_flag_with_its_evidence_by_deadline(held, sign_in):
    chen = sign_in("Chen")
    page = chen.get("/audit").text
    assert "<mark>文三路</mark>" in page
    assert "<mark>取消</mark>" in page
    assert "The house number is missing." in page
    numbers = [page.index(f"SO-{n:06d}") for n in held]
    assert numbers == sorted(numbers)
    only = chen.get("/audit?flag=says_cancel").text
    assert "SO-000001" not in only
    assert "Let this flag pass on 1 order" in only
    assert "SO-000003" in chen.get("/audit?q=000003").text
    assert "No held order matches." in chen.get("/audit?q=nobody").text


def test_an_empty_queue_is_good_news(app, sign_in):
    assert "Every order is on its way." in sign_in("Chen").get("/audit").text


def test_passing_opens_the_next_order_and_can_be_taken_back(held, sign_in):
    chen = sign_in("Chen")
    answer = chen.post(f"/audit/orders/{held[0]}/pass", command_id="pass-number-1")
    assert answer.status_code == 303
    assert answer.location == f"/audit/orders/{held[1]}?done={held[0]}"
    assert state(held[0]) is OrderState.RELEASED
    again = chen.post(f"/audit/orders/{held[0]}/pass", command_id="pass-number-1")
    assert again.location == answer.location
    assert f'action="/audit/orders/{held[0]}/undo"' in chen.get(answer.location).text
    assert chen.post(f"/audit/orders/{held[0]}/undo").status_code == 303
    assert state(held[0]) is OrderState.HELD
    assert chen.post(f"/audit/orders/{held[0]}/undo").status_code == 409


def test_whoever_is_too_late_sees_the_order_as_it_is_and_the_next_one(held, sign_in):
    sign_in("Dai").post(f"/audit/orders/{held[0]}/pass")
    chen = sign_in("Chen")
    for door in ("pass", "cancel", "hold", "address"):
        late = chen.post(f"/audit/orders/{held[0]}/{door}", {**GOOD, "reason": "other"})
        assert (late.status_code, "This order is not on hold any more." in late.text) == (409, True)
        assert "A person let it pass · Dai" in late.text
        assert f'href="/audit/orders/{held[1]}" data-key="j"' in late.text
    assert state(held[0]) is OrderState.RELEASED


def test_what_was_found_after_the_page_was_opened_is_not_let_pass_unread(held, sign_in):
    chen = sign_in("Chen")
    opened = re.search(r'name="seen" value="(\d+)"', chen.get(f"/audit/orders/{held[0]}").text)[1]
    with unit_of_work() as db:
        db.add(Flag(order_id=held[0], rule="refund_asked", values={"case": "refund_asked"}))
    late = chen.post(f"/audit/orders/{held[0]}/pass", {"seen": opened})
    assert (late.status_code, "Something new was found meanwhile." in late.text) == (409, True)
    assert "asked the shop for a refund" in late.text
    assert state(held[0]) is OrderState.HELD
    fresh = re.search(r'name="seen" value="(\d+)"', late.text)[1]
    assert chen.post(f"/audit/orders/{held[0]}/pass", {"seen": fresh}).status_code == 303


def test_keeping_both_twins_lets_no_other_flag_pass(app, sign_in):
    with unit_of_work() as db:
        tee = a_sku(db)
        first, second = (
            an_order(db, [(tee, 1)], released=False, buyer_id="b", **more) for more in ({}, {"address": NO_HOUSE})
        )
        for order in (first, second):
            service.audit_order(db, order, SYSTEM)
        second = second.id
    chen = sign_in("Chen")
    assert "Keep both" in chen.get(f"/audit/orders/{second}").text
    answer = chen.post(f"/audit/orders/{second}/pass", {"only": "twin"})
    assert answer.location == f"/audit/orders/{second}"
    page = chen.get(answer.location).text
    assert ("It stays for another flag" in page, "Keep both" in page, "The house number is missing." in page) == (
        True, False, True,
    )  # fmt: skip
    assert state(second) is OrderState.HELD


def test_the_last_pass_of_a_filter_returns_to_the_queue(held, sign_in):
    chen = sign_in("Chen")
    first = chen.post(f"/audit/orders/{held[0]}/pass", {"flag": "address"})
    assert first.location == f"/audit/orders/{held[1]}?flag=address&done={held[0]}"
    assert chen.post(f"/audit/orders/{held[1]}/pass", {"flag": "address"}).location == f"/audit?done={held[1]}"


def test_one_flag_passes_on_many_orders_at_once(held, sign_in):
    chen = sign_in("Chen")
    answer = chen.post("/audit/pass", {"flag": "address", "order": [str(n) for n in held]})
    assert answer.status_code == 303
    page = chen.get("/audit").text
    assert "1 order released" in page
    assert "1 order stays for another flag" in page
    assert [state(n) for n in held] == [OrderState.RELEASED, OrderState.HELD, OrderState.HELD]
    with reading() as db:
        passed = db.exec(select(Flag).where(Flag.verdict == Verdict.PASSED)).all()
    assert {flag.rule for flag in passed} == {"address"}
    assert all(flag.decided_by for flag in passed)


def test_a_bulk_pass_needs_a_flag_and_orders(held, sign_in):
    chen = sign_in("Chen")
    assert chen.post("/audit/pass", {"flag": "address"}).status_code == 422
    assert chen.post("/audit/pass", {"flag": "nobody", "order": "1"}).status_code == 422
    assert chen.post("/audit/pass", {"flag": "address", "order": "999"}).status_code == 404


def test_a_corrected_address_frees_the_order(held, sign_in):
    answer = sign_in("Chen").post(f"/audit/orders/{held[0]}/address", GOOD)
    assert answer.status_code == 303
    assert state(held[0]) is OrderState.RELEASED
    with reading() as db:
        assert db.get(Address, held[0]).province == "浙江省"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"street": "某路"}, "The house number is missing."),
        ({"phone": "138"}, "Nobody can be called at this phone number."),
        ({"recipient": ""}, "Fill this in"),
        ({"street": "x" * 201}, "Use 200 characters at most"),
    ],
)
def test_an_address_no_courier_can_use_stays_in_the_form_and_is_not_kept(held, sign_in, change, words):
    answer = sign_in("Chen").post(f"/audit/orders/{held[0]}/address", GOOD | change | {"city": "某某市"})
    assert answer.status_code == 422
    assert words in answer.text
    assert 'value="某某市"' in answer.text
    with reading() as db:
        assert db.get(Address, held[0]).city == "杭州市"


def test_a_phone_that_can_be_called_is_masked_and_stays_when_left_so(held, sign_in):
    chen, at = sign_in("Chen"), f"/audit/orders/{held[0]}"
    with unit_of_work() as db:
        stored = db.get(Address, held[0])
        stored.phone = "13812341234"
        db.add(stored)
    page = chen.get(at).text
    assert "13812341234" not in page
    assert 'value="138****1234"' in page
    assert chen.post(f"{at}/address", GOOD | {"phone": "138****1234"}).status_code == 303
    with reading() as db:
        assert db.get(Address, held[0]).phone == "13812341234"


def test_an_address_the_shop_changed_meanwhile_is_told_and_what_was_typed_stays(held, sign_in):
    chen, at = sign_in("Chen"), f"/audit/orders/{held[0]}"
    seen = re.search('name="seen" value="([0-9a-f]{16})"', chen.get(at).text)[1]
    with unit_of_work() as db:
        address = db.get(Address, held[0])
        address.street = "别处 1 号"
        db.add(address)
    told = chen.post(f"{at}/address", GOOD | {"seen": seen})
    assert (told.status_code, state(held[0])) == (409, OrderState.HELD)
    assert "别处 1 号" in told.text
    assert f'value="{GOOD["street"]}"' in told.text
    again = re.search('name="seen" value="([0-9a-f]{16})"', told.text)[1]
    assert chen.post(f"{at}/address", GOOD | {"seen": again}).status_code == 303


def test_an_order_can_stay_with_a_reason(held, sign_in):
    chen = sign_in("Chen")
    assert chen.post(f"/audit/orders/{held[0]}/hold", {"reason": "asked_buyer"}).status_code == 303
    assert "Asked the buyer" in chen.get("/audit").text
    assert "Asked the buyer" in chen.get(f"/audit/orders/{held[0]}").text
    wrong = chen.post(f"/audit/orders/{held[0]}/hold", {"reason": "mood"})
    assert (wrong.status_code, "Choose one of the options" in wrong.text) == (422, True)


def test_cancelling_goes_on_to_the_next(held, sign_in):
    answer = sign_in("Chen").post(f"/audit/orders/{held[0]}/cancel")
    assert answer.location.startswith(f"/audit/orders/{held[1]}")
    assert state(held[0]) is OrderState.CANCELLED


def test_twins_stand_side_by_side(app, sign_in):
    with unit_of_work() as db:
        tee, before = a_sku(db), clock.now() - timedelta(minutes=3)
        an_order(db, [(tee, 1)], buyer_id="b", placed_at=before)
        second = an_order(db, [(tee, 1)], released=False, buyer_id="b")
        service.audit_order(db, second, SYSTEM)
    page = sign_in("Chen").get(f"/audit/orders/{second.id}").text
    assert "Same buyer, same goods, 3 min from order SO-000001." in page
    assert "Side by side" in page


def test_sums_in_sentences_are_yuan(app, sign_in):
    with unit_of_work() as db:
        order = an_order(db, [(a_sku(db), 1)], released=False, paid_fen=9000)
        service.audit_order(db, order, SYSTEM)
    assert "Paid ¥90.00 of ¥99.00: ¥9.00 is missing." in sign_in("Chen").get("/audit").text


POSTS = ["pass", "undo", "address", "hold", "cancel"]


@pytest.mark.parametrize("verb", POSTS)
def test_every_verb_is_a_form_for_the_desk_on_a_known_order(held, sign_in, stranger, verb):
    chen = sign_in("Chen")
    assert chen.get(f"/audit/orders/{held[0]}/{verb}").status_code == 405
    assert chen.post(f"/audit/orders/999/{verb}", GOOD | {"reason": "other"}).status_code == 404
    assert sign_in("Ana").post(f"/audit/orders/{held[0]}/{verb}").status_code == 403
    assert stranger.get("/audit").status_code == 303
    assert chen.get("/audit/orders/999").status_code == 404


def test_rules_are_tuned_by_supervisors(held, sign_in):
    dai = sign_in("Dai")
    assert "The house number" not in dai.get("/audit/rules").text
    form = {"rule": "stop_words", "is_active": "1", "words": "红色\n\n 蓝色 "}
    opened = {"was": re.search(r'name="was" value="(\w+)"', dai.get("/audit/rules/stop_words").text)[1]}
    assert dai.post("/audit/rules", form | opened).status_code == 303
    late = dai.post("/audit/rules", {"rule": "stop_words", "words": "绿色"} | opened)
    assert (late.status_code, "Somebody changed this rule meanwhile." in late.text, "绿色" in late.text) == (
        409, True, True,
    )  # fmt: skip
    assert dai.post("/audit/rules", {"rule": "unusual", "units": "7", "value": "300"}).status_code == 303
    with reading() as db:
        rules = queries.rules(db)
    assert (rules["stop_words"].settings["words"], rules["stop_words"].is_active) == (["红色", "蓝色"], True)
    assert (rules["unusual"].settings, rules["unusual"].is_active) == ({"units": 7, "value_fen": 30000}, False)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"rule": "unusual", "units": "many", "value": "300"}, "Enter a whole number"),
        ({"rule": "unusual", "units": "7", "value": ""}, "Enter a whole number above zero."),
        ({"rule": "stop_words", "words": " "}, "Enter at least one word"),
    ],
)
def test_a_rule_without_sense_is_refused_with_the_input_kept(app, sign_in, form, words):
    answer = sign_in("Dai").post("/audit/rules", form)
    assert answer.status_code == 422
    assert words in answer.text
    if "units" in form:
        assert f'value="{form["units"]}"' in answer.text


def test_rules_are_not_for_everybody(app, sign_in):
    assert sign_in("Chen").post("/audit/rules", {"rule": "sums"}).status_code == 403
    assert sign_in("Chen").get("/audit/rules").status_code == 200
    assert sign_in("Dai").post("/audit/rules", {"rule": "nobody"}).status_code == 404
    assert sign_in("Ana").get("/audit").status_code == 403
