"""What was lost, broken or refused on its way goes out once more: an order without charge, on a channel of ours.

The one verb of both doors, the order's page and the board of parcels that need somebody (decision 053). Every unit of
a parcel goes out again once. Locks: the track, then the order.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import Session, col, select

from floor.events.service import Event, record
from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.errors import Conflict, Invalid
from floor.orders import joining
from floor.orders.models import Order, OrderLine
from floor.packing.models import Parcel
from floor.packing.states import ParcelState
from floor.shipments.models import Shipment
from floor.tracking import exceptions, queries
from floor.tracking.models import Track
from floor.tracking.models_exceptions import Closed, ParcelException, ResentLine

#: The channel of such orders: no shop is told of them, for no shop sold them.
CHANNEL = "resend"
#: It is to leave by then: the customer has waited long enough.
WITHIN = timedelta(days=1)


@dataclass(frozen=True)
class Held:
    """Units of an order line that a return holds."""

    case_id: int
    number: str
    line_id: int
    qty: int


#: Order -> what returns hold of it. They stand above this slice: wiring.py names who knows.
_known: list[Callable[[Session, int], Sequence[Held]]] = [lambda _db, _order_id: ()]


def learn(held: Callable[[Session, int], Sequence[Held]]) -> None:
    _known[:] = [held]


def held_of(db: Session, parcel_id: int) -> dict[str, int]:
    """Number -> id of the returns that hold what an order line of this parcel sold."""
    lines = {part.line.id for part in queries.contents(db, parcel_id)}
    held = _known[0](db, queries.order_of_parcel(db, parcel_id))
    return {one.number: one.case_id for one in held if one.line_id in lines}


def of_order(db: Session, order_id: int) -> list[tuple[Parcel, list[queries.Part]]]:
    """Every parcel of an order that left, with what is in it."""
    gone = select(Parcel).join(Shipment, col(Shipment.id) == Parcel.shipment_id)
    gone = gone.where(Shipment.order_id == order_id, Parcel.state == ParcelState.SHIPPED).order_by(col(Parcel.id))
    return [(parcel, queries.contents(db, parcel.id)) for parcel in db.exec(gone)]


def not_compensated(db: Session, order_id: int, parcels: Sequence[tuple[Parcel, list[queries.Part]]]) -> Counter[int]:
    """Order line -> units that left, less those a return holds and those sent again. `parcels`: all of the order's, as
    `of_order` tells them."""
    left: Counter[int] = Counter()
    for _parcel, inside in parcels:
        for part in inside:
            left[part.line.id or 0] += part.left
    for one in _known[0](db, order_id):
        left[one.line_id] -= one.qty
    return left


def sent_instead(db: Session, parcel_id: int) -> Sequence[Order]:
    """The orders that go out in a parcel's place; mostly one at most."""
    mine = select(OrderLine.order_id).select_from(ResentLine).join(OrderLine, queries.takes_again())
    ids = mine.where(ResentLine.parcel_id == parcel_id, OrderLine.qty > OrderLine.cancelled)
    return db.exec(select(Order).where(col(Order.id).in_(ids)).order_by(col(Order.id))).all()


def resend(db: Session, exception_id: int, actor: Actor) -> Order:
    """What the parcel of an exception held and has not gone out again. Raises Unknown, Conflict."""
    parcel_id = exceptions.held(db, exception_id, actor).parcel_id
    return send_again(db, parcel_id, {part.line.id or 0: part.left for part in queries.contents(db, parcel_id)}, actor)


def send_again(db: Session, parcel_id: int, wants: Mapping[int, int], actor: Actor) -> Order:
    """Units of a parcel once more, to the same address, through the audit as any order: order line -> units.

    With its last unit the parcel is given up. Returns the new order. Raises Conflict when it has not left, was paid
    back or went out again already, when a return holds what is asked for, or when somebody else looks after it;
    Invalid for no unit or more than are left.
    """
    track = db.get(Track, parcel_id, with_for_update=True, populate_existing=True)
    order = db.get_one(Order, queries.order_of_parcel(db, parcel_id), with_for_update=True, populate_existing=True)
    _refuse(db, parcel_id)
    left = {part.line.id or 0: part.left for part in queries.contents(db, parcel_id)}
    if not any(left.values()):
        raise Conflict("tracking.resent_already", number=sent_instead(db, parcel_id)[-1].number)
    asked = {line: qty for line, qty in sorted(wants.items()) if qty > 0}
    if not asked:
        raise Invalid("tracking.nothing_to_send")
    for line, qty in asked.items():
        if qty > left.get(line, 0):
            raise Invalid("tracking.not_so_many", field=f"qty_{line}", n=left.get(line, 0))
    made, lines = joining.again(db, order, CHANNEL, asked, clock.now() + WITHIN, actor)
    db.add_all(
        ResentLine(order_line_id=line.id or 0, parcel_id=parcel_id, of_line_id=of_line)
        for of_line, line in zip(asked, lines, strict=True)
    )
    db.flush()
    left_of = not_compensated(db, order.id or 0, of_order(db, order.id or 0))
    if any(left_of[line] < 0 for line in asked):
        raise Conflict("tracking.in_return", number=", ".join(held_of(db, parcel_id)))
    data = {"number": made.number, "units": sum(asked.values())}
    record(db, Event("tracking.parcel.sent_again", "parcel", parcel_id, order.id, data), actor)
    if sum(asked.values()) == sum(left.values()):
        _give_up(db, parcel_id, track, made, actor)
    return made


def _refuse(db: Session, parcel_id: int) -> None:
    if db.get_one(Parcel, parcel_id).state is not ParcelState.SHIPPED:
        raise Conflict("tracking.not_left")
    ends = db.exec(select(ParcelException.closed_how).where(ParcelException.parcel_id == parcel_id)).all()
    if Closed.REFUND in ends:
        raise Conflict("tracking.paid_back")


def _give_up(db: Session, parcel_id: int, track: Track | None, made: Order, actor: Actor) -> None:
    """All of it goes out again: nobody looks for it any more."""
    row = exceptions.open_of(db, parcel_id)
    if row is not None:
        exceptions.give_up(db, exceptions.held(db, row.id or 0, actor), Closed.RESENT, actor, order=made.number)
    elif track is not None and track.delivered_at is None:
        exceptions.count_off(db, track)
