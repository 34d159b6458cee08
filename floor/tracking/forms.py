"""The carrier's message: our own neutral JSON."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, StringConstraints, field_validator

from floor.kit import clock

#: Carriers' clocks run ahead by hours, not by days.
_AHEAD = timedelta(days=1)
_OLDEST = datetime(2000, 1, 1, tzinfo=UTC)


def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("a NUL character cannot be stored")
    return text


Text = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_storable)]


class SaidForm(BaseModel):
    """One event: `at` is ISO 8601 with its zone."""

    waybill: Text = Field(pattern=r"^[A-Za-z0-9-]{4,40}$")
    code: Text = Field(default="", max_length=32)
    text: Text = Field(default="", max_length=300)
    place: Text = Field(default="", max_length=80)
    at: AwareDatetime

    @field_validator("waybill")
    @classmethod
    def _as_printed(cls, number: str) -> str:
        return number.upper()

    @field_validator("at")
    @classmethod
    def _believable(cls, moment: datetime) -> datetime:
        moment = moment.astimezone(UTC)
        if not _OLDEST <= moment <= clock.now() + _AHEAD:
            raise ValueError("this moment is not believable")
        return moment


class Message(BaseModel):
    events: list[SaidForm] = Field(min_length=1, max_length=500)
