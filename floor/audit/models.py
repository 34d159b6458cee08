from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from floor.kit import clock
from floor.kit.db import enum_field, json_field


class Rule(SQLModel, table=True):
    """A check that can be switched and tuned; its code names the function in checks.py."""

    __tablename__ = "audit_rule"

    code: str = Field(primary_key=True, max_length=32)
    is_active: bool = True
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
