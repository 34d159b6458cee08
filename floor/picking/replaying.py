"""What a phone did in a dead zone, told afterwards: applied in its order, each event once, and the answer is final.

The phone has judged for itself; here each event is done on its own merits by the verbs of the walk. What no longer
holds (another phone did the stop, the order was cancelled, the shelf was counted empty) changes no stock: the units it
was about become a stop to check, which says where they go.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlmodel import Session, col, func, select

from floor.events.models import AuditEvent
from floor.inventory import queries as inventory
from floor.kit.actor import Actor
from floor.kit.errors import Conflict, Invalid, NotAllowed, Refused
from floor.picking import checks, ending, queries, scanning, shorting, totes, undoing, walking
from floor.picking.models import CheckWhy, Step, StepKind, Stop, Walk, WalkEvent, WalkTote
from floor.picking.queries import StopView, WalkView
from floor.picking.states import StopState, WalkMode, WalkState


class Kind(StrEnum):
    BIN = "bin"
    ITEM = "item"
    PUT = "put"
    SHORT = "short"
    SKIP = "skip"
    UNDO = "undo"
    LANE = "lane"


@dataclass(frozen=True)
class Told:
    """One event of a phone. `by` is who did it. `units`: taken into the hand, put, or really there (short).
    `code`: the tote or the lane; `of`: the event an undo takes back; `was_done`: it had reached us as a plain scan."""

    event_id: str
    phone: str
    seq: int
    by: int
    kind: Kind
    at: datetime
    stop_id: int | None = None
    units: int = 0
    code: str = ""
    why: str = ""
    of: str = ""
    was_done: bool = False


#: How often a report looks for the rest while others take it.
_LOOKS = 3


class Off(Exception):
    """Some units of an event do not hold any more."""

    def __init__(self, why: CheckWhy, units: int = 0, slot: int | None = None) -> None:
        super().__init__(why)
        self.why, self.units, self.slot = why, units, slot


def replay(db: Session, walk_id: int, told: Told, actor: Actor) -> WalkEvent:
    """Do what the phone did, and keep what came of it.

    Raises Conflict("picking.gap") while an earlier event of this phone is missing: the phone sends that one first.
    Raises NotAllowed for another person's event, unless that person handed this walk over to the one who sends it.
    """
    walk = queries.locked(db, walk_id)
    if told.by != actor.id and not _handed_over(db, walk, told.by, actor):
        raise NotAllowed("picking.not_your_events")
    last = select(func.max(WalkEvent.seq)).where(WalkEvent.walk_id == walk_id, WalkEvent.phone == told.phone)
    expected = (db.exec(last).one() or 0) + 1
    if told.seq != expected:
        raise Conflict("picking.gap", seq=expected)
    stop = walking.stop_of(db, walk, told.stop_id)
    event = WalkEvent(
        walk_id=walk_id, phone=told.phone, seq=told.seq, event_id=told.event_id, user_id=told.by, kind=told.kind.value,
        stop_id=stop.id if stop else None, made_at=told.at,
        data={"units": told.units, "code": told.code, "why": told.why, "of": told.of},
    )  # fmt: skip
    if walk.picker_id == actor.id and walk.state is WalkState.PICKING:
        heard = [[one.what, one.slot, one.units] for one in walking.news(db, walk, actor)]
        event.data = {**event.data, "news": heard}
    before = _last_step(db, walk_id)
    try:
        with db.begin_nested():
            off = None if told.was_done else _DO[told.kind](Scene(db, walk, stop, told, actor))
    except Off as why:
        off = why
    except Refused as refused:
        db.expire_all()  # what was half done is gone
        off = _why(refused, told)
    if off is not None:
        _note(db, walk, event, off, told)
    after = _last_step(db, walk_id)
    event.step_id = after if after != before or told.was_done else None
    db.add(event)
    db.flush()
    return event


@dataclass(frozen=True)
class Scene:
    db: Session
    walk: Walk
    stop: Stop | None
    told: Told
    actor: Actor

    def held(self) -> WalkView:
        """The walk as it stands, in this person's hands."""
        walking.hold(self.db, self.walk.id or 0, self.actor, WalkState.PICKING)
        return queries.walk_view(self.db, self.walk.id or 0)

    def open_stop(self, view: WalkView) -> tuple[Stop, StopView]:
        here = view.by_id(self.stop.id if self.stop else None)
        if self.stop is None or here is None or not here.is_open:
            units = self.told.units if self.told.kind in (Kind.ITEM, Kind.PUT) else 0
            cancelled = self.stop is not None and self.stop.state is StopState.DROPPED
            why = CheckWhy.CANCELLED if cancelled else CheckWhy.DONE_ELSEWHERE
            raise Off(why, units, _slot_of(self, view))
        return self.stop, here


def _slot_of(scene: Scene, view: WalkView) -> int | None:
    """The slot a put names by its tote."""
    code = scene.told.code.strip().upper()
    if scene.told.kind is not Kind.PUT:
        return None
    if not code and (view.is_batch or len(view.slots) == 1):
        return view.totes[-1].id
    bound = select(WalkTote.slot).join(queries.Tote, col(queries.Tote.id) == WalkTote.tote_id)
    slot = scene.db.exec(bound.where(WalkTote.walk_id == scene.walk.id, queries.Tote.code == code)).first()
    return next((one.id for one in view.slots if one.slot == slot), None)


def _bin(scene: Scene) -> Off | None:
    stop, here = scene.open_stop(scene.held())
    if not here.bin_seen:
        stop.bin_seen = True
        walking.step(scene.db, scene.walk, stop, StepKind.BIN, scene.actor)
    return None


def _item(scene: Scene) -> Off | None:
    """Units in the hand: only what the stop still wants; the rest goes back."""
    stop, here = scene.open_stop(scene.held())
    units = max(0, min(scene.told.units, here.rest - here.in_hand))
    if units:
        walking.step(scene.db, scene.walk, stop, StepKind.ITEM, scene.actor, before=here.in_hand, n=units)
        stop.bin_seen, stop.in_hand = True, here.in_hand + units
        scene.db.flush()
    return _rest(scene, units)


def _put(scene: Scene) -> Off | None:
    """Units lie in a tote, whatever was counted before: books, promise and pick follow, as far as they are wanted."""
    view = scene.held()
    stop, here = scene.open_stop(view)
    slot = _slot_of(scene, view)
    put = next((one for one in here.puts if one.slot.id == slot), None)
    if put is None:
        other = scene.told.code and slot is None
        if other and scene.told.of:  # a full tote changed for this one
            return _into_new_tote(scene, stop, view, here)
        gone = next((one for one in view.slots if one.id == slot), None)
        raise Off(CheckWhy.CANCELLED if gone and gone.is_cancelled else CheckWhy.FEWER, scene.told.units, slot)
    units = min(scene.told.units, put.units)
    tote_id = totes.tote_id_of(scene.db, scene.walk, put.slot.id)
    scanning.put_units(_as_scan(scene, view, here, stop), put, tote_id, units)
    return _rest(scene, units, slot)


def _into_new_tote(scene: Scene, stop: Stop, view: WalkView, here: StopView) -> Off | None:
    """`of` names the place whose tote was full."""
    put = next((one for one in here.puts if str(one.slot.slot) == scene.told.of.split("-", 1)[0]), None)
    tote = inventory.tote_by_code(scene.db, scene.told.code.strip().upper())
    if put is None or tote is None:
        raise Off(CheckWhy.TOTE, scene.told.units)
    try:
        tote_id = totes.take_tote(scene.db, scene.walk, tote)
    except Invalid:
        raise Off(CheckWhy.TOTE, scene.told.units, put.slot.id) from None
    kept = totes.change_tote(scene.db, scene.walk, put.slot.id, tote_id) or None
    units = min(scene.told.units, put.units)
    scanning.put_units(_as_scan(scene, view, here, stop), put, tote_id, units, kept)
    return _rest(scene, units, put.slot.id)


def _as_scan(scene: Scene, view: WalkView, here: StopView, stop: Stop) -> scanning.Scene:
    stop.bin_seen = True
    return scanning.Scene(scene.db, scene.walk, view, here, stop, scene.told.code, None, None, None, scene.actor)


def _rest(scene: Scene, done: int, slot: int | None = None) -> Off | None:
    left = scene.told.units - done
    return Off(CheckWhy.FEWER, left, slot) if left else None


def _short(scene: Scene) -> Off | None:
    view = scene.held()
    stop, here = scene.open_stop(view)
    got = min(scene.told.units, here.rest)
    for attempt in range(_LOOKS):
        try:
            with scene.db.begin_nested():
                shorting.report(scene.db, view.id, stop.id or 0, got, shorting.Why(scene.told.why), scene.actor)
            return None
        except Conflict as refused:  # nobody waits at a sheet to look again: look again here
            if refused.code != "picking.shelves_changed" or attempt == _LOOKS - 1:
                raise
            scene.db.expire_all()
    return None


def _skip(scene: Scene) -> Off | None:
    stop, _here = scene.open_stop(scene.held())
    scanning.skip(scene.db, scene.walk.id or 0, stop.id or 0, scene.actor)
    return None


def _lane(scene: Scene) -> Off | None:
    scene.held()
    ending.finish(scene.db, scene.walk.id or 0, scene.told.code, scene.actor)
    return None


def _undo(scene: Scene) -> Off | None:
    """Take back the event named, as far as it was done here; what of it was refused needs no check any more."""
    db, walk_id = scene.db, scene.walk.id or 0
    view = scene.held()
    mine = select(WalkEvent).where(WalkEvent.walk_id == walk_id, WalkEvent.event_id == scene.told.of)
    before = db.exec(mine).first()
    if before is None:
        raise Off(CheckWhy.TOO_LATE)
    if before.check_id and before.refused_units:
        check = db.get_one(checks.WalkCheck, before.check_id)
        if check.settled_at is None:
            checks.take_off(db, check, before.refused_units)
            if before.kind == Kind.PUT and not view.is_direct:  # out of the tote, in the hand again
                checks.ask(db, walk_id, check.stop_id, None, check.why, before.refused_units)
    if before.refused and before.refused_units == before.data["units"]:
        return None
    if before.step_id is None:
        return None
    if before.step_id != _last_step(db, walk_id):
        raise Off(CheckWhy.TOO_LATE)
    undoing.undo(db, walk_id, scene.actor)
    return None


_DO: dict[Kind, Callable[[Scene], Off | None]] = {
    Kind.BIN: _bin, Kind.ITEM: _item, Kind.PUT: _put, Kind.SHORT: _short, Kind.SKIP: _skip, Kind.UNDO: _undo,
    Kind.LANE: _lane,
}  # fmt: skip

#: A refusal of the verbs -> the reason people read. Anything else came too late.
_REASONS = {
    "picking.not_yours": CheckWhy.NOT_YOURS,
    "picking.not_now": CheckWhy.NOT_YOURS,
    "inventory.not_enough": CheckWhy.STOCK_GONE,
    "inventory.reservation_spent": CheckWhy.STOCK_GONE,
}


def _why(refused: Refused, told: Told) -> Off:
    if told.kind in (Kind.ITEM, Kind.PUT):
        return Off(_REASONS.get(refused.code, CheckWhy.STOCK_GONE), told.units)
    return Off(_REASONS.get(refused.code, CheckWhy.TOO_LATE))


def _note(db: Session, walk: Walk, event: WalkEvent, off: Off, told: Told) -> None:
    """Remember the refusal; what somebody must put right becomes a stop to check.

    A bin scan or a stop put aside leaves nothing to put right. Units refused when they were scanned and again when
    they were put are the same units: they leave the hand.
    """
    event.refused, event.refused_units = off.why.value, off.units
    if event.stop_id is None or (not off.units and told.kind not in (Kind.SHORT, Kind.UNDO)):
        return
    slot = off.slot
    if told.kind is Kind.PUT:
        if slot is None:
            slot = _slot_of(Scene(db, walk, None, told, _NOBODY), queries.walk_view(db, walk.id or 0))
        held = checks.in_hand_of(db, walk.id or 0, event.stop_id)
        if held is not None and walk.mode is WalkMode.CLUSTER:  # of a batch nothing is in the hand
            checks.take_off(db, held, off.units)
    check = checks.ask(db, walk.id or 0, event.stop_id, slot or None, off.why, off.units)  # SHARED is no shipment's
    event.check_id = check.id
    data: dict[str, Any] = {"stop": event.stop_id, "why": off.why.value, "qty": off.units}
    walking.tell(db, walk, "event_refused", Actor("user", told.by, ""), **data)


_NOBODY = Actor("system", None, "")


def _last_step(db: Session, walk_id: int) -> int | None:
    live = select(func.max(Step.id)).where(Step.walk_id == walk_id, col(Step.undone_at).is_(None))
    return db.exec(live).one()


def _handed_over(db: Session, walk: Walk, by: int, actor: Actor) -> bool:
    """Did this person hand the walk over, and does the one who sends have it now?"""
    if walk.picker_id != actor.id:
        return False
    handed = select(AuditEvent.id).where(
        AuditEvent.kind == "picking.walk.handed_over", AuditEvent.subject == "walk",
        AuditEvent.subject_id == walk.id, AuditEvent.actor_id == by,
    )  # fmt: skip
    return db.exec(handed).first() is not None
