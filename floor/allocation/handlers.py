"""What allocation does when something happened."""

from floor.allocation import chores, jobs
from floor.events.relay import Happened


def run_asked(happened: Happened) -> None:
    """allocation.run.asked: do the run, or go on with it."""
    jobs.carry(happened.subject_id)


def order_released(happened: Happened) -> None:
    """orders.order.release: say where it will ship from."""
    chores.place_new(happened.subject_id)
