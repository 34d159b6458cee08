from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from floor.kit import clock, ids
from floor.kit.db import Versioned, enum_field
from floor.orders.states import OrderState


class Customer(SQLModel, table=True):
    """A buyer as one channel knows them."""

    __table_args__ = (sa.UniqueConstraint("channel", "external_id"),)

    id: int | None = Field(default=None, primary_key=True)
    channel: str = Field(max_length=24)
    external_id: str = Field(max_length=64)
    name: str = Field(default="", max_length=80)
    #: 0 new, 1 regular, 2 gold.
    tier: int = 0
    lang: str = Field(default="zh", max_length=8)


class Order(Versioned, table=True):
    """What a customer bought and where it should go. Money in fen."""

    __tablename__ = "customer_order"
    __table_args__ = (
        sa.UniqueConstraint("channel", "external_id"),
        sa.Index("ix_customer_order_state_promised_at", "state", "promised_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    #: Our number, read aloud: SO-000391.
    number: str = Field(max_length=20, unique=True)
    channel: str = Field(max_length=24)
    #: The channel's number.
    external_id: str = Field(max_length=64)
    customer_id: int | None = Field(default=None, foreign_key="customer.id", index=True)
    state: OrderState = enum_field(OrderState, default=OrderState.RECEIVED)
    placed_at: datetime
    #: None until the money is there.
    paid_at: datetime | None = None
    received_at: datetime = Field(default_factory=clock.now)
    #: Handed to the carrier at the latest by.
    promised_at: datetime
    goods_fen: int = 0
    freight_fen: int = 0
    discount_fen: int = 0
    #: goods + freight - discount, as the channel says; the audit proves the sum.
    total_fen: int = 0
    paid_fen: int = 0
    currency: str = Field(default="CNY", max_length=3)
    buyer_note: str = Field(default="", max_length=500)
    seller_note: str = Field(default="", max_length=500)
    gift_wrap: bool = False
    gift_message: str = Field(default="", max_length=300)
    hide_price: bool = False
    #: The buyer agreed: what is sold out may come as its substitute, at the price paid.
    takes_substitutes: bool = False
    #: The buyer asks for an invoice made out to this name and tax number; "" when none is asked for.
    invoice_title: str = Field(default="", max_length=100)
    invoice_tax_id: str = Field(default="", max_length=32)
    #: 0 most urgent to 9; set by the audit.
    priority: int = 5
    #: The customer's link: /t/<token>.
    public_token: str = Field(default_factory=ids.public_token, max_length=32, unique=True)


class Address(SQLModel, table=True):
    """Where one order goes. Personal data: shown to the desk, masked on paper, never on pick screens."""

    order_id: int = Field(primary_key=True, foreign_key="customer_order.id")
    recipient: str = Field(default="", max_length=80)
    phone: str = Field(default="", max_length=40)
    province: str = Field(default="", max_length=40)
    city: str = Field(default="", max_length=40)
    district: str = Field(default="", max_length=40)
    street: str = Field(default="", max_length=200)
    postcode: str = Field(default="", max_length=16)
    country: str = Field(default="CN", max_length=2)
    #: Where notices go; "" when the channel told none.
    email: str = Field(default="", max_length=120)
    #: Six digits of the administrative division; "" when the words name none.
    division: str = Field(default="", max_length=6)
    #: The platform's own handle of a masked receiver: the carrier reads it, nobody here does.
    oaid: str = Field(default="", max_length=200)

    def one_line(self) -> str:
        """Where it goes and to whom, without the phone."""
        place = "".join((self.province, self.city, self.district, self.street))
        return f"{place} {self.recipient}".strip()

    def stamp(self) -> str:
        """The same as long as nobody changed it: a form carries what its writer saw."""
        return ids.digest(*(str(value) for value in self.model_dump().values()))[:16]


class OrderLine(SQLModel, table=True):
    """So many of one SKU. qty = backordered + cancelled + what its shipment lines hold, at every moment."""

    __tablename__ = "order_line"
    __table_args__ = (
        # 0: all of it goes out as something else, in a line of its own.
        sa.CheckConstraint("qty >= 0 AND backordered >= 0 AND cancelled >= 0", name="qty"),
        sa.CheckConstraint("backordered + cancelled <= qty", name="parts"),
    )

    id: int | None = Field(default=None, primary_key=True)
    order_id: int = Field(foreign_key="customer_order.id", index=True)
    sku_id: int = Field(foreign_key="sku.id", index=True)
    qty: int
    #: Units no shipment holds yet.
    backordered: int
    cancelled: int = 0
    unit_price_fen: int = 0
    #: This line's share of the order's discount, for the whole line.
    discount_fen: int = 0
    is_gift: bool = False
    #: What the channel calls the article's kind (colour, size), and its own number of the line.
    spec: str = Field(default="", max_length=120)
    channel_line: str = Field(default="", max_length=64)
    #: The bundle this line is a part of; "" for goods sold as themselves.
    bundle: str = Field(default="", max_length=32)
    #: The line some of whose units go out as this SKU instead, at that line's price.
    replaces_id: int | None = Field(default=None, foreign_key="order_line.id", index=True)
