"""What the outbox brings the audit. Both may run twice: an order already decided stays as it is."""

from floor.audit import jobs, service
from floor.events.relay import Happened
from floor.kit.actor import SYSTEM
from floor.kit.uow import unit_of_work


def look_at_order(happened: Happened) -> None:
    """An order came in, was paid, or its address changed."""
    jobs.warm()
    with unit_of_work() as db:
        service.audit_order(db, service.locked(db, happened.subject_id), SYSTEM)


def flag_late_cancel(happened: Happened) -> None:
    """The buyer cancelled too late. Shipped goods cannot be stopped: the returns desk will see them."""
    if happened.data.get("outcome") == "held":
        with unit_of_work() as db:
            service.flag_late_cancel(db, service.locked(db, happened.subject_id), SYSTEM)
