"""Input of the picking screens."""

from pydantic import BaseModel, Field

from floor.picking.shorting import Why


class Scan(BaseModel):
    """A scanned code, and the screen it was scanned on. The stop's id, not its number: numbers move."""

    code: str = Field(min_length=1, max_length=128)
    stop: int | None = None
    at: str = ""


class Quantity(BaseModel):
    stop: int
    qty: int = Field(ge=0, le=9999)


class Problem(BaseModel):
    stop: int
    got: int = Field(ge=0, le=9999)
    why: Why


class OfStop(BaseModel):
    stop: int


class Emptied(BaseModel):
    stop: int
    empty: bool


class Report(BaseModel):
    code: str = Field(min_length=1, max_length=128)
    stop: int | None = None
