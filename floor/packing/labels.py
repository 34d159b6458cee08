"""What the bench needs to know of labels, which belong to shipping: wiring.py says who answers."""

from typing import Any, Protocol

from sqlmodel import Session

from floor.kit.actor import Actor
from floor.packing.models import Parcel, Station


class Labels(Protocol):
    def whose(self, db: Session, code: str) -> Parcel | None:
        """The parcel this label is on: by its living waybill number, or by our own number."""

    def is_aboard(self, db: Session, parcel_id: int) -> bool:
        """Was it loaded onto a lorry?"""

    def void(self, db: Session, parcel: Parcel, why: str, actor: Actor) -> None:
        """Its label says what is no longer so: its number counts no more from here on, and its papers are made anew."""

    def at_bench(self, db: Session, station: Station, site: str) -> dict[str, Any]:
        """The labels a bench waits for: `rows`, `ask_again` in seconds or None, and what shipping/_bench_labels.html
        needs besides. {} where nobody prints any."""


class NoLabels:
    """A bench alone: nothing is printed, nothing leaves."""

    def whose(self, db: Session, code: str) -> Parcel | None:
        return None

    def is_aboard(self, db: Session, parcel_id: int) -> bool:
        return False

    def void(self, db: Session, parcel: Parcel, why: str, actor: Actor) -> None:
        return None

    def at_bench(self, db: Session, station: Station, site: str) -> dict[str, Any]:
        return {}


_known: list[Labels] = [NoLabels()]


def learn(book: Labels) -> None:
    _known[0] = book


def book() -> Labels:
    return _known[0]
