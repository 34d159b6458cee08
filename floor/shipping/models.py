from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from floor.kit import clock
from floor.kit.db import Versioned, enum_field, json_field
from floor.shipping.states import WaybillState


class NumberRange(SQLModel, table=True):
    """Waybill numbers a carrier gave us to hand out ourselves."""

    __tablename__ = "waybill_range"

    carrier_id: int = Field(primary_key=True, foreign_key="carrier.id")
    prefix: str = Field(default="", max_length=8)
    #: Carriers' numbers have twelve digits and more: past what an INTEGER holds.
    next_number: int = Field(sa_type=sa.BigInteger)
    last_number: int = Field(sa_type=sa.BigInteger)
    #: Digits after the prefix.
    width: int = 12


class Waybill(SQLModel, table=True):
    """The carrier's number for a parcel. The row is the request: it is there before the carrier hears of it.

    Another carrier, or the same after a cancellation, is another row with a request id of its own.
    """

    __table_args__ = (
        sa.Index(
            "uq_waybill_active_parcel_id",
            "parcel_id",
            unique=True,
            sqlite_where=sa.text("state <> 'void'"),
            postgresql_where=sa.text("state <> 'void'"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    parcel_id: int = Field(foreign_key="parcel.id", index=True)
    carrier_id: int = Field(foreign_key="carrier.id")
    #: None until the carrier answered.
    number: str | None = Field(default=None, max_length=40, unique=True)
    #: Big letters for the sorters: "571-A03-012".
    route_code: str = Field(default="", max_length=40)
    state: WaybillState = enum_field(WaybillState, default=WaybillState.REQUESTED)
    requested_at: datetime = Field(default_factory=clock.now)
    received_at: datetime | None = None
    #: What the carrier will ask for it, fen.
    cost_fen: int = 0
    #: The carrier's service; None where the carrier has but one way to go.
    service_id: int | None = Field(default=None, foreign_key="carrier_service.id", index=True)
    #: What the carrier knows this request by: P-000123-1. The same for every try.
    request_id: str = Field(default="", max_length=32, index=True)
    #: Why this service, and what the others would have been: choosing.Choice.kept().
    choice: dict = json_field()
    #: Calls made to the carrier, the first moment of one, and until when the present one may take.
    tries: int = 0
    first_asked_at: datetime | None = None
    asking_until: datetime | None = None
    #: When a worker asks next; None while it is a person's turn or nobody's.
    next_try_at: datetime | None = Field(default=None, index=True)
    #: False from the first call whose outcome is unknown: the carrier may have issued a number we never heard.
    is_sure: bool = True
    #: What went wrong last: a code with its sentence in messages.WAYBILL_PROBLEMS, and the carrier's own code.
    problem: str = Field(default="", max_length=40)
    problem_detail: str = Field(default="", max_length=80)
    #: Typed in by a person.
    is_by_hand: bool = False
    #: When the carrier is asked next to take back this void number; None: not to be asked, or a person's turn.
    undo_at: datetime | None = Field(default=None, index=True)
    #: When it took the void number back.
    cancelled_at: datetime | None = None
    #: When it is asked next where the parcel is; None: it tells us by itself, or the journey is over.
    routes_at: datetime | None = Field(default=None, index=True)


class PaperKind(StrEnum):
    WAYBILL = "waybill"
    SLIP = "slip"


class PrintState(StrEnum):
    QUEUED = "queued"
    #: The PDF is there; the browser or the printer may take it.
    READY = "ready"
    PRINTED = "printed"
    FAILED = "failed"


class PrintJob(SQLModel, table=True):
    """One paper of one parcel. A reprint is a copy under the same waybill number, counted here."""

    __tablename__ = "print_job"
    __table_args__ = (sa.UniqueConstraint("parcel_id", "kind"),)

    id: int | None = Field(default=None, primary_key=True)
    parcel_id: int = Field(foreign_key="parcel.id")
    kind: PaperKind = enum_field(PaperKind)
    state: PrintState = enum_field(PrintState, default=PrintState.QUEUED)
    printer: str = Field(default="", max_length=40)
    pdf: bytes | None = Field(default=None, sa_type=sa.LargeBinary)
    copies: int = 0
    #: Which of how many parcels the newest paper calls this one, "1/2"; "" before the first.
    says: str = Field(default="", max_length=9)
    #: What the label on the box says while a new one must be stuck over it; "" otherwise.
    replaces: str = Field(default="", max_length=9)
    error: str = Field(default="", max_length=300)
    created_at: datetime = Field(default_factory=clock.now)
    printed_at: datetime | None = None


class ManifestState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class Manifest(Versioned, table=True):
    """One lorry of one carrier: parcels are scanned onto it and handed over with a signature."""

    __table_args__ = (
        # Two people opening the same lorry get the same manifest.
        sa.Index(
            "uq_manifest_open_warehouse_id_carrier_id",
            "warehouse_id",
            "carrier_id",
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    #: M-0042
    number: str = Field(max_length=20, unique=True)
    warehouse_id: int = Field(foreign_key="warehouse.id")
    carrier_id: int = Field(foreign_key="carrier.id")
    state: ManifestState = enum_field(ManifestState, default=ManifestState.OPEN, index=True)
    opened_at: datetime = Field(default_factory=clock.now)
    closed_at: datetime | None = None
    closed_by: int | None = Field(default=None, foreign_key="user_account.id")
    driver: str = Field(default="", max_length=60)
    seal: str = Field(default="", max_length=40)
    #: The driver's name as typed for a signature; "" when it was drawn, or is given on paper.
    signed_name: str = Field(default="", max_length=60)
    #: Lines drawn with a finger: an SVG path in a box of 600 x 200; "" when nothing was drawn.
    signature: str = Field(default="", max_length=20000)


class ManifestParcel(SQLModel, table=True):
    """A parcel on the lorry; a parcel is on one manifest at most."""

    __tablename__ = "manifest_parcel"

    parcel_id: int = Field(primary_key=True, foreign_key="parcel.id")
    manifest_id: int = Field(foreign_key="manifest.id", index=True)
    loaded_at: datetime = Field(default_factory=clock.now)
    loaded_by: int | None = Field(default=None, foreign_key="user_account.id")
