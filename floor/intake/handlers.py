"""What the outbox brings the intake. Both may run twice: an applied message and a finished file stay as they are."""

from floor.events.relay import Happened
from floor.intake import jobs, queries
from floor.intake.models import InboxState
from floor.kit.uow import reading


def apply_message(happened: Happened) -> None:
    """A message was stored; apply it if whoever stored it could not."""
    with reading() as db:
        message = queries.message_for(db, happened.subject_id)
    if message.state is InboxState.WAITING:
        jobs.apply(happened.subject_id)


def import_upload(happened: Happened) -> None:
    jobs.continue_upload(happened.subject_id)
