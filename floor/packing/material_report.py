"""Material and air shipped per parcel, day by day or week by week."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from floor.inventory.count_days import LOCAL
from floor.inventory.models import Warehouse
from floor.kit import charts
from floor.kit.charts import Bar
from floor.packing.models_materials import Material, ParcelFill, ParcelMaterial

#: The longest report: steps of it.
MOST_STEPS = 62


@dataclass(frozen=True)
class Step:
    """One day or week (from its first day). Sums over its parcels: g, fen, mm3; `green_g`: reused, recyclable or
    degradable."""

    first: date
    parcels: int = 0
    mass_g: int = 0
    green_g: int = 0
    cost_fen: int = 0
    inner_mm3: int = 0
    goods_mm3: int = 0

    @property
    def grams(self) -> int | None:
        """Material per parcel, g."""
        return round(self.mass_g / self.parcels) if self.parcels else None

    @property
    def fen(self) -> int | None:
        return round(self.cost_fen / self.parcels) if self.parcels else None

    @property
    def air_litres(self) -> float | None:
        """Air per parcel, litres."""
        return round((self.inner_mm3 - self.goods_mm3) / self.parcels / 1e6, 1) if self.parcels else None

    @property
    def air_percent(self) -> int | None:
        return round(100 * (self.inner_mm3 - self.goods_mm3) / self.inner_mm3) if self.inner_mm3 else None

    @property
    def green_percent(self) -> int | None:
        return round(100 * self.green_g / self.mass_g) if self.mass_g else None


def steps_of(first: date, last: date, by_week: bool) -> list[date]:
    """The first days of the steps from `first` to `last`, at most MOST_STEPS of them, the latest."""
    stride = 7 if by_week else 1
    start = first - timedelta(days=first.weekday()) if by_week else first
    days = [start + timedelta(days=n) for n in range(0, max(0, (last - start).days) + 1, stride)]
    return days[-MOST_STEPS:]


def report(db: Session, days: Sequence[date], by_week: bool, site: str = "") -> list[Step]:
    """Every step with what its parcels took, the oldest first."""
    fill = _parcels(days, by_week, site)
    fills = db.execute(
        sa.select(fill.c.n, sa.func.count(), sa.func.sum(fill.c.inner_mm3), sa.func.sum(fill.c.goods_mm3)).group_by(
            fill.c.n
        )
    )
    green = sa.or_(col(Material.is_recyclable), col(Material.is_degradable), col(Material.is_reused))
    takings = db.execute(
        sa.select(
            fill.c.n, sa.func.sum(col(ParcelMaterial.mass_g)), sa.func.sum(col(ParcelMaterial.cost_fen)),
            sa.func.sum(sa.case((green, col(ParcelMaterial.mass_g)), else_=0)),
        )
        .join(ParcelMaterial, col(ParcelMaterial.parcel_id) == fill.c.parcel_id)
        .join(Material, col(Material.id) == col(ParcelMaterial.material_id))
        .group_by(fill.c.n)
    )  # fmt: skip
    room = {row[0]: row[1:] for row in fills}
    took = {row[0]: row[1:] for row in takings}
    found = []
    for n, day in enumerate(days):
        parcels, inner, goods = room.get(n, (0, 0, 0))
        mass, cost, green_g = took.get(n, (0, 0, 0))
        found.append(Step(day, parcels, int(mass), int(green_g), int(cost), int(inner), int(goods)))
    return found


@dataclass(frozen=True)
class Used:
    """A material over the whole report."""

    material: Material
    qty: int
    mass_g: int
    cost_fen: int


def used(db: Session, days: Sequence[date], by_week: bool, site: str = "") -> list[Used]:
    """What was used of each material, the heaviest first."""
    sums = [sa.func.sum(col(getattr(ParcelMaterial, name))) for name in ("qty", "mass_g", "cost_fen")]
    totals = (
        sa.select(col(ParcelMaterial.material_id).label("id"), *(s.label(f"s{n}") for n, s in enumerate(sums)))
        .join(ParcelFill, col(ParcelFill.parcel_id) == col(ParcelMaterial.parcel_id))
        .where(*_mine(days, by_week, site))
        .group_by(col(ParcelMaterial.material_id))
        .subquery()
    )
    rows = db.execute(
        sa.select(Material, totals.c.s0, totals.c.s1, totals.c.s2)
        .join(totals, totals.c.id == col(Material.id))
        .order_by(totals.c.s1.desc(), col(Material.code))
    )
    return [Used(material, int(qty), int(mass), int(cost)) for material, qty, mass, cost in rows]


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), LOCAL)


def _parcels(days: Sequence[date], by_week: bool, site: str) -> sa.Subquery:
    """Each parcel of the report with the number of the step it falls into, as `n`."""
    bounds = [(col(ParcelFill.at) < _start(day), n) for n, day in enumerate(days[1:])]
    number: Any = sa.case(*bounds, else_=len(days) - 1) if bounds else sa.literal(0)
    columns = [col(getattr(ParcelFill, name)) for name in ("parcel_id", "inner_mm3", "goods_mm3")]
    return sa.select(number.label("n"), *columns).where(*_mine(days, by_week, site)).subquery()


def _mine(days: Sequence[date], by_week: bool, site: str) -> list[Any]:
    end = days[-1] + timedelta(days=7 if by_week else 1)
    mine: list[Any] = [col(ParcelFill.at) >= _start(days[0]), col(ParcelFill.at) < _start(end)]
    if site:
        house = sa.select(col(Warehouse.id)).where(col(Warehouse.code) == site).scalar_subquery()
        mine.append(col(ParcelFill.warehouse_id) == house)
    return mine


def total(steps: Sequence[Step]) -> Step:
    """All steps as one."""
    names = ("parcels", "mass_g", "green_g", "cost_fen", "inner_mm3", "goods_mm3")
    return Step(steps[0].first, *(sum(getattr(step, name) for step in steps) for name in names))


# --- the chart ---------------------------------------------------------------


def bars_of(steps: Sequence[Step]) -> list[tuple[Bar, float | None, Step]]:
    """Each step's bar of material per parcel, up to the largest, and the height of the dot of its share of air, of 100;
    None for a step without parcels."""
    drawn = charts.bars([(step.first, step.grams) for step in steps])
    airs = [step.air_percent for step in steps]
    dots = [None if air is None else round(charts.BOTTOM - charts.rise(air, 100), 1) for air in airs]
    return list(zip(drawn, dots, steps, strict=True))
