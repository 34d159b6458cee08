"""More of the desk over HTTP: the rules, money before the goods, refused and unknown parcels, repairs."""

import io
import threading

import pytest
from sqlmodel import select

from floor.kit.actor import SYSTEM
from floor.kit.errors import Refused
from floor.kit.uow import reading, unit_of_work
from floor.orders.models import Order
from floor.packing.models import Parcel
from floor.returns import early, queries, ruleset, service
from floor.returns.models import CaseKind, Disposition, Grade, Refund, ReturnCase, ReturnPhoto, ReturnReason
from floor.returns.rules import DISPOSITIONS, Rules, Timing
from floor.returns.states import CaseState
from floor.shipments.models import Shipment
from floor.shipping.models import Waybill
from floor.tracking.models import Track
from floor.tracking.states import TrackState
from tests.cast import PIN
from tests.factories import count
from tests.house.doors.returns import RETURN_RULES
from tests.returns.conftest import Out, photo
from tests.web_client import csrf_of


@pytest.fixture
def chen(sign_in):
    return sign_in("Chen")


def the_case(case_id: int) -> ReturnCase:
    with reading() as db:
        return queries.case_for(db, case_id)


def test_a_supervisor_sees_the_rules_and_changes_them_and_the_second_of_two_gets_409(sign_in, chen, desk_case):
    dai = sign_in("Dai")
    page = dai.get("/returns/rules").text
    assert "Grade A · packaging broken" in page
    assert "Grade C · Arrived damaged" in page
    mine = RETURN_RULES | {
        "disposition_7": "second_choice", "place_3": "", "pays_freight_refused": "1", "exchange_wrong_size": "at_once",
        "new_grade": "a", "new_failed": "works", "new_disposition": "scrap", "new_place": "1",
    }  # fmt: skip
    assert dai.post("/returns/rules", mine).status_code == 303
    with reading() as db:
        now = ruleset.now(db)
    assert (len(now.dispositions), now.dispositions[0].disposition) == (len(DISPOSITIONS), Disposition.SCRAP)
    assert now.suggest(Grade.A, ReturnReason.REFUSED, {"packaging": False}).disposition == Disposition.SECOND_CHOICE
    assert now.terms[ReturnReason.REFUSED].pays_freight
    assert now.terms[ReturnReason.WRONG_SIZE].exchange is Timing.AT_ONCE
    late = dai.post("/returns/rules", mine)
    assert (late.status_code, "Somebody else changed the rules" in late.text) == (409, True)
    silent = RETURN_RULES | {"version": str(now.version), "place_8": ""}
    refused = dai.post("/returns/rules", silent)
    assert (refused.status_code, "None speaks for: A" in refused.text) == (422, True)
    path = f"/returns/{desk_case([1, 0])}/items/1"
    assert "Second choice" in chen.get(f"{path}?grade=a&packaging=no&complete=yes").text
    assert chen.get("/returns/rules").status_code == 403


def test_nobody_changed_the_rules_of_a_new_house(app):
    with reading() as db:
        assert ruleset.now(db) == Rules()


def test_money_before_the_goods_asks_for_a_supervisor_above_the_rule_and_two_clerks_pay_once(
    sign_in, chen, desk_case, out: Out
):
    case_id = desk_case([1, 0], arrived=False)
    assert "Pay back ¥129.00 now" in chen.get(f"/returns/{case_id}").text
    alone = chen.post(f"/returns/{case_id}/early")
    assert (alone.status_code, "badge and PIN" in alone.text) == (422, True)
    assert "tries left" in chen.post(f"/returns/{case_id}/early", {"badge": "b-4001", "pin": "0000"}).text
    assert chen.post(f"/returns/{case_id}/early", {"badge": "b-4001", "pin": PIN}).status_code == 303
    again = sign_in("Dai").post(f"/returns/{case_id}/early", {"badge": "b-4001", "pin": PIN})
    assert (again.status_code, "Money or other goods went out" in again.text) == (409, True)
    assert chen.post(f"/returns/{case_id}/cancel").status_code == 409
    with reading() as db:
        assert [row.amount_fen for row in db.exec(select(Refund))] == [12900]
    customer = chen.get(f"/t/{out.token}/return/{the_case(case_id).number}").text
    assert "Your money is on its way already: ¥129.00" in customer
    assert chen.post(f"/returns/{case_id}/never-came", {"why": "lost"}).status_code == 403
    dai = sign_in("Dai")
    assert "It will never come" in dai.get(f"/returns/{case_id}").text
    assert dai.post(f"/returns/{case_id}/never-came", {"why": "the carrier lost it"}).status_code == 303
    assert the_case(case_id).state is CaseState.CLOSED


def test_two_who_pay_early_at_the_same_moment_pay_once(app, desk_case):
    case_id = desk_case([1, 0], arrived=False, reason=ReturnReason.DAMAGED)
    gate, answers = threading.Barrier(2), []

    def pay() -> None:
        gate.wait()
        try:
            with unit_of_work() as db:
                answers.append(early.pay(db, case_id, None, 10**9, SYSTEM))
        except Refused as refused:
            answers.append(refused.code)

    threads = [threading.Thread(target=pay) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, answers)) == ["13700", "returns.settled_already"]


def test_a_parcel_its_carrier_brings_back_opens_its_return_by_the_scan_alone(chen, out: Out):
    with unit_of_work() as db:
        of = select(Parcel).join(Shipment, Shipment.id == Parcel.shipment_id).where(Shipment.order_id == out.order_id)
        parcel = db.exec(of).one()
        number = db.exec(select(Waybill.number).where(Waybill.parcel_id == parcel.id)).one()
        track = db.get(Track, parcel.id) or Track(parcel_id=parcel.id)
        track.state = TrackState.RETURNING
        db.add(track)
    offered = chen.post("/returns/intake", {"code": number})
    with reading() as db:
        case = db.exec(select(ReturnCase)).one()
    assert offered.headers["Location"] == f"/returns/{case.id}/items/1"
    assert (case.reason, case.state) == (ReturnReason.REFUSED, CaseState.ARRIVED)
    assert chen.post("/returns/intake", {"code": number}).headers["Location"] == f"/returns/{case.id}/items/1"
    assert count_cases() == 1


def count_cases() -> int:
    with reading() as db:
        return count(db, ReturnCase)


def test_an_unknown_parcel_is_kept_with_its_pictures_and_ends_in_a_return(chen, sign_in, out: Out):
    bad = {"code": "yt-7", "photo": (io.BytesIO(b"<svg onload=alert(1)>"), "x.jpg")}
    assert "no photo we can read" in chen.post("/returns/strays", bad, content_type="multipart/form-data").text
    form = {"code": "yt-7", "note": "two shirts", "photo": (photo(), "../../x.png")}
    kept = chen.post("/returns/strays", form, content_type="multipart/form-data").headers["Location"]
    with reading() as db:
        taken = db.exec(select(ReturnPhoto)).one()
    assert (taken.jpeg[:2], taken.item_id) == (b"\xff\xd8", None)
    assert f"/returns/photos/{taken.id}" in chen.get(kept).text
    assert chen.get(f"/returns/photos/{taken.id}").content_type == "image/jpeg"
    assert sign_in("Ana").get(f"/returns/photos/{taken.id}").status_code == 403
    assert chen.post("/returns/intake", {"code": "YT-7"}).headers["Location"] == kept
    stray_id = kept.rpartition("/")[2]
    found = f"/returns/new?order={out.number}&amp;stray={stray_id}"
    assert found in chen.get(f"{kept}?q={out.number}").text
    form = {"reason": "wrong_size", f"qty_{out.tee_line}": "1", "stray": stray_id}
    opened = chen.post(f"/returns/new?order={out.number}", form)
    assert opened.headers["Location"].endswith("/items/1")
    assert "Its order was found" in chen.get(kept).text
    twice = chen.post(f"/returns/new?order={out.number}", form)
    assert (twice.status_code, "already settled this parcel" in twice.text) == (409, True)
    assert count_cases() == 1


def test_a_customer_answers_the_price_of_a_repair_and_two_clerks_begin_it_once(app, chen, sign_in, stranger, out: Out):
    with unit_of_work() as db:
        order = db.get_one(Order, out.order_id)
        case = service.request(
            db, order.id, {out.tee_line: 1}, ReturnReason.DEFECTIVE, "", "", SYSTEM, kind=CaseKind.REPAIR
        )
        service.arrive(db, case.id, None, SYSTEM)
        path, number = f"/returns/{case.id}", case.number
    scanned = chen.post(f"{path}/items/1/scan", {"code": out.tee})
    assert scanned.headers["Location"] == path
    assert chen.post(f"{path}/items/1/decide", {"grade": "a"}).status_code == 422
    assert chen.post(f"{path}/repair/diagnosis", {"diagnosis": "the zip is off"}).status_code == 303
    assert chen.post(f"{path}/repair/quote", {"price": "12.5"}).status_code == 303
    mine = f"/t/{out.token}/return/{number}"
    page = stranger.get(mine).text
    assert "¥12.50" in page
    assert "the zip is off" in page
    form = {"csrf_token": csrf_of(page), "command_id": "an-answer-1", "accept": "yes"}
    assert stranger.post(f"{mine}/answer", data=form).status_code == 303
    assert chen.post(f"{path}/repair/answer", {"accept": "no"}).status_code == 409
    assert chen.post(f"{path}/repair/start").status_code == 303
    late = sign_in("Dai").post(f"{path}/repair/start")
    assert late.status_code == 409
    missing = chen.post(f"{path}/repair/parts", {"sku": "nothing", "bin": "A01-01-1"})
    assert (missing.status_code, "Nobody knows this code" in missing.text) == (422, True)
    assert chen.post(f"{path}/repair/parts", {"sku": out.sock, "bin": "a01-01-1", "qty": "999"}).status_code == 409
    assert chen.post(f"{path}/repair/finish").status_code == 303
    unpaid = chen.post(f"{path}/repair/send-back")
    assert (unpaid.status_code, "has not paid it yet" in unpaid.text) == (422, True)
    assert chen.post(f"{path}/repair/fee").status_code == 303
    assert chen.post(f"{path}/repair/send-back").status_code == 303
    assert "On its way back" in chen.get(path).text
