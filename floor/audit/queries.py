"""Reads of the audit: the queue, one order with its evidence, twins, rules with their hits."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from floor.audit.checks import CHECKS, HAPPENINGS
from floor.audit.models import Blocked, Flag, Hold, Rule, Severity, Verdict
from floor.events.models import AuditEvent
from floor.events.queries import story_of
from floor.kit import clock
from floor.kit.errors import Unknown
from floor.orders.models import Customer, Order, OrderLine
from floor.orders.states import OrderState

#: How long a pass can be taken back.
UNDO = timedelta(seconds=60)


def rules(db: Session) -> dict[str, Rule]:
    """Every rule by code, in the order of the checks; one without a row stands with its default settings, switched on:
    a house that forgot to install them must not release everything."""
    found = {rule.code: rule for rule in db.exec(select(Rule))}
    return {code: found.get(code) or _default(code, _defaults()[code]) for code in (*CHECKS, *HAPPENINGS)}


@cache
def _defaults() -> dict[str, dict[str, Any]]:
    return dict(json.loads(Path(__file__).with_name("rules.json").read_text("utf-8")))


def _default(code: str, given: Mapping[str, Any]) -> Rule:
    settings = {name: value for name, value in given.items() if name not in ("severity", "is_active")}
    severity = Severity(given.get("severity", "hold"))
    return Rule(code=code, is_active=given.get("is_active", True), severity=severity, settings=settings)


def active_rules(db: Session) -> dict[str, Rule]:
    return {code: rule for code, rule in rules(db).items() if rule.is_active}


def rule_for(db: Session, code: str) -> Rule:
    found = rules(db).get(code)
    if found is None:
        raise Unknown("audit.unknown_rule")
    return found


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
    #: The person's word who left it for later, if anybody did.
    kept: Hold | None


def queue(
    db: Session, rule: str = "", text: str = "", page: int = 1, size: int = 50, *, later: bool = False
) -> tuple[list[Waiting], int]:
    """Held orders by deadline, one page; and how many there are. `text` looks in numbers and the buyer's name.

    What somebody left for a later time is not among them until then; `later` shows exactly these.
    """
    held = _held(rule, text, later)
    total = db.exec(select(func.count()).select_from(held.subquery())).one()
    page_of = held.order_by(col(Order.promised_at), col(Order.id)).offset((page - 1) * size).limit(size)
    found = db.execute(page_of).all()
    ids = [row[0].id for row in found]
    flags = _open_flags(db, ids)
    kept = {row.order_id: row for row in db.exec(select(Hold).where(col(Hold.order_id).in_(ids)))}
    return [Waiting(o, c.name if c else "", flags.get(o.id or 0, []), kept.get(o.id or 0)) for o, c in found], total


def _snoozed() -> sa.ColumnElement[bool]:
    """Left by a person for a time that has not come."""
    return sa.exists().where(col(Hold.order_id) == col(Order.id), col(Hold.until) > clock.now())


def _held(rule: str, text: str, later: bool) -> sa.Select[Order, Customer]:
    held = sa.select(Order, Customer).outerjoin(Customer, col(Customer.id) == col(Order.customer_id))
    held = held.where(col(Order.state) == OrderState.HELD, _snoozed() if later else ~_snoozed())
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
    """The held order that comes after this one by deadline; from the top again at the end. Not one left for later."""
    held = select(Order.id).where(Order.state == OrderState.HELD, Order.id != after.id, ~_snoozed())
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


def told(db: Session, limit: int = 20) -> list[tuple[Order, list[Flag]]]:
    """What shops said of orders that nobody can hold for it, the newest first, until somebody has seen it."""
    noted = select(Flag.order_id).where(*_UNSEEN)
    mine = db.exec(select(Order).where(col(Order.id).in_(noted)).order_by(col(Order.id).desc()).limit(limit)).all()
    flags: dict[int, list[Flag]] = {}
    for flag in db.exec(_noted([order.id for order in mine])):
        flags.setdefault(flag.order_id, []).append(flag)
    return [(order, flags.get(order.id or 0, [])) for order in mine]


def noted_of(db: Session, order_id: int) -> Sequence[Flag]:
    """What was only told of an order and nobody has seen yet; locked."""
    return db.exec(_noted([order_id]).with_for_update()).all()


#: Told, and nobody said yet that they read it.
_UNSEEN = (Flag.verdict == Verdict.NOTED, col(Flag.decided_at).is_(None), col(Flag.rule).in_(HAPPENINGS))


def _noted(order_ids: Iterable[int | None]) -> SelectOfScalar[Flag]:
    return select(Flag).where(col(Flag.order_id).in_(list(order_ids)), *_UNSEEN).order_by(col(Flag.id))


def hold_of(db: Session, order_id: int) -> Hold | None:
    return db.get(Hold, order_id)


def flag_counts(db: Session) -> dict[str, int]:
    """Held orders per rule that flagged them."""
    counted = (
        select(Flag.rule, func.count(func.distinct(col(Flag.order_id))))
        .join(Order, col(Order.id) == Flag.order_id)
        .where(Flag.verdict == Verdict.OPEN, Order.state == OrderState.HELD, ~_snoozed())
        .group_by(Flag.rule)
    )
    return dict(db.exec(counted).all())


def held_count(db: Session) -> int:
    """Orders somebody has to decide now."""
    held = select(func.count()).select_from(Order).where(Order.state == OrderState.HELD)
    return db.exec(held.where(~_snoozed())).one()


def later_count(db: Session) -> int:
    """Orders left for a time that has not come."""
    return db.exec(select(func.count()).select_from(Order).where(Order.state == OrderState.HELD, _snoozed())).one()


#: What a person can decide, and take back within `UNDO`.
DECISIONS = (
    "audit.order.passed", "audit.order.kept", "audit.order.refused", "audit.order.merged", "audit.order.split",
)  # fmt: skip
_UNDONE = ("audit.order.pass_undone", "audit.order.undone")


def last_decision(db: Session, order_id: int) -> AuditEvent | None:
    """The decision that can still be taken back, or None."""
    for event in story_of(db, "order", order_id, limit=40):
        if event.kind in _UNDONE:
            return None
        if event.kind in DECISIONS:
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


#: Nobody and nothing said yet whether such a flag was right.
_UNDECIDED = (Verdict.OPEN, Verdict.NOTED)


def rule_records(db: Session, since: datetime | None = None) -> list[RuleRecord]:
    begin = since or clock.now() - timedelta(days=7)
    counted = (
        sa.select(
            col(Flag.rule),
            sa.func.count().label("hits"),
            sa.func.sum(sa.case((col(Flag.verdict).in_(_UNDECIDED), 0), else_=1)).label("decided"),
            sa.func.sum(sa.case((col(Flag.verdict) == Verdict.PASSED, 1), else_=0)).label("passed"),
        )
        .where(col(Flag.raised_at) >= begin)
        .group_by(col(Flag.rule))
    )
    by_code = {row.rule: (row.hits, row.decided, row.passed) for row in db.execute(counted)}
    return [RuleRecord(rule, *by_code.get(code, (0, 0, 0))) for code, rule in rules(db).items()]


def blocked(db: Session) -> Sequence[Blocked]:
    """Everybody on the house's list, the newest first."""
    return db.exec(select(Blocked).order_by(col(Blocked.id).desc()).limit(500)).all()


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
