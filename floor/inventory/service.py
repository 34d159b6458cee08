"""Verbs of stock. Every change is a ledger row from one place to another; balances follow in the same breath.

The hot path is Core, not ORM: conditional UPDATEs on `stock_balance`, rows touched in (place, sku) order, so two
pickers on the last unit cannot both have it and cannot deadlock. The loser gets Conflict("inventory.not_enough").
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from floor.events.service import Event, record
from floor.inventory import lots
from floor.inventory.lots import Move as Move  # the one word all slices book with
from floor.inventory.models import PHYSICAL, Balance, Bin, BinKind, LedgerRow, MoveReason, Place, PlaceKind, Reservation
from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.errors import Conflict, Invalid


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


def move(db: Session, moves: Iterable[Move], subject: str, subject_id: int, actor: Actor) -> list[Move]:
    """Book moves: ledger rows and balances, all or none. Returns them as booked, every lot named.

    Free units only, unless `reserved`. Raises Conflict("inventory.not_enough") when a source holds too few, and what
    lots.name_lots and lots.book raise for tracked SKUs.
    """
    ordered = sorted(moves, key=lambda m: (m.from_place_id, m.sku_id, m.to_place_id))
    if not ordered:
        return []
    places = {m.from_place_id for m in ordered} | {m.to_place_id for m in ordered}
    physical = _physical(db, places)
    tracked = lots.tracking_of(db, {m.sku_id for m in ordered}, lock=True)
    held: set[int] = set()
    if tracked:
        ends = ((m, place) for m in ordered for place in (m.from_place_id, m.to_place_id))
        lots.lock(db, {(place, m.sku_id) for m, place in ends if place in physical})
        ordered = lots.name_lots(db, ordered, tracked)
        held = lots.on_hold(db, {m.lot_id for m in ordered if m.lot_id is not None})
    _take_and_give(db, ordered, physical, held)
    db.execute(
        sa.insert(LedgerRow),
        [
            {
                "sku_id": m.sku_id,
                "lot_id": m.lot_id,
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
    if tracked:
        lots.book(db, ordered, physical, tracked)
    return ordered


def as_data(moves: Iterable[Move]) -> list[list[int]]:
    """Moves for an event that may be taken back: [sku, qty, from, to, lot or 0]."""
    return [[m.sku_id, m.qty, m.from_place_id, m.to_place_id, m.lot_id or 0] for m in moves]


def _physical(db: Session, places: set[int]) -> set[int]:
    rows = db.execute(sa.select(col(Place.id)).where(col(Place.id).in_(places), col(Place.kind).in_(PHYSICAL)))
    return set(rows.scalars())


def _take_and_give(db: Session, moves: list[Move], physical: set[int], on_hold: set[int]) -> None:
    """Change balances in one sorted order over all rows touched, sources and targets alike."""
    changes: dict[tuple[int, int], list[int]] = {}
    for m in moves:
        if m.from_place_id in physical:
            change = changes.setdefault((m.from_place_id, m.sku_id), [0, 0, 0])
            change[0] -= m.qty
            change[1] -= m.qty if m.reserved else 0
            change[2] -= m.qty if m.lot_id in on_hold else 0
        if m.to_place_id in physical:
            changes.setdefault((m.to_place_id, m.sku_id), [0, 0, 0])[0] += m.qty
    for (place_id, sku_id), (qty, reserved, held) in sorted(changes.items()):
        if qty >= 0 and reserved >= 0:
            _add(db, place_id, sku_id, qty)
        else:
            _change(db, place_id, sku_id, qty, reserved, held)


def _change(db: Session, place_id: int, sku_id: int, qty: int, reserved: int, held: int = 0) -> None:
    """Add to `qty` and `reserved`, and take from `held` as far as any is, if reserved + held <= qty still holds."""
    b_qty, b_reserved, b_held = col(Balance.qty), col(Balance.reserved), col(Balance.held)
    stays = b_held if not held else sa.case((b_held + held > 0, b_held + held), else_=0)
    done = db.execute(
        sa.update(Balance)
        .where(col(Balance.place_id) == place_id, col(Balance.sku_id) == sku_id)
        .where(b_reserved + reserved >= 0, b_qty + qty >= b_reserved + reserved + stays)
        .values(qty=b_qty + qty, reserved=b_reserved + reserved, held=stays)
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
    """Units of one bin wanted for one shipment line, or to be put aside until a moment."""

    bin_id: int
    sku_id: int
    qty: int
    shipment_line_id: int | None = None
    until: datetime | None = None
    note: str = ""


def reserve(db: Session, wishes: Iterable[Wish]) -> list[Reservation]:
    """Promise units, all or none, in one sorted order. Raises Conflict("inventory.not_enough")."""
    made = []
    for wish in sorted(wishes, key=lambda w: (w.bin_id, w.sku_id, w.shipment_line_id or 0)):
        _change(db, wish.bin_id, wish.sku_id, 0, wish.qty)
        made.append(
            Reservation(
                bin_id=wish.bin_id, sku_id=wish.sku_id, qty=wish.qty, shipment_line_id=wish.shipment_line_id,
                expires_at=wish.until, note=wish.note,
            )
        )  # fmt: skip
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
        if lots.tracking_of(db, [reservation.sku_id]):
            lots.settle(db, [(reservation.bin_id, reservation.sku_id)])
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


# --- putting aside -----------------------------------------------------------------------------------------------


def put_aside(
    db: Session, where: Bin, sku_id: int, qty: int, until: datetime, note: str, actor: Actor
) -> Reservation:  # fmt: skip
    """Keep free units for somebody until a moment. Raises Conflict("inventory.not_enough"), Invalid for a past one."""
    if until <= clock.now():
        raise Invalid("inventory.past", field="until")
    (made,) = reserve(db, [Wish(where.id, sku_id, qty, until=until, note=note)])
    _tell_aside(db, made, "put_aside", qty, actor)
    return made


def give_back(db: Session, reservation: Reservation, actor: Actor) -> int:
    """Units put aside go back to everybody before their time. Returns how many; 0 when it is over."""
    assert reservation.shipment_line_id is None, "a shipment's promise is released by its own verbs"
    given = release(db, reservation)
    if given:
        _tell_aside(db, reservation, "given_back", given, actor)
    return given


def give_back_expired(db: Session, actor: Actor) -> int:
    """What was put aside until now or earlier goes back to everybody. Returns how many promises ended."""
    r = Reservation
    over = select(r).where(col(r.expires_at) <= clock.now(), r.qty > col(r.posted) + col(r.released))
    waiting = db.exec(over.order_by(col(r.bin_id), col(r.sku_id), col(r.id)).with_for_update(skip_locked=True)).all()
    return sum(bool(give_back(db, promise, actor)) for promise in waiting)


def _tell_aside(db: Session, promise: Reservation, what: str, qty: int, actor: Actor) -> None:
    data = {"sku": promise.sku_id, "qty": qty, "promise": promise.id}
    record(db, Event(f"inventory.stock.{what}", "bin", promise.bin_id, data=data), actor)


# --- from shelf to shelf, and off the books ----------------------------------------------------------------------


def relocate(
    db: Session, where: Bin, target: Bin, sku_id: int, qty: int, actor: Actor, *,
    lot_id: int | None = None, reason: MoveReason = MoveReason.RELOCATE,
) -> None:  # fmt: skip
    """Free units go to another bin of the same warehouse. Raises Invalid for a closed bin or another house."""
    if target.is_closed:
        raise Invalid("inventory.bin_closed", field="bin", bin=target.code)
    if target.warehouse_id != where.warehouse_id:
        raise Invalid("inventory.other_house", field="bin", bin=target.code)
    if target.id == where.id:
        raise Invalid("inventory.same_bin", field="bin", bin=target.code)
    booked = move(db, [Move(sku_id, qty, where.id, target.id, reason, lot_id=lot_id)], "bin", where.id, actor)
    kind = "put_away" if reason is MoveReason.PUT_AWAY else "relocated"
    data = {"sku": sku_id, "qty": qty, "to": target.id, "moves": as_data(booked)}
    record(db, Event(f"inventory.stock.{kind}", "bin", where.id, data=data), actor)


def damage(db: Session, where: Bin, sku_id: int, qty: int, actor: Actor, lot_id: int | None = None) -> Bin:
    """Broken units leave the shelf for quarantine, where nobody sells them. Raises Invalid without such a bin."""
    sick = select(Bin).where(Bin.warehouse_id == where.warehouse_id, Bin.kind == BinKind.QUARANTINE)
    target = db.exec(sick.where(col(Bin.is_closed).is_(False)).order_by(col(Bin.id))).first()
    if target is None:
        raise Invalid("inventory.no_quarantine")
    relocate(db, where, target, sku_id, qty, actor, lot_id=lot_id, reason=MoveReason.DAMAGE)
    return target


#: What an adjustment may say, and where the units come from or go to.
ADJUSTMENTS = {
    MoveReason.FOUND: PlaceKind.FOUND,
    MoveReason.LOST: PlaceKind.LOST,
    MoveReason.SCRAP: PlaceKind.SCRAP,
    MoveReason.CORRECTION: PlaceKind.LOST,
}


def adjust(
    db: Session, where: Bin, sku_id: int, change: int, reason: MoveReason, note: str, actor: Actor,
    lot_id: int | None = None,
) -> None:  # fmt: skip
    """Book `change` (not 0) units more or fewer, free ones only; `reason` one of ADJUSTMENTS, `note` for the story."""
    if not change or reason not in ADJUSTMENTS or (change > 0) is not (reason is MoveReason.FOUND):
        raise Invalid("inventory.wrong_reason", field="reason")
    other = beyond(db, ADJUSTMENTS[reason], where.warehouse_id)
    ends = (other, where.id) if change > 0 else (where.id, other)
    move(db, [Move(sku_id, abs(change), *ends, reason, lot_id=lot_id)], "bin", where.id, actor)
    data = {"sku": sku_id, "change": change, "why": reason.value, "note": note[:120]}
    record(db, Event("inventory.stock.adjusted", "bin", where.id, data=data), actor)


# --- what comes in -----------------------------------------------------------------------------------------------


def receive(db: Session, where: Bin, sku_id: int, qty: int, actor: Actor, lot_id: int | None = None) -> None:
    """Units from a supplier go onto a shelf. Raises Invalid for a closed bin."""
    if where.is_closed:
        raise Invalid("inventory.bin_closed", field="bin", bin=where.code)
    supplier = beyond(db, PlaceKind.SUPPLIER, where.warehouse_id)
    move(db, [Move(sku_id, qty, supplier, where.id, MoveReason.RECEIVE, lot_id=lot_id)], "bin", where.id, actor)
    record(db, Event("inventory.stock.received", "bin", where.id, data={"sku": sku_id, "qty": qty}), actor)
