"""Verbs of the service desk. Each begins with the order's row lock, so that a run and a clerk wait for each other."""

from collections.abc import Mapping, Sequence

from sqlmodel import Session, col, func, select

from floor.audit import service as audit
from floor.care.possible import AT_BENCH, UNLABELLED, UNPICKED
from floor.care.states import Why
from floor.events.service import Event, record
from floor.inventory import service as inventory
from floor.inventory.models import Reservation
from floor.kit.actor import Actor
from floor.kit.errors import Conflict, Invalid, Unknown
from floor.orders import service as orders
from floor.orders.models import Order, OrderLine
from floor.orders.service import NewAddress
from floor.orders.states import OrderAction, OrderState
from floor.picking import fewer
from floor.picking.models import Walk
from floor.shipments import service as shipments
from floor.shipments.models import Shipment, ShipmentLine
from floor.shipments.states import GONE, ShipmentAction, ShipmentState, all_gone
from floor.tracking import resending
from floor.tracking.queries import order_of_parcel, parcel_for


def locked(db: Session, order_id: int) -> Order:
    return audit.locked(db, order_id)


def hold(db: Session, order: Order, actor: Actor) -> None:
    """Nothing more happens: no run plans it, no bench opens its tote, no lorry takes its parcel. Raises Conflict when
    all of it has left."""
    alive = _shipments(db, order)
    if all_gone(shipment.state for shipment in alive):
        raise Conflict("care.shipped", shipment=alive[0].number)
    orders.advance(db, order, OrderAction.HOLD, actor, by="care")


def release(db: Session, order: Order, actor: Actor) -> None:
    """Let it go on; open flags count as looked at and passed by this person."""
    audit.pass_order(db, order, actor)


def cancel(db: Session, order: Order, actor: Actor) -> None:
    """The whole order, until something of it has left the house.

    Units promised on shelves go back to everybody. A picker who has some in a tote is told at the next scan and takes
    them back to their bins; totes in their lane wait to be put back (picking.putbacks). A bench hears of it at its next
    scan and puts everything back, out of closed parcels too; no lorry takes those meanwhile. Raises Conflict naming the
    shipment that is gone.
    """
    alive = _shipments(db, order)
    for shipment in alive:
        if shipment.state in GONE or _has_left(db, shipment):
            raise Conflict("care.shipped", shipment=shipment.number)
    ours = [shipment for shipment in alive if shipment.state not in AT_BENCH]
    inventory.hold_still(db, [(promise.bin_id, promise.sku_id) for promise in _promises(db, ours)])
    for shipment in ours:
        _give_back(db, shipment, actor)
    orders.cancel_backorder(db, order)
    orders.advance(db, order, OrderAction.CANCEL, actor, by="care")


def _has_left(db: Session, shipment: Shipment) -> bool:
    """Of a packed shipment one parcel may be on the road before its brothers."""
    gone = select(ShipmentLine.id).where(ShipmentLine.shipment_id == shipment.id, ShipmentLine.shipped > 0)
    return db.exec(gone.limit(1)).first() is not None


def lower(db: Session, order_id: int, line_id: int, wanted: int, actor: Actor) -> None:
    """A line wants `wanted` units from now on, as long as nobody has picked more: the rest is cancelled.

    A picker whose walk takes fewer is told at the next scan. Raises Unknown, Invalid for a number that is no less or
    leaves nothing of the order, and for units picked already; Conflict when a walk was made at this very moment.
    """
    every = select(Shipment.id).where(Shipment.order_id == order_id)
    walks = {walk.id: walk for walk in fewer.walks_of(db, [id_ or 0 for id_ in db.exec(every)])}
    order = locked(db, order_id)
    if order.state is OrderState.CANCELLED:
        raise Conflict("care.order_over")
    mine = select(OrderLine).where(OrderLine.order_id == order_id).order_by(col(OrderLine.id)).with_for_update()
    lines = {line.id: line for line in db.exec(mine.execution_options(populate_existing=True))}
    line = lines.get(line_id)
    if line is None:
        raise Unknown("orders.unknown")
    gone = line.qty - line.cancelled - wanted
    if gone <= 0 or wanted < 0:
        raise Invalid("care.only_fewer", field="qty", n=line.qty - line.cancelled)
    if not wanted and not any(one.qty > one.cancelled for one in lines.values() if one is not line):
        raise Invalid("care.cancel_instead", field="qty")
    alive = [one for one in _shipments(db, order) if one.state in UNPICKED]
    parts = _holding(db, alive, line_id)
    free = line.backordered + sum(part.allocated for part in parts)
    if gone > free:
        raise Invalid("care.picked_already", field="qty", n=line.qty - line.cancelled - free)
    inventory.hold_still(db, [(promise.bin_id, promise.sku_id) for promise in _promises(db, alive)])
    rest = gone - min(gone, line.backordered)
    for part in parts:
        units = min(rest, part.allocated)
        rest -= units
        if units:
            _unpromise(db, part, units, walks, actor)
    orders.shift(db, line_id, backordered=-gone, cancelled=gone)
    data = {"line": line_id, "sku": line.sku_id, "to": wanted, "qty": gone}
    record(db, Event("orders.order.lowered", "order", order_id, order_id, data), actor)


def _holding(db: Session, those: Sequence[Shipment], line_id: int) -> Sequence[ShipmentLine]:
    """What of an order line these shipments have on shelves, the newest shipment first."""
    ids = [shipment.id for shipment in those]
    mine = select(ShipmentLine).where(ShipmentLine.order_line_id == line_id, col(ShipmentLine.shipment_id).in_(ids))
    held = mine.where(ShipmentLine.allocated > 0).order_by(col(ShipmentLine.shipment_id).desc())
    return db.exec(held.execution_options(populate_existing=True)).all()


def _unpromise(db: Session, part: ShipmentLine, units: int, walks: Mapping[int | None, Walk], actor: Actor) -> None:
    """Units of a shipment line go back to their shelf, off the walk it is on; a shipment left with nothing is over."""
    on = fewer.walks_of(db, [part.shipment_id])
    if any(walk.id not in walks for walk in on):
        raise Conflict("orders.changed_meanwhile")
    for walk in on:
        fewer.take_off(db, walk, part.id or 0, units, actor)
    if not on:
        left = units
        mine = select(Reservation).where(Reservation.shipment_line_id == part.id).order_by(col(Reservation.id).desc())
        for promise in db.exec(mine.execution_options(populate_existing=True)).all():
            left -= inventory.release(db, promise, min(left, promise.pending))
    shipments.backorder(db, part, units)
    line = ShipmentLine
    held = select(func.sum(line.allocated + line.picked)).where(line.shipment_id == part.shipment_id)
    if not on and not db.exec(held).one():
        shipments.advance(db, db.get_one(Shipment, part.shipment_id), ShipmentAction.CANCEL, actor, by="care")


def _give_back(db: Session, shipment: Shipment, actor: Actor) -> None:
    """A shipment no bench has is cancelled: its promises end, its units are nobody's again, also those in a tote."""
    lines = {line.id: line for line in db.exec(select(ShipmentLine).where(ShipmentLine.shipment_id == shipment.id))}
    for promise in _promises(db, [shipment]):
        if given := inventory.release(db, promise):
            shipments.backorder(db, lines[promise.shipment_line_id], given)
    for line in lines.values():
        if line.picked:
            shipments.backorder(db, line, line.picked, "picked")
    shipments.advance(db, shipment, ShipmentAction.CANCEL, actor, by="care")


def _promises(db: Session, those: Sequence[Shipment]) -> Sequence[Reservation]:
    mine = select(ShipmentLine.id).where(col(ShipmentLine.shipment_id).in_([shipment.id for shipment in those]))
    return db.exec(
        select(Reservation).where(col(Reservation.shipment_line_id).in_(mine)).order_by(col(Reservation.id))
    ).all()


def change_address(db: Session, order: Order, address: NewAddress, actor: Actor, seen: str = "") -> None:
    """Correct where it goes, until the first label is printed. A held order is looked at again."""
    if order.state is OrderState.CANCELLED:
        raise Conflict("care.order_over")
    for shipment in _shipments(db, order):
        if shipment.state not in UNLABELLED:
            raise Conflict("care.label_printed", shipment=shipment.number)
    if order.state is OrderState.HELD:
        audit.correct_address(db, order, address, actor, seen)
    else:
        orders.change_address(db, order, address, actor, seen)


def send_again(db: Session, order_id: int, parcel_id: int, wants: Mapping[int, int], actor: Actor) -> Order:
    """Units of one of an order's parcels once more, as `resending.send_again`. Returns the new order.

    Raises what that raises, and Unknown for another order's parcel.
    """
    if order_of_parcel(db, parcel_for(db, parcel_id).id) != order_id:
        raise Unknown("tracking.unknown_parcel")
    return resending.send_again(db, parcel_id, wants, actor)


def reveal(db: Session, order: Order, why: Why, note: str, actor: Actor) -> None:
    """Somebody asks to see the whole phone number, and why: it is shown, and written down that they saw it."""
    assert order.id is not None
    data = {"why": why.value, "note": note}
    record(db, Event("care.phone.revealed", "order", order.id, order.id, data), actor)


def _shipments(db: Session, order: Order) -> Sequence[Shipment]:
    """Shipments that were not cancelled, locked in one order."""
    mine = select(Shipment).where(Shipment.order_id == order.id, Shipment.state != ShipmentState.CANCELLED)
    fresh = mine.order_by(col(Shipment.id)).with_for_update().execution_options(populate_existing=True)
    return db.exec(fresh).all()
