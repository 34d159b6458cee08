"""How much a warehouse should keep back, and when it should order again: from demand, lead time and wished service.

    safety stock  = z * sqrt(L * sd_d^2 + d^2 * sd_L^2)        reorder point = d * L + safety stock

d, sd_d: units a day and their standard deviation; L, sd_L: days from order to shelf and theirs; z: the normal quantile
of the cycle service level, the chance that a delivery comes before the shelf is empty. Silver, Pyke and Thomas,
Inventory and Production Management in Supply Chains, 4th ed., ch. 6; King, Crack the Code, APICS, 2011. Assumed: demand
over the lead time is about normal, days and deliveries are independent of each other, and days without demand count as
days of 0. Where demand comes rarely (mean interval above 1.32 days: Syntetos, Boylan and Croston, 2005) the normal is a
poor guess: such SKUs are marked, and a person should look.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from statistics import NormalDist
from typing import TypeVar

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.inventory.models import LedgerRow, MoveReason, Place
from floor.inventory.models_supply import SupplyDefaults, SupplyTerms
from floor.kit import clock

#: Days of demand that are looked at: eight weeks, so that every weekday counts alike.
DAYS = 56
_RARE = 1.32

Key = TypeVar("Key")


# --- pure ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Demand:
    """Units that left in `days` days of 24 hours: their sum, the sum of the days' squares, days with any."""

    units: int = 0
    squares: int = 0
    busy_days: int = 0
    days: int = DAYS

    @property
    def mean(self) -> float:
        """Units a day."""
        return self.units / self.days

    @property
    def sd(self) -> float:
        """Standard deviation of a day's units, from the sample; days without demand count."""
        spread = self.squares - self.units * self.units / self.days
        return math.sqrt(max(0.0, spread) / (self.days - 1))

    @property
    def is_rare(self) -> bool:
        """Comes so seldom that the normal distribution is a poor guess."""
        return 0 < self.busy_days < self.days / _RARE


@dataclass(frozen=True)
class Lead:
    """Days from an order to the goods on the shelf; `supplier` "" where a warehouse's assumption stands in."""

    days: float
    sd: float = 0
    supplier: str = ""


@dataclass(frozen=True)
class Level:
    """Units to keep back, and the level below which to order."""

    safety: int
    reorder_point: int


def level_for(demand: Demand, lead: Lead, service: float) -> Level:
    """Safety stock and reorder point, whole units rounded up; `service` in (0, 1). Without demand both are 0."""
    z = NormalDist().inv_cdf(service)
    spread = math.sqrt(lead.days * demand.sd**2 + demand.mean**2 * lead.sd**2)
    safety = max(0, _up(z * spread))
    return Level(safety, max(safety, _up(demand.mean * lead.days + z * spread)))


def _up(units: float) -> int:
    """Rounded up, but not for the dust of binary fractions."""
    return math.ceil(round(units, 6))


class Abc(StrEnum):
    """How much of the money a SKU moves: the first 80 %, the next 15 %, the rest."""

    A = "a"
    B = "b"
    C = "c"


def classes(values: Mapping[Key, int]) -> dict[Key, Abc]:
    """ABC by value moved: a SKU is A as long as those before it make less than 80 % of the sum, B below 95 %."""
    total, before = sum(values.values()), 0
    found = {}
    for key, value in sorted(values.items(), key=lambda item: -item[1]):
        found[key] = Abc.C if not value or before >= 0.95 * total else Abc.A if before < 0.8 * total else Abc.B
        before += value
    return found


# --- reads -------------------------------------------------------------------------------------------------------


def demands(
    db: Session, warehouse_id: int | None = None, sku_ids: Iterable[int] | None = None
) -> dict[tuple[int, int], Demand]:
    """(warehouse_id, sku_id) -> what was sent to customers in the last 56 days; who sent nothing is not in it.

    Days are 24 hours counted back from now, so that today is not half a day. One query.
    """
    row, since = LedgerRow, clock.now() - timedelta(days=DAYS)
    day = _day(db)
    daily = (
        sa.select(col(Place.warehouse_id), col(row.sku_id), day.label("day"), sa.func.sum(col(row.qty)).label("units"))
        .join(Place, col(Place.id) == col(row.from_place_id))
        .where(col(row.at) > since, col(row.reason) == MoveReason.SHIP)
        .group_by(col(Place.warehouse_id), col(row.sku_id), day)
    )
    if warehouse_id is not None:
        daily = daily.where(col(Place.warehouse_id) == warehouse_id)
    if sku_ids is not None:
        daily = daily.where(col(row.sku_id).in_(list(sku_ids)))
    d = daily.subquery().c
    sums = sa.select(
        d.warehouse_id, d.sku_id, sa.func.sum(d.units), sa.func.sum(d.units * d.units), sa.func.count()
    ).group_by(d.warehouse_id, d.sku_id)
    return {
        (house, sku): Demand(int(units), int(squares), days) for house, sku, units, squares, days in db.execute(sums)
    }


def _day(db: Session) -> sa.ColumnElement[int]:
    """How many times 24 hours ago a ledger row is."""
    at, now = col(LedgerRow.at), clock.now()
    if db.get_bind().dialect.name == "sqlite":
        moment = now.strftime("%Y-%m-%d %H:%M:%S.%f")
        return sa.cast(sa.func.julianday(moment) - sa.func.julianday(at), sa.Integer)
    return sa.cast(sa.func.floor(sa.extract("epoch", sa.literal(now) - at) / 86400), sa.Integer)


def defaults(db: Session, warehouse_id: int) -> SupplyDefaults:
    """What a warehouse assumes; the house's own guess where nobody wrote it down."""
    return db.get(SupplyDefaults, warehouse_id) or SupplyDefaults(warehouse_id=warehouse_id)


def service_of(assumed: SupplyDefaults, kind: Abc) -> float:
    return {Abc.A: assumed.level_a, Abc.B: assumed.level_b, Abc.C: assumed.level_c}[kind] / 1000


def preferred_terms(db: Session) -> dict[int, SupplyTerms]:
    """sku_id -> the terms of the supplier that is asked first."""
    return {terms.sku_id: terms for terms in db.exec(select(SupplyTerms).where(col(SupplyTerms.is_preferred)))}


def lead_of(terms: SupplyTerms | None, assumed: SupplyDefaults) -> Lead:
    if terms is None:
        return Lead(assumed.lead_days, assumed.lead_sd_days)
    return Lead(terms.lead_days, terms.lead_sd_days, terms.supplier)
