"""Reads of orders."""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from floor.catalog.models import Sku
from floor.kit.errors import Unknown
from floor.orders.models import Address, Order, OrderLine


def order_for(db: Session, order_id: int) -> Order:
    """The order, or Unknown."""
    order = db.get(Order, order_id)
    if order is None:
        raise Unknown("orders.unknown")
    return order


def by_number(db: Session, number: str) -> Order | None:
    return db.exec(select(Order).where(Order.number == number)).first()


def by_token(db: Session, token: str) -> Order:
    """The order behind a customer's link, or Unknown."""
    # A NUL is what somebody tries, and PostgreSQL refuses to look for it.
    order = None if "\x00" in token else db.exec(select(Order).where(Order.public_token == token)).first()
    if order is None:
        raise Unknown("orders.unknown")
    return order


def lines_of(db: Session, order_id: int) -> Sequence[tuple[OrderLine, Sku]]:
    """What goes out of an order: a line all of which goes out as its substitute is not there any more."""
    joined = select(OrderLine, Sku).join(Sku, col(Sku.id) == OrderLine.sku_id).where(OrderLine.qty > 0)
    return db.exec(joined.where(OrderLine.order_id == order_id).order_by(col(OrderLine.id))).all()


def replaced(db: Session, order_line_ids: Iterable[int]) -> dict[int, Sku]:
    """Order line -> what was ordered in its place, for lines that are substitutes."""
    old = aliased(OrderLine)
    rows = db.execute(
        sa.select(col(OrderLine.id), Sku)
        .join(old, col(old.id) == col(OrderLine.replaces_id))
        .join(Sku, col(Sku.id) == col(old.sku_id))
        .where(col(OrderLine.id).in_(list(order_line_ids)))
    )
    return {row[0]: row[1] for row in rows}


def broken_substitutes(db: Session) -> list[str]:
    """Check: a substitute stands in its own order for another SKU, at the price of what was ordered."""
    old = aliased(OrderLine)
    wrong = sa.or_(
        col(old.order_id) != col(OrderLine.order_id), col(old.unit_price_fen) != col(OrderLine.unit_price_fen),
        col(old.sku_id) == col(OrderLine.sku_id), col(old.is_gift) != col(OrderLine.is_gift),
    )  # fmt: skip
    off: Any = (
        sa.select(col(Order.number), col(OrderLine.id), col(old.id).label("old"))
        .join(old, col(old.id) == col(OrderLine.replaces_id))
        .join(Order, col(Order.id) == col(OrderLine.order_id))
        .where(wrong)
    )
    return [f"{row.number} line {row.id} replaces line {row.old}, but not at its price" for row in db.execute(off)]


def address_of(db: Session, order_id: int) -> Address:
    address = db.get(Address, order_id)
    assert address is not None, "accept() writes an address with every order"
    return address
