"""Reads of the supervisor's board: walks and people now, and what is left against the time left before each cut-off."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.inventory.models import Warehouse
from floor.kit import clock
from floor.people.models import Role, User
from floor.picking.models import Pick, Step, StepKind, Stop, Walk, WalkCheck, WalkTote
from floor.picking.models_wall import Wall
from floor.picking.queries import ACTIVE
from floor.picking.states import StopState, WalkMode, WalkState
from floor.shipments.models import Shipment, ShipmentLine
from floor.shipments.states import ShipmentState

#: A walk on which nobody scanned anything for so long needs somebody to look.
STUCK = timedelta(minutes=5)
#: How far back the chart looks, and how long the pace is measured.
BACK, PACE_OVER = timedelta(hours=2), timedelta(hours=1)
#: Cut-offs shown with a chart of their own.
SHOWN = 4
WIDTH, HEIGHT = 320, 120

_ON_FLOOR = (WalkState.READY, WalkState.PUBLISHED, *ACTIVE)


@dataclass(frozen=True)
class WalkNow:
    """A walk and how far it is; `last` is its newest scan."""

    walk: Walk
    site: str
    picker: str
    asked_for: str
    stops: int
    stops_left: int
    units: int
    left: int
    last: datetime | None
    #: Stops to check: units on the cart that the books want elsewhere.
    checks: int = 0

    @property
    def quiet(self) -> timedelta:
        return clock.now() - (self.last or self.walk.started_at or self.walk.created_at)

    @property
    def is_stuck(self) -> bool:
        return self.walk.state is WalkState.PICKING and self.quiet > STUCK

    @property
    def is_batch(self) -> bool:
        return self.walk.mode is WalkMode.WALL


def walks_now(db: Session, site: str = "") -> list[WalkNow]:
    """Walks that are not over or have a check open: stuck ones first, then those being picked, then by urgency."""
    to_go = col(Pick.qty) - col(Pick.short) - col(Pick.picked)
    open_stop = col(Stop.state).in_((StopState.OPEN, StopState.SKIPPED))
    units = (
        sa.select(
            col(Stop.walk_id).label("walk"), sa.func.sum(col(Pick.qty) - col(Pick.short)).label("units"),
            sa.func.sum(to_go).label("left"), sa.func.count(sa.distinct(col(Stop.id))).label("stops"),
            sa.func.count(sa.distinct(sa.case((open_stop, col(Stop.id))))).label("stops_left"),
        )
        .join(Pick, col(Pick.stop_id) == col(Stop.id))
        .where(col(Stop.state) != StopState.DROPPED)
        .group_by(col(Stop.walk_id))
        .subquery()
    )  # fmt: skip
    last = sa.select(sa.func.max(col(Step.at))).where(col(Step.walk_id) == col(Walk.id)).correlate(Walk)
    wish = sa.select(col(User.name)).where(col(User.id) == col(Walk.handover_to_id)).correlate(Walk)
    checks = (
        sa.select(sa.func.count(col(WalkCheck.id)))
        .where(col(WalkCheck.walk_id) == col(Walk.id), col(WalkCheck.settled_at).is_(None))
        .correlate(Walk)
        .scalar_subquery()
    )
    query = (
        sa.select(
            Walk, col(Warehouse.code), col(User.name), wish.scalar_subquery(), units.c.stops, units.c.stops_left,
            units.c.units, units.c.left, last.scalar_subquery(), checks,
        )
        .join(Warehouse, col(Warehouse.id) == col(Walk.warehouse_id))
        .outerjoin(User, col(User.id) == col(Walk.picker_id))
        .outerjoin(units, units.c.walk == col(Walk.id))
        .where(col(Walk.state).in_(_ON_FLOOR) | ((col(Walk.state) == WalkState.DONE) & (checks > 0)))
        .order_by(col(Walk.priority), col(Walk.due_at), col(Walk.id))
    )  # fmt: skip
    if site:
        query = query.where(col(Warehouse.code) == site)
    rows = [
        WalkNow(walk, at, name or "", asked or "", stops or 0, open_ or 0, n or 0, left or 0, seen, to_check)
        for walk, at, name, asked, stops, open_, n, left, seen, to_check in db.execute(query)
    ]
    order = {WalkState.PICKING: 1, WalkState.CLAIMED: 2, WalkState.PUBLISHED: 3, WalkState.READY: 4, WalkState.DONE: 5}
    return sorted(rows, key=lambda row: 0 if row.is_stuck else order[row.walk.state])


@dataclass(frozen=True)
class PersonNow:
    """A picker of the site, and the walk in their hands."""

    name: str
    walk: WalkNow | None


def people_now(db: Session, walks: Sequence[WalkNow], site: str = "") -> list[PersonNow]:
    """By name: nobody stands above anybody."""
    query = select(User).where(col(User.is_active), User.role == Role.PICKER).order_by(User.name)
    if site:
        query = query.where(col(User.site).in_(("", site)))
    mine = {row.walk.picker_id: row for row in walks if row.walk.state in ACTIVE}
    return [PersonNow(user.name, mine.get(user.id)) for user in db.exec(query)]


# --- for the put wall ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wave:
    """Walks nobody has yet that are due within one hour, and so many shipments on them."""

    due_at: datetime
    walks: list[WalkNow]
    shipments: int

    @property
    def units(self) -> int:
        return sum(row.units for row in self.walks)


def waves_for_wall(db: Session, site: str = "") -> list[Wave]:
    """Walks that could be picked for a wall of their house, by cut-off."""
    with_wall = select(Warehouse.code).join(Wall, col(Wall.warehouse_id) == Warehouse.id)
    sites = set(db.exec(with_wall))
    rows = [
        row
        for row in walks_now(db, site)
        if row.site in sites and not row.is_batch and row.walk.state in (WalkState.READY, WalkState.PUBLISHED)
    ]
    mine = sa.select(col(WalkTote.walk_id), sa.func.count(sa.distinct(col(WalkTote.shipment_id))))
    on = mine.where(col(WalkTote.walk_id).in_([row.walk.id for row in rows])).group_by(col(WalkTote.walk_id))
    shipments: dict[int, int] = dict(db.execute(on).all())  # type: ignore[arg-type]
    hours: dict[datetime, list[WalkNow]] = defaultdict(list)
    for row in rows:
        hours[row.walk.due_at.replace(minute=0, second=0, microsecond=0)].append(row)
    return [
        Wave(min(row.walk.due_at for row in some), some, sum(shipments.get(row.walk.id or 0, 0) for row in some))
        for _hour, some in sorted(hours.items())
    ]


# --- the burn-down ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CutOff:
    """Orders promised within one hour: lines left, the pace they need and the pace they get."""

    due_at: datetime
    lines: int
    #: Lines an hour over the last hour, for these orders.
    pace: int
    #: (x, y) of a WIDTH x HEIGHT drawing: what was left since BACK, and at the pace of now until the cut-off.
    past: tuple[tuple[float, float], ...]
    ahead: tuple[tuple[float, float], ...]
    now_x: float
    top: int
    begins: datetime

    @property
    def left(self) -> timedelta:
        return self.due_at - clock.now()

    @property
    def is_late(self) -> bool:
        return self.left <= timedelta()

    @property
    def needed(self) -> int:
        """Lines an hour that would just do."""
        hours = max(self.left / timedelta(hours=1), 1 / 60)
        return ceil(self.lines / hours)

    @property
    def over(self) -> int:
        """Lines that would still be there at the cut-off, at the pace of now."""
        hours = max(0.0, self.left / timedelta(hours=1))
        return max(0, round(self.lines - self.pace * hours))


def burn_down(db: Session, site: str = "") -> list[CutOff]:
    """The next cut-offs of pick lines, the earliest first: late ones as long as a line of theirs is left."""
    now = clock.now()
    left = _lines_left(db, site)
    done = _lines_done(db, site, now - BACK)
    soon = sorted(set(left) | set(done) - {_LATE})[:SHOWN]
    return [_cut_off(*left.get(hour, (hour + timedelta(hours=1), 0)), done.get(hour, []), now) for hour in soon]


def _lines_left(db: Session, site: str) -> dict[datetime, tuple[datetime, int]]:
    """Promised hour -> (earliest promise in it, lines with units still on shelves)."""
    query = (
        sa.select(col(Shipment.promised_at), sa.func.count())
        .join(ShipmentLine, col(ShipmentLine.shipment_id) == col(Shipment.id))
        .join(Warehouse, col(Warehouse.id) == col(Shipment.warehouse_id))
        .where(col(Shipment.state).in_((ShipmentState.PLANNED, ShipmentState.PICKING)), col(ShipmentLine.allocated) > 0)
        .group_by(col(Shipment.promised_at))
    )
    if site:
        query = query.where(col(Warehouse.code) == site)
    found: dict[datetime, tuple[datetime, int]] = {}
    for promised, lines in db.execute(query):
        hour = _hour(promised)
        earliest, before = found.get(hour, (promised, 0))
        found[hour] = (min(earliest, promised), before + lines)
    return found


def _lines_done(db: Session, site: str, since: datetime) -> dict[datetime, list[tuple[datetime, float]]]:
    """Promised hour -> (when, what part of a line was picked), in order. A step may be a part of a line."""
    query = (
        select(Step)
        .join(Walk, col(Walk.id) == Step.walk_id)
        .join(Warehouse, col(Warehouse.id) == Walk.warehouse_id)
        .where(Step.kind == StepKind.PUT, Step.at >= since, col(Step.undone_at).is_(None))
        .order_by(col(Step.at))
    )
    steps = db.exec(query.where(Warehouse.code == site) if site else query).all()
    promised = _promises(db, {step.walk_id for step in steps})
    found: dict[datetime, list[tuple[datetime, float]]] = defaultdict(list)
    for step in steps:
        for pick_id, units, _tote in step.data.get("puts", ()):
            promise, qty = promised[pick_id]
            found[_hour(promise)].append((step.at, units / qty))
    return found


def _promises(db: Session, walk_ids: set[int]) -> Mapping[int, tuple[datetime, int]]:
    """Pick -> (promise, units of the pick) of some walks."""
    rows = db.execute(
        sa.select(col(Pick.id), col(Shipment.promised_at), col(Pick.qty))
        .join(WalkTote, col(WalkTote.id) == col(Pick.walk_tote_id))
        .join(Shipment, col(Shipment.id) == col(WalkTote.shipment_id))
        .where(col(WalkTote.walk_id).in_(walk_ids))
    )
    return {pick: (at, qty) for pick, at, qty in rows}


#: Everything past its promise stands together.
_LATE = datetime.min.replace(tzinfo=UTC)


def _hour(moment: datetime) -> datetime:
    return _LATE if moment < clock.now() else moment.replace(minute=0, second=0, microsecond=0)


def _cut_off(due_at: datetime, lines: int, done: Sequence[tuple[datetime, float]], now: datetime) -> CutOff:
    """The chart: backwards from what is left now, then at the pace of the last hour to the cut-off."""
    begins, ends = now - BACK, max(due_at, now + timedelta(minutes=10))
    recent = sum(part for at, part in done if at >= now - PACE_OVER)
    pace = round(recent / (PACE_OVER / timedelta(hours=1)))
    total = lines + sum(part for _at, part in done)
    top = max(1, round(total))
    x = lambda at: round(WIDTH * ((at - begins) / (ends - begins)), 1)  # noqa: E731
    y = lambda n: round(HEIGHT - HEIGHT * min(n, top) / top, 1)  # noqa: E731
    past = [(0.0, y(total))]
    for at, part in done:
        past += [(x(at), y(total)), (x(at), y(total - part))]
        total -= part
    past.append((x(now), y(lines)))
    hours = max(0.0, (ends - now) / timedelta(hours=1))
    at_end = lines - pace * hours
    if at_end < 0 and pace:
        ahead = [(x(now), y(lines)), (x(now + timedelta(hours=lines / pace)), y(0))]
    else:
        ahead = [(x(now), y(lines)), (float(WIDTH), y(max(0.0, at_end)))]
    return CutOff(due_at, lines, pace, tuple(past), tuple(ahead), x(now), top, begins)
