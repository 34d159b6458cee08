"""The pack's own state and trail, and what every verb of the bench asks first."""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlmodel import Session, col

from floor.events.service import Event, record
from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.errors import Conflict
from floor.orders.models import Order
from floor.orders.states import OrderState
from floor.packing.models import Pack
from floor.packing.states import PACK, PackAction, PackState
from floor.shipments.models import Shipment

WORKABLE = (PackState.OPEN, PackState.VERIFIED)


def advance(db: Session, pack: Pack, action: PackAction, actor: Actor, **data: object) -> None:
    """The only door to a pack's state. Raises Conflict when the table has no such move."""
    pack.state = PACK.after(pack.state, action)
    is_over = pack.state in (PackState.CLOSED, PackState.ABANDONED)
    pack.finished_at = clock.now() if is_over else None
    db.add(pack)
    db.flush()
    tell(db, f"packing.pack.{action}", pack, db.get_one(Shipment, pack.shipment_id), actor, **data)


def tell(db: Session, kind: str, pack: Pack, shipment: Shipment | None, actor: Actor, **data: object) -> None:
    """Into the trail of the pack, and of the order where `shipment` says whose it is."""
    assert pack.id is not None
    record(db, Event(kind, "pack", pack.id, shipment.order_id if shipment else None, data), actor)


def must_be_workable(pack: Pack) -> None:
    if pack.state not in WORKABLE:
        raise Conflict("packing.pack_over")


def order_of(db: Session, pack: Pack) -> Order:
    """As it stands now: somebody may have stopped it since the screen was drawn."""
    order_id = db.get_one(Shipment, pack.shipment_id).order_id
    return db.get_one(Order, order_id, populate_existing=True)


def must_be_wanted(db: Session, pack: Pack) -> None:
    """Raises Conflict when the order of a pack was cancelled or put on hold."""
    order = order_of(db, pack)
    if order.state is OrderState.CANCELLED:
        raise Conflict("packing.cancelled", tail=order.number[-4:])
    if order.state is not OrderState.RELEASED:
        raise Conflict("packing.on_hold", tail=order.number[-4:])


def keep_suggestion(db: Session, pack_id: int, suggestion: Mapping[str, object], carton_id: int | None) -> None:
    """Remember which box the solver proposes. Written past the version counter: it must not make a scan fail."""
    db.execute(
        sa.update(Pack)
        .where(col(Pack.id) == pack_id)
        .values(suggestion=dict(suggestion), suggested_carton_id=carton_id)
        .execution_options(synchronize_session=False)
    )
