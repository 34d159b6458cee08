"""What people type at the lorry, about printers and carriers, waybills that did not come, and invoices."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, Field, field_validator

from floor.shipping.models import PaperKind
from floor.shipping.models_carriers import RuleVerdict, ServiceKind
from floor.shipping.models_invoices import BuyerKind
from floor.shipping.models_printing import PrinterKind


class HandoverForm(BaseModel):
    driver: Annotated[str, Field(max_length=60)]
    seal: Annotated[str, Field(max_length=40)] = ""
    signed: Annotated[str, Field(max_length=60)] = ""
    #: Lines drawn with a finger, by static/js/signature.js: "M12 30L14 33L...".
    signature: Annotated[str, Field(max_length=20000, pattern=r"^(M\d{1,3} \d{1,3}(L\d{1,3} \d{1,3})*)*$")] = ""


class PrinterForm(BaseModel):
    name: Annotated[str, Field(max_length=40)]
    warehouse: Annotated[str, Field(max_length=16)]
    kind: PrinterKind
    host: Annotated[str, Field(max_length=120)] = ""
    port: Annotated[int, Field(ge=1, le=65_535)] = 9100
    dpi: Literal["203", "300", "600"] = "203"
    size: Literal["100x180", "100x150", "76x130"] = "100x180"
    is_active: bool = False


class BatchForm(BaseModel):
    kind: PaperKind
    warehouse: Annotated[str, Field(max_length=16)]
    #: An allocation run; None: all that is in the house.
    run: Annotated[int | None, Field(ge=1, le=2_000_000_000)] = None
    #: None: the browser.
    printer: Annotated[int | None, Field(ge=1, le=2_000_000_000)] = None


class NumberForm(BaseModel):
    number: Annotated[str, Field(max_length=40)]


class WayForm(BaseModel):
    #: "carrier" or "carrier-service", ids.
    way: Annotated[str, Field(pattern=r"^\d{1,9}(-\d{1,9})?$")]

    def ids(self) -> tuple[int, int | None]:
        carrier, _dash, service = self.way.partition("-")
        return int(carrier), int(service) if service else None


class CarrierForm(BaseModel):
    code: Annotated[str, Field(max_length=24, pattern=r"^[a-z0-9][a-z0-9_-]*$")]
    name: Annotated[str, Field(max_length=60)]
    name_en: Annotated[str, Field(max_length=60)] = ""
    adapter: Literal["manual", "sf", "kuaidi100"]
    outside_code: Annotated[str, Field(max_length=40, pattern=r"^[A-Za-z0-9_-]*$")] = ""
    fallback_minutes: Annotated[int, Field(ge=0, le=10_000)] | None = None
    is_active: bool = False
    #: The range numbers are drawn from; for adapter "manual".
    prefix: Annotated[str, Field(max_length=8, pattern=r"^[A-Za-z0-9]*$")] = ""
    next_number: Annotated[int, Field(ge=0, lt=10**15)] | None = None
    last_number: Annotated[int, Field(ge=0, lt=10**15)] | None = None


class ServiceForm(BaseModel):
    code: Annotated[str, Field(max_length=24, pattern=r"^[a-z0-9][a-z0-9_-]*$")]
    name: Annotated[str, Field(max_length=60)]
    name_en: Annotated[str, Field(max_length=60)] = ""
    kind: ServiceKind
    product: Annotated[str, Field(max_length=40, pattern=r"^[A-Za-z0-9_-]*$")] = ""
    #: "18:30", house time.
    cutoff: Annotated[str, Field(pattern=r"^([01]?\d|2[0-3]):[0-5]\d$")]
    dim_divisor: Annotated[int, Field(ge=0, le=100_000)] = 0
    max_g: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    max_side_mm: Annotated[int, Field(ge=1, le=100_000)] | None = None
    is_active: bool = False

    def cutoff_minutes(self) -> int:
        hours, _colon, minutes = self.cutoff.partition(":")
        return int(hours) * 60 + int(minutes)


class ZoneForm(BaseModel):
    warehouse: Annotated[str, Field(max_length=16)]
    name: Annotated[str, Field(max_length=40)]
    provinces: Annotated[str, Field(max_length=600)]
    excluded: Annotated[str, Field(max_length=2000)] = ""
    transit_days: Annotated[int, Field(ge=0, le=90)]
    first_g: Annotated[int, Field(ge=1, le=1_000_000)] = 1000
    #: Yuan, as typed.
    first: Annotated[str, Field(max_length=12, pattern=r"^\d{1,7}([.]\d{1,2})?$")]
    step_g: Annotated[int, Field(ge=1, le=1_000_000)] = 1000
    step: Annotated[str, Field(max_length=12, pattern=r"^\d{1,7}([.]\d{1,2})?$")]


class RuleForm(BaseModel):
    service: int
    verdict: RuleVerdict
    channel: Annotated[str, Field(max_length=24)] = ""
    province: Annotated[str, Field(max_length=40)] = ""
    tier: Annotated[int, Field(ge=0, le=9)] | None = None
    over_g: Annotated[int, Field(ge=0, le=10_000_000)] | None = None
    up_to_g: Annotated[int, Field(ge=0, le=10_000_000)] | None = None


class ShippedForm(BaseModel):
    channel: Annotated[str, Field(max_length=24)]
    url: Annotated[str, Field(max_length=300)] = ""

    @field_validator("url")
    @classmethod
    def _plain(cls, url: str) -> str:
        return url.strip()


class BuyerForm(BaseModel):
    kind: BuyerKind
    title: Annotated[str, Field(max_length=100)]
    tax_id: Annotated[str, Field(max_length=18)] = ""
    address: Annotated[str, Field(max_length=120)] = ""
    phone: Annotated[str, Field(max_length=40)] = ""
    bank: Annotated[str, Field(max_length=80)] = ""
    account: Annotated[str, Field(max_length=40)] = ""
    email: Annotated[str, Field(max_length=120)] = ""
    note: Annotated[str, Field(max_length=200)] = ""


class InvoiceForm(BuyerForm):
    order: Annotated[str, Field(max_length=20)]


class ReasonForm(BaseModel):
    reason: Annotated[str, Field(max_length=200)]


class IssuedForm(BaseModel):
    number: Annotated[str, Field(max_length=20)]
    issued_on: date
    url: Annotated[str, Field(max_length=300, pattern=r"^https?://\S+$")] = ""


class TaxForm(BaseModel):
    tax_code: Annotated[str, Field(pattern=r"^\d{19}$")] = ""
    #: Percent, as typed.
    rate: Literal["0", "1", "3", "5", "6", "9", "13"]
    hs_code: Annotated[str, Field(pattern=r"^\d{6}(\d{2}){0,2}$")] = ""
    origin: Annotated[str, Field(pattern=r"^[A-Za-z]{2}$")] = "CN"
