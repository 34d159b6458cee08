"""Exchange: the goods that come back pay for a new order. When it is sent is a rule of the return's reason."""

from collections import Counter

from sqlmodel import Session

from floor.catalog.models import Sku
from floor.events.service import Event, record
from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.errors import Conflict
from floor.orders import service as orders
from floor.orders.models import Order
from floor.returns import cases, money, ruleset, sending
from floor.returns.models import Disposition, RefundWhy, ReturnCase, ReturnItem
from floor.returns.rules import Timing, worth


def timing(db: Session, case: ReturnCase) -> Timing:
    return ruleset.now(db).terms[case.reason].exchange


def goes_at_once(db: Session, case: ReturnCase) -> bool:
    """Its reason sends before the goods are here, and they are worth no more than that allows."""
    terms = ruleset.now(db).terms[case.reason]
    worth_fen = money.owed(db, case, cases.items(db, case.id or 0))
    return terms.exchange is Timing.AT_ONCE and worth_fen <= terms.early_fen


def difference(db: Session, item: ReturnItem) -> int:
    """How much more than the goods that come back those wanted list for, all units, fen; negative: less."""
    wanted, back = db.get_one(Sku, item.wants_sku_id), db.get_one(Sku, item.sku_id)
    return (wanted.price_fen - back.price_fen) * item.qty


def send(db: Session, case: ReturnCase, actor: Actor) -> Order | None:
    """Make the new order, once. Items nobody inspected yet claim their money with it: it is the order's now.

    None when it was made before, or nothing of the case came.
    """
    items = [item for item in cases.items(db, case.id or 0) if item.disposition != Disposition.NEVER_CAME]
    if case.sends_id is not None or not items:
        return None
    lines, credited = [], Counter[int | None]()
    for item, share in zip(items, money.settle(db, case, items), strict=True):
        credit, value = worth(share.goods_fen, difference(db, item))
        item.credit_fen = credit
        credited[item.order_line_id] += credit
        lines.append(sending.line_worth(item.wants_sku_id or 0, item.qty, value))
    paid = money.credit(db, case, credited, RefundWhy.EXCHANGE, actor)
    made = sending.make(db, case, "exchange", lines, paid, actor)
    data = {"order": made.id, "credit_fen": paid, "to_pay_fen": made.total_fen - paid}
    record(db, Event("returns.exchange.sent", "return", case.id or 0, case.order_id, data), actor)
    return made


def to_pay(db: Session, case: ReturnCase) -> int:
    """What is still to be paid for the order of a case, fen."""
    made = db.get(Order, case.sends_id) if case.sends_id else None
    return max(0, made.total_fen - made.paid_fen) if made else 0


def pay_difference(db: Session, case_id: int, actor: Actor) -> int:
    """The customer paid what the other goods cost more: the audit may let the order go. Returns fen.

    Raises Conflict when nothing is to be paid.
    """
    case = cases.locked(db, case_id)
    made = db.get(Order, case.sends_id, with_for_update=True, populate_existing=True) if case.sends_id else None
    fen = to_pay(db, case)
    if made is None or not fen:
        raise Conflict("returns.nothing_to_pay")
    orders.pay(db, made, made.total_fen, clock.now(), actor)
    return fen
