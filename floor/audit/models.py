from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from floor.kit import clock
from floor.kit.db import enum_field, json_field


class Severity(StrEnum):
    """What a rule's flag does to its order."""

    #: Told at the order, which goes its way.
    NOTE = "note"
    #: On hold until anybody at the desk decides.
    HOLD = "hold"
    #: On hold until a supervisor decides.
    STOP = "stop"


class Rule(SQLModel, table=True):
    """A check that can be switched and tuned; its code names the function in checks.py."""

    __tablename__ = "audit_rule"

    code: str = Field(primary_key=True, max_length=32)
    is_active: bool = True
    severity: Severity = enum_field(Severity, default=Severity.HOLD)
    #: What the check reads: stop words, limits in fen...
    settings: dict = json_field()


class Verdict(StrEnum):
    OPEN = "open"
    #: A person looked and let it pass.
    PASSED = "passed"
    #: A person agreed that something is wrong.
    UPHELD = "upheld"
    #: The cause went away by itself (paid meanwhile, address changed).
    GONE = "gone"
    #: Told only: nobody had to decide.
    NOTED = "noted"


class Flag(SQLModel, table=True):
    """One thing about an order a person should look at, with the evidence in the text."""

    __tablename__ = "audit_flag"
    __table_args__ = (sa.Index("ix_audit_flag_order_id_verdict", "order_id", "verdict"),)

    id: int | None = Field(default=None, primary_key=True)
    order_id: int = Field(foreign_key="customer_order.id")
    rule: str = Field(max_length=32, index=True)
    #: Which text it was found in (buyer_note, street, ...), and where: start and end in characters.
    field: str = Field(default="", max_length=24)
    start: int = 0
    end: int = 0
    #: Values of the sentence, e.g. {"paid": 100, "total": 200}.
    values: dict = json_field()
    verdict: Verdict = enum_field(Verdict, default=Verdict.OPEN)
    raised_at: datetime = Field(default_factory=clock.now)
    decided_at: datetime | None = None
    decided_by: int | None = Field(default=None, foreign_key="user_account.id")


class Hold(SQLModel, table=True):
    """A person left this held order for later. Until then it is out of the queue; without a time it stays in it."""

    __tablename__ = "audit_hold"

    order_id: int = Field(primary_key=True, foreign_key="customer_order.id")
    #: A code of messages.HOLD_REASONS.
    reason: str = Field(max_length=24)
    until: datetime | None = None
    at: datetime = Field(default_factory=clock.now)
    by: int | None = Field(default=None, foreign_key="user_account.id")


class BlockedKind(StrEnum):
    PHONE = "phone"
    BUYER = "buyer"
    ADDRESS = "address"


class Blocked(SQLModel, table=True):
    """Somebody the house does not want to send to without a supervisor's word."""

    __tablename__ = "audit_blocked"
    __table_args__ = (sa.UniqueConstraint("kind", "value"),)

    id: int | None = Field(default=None, primary_key=True)
    kind: BlockedKind = enum_field(BlockedKind)
    #: Bare: see `checks.bare`.
    value: str = Field(max_length=200)
    why: str = Field(max_length=200)
    added_at: datetime = Field(default_factory=clock.now)
    added_by: int | None = Field(default=None, foreign_key="user_account.id")


class Learned(SQLModel, table=True):
    """What was learned, version by version: of each name the newest active row is used, or none."""

    __tablename__ = "audit_learned"
    __table_args__ = (sa.UniqueConstraint("name", "version"),)

    id: int | None = Field(default=None, primary_key=True)
    #: "language" or "handling".
    name: str = Field(max_length=24)
    version: int
    made_at: datetime = Field(default_factory=clock.now)
    weights: dict = json_field()
    #: How it did on what it had not seen when it was made.
    figures: dict = json_field()
    #: Off: it did no better than what is simpler, or got worse since.
    is_active: bool = True


class Rank(SQLModel, table=True):
    """How urgent an order is and why; written whenever it is ranked."""

    __tablename__ = "audit_rank"

    order_id: int = Field(primary_key=True, foreign_key="customer_order.id")
    #: 0 most urgent to 9, as in the order.
    priority: int
    #: What the house needs to hand it over, by what it learned; None: nothing learned.
    minutes: int | None = None
    is_late_risk: bool = False
    #: [[code, points, value]...]: what made the priority.
    why: list = json_field(list)
    at: datetime = Field(default_factory=clock.now)
