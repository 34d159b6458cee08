"""An urgent order joins a walk under way, at the places that cost least. Looked at first, then done as shown."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from floor.inventory.models import Bin, Reservation, Warehouse
from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.errors import Conflict, Unknown
from floor.orders.models import Order
from floor.orders.states import OrderState
from floor.picking import queries, walking
from floor.picking.models import Cart, Pick, Stop, Walk, WalkTote
from floor.picking.queries import StopView, WalkView
from floor.picking.route import Spot
from floor.picking.states import StopState, WalkMode, WalkState
from floor.shipments import service as shipments
from floor.shipments.models import Shipment, ShipmentLine
from floor.shipments.states import ShipmentAction, ShipmentState

#: How fast a picker is, as walks are planned: mm a minute, seconds a piece.
MM_PER_MIN, SECONDS_PER_ITEM = 60_000, 8
#: Walks an order may join.
JOINABLE = (WalkState.PUBLISHED, WalkState.CLAIMED, WalkState.PICKING)


@dataclass(frozen=True)
class Waiting:
    """An allocated shipment on no walk."""

    shipment: Shipment
    order_number: str
    lines: int
    units: int


@dataclass(frozen=True)
class Extra:
    """Units of one bin: at a stop the walk makes anyway (extra 0), or at a new one after stop `after` (0: first)."""

    promise_id: int
    line_id: int
    bin_id: int
    sku_id: int
    code: str
    units: int
    after: int
    stop_id: int | None
    extra_mm: int


@dataclass(frozen=True)
class Join:
    """What joining a walk would mean."""

    walk: WalkView
    priority: int
    extras: tuple[Extra, ...]
    #: When its last stop would be done, without the order and with it.
    ends_at: datetime
    would_end_at: datetime
    #: The earliest promise on it now.
    due_at: datetime

    @property
    def extra_mm(self) -> int:
        return sum(extra.extra_mm for extra in self.extras)

    @property
    def new_stops(self) -> int:
        return len({(extra.bin_id, extra.sku_id) for extra in self.extras if extra.stop_id is None})

    @property
    def units(self) -> int:
        return sum(extra.units for extra in self.extras)

    @property
    def makes_late(self) -> bool:
        """Would an order on it, or this one, miss a promise that it keeps now?"""
        return self.would_end_at > self.due_at >= self.ends_at


def waiting(db: Session, site: str, limit: int = 30) -> list[Waiting]:
    """Released, allocated, on no walk: the most urgent first."""
    rows = db.execute(
        sa.select(
            Shipment, col(Order.number), sa.func.count(sa.distinct(col(ShipmentLine.id))),
            sa.func.sum(col(ShipmentLine.allocated)),
        )
        .join(Order, col(Order.id) == col(Shipment.order_id))
        .join(ShipmentLine, col(ShipmentLine.shipment_id) == col(Shipment.id))
        .join(Warehouse, col(Warehouse.id) == col(Shipment.warehouse_id))
        .where(col(Shipment.state) == ShipmentState.PLANNED, col(Order.state) == OrderState.RELEASED)
        .where(col(ShipmentLine.allocated) > 0, ~on_a_walk(), *([col(Warehouse.code) == site] if site else []))
        .group_by(col(Shipment.id), col(Order.number))
        .order_by(col(Shipment.promised_at), col(Shipment.priority), col(Shipment.id))
        .limit(limit)
    )  # fmt: skip
    return [Waiting(shipment, number, lines, units) for shipment, number, lines, units in rows]


def on_a_walk() -> sa.ColumnElement[bool]:
    """Is the shipment on a walk that was not cancelled?"""
    mine = col(WalkTote.shipment_id) == col(Shipment.id)
    living = (col(Walk.id) == col(WalkTote.walk_id)) & (col(Walk.state) != WalkState.CANCELLED)
    return sa.exists(sa.select(1).select_from(WalkTote).join(Walk, living).where(mine).correlate(Shipment))


def one(db: Session, shipment_id: int, site: str = "") -> Waiting:
    """Raises Unknown for a shipment of another site, Conflict when it is on a walk by now or over."""
    shipment = db.get(Shipment, shipment_id)
    house = db.get(Warehouse, shipment.warehouse_id) if shipment else None
    if shipment is None or house is None or site not in ("", house.code):
        raise Unknown("shipments.unknown")
    order = db.get_one(Order, shipment.order_id)
    taken = select(Shipment.id).where(Shipment.id == shipment_id, on_a_walk())
    if (
        shipment.state is not ShipmentState.PLANNED
        or order.state is not OrderState.RELEASED
        or db.exec(taken).first() is not None
    ):
        raise Conflict("picking.not_waiting")
    wants = _wants(db, shipment_id)
    return Waiting(shipment, order.number, len({want[1] for want in wants}), sum(want[5] for want in wants))


def joins(db: Session, shipment: Shipment) -> list[Join]:
    """Walks it could join, best first: those that make nobody late, under way before free ones, then the least way."""
    ids = select(Walk.id).where(Walk.warehouse_id == shipment.warehouse_id, col(Walk.state).in_(JOINABLE))
    found = [join for walk_id in db.exec(ids.order_by(col(Walk.id))) if (join := join_of(db, walk_id or 0, shipment))]
    late = lambda join: join.would_end_at > min(join.due_at, shipment.promised_at)  # noqa: E731
    return sorted(
        found, key=lambda join: (late(join), join.walk.state is WalkState.PUBLISHED, join.extra_mm, join.walk.id)
    )


def join_of(db: Session, walk_id: int, shipment: Shipment) -> Join | None:
    """What joining this walk would mean; None when its cart is full or it nears its end."""
    view = queries.walk_view(db, walk_id)
    ahead = [stop for stop in view.stops if stop.state in (StopState.OPEN, StopState.SKIPPED)]
    if view.state not in JOINABLE or not ahead or not _has_place(db, view):
        return None
    extras = _extras(view, ahead, _wants(db, shipment.id or 0))
    if not extras:
        return None
    left = view.metres_left(ahead[0]) * 1000
    units = sum(stop.rest for stop in ahead)
    now = clock.now()
    takes = lambda mm, n: timedelta(minutes=mm / MM_PER_MIN, seconds=n * SECONDS_PER_ITEM)  # noqa: E731
    more = sum(extra.extra_mm for extra in extras)
    mine = sum(extra.units for extra in extras)
    walk = db.get_one(Walk, walk_id)
    return Join(
        view,
        walk.priority,
        tuple(extras),
        now + takes(left, units),
        now + takes(left + more, units + mine),
        view.due_at,
    )


def _has_place(db: Session, view: WalkView) -> bool:
    """A batch takes any order; a cart as many as it has places."""
    if view.is_batch:
        return True
    return max(slot.slot for slot in view.slots) < view.cart_slots


def _wants(db: Session, shipment_id: int) -> Sequence[tuple[int, int, int, int, str, int, Spot]]:
    """(reservation, line, bin, sku, bin's code, units, spot), by bin."""
    pending = col(Reservation.qty) - col(Reservation.posted) - col(Reservation.released)
    rows = db.execute(
        sa.select(Reservation, Bin, pending)
        .join(ShipmentLine, col(ShipmentLine.id) == col(Reservation.shipment_line_id))
        .join(Bin, col(Bin.id) == col(Reservation.bin_id))
        .where(col(ShipmentLine.shipment_id) == shipment_id, pending > 0)
        .order_by(col(Bin.code), col(Reservation.id))
    )
    return [
        (promise.id, promise.shipment_line_id, where.id, promise.sku_id, where.code, units, (where.x_mm, where.y_mm))
        for promise, where, units in rows
    ]


def _extras(
    view: WalkView, ahead: list[StopView], wants: Sequence[tuple[int, int, int, int, str, int, Spot]]
) -> list[Extra]:  # fmt: skip
    """Each bin where it costs least, one after the other; a stop added for one serves the next as well."""
    route: list[tuple[int, Spot]] = [(stop.number, stop.spot) for stop in ahead]
    made: dict[tuple[int, int], int] = {}
    found = []
    for promise, line, bin_id, sku, code, units, spot in wants:
        known = next((stop for stop in ahead if stop.code == code and stop.goods.sku_id == sku), None)
        if known is not None:
            found.append(Extra(promise, line, bin_id, sku, code, units, known.number, known.id, 0))
            continue
        if (bin_id, sku) in made:
            found.append(Extra(promise, line, bin_id, sku, code, units, made[bin_id, sku], None, 0))
            continue
        at, extra = view.floor.best_place([where for _n, where in route], spot)
        after = route[at - 1][0]
        route.insert(at, (after, spot))
        made[bin_id, sku] = after
        found.append(Extra(promise, line, bin_id, sku, code, units, after, None, extra))
    return found


def insert(db: Session, shipment_id: int, walk_id: int, actor: Actor) -> Walk:
    """The shipment joins the walk, its bins where `join_of` shows them now.

    Raises Conflict when the walk has gone on too far or its cart is full, or the shipment is on another by now.
    """
    walk = queries.locked(db, walk_id)
    shipment = db.exec(
        select(Shipment).where(Shipment.id == shipment_id).with_for_update().execution_options(populate_existing=True)
    ).first()
    if shipment is None or shipment.warehouse_id != walk.warehouse_id:
        raise Unknown("shipments.unknown")
    one(db, shipment_id)
    join = join_of(db, walk_id, shipment)
    if join is None:
        raise Conflict("picking.cannot_join")
    slot = _new_slot(db, walk, shipment_id)
    stops = _new_stops(db, walk, join)
    for extra in join.extras:
        stop_id = extra.stop_id or stops[extra.bin_id, extra.sku_id]
        db.add(
            Pick(
                stop_id=stop_id, walk_tote_id=slot.id or 0, shipment_line_id=extra.line_id,
                reservation_id=extra.promise_id, qty=extra.units,
            )
        )  # fmt: skip
    walk.length_mm += join.extra_mm
    walk.due_at, walk.priority = min(walk.due_at, shipment.promised_at), min(walk.priority, shipment.priority)
    db.add(walk)
    db.flush()
    if walk.state in queries.ACTIVE:
        shipments.advance(db, shipment, ShipmentAction.START_PICK, actor, walk=walk_id)
    walking.tell(db, walk, "order_joined", actor, shipment.order_id, slot=slot.slot, mm=join.extra_mm)
    return walk


def _new_slot(db: Session, walk: Walk, shipment_id: int) -> WalkTote:
    last = db.exec(select(func.coalesce(func.max(WalkTote.slot), 0)).where(WalkTote.walk_id == walk.id)).one()
    slot = WalkTote(walk_id=walk.id or 0, slot=last + 1, shipment_id=shipment_id)
    db.add(slot)
    db.flush()
    return slot


def _new_stops(db: Session, walk: Walk, join: Join) -> dict[tuple[int, int], int]:
    """(bin, sku) -> new stop. All stops are numbered anew, in two steps: (walk, position) is unique at every moment."""
    after: dict[int, list[Extra]] = defaultdict(list)
    for extra in join.extras:
        if extra.stop_id is None and extra not in after[extra.after]:
            after[extra.after].append(extra)
    if not any(after.values()):
        return {}
    numbers = {stop.id: stop.number for stop in join.walk.stops}
    every = db.exec(select(Stop).where(Stop.walk_id == walk.id).order_by(col(Stop.position))).all()
    made: dict[tuple[int, int], int] = {}
    order: list[Stop] = []
    for stop in every:
        order.append(stop)
        for extra in after.get(numbers.get(stop.id or 0, -1), ()):
            if (extra.bin_id, extra.sku_id) not in made:
                new = Stop(
                    walk_id=walk.id or 0, position=-1_000_000 - len(order), bin_id=extra.bin_id, sku_id=extra.sku_id,
                    leg_mm=extra.extra_mm,
                )  # fmt: skip
                db.add(new)
                db.flush()
                made[extra.bin_id, extra.sku_id] = new.id or 0
                order.append(new)
    for sign in (-1, 1):
        for position, stop in enumerate(order, start=1):
            stop.position = sign * position
            db.add(stop)
        db.flush()
    return made


def carts_full(db: Session, warehouse_id: int) -> int:
    """Walks under way nothing can join because every place of the cart is taken."""
    taken = (
        sa.select(col(WalkTote.walk_id).label("walk"), sa.func.max(col(WalkTote.slot)).label("slots"))
        .group_by(col(WalkTote.walk_id))
        .subquery()
    )
    rows = (
        sa.select(sa.func.count())
        .select_from(Walk)
        .join(taken, taken.c.walk == col(Walk.id))
        .outerjoin(Cart, col(Cart.id) == col(Walk.cart_id))
        .where(col(Walk.warehouse_id) == warehouse_id, col(Walk.state).in_(JOINABLE))
        .where(col(Walk.mode) == WalkMode.CLUSTER, taken.c.slots >= sa.func.coalesce(col(Cart.slots), 8))
    )
    return db.execute(rows).scalar_one()
