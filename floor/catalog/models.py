from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from floor.kit.db import enum_field


class PackingClass(StrEnum):
    NORMAL = "normal"
    FRAGILE = "fragile"
    LIQUID = "liquid"
    ELECTRONICS = "electronics"


class Tracking(StrEnum):
    """What is written down beside the quantity. It cannot change once stock of the SKU was booked."""

    NONE = "none"
    #: Units that were made together and expire together.
    LOT = "lot"
    #: Every unit has a number of its own: a lot of one.
    SERIAL = "serial"


class CheckBy(StrEnum):
    """How the packing bench makes sure of a line."""

    #: Every unit is scanned.
    EACH = "each"
    #: One scan for all units of a line: small goods counted by hand.
    LINE = "line"
    #: Every unit's own number is scanned.
    SERIAL = "serial"


class CareKind(StrEnum):
    """What goods or their order ask of the packer before the parcel may close."""

    FRAGILE = "fragile"
    ELECTRONICS = "electronics"
    LIQUID = "liquid"
    COLD = "cold"
    LEAFLET = "leaflet"
    GIFT_WRAP = "gift_wrap"
    GIFT_CARD = "gift_card"


class Sku(SQLModel, table=True):
    """A thing we stock, down to its colour and size."""

    __table_args__ = (
        sa.CheckConstraint("length_mm > 0 AND width_mm > 0 AND height_mm > 0 AND weight_g > 0", name="size"),
        sa.CheckConstraint("price_fen >= 0", name="price"),
    )

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(max_length=32, unique=True)
    name: str = Field(max_length=120)
    name_en: str = Field(default="", max_length=120)
    #: What tells it from its brothers, as the picker must see it: colour word and size.
    colour: str = Field(default="", max_length=24)
    colour_en: str = Field(default="", max_length=24)
    size: str = Field(default="", max_length=24)
    #: "#1C2F57", for the swatch and the drawing.
    colour_hex: str = Field(default="#888888", max_length=7)
    #: Kind of drawing in templates/_ui/products.html.
    drawing: str = Field(default="box", max_length=24)
    category: str = Field(default="", max_length=40)
    #: Outer size of one unit, longest first, mm; weight in g; list price in fen.
    length_mm: int
    width_mm: int
    height_mm: int
    weight_g: int
    price_fen: int = 0
    packing_class: PackingClass = enum_field(PackingClass, default=PackingClass.NORMAL)
    tracking: Tracking = enum_field(Tracking, default=Tracking.NONE)
    check_by: CheckBy = enum_field(CheckBy, default=CheckBy.EACH)
    #: A lot with fewer days to its expiry than this is no longer sold.
    min_life_days: int = 0
    #: Kept and picked in the cold room.
    is_cold: bool = False
    is_active: bool = True
    #: What goes out in its place when no shelf has it and the buyer agreed; never cheaper by list price.
    substitute_id: int | None = Field(default=None, foreign_key="sku.id", index=True)


class Barcode(SQLModel, table=True):
    """What a scanner may read on the goods: EAN-13 of the maker, or our own label."""

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(max_length=48, unique=True)
    sku_id: int = Field(foreign_key="sku.id", index=True)


class BundlePart(SQLModel, table=True):
    """A code shops sell that is no article of its own: so many of these SKUs."""

    __tablename__ = "bundle_part"
    __table_args__ = (sa.CheckConstraint("qty > 0 AND weight > 0", name="qty"),)

    code: str = Field(primary_key=True, max_length=32)
    sku_id: int = Field(primary_key=True, foreign_key="sku.id")
    qty: int = 1
    #: Its part of the bundle's price, beside the other parts' weights.
    weight: int = 1
    #: The same for all parts of a code.
    is_active: bool = True


class Carton(SQLModel, table=True):
    """A box we pack into. Inner size mm, own weight g, cost fen."""

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(max_length=16, unique=True)
    name: str = Field(max_length=60)
    length_mm: int
    width_mm: int
    height_mm: int
    tare_g: int
    max_weight_g: int
    cost_fen: int
    is_active: bool = True


class CareRule(SQLModel, table=True):
    """A packing standard: what some goods need beyond, or with which code, what their class asks by itself."""

    __tablename__ = "care_rule"

    id: int | None = Field(default=None, primary_key=True)
    kind: CareKind = enum_field(CareKind)
    #: Whom it is for: one SKU, or a class of goods, or a category; all that is set must fit. Nothing set: every parcel.
    sku_id: int | None = Field(default=None, foreign_key="sku.id", index=True)
    packing_class: str = Field(default="", max_length=24)
    category: str = Field(default="", max_length=40)
    #: What must be scanned to prove it, e.g. the code on the leaflet; "" = confirming is enough.
    code: str = Field(default="", max_length=48)
