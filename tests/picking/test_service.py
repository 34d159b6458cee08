"""A walk finds its picker, gets cart and totes, changes hands, and ends at a lane."""

import pytest

from floor.events.models import AuditEvent
from floor.inventory.models import CountTask, Reservation
from floor.kit.errors import Conflict, Invalid
from floor.picking import queries, service
from floor.picking.listing import walks_for
from floor.picking.models import Cart
from floor.picking.states import WalkState
from floor.picking.verdict import Kind
from tests.picking.conftest import Picker, person, rows, shipments_of, sound


def test_the_next_walk_is_the_most_urgent_one(db, floor, ana):
    floor.walk(db, [{0: 1}], due_in=5)
    urgent = floor.walk(db, [{1: 1}], due_in=1)
    floor.walk(db, [{2: 1}], publish=False, due_in=0)
    assert service.claim_next(db, "SHA", ana).id == urgent.id
    assert urgent.picker_id == ana.id
    assert [shipment.state for shipment in shipments_of(db, urgent)] == ["picking"]


def test_who_has_a_walk_gets_that_one_again(db, floor, ana):
    first = service.claim_next(db, "SHA", ana) or floor.walk(db, [{0: 1}])
    floor.walk(db, [{1: 1}])
    assert service.claim_next(db, "SHA", ana).id == first.id
    assert service.claim_next(db, "SHA", ana).id == first.id


def test_a_site_without_walks_has_none(db, floor, ana):
    floor.walk(db, [{0: 1}])
    assert service.claim_next(db, "BJS", ana) is None


def test_the_second_picker_is_too_late(db, floor, ana, ben):
    walk = floor.walk(db, [{0: 1}])
    service.claim(db, walk.id, ana)
    with pytest.raises(Conflict) as refused:
        service.claim(db, walk.id, ben)
    assert refused.value.code == "picking.taken"


def test_a_picker_holds_one_walk_at_a_time(db, floor, ana):
    first, second = floor.walk(db, [{0: 1}]), floor.walk(db, [{1: 1}])
    service.claim(db, first.id, ana)
    assert service.claim(db, first.id, ana).id == first.id
    with pytest.raises(Conflict) as refused:
        service.claim(db, second.id, ana)
    assert refused.value.code == "picking.have_one"


def test_a_walk_given_back_is_free_with_its_cart_and_totes(db, floor, ana, ben):
    walk = floor.walk(db, [{0: 1}, {1: 1}])
    service.claim(db, walk.id, ana)
    service.bind_cart(db, walk.id, "C-SHA-1", ana)
    service.bind_tote(db, walk.id, "T-SHA-1", ana)
    service.let_go(db, walk.id, ana)
    assert (walk.state, walk.picker_id) == (WalkState.PUBLISHED, None)
    assert {shipment.state for shipment in shipments_of(db, walk)} == {"planned"}
    service.claim(db, walk.id, ben)
    service.bind_cart(db, walk.id, "C-SHA-1", ben)
    service.bind_tote(db, walk.id, "T-SHA-1", ben)


def test_a_walk_begun_cannot_be_given_back(two_orders):
    with pytest.raises(Conflict):
        service.let_go(two_orders.db, two_orders.walk.id, two_orders.who)


def test_a_cart_in_use_too_small_or_unknown_is_refused(db, floor, ana, ben):
    first, second = floor.walk(db, [{0: 1}]), floor.walk(db, [{1: 1}, {2: 1}])
    db.add(Cart(code="C-SHA-9", warehouse_id=floor.house.id, slots=1))
    service.claim(db, first.id, ana)
    service.claim(db, second.id, ben)
    service.bind_cart(db, first.id, "C-SHA-1", ana)
    for code, refusal in (("C-SHA-1", "cart_in_use"), ("C-SHA-9", "cart_too_small"), ("C-0", "unknown_cart")):
        with pytest.raises(Invalid) as refused:
            service.bind_cart(db, second.id, code, ben)
        assert refused.value.code == f"picking.{refusal}"


def test_totes_fill_the_slots_in_order_and_the_last_one_starts_the_walk(db, floor, ana):
    walk = floor.walk(db, [{0: 1}, {1: 1}])
    service.claim(db, walk.id, ana)
    with pytest.raises(Invalid):
        service.bind_tote(db, walk.id, "T-SHA-3", ana)
    service.bind_cart(db, walk.id, "C-SHA-1", ana)
    assert service.bind_tote(db, walk.id, "T-SHA-3", ana).slot == 1
    with pytest.raises(Invalid) as refused:
        service.bind_tote(db, walk.id, "T-SHA-3", ana)
    assert refused.value.code == "picking.tote_busy"
    service.unbind_tote(db, walk.id, ana)
    service.bind_tote(db, walk.id, "T-SHA-4", ana)
    assert walk.state is WalkState.CLAIMED
    service.bind_tote(db, walk.id, "T-SHA-3", ana)
    assert walk.state is WalkState.PICKING
    assert [slot.tote for slot in queries.walk_view(db, walk.id).slots] == ["T-SHA-4", "T-SHA-3"]


def test_another_picker_takes_over_where_the_first_one_stood(two_orders, ben):
    db = two_orders.db
    two_orders.scan(two_orders.next_code())
    service.hand_over(db, two_orders.walk.id, "b-1002", two_orders.who)
    with pytest.raises(Conflict):
        two_orders.scan(two_orders.next_code())
    two_orders.who = ben
    assert two_orders.scan(two_orders.next_code()).code == "item_counted"


@pytest.mark.parametrize(
    ("badge", "refusal"),
    [("B-0", "unknown_badge"), ("B-2001", "badge_cannot_pick"), ("B-1001", "own_badge"), ("B-1002", "badge_has_walk")],
)
def test_a_badge_that_cannot_take_over_is_refused(two_orders, floor, ben, badge, refusal):
    service.claim(two_orders.db, floor.walk(two_orders.db, [{1: 1}]).id, ben)
    with pytest.raises(Invalid) as refused:
        service.hand_over(two_orders.db, two_orders.walk.id, badge, two_orders.who)
    assert refused.value.code == f"picking.{refusal}"


def test_a_finished_walk_leaves_its_totes_in_a_lane(two_orders):
    db = two_orders.db
    two_orders.pick_all()
    with pytest.raises(Invalid):
        service.finish(db, two_orders.walk.id, "L9", two_orders.who)
    said = service.finish(db, two_orders.walk.id, "l1", two_orders.who)
    assert (said.kind, said.sound) == (Kind.OK, "walk")
    assert (two_orders.walk.state, two_orders.walk.lane) == (WalkState.DONE, "L1")
    assert {shipment.state for shipment in shipments_of(db, two_orders.walk)} == {"picked"}
    assert all(tote.is_busy for tote in rows(db, service.WalkTote))
    sound(db)


def test_stops_left_open_go_back_to_their_orders_without_blaming_the_shelf(two_orders):
    db = two_orders.db
    for _ in range(6):
        two_orders.scan(two_orders.next_code())
    total = service.summary(db, two_orders.view)
    assert (total.open_stops, total.open_units, total.units) == (2, 9, 3)
    service.finish(db, two_orders.walk.id, "L1", two_orders.who)
    assert rows(db, CountTask) == []
    assert all(promise.pending == 0 for promise in rows(db, Reservation))
    sound(db)


def test_a_bin_said_to_be_empty_asks_for_no_count(two_orders):
    service.answer_empty(two_orders.db, two_orders.walk.id, two_orders.at.id, True, two_orders.who)
    assert rows(two_orders.db, CountTask) == []


def test_a_reported_label_is_in_the_trail(two_orders):
    service.report_code(two_orders.db, two_orders.walk.id, two_orders.at.id, " 4006381 ", two_orders.who)
    (event,) = rows(two_orders.db, AuditEvent, kind="picking.walk.code_reported")
    assert event.data["code"] == "4006381"


def test_the_list_shows_the_own_walk_first_and_what_is_left(db, floor, ana, two_orders):
    urgent = floor.walk(db, [{1: 2}], due_in=1)
    for _ in range(6):
        two_orders.scan(two_orders.next_code())
    listed = walks_for(db, "SHA", ana.id)
    assert [(row.id, row.left, row.units, row.totes) for row in listed] == [
        (two_orders.walk.id, 9, 12, 2), (urgent.id, 2, 2, 1),
    ]  # fmt: skip
    assert walks_for(db, "BJS") == []


def test_every_pick_is_in_the_story_of_its_order(two_orders):
    two_orders.pick_all()
    told = rows(two_orders.db, AuditEvent, kind="picking.walk.units_picked")
    assert len({event.order_id for event in told}) == 2
    assert sum(event.data["qty"] for event in told) == 12


def test_a_supervisor_may_pick_too(db, floor):
    dai = person(db, "Dai")
    picker = Picker(db, floor.started(db, [{0: 1}], dai), dai)
    picker.pick_all()
