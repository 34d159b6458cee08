from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from floor.kit import clock
from floor.kit.db import enum_field, json_field


class Channel(SQLModel, table=True):
    """A place where customers buy, and how its messages prove themselves."""

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(max_length=24, unique=True)
    name: str = Field(max_length=60)
    name_en: str = Field(default="", max_length=60)
    #: Shared secret of the signed webhook; "" when the channel has none.
    secret: str = Field(default="", max_length=80)
    #: Where it hears that parcels left, signed with the same secret; "" when it is not told.
    shipped_url: str = Field(default="", max_length=300)
    #: Which shop's interface it is read through (channels/__init__.py); "" for signed messages and files alone.
    adapter: str = Field(default="", max_length=24)
    is_active: bool = True
    last_message_at: datetime | None = None
    #: Minutes without a word after which somebody is told; 0: it may be silent.
    silent_minutes: int = 0


class InboxState(StrEnum):
    WAITING = "waiting"
    APPLIED = "applied"
    #: Unreadable; waits for a person with its reason.
    DEAD = "dead"


class MessageKind(StrEnum):
    #: In the house's own format (forms.py): an order, a payment, a cancellation, an address.
    OWN = "own"
    #: An order as its shop shows it, in the shop's words.
    ORDER = "order"
    #: A shop's push. It is not believed further than which order to read again.
    HINT = "hint"


class InboxMessage(SQLModel, table=True):
    """A channel's raw message, stored before anything else and applied exactly once."""

    __tablename__ = "inbox_message"
    __table_args__ = (
        sa.UniqueConstraint("channel", "message_key"),
        sa.Index("ix_inbox_message_channel_external_id", "channel", "external_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    channel: str = Field(max_length=24)
    #: The sender's message id, else a hash of the body: the same message twice is one row.
    message_key: str = Field(max_length=80)
    received_at: datetime = Field(default_factory=clock.now)
    kind: MessageKind = enum_field(MessageKind, default=MessageKind.OWN)
    #: The order it is about and the moment of the shop's version of it, ms since 1970; "" and 0 in messages of our own.
    external_id: str = Field(default="", max_length=64)
    shop_version: int = Field(default=0, sa_type=sa.BigInteger)
    body: str
    state: InboxState = enum_field(InboxState, default=InboxState.WAITING, index=True)
    #: Code and values of the refusal.
    problem: str = Field(default="", max_length=64)
    problem_values: dict = json_field()
    order_id: int | None = Field(default=None, foreign_key="customer_order.id")
    #: What applying it did, as the channel is told; messages.OUTCOMES has the words.
    outcome: str = Field(default="", max_length=16)


class ImportBatch(SQLModel, table=True):
    """One order file."""

    __tablename__ = "import_batch"

    id: int | None = Field(default=None, primary_key=True)
    filename: str = Field(max_length=200)
    channel: str = Field(max_length=24)
    mapping: dict = json_field()
    imported_at: datetime = Field(default_factory=clock.now)
    imported_by: str = Field(default="", max_length=64)
    #: None while it runs, or when it was stopped: the counts are true for the rows settled so far.
    finished_at: datetime | None = None
    #: rows = lines + known_rows + rejected, after every chunk.
    rows: int = 0
    orders: int = 0
    #: Rows that became part of an accepted order.
    lines: int = 0
    #: Orders the house already had; their rows count as neither accepted nor rejected.
    known_orders: int = 0
    known_rows: int = 0
    rejected: int = 0
    #: Unknown SKUs become new ones of an assumed size, if the importer asked for it.
    create_skus: bool = False
    created_skus: int = 0


class ImportFile(SQLModel, table=True):
    """The content of an uploaded file until it is settled; then the row goes, as it holds personal data."""

    __tablename__ = "import_file"

    batch_id: int = Field(primary_key=True, foreign_key="import_batch.id")
    body: bytes = Field(sa_type=sa.LargeBinary)


class RejectedRow(SQLModel, table=True):
    """A row of a file that could not become an order line: where, why, and what it said."""

    __tablename__ = "rejected_row"

    id: int | None = Field(default=None, primary_key=True)
    batch_id: int = Field(foreign_key="import_batch.id", index=True)
    #: 1 is the first row below the header.
    row: int
    column: str = Field(default="", max_length=60)
    reason: str = Field(max_length=64)
    values: dict = json_field()
    #: The row as it came.
    raw: dict = json_field()


class ShopAccount(SQLModel, table=True):
    """How a shop's interface is reached. Secrets: shown nowhere, logged nowhere."""

    __tablename__ = "shop_account"

    channel_id: int = Field(primary_key=True, foreign_key="channel.id")
    url: str = Field(default="", max_length=300)
    #: The platform's app key, client id, consumer key...
    app_key: str = Field(default="", max_length=120)
    app_secret: str = Field(default="", max_length=300)
    token: str = Field(default="", max_length=600)
    refresh_token: str = Field(default="", max_length=600)
    token_expires_at: datetime | None = None
    #: What differs from shop to shop; the adapter's module names its keys.
    options: dict = json_field()


class ShopFeed(SQLModel, table=True):
    """How far a shop was read, and how that went."""

    __tablename__ = "shop_feed"

    channel_id: int = Field(primary_key=True, foreign_key="channel.id")
    #: Every change before this moment is in the inbox.
    read_to: datetime
    #: Until when whoever reads may take; nobody else reads meanwhile.
    reading_until: datetime | None = None
    next_at: datetime | None = Field(default=None, index=True)
    every_s: int = 60
    last_run_at: datetime | None = None
    last_ok_at: datetime | None = None
    #: Since when it fails, how often in a row, and with what: a code of messages.SHOP_TROUBLES and the shop's own code.
    failing_since: datetime | None = None
    fails: int = 0
    error: str = Field(default="", max_length=40)
    error_detail: str = Field(default="", max_length=80)


class ApiKey(SQLModel, table=True):
    """Opens the JSON interface of one channel. Only its hash is kept."""

    __tablename__ = "api_key"

    id: int | None = Field(default=None, primary_key=True)
    channel_id: int = Field(foreign_key="channel.id", index=True)
    #: How people tell keys apart: what it is for, and how it begins.
    name: str = Field(max_length=60)
    start: str = Field(max_length=12)
    hashed: str = Field(max_length=64, unique=True)
    made_at: datetime = Field(default_factory=clock.now)
    made_by: str = Field(default="", max_length=64)
    revoked_at: datetime | None = None


class GiftRule(SQLModel, table=True):
    """A free gift that comes with orders: of a channel ("" = all), worth so much, or holding a SKU."""

    __tablename__ = "gift_rule"

    id: int | None = Field(default=None, primary_key=True)
    channel: str = Field(default="", max_length=24)
    from_fen: int = 0
    with_sku_id: int | None = Field(default=None, foreign_key="sku.id")
    gift_sku_id: int = Field(foreign_key="sku.id")
    qty: int = 1
    begins_at: datetime | None = None
    ends_at: datetime | None = None
    is_active: bool = True


class TillLine(SQLModel, table=True):
    """What somebody at a till has scanned and not sold yet: one basket per person, whichever device they hold."""

    __tablename__ = "till_line"
    __table_args__ = (sa.CheckConstraint("qty > 0", name="qty"),)

    user_id: int = Field(primary_key=True, foreign_key="user_account.id")
    sku_id: int = Field(primary_key=True, foreign_key="sku.id")
    qty: int
    #: When it was scanned last: that one is shown large.
    at: datetime = Field(default_factory=clock.now)
