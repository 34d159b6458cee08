"""Input of insight: the filter in the address."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field


class AskForm(BaseModel):
    first: date | None = None
    last: date | None = None
    house: str = Field(default="", max_length=16)
    carrier: str = Field(default="", max_length=24)
    province: str = Field(default="", max_length=40)
    group: Literal["region", "carrier", "house"] = "region"
