"""The supervisor's board: walks and cut-offs, walks given to others, urgent orders, and pace without shame."""

from datetime import timedelta

import pytest

from floor.kit import clock
from floor.kit.errors import Conflict, Invalid
from floor.people import service as people
from floor.people.models import Role
from floor.picking import board, queries, rates, reassigning, service, urgent
from floor.picking.models import Pick, Stop, WalkTote
from floor.picking.rates import Done
from floor.picking.states import WalkMode, WalkState
from floor.shipments.states import ShipmentState
from tests.cast import PIN
from tests.factories import a_planned_shipment, an_order
from tests.picking.conftest import Picker, person, rows, shipments_of, sound


@pytest.fixture
def dai(db):
    return person(db, "Dai")


# --- a walk for somebody ----------------------------------------------------------------------------------------------


def test_a_free_walk_is_given_and_its_orders_are_being_picked(db, floor, ben, dai):
    walk = floor.walk(db, [{0: 1}, {2: 1}])
    reassigning.assign(db, walk.id, ben.id, dai)
    assert (walk.state, walk.picker_id) == (WalkState.CLAIMED, ben.id)
    assert {shipment.state for shipment in shipments_of(db, walk)} == {ShipmentState.PICKING}
    sound(db)


def test_a_walk_without_totes_changes_hands_at_once(db, floor, ana, ben, dai):
    walk = floor.walk(db, [{0: 1}])
    service.claim(db, walk.id, ana)
    service.bind_cart(db, walk.id, "C-SHA-1", ana)
    reassigning.assign(db, walk.id, ben.id, dai)
    assert queries.active_walk(db, ana.id) is None
    service.bind_tote(db, walk.id, "T-SHA-1", ben)
    assert walk.state is WalkState.PICKING


def test_a_walk_with_totes_is_asked_for_and_goes_by_the_badge(db, floor, ana, ben, dai):
    walk = floor.started(db, [{0: 1}, {2: 1}], ana)
    with pytest.raises(Conflict) as refused:
        reassigning.assign(db, walk.id, ben.id, dai)
    assert refused.value.code == "picking.not_now"
    reassigning.ask_to_hand_over(db, walk.id, ben.id, dai)
    assert queries.walk_view(db, walk.id).asked_for == "Ben"
    assert walk.picker_id == ana.id
    service.hand_over(db, walk.id, "B-1002", ana)
    assert (walk.picker_id, walk.handover_to_id) == (ben.id, None)


def test_totes_bound_but_nothing_picked_is_asked_for_too(db, floor, ana, ben, dai):
    walk = floor.walk(db, [{0: 1}, {2: 1}])
    service.claim(db, walk.id, ana)
    service.bind_cart(db, walk.id, "C-SHA-1", ana)
    service.bind_tote(db, walk.id, "T-SHA-1", ana)
    with pytest.raises(Conflict) as refused:
        reassigning.assign(db, walk.id, ben.id, dai)
    assert refused.value.code == "picking.carries_totes"


def test_nobody_gets_two_walks_and_packers_get_none(db, floor, ana, ben, dai):
    first, second = floor.walk(db, [{0: 1}]), floor.walk(db, [{2: 1}])
    service.claim(db, first.id, ben)
    with pytest.raises(Invalid) as refused:
        reassigning.assign(db, second.id, ben.id, dai)
    assert refused.value.code == "picking.badge_has_walk"
    with pytest.raises(Invalid) as refused:
        reassigning.assign(db, second.id, person(db, "Bo").id, dai)
    assert refused.value.code == "picking.badge_cannot_pick"
    assert [(user.name, busy) for user, busy in reassigning.choices(db, second)] == [("Ana", False), ("Ben", True)]


def test_a_wish_can_be_taken_back_and_ends_when_the_walk_is_given_back(db, floor, ana, ben, dai):
    walk = floor.walk(db, [{0: 1}])
    service.claim(db, walk.id, ana)
    reassigning.ask_to_hand_over(db, walk.id, ben.id, dai)
    reassigning.withdraw(db, walk.id, dai)
    reassigning.withdraw(db, walk.id, dai)
    assert queries.walk_view(db, walk.id).asked_for == ""
    reassigning.ask_to_hand_over(db, walk.id, ben.id, dai)
    service.let_go(db, walk.id, ana)
    assert walk.handover_to_id is None


# --- an urgent order --------------------------------------------------------------------------------------------------


def waiting(db, floor, want: dict[int, int], hours: int = 1):
    order = an_order(
        db, [(floor.skus[n], qty) for n, qty in want.items()], promised_at=clock.now() + timedelta(hours=hours)
    )
    return a_planned_shipment(db, order, [(floor.bins[n], floor.skus[n], q) for n, q in want.items()], floor.carrier)


def test_an_urgent_order_joins_at_a_stop_the_walk_makes_anyway(db, floor, ana, dai):
    walk = floor.started(db, [{0: 1, 3: 1}], ana)
    shipment = waiting(db, floor, {3: 2})
    (join,) = urgent.joins(db, shipment)
    assert (join.extra_mm, join.new_stops, join.units) == (0, 0, 2)
    urgent.insert(db, shipment.id, walk.id, dai)
    assert shipment.state is ShipmentState.PICKING
    assert [stop.wanted for stop in queries.walk_view(db, walk.id).stops] == [1, 3]
    sound(db)


def test_its_bin_is_put_where_it_costs_least_and_a_tote_is_asked_for_there(db, floor, ana, dai):
    walk = floor.started(db, [{0: 1, 3: 1}], ana)
    shipment = waiting(db, floor, {1: 2})
    (join,) = urgent.joins(db, shipment)
    assert [(extra.code, extra.after, extra.stop_id) for extra in join.extras] == [("A01-06-2", 1, None)]
    view = queries.walk_view(db, walk.id)
    first, last, spot = view.stops[0].spot, view.stops[1].spot, (floor.bins[1].x_mm, floor.bins[1].y_mm)
    detour = view.floor.walk_mm(first, spot) + view.floor.walk_mm(spot, last) - view.floor.walk_mm(first, last)
    assert join.extra_mm == detour
    urgent.insert(db, shipment.id, walk.id, dai)
    assert [stop.code for stop in queries.walk_view(db, walk.id).stops] == ["A01-02-1", "A01-06-2", "A04-08-3"]
    picker = Picker(db, walk, ana)
    for code in ("A01-02-1", floor.code(0), picker.stop.puts[0].slot.tote, "A01-06-2", floor.code(1), floor.code(1)):
        picker.scan(code)
    assert picker.stop.puts[0].slot.tote == ""
    fresh = floor.free_totes(db)[0].code
    assert picker.scan(fresh).code == "put_done"
    picker.pick_all()
    service.finish(db, walk.id, "L1", ana)
    assert {one.state for one in shipments_of(db, walk)} == {ShipmentState.PICKED}
    assert {tote.part for tote in rows(db, WalkTote)} == {0}
    sound(db)


def test_a_put_into_the_new_tote_can_be_undone(db, floor, ana, dai):
    walk = floor.started(db, [{0: 1}], ana)
    shipment = waiting(db, floor, {0: 1})
    urgent.insert(db, shipment.id, walk.id, dai)
    picker = Picker(db, walk, ana)
    first = picker.stop.puts[0].slot.tote
    for code in ("A01-02-1", floor.code(0), floor.code(0), first, floor.free_totes(db)[0].code):
        picker.scan(code)
    assert picker.at is None
    picker.at = picker.view.stops[0]
    picker.undo()
    assert picker.stop.phase == "put"
    sound(db)
    picker.pick_all()
    sound(db)


def test_two_units_of_two_new_bins_make_two_stops_and_one_number_each(db, floor, ana, dai):
    walk = floor.started(db, [{0: 1}], ana)
    shipment = waiting(db, floor, {1: 1, 3: 1})
    urgent.insert(db, shipment.id, walk.id, dai)
    assert sorted(stop.position for stop in rows(db, Stop, walk_id=walk.id)) == [1, 2, 3]
    assert len(rows(db, Pick)) == 3
    sound(db)


def test_a_batch_takes_an_urgent_order_without_a_tote_of_its_own(db, floor, ana, dai):
    walk = floor.batch(db, [{0: 1}, {2: 1}], ana)
    shipment = waiting(db, floor, {0: 1})
    urgent.insert(db, shipment.id, walk.id, dai)
    Picker(db, walk, ana).pick_all()
    service.finish(db, walk.id, "L1", ana)
    assert walk.mode is WalkMode.WALL
    assert {one.state for one in shipments_of(db, walk)} == {ShipmentState.PICKING}
    sound(db)


def test_a_full_cart_and_a_walk_at_its_end_take_nobody(db, floor, ana, ben, dai):
    full = floor.walk(db, [{0: 1}, {0: 1}])
    db.get_one(service.Cart, 1).slots = 2
    service.claim(db, full.id, ana)
    service.bind_cart(db, full.id, "C-SHA-1", ana)
    shipment = waiting(db, floor, {0: 1})
    assert urgent.joins(db, shipment) == []
    assert urgent.carts_full(db, floor.house.id) == 1
    with pytest.raises(Conflict) as refused:
        urgent.insert(db, shipment.id, full.id, dai)
    assert refused.value.code == "picking.cannot_join"


def test_an_order_joins_once(db, floor, ana, dai):
    walk, other = floor.started(db, [{0: 1}], ana), floor.walk(db, [{2: 1}])
    shipment = waiting(db, floor, {0: 1})
    assert [one.shipment.id for one in urgent.waiting(db, "SHA")] == [shipment.id]
    urgent.insert(db, shipment.id, walk.id, dai)
    assert urgent.waiting(db, "SHA") == []
    with pytest.raises(Conflict) as refused:
        urgent.insert(db, shipment.id, other.id, dai)
    assert refused.value.code == "picking.not_waiting"


def test_the_walk_that_makes_nobody_late_comes_first(db, floor, ana, dai):
    near = floor.started(db, [{0: 1}], ana)
    free = floor.walk(db, [{0: 1}])
    shipment = waiting(db, floor, {1: 1})
    assert [join.walk.id for join in urgent.joins(db, shipment)] == [near.id, free.id]
    near.due_at = clock.now() + timedelta(seconds=20)
    db.flush()
    assert [join.walk.id for join in urgent.joins(db, shipment)] == [free.id, near.id]


# --- what is left against the time left -------------------------------------------------------------------------------


def test_lines_left_and_the_pace_of_the_last_hour_are_told_by_cut_off(db, floor, ana):
    with clock.shifted(timedelta(minutes=-30)):
        walk = floor.started(db, [{0: 2, 3: 1}, {2: 1}], ana)
    due = {shipment.id: shipment for shipment in shipments_of(db, walk)}
    soon = (clock.now() + timedelta(hours=3)).replace(minute=0, second=0, microsecond=0)
    for shipment in due.values():
        shipment.promised_at = soon + timedelta(minutes=5)
    db.flush()
    with clock.shifted(timedelta(minutes=-20)):
        picker = Picker(db, walk, ana)
        for code in ("A01-02-1", floor.code(0), floor.code(0), picker.stop.puts[0].slot.tote):
            picker.scan(code)
    (cut_off,) = board.burn_down(db, "SHA")
    assert (cut_off.due_at, cut_off.lines, cut_off.pace, cut_off.top) == (soon + timedelta(minutes=5), 2, 1, 3)
    assert not cut_off.is_late
    assert cut_off.past[0] == (0.0, 0.0)
    assert cut_off.past[-1] == (cut_off.now_x, board.HEIGHT - round(board.HEIGHT * 2 / 3, 1))
    assert board.burn_down(db, "BJS") == []


def test_what_is_past_its_promise_stands_first_and_together(db, floor):
    for hours in (-3, -1, 4):
        waiting(db, floor, {0: 1}, hours)
    late, later = board.burn_down(db, "SHA")
    assert (late.is_late, late.lines, later.lines) == (True, 2, 1)
    assert later.over == 1  # nobody picked anything in the last hour


def test_a_walk_is_stuck_by_a_rule_that_is_told(db, floor, ana):
    floor.started(db, [{0: 1}], ana)
    (row,) = board.walks_now(db, "SHA")
    assert (row.picker, row.stops, row.stops_left, row.is_stuck) == ("Ana", 1, 1, False)
    with clock.shifted(board.STUCK + timedelta(seconds=1)):
        assert row.is_stuck


def test_everybody_who_picks_here_is_on_the_board_by_name(db, floor, ben):
    floor.started(db, [{0: 1}], ben)
    walks = board.walks_now(db, "SHA")
    assert [(one.name, one.walk is not None) for one in board.people_now(db, walks, "SHA")] == [
        ("Ana", False), ("Ben", True),
    ]  # fmt: skip


# --- pace -------------------------------------------------------------------------------------------------------------


def walked(picker: int, name: str, minutes: float, lines: int = 10) -> Done:
    return Done(picker, name, lines, 2 * lines, 100_000, 12, minutes)


def test_rates_are_ranges_by_name_and_too_few_walks_say_nothing():
    done = [walked(2, "Zoe", m) for m in (10, 12, 15, 60)] + [walked(1, "Abe", m) for m in (20, 20, 30)]
    known, too_few = rates.each([*done, walked(3, "New", 5)])
    assert [(rate.name, rate.walks) for rate in known] == [("Abe", 3), ("Zoe", 4)]
    assert too_few == ["New"]
    abe, _zoe = known
    assert (abe.lines.low, abe.lines.middle, abe.lines.high) == (20, 30, 30)
    assert (abe.units.middle, abe.metres_a_line, abe.plan.middle) == (60, 10, 60)
    assert rates.team(done[:2]) is None


def test_a_picker_sees_their_own_and_the_teams_middle_only():
    done = [walked(1, "Abe", m) for m in (20, 20, 30)] + [walked(2, "Zoe", 10)]
    own, walks = rates.own(done, 1)
    assert (own.name, walks) == ("Abe", 3)
    assert rates.own(done, 2) == (None, 1)


def test_a_walk_that_changed_hands_counts_for_nobody(db, floor, ana, ben):
    alone = floor.started(db, [{0: 1}], ana)
    Picker(db, alone, ana).pick_all()
    service.finish(db, alone.id, "L1", ana)
    shared = floor.started(db, [{2: 1}], ana)
    Picker(db, shared, ana).scan("A03-04-1")
    service.hand_over(db, shared.id, "B-1002", ana)
    Picker(db, shared, ben).pick_all()
    service.finish(db, shared.id, "L1", ben)
    assert [(walk.name, walk.lines, walk.units) for walk in rates.finished(db, "SHA")] == [("Ana", 1, 1)]


def test_a_picker_of_another_site_is_not_offered_this_walk(db, floor):
    people.hire(db, "B-1009", "Far", Role.PICKER, PIN, "CAN", service.Actor("system", None, "system"))
    walk = floor.walk(db, [{0: 1}])
    assert [user.name for user, _busy in reassigning.choices(db, walk)] == ["Ana", "Ben"]
