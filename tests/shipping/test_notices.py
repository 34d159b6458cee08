"""Who is told that a parcel left: by real mail, at a shop's own door; each once, however often it is tried."""

import email
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from email import policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from sqlmodel import Session, select

from floor import settings as house
from floor.events import queries as events
from floor.intake import accounts
from floor.intake import service as intake
from floor.intake.channels import outside
from floor.intake.models import Channel
from floor.kit import clock
from floor.kit.errors import Conflict, Invalid
from floor.kit.uow import reading, unit_of_work
from floor.orders.models import Address, Customer, Order
from floor.packing.models import Parcel
from floor.shipping import handlers, notices, sending, service
from floor.shipping.models_carriers import Notice, NoticeKind, NoticeState
from floor.web import signing
from tests.intake.shop_server import Bought, account, serving
from tests.listening import listening
from tests.packing.worlds import a_boxed_parcel, a_world, person
from tests.servers import free_port
from tests.shipping.test_manifests import close


class Letters:
    """What a mail server was handed; `answers`: what it says first, "250 OK" after that."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.answers: list[str] = []

    async def handle_DATA(self, _server, _session, envelope) -> str:  # noqa: N802 -- aiosmtpd's name
        if self.answers and not self.answers[0].startswith("250"):
            return self.answers.pop(0)
        self.mails.append(email.message_from_bytes(envelope.content, policy=policy.default))
        return self.answers.pop(0) if self.answers else "250 OK"


@contextmanager
def mail_server() -> Iterator[Letters]:
    letters = Letters()
    server = Controller(letters, hostname="127.0.0.1", port=free_port())
    server.start()
    before = house.bound()
    house.bind(replace(before, smtp=f"127.0.0.1:{server.port}", smtp_tls="none", mail_from="ship@floor.example"))
    try:
        yield letters
    finally:
        house.bind(before)
        server.stop()


def handed_over(db: Session, lang: str = "zh", **address: str) -> Parcel:
    """A parcel that left on a lorry; its buyer has an e-mail address."""
    world = a_world(db)
    parcel = a_boxed_parcel(db, world, lang=lang)
    order = world.orders[0]
    row = db.get_one(Address, order.id)
    row.email = "buyer@example.com"
    for name, value in address.items():
        setattr(row, name, value)
    bo = person(db, "Bo")
    number = close(db, parcel)
    lorry = service.open_manifest(db, world.house.id, world.carrier, bo)
    service.load(db, lorry, number, bo)
    service.hand_over(db, lorry, "Wang", "", bo, signed="Wang")
    return parcel


@pytest.fixture
def parcel(app) -> Parcel:
    with unit_of_work() as db:
        return handed_over(db)


def state(parcel: Parcel, kind: NoticeKind) -> NoticeState:
    with reading() as db:
        return db.exec(select(Notice.state).where(Notice.parcel_id == parcel.id, Notice.kind == kind)).one()


def test_the_customer_gets_one_letter_with_the_number_and_the_day(parcel, relay):
    with mail_server() as letters:
        relay.drain()
        with reading() as db:
            ids = list(db.exec(select(Notice.id)))
        for notice_id in ids:  # the handler may run as often as it likes
            sending.send(notice_id)
        with unit_of_work() as db:
            assert notices.make(db, [parcel.id]) == 0
        relay.drain()
    (mail,) = letters.mails
    with reading() as db:
        order = db.exec(select(Order)).one()
        day = clock.now() + timedelta(days=1)
    assert (mail["To"], mail["Auto-Submitted"]) == ("张小明 <buyer@example.com>", "auto-generated")
    assert mail["Subject"] == f"您的订单 {order.external_id} 已发出"
    text = mail.get_content()
    assert "SF000000001000" in text
    assert f"{day.astimezone(sending.papers.LOCAL).day}日" in text
    assert f"/t/{order.public_token}" in text
    assert [state(parcel, kind) for kind in NoticeKind] == [NoticeState.SENT, NoticeState.NOBODY, NoticeState.NOBODY]


def test_an_english_buyer_reads_english(app, relay):
    with unit_of_work() as db:
        handed_over(db, lang="en")
    with mail_server() as letters:
        relay.drain()
    (mail,) = letters.mails
    assert mail["Subject"].endswith("is on its way")
    assert "SF Express has your parcel" in mail.get_content()


def test_a_mail_server_that_refuses_is_tried_again_and_then_shown_to_a_person(parcel, relay, sign_in, caplog):
    caplog.set_level(logging.DEBUG)
    chen = sign_in("Chen")
    with mail_server() as letters:
        letters.answers = ["451 not now"]
        relay.drain()
        assert state(parcel, NoticeKind.MAIL) is NoticeState.WAITING
        with clock.shifted(timedelta(minutes=5)):
            relay.drain()
        assert len(letters.mails) == 1
        with unit_of_work() as db:
            notice = db.exec(select(Notice).where(Notice.kind == NoticeKind.MAIL)).one()
            notice.state, notice.tries = NoticeState.WAITING, notices.TRIES - 1
            letters.answers = ["554 never"]
        sending.send(notice.id)
        assert state(parcel, NoticeKind.MAIL) is NoticeState.FAILED
        shown = chen.get("/notices").text
        assert "The mail server did not take it." in shown
        assert chen.post(f"/notices/{notice.id}/again").status_code == 303
        relay.drain()
        assert chen.post(f"/notices/{notice.id}/again").status_code == 409
        assert (len(letters.mails), state(parcel, NoticeKind.MAIL)) == (2, NoticeState.SENT)
        assert len({mail["Message-ID"] for mail in letters.mails}) == 1, "who gets it twice can tell"
    with reading() as db:
        assert events.broken_outbox(db) == []
    logged = " ".join(record.getMessage() for record in caplog.records if record.name.startswith("floor"))
    assert not any(word in logged + shown for word in ("buyer@example.com", "张小明", "13812341234"))


def test_a_wrong_address_sends_nothing_to_anybody(app):
    with unit_of_work() as db:
        parcel = handed_over(db, email="x@example.com\nBcc: all@example.com")
        notices.make(db, [parcel.id])
        (notice_id,) = db.exec(select(Notice.id).where(Notice.kind == NoticeKind.MAIL))
    with mail_server() as letters, pytest.raises(sending.NotTaken, match="no_address"):
        sending.send(notice_id)
    assert letters.mails == []


def test_the_shop_is_told_once_signed_with_its_own_secret(parcel, relay):
    with listening(503) as shop:
        with unit_of_work() as db:
            order = db.exec(select(Order)).one()
            address = db.get_one(Address, order.id)
            channel = intake.ensure_channel(db, order.channel)
            channel.secret = "the shop's"
            with pytest.raises(Invalid):
                intake.tell_shipped_to(db, channel, "ftp://shop", person(db, "Dai"))
            intake.tell_shipped_to(db, channel, f"{shop.url}/shipped", person(db, "Dai"))
        relay.drain()
        with clock.shifted(timedelta(minutes=5)):
            relay.drain()
        first, second = shop.heard
        stamp = second.headers[signing.TIMESTAMP_HEADER.lower()]
        proof = second.headers[signing.SIGNATURE_HEADER.lower()]
        assert signing.verify("the shop's", stamp, proof, second.body, clock.now() + timedelta(minutes=5))
        assert first.headers["idempotency-key"] == second.headers["idempotency-key"] == f"shipped-{parcel.number}"
        told = second.json
        assert (told["order_id"], told["waybill"], told["carrier"]) == (order.external_id, "SF000000001000", "sf")
        assert told["expected_at"] > told["shipped_at"]
        private = (address.recipient, address.phone, address.email)
        assert not any(word in second.body.decode() for word in private)
    assert state(parcel, NoticeKind.CHANNEL) is NoticeState.SENT


def test_a_shop_of_a_platform_hears_it_through_its_own_interface_once(parcel, relay, monkeypatch):
    monkeypatch.setattr(outside, "PAUSE", 0.0)
    with serving("top") as shop:
        now = clock.now()
        shop.orders[7001] = Bought(7001, now, now)
        with unit_of_work() as db:
            order = db.exec(select(Order)).one()
            order.external_id = "7001"
            accounts.set_up(db, order.channel, account(shop), person(db, "Dai"))
        shop.script = ["500", "500", "500", "500", "lost"]
        relay.drain()
        assert state(parcel, NoticeKind.CHANNEL) is NoticeState.WAITING
        with clock.shifted(timedelta(minutes=5)):
            relay.drain()
    assert state(parcel, NoticeKind.CHANNEL) is NoticeState.SENT
    assert shop.shipped == [(7001, "SF000000001000")]


def test_messengers_hear_it_by_apprise(parcel, relay):
    with listening() as messenger:
        before = house.bound()
        house.bind(replace(before, shipping_notify=f"json://{messenger.url.removeprefix('http://')}/x"))
        try:
            relay.drain()
        finally:
            house.bind(before)
    (heard,) = messenger.heard
    assert "SF000000001000" in heard.json["message"]
    assert "张" not in heard.json["message"]
    assert state(parcel, NoticeKind.PUSH) is NoticeState.SENT


def test_one_that_is_being_sent_or_went_is_not_sent_beside_it(parcel):
    handlers.tell_of_parcels(_happened(parcel))
    with unit_of_work() as db:
        notice = db.exec(select(Notice).where(Notice.kind == NoticeKind.MAIL)).one()
        assert notices.claim(db, notice.id) is not None
        assert notices.claim(db, notice.id) is None
        with pytest.raises(Conflict):
            notices.try_again(db, notice, person(db, "Dai"))
        with clock.shifted(notices.LEASE * 2):
            assert notices.claim(db, notice.id) is not None
        notices.went(db, notice.id)
        assert notices.claim(db, notice.id) is None
        assert (db.exec(select(Channel)).first(), db.exec(select(Customer.lang)).first()) == (None, "zh")


def _happened(parcel: Parcel):
    from floor.events.relay import Happened

    return Happened(1, 1, "shipping.manifest.closed", "manifest", 1, None, {"parcels": [parcel.id]}, clock.now())


def test_a_worker_killed_after_the_server_took_the_mail_sends_the_same_letter_again(parcel, monkeypatch):
    """Nobody can know whether it went: the second is the first byte for byte, so that whoever gets both shows one."""

    class Killed(BaseException):
        pass

    def killed(*_args: object) -> None:
        raise Killed

    handlers.tell_of_parcels(_happened(parcel))
    with reading() as db:
        notice_id = db.exec(select(Notice.id).where(Notice.kind == NoticeKind.MAIL)).one()
    with mail_server() as letters:
        with monkeypatch.context() as patched:
            patched.setattr(notices, "went", killed)
            with pytest.raises(Killed):
                sending.send(notice_id)
        sending.send(notice_id)  # still being sent, as far as anybody knows
        assert len(letters.mails) == 1
        with clock.shifted(notices.LEASE * 2):
            sending.send(notice_id)
            sending.send(notice_id)
    first, second = letters.mails
    assert first["Message-ID"]
    assert first.as_bytes() == second.as_bytes()
    assert state(parcel, NoticeKind.MAIL) is NoticeState.SENT
