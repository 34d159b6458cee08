"""The last step taken back: every kind, the minute, and what cannot be undone."""

from datetime import timedelta

import pytest

from floor.care import service as care
from floor.inventory import queries as stock_queries
from floor.inventory.models import Tote
from floor.kit import clock
from floor.kit.actor import SYSTEM
from floor.kit.errors import Conflict, Invalid
from floor.orders.models import Order
from floor.picking import checks, service
from floor.picking.models import Step, WalkTote
from floor.picking.states import StopState
from tests.picking.conftest import rows, shipments_of, sound


def test_a_bin_an_item_and_a_put_are_undone_one_by_one(two_orders, floor):
    picker, db = two_orders, two_orders.db
    for _ in range(6):
        picker.scan(picker.next_code())
    seen = []
    for _ in range(6):
        picker.undo()
        seen.append((picker.stop.phase, picker.stop.in_hand, picker.stop.picked))
        sound(db)
    assert seen == [("put", 1, 2), ("put", 3, 0), ("item", 2, 0), ("item", 1, 0), ("item", 0, 0), ("bin", 0, 0)]
    assert stock_queries.balance_of(db, floor.bins[0].id, floor.skus[0].id) == 10
    assert len(rows(db, Step)) == 6
    assert all(step.undone_at for step in rows(db, Step))


def test_the_undo_card_does_the_same_as_the_button(two_orders):
    two_orders.scan(two_orders.next_code())
    assert two_orders.scan("CMD-UNDO").code == "undone"
    assert two_orders.stop.phase == "bin"


def test_an_undone_put_of_a_one_tote_walk_returns_the_unit_to_the_shelf(one_order, floor):
    for _ in range(3):
        one_order.scan(one_order.next_code())
    one_order.undo()
    assert (one_order.stop.number, one_order.stop.picked, one_order.stop.rest) == (1, 1, 1)
    assert stock_queries.balance_of(one_order.db, floor.bins[0].id, floor.skus[0].id) == 9
    sound(one_order.db)


def test_an_undone_new_tote_gives_the_old_one_its_place_back(two_orders):
    for _ in range(4):
        two_orders.scan(two_orders.next_code())
    two_orders.scan("T-SHA-7")
    two_orders.undo()
    slot = two_orders.view.slots[0]
    assert (slot.label, slot.tote) == ("1", "T-SHA-1")
    (spare,) = rows(two_orders.db, Tote, code="T-SHA-7")
    assert rows(two_orders.db, WalkTote, tote_id=spare.id) == []
    sound(two_orders.db)


def test_a_skip_is_undone(two_orders):
    two_orders.scan("CMD-SKIP")
    two_orders.undo()
    assert (two_orders.stop.number, two_orders.stop.state, two_orders.stop.skips) == (1, StopState.OPEN, 0)
    two_orders.scan("CMD-SKIP")


def test_only_the_last_minute_can_be_undone(two_orders):
    two_orders.scan(two_orders.next_code())
    with clock.shifted(timedelta(seconds=61)), pytest.raises(Invalid) as refused:
        two_orders.undo()
    assert refused.value.code == "picking.nothing_to_undo"


def test_a_walk_without_steps_has_nothing_to_undo(two_orders):
    with pytest.raises(Invalid):
        two_orders.undo()


def test_a_put_into_a_cancelled_order_cannot_be_undone(two_orders):
    db = two_orders.db
    for _ in range(5):
        two_orders.scan(two_orders.next_code())
    cancel(db, shipments_of(db, two_orders.walk)[0])
    with pytest.raises(Conflict) as refused:
        two_orders.undo()
    assert refused.value.code == "picking.order_is_cancelled"


def cancel(db, shipment):
    """What the service desk does."""
    care.cancel(db, db.get_one(Order, shipment.order_id), SYSTEM)


def test_a_cancelled_order_leaves_the_walk_at_the_next_scan(two_orders):
    db = two_orders.db
    for _ in range(5):
        two_orders.scan(two_orders.next_code())
    cancel(db, shipments_of(db, two_orders.walk)[0])
    said = two_orders.scan(two_orders.next_code())
    assert (said.code, said.values["slot"], said.values["n"]) == ("order_cancelled", 1, 2)
    assert [stop.wanted for stop in two_orders.view.stops] == [3, 1]
    two_orders.at = two_orders.view.after(None)
    two_orders.pick_all()
    assert service.summary(db, two_orders.view).checks == 1
    with pytest.raises(Invalid) as refused:
        service.finish(db, two_orders.walk.id, "L1", two_orders.who)
    assert refused.value.code == "picking.checks_open"
    (check,) = checks.open_checks(db, two_orders.walk.id)
    assert (check.code, check.units, check.label) == ("A01-02-1", 2, "1")
    service.settle_check(db, two_orders.walk.id, check.id, "a01-02-1", two_orders.who)
    service.finish(db, two_orders.walk.id, "L1", two_orders.who)
    assert [tote.is_busy for tote in rows(db, WalkTote)] == [False, True]
    sound(db)


def test_a_walk_whose_only_order_is_cancelled_goes_straight_to_its_end(one_order):
    cancel(one_order.db, shipments_of(one_order.db, one_order.walk)[0])
    one_order.scan(one_order.next_code())
    assert one_order.view.stops == ()
    service.finish(one_order.db, one_order.walk.id, "L1", one_order.who)
    assert [tote.is_busy for tote in rows(one_order.db, WalkTote)] == [False]
