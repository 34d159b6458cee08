"""The caches of stock can be thrown away: ledger, promises and lots make them anew, row for row."""

import pytest
import sqlalchemy as sa
from sqlmodel import Session, select

from floor import wiring
from floor.catalog.models import Tracking
from floor.inventory import books, lots, service
from floor.inventory.books import Stale
from floor.inventory.lots import Held
from floor.inventory.models import Balance, LedgerRow, LotBalance, MoveReason, PlaceKind
from floor.inventory.service import Move, Wish
from floor.kit.actor import SYSTEM
from floor.kit.uow import unit_of_work
from tests.factories import a_bin, a_sku, a_warehouse, stock


@pytest.fixture
def lived(db):
    """Units on shelves, promised, in a tote; a lot on hold with more units than are free; a lot that left."""
    house = a_warehouse(db)
    shelf, other = a_bin(db, house), a_bin(db, house, "A01-02-1")
    tee, tea = a_sku(db), a_sku(db, "TEA")
    tea.tracking = Tracking.LOT
    db.flush()
    stock(db, shelf, tee, 10)
    good, bad = lots.lot_for(db, tea, "good", None), lots.lot_for(db, tea, "bad", None)
    service.receive(db, shelf, tea.id, 4, SYSTEM, lot_id=good.id)
    service.receive(db, shelf, tea.id, 5, SYSTEM, lot_id=bad.id)
    service.receive(db, other, tea.id, 3, SYSTEM, lot_id=bad.id)
    tote = service.new_place(db, PlaceKind.TOTE, house.id)
    wishes = [Wish(shelf.id, tee.id, 6, shipment_line_id=1), Wish(shelf.id, tea.id, 7, shipment_line_id=2)]
    for wish in wishes:
        service.take(db, service.reserve_one(db, wish), 2, tote, "walk", 1, SYSTEM)
    lots.hold(db, bad, Held.RECALL, SYSTEM)
    customer = service.beyond(db, PlaceKind.CUSTOMER, house.id)
    service.move(db, [Move(tea.id, 1, tote, customer, MoveReason.SHIP)], "manifest", 1, SYSTEM)
    return shelf, tee, tea, bad


def caches(db: Session) -> list:
    db.flush()
    rows = [db.execute(sa.select(model.__table__)).all() for model in (Balance, LotBalance)]
    return [sorted(map(tuple, some)) for some in rows]


def test_nothing_is_written_where_the_caches_are_right(db, lived):
    before = caches(db)
    assert (books.stale(db), books.rebuild(db)) == ([], 0)
    assert caches(db) == before


def test_corrupted_and_lost_rows_come_back_as_they_were(db, lived):
    before = caches(db)
    shelf, tee, tea, bad = lived
    db.execute(sa.update(Balance).where(Balance.sku_id == tee.id).values(qty=99, reserved=1, held=2))
    db.execute(sa.delete(LotBalance).where(LotBalance.lot_id == bad.id))
    db.execute(sa.update(Balance).where(Balance.place_id == shelf.id, Balance.sku_id == tea.id).values(held=0))
    wrong = books.stale(db)
    assert Stale("stock_lot_balance", (shelf.id, bad.id), (0,), (5,)) in wrong
    assert Stale("stock_balance", (shelf.id, tee.id), (99, 1, 2), (8, 4, 0)) in wrong
    assert Stale("stock_balance", (shelf.id, tea.id), (7, 5, 0), (7, 5, 2)) in wrong
    assert books.rebuild(db) == len(wrong) == 5
    assert caches(db) == before


def test_all_caches_gone_come_back_as_they_were(db, lived):
    before = [[row for row in table if any(row[2:])] for table in caches(db)]
    db.execute(sa.delete(Balance))
    db.execute(sa.delete(LotBalance))
    assert books.rebuild(db) == sum(map(len, before))
    assert caches(db) == before
    assert [check(db) for check in (books.broken_balances, books.broken_reservations, books.broken_lots)] == [[]] * 3
    assert books.broken_holds(db) == []


def test_a_ledger_that_cannot_be_is_not_believed(db, lived):
    shelf, tee, *_ = lived
    beyond = service.beyond(db, PlaceKind.LOST, shelf.warehouse_id)
    row = {"sku_id": tee.id, "qty": 50, "from_place_id": shelf.id, "to_place_id": beyond, "reason": MoveReason.LOST}
    db.execute(sa.insert(LedgerRow), [row])
    with pytest.raises(sa.exc.IntegrityError), db.begin_nested():
        books.rebuild(db)


def test_the_command_lists_what_is_wrong_and_mends_it(app):
    with unit_of_work() as db:
        house = a_warehouse(db)
        shelf, tee = a_bin(db, house), a_sku(db)
        stock(db, shelf, tee, 10)
        key = shelf.id, tee.id
    run = app.test_cli_runner().invoke
    assert (done := run(args=["stock", "rebuild", "--dry-run"])).exit_code == 0, done.output
    with unit_of_work() as db:
        db.get_one(Balance, key).qty = 7
    done = run(args=["stock", "rebuild", "--dry-run"])
    assert (done.exit_code, done.output) == (
        1, f"stock_balance {key}: (7, 0, 0) -> (10, 0, 0)\nwould write 1 rows\n"
    )  # fmt: skip
    assert run(args=["stock", "rebuild"]).output == "1 rows written\n"
    assert run(args=["stock", "rebuild"]).output == "0 rows written\n"
    with unit_of_work() as db:
        assert db.exec(select(Balance.qty).where(Balance.place_id == key[0])).all() == [10]
        assert [rows for find in wiring.CHECKS.values() for rows in find(db)] == []
