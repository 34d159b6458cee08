"""A rule tried on yesterday's orders: what it would have flagged, before anybody switches it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlmodel import Session, col, func, select

from floor.audit import queries, service
from floor.audit.checks import Finding
from floor.audit.models import Flag, Rule, Verdict
from floor.kit import clock
from floor.orders.models import Order

#: Orders looked at, the newest first: enough to tell a rate, few enough to wait for.
MOST = 400


@dataclass(frozen=True)
class Trial:
    """How a rule would have done. `orders` came in within the last day, `looked` of them were tried."""

    orders: int
    looked: int
    #: Orders it would flag; of these, those the rule as it stands flags too.
    hits: int
    same: int
    #: Orders the rule as it stands flags and this one would let go.
    lost: int
    #: Of the orders it would flag: what people decided about this rule's flag, where they did.
    passed: int
    upheld: int
    examples: list[tuple[Order, Finding]]


def try_rule(db: Session, code: str, settings: Mapping[str, Any]) -> Trial:
    """Try a rule with these settings on the orders of the last 24 hours. Nothing is written."""
    since = clock.now() - timedelta(hours=24)
    recent = select(Order).where(col(Order.received_at) >= since)
    total = db.exec(select(func.count()).select_from(recent.subquery())).one()
    sample = db.exec(recent.order_by(col(Order.id).desc()).limit(MOST)).all()
    now = queries.rule_for(db, code)
    tried = Rule(code=code, settings={**now.settings, **settings})
    found = {order.id: service.look(db, order, {code: tried}) for order in sample}
    hits = {id_ for id_, findings in found.items() if findings}
    old = {order.id for order in sample if service.look(db, order, {code: now})} if now.is_active else set()
    said = select(Flag.order_id, Flag.verdict).where(Flag.rule == code, col(Flag.order_id).in_(hits))
    verdicts = [verdict for _order, verdict in db.exec(said)]
    examples = [(order, found[order.id][0]) for order in sample if order.id in hits]
    return Trial(
        total, len(sample), len(hits), len(hits & old), len(old - hits),
        verdicts.count(Verdict.PASSED), verdicts.count(Verdict.UPHELD), examples[:8],
    )  # fmt: skip
