"""Lots, serial numbers, expiry: first expired first out, holds, and the identities of `flask check`."""

from datetime import timedelta

import pytest
from sqlmodel import select

from floor.catalog.models import Tracking
from floor.inventory import books, lots, queries, service
from floor.inventory.lots import Held
from floor.inventory.models import UNNAMED, Balance, BinKind, Lot, LotBalance, MoveReason, PlaceKind
from floor.inventory.service import Move, Wish
from floor.kit import clock
from floor.kit.actor import SYSTEM
from floor.kit.errors import Conflict, Invalid
from tests.factories import a_bin, a_sku, a_warehouse

TODAY = clock.now().date()


@pytest.fixture
def tea(db):
    sku = a_sku(db, "TEA-50")
    sku.tracking, sku.min_life_days = Tracking.LOT, 30
    db.flush()
    return sku


@pytest.fixture
def house(db):
    return a_warehouse(db)


@pytest.fixture
def shelf(db, house):
    return a_bin(db, house)


@pytest.fixture(autouse=True)
def books_are_right(db):
    yield
    assert books.broken_balances(db) + books.broken_reservations(db) == []
    assert books.broken_lots(db) + books.broken_holds(db) == []


def receive(db, where, sku, code, qty, days=None):
    lot = lots.lot_for(db, sku, code, TODAY + timedelta(days=days) if days is not None else None)
    service.receive(db, where, sku.id, qty, SYSTEM, lot_id=lot.id)
    return lot


def lying(db, place_id):
    rows = select(Lot.code, LotBalance.qty).join(Lot).where(LotBalance.place_id == place_id, LotBalance.qty > 0)
    return dict(db.exec(rows).all())


def row(db, where, sku):
    found = db.get(Balance, (where.id, sku.id), populate_existing=True)
    return found.qty, found.reserved, found.held


def test_what_expires_first_leaves_first(db, house, shelf, tea):
    receive(db, shelf, tea, "late", 5, days=300)
    receive(db, shelf, tea, "soon", 3, days=60)
    receive(db, shelf, tea, "never", 9)
    tote = service.new_place(db, PlaceKind.TOTE, house.id)
    promise = service.reserve_one(db, Wish(shelf.id, tea.id, 10, shipment_line_id=1))
    service.take(db, promise, 4, tote, "walk", 1, SYSTEM)
    assert lying(db, tote) == {"SOON": 3, "LATE": 1}
    service.take(db, promise, 6, tote, "walk", 1, SYSTEM)
    assert lying(db, tote) == {"SOON": 3, "LATE": 5, "NEVER": 2}
    service.put_back(db, promise, 3, tote, "walk", 1, SYSTEM)
    assert lying(db, tote) == {"LATE": 5, "NEVER": 2}, "out of a tote, too, what expires first goes first"


def test_a_lot_on_hold_is_not_for_sale_and_is_again_when_released(db, shelf, tea):
    bad = receive(db, shelf, tea, "bad", 6, days=90)
    receive(db, shelf, tea, "good", 4, days=200)
    assert lots.hold(db, bad, Held.QUALITY, SYSTEM) == 0
    assert row(db, shelf, tea) == (10, 0, 6)
    assert queries.free_in(db, shelf.id, tea.id) == 4
    with pytest.raises(Conflict) as refused:
        service.reserve(db, [Wish(shelf.id, tea.id, 5, shipment_line_id=1)])
    assert refused.value.code == "inventory.not_enough"
    with pytest.raises(Conflict):
        lots.hold(db, bad, Held.RECALL, SYSTEM)
    lots.release(db, bad, SYSTEM)
    assert row(db, shelf, tea) == (10, 0, 0)
    service.reserve(db, [Wish(shelf.id, tea.id, 5, shipment_line_id=1)])


def test_a_hold_on_promised_units_refuses_the_picker_and_takes_hold_when_they_are_given_back(db, house, shelf, tea):
    bad = receive(db, shelf, tea, "bad", 6, days=90)
    receive(db, shelf, tea, "good", 2, days=200)
    tote = service.new_place(db, PlaceKind.TOTE, house.id)
    promise = service.reserve_one(db, Wish(shelf.id, tea.id, 5, shipment_line_id=1))
    assert lots.hold(db, bad, Held.RECALL, SYSTEM) == 3, "three of the held units stay promised"
    assert row(db, shelf, tea) == (8, 5, 3)
    service.take(db, promise, 2, tote, "walk", 1, SYSTEM)
    assert lying(db, tote) == {"GOOD": 2}
    with pytest.raises(Conflict) as refused, db.begin_nested():
        service.take(db, promise, 1, tote, "walk", 1, SYSTEM)
    assert refused.value.code == "inventory.lot_on_hold"


def test_units_on_hold_are_held_back_as_soon_as_their_promise_ends(db, shelf, tea):
    bad = receive(db, shelf, tea, "bad", 6, days=90)
    promise = service.reserve_one(db, Wish(shelf.id, tea.id, 5, shipment_line_id=1))
    lots.hold(db, bad, Held.RECALL, SYSTEM)
    assert row(db, shelf, tea) == (6, 5, 1)
    service.release(db, promise)
    assert row(db, shelf, tea) == (6, 0, 6)


def test_a_held_lot_moves_when_it_is_named(db, house, shelf, tea):
    sick = a_bin(db, house, "A01-09-1", BinKind.QUARANTINE)
    bad = receive(db, shelf, tea, "bad", 6, days=90)
    receive(db, shelf, tea, "good", 1, days=200)
    lots.hold(db, bad, Held.QUALITY, SYSTEM)
    with pytest.raises(Conflict):
        service.relocate(db, shelf, sick, tea.id, 2, SYSTEM)
    service.relocate(db, shelf, sick, tea.id, 6, SYSTEM, lot_id=bad.id)
    assert (row(db, shelf, tea), row(db, sick, tea)) == ((1, 0, 0), (6, 0, 6))


def test_old_lots_go_on_hold_by_themselves_and_stay_there(db, shelf, tea):
    old = receive(db, shelf, tea, "old", 6, days=40)
    receive(db, shelf, tea, "fresh", 6, days=400)
    assert lots.expire(db, SYSTEM) == []
    with clock.shifted(timedelta(days=11)):
        assert [lot.code for lot in lots.expire(db, SYSTEM)] == ["OLD"]
        assert lots.expire(db, SYSTEM) == []
        assert row(db, shelf, tea) == (12, 0, 6)
        with pytest.raises(Invalid) as refused:
            lots.release(db, old, SYSTEM)
    assert refused.value.code == "inventory.lot_expired"


def test_a_lot_too_old_on_arrival_is_on_hold_from_the_start(db, shelf, tea):
    old = receive(db, shelf, tea, "old", 6, days=29)
    assert old.hold_reason == Held.EXPIRED
    assert row(db, shelf, tea) == (6, 0, 6)


def test_units_without_a_number_wait_in_the_unnamed_lot(db, house, shelf, tea):
    customer = service.beyond(db, PlaceKind.CUSTOMER, house.id)
    service.move(db, [Move(tea.id, 2, customer, shelf.id, MoveReason.RETURN)], "return", 1, SYSTEM)
    assert lying(db, shelf.id) == {UNNAMED: 2}
    assert row(db, shelf, tea) == (2, 0, 2)
    with pytest.raises(Invalid):
        lots.release(db, lots.lot_called(db, tea.id, UNNAMED), SYSTEM)


def test_a_lot_keeps_the_date_it_was_given(db, tea):
    lots.lot_for(db, tea, "a1", TODAY + timedelta(days=90))
    assert lots.lot_for(db, tea, "A1", None).code == "A1"
    with pytest.raises(Invalid) as refused:
        lots.lot_for(db, tea, "a1", TODAY + timedelta(days=91))
    assert refused.value.code == "inventory.other_expiry"


def test_a_serial_number_is_in_the_house_once(db, house, shelf):
    phone = a_sku(db, "PHONE")
    phone.tracking = Tracking.SERIAL
    db.flush()
    receive(db, shelf, phone, "sn-1", 1)
    other = a_bin(db, house, "A01-02-1")
    with pytest.raises(Conflict) as refused, db.begin_nested():
        receive(db, other, phone, "sn-1", 1)
    assert refused.value.code == "inventory.serial_known"
    with pytest.raises(Conflict), db.begin_nested():
        receive(db, other, phone, "sn-2", 2)
    service.adjust(db, shelf, phone.id, -1, MoveReason.LOST, "", SYSTEM)
    receive(db, other, phone, "sn-1", 1)
    assert lying(db, other.id) == {"SN-1": 1}


def test_check_names_a_lot_its_ledger_does_not_explain(db, shelf, tea):
    lot = receive(db, shelf, tea, "a", 5, days=90)
    db.get(LotBalance, (shelf.id, lot.id)).qty = 4
    db.flush()
    assert books.broken_lots(db) == [
        f"stock_lot_balance place {shelf.id} lot {lot.id}: the ledger says +1 more",
        f"stock_balance place {shelf.id} sku {tea.id}: 5 units, 4 of them in lots",
    ]
    db.get(LotBalance, (shelf.id, lot.id)).qty = 5
    db.get(Balance, (shelf.id, tea.id), populate_existing=True).held = 2
    db.flush()
    assert books.broken_holds(db) == [f"stock_balance place {shelf.id} sku {tea.id}: 2 held back instead of 0"]
    db.get(Balance, (shelf.id, tea.id)).held = 0
    db.flush()


def test_an_empty_bin_says_so_and_not_that_its_lot_is_on_hold(db, house, shelf, tea):
    receive(db, shelf, tea, "A", 1, days=90)
    other = a_bin(db, house, "A01-02-1")
    service.relocate(db, shelf, other, tea.id, 1, SYSTEM)
    with pytest.raises(Conflict) as refused:
        service.relocate(db, shelf, other, tea.id, 1, SYSTEM)
    assert refused.value.code == "inventory.not_enough"
