"""Record what happened, in the transaction that made it happen."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session

from floor.events.models import AuditEvent, OutboxMessage
from floor.kit import ids
from floor.kit.actor import Actor

#: Event kind -> names of its handlers; wiring.py fills it.
_subscribers: dict[str, tuple[str, ...]] = {}


@dataclass(frozen=True)
class Event:
    """`kind` is `slice.thing.happened`; `data` holds codes and ids, never names or addresses of customers."""

    kind: str
    subject: str
    subject_id: int
    order_id: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


def subscribe(subscribers: Mapping[str, Iterable[str]]) -> None:
    """Say who hears what: event kind -> handler names. Replaces what was said before."""
    _subscribers.clear()
    _subscribers.update({kind: tuple(names) for kind, names in subscribers.items()})


def record(db: Session, event: Event, actor: Actor) -> AuditEvent:
    """Write the audit row and one outbox message per subscriber. Flushes; the caller's transaction decides."""
    row = AuditEvent(
        kind=event.kind,
        subject=event.subject,
        subject_id=event.subject_id,
        order_id=event.order_id,
        data=dict(event.data),
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_name=actor.name,
        command_id=ids.current_command.get(),
    )
    db.add(row)
    db.flush()
    assert row.id is not None
    db.add_all(OutboxMessage(event_id=row.id, handler=name) for name in _subscribers.get(event.kind, ()))
    db.flush()
    return row
