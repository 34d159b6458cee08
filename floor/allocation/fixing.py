"""What helps the orders a run left out: move stock to pick faces, split, let safety stock go, ask purchasing."""

from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.allocation import queries, service
from floor.allocation.models import Run
from floor.allocation.states import Why
from floor.inventory import purchasing, refilling
from floor.inventory import queries as stock
from floor.inventory.models import Replenishment
from floor.inventory.models_supply import PurchaseRequest
from floor.inventory.states import ReplenishmentState
from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.errors import Invalid

#: Minutes a replenishment takes where nobody has done one yet.
_MINUTES = 8


def lacking(db: Session, run: Run) -> dict[tuple[int, int], int]:
    """(warehouse_id, sku_id) -> units reserve storage should send to the pick face for `pick_face_empty` orders.

    Units on the pick face and in open tasks count as there. A run that may split looks in the other warehouses for
    what the named one does not have.
    """
    assert run.id is not None
    need: Counter[tuple[int, int]] = Counter()
    for row in queries.still_waiting(db, run.id, Why.PICK_FACE_EMPTY):
        need[row.warehouse_id, row.sku_id] += row.units
    there: Counter[tuple[int, int]] = Counter(stock.replenishments_under_way(db))
    stored: Counter[tuple[int, int]] = Counter()
    for row in stock.free_stock(db, {sku for _warehouse, sku in need}):
        stored[row.warehouse_id, row.sku_id] = row.reserve - there[row.warehouse_id, row.sku_id]
        there[row.warehouse_id, row.sku_id] += row.pick
    others = sorted({warehouse for warehouse, _sku in stored}) if run.scope.get("split") else []
    tasks: Counter[tuple[int, int]] = Counter()
    for (named, sku_id), units in sorted(need.items()):
        rest = units
        for warehouse_id in dict.fromkeys([named, *others]):
            key = (warehouse_id, sku_id)
            rest -= there[key]
            part = max(0, min(rest, stored[key] - tasks[key]))
            tasks[key] += part
            rest -= part
    return {key: units for key, units in tasks.items() if units}


def replenish(db: Session, run: Run, actor: Actor) -> int:
    """Ask for the moves from reserve storage those orders wait for. Returns how many; asking again adds none."""
    assert run.id is not None
    waiting = Counter((r.warehouse_id, r.sku_id) for r in queries.still_waiting(db, run.id, Why.PICK_FACE_EMPTY))
    return sum(
        len(refilling.ask_replenishment(db, warehouse_id, sku_id, units, actor, waiting[warehouse_id, sku_id]))
        for (warehouse_id, sku_id), units in lacking(db, run).items()
    )


def split(db: Session, run: Run, actor: Actor) -> Run:
    """A new run over this run's `partial_only` orders that may send each in two parcels. Invalid when none is left."""
    orders = _waiting(db, run, Why.PARTIAL_ONLY)
    if not orders:
        raise Invalid("allocation.nothing_to_split")
    return service.ask(db, run.strategy, {"orders": orders, "split": True}, actor, run.seed)


def release_safety(db: Session, run: Run, actor: Actor) -> Run:
    """A new run over this run's `safety_stock` orders, and over no other, that may take what is kept back. The event
    that asks for it says who let it go. Invalid when none is left."""
    orders = _waiting(db, run, Why.SAFETY_STOCK)
    if not orders:
        raise Invalid("allocation.nothing_to_release")
    scope = {"orders": orders, "unsafe": True, **({"split": True} if run.scope.get("split") else {})}
    return service.ask(db, run.strategy, scope, actor, run.seed)


def again(db: Session, run: Run, actor: Actor) -> Run:
    """A new run over the orders that changed while this one worked. Invalid when none is left."""
    orders = _waiting(db, run, Why.CHANGED)
    if not orders:
        raise Invalid("allocation.nothing_changed")
    scope = {"orders": orders, **({"split": True} if run.scope.get("split") else {})}
    return service.ask(db, run.strategy, scope, actor, run.seed)


def _waiting(db: Session, run: Run, why: Why) -> list[int]:
    assert run.id is not None
    return sorted({row.id for row in queries.still_waiting(db, run.id, why)})


def missing(db: Session, run: Run) -> dict[tuple[int, int], int]:
    """(warehouse_id, sku_id) -> units that `no_stock` orders lack and nobody has asked purchasing for yet; at the
    warehouse with the cheapest way to the order."""
    assert run.id is not None
    near = queries.cheapest_houses(db)
    need: Counter[tuple[int, int]] = Counter()
    rows = [row for row in queries.still_lacking(db, run.id) if row.province in near]
    for row in rows:
        need[near[row.province], row.sku_id] += row.units
    free: Counter[int] = Counter()
    for row in stock.free_stock(db, {sku for _house, sku in need}):
        free[row.sku_id] += row.pick + row.reserve
    asked = queries.requested(db)
    found = {}
    for (house, sku), units in sorted(need.items()):
        part = min(units, free[sku])
        free[sku] -= part
        if units > part and (house, sku) not in asked:
            found[house, sku] = units - part
    return found


def purchase(db: Session, run: Run, actor: Actor) -> int:
    """Ask purchasing for what the run's `no_stock` orders lack. Returns how many requests; asking again adds none."""
    wanted = [
        PurchaseRequest(warehouse_id=house, sku_id=sku, qty=units, free=0, reorder_point=units)
        for (house, sku), units in missing(db, run).items()
    ]
    return purchasing.ask(db, wanted, actor)


def ready_at(db: Session, warehouse_id: int) -> datetime:
    """When one more replenishment in a warehouse would be done: the open ones first, each as long as they usually take
    there, one after the other."""
    done = col(Replenishment.done_at)
    recent = select(Replenishment.created_at, done).where(
        Replenishment.warehouse_id == warehouse_id, Replenishment.state == ReplenishmentState.DONE, done.is_not(None)
    )
    ends = sorted(end for _start, end in db.exec(recent.order_by(done.desc()).limit(50)) if end)
    gaps = [(b - a).total_seconds() / 60 for a, b in pairwise(ends) if b - a < timedelta(hours=1)]
    minutes = max(1.0, median(gaps)) if gaps else _MINUTES
    waiting = sa.select(sa.func.count()).select_from(Replenishment)
    ahead = db.execute(
        waiting.where(
            col(Replenishment.warehouse_id) == warehouse_id, col(Replenishment.state) == ReplenishmentState.OPEN
        )
    ).scalar_one()
    return clock.now() + timedelta(minutes=minutes * (ahead + 1))
