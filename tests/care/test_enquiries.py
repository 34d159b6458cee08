"""Enquiries: a question, a deadline, an owner, an answer by mail; two clerks at one; answers in both languages."""

from datetime import timedelta

import pytest
from sqlmodel import select

from floor.care import answering, enquiries, enquiry_reads
from floor.care.enquiry_reads import Tab
from floor.care.models import Enquiry, EnquiryNote, EnquiryTemplate
from floor.care.states import ANSWER_WITHIN, EnquiryKind, EnquiryState, SendState
from floor.events.models import AuditEvent
from floor.kit import clock
from floor.kit.uow import reading, unit_of_work
from floor.orders.models import Address
from floor.shipping import sending
from floor.shipping.sending import NotTaken
from tests.factories import a_sku, an_order


@pytest.fixture
def order(app):
    with unit_of_work() as db:
        made = an_order(db, [(a_sku(db), 1)])
        db.get_one(Address, made.id).email = "ming@example.test"
        return made.id, made.number


def asked(chen, about, **values):
    form = {"kind": "where_is_it", "text": "Where is my parcel?", "order": about[1], "email": "ming@example.test"}
    return chen.post("/enquiries/new", form | values)


def the(enquiry_id=1):
    with reading() as db:
        return db.get_one(Enquiry, enquiry_id)


def test_a_question_has_a_deadline_by_its_kind_and_is_overdue_after_it(order, sign_in):
    chen = sign_in("Chen")
    page = chen.get(f"/enquiries/new?order={order[1]}").text
    assert 'value="ming@example.test"' in page
    for bad in ({"kind": "gossip"}, {"text": ""}, {"order": "SO-999999"}, {"email": "no address"}):
        assert asked(chen, order, **bad).status_code == 422
    assert asked(chen, order).location == "/enquiries/1"
    made = the()
    assert made.due_at - made.opened_at == ANSWER_WITHIN[EnquiryKind.WHERE_IS_IT]
    assert made.number == "E-000001"
    assert "Where is my parcel?" in chen.get("/enquiries").text
    assert "E-000001" in chen.get(f"/orders/{order[0]}").text
    assert ">overdue<" not in chen.get("/enquiries").text
    with clock.shifted(timedelta(hours=5)):
        assert ">overdue<" in chen.get("/enquiries?tab=overdue").text
        with reading() as db:
            assert enquiry_reads.counts(db, None)[Tab.OVERDUE] == 1
    assert sign_in("Ana").get("/enquiries").status_code == 403


def test_two_clerks_at_one_enquiry_the_second_is_told_who_was_first_and_keeps_the_words(order, sign_in):
    chen, dai = sign_in("Chen"), sign_in("Dai")
    asked(chen, order)
    seen = str(the().version)
    assert chen.post("/enquiries/1/say", {"what": "note", "text": "I call them", "seen": seen}).status_code == 303
    late = dai.post("/enquiries/1/say", {"what": "answer", "text": "It is lost", "seen": seen})
    assert (late.status_code, "last by Chen" in late.text, "It is lost" in late.text) == (409, True, True)
    assert "I call them" in late.text, "with what is new"
    for verb in ("take", "close"):
        assert dai.post(f"/enquiries/1/{verb}", {"seen": seen}).status_code == 409
    fresh = str(the().version)
    assert dai.post("/enquiries/1/take", {"seen": fresh}).status_code == 303
    assert "last by Dai" in chen.post("/enquiries/1/close", {"seen": fresh}).text, "to take it is to do something"
    assert (
        dai.post("/enquiries/1/say", {"what": "answer", "text": "Tomorrow", "seen": str(the().version)}).status_code
        == 303
    )
    with reading() as db:
        texts = [note.text for note in enquiry_reads.notes_of(db, 1)]
        assert texts == ["Where is my parcel?", "I call them", "Tomorrow"]
        assert enquiry_reads.owner_of(db, db.get_one(Enquiry, 1)) == "Dai"


def test_it_goes_from_open_to_answered_to_closed_and_a_further_question_opens_it_with_a_new_deadline(order, sign_in):
    chen = sign_in("Chen")
    asked(chen, order, email="")

    def said(what, text="x"):
        return chen.post("/enquiries/1/say", {"what": what, "text": text, "seen": str(the().version)})

    refused = said("answer", "Waybill {waybill}")
    assert (refused.status_code, "{waybill} is not filled in" in refused.text) == (422, True)
    assert said("answer").status_code == 303
    assert the().state is EnquiryState.ANSWERED
    assert chen.post("/enquiries/1/close", {"seen": str(the().version)}).status_code == 303
    assert said("answer").status_code == 409
    with clock.shifted(timedelta(hours=9)):
        assert said("question", "Still nothing").status_code == 303
        assert the().state is EnquiryState.OPEN
        assert the().due_at > clock.now()
    with reading() as db:
        assert db.exec(select(EnquiryNote.sending).where(EnquiryNote.kind == "answer")).one() is SendState.NOBODY
        kinds = list(db.exec(select(AuditEvent.kind).where(AuditEvent.subject == "enquiry").order_by(AuditEvent.id)))
    assert kinds == [f"care.enquiry.{what}" for what in ("asked", "told", "closed", "asked")]


def test_a_ready_answer_speaks_the_customers_language_and_leaves_open_what_nobody_knows(order, sign_in):
    chen = sign_in("Chen")
    text = {
        "text": "{name}您好，订单 {order}，运单 {waybill}",
        "text_en": "Dear {name}, order {order}, waybill {waybill}",
    }
    form = {"kind": "where_is_it", "name": "On its way", **text}
    bad = chen.post("/enquiries/templates", form | {"text": "{secret}"})
    assert (bad.status_code, "{secret} is nothing" in bad.text) == (422, True)
    assert chen.post("/enquiries/templates", form).status_code == 303
    assert chen.post("/enquiries/templates", form).status_code == 422
    asked(chen, order)
    page = chen.get("/enquiries/1?template=1").text
    assert f"张小明您好，订单 {order[1]}，运单 {{waybill}}" in page
    with unit_of_work() as db:
        db.get_one(Enquiry, 1).lang = "en"
    assert f"Dear 张小明, order {order[1]}" in chen.get("/enquiries/1?template=1").text
    assert chen.post("/enquiries/templates", form | {"id": "1", "name": "Soon"}).status_code == 303
    assert chen.post("/enquiries/templates/1/drop").status_code == 303
    assert chen.post("/enquiries/templates/1/drop").status_code == 404
    with reading() as db:
        assert db.exec(select(EnquiryTemplate)).all() == []


def test_filling_a_template_runs_nothing_in_it():
    assert enquiries.filled("{name.__class__} {name} {0} {}", {"name": "{order}"}) == "{name.__class__} {order} {0} {}"


def test_an_answer_goes_by_mail_once_and_a_server_that_refuses_is_tried_again(order, app, sign_in, relay, monkeypatch):
    sent, refuse = [], [True]

    def server(mail, _settings):
        if refuse:
            refuse.pop()
            raise NotTaken("mail_server")
        sent.append(mail)

    monkeypatch.setattr(sending, "_hand_to_server", server)
    monkeypatch.setattr(sending, "bound", lambda: _with_mail())
    chen = sign_in("Chen")
    asked(chen, order)
    chen.post("/enquiries/1/say", {"what": "answer", "text": "Tomorrow", "seen": str(the().version)})
    relay.drain()
    assert "Mail on its way" in chen.get("/enquiries/1").text
    with clock.shifted(timedelta(hours=1)):
        relay.drain()
        relay.drain()
    (mail,) = sent
    assert (mail["To"], "Tomorrow" in mail.get_content()) == ("张小明 <ming@example.test>", True)
    assert "E-000001" in mail["Message-ID"]
    assert "Mail sent" in chen.get("/enquiries/1").text
    answering.send(2)
    assert len(sent) == 1


def _with_mail():
    from floor.settings import Settings

    return Settings(smtp="127.0.0.1:25", contact="help@floor.test")
