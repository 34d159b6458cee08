"""What the checks may know of an order, read for the rules that are asked."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from floor.audit.checks import Bar, Facts, Lack, Line, Place, Twin, bare
from floor.audit.models import Blocked, BlockedKind
from floor.inventory.queries import free_stock
from floor.orders import queries as orders
from floor.orders.joining import shops_number
from floor.orders.models import Address, Customer, Order, OrderLine
from floor.orders.states import OrderState
from floor.shipments.models import Carrier, Rate
from floor.shipments.queries import has_shipment

#: The texts the language rules read.
TEXTS = ("buyer_note", "seller_note", "gift_message")

#: Orders of which nothing need be on its way yet.
WAITING = (OrderState.RECEIVED, OrderState.HELD, OrderState.RELEASED)


def facts_of(db: Session, order: Order, rules: Mapping[str, Mapping[str, Any]]) -> Facts:
    """`rules`: code -> settings of those that will be asked; what only others read is not looked up."""
    assert order.id is not None
    where = orders.address_of(db, order.id)
    lines = orders.lines_of(db, order.id)
    twins = twins_of(db, order, rules["twin"].get("minutes", 10)) if "twin" in rules else []
    beside = beside_of(db, order, rules["together"].get("hours", 24)) if "together" in rules else []
    return Facts(
        placed_at=order.placed_at,
        is_paid=order.paid_at is not None,
        goods_fen=order.goods_fen,
        freight_fen=order.freight_fen,
        discount_fen=order.discount_fen,
        total_fen=order.total_fen,
        paid_fen=order.paid_fen,
        place=Place(
            where.recipient, where.phone, where.province, where.city, where.street, where.country, bool(where.oaid)
        ),
        lines=tuple(Line(sku.code, line.qty, line.unit_price_fen, line.discount_fen) for line, sku in lines),
        texts={name: getattr(order, name) for name in TEXTS},
        twins=tuple(Twin(twin.number, twin.placed_at) for twin in twins),
        beside=tuple(Twin(other.number, other.placed_at) for other in beside if other not in twins),
        lacking=tuple(_lacking(db, lines)) if "stock" in rules else (),
        barred=tuple(_barred(db, order, where)) if "blocked" in rules else (),
        served=_served(db, where.province) if "area" in rules else None,
    )


def twins_of(db: Session, order: Order, minutes: int) -> list[Order]:
    """Earlier orders of the same buyer with the same goods, not cancelled. Only the later twin has one: it is the
    one to look at, while the first goes its way."""
    if order.customer_id is None:
        return []
    near = _earlier(order).where(col(Order.placed_at) >= order.placed_at - timedelta(minutes=minutes))
    others = db.exec(near.order_by(col(Order.id))).all()
    goods = _goods(db, [order.id or 0, *(other.id or 0 for other in others)]) if others else {}
    return [other for other in others if goods.get(other.id) == goods.get(order.id)]


def _earlier(order: Order) -> Any:
    """The same buyer's orders placed before this one in the same place: what the house sends again is no twin of what
    was bought, and shares no parcel whose shop is told of it."""
    return select(Order).where(
        Order.customer_id == order.customer_id,
        Order.channel == order.channel,
        Order.state != OrderState.CANCELLED,
        sa.or_(
            col(Order.placed_at) < order.placed_at,
            sa.and_(col(Order.placed_at) == order.placed_at, col(Order.id) < order.id),
        ),
    )


def beside_of(db: Session, order: Order, hours: int) -> list[Order]:
    """Earlier orders of the same buyer to the same door of which nothing was set aside yet."""
    where = db.get(Address, order.id)
    if order.customer_id is None or where is None:
        return []
    there = [getattr(Address, name) == getattr(where, name) for name in ("recipient", "phone", "city", "street")]
    near = _earlier(order).where(
        col(Order.placed_at) >= order.placed_at - timedelta(hours=hours), col(Order.state).in_(WAITING), ~has_shipment()
    )
    found = db.exec(near.join(Address, col(Address.order_id) == col(Order.id)).where(*there).order_by(col(Order.id)))
    return [other for other in found if shops_number(other) != shops_number(order)]


def _goods(db: Session, order_ids: Collection[int]) -> dict[int | None, list[tuple[int, int]]]:
    """(SKU id, units) of every order, by its id."""
    wants = select(OrderLine.order_id, OrderLine.sku_id, func.sum(OrderLine.qty))
    wants = wants.where(col(OrderLine.order_id).in_(order_ids)).group_by(col(OrderLine.order_id), col(OrderLine.sku_id))
    found: dict[int | None, list[tuple[int, int]]] = {}
    for order_id, sku_id, units in db.exec(wants.order_by(col(OrderLine.sku_id))):
        found.setdefault(order_id, []).append((sku_id, int(units)))
    return found


def _lacking(db: Session, lines: Any) -> list[Lack]:
    wants: dict[int, int] = {}
    codes: dict[int, str] = {}
    for line, sku in lines:
        wants[line.sku_id] = wants.get(line.sku_id, 0) + line.backordered
        codes[line.sku_id] = sku.code
    free: dict[int, int] = {}
    for row in free_stock(db, wants):
        free[row.sku_id] = free.get(row.sku_id, 0) + int(row.pick + row.reserve)
    return [Lack(codes[sku], n, free.get(sku, 0)) for sku, n in wants.items() if n > free.get(sku, 0)]


def known_as(order: Order, where: Address, buyer: Customer | None) -> dict[BlockedKind, str]:
    """What of an order can be blocked, bare; without what it does not have."""
    found = {
        BlockedKind.PHONE: bare("phone", where.phone),
        BlockedKind.BUYER: bare("buyer", f"{buyer.channel}/{buyer.external_id}") if buyer else "",
        BlockedKind.ADDRESS: bare("address", where.province + where.city + where.street),
    }
    return {kind: value[:200] for kind, value in found.items() if value}


def _barred(db: Session, order: Order, where: Address) -> list[Bar]:
    buyer = db.get(Customer, order.customer_id) if order.customer_id else None
    mine = [
        sa.and_(col(Blocked.kind) == kind, col(Blocked.value) == value)
        for kind, value in known_as(order, where, buyer).items()
    ]
    return [Bar(row.kind, row.why) for row in db.exec(select(Blocked).where(sa.or_(*mine)).order_by(col(Blocked.id)))]


def _served(db: Session, province: str) -> frozenset[str] | None:
    """The province alone, when a carrier at work has a rate for it; None when nobody entered any rate."""
    rates = select(Rate.id).join(Carrier, col(Carrier.id) == Rate.carrier_id).where(col(Carrier.is_active))
    if db.exec(rates.where(Rate.province == province).limit(1)).first() is not None:
        return frozenset({province})
    return frozenset() if db.exec(rates.limit(1)).first() is not None else None
