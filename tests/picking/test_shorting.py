"""Fewer units than the books say: who gets them, where the rest comes from, and that the books stay true."""

import pytest

from floor.inventory import queries as stock_queries
from floor.inventory.models import Bin, BinKind, CountTask, LedgerRow, PlaceKind
from floor.inventory.service import beyond
from floor.kit.errors import Conflict, Invalid
from floor.orders import service as orders
from floor.orders.models import OrderLine
from floor.picking import service
from floor.picking.models import Pick
from floor.picking.service import Why
from floor.picking.states import StopState
from floor.shipments.models import ShipmentLine
from tests.factories import a_bin, stock
from tests.picking.conftest import Picker, rows, shipments_of, sound


def foreseen(picker: Picker, got: int, why: Why = Why.SHORT):
    return service.consequences(picker.db, picker.view, picker.stop, got, why)


def test_the_order_promised_earliest_gets_what_is_there(two_orders):
    then = foreseen(two_orders, 1)
    assert [(given.slot.label, given.units) for given in then.given] == [("1", 1)]
    assert [(waiting.slot.label, waiting.units) for waiting in then.waiting] == [("1", 1), ("2", 1)]
    assert then.short == 2


def test_another_bin_joins_the_walk_where_it_costs_least(two_orders, floor):
    spare = a_bin(two_orders.db, floor.house, "A02-02-1")
    stock(two_orders.db, spare, floor.skus[0], 5)
    (detour,) = foreseen(two_orders, 1).detours
    assert (detour.code, detour.number, detour.units, detour.is_new) == ("A02-02-1", 2, 2, True)
    two_orders.report(1)
    assert [stop.code for stop in two_orders.view.stops] == ["A01-02-1", "A02-02-1", "A03-04-1", "A04-08-3"]
    assert two_orders.stop.phase == "put"
    sound(two_orders.db)
    two_orders.pick_all()
    assert [line.picked for line in rows(two_orders.db, ShipmentLine)] == [2, 8, 1, 1]
    sound(two_orders.db)


def test_units_are_shared_over_several_bins_smallest_detour_first(two_orders, floor):
    for code, qty in (("A01-01-2", 1), ("A04-04-2", 9)):
        stock(two_orders.db, a_bin(two_orders.db, floor.house, code), floor.skus[0], qty)
    then = foreseen(two_orders, 0, Why.EMPTY)
    assert {detour.code: detour.units for detour in then.detours} == {"A01-01-2": 1, "A04-04-2": 2}
    two_orders.report(0, Why.EMPTY)
    assert [(d.code, d.number) for d in then.detours] == [
        (stop.code, stop.number) for stop in two_orders.view.stops if stop.code in ("A01-01-2", "A04-04-2")
    ]
    two_orders.pick_all()
    sound(two_orders.db)


def test_a_bin_the_walk_visits_anyway_for_the_same_goods_costs_nothing(db, floor, ana):
    spare = a_bin(db, floor.house, "A04-02-1")
    stock(db, spare, floor.skus[0], 6)
    floor.bins.append(spare)
    floor.skus.append(floor.skus[0])
    walk = floor.started(db, [{0: 2}, {4: 1}], ana)
    picker = Picker(db, walk, ana)
    (detour,) = foreseen(picker, 0, Why.EMPTY).detours
    assert (detour.is_new, detour.number) == (False, 2)
    picker.report(0, Why.EMPTY)
    assert [(stop.code, stop.wanted) for stop in picker.view.stops] == [("A01-02-1", 0), ("A04-02-1", 3)]
    picker.pick_all()
    sound(db)


def test_missing_units_go_to_the_lost_place_and_somebody_counts(two_orders, floor):
    db = two_orders.db
    two_orders.report(0, Why.EMPTY)
    lost = beyond(db, PlaceKind.LOST, floor.house.id)
    (row,) = rows(db, LedgerRow, reason="short")
    assert (row.from_place_id, row.to_place_id, row.qty) == (floor.bins[0].id, lost, 3)
    (task,) = rows(db, CountTask)
    assert (task.bin_id, task.reason) == (floor.bins[0].id, "short")
    assert two_orders.view.stops[0].state is StopState.SHORT


def test_damaged_units_go_to_quarantine(two_orders, floor):
    db = two_orders.db
    (red,) = rows(db, Bin, kind=BinKind.QUARANTINE)
    two_orders.report(2, Why.DAMAGED)
    assert stock_queries.balance_of(db, red.id, floor.skus[0].id) == 1
    sound(db)


def test_units_nobody_has_wait_for_the_next_allocation(two_orders, floor):
    two_orders.report(1)
    lines = [line for line in rows(two_orders.db, OrderLine) if line.sku_id == floor.skus[0].id]
    assert [line.backordered for line in lines] == [1, 1]
    sound(two_orders.db)


def test_a_shipment_left_with_nothing_is_cancelled_when_the_walk_ends(db, floor, ana):
    picker = Picker(db, floor.started(db, [{0: 2}, {3: 1}], ana), ana)
    picker.report(0, Why.EMPTY)
    picker.pick_all()
    service.finish(db, picker.walk.id, "L1", ana)
    assert [shipment.state for shipment in shipments_of(db, picker.walk)] == ["cancelled", "picked"]
    assert [tote.is_busy for tote in rows(db, service.WalkTote)] == [False, True]
    sound(db)


def test_on_a_one_tote_walk_the_units_there_are_put_at_once(one_order):
    one_order.report(1)
    assert (one_order.view.stops[0].picked, one_order.view.stops[0].state) == (1, StopState.SHORT)
    sound(one_order.db)


def test_units_already_put_are_not_asked_about_again(two_orders):
    for _ in range(5):
        two_orders.scan(two_orders.next_code())
    assert two_orders.stop.rest == 1
    two_orders.report(0)
    assert (two_orders.view.stops[0].picked, two_orders.view.stops[0].state) == (2, StopState.SHORT)
    sound(two_orders.db)


def test_a_skipped_stop_can_be_reported(two_orders):
    first = two_orders.at
    two_orders.scan("CMD-SKIP")
    two_orders.at = first
    two_orders.report(0, Why.EMPTY)
    assert two_orders.view.stops[0].state is StopState.SHORT
    sound(two_orders.db)


def test_what_cannot_be_is_refused(two_orders):
    for got, code in ((3, "picking.nothing_is_missing"), (4, "picking.number_cannot_be")):
        with pytest.raises(Invalid) as refused:
            two_orders.report(got)
        assert refused.value.code == code


def test_a_stop_already_done_cannot_be_reported(two_orders):
    first = two_orders.at
    for _ in range(6):
        two_orders.scan(two_orders.next_code())
    two_orders.at = first
    with pytest.raises(Conflict):
        two_orders.report(0)


def test_undo_brings_everything_back(two_orders, floor):
    db = two_orders.db
    stock(db, a_bin(db, floor.house, "A02-02-1"), floor.skus[0], 1)
    two_orders.report(1)
    two_orders.undo()
    view = two_orders.view
    assert [(s.code, s.wanted) for s in view.stops] == [("A01-02-1", 3), ("A03-04-1", 1), ("A04-08-3", 8)]
    assert stock_queries.balance_of(db, floor.bins[0].id, floor.skus[0].id) == 10
    assert [line.backordered for line in rows(db, OrderLine)] == [0, 0, 0, 0]
    sound(db)
    two_orders.at = view.stops[0]
    two_orders.pick_all()
    assert all(pick.picked == pick.qty for pick in rows(db, Pick) if not pick.short)
    sound(db)


def test_undo_on_a_one_tote_walk_puts_the_units_back_too(one_order):
    one_order.report(1)
    one_order.undo()
    assert (one_order.stop.number, one_order.stop.rest, one_order.stop.picked) == (1, 2, 0)
    sound(one_order.db)


def test_undo_is_refused_when_the_units_were_allocated_again_meanwhile(two_orders, floor):
    db = two_orders.db
    two_orders.report(0, Why.EMPTY)
    line = next(line for line in rows(db, OrderLine) if line.backordered)
    orders.shift(db, line.id, backordered=-line.backordered, cancelled=line.backordered)
    with pytest.raises(Conflict):
        two_orders.undo()
