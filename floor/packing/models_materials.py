"""Tables of packing material: what there is, which parcels need it, what each parcel took."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from floor.kit.db import enum_field


class MaterialKind(StrEnum):
    CARTON = "carton"
    MAILER = "mailer"
    FILLER = "filler"
    BUBBLE = "bubble"
    TAPE = "tape"
    WRAP = "wrap"
    ICE = "ice"
    OTHER = "other"


class Goods(StrEnum):
    """Whose parcels a rule is for: the packing classes of the catalogue, goods of the cold room, or all."""

    ALL = "all"
    NORMAL = "normal"
    FRAGILE = "fragile"
    LIQUID = "liquid"
    ELECTRONICS = "electronics"
    COLD = "cold"


class Per(StrEnum):
    """What the amount of a rule is for."""

    PARCEL = "parcel"
    #: One unit of the goods the rule is for.
    UNIT = "unit"
    #: One litre of the carton that the goods leave empty, begun ones too.
    LITRE = "litre"


class Material(SQLModel, table=True):
    """Something we pack with. Cost and mass are of one of its units: a piece, a metre, a litre."""

    __table_args__ = (sa.CheckConstraint("cost_fen >= 0 AND mass_g >= 0", name="amounts"),)

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(max_length=24, unique=True)
    name: str = Field(max_length=60)
    name_en: str = Field(default="", max_length=60)
    kind: MaterialKind = enum_field(MaterialKind)
    #: The carton it is, where it is one.
    carton_id: int | None = Field(default=None, foreign_key="carton.id", unique=True)
    cost_fen: int
    mass_g: int
    is_recyclable: bool = False
    is_degradable: bool = False
    #: Comes back, or came to us around other goods.
    is_reused: bool = False
    is_active: bool = True

    @property
    def is_green(self) -> bool:
        return self.is_recyclable or self.is_degradable or self.is_reused


class MaterialRule(SQLModel, table=True):
    """Parcels with such goods, by such a carrier (None: any), need so much of a material."""

    __tablename__ = "material_rule"
    __table_args__ = (
        sa.CheckConstraint("amount > 0", name="amount"),
        sa.UniqueConstraint("goods", "carrier_id", "material_id", "per"),
    )

    id: int | None = Field(default=None, primary_key=True)
    goods: Goods = enum_field(Goods)
    carrier_id: int | None = Field(default=None, foreign_key="carrier.id")
    material_id: int = Field(foreign_key="material.id")
    amount: int
    per: Per = enum_field(Per)


class ParcelFill(SQLModel, table=True):
    """How full a parcel was when it was boxed; stays as it was when cartons or goods are measured anew."""

    __tablename__ = "parcel_fill"

    parcel_id: int = Field(primary_key=True, foreign_key="parcel.id", ondelete="CASCADE")
    warehouse_id: int = Field(foreign_key="warehouse.id")
    at: datetime = Field(index=True)
    #: Inside of the carton and what the goods take of it, mm3.
    inner_mm3: int = Field(sa_type=sa.BigInteger)
    goods_mm3: int = Field(sa_type=sa.BigInteger)


class ParcelMaterial(SQLModel, table=True):
    """What a parcel took of a material, with its mass and cost of that day."""

    __tablename__ = "parcel_material"

    parcel_id: int = Field(primary_key=True, foreign_key="parcel.id", ondelete="CASCADE")
    material_id: int = Field(primary_key=True, foreign_key="material.id", index=True)
    qty: int
    mass_g: int
    cost_fen: int
