"""Answers carried out of the house by mail; read -> send, with no transaction open -> write what became of it.

A mail sent again after a worker died keeps its Message-ID.
"""

from email.headerregistry import Address as MailAddress
from email.message import EmailMessage
from email.utils import format_datetime

from floor.care import enquiry_reads
from floor.care.models import Enquiry, EnquiryNote
from floor.care.states import SendState
from floor.kit import clock
from floor.kit.uow import reading, unit_of_work
from floor.orders.models import Order
from floor.paper.words import translations
from floor.settings import Settings, bound
from floor.shipping import papers
from floor.shipping.notices import TRIES
from floor.shipping.sending import NotTaken, hand_to_server


def send(note_id: int) -> None:
    """Send one answer, if it did not go yet. Raises NotTaken to be tried again, until it is a person's turn."""
    settings = bound()
    with reading() as db:
        note = db.get_one(EnquiryNote, note_id)
        enquiry = db.get_one(Enquiry, note.enquiry_id)
        order = db.get(Order, enquiry.order_id) if enquiry.order_id else None
        name = enquiry_reads.asker(db, order).name
    if note.sending is not SendState.WAITING:
        return
    if not settings.smtp or not enquiry.email:
        _became(note_id, SendState.NOBODY)
        return
    try:
        hand_to_server(_letter(enquiry, note, name, settings), settings)
    except NotTaken as trouble:
        if note.tries + 1 < TRIES:
            _became(note_id, SendState.WAITING, trouble.code)
            raise
        _became(note_id, SendState.FAILED, trouble.code)
        return
    _became(note_id, SendState.SENT)


def _became(note_id: int, state: SendState, error: str = "") -> None:
    with unit_of_work() as db:
        note = db.get_one(EnquiryNote, note_id, with_for_update=True, populate_existing=True)
        note.sending, note.error, note.tries = state, error, note.tries + 1
        db.add(note)


def _letter(enquiry: Enquiry, note: EnquiryNote, name: str, settings: Settings) -> EmailMessage:
    _ = translations(papers.language(enquiry.lang)).gettext
    sender = settings.mail_from or settings.contact
    mail = EmailMessage()
    try:
        mail["From"] = MailAddress(settings.company, addr_spec=sender)
        mail["To"] = MailAddress(name, addr_spec=enquiry.email)
    except ValueError:
        raise NotTaken("no_address") from None
    mail["Subject"] = _("Your question %(number)s") % {"number": enquiry.number}
    mail["Date"] = format_datetime(clock.now())
    mail["Message-ID"] = f"<{enquiry.number}.{note.id}@{sender.rpartition('@')[2]}>"
    mail.set_content(f"{note.text}\n\n{settings.company}")
    return mail
