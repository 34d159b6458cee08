"""What people type about channels, and at a till."""

from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field, field_validator

from floor.intake.channels.reading import LOCAL
from floor.kit import units


def _yuan(text: object) -> int:
    """Yuan as people type them, in fen."""
    try:
        amount = units.fen(str(text).lstrip("\u00a5\uffe5").strip()) if len(str(text)) < 12 else -1
    except ValueError:
        amount = -1
    if amount < 0:
        raise ValueError("Enter an amount like 12.50")
    return amount


Yuan = Annotated[int, BeforeValidator(_yuan)]


class ShopForm(BaseModel):
    code: Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,24}$")]
    name: Annotated[str, Field(max_length=60)]
    name_en: Annotated[str, Field(max_length=60)] = ""
    adapter: Annotated[str, Field(max_length=24)] = ""
    url: Annotated[str, Field(max_length=300)] = ""
    app_key: Annotated[str, Field(max_length=120)] = ""
    app_secret: Annotated[str, Field(max_length=300)] = ""
    token: Annotated[str, Field(max_length=600)] = ""
    refresh_token: Annotated[str, Field(max_length=600)] = ""
    #: JSON; the adapter's module names its keys.
    options: Annotated[str, Field(max_length=20_000)] = ""
    every_s: Annotated[int, Field(ge=10, le=86_400)] = 60
    silent_minutes: Annotated[int, Field(ge=0, le=100_000)] = 0
    is_active: bool = False

    @field_validator("url")
    @classmethod
    def without_slash(cls, url: str) -> str:
        return url.rstrip("/")


class KeyForm(BaseModel):
    label: Annotated[str, Field(max_length=60)]


class DueForm(BaseModel):
    """What is taken off at the till, fen."""

    discount: Yuan = 0


class TillForm(DueForm):
    """The end of a sale; `total` in fen is what the page showed."""

    way: Literal["along", "sent"]
    name: Annotated[str, Field(max_length=80)] = ""
    phone: Annotated[str, Field(max_length=40)] = ""
    #: Whole, from the province to the door.
    address: Annotated[str, Field(max_length=300)] = ""
    note: Annotated[str, Field(max_length=500)] = ""
    total: Annotated[int, Field(ge=0)]


def _parts(text: object) -> list[tuple[str, int, int]]:
    """`TEE-NAVY-L 2 3`, one part a line: SKU, units (1), weight in the price (1)."""
    found = []
    for line in str(text).splitlines():
        if words := line.replace(",", " ").replace("\t", " ").split():
            numbers = [int(word) if word.isascii() and word.isdecimal() else 0 for word in words[1:]]
            qty, weight = [*numbers, 1, 1][:2] if len(numbers) < 2 else numbers[:2]
            if len(numbers) > 2 or not (1 <= qty <= 1000 and 1 <= weight <= 100_000):
                raise ValueError("Write one part a line: SKU, units, weight")
            found.append((words[0].upper(), qty, weight))
    return found


class BundleForm(BaseModel):
    """A bundle, and the line of an order it is tried on."""

    code: Annotated[str, Field(pattern=r"^[A-Za-z0-9._#+-]{1,32}$")]
    parts: Annotated[list[tuple[str, int, int]], BeforeValidator(_parts)]
    qty: Annotated[int, Field(ge=1, le=1000)] = 1
    price: Yuan = 10_000
    discount: Yuan = 0


class GiftForm(BaseModel):
    """A gift rule, and the order it is tried on."""

    channel: Annotated[str, Field(max_length=24)] = ""
    worth_from: Yuan = 0
    with_sku: Annotated[str, Field(max_length=32)] = ""
    gift: Annotated[str, Field(max_length=32)]
    qty: Annotated[int, Field(ge=1, le=1000)] = 1
    begins: date | None = None
    ends: date | None = None
    try_channel: Annotated[str, Field(max_length=24)] = ""
    try_worth: Yuan = 10_000
    try_sku: Annotated[str, Field(max_length=32)] = ""

    def begins_at(self) -> datetime | None:
        return datetime.combine(self.begins, time(), LOCAL) if self.begins else None

    def ends_at(self) -> datetime | None:
        """The last day is one of it."""
        return datetime.combine(self.ends + timedelta(days=1), time(), LOCAL) if self.ends else None
