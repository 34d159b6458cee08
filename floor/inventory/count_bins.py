"""What somebody who stands at a bin says about the whole of it: these lie here too, nothing else does, it is empty."""

from sqlmodel import Session, col, select

from floor.events.service import Event, record
from floor.inventory import counting
from floor.inventory.models import Balance, Bin, CountReason, CountTask, CountVisit
from floor.inventory.models_counting import CountEntry
from floor.inventory.states import CountState
from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.errors import Conflict


def standing(db: Session, bin_id: int, actor: Actor) -> CountVisit:
    """The visit, locked. Raises Conflict when the bin was not scanned, or another bin was since."""
    visit = counting.visit_at(db, bin_id, actor)
    if visit is None:
        raise Conflict("inventory.scan_first")
    return visit


def add_goods(db: Session, visit: CountVisit, sku_id: int, actor: Actor) -> CountTask:
    """Goods nobody asked for lie here: a count of them, in this person's hands, the goods just scanned.

    Raises Conflict when somebody else has to count them.
    """
    where = db.get_one(Bin, visit.bin_id)
    task = counting.ask_count(db, where, sku_id, CountReason.ASKED, actor)
    if counting.is_barred(db, task, actor):
        raise Conflict("inventory.other_must_count")
    counting.take(db, task, visit)
    task.item_seen = True
    db.flush()
    return task


def count_whole(db: Session, visit: CountVisit, actor: Actor) -> list[CountTask]:
    """Standing here anyway: count everything the books have in this bin."""
    visit.is_whole = True
    db.add(visit)
    every = counting.ask_bin(db, db.get_one(Bin, visit.bin_id), CountReason.ASKED, actor, but=_said(db, visit))
    fresh = [task for task in every if task.visit_id != visit.id and not counting.is_barred(db, task, actor)]
    for task in fresh:
        counting.take(db, task, visit)
    db.flush()
    return fresh


def finish(db: Session, visit: CountVisit, actor: Actor) -> int:
    """Done here. In a bin counted whole that says: nothing else lies here, so what was not counted counts as none.

    Returns how many goods counted as none.
    """
    none = _none_of_the_rest(db, visit, actor) if visit.is_whole else []
    return _end(db, visit, "nothing_else" if visit.is_whole else "done", len(none), actor)


def empty(db: Session, visit: CountVisit, actor: Actor) -> int:
    """Nothing lies in this bin at all. Raises Conflict when something was counted in it during this visit."""
    counted = select(CountEntry.id).where(CountEntry.visit_id == visit.id, CountEntry.qty > 0)
    if db.exec(counted).first() is not None:
        raise Conflict("inventory.not_empty")
    return _end(db, visit, "empty", len(_none_of_the_rest(db, visit, actor)), actor)


def _none_of_the_rest(db: Session, visit: CountVisit, actor: Actor) -> list[CountTask]:
    where, said = db.get_one(Bin, visit.bin_id), _said(db, visit)
    counting.ask_bin(db, where, CountReason.ASKED, actor, but=said)
    waiting = (CountTask.bin_id == where.id, CountTask.state == CountState.OPEN)
    rest = db.exec(select(CountTask).where(*waiting).order_by(col(CountTask.sku_id)).with_for_update()).all()
    mine = [task for task in rest if task.sku_id not in said and not counting.is_barred(db, task, actor)]
    for task in mine:
        counting.take(db, task, visit)
        counting.say(db, task, 0, actor)
    return mine


def _said(db: Session, visit: CountVisit) -> set[int]:
    """SKUs this visit said a number of."""
    said = select(CountTask.sku_id).join(CountEntry, col(CountEntry.task_id) == CountTask.id)
    return set(db.exec(said.where(CountEntry.visit_id == visit.id)).all())


def left_to_count(db: Session, visit: CountVisit) -> list[CountTask]:
    """Open counts in the hands of this visit."""
    held = (CountTask.visit_id == visit.id, CountTask.state == CountState.OPEN)
    return list(db.exec(select(CountTask).where(*held).order_by(col(CountTask.id))).all())


def uncounted(db: Session, visit: CountVisit) -> int:
    """Kinds of goods the books have here that this visit said nothing of."""
    lying = select(Balance.sku_id).where(Balance.place_id == visit.bin_id, Balance.qty > 0)
    held = {task.sku_id for task in left_to_count(db, visit)}
    return len((set(db.exec(lying).all()) | held) - _said(db, visit))


def _end(db: Session, visit: CountVisit, how: str, kinds: int, actor: Actor) -> int:
    visit.ended_at = clock.now()
    db.add(visit)
    db.flush()
    event = Event(f"inventory.bin.{how}", "bin", visit.bin_id, data={"kinds": kinds, "visit": visit.id})
    record(db, event, actor)
    return kinds
