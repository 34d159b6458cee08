"""Which other warehouse could send units of one SKU at once: the plain rule, where no plan is waited for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from floor.allocation import queries
from floor.allocation.facts import due_days, freight_fen
from floor.inventory import queries as stock
from floor.inventory.models import SafetyStock, Warehouse
from floor.shipments.models import Rate


@dataclass(frozen=True)
class House:
    """A warehouse and how many units it can give: on pick faces, and above what it keeps back."""

    id: int
    code: str
    name: str
    name_en: str
    units: int


@dataclass(frozen=True)
class Offer:
    house: House
    carrier_id: int
    units: int


def houses(db: Session, sku_id: int, but: int) -> dict[int, House]:
    """The warehouses but one that can give units of a SKU."""
    keeps = sa.select(col(SafetyStock.warehouse_id), col(SafetyStock.qty)).where(col(SafetyStock.sku_id) == sku_id)
    kept: Mapping[int, int] = dict(db.execute(keeps).all())  # type: ignore[arg-type]
    free = {
        row.warehouse_id: min(row.pick, row.pick + row.reserve - kept.get(row.warehouse_id, 0))
        for row in stock.free_stock(db, [sku_id])
        if row.warehouse_id != but
    }
    found = db.execute(sa.select(Warehouse).where(col(Warehouse.id).in_(id_ for id_, n in free.items() if n > 0)))
    return {
        one.id or 0: House(one.id or 0, one.code, one.name, one.name_en, free[one.id or 0]) for one in found.scalars()
    }


def rates(db: Session, provinces: Sequence[str]) -> Sequence[Rate]:
    """What active carriers ask to these provinces."""
    return queries.rates(db, provinces)


def best(
    known: Mapping[int, House], asked: Sequence[Rate], province: str, promised_at: datetime, unit_g: int, units: int
) -> Offer | None:
    """The warehouse that gives most of `units` (g each), then in time, then for least freight; and by whom."""
    due, offers = due_days(promised_at), []
    for rate in asked:
        house = known.get(rate.warehouse_id)
        if house is None or house.units <= 0 or rate.province != province:
            continue
        given = min(units, house.units)
        if rate.max_g is None or given * unit_g <= rate.max_g:
            late = max(0, rate.transit_days - due)
            offers.append((-given, late, freight_fen(rate, given * unit_g), house.id, rate.carrier_id))
    if not offers:
        return None
    given, _late, _fen, house_id, carrier_id = min(offers)
    return Offer(known[house_id], carrier_id, -given)
