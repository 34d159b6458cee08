"""One parcel instead of two, or two orders instead of one: offered where the audit found a twin or a line that stops
the rest. Possible as long as nothing is set aside for either."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from floor.audit import service
from floor.audit.facts import WAITING
from floor.events.service import Event, record
from floor.kit.actor import Actor
from floor.kit.errors import Conflict, Invalid
from floor.orders import joining
from floor.orders import service as orders
from floor.orders.models import Address, Order, OrderLine
from floor.orders.states import OrderAction, OrderState

_DOOR = ("recipient", "phone", "province", "city", "district", "street")


def can_merge(db: Session, order: Order, into: Order) -> bool:
    """Same buyer, channel and door, both paid or not, no gift card that belongs to one alone, nothing set aside."""
    here, there = db.get_one(Address, order.id), db.get_one(Address, into.id)
    return (
        order.id != into.id
        and order.customer_id is not None
        and (order.customer_id, order.channel) == (into.customer_id, into.channel)
        and order.state is OrderState.HELD
        and into.state in WAITING
        and all(getattr(here, name) == getattr(there, name) for name in _DOOR)
        and (order.paid_at is None) == (into.paid_at is None)
        and (order.gift_wrap, order.gift_message, order.hide_price, order.currency)
        == (into.gift_wrap, into.gift_message, into.hide_price, into.currency)
        and not service.has_goods(db, order.id or 0)
        and not service.has_goods(db, into.id or 0)
    )


def locked_pair(db: Session, order_id: int, other_id: int) -> tuple[Order, Order]:
    """Both orders, held against other writers in one order of ids. Raises Unknown."""
    rows = {id_: service.locked(db, id_) for id_ in sorted({order_id, other_id})}
    return rows[order_id], rows[other_id]


def merge(db: Session, order: Order, into: Order, actor: Actor) -> None:
    """The goods and money of a held order go into another; it is cancelled, its flags were right.

    Both rows are locked by the caller. Raises Conflict when they cannot be one parcel (any more).
    """
    assert order.id is not None and into.id is not None
    if not can_merge(db, order, into):
        raise Conflict("audit.cannot_merge")
    before = joining.join(db, order, into)
    flags = service.uphold(db, order.id, actor)
    orders.advance(db, order, OrderAction.CANCEL, actor, by="audit", merged_into=into.id, lines=before["lines"])
    data = {"into": into.id, "number": into.number, "flags": flags, **before}
    record(db, Event("audit.order.merged", "order", order.id, order.id, data), actor)
    record(db, Event("audit.order.joined", "order", into.id, into.id, {"other": order.number}), actor)
    service.audit_order(db, into, actor)


def take_apart(db: Session, order: Order, data: dict[str, Any], actor: Actor) -> None:
    """Undo `merge`; `data` is its event's. Raises Conflict when goods are set aside by now."""
    into = service.locked(db, data["into"])
    if service.has_goods(db, data["into"]):
        raise Conflict("audit.already_allocated")
    joining.part(db, order, into, data["lines"], data["money"])
    into.buyer_note, into.promised_at = data["note"], datetime.fromisoformat(data["promised_at"])
    db.add(into)
    orders.advance(db, order, OrderAction.REOPEN, actor)


def split(db: Session, order: Order, lines: Collection[int], actor: Actor) -> Order:
    """Send these lines of a held order apart: an order of their own, and both are looked at again.

    Raises Invalid unless some lines go and some stay, Conflict when it is not on hold any more or goods are set aside.
    """
    assert order.id is not None
    if order.state is not OrderState.HELD:
        raise Conflict("audit.not_held")
    if service.has_goods(db, order.id):
        raise Conflict("audit.already_allocated")
    every = set(db.exec(select(OrderLine.id).where(OrderLine.order_id == order.id)))
    chosen = {line for line in lines if line in every}
    if not chosen or chosen == every:
        raise Invalid("audit.split_some", field="line")
    linked = select(OrderLine.id).where(OrderLine.order_id == order.id, col(OrderLine.replaces_id).is_not(None))
    if db.exec(linked).first() is not None:
        raise Conflict("audit.cannot_split")
    made, money = joining.split_off(db, order, chosen, actor)
    data = {"made": made.id, "number": made.number, "lines": sorted(chosen), "money": money}  # type: ignore[type-var]
    record(db, Event("audit.order.split", "order", order.id, order.id, data), actor)
    service.audit_order(db, made, actor)
    service.audit_order(db, order, actor)
    return made


def put_together(db: Session, order: Order, data: dict[str, Any], actor: Actor) -> None:
    """Undo `split`; `data` is its event's. Raises Conflict when goods are set aside for the other part by now."""
    made = service.locked(db, data["made"])
    if service.has_goods(db, data["made"]) or made.state is OrderState.CANCELLED:
        raise Conflict("audit.already_allocated")
    joining.part(db, order, made, data["lines"], data["money"])
    orders.advance(db, made, OrderAction.CANCEL, actor, by="audit", merged_into=order.id)
    if order.state is OrderState.RELEASED:
        orders.advance(db, order, OrderAction.HOLD, actor, undone=True)
