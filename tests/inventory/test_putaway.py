"""Where goods belong: faces first, room, speed, lots apart; and the walk that brings them there."""

from datetime import timedelta

import pytest

from floor.catalog.models import Tracking
from floor.inventory import books, lots, putaway, queries, relabelling, service, slotting, steps, tracing
from floor.inventory.models import UNNAMED, BinKind, MoveReason, PlaceKind
from floor.inventory.service import Move
from floor.inventory.slotting import Load
from floor.kit import clock
from floor.kit.actor import SYSTEM
from floor.kit.errors import Conflict, Invalid, Unknown
from tests.factories import a_bin, a_sku, a_warehouse, stock
from tests.packing.worlds import person

TODAY = clock.now().date()


@pytest.fixture
def house(db):
    return a_warehouse(db)


@pytest.fixture
def dock(db, house):
    return a_bin(db, house, "A04-10-1", BinKind.DOCK)


@pytest.fixture
def tee(db):
    return a_sku(db)


@pytest.fixture
def ana(db):
    return person(db, "Ana")


@pytest.fixture(autouse=True)
def books_are_right(db):
    yield
    assert books.broken_balances(db) + books.broken_lots(db) + books.broken_holds(db) == []


def spot(db, house, sku, qty=1, lot=None):
    load = Load("k", sku, qty, lot.id if lot else None, lot.expires_on if lot else None)
    found = slotting.suggest(db, house.id, [load]).get("k")
    return (found.where.code, found.units) if found else None


def test_the_pick_face_that_holds_it_comes_first_as_long_as_there_is_room(db, house, tee):
    face, _near = a_bin(db, house, "A03-05-1"), a_bin(db, house, "A01-01-1")
    reserve, _free = a_bin(db, house, "A04-01-4", BinKind.RESERVE), a_bin(db, house, "A01-02-4", BinKind.RESERVE)
    stock(db, face, tee, 4)
    assert spot(db, house, tee, 10) == ("A03-05-1", 10)
    face.capacity_l = 12  # 1.98 litres a piece: six fit, four lie there
    db.flush()
    assert spot(db, house, tee, 10) == ("A03-05-1", 2)
    face.capacity_l, face.max_weight_kg = None, 1  # 200 g a piece
    db.flush()
    assert spot(db, house, tee, 10) == ("A03-05-1", 1)
    stock(db, face, tee, 1)
    assert spot(db, house, tee, 10) == ("A01-02-4", 10), "then reserve storage"
    stock(db, reserve, tee, 1)
    assert spot(db, house, tee, 10) == ("A04-01-4", 10), "the reserve that holds it already"
    face.is_closed = reserve.is_closed = True
    db.flush()
    assert spot(db, house, tee, 10) == ("A01-01-1", 10), "never a closed bin"


def test_fast_goods_go_near_the_depot_and_slow_ones_far(db, house, tee):
    mug, cap = a_sku(db, "MUG"), a_sku(db, "CAP")
    source = a_bin(db, house, "A02-01-1")
    tote = service.new_place(db, PlaceKind.TOTE, house.id)
    for sku, units in ((tee, 9), (mug, 3)):
        stock(db, source, sku, 10)
        service.move(db, [Move(sku.id, units, source.id, tote, MoveReason.PICK)], "walk", 1, SYSTEM)
        service.adjust(db, source, sku.id, units - 10, MoveReason.LOST, "", SYSTEM)
    source.is_closed = True
    for code in ("A01-01-1", "A02-05-1", "A04-09-1"):
        a_bin(db, house, code)
    assert slotting.speed(db, house.id) == {tee.id: 0.0, mug.id: 0.5}
    assert [spot(db, house, sku)[0] for sku in (tee, mug, cap)] == ["A01-01-1", "A02-05-1", "A04-09-1"]
    with clock.shifted(timedelta(days=29)):
        assert slotting.speed(db, house.id) == {}


def test_each_load_finds_the_room_the_ones_before_it_left(db, house, tee):
    mug = a_sku(db, "MUG")
    for code in ("A01-01-1", "A01-02-1"):
        a_bin(db, house, code)
    found = slotting.suggest(db, house.id, [Load("a", tee, 1), Load("b", mug, 1), Load("c", tee, 5)])
    assert found["a"].where.id != found["b"].where.id
    assert found["c"].where.id == found["a"].where.id


def test_lots_that_expire_on_other_days_are_not_mixed_unless_they_are_already(db, house, dock, tee, ana):
    tee.tracking = Tracking.LOT
    db.flush()
    face, other = a_bin(db, house, "A01-01-1"), a_bin(db, house, "A01-02-1")
    first, second, third = (lots.lot_for(db, tee, f"L{n}", TODAY + timedelta(days=90 * n)) for n in (1, 2, 3))
    service.receive(db, face, tee.id, 3, SYSTEM, lot_id=first.id)
    service.receive(db, dock, tee.id, 4, SYSTEM, lot_id=second.id)
    assert spot(db, house, tee, 4, first)[0] == "A01-01-1"
    assert spot(db, house, tee, 4, second)[0] == "A01-02-1"
    (waiting,) = putaway.waiting(db, house.id)
    with pytest.raises(Invalid) as refused:
        putaway.put(db, waiting.key, face.code, 4, ana)
    assert refused.value.code == "inventory.other_dates"
    putaway.put(db, waiting.key, other.code, 4, ana)
    service.receive(db, other, tee.id, 1, SYSTEM, lot_id=first.id)
    assert not slotting.mixes_dates(db, other, tee.id, third)


def test_what_lies_on_docks_is_put_away_once_and_taken_back(db, house, dock, tee, ana):
    face = a_bin(db, house)
    stock(db, dock, tee, 6)
    (stop,) = putaway.walk(db, house.id)
    assert (stop.waiting.qty, stop.spot.where.code, stop.units) == (6, face.code, 6)
    putaway.put(db, stop.waiting.key, "a01-01-1", 4, ana)
    assert queries.free_in(db, face.id, tee.id) == 4
    assert queries.history(db, place_id=face.id)[0].reason is MoveReason.PUT_AWAY
    with pytest.raises(Conflict) as refused, db.begin_nested():
        putaway.put(db, stop.waiting.key, face.code, 3, ana)
    assert refused.value.code == "inventory.put_away_already"
    for code, key, error in (
        ("A04-10-1", stop.waiting.key, Invalid), ("Z99", stop.waiting.key, Invalid), (face.code, "9.9.9", Unknown),
        (face.code, "nothing", Unknown),
    ):  # fmt: skip
        with pytest.raises(error):
            putaway.put(db, key, code, 1, ana)
    putaway.undo(db, ana)
    assert (queries.balance_of(db, face.id, tee.id), queries.balance_of(db, dock.id, tee.id)) == (0, 6)
    with pytest.raises(Invalid):
        putaway.undo(db, ana)


def test_lots_on_hold_do_not_wait_for_a_shelf(db, house, dock, tee):
    tee.tracking = Tracking.LOT
    db.flush()
    good, old = (lots.lot_for(db, tee, code, TODAY + timedelta(days=n)) for code, n in (("GOOD", 90), ("OLD", -1)))
    for lot in (good, old):
        service.receive(db, dock, tee.id, 3, SYSTEM, lot_id=lot.id)
    assert [(one.lot.code, one.qty) for one in putaway.waiting(db, None)] == [("GOOD", 3)]


def test_the_walk_goes_up_one_aisle_and_down_the_next(db, house):
    bins = {code: a_bin(db, house, code) for code in ("A02-01-1", "A01-03-1", "A02-09-1", "A01-01-2", "A01-01-1")}
    order = ["A01-01-1", "A01-01-2", "A01-03-1", "A02-09-1", "A02-01-1"]
    assert slotting.in_walking_order(bins) == order


def test_relocated_units_come_back_with_their_lots(db, house, tee, ana):
    tee.tracking = Tracking.LOT
    db.flush()
    here, there = a_bin(db, house, "A01-01-1"), a_bin(db, house, "A01-02-1")
    for code, days in (("A", 60), ("B", 90)):
        lot = lots.lot_for(db, tee, code, TODAY + timedelta(days=days))
        service.receive(db, here, tee.id, 3, SYSTEM, lot_id=lot.id)
    service.relocate(db, here, there, tee.id, 4, ana)
    assert [(lot.code, n) for lot, n in tracing.lots_in(db, there.id)[tee.id]] == [("A", 3), ("B", 1)]
    steps.take_back(db, ("inventory.stock.relocated",), ana)
    assert [(lot.code, n) for lot, n in tracing.lots_in(db, here.id)[tee.id]] == [("A", 3), ("B", 3)]


# --- lots: naming, tracing ---------------------------------------------------------------------------------------


def test_units_without_a_number_get_the_one_found_on_them(db, house, tee, ana):
    tee.tracking = Tracking.LOT
    db.flush()
    shelf = a_bin(db, house)
    outside = service.beyond(db, PlaceKind.CUSTOMER, house.id)
    service.move(db, [Move(tee.id, 5, outside, shelf.id, MoveReason.RETURN)], "return", 1, SYSTEM)
    assert queries.free_in(db, shelf.id, tee.id) == 0
    lot = relabelling.relabel(db, shelf, tee, 3, "l-9", TODAY + timedelta(days=99), ana)
    assert {one.code: n for one, n in tracing.lots_in(db, shelf.id)[tee.id]} == {"L-9": 3, UNNAMED: 2}
    assert queries.free_in(db, shelf.id, tee.id) == 3
    for qty, code, error in ((3, "X", "inventory.not_so_many"), (1, "?", "inventory.lot_needed")):
        with pytest.raises(Invalid) as refused:
            relabelling.relabel(db, shelf, tee, qty, code, None, ana)
        assert refused.value.code == error
    assert [row.units for row in tracing.went_to(db, lot)] == []
    assert [(one.name.code, one.qty) for one in tracing.whereabouts_of(db, lot)] == [(shelf.code, 3)]


def test_a_recall_finds_where_the_units_went(db, house, tee):
    tee.tracking = Tracking.LOT
    db.flush()
    shelf = a_bin(db, house)
    lot = lots.lot_for(db, tee, "L1", None)
    service.receive(db, shelf, tee.id, 5, SYSTEM, lot_id=lot.id)
    tote = service.new_place(db, PlaceKind.PARCEL, house.id)
    service.move(db, [Move(tee.id, 2, shelf.id, tote, MoveReason.PICK)], "walk", 7, SYSTEM)
    customer = service.beyond(db, PlaceKind.CUSTOMER, house.id)
    service.move(db, [Move(tee.id, 2, tote, customer, MoveReason.SHIP)], "parcel", tote, SYSTEM)
    found = [(one.name.kind, one.subject, one.subject_id, one.units) for one in tracing.went_to(db, lot)]
    assert found == [("customer", "parcel", tote, 2), ("parcel", "walk", 7, 2)]
    assert [(one.code, n) for one, n in tracing.lots_of_sku(db, tee.id)] == [("L1", 3)]
    assert [(one.code, sku.id) for one, sku in tracing.lots_called(db, "l1")] == [("L1", tee.id)]
