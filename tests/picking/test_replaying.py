"""What a phone did in a dead zone: each event on its own merits, once, in order; what no longer holds comes back."""

import uuid
from dataclasses import replace

import pytest

from floor.care import service as care
from floor.inventory import queries as stock_queries
from floor.inventory import service as inventory
from floor.inventory.models import MoveReason, PlaceKind
from floor.kit import clock
from floor.kit.actor import SYSTEM
from floor.kit.errors import Conflict, Invalid, NotAllowed
from floor.orders.models import Order
from floor.people.models import User
from floor.picking import checks, service
from floor.picking.models import CheckWhy, WalkEvent
from floor.picking.replaying import Kind, Told
from floor.picking.states import StopState, WalkState
from tests.picking.conftest import Picker, rows, shipments_of, sound


class Phone:
    """Tells events of one walk, numbered as a phone does."""

    def __init__(self, picker: Picker, name: str = "phone-one") -> None:
        self.picker, self.name, self.seq = picker, name, 0

    def event(self, kind: str, n: int = 0, units: int = 0, **more) -> Told:
        """Event `kind` at stop index `n`."""
        self.seq += 1
        stop = self.stops[n].id
        who = self.picker.who
        return Told(
            str(uuid.uuid4()), self.name, self.seq, who.id, Kind(kind), clock.now(), stop, units, **more,
        )  # fmt: skip

    def tell(self, kind: str, n: int = 0, units: int = 0, **more) -> WalkEvent:
        return self.send(self.event(kind, n, units, **more))

    def send(self, told: Told, who=None) -> WalkEvent:
        return service.replay(self.picker.db, self.picker.walk.id, told, who or self.picker.who)

    @property
    def stops(self):
        if not hasattr(self, "_stops"):
            self._stops = self.picker.view.stops
        return self._stops


@pytest.fixture
def phone(two_orders):
    return Phone(two_orders)


def to_check(picker: Picker):
    return [(c.why, c.code, c.units, c.label) for c in checks.open_checks(picker.db, picker.walk.id)]


def cancel(picker: Picker, n: int) -> None:
    shipment = shipments_of(picker.db, picker.walk)[n]
    care.cancel(picker.db, picker.db.get_one(Order, shipment.order_id), SYSTEM)


def first_stop(phone: Phone) -> list[WalkEvent]:
    told = [phone.tell("bin"), *(phone.tell("item", units=1) for _ in range(3))]
    return [*told, phone.tell("put", units=2, code="T-SHA-1"), phone.tell("put", units=1, code="T-SHA-2")]


def test_events_are_done_in_order_as_if_they_had_been_scanned(phone, two_orders, floor):
    assert [event.refused for event in first_stop(phone)] == [""] * 6
    assert two_orders.view.stops[0].state is StopState.DONE
    assert stock_queries.balance_of(two_orders.db, floor.bins[0].id, floor.skus[0].id) == 7
    assert to_check(two_orders) == []
    sound(two_orders.db)


def test_a_gap_waits_for_the_event_before(phone, two_orders):
    first, second = phone.event("bin"), phone.event("item", units=1)
    with pytest.raises(Conflict) as refused:
        phone.send(second)
    assert (refused.value.code, refused.value.values["seq"]) == ("picking.gap", 1)
    phone.send(first)
    phone.send(second)
    assert two_orders.view.stops[0].in_hand == 1


def test_typed_numbers_a_skip_a_report_and_the_lane_are_events_too(phone, two_orders):
    assert phone.tell("skip").refused == ""
    phone.tell("bin", 2)
    phone.tell("item", 2, 8)
    assert phone.tell("put", 2, 8, code="T-SHA-1").refused == ""
    assert phone.tell("short", 1, 0, why="empty").refused == ""
    assert phone.tell("bin").refused == ""  # it came back
    phone.tell("item", 0, 3)
    phone.tell("put", 0, 2, code="T-SHA-1")
    phone.tell("put", 0, 1, code="T-SHA-2")
    assert phone.tell("lane", code="L1").refused == ""
    assert two_orders.view.state is WalkState.DONE
    sound(two_orders.db)


def test_another_phone_did_the_stop_first(phone, two_orders, floor):
    first_stop(phone)
    other = Phone(two_orders, "phone-two")
    other._stops = phone.stops
    told = first_stop(other)
    assert {event.refused for event in told[1:]} == {CheckWhy.DONE_ELSEWHERE}
    assert to_check(two_orders) == [
        (CheckWhy.DONE_ELSEWHERE, "A01-02-1", 2, "1"), (CheckWhy.DONE_ELSEWHERE, "A01-02-1", 1, "2"),
    ]  # fmt: skip
    assert stock_queries.balance_of(two_orders.db, floor.bins[0].id, floor.skus[0].id) == 7
    sound(two_orders.db)


def test_units_another_picker_took_come_back_as_a_check(phone, two_orders, floor):
    """The bin was counted: two of the three promised units are not there by the books."""
    db = two_orders.db
    stop = phone.stops[0]
    lost = inventory.beyond(db, PlaceKind.LOST, floor.house.id)
    for promise in rows(db, inventory.Reservation, bin_id=floor.bins[0].id):
        inventory.release(db, promise, promise.pending)
    inventory.move(
        db, [inventory.Move(stop.goods.sku_id, 10, floor.bins[0].id, lost, MoveReason.SHORT)], "bin", 1, SYSTEM
    )
    told = first_stop(phone)
    assert [event.refused for event in told] == ["", "", "", "", "stock_gone", "stock_gone"]
    assert [units for _why, _code, units, _label in to_check(two_orders)] == [2, 1]
    assert stock_queries.balance_of(db, floor.bins[0].id, floor.skus[0].id) == 0


def test_a_cancelled_order_takes_only_its_own_units_back(phone, two_orders, floor):
    cancel(two_orders, 0)
    told = first_stop(phone)
    assert told[4].refused == CheckWhy.CANCELLED
    assert told[5].refused == ""
    assert to_check(two_orders) == [(CheckWhy.CANCELLED, "A01-02-1", 2, "1")]
    assert stock_queries.balance_of(two_orders.db, floor.bins[0].id, floor.skus[0].id) == 9
    sound(two_orders.db)


def test_units_put_before_the_order_was_cancelled_are_booked_back_when_settled(phone, two_orders, floor):
    first_stop(phone)
    cancel(two_orders, 0)
    phone.tell("bin", 1)
    (check,) = checks.open_checks(two_orders.db, two_orders.walk.id)
    assert (check.why, check.units) == (CheckWhy.CANCELLED, 2)
    with pytest.raises(Invalid):
        service.settle_check(two_orders.db, two_orders.walk.id, check.id, "A03-04-1", two_orders.who)
    service.settle_check(two_orders.db, two_orders.walk.id, check.id, "A01-02-1", two_orders.who)
    assert stock_queries.balance_of(two_orders.db, floor.bins[0].id, floor.skus[0].id) == 9
    with pytest.raises(Conflict):
        service.settle_check(two_orders.db, two_orders.walk.id, check.id, None, two_orders.who)
    sound(two_orders.db)


def test_an_undo_takes_back_the_event_it_names(phone, two_orders, floor):
    put = first_stop(phone)[-1]
    assert phone.tell("undo", of=put.event_id).refused == ""
    assert two_orders.view.stops[0].in_hand == 1
    assert stock_queries.balance_of(two_orders.db, floor.bins[0].id, floor.skus[0].id) == 8
    phone.tell("put", units=1, code="T-SHA-2")
    sound(two_orders.db)


def test_an_undo_of_what_was_refused_undoes_nothing_else(phone, two_orders, floor):
    cancel(two_orders, 0)
    put = first_stop(phone)[4]
    assert phone.tell("undo", of=put.event_id).refused == ""
    assert to_check(two_orders) == [(CheckWhy.CANCELLED, "A01-02-1", 2, "")]  # in the hand now
    assert stock_queries.balance_of(two_orders.db, floor.bins[0].id, floor.skus[0].id) == 9


def test_an_undo_of_a_step_that_is_not_the_last_any_more_is_told(phone, two_orders):
    bin_ = phone.tell("bin")
    two_orders.scan(two_orders.stop.goods.barcode)
    assert phone.tell("undo", of=bin_.event_id).refused == CheckWhy.TOO_LATE
    assert two_orders.view.stops[0].in_hand == 1


def test_a_full_tote_is_changed_and_a_busy_one_is_not(phone, two_orders):
    phone.tell("bin")
    phone.tell("item", units=3)
    assert phone.tell("put", units=2, code="T-SHA-7", of="1").refused == ""
    assert two_orders.view.slots[0].label == "1-B"
    assert phone.tell("put", units=1, code="NO-TOTE", of="2").refused == CheckWhy.TOTE
    sound(two_orders.db)


def test_a_scan_that_had_arrived_after_all_is_not_done_twice(phone, two_orders):
    two_orders.scan(two_orders.next_code())
    two_orders.scan(two_orders.next_code())
    phone.send(replace(phone.event("item", units=1), was_done=True))
    assert two_orders.view.stops[0].in_hand == 1


def test_a_walk_in_other_hands_takes_nothing_and_says_so(phone, two_orders, ben):
    service.hand_over(two_orders.db, two_orders.walk.id, _badge(two_orders.db, ben), two_orders.who)
    put = first_stop(phone)[4]
    assert put.refused == CheckWhy.NOT_YOURS
    assert two_orders.view.stops[0].picked == 0
    assert to_check(two_orders)[0][0] is CheckWhy.NOT_YOURS


def test_nobody_sends_anothers_events_but_whoever_took_the_walk_over(phone, two_orders, ben):
    told = phone.event("bin")
    with pytest.raises(NotAllowed):
        phone.send(told, ben)
    service.hand_over(two_orders.db, two_orders.walk.id, _badge(two_orders.db, ben), two_orders.who)
    event = phone.send(told, ben)
    assert (event.refused, event.user_id) == ("", two_orders.who.id)
    assert two_orders.view.stops[0].bin_seen


def _badge(db, who) -> str:
    return db.get_one(User, who.id).badge


def test_a_batch_is_told_too_and_what_it_no_longer_wants_comes_out_of_the_shared_tote(db, floor, ana):
    batch = Picker(db, floor.batch(db, [{0: 2, 3: 1}, {0: 1}], ana), ana)
    phone, (shared,) = Phone(batch), batch.view.shared
    assert phone.tell("bin").refused == ""
    assert phone.tell("put", units=1).refused == ""
    other = floor.free_totes(db)[0].code
    full = phone.tell("put", code=other, of="1")
    assert [tote.tote for tote in batch.view.shared] == [shared.tote, other]
    assert phone.tell("undo", of=full.event_id).refused == ""
    assert [tote.tote for tote in batch.view.shared] == [shared.tote]
    cancel(batch, 1)
    assert phone.tell("put", units=1).data["news"] == [["cancelled", 2, 0]]
    too_many = [phone.tell("put", units=1) for _ in range(2)]
    assert [event.refused for event in too_many] == [CheckWhy.DONE_ELSEWHERE] * 2
    assert to_check(batch) == [(CheckWhy.DONE_ELSEWHERE, "A01-02-1", 2, "")]
    assert phone.tell("undo", of=too_many[1].event_id).refused == ""
    assert to_check(batch) == [(CheckWhy.DONE_ELSEWHERE, "A01-02-1", 1, "")]
    phone.tell("bin", 1)
    phone.tell("put", 1, 1)
    (check,) = checks.open_checks(db, batch.walk.id)
    service.settle_check(db, batch.walk.id, check.id, None, ana)
    assert phone.tell("lane", code="L1").refused == ""
    assert batch.view.state is WalkState.DONE
    sound(db)
