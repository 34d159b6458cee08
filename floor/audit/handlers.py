"""What the outbox brings the audit. All may run twice: what was decided, raised or ended stays as it is."""

from floor.audit import happenings, jobs, service
from floor.events.relay import Happened
from floor.kit.actor import SYSTEM
from floor.kit.uow import unit_of_work


def look_at_order(happened: Happened) -> None:
    """An order came in, was paid, or its address changed."""
    jobs.warm()
    with unit_of_work() as db:
        service.audit_order(db, service.locked(db, happened.subject_id), SYSTEM)


def look_at_notes(happened: Happened) -> None:
    """What buyer or shop wrote changed after the order came in."""
    jobs.warm()
    with unit_of_work() as db:
        happenings.look_at_notes(db, service.locked(db, happened.subject_id), happened.event_id, SYSTEM)


def hear_shop(happened: Happened) -> None:
    """The shop said something of an order that may stop it, or took that back. What left whole cannot be stopped: a
    cancellation of it is the returns desk's."""
    if happened.data.get("outcome", "held") != "held":
        return
    with unit_of_work() as db:
        order = service.locked(db, happened.subject_id)
        if rule := happenings.RAISES.get(happened.kind):
            happenings.flag(db, order, rule, happened.event_id, SYSTEM, happened.data.get("other", ""))
        else:
            happenings.end(db, order, happenings.ENDS[happened.kind], SYSTEM)
