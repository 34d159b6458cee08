"""What picking does when something happened."""

from floor.events.relay import Happened
from floor.kit.actor import SYSTEM
from floor.kit.uow import unit_of_work
from floor.picking import jobs, service


def make_walks(happened: Happened) -> None:
    """allocation.run.applied: put its shipments on walks."""
    jobs.carry(happened.subject_id)


def publish_walks(happened: Happened) -> None:
    """allocation.run.published: pickers see the walks that are ready."""
    with unit_of_work() as db:
        service.publish_walks(db, happened.subject_id, SYSTEM)


def take_back_walks(happened: Happened) -> None:
    """allocation.run.taken_back: walks nobody has claimed disappear from the pickers' lists."""
    with unit_of_work() as db:
        service.take_back_walks(db, happened.subject_id, SYSTEM)


def shorten_walk(happened: Happened) -> None:
    """picking.walk.short_reported: the instant answer put new stops in; what is left is now looked at as a whole."""
    jobs.shorten(happened.subject_id)


def walk_on(happened: Happened) -> None:
    """picking.walk.sent_on: what a report sent on gets a walk in the house that has it."""
    jobs.walk_on(happened.data["house"])
