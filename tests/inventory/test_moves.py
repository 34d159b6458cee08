"""Relocate, damage, adjust, put aside: what people do to stock besides shipping it."""

from datetime import timedelta

import pytest
from sqlmodel import col, select

from floor.events.models import AuditEvent
from floor.inventory import books, queries, service
from floor.inventory.models import BinKind, LedgerRow, MoveReason, Reservation
from floor.kit import clock
from floor.kit.actor import SYSTEM
from floor.kit.errors import Conflict, Invalid
from tests.factories import a_bin, a_sku, a_warehouse, stock


@pytest.fixture
def house(db):
    return a_warehouse(db)


@pytest.fixture
def shelf(db, house):
    return a_bin(db, house)


@pytest.fixture
def tee(db, shelf):
    sku = a_sku(db)
    stock(db, shelf, sku, 10)
    return sku


@pytest.fixture(autouse=True)
def books_are_right(db):
    yield
    assert books.broken_balances(db) + books.broken_reservations(db) == []


def test_goods_move_to_another_bin_of_the_same_house(db, house, shelf, tee):
    there = a_bin(db, house, "A02-01-1")
    service.relocate(db, shelf, there, tee.id, 4, SYSTEM)
    assert (queries.balance_of(db, shelf.id, tee.id), queries.balance_of(db, there.id, tee.id)) == (6, 4)
    last = db.exec(select(LedgerRow).order_by(col(LedgerRow.id).desc())).first()
    assert (last.reason, last.qty) == (MoveReason.RELOCATE, 4)


def test_a_closed_bin_another_house_and_the_same_bin_are_refused(db, house, shelf, tee):
    closed = a_bin(db, house, "A02-01-1")
    closed.is_closed = True
    far = a_bin(db, a_warehouse(db, "CAN"), "A02-01-1")
    for target, code in ((closed, "bin_closed"), (far, "other_house"), (shelf, "same_bin")):
        with pytest.raises(Invalid) as refused:
            service.relocate(db, shelf, target, tee.id, 1, SYSTEM)
        assert refused.value.code == f"inventory.{code}"


def test_broken_units_go_to_quarantine_and_are_not_for_sale(db, house, shelf, tee):
    with pytest.raises(Invalid):
        service.damage(db, shelf, tee.id, 1, SYSTEM)
    sick = a_bin(db, house, "A04-01-1", BinKind.QUARANTINE)
    assert service.damage(db, shelf, tee.id, 3, SYSTEM) is sick
    ((_house, _sku, pick, reserve),) = queries.free_stock(db, [tee.id])
    assert (pick, reserve) == (7, 0)


@pytest.mark.parametrize(("change", "reason"), [(2, MoveReason.FOUND), (-2, MoveReason.LOST), (-3, MoveReason.SCRAP)])
def test_an_adjustment_is_a_ledger_row_with_a_reason(db, shelf, tee, change, reason):
    service.adjust(db, shelf, tee.id, change, reason, "fell behind the shelf", SYSTEM)
    assert queries.balance_of(db, shelf.id, tee.id) == 10 + change
    event = db.exec(select(AuditEvent).where(AuditEvent.kind == "inventory.stock.adjusted")).one()
    assert event.data == {"sku": tee.id, "change": change, "why": reason, "note": "fell behind the shelf"}


@pytest.mark.parametrize(
    ("change", "reason"), [(2, MoveReason.LOST), (-2, MoveReason.FOUND), (0, MoveReason.FOUND), (1, MoveReason.PICK)]
)
def test_a_reason_that_does_not_fit_is_refused(db, shelf, tee, change, reason):
    with pytest.raises(Invalid):
        service.adjust(db, shelf, tee.id, change, reason, "", SYSTEM)


def test_units_put_aside_come_back_by_themselves(db, shelf, tee):
    until = clock.now() + timedelta(hours=2)
    aside = service.put_aside(db, shelf, tee.id, 8, until, "Mr Li, 18:00", SYSTEM)
    with pytest.raises(Conflict):
        service.put_aside(db, shelf, tee.id, 3, until, "", SYSTEM)
    assert service.give_back_expired(db, SYSTEM) == 0
    with clock.shifted(timedelta(hours=3)):
        assert service.give_back_expired(db, SYSTEM) == 1
        assert service.give_back_expired(db, SYSTEM) == 0
    assert queries.free_in(db, shelf.id, tee.id) == 10
    assert db.get(Reservation, aside.id, populate_existing=True).pending == 0


def test_units_put_aside_can_be_given_back_early_and_not_in_the_past(db, shelf, tee):
    with pytest.raises(Invalid):
        service.put_aside(db, shelf, tee.id, 1, clock.now(), "", SYSTEM)
    aside = service.put_aside(db, shelf, tee.id, 8, clock.now() + timedelta(hours=2), "", SYSTEM)
    assert service.give_back(db, aside, SYSTEM) == 8
    assert service.give_back(db, aside, SYSTEM) == 0
    assert queries.free_in(db, shelf.id, tee.id) == 10
