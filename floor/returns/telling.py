"""What a shop that hears of parcels is told of returns: the money that went back, the goods that are here again.

A shop knows its own order numbers only: of an order that travelled in another's parcel it hears under its own.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from sqlmodel import Session, col, select

from floor.catalog.models import Sku
from floor.intake.models import Channel
from floor.orders.joining import carried, shops_number
from floor.orders.models import Order, OrderLine
from floor.returns.models import Disposition, ReturnCase, ReturnItem


def listening(db: Session, order: Order) -> Channel | None:
    """The shop that gave an address for such calls. One read through an interface of its own has none: refunds begin
    there, and come to us from there."""
    shop = db.exec(select(Channel).where(Channel.code == order.channel)).first()
    return shop if shop and shop.is_active and shop.shipped_url and not shop.adapter else None


def refunds(
    db: Session, order: Order, case: ReturnCase, parts: Iterable[Sequence[Any]], why: str
) -> list[dict[str, Any]]:
    """The message for each of the shop's orders. `parts`: (order line, None for the freight; fen)."""
    number, fen = _numbers(db, order), Counter[str]()
    for line_id, amount in parts:
        fen[number.get(line_id, shops_number(order))] += amount
    return [
        {"kind": "refund", "order_id": one, "return": case.number, "amount_fen": amount, "currency": order.currency,
         "why": why, "reason": case.reason.value}
        for one, amount in sorted(fen.items())
    ]  # fmt: skip


def returned(db: Session, order: Order, case: ReturnCase) -> list[dict[str, Any]]:
    """The message for each of the shop's orders: what of it came back. `line` is the shop's own number of the line."""
    number, lines = _numbers(db, order), dict[str, list[dict[str, Any]]]()
    rows = db.exec(
        select(ReturnItem, OrderLine, Sku.code)
        .join(OrderLine, col(OrderLine.id) == ReturnItem.order_line_id)
        .join(Sku, col(Sku.id) == ReturnItem.sku_id)
        .where(ReturnItem.case_id == case.id, ReturnItem.disposition != Disposition.NEVER_CAME)
        .order_by(col(ReturnItem.position))
    )
    for item, line, code in rows:
        one = {"sku": code, "line": line.channel_line, "qty": item.qty}
        lines.setdefault(number.get(item.order_line_id, shops_number(order)), []).append(one)
    return [
        {"kind": "returned", "order_id": one, "return": case.number, "reason": case.reason.value, "lines": mine}
        for one, mine in sorted(lines.items())
    ]


def _numbers(db: Session, order: Order) -> dict[int | None, str]:
    """Order line -> the number its shop knows its order by."""
    return {line_id: shops_number(one) for one, ids in carried(db, order) for line_id in ids}
