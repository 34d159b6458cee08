"""Verbs of announcements: where a waiting order is to ship from, as told to people. Nothing is reserved by them."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.allocation import queries
from floor.allocation.models import Announcement
from floor.allocation.service import Share
from floor.events.service import Event, record
from floor.kit.actor import Actor
from floor.orders.models import Order, OrderLine
from floor.orders.states import OrderState


def announce(db: Session, plan: Mapping[int, Sequence[Share]], run_id: int | None, actor: Actor) -> int:
    """Say where orders will ship from. What was said already stays with its time; orders no longer waiting are left
    out. Returns how many orders hear something new."""
    locked = select(Order.id).where(col(Order.id).in_(sorted(plan)), Order.state == OrderState.RELEASED)
    waiting = [order or 0 for order in db.exec(locked.order_by(col(Order.id)).with_for_update())]
    open_units = queries.open_units(db, waiting)
    said: dict[int, list[Announcement]] = {}
    earlier = select(Announcement).where(col(Announcement.order_id).in_(waiting)).order_by(col(Announcement.id))
    for one in db.exec(earlier):
        said.setdefault(one.order_id, []).append(one)
    told = 0
    for order in waiting:
        wanted = {(s.warehouse_id, s.carrier_id, sku): qty for s in plan[order] for sku, qty in s.units}
        before = said.get(order, [])
        if {(one.warehouse_id, one.carrier_id, one.sku_id): one.units for one in before} == wanted:
            continue
        if _by_sku(wanted) != open_units.get(order):
            continue  # its lines changed since the plan read them
        for one in before:
            db.delete(one)
        db.flush()
        db.add_all(
            Announcement(order_id=order, sku_id=sku, warehouse_id=house, carrier_id=carrier, units=qty, run_id=run_id)
            for (house, carrier, sku), qty in wanted.items()
        )
        houses = sorted({house for house, _carrier, _sku in wanted})
        moved = bool(before) and houses != sorted({one.warehouse_id for one in before})
        data = {"warehouses": houses, "run": run_id, "moved": moved}
        record(db, Event("allocation.order.announced", "order", order, order, data), actor)
        told += 1
    db.flush()
    return told


def _by_sku(wanted: Mapping[tuple[int, int, int], int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for (_house, _carrier, sku), qty in wanted.items():
        found[sku] = found.get(sku, 0) + qty
    return found


def forget_stale(db: Session) -> None:
    """What was said of orders that do not wait any more: held, cancelled, or in shipments."""
    waiting = (
        sa.select(col(Order.id))
        .join(OrderLine, col(OrderLine.order_id) == col(Order.id))
        .where(col(OrderLine.backordered) > 0, col(Order.state) == OrderState.RELEASED)
    )
    db.execute(sa.delete(Announcement).where(col(Announcement.order_id).not_in(waiting)))
