"""What a scan at the returns desk means, and the search for the order of a parcel nobody announced."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.catalog import queries as catalog
from floor.kit.errors import Unknown
from floor.orders.models import Address, Order
from floor.packing.models import Parcel
from floor.returns.models import ReturnCase, ReturnItem, StrayParcel
from floor.returns.queries import OPEN, cases_of, returnable
from floor.shipments.models import Shipment
from floor.shipping.models import Waybill
from floor.tracking.models import Track
from floor.tracking.queries import contents, order_of_parcel
from floor.tracking.states import BACKWARD

# --- what a scan at the desk means -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """Cases a code may mean. `sure`: the code stands on the parcel itself; `order`: whose goods they would be.

    `parcel_id`: a parcel of ours that is here again; `is_going_back`: its carrier said so; `left`: so many units of it
    no return holds. `stray`: one kept before.
    """

    cases: Sequence[ReturnCase] = ()
    sure: bool = False
    order: Order | None = None
    parcel_id: int | None = None
    is_going_back: bool = False
    left: int = 0
    stray: StrayParcel | None = None


def find(db: Session, text: str) -> Found:
    """A return number, the parcel's waybill, our own waybill coming back, an order number, or goods."""
    code = text.strip().upper()
    named = select(ReturnCase).where((ReturnCase.number == code) | (ReturnCase.waybill_number == code))
    cases = db.exec(named.order_by(col(ReturnCase.id))).all()
    if cases:
        return Found(cases, sure=True)
    kept = (StrayParcel.number == code) | (StrayParcel.code == code)
    stray = db.exec(select(StrayParcel).where(kept, col(StrayParcel.ended_at).is_(None))).first()
    if stray is not None:
        return Found(stray=stray)
    parcel = _sent_as(db, code)
    order = db.get(Order, parcel.order_id) if parcel else db.exec(select(Order).where(Order.number == code)).first()
    if order is not None:
        known = [case for case in cases_of(db, order.id or 0) if case.state in OPEN]
        if parcel is None:
            return Found(known, order=order)
        free, held = {one.line.id: one.left for one in returnable(db, order.id or 0)}, inside(db, parcel.id)[1]
        left = sum(min(qty, free.get(line_id, 0)) for line_id, qty in held.items())
        return Found(known, False, order, parcel.id, parcel.state in BACKWARD, left)
    sku = catalog.resolve(db, text).sku
    if sku is None:
        return Found()
    holding = select(ReturnItem.case_id).where(ReturnItem.sku_id == sku.id, col(ReturnItem.inspected_at).is_(None))
    waiting = select(ReturnCase).where(col(ReturnCase.state).in_(OPEN), col(ReturnCase.id).in_(holding))
    return Found(db.exec(waiting.order_by(col(ReturnCase.id)).limit(30)).all())


def _sent_as(db: Session, code: str) -> Any:
    """(id, order_id, state on the road) of our parcel under this waybill: refused ones come back with it."""
    return db.execute(
        sa.select(col(Parcel.id), col(Shipment.order_id), col(Track.state))
        .join(Shipment, col(Shipment.id) == col(Parcel.shipment_id))
        .outerjoin(Waybill, col(Waybill.parcel_id) == col(Parcel.id))
        .outerjoin(Track, col(Track.parcel_id) == col(Parcel.id))
        .where((col(Waybill.number) == code) | (col(Parcel.number) == code))
    ).first()


def inside(db: Session, parcel_id: int) -> tuple[int, dict[int, int]]:
    """(order, order line -> units) of what a parcel carried out. Raises Unknown."""
    units: Counter[int] = Counter()
    for part in contents(db, parcel_id):
        units[part.line.id or 0] += part.qty
    if not units:
        raise Unknown("returns.unknown")
    return order_of_parcel(db, parcel_id), dict(units)


def waybill_on(db: Session, parcel_id: int) -> str:
    return db.exec(select(Waybill.number).where(Waybill.parcel_id == parcel_id).order_by(col(Waybill.id))).first() or ""


def search_orders(db: Session, text: str) -> Sequence[tuple[Order, Address]]:
    """Orders for a parcel nobody announced: by number (ours or the channel's), recipient, or the end of the phone."""
    wanted = text.strip()
    if len(wanted) < 2:
        return []
    tail = wanted if len(wanted) >= 4 and wanted.isdigit() else None
    same = (col(Order.number) == wanted.upper(), col(Order.external_id) == wanted, col(Address.recipient) == wanted)
    hits: list[sa.ColumnElement[bool]] = list(same)
    if tail:
        hits += [col(Address.phone).endswith(tail, autoescape=True), col(Order.number).endswith(tail, autoescape=True)]
    joined = select(Order, Address).join(Address, col(Address.order_id) == Order.id).where(sa.or_(*hits))
    return db.exec(joined.order_by(col(Order.id).desc()).limit(20)).all()
