"""What the trail tells of handled orders, as numbers for `handling`: and the same numbers of an order that waits."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from floor.events.models import AuditEvent
from floor.inventory.models import Balance, Bin, BinKind
from floor.kit import clock
from floor.orders.models import OrderLine
from floor.shipments.models import Shipment, ShipmentLine
from floor.shipments.states import ShipmentState

_PLANNED, _PACKED = "shipments.shipment.planned", "shipments.shipment.finish_pack"
_ON, _OFF = "shipments.shipment.start_pick", "shipments.shipment.finish_pick"
_OVER = "shipments.shipment.cancel"

#: The newest so many events are read.
_MOST = 200_000


@dataclass(frozen=True)
class Handled:
    """Shipments in the order they were packed: their numbers, the minutes each took, and the orders they belong to."""

    rows: np.ndarray
    minutes: np.ndarray
    orders: list[int]


def handled(db: Session, since: datetime | None = None) -> Handled:
    """Every shipment whose way from plan to packed stands in the trail; those packed `since` then."""
    events = select(AuditEvent.subject_id, AuditEvent.kind, AuditEvent.at).where(
        col(AuditEvent.kind).in_((_PLANNED, _PACKED, _ON, _OFF, _OVER)), AuditEvent.subject == "shipment"
    )
    times: dict[int, dict[str, datetime]] = defaultdict(dict)
    for shipment, kind, at in db.exec(events.order_by(col(AuditEvent.id).desc()).limit(_MOST)):
        times[shipment][kind] = at
    known = {row.id or 0: row for row in db.exec(select(Shipment).where(col(Shipment.id).in_(list(times))))}
    moments = _moments(times, known)
    goods, aisles = _goods(db, known), _aisles(db)
    done = [(at[_PACKED], id_) for id_, at in times.items() if _PACKED in at and _PLANNED in at and id_ in goods]
    rows, minutes, orders = [], [], []
    for packed, id_ in sorted(done):
        if since and packed <= since:
            continue
        at, house = times[id_][_PLANNED], known[id_].warehouse_id
        skus = goods[id_]
        zones = {aisles[house, sku] for sku in skus if (house, sku) in aisles}
        rows.append(_row(skus, len(zones), moments[house], at))
        minutes.append((packed - at).total_seconds() / 60)
        orders.append(known[id_].order_id)
    return Handled(np.array(rows, float).reshape(-1, 6), np.array(minutes, float), orders)


def _row(skus: Mapping[int, int], zones: int, moments: Mapping[str, list[datetime]], at: datetime) -> tuple[Any, ...]:
    on_carts = bisect_right(moments[_ON], at) - bisect_right(moments[_OFF], at)
    load = bisect_right(moments[_PLANNED], at) - bisect_right(moments[_PACKED], at)
    return len(skus), sum(skus.values()), zones, max(0, on_carts), max(0, load), at.hour + at.minute / 60


def _moments(
    times: Mapping[int, Mapping[str, datetime]], known: Mapping[int, Shipment]
) -> dict[int, dict[str, list[datetime]]]:
    """Per warehouse and kind, when it happened; what was cancelled is over as if it were packed."""
    found: dict[int, dict[str, list[datetime]]] = defaultdict(lambda: defaultdict(list))
    for id_, at in times.items():
        if id_ in known:
            for kind, moment in at.items():
                found[known[id_].warehouse_id][_PACKED if kind == _OVER else kind].append(moment)
    for kinds in found.values():
        for moments in kinds.values():
            moments.sort()
    return found


def _goods(db: Session, ids: Iterable[int]) -> dict[int, dict[int, int]]:
    """Shipment -> SKU -> units."""
    part = ShipmentLine
    units = col(part.allocated) + col(part.picked) + col(part.packed) + col(part.shipped)
    found: dict[int, dict[int, int]] = defaultdict(dict)
    wanted = sa.select(col(part.shipment_id), col(part.sku_id), sa.func.sum(units).label("units"))
    mine = wanted.where(col(part.shipment_id).in_(list(ids))).group_by(col(part.shipment_id), col(part.sku_id))
    for row in db.execute(mine):
        if row.units:
            found[row.shipment_id][row.sku_id] = int(row.units)
    return found


def _aisles(db: Session, sku_ids: Iterable[int] | None = None) -> dict[tuple[int, int], str]:
    """(warehouse, SKU) -> the aisle of its pick face."""
    faces = (
        sa.select(col(Bin.warehouse_id), col(Balance.sku_id), sa.func.min(col(Bin.aisle)).label("aisle"))
        .join(Bin, col(Bin.id) == col(Balance.place_id))
        .where(col(Bin.kind) == BinKind.PICK)
        .group_by(col(Bin.warehouse_id), col(Balance.sku_id))
    )
    if sku_ids is not None:
        faces = faces.where(col(Balance.sku_id).in_(list(sku_ids)))
    return {(row.warehouse_id, row.sku_id): row.aisle for row in db.execute(faces)}


@dataclass(frozen=True)
class House:
    """How busy each warehouse is now: shipments on carts, and shipments not packed yet."""

    on_carts: Mapping[int, int]
    load: Mapping[int, int]


def house_now(db: Session) -> House:
    alive = (ShipmentState.PLANNED, ShipmentState.PICKING, ShipmentState.PICKED, ShipmentState.PACKING)
    counted = select(Shipment.warehouse_id, Shipment.state, func.count()).where(col(Shipment.state).in_(alive))
    on_carts: dict[int, int] = defaultdict(int)
    load: dict[int, int] = defaultdict(int)
    for house, state, count in db.exec(counted.group_by(col(Shipment.warehouse_id), col(Shipment.state))):
        load[house] += count
        on_carts[house] += count if state is ShipmentState.PICKING else 0
    return House(on_carts, load)


def waiting_row(db: Session, order_id: int, house: House) -> np.ndarray:
    """The numbers of an order nothing is planned for yet, as if the warehouse with most of its goods handled it now."""
    wants = select(OrderLine.sku_id, func.sum(OrderLine.backordered)).where(OrderLine.order_id == order_id)
    skus = {sku: int(qty) for sku, qty in db.exec(wants.group_by(col(OrderLine.sku_id))) if qty}
    aisles = _aisles(db, skus)
    by_house: dict[int, set[str]] = defaultdict(set)
    reach: dict[int, int] = defaultdict(int)
    for (where, _sku), aisle in aisles.items():
        by_house[where].add(aisle)
        reach[where] += 1
    best = max(reach, key=lambda where: (reach[where], -where), default=0)
    now = clock.now()
    return np.array(
        [[len(skus), sum(skus.values()), len(by_house[best]), house.on_carts.get(best, 0), house.load.get(best, 0),
          now.hour + now.minute / 60]], float,
    )  # fmt: skip
