from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from floor.kit import clock
from floor.kit.db import Versioned, enum_field, json_field
from floor.returns.states import CaseState, RepairState


class CaseKind(StrEnum):
    #: Goods against money.
    REFUND = "refund"
    #: Goods against other goods: a new order brings them.
    EXCHANGE = "exchange"
    #: The same goods go back whole.
    REPAIR = "repair"


class ReturnReason(StrEnum):
    NO_LONGER_WANTED = "no_longer_wanted"
    WRONG_SIZE = "wrong_size"
    DAMAGED = "damaged"
    WRONG_ITEM = "wrong_item"
    NOT_AS_DESCRIBED = "not_as_described"
    #: It broke in use.
    DEFECTIVE = "defective"
    #: The parcel was not taken and came back whole.
    REFUSED = "refused"
    #: The carrier lost it: nothing comes back.
    LOST = "lost"


class ReturnCase(Versioned, table=True):
    """A customer sends goods of one order back, for money, for other goods or to have them repaired."""

    __tablename__ = "return_case"

    id: int | None = Field(default=None, primary_key=True)
    #: R-0042, also on the return slip as a barcode.
    number: str = Field(max_length=20, unique=True)
    order_id: int = Field(foreign_key="customer_order.id", index=True)
    #: Where the goods come back to.
    warehouse_id: int = Field(foreign_key="warehouse.id")
    state: CaseState = enum_field(CaseState, default=CaseState.REQUESTED, index=True)
    kind: CaseKind = enum_field(CaseKind, default=CaseKind.REFUND)
    reason: ReturnReason = enum_field(ReturnReason)
    #: The order that brings the other goods, or the repaired ones; None until it is made.
    sends_id: int | None = Field(default=None, foreign_key="customer_order.id", index=True)
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
    #: A new bag, a wash, a missing part: then back to the shelf.
    REWORK = "rework"
    SECOND_CHOICE = "second_choice"
    SUPPLIER = "supplier"
    SCRAP = "scrap"
    #: Repaired or not, it goes back to its customer.
    SEND_BACK = "send_back"
    #: Paid for before it came, and it never came.
    NEVER_CAME = "never_came"


#: What a rule or a clerk may decide of goods on the desk.
CHOICES = (
    Disposition.RESTOCK, Disposition.REWORK, Disposition.SECOND_CHOICE, Disposition.SUPPLIER, Disposition.SCRAP,
)  # fmt: skip


class ReturnItem(SQLModel, table=True):
    """Units of one order line in a case: what was announced, and what was found."""

    __tablename__ = "return_item"
    __table_args__ = (
        sa.CheckConstraint(
            "qty > 0 AND freight_fen >= 0 AND credit_fen >= 0 AND refund_fen >= freight_fen + credit_fen",
            name="amounts",
        ),
        sa.UniqueConstraint("case_id", "position"),
    )

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="return_case.id", index=True)
    #: 1..n inside the case.
    position: int
    order_line_id: int = Field(foreign_key="order_line.id", index=True)
    sku_id: int = Field(foreign_key="sku.id")
    qty: int
    #: What its customer wants in exchange.
    wants_sku_id: int | None = Field(default=None, foreign_key="sku.id", index=True)
    #: When the goods on the desk were scanned and matched this line; no decision without it.
    scanned_at: datetime | None = None
    #: Answers to the checks: {"complete": true, "clean": false...}.
    checks: dict = json_field()
    grade: Grade | None = Field(default=None, sa_type=sa.String(1))
    #: What the rules say, and what was decided; a difference needs override_reason.
    suggested: Disposition | None = Field(default=None, sa_type=sa.String(24))
    disposition: Disposition | None = Field(default=None, sa_type=sa.String(24))
    override_reason: str = Field(default="", max_length=300)
    #: Goods and freight together, whether it goes back as money or is credited to the order that is sent.
    refund_fen: int = 0
    #: The part of refund_fen that is the order's freight: paid back once, and only when the fault is ours.
    freight_fen: int = 0
    #: The part of refund_fen that paid for the order that is sent.
    credit_fen: int = 0
    #: When refund_fen was fixed although nobody had looked at the goods: paid early, or credited to an exchange.
    settled_at: datetime | None = None
    inspected_at: datetime | None = None
    inspected_by: int | None = Field(default=None, foreign_key="user_account.id")
    #: When goods decided for rework were as good as new again.
    reworked_at: datetime | None = None
    #: Set when restocked goods were put away into a bin.
    put_away_at: datetime | None = None


class RefundKind(StrEnum):
    #: Owed to the customer in money.
    MONEY = "money"
    #: Paid with it for the order that is sent: an exchange, or the repaired goods.
    CREDIT = "credit"


class RefundWhy(StrEnum):
    INSPECTED = "inspected"
    #: Before the goods were here.
    EARLY = "early"
    EXCHANGE = "exchange"
    REPAIR = "repair"


class Refund(SQLModel, table=True):
    """What of an order's payment went back. Rows are only added: their sums never pass what was paid. Fen."""

    __table_args__ = (sa.CheckConstraint("amount_fen >= 0", name="amount"),)

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="return_case.id", index=True)
    order_id: int = Field(foreign_key="customer_order.id", index=True)
    #: Whose payment; None for the order's freight.
    order_line_id: int | None = Field(default=None, foreign_key="order_line.id", index=True)
    amount_fen: int
    kind: RefundKind = enum_field(RefundKind, default=RefundKind.MONEY)
    why: RefundWhy = enum_field(RefundWhy, default=RefundWhy.INSPECTED)
    recorded_at: datetime = Field(default_factory=clock.now)
    recorded_by: int | None = Field(default=None, foreign_key="user_account.id")
    #: Who agreed, where one person was not enough.
    second_id: int | None = Field(default=None, foreign_key="user_account.id")


#: Of one item or parcel.
MOST_PHOTOS = 6


class ReturnPhoto(SQLModel, table=True):
    """A picture of returned goods or of a parcel nobody announced: a JPEG made here, without the phone's data."""

    __tablename__ = "return_photo"
    __table_args__ = (sa.CheckConstraint("(item_id IS NULL) <> (stray_id IS NULL)", name="of_one"),)

    id: int | None = Field(default=None, primary_key=True)
    item_id: int | None = Field(default=None, foreign_key="return_item.id", index=True)
    stray_id: int | None = Field(default=None, foreign_key="stray_parcel.id", index=True)
    jpeg: bytes = Field(sa_type=sa.LargeBinary)
    taken_at: datetime = Field(default_factory=clock.now)
    taken_by: int | None = Field(default=None, foreign_key="user_account.id")


class StrayEnding(StrEnum):
    #: Its order was found: a return holds it now.
    MATCHED = "matched"
    HANDED_BACK = "handed_back"
    GIVEN_UP = "given_up"


class StrayParcel(Versioned, table=True):
    """A parcel on the desk that nobody announced and no code explains."""

    __tablename__ = "stray_parcel"

    id: int | None = Field(default=None, primary_key=True)
    #: U-0007, written on the box.
    number: str = Field(max_length=20, unique=True)
    #: What was scanned on it, "" if nothing could be read.
    code: str = Field(default="", max_length=200, index=True)
    note: str = Field(default="", max_length=300)
    warehouse_id: int = Field(foreign_key="warehouse.id")
    arrived_at: datetime = Field(default_factory=clock.now)
    arrived_by: int | None = Field(default=None, foreign_key="user_account.id")
    ending: StrayEnding | None = Field(default=None, sa_type=sa.String(24))
    ended_at: datetime | None = None
    case_id: int | None = Field(default=None, foreign_key="return_case.id", index=True)


class Repair(Versioned, table=True):
    """How far the repair of a case's goods is. Money in fen."""

    case_id: int = Field(primary_key=True, foreign_key="return_case.id")
    state: RepairState = enum_field(RepairState, default=RepairState.RECEIVED, index=True)
    #: What is wrong and what it takes.
    diagnosis: str = Field(default="", max_length=500)
    #: What its customer pays for it; 0: nothing. Beside the order's own sums, which it never touches.
    quote_fen: int = 0
    fee_paid_at: datetime | None = None
    changed_at: datetime = Field(default_factory=clock.now)


class RepairPart(SQLModel, table=True):
    """Units taken off a shelf for a repair."""

    __tablename__ = "repair_part"
    __table_args__ = (sa.CheckConstraint("qty > 0", name="qty"),)

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="repair.case_id", index=True)
    sku_id: int = Field(foreign_key="sku.id")
    bin_id: int = Field(foreign_key="bin.id")
    qty: int
    taken_at: datetime = Field(default_factory=clock.now)
    taken_by: int | None = Field(default=None, foreign_key="user_account.id")


class ReturnRules(Versioned, table=True):
    """What the house does with returns, as a supervisor left it: one row, or none while nobody changed a thing."""

    __tablename__ = "return_rules"

    id: int = Field(default=1, primary_key=True)
    #: rules.Rule in order: [{"grades": "a", "reason": "", "failed": "packaging", "disposition": "rework"}...].
    dispositions: list = json_field(list)
    #: Reason -> rules.Terms: {"damaged": {"pays_freight": true, "exchange": "at_once", "early_fen": 20000}...}.
    terms: dict = json_field()
