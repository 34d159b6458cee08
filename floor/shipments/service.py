"""Verbs of shipments: one warehouse's share of an order."""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from floor.events.service import Event, record
from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.errors import Conflict
from floor.orders import service as orders
from floor.orders.models import Order
from floor.shipments.models import Shipment, ShipmentLine
from floor.shipments.states import SHIPMENT, ShipmentAction


def plan(
    db: Session,
    order: Order,
    warehouse_id: int,
    carrier_id: int,
    units: Mapping[int, tuple[int, int]],
    run_id: int | None,
    actor: Actor,
) -> tuple[Shipment, dict[int, ShipmentLine]]:
    """A new shipment holding units of the order: order_line_id -> (sku_id, qty). Takes them off the backorder.

    The stock is reserved by the caller in the same transaction. Returns the lines by order_line_id.
    Raises Conflict when fewer units are backordered than wanted.
    """
    assert order.id is not None
    for line_id, (_sku, qty) in sorted(units.items()):
        orders.shift(db, line_id, backordered=-qty)
    before = db.exec(select(func.count()).select_from(Shipment).where(Shipment.order_id == order.id)).one()
    shipment = Shipment(
        number=f"SH-{order.id:06d}-{before + 1}",
        order_id=order.id,
        warehouse_id=warehouse_id,
        carrier_id=carrier_id,
        run_id=run_id,
        promised_at=order.promised_at,
        priority=order.priority,
    )
    db.add(shipment)
    db.flush()
    assert shipment.id is not None
    lines = {
        line_id: ShipmentLine(shipment_id=shipment.id, order_line_id=line_id, sku_id=sku, allocated=qty)
        for line_id, (sku, qty) in units.items()
    }
    db.add_all(lines.values())
    db.flush()
    data = {"warehouse": warehouse_id, "run": run_id, "units": sum(qty for _sku, qty in units.values())}
    record(db, Event("shipments.shipment.planned", "shipment", shipment.id, order.id, data), actor)
    return shipment, lines


def join(db: Session, shipment: Shipment, order_line_id: int, sku_id: int, qty: int) -> ShipmentLine:
    """Backordered units of one more order line join a shipment under way; the caller reserves them.

    Raises Conflict when fewer are backordered.
    """
    orders.shift(db, order_line_id, backordered=-qty)
    mine = (ShipmentLine.shipment_id == shipment.id, ShipmentLine.order_line_id == order_line_id)
    line = db.exec(select(ShipmentLine).where(*mine)).first()
    if line is None:
        line = ShipmentLine(shipment_id=shipment.id or 0, order_line_id=order_line_id, sku_id=sku_id)
        db.add(line)
        db.flush()
    shift(db, line.id or 0, allocated=qty)
    return line


def take_again(db: Session, line_id: int, order_line_id: int, qty: int) -> None:
    """Undo `backorder`: the units are the shipment's again. Raises Conflict when the order gave them away meanwhile."""
    orders.shift(db, order_line_id, backordered=-qty)
    shift(db, line_id, allocated=qty)


def advance(db: Session, shipment: Shipment, action: ShipmentAction, actor: Actor, **data: object) -> None:
    """The only door to a shipment's state. Raises Conflict when the table has no such move."""
    shipment.state = SHIPMENT.after(shipment.state, action)
    if action is ShipmentAction.SHIP:
        shipment.shipped_at = clock.now()
    elif action is ShipmentAction.DELIVER:
        shipment.delivered_at = clock.now()
    elif action is ShipmentAction.UNDELIVER:
        shipment.delivered_at = None
    db.add(shipment)
    db.flush()
    assert shipment.id is not None
    event = Event(f"shipments.shipment.{action}", "shipment", shipment.id, shipment.order_id, data)
    record(db, event, actor)


def shift(db: Session, line_id: int, **parts: int) -> None:
    """Move units between allocated, picked, packed and shipped, e.g. shift(db, 7, allocated=-2, picked=2).

    A sum other than zero takes units out of the shipment or adds them. Raises Conflict below zero.
    """
    line = ShipmentLine
    columns = {name: getattr(line, name) + change for name, change in parts.items()}
    done = db.execute(
        sa.update(line)
        .where(col(line.id) == line_id, *(value >= 0 for value in columns.values()))
        .values(**columns)
        .execution_options(synchronize_session="fetch")
    )
    if not done.rowcount:  # type: ignore[attr-defined]
        raise Conflict("shipments.changed_meanwhile")


def backorder(db: Session, line: ShipmentLine, qty: int, part: str = "allocated") -> None:
    """Give `qty` units of a line back to the order: nobody holds them until the next allocation."""
    assert line.id is not None
    shift(db, line.id, **{part: -qty})
    orders.shift(db, line.order_line_id, backordered=qty)


def take_over(db: Session, shipment: Shipment, other: Shipment, actor: Actor) -> dict[int, tuple[int, int]]:
    """Every picked unit of `other`, of the same order and house, joins `shipment`; `other` ends empty. Both are locked.

    Returns line of `shipment` -> (SKU, units that came).
    """
    ours = select(ShipmentLine).where(ShipmentLine.shipment_id == shipment.id)
    by_order_line = {line.order_line_id: line for line in db.exec(ours)}
    came: dict[int, tuple[int, int]] = {}
    theirs = select(ShipmentLine).where(ShipmentLine.shipment_id == other.id).order_by(col(ShipmentLine.id))
    for line in db.exec(theirs).all():
        if not line.picked:
            continue
        mine, units = by_order_line.get(line.order_line_id), line.picked
        if mine is None:  # the line itself moves: its picks still say which bin it came from
            assert shipment.id is not None
            line.shipment_id, mine = shipment.id, line
            db.add(line)
            db.flush()
        else:
            shift(db, line.id or 0, picked=-units)
            shift(db, mine.id or 0, picked=units)
        came[mine.id or 0] = (mine.sku_id, units)
    if other.promised_at < shipment.promised_at:
        shipment.promised_at = other.promised_at
    db.add(shipment)
    advance(db, other, ShipmentAction.CANCEL, actor, into=shipment.number)
    return came
