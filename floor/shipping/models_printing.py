from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from floor.kit import clock
from floor.kit.db import enum_field
from floor.shipping.models import PaperKind


class PrinterKind(StrEnum):
    #: A label printer that reads ZPL at a TCP port.
    ZPL = "zpl"
    #: Whatever the device at hand prints on: the PDF opens.
    BROWSER = "browser"


class Printer(SQLModel, table=True):
    """A printer of a warehouse, found by the name that stands on it and on its benches (packing.Station.printer)."""

    __table_args__ = (sa.UniqueConstraint("warehouse_id", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=40)
    warehouse_id: int = Field(foreign_key="warehouse.id")
    kind: PrinterKind = enum_field(PrinterKind, default=PrinterKind.BROWSER)
    #: Empty for the browser.
    host: str = Field(default="", max_length=120)
    port: int = 9100
    #: One of floor.paper.raster.DOTS_PER_MM.
    dpi: int = 203
    #: The stock that is loaded: one of floor.paper.waybills.SIZES.
    size: str = Field(default="100x180", max_length=8)
    is_active: bool = True
    #: Why it did not answer the last time, a code of messages.PRINT_ERRORS; "" when it did.
    error: str = Field(default="", max_length=60)
    seen_at: datetime | None = None


class SendState(StrEnum):
    QUEUED = "queued"
    #: On its way to the printer, or lost on it: never sent again by itself.
    PRINTING = "printing"
    DONE = "done"
    FAILED = "failed"


class Sending(SQLModel, table=True):
    """One copy of one paper on its way to one printer: the queue, and afterwards the log of what came out where."""

    __tablename__ = "print_sending"
    __table_args__ = (
        # Two taps at once: the second finds the first.
        sa.Index(
            "uq_print_sending_under_way",
            "paper_id",
            unique=True,
            sqlite_where=sa.text("state IN ('queued', 'printing')"),
            postgresql_where=sa.text("state IN ('queued', 'printing')"),
        ),
        sa.Index("ix_print_sending_batch", "batch_id", "position"),
    )

    id: int | None = Field(default=None, primary_key=True)
    paper_id: int = Field(foreign_key="print_job.id", index=True)
    #: None: it went into a PDF for the browser.
    printer_id: int | None = Field(default=None, foreign_key="printer.id", index=True)
    batch_id: int | None = Field(default=None, foreign_key="print_batch.id")
    #: Its place in the batch.
    position: int = 0
    #: 0 the first print, then the number of the reprint, as the paper says.
    copy_no: int = 0
    state: SendState = enum_field(SendState, default=SendState.QUEUED, index=True)
    #: A code of messages.PRINT_ERRORS.
    error: str = Field(default="", max_length=60)
    asked_by: int | None = Field(default=None, foreign_key="user_account.id")
    asked_at: datetime = Field(default_factory=clock.now)
    started_at: datetime | None = None
    done_at: datetime | None = None


class PrintBatch(SQLModel, table=True):
    """Many papers asked for at once: the labels or the slips of a wave."""

    __tablename__ = "print_batch"

    id: int | None = Field(default=None, primary_key=True)
    kind: PaperKind = enum_field(PaperKind)
    warehouse_id: int = Field(foreign_key="warehouse.id")
    #: The allocation run it belongs to; None: whatever waits.
    run_id: int | None = None
    #: None: PDFs for the browser.
    printer_id: int | None = Field(default=None, foreign_key="printer.id")
    #: Papers left out because they were printed before.
    skipped: int = 0
    asked_by: int | None = Field(default=None, foreign_key="user_account.id")
    asked_at: datetime = Field(default_factory=clock.now)
    finished_at: datetime | None = None


class ItemState(StrEnum):
    WAITING = "waiting"
    #: Handed to the printer's queue.
    QUEUED = "queued"
    DONE = "done"
    FAILED = "failed"


class BatchItem(SQLModel, table=True):
    __tablename__ = "print_batch_item"

    batch_id: int = Field(primary_key=True, foreign_key="print_batch.id")
    position: int = Field(primary_key=True)
    shipment_id: int = Field(foreign_key="shipment.id")
    #: None for the slip of a shipment that is in no parcel yet.
    parcel_id: int | None = Field(default=None, foreign_key="parcel.id")
    state: ItemState = enum_field(ItemState, default=ItemState.WAITING)
    #: A code of messages.PRINT_ERRORS.
    error: str = Field(default="", max_length=60)


class BatchPart(SQLModel, table=True):
    """Some of a batch's papers as one PDF, in their order; a part has one language."""

    __tablename__ = "print_batch_part"

    batch_id: int = Field(primary_key=True, foreign_key="print_batch.id")
    number: int = Field(primary_key=True)
    pages: int
    pdf: bytes = Field(sa_type=sa.LargeBinary)
