"""Verbs of stock. Every change is a ledger row from one place to another; balances follow in the same breath.

The hot path is Core, not ORM: conditional UPDATEs on `stock_balance`, rows touched in (place, sku) order, so two
pickers on the last unit cannot both have it and cannot deadlock. The loser gets Conflict("inventory.not_enough").
"""

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from floor.inventory.models import (
    PHYSICAL,
    Balance,
    LedgerRow,
    MoveReason,
    Place,
    PlaceKind,
    Reservation,
)
from floor.kit.actor import Actor
from floor.kit.errors import Conflict


@dataclass(frozen=True)
class Move:
    """`qty` (> 0) units of a SKU go from one place to another. `reserved`: they were promised units of the source."""

    sku_id: int
    qty: int
    from_place_id: int
    to_place_id: int
    reason: MoveReason
    reserved: bool = False


def new_place(db: Session, kind: PlaceKind, warehouse_id: int) -> int:
    """A place stock can be in; bins, totes and parcels take their id from it."""
    place = Place(kind=kind, warehouse_id=warehouse_id)
    db.add(place)
    db.flush()
    assert place.id is not None
    return place.id


def beyond(db: Session, kind: PlaceKind, warehouse_id: int) -> int:
    """The place outside our walls (supplier, customer, found, lost, scrap) of one warehouse; made on first use."""
    place = db.exec(select(Place.id).where(Place.kind == kind, Place.warehouse_id == warehouse_id)).first()
    return place if place is not None else new_place(db, kind, warehouse_id)


def move(db: Session, moves: Iterable[Move], subject: str, subject_id: int, actor: Actor) -> None:
    """Book moves: ledger rows and balances, all or none.

    Free units only, unless `reserved`. Raises Conflict("inventory.not_enough") when a source holds too few.
    """
    ordered = sorted(moves, key=lambda m: (m.from_place_id, m.sku_id, m.to_place_id))
    if not ordered:
        return
    places = {m.from_place_id for m in ordered} | {m.to_place_id for m in ordered}
    physical = _physical(db, places)
    _take_and_give(db, ordered, physical)
    db.execute(
        sa.insert(LedgerRow),
        [
            {
                "sku_id": m.sku_id,
                "qty": m.qty,
                "from_place_id": m.from_place_id,
                "to_place_id": m.to_place_id,
                "reason": m.reason,
                "subject": subject,
                "subject_id": subject_id,
                "actor_name": actor.name,
                "actor_id": actor.id,
            }
            for m in ordered
        ],
    )


def _physical(db: Session, places: set[int]) -> set[int]:
    rows = db.execute(
        sa.select(col(Place.id)).where(col(Place.id).in_(places), col(Place.kind).in_(PHYSICAL))
    )
    return set(rows.scalars())


def _take_and_give(db: Session, moves: list[Move], physical: set[int]) -> None:
    """Change balances in one sorted order over all rows touched, sources and targets alike."""
    changes: dict[tuple[int, int], list[int]] = {}
    for m in moves:
        if m.from_place_id in physical:
            change = changes.setdefault((m.from_place_id, m.sku_id), [0, 0])
            change[0] -= m.qty
            change[1] -= m.qty if m.reserved else 0
        if m.to_place_id in physical:
            changes.setdefault((m.to_place_id, m.sku_id), [0, 0])[0] += m.qty
    for (place_id, sku_id), (qty, reserved) in sorted(changes.items()):
        if qty >= 0 and reserved >= 0:
            _add(db, place_id, sku_id, qty)
        else:
            _change(db, place_id, sku_id, qty, reserved)


def _change(db: Session, place_id: int, sku_id: int, qty: int, reserved: int) -> None:
    """Add `qty` and `reserved` (either may be negative) if the row stays sound: 0 <= reserved <= qty."""
    b_qty, b_reserved = col(Balance.qty), col(Balance.reserved)
    done = db.execute(
        sa.update(Balance)
        .where(col(Balance.place_id) == place_id, col(Balance.sku_id) == sku_id)
        .where(b_reserved + reserved >= 0, b_qty + qty >= b_reserved + reserved)
        .values(qty=b_qty + qty, reserved=b_reserved + reserved)
        .execution_options(synchronize_session=False)
    )
    if not done.rowcount:  # type: ignore[attr-defined]
        raise Conflict("inventory.not_enough", place=place_id, sku=sku_id, qty=max(-qty, reserved))


def _add(db: Session, place_id: int, sku_id: int, qty: int) -> None:
    dialect = sqlite if db.get_bind().dialect.name == "sqlite" else postgresql
    new = dialect.insert(Balance).values(place_id=place_id, sku_id=sku_id, qty=qty, reserved=0)
    db.execute(
        new.on_conflict_do_update(
            index_elements=["place_id", "sku_id"], set_={"qty": col(Balance.qty) + new.excluded.qty}
        )
    )


@dataclass(frozen=True)
class Wish:
    """Units of one bin wanted for one shipment line."""

    bin_id: int
    sku_id: int
    qty: int
    shipment_line_id: int


def reserve(db: Session, wishes: Iterable[Wish]) -> list[Reservation]:
    """Promise units, all or none, in one sorted order. Raises Conflict("inventory.not_enough")."""
    made = []
    for wish in sorted(wishes, key=lambda w: (w.bin_id, w.sku_id, w.shipment_line_id)):
        _change(db, wish.bin_id, wish.sku_id, 0, wish.qty)
        made.append(
            Reservation(
                bin_id=wish.bin_id, sku_id=wish.sku_id, qty=wish.qty, shipment_line_id=wish.shipment_line_id
            )
        )
    db.add_all(made)
    db.flush()
    return made


def take(
    db: Session, reservation: Reservation, qty: int, to_place_id: int, subject: str, subject_id: int, actor: Actor
) -> None:
    """Take `qty` promised units off the shelf, into a tote. Raises Conflict when fewer are promised."""
    _count(db, reservation, posted=qty)
    step = Move(reservation.sku_id, qty, reservation.bin_id, to_place_id, MoveReason.PICK, reserved=True)
    move(db, [step], subject, subject_id, actor)


def put_back(
    db: Session, reservation: Reservation, qty: int, from_place_id: int, subject: str, subject_id: int, actor: Actor
) -> None:
    """Undo `take`: the units return to their bin and are promised to the same line again."""
    _count(db, reservation, posted=-qty)
    step = Move(reservation.sku_id, qty, from_place_id, reservation.bin_id, MoveReason.PUT_BACK)
    move(db, [step], subject, subject_id, actor)
    _change(db, reservation.bin_id, reservation.sku_id, 0, qty)


def release(db: Session, reservation: Reservation, qty: int | None = None) -> int:
    """Give promised units back to everybody: `qty` of them, or all that are left. Returns how many."""
    given = reservation.pending if qty is None else qty
    if given:
        _count(db, reservation, released=given)
        _change(db, reservation.bin_id, reservation.sku_id, 0, -given)
    return given


def promise_again(db: Session, reservation: Reservation, qty: int) -> None:
    """Undo `release`, as far as the bin still has free units. Raises Conflict("inventory.not_enough")."""
    _count(db, reservation, released=-qty)
    _change(db, reservation.bin_id, reservation.sku_id, 0, qty)


def _count(db: Session, reservation: Reservation, posted: int = 0, released: int = 0) -> None:
    """Move units between pending, posted and released, if the parts stay sound."""
    r = Reservation
    done = db.execute(
        sa.update(r)
        .where(col(r.id) == reservation.id)
        .where(col(r.posted) + posted >= 0, col(r.released) + released >= 0)
        .where(col(r.posted) + col(r.released) + posted + released <= col(r.qty))
        .values(posted=col(r.posted) + posted, released=col(r.released) + released)
        .execution_options(synchronize_session=False)
    )
    if not done.rowcount:  # type: ignore[attr-defined]
        raise Conflict(
            "inventory.not_enough", place=reservation.bin_id, sku=reservation.sku_id, qty=abs(posted or released)
        )
    db.refresh(reservation)
