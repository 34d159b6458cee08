"""Verbs of returns: goods, money and put-away of one order, to the unit and to the fen."""

from datetime import timedelta

import pytest
from sqlmodel import select

from floor.inventory import books
from floor.inventory import queries as inventory
from floor.inventory import service as stock_service
from floor.inventory.models import BinKind, LedgerRow, MoveReason, PlaceKind
from floor.kit import clock
from floor.kit.actor import SYSTEM
from floor.kit.errors import Conflict, Invalid
from floor.orders.models import OrderLine
from floor.people import queries as people
from floor.returns import checks, finding, queries, service
from floor.returns.models import Disposition, Grade, Refund, ReturnItem, ReturnReason
from floor.returns.service import Decision
from floor.returns.states import CaseState
from floor.tracking import exceptions, resending
from tests.factories import a_bin, a_warehouse, count, stock
from tests.returns.worlds import ALL_WELL, NO_LIMIT, a_case, clerk, decide_all, on_the_desk, scan_all
from tests.tracking.worlds import World, a_world, number_of, parcels_of_order

D, G = Disposition, Grade


@pytest.fixture
def world(db) -> World:
    return a_world(db)


def items(db, case) -> list[ReturnItem]:
    return [item for item, _sku in queries.items_of(db, case.id)]


def all_checks(db) -> list[str]:
    money = checks.broken_sums(db) + checks.broken_lines(db) + checks.broken_refunds(db)
    return (
        money
        + checks.broken_credits(db)
        + checks.broken_repairs(db)
        + checks.broken_quantities(db)
        + books.broken_balances(db)
    )


def test_no_more_comes_back_than_went_out(db, world):
    order = world.shipped([(world.tee, 3)])
    a_case(world, order, [2])
    with pytest.raises(Invalid) as refused:
        a_case(world, order, [2])
    assert (refused.value.code, refused.value.values) == ("returns.too_many", {"left": 1})
    a_case(world, order, [1])
    assert [one.left for one in queries.returnable(db, order.id)] == [0]
    assert all_checks(db) == []


def test_a_cancelled_return_gives_its_units_free_again(db, world):
    order = world.shipped([(world.tee, 1)])
    service.cancel(db, a_case(world, order).id, clerk(world))
    assert a_case(world, order).number.startswith("R-")


def test_nothing_chosen_and_another_orders_line_are_refused(db, world):
    order, other = world.shipped([(world.tee, 1)]), world.shipped([(world.sock, 1)])
    foreign = db.exec(select(OrderLine).where(OrderLine.order_id == other.id)).one()
    for wants in ({}, {foreign.id: 1}, {queries.returnable(db, order.id)[0].line.id: -1}):
        with pytest.raises(Invalid):
            service.request(db, order.id, wants, ReturnReason.DAMAGED, "", "", SYSTEM)


def test_arrived_goods_stand_on_the_returns_shelf(db, world):
    case = a_case(world, world.shipped([(world.tee, 2), (world.sock, 1)]))
    service.arrive(db, case.id, None, clerk(world))
    assert inventory.balance_of(db, world.returns.id, world.tee.id) == 2
    assert inventory.balance_of(db, world.returns.id, world.sock.id) == 1
    rows = db.exec(select(LedgerRow).where(LedgerRow.reason == MoveReason.RETURN)).all()
    assert {row.from_place_id for row in rows} == {stock_service.beyond(db, PlaceKind.CUSTOMER, world.house.id)}
    with pytest.raises(Conflict):
        service.arrive(db, case.id, None, clerk(world))


def test_a_decision_needs_the_scan_of_the_right_item(db, world):
    case = a_case(world, world.shipped([(world.tee, 1)]))
    service.arrive(db, case.id, None, clerk(world))
    found = Decision(G.A, ALL_WELL)
    with pytest.raises(Invalid) as refused:
        service.decide(db, case.id, 1, found, None, NO_LIMIT, clerk(world))
    assert refused.value.code == "returns.not_scanned"
    with pytest.raises(Invalid):
        service.matched(db, case.id, 1, world.sock.id)
    service.matched(db, case.id, 1, world.tee.id)
    assert service.decide(db, case.id, 1, found, None, NO_LIMIT, clerk(world)).disposition == D.RESTOCK


def test_deciding_against_the_rule_needs_a_reason(db, world):
    case = on_the_desk(world, world.shipped([(world.tee, 1)]))
    with pytest.raises(Invalid) as refused:
        service.decide(db, case.id, 1, Decision(G.A, ALL_WELL, D.SCRAP), None, NO_LIMIT, clerk(world))
    assert (refused.value.code, refused.value.field) == ("returns.reason_needed", "override_reason")
    found = Decision(G.A, ALL_WELL, D.SCRAP, "smells of smoke")
    item = service.decide(db, case.id, 1, found, None, NO_LIMIT, clerk(world))
    assert (item.suggested, item.disposition, item.override_reason) == (D.RESTOCK, D.SCRAP, "smells of smoke")


def test_a_large_refund_needs_another_person_who_is_a_supervisor(db, world):
    case = on_the_desk(world, world.shipped([(world.tee, 1)]))
    found, me = Decision(G.A, ALL_WELL), clerk(world)
    for badge, code in ((None, "second_person"), ("B-3001", "not_a_second"), ("B-1001", "not_a_second")):
        second = people.by_badge(db, badge) if badge else None
        with pytest.raises(Invalid) as refused:
            service.decide(db, case.id, 1, found, second, 12899, me)
        assert refused.value.code == f"returns.{code}"
    assert service.decide(db, case.id, 1, found, people.by_badge(db, "B-4001"), 12899, me).refund_fen == 12900


def test_refunds_of_a_discounted_line_add_up_to_what_was_paid_whatever_the_parts(db, world):
    order = world.shipped([(world.sock, 3)])
    line = db.exec(select(OrderLine).where(OrderLine.order_id == order.id)).one()
    line.discount_fen = 5870  # 3 x 19.90 - 58.70 = 1.00 was paid
    order.discount_fen, order.paid_fen, order.total_fen = 5870, 100, 100
    db.flush()
    shares = []
    for _n in range(3):
        case = on_the_desk(world, order, [1])
        decide_all(world, case)
        shares.append(service.close(db, case.id, clerk(world)))
    assert shares == [33, 33, 34]
    assert all_checks(db) == []


def test_freight_comes_back_once_and_only_when_the_fault_is_ours(db, world):
    order = world.shipped([(world.tee, 2), (world.sock, 1)], freight_fen=1000, total_fen=28790, paid_fen=28790)
    unwanted = on_the_desk(world, order, [1, 0])
    decide_all(world, unwanted)
    assert [item.freight_fen for item in items(db, unwanted)] == [0]
    ours = on_the_desk(world, order, [1, 1], reason=ReturnReason.DAMAGED)
    decide_all(world, ours)
    assert [(item.refund_fen, item.freight_fen) for item in items(db, ours)] == [(13900, 1000), (1990, 0)]
    for case in (unwanted, ours):
        service.close(db, case.id, clerk(world))
    assert sum(refund.amount_fen for refund in db.exec(select(Refund))) == order.paid_fen
    assert all_checks(db) == []


def test_an_order_never_gets_back_more_than_was_paid(db, world):
    order = world.shipped([(world.tee, 1), (world.sock, 1)], total_fen=13000, paid_fen=13000, discount_fen=1890)
    case = on_the_desk(world, order)
    decide_all(world, case)
    assert [item.refund_fen for item in items(db, case)] == [12900, 100]
    order.paid_fen = 12999
    db.flush()
    with pytest.raises(Conflict) as refused:
        service.close(db, case.id, clerk(world))
    assert refused.value.code == "returns.more_than_paid"


def test_closing_sends_each_item_where_it_was_decided_to_go(db, world):
    case = on_the_desk(world, world.shipped([(world.tee, 1), (world.sock, 4)]))
    for _n in range(3):
        service.split(db, case.id, len(items(db, case)), clerk(world))
    for item, grade in zip(items(db, case), (G.A, G.B, G.C, G.D), strict=False):
        service.matched(db, case.id, item.position, item.sku_id)
        service.decide(db, case.id, item.position, Decision(grade, ALL_WELL), None, NO_LIMIT, clerk(world))
    with pytest.raises(Invalid):
        service.close(db, case.id, clerk(world))
    last = items(db, case)[-1]
    service.matched(db, case.id, last.position, last.sku_id)
    found = Decision(G.A, ALL_WELL, D.SUPPLIER, "recalled")
    service.decide(db, case.id, last.position, found, None, NO_LIMIT, clerk(world))
    assert service.close(db, case.id, clerk(world)) == 12900 + 4 * 1990
    assert inventory.balance_of(db, world.returns.id, world.tee.id) == 1
    assert inventory.balance_of(db, world.returns.id, world.sock.id) == 0
    assert inventory.balance_of(db, world.quarantine.id, world.sock.id) == 1
    gone = {kind: stock_service.beyond(db, kind, world.house.id) for kind in (PlaceKind.SCRAP, PlaceKind.SUPPLIER)}
    left = db.exec(select(LedgerRow).where(LedgerRow.from_place_id == world.returns.id)).all()
    assert sorted(row.to_place_id for row in left) == sorted(
        [world.quarantine.id, gone[PlaceKind.SCRAP], gone[PlaceKind.SCRAP], gone[PlaceKind.SUPPLIER]]
    )
    assert all_checks(db) == []


def test_a_case_closes_once(db, world):
    case = on_the_desk(world, world.shipped([(world.tee, 1)]))
    decide_all(world, case)
    service.close(db, case.id, clerk(world))
    with pytest.raises(Conflict):
        service.close(db, case.id, clerk(world))
    assert count(db, Refund) == 1


def test_what_was_not_in_the_parcel_brings_no_money_and_stays_with_the_customer(db, world):
    order = world.shipped([(world.tee, 1), (world.sock, 1)])
    case = a_case(world, order)
    service.arrive(db, case.id, None, clerk(world))
    service.missing(db, case.id, 2, clerk(world))
    assert inventory.balance_of(db, world.returns.id, world.sock.id) == 0
    service.matched(db, case.id, 1, world.tee.id)
    decide_all(world, case)
    assert service.close(db, case.id, clerk(world)) == 12900
    assert [one.left for one in queries.returnable(db, order.id)] == [0, 1]
    assert all_checks(db) == []


def test_a_decision_can_be_taken_back_for_thirty_seconds(db, world):
    case = on_the_desk(world, world.shipped([(world.tee, 1)]))
    decide_all(world, case)
    service.take_back(db, case.id, 1, clerk(world))
    assert (items(db, case)[0].disposition, items(db, case)[0].refund_fen) == (None, 0)
    decide_all(world, case)
    with clock.shifted(timedelta(seconds=31)), pytest.raises(Conflict):
        service.take_back(db, case.id, 1, clerk(world))


def test_restocked_goods_go_to_the_face_that_holds_them_with_most_room(db, world):
    house, roomy = world.house, a_bin(db, world.house, "A02-01-1")
    empty = a_bin(db, house, "A03-01-1")
    stock(db, roomy, world.tee, 2)
    assert queries.pick_bin_for(db, house.id, world.tee.id).code == roomy.code
    assert queries.pick_bin_for(db, house.id, world.carton.id + 999).code == empty.code


def test_put_away_books_shelf_to_face_once(db, world):
    case = on_the_desk(world, world.shipped([(world.tee, 2)]))
    decide_all(world, case)
    assert queries.waiting_put_aways(db, world.house.id) == []
    service.close(db, case.id, clerk(world))
    ((item, _sku, _case),) = queries.waiting_put_aways(db, world.house.id)
    before = inventory.balance_of(db, world.face.id, world.tee.id)
    for code in (world.quarantine.code, "nowhere"):
        with pytest.raises(Invalid):
            service.put_away(db, item.id, code, clerk(world))
    service.put_away(db, item.id, world.face.code.lower(), clerk(world))
    assert inventory.balance_of(db, world.face.id, world.tee.id) == before + 2
    assert inventory.balance_of(db, world.returns.id, world.tee.id) == 0
    with pytest.raises(Conflict):
        service.put_away(db, item.id, world.face.code, clerk(world))
    assert all_checks(db) == []


def test_a_warehouse_without_a_returns_shelf_says_so(db, world):
    case = a_case(world, world.shipped([(world.tee, 1)]))
    world.returns.kind = BinKind.PICK
    db.flush()
    with pytest.raises(Conflict) as refused:
        service.arrive(db, case.id, None, clerk(world))
    assert refused.value.code == "returns.no_shelf"


def test_a_scan_at_the_desk_finds_cases_by_number_waybill_order_and_goods(db, world):
    order = world.shipped([(world.tee, 1)])
    case = a_case(world, order)
    case.waybill_number = "ZT900"
    db.flush()
    for code in (case.number.lower(), "zt900"):
        assert ([one.id for one in finding.find(db, code).cases], finding.find(db, code).sure) == ([case.id], True)
    ours = number_of(db, parcels_of_order(db, order)[0])
    for code in (order.number, ours, world.tee.code):
        found = finding.find(db, code)
        assert ([one.id for one in found.cases], found.sure) == ([case.id], False)
    assert finding.find(db, "whatever") == finding.Found()


def test_checks_name_what_is_broken(db, world):
    order = world.shipped([(world.tee, 1)])
    case = on_the_desk(world, order)
    decide_all(world, case)
    service.close(db, case.id, clerk(world))
    item = items(db, case)[0]
    item.qty = 2
    item.refund_fen += 1
    order.paid_fen = 1
    db.flush()
    assert len(checks.broken_quantities(db)) == len(checks.broken_sums(db)) == len(checks.broken_refunds(db)) == 1


def test_goods_come_back_to_the_site_where_the_parcel_was_received(db, world):
    case = a_case(world, world.shipped([(world.tee, 1)]))
    other = a_warehouse(db, "GZA")
    shelf = a_bin(db, other, "A01-01-1", BinKind.RETURNS)
    service.arrive(db, case.id, other.id, clerk(world))
    assert (case.warehouse_id, case.state) == (other.id, CaseState.ARRIVED)
    assert inventory.balance_of(db, shelf.id, world.tee.id) == 1


def test_what_went_out_again_in_its_place_comes_home_without_money(db, world):
    order = world.shipped([(world.tee, 2), (world.sock, 1)])
    (parcel,) = parcels_of_order(db, order)
    tee = queries.returnable(db, order.id)[0].line.id
    resending.send_again(db, parcel.id, {tee: 1}, clerk(world))
    case = service.take_home(db, parcel.id, None, clerk(world))
    scan_all(world, case)
    decide_all(world, case)
    assert sorted(item.refund_fen for item in items(db, case)) == [0, 1990, 12900]
    assert service.close(db, case.id, clerk(world)) == 1990 + 12900
    assert exceptions.open_of(db, parcel.id) is None
    with pytest.raises(Conflict):
        service.take_home(db, parcel.id, None, clerk(world))
    assert all_checks(db) == []
