"""Every decision of the audit can be taken back within its minute."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from floor.audit import merging, queries, service
from floor.audit.models import Flag, Hold, Verdict
from floor.events.service import Event, record
from floor.kit.actor import Actor
from floor.kit.errors import Conflict
from floor.orders import service as orders
from floor.orders.models import Order
from floor.orders.states import OrderAction, OrderState


def undo(db: Session, order: Order, actor: Actor) -> None:
    """Take the last decision about this order back: everything is as it was before it, and the order on hold.

    `order` is locked by the caller. Raises Conflict when the time is over or goods are already set aside for it.
    """
    assert order.id is not None
    event = queries.last_decision(db, order.id)
    if event is None:
        raise Conflict("audit.too_late")
    if service.has_goods(db, order.id):
        raise Conflict("audit.already_allocated")
    _WAYS[event.kind](db, order, event.data, actor)
    record(db, Event("audit.order.undone", "order", order.id, order.id, {"what": event.kind}), actor)


def undo_many(db: Session, order_ids: list[int], actor: Actor) -> tuple[int, int]:
    """Take back what was decided about several orders at once. Returns how many went, and how many could not."""
    went = 0
    for order_id in sorted(set(order_ids)):
        try:
            undo(db, service.locked(db, order_id), actor)
        except Conflict:
            continue
        went += 1
    return went, len(set(order_ids)) - went


def _open_again(db: Session, flags: list[int], verdict: Verdict) -> None:
    mine = (col(Flag.id).in_(flags)) & (col(Flag.verdict) == verdict)
    again = {"verdict": Verdict.OPEN, "decided_at": None, "decided_by": None}
    db.execute(sa.update(Flag).where(mine).values(again).execution_options(synchronize_session="fetch"))


def _passed(db: Session, order: Order, data: dict[str, Any], actor: Actor) -> None:
    _open_again(db, data["flags"], Verdict.PASSED)
    if order.state is OrderState.RELEASED:
        orders.advance(db, order, OrderAction.HOLD, actor, undone=True)


def _kept(db: Session, order: Order, data: dict[str, Any], actor: Actor) -> None:
    db.execute(sa.delete(Hold).where(col(Hold.order_id) == order.id))
    if before := data.get("before"):
        until = datetime.fromisoformat(before["until"]) if before["until"] else None
        db.add(Hold(order_id=order.id or 0, reason=before["reason"], until=until, by=actor.id))
        db.flush()


def _refused(db: Session, order: Order, data: dict[str, Any], actor: Actor) -> None:
    orders.advance(db, order, OrderAction.REOPEN, actor)
    orders.want_again(db, data["units"])
    _open_again(db, data["flags"], Verdict.UPHELD)


def _merged(db: Session, order: Order, data: dict[str, Any], actor: Actor) -> None:
    merging.take_apart(db, order, data, actor)
    _open_again(db, data["flags"], Verdict.UPHELD)


_WAYS: dict[str, Callable[[Session, Order, dict[str, Any], Actor], None]] = {
    "audit.order.passed": _passed,
    "audit.order.kept": _kept,
    "audit.order.refused": _refused,
    "audit.order.merged": _merged,
    "audit.order.split": merging.put_together,
}
