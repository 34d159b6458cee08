"""Carrying notices out of the house: mail by SMTP, messengers by apprise, the shop by a signed call.

read who -> send, with no transaction open -> write that it went. A mail sent again after a worker died keeps its
Message-ID, a call to the shop its idempotency key, so that whoever got it twice can tell. Nothing here logs an address.
"""

import smtplib
import ssl
from datetime import datetime
from email.headerregistry import Address as MailAddress
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from babel.dates import format_date

from floor.intake import syncing
from floor.intake.channels.port import Rejected, Shipped, ShopTrouble
from floor.intake.models import Channel
from floor.inventory.handlers import post
from floor.kit.uow import reading, unit_of_work
from floor.orders.joining import shops_number
from floor.paper.words import translations
from floor.settings import Settings, bound
from floor.shipping import notices, papers
from floor.shipping.models_carriers import Notice, NoticeKind, NoticeState
from floor.shipping.notices import Leaving

#: Seconds a mail server may take for each of its answers.
PATIENCE = 15


class NotTaken(Exception):
    """Whoever should have taken the notice did not; `code` has its sentence in messages.NOTICE_ERRORS."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def send(notice_id: int) -> None:
    """Send one notice, if it did not go yet. Raises NotTaken to be tried again, until it is a person's turn."""
    with unit_of_work() as db:
        notice = notices.claim(db, notice_id)
    if notice is None:
        return
    try:
        is_sent = _SENDERS[notice.kind](notice)
    except NotTaken as trouble:
        with unit_of_work() as db:
            goes_on = notices.failed(db, notice_id, trouble.code)
        if goes_on:
            raise
        return
    with unit_of_work() as db:
        notices.went(db, notice_id, NoticeState.SENT if is_sent else NoticeState.NOBODY)


def _mail(notice: Notice) -> bool:
    """To the customer; False without a mail server or an address."""
    settings = bound()
    with reading() as db:
        told = notices.leaving(db, notice.parcel_id)
        to, name = notices.mail_of(db, told.order.id or 0)
    title, body = letter(told, settings)
    return send_mail(to, name, title, body, f"parcel-{told.parcel.number}.{told.order.public_token}", notice.made_at)


def send_mail(
    to: str, name: str, title: str, body: str, key: str, made_at: datetime, *, by_person: bool = False
) -> bool:  # fmt: skip
    """False without a mail server or an address. `key` makes the Message-ID: sent again, the mail can be told."""
    settings = bound()
    if not settings.smtp or not to:
        return False
    sender = settings.mail_from or settings.contact
    mail = EmailMessage()
    try:
        mail["From"] = MailAddress(settings.company, addr_spec=sender)
        mail["To"] = MailAddress(name, addr_spec=to)
    except ValueError:
        raise NotTaken("no_address") from None
    mail["Subject"] = title
    mail["Date"] = format_datetime(made_at)  # not now: sent twice, it is the same letter
    mail["Message-ID"] = f"<{key}@{sender.rpartition('@')[2]}>"
    if not by_person:
        mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(body)
    _hand_to_server(mail, settings)
    return True


def _hand_to_server(mail: EmailMessage, settings: Settings) -> None:
    """Through the house's mail server. Raises NotTaken."""
    host, _colon, port = settings.smtp.partition(":")
    trusted = ssl.create_default_context()
    try:
        if settings.smtp_tls == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, int(port or 465), timeout=PATIENCE, context=trusted)
        else:
            server = smtplib.SMTP(host, int(port or 587), timeout=PATIENCE)
        with server:
            if settings.smtp_tls == "starttls":
                server.starttls(context=trusted)
            if settings.smtp_user:
                server.login(settings.smtp_user, settings.smtp_password)
            server.send_message(mail)
    except smtplib.SMTPRecipientsRefused:
        raise NotTaken("no_address") from None
    except (smtplib.SMTPException, OSError):
        raise NotTaken("mail_server") from None


def _push(notice: Notice) -> bool:
    """To the addresses of FLOOR_SHIPPING_NOTIFY; order, parcel and waybill, nobody's name."""
    settings = bound()
    addresses = settings.shipping_notify.split()
    if not addresses:
        return False
    import apprise  # here, because it takes a second that only a worker with an address to tell has to spend

    with reading() as db:
        told = notices.leaving(db, notice.parcel_id)
    post_box = apprise.Apprise()
    if not all(post_box.add(address) for address in addresses):
        raise NotTaken("push_address")
    title, body = letter(told, settings)
    if not post_box.notify(body=body, title=title, body_format=apprise.NotifyFormat.TEXT):
        raise NotTaken("push_server")
    return True


def _channel(notice: Notice) -> bool:
    """To the shop the order came from; False for one that is not to be told."""
    with reading() as db:
        told = notices.leaving(db, notice.parcel_id)
        channel = notices.channel_of(db, told.order)
        its_orders = notices.shops_orders(db, told.order)
    if channel is None or not channel.is_active:
        return False
    if not (channel.adapter or channel.shipped_url):
        return False
    for number, lines in its_orders.items():
        if channel.adapter:
            _tell_shop(channel.code, told, number, lines)
        else:
            _call_shop(channel, told, number)
    return True


def _call_shop(channel: Channel, told: Leaving, number: str) -> None:
    """At the address it gave. An order that came along in another's parcel has a key of its own."""
    key = f"shipped-{told.parcel.number}"
    key += "" if number == shops_number(told.order) else f"-{number}"
    try:
        post(channel.shipped_url, write_back(told, number), channel.secret, key)
    except (OSError, ValueError):
        raise NotTaken("channel_server") from None


def _tell_shop(code: str, told: Leaving, number: str, lines: list[tuple[str, int]]) -> None:
    """Through the shop's own interface. The order's first parcel that left marks it as shipped there."""
    parcel = Shipped(
        number, told.parcel.number, told.carrier.code, told.carrier.name, told.number, told.left_at,
        told.of, lines,
    )  # fmt: skip
    try:
        syncing.tell_shipped(code, parcel)
    except Rejected:
        raise NotTaken("channel_refused") from None
    except ShopTrouble:
        raise NotTaken("channel_server") from None


def write_back(told: Leaving, number: str) -> dict[str, Any]:
    """What a shop is told of a parcel that left: its own order number, no names. Moments are UTC, ISO 8601."""
    return {
        "kind": "shipped",
        "order_id": number,
        "parcel": told.parcel.number,
        "parcels": told.of,
        "carrier": told.carrier.code,
        "waybill": told.number,
        "shipped_at": _iso(told.left_at),
        "expected_at": _iso(told.expected_at) if told.expected_at else None,
    }


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def letter(told: Leaving, settings: Settings) -> tuple[str, str]:
    """Title and text of a notice, in the customer's language; the link leads to the page that knows more."""
    lang = papers.language(told.lang)
    _ = translations(lang).gettext
    carrier = told.carrier.name_en if lang == "en" and told.carrier.name_en else told.carrier.name
    title = _("Your order %(number)s is on its way") % {"number": shops_number(told.order)}
    number = _("%(carrier)s has your parcel. Waybill number: %(waybill)s")
    lines = [number % {"carrier": carrier, "waybill": told.number}]
    if told.of > 1:
        lines.append(_("It is parcel %(n)s of %(total)s.") % {"n": told.n, "total": told.of})
    if told.expected_at is not None:
        lines.append(_("It should be with you on %(day)s.") % {"day": _day(told.expected_at, lang)})
    lines += ["", f"{settings.public_url}/t/{told.order.public_token}", "", settings.company]
    return title, "\n".join(lines)


def _day(moment: datetime, lang: str) -> str:
    return format_date(moment.astimezone(papers.LOCAL).date(), "full", locale=lang)


_SENDERS = {NoticeKind.MAIL: _mail, NoticeKind.PUSH: _push, NoticeKind.CHANNEL: _channel}
