from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from floor.kit import clock
from floor.kit.db import enum_field, json_field


class AuditEvent(SQLModel, table=True):
    """One thing that happened. Never updated, never deleted."""

    __tablename__ = "audit_event"
    __table_args__ = (sa.Index("ix_audit_event_subject", "subject", "subject_id"),)

    id: int | None = Field(default=None, primary_key=True)
    #: `slice.thing.happened`; the sentence is in the slice's messages.py.
    kind: str = Field(max_length=64, index=True)
    at: datetime = Field(default_factory=clock.now, index=True)
    #: What it happened to: "order" 17, "walk" 3, "bin" 812...
    subject: str = Field(max_length=24)
    subject_id: int
    #: The order whose story this belongs to, where there is one.
    order_id: int | None = Field(default=None, index=True)
    actor_kind: str = Field(max_length=16)
    actor_id: int | None = None
    actor_name: str = Field(default="", max_length=64)
    data: dict = json_field()
    command_id: str = Field(default="", max_length=64)


class Delivery(StrEnum):
    PENDING = "pending"
    SENT = "sent"
    DEAD = "dead"


class OutboxMessage(SQLModel, table=True):
    """One event on its way to one subscriber. Claimed with a lease; the fence refuses a worker that lost it."""

    __tablename__ = "outbox_message"
    __table_args__ = (sa.Index("ix_outbox_message_due", "state", "next_try_at"),)

    id: int | None = Field(default=None, primary_key=True)
    event_id: int = Field(foreign_key="audit_event.id", index=True)
    #: Name of the handler in wiring.SUBSCRIBERS.
    handler: str = Field(max_length=80)
    state: Delivery = enum_field(Delivery, default=Delivery.PENDING)
    attempts: int = 0
    next_try_at: datetime = Field(default_factory=clock.now)
    #: Until when the present worker may hold it; past it any other may take over.
    lease_until: datetime | None = None
    lease_owner: str = Field(default="", max_length=64)
    #: Grows with every claim; only the holder of the newest number may settle the message.
    fence: int = 0
    error: str = Field(default="", max_length=2000)
    sent_at: datetime | None = None
