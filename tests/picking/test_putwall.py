"""A batch walk ends at the put wall: unit by unit into slots, told in words when it cannot be."""

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from floor.inventory.models import Balance, CountTask, LedgerRow, MoveReason, Tote
from floor.kit.actor import Actor
from floor.kit.errors import Conflict, Invalid
from floor.kit.uow import unit_of_work
from floor.orders import service as orders
from floor.packing import queries as packing_queries
from floor.packing import service as packing
from floor.packing.models import Station
from floor.picking import leftovers, putwall, service, wall_reads, walls
from floor.picking.models import Walk, WalkTote
from floor.picking.models_wall import BatchTote, PutState, Wall, WallLine, WallPut, WallSlot
from floor.picking.states import WalkState
from floor.picking.verdict import Kind
from floor.shipments import service as shipments
from floor.shipments.models import ShipmentLine
from floor.shipments.states import ShipmentAction, ShipmentState
from tests.furnished import Furniture
from tests.picking.conftest import Floor, Picker, a_floor, a_kept_floor, person, rows, shipments_of, sound
from tests.picking.test_undoing import cancel


class Sorter:
    """Somebody at the wall: `scan(0)` is a unit of the first SKU, `slot(2)` the label of slot 2."""

    def __init__(self, db: Session, floor: Floor, wall: Wall, walk: Walk, who: Actor) -> None:
        self.db, self.floor, self.wall, self.walk, self.who = db, floor, wall, walk, who

    def scan(self, what: int | str):
        code = self.floor.code(what) if isinstance(what, int) else what
        return putwall.scan(self.db, self.wall, self.walk.id, None, code, self.who)

    def slot(self, number: int):
        return self.scan(f"{self.wall.code}-{number:02d}")

    def sort(self, what: int) -> int:
        """A unit into the slot the wall names; returns its number."""
        said = self.scan(what)
        assert said.kind is Kind.OK, said
        assert self.slot(said.values["number"]).kind is Kind.OK
        return said.values["number"]

    def undo(self):
        return putwall.undo(self.db, self.wall, self.walk.id, self.who)

    @property
    def states(self) -> list[str]:
        return [slot.state for slot in wall_reads.slots_of(self.db, self.wall)]


def a_batch_at_the_wall() -> tuple[Floor, Wall, Walk]:
    """Three shipments of one batch: 2 of SKU 0 and 1 of SKU 3; 1 of SKU 0; 1 of SKU 2."""
    with unit_of_work() as db:
        floor = a_floor(db)
        wall, walk, _tote = floor.at_the_wall(db, [{0: 2, 3: 1}, {0: 1}, {2: 1}], person(db, "Ana"))
        return floor, wall, walk


@pytest.fixture
def furniture(request) -> Furniture:
    return a_batch_at_the_wall if "at_wall" in request.fixturenames else a_kept_floor


@pytest.fixture
def floor(db, furnished) -> Floor:
    """With a batch at its wall or without."""
    found = furnished(db)
    return found if isinstance(found, Floor) else found[0]


@pytest.fixture
def at_wall(db, furnished, ana) -> Sorter:
    return Sorter(db, *furnished(db), ana)


# --- picking a batch --------------------------------------------------------------------------------------------------


def test_a_batch_begins_with_one_tote_and_needs_no_put(db, floor, ana):
    walk = floor.batch(db, [{0: 2, 3: 1}, {0: 1}], ana)
    assert walk.state is WalkState.PICKING
    picker = Picker(db, walk, ana)
    picker.scan("A01-02-1")
    said = [picker.scan(floor.code(0)).code for _ in range(3)]
    assert said == ["put_done"] * 3
    assert picker.at.number == 2
    (tote,) = rows(db, BatchTote, walk_id=walk.id)
    assert db.get(Balance, (tote.tote_id, floor.skus[0].id)).qty == 3
    sound(db)


def test_a_full_tote_is_followed_by_another_and_undone(db, floor, ana):
    walk = floor.batch(db, [{0: 2}, {0: 1}], ana)
    picker = Picker(db, walk, ana)
    picker.scan("A01-02-1")
    picker.scan(floor.code(0))
    second = floor.free_totes(db)[0]
    assert picker.scan(second.code).code == "tote_changed"
    picker.scan(floor.code(0))
    assert [db.get(Balance, (tote.tote_id, floor.skus[0].id)).qty for tote in rows(db, BatchTote)] == [1, 1]
    picker.undo()
    picker.undo()
    assert [tote.number for tote in rows(db, BatchTote)] == [1]
    sound(db)


def test_a_typed_number_on_a_batch_spans_shipments(db, floor, ana):
    walk = floor.batch(db, [{0: 4}, {0: 4}], ana)
    picker = Picker(db, walk, ana)
    picker.scan("A01-02-1")
    picker.scan(floor.code(0))
    picker.heard(service.set_quantity(db, walk.id, picker.at.id, 8, ana))
    assert picker.at is None
    sound(db)


def test_fewer_than_the_books_say_on_a_batch_leaves_the_later_order_waiting(db, floor, ana):
    walk = floor.batch(db, [{0: 2}, {0: 2}], ana)
    picker = Picker(db, walk, ana)
    picker.scan("A01-02-1")
    picker.report(3)
    service.finish(db, walk.id, "L1", ana)
    assert [line.qty for line in rows(db, WallLine)] == [2, 1]
    sound(db)


def test_a_batch_may_be_brought_right_to_the_wall_and_waits_there(db, floor, ana):
    wall = walls.put_up(db, floor.house.id, "W1", 6, walls.Terms(3, True, 2), ana)
    walk = floor.batch(db, [{0: 1}, {2: 1}], ana)
    Picker(db, walk, ana).pick_all()
    service.finish(db, walk.id, "w1", ana)
    assert (walk.lane, walk.state) == ("W1", WalkState.DONE)
    assert [shipment.state for shipment in shipments_of(db, walk)] == ["picking", "picking"]
    (waiting,) = wall_reads.batches(db, wall)
    assert (waiting.left, waiting.is_here) == (2, False)
    sound(db)


def test_a_cluster_walk_does_not_end_at_the_wall(two_orders):
    walls.put_up(two_orders.db, two_orders.walk.warehouse_id, "W1", 6, walls.Terms(3, True, 2), two_orders.who)
    two_orders.pick_all()
    with pytest.raises(Invalid):
        service.finish(two_orders.db, two_orders.walk.id, "W1", two_orders.who)


def test_a_batch_given_up_whole_leaves_nothing_to_sort(db, floor, ana):
    walk = floor.batch(db, [{0: 1}, {2: 1}], ana)
    service.finish(db, walk.id, "L1", ana)
    assert [shipment.state for shipment in shipments_of(db, walk)] == ["cancelled", "cancelled"]
    assert rows(db, WallLine) == []
    assert [tote.is_busy for tote in rows(db, BatchTote)] == [False]
    sound(db)


def test_a_slot_of_the_wall_is_no_tote_for_a_cart(db, floor, ana):
    walls.put_up(db, floor.house.id, "W1", 6, walls.Terms(3, True, 2), ana)
    walk = floor.walk(db, [{0: 1}])
    service.claim(db, walk.id, ana)
    service.bind_cart(db, walk.id, "C-SHA-1", ana)
    with pytest.raises(Invalid) as refused:
        service.bind_tote(db, walk.id, "W1-01", ana)
    assert refused.value.code == "picking.tote_is_slot"


def test_a_tote_of_a_batch_is_no_tote_for_another_cart(db, floor, ana, ben):
    walk = floor.batch(db, [{0: 1}], ana)
    (mine,) = rows(db, BatchTote, walk_id=walk.id)
    other = floor.walk(db, [{2: 1}])
    db.add(service.Cart(code="C-SHA-2", warehouse_id=floor.house.id))
    service.claim(db, other.id, ben)
    service.bind_cart(db, other.id, "C-SHA-2", ben)
    with pytest.raises(Invalid) as refused:
        service.bind_tote(db, other.id, db.get_one(Tote, mine.tote_id).code, ben)
    assert refused.value.code == "picking.tote_busy"


# --- coming to the wall -----------------------------------------------------------------------------------------------


def test_a_tote_still_on_its_walk_is_not_sorted(db, floor, ana):
    wall = walls.put_up(db, floor.house.id, "W1", 6, walls.Terms(3, True, 2), ana)
    walk = floor.batch(db, [{0: 1}], ana)
    (mine,) = rows(db, BatchTote, walk_id=walk.id)
    with pytest.raises(Conflict) as refused:
        putwall.begin(db, wall, db.get_one(Tote, mine.tote_id).code, ana)
    assert refused.value.code == "picking.batch_on_walk"


def test_a_batch_is_sorted_at_one_wall_only(at_wall):
    other = walls.put_up(at_wall.db, at_wall.walk.warehouse_id, "W2", 6, walls.Terms(3, True, 2), at_wall.who)
    (mine,) = rows(at_wall.db, BatchTote)
    with pytest.raises(Conflict) as refused:
        putwall.begin(at_wall.db, other, at_wall.db.get_one(Tote, mine.tote_id).code, at_wall.who)
    assert (refused.value.code, refused.value.values) == ("picking.batch_elsewhere", {"wall": "W1"})
    with pytest.raises(Conflict):
        putwall.scan(at_wall.db, other, at_wall.walk.id, None, at_wall.floor.code(0), at_wall.who)


@pytest.mark.parametrize("code", ["T-SHA-8", "NOBODY", "W1-01"])
def test_what_is_no_tote_of_a_batch_is_refused(at_wall, code):
    with pytest.raises(Invalid) as refused:
        putwall.begin(at_wall.db, at_wall.wall, code, at_wall.who)
    assert refused.value.code == "picking.no_batch_tote"


# --- sorting ----------------------------------------------------------------------------------------------------------


def test_the_first_unit_goes_to_the_earliest_and_the_next_to_the_fullest(at_wall):
    assert at_wall.sort(0) == 1  # nobody has anything: the first shipment is promised earliest
    assert at_wall.sort(0) == 1  # it is the fullest now
    assert at_wall.sort(0) == 2
    assert at_wall.sort(2) == 3
    assert at_wall.sort(3) == 1
    assert at_wall.states == ["complete"] * 3 + ["free"] * 3
    assert {shipment.state for shipment in shipments_of(at_wall.db, at_wall.walk)} == {ShipmentState.PICKED}
    sound(at_wall.db)


def test_fullest_counts_what_share_of_the_shipment_is_there(db, floor, ana):
    wall, walk, _tote = floor.at_the_wall(db, [{0: 1, 1: 3}, {0: 1, 2: 1}], ana)
    sorter = Sorter(db, floor, wall, walk, ana)
    assert [sorter.sort(1), sorter.sort(2)] == [1, 2]  # a quarter of the first is there, half of the second
    assert sorter.sort(0) == 2


def test_a_unit_counts_when_its_slot_was_scanned(at_wall):
    said = at_wall.scan(3)
    assert (said.code, said.values["number"]) == ("to_slot", 1)
    (slot,) = rows(at_wall.db, WallSlot, number=1)
    assert at_wall.db.get(Balance, (slot.id, at_wall.floor.skus[3].id)) is None
    sound(at_wall.db)
    assert at_wall.slot(1).code == "in_slot"
    assert at_wall.db.get(Balance, (slot.id, at_wall.floor.skus[3].id)).qty == 1
    moved = rows(at_wall.db, LedgerRow, reason=MoveReason.SORT)
    assert [(row.qty, row.to_place_id, row.subject_id) for row in moved] == [(1, slot.id, at_wall.walk.id)]
    sound(at_wall.db)


def test_the_slot_says_so_when_it_is_complete_and_the_tote_when_it_is_empty(at_wall):
    at_wall.scan(2)
    said = at_wall.slot(1)
    assert (said.code, said.tone, said.values["tote"]) == ("slot_complete", "done", "")
    for sku in (0, 0, 3):
        at_wall.sort(sku)
    at_wall.scan(0)
    said = at_wall.slot(3)
    assert (said.tone, said.values["tote"]) == ("walk", "T-SHA-1")
    assert [tote.is_busy for tote in rows(at_wall.db, BatchTote)] == [False]
    assert wall_reads.batches(at_wall.db, at_wall.wall) == []


def test_the_wrong_slot_is_red_and_counts_nothing(at_wall):
    at_wall.scan(3)
    said = at_wall.slot(5)
    assert (said.kind, said.code, said.values) == (Kind.ERR, "wrong_slot", {"scanned": 5, "wanted": 1})
    assert [line.in_slot for line in rows(at_wall.db, WallLine)] == [0, 0, 0, 0]
    assert at_wall.slot(1).kind is Kind.OK


def test_a_second_item_before_the_slot_is_told_to_wait(at_wall):
    at_wall.scan(3)
    said = at_wall.scan(0)
    assert (said.kind, said.code, said.values["number"]) == (Kind.WARN, "slot_first", 1)
    assert sum(line.in_hand for line in rows(at_wall.db, WallLine)) == 1


def test_a_slot_before_an_item_is_told_so(at_wall):
    assert at_wall.slot(1).code == "item_first"


def test_a_house_may_do_without_the_slots_label(at_wall):
    walls.change(at_wall.db, at_wall.wall, walls.Terms(3, False, 2), at_wall.who)
    said = at_wall.scan(2)
    assert (said.code, said.values["number"]) == ("slot_complete", 1)
    sound(at_wall.db)


def test_one_too_many_goes_back_to_its_shelf_and_the_books_say_so_already(at_wall):
    for _ in range(3):
        at_wall.sort(0)
    said = at_wall.scan(0)
    assert (said.kind, said.code, said.values["home"]) == (Kind.ERR, "one_too_many", "A01-02-1")
    sound(at_wall.db)


def test_goods_no_slot_wants_and_unknown_codes_are_red(at_wall):
    said = at_wall.scan(1)
    assert (said.kind, said.code, said.values["home"]) == (Kind.ERR, "not_of_batch", "A01-06-2")
    assert at_wall.scan("4006381333931").code == "unknown_code"


def test_a_full_wall_says_so_and_a_packed_slot_helps(db, floor, ana):
    wall = walls.put_up(db, floor.house.id, "W1", 2, walls.Terms(2, True, 2), ana)
    _wall, walk, _tote = floor.at_the_wall(db, [{0: 1}, {2: 1}, {3: 1}], ana)
    sorter = Sorter(db, floor, wall, walk, ana)
    assert [sorter.sort(0), sorter.sort(2)] == [1, 2]
    assert sorter.scan(3).code == "wall_full"
    sound(db)
    service.totes.free_totes(db, shipments_of(db, walk)[0].id)  # as packing does when the label was scanned
    assert sorter.sort(3) == 1


def test_two_batches_share_a_wall_without_sharing_a_slot(db, floor, ana, ben):
    wall, first, _tote = floor.at_the_wall(db, [{0: 2}], ana)
    _wall, second, _tote = floor.at_the_wall(db, [{0: 2}], ben)
    assert Sorter(db, floor, wall, first, ana).sort(0) == 1
    assert Sorter(db, floor, wall, second, ben).sort(0) == 2
    sound(db)


def test_the_tote_on_the_screen_is_the_one_the_unit_leaves(db, floor, ana):
    wall = walls.put_up(db, floor.house.id, "W1", 6, walls.Terms(3, True, 2), ana)
    walk = floor.batch(db, [{0: 2}], ana)
    picker = Picker(db, walk, ana)
    picker.scan("A01-02-1")
    picker.scan(floor.code(0))
    second = floor.free_totes(db)[0]
    picker.scan(second.code)
    picker.pick_all()
    service.finish(db, walk.id, "L1", ana)
    putwall.begin(db, wall, second.code, ana)
    assert putwall.scan(db, wall, walk.id, None, second.code, ana).values["tote_id"] == second.id
    putwall.scan(db, wall, walk.id, second.id, floor.code(0), ana)
    said = putwall.scan(db, wall, walk.id, second.id, "W1-01", ana)
    assert said.values["tote"] == second.code
    sound(db)


# --- two sorters ------------------------------------------------------------------------------------------------------


def test_the_last_unit_wanted_is_with_one_sorter_and_the_other_is_told(at_wall, ben):
    other = Sorter(at_wall.db, at_wall.floor, at_wall.wall, at_wall.walk, ben)
    at_wall.scan(2)
    said = other.scan(2)
    assert (said.kind, said.code, said.values) == (Kind.WARN, "with_somebody", {"who": "Ana", "number": 1})
    assert at_wall.slot(1).kind is Kind.OK
    sound(at_wall.db)


def test_two_sorters_of_one_sku_get_units_of_their_own(at_wall, ben):
    other = Sorter(at_wall.db, at_wall.floor, at_wall.wall, at_wall.walk, ben)
    assert [at_wall.scan(0).values["number"], other.scan(0).values["number"]] == [1, 1]
    assert [other.slot(1).code, at_wall.slot(1).code] == ["in_slot", "in_slot"]
    (line, *_rest) = rows(at_wall.db, WallLine)
    assert (line.in_slot, line.in_hand) == (2, 0)


def test_a_unit_somebody_forgot_is_taken_over(at_wall, ben):
    at_wall.scan(2)
    (put,) = rows(at_wall.db, WallPut)
    put.at -= timedelta(minutes=3)
    at_wall.db.flush()
    other = Sorter(at_wall.db, at_wall.floor, at_wall.wall, at_wall.walk, ben)
    assert other.sort(2) == 1
    assert [(put.actor_id, put.state) for put in rows(at_wall.db, WallPut)] == [(ben.id, PutState.PUT)]
    sound(at_wall.db)


# --- undo -------------------------------------------------------------------------------------------------------------


def test_a_unit_in_hand_is_undone_and_its_slot_is_free_again(at_wall):
    at_wall.scan(3)
    said = at_wall.undo()
    assert (said.code, said.values["tote"]) == ("sorting_undone", "T-SHA-1")
    assert at_wall.states == ["free"] * 6
    sound(at_wall.db)
    assert at_wall.sort(0) == 1


def test_the_last_unit_of_all_comes_out_of_its_slot_again(at_wall):
    for sku in (0, 0, 0, 2, 3):
        at_wall.sort(sku)
    at_wall.undo()
    assert [shipment.state for shipment in shipments_of(at_wall.db, at_wall.walk)] == ["picking", "picked", "picked"]
    assert [tote.is_busy for tote in rows(at_wall.db, BatchTote)] == [True]
    sound(at_wall.db)
    assert at_wall.sort(3) == 1
    sound(at_wall.db)


def test_what_is_being_packed_or_older_than_a_minute_cannot_be_undone(at_wall):
    at_wall.sort(2)
    packing.open_tote(at_wall.db, rows(at_wall.db, Station)[0], "W1-01", person(at_wall.db, "Bo"))
    with pytest.raises(Conflict) as refused:
        at_wall.undo()
    assert refused.value.code == "picking.packing_began"
    at_wall.sort(3)
    for put in rows(at_wall.db, WallPut):
        put.at -= timedelta(minutes=2)
    at_wall.db.flush()
    with pytest.raises(Invalid):
        at_wall.undo()


def test_undo_is_everybodys_own(at_wall, ben):
    at_wall.sort(2)
    with pytest.raises(Invalid):
        Sorter(at_wall.db, at_wall.floor, at_wall.wall, at_wall.walk, ben).undo()


# --- packing ----------------------------------------------------------------------------------------------------------


def test_a_slot_is_packed_like_a_tote_but_not_before_it_is_complete(at_wall):
    bench, bo = rows(at_wall.db, Station)[0], person(at_wall.db, "Bo")
    at_wall.sort(0)
    with pytest.raises(Conflict) as refused:
        packing.open_tote(at_wall.db, bench, "W1-01", bo)
    assert refused.value.code == "packing.not_picked"
    at_wall.sort(0)
    at_wall.sort(3)
    (waiting,) = packing_queries.queue_of(at_wall.db, at_wall.walk.warehouse_id)
    assert (waiting.tote, waiting.slot, waiting.hue, waiting.units) == ("W1-01", 1, 1, 3)
    pack = packing.open_tote(at_wall.db, bench, "W1-01", bo)
    assert packing_queries.story_of(at_wall.db, pack).slot == 1
    sound(at_wall.db)


# --- leftovers --------------------------------------------------------------------------------------------------------


def test_missing_units_wait_for_the_next_allocation_and_their_bins_are_counted(at_wall):
    for sku in (0, 0, 2):
        at_wall.sort(sku)
    gone = leftovers.missing(at_wall.db, at_wall.walk.id)
    assert [(one.number, one.units, one.is_all) for one in gone] == [(1, 1, False), (None, 1, True)]
    assert leftovers.report_missing(at_wall.db, at_wall.wall, at_wall.walk.id, 2, at_wall.who) == 2
    assert [shipment.state for shipment in shipments_of(at_wall.db, at_wall.walk)] == ["picked", "cancelled", "picked"]
    assert sorted(task.sku_id for task in rows(at_wall.db, CountTask)) == sorted(
        at_wall.floor.skus[n].id for n in (0, 3)
    )
    assert [tote.is_busy for tote in rows(at_wall.db, BatchTote)] == [False]
    assert at_wall.states == ["complete", "complete"] + ["free"] * 4
    sound(at_wall.db)


def test_missing_units_are_not_reported_twice_nor_behind_somebodys_back(at_wall, ben):
    with pytest.raises(Conflict) as refused:
        leftovers.report_missing(at_wall.db, at_wall.wall, at_wall.walk.id, 4, at_wall.who)
    assert refused.value.code == "picking.sorted_meanwhile"
    Sorter(at_wall.db, at_wall.floor, at_wall.wall, at_wall.walk, ben).scan(2)
    with pytest.raises(Conflict) as refused:
        leftovers.report_missing(at_wall.db, at_wall.wall, at_wall.walk.id, 5, at_wall.who)
    assert (refused.value.code, refused.value.values) == ("picking.unit_with_somebody", {"who": "Ben"})


def test_units_of_a_cancelled_order_are_guided_back_to_their_shelves(at_wall):
    at_wall.sort(0)
    cancel(at_wall.db, shipments_of(at_wall.db, at_wall.walk)[0])
    assert at_wall.scan(3).code == "of_cancelled"
    assert at_wall.states[0] == "cancelled"
    back = leftovers.to_shelve(at_wall.db, at_wall.walk.id)
    assert [(one.where.code, one.number, one.units) for one in back] == [
        ("A01-02-1", None, 1), ("A01-02-1", 1, 1), ("A04-08-3", None, 1),
    ]  # fmt: skip
    with pytest.raises(Invalid):
        leftovers.shelve(at_wall.db, at_wall.wall, at_wall.walk.id, "A01-06-2", at_wall.who)
    assert leftovers.shelve(at_wall.db, at_wall.wall, at_wall.walk.id, "a01-02-1", at_wall.who) == 2
    assert leftovers.shelve(at_wall.db, at_wall.wall, at_wall.walk.id, "A04-08-3", at_wall.who) == 1
    assert at_wall.states == ["free"] * 6
    assert [at_wall.sort(0), at_wall.sort(2)] == [1, 2]
    assert wall_reads.batches(at_wall.db, at_wall.wall) == []
    sound(at_wall.db)


def test_an_order_cancelled_with_a_unit_in_hand_leaves_it_in_the_tote(at_wall):
    at_wall.scan(3)
    cancel(at_wall.db, shipments_of(at_wall.db, at_wall.walk)[0])
    assert at_wall.slot(1).code == "of_cancelled"
    assert at_wall.states == ["free"] * 6
    sound(at_wall.db)


# --- walls ------------------------------------------------------------------------------------------------------------


def test_a_walls_slots_are_totes_of_their_own_and_its_name_is_taken_once(db, floor, ana):
    wall = walls.put_up(db, floor.house.id, "w1", 12, walls.Terms(4, True, 2), ana)
    codes = db.exec(select(Tote.code).join(WallSlot, WallSlot.id == Tote.id).order_by(WallSlot.number)).all()
    assert (codes[0], codes[-1], len(codes)) == ("W1-01", "W1-12", 12)
    assert [slot.row for slot in wall_reads.slots_of(db, wall)] == [1] * 4 + [2] * 4 + [3] * 4
    with pytest.raises(Conflict):
        walls.put_up(db, floor.house.id, "W1", 4, walls.Terms(4, True, 2), ana)
    assert rows(db, WalkTote) == []
    sound(db)


def test_a_walk_nobody_has_may_still_become_a_batch(db, floor, ana):
    walk = floor.walk(db, [{0: 1}, {2: 1}])
    with pytest.raises(Conflict):
        putwall.pick_for_wall(db, walk.id, ana)  # the house has no wall
    walls.put_up(db, floor.house.id, "W1", 6, walls.Terms(3, True, 2), ana)
    assert putwall.pick_for_wall(db, walk.id, ana).mode == "wall"
    service.claim(db, walk.id, ana)
    with pytest.raises(Conflict):
        putwall.pick_for_wall(db, walk.id, ana)


def test_a_batch_with_only_cancelled_goods_in_a_slot_still_stands_on_the_list(db, floor, ana):
    wall, walk, _tote = floor.at_the_wall(db, [{0: 1, 3: 1}, {2: 1}], ana)
    sorter = Sorter(db, floor, wall, walk, ana)
    for sku in (0, 3, 2):
        sorter.sort(sku)
    assert wall_reads.batches(db, wall) == []
    assert wall_reads.to_sort(db, floor.house.id) == 0
    (line, other) = rows(db, ShipmentLine, shipment_id=(gone := shipments_of(db, walk)[0]).id)
    for one in (line, other):  # a later stage's cancellation: what stands in a slot is picked, which the desk refuses
        shipments.shift(db, one.id, picked=-1)
        orders.shift(db, one.order_line_id, cancelled=1)
    shipments.advance(db, gone, ShipmentAction.CANCEL, ana)
    (left,) = wall_reads.batches(db, wall)
    assert left.walk_id == walk.id
    for code in ("A01-02-1", "A04-08-3"):
        leftovers.shelve(db, wall, walk.id, code, ana)
    assert wall_reads.batches(db, wall) == []
    sound(db)
