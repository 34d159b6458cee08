"""Verbs of stock. Every change is a ledger row from one place to another; balances follow in the same breath.

The hot path is Core, not ORM: conditional UPDATEs on `stock_balance`, rows touched in (place, sku) order, so two
pickers on the last unit cannot both have it and cannot deadlock. The loser gets Conflict("inventory.not_enough").
"""

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from floor.events.service import Event, record
from floor.inventory import queries
from floor.inventory.models import (
    PHYSICAL,
    Balance,
    Bin,
    BinKind,
    CountReason,
    CountTask,
    LedgerRow,
    MoveReason,
    Place,
    PlaceKind,
    Replenishment,
    Reservation,
)
from floor.inventory.states import REPLENISHMENT, CountState, ReplenishmentAction, ReplenishmentState
from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.errors import Conflict, Invalid


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
    rows = db.execute(sa.select(col(Place.id)).where(col(Place.id).in_(places), col(Place.kind).in_(PHYSICAL)))
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
            Reservation(bin_id=wish.bin_id, sku_id=wish.sku_id, qty=wish.qty, shipment_line_id=wish.shipment_line_id)
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


def ask_replenishment(db: Session, warehouse_id: int, sku_id: int, qty: int, actor: Actor) -> list[Replenishment]:
    """Ask for `qty` units from reserve storage on the SKU's pick face: one task per bin, fullest first.

    As many as the reserve has free; none when it has none or there is no pick face. Nothing moves yet.
    """
    face = queries.pick_face_for(db, warehouse_id, sku_id)
    if face is None or qty <= 0:
        return []
    made = []
    for source, _sku, free in reversed(queries.free_bins(db, warehouse_id, [sku_id], BinKind.RESERVE)):
        if qty > 0:
            task = Replenishment(
                warehouse_id=warehouse_id, sku_id=sku_id, from_bin_id=source.id, to_bin_id=face.id, qty=min(qty, free)
            )
            made.append(task)
            qty -= task.qty
    db.add_all(made)
    db.flush()
    for task in made:
        assert task.id is not None
        data = {"sku": sku_id, "qty": task.qty, "from": task.from_bin_id, "to": task.to_bin_id}
        record(db, Event("inventory.replenishment.asked", "replenishment", task.id, data=data), actor)
    return made


def ask_count(db: Session, where: Bin, sku_id: int, reason: CountReason, actor: Actor) -> CountTask:
    """Somebody should count one SKU in one bin. One open task is enough: the one there already is returned."""
    waiting = (CountTask.bin_id == where.id, CountTask.sku_id == sku_id, CountTask.state == CountState.OPEN)
    task = db.exec(select(CountTask).where(*waiting)).first()
    if task is None:
        task = CountTask(
            warehouse_id=where.warehouse_id, bin_id=where.id, sku_id=sku_id, reason=reason, asked_by=actor.name
        )
        db.add(task)
        db.flush()
        assert task.id is not None
        data = {"bin": where.id, "sku": sku_id, "why": reason.value}
        record(db, Event("inventory.count.asked", "count", task.id, data=data), actor)
    return task


# --- refilling pick faces ----------------------------------------------------------------------------------------


def scan_refill(db: Session, task: Replenishment, code: str, actor: Actor) -> bool:
    """The bin to take from, then the bin to bring to, which books the move. False: not the bin that is due.

    Raises Conflict when the task is over, or the source has fewer free units by now.
    """
    if task.state is not ReplenishmentState.OPEN:
        raise Conflict("inventory.replenishment_over")
    due = db.get_one(Bin, task.to_bin_id if task.from_seen else task.from_bin_id)
    if code.strip().upper() != due.code:
        return False
    if not task.from_seen:
        task.from_seen = True
        db.add(task)
        db.flush()
        return True
    assert task.id is not None
    step = Move(task.sku_id, task.qty, task.from_bin_id, task.to_bin_id, MoveReason.REPLENISH)
    move(db, [step], "replenishment", task.id, actor)
    task.done_at, task.done_by = clock.now(), actor.id
    advance_refill(db, task, ReplenishmentAction.FINISH, actor)
    return True


def fewer_to_refill(db: Session, task: Replenishment, qty: int, actor: Actor) -> None:
    """Only `qty` lie there: that many are brought, none ends the task; and somebody counts the source."""
    if task.state is not ReplenishmentState.OPEN:
        raise Conflict("inventory.replenishment_over")
    if not 0 <= qty < task.qty:
        raise Invalid("inventory.not_fewer", field="qty", most=task.qty - 1)
    ask_count(db, db.get_one(Bin, task.from_bin_id), task.sku_id, CountReason.SHORT, actor)
    if not qty:
        advance_refill(db, task, ReplenishmentAction.CANCEL, actor)
        return
    task.qty = qty
    db.add(task)
    db.flush()


def advance_refill(db: Session, task: Replenishment, action: ReplenishmentAction, actor: Actor) -> None:
    """The only door to a replenishment's state. Raises Conflict when the table has no such move."""
    task.state = REPLENISHMENT.after(task.state, action)
    db.add(task)
    db.flush()
    assert task.id is not None
    data = {"sku": task.sku_id, "qty": task.qty, "from": task.from_bin_id, "to": task.to_bin_id}
    record(db, Event(f"inventory.replenishment.{action}", "replenishment", task.id, data=data), actor)


# --- what comes in -----------------------------------------------------------------------------------------------


def receive(db: Session, where: Bin, sku_id: int, qty: int, actor: Actor) -> None:
    """Units from a supplier go onto a shelf. Raises Invalid for a closed bin."""
    if where.is_closed:
        raise Invalid("inventory.bin_closed", field="bin", bin=where.code)
    supplier = beyond(db, PlaceKind.SUPPLIER, where.warehouse_id)
    move(db, [Move(sku_id, qty, supplier, where.id, MoveReason.RECEIVE)], "bin", where.id, actor)
    record(db, Event("inventory.stock.received", "bin", where.id, data={"sku": sku_id, "qty": qty}), actor)
