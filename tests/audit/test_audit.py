"""Orders at the audit: released when clean, held with their flags, decided by people, and taken back in time."""

from datetime import timedelta

import pytest
from sqlmodel import select

from floor.audit import happenings, jobs, queries, service, undoing
from floor.audit.checks import CHECKS, HAPPENINGS
from floor.audit.models import Rule, Verdict
from floor.catalog.models import Sku
from floor.kit import clock
from floor.kit.actor import SYSTEM
from floor.kit.errors import Conflict
from floor.kit.uow import reading, unit_of_work
from floor.orders import service as orders
from floor.orders.models import Order, OrderLine
from floor.orders.service import NewAddress
from floor.orders.states import OrderAction, OrderState
from tests.factories import ADDRESS, a_bin, a_carrier, a_planned_shipment, a_sku, a_warehouse, an_order, count, stock

NO_HOUSE = NewAddress("张小明", "13812341234", "浙江省", "杭州市", "西湖区", "文三路")


def received(db, **values):
    sku = db.exec(select(OrderLine.sku_id)).first()
    tee = db.get(Sku, sku) if sku else a_sku(db)
    return an_order(db, [(tee, 1)], released=False, **({"buyer_id": ""} | values))


def look(db, order):
    return [(flag.rule, flag.values["case"]) for flag in service.audit_order(db, order, SYSTEM)]


def test_a_clean_order_is_released_with_its_priority(db):
    order = received(db, tier=2, buyer_id="gold", promised_at=clock.now() + timedelta(hours=6))
    assert look(db, order) == []
    assert (order.state, order.priority) == (OrderState.RELEASED, 1)


def test_a_flagged_order_is_held_with_its_evidence(db):
    order = received(db, buyer_note="先不发，等我电话", address=NO_HOUSE)
    assert look(db, order) == [("address", "no_house"), ("says_wait", "says_wait")]
    assert order.state is OrderState.HELD
    note = queries.flags_of(db, order.id)[1]
    assert order.buyer_note[note.start : note.end] == "先不发"


def test_looking_twice_raises_nothing_twice(db):
    order = received(db, address=NO_HOUSE)
    look(db, order)
    assert look(db, order) == [("address", "no_house")]
    assert [flag.rule for flag in queries.flags_of(db, order.id) if flag.verdict is Verdict.OPEN] == ["address"]


def test_only_the_later_of_two_twins_is_held(db):
    first = received(db, buyer_id="b-1", placed_at=clock.now() - timedelta(minutes=3))
    second = received(db, buyer_id="b-1")
    late = received(db, buyer_id="b-1", placed_at=clock.now() + timedelta(minutes=30))
    stranger = received(db, buyer_id="b-2")
    assert look(db, first) == look(db, late) == look(db, stranger) == []
    assert look(db, second) == [("twin", "twin")]
    assert queries.flags_of(db, second.id)[0].values["other"] == first.number


def test_a_twin_of_a_cancelled_order_is_none(db):
    first = received(db, buyer_id="b-1", placed_at=clock.now() - timedelta(minutes=3))
    orders.advance(db, first, OrderAction.CANCEL, SYSTEM)
    assert look(db, received(db, buyer_id="b-1")) == []


def test_a_corrected_address_closes_its_flag_and_frees_the_order(db):
    order = received(db, address=NO_HOUSE)
    look(db, order)
    assert service.correct_address(db, order, ADDRESS, SYSTEM) == []
    assert order.state is OrderState.RELEASED
    assert [flag.verdict for flag in queries.flags_of(db, order.id)] == [Verdict.GONE]


def test_a_payment_frees_an_unpaid_order(app, relay):
    with unit_of_work() as db:
        order = received(db, paid_at=None, paid_fen=0)
    relay.drain()
    with unit_of_work() as db:
        order = db.get(Order, order.id)
        assert order.state is OrderState.HELD
        orders.pay(db, order, order.total_fen, clock.now(), SYSTEM)
    relay.drain()
    with reading() as db:
        assert db.get(Order, order.id).state is OrderState.RELEASED


def test_what_a_person_let_pass_is_not_raised_again(db):
    order = received(db, address=NO_HOUSE, buyer_note="取消")
    look(db, order)
    assert service.pass_order(db, order, SYSTEM, "address") is False
    assert look(db, order) == [("says_cancel", "says_cancel")]
    assert service.pass_order(db, order, SYSTEM) is True
    assert order.state is OrderState.RELEASED


def test_an_order_held_by_a_person_is_not_freed_by_looking_again(db):
    order = received(db)
    orders.advance(db, order, OrderAction.HOLD, SYSTEM)
    assert look(db, order) == []
    assert order.state is OrderState.HELD


def test_a_pass_can_be_taken_back_for_a_minute(db):
    order = received(db, address=NO_HOUSE)
    look(db, order)
    service.pass_order(db, order, SYSTEM)
    undoing.undo(db, order, SYSTEM)
    assert order.state is OrderState.HELD
    assert [flag.verdict for flag in queries.flags_of(db, order.id)] == [Verdict.OPEN]
    with pytest.raises(Conflict) as refused:
        undoing.undo(db, order, SYSTEM)
    assert refused.value.code == "audit.too_late"
    service.pass_order(db, order, SYSTEM)
    with clock.shifted(timedelta(seconds=61)), pytest.raises(Conflict):
        undoing.undo(db, order, SYSTEM)
    assert order.state is OrderState.RELEASED


def test_a_pass_cannot_be_taken_back_once_goods_are_set_aside(db):
    house, carrier = a_warehouse(db), a_carrier(db)
    order = received(db, address=NO_HOUSE)
    look(db, order)
    service.pass_order(db, order, SYSTEM)
    tee, where = db.exec(select(Sku)).one(), a_bin(db, house)
    stock(db, where, tee, 1)
    a_planned_shipment(db, order, [(where, tee, 1)], carrier)
    with pytest.raises(Conflict) as refused:
        undoing.undo(db, order, SYSTEM)
    assert refused.value.code == "audit.already_allocated"


def test_refusing_an_order_writes_its_units_off_and_upholds_its_flags(db):
    order = received(db, address=NO_HOUSE)
    look(db, order)
    service.refuse(db, order, SYSTEM)
    assert order.state is OrderState.CANCELLED
    (line,) = db.exec(select(OrderLine).where(OrderLine.order_id == order.id)).all()
    assert (line.backordered, line.cancelled) == (0, 1)
    assert [flag.verdict for flag in queries.flags_of(db, order.id)] == [Verdict.UPHELD]
    with pytest.raises(Conflict):
        service.pass_order(db, order, SYSTEM)


def test_a_late_cancellation_becomes_a_flag_once(app, relay):
    with unit_of_work() as db:
        order = received(db)
    relay.drain()
    with unit_of_work() as db:
        order = db.get(Order, order.id)
        orders.advance(db, order, OrderAction.HOLD, SYSTEM)
        for _ in range(2):
            happenings.flag(db, order, happenings.CANCEL_ASKED, 1, SYSTEM)
        assert [flag.rule for flag in queries.flags_of(db, order.id)] == ["cancel_asked"]
        assert look(db, order) == [("cancel_asked", "cancel_asked")], "what happened does not go away by looking"
        assert order.state is OrderState.HELD


def test_a_rule_switched_off_is_not_asked(db):
    service.install_rules(db)
    service.install_rules(db)
    assert count(db, Rule) == len(CHECKS) + len(HAPPENINGS)
    service.set_rule(db, "address", False, {}, SYSTEM)
    assert look(db, received(db, address=NO_HOUSE)) == []


def test_a_house_that_never_installed_rules_still_checks(db):
    assert count(db, Rule) == 0
    assert look(db, received(db, address=NO_HOUSE)) == [("address", "no_house")]


def test_the_outbox_brings_every_new_order_to_the_audit(app, relay):
    with unit_of_work() as db:
        clean, flagged = received(db), received(db, address=NO_HOUSE)
    relay.drain()
    relay.drain()
    with reading() as db:
        assert db.get(Order, clean.id).state is OrderState.RELEASED
        assert db.get(Order, flagged.id).state is OrderState.HELD
        assert queries.broken_flags(db) == []


def test_the_command_audits_all_that_waits_and_counts(app):
    with unit_of_work() as db:
        for n in range(25):
            received(db, **({"address": NO_HOUSE} if n < 3 else {}))
    result = app.test_cli_runner().invoke(args=["audit", "run"])
    assert "25 orders: 22 released, 3 on hold" in result.output
    assert "3 address" in result.output
    assert jobs.audit_received().held == 0


def test_the_checks_see_a_released_order_with_an_open_flag(db):
    order = received(db, address=NO_HOUSE)
    look(db, order)
    orders.advance(db, order, OrderAction.RELEASE, SYSTEM)
    assert queries.broken_flags(db) == [f"{order.number} is released, but flag address is open"]


def test_rules_tell_their_hits_and_how_often_people_overturn_them(db):
    decided = [received(db, address=NO_HOUSE) for _ in range(4)]
    for order in decided:
        look(db, order)
    for order in decided[:3]:
        service.pass_order(db, order, SYSTEM)
    service.refuse(db, decided[3], SYSTEM)
    record = next(r for r in queries.rule_records(db) if r.rule.code == "address")
    assert (record.hits, record.overturned) == (4, 75)
