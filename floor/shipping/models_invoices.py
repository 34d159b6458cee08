from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from floor.kit import clock
from floor.kit.db import enum_field


class BuyerKind(StrEnum):
    PERSON = "person"
    COMPANY = "company"


class InvoiceState(StrEnum):
    #: Asked for; everything the tax office's platform needs is held here.
    HELD = "held"
    #: In a file for whoever issues it.
    EXPORTED = "exported"
    #: It has its number.
    ISSUED = "issued"
    CANCELLED = "cancelled"


class SkuTax(SQLModel, table=True):
    """How a SKU is taxed."""

    __tablename__ = "sku_tax"

    sku_id: int = Field(primary_key=True, foreign_key="sku.id")
    #: The tax office's class of goods, 19 digits.
    tax_code: str = Field(max_length=19)
    #: Hundredths of a percent: 1300 is 13 %.
    rate_bp: int


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
    state: InvoiceState = enum_field(InvoiceState, default=InvoiceState.HELD, index=True)
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
