"""Reads of the trail and the outbox."""

from collections.abc import Sequence
from datetime import timedelta

from sqlmodel import Session, col, func, select

from floor.events.models import AuditEvent, Delivery, OutboxMessage
from floor.kit import clock


def story_of(db: Session, subject: str, subject_id: int, limit: int = 200) -> Sequence[AuditEvent]:
    """What happened to one thing, newest first."""
    mine = (AuditEvent.subject == subject, AuditEvent.subject_id == subject_id)
    return db.exec(select(AuditEvent).where(*mine).order_by(col(AuditEvent.id).desc()).limit(limit)).all()


def story_of_order(db: Session, order_id: int, limit: int = 500) -> Sequence[AuditEvent]:
    """Everything that happened to an order on its whole way, oldest first."""
    return db.exec(
        select(AuditEvent).where(AuditEvent.order_id == order_id).order_by(col(AuditEvent.id)).limit(limit)
    ).all()


def dead_messages(db: Session) -> Sequence[tuple[OutboxMessage, AuditEvent]]:
    joined = select(OutboxMessage, AuditEvent).join(AuditEvent, col(AuditEvent.id) == OutboxMessage.event_id)
    return db.exec(joined.where(OutboxMessage.state == Delivery.DEAD).order_by(col(OutboxMessage.id))).all()


def waiting(db: Session) -> int:
    """Messages not yet delivered."""
    pending = select(func.count()).select_from(OutboxMessage).where(OutboxMessage.state == Delivery.PENDING)
    return db.exec(pending).one()


def broken_outbox(db: Session) -> list[str]:
    """Check: every message is sent or pending; a dead one, or one overdue for an hour, needs a person."""
    late = clock.now() - timedelta(hours=1)
    stuck = select(OutboxMessage).where(
        (col(OutboxMessage.state) == Delivery.DEAD)
        | ((col(OutboxMessage.state) == Delivery.PENDING) & (col(OutboxMessage.next_try_at) < late))
    )
    return [f"outbox_message {row.id}: {row.handler} is {row.state}: {row.error}" for row in db.exec(stuck)]
