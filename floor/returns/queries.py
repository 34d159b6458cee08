"""Reads of returns: what may come back, the desk's lists, and what waits on the returns shelf."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.catalog.models import Sku
from floor.inventory.models import Balance, Bin, BinKind, Warehouse
from floor.kit.errors import Conflict, Unknown
from floor.orders.models import Address, Order, OrderLine
from floor.returns.models import CaseKind, Disposition, ReturnCase, ReturnItem, ReturnPhoto
from floor.returns.states import CaseState
from floor.shipments.models import Shipment, ShipmentLine
from floor.tracking.resending import Held

#: The house takes goods back for so many days after delivery; later ones are shown as late, and a person decides.
RETURN_DAYS = 7
OPEN = (CaseState.REQUESTED, CaseState.ARRIVED)
#: What may stand on a pick face again.
GOOD_AGAIN = (col(ReturnItem.disposition) == Disposition.RESTOCK) | (
    (col(ReturnItem.disposition) == Disposition.REWORK) & col(ReturnItem.reworked_at).is_not(None)
)


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
    gone = _per_line(db, order_id, shipped())
    back = _per_line(db, order_id, returning())
    joined = select(OrderLine, Sku).join(Sku, col(Sku.id) == OrderLine.sku_id).where(OrderLine.order_id == order_id)
    return [
        Returnable(line, sku, gone[line.id or 0], gone[line.id or 0] - back.get(line.id or 0, 0))
        for line, sku in db.exec(joined.order_by(col(OrderLine.id)))
        if gone.get(line.id or 0)
    ]


def shipped() -> sa.Subquery:
    line, units = col(ShipmentLine.order_line_id), sa.func.sum(col(ShipmentLine.shipped))
    return sa.select(line.label("line"), units.label("units")).group_by(line).subquery()


def returning() -> sa.Subquery:
    return (
        sa.select(col(ReturnItem.order_line_id).label("line"), sa.func.sum(col(ReturnItem.qty)).label("units"))
        .join(ReturnCase, col(ReturnCase.id) == col(ReturnItem.case_id))
        .where(col(ReturnCase.state) != CaseState.CANCELLED)
        .group_by(col(ReturnItem.order_line_id))
        .subquery()
    )


def held(db: Session, order_id: int) -> list[Held]:
    """What the returns of an order hold, for `tracking.resending`."""
    rows = db.execute(
        sa.select(col(ReturnCase.id), col(ReturnCase.number), col(ReturnItem.order_line_id), col(ReturnItem.qty))
        .join(ReturnItem, col(ReturnItem.case_id) == col(ReturnCase.id))
        .where(col(ReturnCase.order_id) == order_id, col(ReturnCase.state) != CaseState.CANCELLED)
        .order_by(col(ReturnItem.id))
    )
    return [Held(*row) for row in rows]


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


def variants(db: Session, sku: Sku) -> Sequence[Sku]:
    """What an article may be exchanged for: itself, and its other colours and sizes."""
    same = select(Sku).where(Sku.name == sku.name, col(Sku.is_active))
    return db.exec(same.order_by(col(Sku.id) != sku.id, Sku.colour, Sku.size, Sku.code)).all()


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
    return db.exec(joined.order_by(col(ReturnItem.position))).all()


def next_position(db: Session, case: ReturnCase) -> int | None:
    """The first item still to inspect, of a repair to scan; None when the case is not on the desk or all are done."""
    if case.state != CaseState.ARRIVED:
        return None
    done = ReturnItem.scanned_at if case.kind is CaseKind.REPAIR else ReturnItem.inspected_at
    todo = select(ReturnItem.position).where(ReturnItem.case_id == case.id, col(done).is_(None))
    return db.exec(todo.order_by(col(ReturnItem.position))).first()


def item_at(db: Session, case_id: int, position: int) -> tuple[ReturnItem, Sku]:
    """The n-th item of a case, or Unknown."""
    found = [(item, sku) for item, sku in items_of(db, case_id) if item.position == position]
    if not found:
        raise Unknown("returns.unknown")
    return found[0]


def skus(db: Session, ids: Iterable[int]) -> dict[int | None, Sku]:
    return {sku.id: sku for sku in db.exec(select(Sku).where(col(Sku.id).in_(list(ids))))}


def photos_of(db: Session, *, item_id: int | None = None, stray_id: int | None = None) -> Sequence[int]:
    """Ids of the pictures of an item, or of a parcel nobody announced; the pictures stay in the database."""
    mine = (ReturnPhoto.item_id == item_id) if item_id else (ReturnPhoto.stray_id == stray_id)
    return [photo or 0 for photo in db.exec(select(ReturnPhoto.id).where(mine).order_by(col(ReturnPhoto.id)))]


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


def to_rework(db: Session) -> Sequence[tuple[ReturnItem, Sku, ReturnCase]]:
    """Items of closed cases that somebody has to make as good as new, oldest first."""
    waiting = (
        select(ReturnItem, Sku, ReturnCase)
        .join(ReturnCase, col(ReturnCase.id) == ReturnItem.case_id)
        .join(Sku, col(Sku.id) == ReturnItem.sku_id)
        .where(ReturnCase.state == CaseState.CLOSED, ReturnItem.disposition == Disposition.REWORK)
        .where(col(ReturnItem.reworked_at).is_(None))
    )
    return db.exec(waiting.order_by(col(ReturnCase.closed_at), col(ReturnItem.id)).limit(200)).all()


def waiting_put_aways(
    db: Session, warehouse_id: int | None, sku_id: int | None = None
) -> Sequence[tuple[ReturnItem, Sku, ReturnCase]]:
    """Restocked items of closed cases that still stand on the returns shelf, oldest first; of one warehouse, or all."""
    waiting = (
        select(ReturnItem, Sku, ReturnCase)
        .join(ReturnCase, col(ReturnCase.id) == ReturnItem.case_id)
        .join(Sku, col(Sku.id) == ReturnItem.sku_id)
        .where(ReturnCase.state == CaseState.CLOSED, GOOD_AGAIN, col(ReturnItem.put_away_at).is_(None))
    )
    if warehouse_id is not None:
        waiting = waiting.where(ReturnCase.warehouse_id == warehouse_id)
    if sku_id is not None:
        waiting = waiting.where(ReturnItem.sku_id == sku_id)
    return db.exec(waiting.order_by(col(ReturnCase.closed_at), col(ReturnItem.id)).limit(200)).all()


def site_of(db: Session, code: str) -> int | None:
    """The warehouse a person works in; None for people of the whole house."""
    return db.exec(select(Warehouse.id).where(Warehouse.code == code)).first()


def warehouse_of(db: Session, case: ReturnCase) -> Warehouse:
    house = db.get(Warehouse, case.warehouse_id)
    assert house is not None
    return house
