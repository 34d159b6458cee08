from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from floor.care.states import EnquiryKind, EnquiryState, NoteKind, SendState
from floor.kit import clock
from floor.kit.db import Versioned, enum_field, json_field


class Enquiry(Versioned, table=True):
    """A customer asks, somebody answers by a deadline."""

    __table_args__ = (sa.Index("ix_enquiry_state_due_at", "state", "due_at"),)

    id: int | None = Field(default=None, primary_key=True)
    #: E-000042
    number: str = Field(max_length=20, unique=True)
    #: None for a question about no order of ours.
    order_id: int | None = Field(default=None, foreign_key="customer_order.id", index=True)
    kind: EnquiryKind = enum_field(EnquiryKind)
    state: EnquiryState = enum_field(EnquiryState, default=EnquiryState.OPEN)
    #: Where answers go: an e-mail address; "" and the answer is told by telephone or in the shop's chat.
    email: str = Field(default="", max_length=120)
    #: In which language.
    lang: str = Field(default="zh", max_length=8)
    owner_id: int | None = Field(default=None, foreign_key="user_account.id", index=True)
    opened_at: datetime = Field(default_factory=clock.now)
    #: An answer is promised until then.
    due_at: datetime
    answered_at: datetime | None = None
    closed_at: datetime | None = None


class EnquiryNote(SQLModel, table=True):
    """One thing said: by the customer, to the customer, or among ourselves."""

    __tablename__ = "enquiry_note"

    id: int | None = Field(default=None, primary_key=True)
    enquiry_id: int = Field(foreign_key="enquiry.id", index=True)
    kind: NoteKind = enum_field(NoteKind)
    text: str = Field(max_length=2000)
    at: datetime = Field(default_factory=clock.now)
    #: Who wrote it; "" for the customer.
    actor_name: str = Field(default="", max_length=64)
    #: Of an answer: what became of the mail.
    sending: SendState = enum_field(SendState, default=SendState.NOBODY)
    tries: int = 0
    #: A code of shipping's NOTICE_ERRORS.
    error: str = Field(default="", max_length=40)


class EnquiryTemplate(SQLModel, table=True):
    """A ready answer in both languages, with places to fill: {order}, {waybill}..."""

    __tablename__ = "enquiry_template"

    id: int | None = Field(default=None, primary_key=True)
    kind: EnquiryKind = enum_field(EnquiryKind)
    name: str = Field(max_length=60, unique=True)
    text: str = Field(max_length=2000)
    text_en: str = Field(max_length=2000)


class Feedback(SQLModel, table=True):
    """What a customer says of a parcel; one a parcel, the newest counts."""

    __table_args__ = (sa.CheckConstraint("stars BETWEEN 1 AND 5", name="stars"),)

    parcel_id: int = Field(primary_key=True, foreign_key="parcel.id")
    stars: int
    #: Codes of states.Reason.
    reasons: list = json_field(list)
    words: str = Field(default="", max_length=500)
    at: datetime = Field(default_factory=clock.now, index=True)
    #: How often it was said, the first time included.
    times: int = 1


class Forgotten(SQLModel, table=True):
    """An order whose personal data was masked, and when."""

    __tablename__ = "forgotten_order"

    order_id: int = Field(primary_key=True, foreign_key="customer_order.id")
    at: datetime = Field(default_factory=clock.now)
