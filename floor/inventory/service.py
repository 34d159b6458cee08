"""Verbs of stock. Every change is a ledger row from one place to another; balances follow in the same breath.

The hot path (rows.py) is Core, not ORM: conditional UPDATEs on `stock_balance`, rows touched in (place, sku) order, so
two pickers on the last unit cannot both have it and cannot deadlock. The loser gets Conflict("inventory.not_enough").
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from floor.events.service import Event, record
from floor.inventory import lots, rows
from floor.inventory.lots import Move as Move  # the one word all slices book with
from floor.inventory.models import Bin, BinKind, MoveReason, PlaceKind, Reservation, Warehouse
from floor.inventory.rows import Change, Promised, Step
from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.errors import Invalid


def new_place(db: Session, kind: PlaceKind, warehouse_id: int) -> int:
    """A place stock can be in; bins, totes and parcels take their id from it."""
    return rows.new_place(db, kind, warehouse_id)


def beyond(db: Session, kind: PlaceKind, warehouse_id: int) -> int:
    """The place outside our walls (supplier, customer, found, lost, scrap) of one warehouse; made on first use."""
    place = rows.first_place(db, kind, warehouse_id)
    if place is None:
        house = select(Warehouse.id).where(Warehouse.id == warehouse_id)
        db.exec(house.with_for_update(key_share=True)).all()  # two firsts make one place
        place = rows.first_place(db, kind, warehouse_id)
    return place if place is not None else rows.new_place(db, kind, warehouse_id)


def hold_still(db: Session, balances: Collection[tuple[int, int]]) -> None:
    """Lock the balances (place, sku) several verbs of one transaction are going to touch in an order of their own.

    All at once, in the house's one order: two pickers whose ways cross wait for each other, but never in a circle.
    """
    if balances:
        lots.tracking_of(db, {sku for _place, sku in balances}, lock=True)
        lots.lock(db, balances)


def move(db: Session, moves: Iterable[Move], subject: str, subject_id: int, actor: Actor) -> list[Move]:
    """Book moves: ledger rows and balances, all or none. Returns them as booked, every lot named.

    Free units only, unless `reserved`. Raises Conflict("inventory.not_enough") when a source holds too few, and what
    lots.name_lots and lots.book raise for tracked SKUs.
    """
    return _move(db, list(moves), [], subject, subject_id, actor)


def _move(
    db: Session, moves: Iterable[Move], before: list[Step], subject: str, subject_id: int, actor: Actor
) -> list[Move]:  # fmt: skip
    """`move`, with other steps going to the database before it."""
    ordered = sorted(moves, key=lambda m: (m.from_place_id, m.sku_id, m.to_place_id))
    if not ordered:
        return []
    try:
        entries = _entries(ordered, subject, subject_id, actor)
        rows.run(db, [*before, rows.booking(entries), *rows.changing(_changes(ordered))])
    except rows.Tracked:
        return _move_lots(db, ordered, before, subject, subject_id, actor)
    return ordered


def as_data(moves: Iterable[Move]) -> list[list[int]]:
    """Moves for an event that may be taken back: [sku, qty, from, to, lot or 0]."""
    return [[m.sku_id, m.qty, m.from_place_id, m.to_place_id, m.lot_id or 0] for m in moves]


def _move_lots(
    db: Session, moves: list[Move], before: list[Step], subject: str, subject_id: int, actor: Actor
) -> list[Move]:  # fmt: skip
    """`_move` when SKUs are tracked."""
    tracked = lots.tracking_of(db, {m.sku_id for m in moves}, lock=True)
    ends = [(place, m.sku_id) for m in moves for place in (m.from_place_id, m.to_place_id)]
    physical = rows.physical(db, {place for place, _sku in ends})
    lots.lock(db, {end for end in ends if end[0] in physical})
    named = lots.name_lots(db, moves, tracked)
    lots.one_of_each_serial(db, named, physical, tracked)
    held = lots.on_hold(db, named)
    entries = _entries(named, subject, subject_id, actor)
    rows.run(db, [*before, rows.booking_lots(entries), *rows.changing(_changes(named, held))])
    lots.book(db, named, physical)
    return named


def _entries(moves: list[Move], subject: str, subject_id: int, actor: Actor) -> list[dict[str, Any]]:
    now = clock.now()
    return [
        {
            "at": now,
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
        for m in moves
    ]


def _changes(moves: list[Move], on_hold: Collection[int] = ()) -> list[Change]:
    """What moves add to the balances at both their ends; each balance comes once."""
    sums: dict[tuple[int, int], list[int]] = {}
    for m in moves:
        source = sums.setdefault((m.from_place_id, m.sku_id), [0, 0, 0])
        source[0] -= m.qty
        source[1] -= m.qty if m.reserved else 0
        source[2] -= m.qty if m.lot_id in on_hold else 0
        sums.setdefault((m.to_place_id, m.sku_id), [0, 0, 0])[0] += m.qty
    return [Change(*key, *added) for key, added in sums.items()]


@dataclass(frozen=True)
class Wish:
    """Units of one bin wanted for one shipment line, or to be put aside until a moment."""

    bin_id: int
    sku_id: int
    qty: int
    shipment_line_id: int | None = None
    until: datetime | None = None
    note: str = ""


def reserve(db: Session, wishes: Iterable[Wish]) -> None:
    """Promise units, all or none, in one sorted order. Raises Conflict("inventory.not_enough")."""
    ordered = sorted(wishes, key=lambda w: (w.bin_id, w.sku_id, w.shipment_line_id or 0))
    sums: dict[tuple[int, int], int] = defaultdict(int)
    for wish in ordered:
        sums[wish.bin_id, wish.sku_id] += wish.qty
    if ordered:
        changes = [Change(*shelf, promised=qty) for shelf, qty in sums.items()]
        rows.run(db, [*rows.changing(changes), rows.promising([_promise(wish) for wish in ordered])])


def reserve_one(db: Session, wish: Wish) -> Reservation:
    """`reserve` for one line; returns what was promised."""
    rows.run(db, rows.changing([Change(wish.bin_id, wish.sku_id, promised=wish.qty)]))
    return db.get_one(Reservation, rows.promise_one(db, _promise(wish)))


def _promise(wish: Wish) -> dict[str, Any]:
    return {
        "bin_id": wish.bin_id,
        "sku_id": wish.sku_id,
        "qty": wish.qty,
        "shipment_line_id": wish.shipment_line_id,
        "expires_at": wish.until,
        "note": wish.note,
        "created_at": clock.now(),
    }


def take(
    db: Session, reservation: Reservation, qty: int, to_place_id: int, subject: str, subject_id: int, actor: Actor
) -> None:
    """Take `qty` promised units off the shelf, into a tote. Raises Conflict when fewer are promised."""
    rows.count(db, reservation, posted=qty)
    step = Move(reservation.sku_id, qty, reservation.bin_id, to_place_id, MoveReason.PICK, reserved=True)
    move(db, [step], subject, subject_id, actor)


def take_all(
    db: Session, parts: Sequence[tuple[Promised, int]], to_place_id: int, subject: str, subject_id: int, actor: Actor
) -> None:
    """`take` of several reservations, (reservation, qty) each, into the same tote: all or none."""
    steps = [Move(r.sku_id, qty, r.bin_id, to_place_id, MoveReason.PICK, reserved=True) for r, qty in parts]
    _move(db, steps, [rows.posting(parts)], subject, subject_id, actor)
    for promised, _qty in parts:
        if isinstance(promised, Reservation):
            db.expire(promised, ["posted", "released"])  # read again when somebody asks


def put_back(
    db: Session, reservation: Reservation, qty: int, from_place_id: int, subject: str, subject_id: int, actor: Actor
) -> None:
    """Undo `take`: the units return to their bin and are promised to the same line again."""
    rows.count(db, reservation, posted=-qty)
    step = Move(reservation.sku_id, qty, from_place_id, reservation.bin_id, MoveReason.PUT_BACK)
    move(db, [step], subject, subject_id, actor)
    # Of a lot that went on hold meanwhile, too: what was promised to somebody stays promised.
    here = (reservation.bin_id, reservation.sku_id)
    rows.run(db, rows.changing([Change(*here, promised=qty, held=-qty)]))
    if lots.tracking_of(db, [reservation.sku_id]):
        lots.settle(db, [here])


def release(db: Session, reservation: Reservation, qty: int | None = None) -> int:
    """Give promised units back to everybody: `qty` of them, or all that are left. Returns how many."""
    given = reservation.pending if qty is None else qty
    if given:
        tracked = lots.tracking_of(db, [reservation.sku_id], lock=True)  # before the balance, as in every move
        rows.count(db, reservation, released=given)
        _promise_more(db, reservation, -given)
        if tracked:
            lots.settle(db, [(reservation.bin_id, reservation.sku_id)])
    return given


def promise_again(db: Session, reservation: Reservation, qty: int) -> None:
    """Undo `release`, as far as the bin still has free units. Raises Conflict("inventory.not_enough")."""
    rows.count(db, reservation, released=-qty)
    _promise_more(db, reservation, qty)


def _promise_more(db: Session, reservation: Reservation, qty: int) -> None:
    rows.run(db, rows.changing([Change(reservation.bin_id, reservation.sku_id, promised=qty)]))


# --- putting aside -----------------------------------------------------------------------------------------------


def put_aside(
    db: Session, where: Bin, sku_id: int, qty: int, until: datetime, note: str, actor: Actor
) -> Reservation:  # fmt: skip
    """Keep free units for somebody until a moment. Raises Conflict("inventory.not_enough"), Invalid for a past one."""
    if until <= clock.now():
        raise Invalid("inventory.past", field="until")
    made = reserve_one(db, Wish(where.id, sku_id, qty, until=until, note=note))
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
