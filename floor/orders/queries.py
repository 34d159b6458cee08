"""Reads of orders."""

from collections.abc import Sequence

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
    order = db.exec(select(Order).where(Order.public_token == token)).first()
    if order is None:
        raise Unknown("orders.unknown")
    return order


def lines_of(db: Session, order_id: int) -> Sequence[tuple[OrderLine, Sku]]:
    joined = select(OrderLine, Sku).join(Sku, col(Sku.id) == OrderLine.sku_id)
    return db.exec(joined.where(OrderLine.order_id == order_id).order_by(col(OrderLine.id))).all()


def address_of(db: Session, order_id: int) -> Address:
    address = db.get(Address, order_id)
    assert address is not None, "accept() writes an address with every order"
    return address
