"""Input of the picking screens."""

from datetime import datetime
from itertools import pairwise

from pydantic import BaseModel, Field

from floor.picking.models_shorts import Way
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
    #: Names what the sheet showed; empty where nobody saw one.
    seen: str = Field(default="", max_length=16)


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


class ShortRuleForm(BaseModel):
    """The place of each way, 1 first; without one it is off. How much longer a detour may make the walk, m."""

    detour: int | None = Field(default=None, ge=1, le=4)
    walk: int | None = Field(default=None, ge=1, le=4)
    substitute: int | None = Field(default=None, ge=1, le=4)
    split: int | None = Field(default=None, ge=1, le=4)
    detour_m: int = Field(ge=0, le=100_000)

    def ways(self) -> list[Way]:
        return sorted((way for way in Way if getattr(self, way)), key=lambda way: int(getattr(self, way)))

    def twin(self) -> Way | None:
        """The second way of one place."""
        ways = self.ways()
        return next((b for a, b in pairwise(ways) if getattr(self, a) == getattr(self, b)), None)


class Walks(BaseModel):
    """The walks ticked: "3,17"."""

    walks: str = Field(min_length=1, max_length=2000, pattern=r"^\d{1,9}(,\d{1,9})*$")

    def ids(self) -> list[int]:
        return sorted({int(one) for one in self.walks.split(",")})


class SubstituteForm(BaseModel):
    """A SKU and what goes out in its place; nothing takes it away."""

    sku: str = Field(min_length=1, max_length=32)
    other: str = Field(default="", max_length=32)
