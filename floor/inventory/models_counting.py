"""Tables around counts: their rules, what was said, the day's plan; and what machines saw on the shelves."""

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from floor.kit import clock
from floor.kit.db import enum_field, json_field


class CountRules(SQLModel, table=True):
    """How a warehouse counts. Limits are the value of a difference at list price, fen."""

    __tablename__ = "count_rules"
    __table_args__ = (
        sa.CheckConstraint("daily_bins >= 0", name="daily_bins"),
        sa.CheckConstraint("0 <= auto_fen AND auto_fen <= approval_fen AND other_fen >= 0", name="limits"),
    )

    warehouse_id: int = Field(primary_key=True, foreign_key="warehouse.id")
    #: Bins of cycle counts that may wait at the same time; the day's plan fills up to this.
    daily_bins: int = 30
    #: Up to this a difference counted twice adjusts itself.
    auto_fen: int = 2_000
    #: Above this the second count must be somebody else's.
    other_fen: int = 100_000
    #: Above this two supervisors must agree, neither of whom counted.
    approval_fen: int = 500_000
    #: Does the counter see which goods to count? Never how many.
    lists_goods: bool = True


class CountEntry(SQLModel, table=True):
    """One number somebody said, and what the books had at that moment. Written once."""

    __tablename__ = "count_entry"

    id: int | None = Field(default=None, primary_key=True)
    task_id: int = Field(foreign_key="count_task.id", index=True)
    visit_id: int | None = Field(default=None, foreign_key="count_visit.id", index=True)
    round: int = 1
    qty: int
    system_qty: int
    #: Serial numbers off, as in CountTask.off.
    off: list = json_field(list)
    counted_by: int | None = Field(default=None, foreign_key="user_account.id", index=True)
    at: datetime = Field(default_factory=clock.now, index=True)

    @property
    def gap(self) -> int:
        return self.qty - self.system_qty


class CountPlan(SQLModel, table=True):
    """The cycle counts of a warehouse were planned for a day. Once."""

    __tablename__ = "count_plan"

    warehouse_id: int = Field(primary_key=True, foreign_key="warehouse.id")
    #: Local day.
    day: date = Field(primary_key=True)
    bins: int = 0
    planned_at: datetime = Field(default_factory=clock.now)


class SourceKind(StrEnum):
    RFID = "rfid"
    WEIGHT = "weight"
    CAMERA = "camera"


class ObservationSource(SQLModel, table=True):
    """A machine that sees stock: it proves itself by its secret and says what it sees, never what the books are."""

    __tablename__ = "observation_source"
    __table_args__ = (sa.CheckConstraint("tolerance_percent BETWEEN 0 AND 100", name="tolerance"),)

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(max_length=32, unique=True)
    kind: SourceKind = enum_field(SourceKind)
    warehouse_id: int = Field(foreign_key="warehouse.id", index=True)
    secret: str = Field(max_length=64)
    #: It may be off by this share of the books and still agrees.
    tolerance_percent: int = 0
    is_active: bool = True


class ObservationMessage(SQLModel, table=True):
    """A message of a source, raw. The same message twice is one row."""

    __tablename__ = "observation_message"
    __table_args__ = (sa.UniqueConstraint("source_id", "message_id"),)

    id: int | None = Field(default=None, primary_key=True)
    source_id: int = Field(foreign_key="observation_source.id")
    message_id: str = Field(max_length=80)
    received_at: datetime = Field(default_factory=clock.now)
    payload: dict = json_field()


class Finding(StrEnum):
    #: More of the same reading is to come.
    PENDING = "pending"
    AGREES = "agrees"
    DISAGREES = "disagrees"
    #: A place or goods this house does not know.
    UNKNOWN = "unknown"


class Observation(SQLModel, table=True):
    """How many of a thing one reading of a source saw in a place, beside the books at that moment."""

    __tablename__ = "stock_observation"
    __table_args__ = (
        sa.UniqueConstraint("source_id", "session", "place", "code"),
        sa.CheckConstraint("qty >= 0", name="qty"),
        sa.Index("ix_stock_observation_bin_id_sku_id", "bin_id", "sku_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    source_id: int = Field(foreign_key="observation_source.id")
    #: Messages of one reading share it; a message that names none is a reading of its own.
    session: str = Field(max_length=80)
    #: The bin as the source names it, and the bin if there is one.
    place: str = Field(max_length=16)
    bin_id: int | None = Field(default=None, foreign_key="bin.id")
    #: The SKU's code; of goods nobody knows what was read.
    code: str = Field(max_length=64)
    sku_id: int | None = Field(default=None, foreign_key="sku.id", index=True)
    qty: int = 0
    books_qty: int | None = None
    finding: Finding = enum_field(Finding, default=Finding.PENDING, index=True)
    #: When it was seen, by the source's clock; and when we were told last.
    at: datetime
    received_at: datetime = Field(default_factory=clock.now, index=True)
    #: The message that told of it last.
    message_id: int = Field(foreign_key="observation_message.id")
    #: The count it asked for.
    task_id: int | None = Field(default=None, foreign_key="count_task.id")


class ObservedTag(SQLModel, table=True):
    """A tag of a reading: however often it answers, it counts once, where it answered first."""

    __tablename__ = "observed_tag"

    source_id: int = Field(primary_key=True, foreign_key="observation_source.id")
    session: str = Field(primary_key=True, max_length=80)
    epc: str = Field(primary_key=True, max_length=64)
    observation_id: int = Field(foreign_key="stock_observation.id", index=True)
