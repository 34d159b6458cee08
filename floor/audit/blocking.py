"""The house's list of those it sends nothing to without a supervisor's word."""

from sqlmodel import Session, select

from floor.audit.checks import bare
from floor.audit.models import Blocked, BlockedKind
from floor.events.service import Event, record
from floor.kit.actor import Actor
from floor.kit.errors import Invalid, Unknown


def block(db: Session, kind: str, value: str, why: str, actor: Actor) -> Blocked:
    """Put somebody on the list; who is on it already keeps the first word said. Raises Invalid for an empty value.

    The trail tells that the list changed, never the phone or the address on it.
    """
    plain = bare(kind, value)[:200]
    if not plain:
        raise Invalid("audit.nothing_to_block", field="value")
    known = db.exec(select(Blocked).where(Blocked.kind == BlockedKind(kind), Blocked.value == plain)).first()
    if known is not None:
        return known
    row = Blocked(kind=BlockedKind(kind), value=plain, why=why, added_by=actor.id)
    db.add(row)
    db.flush()
    record(db, Event("audit.blocked.added", "audit_blocked", row.id or 0, data={"kind": kind}), actor)
    return row


def unblock(db: Session, blocked_id: int, actor: Actor) -> None:
    """Take somebody off the list. Raises Unknown."""
    row = db.get(Blocked, blocked_id)
    if row is None:
        raise Unknown("audit.not_blocked")
    db.delete(row)
    db.flush()
    record(db, Event("audit.blocked.removed", "audit_blocked", blocked_id, data={"kind": str(row.kind)}), actor)
