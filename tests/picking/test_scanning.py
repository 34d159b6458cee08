"""A stop, scan by scan: bin, items, totes; and every wrong thing one can scan there."""

import pytest

from floor.catalog.models import Barcode
from floor.inventory import queries as stock_queries
from floor.inventory import service as inventory
from floor.inventory.models import CountTask, PlaceKind, Tote
from floor.kit.errors import Conflict, Invalid
from floor.picking import service
from floor.picking.models import Stop, WalkTote
from floor.picking.states import StopState
from floor.picking.verdict import Kind
from floor.shipments.models import ShipmentLine
from tests.factories import a_bin, a_sku, a_warehouse, stock
from tests.picking.conftest import Picker, rows, sound


def test_a_stop_goes_bin_then_items_then_tote_by_tote(two_orders):
    picker = two_orders
    said = [picker.scan(picker.next_code()) for _ in range(6)]
    assert [v.code for v in said] == [
        "bin_right", "item_counted", "item_counted", "items_all", "put_done", "put_done",
    ]  # fmt: skip
    assert [v.sound for v in said] == ["step", "step", "step", "done", "step", "done"]
    assert picker.view.stops[0].state is StopState.DONE
    assert picker.at.number == 2
    sound(picker.db)


def test_units_change_places_only_at_the_put(two_orders, floor):
    picker, db = two_orders, two_orders.db
    tote = rows(db, Tote)[0]
    for _ in range(4):
        picker.scan(picker.next_code())
    assert stock_queries.balance_of(db, floor.bins[0].id, floor.skus[0].id) == 10
    picker.scan(tote.code)
    db.expire_all()
    assert stock_queries.balance_of(db, floor.bins[0].id, floor.skus[0].id) == 8
    assert stock_queries.balance_of(db, tote.id, floor.skus[0].id) == 2
    lines = rows(db, ShipmentLine, sku_id=floor.skus[0].id)
    assert [(line.allocated, line.picked) for line in lines] == [(0, 2), (1, 0)]
    sound(db)


def test_a_walk_with_one_tote_needs_no_tote_scan(one_order):
    picker = one_order
    said = [picker.scan(picker.next_code()) for _ in range(3)]
    assert [v.code for v in said] == ["bin_right", "put_done", "put_done"]
    assert said[-1].sound == "done"
    assert picker.at.number == 2
    sound(picker.db)


def test_a_whole_walk_is_picked_and_ends_with_nothing_open(two_orders):
    two_orders.pick_all()
    assert [s.state for s in two_orders.view.stops] == [StopState.DONE] * 3
    sound(two_orders.db)


@pytest.mark.parametrize(
    ("elsewhere", "code", "n"),
    [("A01-05-2", "wrong_bin_down", 3), ("A01-01-1", "wrong_bin_up", 1), ("A01-02-3", "wrong_level_down", 2)],
)
def test_a_wrong_bin_says_which_way_the_right_one_is(two_orders, floor, elsewhere, code, n):
    a_bin(two_orders.db, floor.house, elsewhere)
    said = two_orders.scan(elsewhere)
    assert (said.kind, said.code, said.values["n"]) == (Kind.ERR, code, n)
    assert two_orders.stop.phase == "bin"


def test_a_bin_of_another_aisle_names_the_aisle(two_orders):
    said = two_orders.scan("A03-04-1")
    assert (said.code, said.values["aisle"]) == ("wrong_bin_aisle", "A01")


def test_goods_before_the_bin_are_amber(two_orders, floor):
    assert two_orders.scan(floor.code(0)).code == "bin_first"
    assert two_orders.scan("T-SHA-1").code == "bin_first"


@pytest.mark.parametrize(("n", "attribute"), [(1, "colour"), (2, "size"), (3, "product")])
def test_a_wrong_item_names_what_differs_and_where_it_goes_back(db, floor, ana, n, attribute):
    picker = Picker(db, floor.started(db, [{0: 2}, {0: 1}], ana), ana)
    picker.scan(floor.bins[0].code)
    said = picker.scan(floor.code(n))
    assert (said.kind, said.code) == (Kind.ERR, f"wrong_{attribute}")
    assert said.home == floor.bins[n].code
    assert picker.stop.scanned == 0


def test_a_brother_from_the_level_below_is_said_to_live_there(db, floor, ana):
    below = a_bin(db, floor.house, "A01-02-3")
    stock(db, below, floor.skus[1], 4)
    picker = Picker(db, floor.started(db, [{0: 2}], ana), ana)
    picker.scan(floor.bins[0].code)
    said = picker.scan(floor.code(1))
    assert (said.home, said.values["levels"]) == ("A01-02-3", 2)


def test_goods_of_a_later_stop_are_amber_with_its_number(two_orders, floor):
    two_orders.scan(two_orders.next_code())
    said = two_orders.scan(floor.code(3))
    assert (said.kind, said.code, said.values["number"]) == (Kind.WARN, "later_stop", 3)


def test_more_than_needed_is_amber(two_orders, floor):
    for _ in range(4):
        two_orders.scan(two_orders.next_code())
    said = two_orders.scan(floor.code(0))
    assert (said.code, said.values["n"]) == ("enough", 3)
    assert two_orders.stop.in_hand == 3


def test_a_tote_before_all_items_is_amber(two_orders):
    two_orders.scan(two_orders.next_code())
    assert two_orders.scan("T-SHA-1").code == "item_first"


def test_the_bins_own_label_again_changes_nothing(two_orders):
    two_orders.scan(two_orders.next_code())
    assert two_orders.scan("A01-02-1").code == "bin_already"


def test_the_bin_while_putting_asks_for_the_tote(two_orders):
    for _ in range(4):
        two_orders.scan(two_orders.next_code())
    assert two_orders.scan("A01-02-1").code == "put_first"


def test_the_wrong_tote_shows_both_numbers(two_orders):
    for _ in range(4):
        two_orders.scan(two_orders.next_code())
    said = two_orders.scan("T-SHA-2")
    assert (said.code, said.values["scanned"], said.values["wanted"]) == ("wrong_tote", "2", "1")
    sound(two_orders.db)


def test_an_unknown_code_is_red_and_counts_nothing(two_orders):
    assert two_orders.scan("4006381333931").code == "unknown_code"
    two_orders.scan("A01-02-1")
    assert two_orders.scan("4006381333931").code == "unknown_code"
    assert two_orders.stop.scanned == 0


def test_a_gs1_code_of_the_goods_is_read(two_orders, floor):
    two_orders.scan(two_orders.next_code())
    assert two_orders.scan("01" + floor.code(0).rjust(14, "0")).code == "item_counted"


def test_a_second_barcode_of_the_goods_counts(two_orders, floor):
    two_orders.db.add(Barcode(code="HOUSE-1", sku_id=floor.skus[0].id))
    two_orders.scan(two_orders.next_code())
    assert two_orders.scan("HOUSE-1").code == "item_counted"


def test_a_scan_for_a_stop_already_done_counts_nothing_and_says_so(two_orders, floor):
    picker = two_orders
    first = picker.at
    for _ in range(6):
        picker.scan(picker.next_code())
    said = service.scan(picker.db, picker.walk.id, first.id, floor.code(0), picker.who)
    assert (said.kind, said.code) == (Kind.WARN, "stale_stop")
    assert picker.view.stops[0].picked == 3


def test_a_stop_of_another_walk_is_stale_too(db, floor, two_orders, ben):
    other = floor.walk(db, [{1: 1}])
    stop = rows(db, Stop, walk_id=other.id)[0]
    assert service.scan(db, two_orders.walk.id, stop.id, "A01-06-2", two_orders.who).code == "stale_stop"


def test_a_full_tote_is_replaced_by_a_new_empty_one_and_both_stay(two_orders):
    picker = two_orders
    for _ in range(4):
        picker.scan(picker.next_code())
    said = picker.scan("T-SHA-7")
    assert (said.code, said.sound) == ("tote_changed", "step")
    slot = picker.view.slots[0]
    assert (slot.label, slot.tote) == ("1-B", "T-SHA-7")
    bound = rows(picker.db, WalkTote, slot=1)
    assert len({row.shipment_id for row in bound}) == 1
    assert [row.is_busy for row in bound] == [True, True]
    assert picker.stop.puts[0].slot.label == "2"
    sound(picker.db)


def test_a_full_tote_on_a_one_tote_walk_is_replaced_before_the_next_item(one_order):
    one_order.scan(one_order.next_code())
    one_order.scan(one_order.next_code())
    assert one_order.scan("T-SHA-5").code == "tote_changed"
    one_order.scan(one_order.next_code())
    assert one_order.view.slots[0].label == "1-B"
    sound(one_order.db)


def test_a_tote_of_another_walk_or_with_something_in_it_is_refused(two_orders, floor):
    picker, db = two_orders, two_orders.db
    other = a_warehouse(db, "BJS")
    far = Tote(id=inventory.new_place(db, PlaceKind.TOTE, other.id), code="T-BJS-99", warehouse_id=other.id)
    db.add(far)
    full = rows(db, Tote, code="T-SHA-6")[0]
    stock(db, full, floor.skus[3], 1)
    for _ in range(4):
        picker.scan(picker.next_code())
    for code, why in (("T-BJS-99", "picking.tote_elsewhere"), ("T-SHA-6", "picking.tote_not_empty")):
        said = picker.scan(code)
        assert (said.code, said.values["why"]) == ("tote_refused", why)


def test_six_or_more_units_take_one_scan_and_a_number(two_orders):
    picker = two_orders
    for _ in range(6 + 3):
        picker.scan(picker.next_code())
    assert (picker.at.number, picker.stop.wanted) == (3, 8)
    with pytest.raises(Invalid):
        service.set_quantity(picker.db, picker.walk.id, picker.at.id, 8, picker.who)
    picker.scan(picker.next_code())
    picker.scan(picker.next_code())
    assert picker.stop.phase == "count"
    said = service.set_quantity(picker.db, picker.walk.id, picker.at.id, 8, picker.who)
    assert (said.code, picker.stop.phase) == ("items_all", "put")


def test_a_number_short_of_all_leaves_the_rest_to_scan(one_order):
    picker = one_order
    for _ in range(5):
        picker.scan(picker.next_code())
    assert picker.stop.phase == "count"
    with pytest.raises(Invalid):
        service.set_quantity(picker.db, picker.walk.id, picker.at.id, 8, picker.who)
    service.set_quantity(picker.db, picker.walk.id, picker.at.id, 6, picker.who)
    assert (picker.stop.picked, picker.stop.rest) == (6, 1)
    picker.scan(picker.next_code())
    assert picker.at is None
    sound(picker.db)


def test_two_skus_in_one_bin_need_one_bin_scan(db, floor, ana):
    brother = a_sku(db, "TEE-RED-L")
    stock(db, floor.bins[0], brother, 5)
    floor.bins.insert(1, floor.bins[0])
    floor.skus.insert(1, brother)
    picker = Picker(db, floor.started(db, [{0: 1, 1: 1}], ana), ana)
    picker.scan(picker.next_code())
    picker.scan(picker.next_code())
    assert (picker.at.number, picker.stop.phase) == (2, "item")


def test_a_skipped_stop_comes_back_once_at_the_end(two_orders):
    picker = two_orders
    assert picker.scan("CMD-SKIP").code == "skipped"
    assert picker.at.number == 2
    for _ in range(3):
        picker.scan(picker.next_code())
    for _ in range(10):
        picker.scan(picker.next_code())
    assert picker.at.number == 1
    with pytest.raises(Invalid) as refused:
        picker.scan("CMD-SKIP")
    assert refused.value.code == "picking.skipped_before"
    picker.pick_all()
    sound(picker.db)


def test_a_stop_with_units_in_hand_cannot_be_skipped(two_orders):
    two_orders.scan(two_orders.next_code())
    two_orders.scan(two_orders.next_code())
    with pytest.raises(Invalid) as refused:
        two_orders.scan("CMD-SKIP")
    assert refused.value.code == "picking.units_in_hand"


def test_the_problem_card_opens_the_sheet_and_other_cards_do_nothing(two_orders):
    assert two_orders.scan("CMD-PROBLEM").goto == "problem"
    assert two_orders.scan("CMD-DONE").code == "no_such_command"


def test_only_the_picker_of_the_walk_may_scan(two_orders, ben):
    with pytest.raises(Conflict) as refused:
        service.scan(two_orders.db, two_orders.walk.id, two_orders.at.id, "A01-02-1", ben)
    assert refused.value.code == "picking.not_yours"


def test_a_bin_that_should_be_empty_is_asked_about(db, floor, ana):
    picker = Picker(db, floor.started(db, [{0: 10}, {3: 1}], ana), ana)
    picker.scan(picker.next_code())
    picker.scan(picker.next_code())
    picker.heard(service.set_quantity(db, picker.walk.id, picker.at.id, 10, ana))
    picker.scan(picker.next_code())
    asked = picker.view.to_check()
    assert asked.code == "A01-02-1"
    service.answer_empty(db, picker.walk.id, asked.id, False, ana)
    (task,) = rows(db, CountTask)
    assert (task.bin_id, task.reason) == (floor.bins[0].id, "zero_check")
    assert picker.view.to_check() is None
