"""What shipping does when told. Every handler may run twice: the jobs find what is done already."""

from floor.events.relay import Happened
from floor.shipping import jobs, print_jobs


def request_waybill(happened: Happened) -> None:
    """A parcel is packed, or a paper was asked for again: number, label and slip."""
    jobs.send_out_papers(happened.subject_id)


def send_to_printer(happened: Happened) -> None:
    """Papers were put into a printer's queue."""
    print_jobs.send_out(happened.data["sendings"])


def carry_batch(happened: Happened) -> None:
    """Many papers were asked for, or their next part."""
    print_jobs.carry_batch(happened.subject_id)
