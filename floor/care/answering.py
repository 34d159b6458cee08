"""Answers carried out of the house by mail; read -> send, with no transaction open -> write what became of it.

A mail sent again after a worker died is the same letter.
"""

from floor.care import enquiry_reads
from floor.care.models import Enquiry, EnquiryNote
from floor.care.states import SendState
from floor.kit.uow import reading, unit_of_work
from floor.orders.models import Order
from floor.paper.words import translations
from floor.settings import bound
from floor.shipping import papers
from floor.shipping.notices import TRIES
from floor.shipping.sending import NotTaken, send_mail


def send(note_id: int) -> None:
    """Send one answer, if it did not go yet. Raises NotTaken to be tried again, until it is a person's turn."""
    with reading() as db:
        note = db.get_one(EnquiryNote, note_id)
        enquiry = db.get_one(Enquiry, note.enquiry_id)
        order = db.get(Order, enquiry.order_id) if enquiry.order_id else None
        name = enquiry_reads.asker(db, order).name
    if note.sending is not SendState.WAITING:
        return
    _ = translations(papers.language(enquiry.lang)).gettext
    title = _("Your question %(number)s") % {"number": enquiry.number}
    body, key = f"{note.text}\n\n{bound().company}", f"{enquiry.number}.{note.id}"
    try:
        went = send_mail(enquiry.email, name, title, body, key, note.at, by_person=True)
    except NotTaken as trouble:
        if note.tries + 1 < TRIES:
            _became(note_id, SendState.WAITING, trouble.code)
            raise
        _became(note_id, SendState.FAILED, trouble.code)
        return
    _became(note_id, SendState.SENT if went else SendState.NOBODY)


def _became(note_id: int, state: SendState, error: str = "") -> None:
    with unit_of_work() as db:
        note = db.get_one(EnquiryNote, note_id, with_for_update=True, populate_existing=True)
        note.sending, note.error, note.tries = state, error, note.tries + 1
        db.add(note)
