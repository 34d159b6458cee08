"""An order the house has already follows what its channel says now: paid, cancelled, another address, other remarks,
fewer units. What goods on their way through the house no longer allow is told to people instead."""

from dataclasses import asdict

from sqlmodel import Session

from floor.events.service import Event, record
from floor.intake.channels.port import Seen, Standing
from floor.kit.actor import Actor
from floor.orders import queries as order_queries
from floor.orders import service as orders
from floor.orders.joining import carrier_of
from floor.orders.models import Order
from floor.orders.service import NewAddress
from floor.orders.states import OrderAction, OrderState
from floor.shipments import queries as shipments
from floor.shipments.states import ShipmentState, all_gone


def follow(db: Session, order: Order, seen: Seen, was: Seen | None, actor: Actor) -> str:
    """Do what changed between two versions of an order. Only what the shop changed is touched: a correction made in the
    house stays. Returns the outcome that weighs most."""
    if seen.standing is Standing.CANCELLED:
        return cancel(db, order, actor)
    if was is not None and carrier_of(db, order) is not order:
        return _too_late(db, order, actor) if _differs(seen, was) else "known"
    outcomes = []
    new = seen.draft.order
    if seen.standing is Standing.PAID and order.paid_at is None:
        total = order.total_fen if seen.draft.paid_fen is None else seen.draft.paid_fen
        orders.pay(db, order, total, new.paid_at or new.placed_at, actor)
        outcomes.append("paid")
    if was is not None:
        old = was.draft.order
        if (was.standing, seen.standing) == (Standing.PAID, Standing.UNPAID):
            outcomes.append(_stop(db, order, actor))
        elif (was.standing, seen.standing) == (Standing.UNPAID, Standing.PAID) and "paid" not in outcomes:
            outcomes.append(_told(db, order, "intake.shop.let_go", actor))
        if was.refund != seen.refund:
            outcomes.append(refunding(db, order, actor, asked=seen.refund))
        if new.address != old.address:
            outcomes.append(move(db, order, new.address, actor))
        if (new.buyer_note, new.seller_note) != (old.buyer_note, old.seller_note):
            orders.change_notes(db, order, new.buyer_note, new.seller_note, actor)
            outcomes.append("changed")
        if _units(seen) != _units(was):
            outcomes.append(_lower(db, order, seen, was, actor))
    weight = ("held", "late", "paid", "changed")
    return next((outcome for outcome in weight if outcome in outcomes), "known")


def cancel(db: Session, order: Order, actor: Actor) -> str:
    """The buyer cancelled. Before any shipment: done. Later the order is held and a person stops the goods.

    Returns what became of it: cancelled, held, or shipped when nothing can be stopped any more.
    """
    carrier = carrier_of(db, order)
    if carrier.state is OrderState.CANCELLED:
        return "cancelled"
    assert order.id is not None
    alive = _alive(db, carrier)
    if not alive and carrier is order:
        orders.cancel_backorder(db, order)
        orders.advance(db, order, OrderAction.CANCEL, actor, by="buyer")
        return "cancelled"
    if carrier.state is not OrderState.HELD:
        orders.advance(db, carrier, OrderAction.HOLD, actor, by="buyer")
    outcome = "shipped" if all_gone(alive) else "held"
    _told(db, order, "intake.cancel.too_late", actor, outcome=outcome)
    return outcome


def _stop(db: Session, order: Order, actor: Actor) -> str:
    """The shop forbids to ship what it had let go: held until a person releases it."""
    carrier = carrier_of(db, order)
    if carrier.state is OrderState.CANCELLED:
        return "cancelled"
    if carrier.state is not OrderState.HELD:
        orders.advance(db, carrier, OrderAction.HOLD, actor, by="shop")
    _told(db, order, "intake.shop.stopped", actor)
    return "held"


def refunding(db: Session, order: Order, actor: Actor, *, asked: bool) -> str:
    """A refund was asked for, or decided. What is granted comes as a cancellation or as fewer units."""
    return _told(db, order, "intake.refund.asked" if asked else "intake.refund.decided", actor)


def _told(db: Session, order: Order, kind: str, actor: Actor, **data: object) -> str:
    """Somebody else's to act upon: the audit's rules say whether goods stop. Of the order that brings the goods."""
    carrier = carrier_of(db, order)
    other = {} if carrier is order else {"other": order.number}
    record(db, Event(kind, "order", carrier.id or 0, carrier.id, data | other), actor)
    return "changed"


def move(db: Session, order: Order, address: NewAddress, actor: Actor) -> str:
    """The buyer wants it elsewhere: changed, or late when a shipment is made already and people must look."""
    assert order.id is not None
    stored = order_queries.address_of(db, order.id)
    if all(getattr(stored, name) == value for name, value in asdict(address).items() if name != "email" or value):
        return "known"
    if order.state is OrderState.CANCELLED or _alive(db, order):
        _told(db, order, "intake.address.too_late", actor)
        return "late"
    orders.change_address(db, order, address, actor)
    return "changed"


def _differs(seen: Seen, was: Seen) -> bool:
    """What anybody in the house would want to know of an order that travels in another's parcel."""
    new, old = seen.draft.order, was.draft.order
    return (seen.standing, seen.refund, new.address, new.buyer_note, new.seller_note, _units(seen)) != (
        was.standing, was.refund, old.address, old.buyer_note, old.seller_note, _units(was)
    )  # fmt: skip


def _alive(db: Session, order: Order) -> list[ShipmentState]:
    every = (shipment.state for shipment in shipments.of_order(db, order.id or 0))
    return [state for state in every if state is not ShipmentState.CANCELLED]


def _units(seen: Seen) -> dict[tuple[str, str], int]:
    units: dict[tuple[str, str], int] = {}
    for line in seen.draft.lines:
        key = (line.channel_line, line.code)
        units[key] = units.get(key, 0) + line.qty
    return units


def _lower(db: Session, order: Order, seen: Seen, was: Seen, actor: Actor) -> str:
    """The shop sells fewer units of a line now, or another line. Whole lines that are gone are cancelled while nothing
    of the order is on its way; anything else a person decides."""
    now, before = _units(seen), _units(was)
    gone = {key for key in before if key not in now}
    assert order.id is not None
    if (
        gone
        and all(now.get(key) == units for key, units in before.items() if key not in gone)
        and not _alive(db, order)
    ):
        if {key for key in now if key not in before}:
            return _too_late(db, order, actor)
        ids = {line for line, _code in gone if line}
        lines = [
            line for line, _sku in order_queries.lines_of(db, order.id)
            if line.channel_line and set(line.channel_line.split(",")) <= ids and line.backordered
        ]  # fmt: skip
        if len({part for line in lines for part in line.channel_line.split(",")}) == len(ids) and ids:
            for line in sorted(lines, key=lambda line: line.id or 0):
                qty = line.backordered
                orders.shift(db, line.id or 0, backordered=-qty, cancelled=qty)
                data = {"qty": qty, "line": line.id}
                record(db, Event("orders.order.lowered", "order", order.id, order.id, data), actor)
            return "changed"
    return _too_late(db, order, actor)


def _too_late(db: Session, order: Order, actor: Actor) -> str:
    _told(db, order, "intake.lines.too_late", actor)
    return "late"
