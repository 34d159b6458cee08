"""The day's cycle counts of a warehouse: what the books know of every bin, ranked, and asked for once a day."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.catalog.models import Sku
from floor.events.models import AuditEvent
from floor.events.service import Event, record
from floor.inventory import counting
from floor.inventory.count_planning import Candidate, Klass, classes, daily_load, worth_counting
from floor.inventory.models import Balance, Bin, BinKind, CountReason, CountTask, LedgerRow, MoveReason, Warehouse
from floor.inventory.models_counting import CountPlan, Finding, Observation
from floor.inventory.states import CountState
from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.db import upsert

#: What is a day to people.
LOCAL = ZoneInfo("Asia/Shanghai")
#: Goods pass through docks within hours: nobody counts there.
_SHELVES = (BinKind.PICK, BinKind.RESERVE, BinKind.RETURNS, BinKind.QUARANTINE)
#: Moves that say the books were wrong.
_DOUBTFUL = (
    MoveReason.SHORT, MoveReason.FOUND, MoveReason.LOST, MoveReason.CORRECTION, MoveReason.DAMAGE, MoveReason.SCRAP,
)  # fmt: skip
#: The kind of event other slices record where a bin deserves a look: subject "bin", data "sku" and "why".
DOUBTED = "inventory.bin.doubted"

#: (bin id, SKU id)
_Line = tuple[int, int]


def today() -> date:
    return clock.now().astimezone(LOCAL).date()


def start_of(day: date) -> datetime:
    """Midnight of people's day."""
    return datetime.combine(day, time(), LOCAL)


def doubt(db: Session, bin_id: int, sku_id: int, why: str, actor: Actor) -> None:
    """Something happened at a bin that makes its books less sure, a wrong scan for one."""
    record(db, Event(DOUBTED, "bin", bin_id, data={"sku": sku_id, "why": why}), actor)


@dataclass(frozen=True)
class Planned:
    """The plan of a day; `is_new` unless somebody had planned it before."""

    plan: CountPlan
    is_new: bool


def plan_day(db: Session, house: Warehouse, actor: Actor) -> Planned:
    """Ask for the counts that today is worth, once a day, as many as the warehouse's rules leave room for."""
    assert house.id is not None
    day = today()
    row = {"warehouse_id": house.id, "day": day, "bins": 0, "planned_at": clock.now()}
    fresh = upsert(db, CountPlan).values(row).on_conflict_do_nothing().returning(sa.literal(1))
    is_new = db.execute(fresh).first() is not None
    plan = db.get_one(CountPlan, (house.id, day))
    if not is_new:
        return Planned(plan, False)
    waiting = _waiting(db, house.id)
    room = counting.rules_of(db, house.id).daily_bins - len(waiting[CountReason.CYCLE])
    busy = {bin_id for bins in waiting.values() for bin_id in bins}
    chosen = worth_counting((one for one in candidates(db, house.id) if one.bin_id not in busy), room)
    for ranked in chosen:
        counting.ask_bin(db, db.get_one(Bin, ranked.bin_id), CountReason.CYCLE, actor)
    plan.bins = len(chosen)
    db.add(plan)
    db.flush()
    data = {"day": plan.day.isoformat(), "bins": plan.bins}
    record(db, Event("inventory.counts.planned", "warehouse", house.id, data=data), actor)
    return Planned(plan, True)


def load_of(db: Session, warehouse_id: int) -> tuple[dict[Klass, int], int]:
    """(class -> bins of it, bins a day that keep all of them within their interval)."""
    found = classes({one.bin_id: one.value_fen for one in candidates(db, warehouse_id)})
    sizes = {klass: sum(one is klass for one in found.values()) for klass in Klass}
    return sizes, daily_load(list(found.values()))


def _waiting(db: Session, warehouse_id: int) -> dict[CountReason, set[int]]:
    """Reason -> bins with a count that is not finished."""
    unfinished = (CountState.OPEN, CountState.VARIANCE, CountState.APPROVED)
    rows = select(CountTask.reason, CountTask.bin_id).where(CountTask.warehouse_id == warehouse_id)
    found: dict[CountReason, set[int]] = defaultdict(set)
    for reason, bin_id in db.exec(rows.where(col(CountTask.state).in_(unfinished))):
        found[CountReason(reason)].add(bin_id)
    return found


def candidates(db: Session, warehouse_id: int) -> list[Candidate]:
    """Every bin with goods: its value, the age of its oldest line since somebody or something confirmed it, doubts."""
    lying = db.execute(
        sa.select(col(Bin.id), col(Balance.sku_id), sa.cast(col(Balance.qty), sa.BigInteger) * col(Sku.price_fen))
        .join(Balance, col(Balance.place_id) == col(Bin.id))
        .join(Sku, col(Sku.id) == col(Balance.sku_id))
        .where(col(Bin.warehouse_id) == warehouse_id, col(Bin.kind).in_(_SHELVES), col(Balance.qty) > 0)
        .where(col(Bin.is_closed).is_(False))
        .order_by(col(Bin.id), col(Balance.sku_id))
    ).all()
    confirmed, arrived, unseen = _confirmed(db, warehouse_id), *_arrived(db, warehouse_id)
    signs = _signs(db, warehouse_id)
    by_bin: dict[int, list[tuple[int, int | None, int]]] = defaultdict(list)
    for bin_id, sku_id, value in lying:
        line = (bin_id, sku_id)
        since = confirmed.get(line) or arrived.get(line)
        age = None if since is None or (line not in confirmed and line in unseen) else _days(since)
        start = confirmed.get(line)
        by_bin[bin_id].append((value, age, sum(start is None or at > start for at in signs[line])))
    return [
        Candidate(
            bin_id, sum(v for v, _a, _d in lines), _oldest(a for _v, a, _d in lines), sum(d for _v, _a, d in lines)
        )
        for bin_id, lines in by_bin.items()
    ]


def _oldest(ages: Iterable[int | None]) -> int | None:
    known = list(ages)
    return None if None in known else max(age for age in known if age is not None)


def _days(since: datetime) -> int:
    return max((clock.now() - since).days, 0)


def _confirmed(db: Session, warehouse_id: int) -> dict[_Line, datetime]:
    """When a finished count or an agreeing observation last said what lies there."""
    counted = (
        select(CountTask.bin_id, CountTask.sku_id, sa.func.max(col(CountTask.counted_at)))
        .where(CountTask.warehouse_id == warehouse_id, CountTask.state == CountState.DONE)
        .where(col(CountTask.counted_at).is_not(None))
        .group_by(col(CountTask.bin_id), col(CountTask.sku_id))
    )
    seen = (
        select(Observation.bin_id, Observation.sku_id, sa.func.max(col(Observation.at)))
        .join(Bin, col(Bin.id) == Observation.bin_id)
        .where(Bin.warehouse_id == warehouse_id, Observation.finding == Finding.AGREES)
        .group_by(col(Observation.bin_id), col(Observation.sku_id))
    )
    found: dict[_Line, datetime] = {}
    for bin_id, sku_id, at in [*db.exec(counted), *db.exec(seen)]:
        line = (bin_id or 0, sku_id or 0)
        found[line] = max(at, found.get(line, at))
    return found


def _arrived(db: Session, warehouse_id: int) -> tuple[dict[_Line, datetime], set[_Line]]:
    """When goods first came to a bin; and the lines that began with opening stock, which nobody checked."""
    row = LedgerRow
    opening = sa.func.max(sa.case((col(row.reason) == MoveReason.OPENING, 1), else_=0))
    rows = (
        select(row.to_place_id, row.sku_id, sa.func.min(col(row.at)), opening)
        .join(Bin, col(Bin.id) == row.to_place_id)
        .where(Bin.warehouse_id == warehouse_id)
        .group_by(col(row.to_place_id), col(row.sku_id))
    )
    found = db.exec(rows).all()
    return {(place, sku): at for place, sku, at, _o in found}, {(place, sku) for place, sku, _at, o in found if o}


def _signs(db: Session, warehouse_id: int) -> dict[_Line, list[datetime]]:
    """Whatever cast doubt on a line of the books, and when."""
    signs: dict[_Line, list[datetime]] = defaultdict(list)
    row = LedgerRow
    for end in (row.from_place_id, row.to_place_id):
        moved = select(end, row.sku_id, row.at).join(Bin, col(Bin.id) == end).where(col(row.reason).in_(_DOUBTFUL))
        for place, sku, at in db.exec(moved.where(Bin.warehouse_id == warehouse_id)):
            signs[place, sku].append(at)
    not_empty = (CountTask.reason == CountReason.ZERO_CHECK) | (CountTask.state == CountState.REJECTED)
    asked = select(CountTask.bin_id, CountTask.sku_id, CountTask.asked_at).where(not_empty)
    off = (
        select(Observation.bin_id, Observation.sku_id, Observation.at)
        .join(Bin, col(Bin.id) == Observation.bin_id)
        .where(Bin.warehouse_id == warehouse_id, Observation.finding == Finding.DISAGREES)
    )
    for bin_id, sku_id, at in [*db.exec(asked.where(CountTask.warehouse_id == warehouse_id)), *db.exec(off)]:
        signs[bin_id or 0, sku_id or 0].append(at)
    told = select(AuditEvent.subject_id, AuditEvent.data, AuditEvent.at).where(AuditEvent.kind == DOUBTED)
    for bin_id, data, at in db.exec(told.join(Bin, col(Bin.id) == AuditEvent.subject_id).where(
        Bin.warehouse_id == warehouse_id
    )):  # fmt: skip
        signs[bin_id, data["sku"]].append(at)
    return signs
