"""Record what happened, in the transaction that made it happen."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session

from floor.events.models import AuditEvent, OutboxMessage
from floor.kit import ids
from floor.kit.actor import Actor
from floor.kit.db import insert, insert_new, row_of

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


def record(db: Session, event: Event, actor: Actor) -> int:
    """Write the audit row and one outbox message per subscriber. Flushes; the caller's transaction decides. Returns the
    row's id."""
    return record_many(db, [event], actor)[0]


def record_many(db: Session, events: Sequence[Event], actor: Actor) -> Sequence[int]:
    """The same for many at once, in their order."""
    db.flush()
    who = {"actor_kind": actor.kind, "actor_id": actor.id, "actor_name": actor.name}
    rows = [
        row_of(AuditEvent, kind=event.kind, subject=event.subject, subject_id=event.subject_id, order_id=event.order_id,
               data=dict(event.data), command_id=ids.current_command.get(), **who)
        for event in events
    ]  # fmt: skip
    made = insert_new(db, AuditEvent, rows)
    heard = [
        row_of(OutboxMessage, event_id=id_, handler=name) for id_, event in zip(made, events, strict=True)
        for name in _subscribers.get(event.kind, ())
    ]  # fmt: skip
    insert(db, OutboxMessage, heard)
    return made
