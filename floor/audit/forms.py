"""Input of the audit."""

from typing import Literal

from pydantic import BaseModel, Field

from floor.intake.regions import full_province
from floor.orders.service import NewAddress


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


class KeepForm(BaseModel):
    reason: Literal["asked_buyer", "waits_for_money", "asked_shop", "other"]


class RuleForm(BaseModel):
    """The settings of one rule; a form sends those its rule has. `words` one per line, `value` in yuan."""

    is_active: bool = False
    words: str | None = Field(default=None, max_length=8000)
    minutes: int | None = Field(default=None, ge=1, le=24 * 60)
    units: int | None = Field(default=None, ge=1, le=100_000)
    value: int | None = Field(default=None, ge=1, le=20_000_000)

    def settings(self) -> dict[str, object]:
        given: dict[str, object] = {}
        if self.words is not None:
            given["words"] = [word.strip() for word in self.words.splitlines() if word.strip()]
        if self.value is not None:
            given["value_fen"] = self.value * 100
        given |= {name: value for name in ("minutes", "units") if (value := getattr(self, name)) is not None}
        return given
