"""Tables of what goes wrong on the road: exceptions, claims at carriers, rules, and what customers were told."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from floor.kit import clock
from floor.kit.db import enum_field
from floor.shipping.models_carriers import NoticeState
from floor.tracking.kinds import Kind, Topic
from floor.tracking.states import ClaimState, ExceptionState


class Closed(StrEnum):
    """How an exception ended."""

    #: The next good scan.
    SCAN = "scan"
    #: The parcel came back to us; the returns desk has it.
    CAME_BACK = "came_back"
    RESENT = "resent"
    REFUND = "refund"
    #: A person settled it otherwise.
    HAND = "hand"
    #: Its rule was switched off, or its timer is longer now.
    RULE = "rule"


class ParcelException(SQLModel, table=True):
    """A parcel that needs somebody; at most one is open per parcel, of the gravest kind."""

    __tablename__ = "parcel_exception"
    __table_args__ = (
        sa.Index(
            "uq_parcel_exception_open", "parcel_id", unique=True,
            sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'"),
        ),
        sa.Index("ix_parcel_exception_parcel_id", "parcel_id"),
        sa.Index("ix_parcel_exception_board", "state", "kind", "since"),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    parcel_id: int = Field(foreign_key="parcel.id")
    kind: Kind = enum_field(Kind)
    state: ExceptionState = enum_field(ExceptionState, default=ExceptionState.OPEN)
    #: From when the trouble is counted: the last scan, or the carrier's word.
    since: datetime
    opened_at: datetime = Field(default_factory=clock.now)
    owner_id: int | None = Field(default=None, foreign_key="user_account.id")
    #: Off the board until then.
    snoozed_until: datetime | None = None
    closed_at: datetime | None = None
    closed_how: Closed | None = Field(default=None, sa_type=sa.String(24))
    #: What the customer is to get back.
    refund_fen: int | None = None


class ResentLine(SQLModel, table=True):
    """Units of a parcel that go out again: the line of the order that takes them, and the line they were sent for."""

    __tablename__ = "resent_line"

    order_line_id: int = Field(primary_key=True, foreign_key="order_line.id")
    parcel_id: int = Field(foreign_key="parcel.id", index=True)
    of_line_id: int = Field(foreign_key="order_line.id", index=True)


class CarrierClaim(SQLModel, table=True):
    """What we ask of a carrier for a parcel it lost or broke. It may outlive its exception by weeks."""

    __tablename__ = "carrier_claim"
    __table_args__ = (
        sa.UniqueConstraint("exception_id"),
        sa.CheckConstraint("amount_fen > 0 AND (paid_fen IS NULL OR paid_fen >= 0)", name="amounts"),
        sa.Index("ix_carrier_claim_state_asked_at", "state", "asked_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    exception_id: int = Field(foreign_key="parcel_exception.id")
    amount_fen: int
    #: The carrier's number of it.
    reference: str = Field(default="", max_length=40)
    state: ClaimState = enum_field(ClaimState, default=ClaimState.ASKED)
    asked_at: datetime = Field(default_factory=clock.now)
    settled_at: datetime | None = None
    paid_fen: int | None = None


class TrackingRule(SQLModel, table=True):
    """What a supervisor changed of a kind or a notice; without a row it is as kinds.py says."""

    __tablename__ = "tracking_rule"
    __table_args__ = (sa.CheckConstraint("hours IS NULL OR hours > 0", name="hours"),)

    #: A Kind, or "tell_" and a Topic.
    code: str = Field(primary_key=True, max_length=32)
    is_active: bool = True
    #: Hours of silence; None for what has no timer.
    hours: int | None = None
    #: Where something was learned, its hours are taken.
    is_learned: bool = True


class TrackingLetter(SQLModel, table=True):
    """What a customer is told on the way, once each. It holds no address: that is read when it is sent."""

    __tablename__ = "tracking_letter"
    __table_args__ = (sa.UniqueConstraint("parcel_id", "key"),)

    id: int | None = Field(default=None, primary_key=True)
    parcel_id: int = Field(foreign_key="parcel.id")
    #: The topic; for a person's message, the command that wrote it.
    key: str = Field(max_length=64)
    topic: Topic = enum_field(Topic)
    title: str = Field(max_length=120)
    text: str = Field(max_length=2000)
    state: NoticeState = enum_field(NoticeState, default=NoticeState.WAITING)
    made_at: datetime = Field(default_factory=clock.now)
    sent_at: datetime | None = None
    #: Code with its sentence in shipping's messages.NOTICE_ERRORS.
    error: str = Field(default="", max_length=40)
