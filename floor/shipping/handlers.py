"""What shipping does when told. Every handler may run twice: the jobs find what is done already."""

from floor.events.relay import Happened
from floor.shipping import jobs


def request_waybill(happened: Happened) -> None:
    """A parcel is packed, or a paper was asked for again: number, label and slip."""
    jobs.send_out_papers(happened.subject_id)
