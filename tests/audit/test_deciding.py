"""What people do with a flagged order, and each of it taken back: later, merged, split, stopped, blocked, tried."""

from datetime import timedelta

import pytest
from sqlmodel import select

from floor.audit import blocking, merging, queries, service, trying, undoing
from floor.audit.facts import beside_of
from floor.audit.models import Verdict
from floor.kit import clock
from floor.kit.actor import SYSTEM
from floor.kit.errors import Conflict, Invalid
from floor.orders.joining import shops_number
from floor.orders.models import Order, OrderLine
from floor.orders.states import OrderState
from floor.shipments.queries import broken_orders
from tests.audit.test_audit import NO_HOUSE, look, received
from tests.factories import ADDRESS, a_bin, a_carrier, a_planned_shipment, a_sku, a_warehouse, an_order, stock
from tests.packing.worlds import person

MONEY = ("goods_fen", "freight_fen", "discount_fen", "total_fen", "paid_fen")


def lines(db, order):
    return sorted(db.exec(select(OrderLine.sku_id, OrderLine.qty).where(OrderLine.order_id == order.id)))


def money(*orders):
    return {name: sum(getattr(order, name) for order in orders) for name in MONEY}


def test_an_order_left_for_later_is_out_of_the_queue_until_then(db):
    order, other = (received(db, address=NO_HOUSE, buyer_id=f"b{n}") for n in range(2))
    look(db, order), look(db, other)
    service.keep(db, order, "asked_buyer", SYSTEM, clock.now() + timedelta(hours=4))
    assert [one.order.id for one in queries.queue(db)[0]] == [other.id]
    assert queries.next_in_queue(db, other) is None
    assert (queries.held_count(db), queries.later_count(db), queries.flag_counts(db)) == (1, 1, {"address": 1})
    assert [one.kept.reason for one in queries.queue(db, later=True)[0]] == ["asked_buyer"]
    with clock.shifted(timedelta(hours=4, seconds=1)):
        assert [one.order.id for one in queries.queue(db)[0]] == [order.id, other.id]
    undoing.undo(db, order, SYSTEM)
    assert len(queries.queue(db)[0]) == 2
    service.keep(db, order, "other", SYSTEM)
    assert len(queries.queue(db)[0]) == 2, "without a time it stays"


def test_a_cancellation_can_be_taken_back_whole(db):
    order = received(db, address=NO_HOUSE)
    look(db, order)
    service.refuse(db, order, SYSTEM)
    undoing.undo(db, order, SYSTEM)
    assert order.state is OrderState.HELD
    (line,) = db.exec(select(OrderLine).where(OrderLine.order_id == order.id)).all()
    assert (line.backordered, line.cancelled) == (1, 0)
    assert [flag.verdict for flag in queries.flags_of(db, order.id)] == [Verdict.OPEN]
    service.refuse(db, order, SYSTEM)
    with clock.shifted(timedelta(seconds=61)), pytest.raises(Conflict):
        undoing.undo(db, order, SYSTEM)


def test_twins_become_one_parcel_and_two_again(db):
    first = received(db, buyer_id="b", placed_at=clock.now() - timedelta(minutes=3), buyer_note="放门口")
    second = received(db, buyer_id="b", buyer_note="谢谢", promised_at=clock.now() + timedelta(hours=1))
    look(db, first), look(db, second)
    before, promised, due = money(first, second), first.promised_at, second.promised_at
    assert merging.can_merge(db, second, first)
    merging.merge(db, second, first, SYSTEM)
    assert (first.state, second.state) == (OrderState.RELEASED, OrderState.CANCELLED)
    assert (len(lines(db, first)), lines(db, second)) == (2, [])
    assert (money(first), money(second)) == (before, dict.fromkeys(MONEY, 0))
    assert (first.buyer_note, first.promised_at) == ("放门口 / 谢谢", due)
    assert broken_orders(db) == queries.broken_flags(db) == []
    undoing.undo(db, second, SYSTEM)
    assert (first.state, second.state) == (OrderState.RELEASED, OrderState.HELD)
    assert (first.buyer_note, first.promised_at, money(first, second)) == ("放门口", promised, before)
    assert lines(db, first) == lines(db, second)


def test_what_cannot_be_one_parcel_is_not_merged(db):
    house, carrier = a_warehouse(db), a_carrier(db)
    ago = clock.now() - timedelta(minutes=3)
    first = received(db, buyer_id="b", placed_at=ago)
    second = received(db, buyer_id="b", address=NO_HOUSE)
    look(db, first), look(db, second)
    assert not merging.can_merge(db, second, first), "another door"
    third = received(db, buyer_id="b", gift_wrap=True)
    look(db, third)
    assert not merging.can_merge(db, third, first), "one is a gift"
    fourth = received(db, buyer_id="b")
    look(db, fourth)
    assert merging.can_merge(db, fourth, first)
    sku, where = db.get(type(a_sku(db, "X")), lines(db, first)[0][0]), a_bin(db, house)
    stock(db, where, sku, 1)
    a_planned_shipment(db, first, [(where, sku, 1)], carrier)
    with pytest.raises(Conflict) as refused:
        merging.merge(db, fourth, first, SYSTEM)
    assert refused.value.code == "audit.cannot_merge"


def test_orders_to_one_door_are_seen_beside_each_other_whatever_their_shop_calls_them(db):
    tee = a_sku(db)
    first, second = (an_order(db, [(tee, n)], released=False, external_id=f"#100{n}") for n in (1, 2))
    assert [other.number for other in beside_of(db, second, 24)] == [first.number]
    part = an_order(db, [(tee, 3)], released=False, external_id="#1001#2")
    assert [other.number for other in beside_of(db, part, 24)] == [second.number], "not its own other half"


def test_lines_go_apart_with_their_money_and_come_back(db):
    tee, mug = a_sku(db), a_sku(db, "MUG", price=5000)
    order = an_order(db, [(tee, 900), (mug, 1)], released=False, buyer_id="")
    look(db, order)
    before, every = money(order), lines(db, order)
    (large,) = db.exec(select(OrderLine.id).where(OrderLine.order_id == order.id, OrderLine.qty == 900)).all()
    with pytest.raises(Invalid):
        merging.split(db, order, [], SYSTEM)
    made = merging.split(db, order, [large], SYSTEM)
    assert (shops_number(made), shops_number(Order(external_id="#1001"))) == (order.external_id, "#1001")
    assert (order.state, made.state) == (OrderState.RELEASED, OrderState.HELD), "the mug goes, the tees wait"
    assert money(order, made) == before
    assert (made.total_fen, made.paid_fen, made.external_id) == (900 * 9900, 900 * 9900, f"{order.external_id}#2")
    assert broken_orders(db) == queries.broken_flags(db) == []
    undoing.undo(db, order, SYSTEM)
    assert (order.state, made.state) == (OrderState.HELD, OrderState.CANCELLED)
    assert (money(order), lines(db, order)) == (before, every)


def test_a_stop_needs_a_supervisor_and_a_note_holds_nothing(db):
    service.set_rule(db, "address", True, {}, SYSTEM, "stop")
    order = received(db, address=NO_HOUSE)
    look(db, order)
    with pytest.raises(Conflict) as refused:
        service.pass_order(db, order, person(db, "Chen"))
    assert refused.value.code == "audit.needs_supervisor"
    assert service.pass_flag(db, "address", [order.id], person(db, "Chen")) == (0, 0)
    assert service.pass_order(db, order, person(db, "Dai"))
    service.set_rule(db, "address", True, {}, SYSTEM, "note")
    noted = received(db, address=NO_HOUSE)
    assert look(db, noted) == []
    assert noted.state is OrderState.RELEASED
    assert [flag.verdict for flag in queries.flags_of(db, noted.id)] == [Verdict.NOTED]
    record = next(one for one in queries.rule_records(db) if one.rule.code == "address")
    assert (record.hits, record.decided, record.overturned) == (2, 1, 100), "a note is no decision"


def test_the_blocked_list_knows_other_spellings(db):
    dai = person(db, "Dai")
    first = blocking.block(db, "phone", "+86 138 1234-1234", "refuses parcels", dai)
    assert blocking.block(db, "phone", "13812341234", "again", dai).id == first.id
    order = received(db)
    assert look(db, order) == [("blocked", "blocked_phone")]
    assert queries.flags_of(db, order.id)[0].values["why"] == "refuses parcels"
    blocking.unblock(db, first.id, dai)
    assert look(db, order) == []
    assert order.state is OrderState.RELEASED, "the cause went away"
    with pytest.raises(Invalid):
        blocking.block(db, "phone", " - ", "nobody", dai)


def test_stock_is_looked_up_where_the_rule_asks(db):
    house = a_warehouse(db)
    order = received(db)
    sku = db.get_one(type(a_sku(db, "X")), lines(db, order)[0][0])
    service.set_rule(db, "stock", True, {}, SYSTEM)
    rules = {"stock": queries.rules(db)["stock"]}
    assert [found.values for found in service.look(db, order, rules)] == [{"sku": sku.code, "wanted": 1, "free": 0}]
    stock(db, a_bin(db, house), sku, 1)
    assert service.look(db, order, rules) == []


def test_a_rule_is_tried_on_yesterday_without_writing(db):
    places = [NO_HOUSE] * 3 + [ADDRESS] * 3
    orders = [received(db, address=place, total_fen=9900 + n) for n, place in enumerate(places)]
    for order in orders:
        look(db, order)
    service.pass_order(db, orders[0], SYSTEM)
    trial = trying.try_rule(db, "unusual", {"value_fen": 9902})
    assert (trial.orders, trial.looked, trial.hits, trial.same, trial.lost) == (6, 6, 3, 0, 0)
    assert {found.case for _order, found in trial.examples} == {"high_value"}
    assert queries.rules(db)["unusual"].settings["value_fen"] == 1000000
    trial = trying.try_rule(db, "address", {})
    assert (trial.hits, trial.same, trial.passed, trial.upheld) == (3, 3, 1, 0)
    with clock.shifted(timedelta(hours=25)):
        assert trying.try_rule(db, "address", {}).orders == 0
