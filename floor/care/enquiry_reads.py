"""Reads of enquiries: the desk's lists, one with what was said, and what fills a template."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from floor.care.models import Enquiry, EnquiryNote, EnquiryTemplate
from floor.care.states import EnquiryKind, EnquiryState, NoteKind
from floor.kit import clock
from floor.orders.models import Address, Customer, Order
from floor.people.models import User
from floor.tracking.queries import order_story


class Tab(StrEnum):
    OPEN = "open"
    MINE = "mine"
    OVERDUE = "overdue"
    ANSWERED = "answered"
    CLOSED = "closed"


def _where(tab: Tab, user_id: int | None) -> list[Any]:
    is_open = col(Enquiry.state) == EnquiryState.OPEN
    return {
        Tab.OPEN: [is_open],
        Tab.MINE: [is_open, col(Enquiry.owner_id) == user_id],
        Tab.OVERDUE: [is_open, col(Enquiry.due_at) < clock.now()],
        Tab.ANSWERED: [col(Enquiry.state) == EnquiryState.ANSWERED],
        Tab.CLOSED: [col(Enquiry.state) == EnquiryState.CLOSED],
    }[tab]


@dataclass(frozen=True)
class Row:
    enquiry: Enquiry
    order: Order | None
    owner: str
    #: The question asked last.
    question: str


def listed(db: Session, tab: Tab, user_id: int | None, limit: int = 200) -> list[Row]:
    """Open ones by their deadline, the others newest first."""
    said = aliased(EnquiryNote)
    newest = (
        sa.select(sa.func.max(col(said.id)))
        .where(col(said.enquiry_id) == col(Enquiry.id), col(said.kind) == NoteKind.QUESTION)
        .correlate(Enquiry)
        .scalar_subquery()
    )
    order_by = col(Enquiry.due_at) if tab in (Tab.OPEN, Tab.MINE, Tab.OVERDUE) else col(Enquiry.id).desc()
    rows = db.execute(
        sa.select(Enquiry, Order, col(User.name), col(EnquiryNote.text))
        .outerjoin(Order, col(Order.id) == col(Enquiry.order_id))
        .outerjoin(User, col(User.id) == col(Enquiry.owner_id))
        .outerjoin(EnquiryNote, col(EnquiryNote.id) == newest)
        .where(*_where(tab, user_id))
        .order_by(order_by, col(Enquiry.id))
        .limit(limit)
    )
    return [Row(enquiry, order, owner or "", text or "") for enquiry, order, owner, text in rows]


def counts(db: Session, user_id: int | None) -> dict[Tab, int]:
    count = sa.select(sa.func.count()).select_from(Enquiry)
    return {tab: db.execute(count.where(*_where(tab, user_id))).scalar_one() for tab in Tab}


def of_order(db: Session, order_id: int) -> Sequence[Enquiry]:
    return db.exec(select(Enquiry).where(Enquiry.order_id == order_id).order_by(col(Enquiry.id).desc())).all()


def notes_of(db: Session, enquiry_id: int) -> Sequence[EnquiryNote]:
    return db.exec(select(EnquiryNote).where(EnquiryNote.enquiry_id == enquiry_id).order_by(col(EnquiryNote.id))).all()


def templates(db: Session, kind: EnquiryKind | None = None) -> Sequence[EnquiryTemplate]:
    """Ready answers, those of the kind first."""
    every = db.exec(select(EnquiryTemplate).order_by(col(EnquiryTemplate.kind), col(EnquiryTemplate.name))).all()
    return sorted(every, key=lambda one: one.kind != kind) if kind else every


@dataclass(frozen=True)
class Asker:
    """Whose enquiry it is, as far as an order tells; the enquiry keeps address and language of it."""

    name: str = ""
    email: str = ""
    lang: str = "zh"


def asker(db: Session, order: Order | None) -> Asker:
    if order is None:
        return Asker()
    address, buyer = db.get(Address, order.id), db.get(Customer, order.customer_id) if order.customer_id else None
    return Asker(address.recipient if address else "", address.email if address else "", buyer.lang if buyer else "zh")


@dataclass(frozen=True)
class Facts:
    """What a template may ask for of an order."""

    name: str = ""
    order: str = ""
    waybill: str = ""
    carrier: str = ""
    carrier_en: str = ""
    expected: datetime | None = None
    token: str = ""


def facts(db: Session, order: Order | None) -> Facts:
    """The newest shipment's parcel speaks for the order."""
    if order is None or order.id is None:
        return Facts()
    name = asker(db, order).name
    stories = [story for story in order_story(db, order.id) if story.parcels]
    if not stories:
        return Facts(name, order.number, token=order.public_token)
    story = stories[-1]
    return Facts(
        name, order.number, story.parcels[-1].waybill or "", story.carrier.name, story.carrier.name_en, story.eta,
        order.public_token,
    )  # fmt: skip


def owner_of(db: Session, enquiry: Enquiry) -> str:
    owner = db.get(User, enquiry.owner_id) if enquiry.owner_id else None
    return owner.name if owner else ""
