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
    is_active: bool = True
    last_message_at: datetime | None = None


class InboxState(StrEnum):
    WAITING = "waiting"
    APPLIED = "applied"
    #: Unreadable; waits for a person with its reason.
    DEAD = "dead"


class InboxMessage(SQLModel, table=True):
    """A channel's raw message, stored before anything else and applied exactly once."""

    __tablename__ = "inbox_message"
    __table_args__ = (sa.UniqueConstraint("channel", "message_key"),)

    id: int | None = Field(default=None, primary_key=True)
    channel: str = Field(max_length=24)
    #: The sender's message id, else a hash of the body: the same message twice is one row.
    message_key: str = Field(max_length=80)
    received_at: datetime = Field(default_factory=clock.now)
    body: str
    state: InboxState = enum_field(InboxState, default=InboxState.WAITING, index=True)
    #: Code and values of the refusal.
    problem: str = Field(default="", max_length=64)
    problem_values: dict = json_field()
    order_id: int | None = Field(default=None, foreign_key="customer_order.id")
    #: What applying it did, as the channel is told: accepted, known, paid, cancelled, held or shipped.
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
