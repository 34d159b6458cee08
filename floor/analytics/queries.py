"""Read-only figures over the whole line: the funnel, the hours until the lorries, walks, and what is stuck."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from floor.inventory.models import Warehouse
from floor.kit import clock
from floor.orders.models import Order, OrderLine
from floor.orders.states import OrderState
from floor.people.models import User
from floor.picking.models import Pick, Step, Stop, Walk
from floor.picking.states import StopState, WalkState
from floor.shipments.models import Shipment
from floor.shipments.queries import UNDER_WAY, Stage, stage
from floor.shipments.states import ShipmentState

#: A walk on which nobody scanned anything for so long needs somebody to look.
STUCK = timedelta(minutes=5)


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
    inside = (ShipmentState.SHIPPED, ShipmentState.DELIVERED, ShipmentState.CANCELLED)
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


@dataclass(frozen=True)
class WalkNow:
    """A walk on the floor and how far it is; `last` is its newest scan."""

    walk: Walk
    site: str
    picker: str
    units: int
    left: int
    last: datetime | None

    @property
    def quiet(self) -> timedelta:
        return clock.now() - (self.last or self.walk.started_at or self.walk.created_at)

    @property
    def is_stuck(self) -> bool:
        return self.walk.state is WalkState.PICKING and self.quiet > STUCK


def walks_now(db: Session, site: str = "") -> list[WalkNow]:
    """Walks in somebody's hands, the quietest first; then those waiting, the most urgent first."""
    on_floor = (WalkState.READY, WalkState.PUBLISHED, WalkState.CLAIMED, WalkState.PICKING)
    units = (
        sa.select(
            col(Stop.walk_id).label("walk"), sa.func.sum(col(Pick.qty) - col(Pick.short)).label("units"),
            sa.func.sum(col(Pick.qty) - col(Pick.short) - col(Pick.picked)).label("left"),
        )
        .join(Pick, col(Pick.stop_id) == col(Stop.id))
        .where(col(Stop.state) != StopState.DROPPED)
        .group_by(col(Stop.walk_id))
        .subquery()
    )  # fmt: skip
    steps = sa.select(sa.func.max(col(Step.at))).where(col(Step.walk_id) == col(Walk.id))
    last = steps.correlate(Walk).scalar_subquery()
    query = (
        sa.select(Walk, col(Warehouse.code), col(User.name), units.c.units, units.c.left, last)
        .join(Warehouse, col(Warehouse.id) == col(Walk.warehouse_id))
        .outerjoin(User, col(User.id) == col(Walk.picker_id))
        .outerjoin(units, units.c.walk == col(Walk.id))
        .where(col(Walk.state).in_(on_floor))
        .order_by(col(Walk.priority), col(Walk.due_at), col(Walk.id))
    )
    if site:
        query = query.where(col(Warehouse.code) == site)
    rows = [WalkNow(w, at, name or "", n or 0, left or 0, seen) for w, at, name, n, left, seen in db.execute(query)]
    return sorted(rows, key=lambda row: (row.walk.state is not WalkState.PICKING, not row.is_stuck))


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
