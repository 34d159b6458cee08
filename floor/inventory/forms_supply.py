from pydantic import BaseModel, Field


class FaceForm(BaseModel):
    warehouse: str = Field(max_length=16)
    bin: str = Field(max_length=16)
    min_qty: int = Field(ge=0, le=100_000)
    max_qty: int = Field(ge=1, le=100_000)


class TermsForm(BaseModel):
    supplier: str = Field(max_length=60)
    lead_days: float = Field(ge=0, le=365)
    lead_sd_days: float = Field(default=0, ge=0, le=365)
    pack_qty: int = Field(default=1, ge=1, le=100_000)
    min_order: int = Field(default=0, ge=0, le=1_000_000)
    #: Yuan, as typed.
    price: str = Field(default="0", max_length=16)
    is_preferred: bool = False


class SafetyForm(BaseModel):
    warehouse: str = Field(max_length=16)
    qty: int = Field(ge=0, le=1_000_000)
    reorder_point: int | None = Field(default=None, ge=0, le=1_000_000)


class DefaultsForm(BaseModel):
    warehouse: str = Field(max_length=16)
    lead_days: float = Field(ge=0, le=365)
    lead_sd_days: float = Field(ge=0, le=365)
    #: Percent, with one place after the point.
    level_a: float = Field(ge=50, le=99.9)
    level_b: float = Field(ge=50, le=99.9)
    level_c: float = Field(ge=50, le=99.9)


class OrderForm(BaseModel):
    qty: int = Field(ge=1, le=1_000_000)


class ShareForm(BaseModel):
    percent: int = Field(ge=0, le=100)
    floor: int = Field(default=0, ge=0, le=1_000_000)
    ceiling: int | None = Field(default=None, ge=0, le=1_000_000)


class FeedForm(ShareForm):
    channel: str = Field(max_length=24, pattern=r"^[a-z0-9][a-z0-9_-]*$")
    url: str = Field(default="", max_length=300)
    is_active: bool = False
    may_oversell: bool = False
