"""Verbs of orders."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.events.service import Event, record, record_many
from floor.kit.actor import Actor
from floor.kit.db import insert, insert_new, new_ids, row_of
from floor.kit.errors import Conflict
from floor.orders.models import Address, Customer, Order, OrderLine
from floor.orders.states import ORDER, OrderAction


@dataclass(frozen=True)
class NewLine:
    """Money in fen; `discount_fen` is for the whole line."""

    sku_id: int
    qty: int
    unit_price_fen: int
    discount_fen: int = 0
    is_gift: bool = False
    spec: str = ""
    channel_line: str = ""
    bundle: str = ""


@dataclass(frozen=True)
class NewAddress:
    recipient: str = ""
    phone: str = ""
    province: str = ""
    city: str = ""
    district: str = ""
    street: str = ""
    postcode: str = ""
    country: str = "CN"
    #: "" on a correction keeps the one that is known.
    email: str = ""
    division: str = ""
    oaid: str = ""


def same_door(where: Address) -> NewAddress:
    """The address of an order we have, for another one."""
    return NewAddress(**{one.name: getattr(where, one.name) for one in fields(NewAddress)})


@dataclass(frozen=True)
class NewOrder:
    """An order as any channel delivers it; sums are the channel's own and are proven by the audit."""

    channel: str
    external_id: str
    placed_at: datetime
    paid_at: datetime | None
    promised_at: datetime
    lines: Sequence[NewLine]
    address: NewAddress
    buyer_id: str = ""
    buyer_name: str = ""
    goods_fen: int = 0
    freight_fen: int = 0
    discount_fen: int = 0
    total_fen: int = 0
    paid_fen: int = 0
    currency: str = "CNY"
    buyer_note: str = ""
    seller_note: str = ""
    gift_wrap: bool = False
    gift_message: str = ""
    hide_price: bool = False
    takes_substitutes: bool = False
    lang: str = "zh"
    tier: int = 0
    invoice_title: str = ""
    invoice_tax_id: str = ""


def accept(db: Session, new: NewOrder, actor: Actor) -> Order | None:
    """Write an order with its lines and address. None when the house already has this channel's number."""
    if new.external_id in known_numbers(db, new.channel, [new.external_id]):
        return None
    (made,) = write_down(db, [new], actor)
    return db.get_one(Order, made)


def write_down(db: Session, news: Sequence[NewOrder], actor: Actor) -> Sequence[int]:
    """Write orders the house has not (`known_numbers`) with their lines and addresses; their ids, in their order."""
    if not news:
        return []
    buyers = _customers(db, news)
    ids = new_ids(db, Order, len(news))
    written = list(zip(ids, news, strict=True))
    insert(db, Order, [_row(id_, new, buyers.get((new.channel, new.buyer_id))) for id_, new in written])
    insert(db, Address, [{"order_id": id_, **vars(new.address)} for id_, new in written])
    lines = [
        row_of(OrderLine, order_id=id_, backordered=line.qty, **vars(line)) for id_, new in written
        for line in new.lines
    ]  # fmt: skip
    insert(db, OrderLine, lines)
    events = [Event("orders.order.received", "order", id_, id_, {"channel": new.channel}) for id_, new in written]
    record_many(db, events, actor)
    return ids


#: What an order takes from a new one as it is.
_KEPT = (
    "channel", "external_id", "placed_at", "paid_at", "promised_at", "goods_fen", "freight_fen", "discount_fen",
    "total_fen", "paid_fen", "currency", "buyer_note", "seller_note", "gift_wrap", "gift_message", "hide_price",
    "takes_substitutes", "invoice_title", "invoice_tax_id",
)  # fmt: skip


def _row(id_: int, new: NewOrder, customer_id: int | None) -> dict[str, Any]:
    kept = {name: getattr(new, name) for name in _KEPT}
    return row_of(Order, id=id_, number=f"SO-{id_:06d}", customer_id=customer_id, **kept)


#: Made once: making one again for every order takes longer than asking.
_NUMBERED = select(Order.external_id, Order.id).where(
    Order.channel == sa.bindparam("channel"), col(Order.external_id).in_(sa.bindparam("numbers", expanding=True))
)
_BUYERS = select(Customer.external_id, Customer.id).where(
    Customer.channel == sa.bindparam("channel"), col(Customer.external_id).in_(sa.bindparam("numbers", expanding=True))
)


def known_numbers(db: Session, channel: str, numbers: Collection[str]) -> dict[str, int]:
    """Those of a channel's own numbers whose orders the house has, with the orders' ids."""
    found = db.exec(_NUMBERED, params={"channel": channel, "numbers": list(numbers)})
    return {number: id_ or 0 for number, id_ in found}


def _customers(db: Session, news: Sequence[NewOrder]) -> dict[tuple[str, str], int]:
    """Ids of the buyers by channel and its name of them; new ones are written down."""
    wanted = {(new.channel, new.buyer_id): new for new in reversed(news) if new.buyer_id}
    found: dict[tuple[str, str], int] = {}
    for channel in {channel for channel, _buyer in wanted}:
        mine = [buyer for where, buyer in wanted if where == channel]
        rows = db.exec(_BUYERS, params={"channel": channel, "numbers": mine})
        found |= {(channel, buyer): id_ or 0 for buyer, id_ in rows}
    missing = [key for key in wanted if key not in found]
    if missing:
        new_ones = [
            row_of(Customer, channel=key[0], external_id=key[1], name=(new := wanted[key]).buyer_name, lang=new.lang,
                   tier=new.tier)
            for key in missing
        ]  # fmt: skip
        found |= dict(zip(missing, insert_new(db, Customer, new_ones), strict=True))
    return found


def advance(db: Session, order: Order, action: OrderAction, actor: Actor, **data: object) -> None:
    """The only door to an order's state. Raises Conflict when the table has no such move."""
    assert order.id is not None
    order.state = ORDER.after(order.state, action)
    db.add(order)
    db.flush()
    record(db, Event(f"orders.order.{action}", "order", order.id, order.id, data), actor)


def pay(db: Session, order: Order, paid_fen: int, paid_at: datetime, actor: Actor) -> None:
    """The whole sum paid so far; whether it is enough is for the audit to say."""
    assert order.id is not None
    order.paid_fen, order.paid_at = paid_fen, paid_at
    db.add(order)
    db.flush()
    record(db, Event("orders.order.paid", "order", order.id, order.id, {"paid": paid_fen}), actor)


def change_notes(db: Session, order: Order, buyer: str, seller: str, actor: Actor) -> None:
    """The remarks say something else now. What they said is not kept in the trail: only that they changed."""
    assert order.id is not None
    order.buyer_note, order.seller_note = buyer, seller
    db.add(order)
    db.flush()
    record(db, Event("orders.order.notes_changed", "order", order.id, order.id), actor)


def want_again(db: Session, units: Sequence[Sequence[int]]) -> None:
    """Undo a `cancel_backorder`: [(order line, units)] are wanted again. Raises Conflict when somebody was faster."""
    for line_id, qty in sorted((line, qty) for line, qty in units):
        shift(db, line_id, backordered=qty, cancelled=-qty)


def cancel_backorder(db: Session, order: Order) -> int:
    """Write off every unit no shipment holds. Returns how many."""
    lines = db.exec(select(OrderLine).where(OrderLine.order_id == order.id, OrderLine.backordered > 0)).all()
    gone = 0
    for line in sorted(lines, key=lambda line: line.id or 0):
        qty = line.backordered
        shift(db, line.id or 0, backordered=-qty, cancelled=qty)
        gone += qty
    return gone


def shift(db: Session, order_line_id: int, *, backordered: int = 0, cancelled: int = 0) -> None:
    """Change what of a line no shipment holds. Raises Conflict when somebody was faster."""
    line = OrderLine
    done = db.execute(
        sa.update(line)
        .where(col(line.id) == order_line_id)
        .where(col(line.backordered) + backordered >= 0, col(line.cancelled) + cancelled >= 0)
        .where(col(line.backordered) + col(line.cancelled) + backordered + cancelled <= col(line.qty))
        .values(backordered=col(line.backordered) + backordered, cancelled=col(line.cancelled) + cancelled)
        .execution_options(synchronize_session="fetch")
    )
    if not done.rowcount:  # type: ignore[attr-defined]
        raise Conflict("orders.changed_meanwhile")


def substitute(db: Session, line_id: int, sku_id: int, qty: int, price_fen: int) -> int:
    """Backordered units of a line become another SKU, in a line of its own at the price paid. Returns that line.

    The order's sums stay: units take their share of the line's discount along. `price_fen`: what the other SKU lists
    at. Raises Conflict when fewer units are backordered by now, or the order takes no substitutes or none so cheap.
    """
    old = db.get_one(OrderLine, line_id, with_for_update=True, populate_existing=True)
    if not db.get_one(Order, old.order_id).takes_substitutes or price_fen < old.unit_price_fen:
        raise Conflict("orders.no_substitutes")
    same = select(OrderLine).where(OrderLine.replaces_id == line_id, OrderLine.sku_id == sku_id)
    new = db.exec(same.with_for_update().execution_options(populate_existing=True)).first()
    if new is None:
        new = OrderLine(
            order_id=old.order_id, sku_id=sku_id, qty=0, backordered=0, unit_price_fen=old.unit_price_fen,
            is_gift=old.is_gift, replaces_id=line_id,
        )  # fmt: skip
    return _pass_on(db, old, new, qty)


def take_back_substitute(db: Session, line_id: int, qty: int) -> None:
    """Undo `substitute`: backordered units of the other line are what was ordered again. Raises Conflict."""
    new = db.get_one(OrderLine, line_id, with_for_update=True, populate_existing=True)
    old = db.get_one(OrderLine, new.replaces_id, with_for_update=True, populate_existing=True)
    _pass_on(db, new, old, qty)


def _pass_on(db: Session, source: OrderLine, target: OrderLine, qty: int) -> int:
    """Backordered units and their share of the discount go from one line to another."""
    if source.backordered < qty:
        raise Conflict("orders.changed_meanwhile")
    discount = source.discount_fen * qty // source.qty
    for line, sign in ((source, -1), (target, 1)):
        line.qty += sign * qty
        line.backordered += sign * qty
        line.discount_fen += sign * discount
        db.add(line)
    db.flush()
    return target.id or 0


class AddressChanged(Conflict):
    """Somebody changed the address since the one who wants to change it saw it."""


def change_address(db: Session, order: Order, address: NewAddress, actor: Actor, seen: str = "") -> None:
    """Correct where an order goes. The old address is not kept in the trail: only that it changed, and by whom.

    The caller holds the order. Raises AddressChanged when the address is no longer the one of the stamp `seen`.
    """
    row = db.get(Address, order.id)
    assert row is not None and order.id is not None
    if seen and seen != row.stamp():
        raise AddressChanged("orders.address_changed", address=row.one_line())
    for name, value in vars(address).items():
        if name != "email" or value:
            setattr(row, name, value)
    db.add(row)
    db.flush()
    record(db, Event("orders.order.address_changed", "order", order.id, order.id), actor)
