"""What can be sold: for sale, free, minus what is kept back; in one query that never sees the ledger."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from floor.catalog.models import Tracking
from floor.inventory import availability, lots, service
from floor.inventory.lots import Held
from floor.inventory.models import BinKind, MoveReason, PlaceKind, SafetyStock
from floor.inventory.service import Move, Wish
from floor.kit import clock
from floor.kit.actor import SYSTEM
from tests.factories import a_bin, a_sku, a_warehouse, stock


@pytest.fixture
def world(db):
    """Shirts and cups in two houses: ten on the face and twenty above in SHA, five in CAN, cups only in CAN."""
    sha, can = a_warehouse(db), a_warehouse(db, "CAN")
    face, above = a_bin(db, sha), a_bin(db, sha, "A01-01-5", BinKind.RESERVE)
    there = a_bin(db, can)
    tee, cup = a_sku(db), a_sku(db, "CUP")
    for where, sku, qty in ((face, tee, 10), (above, tee, 20), (there, tee, 5), (there, cup, 7)):
        stock(db, where, sku, qty)
    return {"sha": sha, "can": can, "face": face, "above": above, "there": there, "tee": tee, "cup": cup}


def rows(db, *args):
    return {(r.sku_id, r.warehouse_id): tuple(r)[2:] for r in availability.available(db, *args)}


def test_available_is_free_minus_safety_stock_and_never_below_nothing(db, world):
    tee, cup, sha, can = world["tee"].id, world["cup"].id, world["sha"].id, world["can"].id
    service.reserve(db, [Wish(world["face"].id, tee, 4, shipment_line_id=1)])
    db.add_all([SafetyStock(warehouse_id=sha, sku_id=tee, qty=6), SafetyStock(warehouse_id=can, sku_id=tee, qty=50)])
    db.flush()
    assert rows(db) == {(tee, sha): (30, 4, 0, 6, 20), (tee, can): (5, 0, 0, 50, 0), (cup, can): (7, 0, 0, 0, 7)}
    assert {r.sku_id: r.available for r in availability.per_sku(db)} == {tee: 20, cup: 7}


def test_it_answers_for_some_skus_and_some_houses(db, world):
    tee, cup, sha, can = world["tee"].id, world["cup"].id, world["sha"].id, world["can"].id
    assert rows(db, [cup]).keys() == {(cup, can)}
    assert rows(db, [tee, cup], [can]).keys() == {(tee, can), (cup, can)}
    assert rows(db, [tee], [sha]) == {(tee, sha): (30, 0, 0, 0, 30)}
    assert rows(db, []) == rows(db, None, []) == rows(db, [10**6]) == {}
    assert {r.sku_id: r.available for r in availability.per_sku(db, list(range(9999)), [can])} == {tee: 5, cup: 7}


def test_closed_bins_docks_and_lots_on_hold_cannot_be_sold(db, world):
    tee, sha = world["tee"].id, world["sha"].id
    stock(db, a_bin(db, world["sha"], "A01-02-1", BinKind.DOCK), world["tee"], 100)
    stock(db, a_bin(db, world["sha"], "A01-03-1", BinKind.QUARANTINE), world["tee"], 100)
    world["above"].is_closed = True
    db.add(world["above"])
    tea = a_sku(db, "TEA")
    tea.tracking = Tracking.LOT
    lot = lots.lot_for(db, tea, "L1", clock.now().date() + timedelta(days=90))
    supplier = service.beyond(db, PlaceKind.SUPPLIER, sha)
    moves = [Move(tea.id, 8, supplier, world["face"].id, MoveReason.OPENING, lot_id=lot.id)]
    service.move(db, moves, "opening", 0, SYSTEM)
    lots.hold(db, lot, Held.QUALITY, SYSTEM)
    assert rows(db, [tee, tea.id], [sha]) == {(tee, sha): (10, 0, 0, 0, 10), (tea.id, sha): (8, 0, 8, 0, 0)}


def test_one_query_answers_and_the_ledger_is_not_in_it(db, world):
    seen = []
    listen = ("before_cursor_execute", lambda *args: seen.append(args[2]))
    db.flush()
    sa.event.listen(db.get_bind(), *listen)
    availability.available(db, list(range(1000)))
    availability.per_sku(db)
    sa.event.remove(db.get_bind(), *listen)
    assert len(seen) == 2
    assert not any("ledger" in statement for statement in seen)
