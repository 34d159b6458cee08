"""Variances are decided here: the books follow, somebody counts again, or nobody believes it.

Above the warehouse's limit two supervisors must agree, and neither of them counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlmodel import Session, col, select

from floor.catalog.models import Sku
from floor.inventory import counting, lots
from floor.inventory.models import CountTask
from floor.inventory.models_counting import CountEntry
from floor.inventory.states import CountAction, CountState
from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.errors import Conflict, NotAllowed, Refused


class Why(StrEnum):
    """Why the books were wrong, as far as the supervisor knows."""

    MISCOUNTED = "miscounted"
    ELSEWHERE = "elsewhere"
    THEFT = "theft"
    DAMAGE = "damage"
    SUPPLIER = "supplier"
    UNKNOWN = "unknown"


#: States in which somebody has to decide.
WAITING = (CountState.VARIANCE, CountState.APPROVED)


def stake_of(db: Session, task: CountTask) -> int:
    """What is at stake in a settled count, fen at list price."""
    gap = (task.counted_qty or 0) - (task.system_qty or 0)
    return counting.stake(gap, task.off, db.get_one(Sku, task.sku_id))


def needs_two(db: Session, task: CountTask) -> bool:
    return stake_of(db, task) > counting.rules_of(db, task.warehouse_id).approval_fen


def adjust(db: Session, task: CountTask, why: Why, actor: Actor) -> int | None:
    """The books follow the count. Returns the difference; None when a second supervisor has to agree first.

    Raises Conflict when it was decided, or missing units are promised; NotAllowed for the second signature of the
    first supervisor, and at large differences of whoever counted.
    """
    if task.state not in WAITING:
        raise Conflict("inventory.count_over")
    if task.state is CountState.APPROVED or needs_two(db, task):
        if actor.id in _counters(db, task):
            raise NotAllowed("inventory.own_count")
        if actor.id == task.approved_by:
            raise NotAllowed("inventory.second_person")
        if task.state is CountState.VARIANCE:
            task.approved_by, task.why = actor.id, why
            counting.advance(db, task, CountAction.APPROVE, actor, why=why.value)
            return None
    task.why = why
    return counting.book(db, task, actor)


def reject(db: Session, task: CountTask, actor: Actor) -> None:
    """Nobody believes it: the books stay, and the bin stays in doubt. Raises Conflict when it was decided."""
    task.decided_by, task.decided_at = actor.id, clock.now()
    counting.advance(db, task, CountAction.REJECT, actor)


def recount(db: Session, task: CountTask, actor: Actor) -> None:
    """Somebody who did not count it so far counts from the start. Raises Conflict when it was decided."""
    counting.advance(db, task, CountAction.RECOUNT, actor)
    task.barred_round, task.round = task.round, task.round + 1
    task.began_at = task.last_gap = task.counted_qty = task.system_qty = task.counted_by = task.counted_at = None
    task.visit_id = task.approved_by = None
    task.item_seen, task.serials, task.off, task.value_fen, task.why = False, [], [], 0, ""
    db.add(task)
    db.flush()


@dataclass(frozen=True)
class Swept:
    """How many small variances were adjusted, and how many were left for a closer look."""

    adjusted: int
    left: int


def adjust_small(db: Session, warehouse_id: int | None, limit_fen: int, why: Why, actor: Actor) -> Swept:
    """Adjust every variance worth at most `limit_fen` whose counts agree, in one warehouse or (None) in all.

    Those that need a second supervisor, or take promised units, are left.
    """
    waiting = select(CountTask).where(CountTask.state == CountState.VARIANCE)
    if warehouse_id is not None:
        waiting = waiting.where(CountTask.warehouse_id == warehouse_id)
    order = (col(CountTask.bin_id), col(CountTask.sku_id), col(CountTask.id))
    every = db.exec(waiting.order_by(*order).with_for_update()).all()
    lots.tracking_of(db, {task.sku_id for task in every}, lock=True)
    small = [task for task in every if stake_of(db, task) <= limit_fen and is_sure(db, task)]
    done = sum(_adjusted(db, task, why, actor) for task in small if not needs_two(db, task))
    return Swept(done, len(every) - done)


def _adjusted(db: Session, task: CountTask, why: Why, actor: Actor) -> bool:
    try:
        with db.begin_nested():
            adjust(db, task, why, actor)
    except Refused:
        db.refresh(task)
        return False
    return True


def is_sure(db: Session, task: CountTask) -> bool:
    """Did two counts of the last round say the same difference?"""
    said = [(one.gap, one.off) for one in counting.entries_of(db, task)]
    return any(said.count(one) > 1 for one in said)


def _counters(db: Session, task: CountTask) -> Sequence[int | None]:
    return db.exec(select(CountEntry.counted_by).where(CountEntry.task_id == task.id)).all()
