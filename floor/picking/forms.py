"""Input of the picking screens."""

from datetime import datetime

from pydantic import BaseModel, Field

from floor.picking.replaying import Kind
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


class Event(BaseModel):
    """One thing done in a dead zone; `was`: the id of the plain scan it was first sent as, if it was."""

    phone: str = Field(min_length=8, max_length=40)
    seq: int = Field(ge=1, le=2**31 - 1)
    by: int
    kind: Kind
    at: datetime
    stop: int | None = None
    units: int = Field(default=0, ge=0, le=9999)
    code: str = Field(default="", max_length=128)
    why: Why | None = None
    of: str = Field(default="", max_length=64)
    was: str = Field(default="", max_length=64)


#: Ids are 32-bit integers.
MOST_IDS = 2**31 - 1


class WallScan(BaseModel):
    """A scan at the put wall, and the tote that was on the screen."""

    code: str = Field(min_length=1, max_length=128)
    tote: int | None = Field(default=None, ge=1, le=MOST_IDS)


class Missing(BaseModel):
    #: As many as the screen showed.
    units: int = Field(ge=1, le=99_999)


class WallTerms(BaseModel):
    columns: int = Field(ge=2, le=6)
    is_confirmed: bool = False
    plan_lines: int = Field(default=0, ge=0, le=99)


class NewWall(WallTerms):
    warehouse: str = Field(max_length=16)
    code: str = Field(min_length=1, max_length=8, pattern=r"^[A-Za-z0-9]+$")
    slots: int = Field(ge=2, le=96)


class Person(BaseModel):
    person: int = Field(ge=1, le=MOST_IDS)


class OnWalk(BaseModel):
    walk: int = Field(ge=1, le=MOST_IDS)
