"""The one thing the board can do itself: send a message again that was given up."""

from sqlmodel import Session

from floor.events.models import OutboxMessage
from floor.events.relay import retry_dead
from floor.events.service import Event, record
from floor.kit.actor import Actor
from floor.kit.errors import Conflict, Unknown


def retry(db: Session, message_id: int, actor: Actor) -> None:
    """Put a dead message back in line. Raises Unknown, or Conflict when it is not dead (any more)."""
    message = db.get(OutboxMessage, message_id)
    if message is None:
        raise Unknown("analytics.unknown_message")
    if not retry_dead(db, message_id):
        raise Conflict("analytics.not_dead")
    data = {"handler": message.handler}
    record(db, Event("analytics.message.retried", "message", message_id, data=data), actor)
