"""From warehouse to warehouse: planned, loaded, on the road, received, written off; and the identity of the road."""

from datetime import timedelta

import pytest

from floor.catalog.models import Tracking
from floor.inventory import books, inbound, lots, queries, service, transfers
from floor.inventory.models import BinKind, MoveReason, PlaceKind
from floor.inventory.service import Move, Wish
from floor.inventory.states import TransferState
from floor.inventory.transfers import NewTransfer
from floor.kit import clock
from floor.kit.actor import SYSTEM
from floor.kit.errors import Conflict, Invalid, Unknown
from tests.factories import a_bin, a_sku, a_warehouse, stock
from tests.packing.worlds import person

TODAY = clock.now().date()


@pytest.fixture
def sha(db):
    return a_warehouse(db)


@pytest.fixture
def can(db):
    return a_warehouse(db, "CAN")


@pytest.fixture
def dock(db, can):
    return a_bin(db, can, "A04-01-1", BinKind.DOCK)


@pytest.fixture
def shelf(db, sha):
    return a_bin(db, sha)


@pytest.fixture
def tee(db, shelf):
    sku = a_sku(db)
    stock(db, shelf, sku, 20)
    return sku


@pytest.fixture
def ana(db):
    return person(db, "Ana")


@pytest.fixture
def transfer(db, sha, can, dock, tee, ana):
    return transfers.plan(db, NewTransfer(sha.id, can.id, {tee.id: 8}, "for the sale"), ana)


@pytest.fixture(autouse=True)
def books_are_right(db):
    yield
    assert books.broken_balances(db) + books.broken_lots(db) + books.broken_holds(db) == []
    assert books.broken_transfers(db) == []


def road(db, transfer, sku):
    return queries.balance_of(db, transfers.on_the_road(db, transfer), sku.id)


def test_a_plan_moves_nothing_and_refuses_nonsense(db, sha, can, transfer, tee, ana):
    assert (transfer.number, transfer.state, road(db, transfer, tee)) == ("TR-0001", TransferState.DRAFT, 0)
    for new, error in (
        (NewTransfer(sha.id, sha.id, {tee.id: 1}), Invalid),
        (NewTransfer(sha.id, 999, {tee.id: 1}), Unknown),
        (NewTransfer(sha.id, can.id, {}), Invalid),
        (NewTransfer(sha.id, can.id, {tee.id: 0}), Invalid),
    ):
        with pytest.raises(error):
            transfers.plan(db, new, ana)


def test_units_are_loaded_sent_received_and_the_last_one_closes_it(db, transfer, shelf, dock, tee, ana):
    transfers.load(db, transfer, shelf, tee.id, 8, ana)
    transfers.send(db, transfer, ana)
    assert (queries.balance_of(db, shelf.id, tee.id), road(db, transfer, tee)) == (12, 8)
    transfers.receive(db, transfer, tee, 5, ana)
    assert (transfer.state, road(db, transfer, tee)) == (TransferState.SENT, 3)
    transfers.receive(db, transfer, tee, 3, ana)
    assert (transfer.state, road(db, transfer, tee)) == (TransferState.CLOSED, 0)
    assert queries.balance_of(db, dock.id, tee.id) == 8


def test_no_more_is_loaded_than_wanted_nor_from_another_house_nor_promised_units(db, can, transfer, shelf, tee, ana):
    mug = a_sku(db, "MUG")
    for where, sku, qty, code in (
        (shelf, tee, 9, "inventory.not_so_many"),
        (a_bin(db, can), tee, 1, "inventory.not_this_house"),
        (shelf, mug, 1, "inventory.not_in_transfer"),
    ):
        with pytest.raises(Invalid) as refused:
            transfers.load(db, transfer, where, sku.id, qty, ana)
        assert refused.value.code == code
    service.reserve(db, [Wish(shelf.id, tee.id, 15, shipment_line_id=1)])
    with pytest.raises(Conflict), db.begin_nested():
        transfers.load(db, transfer, shelf, tee.id, 6, ana)


def test_the_rest_is_loaded_by_the_books_reserve_first_and_what_is_not_there_is_told(
    db, sha, transfer, shelf, tee, ana
):
    reserve = a_bin(db, sha, "A03-01-1", BinKind.RESERVE)
    stock(db, reserve, tee, 3)
    assert transfers.load_rest(db, transfer, ana) == 0
    assert [queries.balance_of(db, where.id, tee.id) for where in (reserve, shelf)] == [0, 15]
    other = transfers.plan(db, NewTransfer(sha.id, transfer.to_warehouse_id, {tee.id: 40}), ana)
    assert transfers.load_rest(db, other, ana) == 25
    transfers.send(db, other, ana)
    assert other.state is TransferState.SENT


def test_an_empty_lorry_does_not_leave_and_a_loaded_one_is_not_cancelled(db, transfer, shelf, tee, ana):
    with pytest.raises(Invalid):
        transfers.send(db, transfer, ana)
    transfers.load(db, transfer, shelf, tee.id, 3, ana)
    transfers.load(db, transfer, shelf, tee.id, 2, ana)
    with pytest.raises(Invalid):
        transfers.cancel(db, transfer, ana)
    assert transfers.unload(db, transfer, ana) == 5
    assert queries.balance_of(db, shelf.id, tee.id) == 20
    with pytest.raises(Invalid) as refused:
        transfers.undo(db, transfer, ana)
    assert refused.value.code == "inventory.nothing_to_undo", "what was unloaded cannot be taken back once more"
    transfers.cancel(db, transfer, ana)
    with pytest.raises(Conflict):
        transfers.load(db, transfer, shelf, tee.id, 1, ana)


def test_steps_are_taken_back_even_the_one_that_closed_it(db, transfer, shelf, dock, tee, ana):
    transfers.load(db, transfer, shelf, tee.id, 3, ana)
    transfers.load(db, transfer, shelf, tee.id, 2, ana)
    transfers.undo(db, transfer, ana)
    assert transfers.line_of(db, transfer, tee.id).sent == 3
    transfers.send(db, transfer, ana)
    transfers.receive(db, transfer, tee, 4, ana)
    line = transfers.line_of(db, transfer, tee.id)
    assert (line.received, line.extra, transfer.state) == (3, 1, TransferState.CLOSED)
    transfers.undo(db, transfer, ana)
    line = transfers.line_of(db, transfer, tee.id)
    assert (line.received, line.extra, transfer.state, road(db, transfer, tee)) == (0, 0, TransferState.SENT, 3)
    assert queries.balance_of(db, dock.id, tee.id) == 0


def test_missing_units_stay_on_the_road_until_they_are_written_off_with_a_reason(db, transfer, shelf, tee, ana):
    transfers.load(db, transfer, shelf, tee.id, 8, ana)
    transfers.send(db, transfer, ana)
    transfers.receive(db, transfer, tee, 6, ana)
    with pytest.raises(Invalid) as refused:
        transfers.write_off(db, transfer, tee.id, 1, " ", ana)
    assert refused.value.code == "inventory.say_why"
    with pytest.raises(Invalid):
        transfers.write_off(db, transfer, tee.id, 3, "fell off", ana)
    transfers.write_off(db, transfer, tee.id, 2, "fell off", ana)
    assert transfer.state is TransferState.CLOSED


def test_lots_travel_by_name_and_each_transfer_keeps_its_own(db, sha, can, dock, shelf, ana):
    tea = a_sku(db, "TEA")
    tea.tracking = Tracking.LOT
    db.flush()
    for code, days in (("SOON", 60), ("LATE", 300)):
        lot = lots.lot_for(db, tea, code, TODAY + timedelta(days=days))
        service.receive(db, shelf, tea.id, 5, SYSTEM, lot_id=lot.id)
    first, second = (transfers.plan(db, NewTransfer(sha.id, can.id, {tea.id: n}), ana) for n in (4, 6))
    for transfer in (first, second):
        transfers.load_rest(db, transfer, ana)
        transfers.send(db, transfer, ana)
    soon, late = (lots.lot_called(db, tea.id, code) for code in ("SOON", "LATE"))
    assert transfers.aboard(db, first, tea.id) == {soon.id: 4}
    assert transfers.aboard(db, second, tea.id) == {soon.id: 1, late.id: 5}
    transfers.receive(db, second, tea, 2, ana, late)
    transfers.receive(db, second, tea, 2, ana)
    assert transfers.aboard(db, second, tea.id) == {late.id: 2}
    with pytest.raises(Invalid) as refused:
        transfers.receive(db, second, tea, 3, ana)
    assert refused.value.code == "inventory.lot_needed"
    transfers.receive(db, second, tea, 3, ana, late)
    assert transfers.line_of(db, second, tea.id).extra == 1


def test_the_list_shows_a_houses_transfers_both_ways(db, transfer, shelf, tee, ana):
    transfers.load(db, transfer, shelf, tee.id, 5, ana)
    for site in ("SHA", "CAN", ""):
        (row,) = inbound.transfers(db, site)
        assert (row.origin, row.target, row.wanted, row.on_the_road) == ("SHA", "CAN", 8, 5)
    assert inbound.transfers(db, "CTU") == []
    assert inbound.transfers(db, states=(TransferState.SENT,)) == []
    assert inbound.transfer_called(db, "tr-0001").id == transfer.id


def test_check_names_units_on_the_road_that_nobody_sent(db, sha, can, transfer, tee, shelf, ana):
    road = service.beyond(db, PlaceKind.TRANSIT, can.id)
    service.move(db, [Move(tee.id, 2, shelf.id, road, MoveReason.TRANSFER)], "nobody", 0, ana)
    wrong = books.broken_transfers(db)
    assert wrong == [f"on the road to warehouse {can.id} sku {tee.id}: +2 more than sent - received - lost"]
    line = transfers.line_of(db, transfer, tee.id)
    line.sent = 2
    db.flush()
