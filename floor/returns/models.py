from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from floor.kit import clock
from floor.kit.db import Versioned, enum_field, json_field
from floor.returns.states import CaseState


class ReturnReason(StrEnum):
    NO_LONGER_WANTED = "no_longer_wanted"
    WRONG_SIZE = "wrong_size"
    DAMAGED = "damaged"
    WRONG_ITEM = "wrong_item"
    NOT_AS_DESCRIBED = "not_as_described"


class ReturnCase(Versioned, table=True):
    """A customer sends goods of one order back."""

    __tablename__ = "return_case"

    id: int | None = Field(default=None, primary_key=True)
    #: R-0042, also on the return slip as a barcode.
    number: str = Field(max_length=20, unique=True)
    order_id: int = Field(foreign_key="customer_order.id", index=True)
    #: Where the goods come back to.
    warehouse_id: int = Field(foreign_key="warehouse.id")
    state: CaseState = enum_field(CaseState, default=CaseState.REQUESTED, index=True)
    reason: ReturnReason = enum_field(ReturnReason)
    note: str = Field(default="", max_length=300)
    #: The carrier's number on the parcel that came back, "" if unknown.
    waybill_number: str = Field(default="", max_length=40, index=True)
    requested_at: datetime = Field(default_factory=clock.now)
    arrived_at: datetime | None = None
    closed_at: datetime | None = None


class Grade(StrEnum):
    A = "a"
    B = "b"
    C = "c"
    D = "d"


class Disposition(StrEnum):
    RESTOCK = "restock"
    SECOND_CHOICE = "second_choice"
    SUPPLIER = "supplier"
    SCRAP = "scrap"


class ReturnItem(SQLModel, table=True):
    """Units of one order line in a case: what was announced, and what was found."""

    __tablename__ = "return_item"
    __table_args__ = (
        sa.CheckConstraint("qty > 0 AND freight_fen >= 0 AND refund_fen >= freight_fen", name="amounts"),
        sa.UniqueConstraint("case_id", "position"),
    )

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="return_case.id", index=True)
    #: 1..n inside the case.
    position: int
    order_line_id: int = Field(foreign_key="order_line.id", index=True)
    sku_id: int = Field(foreign_key="sku.id")
    qty: int
    #: When the goods on the desk were scanned and matched this line; no decision without it.
    scanned_at: datetime | None = None
    #: Answers to the checks: {"complete": true, "clean": false...}.
    checks: dict = json_field()
    grade: Grade | None = Field(default=None, sa_type=sa.String(1))
    #: What the rules say, and what was decided; a difference needs override_reason.
    suggested: Disposition | None = Field(default=None, sa_type=sa.String(24))
    disposition: Disposition | None = Field(default=None, sa_type=sa.String(24))
    override_reason: str = Field(default="", max_length=300)
    #: Goods and freight together.
    refund_fen: int = 0
    #: The part of refund_fen that is the order's freight: paid back once, and only when the fault is ours.
    freight_fen: int = 0
    photo: bytes | None = Field(default=None, sa_type=sa.LargeBinary)
    inspected_at: datetime | None = None
    inspected_by: int | None = Field(default=None, foreign_key="user_account.id")
    #: Set when restocked goods were put away into a bin.
    put_away_at: datetime | None = None


class Refund(SQLModel, table=True):
    """Money owed back to the customer, recorded once per closed case. Fen."""

    __table_args__ = (sa.CheckConstraint("amount_fen >= 0", name="amount"),)

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="return_case.id", unique=True)
    order_id: int = Field(foreign_key="customer_order.id", index=True)
    amount_fen: int
    recorded_at: datetime = Field(default_factory=clock.now)
    recorded_by: int | None = Field(default=None, foreign_key="user_account.id")
