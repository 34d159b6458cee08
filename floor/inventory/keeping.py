"""Safety stock kept against safety stock computed: proposals, and the verbs that take them on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.catalog.models import Sku
from floor.events.service import Event, record
from floor.inventory import safety
from floor.inventory.models import SafetyStock, Warehouse
from floor.inventory.models_supply import SupplyDefaults, SupplyTerms
from floor.inventory.safety import Abc, Demand, Lead, Level
from floor.kit.actor import Actor
from floor.kit.db import upsert
from floor.kit.errors import Invalid


@dataclass(frozen=True)
class Proposal:
    """One SKU in one warehouse: what is kept, what its demand and lead time say, and what would be kept by that."""

    sku: Sku
    kept: SafetyStock | None
    demand: Demand
    lead: Lead
    kind: Abc
    service: float
    level: Level

    @property
    def is_manual(self) -> bool:
        return self.kept is not None and self.kept.is_manual

    @property
    def kept_qty(self) -> int:
        return self.kept.qty if self.kept else 0

    @property
    def differs(self) -> bool:
        kept = (self.kept.qty, self.kept.reorder_point) if self.kept else (0, 0)
        return kept != (self.level.safety, self.level.reorder_point)


def proposals(
    db: Session, warehouse: Warehouse, sku_id: int | None = None, known: Mapping[tuple[int, int], Demand] | None = None
) -> list[Proposal]:
    """Every SKU that was sold here lately or is kept back; what would change most stands first.

    Or one SKU, sold or not. `known`: safety.demands, where they were read already.
    """
    assert warehouse.id is not None
    some = None if sku_id is None else [sku_id]
    demands = safety.demands(db, warehouse.id) if known is None else known
    sold = {sku: demand for (site, sku), demand in demands.items() if site == warehouse.id}
    kept = {row.sku_id: row for row in db.exec(select(SafetyStock).where(SafetyStock.warehouse_id == warehouse.id))}
    skus = {sku.id or 0: sku for sku in db.exec(select(Sku).where(col(Sku.id).in_({*sold, *kept, *(some or ())})))}
    terms, assumed = safety.preferred_terms(db), safety.defaults(db, warehouse.id)
    kinds = safety.classes({key: sold.get(key, Demand()).units * sku.price_fen for key, sku in skus.items()})
    found = []
    for key, sku in skus.items():
        if some is None or key in some:
            demand, lead = sold.get(key, Demand()), safety.lead_of(terms.get(key), assumed)
            service = safety.service_of(assumed, kinds[key])
            level = safety.level_for(demand, lead, service)
            found.append(Proposal(sku, kept.get(key), demand, lead, kinds[key], service, level))
    return sorted(found, key=lambda p: (-abs(p.level.safety - p.kept_qty), p.sku.code))


def accept(db: Session, warehouse: Warehouse, proposed: Iterable[Proposal], actor: Actor) -> int:
    """Keep what was computed. Values set by a person stay, unless theirs is the only row asked for: then it was meant.

    Returns how many changed.
    """
    assert warehouse.id is not None
    asked = list(proposed)
    taken = [p for p in asked if (p.differs or p.is_manual) and (not p.is_manual or len(asked) == 1)]
    if taken:
        for some in (taken[n : n + 500] for n in range(0, len(taken), 500)):
            new = upsert(db, SafetyStock).values([_row(warehouse.id, p) for p in some])
            fresh = {name: new.excluded[name] for name in ("qty", "reorder_point", "is_manual")}
            still = col(SafetyStock.is_manual).is_(False) if len(asked) > 1 else None
            db.execute(new.on_conflict_do_update(index_elements=["warehouse_id", "sku_id"], set_=fresh, where=still))
        data = {"skus": len(taken), "sku": taken[0].sku.id if len(asked) == 1 else None}
        record(db, Event("inventory.safety.accepted", "warehouse", warehouse.id, data=data), actor)
    return len(taken)


def _row(warehouse_id: int, p: Proposal) -> dict[str, object]:
    return {
        "warehouse_id": warehouse_id, "sku_id": p.sku.id, "qty": p.level.safety,
        "reorder_point": p.level.reorder_point, "is_manual": False,
    }  # fmt: skip


def keep(db: Session, warehouse_id: int, sku_id: int, qty: int, reorder_point: int | None, actor: Actor) -> None:
    """A person says what to keep back; computed values do not replace it. Raises Invalid for a point below `qty`."""
    if reorder_point is not None and reorder_point < qty:
        raise Invalid("inventory.point_below_safety", field="reorder_point", qty=qty)
    values = {"qty": qty, "reorder_point": reorder_point, "is_manual": True}
    new = upsert(db, SafetyStock).values(warehouse_id=warehouse_id, sku_id=sku_id, **values)
    db.execute(new.on_conflict_do_update(index_elements=["warehouse_id", "sku_id"], set_=values))
    data = {"sku": sku_id, "qty": qty, "reorder_point": reorder_point}
    record(db, Event("inventory.safety.set", "warehouse", warehouse_id, data=data), actor)


def keep_defaults(db: Session, assumed: SupplyDefaults, actor: Actor) -> None:
    """Write down what a warehouse assumes. Raises Invalid unless A is served at least as well as B, and B as C."""
    if not assumed.level_a >= assumed.level_b >= assumed.level_c:
        raise Invalid("inventory.levels_fall", field="level_b")
    db.merge(assumed)
    db.flush()
    record(db, Event("inventory.supply.defaults_set", "warehouse", assumed.warehouse_id, data={}), actor)


def keep_terms(db: Session, terms: SupplyTerms, actor: Actor) -> SupplyTerms:
    """Write down how a supplier delivers a SKU; a preferred one takes the place of the one before."""
    row = db.exec(
        select(SupplyTerms).where(SupplyTerms.sku_id == terms.sku_id, SupplyTerms.supplier == terms.supplier)
    ).first()
    if terms.is_preferred:
        others = sa.update(SupplyTerms).where(col(SupplyTerms.sku_id) == terms.sku_id)
        db.execute(others.values(is_preferred=False).execution_options(synchronize_session=False))
    if row is None:
        row = terms
    else:
        db.refresh(row)
        for name in ("lead_days", "lead_sd_days", "pack_qty", "min_order", "price_fen", "is_preferred"):
            setattr(row, name, getattr(terms, name))
    db.add(row)
    db.flush()
    data = {"sku": terms.sku_id, "supplier": terms.supplier}
    record(db, Event("inventory.supply.terms_set", "sku", terms.sku_id, data=data), actor)
    return row


def terms_of(db: Session, sku_id: int) -> list[SupplyTerms]:
    """Suppliers of a SKU, the preferred one first."""
    mine = select(SupplyTerms).where(SupplyTerms.sku_id == sku_id)
    return list(db.exec(mine.order_by(col(SupplyTerms.is_preferred).desc(), SupplyTerms.supplier)))
