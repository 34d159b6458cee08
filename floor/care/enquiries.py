"""Verbs of enquiries: a customer asks, somebody takes it, answers by the deadline, closes it.

Two clerks may have the same enquiry open. Each form says which version it shows; who is second is told who was first.
"""

import re
from collections.abc import Mapping

from sqlalchemy.orm.attributes import flag_modified
from sqlmodel import Session, col, select

from floor.care.models import Enquiry, EnquiryNote, EnquiryTemplate
from floor.care.states import ANSWER_WITHIN, ENQUIRY, EnquiryAction, EnquiryKind, NoteKind, SendState
from floor.events.queries import story_of
from floor.events.service import Event, record
from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.errors import Conflict, Invalid, Unknown
from floor.kit.ids import public_token

#: What a template may leave open.
PLACES = ("name", "order", "waybill", "carrier", "expected", "link", "company")
_PLACE = re.compile(r"\{([^{}\n]*)\}")


def ask(
    db: Session, kind: EnquiryKind, text: str, order_id: int | None, email: str, lang: str, actor: Actor
) -> Enquiry:  # fmt: skip
    """A customer asked something. An answer is promised within the time of its kind."""
    now = clock.now()
    made = Enquiry(
        number=public_token()[:20], order_id=order_id, kind=kind, email=email, lang=lang, opened_at=now,
        due_at=now + ANSWER_WITHIN[kind],
    )  # fmt: skip
    db.add(made)
    db.flush()
    made.number = f"E-{made.id:06d}"
    _say(db, made, NoteKind.QUESTION, text)
    _tell(db, made, "asked", actor, kind=kind.value)
    return made


def enquiry_for(db: Session, enquiry_id: int) -> Enquiry:
    """The enquiry, or Unknown."""
    found = db.get(Enquiry, enquiry_id)
    if found is None:
        raise Unknown("care.unknown_enquiry")
    return found


def held(db: Session, enquiry_id: int, seen: int) -> Enquiry:
    """Locked for a verb, as the form showed it. Raises Unknown; Conflict when somebody was faster, naming who."""
    found = db.get(Enquiry, enquiry_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise Unknown("care.unknown_enquiry")
    if found.version != seen:
        raise Conflict("care.enquiry_moved_on", number=found.number, who=_last_hand(db, found))
    return found


def _last_hand(db: Session, enquiry: Enquiry) -> str:
    """Who did the newest thing to it: notes are no events, and a customer's question has nobody's name."""
    mine = EnquiryNote.enquiry_id == enquiry.id
    noted = db.exec(select(EnquiryNote).where(mine).order_by(col(EnquiryNote.id).desc()).limit(1)).first()
    done = next(iter(story_of(db, "enquiry", enquiry.id or 0, 1)), None)
    return max(((one.at, one.actor_name) for one in (noted, done) if one and one.actor_name), default=(None, "–"))[1]


def take(db: Session, enquiry: Enquiry, actor: Actor) -> None:
    """It is this person's now."""
    enquiry.owner_id = actor.id
    _keep(db, enquiry)
    _tell(db, enquiry, "taken", actor)


def note(db: Session, enquiry: Enquiry, text: str, actor: Actor) -> None:
    """Said among ourselves."""
    _say(db, enquiry, NoteKind.NOTE, text, actor)
    _keep(db, enquiry)


def answer(db: Session, enquiry: Enquiry, text: str, actor: Actor) -> EnquiryNote:
    """The answer goes out by mail where there is an address; nobody's enquiry is whose answer it is.

    Raises Invalid while a place is left to fill, Conflict for a closed one.
    """
    if left := _PLACE.search(text):
        raise Invalid("care.place_left", field="text", place=left.group(0))
    _advance(enquiry, EnquiryAction.ANSWER)
    enquiry.answered_at = clock.now()
    enquiry.owner_id = enquiry.owner_id or actor.id
    said = _say(db, enquiry, NoteKind.ANSWER, text, actor)
    _keep(db, enquiry)
    if enquiry.email:
        said.sending = SendState.WAITING
        _tell(db, enquiry, "answered", actor, note=said.id)
    else:
        _tell(db, enquiry, "told", actor, note=said.id)
    return said


def ask_again(db: Session, enquiry: Enquiry, text: str, actor: Actor) -> None:
    """The customer has a further question: it is open again, with a deadline of its own."""
    _advance(enquiry, EnquiryAction.ASK)
    enquiry.due_at, enquiry.closed_at = clock.now() + ANSWER_WITHIN[enquiry.kind], None
    _say(db, enquiry, NoteKind.QUESTION, text)
    _keep(db, enquiry)
    _tell(db, enquiry, "asked", actor, kind=enquiry.kind.value)


def close(db: Session, enquiry: Enquiry, actor: Actor) -> None:
    _advance(enquiry, EnquiryAction.CLOSE)
    enquiry.closed_at = clock.now()
    _keep(db, enquiry)
    _tell(db, enquiry, "closed", actor)


def _advance(enquiry: Enquiry, action: EnquiryAction) -> None:
    """The only door to an enquiry's state."""
    enquiry.state = ENQUIRY.after(enquiry.state, action)


def _say(db: Session, enquiry: Enquiry, kind: NoteKind, text: str, actor: Actor | None = None) -> EnquiryNote:
    said = EnquiryNote(enquiry_id=enquiry.id or 0, kind=kind, text=text, actor_name=actor.name if actor else "")
    db.add(said)
    db.flush()
    return said


def _keep(db: Session, enquiry: Enquiry) -> None:
    """Written even where only a note was added: whoever has the older page is told."""
    flag_modified(enquiry, "state")
    db.add(enquiry)
    db.flush()


def _tell(db: Session, enquiry: Enquiry, what: str, actor: Actor, **data: object) -> None:
    given = {"number": enquiry.number, **data}
    record(db, Event(f"care.enquiry.{what}", "enquiry", enquiry.id or 0, enquiry.order_id, given), actor)


# --- ready answers ----------------------------------------------------------------------------------------------------


def keep_template(
    db: Session, template_id: int | None, kind: EnquiryKind, name: str, text: str, text_en: str, actor: Actor
) -> EnquiryTemplate:
    """A ready answer, new or changed. Raises Unknown, Invalid for a place nobody fills, or a name that is taken."""
    for field, words in (("text", text), ("text_en", text_en)):
        for place in _PLACE.findall(words):
            if place not in PLACES:
                raise Invalid("care.unknown_place", field=field, place=f"{{{place}}}", places=_listed())
    found = db.get(EnquiryTemplate, template_id) if template_id else None
    if template_id and found is None:
        raise Unknown("care.unknown_template")
    taken = select(EnquiryTemplate).where(EnquiryTemplate.name == name, EnquiryTemplate.id != template_id)
    if db.exec(taken).first() is not None:
        raise Invalid("care.template_taken", field="name", name=name)
    found = found or EnquiryTemplate(kind=kind, name=name, text=text, text_en=text_en)
    found.kind, found.name, found.text, found.text_en = kind, name, text, text_en
    db.add(found)
    db.flush()
    record(db, Event("care.template.kept", "template", found.id or 0, data={"name": name}), actor)
    return found


def drop_template(db: Session, template_id: int, actor: Actor) -> None:
    found = db.get(EnquiryTemplate, template_id)
    if found is None:
        raise Unknown("care.unknown_template")
    db.delete(found)
    db.flush()
    record(db, Event("care.template.dropped", "template", template_id, data={"name": found.name}), actor)


def _listed() -> str:
    return " ".join(f"{{{place}}}" for place in PLACES)


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with every place filled that has something to say; the others stay, for a person to fill."""
    return _PLACE.sub(lambda place: values.get(place.group(1)) or place.group(0), text)
