from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from floor.kit import clock
from floor.kit.db import enum_field
from floor.shipping.states import InvoiceState

#: Where nobody wrote one down for the SKU: what most goods bear.
USUAL_RATE_BP = 1300


class BuyerKind(StrEnum):
    PERSON = "person"
    COMPANY = "company"


class SkuTax(SQLModel, table=True):
    """How a SKU is taxed at home, and what customs calls it."""

    __tablename__ = "sku_tax"

    sku_id: int = Field(primary_key=True, foreign_key="sku.id")
    #: The tax office's class of goods, 19 digits; "" until somebody wrote it down.
    tax_code: str = Field(default="", max_length=19)
    #: Hundredths of a percent: 1300 is 13 %.
    rate_bp: int = USUAL_RATE_BP
    #: Customs' class of goods, 6 to 10 digits; "" until somebody wrote it down.
    hs_code: str = Field(default="", max_length=10)
    #: Where it was made, two letters as ISO 3166 has them.
    origin: str = Field(default="CN", max_length=2)


class InvoiceExport(SQLModel, table=True):
    """A file for whoever issues invoices: those that carry its number are in it."""

    __tablename__ = "invoice_export"

    id: int | None = Field(default=None, primary_key=True)
    made_at: datetime = Field(default_factory=clock.now)
    made_by: int | None = Field(default=None, foreign_key="user_account.id")
    #: How often it was given out again; every row of such a file says so.
    copies: int = 0

    @property
    def number(self) -> str:
        return f"E-{self.id or 0:04d}"


class Invoice(SQLModel, table=True):
    """An electronic invoice asked for: the request, and what came of it. It is issued elsewhere."""

    __tablename__ = "invoice"
    __table_args__ = (
        sa.Index(
            "uq_invoice_order_id_living", "order_id", unique=True,
            sqlite_where=sa.text("state <> 'cancelled'"), postgresql_where=sa.text("state <> 'cancelled'"),
        ),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    order_id: int = Field(foreign_key="customer_order.id")
    state: InvoiceState = enum_field(InvoiceState, default=InvoiceState.RELEASED, index=True)
    kind: BuyerKind = enum_field(BuyerKind)
    #: What stands on the invoice as the buyer.
    title: str = Field(max_length=100)
    #: Unified social credit code, 18 characters; a person has none.
    tax_id: str = Field(default="", max_length=18)
    address: str = Field(default="", max_length=120)
    phone: str = Field(default="", max_length=40)
    bank: str = Field(default="", max_length=80)
    account: str = Field(default="", max_length=40)
    #: Where the invoice goes.
    email: str = Field(default="", max_length=120)
    note: str = Field(default="", max_length=200)
    asked_at: datetime = Field(default_factory=clock.now)
    asked_by: int | None = Field(default=None, foreign_key="user_account.id")
    #: Why it is held, or why it was let go again, in a person's words.
    reason: str = Field(default="", max_length=200)
    export_id: int | None = Field(default=None, foreign_key="invoice_export.id", index=True)
    exported_at: datetime | None = None
    #: 20 digits.
    number: str | None = Field(default=None, max_length=20, unique=True)
    issued_on: date | None = None
    file_url: str = Field(default="", max_length=300)


class InvoiceLine(SQLModel, table=True):
    """Amounts with tax, as the buyer paid them; the tax is inside."""

    __tablename__ = "invoice_line"

    invoice_id: int = Field(primary_key=True, foreign_key="invoice.id")
    position: int = Field(primary_key=True)
    sku_id: int | None = Field(default=None, foreign_key="sku.id")
    name: str = Field(max_length=120)
    spec: str = Field(default="", max_length=60)
    qty: int
    #: Empty until somebody wrote it down for the SKU.
    tax_code: str = Field(default="", max_length=19)
    rate_bp: int
    amount_fen: int
    tax_fen: int
