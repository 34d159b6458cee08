"""Exchange, money before the goods, and what never comes: Σ refunds <= paid, to the fen."""

import pytest
from sqlmodel import select

from floor.audit import service as audit
from floor.inventory import queries as inventory
from floor.kit.errors import Conflict, Invalid
from floor.orders.models import Address, Order, OrderLine
from floor.orders.states import OrderState
from floor.people import queries as people
from floor.returns import cases, early, exchanging, money, queries, ruleset, service
from floor.returns.models import CaseKind, Disposition, Refund, RefundKind, RefundWhy, ReturnCase, ReturnReason
from floor.returns.rules import DISPOSITIONS, TERMS, Terms, Timing
from floor.returns.states import CaseState
from tests.factories import a_sku, stock
from tests.returns.test_cases import all_checks
from tests.returns.worlds import NO_LIMIT, clerk, decide_all, on_the_desk, scan_all
from tests.tracking.worlds import World, a_world

R = ReturnReason


@pytest.fixture
def world(db) -> World:
    world = a_world(db)
    for code, price in (("TEE-NAVY-M", 12900), ("TEE-NAVY-XL", 13900), ("TEE-NAVY-S", 9900)):
        other = a_sku(db, code, price=price)
        other.name = world.tee.name
        stock(db, world.face, other, 20)
    return world


def exchange(world: World, order: Order, want: str, reason: ReturnReason = R.WRONG_SIZE, qty: int = 1) -> ReturnCase:
    line = queries.returnable(world.db, order.id)[0].line
    (wanted,) = [sku for sku in queries.variants(world.db, world.tee) if sku.code == want]
    return service.request(
        world.db, order.id, {line.id: qty}, reason, "", "", clerk(world), kind=CaseKind.EXCHANGE,
        instead={line.id: wanted.id},
    )  # fmt: skip


def sent(db, case: ReturnCase) -> Order:
    return db.get_one(Order, case.sends_id)


def rows(db, case: ReturnCase) -> list[tuple[str, str, int]]:
    return [(row.kind.value, row.why.value, row.amount_fen) for row in money.rows_of(db, case.id)]


def test_another_size_is_sent_on_arrival_and_costs_nothing_whatever_was_paid(db, world):
    order = world.shipped([(world.tee, 3)])
    line = db.exec(select(OrderLine).where(OrderLine.order_id == order.id)).one()
    line.discount_fen, order.discount_fen, order.total_fen, order.paid_fen = 3 * 12900 - 100, 38600, 100, 100
    db.flush()
    case = exchange(world, order, "TEE-NAVY-M", qty=2)
    assert case.sends_id is None
    service.arrive(db, case.id, None, clerk(world))
    other = sent(db, case)
    assert (other.channel, other.external_id, other.total_fen, other.paid_fen) == ("exchange", case.number, 66, 66)
    (bought,) = db.exec(select(OrderLine).where(OrderLine.order_id == other.id))
    assert (bought.qty, bought.unit_price_fen * 2 - bought.discount_fen, bought.backordered) == (2, 66, 2)
    assert db.get_one(Address, other.id).recipient == db.get_one(Address, order.id).recipient
    assert audit.audit_order(db, other, clerk(world)) == []
    assert other.state is OrderState.RELEASED
    scan_all(world, case)
    decide_all(world, case)
    assert service.close(db, case.id, clerk(world)) == 0
    assert rows(db, case) == [("credit", "exchange", 66)]
    assert exchanging.send(db, case, clerk(world)) is None
    rest = on_the_desk(world, order, [1])
    decide_all(world, rest)
    assert service.close(db, rest.id, clerk(world)) == 34
    assert all_checks(db) == []


def test_our_fault_sends_at_once_and_only_up_to_what_the_rule_allows(db, world):
    case = exchange(world, world.shipped([(world.tee, 1)]), "TEE-NAVY-M", R.DAMAGED)
    assert sent(db, case).paid_fen == 12900
    with pytest.raises(Conflict) as refused:
        service.cancel(db, case.id, clerk(world))
    assert refused.value.code == "returns.settled_already"
    dear = exchange(world, world.shipped([(world.tee, 2)]), "TEE-NAVY-M", R.DAMAGED, qty=2)
    assert dear.sends_id is None
    assert all_checks(db) == []


def test_dearer_goods_wait_for_the_difference_and_cheaper_ones_pay_it_back(db, world):
    dearer = exchange(world, world.shipped([(world.tee, 1)]), "TEE-NAVY-XL", R.DAMAGED)
    other = sent(db, dearer)
    assert (other.total_fen, other.paid_fen, exchanging.to_pay(db, dearer)) == (13900, 12900, 1000)
    assert audit.audit_order(db, other, clerk(world))
    assert exchanging.pay_difference(db, dearer.id, clerk(world)) == 1000
    assert audit.audit_order(db, other, clerk(world)) == []
    assert other.state is OrderState.RELEASED
    with pytest.raises(Conflict):
        exchanging.pay_difference(db, dearer.id, clerk(world))

    cheaper = exchange(world, world.shipped([(world.tee, 1)]), "TEE-NAVY-S", R.DAMAGED)
    assert (sent(db, cheaper).total_fen, sent(db, cheaper).paid_fen) == (9900, 9900)
    service.arrive(db, cheaper.id, None, clerk(world))
    scan_all(world, cheaper)
    decide_all(world, cheaper)
    assert service.close(db, cheaper.id, clerk(world)) == 3000
    assert rows(db, cheaper) == [("credit", "exchange", 9900), ("money", "inspected", 3000)]
    assert all_checks(db) == []


def test_an_exchange_may_wait_for_the_inspection_and_what_it_sent_can_come_back_too(db, world):
    terms = TERMS | {R.WRONG_SIZE: Terms(exchange=Timing.INSPECTED)}
    assert ruleset.change(db, DISPOSITIONS, terms, 0, clerk(world))
    case = exchange(world, world.shipped([(world.tee, 1)]), "TEE-NAVY-S")
    service.arrive(db, case.id, None, clerk(world))
    scan_all(world, case)
    decide_all(world, case)
    assert case.sends_id is None
    assert service.close(db, case.id, clerk(world)) == 3000
    other = sent(db, case)
    line = db.exec(select(OrderLine).where(OrderLine.order_id == other.id)).one()
    assert (other.paid_fen, line.unit_price_fen) == (9900, 9900)
    assert all_checks(db) == []


def test_what_was_exchanged_and_is_not_in_the_parcel_never_came(db, world):
    case = exchange(world, world.shipped([(world.tee, 2)]), "TEE-NAVY-S", R.DAMAGED, qty=1)
    service.arrive(db, case.id, None, clerk(world))
    service.missing(db, case.id, 1, clerk(world))
    (item,) = cases.items(db, case.id)
    assert (item.disposition, item.refund_fen, item.credit_fen) == (Disposition.NEVER_CAME, 9900, 9900)
    with pytest.raises(Conflict):
        service.take_back(db, case.id, 1, clerk(world))
    assert service.close(db, case.id, clerk(world)) == 0
    assert inventory.balance_of(db, world.returns.id, world.tee.id) == 0
    assert all_checks(db) == []


def test_only_a_variant_of_the_same_article_is_given_in_exchange(db, world):
    order = world.shipped([(world.tee, 1)])
    line = queries.returnable(db, order.id)[0].line
    with pytest.raises(Invalid) as refused:
        service.request(
            db, order.id, {line.id: 1}, R.DAMAGED, "", "", clerk(world), kind=CaseKind.EXCHANGE,
            instead={line.id: world.sock.id},
        )  # fmt: skip
    assert refused.value.code == "returns.no_variant"
    assert queries.cases_of(db, order.id) == []


def test_money_goes_back_before_the_goods_by_rule_or_with_a_supervisor(db, world):
    order = world.shipped([(world.tee, 1), (world.sock, 2)], freight_fen=800, total_fen=17680, paid_fen=17680)
    lines = [one.line.id for one in queries.returnable(db, order.id)]
    ask = lambda n, qty, reason: service.request(db, order.id, {lines[n]: qty}, reason, "", "", clerk(world))  # noqa: E731
    ours = ask(1, 1, R.DAMAGED)
    assert early.pay(db, ours.id, None, NO_LIMIT, clerk(world)) == 1990 + 800
    unwanted = ask(0, 1, R.NO_LONGER_WANTED)
    with pytest.raises(Invalid) as refused:
        early.pay(db, unwanted.id, None, NO_LIMIT, clerk(world))
    assert refused.value.code == "returns.second_person"
    assert money.rows_of(db, unwanted.id) == []
    dai = people.by_badge(db, "B-4001")
    assert early.pay(db, unwanted.id, dai, NO_LIMIT, clerk(world)) == 12900
    assert db.exec(select(Refund.second_id).where(Refund.case_id == unwanted.id)).one() == dai.id
    with pytest.raises(Conflict):
        early.pay(db, unwanted.id, dai, NO_LIMIT, clerk(world))
    service.arrive(db, unwanted.id, None, clerk(world))
    scan_all(world, unwanted)
    decide_all(world, unwanted)
    assert service.close(db, unwanted.id, clerk(world)) == 0
    assert rows(db, unwanted) == [("money", "early", 12900)]
    last = on_the_desk(world, order, [0, 1])
    decide_all(world, last)
    assert service.close(db, last.id, clerk(world)) == 1990
    assert sum(db.exec(select(Refund.amount_fen)).all()) == order.paid_fen
    assert all_checks(db) == []


def test_units_paid_early_keep_their_shares_when_they_are_inspected_one_by_one(db, world):
    order = world.shipped([(world.sock, 3)])
    line = queries.returnable(db, order.id)[0].line
    case = service.request(db, order.id, {line.id: 3}, R.DAMAGED, "", "", clerk(world))
    early.pay(db, case.id, None, NO_LIMIT, clerk(world))
    service.arrive(db, case.id, None, clerk(world))
    service.split(db, case.id, 1, clerk(world))
    service.missing(db, case.id, 2, clerk(world))
    scan_all(world, case)
    decide_all(world, case)
    assert service.close(db, case.id, clerk(world)) == 0
    found = [(item.qty, item.refund_fen, item.disposition) for item in cases.items(db, case.id)]
    assert found == [(1, 1990, Disposition.RESTOCK), (2, 3980, Disposition.NEVER_CAME)]
    assert all_checks(db) == []


def test_what_was_paid_and_never_comes_is_written_off_with_a_reason(db, world):
    order = world.shipped([(world.sock, 1)])
    line = queries.returnable(db, order.id)[0].line
    case = service.request(db, order.id, {line.id: 1}, R.DAMAGED, "", "", clerk(world))
    with pytest.raises(Conflict):
        early.write_off(db, case.id, "the carrier lost it", clerk(world))
    early.pay(db, case.id, None, NO_LIMIT, clerk(world))
    with pytest.raises(Invalid):
        early.write_off(db, case.id, "", clerk(world))
    early.write_off(db, case.id, "the carrier lost it", clerk(world))
    assert case.state is CaseState.CLOSED
    assert [one.left for one in queries.returnable(db, order.id)] == [0]
    assert [(row.kind, row.why) for row in money.rows_of(db, case.id)] == [(RefundKind.MONEY, RefundWhy.EARLY)]
    assert all_checks(db) == []
