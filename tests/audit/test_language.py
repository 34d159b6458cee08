"""Remarks are read: on remarks held out, with their evidence, and people's decisions change what is flagged."""

import re

import pytest
from sqlmodel import select

from floor.audit import jobs, language, lexicon, queries, reading, service
from floor.audit.checks import INTENTS
from floor.audit.models import Learned, Verdict
from floor.kit.actor import SYSTEM
from floor.kit.uow import unit_of_work
from floor.orders.models import Order
from floor.orders.states import OrderState
from tests.audit.test_audit import look, received

FIND = [
    ("麻烦取消订单，谢谢", "cancel", "取消"), ("地址写错了，请改地址到公司", "address", "地址写错"),
    ("先不要发货，我再确认一下尺码", "wait", "先不要发货"), ("call me first", "call", "call me first"),
    ("送人的，不要放价格单", "price", "不要放价"), ("deliver on Saturday please", "date", "deliver on"),
    ("垃圾骗子店", "abuse", "垃圾"),
    ("有事打 138 1234 5678", "phone", "138 1234 5678"), ("锟斤拷锟斤拷", "odd", "锟斤拷"),
]  # fmt: skip


def test_the_intents_of_checks_and_lexicon_are_the_same():
    assert lexicon.INTENTS == INTENTS


@pytest.mark.parametrize(("text", "intent", "where"), FIND)
def test_each_intent_is_found_with_its_evidence(text, intent, where):
    found = {one.intent: text[one.start : one.end] for one in language.taught().read(text)}
    assert found.get(intent) == where


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "请尽快发货，谢谢",
        "不用取消，我确认要",
        "Please leave it with the concierge",
        "祝新婚快乐",
        "要 175/92A 的",
    ],
)
def test_ordinary_remarks_say_nothing(text):
    assert language.taught().read(text) == []


def test_the_labelled_remarks_are_ours_many_and_apart():
    known, held_out = language.remarks("learn"), language.remarks("held_out")
    assert len(known) + len(held_out) >= 600
    assert 0.3 <= len(held_out) / (len(known) + len(held_out)) <= 0.4
    assert all(remark.intents <= set(INTENTS) for remark in known + held_out)
    english = [remark for remark in known + held_out if not re.search("[\u4e00-\u9fff]", remark.text)]
    assert 0.25 < len(english) / (len(known) + len(held_out)) < 0.5
    seen = [threes(remark.text) for remark in known]
    near = [max(len(mine & one) / len(mine | one) for one in seen) for mine in (threes(r.text) for r in held_out)]
    assert max(near) < 0.6
    assert sum(one > 0.3 for one in near) <= 9, "held-out remarks are written in other words"


def threes(text):
    plain = language.normal(text)
    return {plain[n : n + 3] for n in range(len(plain) - 2)} or {plain}


def test_held_out_remarks_are_read_as_well_as_we_say():
    figures, table = language.measure(language.taught(), language.remarks("held_out"))
    right, wrong, missed = (sum(getattr(one, name) for one in figures) for name in ("right", "wrong", "missed"))
    assert right / (right + wrong) > 0.82
    assert right / (right + missed) > 0.70
    assert table.shape == (10, 10)
    assert table[-1, -1] > 60, "most that say nothing are left alone"


def test_prices_are_hidden_without_holding_the_order(db):
    order = received(db, buyer_note="送朋友，请勿附带价格信息")
    assert look(db, order) == []
    assert (order.state, order.hide_price) == (OrderState.RELEASED, True)
    assert [(flag.rule, flag.verdict) for flag in queries.flags_of(db, order.id)] == [("says_price", Verdict.NOTED)]


def test_a_gift_text_is_only_read_for_what_harms(db):
    assert look(db, received(db, gift_message="周五晚上见，不见不散")) == []
    assert look(db, received(db, gift_message="想我就打 13711112222")) == [("says_phone", "says_phone")]


def test_a_word_of_the_house_adds_what_was_not_understood(db):
    service.set_rule(db, "stop_words", True, {"words": ["礼盒", "取消"]}, SYSTEM)
    assert look(db, received(db, buyer_note="请换礼盒装")) == [("stop_words", "stop_word")]
    assert look(db, received(db, buyer_note="请取消")) == [("says_cancel", "says_cancel")], "told once"


def test_what_people_overturn_is_learned_and_no_longer_flagged(app):
    text = "礼物周五前到的话取消加急也可以"
    assert "cancel" in {one.intent for one in language.taught().read(text)}
    with unit_of_work() as db:
        orders = [received(db, buyer_note=text + "。" * n) for n in range(4)]
        for order in orders:
            look(db, order)
            service.pass_order(db, order, SYSTEM, "says_cancel")
        assert {(intent, yes) for _text, intent, yes in reading.decided(db)} == {("cancel", False)}
    output = app.test_cli_runner().invoke(args=["audit", "language", "--learn"]).output
    assert "version 1, 4 decisions of people learned, in use" in output
    assert re.search(r"all +\d+ +\d+ +\d+ +\d+% +\d+%", output)
    with unit_of_work() as db:
        assert db.exec(select(Learned.figures)).one()["decided"] == 4
        assert "says_cancel" not in dict(look(db, received(db, buyer_note=text + "！")))
        assert db.exec(select(Order.id)).all(), "the orders stay"


def test_a_version_that_reads_worse_is_kept_off(app, monkeypatch):
    noise = [(remark.text, "cancel", True) for remark in language.remarks("held_out") if not remark.intents] * 3
    monkeypatch.setattr(reading, "decided", lambda _db: noise)
    row, _figures = jobs.learn_language()
    assert not row.is_active
    with unit_of_work() as db:
        assert reading.reader_of(db) is language.taught()
