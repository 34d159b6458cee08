"""What customers are told on the way: by rule once each, or what a person wrote. In the customer's language.

A letter is a row with its words, made in the transaction that gave the reason; a handler mails it. It holds no address.
"""

from datetime import timedelta

from sqlmodel import Session, col, select

from floor.events.service import Event, record
from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.db import upsert
from floor.kit.uow import reading, unit_of_work
from floor.orders.joining import shops_number
from floor.orders.models import Order
from floor.packing.models import Parcel
from floor.paper.words import translations
from floor.settings import bound
from floor.shipments.models import Carrier, Shipment
from floor.shipping import notices, papers, sending
from floor.shipping import queries as shipping
from floor.shipping.models_carriers import NoticeState
from floor.tracking import messages, rules
from floor.tracking.kinds import Kind, Topic
from floor.tracking.models_exceptions import TrackingLetter

#: News that is older is not told: a carrier that was silent for days tells it all at once.
STALE = timedelta(days=3)


def tell(db: Session, parcel_id: int, topic: Topic, actor: Actor) -> None:
    """Make the notice, if its rule wants it; each topic once a parcel, however often it is asked for."""
    if rules.is_told(db, topic):
        _make(db, parcel_id, topic, topic, "", actor)


def write(db: Session, parcel_id: int, text: str, command: str, actor: Actor) -> None:
    """Send what a person wrote."""
    _make(db, parcel_id, command, Topic.MESSAGE, text, actor)


def _make(db: Session, parcel_id: int, key: str, topic: Topic, text: str, actor: Actor) -> None:
    order, lang, words = _about(db, parcel_id)
    _ = translations(lang).gettext
    title = _("Your order %(number)s: news of your parcel") % {"number": shops_number(order)}
    body = text or messages.letters(_)[topic] % words
    fresh = {
        "parcel_id": parcel_id, "key": key, "topic": topic, "title": title, "text": body,
        "state": NoticeState.WAITING, "made_at": clock.now(), "error": "",
    }  # fmt: skip
    new = upsert(db, TrackingLetter).values(fresh).on_conflict_do_nothing().returning(col(TrackingLetter.id))
    made = db.execute(new).scalar()
    if made is not None:
        record(db, Event("tracking.letter.asked", "letter", made, data={"parcel": parcel_id, "topic": topic}), actor)


def _about(db: Session, parcel_id: int) -> tuple[Order, str, dict[str, str]]:
    """The order, the language its customer reads, and the words that fill a sentence."""
    shipment = db.get_one(Shipment, db.get_one(Parcel, parcel_id).shipment_id)
    order, carrier = db.get_one(Order, shipment.order_id), db.get_one(Carrier, shipment.carrier_id)
    lang = papers.language_of(db, order)
    waybill = shipping.waybill_of(db, parcel_id)
    name = carrier.name_en if lang == "en" and carrier.name_en else carrier.name
    return order, lang, {"carrier": name, "waybill": (waybill.number if waybill else "") or "", "order": order.number}


def prefilled(db: Session, parcel_id: int, kind: Kind) -> str:
    """What usually helps to write to the customer, in the customer's language."""
    _order, lang, words = _about(db, parcel_id)
    return messages.to_customer(translations(lang).gettext)[kind] % words


def question(db: Session, parcel_id: int, kind: Kind) -> str:
    """What to ask the carrier, in the carrier's language: for its page, or to be read out."""
    _order, _lang, words = _about(db, parcel_id)
    return messages.ask_carrier(translations(papers.CARRIER_LANG).gettext)[kind] % words


def of_parcel(db: Session, parcel_id: int) -> list[TrackingLetter]:
    mine = select(TrackingLetter).where(TrackingLetter.parcel_id == parcel_id)
    return list(db.exec(mine.order_by(col(TrackingLetter.id).desc())))


def send(letter_id: int) -> None:
    """Mail one letter, if it did not go yet. Raises NotTaken for the relay to try again; an address nobody has ends it.

    A worker that dies between the mail and its note sends it twice, under one Message-ID.
    """
    with reading() as db:
        letter = db.get_one(TrackingLetter, letter_id)
        shipment = db.get_one(Shipment, db.get_one(Parcel, letter.parcel_id).shipment_id)
        order = db.get_one(Order, shipment.order_id)
        to, name = notices.mail_of(db, shipment.order_id)
    if letter.state is not NoticeState.WAITING:
        return
    settings = bound()
    body = "\n".join([letter.text, "", f"{settings.public_url}/t/{order.public_token}", "", settings.company])
    state, error = NoticeState.NOBODY, ""
    try:
        key = f"letter-{letter_id}.{order.public_token}"
        if sending.send_mail(to, name, letter.title, body, key, letter.made_at):
            state = NoticeState.SENT
    except sending.NotTaken as trouble:
        if trouble.code != "no_address":
            raise
        state, error = NoticeState.FAILED, trouble.code
    with unit_of_work() as db:
        row = db.get_one(TrackingLetter, letter_id, with_for_update=True)
        row.state, row.error = state, error
        row.sent_at = clock.now() if state is NoticeState.SENT else None
        db.add(row)
