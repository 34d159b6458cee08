"""Reads of returns: what may come back, the desk's lists, what a scan means, and what `flask check` proves."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from floor.catalog import queries as catalog
from floor.catalog.models import Sku
from floor.inventory.models import Balance, Bin, BinKind, Warehouse
from floor.kit.errors import Conflict, Unknown
from floor.orders.models import Address, Order, OrderLine
from floor.packing.models import Parcel
from floor.returns.models import Disposition, Refund, ReturnCase, ReturnItem
from floor.returns.rules import OURS, Quote, goods_share
from floor.returns.states import CaseState
from floor.shipments.models import Shipment, ShipmentLine
from floor.shipping.models import Waybill

#: The house takes goods back for so many days after delivery; later ones are shown as late, and a person decides.
RETURN_DAYS = 7
OPEN = (CaseState.REQUESTED, CaseState.ARRIVED)
#: Lists never need the photo: it stays in the database.
_NO_PHOTO = defer(ReturnItem.photo)  # type: ignore[arg-type]


# --- what may come back ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Returnable:
    """An order line, how many of it left our house, and how many of those no return holds yet."""

    line: OrderLine
    sku: Sku
    shipped: int
    left: int


def returnable(db: Session, order_id: int) -> list[Returnable]:
    """The order's lines of which something was shipped."""
    shipped = _per_line(db, order_id, _shipped())
    returning = _per_line(db, order_id, _returning())
    joined = select(OrderLine, Sku).join(Sku, col(Sku.id) == OrderLine.sku_id).where(OrderLine.order_id == order_id)
    return [
        Returnable(line, sku, shipped[line.id or 0], shipped[line.id or 0] - returning.get(line.id or 0, 0))
        for line, sku in db.exec(joined.order_by(col(OrderLine.id)))
        if shipped.get(line.id or 0)
    ]


def _shipped() -> sa.Subquery:
    line, units = col(ShipmentLine.order_line_id), sa.func.sum(col(ShipmentLine.shipped))
    return sa.select(line.label("line"), units.label("units")).group_by(line).subquery()


def _returning() -> sa.Subquery:
    return (
        sa.select(col(ReturnItem.order_line_id).label("line"), sa.func.sum(col(ReturnItem.qty)).label("units"))
        .join(ReturnCase, col(ReturnCase.id) == col(ReturnItem.case_id))
        .where(col(ReturnCase.state) != CaseState.CANCELLED)
        .group_by(col(ReturnItem.order_line_id))
        .subquery()
    )


def _per_line(db: Session, order_id: int, part: sa.Subquery) -> dict[int, int]:
    mine = sa.select(part.c.line, part.c.units).join(OrderLine, col(OrderLine.id) == part.c.line)
    return {row.line: int(row.units) for row in db.execute(mine.where(col(OrderLine.order_id) == order_id))}


def home_of(db: Session, order_line_ids: Iterable[int]) -> int:
    """The warehouse that shipped these lines: where they go back to."""
    found = db.exec(
        select(Shipment.warehouse_id)
        .join(ShipmentLine, col(ShipmentLine.shipment_id) == Shipment.id)
        .where(col(ShipmentLine.order_line_id).in_(list(order_line_ids)), ShipmentLine.shipped > 0)
        .order_by(col(Shipment.id))
    ).first()
    if found is None:
        raise Conflict("returns.nothing_shipped")
    return found


def delivered_at(db: Session, order_id: int) -> datetime | None:
    """When the last shipment of the order was delivered; None while none was."""
    return db.exec(select(sa.func.max(Shipment.delivered_at)).where(Shipment.order_id == order_id)).one()


# --- cases -------------------------------------------------------------------------------------------------------


def case_for(db: Session, case_id: int) -> ReturnCase:
    """The case, or Unknown."""
    case = db.get(ReturnCase, case_id)
    if case is None:
        raise Unknown("returns.unknown")
    return case


def case_of_order(db: Session, order_id: int, number: str) -> ReturnCase:
    """A customer's own case, or Unknown: the link opens one order's returns only."""
    case = db.exec(select(ReturnCase).where(ReturnCase.number == number, ReturnCase.order_id == order_id)).first()
    if case is None:
        raise Unknown("returns.unknown")
    return case


def cases_of(db: Session, order_id: int) -> Sequence[ReturnCase]:
    return db.exec(select(ReturnCase).where(ReturnCase.order_id == order_id).order_by(col(ReturnCase.id))).all()


def items_of(db: Session, case_id: int) -> Sequence[tuple[ReturnItem, Sku]]:
    joined = select(ReturnItem, Sku).join(Sku, col(Sku.id) == ReturnItem.sku_id).where(ReturnItem.case_id == case_id)
    return db.exec(joined.order_by(col(ReturnItem.position)).options(_NO_PHOTO)).all()


def next_position(db: Session, case: ReturnCase) -> int | None:
    """The first item still to inspect; None when the case is not on the desk or all are done."""
    if case.state != CaseState.ARRIVED:
        return None
    todo = select(ReturnItem.position).where(ReturnItem.case_id == case.id, col(ReturnItem.inspected_at).is_(None))
    return db.exec(todo.order_by(col(ReturnItem.position))).first()


def item_at(db: Session, case_id: int, position: int) -> tuple[ReturnItem, Sku]:
    """The n-th item of a case, or Unknown."""
    found = [(item, sku) for item, sku in items_of(db, case_id) if item.position == position]
    if not found:
        raise Unknown("returns.unknown")
    return found[0]


@dataclass(frozen=True)
class CaseRow:
    """A line of the desk's lists. `value_fen`: what the goods were sold for; `decided`: items already inspected."""

    case: ReturnCase
    order_number: str
    recipient: str
    units: int
    value_fen: int
    items: int
    decided: int


def desk(db: Session, states: Sequence[CaseState], limit: int = 100) -> list[CaseRow]:
    """Cases in these states with what the desk wants to see; the oldest first, closed ones newest first."""
    item, line = ReturnItem, OrderLine
    parts = (
        sa.select(
            col(item.case_id).label("case_id"), sa.func.sum(col(item.qty)).label("units"),
            sa.func.sum(col(item.qty) * col(line.unit_price_fen)).label("value"), sa.func.count().label("items"),
            sa.func.count(col(item.inspected_at)).label("decided"),
        )
        .join(line, col(line.id) == col(item.order_line_id))
        .group_by(col(item.case_id))
        .subquery()
    )  # fmt: skip
    order = col(ReturnCase.closed_at).desc() if CaseState.CLOSED in states else col(ReturnCase.id)
    rows = db.execute(
        sa.select(ReturnCase, col(Order.number), col(Address.recipient), parts)
        .join(Order, col(Order.id) == col(ReturnCase.order_id))
        .join(Address, col(Address.order_id) == col(Order.id))
        .outerjoin(parts, parts.c.case_id == col(ReturnCase.id))
        .where(col(ReturnCase.state).in_(states))
        .order_by(order)
        .limit(limit)
    )
    return [
        CaseRow(r.ReturnCase, r.number, r.recipient, int(r.units or 0), int(r.value or 0), r.items or 0, r.decided or 0)
        for r in rows
    ]


def counts(db: Session, since: datetime) -> dict[str, int]:
    """How many are expected, on the desk, and closed since."""
    states = db.execute(sa.select(col(ReturnCase.state), sa.func.count()).group_by(col(ReturnCase.state))).all()
    by_state = {CaseState(state): n for state, n in states}
    closed = select(sa.func.count()).select_from(ReturnCase).where(col(ReturnCase.closed_at) >= since)
    return {
        "expected": by_state.get(CaseState.REQUESTED, 0),
        "arrived": by_state.get(CaseState.ARRIVED, 0),
        "closed": db.exec(closed).one(),
    }


# --- what a scan at the desk means -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """Cases a code may mean. `sure`: the code stands on the parcel itself; `order`: whose goods they would be."""

    cases: Sequence[ReturnCase] = ()
    sure: bool = False
    order: Order | None = None


def find(db: Session, text: str) -> Found:
    """A return number, the parcel's waybill, our own waybill coming back, an order number, or goods."""
    code = text.strip().upper()
    named = select(ReturnCase).where((ReturnCase.number == code) | (ReturnCase.waybill_number == code))
    cases = db.exec(named.order_by(col(ReturnCase.id))).all()
    if cases:
        return Found(cases, sure=True)
    order = db.exec(select(Order).where(Order.number == code)).first() or _sent_as(db, code)
    if order is not None:
        return Found([case for case in cases_of(db, order.id or 0) if case.state in OPEN], order=order)
    sku = catalog.resolve(db, text).sku
    if sku is None:
        return Found()
    holding = select(ReturnItem.case_id).where(ReturnItem.sku_id == sku.id, col(ReturnItem.inspected_at).is_(None))
    waiting = select(ReturnCase).where(col(ReturnCase.state).in_(OPEN), col(ReturnCase.id).in_(holding))
    return Found(db.exec(waiting.order_by(col(ReturnCase.id)).limit(30)).all())


def _sent_as(db: Session, waybill: str) -> Order | None:
    """The order whose parcel carried this waybill out: refused parcels come back under the same number."""
    return db.exec(
        select(Order)
        .join(Shipment, col(Shipment.order_id) == Order.id)
        .join(Parcel, col(Parcel.shipment_id) == Shipment.id)
        .join(Waybill, col(Waybill.parcel_id) == Parcel.id)
        .where((Waybill.number == waybill) | (Parcel.number == waybill))
    ).first()


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


# --- money -------------------------------------------------------------------------------------------------------


def quote(db: Session, case: ReturnCase, item: ReturnItem) -> Quote:
    """What goes back for this item now: its share of what was paid for the line, and the freight if the fault is ours.

    Never more than what of the order's payment is left. Trustworthy only under the order's row lock.
    """
    order, line = db.get(Order, case.order_id), db.get(OrderLine, item.order_line_id)
    assert order is not None
    assert line is not None
    decided = [other for other in decided_of(db, case.order_id) if other.id != item.id]
    same = [other for other in decided if other.order_line_id == line.id]
    goods = goods_share(
        max(0, line.unit_price_fen * line.qty - line.discount_fen), line.qty, sum(other.qty for other in same),
        sum(other.refund_fen - other.freight_fen for other in same), item.qty,
    )  # fmt: skip
    left = max(0, order.paid_fen - sum(other.refund_fen for other in decided))
    goods = min(goods, left)
    freight = order.freight_fen - sum(other.freight_fen for other in decided) if case.reason in OURS else 0
    return Quote(goods, max(0, min(freight, left - goods)))


def decided_of(db: Session, order_id: int) -> Sequence[ReturnItem]:
    """Every inspected item of an order, over all its cases."""
    every = select(ReturnItem).join(ReturnCase, col(ReturnCase.id) == ReturnItem.case_id)
    mine = every.where(ReturnCase.order_id == order_id, col(ReturnItem.inspected_at).is_not(None))
    return db.exec(mine.options(_NO_PHOTO)).all()


def refund_of(db: Session, case_id: int) -> Refund | None:
    return db.exec(select(Refund).where(Refund.case_id == case_id)).first()


# --- put-away ----------------------------------------------------------------------------------------------------


def bin_of_kind(db: Session, warehouse_id: int, kind: BinKind) -> Bin:
    """The warehouse's first bin of this kind. Raises Conflict when it has none: somebody must set one up."""
    mine = select(Bin).where(Bin.warehouse_id == warehouse_id, Bin.kind == kind).order_by(Bin.code)
    found = db.exec(mine).first()
    if found is None:
        raise Conflict("returns.no_shelf" if kind == BinKind.RETURNS else "returns.no_quarantine")
    return found


def pick_bin_for(db: Session, warehouse_id: int, sku_id: int) -> Bin | None:
    """Where returned units belong: the pick face that holds the SKU with most room, else the emptiest pick face."""
    mine = sa.func.coalesce(sa.func.sum(sa.case((col(Balance.sku_id) == sku_id, col(Balance.qty)), else_=0)), 0)
    held = sa.func.coalesce(sa.func.sum(col(Balance.qty)), 0)
    return db.scalars(
        sa.select(Bin)
        .outerjoin(Balance, col(Balance.place_id) == col(Bin.id))
        .where(col(Bin.warehouse_id) == warehouse_id, col(Bin.kind) == BinKind.PICK, col(Bin.is_closed).is_(False))
        .group_by(*sa.inspect(Bin).columns)
        .order_by(sa.case((mine > 0, 0), else_=1), held, col(Bin.code))
        .limit(1)
    ).first()


def waiting_put_aways(
    db: Session, warehouse_id: int | None, sku_id: int | None = None
) -> Sequence[tuple[ReturnItem, Sku, ReturnCase]]:
    """Restocked items of closed cases that still stand on the returns shelf, oldest first; of one warehouse, or all."""
    waiting = (
        select(ReturnItem, Sku, ReturnCase)
        .join(ReturnCase, col(ReturnCase.id) == ReturnItem.case_id)
        .join(Sku, col(Sku.id) == ReturnItem.sku_id)
        .where(ReturnCase.state == CaseState.CLOSED, ReturnItem.disposition == Disposition.RESTOCK)
        .where(col(ReturnItem.put_away_at).is_(None))
    )
    if warehouse_id is not None:
        waiting = waiting.where(ReturnCase.warehouse_id == warehouse_id)
    if sku_id is not None:
        waiting = waiting.where(ReturnItem.sku_id == sku_id)
    return db.exec(waiting.order_by(col(ReturnCase.closed_at), col(ReturnItem.id)).options(_NO_PHOTO).limit(200)).all()


def site_of(db: Session, code: str) -> int | None:
    """The warehouse a person works in; None for people of the whole house."""
    return db.exec(select(Warehouse.id).where(Warehouse.code == code)).first()


def warehouse_of(db: Session, case: ReturnCase) -> Warehouse:
    house = db.get(Warehouse, case.warehouse_id)
    assert house is not None
    return house


# --- checks ------------------------------------------------------------------------------------------------------


def broken_quantities(db: Session) -> list[str]:
    """Check: of no order line more units come back than were shipped."""
    back, gone = _returning(), _shipped()
    units = sa.func.coalesce(gone.c.units, 0)
    over = (
        sa.select(back.c.line, back.c.units, units.label("shipped"))
        .outerjoin(gone, gone.c.line == back.c.line)
        .where(back.c.units > units)
    )
    return [f"order_line {row.line}: {row.units} returned of {row.shipped} shipped" for row in db.execute(over)]


def broken_sums(db: Session) -> list[str]:
    """Check: no order gets more back than was paid for it."""
    total = sa.func.sum(col(Refund.amount_fen))
    over = (
        sa.select(col(Order.number), col(Order.paid_fen), total.label("back"))
        .join(Refund, col(Refund.order_id) == col(Order.id))
        .group_by(col(Order.id), col(Order.number), col(Order.paid_fen))
        .having(total > col(Order.paid_fen))
    )
    return [f"{row.number}: {row.back} fen refunded of {row.paid_fen} paid" for row in db.execute(over)]


def broken_refunds(db: Session) -> list[str]:
    """Check: a closed case has one refund, the sum of its items; an open one has none."""
    item = ReturnItem
    fen = sa.func.sum(col(item.refund_fen)).label("fen")
    sums = sa.select(col(item.case_id).label("case_id"), fen).group_by(col(item.case_id)).subquery()
    owed = sa.func.coalesce(sums.c.fen, 0)
    closed = col(ReturnCase.state) == CaseState.CLOSED
    off = (
        sa.select(col(ReturnCase.number), owed.label("owed"), col(Refund.amount_fen))
        .outerjoin(Refund, col(Refund.case_id) == col(ReturnCase.id))
        .outerjoin(sums, sums.c.case_id == col(ReturnCase.id))
        .where(
            sa.or_(
                closed & sa.or_(col(Refund.id).is_(None), col(Refund.amount_fen) != owed),
                sa.not_(closed) & col(Refund.id).is_not(None),
            )
        )
    )
    return [f"{row.number}: its items say {row.owed} fen, the refund says {row.amount_fen}" for row in db.execute(off)]
