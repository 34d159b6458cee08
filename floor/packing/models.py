from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from floor.catalog.models import CareKind
from floor.kit import clock
from floor.kit.db import Versioned, enum_field, json_field
from floor.packing.states import PackState, ParcelState


class Station(SQLModel, table=True):
    """A packing bench."""

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(max_length=16, unique=True)
    name: str = Field(default="", max_length=60)
    warehouse_id: int = Field(foreign_key="warehouse.id")
    #: Name of its label printer.
    printer: str = Field(default="", max_length=40)


class Pack(Versioned, table=True):
    """Checking and packing one shipment at one bench."""

    id: int | None = Field(default=None, primary_key=True)
    shipment_id: int = Field(foreign_key="shipment.id", index=True)
    tote_id: int = Field(foreign_key="tote.id")
    station_id: int = Field(foreign_key="station.id", index=True)
    packer_id: int | None = Field(default=None, foreign_key="user_account.id")
    state: PackState = enum_field(PackState, default=PackState.OPEN)
    #: Carton the solver suggests, with how the items lie.
    suggested_carton_id: int | None = Field(default=None, foreign_key="carton.id")
    suggestion: dict = json_field()
    #: Codes of cartons the packer found too small for it.
    too_small: list = json_field(list)
    #: A place of its own: goods out of an opened parcel lie there, on the bench, until they are boxed again.
    heap_id: int | None = Field(default=None, foreign_key="place.id", index=True)
    started_at: datetime = Field(default_factory=clock.now)
    finished_at: datetime | None = None


class PackLine(SQLModel, table=True):
    __tablename__ = "pack_line"
    __table_args__ = (sa.CheckConstraint("verified >= 0 AND missing >= 0 AND verified + missing <= qty", name="qty"),)

    id: int | None = Field(default=None, primary_key=True)
    pack_id: int = Field(foreign_key="pack.id", index=True)
    shipment_line_id: int = Field(foreign_key="shipment_line.id")
    sku_id: int = Field(foreign_key="sku.id")
    qty: int
    verified: int = 0
    #: Not in the tote, or damaged: goes back to be picked again.
    missing: int = 0


class PackScan(SQLModel, table=True):
    """Units seen under the scanner: who, when, and whether it was taken back. The pack's own trail, for undo."""

    __tablename__ = "pack_scan"

    id: int | None = Field(default=None, primary_key=True)
    pack_id: int = Field(foreign_key="pack.id", index=True)
    pack_line_id: int = Field(foreign_key="pack_line.id")
    #: More than one where one scan stands for the line.
    qty: int = 1
    #: The unit's own number, where it has one.
    lot_id: int | None = Field(default=None, foreign_key="lot.id", index=True)
    at: datetime = Field(default_factory=clock.now)
    actor_id: int | None = None
    undone_at: datetime | None = None


class PackCare(SQLModel, table=True):
    """A step the goods or the order ask for: wrap it, add the leaflet. Undone ones keep the parcel open."""

    __tablename__ = "pack_care"

    id: int | None = Field(default=None, primary_key=True)
    pack_id: int = Field(foreign_key="pack.id", index=True)
    kind: CareKind = enum_field(CareKind)
    #: None: for the whole parcel.
    sku_id: int | None = Field(default=None, foreign_key="sku.id")
    #: What must be scanned; "" = confirmed.
    code: str = Field(default="", max_length=48)
    done_at: datetime | None = None
    actor_id: int | None = None


class Parcel(Versioned, table=True):
    """A closed box. Its id is its place: goods are booked into it."""

    id: int = Field(primary_key=True, foreign_key="place.id")
    #: P-000123
    number: str = Field(max_length=20, unique=True)
    shipment_id: int = Field(foreign_key="shipment.id", index=True)
    pack_id: int = Field(foreign_key="pack.id", index=True)
    carton_id: int = Field(foreign_key="carton.id")
    #: What the scale said, and what the goods and the box should weigh, g.
    weight_g: int
    expected_g: int
    #: Why a weight that is off was taken all the same, a code of service.WeightWhy; "" where it is right.
    weight_why: str = Field(default="", max_length=16)
    #: What it held before it was opened again: lines, carton, weight. Its label stays good for exactly that.
    was: dict = json_field()
    state: ParcelState = enum_field(ParcelState, default=ParcelState.BOXED)
    packed_at: datetime = Field(default_factory=clock.now)
    packed_by: int | None = Field(default=None, foreign_key="user_account.id")


class ParcelLine(SQLModel, table=True):
    __tablename__ = "parcel_line"

    parcel_id: int = Field(primary_key=True, foreign_key="parcel.id")
    shipment_line_id: int = Field(primary_key=True, foreign_key="shipment_line.id")
    sku_id: int = Field(foreign_key="sku.id")
    qty: int
