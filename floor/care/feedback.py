"""What customers say of a parcel, and what it tells about packing lines and SKUs. About nobody's person: who packed
is not asked for anywhere here, and a line or SKU with few voices shows none of its figures."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.care.models import Feedback
from floor.care.states import Reason
from floor.catalog.models import Sku
from floor.events.service import Event, record
from floor.inventory.count_days import start_of
from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.errors import Conflict, Unknown
from floor.orders.models import Order
from floor.packing.models import Pack, Parcel, ParcelLine, Station
from floor.packing.states import ParcelState
from floor.shipments.models import Shipment

#: How long after it left a parcel may be judged.
WITHIN = timedelta(days=90)
#: Fewer voices say more about a day, or a person, than about a line.
LEAST = 5


def parcel_of(db: Session, order: Order, number: str) -> tuple[Parcel, Feedback | None]:
    """A parcel of the order behind a customer's link, with what was said of it. Raises Unknown for any other."""
    found = db.exec(
        select(Parcel)
        .join(Shipment, col(Shipment.id) == Parcel.shipment_id)
        .where(Parcel.number == number, Shipment.order_id == order.id, Parcel.state == ParcelState.SHIPPED)
    ).first()
    if found is None:
        raise Unknown("tracking.unknown_parcel")
    return found, db.get(Feedback, found.id)


def may_judge(db: Session, parcel: Parcel) -> bool:
    left_at = db.get_one(Shipment, parcel.shipment_id).shipped_at
    return left_at is not None and left_at + WITHIN > clock.now()


def give(
    db: Session, order: Order, parcel: Parcel, stars: int, reasons: Sequence[Reason], words: str, actor: Actor
) -> Feedback:  # fmt: skip
    """One a parcel; said again, it replaces what was said. Raises Conflict when it is too late."""
    db.exec(select(Parcel.id).where(Parcel.id == parcel.id).with_for_update()).first()  # two firsts make one
    if not may_judge(db, parcel):
        raise Conflict("care.no_feedback_now")
    found = db.get(Feedback, parcel.id, populate_existing=True)
    times = found.times + 1 if found else 1
    found = found or Feedback(parcel_id=parcel.id, stars=stars)
    found.stars, found.reasons, found.words = stars, [reason.value for reason in reasons], words
    found.at, found.times = clock.now(), times
    db.add(found)
    db.flush()
    data = {"stars": stars, "reasons": found.reasons}
    record(db, Event("care.feedback.given", "parcel", parcel.id, order.id, data), actor)
    return found


# --- figures ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Voices:
    """How often which stars and reasons were given."""

    stars: Counter[int]
    reasons: Counter[str]

    @property
    def n(self) -> int:
        return self.stars.total()

    @property
    def is_enough(self) -> bool:
        return self.n >= LEAST

    @property
    def mean(self) -> float:
        return sum(stars * n for stars, n in self.stars.items()) / self.n


@dataclass(frozen=True)
class Word:
    """What somebody wrote, and the parcel it was about."""

    feedback: Feedback
    parcel: Parcel
    order: Order


def total(db: Session, first: date, last: date, house_id: int | None = None) -> Voices:
    said = sa.select(col(Feedback.stars), col(Feedback.reasons)).join(*_PARCEL)
    rows = db.execute(said.where(*_within(first, last, house_id)))
    return _counted((("", stars, reasons) for stars, reasons in rows)).get("", Voices(Counter(), Counter()))


def by_line(db: Session, first: date, last: date, house_id: int | None = None) -> list[tuple[Station, Voices]]:
    """Packing lines with what was said of their parcels, the most voices first."""
    rows = db.execute(
        sa.select(Station, col(Feedback.stars), col(Feedback.reasons))
        .select_from(Feedback)
        .join(*_PARCEL)
        .join(Pack, col(Pack.id) == col(Parcel.pack_id))
        .join(Station, col(Station.id) == col(Pack.station_id))
        .where(*_within(first, last, house_id))
    )
    return _loudest(rows)


def by_sku(
    db: Session, first: date, last: date, house_id: int | None = None, limit: int = 50
) -> list[tuple[Sku, Voices]]:
    """SKUs with what was said of parcels they were in, the most voices first."""
    rows = db.execute(
        sa.select(Sku, col(Feedback.stars), col(Feedback.reasons))
        .select_from(Feedback)
        .join(*_PARCEL)
        .join(ParcelLine, col(ParcelLine.parcel_id) == col(Parcel.id))
        .join(Sku, col(Sku.id) == col(ParcelLine.sku_id))
        .where(*_within(first, last, house_id))
    )
    return _loudest(rows)[:limit]


def words(db: Session, first: date, last: date, house_id: int | None = None, limit: int = 40) -> list[Word]:
    """What was written, the newest first."""
    rows = db.execute(
        sa.select(Feedback, Parcel, Order)
        .join(*_PARCEL)
        .join(Shipment, col(Shipment.id) == col(Parcel.shipment_id))
        .join(Order, col(Order.id) == col(Shipment.order_id))
        .where(*_within(first, last, house_id), col(Feedback.words) != "")
        .order_by(col(Feedback.at).desc())
        .limit(limit)
    )
    return [Word(*row) for row in rows]


def _loudest(rows: Iterable[Any]) -> list[tuple[Any, Voices]]:
    """(what was judged, stars, reasons) -> (what was judged, its voices), the most voices first."""
    every = [tuple(row) for row in rows]
    about = {one.id: one for one, _stars, _reasons in every}
    found = _counted((one.id, stars, reasons) for one, stars, reasons in every)
    return sorted(((about[id_], voices) for id_, voices in found.items()), key=lambda row: (-row[1].n, row[0].code))


_PARCEL = (Parcel, col(Parcel.id) == col(Feedback.parcel_id))


def _within(first: date, last: date, house_id: int | None) -> list[Any]:
    found: list[Any] = [col(Feedback.at) >= start_of(first), col(Feedback.at) < start_of(last + timedelta(days=1))]
    if house_id is not None:
        mine = sa.select(col(Shipment.id)).where(col(Shipment.warehouse_id) == house_id)
        found.append(col(Parcel.shipment_id).in_(mine))
    return found


def _counted(rows: Iterable[tuple[Any, int, list[str]]]) -> dict[Any, Voices]:
    found: dict[Any, Voices] = defaultdict(lambda: Voices(Counter(), Counter()))
    for key, stars, reasons in rows:
        found[key].stars[stars] += 1
        found[key].reasons.update(reasons)
    return found
