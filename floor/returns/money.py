"""Money of returns: what goes back, and the rows that say it went. Whole fen; sums are read behind the order's lock.

Every item claims its share of what was paid for its line, once: when it is inspected, or before, when its money is paid
early or credited to the order that is sent for it. Rows follow the claims and never pass what was paid, of the order
and of each line.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from floor.events.service import Event, record
from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.errors import Conflict
from floor.orders.models import Order, OrderLine
from floor.people.models import User
from floor.returns import ruleset
from floor.returns.models import CaseKind, Refund, RefundKind, RefundWhy, ReturnCase, ReturnItem
from floor.returns.rules import Quote, goods_share
from floor.returns.states import CaseState


def paid_for(line: OrderLine) -> int:
    """What the order's buyer paid for all units of a line, freight and the order's own rebates aside. Fen."""
    return max(0, line.unit_price_fen * line.qty - line.discount_fen)


@dataclass(frozen=True)
class _Claim:
    line_id: int
    qty: int
    goods_fen: int
    freight_fen: int


def quotes(db: Session, case: ReturnCase, items: Sequence[ReturnItem]) -> list[Quote]:
    """What goes back for each item, one after the other: its share of what was paid for its line, and the freight if
    the case's reason brings it; what it claims already once it does.

    Never more than what of the order's payment is left. Trustworthy only under the order's row lock.
    """
    order, claims = db.get_one(Order, case.order_id), _claims(db, case.order_id)
    pays_freight = case.kind is CaseKind.REFUND and ruleset.now(db).terms[case.reason].pays_freight
    found = []
    for item in items:
        if _is_fixed(item):
            found.append(Quote(item.refund_fen - item.freight_fen, item.freight_fen))
            continue
        line = db.get_one(OrderLine, item.order_line_id)
        same = [one for one in claims if one.line_id == line.id]
        given = sum(one.goods_fen for one in same)
        goods = goods_share(paid_for(line), line.qty, sum(one.qty for one in same), given, item.qty)
        left = max(0, order.paid_fen - sum(one.goods_fen + one.freight_fen for one in claims))
        goods = min(goods, left)
        freight = order.freight_fen - sum(one.freight_fen for one in claims) if pays_freight else 0
        found.append(Quote(goods, max(0, min(freight, left - goods))))
        claims.append(_Claim(item.order_line_id, item.qty, goods, found[-1].freight_fen))
    return found


def quote(db: Session, case: ReturnCase, item: ReturnItem) -> Quote:
    """`quotes` of one item."""
    return quotes(db, case, [item])[0]


def owed(db: Session, case: ReturnCase, items: Sequence[ReturnItem]) -> int:
    """What goes back for these items together, fen."""
    return sum(one.total_fen for one in quotes(db, case, items))


def _is_fixed(item: ReturnItem) -> bool:
    return item.inspected_at is not None or item.settled_at is not None


def _claims(db: Session, order_id: int) -> list[_Claim]:
    """Of every item of an order whose money is fixed, over all its cases."""
    every = select(ReturnItem, OrderLine).join(ReturnCase, col(ReturnCase.id) == ReturnItem.case_id)
    every = every.join(OrderLine, col(OrderLine.id) == ReturnItem.order_line_id)
    mine = db.exec(every.where(ReturnCase.order_id == order_id, ReturnCase.state != CaseState.CANCELLED))
    return [_Claim(line.id or 0, one.qty, _goods(one, line), one.freight_fen) for one, line in mine if _is_fixed(one)]


def _goods(item: ReturnItem, line: OrderLine) -> int:
    """What of its line's money an item has; settled at nothing, its goods went out again, paid with it."""
    if item.settled_at is not None and not item.refund_fen:
        return paid_for(line) * item.qty // max(line.qty, 1)
    return item.refund_fen - item.freight_fen


def settle(db: Session, case: ReturnCase, items: Sequence[ReturnItem]) -> list[Quote]:
    """Fix what items claim, although nobody has looked at them yet. Returns what each claims."""
    found = quotes(db, case, items)
    for item, claim in zip(items, found, strict=True):
        item.refund_fen, item.freight_fen = claim.total_fen, claim.freight_fen
        if item.inspected_at is None:
            item.settled_at = item.settled_at or clock.now()
        db.add(item)
    db.flush()
    return found


def rows_of(db: Session, case_id: int) -> Sequence[Refund]:
    return db.exec(select(Refund).where(Refund.case_id == case_id).order_by(col(Refund.id))).all()


def pay_rest(
    db: Session, case: ReturnCase, items: Sequence[ReturnItem], why: RefundWhy, actor: Actor, second: User | None = None
) -> int:  # fmt: skip
    """Record as money what the items of a case claim and no row says yet. Returns fen."""
    rest: Counter[int | None] = Counter()
    for item in items:
        rest[item.order_line_id] += item.refund_fen - item.freight_fen
        rest[None] += item.freight_fen
    for row in rows_of(db, case.id or 0):
        rest[row.order_line_id] -= row.amount_fen
    return _add(db, case, +rest, RefundKind.MONEY, why, actor, second)


def credit(db: Session, case: ReturnCase, lines: Mapping[int | None, int], why: RefundWhy, actor: Actor) -> int:
    """Record that money of these lines pays for the order that is sent. Returns fen."""
    return _add(db, case, +Counter(lines), RefundKind.CREDIT, why, actor)


def _add(
    db: Session, case: ReturnCase, parts: Mapping[int | None, int], kind: RefundKind, why: RefundWhy, actor: Actor,
    second: User | None = None,
) -> int:  # fmt: skip
    """One row per line, and one for the freight. Raises Conflict rather than pass what was paid."""
    before: Counter[int | None] = Counter()
    for row in db.exec(select(Refund).where(Refund.order_id == case.order_id)):
        before[row.order_line_id] += row.amount_fen
    order, total = db.get_one(Order, case.order_id), sum(parts.values())
    for line_id, fen in parts.items():
        limit = order.freight_fen if line_id is None else paid_for(db.get_one(OrderLine, line_id))
        if before[line_id] + fen > limit:
            raise Conflict("returns.more_than_paid")
    if before.total() + total > order.paid_fen:
        raise Conflict("returns.more_than_paid")
    if not total:
        return 0
    by, agreed = actor.id if actor.kind == "user" else None, second.id if second else None
    case_id, order_id = case.id or 0, case.order_id
    db.add_all(
        Refund(
            case_id=case_id, order_id=order_id, order_line_id=line_id, amount_fen=fen, kind=kind, why=why,
            recorded_by=by, second_id=agreed,
        )
        for line_id, fen in sorted(parts.items(), key=lambda part: (part[0] is None, part[0] or 0))
    )  # fmt: skip
    db.flush()
    lines = [[line_id, fen] for line_id, fen in parts.items()]
    data = {"fen": total, "kind": kind, "why": why, "second": agreed, "lines": lines}
    record(db, Event("returns.refund.recorded", "return", case_id, order_id, data), actor)
    return total
