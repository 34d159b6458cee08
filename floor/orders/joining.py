"""Two orders become one, or one becomes two, before anything is set aside for them: lines and money go together."""

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.events.models import AuditEvent
from floor.events.service import Event, record
from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.errors import Conflict
from floor.kit.ids import public_token
from floor.orders.models import Address, Order, OrderLine
from floor.orders.states import OrderState

#: Behind something, and short: a shop's own "#1001" stays.
_PART = re.compile(r"(?<=.)#\d{1,2}$")
MONEY = ("goods_fen", "freight_fen", "discount_fen", "total_fen", "paid_fen")


def join(db: Session, order: Order, into: Order) -> dict[str, Any]:
    """Give every line and all money of `order` to `into`, whose promise becomes the earlier of the two.

    Returns what `part` needs to undo it. The caller holds both rows and has seen that no shipment holds a unit.
    """
    mine = [id_ or 0 for id_ in db.exec(select(OrderLine.id).where(OrderLine.order_id == order.id))]
    moved = {name: getattr(order, name) for name in MONEY}
    before = {"lines": mine, "money": moved, "note": into.buyer_note, "promised_at": into.promised_at.isoformat()}
    _move(db, mine, order, into, moved)
    if order.buyer_note and order.buyer_note not in into.buyer_note:
        into.buyer_note = " / ".join(note for note in (into.buyer_note, order.buyer_note) if note)[:500]
    into.promised_at = min(into.promised_at, order.promised_at)
    db.add(into)
    db.flush()
    return before


def part(db: Session, order: Order, into: Order, lines: Collection[int], money: dict[str, int]) -> None:
    """Undo `join` or `split_off`: these lines and this money go from `into` back to `order`."""
    there = set(db.exec(select(OrderLine.id).where(OrderLine.order_id == into.id)))
    if not set(lines) <= there:
        raise Conflict("orders.changed_meanwhile")
    _move(db, lines, into, order, money)


def _move(db: Session, lines: Collection[int], source: Order, target: Order, money: dict[str, int]) -> None:
    to = sa.update(OrderLine).where(col(OrderLine.id).in_(lines)).values(order_id=target.id)
    db.execute(to.execution_options(synchronize_session="fetch"))
    for name, fen in money.items():
        setattr(source, name, getattr(source, name) - fen)
        setattr(target, name, getattr(target, name) + fen)
    db.add_all((source, target))
    db.flush()


def split_off(db: Session, order: Order, lines: Collection[int], actor: Actor) -> tuple[Order, dict[str, int]]:
    """An order of its own for these lines: same buyer, door and promise, its share of the money, no freight.

    Returns it, not yet looked at, and the money that went along. Its outside number is the order's with "#2", "#3"...
    """
    rows = db.exec(select(OrderLine).where(col(OrderLine.id).in_(lines), OrderLine.order_id == order.id)).all()
    goods = sum(line.qty * line.unit_price_fen for line in rows)
    discount = sum(line.discount_fen for line in rows)
    total = goods - discount
    paid = order.paid_fen * total // order.total_fen if order.total_fen else 0
    made = _twin(db, order, order.channel, order.external_id)
    money = {"goods_fen": goods, "freight_fen": 0, "discount_fen": discount, "total_fen": total, "paid_fen": paid}
    _move(db, [line.id or 0 for line in rows], order, made, money)
    data = {"channel": made.channel, "split_from": order.id}
    record(db, Event("orders.order.received", "order", made.id or 0, made.id, data), actor)
    return made, money


def again(
    db: Session, order: Order, channel: str, wants: Mapping[int, int], promised_at: datetime, actor: Actor
) -> tuple[Order, list[OrderLine]]:
    """An order without charge that sends units of another one once more: order line -> units.

    Same buyer and door, no prices on its papers; not yet looked at. `channel` is ours; its number there is the one its
    shop knows with "#2", "#3"... Returns it and its lines, in the order of `wants`.
    """
    made = _twin(db, order, channel, shops_number(order))
    made.placed_at = made.paid_at = clock.now()
    made.promised_at, made.hide_price = promised_at, True
    lines = []
    for line_id, qty in wants.items():
        line = db.get_one(OrderLine, line_id)
        lines.append(OrderLine(order_id=made.id or 0, sku_id=line.sku_id, qty=qty, backordered=qty, spec=line.spec))
    db.add_all(lines)
    db.flush()
    data = {"channel": made.channel, "again": order.id}
    record(db, Event("orders.order.received", "order", made.id or 0, made.id, data), actor)
    return made, lines


def _twin(db: Session, order: Order, channel: str, outside: str) -> Order:
    """An empty order of the same buyer to the same door; its number on `channel` is `outside` with the next "#"."""
    parts = db.exec(select(sa.func.count()).select_from(Order).where(_part_of(outside, channel))).one()
    kept = {"customer_id", "placed_at", "paid_at", "promised_at", "currency", "buyer_note", "seller_note"}
    kept |= {"gift_wrap", "gift_message", "hide_price", "takes_substitutes"}
    token = public_token()
    made = Order(
        **{name: getattr(order, name) for name in kept}, channel=channel,
        number=token[:20], external_id=f"{outside[:58]}#{parts + 2}", public_token=token,
    )  # fmt: skip
    db.add(made)
    db.flush()
    assert made.id is not None
    made.number = f"SO-{made.id:06d}"
    where = db.get_one(Address, order.id)
    db.add(Address(**where.model_dump(exclude={"order_id"}), order_id=made.id))
    db.flush()
    return made


def carrier_of(db: Session, order: Order) -> Order:
    """The order whose parcels bring these goods: itself, or the one it was merged into at last."""
    while merged := _merged(db, order):
        order = db.get_one(Order, merged["merged_into"])
    return order


def carried(db: Session, order: Order) -> list[tuple[Order, set[int]]]:
    """What travels in an order's parcels: itself and every order merged into it, each with the lines it came with."""
    found = [(order, own_lines(db, order))]
    for other, _lines in _joined(db, order):
        found += carried(db, other)
    return found


def own_lines(db: Session, order: Order) -> set[int]:
    """The lines an order came with, wherever they are now."""
    merged = _merged(db, order)
    there = merged.get("lines", []) if merged else db.exec(select(OrderLine.id).where(OrderLine.order_id == order.id))
    mine = {id_ or 0 for id_ in there}
    return mine.difference(*(lines for _other, lines in _joined(db, order)))


def _joined(db: Session, order: Order) -> list[tuple[Order, list[int]]]:
    """Orders merged into this one, and the lines each brought along."""
    same = (Order.customer_id == order.customer_id, Order.state == OrderState.CANCELLED, Order.id != order.id)
    if order.customer_id is None:
        return []
    others = ((other, _merged(db, other)) for other in db.exec(select(Order).where(*same).order_by(col(Order.id))))
    return [(other, said.get("lines", [])) for other, said in others if said and said["merged_into"] == order.id]


def _merged(db: Session, order: Order) -> Mapping[str, Any] | None:
    """What its cancellation says, where that was a merge that stands."""
    if order.state is not OrderState.CANCELLED:
        return None
    mine = (AuditEvent.order_id == order.id, AuditEvent.kind == "orders.order.cancel")
    said = db.exec(select(AuditEvent.data).where(*mine).order_by(col(AuditEvent.id).desc()).limit(1)).first()
    return said if said and "merged_into" in said else None


def shops_number(order: Order) -> str:
    """The number its shop knows: a part split off by the audit carries "#2" behind it, which no shop wrote."""
    return _PART.sub("", order.external_id)


def _part_of(outside: str, channel: str) -> sa.ColumnElement[bool]:
    mine = col(Order.external_id).startswith(f"{outside[:58]}#", autoescape=True)
    return sa.and_(col(Order.channel) == channel, mine)
