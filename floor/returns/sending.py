"""The order that takes goods to a customer of returns: paid with what was paid for the goods that came back."""

from collections.abc import Sequence
from datetime import timedelta

from sqlmodel import Session

from floor.kit import clock
from floor.kit.actor import Actor
from floor.orders import queries as orders
from floor.orders import service as order_verbs
from floor.orders.models import Customer, Order
from floor.orders.service import NewLine, NewOrder, same_door
from floor.returns.models import ReturnCase

#: The other goods are with the carrier within.
PROMISE = timedelta(days=2)


def line_worth(sku_id: int, qty: int, value_fen: int) -> NewLine:
    """Units that cost `value_fen` together: whole fen each, what that is too much as the line's discount."""
    price = -(-value_fen // qty)
    return NewLine(sku_id, qty, price, price * qty - value_fen)


def make(db: Session, case: ReturnCase, channel: str, lines: Sequence[NewLine], credit_fen: int, actor: Actor) -> Order:
    """A new order to the buyer of a case's order, at the same door; its channel is ours and tells no shop.

    `credit_fen` counts as paid; what the lines cost more is to be paid before the audit lets it go.
    """
    old = orders.order_for(db, case.order_id)
    where, buyer = orders.address_of(db, case.order_id), db.get(Customer, old.customer_id) if old.customer_id else None
    goods, discount = sum(line.unit_price_fen * line.qty for line in lines), sum(line.discount_fen for line in lines)
    total = goods - discount
    new = NewOrder(
        channel=channel, external_id=case.number, placed_at=clock.now(),
        paid_at=clock.now() if credit_fen or not total else None, promised_at=clock.now() + PROMISE, lines=lines,
        address=same_door(where),
        buyer_id=f"{buyer.channel}:{buyer.external_id}"[:64] if buyer else "", buyer_name=buyer.name if buyer else "",
        lang=buyer.lang if buyer else "zh", tier=buyer.tier if buyer else 0, goods_fen=goods, discount_fen=discount,
        total_fen=total, paid_fen=credit_fen, currency=old.currency, hide_price=True,
    )  # fmt: skip
    made = order_verbs.accept(db, new, actor)
    assert made is not None, "a case sends one order"
    case.sends_id = made.id
    db.add(case)
    db.flush()
    return made
