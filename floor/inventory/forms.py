"""Input of stock: what people type, and what machines say."""

from datetime import UTC, date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from floor.inventory.count_review import Why
from floor.inventory.receiving import Aside, Outcome


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


#: Ids as our own screens send them: what a database column holds.
Id = Annotated[int, Field(ge=1, le=2**31 - 1)]
Units = Annotated[int, Field(ge=1, le=100_000)]


class Scan(BaseModel):
    """A scanned code, and what the screen it was scanned on had in hand."""

    code: str = Field(min_length=1, max_length=128)
    #: Receiving: goods that wait for their lot number; and whether unexpected goods are taken in all the same.
    sku: Id | None = None
    anyway: bool = False
    #: Loading and relocating: the bin scanned before.
    bin: Id | None = None
    lot: Id | None = None
    qty: Units | None = None


class PutScan(BaseModel):
    code: str = Field(min_length=1, max_length=128)
    #: putaway.Waiting.key
    item: str = Field(default="", pattern=r"^(\d{1,9}|(t\.)?\d{1,9}\.\d{1,9}\.\d{1,9})?$", max_length=36)
    #: The tote scanned before its goods: units of a cancelled order go back from there.
    tote: str = Field(default="", max_length=16)
    qty: Units | None = None


class LotForm(BaseModel):
    """A lot number and, where the goods spoil, until when."""

    sku: Id
    lot: str = Field(min_length=1, max_length=40)
    expires: date | None = None
    qty: Units = 1


class NumberForm(BaseModel):
    """So many in all, of the goods on the screen."""

    sku: Id
    qty: Units
    bin: Id | None = None


class AsideForm(BaseModel):
    sku: Id
    qty: Units
    why: Aside


class BlindForm(BaseModel):
    supplier: str = Field(default="", max_length=80)
    reference: str = Field(default="", max_length=40)


class DeliveryForm(BaseModel):
    warehouse: str = Field(max_length=16)
    supplier: str = Field(max_length=80)
    reference: str = Field(default="", max_length=40)
    expected: date | None = None
    lines: str = Field(max_length=20_000)


class QcForm(BaseModel):
    bin: Id
    sku: Id
    lot: Id | None = None
    qty: Units
    outcome: Outcome


class TransferForm(BaseModel):
    origin: str = Field(max_length=16)
    to: str = Field(max_length=16)
    note: str = Field(default="", max_length=200)
    lines: str = Field(max_length=20_000)


class WriteOffForm(BaseModel):
    sku: Id
    qty: Units
    note: str = Field(max_length=120)


class DamageForm(BaseModel):
    lot: Id | None = None
    qty: Units


class AdjustForm(BaseModel):
    lot: Id | None = None
    qty: Units
    reason: Literal["found", "lost", "scrap", "correction"]
    note: str = Field(max_length=120)


class AsideUntilForm(BaseModel):
    """Keep units until a moment, in the person's own time of day."""

    qty: Units
    until: datetime
    note: str = Field(max_length=80)


class RelabelForm(BaseModel):
    lot: str = Field(min_length=1, max_length=40)
    expires: date | None = None
    qty: Units


class HoldForm(BaseModel):
    why: Literal["quality", "recall"]
