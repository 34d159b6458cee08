"""A count is of a bin: scanned once, its goods in any order, others found, nothing else, empty; lots and serials."""

import pytest
from sqlmodel import select

from floor.catalog.models import Tracking
from floor.events.models import AuditEvent
from floor.inventory import books, count_bins, count_review, counting, lots, queries, service, tasks
from floor.inventory.count_review import Why
from floor.inventory.counting import Seen
from floor.inventory.models import (
    UNNAMED,
    Balance,
    CountReason,
    CountTask,
    Lot,
    LotBalance,
    MoveReason,
    PlaceKind,
    Warehouse,
)
from floor.inventory.models_counting import CountEntry, CountRules
from floor.inventory.service import Move, Wish
from floor.inventory.states import CountState
from floor.kit import clock
from floor.kit.actor import SYSTEM, Actor
from floor.kit.errors import Conflict, NotAllowed
from tests.factories import a_bin, a_sku, a_warehouse, count, ean, stock

ANA, BEN, DAI = (Actor("user", n, name) for n, name in ((1, "Ana"), (2, "Ben"), (5, "Dai")))


@pytest.fixture(autouse=True)
def books_are_right(db):
    yield
    for check in (books.broken_balances, books.broken_lots, books.broken_holds, books.broken_counts):
        assert check(db) == []


@pytest.fixture
def shelf(db):
    """Tees, mugs and socks in one bin, planned for a cycle count."""
    house = a_warehouse(db)
    here = a_bin(db, house)
    skus = [a_sku(db, code) for code in ("TEE", "MUG", "SOCK")]
    for sku, qty in zip(skus, (10, 5, 7), strict=True):
        stock(db, here, sku, qty)
    return here, skus, counting.ask_bin(db, here, CountReason.CYCLE, SYSTEM)


def state_of(db, here):
    return {task.sku_id: task.state for task in db.exec(select(CountTask).where(CountTask.bin_id == here.id))}


def test_one_scan_of_the_bin_opens_all_its_counts_and_goods_come_in_any_order(db, shelf):
    here, (tee, mug, sock), (first, *_others) = shelf
    assert counting.scan(db, first, here.code, ANA).seen is Seen.BIN
    for sku, qty in ((sock, 7), (tee, 10), (mug, 5)):
        found = counting.scan(db, first, ean(sku), ANA)
        assert (found.seen, found.task.sku_id) == (Seen.ITEM, sku.id)
        assert counting.count(db, found.task, qty, ANA) is True
    visit = counting.visit_at(db, here.id, ANA)
    assert count_bins.finish(db, visit, ANA) == 0
    assert set(state_of(db, here).values()) == {CountState.DONE}
    assert {entry.visit_id for entry in db.exec(select(CountEntry))} == {visit.id}
    assert counting.visit_at(db, here.id, ANA) is None


def test_goods_that_came_since_the_plan_are_counted_with_the_bin(db, shelf):
    here, _skus, (first, *_others) = shelf
    cap = a_sku(db, "CAP")
    stock(db, here, cap, 2)
    counting.scan(db, first, here.code, ANA)
    assert counting.scan(db, first, ean(cap), ANA).seen is Seen.ITEM


def test_other_goods_found_are_counted_here_and_found_for_the_books(db, shelf):
    here, _skus, (first, *_others) = shelf
    db.add(CountRules(warehouse_id=here.warehouse_id, auto_fen=0))
    counting.scan(db, first, here.code, ANA)
    cap = a_sku(db, "CAP")
    assert counting.scan(db, first, ean(cap), ANA).seen is Seen.WRONG_ITEM
    for _twice in range(2):
        visit = counting.visit_at(db, here.id, ANA)
        found = count_bins.add_goods(db, visit, cap.id, ANA)
        counting.count(db, found, 2, ANA)
    assert (found.state, found.counted_qty, found.system_qty) == (CountState.VARIANCE, 2, 0)
    assert count_review.adjust(db, found, Why.ELSEWHERE, DAI) == 2
    assert queries.balance_of(db, here.id, cap.id) == 2


def test_nothing_else_here_counts_what_was_not_found_as_none_twice(db, shelf):
    here, (tee, mug, sock), (first, *_others) = shelf
    counting.scan(db, first, here.code, ANA)
    for sku, qty in ((tee, 10), (mug, 5)):
        counting.count(db, counting.scan(db, first, ean(sku), ANA).task, qty, ANA)
    assert count_bins.finish(db, counting.visit_at(db, here.id, ANA), ANA) == 1
    assert state_of(db, here)[sock.id] is CountState.OPEN, "a first difference is counted again"
    left = db.exec(select(CountTask).where(CountTask.sku_id == sock.id)).one()
    counting.scan(db, left, here.code, ANA)
    counting.count(db, left, 0, ANA)
    assert state_of(db, here)[sock.id] is CountState.VARIANCE
    assert db.exec(select(AuditEvent.data).where(AuditEvent.kind == "inventory.bin.nothing_else")).one()["kinds"] == 1


def test_an_empty_bin_is_said_in_one_go_and_only_if_nothing_was_counted(db, shelf):
    here, (tee, *_rest), (first, *_others) = shelf
    for _twice in range(2):
        counting.scan(db, first, here.code, ANA)
        assert count_bins.empty(db, counting.visit_at(db, here.id, ANA), ANA) == 3
    assert set(state_of(db, here).values()) == {CountState.VARIANCE}
    task = counting.ask_count(db, here, tee.id, CountReason.ASKED, SYSTEM)
    counting.scan(db, task, here.code, ANA)
    counting.scan(db, task, ean(tee), ANA)
    counting.count(db, task, 10, ANA)
    with pytest.raises(Conflict) as refused:
        count_bins.empty(db, counting.visit_at(db, here.id, ANA), ANA)
    assert refused.value.code == "inventory.not_empty"


def test_a_short_pick_asks_for_one_line_and_done_says_nothing_of_the_others(db):
    house = a_warehouse(db)
    here, tee, mug = a_bin(db, house), a_sku(db, "TEE"), a_sku(db, "MUG")
    stock(db, here, tee, 3)
    stock(db, here, mug, 4)
    task = counting.ask_count(db, here, tee.id, CountReason.SHORT, SYSTEM)
    counting.scan(db, task, here.code, ANA)
    counting.scan(db, task, ean(tee), ANA)
    counting.count(db, task, 3, ANA)
    visit = counting.visit_at(db, here.id, ANA)
    (other,) = count_bins.count_whole(db, visit, ANA)
    assert (other.sku_id, visit.is_whole) == (mug.id, True)
    counting.scan(db, other, ean(mug), ANA)
    counting.count(db, other, 4, ANA)
    assert count_bins.finish(db, visit, ANA) == 0
    task = counting.ask_count(db, here, tee.id, CountReason.SHORT, SYSTEM)
    counting.scan(db, task, here.code, ANA)
    counting.count(db, task, 0, ANA)
    assert count_bins.finish(db, counting.visit_at(db, here.id, ANA), ANA) == 0
    assert count(db, CountTask, CountTask.sku_id == mug.id) == 1


def test_who_comes_second_takes_over_and_the_first_scans_the_bin_again(db, shelf):
    here, (tee, *_rest), (first, *_others) = shelf
    counting.scan(db, first, here.code, ANA)
    counting.scan(db, first, ean(tee), ANA)
    counting.scan(db, first, here.code, BEN)
    with pytest.raises(Conflict) as refused:
        counting.count(db, first, 10, ANA)
    assert refused.value.code == "inventory.scan_first"
    assert counting.scan(db, first, ean(tee), ANA).seen is Seen.WRONG_BIN
    counting.scan(db, first, ean(tee), BEN)
    assert counting.count(db, first, 10, BEN) is True


def test_another_bin_ends_the_visit_and_so_do_two_hours(db, shelf):
    here, _skus, (first, *_others) = shelf
    counting.scan(db, first, here.code, ANA)
    there = a_bin(db, _house(db, here), "A01-02-1")
    counting.begin(db, there, ANA)
    assert counting.visit_at(db, here.id, ANA) is None
    counting.begin(db, here, ANA)
    with clock.shifted(counting.LONGEST):
        assert counting.visit_at(db, here.id, ANA) is None


def test_counted_goods_scanned_again_are_told_so(db, shelf):
    here, (tee, *_rest), (first, *_others) = shelf
    counting.scan(db, first, here.code, ANA)
    counting.count(db, counting.scan(db, first, ean(tee), ANA).task, 10, ANA)
    assert counting.scan(db, first, ean(tee), ANA).seen is Seen.COUNTED


# --- recounts by rule --------------------------------------------------------------------------------------------


@pytest.fixture
def ten(db):
    """Ten tees at 99 yuan; half a thousand wants a second counter, nothing adjusts itself."""
    house = a_warehouse(db)
    here, tee = a_bin(db, house), a_sku(db, "TEE")
    stock(db, here, tee, 10)
    db.add(CountRules(warehouse_id=house.id, auto_fen=0, other_fen=50_000))
    return here, tee, counting.ask_count(db, here, tee.id, CountReason.ASKED, SYSTEM)


def say(db, task, tee, qty, who=ANA):
    counting.scan(db, task, "A01-01-1", who)
    if qty:
        counting.scan(db, task, ean(tee), who)
    return counting.count(db, task, qty, who)


def test_two_counts_that_differ_want_a_third_by_another_who_may_agree_with_either(db, ten):
    here, tee, task = ten
    assert [say(db, task, tee, qty) for qty in (8, 9)] == [False, False]
    assert [row.task.id for row in tasks.counts(db, CountState.OPEN, but_barred=ANA.id)] == []
    assert [row.task.id for row in tasks.counts(db, CountState.OPEN, but_barred=BEN.id)] == [task.id]
    with pytest.raises(NotAllowed) as refused:
        counting.count(db, task, 8, ANA)
    assert refused.value.status == 403
    count_bins.finish(db, counting.visit_at(db, here.id, ANA), ANA)
    with pytest.raises(NotAllowed):
        counting.scan(db, task, "A01-01-1", ANA)
    assert say(db, task, tee, 8, BEN) is True
    assert (task.state, task.counted_qty, count_review.is_sure(db, task)) == (CountState.VARIANCE, 8, True)


def test_three_counts_of_which_no_two_are_alike_go_to_a_supervisor_as_they_are(db, ten):
    _here, tee, task = ten
    say(db, task, tee, 8)
    say(db, task, tee, 9)
    assert say(db, task, tee, 7, BEN) is True
    assert (task.state, count_review.is_sure(db, task)) == (CountState.VARIANCE, False)


def test_two_people_who_say_the_same_are_enough(db, ten):
    _here, tee, task = ten
    assert say(db, task, tee, 0) is False
    assert say(db, task, tee, 0, BEN) is True
    assert task.state is CountState.VARIANCE


def test_a_large_difference_needs_a_second_counter_although_two_counts_agree(db, ten):
    """Six tees are 594 yuan: above the limit of 500. Five are 495."""
    here, tee, task = ten
    assert [say(db, task, tee, 4) for _ in range(2)] == [False, False]
    with pytest.raises(NotAllowed):
        say(db, task, tee, 4)
    assert say(db, task, tee, 4, BEN) is True
    assert task.state is CountState.VARIANCE
    again = counting.ask_count(db, here, tee.id, CountReason.ASKED, SYSTEM)
    assert [say(db, again, tee, 5) for _ in range(2)] == [False, True]


def test_a_recount_is_for_somebody_who_did_not_count_and_goes_by_the_same_rules(db, ten):
    _here, tee, task = ten
    say(db, task, tee, 8)
    say(db, task, tee, 8)
    count_review.recount(db, task, DAI)
    with pytest.raises(NotAllowed):
        say(db, task, tee, 10)
    assert [say(db, task, tee, 9, BEN) for _ in range(2)] == [False, True]
    assert (task.state, task.round, len(tasks.said(db, [task.id])[task.id])) == (CountState.VARIANCE, 2, 4)


# --- a small one adjusts itself ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("limit", "state"), [(19_800, CountState.DONE), (19_799, CountState.VARIANCE)])
def test_up_to_the_limit_a_variance_adjusts_itself(db, ten, limit, state):
    here, tee, task = ten
    db.get_one(CountRules, here.warehouse_id).auto_fen = limit
    db.flush()
    assert [say(db, task, tee, 12) for _ in range(2)] == [False, True]
    assert (task.state, task.decided_by) == (state, None)
    assert queries.balance_of(db, here.id, tee.id) == (12 if state is CountState.DONE else 10)


def test_what_would_take_promised_units_does_not_adjust_itself(db, ten):
    here, tee, task = ten
    db.get_one(CountRules, here.warehouse_id).auto_fen = 100_000
    service.reserve(db, [Wish(here.id, tee.id, 9, shipment_line_id=1)])
    assert [say(db, task, tee, 8) for _ in range(2)] == [False, True]
    assert task.state is CountState.VARIANCE
    db.expire_all()
    assert queries.balance_of(db, here.id, tee.id) == 10


# --- lots and serial numbers -------------------------------------------------------------------------------------


def tracked(db, kind, code):
    sku = a_sku(db, code)
    sku.tracking = kind
    db.flush()
    return sku


def test_goods_with_lots_are_counted_as_one_sum_and_the_oldest_lot_gives(db):
    house = a_warehouse(db)
    here, tea = a_bin(db, house), tracked(db, Tracking.LOT, "TEA")
    db.add(CountRules(warehouse_id=house.id, auto_fen=0))
    for code, days in (("L-1", 100), ("L-2", 200)):
        lot = lots.lot_for(db, tea, code, lots.last_day_sold(days))
        service.receive(db, here, tea.id, 5, SYSTEM, lot_id=lot.id)
    task = counting.ask_count(db, here, tea.id, CountReason.ASKED, SYSTEM)
    assert [say(db, task, tea, 8) for _ in range(2)] == [False, True]
    assert count_review.adjust(db, task, Why.THEFT, DAI) == -2
    left = dict(db.exec(select(Lot.code, LotBalance.qty).join(Lot).where(LotBalance.place_id == here.id)).all())
    assert left == {"L-1": 3, "L-2": 5}
    more = counting.ask_count(db, here, tea.id, CountReason.ASKED, SYSTEM)
    assert [say(db, more, tea, 9) for _ in range(2)] == [False, True]
    count_review.adjust(db, more, Why.MISCOUNTED, DAI)
    held = db.exec(select(LotBalance.qty).join(Lot).where(Lot.code == UNNAMED)).one()
    assert held == 1, "a found unit has no number: on hold until somebody looks"


@pytest.fixture
def phones(db):
    """Phones S1 to S3 in a bin, by their serial numbers."""
    house = a_warehouse(db)
    here, phone = a_bin(db, house), tracked(db, Tracking.SERIAL, "PHONE")
    db.add(CountRules(warehouse_id=house.id, auto_fen=0))
    for code in ("S1", "S2", "S3"):
        service.receive(db, here, phone.id, 1, SYSTEM, lot_id=lots.lot_for(db, phone, code, None).id)
    return here, phone, counting.ask_count(db, here, phone.id, CountReason.ASKED, SYSTEM)


def scan_all(db, task, *codes, who=ANA):
    counting.scan(db, task, "A01-01-1", who)
    seen = [counting.scan(db, task, code, who).seen for code in codes]
    return seen, counting.count(db, task, 0, who)


def test_scanning_every_serial_number_is_the_count(db, phones):
    _here, _phone, task = phones
    seen, settled = scan_all(db, task, "s1", "S3", "S1", "S2")
    assert seen == [Seen.SERIAL, Seen.SERIAL, Seen.TWICE, Seen.SERIAL]
    assert settled is True
    assert (task.state, task.counted_qty) == (CountState.DONE, 3)


def test_one_serial_number_for_another_is_a_variance_although_the_number_is_right(db, phones):
    here, phone, task = phones
    for _twice in range(2):
        seen, settled = scan_all(db, task, ean(phone), "S1", "S2", "S9")
        assert seen == [Seen.ITEM, Seen.SERIAL, Seen.SERIAL, Seen.SERIAL]
    assert settled is True
    assert (task.state, task.off, task.counted_qty, task.system_qty) == (CountState.VARIANCE, ["+S9", "-S3"], 3, 3)
    assert count_review.adjust(db, task, Why.MISCOUNTED, DAI) == 0
    here_now = select(Lot.code).join(LotBalance).where(LotBalance.place_id == here.id, LotBalance.qty > 0)
    assert sorted(db.exec(here_now).all()) == ["S1", "S2", "S9"]


def test_a_serial_number_that_is_elsewhere_in_the_house_cannot_be_found_here(db, phones):
    here, phone, task = phones
    there = a_bin(db, _house(db, here), "A01-02-1")
    service.receive(db, there, phone.id, 1, SYSTEM, lot_id=lots.lot_for(db, phone, "S9", None).id)
    for _twice in range(2):
        scan_all(db, task, ean(phone), "S1", "S2", "S3", "S9")
    with pytest.raises(Conflict) as refused, db.begin_nested():
        count_review.adjust(db, task, Why.ELSEWHERE, DAI)
    assert refused.value.code == "inventory.serial_known"
    db.refresh(task)


def _house(db, here):
    return db.get_one(Warehouse, here.warehouse_id)


def test_a_serial_number_inside_a_gs1_code_counts_and_a_bins_label_does_not(db, phones):
    here, phone, task = phones
    a_bin(db, _house(db, here), "A01-02-1")
    counting.scan(db, task, here.code, ANA)
    assert counting.scan(db, task, "never heard of", ANA).seen is Seen.UNKNOWN, "the goods come first"
    assert counting.scan(db, task, f"]d2010{ean(phone)}21S1", ANA).seen is Seen.SERIAL
    assert task.serials == ["S1"]
    assert counting.scan(db, task, "A01-02-1", ANA).seen is Seen.UNKNOWN
    assert counting.scan(db, task, here.code, ANA).seen is Seen.BIN
    assert task.serials == [], "the bin again starts over"


# --- a bin where somebody picks ----------------------------------------------------------------------------------


def test_bins_with_promises_to_shipments_come_last_and_are_marked(db):
    house = a_warehouse(db)
    tee = a_sku(db, "TEE")
    bins = [a_bin(db, house, f"A01-0{n}-1") for n in (1, 2, 3)]
    for where in bins:
        stock(db, where, tee, 5)
        counting.ask_count(db, where, tee.id, CountReason.CYCLE, SYSTEM)
    promise = service.reserve_one(db, Wish(bins[0].id, tee.id, 2, shipment_line_id=1))
    order = [(found.first.where.code, found.first.is_busy) for found in tasks.bins_to_count(db, "SHA", ANA.id)]
    assert order == [("A01-02-1", False), ("A01-03-1", False), ("A01-01-1", True)]
    tote = service.new_place(db, PlaceKind.TOTE, house.id)
    service.take(db, promise, 2, tote, "walk", 1, SYSTEM)
    assert tasks.bins_to_count(db, "SHA", ANA.id)[0].first.where.code == "A01-01-1"


def test_picks_during_a_count_do_not_disturb_it(db, ten):
    here, tee, task = ten
    counting.scan(db, task, here.code, ANA)
    counting.scan(db, task, ean(tee), ANA)
    service.move(db, [Move(tee.id, 3, here.id, service.new_place(db, PlaceKind.TOTE, here.warehouse_id),
                           MoveReason.PICK)], "walk", 1, SYSTEM)  # fmt: skip
    assert counting.count(db, task, 7, ANA) is True
    assert db.get(Balance, (here.id, tee.id), populate_existing=True).qty == 7
