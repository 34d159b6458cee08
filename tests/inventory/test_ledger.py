"""The stock ledger: double entry, promises, and the identities `flask check` proves."""

import pytest
from sqlmodel import select

from floor.inventory import books, queries, rows, service
from floor.inventory.models import Balance, LedgerRow, MoveReason, Reservation
from floor.inventory.service import Move, Wish
from floor.kit.actor import SYSTEM
from floor.kit.errors import Conflict
from tests.factories import a_bin, a_sku, a_warehouse, stock


def test_a_move_books_both_places_and_the_ledger_agrees(db):
    house = a_warehouse(db)
    here, there, tee = a_bin(db, house, "A01-01-1"), a_bin(db, house, "A01-02-1"), a_sku(db)
    stock(db, here, tee, 10)
    service.move(db, [Move(tee.id, 4, here.id, there.id, MoveReason.PUT_AWAY)], "test", 1, SYSTEM)
    assert (queries.balance_of(db, here.id, tee.id), queries.balance_of(db, there.id, tee.id)) == (6, 4)
    assert books.broken_balances(db) == []


def test_more_than_is_there_cannot_leave(db):
    house = a_warehouse(db)
    here, there, tee = a_bin(db, house, "A01-01-1"), a_bin(db, house, "A01-02-1"), a_sku(db)
    stock(db, here, tee, 3)
    with pytest.raises(Conflict) as refused:
        service.move(db, [Move(tee.id, 4, here.id, there.id, MoveReason.PUT_AWAY)], "test", 1, SYSTEM)
    assert refused.value.code == "inventory.not_enough"


def test_promised_units_cannot_be_promised_or_moved_again(db):
    house = a_warehouse(db)
    here, there, tee = a_bin(db, house, "A01-01-1"), a_bin(db, house, "A01-02-1"), a_sku(db)
    stock(db, here, tee, 3)
    service.reserve(db, [Wish(here.id, tee.id, 2, shipment_line_id=1)])
    with pytest.raises(Conflict):
        service.reserve(db, [Wish(here.id, tee.id, 2, shipment_line_id=2)])
    with pytest.raises(Conflict):
        service.move(db, [Move(tee.id, 2, here.id, there.id, MoveReason.PUT_AWAY)], "test", 1, SYSTEM)
    assert books.broken_reservations(db) == []


def test_take_put_back_and_release_keep_promises_and_shelf_in_step(db):
    house = a_warehouse(db)
    here, tote, tee = a_bin(db, house), a_bin(db, house, "A01-09-1"), a_sku(db)
    stock(db, here, tee, 5)
    promise = service.reserve_one(db, Wish(here.id, tee.id, 4, shipment_line_id=1))
    service.take(db, promise, 3, tote.id, "walk", 1, SYSTEM)
    assert (promise.pending, promise.posted) == (1, 3)
    service.put_back(db, promise, 2, tote.id, "walk", 1, SYSTEM)
    assert (promise.pending, promise.posted) == (3, 1)
    assert service.release(db, promise) == 3
    assert (promise.pending, promise.released) == (0, 3)
    balance = db.get(Balance, (here.id, tee.id), populate_existing=True)
    assert (balance.qty, balance.reserved) == (4, 0)
    assert books.broken_balances(db) == books.broken_reservations(db) == []


def test_taking_more_than_promised_is_refused(db):
    house = a_warehouse(db)
    here, tote, tee = a_bin(db, house), a_bin(db, house, "A01-09-1"), a_sku(db)
    stock(db, here, tee, 5)
    promise = service.reserve_one(db, Wish(here.id, tee.id, 2, shipment_line_id=1))
    with pytest.raises(Conflict):
        service.take(db, promise, 3, tote.id, "walk", 1, SYSTEM)


def test_check_names_a_balance_the_ledger_does_not_explain(db):
    house = a_warehouse(db)
    here, tee = a_bin(db, house), a_sku(db)
    stock(db, here, tee, 5)
    db.get(Balance, (here.id, tee.id)).qty = 7
    db.flush()
    assert books.broken_balances(db) == [f"stock_balance place {here.id} sku {tee.id}: the ledger says -2 more"]


def test_check_names_a_promise_the_balance_forgot(db):
    house = a_warehouse(db)
    here, tee = a_bin(db, house), a_sku(db)
    stock(db, here, tee, 5)
    service.reserve(db, [Wish(here.id, tee.id, 2, shipment_line_id=1)])
    db.exec(select(Reservation)).one().released = 1
    db.flush()
    assert books.broken_reservations(db) == [f"stock_balance place {here.id} sku {tee.id}: promises say -1 more"]


@pytest.mark.parametrize(
    ("text", "model", "made_by_the_database"),
    [
        (rows._BOOK, LedgerRow, {"id"}),
        (rows._PROMISE, Reservation, {"id"}),
        (rows._ARRIVE, Balance, set()),
    ],
)
def test_the_statements_written_by_hand_fill_every_column(text, model, made_by_the_database):
    """docs/decisions/010: a new column of these tables has to be added to floor/inventory/rows.py as well."""
    named = text[text.index("(") + 1 : text.index(")")].replace(",", " ").split()
    assert set(named) == {column.name for column in model.__table__.columns} - made_by_the_database
