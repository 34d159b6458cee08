"""Deliveries at the dock: announced, scanned, set aside, undone, closed; quality control; what files announce."""

from datetime import timedelta

import pytest
from sqlmodel import select

from floor.catalog.models import Tracking
from floor.events.models import AuditEvent
from floor.inventory import announcing, books, inbound, lots, queries, receiving, service
from floor.inventory.models import BinKind, Delivery, DeliveryLine, PlaceKind
from floor.inventory.receiving import Aside, NewDelivery, Outcome
from floor.inventory.states import DeliveryState
from floor.kit import clock
from floor.kit.actor import SYSTEM
from floor.kit.errors import Conflict, Invalid
from tests.factories import a_bin, a_sku, a_warehouse, count, stock
from tests.packing.worlds import person

TODAY = clock.now().date()


@pytest.fixture
def house(db):
    house = a_warehouse(db)
    for code, kind in (("A04-01-1", BinKind.DOCK), ("A04-02-1", BinKind.QC), ("A04-03-1", BinKind.QUARANTINE)):
        a_bin(db, house, code, kind)
    return house


@pytest.fixture
def tee(db):
    return a_sku(db)


@pytest.fixture
def ana(db):
    return person(db, "Ana")


@pytest.fixture
def delivery(db, house, tee, ana):
    return receiving.announce(db, NewDelivery(house.id, "Li & Fung", "LF-7", TODAY, {tee.id: 10}), ana)


@pytest.fixture(autouse=True)
def books_are_right(db):
    yield
    assert books.broken_balances(db) + books.broken_lots(db) + books.broken_holds(db) == []
    assert books.broken_deliveries(db) == []


def lying(db, house, kind, sku):
    return queries.balance_of(db, receiving.open_bin(db, house.id, kind).id, sku.id)


def test_what_is_scanned_stands_on_the_dock_and_is_not_for_sale(db, house, delivery, tee, ana):
    receiving.take_in(db, delivery, tee, 1, ana)
    line = receiving.take_in(db, delivery, tee, 7, ana)
    assert (delivery.state, line.expected, line.received) == (DeliveryState.RECEIVING, 10, 8)
    assert lying(db, house, BinKind.DOCK, tee) == 8
    assert queries.free_stock(db) == []


def test_damaged_units_go_to_quarantine_and_doubtful_ones_to_quality_control(db, house, delivery, tee, ana):
    receiving.take_in(db, delivery, tee, 10, ana)
    receiving.set_aside(db, delivery, tee.id, 2, Aside.DAMAGED, ana)
    receiving.set_aside(db, delivery, tee.id, 3, Aside.IN_DOUBT, ana)
    line = receiving.line_of(db, delivery, tee.id)
    assert (line.received, line.damaged, line.in_doubt) == (10, 2, 3)
    kinds = (BinKind.DOCK, BinKind.QUARANTINE, BinKind.QC)
    assert [lying(db, house, kind, tee) for kind in kinds] == [5, 2, 3]
    with pytest.raises(Invalid) as refused:
        receiving.set_aside(db, delivery, tee.id, 6, Aside.DAMAGED, ana)
    assert refused.value.values == {"most": 5}


def test_the_last_step_is_taken_back_within_a_minute_one_after_another(db, house, delivery, tee, ana):
    receiving.take_in(db, delivery, tee, 4, ana)
    receiving.set_aside(db, delivery, tee.id, 1, Aside.DAMAGED, ana)
    assert inbound.run_of(db, delivery, ana).units == 4
    receiving.undo(db, delivery, ana)
    assert receiving.line_of(db, delivery, tee.id).damaged == 0
    receiving.undo(db, delivery, ana)
    assert (receiving.line_of(db, delivery, tee.id).received, lying(db, house, BinKind.DOCK, tee)) == (0, 0)
    with pytest.raises(Invalid) as refused:
        receiving.undo(db, delivery, ana)
    assert refused.value.code == "inventory.nothing_to_undo"
    receiving.take_in(db, delivery, tee, 4, ana)
    with clock.shifted(timedelta(seconds=61)), pytest.raises(Invalid):
        receiving.undo(db, delivery, ana)
    with pytest.raises(Invalid):
        receiving.undo(db, delivery, person(db, "Ben"))


def test_units_put_away_meanwhile_cannot_be_taken_back(db, house, delivery, tee, ana):
    receiving.take_in(db, delivery, tee, 4, ana)
    dock = receiving.open_bin(db, house.id, BinKind.DOCK)
    service.relocate(db, dock, a_bin(db, house), tee.id, 4, ana)
    with pytest.raises(Conflict), db.begin_nested():
        receiving.undo(db, delivery, ana)
    assert receiving.line_of(db, delivery, tee.id).received == 4


def test_closing_tells_what_is_missing_too_many_and_damaged(db, house, delivery, tee, ana):
    mug = a_sku(db, "MUG")
    receiving.take_in(db, delivery, tee, 7, ana)
    receiving.take_in(db, delivery, mug, 2, ana)
    receiving.set_aside(db, delivery, mug.id, 1, Aside.DAMAGED, ana)
    receiving.close(db, delivery, ana)
    told = db.exec(select(AuditEvent).where(AuditEvent.kind == "inventory.delivery.close")).one().data
    assert told == {"missing": {str(tee.id): 3}, "extra": {str(mug.id): 2}, "damaged": {str(mug.id): 1}}
    for late in (lambda: receiving.take_in(db, delivery, tee, 1, ana), lambda: receiving.undo(db, delivery, ana)):
        with pytest.raises(Conflict):
            late()


def test_a_blind_delivery_takes_whatever_comes(db, house, tee, ana):
    blind = receiving.announce(db, NewDelivery(house.id), ana)
    assert (blind.number, blind.reference) == ("D-0001", "D-0001")
    receiving.take_in(db, blind, tee, 5, ana)
    assert receiving.line_of(db, blind, tee.id).expected == 0


def test_a_reference_is_announced_once_per_supplier_and_house(db, house, delivery, tee, ana):
    with pytest.raises(Conflict) as refused:
        receiving.announce(db, NewDelivery(house.id, "Li & Fung", " LF-7 ", None, {tee.id: 1}), ana)
    assert refused.value.code == "inventory.delivery_known"
    receiving.announce(db, NewDelivery(house.id, "Somebody else", "LF-7", None, {tee.id: 1}), ana)
    with pytest.raises(Invalid):
        receiving.announce(db, NewDelivery(house.id, "x", "y", None, {tee.id: 0}), ana)


def test_only_what_nobody_began_can_be_cancelled(db, delivery, tee, ana):
    other = receiving.announce(db, NewDelivery(delivery.warehouse_id, reference="o"), ana)
    receiving.cancel(db, other, ana)
    receiving.take_in(db, delivery, tee, 1, ana)
    with pytest.raises(Conflict):
        receiving.cancel(db, delivery, ana)


def test_a_house_without_a_dock_says_so_and_another_dock_can_be_chosen(db, house, delivery, tee, ana):
    dock, second = receiving.open_bin(db, house.id, BinKind.DOCK), a_bin(db, house, "A04-05-1", BinKind.DOCK)
    receiving.use_dock(db, delivery, second)
    receiving.take_in(db, delivery, tee, 1, ana)
    assert queries.balance_of(db, second.id, tee.id) == 1
    with pytest.raises(Invalid):
        receiving.use_dock(db, delivery, a_bin(db, house, "A01-09-1"))
    dock.is_closed = second.is_closed = True
    db.flush()
    with pytest.raises(Invalid) as refused:
        receiving.take_in(db, delivery, tee, 1, ana)
    assert refused.value.code == "inventory.no_dock"


def test_tracked_goods_come_in_by_lot_and_serial_numbers_one_by_one(db, house, ana):
    tea, phone = a_sku(db, "TEA"), a_sku(db, "PHONE")
    tea.tracking, phone.tracking = Tracking.LOT, Tracking.SERIAL
    db.flush()
    blind = receiving.announce(db, NewDelivery(house.id), ana)
    with pytest.raises(Invalid) as refused:
        receiving.take_in(db, blind, tea, 1, ana)
    assert refused.value.code == "inventory.lot_needed"
    lot = lots.lot_for(db, tea, "L1", TODAY + timedelta(days=300))
    receiving.take_in(db, blind, tea, 12, ana, lot)
    receiving.set_aside(db, blind, tea.id, 2, Aside.IN_DOUBT, ana, lot.id)
    run = inbound.run_of(db, blind, ana)
    assert (run.lot.code, run.units, run.aside) == ("L1", 12, 2)
    serial = lots.lot_for(db, phone, "SN1", None)
    with pytest.raises(Invalid):
        receiving.take_in(db, blind, phone, 2, ana, serial)
    receiving.take_in(db, blind, phone, 1, ana, serial)
    with pytest.raises(Conflict) as known, db.begin_nested():
        receiving.take_in(db, blind, phone, 1, ana, serial)
    assert known.value.code == "inventory.serial_known"
    ((_where, _site, _sku, qty, found),) = inbound.in_qc(db)
    assert (qty, found.code) == (2, "L1")


def test_quality_control_lets_go_to_dock_quarantine_or_back(db, house, delivery, tee, ana):
    receiving.take_in(db, delivery, tee, 6, ana)
    receiving.set_aside(db, delivery, tee.id, 6, Aside.IN_DOUBT, ana)
    qc = receiving.open_bin(db, house.id, BinKind.QC)
    for qty, outcome in ((3, Outcome.GOOD), (2, Outcome.BAD), (1, Outcome.BACK)):
        receiving.release_from_qc(db, qc, tee.id, qty, outcome, SYSTEM)
    assert [lying(db, house, kind, tee) for kind in (BinKind.DOCK, BinKind.QUARANTINE, BinKind.QC)] == [3, 2, 0]
    with pytest.raises(Conflict), db.begin_nested():
        receiving.release_from_qc(db, qc, tee.id, 1, Outcome.GOOD, SYSTEM)
    with pytest.raises(Invalid):
        receiving.release_from_qc(db, a_bin(db, house), tee.id, 1, Outcome.GOOD, SYSTEM)


def test_check_names_a_delivery_the_ledger_does_not_explain(db, delivery, tee, ana):
    line = receiving.take_in(db, delivery, tee, 3, ana)
    line.received = 2
    db.flush()
    assert books.broken_deliveries(db) == [
        f"delivery {delivery.id} sku {tee.id}: the ledger says +1 received, +0 set aside"
    ]
    line.received = 3
    db.flush()


# --- files and lists ---------------------------------------------------------------------------------------------


def sheet(*rows):
    return "\n".join(["Reference,supplier,expected_on,warehouse,sku,qty", *rows]).encode("utf-8-sig")


def test_a_file_announces_a_delivery_per_reference(db, house, tee, ana):
    mug = a_sku(db, "MUG")
    body = sheet(
        "R1,S,2026-12-01,sha,tee-navy-l,5", "R1,S,2026-12-01,SHA,MUG,2", "R2,S,,SHA,MUG,1", "R1,S,2026-12-01,SHA,MUG,1"
    )
    found = announcing.announce_file(db, body, ana)
    assert (found.faults, [made.reference for made in found.made]) == ([], ["R1", "R2"])
    units = {(line.delivery_id, line.sku_id): line.expected for line in db.exec(select(DeliveryLine))}
    first, second = (made.id for made in found.made)
    assert units == {(first, tee.id): 5, (first, mug.id): 3, (second, mug.id): 1}
    again = announcing.announce_file(db, body, ana)
    assert ({fault.reason for fault in again.faults}, again.made) == ({"known"}, [])


def test_every_bad_row_is_named_and_nothing_is_announced(db, house, tee, ana):
    body = sheet(
        ",S,,SHA,TEE-NAVY-L,1", "R,S,soon,SHA,TEE-NAVY-L,1", "R,S,,XXX,TEE-NAVY-L,1", "R,S,,SHA,NOPE,1",
        "R,S,,SHA,TEE-NAVY-L,0", "R,S,,SHA,TEE-NAVY-L,many", "R,S,,SHA,TEE-NAVY-L,1", "R,S,2026-12-01,SHA,TEE-NAVY-L,1",
    )  # fmt: skip
    found = announcing.announce_file(db, body, ana)
    faults = [(fault.number, fault.reason) for fault in found.faults]
    assert faults == [
        (1, "reference"), (2, "day"), (3, "warehouse"), (4, "sku"), (5, "qty"), (6, "qty"), (0, "two_days"),
    ]  # fmt: skip
    assert count(db, Delivery) == 0
    for nonsense in (b"", b"a,b\n1,2\n", b"\xff\xfe\x00"):
        assert announcing.announce_file(db, nonsense, ana).faults[0].reason == "columns"


def test_lines_are_typed_as_code_and_number(db, tee):
    units, faults = announcing.typed_lines(db, "tee-navy-l 5\n\nTEE-NAVY-L\nNOPE 1\ntee-navy-l many\n")
    assert units == {tee.id: 6}
    assert [(fault.number, fault.reason, fault.value) for fault in faults] == [(4, "sku", "NOPE"), (5, "qty", "many")]


def test_the_list_has_what_is_in_hand_first_then_what_is_due(db, house, delivery, tee, ana):
    late = receiving.announce(db, NewDelivery(house.id, "S", "LATE", TODAY + timedelta(days=3), {tee.id: 1}), ana)
    some_day = receiving.announce(db, NewDelivery(house.id, "S", "SOME", None, {tee.id: 1}), ana)
    begun = receiving.announce(db, NewDelivery(house.id, "S", "BEGUN", TODAY + timedelta(days=9), {tee.id: 2}), ana)
    receiving.take_in(db, begun, tee, 1, ana)
    rows = inbound.deliveries(db, "SHA")
    assert [row.delivery.reference for row in rows] == ["BEGUN", "LF-7", "LATE", "SOME"]
    assert [(row.expected, row.received, row.is_due) for row in rows[:2]] == [(2, 1, False), (10, 0, True)]
    assert inbound.delivery_called(db, "lf-7", "SHA").id == delivery.id
    assert inbound.delivery_called(db, late.number).id == late.id
    assert (inbound.delivery_called(db, ""), some_day.number) == (None, "D-0003")


def test_supplier_is_the_other_side_of_every_receipt(db, house, delivery, tee, ana):
    stock(db, a_bin(db, house, "A01-07-1"), tee, 1)
    receiving.take_in(db, delivery, tee, 2, ana)
    row = queries.history(db, sku_id=tee.id)[0]
    assert (row.subject, row.subject_id, row.reason) == ("delivery", delivery.id, "receive")
    assert row.from_place_id == service.beyond(db, PlaceKind.SUPPLIER, house.id)
