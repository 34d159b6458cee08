"""What the service desk does when told. Handlers may run twice: the jobs find what is done already."""

from floor.care import answering
from floor.events.relay import Happened


def send_answer(happened: Happened) -> None:
    """An enquiry was answered; raises what stood against the mail, to be tried again."""
    answering.send(happened.data["note"])
