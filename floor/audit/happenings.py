"""What a shop says of an order after it came in is a flag as well, and its rule says whether it holds the goods.

An event may come twice, and after the one that took it back: each is raised once, and not when it is over already.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import Session, col

from floor.audit import queries, service
from floor.audit.checks import SAYS, Finding
from floor.audit.models import Verdict
from floor.events.models import AuditEvent
from floor.kit import clock
from floor.kit.actor import Actor
from floor.orders.models import Order
from floor.orders.states import OrderState
from floor.shipments import queries as shipments
from floor.shipments.states import all_gone

#: The flag of a buyer who cancelled when goods were on their way through the house: no rule switches it.
CANCEL_ASKED = "cancel_asked"
#: Event -> the flag it raises; the event that takes it back.
RAISES = {
    "intake.refund.asked": "refund_asked", "intake.shop.stopped": "shop_stopped",
    "intake.address.too_late": "address_late", "intake.lines.too_late": "lines_late",
    "intake.cancel.too_late": CANCEL_ASKED,
}  # fmt: skip
_OVER = {"refund_asked": "intake.refund.decided", "shop_stopped": "intake.shop.let_go"}
ENDS = {event: rule for rule, event in _OVER.items()}


def flag(db: Session, order: Order, rule: str, event_id: int, actor: Actor, other: str = "") -> None:
    """The shop said what `rule` is about; `other`: of this order, which travels in the same parcel. `order` is locked
    by the caller."""
    is_known = order.state is OrderState.CANCELLED or _is_open(db, order, rule) or _is_over(db, order, rule, event_id)
    if not is_known and (rule == CANCEL_ASKED or rule in queries.active_rules(db)):
        case, values = (f"{rule}_of", {"of": other}) if other else (rule, {})
        _raise(db, order, [Finding(rule, case, values={"event": event_id, **values})], actor)


def end(db: Session, order: Order, rule: str, actor: Actor) -> None:
    """It is no more: the refund was decided, the shop lets the order go. Nothing else against it: it goes free."""
    if _is_open(db, order, rule):
        service.audit_order(db, order, actor, over=rule)


def see(db: Session, order: Order, actor: Actor) -> None:
    """Somebody has read what was only told: no word on whether its rule was right. Nothing more to read is fine: a
    colleague was faster."""
    for one in queries.noted_of(db, order.id or 0):
        one.decided_at, one.decided_by = clock.now(), actor.id
        db.add(one)
    db.flush()


def look_at_notes(db: Session, order: Order, event_id: int, actor: Actor) -> None:
    """The remarks say something else now. A released order is stopped for what a new one would be stopped for; and
    where goods are set aside already, for the change itself."""
    if order.state in (OrderState.RECEIVED, OrderState.HELD):
        service.audit_order(db, order, actor)
    elif order.state is OrderState.RELEASED:
        rules = queries.active_rules(db)
        texts = {code: rule for code, rule in rules.items() if code.startswith(SAYS) or code == "stop_words"}
        found = service.look(db, order, texts)
        if service.has_goods(db, order.id or 0) and "notes_late" in rules:
            found.append(Finding("notes_late", "notes_late", values={"event": event_id}))
        _raise(db, order, found, actor)


def _raise(db: Session, order: Order, found: Sequence[Finding], actor: Actor) -> None:
    new = service.raise_flags(db, order, found, queries.rules(db), can_hold=not _left(db, order))
    if new:
        service.hold(db, order, new, actor)


def _is_open(db: Session, order: Order, rule: str) -> bool:
    return any(flag.rule == rule and flag.verdict is Verdict.OPEN for flag in queries.flags_of(db, order.id or 0))


def _is_over(db: Session, order: Order, rule: str, event_id: int) -> bool:
    """What took it back came after it, and was heard first."""
    later = (col(AuditEvent.order_id) == order.id, col(AuditEvent.kind) == _OVER.get(rule, ""))
    return bool(db.execute(sa.select(sa.exists().where(*later, col(AuditEvent.id) > event_id))).scalar())


def _left(db: Session, order: Order) -> bool:
    """All of it left the house: nothing can be held any more."""
    return all_gone(shipment.state for shipment in shipments.of_order(db, order.id or 0))
