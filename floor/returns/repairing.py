"""Repair: what is wrong, what it costs, the parts it takes, and the order that takes the goods home.

The goods stand on the returns shelf from their arrival to the walk that picks them for the way back. What was paid for
them goes along as credit, as in an exchange: they can come back once more, and be paid back then.
"""

from collections import Counter
from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.catalog.models import Sku
from floor.events.service import Event, record
from floor.inventory import service as inventory
from floor.inventory.models import Bin, BinKind, MoveReason, PlaceKind
from floor.inventory.service import Move, Wish
from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.errors import Conflict, Invalid, Unknown
from floor.orders import service as orders
from floor.orders.models import Order, OrderLine
from floor.orders.states import OrderAction
from floor.returns import cases, money, queries, sending
from floor.returns.models import CaseKind, Disposition, RefundWhy, Repair, RepairPart, ReturnCase, ReturnItem
from floor.returns.states import REPAIR, CaseAction, RepairAction, RepairState
from floor.shipments import service as shipments
from floor.shipments.models import Shipment, ShipmentLine


def repair_of(db: Session, case_id: int) -> Repair | None:
    return db.get(Repair, case_id)


def parts_of(db: Session, case_id: int) -> Sequence[tuple[RepairPart, Sku, Bin]]:
    joined = (
        select(RepairPart, Sku, Bin)
        .join(Sku, col(Sku.id) == RepairPart.sku_id)
        .join(Bin, col(Bin.id) == RepairPart.bin_id)
    )
    return db.exec(joined.where(RepairPart.case_id == case_id).order_by(col(RepairPart.id))).all()


def under_way(db: Session) -> Sequence[tuple[Repair, ReturnCase, Order]]:
    """Repairs that are neither sent back nor given up, oldest first."""
    joined = (
        select(Repair, ReturnCase, Order)
        .join(ReturnCase, col(ReturnCase.id) == Repair.case_id)
        .join(Order, col(Order.id) == ReturnCase.order_id)
        .where(col(Repair.state).not_in([RepairState.SENT_BACK, RepairState.GIVEN_UP]))
    )
    return db.exec(joined.order_by(col(Repair.case_id))).all()


def begin(db: Session, case: ReturnCase) -> None:
    """The goods are here."""
    db.add(Repair(case_id=case.id or 0))
    db.flush()


def _locked(db: Session, case_id: int) -> tuple[ReturnCase, Repair]:
    case = cases.locked(db, case_id)
    repair = db.get(Repair, case_id, populate_existing=True)
    if repair is None:
        raise Unknown("returns.unknown")
    return case, repair


def advance(
    db: Session, case: ReturnCase, repair: Repair, action: RepairAction, actor: Actor, **data: object
) -> None:  # fmt: skip
    """The only door to a repair's state. Raises Conflict when the table has no such move."""
    repair.state, repair.changed_at = REPAIR.after(repair.state, action), clock.now()
    db.add(repair)
    db.flush()
    record(db, Event(f"returns.repair.{action}", "return", repair.case_id, case.order_id, data), actor)


def diagnose(db: Session, case_id: int, diagnosis: str, actor: Actor) -> None:
    """Write down what is wrong."""
    case, repair = _locked(db, case_id)
    repair.diagnosis = diagnosis
    advance(db, case, repair, RepairAction.DIAGNOSE, actor)


def quote(db: Session, case_id: int, fen: int, actor: Actor) -> None:
    """Tell the customer what it costs. Nothing to pay is no quote: start then."""
    case, repair = _locked(db, case_id)
    repair.quote_fen = fen
    advance(db, case, repair, RepairAction.QUOTE, actor, quote_fen=fen)


def answer(db: Session, case_id: int, is_accepted: bool, actor: Actor) -> None:
    """The customer agrees to the price, or wants the goods back as they are."""
    case, repair = _locked(db, case_id)
    advance(db, case, repair, RepairAction.ACCEPT if is_accepted else RepairAction.DECLINE, actor)
    if not is_accepted:
        repair.quote_fen = 0
        db.flush()


def pay_fee(db: Session, case_id: int, actor: Actor) -> None:
    """The customer paid for the repair. Raises Conflict when nothing is to be paid."""
    case, repair = _locked(db, case_id)
    agreed = repair.state in (RepairState.ACCEPTED, RepairState.REPAIRING, RepairState.DONE)
    if not agreed or not repair.quote_fen or repair.fee_paid_at is not None:
        raise Conflict("returns.nothing_to_pay")
    repair.fee_paid_at = clock.now()
    db.add(repair)
    db.flush()
    data = {"fen": repair.quote_fen}
    record(db, Event("returns.repair.fee_paid", "return", case_id, case.order_id, data), actor)


def start(db: Session, case_id: int, actor: Actor) -> None:
    case, repair = _locked(db, case_id)
    advance(db, case, repair, RepairAction.START, actor)


def take_part(db: Session, case_id: int, where: Bin, sku_id: int, qty: int, actor: Actor) -> RepairPart:
    """Free units leave a shelf of this house and go into the goods. Raises Conflict("inventory.not_enough").

    Raises Conflict unless the repair is under way, Invalid for another house's shelf.
    """
    case, repair = _locked(db, case_id)
    if repair.state is not RepairState.REPAIRING:
        raise Conflict("returns.not_repairing")
    if where.warehouse_id != case.warehouse_id or where.kind is BinKind.RETURNS:
        raise Invalid("returns.no_part_here", field="bin", bin=where.code)
    outside = inventory.beyond(db, PlaceKind.CUSTOMER, case.warehouse_id)
    inventory.move(db, [Move(sku_id, qty, where.id, outside, MoveReason.SHIP)], "return", case_id, actor)
    part = RepairPart(case_id=case_id, sku_id=sku_id, bin_id=where.id, qty=qty, taken_by=actor.id)
    db.add(part)
    db.flush()
    data = {"sku": sku_id, "bin": where.id, "qty": qty}
    record(db, Event("returns.repair.part_taken", "return", case_id, case.order_id, data), actor)
    return part


def finish(db: Session, case_id: int, actor: Actor) -> None:
    case, repair = _locked(db, case_id)
    advance(db, case, repair, RepairAction.FINISH, actor)


def give_up(db: Session, case_id: int, actor: Actor) -> None:
    """It cannot be repaired: the case goes on at the desk as a return for money."""
    case, repair = _locked(db, case_id)
    case.kind = CaseKind.REFUND
    db.add(case)
    advance(db, case, repair, RepairAction.GIVE_UP, actor)


def send_back(db: Session, case_id: int, actor: Actor) -> Order:
    """An order takes the goods home: released, its shipment planned from the returns shelf, a walk fetches it.

    Raises Invalid while goods were not scanned or the fee is not paid, Conflict when somebody was faster.
    """
    case, repair = _locked(db, case_id)
    items = cases.items(db, case_id)
    if not items or any(item.scanned_at is None for item in items):
        raise Invalid("returns.not_scanned")
    if repair.quote_fen and repair.fee_paid_at is None and repair.state is not RepairState.DECLINED:
        raise Invalid("returns.fee_not_paid")
    lines, credited = [], Counter[int | None]()
    for item, claim in zip(items, money.settle(db, case, items), strict=True):
        share = claim.goods_fen
        credited[item.order_line_id] += share
        lines.append(sending.line_worth(item.sku_id, item.qty, share))
        item.credit_fen = share
        item.disposition, item.inspected_at, item.inspected_by = Disposition.SEND_BACK, clock.now(), actor.id
        db.add(item)
    advance(db, case, repair, RepairAction.SEND_BACK, actor)
    cases.advance(db, case, CaseAction.CLOSE, actor)
    paid = money.credit(db, case, credited, RefundWhy.REPAIR, actor)
    made = sending.make(db, case, "repair", lines, paid, actor)
    orders.advance(db, made, OrderAction.RELEASE, actor)
    _plan(db, case, made, _carrier(db, items), actor)
    return made


def _plan(db: Session, case: ReturnCase, made: Order, carrier_id: int, actor: Actor) -> None:
    """The shipment, its units promised where they stand: nobody else's, and no other unit."""
    wanted = db.exec(select(OrderLine).where(OrderLine.order_id == made.id).order_by(col(OrderLine.id))).all()
    units = {line.id or 0: (line.sku_id, line.qty) for line in wanted}
    _shipment, lines = shipments.plan(db, made, case.warehouse_id, carrier_id, units, None, actor)
    shelf = queries.bin_of_kind(db, case.warehouse_id, BinKind.RETURNS).id
    inventory.reserve(db, [Wish(shelf, units[of][0], units[of][1], line.id) for of, line in lines.items()])
    data = {"house": case.warehouse_id, "order": made.id}
    record(db, Event("returns.repair.going_home", "return", case.id or 0, case.order_id, data), actor)


def _carrier(db: Session, items: Sequence[ReturnItem]) -> int:
    """Who brought the goods to the customer brings them again."""
    found = db.execute(
        sa.select(col(Shipment.carrier_id))
        .join(ShipmentLine, col(ShipmentLine.shipment_id) == col(Shipment.id))
        .where(col(ShipmentLine.order_line_id).in_([item.order_line_id for item in items]))
        .where(col(ShipmentLine.shipped) > 0)
        .order_by(col(Shipment.id).desc())
    ).scalars().first()  # fmt: skip
    if found is None:
        raise Conflict("returns.nothing_shipped")
    return found
