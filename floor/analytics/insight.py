"""Figures over days, from the daily sums: by time, by region, carrier, warehouse, SKU and reason."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col

from floor.analytics.models import FloorDay, LaneDay, ReturnDay, SkuDay
from floor.catalog.models import Sku

#: The longest time a page shows, days; more of them are shown by week.
MOST_DAYS = 800
DAILY = 62


class Group(StrEnum):
    REGION = "region"
    CARRIER = "carrier"
    HOUSE = "house"


@dataclass(frozen=True)
class Filter:
    """What a page is about. None and "": all."""

    first: date
    last: date
    house_id: int | None = None
    carrier_id: int | None = None
    province: str = ""

    @property
    def by_week(self) -> bool:
        return (self.last - self.first).days >= DAILY

    def steps(self) -> list[date]:
        """The first days of the points of a chart: days, or weeks from Monday."""
        stride = 7 if self.by_week else 1
        start = self.first - timedelta(days=self.first.weekday()) if self.by_week else self.first
        return [start + timedelta(days=n) for n in range(0, (self.last - start).days + 1, stride)]

    def step_of(self, day: date) -> date:
        return day - timedelta(days=day.weekday()) if self.by_week else day

    def where(self, table: type[SQLModel]) -> list[Any]:
        """Conditions on a table of sums, as far as it knows what is asked."""
        columns: Any = table
        found = [columns.day >= self.first, columns.day <= self.last]
        wanted = {"warehouse_id": self.house_id, "carrier_id": self.carrier_id, "province": self.province}
        return found + [
            getattr(columns, name) == value for name, value in wanted.items() if value and hasattr(table, name)
        ]


@dataclass(frozen=True)
class Lane:
    """Sums of LaneDay over anything."""

    parcels: int = 0
    further: int = 0
    kept: int = 0
    delivered: int = 0
    minutes: int = 0
    troubled: int = 0
    cost_fen: int = 0
    weight_g: int = 0
    measured: int = 0
    inner_mm3: int = 0
    goods_mm3: int = 0
    mass_g: int = 0
    material_fen: int = 0


@dataclass(frozen=True)
class Floor:
    """Sums of FloorDay over anything."""

    walks: int = 0
    stops: int = 0
    units: int = 0
    minutes: int = 0
    metres: int = 0
    shorts: int = 0
    mispicks: int = 0
    mispacks: int = 0


@dataclass(frozen=True)
class Goods:
    """Units that left and came back."""

    sent: int = 0
    returned: int = 0


S = TypeVar("S", Lane, Floor, Goods)


def ratio(part: float, whole: float, scale: float = 1) -> float | None:
    return scale * part / whole if whole else None


def _columns(kind: type[Any], table: type[SQLModel]) -> list[Any]:
    return [sa.func.coalesce(sa.func.sum(getattr(table, field.name)), 0) for field in fields(kind)]


def _read(kind: type[S], row: Sequence[Any]) -> S:
    return kind(*(int(value) for value in row))


def total_of(kind: type[S], sums: Iterable[S]) -> S:
    """All of them as one."""
    every = list(sums)
    return kind(*(sum(getattr(one, field.name) for one in every) for field in fields(kind)))


def by_time(db: Session, kind: type[S], asked: Filter) -> list[tuple[date, S]]:
    """Every point of the time with its sums; those without any are empty."""
    if kind is Goods:
        return _goods_by_time(db, asked)  # type: ignore[return-value]
    table = LaneDay if kind is Lane else FloorDay
    rows = db.execute(
        sa.select(col(table.day), *_columns(kind, table)).where(*asked.where(table)).group_by(col(table.day))
    )
    return _in_steps(kind, asked, [(day, _read(kind, sums)) for day, *sums in rows])


def _in_steps(kind: type[S], asked: Filter, days: Iterable[tuple[date, S]]) -> list[tuple[date, S]]:
    found: dict[date, list[S]] = {step: [] for step in asked.steps()}
    for day, sums in days:
        found[asked.step_of(day)].append(sums)
    return [(step, total_of(kind, sums)) for step, sums in found.items()]


_GROUPS = {Group.REGION: LaneDay.province, Group.CARRIER: LaneDay.carrier_id, Group.HOUSE: LaneDay.warehouse_id}


def by_group(db: Session, asked: Filter, group: Group) -> list[tuple[Any, Lane]]:
    """(province, carrier id or warehouse id, sums), the one with most parcels first."""
    key = col(_GROUPS[group])
    query = sa.select(key, *_columns(Lane, LaneDay)).where(*asked.where(LaneDay)).group_by(key)
    found = [(of, _read(Lane, sums)) for of, *sums in db.execute(query)]
    return sorted(found, key=lambda row: (-row[1].parcels, str(row[0])))


def floor_by_house(db: Session, asked: Filter) -> list[tuple[int, Floor]]:
    key = col(FloorDay.warehouse_id)
    query = sa.select(key, *_columns(Floor, FloorDay)).where(*asked.where(FloorDay)).group_by(key).order_by(key)
    return [(house, _read(Floor, sums)) for house, *sums in db.execute(query)]


# --- what came back ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SkuBack:
    """A SKU's units that left and came back in the same time, by reason. Not the same units: goods take a while."""

    sku: Sku
    sent: int
    reasons: dict[str, int]

    @property
    def returned(self) -> int:
        return sum(self.reasons.values())


def _goods_by_time(db: Session, asked: Filter) -> list[tuple[date, Goods]]:
    days: list[tuple[date, Goods]] = []
    for table, make in ((SkuDay, lambda n: Goods(sent=n)), (ReturnDay, lambda n: Goods(returned=n))):
        units: Any = sa.func.sum(table.units)
        rows = db.execute(sa.select(col(table.day), units).where(*asked.where(table)).group_by(col(table.day)))
        days += [(day, make(int(n))) for day, n in rows]
    return _in_steps(Goods, asked, days)


def by_reason(db: Session, asked: Filter) -> dict[str, int]:
    key, units = col(ReturnDay.reason), sa.func.sum(col(ReturnDay.units))
    rows = db.execute(sa.select(key, units).where(*asked.where(ReturnDay)).group_by(key).order_by(units.desc(), key))
    return {reason: int(n) for reason, n in rows}


def by_sku(db: Session, asked: Filter) -> list[SkuBack]:
    """SKUs of which something came back, the most returned first."""
    key, units = col(ReturnDay.sku_id), sa.func.sum(col(ReturnDay.units))
    came = (
        sa.select(key, col(ReturnDay.reason), units).where(*asked.where(ReturnDay)).group_by(key, col(ReturnDay.reason))
    )
    reasons: dict[int, dict[str, int]] = {}
    for sku_id, reason, n in db.execute(came):
        reasons.setdefault(sku_id, {})[reason] = int(n)
    left = (
        sa.select(col(SkuDay.sku_id), sa.func.sum(col(SkuDay.units)))
        .where(*asked.where(SkuDay), col(SkuDay.sku_id).in_(reasons))
        .group_by(col(SkuDay.sku_id))
    )
    sent = {sku_id: int(n) for sku_id, n in db.execute(left)} if reasons else {}
    skus = db.scalars(sa.select(Sku).where(col(Sku.id).in_(reasons))) if reasons else ()
    found = [SkuBack(sku, sent.get(sku.id or 0, 0), reasons[sku.id or 0]) for sku in skus]
    return sorted(found, key=lambda one: (-one.returned, one.sku.code))


def units_sent(db: Session, asked: Filter) -> int:
    return int(
        db.execute(
            sa.select(sa.func.coalesce(sa.func.sum(col(SkuDay.units)), 0)).where(*asked.where(SkuDay))
        ).scalar_one()
    )


# --- lanes for comparing ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DayOfLane:
    """Delivered parcels of one warehouse, carrier and province that left on one day."""

    warehouse_id: int
    carrier_id: int
    province: str
    day: date
    delivered: int
    minutes: int
    parcels: int
    cost_fen: int


def lane_days(db: Session, asked: Filter) -> list[DayOfLane]:
    """Every carrier's, also when the page is about one of them."""
    table = LaneDay
    names = ("warehouse_id", "carrier_id", "province", "day", "delivered", "minutes", "parcels", "cost_fen")
    where = replace(asked, carrier_id=None).where(table)
    rows = db.execute(sa.select(*(col(getattr(table, name)) for name in names)).where(*where, col(table.delivered) > 0))
    return [DayOfLane(*row) for row in rows]
