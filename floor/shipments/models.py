from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from floor.kit import clock
from floor.kit.db import Versioned, enum_field
from floor.shipments.states import ShipmentState


class Carrier(SQLModel, table=True):
    """Somebody who carries parcels for us."""

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(max_length=24, unique=True)
    name: str = Field(max_length=60)
    name_en: str = Field(default="", max_length=60)
    #: Signs this carrier's event webhooks.
    secret: str = Field(default="", max_length=80)
    #: Adapter in shipping/carriers/: "manual" draws numbers from its own range.
    adapter: str = Field(default="manual", max_length=24)
    #: What the adapter's own side calls this carrier: Kuaidi100's company code, "zhongtong".
    outside_code: str = Field(default="", max_length=40)
    #: Minutes it may be out of reach before its parcels go another way; None: they wait for it.
    fallback_minutes: int | None = None
    is_active: bool = True


class Rate(SQLModel, table=True):
    """What a carrier asks from a warehouse to a region, and how long it takes. Fen, grams, days."""

    __table_args__ = (sa.UniqueConstraint("carrier_id", "warehouse_id", "province"),)

    id: int | None = Field(default=None, primary_key=True)
    carrier_id: int = Field(foreign_key="carrier.id")
    warehouse_id: int = Field(foreign_key="warehouse.id", index=True)
    province: str = Field(max_length=40)
    first_g: int = 1000
    first_fen: int
    step_g: int = 500
    step_fen: int
    transit_days: int
    #: The heaviest parcel it takes, g; None: any.
    max_g: int | None = None


class Pickup(SQLModel, table=True):
    """What a carrier collects from a warehouse a day; without a row, and where None, as much as there is."""

    __table_args__ = (sa.UniqueConstraint("warehouse_id", "carrier_id"),)

    id: int | None = Field(default=None, primary_key=True)
    warehouse_id: int = Field(foreign_key="warehouse.id")
    carrier_id: int = Field(foreign_key="carrier.id")
    parcels: int | None = None
    #: What its lorries take, kg.
    weight_kg: int | None = None


class Shipment(Versioned, table=True):
    """One warehouse's share of an order."""

    __table_args__ = (
        sa.Index("ix_shipment_warehouse_state", "warehouse_id", "state"),
        sa.Index("ix_shipment_shipped_at", "shipped_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    #: SH-000391-1
    number: str = Field(max_length=24, unique=True)
    order_id: int = Field(foreign_key="customer_order.id", index=True)
    warehouse_id: int = Field(foreign_key="warehouse.id")
    carrier_id: int = Field(foreign_key="carrier.id")
    state: ShipmentState = enum_field(ShipmentState, default=ShipmentState.PLANNED)
    #: Number of the allocation run that made it.
    run_id: int | None = Field(default=None, index=True)
    promised_at: datetime
    priority: int = 5
    created_at: datetime = Field(default_factory=clock.now)
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None


class ShipmentLine(SQLModel, table=True):
    """Units of an order line this shipment holds, by how far they are. A unit stands in exactly one column."""

    __tablename__ = "shipment_line"
    __table_args__ = (
        sa.CheckConstraint("allocated >= 0 AND picked >= 0 AND packed >= 0 AND shipped >= 0", name="parts"),
        sa.UniqueConstraint("shipment_id", "order_line_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    shipment_id: int = Field(foreign_key="shipment.id", index=True)
    order_line_id: int = Field(foreign_key="order_line.id", index=True)
    sku_id: int = Field(foreign_key="sku.id")
    #: Reserved on a shelf.
    allocated: int = 0
    #: In a tote.
    picked: int = 0
    #: In a parcel.
    packed: int = 0
    #: Left the house.
    shipped: int = 0
