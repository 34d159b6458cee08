"""Daily sums, so that a page over a year reads some thousand rows instead of a million parcels. All of them can be
summed anew from the parcels at any moment (summing.py)."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel


def _big() -> int:
    return Field(default=0, sa_type=sa.BigInteger)


class LaneDay(SQLModel, table=True):
    """Parcels that left a warehouse on one day (people's day, not UTC's) with one carrier for one province."""

    __tablename__ = "insight_lane_day"

    day: date = Field(primary_key=True)
    warehouse_id: int = Field(primary_key=True, foreign_key="warehouse.id")
    carrier_id: int = Field(primary_key=True, foreign_key="carrier.id")
    #: As addresses spell it; "" when it was not given.
    province: str = Field(primary_key=True, max_length=40)
    parcels: int = 0
    #: Of them: not the first parcel of their order.
    further: int = 0
    #: Handed over when promised or earlier.
    kept: int = 0
    #: With the customer by now, and how long those were on the road together, minutes.
    delivered: int = 0
    minutes: int = _big()
    #: Some delivery attempt failed, something went wrong, or it came back.
    troubled: int = 0
    #: What the carrier asks, fen.
    cost_fen: int = _big()
    weight_g: int = _big()
    #: Parcels whose room was measured, the inside of their boxes and their goods, mm3.
    measured: int = 0
    inner_mm3: int = _big()
    goods_mm3: int = _big()
    #: Material they took, g and fen.
    mass_g: int = _big()
    material_fen: int = _big()


class FloorDay(SQLModel, table=True):
    """What a warehouse's people did on one day, all of them together."""

    __tablename__ = "insight_floor_day"

    day: date = Field(primary_key=True)
    warehouse_id: int = Field(primary_key=True, foreign_key="warehouse.id")
    #: Walks that ended, with their stops, units, minutes from start to end and metres.
    walks: int = 0
    stops: int = 0
    units: int = 0
    minutes: int = 0
    metres: int = 0
    #: Stops reported short.
    shorts: int = 0
    #: Units too many or too few in a tote at the bench.
    mispicks: int = 0
    #: Units that came back because they were the wrong ones.
    mispacks: int = 0


class SkuDay(SQLModel, table=True):
    """Units of a SKU that left a warehouse on one day."""

    __tablename__ = "insight_sku_day"

    day: date = Field(primary_key=True)
    warehouse_id: int = Field(primary_key=True, foreign_key="warehouse.id")
    sku_id: int = Field(primary_key=True, foreign_key="sku.id")
    units: int = 0


class ReturnDay(SQLModel, table=True):
    """Units of a SKU that came back to a warehouse on one day for one reason."""

    __tablename__ = "insight_return_day"

    day: date = Field(primary_key=True)
    warehouse_id: int = Field(primary_key=True, foreign_key="warehouse.id")
    sku_id: int = Field(primary_key=True, foreign_key="sku.id")
    #: A code of returns.models.ReturnReason.
    reason: str = Field(primary_key=True, max_length=24)
    units: int = 0


class SummedTo(SQLModel, table=True):
    """One row: everything that happened before this moment is in the sums."""

    __tablename__ = "insight_summed_to"

    id: int = Field(default=1, primary_key=True)
    at: datetime


class WeekReport(SQLModel, table=True):
    """A week's report as it was when the week was over: made once, for all warehouses or one, in each language."""

    __tablename__ = "insight_week_report"

    #: Its Monday.
    first: date = Field(primary_key=True)
    #: The warehouse's code; "" for all.
    site: str = Field(primary_key=True, max_length=16)
    lang: str = Field(primary_key=True, max_length=16)
    made_at: datetime
    pdf: bytes = Field(sa_type=sa.LargeBinary)
