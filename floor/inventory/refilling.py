"""Replenishment: from reserve storage to the pick face, so that orders waiting for the goods can start.

A task brings one SKU from one bin to one face. It is walked in four steps: the bin to take from, the goods, how many,
the bin to bring to; the last one books the move. One task per face and SKU is open at a time; what a single source
cannot give follows in the next one.
"""

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.catalog.models import Sku
from floor.catalog.queries import resolve
from floor.events.service import Event, record
from floor.inventory import facing, queries
from floor.inventory.counting import ask_count
from floor.inventory.models import (
    Balance,
    Bin,
    BinKind,
    CountReason,
    CountTask,
    LedgerRow,
    MoveReason,
    Replenishment,
)
from floor.inventory.queries import FREE
from floor.inventory.service import Move, move
from floor.inventory.states import REPLENISHMENT, CountState, ReplenishmentAction, ReplenishmentState
from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.db import upsert
from floor.kit.errors import Conflict, Invalid

# --- asking ------------------------------------------------------------------------------------------------------


def ask_replenishment(
    db: Session, warehouse_id: int, sku_id: int, qty: int, actor: Actor, orders: int = 0
) -> list[Replenishment]:
    """Ask for `qty` units on the SKU's pick face, which so many orders wait for. Nothing moves yet.

    As many as one bin of the reserve has and the face has room for; a face with levels is filled up at the same time.
    Where its task is open already, that one wants more from now on. One task, or none when the reserve has nothing free
    or there is no pick face.
    """
    if qty <= 0:
        return []
    levels = facing.faces(db, sku_id, warehouse_id)
    face = levels[0].where if levels else queries.pick_face_for(db, warehouse_id, sku_id)
    if face is None:
        return []
    task = _open_task(db, face.id, sku_id)
    if task is not None:
        return [_want_more(db, task, qty, orders)]
    # Orders take away again what is brought for them: the maximum is for what lies there until somebody needs it.
    units = max(qty, levels[0].room) if levels else qty
    return _make(db, face, sku_id, units, actor, wanted=qty, orders=orders)


def fill_face(db: Session, bin_id: int, sku_id: int, actor: Actor) -> list[Replenishment]:
    """Fill a face up to its maximum if it is below its minimum and nobody does so yet. One task or none."""
    face = facing.face_at(db, bin_id, sku_id)
    if face is None or not face.is_low or not face.room or _open_task(db, bin_id, sku_id) is not None:
        return []
    return _make(db, face.where, sku_id, face.room, actor)


def can_fill(db: Session, bin_id: int, sku_id: int) -> bool:
    """Whether the reserve has units for this face that no other task will take."""
    face = facing.face_at(db, bin_id, sku_id)
    return face is not None and _source(db, face.where.warehouse_id, sku_id) is not None


def _make(
    db: Session, face: Bin, sku_id: int, units: int, actor: Actor, wanted: int = 0, orders: int = 0
) -> list[Replenishment]:
    source = _source(db, face.warehouse_id, sku_id)
    if source is None:
        return []
    bin_id, free = source
    room = facing.fits(db, face, db.get_one(Sku, sku_id))
    units = min(units, free) if room is None else min(units, free, room)
    if units <= 0:
        return []
    new = upsert(db, Replenishment).values(
        warehouse_id=face.warehouse_id, sku_id=sku_id, from_bin_id=bin_id, to_bin_id=face.id, qty=units,
        wanted=wanted, orders=orders, state=ReplenishmentState.OPEN, from_seen=False, item_seen=False,
        created_at=clock.now(),
    )  # fmt: skip
    made = db.execute(new.on_conflict_do_nothing().returning(col(Replenishment.id))).scalar()
    if made is None:  # somebody else was faster by a moment
        task = _open_task(db, face.id, sku_id)
        return [_want_more(db, task, wanted, orders)] if task and wanted else []
    task = db.get_one(Replenishment, made)
    _tell(db, task, "asked", actor)
    return [task]


def _open_task(db: Session, bin_id: int, sku_id: int) -> Replenishment | None:
    mine = (Replenishment.to_bin_id == bin_id, Replenishment.sku_id == sku_id)
    waiting = select(Replenishment).where(*mine, Replenishment.state == ReplenishmentState.OPEN)
    return db.exec(waiting.with_for_update().execution_options(populate_existing=True)).first()


def _want_more(db: Session, task: Replenishment, qty: int, orders: int) -> Replenishment:
    """Others want units of the same task; before it is begun it also grows, as far as its source has them."""
    task.wanted += qty
    task.orders += orders
    if not task.from_seen:
        lying = queries.free_in(db, task.from_bin_id, task.sku_id)
        task.qty = max(task.qty, min(task.wanted, lying))
    db.add(task)
    db.flush()
    return task


def _source(db: Session, warehouse_id: int, sku_id: int) -> tuple[int, int] | None:
    """(bin, units to spare) in open reserve storage: what expires first, then the fullest; None when all is empty.

    What other tasks will take is not there any more; a bin reported short waits for its count.
    """
    soonest = queries.soonest_expiry([sku_id])
    task, doubt = Replenishment, CountTask
    going = (
        sa.select(sa.func.coalesce(sa.func.sum(col(task.qty)), 0))
        .where(col(task.from_bin_id) == col(Bin.id), col(task.sku_id) == sku_id)
        .where(col(task.state) == ReplenishmentState.OPEN)
        .correlate(Bin)
        .scalar_subquery()
    )
    doubted = sa.exists().where(
        col(doubt.bin_id) == col(Bin.id), col(doubt.sku_id) == sku_id, col(doubt.reason) == CountReason.SHORT,
        col(doubt.state) != CountState.DONE,
    )  # fmt: skip
    left = FREE - going
    query = (
        sa.select(col(Bin.id), left)
        .join(Balance, (col(Balance.place_id) == col(Bin.id)) & (col(Balance.sku_id) == sku_id))
        .outerjoin(soonest, soonest.c.place_id == col(Bin.id))
        .where(col(Bin.warehouse_id) == warehouse_id, col(Bin.kind) == BinKind.RESERVE, col(Bin.is_closed).is_(False))
        .where(left > 0, ~doubted)
        .order_by(soonest.c.expires_on.is_(None), soonest.c.expires_on, left.desc(), col(Bin.id))
    )
    found = db.execute(query.limit(1)).first()
    return (found[0], int(found[1])) if found else None


# --- walking it --------------------------------------------------------------------------------------------------


def scan_refill(db: Session, task: Replenishment, code: str, actor: Actor) -> bool:
    """The bin to take from, the goods in it, then the bin to bring to, which books the move. False: not what is due.

    Where nothing else lies in the source the goods need no scan, and without a number all are taken. Raises Conflict
    when the task is over, the goods must be scanned first, or the source has fewer free units by now.
    """
    _must_be_open(task)
    given = code.strip().upper()
    if not task.from_seen:
        if given != db.get_one(Bin, task.from_bin_id).code:
            return False
        task.from_seen = True
    elif given == db.get_one(Bin, task.to_bin_id).code:
        if not task.item_seen and _is_mixed(db, task):
            raise Conflict("inventory.scan_item_first")
        _book(db, task, actor)
        return True
    else:
        sku = resolve(db, code).sku
        if sku is None or sku.id != task.sku_id:
            return False
        task.item_seen = True
    db.add(task)
    db.flush()
    return True


def _is_mixed(db: Session, task: Replenishment) -> bool:
    """Whether other goods lie in the source too."""
    others = select(Balance.sku_id).where(
        Balance.place_id == task.from_bin_id, Balance.qty > 0, Balance.sku_id != task.sku_id
    )
    return db.exec(others.limit(1)).first() is not None


def take_to_refill(db: Session, task: Replenishment, qty: int) -> None:
    """So many are in hand; what is left of the task comes in another one. Raises Conflict, Invalid for too many."""
    _must_be_open(task)
    if not task.from_seen or (not task.item_seen and _is_mixed(db, task)):
        raise Conflict("inventory.scan_item_first")
    if not 1 <= qty <= task.qty:
        raise Invalid("inventory.take_between", field="qty", most=task.qty)
    task.item_seen, task.taken = True, qty
    db.add(task)
    db.flush()


def fewer_to_refill(db: Session, task: Replenishment, qty: int, actor: Actor) -> None:
    """Only `qty` lie there: that many are brought, none ends the task; and somebody counts the source.

    What orders wait for is asked for again, from another bin.
    """
    _must_be_open(task)
    if not 0 <= qty < task.qty:
        raise Invalid("inventory.not_fewer", field="qty", most=task.qty - 1)
    ask_count(db, db.get_one(Bin, task.from_bin_id), task.sku_id, CountReason.SHORT, actor)
    if not qty:
        advance_refill(db, task, ReplenishmentAction.CANCEL, actor)
        ask_replenishment(db, task.warehouse_id, task.sku_id, task.wanted, actor, task.orders)
        return
    task.qty = qty
    task.taken = qty if task.item_seen else None
    db.add(task)
    db.flush()


def _book(db: Session, task: Replenishment, actor: Actor) -> None:
    face = db.get_one(Bin, task.to_bin_id)
    if face.is_closed:
        raise Invalid("inventory.bin_closed", field="code", bin=face.code)
    assert task.id is not None
    brought = task.qty if task.taken is None else task.taken
    step = Move(task.sku_id, brought, task.from_bin_id, task.to_bin_id, MoveReason.REPLENISH)
    move(db, [step], "replenishment", task.id, actor)
    task.taken, task.done_at, task.done_by = brought, clock.now(), actor.id
    advance_refill(db, task, ReplenishmentAction.FINISH, actor)
    waiting = max(0, task.wanted - brought)
    if rest := max(waiting, task.qty - brought):
        ask_replenishment(db, task.warehouse_id, task.sku_id, rest, actor, task.orders if waiting else 0)


def undo_refill(db: Session, task: Replenishment, actor: Actor) -> None:
    """Take the last step back: the number, the goods, the bin; of a finished task the move itself.

    Raises Conflict when nothing was done, when another person finished it, when the units are not free any more, or
    when the next task for the same face is begun.
    """
    if task.state is ReplenishmentState.DONE:
        _bring_back(db, task, actor)
    elif task.state is not ReplenishmentState.OPEN:
        raise Conflict("inventory.replenishment_over")
    elif task.taken is not None:
        task.taken = None
    elif task.item_seen:
        task.item_seen = False
    elif task.from_seen:
        task.from_seen = False
    else:
        raise Conflict("inventory.nothing_to_undo")
    db.add(task)
    db.flush()


def _bring_back(db: Session, task: Replenishment, actor: Actor) -> None:
    """The same units, lot by lot, go back to the reserve, and the task is open again with its number in hand."""
    assert task.id is not None
    if task.done_by != actor.id:
        raise Conflict("inventory.anothers_replenishment")
    following = _open_task(db, task.to_bin_id, task.sku_id)
    if following is not None:
        if following.from_seen:
            raise Conflict("inventory.next_begun")
        advance_refill(db, following, ReplenishmentAction.CANCEL, actor)
    row = LedgerRow
    sign = sa.case((col(row.to_place_id) == task.to_bin_id, col(row.qty)), else_=-col(row.qty))
    booked = (
        sa.select(col(row.lot_id), sa.func.sum(sign))
        .where(col(row.subject) == "replenishment", col(row.subject_id) == task.id, col(row.sku_id) == task.sku_id)
        .where(col(row.to_place_id).in_((task.to_bin_id, task.from_bin_id)))
        .group_by(col(row.lot_id))
    )
    back = [
        Move(task.sku_id, int(units), task.to_bin_id, task.from_bin_id, MoveReason.REPLENISH, lot_id=lot)
        for lot, units in db.execute(booked)
        if units > 0
    ]
    move(db, back, "replenishment", task.id, actor)
    task.done_at = task.done_by = None
    advance_refill(db, task, ReplenishmentAction.UNDO, actor)


def _must_be_open(task: Replenishment) -> None:
    if task.state is not ReplenishmentState.OPEN:
        raise Conflict("inventory.replenishment_over")


def advance_refill(db: Session, task: Replenishment, action: ReplenishmentAction, actor: Actor) -> None:
    """The only door to a replenishment's state. Raises Conflict when the table has no such move."""
    task.state = REPLENISHMENT.after(task.state, action)
    db.add(task)
    db.flush()
    _tell(db, task, action, actor)


def _tell(db: Session, task: Replenishment, what: str, actor: Actor) -> None:
    assert task.id is not None
    units = task.qty if task.taken is None else task.taken
    data = {"sku": task.sku_id, "qty": units, "from": task.from_bin_id, "to": task.to_bin_id}
    record(db, Event(f"inventory.replenishment.{what}", "replenishment", task.id, data=data), actor)
