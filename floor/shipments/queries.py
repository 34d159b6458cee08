"""Reads of shipments, the order's computed status, and the identities of `flask check`."""

from collections.abc import Iterable, Sequence
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.catalog.models import Sku
from floor.inventory.models import Reservation
from floor.kit.errors import Unknown
from floor.orders.models import Order, OrderLine
from floor.orders.states import OrderState
from floor.shipments.models import Shipment, ShipmentLine
from floor.shipments.states import GONE, ShipmentState


def shipment_for(db: Session, shipment_id: int, *, lock: bool = False) -> Shipment:
    """The shipment, or Unknown; locked against other writers if asked."""
    shipment = db.get(Shipment, shipment_id, with_for_update=lock or None)
    if shipment is None:
        raise Unknown("shipments.unknown")
    return shipment


def of_order(db: Session, order_id: int) -> Sequence[Shipment]:
    return db.exec(select(Shipment).where(Shipment.order_id == order_id).order_by(col(Shipment.id))).all()


def lines_of(db: Session, shipment_id: int) -> Sequence[tuple[ShipmentLine, Sku]]:
    joined = select(ShipmentLine, Sku).join(Sku, col(Sku.id) == ShipmentLine.sku_id)
    return db.exec(joined.where(ShipmentLine.shipment_id == shipment_id).order_by(col(ShipmentLine.id))).all()


class Stage(StrEnum):
    """How far an order is: as far as the least of its units."""

    RECEIVED = "received"
    HELD = "held"
    #: Released, and some unit is promised nowhere.
    WAITING = "waiting"
    PICK = "pick"
    PACK = "pack"
    SHIP = "ship"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


#: Stages of an order somebody in the house still works on, in the order of the line.
UNDER_WAY = (Stage.RECEIVED, Stage.HELD, Stage.WAITING, Stage.PICK, Stage.PACK, Stage.SHIP)


def stage() -> sa.ColumnElement[str]:
    """The stage of an order as SQL over `Order`: its own state up to its release, then what its units say."""
    return sa.case(
        (col(Order.state) == OrderState.RECEIVED, Stage.RECEIVED.value),
        (col(Order.state) == OrderState.HELD, Stage.HELD.value),
        (col(Order.state) == OrderState.CANCELLED, Stage.CANCELLED.value),
        (_has_backorder(), Stage.WAITING.value),
        (_holds(col(ShipmentLine.allocated)), Stage.PICK.value),
        (_holds(col(ShipmentLine.picked)), Stage.PACK.value),
        (_holds(col(ShipmentLine.packed)), Stage.SHIP.value),
        (_is_any(ShipmentState.SHIPPED), Stage.SHIPPED.value),
        (_is_any(ShipmentState.DELIVERED), Stage.DELIVERED.value),
        else_=Stage.CANCELLED.value,
    )


def _has_backorder() -> sa.ColumnElement[bool]:
    mine = col(OrderLine.order_id) == col(Order.id)
    return sa.exists().where(mine, col(OrderLine.backordered) > 0).correlate(Order)


def _holds(part: sa.SQLColumnExpression[int]) -> sa.ColumnElement[bool]:
    mine = (col(Shipment.order_id) == col(Order.id), col(ShipmentLine.shipment_id) == col(Shipment.id))
    return sa.exists().where(*mine, part > 0).correlate(Order)


def _is_any(state: ShipmentState) -> sa.ColumnElement[bool]:
    return sa.exists().where(col(Shipment.order_id) == col(Order.id), col(Shipment.state) == state).correlate(Order)


def has_shipment() -> sa.ColumnElement[bool]:
    """Of an order: a shipment of it lives, so goods are set aside."""
    mine = col(Shipment.order_id) == col(Order.id)
    return sa.exists().where(mine, col(Shipment.state) != ShipmentState.CANCELLED).correlate(Order)


def stages_of(db: Session, order_ids: Iterable[int]) -> dict[int, Stage]:
    rows = db.execute(sa.select(col(Order.id), stage()).where(col(Order.id).in_(list(order_ids))))
    return {row[0]: Stage(row[1]) for row in rows}


def broken_orders(db: Session) -> list[str]:
    """Check: ordered = backordered + cancelled + allocated + picked + packed + shipped, line by line."""
    part = ShipmentLine
    held = (
        sa.select(
            col(part.order_line_id).label("line"),
            sa.func.sum(col(part.allocated) + col(part.picked) + col(part.packed) + col(part.shipped)).label("units"),
        )
        .group_by(col(part.order_line_id))
        .subquery()
    )
    units = sa.func.coalesce(held.c.units, 0)
    line = OrderLine
    off = (
        sa.select(
            col(Order.number),
            col(line.id),
            col(line.qty),
            col(line.backordered),
            col(line.cancelled),
            units.label("held"),
        )
        .join(Order, col(Order.id) == col(line.order_id))
        .outerjoin(held, held.c.line == col(line.id))
        .where(col(line.qty) != col(line.backordered) + col(line.cancelled) + units)
    )
    return [
        f"{row.number} line {row.id}: ordered {row.qty}, but {row.backordered} backordered + {row.cancelled} cancelled"
        f" + {row.held} in shipments"
        for row in db.execute(off)
    ]


def broken_promises(db: Session) -> list[str]:
    """Check: units a shipment line calls allocated are exactly those reserved for it on shelves."""
    promised = (
        sa.select(
            col(Reservation.shipment_line_id).label("line"),
            sa.func.sum(col(Reservation.qty) - col(Reservation.posted) - col(Reservation.released)).label("units"),
        )
        .group_by(col(Reservation.shipment_line_id))
        .subquery()
    )
    units = sa.func.coalesce(promised.c.units, 0)
    off = (
        sa.select(col(ShipmentLine.id), col(ShipmentLine.allocated), units.label("units"))
        .outerjoin(promised, promised.c.line == col(ShipmentLine.id))
        .where(col(ShipmentLine.allocated) != units)
    )
    return [
        f"shipment_line {row.id}: {row.allocated} allocated, {row.units} reserved on shelves" for row in db.execute(off)
    ]


def broken_states(db: Session) -> list[str]:
    """Check: a shipped shipment holds only shipped units; a cancelled one holds none."""
    part = ShipmentLine
    unshipped = col(part.allocated) + col(part.picked) + col(part.packed)
    every = unshipped + col(part.shipped)
    off = (
        sa.select(col(Shipment.number), col(Shipment.state), col(part.id))
        .join(part, col(part.shipment_id) == col(Shipment.id))
        .where(
            sa.or_(
                sa.and_(col(Shipment.state).in_(GONE), unshipped != 0),
                sa.and_(col(Shipment.state) == ShipmentState.CANCELLED, every != 0),
                # Of a packed shipment one parcel may leave on an earlier lorry than its brothers.
                sa.and_(col(Shipment.state).notin_((*GONE, ShipmentState.PACKED)), col(part.shipped) != 0),
            )
        )
    )
    return [f"{row.number} is {row.state}, but line {row.id} holds units of another stage" for row in db.execute(off)]
