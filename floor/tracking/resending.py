"""A lost, broken or refused parcel's goods go out once more, in an order of their own that costs nothing."""

from datetime import timedelta

from sqlmodel import Session, select

from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.errors import Conflict
from floor.orders import queries as orders
from floor.orders import service as placing
from floor.orders.models import Customer, Order
from floor.orders.service import NewLine, NewOrder, same_door
from floor.packing.models import Parcel
from floor.tracking import exceptions, queries
from floor.tracking.models_exceptions import Closed, ParcelException

#: The channel of such orders: no shop is told of them, for no shop knows their number.
CHANNEL = "resend"
#: It is to leave by then: the customer has waited long enough.
WITHIN = timedelta(days=1)


def resend(db: Session, exception_id: int, actor: Actor) -> Order:
    """What the parcel held, to the same address, through the audit as any order; the old parcel is given up.

    Raises Conflict when it was sent again already.
    """
    row = exceptions.held(db, exception_id, actor)
    parcel = db.get_one(Parcel, row.parcel_id)
    old = db.get_one(Order, queries.order_of_parcel(db, row.parcel_id))
    new = placing.accept(db, _copy(db, old, parcel), actor)
    if new is None:
        raise Conflict("tracking.resent_already")
    row.resent_order_id = new.id
    exceptions.give_up(db, row, Closed.RESENT, actor, order=new.number)
    return new


def _copy(db: Session, old: Order, parcel: Parcel) -> NewOrder:
    now = clock.now()
    buyer = db.get(Customer, old.customer_id) if old.customer_id else None
    return NewOrder(
        channel=CHANNEL, external_id=parcel.number, placed_at=now, paid_at=now, promised_at=now + WITHIN,
        lines=[NewLine(part.sku_id, part.qty, 0) for part in queries.contents(db, parcel.id)],
        address=same_door(orders.address_of(db, old.id or 0)),
        buyer_id=buyer.external_id if buyer else "", buyer_name=buyer.name if buyer else "",
        lang=buyer.lang if buyer else "", tier=buyer.tier if buyer else 0, currency=old.currency,
        seller_note=f"{old.number} {parcel.number}", gift_wrap=old.gift_wrap, gift_message=old.gift_message,
        hide_price=True, takes_substitutes=old.takes_substitutes,
    )  # fmt: skip


def sent_instead(db: Session, parcel_id: int) -> Order | None:
    """The order that goes out in a parcel's place."""
    mine = (ParcelException.parcel_id == parcel_id, ParcelException.resent_order_id == Order.id)
    return db.exec(select(Order).where(*mine)).first()
