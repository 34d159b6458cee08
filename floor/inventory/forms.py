"""Input of stock: what people type, and what machines say."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from floor.inventory.count_review import Why


class CountForm(BaseModel):
    qty: int = Field(ge=0, le=100_000)


class ReceiveForm(BaseModel):
    warehouse: str = Field(max_length=16)
    sku: str = Field(max_length=48)
    bin: str = Field(max_length=16)
    qty: int = Field(ge=1, le=100_000)


class DecideForm(BaseModel):
    why: Why


class SweepForm(BaseModel):
    #: Yuan.
    limit: int = Field(ge=0, le=1_000_000)
    why: Why


class RulesForm(BaseModel):
    """Limits in yuan."""

    warehouse: str = Field(max_length=16)
    daily_bins: int = Field(ge=0, le=10_000)
    auto: int = Field(ge=0, le=1_000_000)
    other: int = Field(ge=0, le=1_000_000)
    approval: int = Field(ge=0, le=1_000_000)
    lists_goods: bool = False


def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("a NUL character cannot be stored")
    return text


def _believable(moment: datetime) -> datetime:
    moment = moment.astimezone(UTC)
    if not 2000 <= moment.year <= 2200:
        raise ValueError("this moment is not believable")
    return moment


_Text = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_storable)]


class ReadingForm(BaseModel):
    """A tag; or goods by any code of theirs with how many there are, or with what they weigh together, grams."""

    model_config = ConfigDict(extra="forbid")

    epc: _Text = Field(default="", max_length=64)
    code: _Text = Field(default="", max_length=64)
    qty: int | None = Field(default=None, ge=0, le=1_000_000)
    weight_g: int | None = Field(default=None, ge=0, le=1_000_000_000)

    @model_validator(mode="after")
    def _says_one_thing(self) -> "ReadingForm":
        numbers = (self.qty is not None) + (self.weight_g is not None)
        if bool(self.epc) == bool(self.code) or numbers != bool(self.code):
            raise ValueError("a reading is an epc, or a code with either qty or weight_g")
        return self


class ObservationForm(BaseModel):
    """What a source saw in one place. No readings: it saw nothing there."""

    model_config = ConfigDict(extra="forbid")

    message_id: _Text = Field(min_length=1, max_length=80)
    #: Several messages of one reading share it; the last one is `complete`.
    session: _Text = Field(default="", max_length=80)
    complete: bool = True
    #: A bin's code.
    place: _Text = Field(min_length=1, max_length=16)
    at: Annotated[AwareDatetime, AfterValidator(_believable)]
    readings: list[ReadingForm] = Field(max_length=500)
