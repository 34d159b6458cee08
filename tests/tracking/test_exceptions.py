"""Parcels that need somebody: found by words and timers, settled by people, closed by the next good scan."""

from datetime import timedelta

import pytest
from sqlmodel import select

from floor.audit import service as audit
from floor.audit.models import Flag
from floor.events.models import AuditEvent
from floor.kit import clock
from floor.kit.actor import SYSTEM, Actor
from floor.kit.errors import Conflict, Invalid, Unknown
from floor.orders.joining import shops_number
from floor.orders.models import Address, Order
from floor.orders.states import OrderState
from floor.shipping import notices
from floor.tracking import exceptions, queries, resending, rules, service
from floor.tracking.kinds import Kind
from floor.tracking.models import Track
from floor.tracking.models_exceptions import CarrierClaim, Closed, ParcelException
from floor.tracking.service import Said
from floor.tracking.states import ClaimAction, ClaimState, ExceptionState
from tests.factories import count
from tests.packing.worlds import person
from tests.tracking.worlds import World, a_world, number_of, parcels_of_order


@pytest.fixture
def world(db) -> World:
    return a_world(db)


class Road:
    """One parcel on the road, and what is said of it."""

    def __init__(self, world: World, *codes: str, ago: timedelta = timedelta(hours=6), qty: int = 1) -> None:
        self.world, self.db = world, world.db
        self.order = world.shipped([(world.tee, qty)], ago=ago)
        (parcel,) = parcels_of_order(world.db, self.order)
        self.id, self.number, self.left = parcel.id, number_of(world.db, parcel), clock.now() - ago
        self.hear(*codes)

    def hear(self, *codes: str) -> None:
        for code in codes:
            self.left += timedelta(minutes=10)
            service.hear(self.db, self.world.carrier, [Said(self.number, code, "", "", self.left)], SYSTEM)

    def hear_now(self, code: str) -> None:
        service.hear(self.db, self.world.carrier, [Said(self.number, code, "", "", clock.now())], SYSTEM)

    @property
    def open(self) -> ParcelException | None:
        return exceptions.open_of(self.db, self.id)

    def last(self) -> ParcelException:
        row = exceptions.of_parcel(self.db, self.id)
        assert row is not None
        return row


def who(db, name: str) -> Actor:
    return person(db, name)


@pytest.mark.parametrize(
    ("codes", "kind"),
    [
        (("103", "203"), Kind.REFUSED), (("103", "6"), Kind.REFUSED), (("103", "206"), Kind.ADDRESS),
        (("103", "204"), Kind.ADDRESS), (("103", "205"), Kind.ADDRESS), (("103", "209"), Kind.DAMAGED),
        (("103", "13"), Kind.CUSTOMS), (("103", "2"), Kind.STUCK), (("103", "lost"), Kind.LOST), (("103", "0"), None),
        (("103", "203", "5"), None), (("103", "203", "3"), None), (("103", "who knows"), None),
    ],
)  # fmt: skip
def test_what_carriers_say_opens_a_kind_and_a_good_word_closes_it(db, world, codes, kind):
    road = Road(world, *codes)
    assert (road.open.kind if road.open else None) == kind
    assert queries.broken_exceptions(db) == []


def test_silence_is_first_stuck_then_lost_and_a_scan_ends_it_and_withdraws_the_claim(db, world):
    road, chen = Road(world, "103", "0"), who(db, "Chen")
    assert road.open is None
    with clock.shifted(timedelta(days=3)):
        assert (service.look_due(db, 10), service.look_due(db, 10)) == (1, 0)
        stuck = road.open
        assert stuck.kind == Kind.STUCK
        exceptions.snooze(db, stuck.id, clock.now() + timedelta(days=30), chen)
        assert queries.column(db, Kind.STUCK) == []
    with clock.shifted(timedelta(days=11)):
        service.look_due(db, 10)
        lost = road.open
        assert (lost.id, lost.kind, lost.owner_id, lost.snoozed_until) == (stuck.id, Kind.LOST, chen.id, None)
        claim = exceptions.claim(db, lost.id, 12900, "C-1", chen)
        road.hear_now("5")
        assert road.open is None
        assert (road.last().closed_how, claim.state) == (Closed.SCAN, ClaimState.WITHDRAWN)


def test_what_nobody_collects_is_told_after_a_day_and_by_a_rule_a_supervisor_changed(db, world):
    road, dai = Road(world, ago=timedelta(hours=20)), who(db, "Dai")
    assert road.open is None
    rules.keep(db, Kind.NOT_COLLECTED, True, 12, False, dai)
    assert service.look_due(db, 10) == 1
    assert road.open.kind == Kind.NOT_COLLECTED
    rules.keep(db, Kind.NOT_COLLECTED, False, 12, False, dai)
    service.look_due(db, 10)
    assert (road.open, road.last().closed_how) == (None, Closed.RULE)
    with pytest.raises(Invalid):
        rules.keep(db, Kind.STUCK, True, None, False, dai)
    with pytest.raises(Unknown):
        rules.keep(db, "weather", True, 1, False, dai)


def test_one_clerk_has_it_and_another_takes_it_over_only_knowing_from_whom(db, world):
    road, chen, dai = Road(world, "203"), who(db, "Chen"), who(db, "Dai")
    row = exceptions.take(db, road.open.id, None, chen)
    with pytest.raises(Conflict) as faster:
        exceptions.take(db, row.id, None, dai)
    assert (faster.value.code, faster.value.values["who"]) == ("tracking.someone_has_it", "Chen")
    with pytest.raises(Conflict):
        exceptions.close(db, row.id, dai)
    assert exceptions.take(db, row.id, chen.id, dai).owner_id == dai.id
    exceptions.close(db, row.id, dai)
    with pytest.raises(Conflict) as over:
        exceptions.snooze(db, row.id, clock.now() + timedelta(hours=1), dai)
    assert over.value.code == "tracking.exception_closed"
    with pytest.raises(Unknown):
        exceptions.take(db, 999_999, None, dai)


def test_what_a_person_settled_is_asked_again_only_when_it_gets_graver_or_something_new_happens(db, world):
    road, chen = Road(world, "103", "0"), who(db, "Chen")
    with clock.shifted(timedelta(days=3)):
        service.look_due(db, 10)
        exceptions.close(db, road.open.id, chen)
        rules.look_again(db)
        service.look_due(db, 10)
        assert road.open is None
    with clock.shifted(timedelta(days=11)):
        rules.look_again(db)
        service.look_due(db, 10)
        assert road.open.kind == Kind.LOST
        exceptions.close(db, road.open.id, chen)
        road.hear_now("203")
        assert road.open.kind == Kind.REFUSED


def test_a_snoozed_one_comes_back_by_itself_and_mine_are_mine(db, world):
    road, chen, dai = Road(world, "203"), who(db, "Chen"), who(db, "Dai")
    exceptions.snooze(db, road.open.id, clock.now() + timedelta(hours=2), chen)
    counted = queries.counts(db)
    assert (counted.kinds[Kind.REFUSED], counted.snoozed, len(queries.snoozed(db))) == (0, 1, 1)
    with clock.shifted(timedelta(hours=3)):
        (card,) = queries.column(db, Kind.REFUSED, owner_id=chen.id)
        assert (card.owner, card.waybill) == ("Chen", road.number)
        assert queries.column(db, Kind.REFUSED, owner_id=dai.id) == []
        assert [queries.counts(db, one).kinds[Kind.REFUSED] for one in (None, chen.id, dai.id)] == [1, 1, 0]
        assert queries.in_trouble(db) == 1
    with pytest.raises(Invalid):
        exceptions.snooze(db, road.open.id, clock.now(), chen)


def test_sent_again_is_an_order_of_its_own_that_costs_nothing_and_the_old_parcel_is_given_up(db, world):
    road, chen = Road(world, "103", "209", qty=2), who(db, "Chen")
    db.get(Address, road.order.id).email = "ming@example.com"
    new = resending.resend(db, road.open.id, chen)
    assert notices.channel_of(db, new) is None, "no shop hears of it"
    assert notices.mail_of(db, new.id) == notices.mail_of(db, road.order.id)
    assert shops_number(new) == road.order.external_id, "the number its customer knows"
    assert (new.channel, new.total_fen, new.state, new.hide_price) == ("resend", 0, OrderState.RECEIVED, True)
    assert (road.open, road.last().closed_how) == (None, Closed.RESENT)
    assert [one.id for one in resending.sent_instead(db, road.id)] == [new.id]
    assert new.external_id == f"{road.order.external_id}#2"
    assert db.get(Track, road.id).given_up_at is not None
    audit.audit_order(db, new, SYSTEM)
    assert new.state == OrderState.RELEASED, [flag.rule for flag in db.exec(select(Flag))]
    road.hear_now("203")
    assert (road.open, count(db, Order)) == (None, 2)
    assert queries.broken_exceptions(db) == []


def test_a_refund_is_asked_for_by_an_event_and_never_above_what_was_paid(db, world):
    road, chen = Road(world, "103", "209", qty=2), who(db, "Chen")
    with pytest.raises(Invalid) as much:
        exceptions.refund(db, road.open.id, 25801, chen)
    assert (much.value.code, road.open.owner_id) == ("tracking.refund_too_high", None)
    row = exceptions.refund(db, road.open.id, 25800, chen)
    event = db.exec(select(AuditEvent).where(AuditEvent.kind == "tracking.exception.refund_asked")).one()
    ((_line, qty),) = event.data["lines"]
    assert (event.data["amount_fen"], event.data["exception"], qty, event.order_id) == (25800, row.id, 2, road.order.id)
    assert (row.state, row.closed_how, row.refund_fen) == (ExceptionState.CLOSED, Closed.REFUND, 25800)
    with pytest.raises(Conflict):
        resending.resend(db, row.id, chen)


def test_a_claim_is_asked_once_and_outlives_its_exception(db, world):
    road, chen = Road(world, "103", "209"), who(db, "Chen")
    claim = exceptions.claim(db, road.open.id, 9900, "", chen)
    with pytest.raises(Conflict):
        exceptions.claim(db, road.open.id, 100, "", chen)
    exceptions.refund(db, road.open.id, 12900, chen)
    ((listed, card),) = queries.claims(db)
    assert (listed.id, card.waybill) == (claim.id, road.number)
    exceptions.settle_claim(db, claim.id, ClaimAction.REFUSE, None, chen)
    exceptions.settle_claim(db, claim.id, ClaimAction.ASK_AGAIN, None, chen)
    with pytest.raises(Invalid):
        exceptions.settle_claim(db, claim.id, ClaimAction.PAY, None, chen)
    exceptions.settle_claim(db, claim.id, ClaimAction.PAY, 5000, chen)
    paid = db.get(CarrierClaim, claim.id)
    assert (paid.state, paid.paid_fen, queries.counts(db).claims) == (ClaimState.PAID, 5000, 0)
    with pytest.raises(Conflict):
        exceptions.settle_claim(db, claim.id, ClaimAction.WITHDRAW, None, chen)


def test_a_refused_parcel_waits_for_its_way_back_and_ends_when_it_is_here(db, world):
    road = Road(world, "103", "5", "203")
    opened = road.open.id
    road.hear("6")
    assert (road.open.id, road.open.kind) == (opened, Kind.REFUSED)
    road.hear("4")
    assert (road.open, road.last().closed_how) == (None, Closed.CAME_BACK)
