"""What allocation does when something happened."""

from floor.allocation import jobs
from floor.events.relay import Happened


def run_asked(happened: Happened) -> None:
    """allocation.run.asked: do the run, or go on with it."""
    jobs.carry(happened.subject_id)
