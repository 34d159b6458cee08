"""Blind counting: scan the bin, scan the goods, say a number. Two counts with the same difference make a variance.

A difference is always counted minus the books at that very moment: picks that go on meanwhile move both alike, so
nobody has to be locked out of a bin, and an adjustment weeks later still books the right number.
"""

from enum import StrEnum

from sqlmodel import Session, select

from floor.catalog.models import Sku
from floor.catalog.queries import resolve
from floor.events.service import Event, record
from floor.inventory import lots, service
from floor.inventory.models import Balance, Bin, CountReason, CountTask, MoveReason, PlaceKind
from floor.inventory.service import Move
from floor.inventory.states import COUNT, CountAction, CountState
from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.errors import Conflict


class Seen(StrEnum):
    """What a scan at a count turned out to be; only BIN and ITEM move it on."""

    BIN = "bin"
    ITEM = "item"
    WRONG_BIN = "wrong_bin"
    WRONG_ITEM = "wrong_item"
    UNKNOWN = "unknown"


def scan(db: Session, task: CountTask, code: str, actor: Actor) -> tuple[Seen, Sku | None]:
    """The bin first, then the goods in it. Raises Conflict when the count is over."""
    _must_be_open(task)
    if task.began_at is None:
        if code.strip().upper() != db.get_one(Bin, task.bin_id).code:
            return Seen.WRONG_BIN, None
        task.began_at = clock.now()
        seen, sku = Seen.BIN, None
    else:
        sku = resolve(db, code).sku
        if sku is None:
            return Seen.UNKNOWN, None
        if sku.id != task.sku_id:
            return Seen.WRONG_ITEM, sku
        task.item_seen = True
        seen = Seen.ITEM
    db.add(task)
    db.flush()
    return seen, sku


def count(db: Session, task: CountTask, qty: int, actor: Actor) -> bool:
    """Somebody counted `qty`. True when this settled it (right, or a variance); False: count again, from the bin on.

    Raises Conflict when the bin, or for more than none the goods, were not scanned first.
    """
    _must_be_open(task)
    if task.began_at is None or (qty and not task.item_seen):
        raise Conflict("inventory.scan_first")
    system = _books(db, task)
    gap = qty - system
    if gap and gap != task.last_gap:
        task.last_gap, task.began_at, task.item_seen = gap, None, False
        db.add(task)
        db.flush()
        _tell(db, task, "differed", actor)
        return False
    task.counted_qty, task.system_qty = qty, system
    task.counted_by, task.counted_at = actor.id, clock.now()
    advance(db, task, CountAction.DIFFER if gap else CountAction.MATCH, actor, gap=gap)
    return True


def adjust(db: Session, task: CountTask, actor: Actor) -> int:
    """Book the difference: found units come in, lost ones go out, none that are promised. Returns the difference.

    Raises Conflict("inventory.missing_promised") when missing units are promised to orders: first whoever picks them
    reports them short, which finds other units or puts the order back in line.
    """
    if task.state is not CountState.VARIANCE:
        raise Conflict("inventory.count_over")
    gap = (task.counted_qty or 0) - (task.system_qty or 0)
    row = db.get(Balance, (task.bin_id, task.sku_id), populate_existing=True)
    free, held = (row.qty - row.reserved - row.held, row.held) if row else (0, 0)
    assert task.id is not None
    try:
        service.move(db, _moves(db, task, gap, free, held), "count", task.id, actor)
    except Conflict:
        raise Conflict("inventory.missing_promised", missing=-gap, free=free + held) from None
    task.decided_by = actor.id
    advance(db, task, CountAction.ADJUST, actor, gap=gap)
    return gap


def _moves(db: Session, task: CountTask, gap: int, free: int, held: int) -> list[Move]:
    """Nobody reads lot numbers at a count: missing units were for sale as far as those are free, the rest on hold."""
    other = service.beyond(db, PlaceKind.FOUND if gap > 0 else PlaceKind.LOST, task.warehouse_id)
    if gap > 0:
        return [Move(task.sku_id, gap, other, task.bin_id, MoveReason.COUNT)]
    from_held = min(max(-gap - free, 0), held)
    moves = []
    if -gap > from_held:
        moves.append(Move(task.sku_id, -gap - from_held, task.bin_id, other, MoveReason.COUNT))
    for lot_id, units in lots.held_in(db, task.bin_id, task.sku_id).items():
        if part := min(units, from_held):
            moves.append(Move(task.sku_id, part, task.bin_id, other, MoveReason.COUNT, lot_id=lot_id))
            from_held -= part
    return moves


def recount(db: Session, task: CountTask, actor: Actor) -> None:
    """The supervisor does not believe it: everything from the start."""
    task.began_at = task.last_gap = task.counted_qty = task.system_qty = task.counted_by = task.counted_at = None
    task.item_seen = False
    advance(db, task, CountAction.RECOUNT, actor)


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


def advance(db: Session, task: CountTask, action: CountAction, actor: Actor, **data: int) -> None:
    """The only door to a count's state. Raises Conflict when the table has no such move."""
    task.state = COUNT.after(task.state, action)
    db.add(task)
    db.flush()
    _tell(db, task, action, actor, **data)


def _books(db: Session, task: CountTask) -> int:
    """Units the books have, held still until this transaction ends."""
    here = (Balance.place_id == task.bin_id, Balance.sku_id == task.sku_id)
    return db.exec(select(Balance.qty).where(*here).with_for_update()).first() or 0


def _must_be_open(task: CountTask) -> None:
    if task.state is not CountState.OPEN:
        raise Conflict("inventory.count_over")


def _tell(db: Session, task: CountTask, what: str, actor: Actor, **data: int) -> None:
    assert task.id is not None
    where = {"bin": task.bin_id, "sku": task.sku_id, **data}
    record(db, Event(f"inventory.count.{what}", "count", task.id, data=where), actor)
