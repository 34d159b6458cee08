"""What the bench needs to know of labels, which belong to shipping: wiring.py says who answers."""

from typing import Protocol

from sqlmodel import Session

from floor.kit.actor import Actor
from floor.packing.models import Parcel


class Labels(Protocol):
    def whose(self, db: Session, code: str) -> Parcel | None:
        """The parcel this label is on: by its living waybill number, or by our own number."""

    def is_aboard(self, db: Session, parcel_id: int) -> bool:
        """Was it loaded onto a lorry?"""

    def void(self, db: Session, parcel: Parcel, why: str, actor: Actor) -> None:
        """Its label says what is no longer so: its number counts no more from here on, and its papers are made anew."""


class NoLabels:
    """A bench alone: nothing is printed, nothing leaves."""

    def whose(self, db: Session, code: str) -> Parcel | None:
        return None

    def is_aboard(self, db: Session, parcel_id: int) -> bool:
        return False

    def void(self, db: Session, parcel: Parcel, why: str, actor: Actor) -> None:
        return None


_known: list[Labels] = [NoLabels()]


def learn(book: Labels) -> None:
    _known[0] = book


def book() -> Labels:
    return _known[0]
