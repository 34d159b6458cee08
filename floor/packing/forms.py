"""What people type at the bench."""

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, Field

from floor.packing.service import Then, Trouble, WeightWhy

#: A scale that types: "1.250", "1,25 kg" or "1250 g". Bare whole numbers are barcodes.
_KILOGRAMS = re.compile(r"(\d{1,2})[.,](\d{1,3})\s*(?:kg)?", re.IGNORECASE)
_GRAMS = re.compile(r"(\d{1,5})\s*g", re.IGNORECASE)

_COUNT = re.compile("[0-9]{1,9}")


class ParcelForm(BaseModel):
    carton: Annotated[str, Field(max_length=16)]
    #: What the scale says, g.
    weight: Annotated[int, Field(ge=1, le=60_000)]
    #: The packer looked at the likeliest lines and stands by the weight.
    sure: bool = False
    #: ...and why it is right although it is off.
    why: WeightWhy | None = None


class TroubleForm(BaseModel):
    line: int
    qty: Annotated[int, Field(ge=1, le=9999)]
    why: Trouble
    then: Then = Then.LATER


class CartonForm(BaseModel):
    carton: Annotated[str, Field(max_length=16)]


def weight_of(text: str) -> int | None:
    """Grams, when the scanned text is what a scale types."""
    if kilograms := _KILOGRAMS.fullmatch(text.strip()):
        return int(kilograms[1]) * 1000 + int(kilograms[2].ljust(3, "0"))
    grams = _GRAMS.fullmatch(text.strip())
    return int(grams[1]) if grams else None


def units_of(form: Mapping[str, str]) -> dict[int, int]:
    """`units-17=2` -> {17: 2}; what is no whole number counts as -1, which no box accepts."""
    chosen = {}
    for name, value in form.items():
        line = name.removeprefix("units-")
        if name.startswith("units-") and _COUNT.fullmatch(line):
            chosen[int(line)] = int(value or 0) if _COUNT.fullmatch(value or "0") else -1
    return chosen
