"""A short report solved in the aisle: each way of the warehouse's rule, shown as it is done, and taken back."""

from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from sqlmodel import select

from floor.care import service as care
from floor.inventory import queries as stock_queries
from floor.inventory import service as inventory
from floor.inventory.models import Reservation, SafetyStock, Warehouse
from floor.inventory.service import Wish
from floor.kit import clock
from floor.kit.actor import SYSTEM
from floor.kit.errors import Conflict, Invalid
from floor.orders.models import Order, OrderLine
from floor.picking import service, short_rules
from floor.picking.models import Walk
from floor.picking.models_shorts import Way
from floor.picking.service import NewPick, NewStop, NewWalk
from floor.picking.states import WalkAction, WalkState
from floor.shipments import queries as shipment_queries
from floor.shipments import service as shipments
from floor.shipments.models import Rate, Shipment, ShipmentLine
from floor.shipments.states import ShipmentAction, ShipmentState
from floor.shipping.papers import slip_of_shipment
from floor.tracking.queries import order_story
from tests.factories import a_bin, a_carrier, a_sku, a_warehouse, stock
from tests.picking.conftest import Picker, a_floor, kept, person, rows, shipments_of, sound
from tests.picking.test_replaying import Phone


def rule(picker: Picker, *ways: Way, detour_m: int = 300) -> None:
    house = picker.db.get_one(type(picker.house), picker.house.id)
    short_rules.change(picker.db, house, ways, detour_m, SYSTEM)


def foreseen(picker: Picker, got: int):
    return service.consequences(picker.db, picker.view, picker.stop, got, service.Why.SHORT)


def state_of_all(db):
    """What undoing must bring back: units of lines, promises, and who holds what."""
    lines = [(one.qty, one.backordered, one.discount_fen) for one in rows(db, OrderLine) if one.qty]
    held = [(one.shipment_id, one.sku_id, one.allocated, one.picked) for one in rows(db, ShipmentLine) if one.allocated]
    promised = sorted((one.bin_id, one.shipment_line_id, one.pending) for one in rows(db, Reservation) if one.pending)
    return lines, held, promised


@pytest.fixture
def two(two_orders, floor):
    """Stop 1 wants 3 units of SKU 0: 2 for slot 1 and 1 for slot 2."""
    two_orders.house = floor.house
    return two_orders


def test_what_is_further_than_the_rule_says_is_left_to_another_walk(two, floor):
    db = two.db
    near, far = a_bin(db, floor.house, "A01-03-1"), a_bin(db, floor.house, "A02-05-1")
    stock(db, near, floor.skus[0], 1)
    stock(db, far, floor.skus[0], 5)
    rule(two, Way.DETOUR, Way.WALK, detour_m=5)
    before = state_of_all(db)
    then = foreseen(two, 0)
    assert [(one.code, one.units) for one in then.detours] == [("A01-03-1", 1)]
    assert [(one.way, one.slot.slot, one.units, one.codes) for one in then.sendings] == [
        (Way.WALK, 1, 1, ("A02-05-1",)), (Way.WALK, 2, 1, ("A02-05-1",)),
    ]  # fmt: skip
    assert not then.waiting
    service.report(db, two.walk.id, two.at.id, 0, service.Why.SHORT, two.who, then.mark)
    sound(db)
    made = [one for one in rows(db, Shipment) if one not in shipments_of(db, two.walk)]
    assert [(one.warehouse_id, one.state, one.run_id) for one in made] == [
        (floor.house.id, ShipmentState.PLANNED, None)
    ] * 2
    assert stock_queries.free_in(db, far.id, floor.skus[0].id) == 3
    assert all(line.backordered == 0 for line in rows(db, OrderLine))
    two.undo()
    assert state_of_all(db) == before
    assert {db.get_one(Shipment, one.id).state for one in made} == {ShipmentState.CANCELLED}
    sound(db)


def test_undo_says_so_when_the_other_shipment_is_being_picked_or_its_walk_goes_with_it(two, floor):
    db = two.db
    stock(db, a_bin(db, floor.house, "A04-10-1"), floor.skus[0], 5)
    rule(two, Way.WALK)
    two.report(1)  # two orders miss a unit each: two shipments
    made = max(rows(db, Shipment), key=lambda one: one.id)
    with db.begin_nested() as point:
        shipments.advance(db, made, ShipmentAction.START_PICK, SYSTEM)
        with pytest.raises(Conflict) as refused:
            two.undo()
        assert refused.value.code == "picking.sent_already"
        point.rollback()
    db.expire_all()
    new = [one for one in rows(db, Shipment) if one.state is ShipmentState.PLANNED]
    lines = [rows(db, ShipmentLine, shipment_id=one.id)[0] for one in new]
    promises = [rows(db, Reservation, shipment_line_id=line.id)[0] for line in lines]
    picks = tuple(
        NewPick(n, line.id, one.id, one.qty) for n, (line, one) in enumerate(zip(lines, promises, strict=True), start=1)
    )
    stop = NewStop(promises[0].bin_id, promises[0].sku_id, 0, picks)
    slots = tuple((n, one.id) for n, one in enumerate(new, start=1))
    plan = NewWalk(floor.house.id, None, slots, (stop,), 0, 1, clock.now(), 5, len(new), 0)
    other = service.create_walk(db, plan, SYSTEM)
    service.advance(db, other, WalkAction.PUBLISH, SYSTEM)
    sound(db)
    two.undo()
    assert db.get_one(Shipment, made.id).state is ShipmentState.CANCELLED
    assert db.get_one(Walk, other.id).state is WalkState.CANCELLED
    sound(db)


def test_what_was_sent_on_gets_a_walk_at_once(app, relay):
    with kept() as db:
        here, ana = a_floor(db), person(db, "Ana")
        stock(db, a_bin(db, here.house, "A04-10-1"), here.skus[0], 5)
        short_rules.change(db, db.get_one(Warehouse, here.house.id), [Way.WALK], 0, SYSTEM)
        Picker(db, here.started(db, [{0: 2}], ana), ana).report(0)
    relay.drain()
    with kept() as db:
        first, second = rows(db, Walk)
        assert (first.state, second.state, second.run_id) == (WalkState.PICKING, WalkState.PUBLISHED, None)
        sound(db)


def test_a_substitute_joins_the_walk_at_the_price_paid_if_the_buyer_agreed(two, floor):
    db = two.db
    other = a_sku(db, "TEE-NAVY-L2", price=10900)
    stock(db, a_bin(db, floor.house, "A01-03-1"), other, 5)
    floor.skus[0].substitute_id = other.id
    first = db.get_one(Order, shipments_of(db, two.walk)[0].order_id)
    line = db.exec(select(OrderLine).where(OrderLine.order_id == first.id, OrderLine.sku_id == floor.skus[0].id)).one()
    line.discount_fen = first.discount_fen = 101
    db.flush()
    assert len(foreseen(two, 0).waiting) == 2  # neither order takes any
    first.takes_substitutes = True
    db.flush()
    before, then = state_of_all(db), foreseen(two, 1)  # the unit there goes to slot 1, promised earliest
    assert [(one.code, one.units, one.substitute.sku_id) for one in then.detours] == [("A01-03-1", 1, other.id)]
    assert [(one.slot.slot, one.units) for one in then.waiting] == [(2, 1)]
    two.report(1)
    sound(db)
    lines = [
        (one.sku_id, one.qty, one.unit_price_fen, one.discount_fen) for one in rows(db, OrderLine, order_id=first.id)
    ]
    assert lines == [(floor.skus[0].id, 1, 9900, 51), (floor.skus[3].id, 8, 9900, 0), (other.id, 1, 9900, 50)]
    two.undo()
    assert state_of_all(db) == before
    two.report(0)  # all of it goes out as something else
    sound(db)
    assert sum(one.qty * one.unit_price_fen for one in rows(db, OrderLine, order_id=first.id)) == first.goods_fen
    two.pick_all()
    sound(db)
    (note,) = [one.note for one in slip_of_shipment(db, shipments_of(db, two.walk)[0]).lines if one.sku == other.code]
    assert floor.skus[0].name in note
    (story,) = order_story(db, first.id)
    assert [sku.code for sku in story.instead.values()] == [floor.skus[0].code]
    assert "TEE-NAVY-L" not in [sku.code for _line, sku in story.lines]


def test_a_cheaper_substitute_is_none(two, floor):
    other = a_sku(two.db, "TEE-NAVY-L2", price=9899)
    stock(two.db, a_bin(two.db, floor.house, "A01-03-1"), other, 5)
    floor.skus[0].substitute_id = other.id
    for order in rows(two.db, Order):
        order.takes_substitutes = True
    two.db.flush()
    assert not foreseen(two, 0).detours


def test_another_warehouse_sends_the_rest_above_its_safety_stock_by_the_cheapest_in_time(two, floor):
    db = two.db
    can = a_warehouse(db, "CAN")
    stock(db, a_bin(db, can, "A01-01-1"), floor.skus[0], 4)
    db.add(SafetyStock(warehouse_id=can.id, sku_id=floor.skus[0].id, qty=2))
    cheap, slow = a_carrier(db, "cheap"), a_carrier(db, "slow")
    for rate in db.exec(select(Rate).where(Rate.warehouse_id == can.id)):
        rate.first_fen = {cheap.id: 900, slow.id: 100}.get(rate.carrier_id, 1000)
        rate.transit_days = 9 if rate.carrier_id == slow.id else 1
    second = db.get_one(Order, shipments_of(db, two.walk)[1].order_id)
    second.gift_wrap = True
    db.flush()
    before, then = state_of_all(db), foreseen(two, 0)
    assert [(one.way, one.slot.slot, one.units, one.house.code, one.carrier_id) for one in then.sendings] == [
        (Way.SPLIT, 1, 2, "CAN", cheap.id)
    ]
    assert [(one.slot.slot, one.units) for one in then.waiting] == [(2, 1)]  # a wrapped gift comes whole
    two.report(0)
    sound(db)
    made = max(rows(db, Shipment), key=lambda one: one.id)
    assert [(line.sku_id, line.allocated) for line, _sku in shipment_queries.lines_of(db, made.id)] == [
        (floor.skus[0].id, 2)
    ]
    two.undo()
    assert state_of_all(db) == before
    second.gift_wrap = False
    rule(two, Way.DETOUR, Way.SUBSTITUTE)
    assert [one.units for one in foreseen(two, 0).waiting] == [2, 1]  # that way is off
    sound(db)


def test_what_was_shown_is_done_or_nothing_is(two, floor):
    """Somebody takes the last unit elsewhere between the sheet and the tap; and a phone in a dead zone looks again."""
    db = two.db
    last = a_bin(db, floor.house, "A02-02-1")
    stock(db, last, floor.skus[0], 1)
    seen = foreseen(two, 2)
    inventory.reserve(db, [Wish(last.id, floor.skus[0].id, 1, note="somebody else")])
    before = state_of_all(db)
    with pytest.raises(Conflict) as refused, db.begin_nested():
        service.report(db, two.walk.id, two.at.id, 2, service.Why.SHORT, two.who, seen.mark)
    assert refused.value.code == "picking.shelves_changed"
    assert state_of_all(db) == before
    with pytest.raises(Invalid):
        service.report(db, two.walk.id, two.at.id, 3, service.Why.SHORT, two.who)
    event = Phone(two).tell("short", 0, 2, why="short")
    assert (event.refused, [one.backordered for one in rows(db, OrderLine) if one.backordered]) == ("", [1])
    sound(db)


def test_an_order_cancelled_while_the_sheet_is_looked_at_is_told_first(two):
    seen = foreseen(two, 0)
    care.cancel(two.db, two.db.get_one(Order, shipments_of(two.db, two.walk)[0].order_id), SYSTEM)
    said = service.report(two.db, two.walk.id, two.at.id, 0, service.Why.SHORT, two.who, seen.mark)
    assert (said.code, two.stop.rest) == ("order_cancelled", 1)
    again = foreseen(two, 0)
    said = service.report(two.db, two.walk.id, two.at.id, 0, service.Why.SHORT, two.who, again.mark)
    assert said.code == "short_reported"
    sound(two.db)


def test_orders_on_hold_send_nothing_out(two, floor):
    db = two.db
    stock(db, a_bin(db, floor.house, "A04-10-1"), floor.skus[0], 5)
    rule(two, Way.WALK, Way.SPLIT)
    for order in rows(db, Order):
        order.state = "held"
    db.flush()
    then = foreseen(two, 0)
    assert (then.sendings, [one.units for one in then.waiting]) == ((), [2, 1])


@contextmanager
def statements(db):
    """How many the database gets."""
    seen: list[str] = []

    def note(_conn, _cursor, statement, *_rest) -> None:
        seen.append(statement)

    engine = db.get_bind().engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


def test_a_report_asks_the_database_as_often_however_many_bins_there_are(two, floor):
    db = two.db
    rule(two, Way.DETOUR, Way.WALK, Way.SPLIT, detour_m=40)
    asked = []
    for number, got in ((1, 2), (9, 2)):
        for bay in range(number, number + 1 if number == 1 else 60):
            stock(db, a_bin(db, floor.house, f"A03-{bay + 20}-1"), floor.skus[0], 1)
        db.expire_all()
        with statements(db) as seen:
            two.report(got)
        asked.append(len(seen))
        two.undo()
    assert asked[1] <= asked[0] + 2
    assert asked[0] < 160
