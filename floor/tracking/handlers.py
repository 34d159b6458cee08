"""What tracking hears from the line."""

from floor.events.relay import Happened
from floor.kit.actor import SYSTEM
from floor.kit.uow import unit_of_work
from floor.tracking import letters, service


def follow_shipment(happened: Happened) -> None:
    """A shipment left the house: its parcels are on the road from now on."""
    with unit_of_work() as db:
        service.attach(db, happened.subject_id, SYSTEM)


def send_letter(happened: Happened) -> None:
    """A customer is to be told something; raises what stood against it, to be tried again."""
    letters.send(happened.subject_id)
