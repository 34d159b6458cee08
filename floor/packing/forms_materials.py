"""What people type about packing material."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, Field

from floor.packing.models_materials import Goods, MaterialKind, Per

_Name = Annotated[str, Field(max_length=60)]


class MaterialForm(BaseModel):
    code: Annotated[str, Field(max_length=24)]
    name: _Name
    name_en: _Name = ""
    kind: MaterialKind
    #: Of one unit: fen, g.
    cost_fen: Annotated[int, Field(ge=0, le=1_000_000)]
    mass_g: Annotated[int, Field(ge=0, le=100_000)]
    is_recyclable: bool = False
    is_degradable: bool = False
    is_reused: bool = False
    is_active: bool = False


class RuleForm(BaseModel):
    goods: Goods
    #: None: any carrier.
    carrier: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    material: Annotated[int, Field(ge=1, le=2**31 - 1)]
    amount: Annotated[int, Field(ge=1, le=9_999)]
    per: Per


class ReportForm(BaseModel):
    """The filter of the report, from the address: what cannot be read counts as not given."""

    first: date | None = None
    last: date | None = None
    by: str = "day"
    house: Annotated[str, Field(max_length=8)] = ""
