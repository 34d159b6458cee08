"""An order cancelled or put on hold while its walk is on a phone: the next scan says so and where its goods go."""

import pytest

from floor.care import service as care
from floor.inventory import queries as stock_queries
from floor.kit.actor import SYSTEM
from floor.kit.errors import Invalid
from floor.orders.models import Order
from floor.people.models import User
from floor.picking import checks, service
from floor.picking.models import WalkTote
from floor.picking.states import WalkState
from tests.picking.conftest import Picker, a_floor, kept, person, rows, shipments_of, sound

#: Scans before the order of tote 1 is cancelled -> units of it in its tote then.
STATES = {
    "nothing scanned": (0, 0),
    "bin scanned": (1, 0),
    "some items in hand": (2, 0),
    "all items in hand": (4, 0),
    "put into its tote": (5, 2),
    "stop done": (6, 2),
    "next bin scanned": (7, 2),
    "two stops done": (9, 2),
}


def order_of(db, walk, n: int) -> Order:
    return db.get_one(Order, shipments_of(db, walk)[n].order_id)


@pytest.mark.parametrize(("scans", "units"), STATES.values(), ids=STATES)
def test_the_next_scan_says_that_an_order_was_cancelled_and_counts_nothing(two_orders, floor, scans, units):
    picker, db = two_orders, two_orders.db
    for _ in range(scans):
        picker.scan(picker.next_code())
    before = [(stop.picked, stop.bin_seen) for stop in picker.view.stops]
    care.cancel(db, order_of(db, picker.walk, 0), SYSTEM)
    said = picker.scan(picker.next_code())
    assert (said.code, said.values) == ("order_cancelled", {"slot": 1, "n": units})
    after = [(stop.picked, stop.bin_seen) for stop in picker.view.stops]
    assert all(was in before for was in after)
    where = [(one.code, one.units, one.label) for one in checks.open_checks(db, picker.walk.id)]
    assert where == ([("A01-02-1", units, "1")] if units else [])
    picker.at = picker.view.after(None)
    picker.pick_all()
    for check in checks.open_checks(db, picker.walk.id):
        service.settle_check(db, picker.walk.id, check.id, check.code, picker.who)
    service.finish(db, picker.walk.id, "L1", picker.who)
    assert stock_queries.balance_of(db, floor.bins[0].id, floor.skus[0].id) == 9
    assert stock_queries.balance_of(db, floor.bins[3].id, floor.skus[3].id) == 10
    sound(db)


def test_it_is_said_once(two_orders):
    care.cancel(two_orders.db, order_of(two_orders.db, two_orders.walk, 0), SYSTEM)
    assert two_orders.scan(two_orders.next_code()).code == "order_cancelled"
    two_orders.at = two_orders.view.after(None)
    assert two_orders.scan(two_orders.next_code()).code == "bin_right"


def test_a_stop_put_aside_and_a_short_one_lose_the_cancelled_order(two_orders):
    picker, db = two_orders, two_orders.db
    picker.scan("CMD-SKIP")
    picker.report(0, service.Why.EMPTY)  # stop 2
    care.cancel(db, order_of(db, picker.walk, 0), SYSTEM)
    assert picker.scan(picker.next_code()).code == "order_cancelled"
    assert [stop.wanted for stop in picker.view.stops if stop.rest] == [1]
    sound(db)


@pytest.mark.parametrize("state", ["published", "claimed", "cart bound", "one tote bound", "picking"])
def test_in_each_state_of_the_walk(sign_in, state):
    """Over HTTP: the answer to the next scan says it."""
    with kept() as world:
        here, who = a_floor(world), person(world, "Ana")
        walk = here.walk(world, [{0: 2}, {1: 1}])
        if state != "published":
            service.claim(world, walk.id, who)
        if state in ("cart bound", "one tote bound", "picking"):
            service.bind_cart(world, walk.id, "C-SHA-1", who)
        if state in ("one tote bound", "picking"):
            service.bind_tote(world, walk.id, "T-SHA-1", who)
        if state == "picking":
            service.bind_tote(world, walk.id, "T-SHA-2", who)
        care.cancel(world, order_of(world, walk, 1), SYSTEM)
        walk_id = walk.id
    person_ = sign_in("Ana")
    if state == "published":
        person_.post(f"/walks/{walk_id}/claim", {})
        assert "1 stop" in person_.get(f"/walks/{walk_id}").text
        return
    code = {"claimed": "C-SHA-1", "picking": "A01-02-1"}.get(state, "T-SHA-3")
    answer = person_.post(f"/walks/{walk_id}/scans", {"code": code, "at": "cart"})
    assert answer.status_code == 422
    assert "Order of tote 2 is cancelled" in answer.text
    assert "Nothing goes into it." in answer.text


def test_when_only_the_cancelled_order_wanted_a_tote_the_picking_begins(db, floor, ana):
    walk = floor.walk(db, [{0: 2}, {1: 1}])
    service.claim(db, walk.id, ana)
    service.bind_cart(db, walk.id, "C-SHA-1", ana)
    service.bind_tote(db, walk.id, "T-SHA-1", ana)
    care.cancel(db, order_of(db, walk, 1), SYSTEM)
    (news,) = service.news_while_loading(db, walk.id, ana)
    assert (news.what, news.slot, walk.state) == ("cancelled", 2, WalkState.PICKING)
    Picker(db, walk, ana).pick_all()
    service.finish(db, walk.id, "L1", ana)
    sound(db)


def test_cancelled_at_the_end_the_lane_waits_for_what_goes_back(two_orders, floor):
    picker, db = two_orders, two_orders.db
    picker.pick_all()
    care.cancel(db, order_of(db, picker.walk, 0), SYSTEM)
    with pytest.raises(Invalid) as refused:
        service.finish(db, picker.walk.id, "L1", picker.who)
    assert refused.value.code == "picking.checks_open"


def test_a_cancelled_order_with_the_next_picker(two_orders, ben):
    picker, db = two_orders, two_orders.db
    for _ in range(6):
        picker.scan(picker.next_code())
    service.hand_over(db, picker.walk.id, db.get_one(User, ben.id).badge, picker.who)
    care.cancel(db, order_of(db, picker.walk, 0), SYSTEM)
    picker.who = ben
    assert picker.scan(picker.next_code()).code == "order_cancelled"
    assert checks.open_checks(db, picker.walk.id)[0].units == 2


def test_an_order_put_on_hold_is_said_once_and_picked_on(two_orders):
    picker, db = two_orders, two_orders.db
    order = order_of(db, picker.walk, 1)
    picker.scan(picker.next_code())
    care.hold(db, order, SYSTEM)
    said = picker.scan(picker.next_code())
    assert (said.code, said.values["slot"]) == ("order_held", 2)
    assert picker.stop.in_hand == 0
    assert picker.scan(picker.next_code()).code == "item_counted"
    care.release(db, order, SYSTEM)
    assert picker.scan(picker.next_code()).code == "item_counted"
    assert {tote.told for tote in rows(db, WalkTote)} == {""}
    picker.pick_all()
    sound(db)
