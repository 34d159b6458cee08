"""Announcing a return: the customer through their link, a clerk for them."""

import pytest
from sqlmodel import select

from floor.kit.uow import reading
from floor.returns.models import ReturnCase, ReturnItem
from floor.returns.states import CaseState
from tests.factories import count
from tests.returns.conftest import Out, number_in, stranger_post


@pytest.fixture
def customer(stranger):
    stranger.get("/language/en?next=/")
    return stranger


def test_a_customer_announces_a_return_and_prints_its_slip(customer, out: Out):
    path = f"/t/{out.token}/return"
    assert "Arrived damaged" in customer.get(path).text
    form = {f"qty_{out.tee_line}": "1", "reason": "wrong_size", "note": "too small", "waybill": "zt123"}
    answer = stranger_post(customer, path, form)
    assert answer.status_code == 303
    number = number_in(answer.headers["Location"])
    done = customer.get(answer.headers["Location"]).text
    assert number in done
    assert "Return slip" in done
    slip = customer.get(f"{path}/{number}.pdf")
    assert (slip.status_code, slip.content_type, slip.data[:5]) == (200, "application/pdf", b"%PDF-")
    with reading() as db:
        case = db.exec(select(ReturnCase)).one()
        assert (case.state, case.note, case.waybill_number) == (CaseState.REQUESTED, "too small", "ZT123")


def test_the_same_form_twice_makes_one_return_and_the_same_answer(customer, out: Out):
    path, form = f"/t/{out.token}/return", {f"qty_{out.tee_line}": "1", "reason": "damaged"}
    first, second = (stranger_post(customer, path, form) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    with reading() as db:
        assert count(db, ReturnCase) == 1


@pytest.mark.parametrize(
    ("qty", "reason", "said"),
    [
        ("3", "damaged", "Only 2 can still be returned."),
        ("-1", "damaged", "Only 2 can still be returned."),
        ("two", "damaged", "Only 2 can still be returned."),
        ("", "damaged", "Choose at least one item"),
        ("1", "", "Fill this in"),
        ("1", "just because", "Choose one of the options"),
    ],
)
def test_a_wrong_request_comes_back_with_its_input(customer, out: Out, qty, reason, said):
    form = {f"qty_{out.tee_line}": qty, "reason": reason, "note": "keep this"}
    answer = stranger_post(customer, f"/t/{out.token}/return", form)
    assert answer.status_code == 422
    assert said in answer.text
    assert "keep this" in answer.text
    with reading() as db:
        assert count(db, ReturnItem) == 0


def test_a_link_opens_only_its_own_orders_returns(customer, out: Out, desk_case):
    desk_case([1, 0])
    with reading() as db:
        number = db.exec(select(ReturnCase)).one().number
    for path in ("/t/nobody/return", f"/t/nobody/return/{number}", f"/t/{out.token}/return/R-9999",
                 f"/t/{out.token}/return/R-9999.pdf"):  # fmt: skip
        assert customer.get(path).status_code == 404, path
    assert customer.get(f"/t/{out.token}/return/{number}").status_code == 200


def test_a_clerk_opens_a_return_that_is_here_already(sign_in, out: Out):
    chen = sign_in("Chen")
    path = f"/returns/new?order={out.number}"
    assert "张小明" in chen.get(path).text
    answer = chen.post(path, {f"qty_{out.tee_line}": "2", "reason": "damaged", "here": "1"})
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith("/items/1")
    with reading() as db:
        assert db.exec(select(ReturnCase)).one().state == CaseState.ARRIVED


def test_the_clerks_form_keeps_its_input_and_its_roles(sign_in, stranger, out: Out):
    path = f"/returns/new?order={out.number}"
    wrong = sign_in("Chen").post(path, {"reason": "damaged", "note": "keep this"})
    assert wrong.status_code == 422
    assert "keep this" in wrong.text
    assert sign_in("Ana").get(path).status_code == 403
    assert sign_in("Ana").post(path, {}).status_code == 403
    assert stranger.get(path).status_code == 303
    assert sign_in("Chen").get("/returns/new?order=SO-999999").status_code == 404
    assert sign_in("Chen").post("/returns/new?order=SO-999999", {}).status_code == 404
