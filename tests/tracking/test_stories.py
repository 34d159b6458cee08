"""Parcels in trouble, told over HTTP from the carrier's word to the last click: refused, lost, found again."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from floor.events.models import AuditEvent
from floor.kit import clock
from floor.kit.uow import reading, unit_of_work
from floor.orders.models import Address, Order, OrderLine
from floor.shipping.models_carriers import NoticeState
from floor.tracking import exceptions, jobs, queries, resending
from floor.tracking.models_exceptions import ParcelException, TrackingLetter
from floor.wiring import CHECKS
from tests.tracking.worlds import a_world, knock, number_of, parcels_of_order, says

BAD = "Please correct this"


@pytest.fixture
def road(app) -> dict[str, Any]:
    """One shipped order of two tees, six hours on the road; its customer reads English."""
    with unit_of_work() as db:
        world = a_world(db)
        order = world.shipped([(world.tee, 2)], ago=timedelta(hours=6), lang="en", buyer_id="b-en")
        (parcel,) = parcels_of_order(db, order)
        db.get(Address, order.id).email = "ming@example.com"
        return {"parcel": parcel.id, "number": number_of(db, parcel), "token": order.public_token, "order": order.id}


def exception_of(parcel: int) -> ParcelException:
    with reading() as db:
        row = exceptions.of_parcel(db, parcel)
        assert row is not None
        return row


def tells(stranger, road, *codes: str, hours: float = 1) -> None:
    events = [
        says(road["number"], code, clock.now() - timedelta(hours=hours, minutes=-n)) for n, code in enumerate(codes)
    ]
    assert knock(stranger, events).status_code == 200


def checks_hold() -> None:
    """All but the lorries': these parcels left without one."""
    with reading() as db:
        lines = [line for name, check in CHECKS.items() if "manifests" not in name for line in check(db)]
    assert lines == []


def test_a_refused_parcel_is_taken_written_about_and_refunded(road, sign_in, stranger, relay):
    tells(stranger, road, "103", "5", "203")
    chen = sign_in("Chen")
    assert road["number"] in chen.get("/tracking?type=refused").text
    row = exception_of(road["parcel"])
    here = f"/tracking/exceptions/{row.id}"
    assert chen.post(f"{here}/take").status_code == 303
    page = chen.get(f"/parcels/{road['parcel']}/story").text
    assert "Chen looks after it" in page
    assert "Shall we send it again, or refund it?" in page
    assert "请退回寄件方" in page, "the carrier reads Chinese"
    assert chen.post(f"{here}/message", {"text": "Shall we send it again?"}).status_code == 303
    relay.drain()
    with reading() as db:
        letters = {letter.topic: letter for letter in db.exec(select(TrackingLetter))}
        assert letters["message"].text == "Shall we send it again?"
        assert {letter.state for letter in letters.values()} == {NoticeState.NOBODY}, "no mail server here"
    late = chen.post(f"{here}/snooze", {"until": "2020-01-01T10:00"})
    assert (late.status_code, "2020-01-01T10:00" in late.text) == (422, True)
    assert chen.post(f"{here}/snooze", {"until": "2031-01-01T10:00"}).status_code == 303
    assert road["number"] not in chen.get("/tracking").text
    assert road["number"] in chen.get("/tracking?type=snoozed").text
    dear = chen.post(f"{here}/refund", {"amount": "258.01"})
    assert (dear.status_code, BAD in dear.text) == (422, True)
    assert chen.post(f"{here}/refund", {"amount": "258"}).status_code == 303
    gone = chen.post(f"{here}/resend")
    assert (gone.status_code, "Look at it again" in gone.text) == (409, True)
    with reading() as db:
        asked = db.exec(select(AuditEvent).where(AuditEvent.kind == "tracking.exception.refund_asked")).one()
        assert (asked.order_id, asked.data["amount_fen"], asked.actor_name) == (road["order"], 25800, "Chen")
    checks_hold()


def test_a_lost_parcel_is_claimed_sent_again_and_its_customer_sees_the_new_one(road, sign_in, stranger, relay):
    tells(stranger, road, "103", "0")
    with clock.shifted(timedelta(days=12)):
        assert jobs.look_due() == 1
        relay.drain()
        chen = sign_in("Chen")
        assert "Probably lost" in chen.get("/tracking?type=lost").text
        row = exception_of(road["parcel"])
        here = f"/tracking/exceptions/{row.id}"
        assert chen.post(f"{here}/claim", {"amount": "200", "reference": "SF-77"}).status_code == 303
        assert "SF-77" in chen.get("/tracking?type=claims").text
        assert chen.post(f"{here}/claim", {"amount": "200"}).status_code == 409
        answer = chen.post(f"{here}/resend")
        assert answer.status_code == 303
        with reading() as db:
            new = db.exec(select(Order).where(Order.channel == "resend")).one()
            claim = exceptions.claim_of(db, row.id or 0)
        assert new.number in chen.get(f"/parcels/{road['parcel']}/story").text
        settled = chen.post(f"/tracking/claims/{claim.id}/settle", {"action": "pay", "paid": "180"})
        assert settled.status_code == 303
        again = chen.post(f"/tracking/claims/{claim.id}/settle", {"action": "refuse"})
        assert again.status_code == 409
        page = stranger.get(f"/t/{road['token']}").text
        assert f"/t/{new.public_token}" in page
        assert stranger.get(f"/t/{new.public_token}").status_code == 200
        assert "文三路" not in page
        relay.drain()
    checks_hold()


def test_the_next_good_scan_closes_it_and_the_board_is_empty_again(road, sign_in, stranger, relay):
    tells(stranger, road, "103", "206", hours=2)
    dai = sign_in("Dai")
    assert road["number"] in dai.get("/tracking?type=address").text
    tells(stranger, road, "5", hours=0.5)
    assert "Nothing is stuck" in dai.get("/tracking").text
    assert "The carrier scanned it again" in dai.get(f"/parcels/{road['parcel']}/story").text
    tells(stranger, road, "3", hours=0.1)
    relay.drain()
    with reading() as db:
        told = [letter.topic for letter in db.exec(select(TrackingLetter).order_by(TrackingLetter.id))]
        assert told == ["out_for_delivery", "delivered"]
    checks_hold()


def test_two_clerks_who_click_at_once_are_one_owner_and_one_who_is_told(road, sign_in, stranger):
    tells(stranger, road, "203")
    row = exception_of(road["parcel"])
    people, start = [sign_in("Chen"), sign_in("Dai")], threading.Barrier(2)

    def click(person) -> Any:
        start.wait()
        return person.post(f"/tracking/exceptions/{row.id}/take")

    with ThreadPoolExecutor(2) as crew:
        answers = list(crew.map(click, people))
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    loser = next(answer for answer in answers if answer.status_code == 409)
    winner = people[[answer.status_code for answer in answers].index(303)]
    assert re.search(rf"{winner.name} has this parcel now", loser.text)


def test_two_clerks_who_decide_at_once_send_it_again_or_refund_it_but_never_both(road, sign_in, stranger):
    tells(stranger, road, "209")
    row = exception_of(road["parcel"])
    chen, start = sign_in("Chen"), threading.Barrier(2)
    chen.post(f"/tracking/exceptions/{row.id}/take")
    twin = sign_in("Chen")

    def decide(person, what: str, form: dict[str, str]) -> int:
        start.wait()
        return person.post(f"/tracking/exceptions/{row.id}/{what}", form).status_code

    with ThreadPoolExecutor(2) as crew:
        first = crew.submit(decide, chen, "resend", {})
        second = crew.submit(decide, twin, "refund", {"amount": "10"})
    assert sorted((first.result(), second.result())) == [303, 409]
    with reading() as db:
        again = resending.sent_instead(db, road["parcel"])
    assert bool(again) != bool(exception_of(road["parcel"]).refund_fen)
    checks_hold()


def test_the_order_page_and_the_board_send_the_same_parcel_again_once(road, sign_in, stranger, relay):
    """Two clerks at once at the two doors; then what each door says to whoever comes later."""
    tells(stranger, road, "209")
    row, at = exception_of(road["parcel"]), f"/orders/{road['order']}/again"
    with reading() as db:
        (part,) = queries.contents(db, road["parcel"])
    both = {"parcel": str(road["parcel"]), f"qty_{part.line.id}": "2"}
    chen, dai, start = sign_in("Chen"), sign_in("Dai"), threading.Barrier(2)

    def send(person, where: str, form: dict[str, str]) -> Any:
        start.wait()
        return person.post(where, form)

    with ThreadPoolExecutor(2) as crew:
        doors = [
            crew.submit(send, chen, f"/tracking/exceptions/{row.id}/resend", {}),
            crew.submit(send, dai, at, both),
        ]
        answers = [door.result() for door in doors]
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    with reading() as db:
        (made,) = db.exec(select(Order).where(Order.channel == resending.CHANNEL)).all()
        assert [line.qty for line in db.exec(select(OrderLine).where(OrderLine.order_id == made.id))] == [2]
    late = chen.post(at, both)
    assert (late.status_code, f"goes out again already, as {made.number}" in late.text) == (409, True)
    late = chen.post(f"/tracking/exceptions/{row.id}/resend")
    assert (late.status_code, "Somebody settled this meanwhile" in late.text) == (409, True)
    assert exception_of(road["parcel"]).closed_how == "resent"
    checks_hold()


def test_half_of_a_parcel_from_the_order_page_leaves_the_board_the_other_half(road, sign_in, stranger, relay):
    tells(stranger, road, "209")
    row, at = exception_of(road["parcel"]), f"/orders/{road['order']}/again"
    with reading() as db:
        (part,) = queries.contents(db, road["parcel"])
    one = {"parcel": str(road["parcel"]), f"qty_{part.line.id}": "1"}
    chen = sign_in("Chen")
    assert chen.post(at, one).status_code == 303
    dear = chen.post(f"/tracking/exceptions/{row.id}/refund", {"amount": "129.01"})
    assert (dear.status_code, BAD in dear.text) == (422, True), "half of it is sent, half may be paid back"
    assert chen.post(f"/tracking/exceptions/{row.id}/resend").status_code == 303
    with reading() as db:
        made = resending.sent_instead(db, road["parcel"])
        assert [one.external_id[-2:] for one in made] == ["#2", "#3"]
    page = stranger.get(f"/t/{road['token']}").text
    assert all(f"/t/{one.public_token}" in page for one in made)
    checks_hold()


def test_what_a_return_holds_is_told_on_the_board_and_not_sent_again_from_it(road, sign_in, stranger):
    tells(stranger, road, "209")
    row, chen = exception_of(road["parcel"]), sign_in("Chen")
    here, again = f"/parcels/{road['parcel']}/story", f"/tracking/exceptions/{row.id}/resend"
    with reading() as db:
        (part,) = queries.contents(db, road["parcel"])
        number = db.get_one(Order, road["order"]).number
    assert again in chen.get(here).text
    asked = {f"qty_{part.line.id}": "1", "kind": "refund", "reason": "damaged", "order": number}
    assert chen.post(f"/returns/new?order={number}", asked).status_code == 303
    told = chen.get(here).text
    assert ("A return holds goods of this parcel" in told, "R-0001" in told, again in told) == (True, True, False)
    refused = chen.post(again, headers={"Referer": f"http://localhost{here}"})
    assert (refused.status_code, "Return R-0001 holds these goods" in refused.text) == (409, True)
    assert f'href="{here}"' in refused.text, "with a way to the fresh page"
    one = {"parcel": str(road["parcel"]), f"qty_{part.line.id}": "1"}
    assert chen.post(f"/orders/{road['order']}/again", one).status_code == 303, "the other tee may go"


def test_rules_are_changed_by_a_supervisor_and_read_by_the_desk(road, sign_in):
    chen, dai = sign_in("Chen"), sign_in("Dai")
    assert "After 48 silent hours" in chen.get("/tracking/rules").text
    assert chen.post("/tracking/rules", {"code": "stuck", "hours": "5"}).status_code == 403
    wrong = dai.post("/tracking/rules", {"code": "stuck", "is_active": "1", "hours": "soon"})
    assert (wrong.status_code, 'value="soon"' in wrong.text) == (422, True)
    kept = dai.post("/tracking/rules", {"code": "not_collected", "is_active": "1", "hours": "5"})
    assert kept.status_code == 303
    assert jobs.look_due() == 1
    assert exception_of(road["parcel"]).kind == "not_collected"
    assert dai.post("/tracking/rules", {"code": "weather", "is_active": "1"}).status_code == 404
