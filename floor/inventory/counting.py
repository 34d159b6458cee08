"""Blind counting: scan the bin, scan the goods, say a number. Two counts with the same difference make a variance.

A difference is always counted minus the books at that very moment: picks that go on meanwhile move both alike, so
nobody has to be locked out of a bin, and an adjustment weeks later still books the right number.

Who counts again: a first difference, the same person; two differences that are not alike, or alike but worth much,
somebody else; three of which no two are alike go to a supervisor as they are. A small variance adjusts itself.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

import biip
import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.catalog.models import Sku, Tracking
from floor.catalog.queries import resolve
from floor.events.service import Event, record
from floor.inventory import lots, queries, service
from floor.inventory.models import (
    Balance,
    Bin,
    CountReason,
    CountTask,
    CountVisit,
    Lot,
    LotBalance,
    MoveReason,
    PlaceKind,
)
from floor.inventory.models_counting import CountEntry, CountRules
from floor.inventory.service import Move
from floor.inventory.states import COUNT, CountAction, CountState
from floor.kit import clock
from floor.kit.actor import SYSTEM, Actor
from floor.kit.errors import Conflict, NotAllowed

#: Counts asked for these reasons are of the bin: everything that lies there.
WHOLE = (CountReason.CYCLE, CountReason.OBSERVED)
#: Who scanned a bin longer ago no longer stands there.
LONGEST = timedelta(hours=2)


class Seen(StrEnum):
    """What a scan at a count turned out to be; only BIN, ITEM and SERIAL move it on."""

    BIN = "bin"
    ITEM = "item"
    SERIAL = "serial"
    TWICE = "twice"
    COUNTED = "counted"
    WRONG_BIN = "wrong_bin"
    WRONG_ITEM = "wrong_item"
    UNKNOWN = "unknown"


class Scan(NamedTuple):
    """The answer to a scan; `task` is the count it belongs to: goods may be scanned in any order."""

    seen: Seen
    sku: Sku | None
    task: CountTask


def rules_of(db: Session, warehouse_id: int) -> CountRules:
    """How the warehouse counts; the defaults while nobody changed them."""
    return db.get(CountRules, warehouse_id) or CountRules(warehouse_id=warehouse_id)


def change_rules(db: Session, rules: CountRules, actor: Actor) -> None:
    """Keep these rules of a warehouse, and who made them."""
    db.add(rules)
    db.flush()
    data = {
        name: getattr(rules, name) for name in ("daily_bins", "auto_fen", "other_fen", "approval_fen", "lists_goods")
    }
    record(db, Event("inventory.counts.rules_changed", "warehouse", rules.warehouse_id, data=data), actor)


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


def ask_bin(
    db: Session, where: Bin, reason: CountReason, actor: Actor, but: Collection[int] = ()
) -> list[CountTask]:  # fmt: skip
    """Count everything the books have in a bin, `but` some SKUs."""
    lying = select(Balance.sku_id).where(Balance.place_id == where.id, Balance.qty > 0)
    skus = db.exec(lying.order_by(col(Balance.sku_id))).all()
    return [ask_count(db, where, sku, reason, actor) for sku in skus if sku not in but]


# --- standing at a bin -------------------------------------------------------------------------------------------


def visit_at(db: Session, bin_id: int, actor: Actor) -> CountVisit | None:
    """The visit of this person at this bin, if they stand there."""
    mine = select(CountVisit).where(CountVisit.bin_id == bin_id, CountVisit.user_id == actor.id)
    lasting = mine.where(col(CountVisit.ended_at).is_(None), CountVisit.began_at > clock.now() - LONGEST)
    return db.exec(lasting.order_by(col(CountVisit.id).desc())).first()


def begin(db: Session, where: Bin, actor: Actor) -> CountVisit:
    """The bin's label was scanned: its open counts are in this person's hands, from the start. Visits elsewhere end."""
    visit = visit_at(db, where.id, actor)
    others = (col(CountVisit.user_id) == actor.id) & (col(CountVisit.id) != (visit.id if visit else 0))
    db.execute(sa.update(CountVisit).where(others, col(CountVisit.ended_at).is_(None)).values(ended_at=clock.now()))
    if visit is None:
        assert actor.id is not None, "a machine observes, it does not count"
        visit = CountVisit(bin_id=where.id, user_id=actor.id)
        db.add(visit)
        db.flush()
    assert visit.id is not None
    waiting = (CountTask.bin_id == where.id, CountTask.state == CountState.OPEN)
    found = db.exec(select(CountTask).where(*waiting).order_by(col(CountTask.id)).with_for_update()).all()
    if any(task.reason in WHOLE and _is_untold(task) for task in found) and not visit.is_whole:
        visit.is_whole = True
        took = {task.id for task in found}
        found = [*found, *(new for new in ask_bin(db, where, CountReason.CYCLE, actor) if new.id not in took)]
    for task in found:
        if not is_barred(db, task, actor):
            take(db, task, visit)
    db.flush()
    return visit


def _is_untold(task: CountTask) -> bool:
    """Nobody said a number yet; who counts again does not count the whole bin again."""
    return task.last_gap is None and task.round == 1


def take(db: Session, task: CountTask, visit: CountVisit) -> None:
    """This visit counts it from now on."""
    task.visit_id, task.began_at = visit.id, clock.now()
    task.item_seen, task.serials = False, []
    db.add(task)


def is_barred(db: Session, task: CountTask, actor: Actor) -> bool:
    """Must somebody else count it, because this person did?"""
    if not task.barred_round:
        return False
    mine = select(CountEntry.id).where(CountEntry.task_id == task.id, CountEntry.counted_by == actor.id)
    return db.exec(mine.where(CountEntry.round == task.barred_round)).first() is not None


def scan(db: Session, task: CountTask, code: str, actor: Actor) -> Scan:
    """The bin first, then the goods in it, in any order; of serial-numbered goods every unit.

    Raises Conflict when the count is over, NotAllowed when somebody else has to count.
    """
    visit = visit_at(db, task.bin_id, actor)
    is_mine = task.state is CountState.OPEN and not is_barred(db, task, actor)
    if visit is None and not is_mine:
        _may_count(db, task, actor)
        raise Conflict("inventory.count_over")
    where = db.get_one(Bin, task.bin_id)
    read = code.strip().upper()
    if read == where.code:
        begin(db, where, actor)
        return Scan(Seen.BIN, None, task)
    if visit is None or (is_mine and task.visit_id != visit.id):
        return Scan(Seen.WRONG_BIN, None, task)
    numbered = _of_serial(db, visit, task, read)
    if numbered is not None:
        return _serial(db, numbered, read)
    sku = resolve(db, code).sku
    if sku is None:
        unit = is_mine and task.item_seen and _is_serial(db, task)
        if unit and queries.bin_by_code(db, task.warehouse_id, read) is None:
            return _serial(db, task, read)
        return Scan(Seen.UNKNOWN, None, task)
    held = select(CountTask).where(CountTask.visit_id == visit.id, CountTask.sku_id == sku.id)
    here = db.exec(held.where(CountTask.state == CountState.OPEN).with_for_update()).first()
    if here is None:
        said = select(CountEntry.id).join(CountTask).where(CountEntry.visit_id == visit.id, CountTask.sku_id == sku.id)
        return Scan(Seen.WRONG_ITEM if db.exec(said).first() is None else Seen.COUNTED, sku, task)
    here.item_seen = True
    db.add(here)
    db.flush()
    if _is_serial(db, here) and (number := _number_in(code)):
        return _serial(db, here, number)
    return Scan(Seen.ITEM, sku, here)


def _of_serial(db: Session, visit: CountVisit, task: CountTask, read: str) -> CountTask | None:
    """The count of this visit whose goods have a serial number known as `read`; the present one first."""
    known = (
        select(CountTask)
        .join(Lot, col(Lot.sku_id) == CountTask.sku_id)
        .join(Sku, col(Sku.id) == CountTask.sku_id)
        .where(CountTask.visit_id == visit.id, CountTask.state == CountState.OPEN, Lot.code == read)
        .where(Sku.tracking == Tracking.SERIAL)
        .order_by(sa.case((col(CountTask.id) == task.id, 0), else_=1), col(CountTask.id))
    )
    return db.exec(known).first()


def _serial(db: Session, task: CountTask, number: str) -> Scan:
    number = number[:40]
    sku = db.get_one(Sku, task.sku_id)
    task.item_seen = True
    if number in task.serials:
        return Scan(Seen.TWICE, sku, task)
    task.serials = [*task.serials, number]
    db.add(task)
    db.flush()
    return Scan(Seen.SERIAL, sku, task)


def _number_in(code: str) -> str:
    """The serial number inside a GS1 code (application identifier 21), or ""."""
    try:
        message = biip.parse(code).gs1_message
    except biip.ParseError:
        return ""
    found = message.element_strings.get(ai="21") if message else None
    return found.value.upper() if found else ""


def _is_serial(db: Session, task: CountTask) -> bool:
    return db.get_one(Sku, task.sku_id).tracking is Tracking.SERIAL


# --- saying a number ---------------------------------------------------------------------------------------------


def count(db: Session, task: CountTask, qty: int, actor: Actor) -> bool:
    """Somebody counted `qty`; of serial-numbered goods the numbers scanned count instead.

    True when this settled it (right, or a variance); False: count again, from the bin on; `task.barred_round` says
    whether somebody else has to. Raises Conflict when the bin, or for more than none the goods, were not scanned first.
    """
    if task.state is not CountState.OPEN:
        raise Conflict("inventory.count_over")
    _may_count(db, task, actor)
    visit = visit_at(db, task.bin_id, actor)
    if visit is None or task.visit_id != visit.id or (qty and not task.item_seen):
        raise Conflict("inventory.scan_first")
    return say(db, task, len(task.serials) if _is_serial(db, task) else qty, actor)


def say(db: Session, task: CountTask, qty: int, actor: Actor) -> bool:
    """Write a number down and decide what it means. Wants a count in this person's hands; `count` looks after that."""
    lots.tracking_of(db, [task.sku_id], lock=True)  # before the balance, as every move does
    sku = db.get_one(Sku, task.sku_id)
    entry = CountEntry(
        task_id=task.id or 0, visit_id=task.visit_id, round=task.round, qty=qty, system_qty=_books(db, task),
        off=_off(db, task) if sku.tracking is Tracking.SERIAL else [], counted_by=actor.id,
    )  # fmt: skip
    earlier = entries_of(db, task)
    db.add(entry)
    if not entry.gap and not entry.off:
        _settle(db, task, entry, sku, CountAction.MATCH, actor)
        return True
    rules = rules_of(db, task.warehouse_id)
    alike = [one for one in earlier if (one.gap, one.off) == (entry.gap, entry.off)]
    alone = all(one.counted_by == actor.id for one in alike)
    if alike and alone and stake(entry.gap, entry.off, sku) > rules.other_fen and len(earlier) < 2:
        return _again(db, task, entry, by_another=True, actor=actor)
    if not alike and len(earlier) < 2:
        return _again(db, task, entry, by_another=bool(earlier), actor=actor)
    _settle(db, task, entry, sku, CountAction.DIFFER, actor)
    if alike and stake(entry.gap, entry.off, sku) <= rules.auto_fen:
        adjust_itself(db, task)
    return True


def entries_of(db: Session, task: CountTask) -> Sequence[CountEntry]:
    """What was said in the present round, in order."""
    said = select(CountEntry).where(CountEntry.task_id == task.id, CountEntry.round == task.round)
    return db.exec(said.order_by(col(CountEntry.id))).all()


def stake(gap: int, off: Sequence[str], sku: Sku) -> int:
    """What a difference is worth at list price, fen: of serial numbers every one that is off counts."""
    return max(abs(gap), len(off)) * sku.price_fen


def _again(db: Session, task: CountTask, entry: CountEntry, *, by_another: bool, actor: Actor) -> bool:
    task.last_gap = entry.gap
    task.visit_id = task.began_at = None
    task.item_seen, task.serials = False, []
    task.barred_round = task.round if by_another else 0
    db.add(task)
    db.flush()
    _tell(db, task, "other" if by_another else "differed", actor)
    return False


def _settle(
    db: Session, task: CountTask, entry: CountEntry, sku: Sku, action: CountAction, actor: Actor
) -> None:  # fmt: skip
    task.counted_qty, task.system_qty, task.off = entry.qty, entry.system_qty, entry.off
    task.counted_by, task.counted_at = actor.id, clock.now()
    task.value_fen, task.barred_round = entry.gap * sku.price_fen, 0
    advance(db, task, action, actor, gap=entry.gap)


def _off(db: Session, task: CountTask) -> list[str]:
    """Serial numbers the books lack ("+A1") or have too many ("-B2") against what was scanned, sorted."""
    lying = select(Lot.code, LotBalance.qty).join(Lot, col(Lot.id) == LotBalance.lot_id)
    here = lying.where(LotBalance.place_id == task.bin_id, Lot.sku_id == task.sku_id, LotBalance.qty > 0)
    books = dict(db.exec(here).all())
    seen = set(task.serials)
    missing = [f"-{code}" for code, units in books.items() if code not in seen for _unit in range(units)]
    return sorted(missing + [f"+{code}" for code in seen - books.keys()])


# --- the books follow --------------------------------------------------------------------------------------------


def adjust_itself(db: Session, task: CountTask) -> bool:
    """A small variance needs nobody. False: units it would take are promised, a supervisor has to look."""
    try:
        with db.begin_nested():
            book(db, task, SYSTEM)
    except Conflict:
        db.refresh(task)
        return False
    return True


def book(db: Session, task: CountTask, actor: Actor) -> int:
    """Book the difference: found units come in, lost ones go out, none that are promised. Returns the difference.

    Raises Conflict("inventory.missing_promised") when missing units are promised to orders: first whoever picks them
    reports them short, which finds other units or puts the order back in line.
    """
    assert task.id is not None
    gap = (task.counted_qty or 0) - (task.system_qty or 0)
    try:
        service.move(db, _moves(db, task, gap), "count", task.id, actor)
    except Conflict as refused:
        if refused.code == "inventory.serial_known":
            raise
        free, held = _unpromised(db, task)
        raise Conflict("inventory.missing_promised", missing=max(-gap, len(task.off)), free=free + held) from None
    task.decided_by, task.decided_at = actor.id, clock.now()
    advance(db, task, CountAction.ADJUST, actor, gap=gap)
    return gap


def _unpromised(db: Session, task: CountTask) -> tuple[int, int]:
    """(units for sale, units on hold) nobody was promised."""
    row = db.get(Balance, (task.bin_id, task.sku_id), populate_existing=True)
    return (row.qty - row.reserved - row.held, row.held) if row else (0, 0)


def _moves(db: Session, task: CountTask, gap: int) -> list[Move]:
    """Nobody reads lot numbers at a count: missing units were for sale as far as those are free, the rest on hold."""
    found, lost = (service.beyond(db, kind, task.warehouse_id) for kind in (PlaceKind.FOUND, PlaceKind.LOST))
    if not task.off:
        if gap > 0:
            return [Move(task.sku_id, gap, found, task.bin_id, MoveReason.COUNT)]
        free, held = _unpromised(db, task)
        return _lost(db, task, lost, -gap, min(max(-gap - free, 0), held))
    sku, moves = db.get_one(Sku, task.sku_id), []
    for sign, code in ((one[0], one[1:]) for one in task.off):
        lot = lots.lot_for(db, sku, code, None)
        ends = (found, task.bin_id) if sign == "+" else (task.bin_id, lost)
        moves.append(Move(task.sku_id, 1, *ends, MoveReason.COUNT, lot_id=lot.id))
    return moves


def _lost(db: Session, task: CountTask, lost: int, units: int, of_held: int) -> list[Move]:
    """So many units less, so many of them of lots on hold."""
    moves = []
    if units > of_held:
        moves.append(Move(task.sku_id, units - of_held, task.bin_id, lost, MoveReason.COUNT))
    for lot_id, lying in lots.held_in(db, task.bin_id, task.sku_id).items():
        if part := min(lying, of_held):
            moves.append(Move(task.sku_id, part, task.bin_id, lost, MoveReason.COUNT, lot_id=lot_id))
            of_held -= part
    return moves


def advance(db: Session, task: CountTask, action: CountAction, actor: Actor, **data: int | str) -> None:
    """The only door to a count's state. Raises Conflict when the table has no such move."""
    task.state = COUNT.after(task.state, action)
    db.add(task)
    db.flush()
    _tell(db, task, action, actor, **data)


def _books(db: Session, task: CountTask) -> int:
    """Units the books have, held still until this transaction ends."""
    here = (Balance.place_id == task.bin_id, Balance.sku_id == task.sku_id)
    return db.exec(select(Balance.qty).where(*here).with_for_update()).first() or 0


def _may_count(db: Session, task: CountTask, actor: Actor) -> None:
    if task.state is CountState.OPEN and is_barred(db, task, actor):
        raise NotAllowed("inventory.other_must_count")


def _tell(db: Session, task: CountTask, what: str, actor: Actor, **data: int | str) -> None:
    assert task.id is not None
    where = {"bin": task.bin_id, "sku": task.sku_id, **data}
    record(db, Event(f"inventory.count.{what}", "count", task.id, data=where), actor)
