"""What was lost or broken on its way goes out again: an order without charge, that is looked at as any other."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlmodel import Session, col, func, select

from floor.care import possible
from floor.catalog.models import Sku
from floor.events.service import Event, record
from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.errors import Conflict, Invalid
from floor.orders import joining
from floor.orders.models import Order, OrderLine
from floor.shipments.models import ShipmentLine
from floor.shipments.queries import of_order

#: What goes out again is promised within.
WITHIN = timedelta(days=1)


def left_of(db: Session, order_id: int) -> Sequence[tuple[OrderLine, Sku, int]]:
    """(line, SKU, units that left the house) of an order's lines."""
    units = func.sum(ShipmentLine.shipped)
    return db.exec(
        select(OrderLine, Sku, units)
        .join(Sku, col(Sku.id) == OrderLine.sku_id)
        .join(ShipmentLine, col(ShipmentLine.order_line_id) == OrderLine.id)
        .where(OrderLine.order_id == order_id)
        .group_by(col(OrderLine.id), col(Sku.id))
        .having(units > 0)
        .order_by(col(OrderLine.id))
    ).all()


def send_again(db: Session, order: Order, wants: Mapping[int, int], actor: Actor) -> Order:
    """Units of an order's lines once more. Returns the new order.

    Raises Conflict while nothing has left, Invalid for no unit at all or more than left.
    """
    states = [one.state for one in of_order(db, order.id or 0)]
    answer = possible.answers(order.state, states).get("resend")
    if answer is None or not answer.can:
        raise Conflict("care.nothing_left")
    left = {line.id or 0: units for line, _sku, units in left_of(db, order.id or 0)}
    asked = {line: qty for line, qty in wants.items() if qty > 0}
    for line, qty in asked.items():
        if qty > left.get(line, 0):
            raise Invalid("care.not_so_many", field=f"qty_{line}", n=left.get(line, 0))
    if not asked:
        raise Invalid("care.nothing_to_send")
    made = joining.again(db, order, asked, clock.now() + WITHIN, actor)
    data = {"number": made.number, "units": sum(asked.values())}
    record(db, Event("care.order.sent_again", "order", order.id or 0, order.id, data), actor)
    return made
