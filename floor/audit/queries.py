"""Reads of the audit: the queue, one order with its evidence, twins, rules with their hits."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from floor.audit.checks import CHECKS, Facts, Line, Place, Twin
from floor.audit.models import Flag, Rule, Verdict
from floor.catalog.models import Sku
from floor.events.models import AuditEvent
from floor.events.queries import story_of
from floor.kit import clock
from floor.kit.errors import Unknown
from floor.orders import queries as orders
from floor.orders.models import Customer, Order, OrderLine
from floor.orders.states import OrderState

#: How long a pass can be taken back.
UNDO = timedelta(seconds=60)

#: The texts the stop words are looked for in.
TEXTS = ("buyer_note", "seller_note", "gift_message")


def rules(db: Session) -> dict[str, Rule]:
    """Every rule by code, in the order of the checks; one without a row stands with its default settings, switched on:
    a house that forgot to install them must not release everything."""
    found = {rule.code: rule for rule in db.exec(select(Rule))}
    defaults = json.loads(Path(__file__).with_name("rules.json").read_text("utf-8"))
    return {code: found.get(code) or Rule(code=code, settings=defaults[code]) for code in CHECKS}


def rule_for(db: Session, code: str) -> Rule:
    found = rules(db).get(code)
    if found is None:
        raise Unknown("audit.unknown_rule")
    return found


def facts_of(db: Session, order: Order, twin_minutes: int) -> Facts:
    """What the checks may know of an order."""
    assert order.id is not None
    where = orders.address_of(db, order.id)
    lines = orders.lines_of(db, order.id)
    return Facts(
        placed_at=order.placed_at,
        is_paid=order.paid_at is not None,
        goods_fen=order.goods_fen,
        freight_fen=order.freight_fen,
        discount_fen=order.discount_fen,
        total_fen=order.total_fen,
        paid_fen=order.paid_fen,
        place=Place(where.recipient, where.phone, where.province, where.city, where.street, where.country),
        lines=tuple(Line(sku.code, line.qty, line.unit_price_fen, line.discount_fen) for line, sku in lines),
        texts={name: getattr(order, name) for name in TEXTS},
        twins=tuple(Twin(twin.number, twin.placed_at) for twin in twins_of(db, order, twin_minutes)),
    )


def twins_of(db: Session, order: Order, minutes: int) -> list[Order]:
    """Earlier orders of the same buyer with the same goods, not cancelled. Only the later twin has one: it is the
    one to look at, while the first goes its way."""
    if order.customer_id is None:
        return []
    near = select(Order).where(
        Order.customer_id == order.customer_id,
        Order.state != OrderState.CANCELLED,
        col(Order.placed_at) >= order.placed_at - timedelta(minutes=minutes),
        sa.or_(
            col(Order.placed_at) < order.placed_at,
            sa.and_(col(Order.placed_at) == order.placed_at, col(Order.id) < order.id),
        ),
    )
    mine = _goods(db, order.id or 0)
    return [other for other in db.exec(near.order_by(col(Order.id))) if _goods(db, other.id or 0) == mine]


def _goods(db: Session, order_id: int) -> list[tuple[int, int]]:
    wants = select(OrderLine.sku_id, func.sum(OrderLine.qty)).where(OrderLine.order_id == order_id)
    return sorted((sku, int(qty)) for sku, qty in db.exec(wants.group_by(col(OrderLine.sku_id))))


def flags_of(db: Session, order_id: int, *, lock: bool = False) -> Sequence[Flag]:
    """All flags an order ever had, oldest first."""
    mine = select(Flag).where(Flag.order_id == order_id).order_by(col(Flag.id))
    return db.exec(mine.with_for_update() if lock else mine).all()


def received(db: Session) -> Sequence[int]:
    """Ids of orders nobody looked at yet, most urgent first."""
    new = select(Order.id).where(Order.state == OrderState.RECEIVED).order_by(col(Order.promised_at), col(Order.id))
    return [found for found in db.exec(new) if found is not None]


@dataclass(frozen=True)
class Waiting:
    """One held order of the queue."""

    order: Order
    buyer: str
    flags: list[Flag]
    #: Why a person left it on hold, a code of messages.HOLD_REASONS; "" when nobody did.
    kept: str


def queue(db: Session, rule: str = "", text: str = "", page: int = 1, size: int = 50) -> tuple[list[Waiting], int]:
    """Held orders by deadline, one page; and how many there are. `text` looks in numbers and the buyer's name."""
    held = _held(rule, text)
    total = db.exec(select(func.count()).select_from(held.subquery())).one()
    page_of = held.order_by(col(Order.promised_at), col(Order.id)).offset((page - 1) * size).limit(size)
    found = db.execute(page_of).all()
    ids = [row[0].id for row in found]
    flags = _open_flags(db, ids)
    kept = kept_reasons(db, ids)
    return [Waiting(o, c.name if c else "", flags.get(o.id or 0, []), kept.get(o.id or 0, "")) for o, c in found], total


def _held(rule: str, text: str) -> sa.Select[Order, Customer]:
    held = sa.select(Order, Customer).outerjoin(Customer, col(Customer.id) == col(Order.customer_id))
    held = held.where(col(Order.state) == OrderState.HELD)
    if rule:
        mine = (col(Flag.order_id) == col(Order.id), col(Flag.rule) == rule, col(Flag.verdict) == Verdict.OPEN)
        held = held.where(sa.exists().where(*mine))
    if text:
        anywhere = f"%{text.replace('%', '').replace('_', '')}%"
        held = held.where(
            sa.or_(
                col(Order.number).ilike(anywhere),
                col(Order.external_id).ilike(anywhere),
                col(Customer.name).ilike(anywhere),
            )
        )
    return held


def next_in_queue(db: Session, after: Order, rule: str = "") -> int | None:
    """The held order that comes after this one by deadline; from the top again at the end."""
    held = select(Order.id).where(Order.state == OrderState.HELD, Order.id != after.id)
    if rule:
        flagged = select(Flag.order_id).where(Flag.rule == rule, Flag.verdict == Verdict.OPEN)
        held = held.where(col(Order.id).in_(flagged))
    by_deadline = held.order_by(col(Order.promised_at), col(Order.id))
    later = sa.or_(
        col(Order.promised_at) > after.promised_at,
        sa.and_(col(Order.promised_at) == after.promised_at, col(Order.id) > after.id),
    )
    return db.exec(by_deadline.where(later)).first() or db.exec(by_deadline).first()


def _open_flags(db: Session, order_ids: Iterable[int | None]) -> dict[int, list[Flag]]:
    mine = select(Flag).where(col(Flag.order_id).in_(list(order_ids)), Flag.verdict == Verdict.OPEN)
    found: dict[int, list[Flag]] = {}
    for flag in db.exec(mine.order_by(col(Flag.id))):
        found.setdefault(flag.order_id, []).append(flag)
    return found


def kept_reasons(db: Session, order_ids: Iterable[int | None]) -> dict[int, str]:
    """Why people left these orders on hold, the latest word each."""
    said = select(AuditEvent).where(
        AuditEvent.kind == "audit.order.kept", col(AuditEvent.order_id).in_(list(order_ids))
    )
    events = db.exec(said.order_by(col(AuditEvent.id)))
    return {event.order_id: event.data["reason"] for event in events if event.order_id is not None}


def flag_counts(db: Session) -> dict[str, int]:
    """Held orders per rule that flagged them."""
    counted = (
        select(Flag.rule, func.count(func.distinct(col(Flag.order_id))))
        .join(Order, col(Order.id) == Flag.order_id)
        .where(Flag.verdict == Verdict.OPEN, Order.state == OrderState.HELD)
        .group_by(Flag.rule)
    )
    return dict(db.exec(counted).all())


def held_count(db: Session) -> int:
    return db.exec(select(func.count()).select_from(Order).where(Order.state == OrderState.HELD)).one()


def last_pass(db: Session, order_id: int) -> AuditEvent | None:
    """The pass that can still be taken back, or None."""
    for event in story_of(db, "order", order_id, limit=20):
        if event.kind == "audit.order.pass_undone":
            return None
        if event.kind == "audit.order.passed":
            return event if event.at >= clock.now() - UNDO else None
    return None


@dataclass(frozen=True)
class RuleRecord:
    """How a rule does: flags raised in the last 7 days, and of those decided how many a person let pass."""

    rule: Rule
    hits: int
    decided: int
    passed: int

    @property
    def overturned(self) -> int | None:
        """Percent of decided flags that were let pass; None when none is decided."""
        return round(100 * self.passed / self.decided) if self.decided else None


def rule_records(db: Session, since: datetime | None = None) -> list[RuleRecord]:
    begin = since or clock.now() - timedelta(days=7)
    counted = (
        sa.select(
            col(Flag.rule),
            sa.func.count().label("hits"),
            sa.func.sum(sa.case((col(Flag.verdict) == Verdict.OPEN, 0), else_=1)).label("decided"),
            sa.func.sum(sa.case((col(Flag.verdict) == Verdict.PASSED, 1), else_=0)).label("passed"),
        )
        .where(col(Flag.raised_at) >= begin)
        .group_by(col(Flag.rule))
    )
    by_code = {row.rule: (row.hits, row.decided, row.passed) for row in db.execute(counted)}
    return [RuleRecord(rule, *by_code.get(code, (0, 0, 0))) for code, rule in rules(db).items()]


def sku_codes(db: Session, order_id: int) -> Sequence[str]:
    """`2 x CODE` per line, for the side by side of twins."""
    joined = select(OrderLine.qty, Sku.code).join(Sku, col(Sku.id) == OrderLine.sku_id)
    return [f"{qty} × {code}" for qty, code in db.exec(joined.where(OrderLine.order_id == order_id))]


def broken_flags(db: Session) -> list[str]:
    """Check: an order set free has no flag left open; an order under audit holds its lines whole."""
    open_ones = (
        select(Order.number, Flag.rule)
        .join(Flag, col(Flag.order_id) == Order.id)
        .where(Order.state == OrderState.RELEASED, Flag.verdict == Verdict.OPEN)
    )
    empty = select(Order.number).where(
        col(Order.state).in_((OrderState.RECEIVED, OrderState.HELD)),
        ~sa.exists().where(col(OrderLine.order_id) == col(Order.id)),
    )
    broken = [f"{number} is released, but flag {rule} is open" for number, rule in db.exec(open_ones)]
    return broken + [f"{number} is in the house without a line" for number in db.exec(empty)]
