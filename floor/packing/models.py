from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

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
    """One unit seen under the scanner: who, when, and whether it was taken back. The pack's own trail, for undo."""

    __tablename__ = "pack_scan"

    id: int | None = Field(default=None, primary_key=True)
    pack_id: int = Field(foreign_key="pack.id", index=True)
    pack_line_id: int = Field(foreign_key="pack_line.id")
    at: datetime = Field(default_factory=clock.now)
    actor_id: int | None = None
    undone_at: datetime | None = None


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
    state: ParcelState = enum_field(ParcelState, default=ParcelState.BOXED)
    packed_at: datetime = Field(default_factory=clock.now)
    packed_by: int | None = Field(default=None, foreign_key="user_account.id")


class ParcelLine(SQLModel, table=True):
    __tablename__ = "parcel_line"

    parcel_id: int = Field(primary_key=True, foreign_key="parcel.id")
    shipment_line_id: int = Field(primary_key=True, foreign_key="shipment_line.id")
    sku_id: int = Field(foreign_key="sku.id")
    qty: int
