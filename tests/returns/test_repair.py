"""Repair from the desk to the walk that fetches the goods for their way home; refused and unknown parcels, rework."""

import pytest
from sqlmodel import select

from floor.events.models import AuditEvent, OutboxMessage
from floor.inventory import queries as inventory
from floor.inventory.models import Reservation
from floor.kit.errors import Conflict, Invalid
from floor.orders.models import Order
from floor.orders.states import OrderState
from floor.picking import planning
from floor.returns import cases, early, finding, money, queries, repairing, service, strays
from floor.returns.models import CaseKind, Disposition, Refund, ReturnCase, ReturnReason, StrayEnding
from floor.returns.states import REPAIR, CaseState, RepairAction, RepairState
from floor.shipments import queries as shipments
from floor.shipments.states import ShipmentState
from tests.factories import a_sku, stock
from tests.returns.test_cases import all_checks
from tests.returns.worlds import a_case, clerk, decide_all, on_the_desk, scan_all
from tests.tracking.worlds import World, a_world, hand_over, number_of, pack_up, parcels_of_order

R = ReturnReason


@pytest.fixture
def world(db) -> World:
    return a_world(db)


def a_repair(world: World, order: Order) -> ReturnCase:
    line = queries.returnable(world.db, order.id)[0].line
    case = service.request(
        world.db, order.id, {line.id: 1}, R.DEFECTIVE, "a seam is open", "", clerk(world), kind=CaseKind.REPAIR
    )
    service.arrive(world.db, case.id, None, clerk(world))
    return case


def state(db, case: ReturnCase) -> RepairState:
    return repairing.repair_of(db, case.id).state


def test_a_paid_repair_takes_parts_from_stock_and_goes_home_by_a_walk(db, world):
    me, thread = clerk(world), a_sku(db, "THREAD")
    stock(db, world.face, thread, 5)
    order = world.shipped([(world.tee, 2)])
    case = a_repair(world, order)
    with pytest.raises(Conflict):
        service.close(db, case.id, me)
    repairing.diagnose(db, case.id, "seam open, new thread", me)
    repairing.quote(db, case.id, 1500, me)
    repairing.answer(db, case.id, True, me)
    with pytest.raises(Conflict):
        repairing.take_part(db, case.id, world.face, thread.id, 1, me)
    repairing.start(db, case.id, me)
    repairing.take_part(db, case.id, world.face, thread.id, 2, me)
    assert inventory.balance_of(db, world.face.id, thread.id) == 3
    with pytest.raises(Conflict) as refused:
        repairing.take_part(db, case.id, world.face, thread.id, 4, me)
    assert refused.value.code == "inventory.not_enough"
    with pytest.raises(Invalid):
        repairing.take_part(db, case.id, world.returns, world.tee.id, 1, me)
    repairing.finish(db, case.id, me)
    with pytest.raises(Invalid) as refused:
        repairing.send_back(db, case.id, me)
    assert refused.value.code == "returns.not_scanned"
    scan_all(world, case)
    with pytest.raises(Invalid) as refused:
        repairing.send_back(db, case.id, me)
    assert refused.value.code == "returns.fee_not_paid"
    repairing.pay_fee(db, case.id, me)
    home = repairing.send_back(db, case.id, me)

    assert (home.channel, home.state, home.total_fen, home.paid_fen) == ("repair", OrderState.RELEASED, 12900, 12900)
    (shipment,) = shipments.of_order(db, home.id)
    assert (shipment.state, shipment.warehouse_id) == (ShipmentState.PLANNED, world.house.id)
    (promise,) = db.exec(select(Reservation).where(Reservation.bin_id == world.returns.id))
    assert (promise.sku_id, promise.pending) == (world.tee.id, 1)
    (site,) = planning.read_sites(db, None, world.house.id)
    assert [want.bin_code for wants in site.wants.values() for want in wants] == [world.returns.code]
    event = db.exec(select(AuditEvent).where(AuditEvent.kind == "returns.repair.going_home")).one()
    assert db.exec(select(OutboxMessage.handler).where(OutboxMessage.event_id == event.id)).all() == ["picking.walk_on"]
    assert (case.state, state(db, case)) == (CaseState.CLOSED, RepairState.SENT_BACK)
    assert [(row.kind, row.why, row.amount_fen) for row in money.rows_of(db, case.id)] == [("credit", "repair", 12900)]
    assert all_checks(db) == []

    # At its customer again, it may come back for money: what was paid went along.
    pack_up(world, shipment, 1)
    hand_over(db, shipment)
    again = on_the_desk(world, home)
    decide_all(world, again)
    assert service.close(db, again.id, me) == 12900
    assert [one.left for one in queries.returnable(db, order.id)] == [1]
    assert all_checks(db) == []


def test_a_declined_price_sends_the_goods_back_as_they_are(db, world):
    case = a_repair(world, world.shipped([(world.tee, 1)]))
    repairing.diagnose(db, case.id, "torn", clerk(world))
    repairing.quote(db, case.id, 9900, clerk(world))
    repairing.answer(db, case.id, False, clerk(world))
    with pytest.raises(Conflict):
        repairing.pay_fee(db, case.id, clerk(world))
    scan_all(world, case)
    assert repairing.send_back(db, case.id, clerk(world)).state is OrderState.RELEASED
    assert [item.disposition for item in cases.items(db, case.id)] == [Disposition.SEND_BACK]
    assert all_checks(db) == []


def test_what_cannot_be_repaired_goes_on_as_a_return_for_money(db, world):
    case = a_repair(world, world.shipped([(world.tee, 1)]))
    repairing.give_up(db, case.id, clerk(world))
    assert (case.kind, state(db, case)) == (CaseKind.REFUND, RepairState.GIVEN_UP)
    scan_all(world, case)
    decide_all(world, case)
    assert service.close(db, case.id, clerk(world)) == 12900
    assert all_checks(db) == []


@pytest.mark.parametrize(
    ("before", "action"), [(s, a) for s in RepairState for a in RepairAction if (s, a) not in REPAIR.table]
)
def test_a_step_the_table_does_not_know_is_refused(before, action):
    with pytest.raises(Conflict):
        REPAIR.after(before, action)


# --- refused, reworked, unknown ----------------------------------------------------------------------------------


def test_a_refused_parcel_comes_home_with_all_that_no_return_holds(db, world):
    order = world.shipped([(world.tee, 2), (world.sock, 1)], freight_fen=800, total_fen=28590, paid_fen=28590)
    (parcel,) = parcels_of_order(db, order)
    a_case(world, order, [1, 0])
    found = finding.find(db, number_of(db, parcel))
    assert (found.parcel_id, found.left, found.is_going_back) == (parcel.id, 2, False)
    case = service.take_home(db, parcel.id, None, clerk(world))
    assert (case.state, case.reason, case.waybill_number) == (CaseState.ARRIVED, R.REFUSED, number_of(db, parcel))
    assert [item.qty for item in cases.items(db, case.id)] == [1, 1]
    with pytest.raises(Conflict):
        service.take_home(db, parcel.id, None, clerk(world))
    scan_all(world, case)
    decide_all(world, case)
    assert service.close(db, case.id, clerk(world)) == 12900 + 1990
    assert all_checks(db) == []


def test_rework_ends_on_the_shelf_or_in_quarantine(db, world):
    case = on_the_desk(world, world.shipped([(world.tee, 1), (world.sock, 1)]))
    for position in (1, 2):
        found = service.Decision("a", {"complete": True, "packaging": False, "clean": True, "works": True})
        item = service.decide(db, case.id, position, found, None, 10**9, clerk(world))
        assert item.disposition == Disposition.REWORK
        with pytest.raises(Conflict):  # still on the desk
            service.rework(db, item.id or 0, False, clerk(world))
    service.close(db, case.id, clerk(world))
    assert queries.waiting_put_aways(db, world.house.id) == []
    good, bad = [item.id for item, _sku, _case in queries.to_rework(db)]
    service.rework(db, good, True, clerk(world))
    service.rework(db, bad, False, clerk(world))
    for item_id in (good, bad):
        with pytest.raises(Conflict):
            service.rework(db, item_id, True, clerk(world))
    assert queries.to_rework(db) == []
    assert [item.id for item, _sku, _case in queries.waiting_put_aways(db, world.house.id)] == [good]
    assert inventory.balance_of(db, world.quarantine.id, world.sock.id) == 1
    service.put_away(db, good, world.face.code, clerk(world))
    assert inventory.balance_of(db, world.returns.id, world.tee.id) == 0
    assert all_checks(db) == []


def test_a_parcel_nobody_knows_waits_under_its_own_number_until_its_order_is_found(db, world):
    stray = strays.keep(db, " yt-1 ", "two shirts", world.house.id, clerk(world))
    assert stray.number == f"U-{stray.id:04d}"
    for code in ("YT-1", stray.number.lower()):
        assert finding.find(db, code).stray == stray
    case = a_case(world, world.shipped([(world.tee, 1)]))
    strays.end(db, stray.id, StrayEnding.MATCHED, "", clerk(world), case)
    assert (stray.case_id, strays.waiting(db), finding.find(db, "YT-1").stray) == (case.id, [], None)
    with pytest.raises(Conflict):
        strays.end(db, stray.id, StrayEnding.GIVEN_UP, "", clerk(world))


def test_a_lost_parcel_is_paid_once_and_nobody_waits_for_its_goods(db, world):
    order = world.shipped([(world.tee, 1)])
    (parcel,) = parcels_of_order(db, order)
    for _twice in range(2):
        early.lost(db, parcel.id, order.paid_fen, order.paid_fen, clerk(world))
    (case,) = db.exec(select(ReturnCase)).all()
    (item,) = cases.items(db, case.id)
    assert (case.state, case.reason, item.disposition) == (CaseState.CLOSED, R.LOST, Disposition.NEVER_CAME)
    assert sum(row.amount_fen for row in db.exec(select(Refund))) == order.paid_fen
    assert all_checks(db) == []


@pytest.mark.parametrize(("asked_less", "limit_less"), [(1, 0), (0, 1)])
def test_less_asked_for_or_too_much_for_one_waits_at_the_desk(db, world, asked_less, limit_less):
    order = world.shipped([(world.tee, 1)])
    (parcel,) = parcels_of_order(db, order)
    goods = order.paid_fen - order.freight_fen
    early.lost(db, parcel.id, goods - asked_less, order.paid_fen - limit_less, clerk(world))
    (case,) = db.exec(select(ReturnCase)).all()
    assert (case.state, case.note) == (CaseState.REQUESTED, f"¥{(goods - asked_less) / 100:.2f}")
    assert db.exec(select(Refund)).all() == []
