"""The checks, one by one: no database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from floor.audit import messages
from floor.audit.checks import CHECKS, INTENTS, Bar, Facts, Lack, Line, Place, Said, Twin, bare, findings, is_phone

PLACED = datetime(2026, 11, 20, tzinfo=UTC)
CLEAN = Facts(
    placed_at=PLACED, is_paid=True, goods_fen=20000, freight_fen=1000, discount_fen=500, total_fen=20500,
    paid_fen=20500,
    place=Place("张小明", "13812341234", "浙江省", "杭州市", "文三路 90 号 5 幢"), lines=(Line("TEE", 2, 10000, 500),),
    texts={"buyer_note": "请放门口", "gift_message": ""},
)  # fmt: skip
RULES = {code: {} for code in CHECKS} | {"stop_words": {"words": ["取消", "取消订单", "call me", "不要发货"]}}


def cases(**change):
    return [found.case for found in findings(replace(CLEAN, **change), RULES)]


def place(**change):
    return cases(place=replace(CLEAN.place, **change))


def test_a_clean_order_raises_nothing():
    assert cases() == []


def test_money():
    assert cases(is_paid=False, paid_fen=0) == ["unpaid"]
    assert cases(is_paid=False, total_fen=0, goods_fen=0, freight_fen=0, discount_fen=0, paid_fen=0, lines=()) == []
    assert cases(paid_fen=20400) == ["underpaid"]
    assert cases(paid_fen=20501) == ["overpaid"]
    assert cases(goods_fen=19999, total_fen=20499, paid_fen=20499) == ["goods"]
    assert cases(total_fen=20000, paid_fen=20000) == ["total"]
    assert cases(lines=(Line("TEE", 2, 10000, 600),)) == ["discount"]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"recipient": " "}, ["no_recipient"]),
        ({"phone": ""}, ["no_phone"]),
        ({"phone": "1381234123"}, ["bad_phone"]),
        ({"province": ""}, ["no_province"]),
        ({"province": "长江省"}, ["bad_province"]),
        ({"city": ""}, ["no_city"]),
        ({"street": ""}, ["no_street"]),
        ({"street": "文三路"}, ["no_house"]),
        ({"street": "八一路"}, ["no_house"]),
        ({"street": "文三路九十号"}, []),
        ({"street": "李家村三组"}, []),
        ({"street": "文三路 90 号"}, []),
        ({"country": "DE", "province": "", "phone": "+49 30 901820", "street": "Unter den Linden 77"}, []),
    ],
)
def test_addresses_a_courier_can_and_cannot_use(change, found):
    assert place(**change) == found


@pytest.mark.parametrize(
    "phone",
    [
        "13812341234", "138 1234 1234", "138-1234-1234", "+86 13812341234", "8613812341234", "19912345678",
        "021-62345678", "010-62345678-802", "18412345678-1234", "18412345678转5678", "18412345678,1234",
        "１３８１２３４１２３４", "400-820-8820",
    ],
)  # fmt: skip
def test_numbers_somebody_can_be_called_at(phone):
    assert is_phone(phone)


@pytest.mark.parametrize("phone", ["12812341234", "1381234123", "138123412345", "张小明", "****1234", "021", "-"])
def test_numbers_nobody_can_be_called_at(phone):
    assert not is_phone(phone)


@pytest.mark.parametrize(
    ("province", "city", "found"),
    [
        ("浙江省", "杭州市", []),
        ("浙江省", "杭州", []),
        ("浙江省", "长沙市", ["other_province"]),
        ("浙江省", "某某市", ["unknown_city"]),
        ("上海市", "上海市", []),
        ("上海市", "市辖区", []),
        ("上海市", "苏州市", ["other_province"]),
        ("重庆市", "县", []),
        ("新疆维吾尔自治区", "伊犁哈萨克自治州", []),
        ("内蒙古自治区", "锡林郭勒盟", []),
        ("台湾省", "台北市", []),
    ],
)
def test_a_city_lies_in_its_province(province, city, found):
    assert place(province=province, city=city) == found


def test_the_delivery_area_is_where_a_carrier_drives_and_the_house_sends():
    there = {"area": {"left_out": ["浙江省"], "abroad": True}}
    assert cases(served=frozenset({"浙江省"})) == cases(served=None) == []
    assert cases(served=frozenset()) == ["no_carrier"]
    assert [found.case for found in findings(replace(CLEAN, served=frozenset({"浙江省"})), there)] == ["no_carrier"]


def test_two_spellings_of_one_phone_or_buyer_are_one():
    assert bare("phone", "+86 138-1234 1234") == bare("phone", "１３８１２３４１２３４") == "13812341234"
    assert bare("buyer", "JD/ Some One") == "jd/someone"


def test_stop_words_are_marked_where_they_stand_the_longest_one_wins():
    (found,) = findings(replace(CLEAN, texts={"buyer_note": "麻烦取消订单，谢谢"}), RULES)
    assert (found.field, found.start, found.end, found.values["word"]) == ("buyer_note", 2, 6, "取消订单")
    note = {"seller_note": "Call ME before", "gift_message": "call medic"}
    (found,) = findings(replace(CLEAN, texts=note), RULES)
    assert (found.field, found.start, found.end) == ("seller_note", 0, 7)


def test_without_words_nothing_is_found():
    assert findings(replace(CLEAN, texts={"buyer_note": "取消"}), {"stop_words": {"words": ["", " "]}}) == []


def test_a_twin_is_told_with_its_distance():
    (found,) = findings(replace(CLEAN, twins=(Twin("SO-000001", PLACED - timedelta(minutes=3)),)), RULES)
    assert found.values == {"other": "SO-000001", "minutes": 3}


def test_unusual_orders():
    rules = {"unusual": {"units": 10, "value_fen": 20500}}
    assert findings(CLEAN, rules) == []
    many = replace(CLEAN, lines=(Line("TEE", 11, 1),), total_fen=20501)
    assert [found.case for found in findings(many, rules)] == ["many_units", "high_value"]


def test_a_rule_switched_off_finds_nothing():
    assert findings(replace(CLEAN, is_paid=False), {"sums": {}}) == []


def test_every_case_has_a_sentence_that_its_values_fill():
    facts = [
        replace(CLEAN, is_paid=False), replace(CLEAN, paid_fen=1), replace(CLEAN, goods_fen=1),
        replace(CLEAN, total_fen=1),
        replace(CLEAN, lines=(Line("TEE", 999, 10000, 600),), twins=(Twin("SO-1", PLACED),), total_fen=10**9),
        replace(CLEAN, place=Place("", "", "", "", "")), replace(CLEAN, place=Place("a", "1", "b", "c", "d")),
        replace(CLEAN, texts={"buyer_note": "取消"}), replace(CLEAN, place=replace(CLEAN.place, city="长沙市")),
        replace(CLEAN, place=replace(CLEAN.place, city="某某市"), served=frozenset()),
        replace(CLEAN, place=Place("Erika", "+49 30 901820", "", "Berlin", "Linden 77", "DE")),
        replace(CLEAN, said=tuple(Said(intent, "buyer_note", 0.9, 0, 2) for intent in INTENTS)),
        replace(CLEAN, lacking=(Lack("TEE", 3, 1),), beside=(Twin("SO-2", PLACED),)),
        replace(CLEAN, barred=tuple(Bar(kind, "never pays") for kind in ("phone", "buyer", "address"))),
    ]  # fmt: skip
    found = [finding for fact in facts for finding in findings(fact, RULES | {"area": {"abroad": False}})]
    assert {finding.rule for finding in found} == set(CHECKS)
    for finding in found:
        assert str(messages.FLAGS[finding.case]) % finding.values
        assert finding.rule in messages.RULES
        assert set(messages.FEN.get(finding.case, ())) <= set(finding.values)
