"""What the outbox brings stock. It may run twice, and at two workers at once: the import's marks keep it in order."""

from floor.events.relay import Happened
from floor.inventory import jobs


def carry_import(happened: Happened) -> None:
    """A file was uploaded, confirmed, put aside, or is to be gone on with."""
    jobs.carry(happened.subject_id, jobs.SHIFT_S)
