"""The returns desk over HTTP: intake, inspection, refund, put-away."""

import io
import threading

import pytest
from sqlmodel import select

from floor.kit.actor import SYSTEM
from floor.kit.errors import Refused
from floor.kit.uow import reading, unit_of_work
from floor.returns import checks, queries, service
from floor.returns.models import Disposition, Refund, ReturnCase, ReturnItem, ReturnReason
from floor.returns.states import CaseState
from floor.shipping.models import Waybill
from tests.cast import PIN
from tests.factories import count
from tests.returns.conftest import FINDINGS, Out, photo
from tests.web_client import HTMX


@pytest.fixture
def chen(sign_in):
    return sign_in("Chen")


def the_item(position: int = 1) -> ReturnItem:
    with reading() as db:
        return db.exec(select(ReturnItem).where(ReturnItem.position == position)).one()


def the_case() -> ReturnCase:
    with reading() as db:
        return db.exec(select(ReturnCase)).one()


# --- intake ------------------------------------------------------------------------------------------------------


def test_a_known_return_arrives_with_its_scan(chen, desk_case):
    case_id = desk_case(arrived=False)
    answer = chen.post("/returns/intake", {"code": the_case().number})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/returns/{case_id}/items/1")
    assert the_case().state == CaseState.ARRIVED
    again = chen.post("/returns/intake", {"code": the_case().number})
    assert again.headers["Location"] == f"/returns/{case_id}/items/1"


def test_goods_and_order_numbers_lead_to_a_choice(chen, desk_case, out: Out):
    case_id = desk_case(arrived=False)
    for code in (out.tee, out.number):
        answer = chen.post("/returns/intake", {"code": code})
        assert answer.status_code == 200
        assert f"/returns/{case_id}/arrive" in answer.text
    assert the_case().state == CaseState.REQUESTED
    assert chen.post(f"/returns/{case_id}/arrive").headers["Location"] == f"/returns/{case_id}/items/1"


def test_our_own_waybill_coming_back_offers_a_return_for_its_order(chen, out: Out):
    with reading() as db:
        number = db.exec(select(Waybill.number).order_by(Waybill.id)).first()
    answer = chen.post("/returns/intake", {"code": number})
    assert answer.status_code == 200
    assert f"/returns/new?order={out.number}" in answer.text


def test_an_unknown_parcel_says_so_and_the_order_can_be_searched(chen, out: Out):
    answer = chen.post("/returns/intake", {"code": "who knows"})
    assert answer.status_code == 422
    assert "Nobody announced this parcel: who knows" in answer.text
    for wanted in (out.number, "1234", "张小明"):
        assert f"/returns/new?order={out.number}" in chen.get(f"/returns/intake?q={wanted}").text
    assert "No order fits." in chen.get("/returns/intake?q=nobody").text


def test_the_lists_show_expected_arrived_and_closed(chen, desk_case):
    desk_case()
    assert the_case().number in chen.get("/returns").text
    assert the_case().number not in chen.get("/returns?tab=expected").text
    assert chen.get("/returns?tab=nonsense").status_code == 404


# --- inspection --------------------------------------------------------------------------------------------------


def test_the_right_item_is_ticked_and_another_goes_to_its_own_line(chen, desk_case, out: Out):
    case_id = desk_case(scanned=False)
    path = f"/returns/{case_id}/items/1"
    assert "Scan the item first" in chen.get(path).text
    answer = chen.post(f"{path}/scan", {"code": out.tee}, headers=HTMX)
    assert answer.status_code == 200
    assert "Barcode matches" in answer.text
    assert answer.text.lstrip().startswith('<main id="content"')
    other = chen.post(f"{path}/scan", {"code": out.sock})
    assert other.headers["Location"] == f"/returns/{case_id}/items/2"
    assert the_item(2).scanned_at is not None


def test_what_was_not_bought_is_red_and_ticks_nothing(chen, desk_case, out: Out):
    case_id = desk_case([1, 0], scanned=False)
    path = f"/returns/{case_id}/items/1/scan"
    for code, said in ((out.stray, "Not bought in this order."), (out.sock, "not part of this return"),
                       ("whatever", "Nobody knows this code")):  # fmt: skip
        answer = chen.post(path, {"code": code})
        assert answer.status_code == 422
        assert said in answer.text
        assert 'data-verdict="err"' in answer.text
    assert the_item().scanned_at is None


def test_the_suggestion_follows_grade_and_checks_before_anything_is_sent(chen, desk_case):
    path = f"/returns/{desk_case([1, 0])}/items/1"
    headers = {**HTMX, "HX-Target": "decision"}
    assert "All rules" in chen.get(path).text
    answer = chen.get(f"{path}?grade=a&packaging=no", headers=headers)
    assert answer.text.lstrip().startswith("<aside")
    assert "packaging broken" in answer.text
    assert "Make it good again" in answer.text
    assert "A01-01-1" in chen.get(f"{path}?grade=a", headers=headers).text
    assert "Second choice" in chen.get(f"{path}?grade=b", headers=headers).text


def test_an_inspection_is_decided_closed_and_refunded(chen, desk_case):
    case_id = desk_case([1, 0])
    path = f"/returns/{case_id}/items/1"
    form = {**FINDINGS, "photo": (photo(), "item.png")}
    answer = chen.post(f"{path}/decide", form, content_type="multipart/form-data")
    assert answer.headers["Location"] == f"/returns/{case_id}"
    item = the_item()
    assert (item.disposition, item.refund_fen) == (Disposition.RESTOCK, 12900)
    with reading() as db:
        (photo_id,) = queries.photos_of(db, item_id=item.id)
    shown = chen.get(f"/returns/photos/{photo_id}")
    assert (shown.content_type, shown.data[:2]) == ("image/jpeg", b"\xff\xd8")
    assert f"/returns/photos/{photo_id}" in chen.get(path).text
    assert f"{path}/undo" in chen.get(path).text
    assert "pay back ¥129.00" in chen.get(f"/returns/{case_id}").text
    assert chen.post(f"/returns/{case_id}/close").status_code == 303
    with reading() as db:
        assert db.exec(select(Refund)).one().amount_fen == 12900
        assert checks.broken_refunds(db) == checks.broken_sums(db) == checks.broken_quantities(db) == []
    assert "Refund of ¥129.00 recorded" in chen.get(f"/returns/{case_id}").text


def test_every_check_must_be_answered_and_the_input_stays(chen, desk_case):
    path = f"/returns/{desk_case([1, 0])}/items/1/decide"
    answer = chen.post(path, {"grade": "b", "clean": "no", "override_reason": "keep this"})
    assert answer.status_code == 422
    assert "×3</span>" in answer.text
    asked = ("complete", "packaging", "works", "clean")
    assert [f'id="{name}-error"' in answer.text for name in asked] == [True, True, True, False]
    assert "keep this" in answer.text
    assert 'value="b" data-key="2" checked' in answer.text
    assert the_item().inspected_at is None


def test_an_unreadable_photo_and_an_unscanned_item_are_refused(chen, desk_case):
    path = f"/returns/{desk_case([1, 0], scanned=False)}/items/1/decide"
    bad = {**FINDINGS, "photo": (io.BytesIO(b"<svg onload=alert(1)>"), "x.jpg")}
    assert "no photo we can read" in chen.post(path, bad, content_type="multipart/form-data").text
    assert "Scan the item first." in chen.post(path, FINDINGS).text
    assert the_item().inspected_at is None


def test_an_override_without_reason_is_asked_for_one(chen, desk_case):
    path = f"/returns/{desk_case([1, 0])}/items/1/decide"
    answer = chen.post(path, {**FINDINGS, "disposition": "scrap"})
    assert (answer.status_code, "Say why you decide against the rule." in answer.text) == (422, True)
    assert chen.post(path, {**FINDINGS, "disposition": "scrap", "override_reason": "smells"}).status_code == 303
    assert (the_item().disposition, the_item().override_reason) == (Disposition.SCRAP, "smells")


def test_a_refund_above_the_limit_needs_a_second_badge_and_wrong_pins_count(chen, desk_case, app):
    path = f"/returns/{desk_case([2, 0])}/items/1/decide"
    assert "Above ¥200.00" in chen.get(path.removesuffix("/decide")).text
    assert "needs a supervisor" in chen.post(path, FINDINGS).text
    wrong = chen.post(path, {**FINDINGS, "badge": "b-4001", "pin": "0000"})
    assert (wrong.status_code, "4 tries left" in wrong.text) == (422, True)
    assert 'value="0000"' not in wrong.text
    assert "3 tries left" in chen.post(path, {**FINDINGS, "badge": "B-4001", "pin": "0000"}).text
    assert "another person" in chen.post(path, {**FINDINGS, "badge": "B-3001", "pin": PIN}).text
    assert chen.post(path, {**FINDINGS, "badge": "B-4001", "pin": PIN}).status_code == 303
    assert the_item().refund_fen == 25800


def test_two_clerks_on_one_item_the_second_gets_409(chen, sign_in, desk_case):
    path = f"/returns/{desk_case([1, 0])}/items/1/decide"
    dai = sign_in("Dai")
    assert chen.post(path, FINDINGS).status_code == 303
    late = dai.post(path, {**FINDINGS, "grade": "d"})
    assert (late.status_code, "Somebody else decided" in late.text) == (409, True)
    assert the_item().disposition == Disposition.RESTOCK


def test_a_repeated_command_answers_the_same_and_changes_nothing(chen, desk_case):
    case_id = desk_case([1, 0])
    for path, form in ((f"/returns/{case_id}/items/1/decide", FINDINGS), (f"/returns/{case_id}/close", {})):
        first, again = (chen.post(path, form, command_id=f"same {path}") for _ in range(2))
        assert (first.status_code, first.headers["Location"]) == (303, again.headers["Location"])
        assert again.headers["Idempotent-Replay"] == "true"
    assert chen.post(f"/returns/{case_id}/close").status_code == 409
    with reading() as db:
        assert count(db, Refund) == 1


def test_split_missing_undo_and_cancel(chen, desk_case):
    case_id = desk_case([2, 1], scanned=False)
    assert chen.post(f"/returns/{case_id}/items/1/split").status_code == 303
    assert (the_item(1).qty, the_item(3).qty) == (1, 1)
    assert chen.post(f"/returns/{case_id}/items/1/split").status_code == 422
    assert chen.post(f"/returns/{case_id}/items/2/missing").headers["Location"] == f"/returns/{case_id}/items/1"
    assert chen.get(f"/returns/{case_id}/items/2").status_code == 404
    assert chen.post(f"/returns/{case_id}/items/1/undo").status_code == 409
    assert chen.post(f"/returns/{case_id}/cancel").status_code == 409


def test_an_announced_return_can_be_cancelled(chen, desk_case):
    case_id = desk_case(arrived=False)
    assert "It will not come" in chen.get(f"/returns/{case_id}").text
    assert chen.post(f"/returns/{case_id}/cancel").status_code == 303
    assert the_case().state == CaseState.CANCELLED


VERBS = [
    "intake", "new?order=SO-1", "1/arrive", "1/cancel", "1/close", "1/items/1/scan", "1/items/1/decide",
    "1/items/1/undo", "1/items/1/split", "1/items/1/missing",
]  # fmt: skip


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_of_the_desk_is_closed_to_others(sign_in, stranger, verb):
    path = f"/returns/{verb}"
    assert sign_in("Ana").post(path).status_code == 403
    if "new" not in verb and "intake" not in verb:
        assert sign_in("Chen").get(path).status_code == 405
        assert sign_in("Chen").post(path, {**FINDINGS, "code": "X-1"}).status_code == 404


@pytest.mark.parametrize("page", ["", "/intake", "/1", "/1/items/1", "/photos/1"])
def test_the_desks_pages_are_closed_to_others(sign_in, stranger, page):
    assert sign_in("Bo").get(f"/returns{page}").status_code == 403
    assert stranger.get(f"/returns{page}").status_code == 303


def test_two_desks_closing_at_once_record_one_refund(app, chen, desk_case):
    """The window is widened: both threads stand at the door before either goes in."""
    case_id = desk_case([1, 0])
    chen.post(f"/returns/{case_id}/items/1/decide", FINDINGS)
    gate, answers = threading.Barrier(2), []

    def close() -> None:
        gate.wait()
        try:
            with unit_of_work() as db:
                service.close(db, case_id, SYSTEM)
            answers.append("closed")
        except Refused as refused:
            answers.append(refused.code)

    threads = [threading.Thread(target=close) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["closed", "state.no_such_move"]
    with reading() as db:
        assert count(db, Refund) == 1


def test_two_requests_at_once_cannot_return_the_same_unit(app, out: Out):
    gate, answers = threading.Barrier(2), []

    def ask() -> None:
        gate.wait()
        try:
            with unit_of_work() as db:
                service.request(db, out.order_id, {out.tee_line: 2}, ReturnReason.DAMAGED, "", "", SYSTEM)
            answers.append("taken")
        except Refused as refused:
            answers.append(refused.code)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["returns.too_many", "taken"]
    with reading() as db:
        assert checks.broken_quantities(db) == []


# --- put-away ----------------------------------------------------------------------------------------------------


@pytest.fixture
def restocked(chen, desk_case) -> int:
    case_id = desk_case([1, 0])
    chen.post(f"/returns/{case_id}/items/1/decide", FINDINGS)
    chen.post(f"/returns/{case_id}/close")
    return the_item().id


def test_a_picker_scans_the_item_then_the_bin(sign_in, restocked, out: Out):
    ana = sign_in("Ana")
    assert "A01-01-1" in ana.get("/putaways").text
    first = ana.post("/putaways/scan", {"code": out.tee}, headers=HTMX)
    assert first.status_code == 200
    assert f'name="item" value="{restocked}"' in first.text
    wrong = ana.post("/putaways/scan", {"code": "A04-01-1", "item": restocked})
    assert (wrong.status_code, "no open pick face" in wrong.text) == (422, True)
    assert f'name="item" value="{restocked}"' in wrong.text
    done = ana.post("/putaways/scan", {"code": "A01-01-1", "item": restocked}, command_id="put-it-there")
    assert "Put away in A01-01-1" in done.text
    again = ana.post("/putaways/scan", {"code": "A01-01-1", "item": restocked}, command_id="put-it-there")
    assert again.headers["Idempotent-Replay"] == "true"
    assert the_item().put_away_at is not None
    assert ana.post("/putaways/scan", {"code": "A01-01-1", "item": restocked}).status_code == 409


def test_put_away_refuses_what_does_not_wait(sign_in, stranger, restocked, out: Out):
    ana = sign_in("Ana")
    assert ana.post("/putaways/scan", {"code": out.sock}).status_code == 422
    assert ana.post("/putaways/scan", {"code": "A01-01-1"}).status_code == 422
    assert ana.post("/putaways/scan", {"code": ""}).status_code == 422
    assert ana.post("/putaways/scan", {"code": "A01-01-1", "item": 999999}).status_code == 404
    assert ana.get("/putaways/scan").status_code == 405
    assert stranger.get("/putaways").status_code == 303
