"""Read-only figures over the whole line: the funnel, the hours until the lorries, walks, and what is stuck."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from floor.inventory.models import Warehouse
from floor.kit import clock
from floor.orders.models import Order, OrderLine
from floor.orders.states import OrderState
from floor.picking.board import WalkNow
from floor.shipments.models import Shipment
from floor.shipments.queries import UNDER_WAY, Stage, stage
from floor.shipments.states import GONE, ShipmentState


def funnel(db: Session) -> dict[Stage, int]:
    """Orders per stage that somebody here still works on, and those that left today or are on the road."""
    at = stage().label("stage")
    rows = db.execute(_open_orders(at).with_only_columns(at, sa.func.count()).group_by(at))
    found = {Stage(row[0]): row[1] for row in rows}
    gone = sa.select(sa.func.count(sa.distinct(col(Shipment.order_id))))
    shipped = db.execute(gone.where(col(Shipment.state) == ShipmentState.SHIPPED)).scalar_one()
    return {one: found.get(one, 0) for one in UNDER_WAY} | {Stage.SHIPPED: shipped}


def _open_orders(*columns: sa.SQLColumnExpression) -> sa.Select:
    """Orders with something left to do in the house. Old ones are ruled out by index, not by looking at each."""
    waiting = sa.select(col(OrderLine.order_id)).where(col(OrderLine.backordered) > 0)
    inside = (*GONE, ShipmentState.CANCELLED)
    moving = sa.select(col(Shipment.order_id)).where(col(Shipment.state).notin_(inside))
    unchecked = col(Order.state).in_((OrderState.RECEIVED, OrderState.HELD))
    todo = sa.or_(unchecked, col(Order.id).in_(waiting), col(Order.id).in_(moving))
    return sa.select(*columns).select_from(Order).where(todo, col(Order.state) != OrderState.CANCELLED)


@dataclass(frozen=True)
class Hour:
    """Orders promised within one hour, by what they still need."""

    begins: datetime
    #: check, pick, pack, ship -> orders.
    needs: Counter[str]
    #: Gathers everything past its promise; everything after the hours shown.
    is_late: bool = False
    is_rest: bool = False

    @property
    def total(self) -> int:
        return self.needs.total()


#: What a stage still needs first.
_NEEDS = {
    Stage.RECEIVED: "check", Stage.HELD: "check", Stage.WAITING: "pick", Stage.PICK: "pick", Stage.PACK: "pack",
    Stage.SHIP: "ship",
}  # fmt: skip


def burn_down(db: Session, shown: int = 10) -> list[Hour]:
    """Open orders by the hour they are promised for: all that is late, the next hours that have any, and the rest."""
    now = clock.now()
    counts: dict[datetime, Counter[str]] = {}
    for promised, at in db.execute(_open_orders(col(Order.promised_at), stage())):
        hour = _LATE if promised < now else promised.replace(minute=0, second=0, microsecond=0)
        if need := _NEEDS.get(Stage(at)):
            counts.setdefault(hour, Counter())[need] += 1
    late = counts.pop(_LATE, None)
    hours = [Hour(hour, counts[hour]) for hour in sorted(counts)]
    found = hours[:shown]
    if late:
        found.insert(0, Hour(_LATE, late, is_late=True))
    if further := hours[shown:]:
        found.append(Hour(further[0].begins, sum((hour.needs for hour in further), Counter()), is_rest=True))
    return found


_LATE = datetime.min.replace(tzinfo=UTC)


def per_person(rows: Sequence[WalkNow]) -> list[tuple[str, int, int]]:
    """(who, units taken, units to go) over the walks in somebody's hands."""
    found: dict[str, tuple[int, int]] = {}
    for row in rows:
        if row.picker:
            done, left = found.get(row.picker, (0, 0))
            found[row.picker] = (done + row.units - row.left, left + row.left)
    return sorted((name, done, left) for name, (done, left) in found.items())


def benches(db: Session, site: str = "") -> list[tuple[str, int]]:
    """(warehouse code, shipments in totes that wait for a bench) of every house at the site."""
    waiting = sa.func.count(col(Shipment.id))
    query = (
        sa.select(col(Warehouse.code), waiting)
        .outerjoin(
            Shipment,
            (col(Shipment.warehouse_id) == col(Warehouse.id)) & (col(Shipment.state) == ShipmentState.PICKED),
        )
        .group_by(col(Warehouse.code))
        .order_by(col(Warehouse.code))
    )
    rows = db.execute(query.where(col(Warehouse.code) == site) if site else query)
    return [(row[0], row[1]) for row in rows]
