"""Input of the audit."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel, Field

from floor.audit.checks import is_phone
from floor.intake.regions import full_province
from floor.kit import clock
from floor.orders.models import Address
from floor.orders.service import NewAddress
from floor.paper.mask import mask_phone
from floor.web.forms import Form, read


class AddressForm(BaseModel):
    """What a courier needs; whether it is enough is for the checks to say."""

    recipient: str = Field(max_length=80)
    phone: str = Field(max_length=40)
    province: str = Field(max_length=40)
    city: str = Field(max_length=40)
    district: str = Field(default="", max_length=40)
    street: str = Field(max_length=200)
    postcode: str = Field(default="", max_length=16)
    country: str = Field(default="CN", pattern="^[A-Z]{2}$")

    def address(self) -> NewAddress:
        return NewAddress(**self.model_dump() | {"province": full_province(self.province)})


def typed_address(stored: Address) -> dict[str, str]:
    """The form as stored. A phone that can be called is masked: whoever needs it says why on the order's page."""
    typed = {name: str(getattr(stored, name)) for name in AddressForm.model_fields}
    if is_phone(stored.phone, stored.country):
        typed["phone"] = mask_phone(stored.phone)
    return typed | {"seen": stored.stamp()}


def read_address(values: Mapping[str, str], stored: Address) -> Form[AddressForm]:
    """What was typed; a phone left masked stays the one we have."""
    typed = values.get("phone", "").strip()
    is_kept = typed == mask_phone(stored.phone)
    form = read(AddressForm, {**values, "phone": stored.phone} if is_kept else values)
    form.typed["phone"] = typed
    return form


#: How long an order is left for later -> hours from now; "" = it stays in the queue.
LATER = {"hour": 1, "half_day": 4, "day": 24, "two_days": 48}


class KeepForm(BaseModel):
    reason: Literal["asked_buyer", "waits_for_money", "asked_shop", "other"]
    until: Literal["hour", "half_day", "day", "two_days"] | None = None

    def moment(self) -> datetime | None:
        """When it comes back; None: it stays in the queue."""
        return clock.now() + timedelta(hours=LATER[self.until]) if self.until else None


class RuleForm(BaseModel):
    """The settings of one rule; a form sends those its rule has. Lists one per line, `value` in yuan."""

    is_active: bool = False
    severity: Literal["note", "hold", "stop"] | None = None
    words: str | None = Field(default=None, max_length=8000)
    left_out: str | None = Field(default=None, max_length=2000)
    abroad: bool | None = None
    minutes: int | None = Field(default=None, ge=1, le=24 * 60)
    hours: int | None = Field(default=None, ge=1, le=24 * 14)
    units: int | None = Field(default=None, ge=1, le=100_000)
    value: int | None = Field(default=None, ge=1, le=20_000_000)
    sure: int | None = Field(default=None, ge=1, le=99)

    def settings(self, known: Mapping[str, object]) -> dict[str, object]:
        """What was given of the settings the rule knows; a list left empty is an empty list."""
        given: dict[str, object] = {}
        if "words" in known:
            given["words"] = _lines(self.words)
        if "left_out" in known:
            given["left_out"] = [full_province(line) for line in _lines(self.left_out)]
        if self.value is not None:
            given["value_fen"] = self.value * 100
        plain = ("minutes", "hours", "units", "sure", "abroad")
        given |= {name: value for name in plain if (value := getattr(self, name)) is not None}
        return {name: value for name, value in given.items() if name in known}


def _lines(text: str | None) -> list[str]:
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


class BlockForm(BaseModel):
    kind: Literal["phone", "buyer", "address"]
    value: str = Field(max_length=200)
    why: str = Field(max_length=200)
