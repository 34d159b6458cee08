"""The last step of a person taken back within a minute: new ledger rows the other way, never a deletion.

A step is an event whose data holds the moves it booked (service.as_data). That it was undone is an event too.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.events.models import AuditEvent
from floor.events.service import Event, record
from floor.inventory import service
from floor.inventory.models import MoveReason
from floor.inventory.service import Move
from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.errors import Invalid
from floor.people.models import User

#: How long a step may be taken back.
WITHIN = timedelta(seconds=60)
UNDONE = "inventory.step.undone"


def of_person(
    db: Session,
    kinds: Collection[str],
    actor: Actor,
    subject: tuple[str, int] | None = None,
    within: timedelta = WITHIN,
) -> Sequence[AuditEvent]:
    """This person's steps of these kinds that still stand, newest first; of one subject or of all."""
    event = AuditEvent
    mine = select(event).where(event.actor_id == actor.id, event.actor_kind == actor.kind)
    mine = mine.where(col(event.kind).in_((*kinds, UNDONE)), event.at >= clock.now() - within)
    if subject is not None:
        mine = mine.where(event.subject == subject[0], event.subject_id == subject[1])
    found = db.exec(mine.order_by(col(event.id).desc()).limit(400)).all()
    undone = {one.data["step"] for one in found if one.kind == UNDONE}
    return [one for one in found if one.kind != UNDONE and one.id not in undone]


def take_back(
    db: Session, kinds: Collection[str], actor: Actor, subject: tuple[str, int] | None = None
) -> AuditEvent:  # fmt: skip
    """Undo the newest of these steps. Returns its event: the caller puts its own counters right.

    Raises Invalid when there is none young enough, Conflict when the units went on meanwhile.
    """
    # One undo of a person after another: the second of two taps must see what the first did.
    db.execute(sa.select(col(User.id)).where(col(User.id) == actor.id).with_for_update()).all()
    steps = of_person(db, kinds, actor, subject)
    if not steps:
        raise Invalid("inventory.nothing_to_undo")
    step = steps[0]
    back = [
        Move(sku, qty, to, come_from, MoveReason.CORRECTION, lot_id=lot or None)
        for sku, qty, come_from, to, lot in step.data["moves"]
    ]
    service.move(db, back, step.subject, step.subject_id, actor)
    data = {"step": step.id, "kind": step.kind}
    record(db, Event(UNDONE, step.subject, step.subject_id, data=data), actor)
    return step
