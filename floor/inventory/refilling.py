"""Replenishment: from reserve storage to the pick face, so that orders waiting for the goods can start."""

from sqlmodel import Session

from floor.events.service import Event, record
from floor.inventory import queries
from floor.inventory.counting import ask_count
from floor.inventory.models import Bin, BinKind, CountReason, MoveReason, Replenishment
from floor.inventory.service import Move, move
from floor.inventory.states import REPLENISHMENT, ReplenishmentAction, ReplenishmentState
from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.errors import Conflict, Invalid


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


def scan_refill(db: Session, task: Replenishment, code: str, actor: Actor) -> bool:
    """The bin to take from, then the bin to bring to, which books the move. False: not the bin that is due.

    Raises Conflict when the task is over or the source has fewer free units by now, Invalid for a bin closed since.
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
    if due.is_closed:
        raise Invalid("inventory.bin_closed", field="code", bin=due.code)
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
