"""The relay: carries outbox messages to their handlers, at least once, in order of due time.

Claim with a lease and a fencing token; run the handler outside any transaction of ours (it opens its own, and may run
twice); settle only under the same fence. A handler that fails is tried again with growing pauses, then put aside as
dead where the supervisor sees it. A worker killed mid-way loses its lease, and any other worker takes the message.
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from floor.events.models import AuditEvent, Delivery, OutboxMessage
from floor.kit import clock, ids
from floor.kit.uow import database, unit_of_work

log = logging.getLogger(__name__)

#: After so many failures a message is put aside: the pauses add up to about two hours.
MAX_ATTEMPTS = 12
_LONGEST_PAUSE = timedelta(minutes=15)


@dataclass(frozen=True)
class Happened:
    """What a handler gets: a plain copy of the event, and the message id as its idempotency key."""

    message_id: int
    event_id: int
    kind: str
    subject: str
    subject_id: int
    order_id: int | None
    data: dict[str, Any]
    at: datetime


Handler = Callable[[Happened], None]
#: Every so many seconds, and what to do.
Chore = tuple[float, Callable[[], object]]


@dataclass(frozen=True)
class _Claim:
    id: int
    fence: int
    attempts: int
    handler: str
    happened: Happened


class Chores:
    """What comes round by the clock: name -> (every so many seconds, what to do). All are due at the start.

    Every worker does them all, so each must be harmless when done twice or by two at once. One that fails is logged and
    tried again at its next turn.
    """

    def __init__(self, chores: Mapping[str, Chore]) -> None:
        self._chores = dict(chores)
        self._due = dict.fromkeys(chores, 0.0)

    def run_due(self) -> list[str]:
        """Do what is due; returns the names."""
        due = [name for name, moment in self._due.items() if moment <= time.monotonic()]
        for name in due:
            every, do = self._chores[name]
            try:
                do()
            except Exception:
                log.exception("chore %s failed", name)
            self._due[name] = time.monotonic() + every
        return due


class Relay:
    def __init__(self, handlers: Mapping[str, Handler], lease: timedelta = timedelta(seconds=60)) -> None:
        self.handlers = handlers
        self.lease = lease
        self.owner = ids.new_id()

    def run_once(self, limit: int = 20) -> int:
        """Carry up to `limit` due messages; returns how many were taken on."""
        claims = self._claim(limit)
        for claim in claims:
            self._carry(claim)
        return len(claims)

    def drain(self, rounds: int = 1000) -> int:
        """Carry until nothing is due; what handlers record on the way is carried too."""
        carried = 0
        for _ in range(rounds):
            taken = self.run_once()
            if not taken:
                return carried
            carried += taken
        raise RuntimeError(f"still messages due after {rounds} rounds: a handler feeds itself")

    def run_forever(self, stop: threading.Event, chores: "Chores | None" = None, pause: float = 0.2) -> None:
        """Carry until told to stop; between messages the chores that are due get their turn."""
        while not stop.is_set():
            try:
                busy = self.run_once()
            except sa.exc.OperationalError:
                # The database is away or busy for longer than its own patience; the messages wait there.
                log.exception("relay: the database did not answer")
                busy = 0
                stop.wait(1)
            if chores is not None:
                chores.run_due()
            if not busy:
                stop.wait(pause)

    def _claim(self, limit: int) -> list[_Claim]:
        moment = clock.now()
        due = (
            sa.select(col(OutboxMessage.id))
            .where(col(OutboxMessage.state) == Delivery.PENDING, col(OutboxMessage.next_try_at) <= moment)
            .where(sa.or_(col(OutboxMessage.lease_until).is_(None), col(OutboxMessage.lease_until) < moment))
            .order_by(col(OutboxMessage.next_try_at), col(OutboxMessage.id))
            .limit(limit)
        )
        if database().is_sqlite and not _anything(due):
            return []  # looking costs no writer's turn
        with unit_of_work() as db:
            chosen = list(db.scalars(due.with_for_update(skip_locked=True)))
            if not chosen:
                return []
            db.execute(
                sa.update(OutboxMessage)
                .where(col(OutboxMessage.id).in_(chosen))
                .values(
                    lease_until=moment + self.lease,
                    lease_owner=self.owner,
                    fence=col(OutboxMessage.fence) + 1,
                    attempts=col(OutboxMessage.attempts) + 1,
                )
            )
            rows = db.execute(
                sa.select(OutboxMessage, AuditEvent)
                .join(AuditEvent, col(AuditEvent.id) == col(OutboxMessage.event_id))
                .where(col(OutboxMessage.id).in_(chosen))
                .order_by(col(OutboxMessage.next_try_at), col(OutboxMessage.id))
                .execution_options(populate_existing=True)
            ).all()
            return [_as_claim(message, event) for message, event in rows]

    def _carry(self, claim: _Claim) -> None:
        handler = self.handlers.get(claim.handler)
        try:
            if handler is None:
                raise LookupError(f"no handler is called {claim.handler!r}")
            if not self._still_mine(claim):
                return
            handler(claim.happened)
        except Exception as error:
            log.warning("relay: %s failed on message %d", claim.handler, claim.id, exc_info=True)
            self._failed(claim, error)
        else:
            self._settle(claim, state=Delivery.SENT, sent_at=clock.now(), error="")

    def _still_mine(self, claim: _Claim) -> bool:
        """Renew the lease just before the work; False when another worker took the message meanwhile."""
        return self._settle(claim, lease_until=clock.now() + self.lease)

    def _failed(self, claim: _Claim, error: Exception) -> None:
        words = f"{type(error).__name__}: {error}"[:2000]
        if claim.attempts >= MAX_ATTEMPTS:
            self._settle(claim, state=Delivery.DEAD, error=words)
            return
        pause = min(_LONGEST_PAUSE, timedelta(seconds=2**claim.attempts))
        pause *= random.uniform(0.8, 1.2)  # so that a burst of failures does not come back as a burst
        self._settle(claim, error=words, lease_until=None, next_try_at=clock.now() + pause)

    def _settle(self, claim: _Claim, **values: Any) -> bool:
        with unit_of_work() as db:
            mine = (col(OutboxMessage.id) == claim.id) & (col(OutboxMessage.fence) == claim.fence)
            done = db.execute(sa.update(OutboxMessage).where(mine).values(**values))
            return bool(done.rowcount)  # type: ignore[attr-defined]


def _anything(due: sa.Select) -> bool:
    with database().engine.connect() as connection:
        return connection.execute(due.limit(1)).first() is not None


def _as_claim(message: OutboxMessage, event: AuditEvent) -> _Claim:
    assert message.id is not None and event.id is not None
    happened = Happened(
        message_id=message.id,
        event_id=event.id,
        kind=event.kind,
        subject=event.subject,
        subject_id=event.subject_id,
        order_id=event.order_id,
        data=dict(event.data),
        at=event.at,
    )
    return _Claim(message.id, message.fence, message.attempts, message.handler, happened)


def retry_dead(db: Session, message_id: int) -> bool:
    """Put a dead message back in line at once (supervisor's board)."""
    dead = (col(OutboxMessage.id) == message_id) & (col(OutboxMessage.state) == Delivery.DEAD)
    fresh = {"state": Delivery.PENDING, "attempts": 0, "next_try_at": clock.now(), "lease_until": None}
    return bool(db.execute(sa.update(OutboxMessage).where(dead).values(fresh)).rowcount)  # type: ignore[attr-defined]
