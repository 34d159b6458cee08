"""What all verbs on a walk share: who holds it, the doors of state, a unit's way from shelf to tote, the trail.

Every verb takes the walk's row lock first (`hold`), so whatever happens on one walk happens one after the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.allocation import service as allocation
from floor.events.service import Event, record
from floor.inventory import service as inventory
from floor.inventory.models import Reservation
from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.errors import Conflict
from floor.orders.models import Order
from floor.orders.states import OrderState
from floor.people.models import User
from floor.picking import checks, queries
from floor.picking.models import CheckWhy, Pick, Step, StepKind, Stop, Walk, WalkTote
from floor.picking.states import STOP, WALK, StopAction, StopState, WalkAction, WalkMode, WalkState
from floor.shipments import service as shipments
from floor.shipments.models import Shipment
from floor.shipments.states import ShipmentState

#: What a picker hears of an order in these states.
_HEARD: dict[StrEnum, str] = {ShipmentState.CANCELLED: "cancelled", OrderState.HELD: "held"}


#: In WalkTote.told: its order wants fewer, and the picker is to hear it.
CHANGED = "changed"


@dataclass(frozen=True)
class News:
    """An order of the walk was cancelled, put on hold or wants fewer; `units` of it are in the tote of its slot."""

    what: str
    slot: int
    units: int = 0


def hold(db: Session, walk_id: int, actor: Actor, *states: WalkState) -> Walk:
    """The walk, locked, in the hands of its picker and in one of `states`. Raises Conflict otherwise."""
    walk = queries.locked(db, walk_id)
    if walk.picker_id is None or walk.picker_id != actor.id:
        raise Conflict("picking.not_yours")
    if walk.state not in states:
        raise Conflict("picking.not_now")
    return walk


def advance(db: Session, walk: Walk, action: WalkAction, actor: Actor, **data: Any) -> None:
    """The only door to a walk's state. Raises Conflict when the table has no such move."""
    walk.state = WALK.after(walk.state, action)
    if action is WalkAction.START:
        walk.started_at = clock.now()
    elif action is WalkAction.FINISH:
        walk.finished_at = clock.now()
    db.add(walk)
    db.flush()
    show_on_monitor(db, walk)
    tell(db, walk, action, actor, **data)


def show_on_monitor(db: Session, walk: Walk) -> None:
    """The allocation run that made the walk shows how far it is and who has it."""
    picker = db.get(User, walk.picker_id) if walk.picker_id else None
    allocation.cart_moved(db, walk.number, walk.state, picker.name if picker else "")


def advance_stop(db: Session, stop: Stop, action: StopAction) -> None:
    """The only door to a stop's state; the steps tell its story."""
    stop.state = STOP.after(stop.state, action)
    db.add(stop)
    db.flush()


def tell(db: Session, walk: Walk, what: str, actor: Actor, order_id: int | None = None, **data: Any) -> None:
    assert walk.id is not None
    record(db, Event(f"picking.walk.{what}", "walk", walk.id, order_id, data), actor)


def step(db: Session, walk: Walk, stop: Stop, kind: StepKind, actor: Actor, **data: Any) -> None:
    """Remember what was done, with what undoing it needs."""
    db.add(Step(walk_id=walk.id or 0, stop_id=stop.id or 0, kind=kind, data=data, actor_id=actor.id))
    db.flush()


def stop_of(db: Session, walk: Walk, stop_id: int | None) -> Stop | None:
    """The stop if it is one of this walk."""
    stop = db.get(Stop, stop_id) if stop_id else None
    return stop if stop is not None and stop.walk_id == walk.id else None


def put(db: Session, walk: Walk, picks: Sequence[int], tote_id: int, units: int, actor: Actor) -> list[list[int]]:
    """Units of these picks go from the bin into a tote, in order: ledger, promise, shipment and pick at once.

    Returns [pick id, units, tote id] for each, as undoing needs it.
    """
    parts = []
    for pick in queries.picks_by_id(db, picks):
        qty = min(pick.rest, units)
        if qty:
            parts.append((pick, qty))
            units -= qty
    assert units == 0, "callers never put more than is left to take"
    promises = [(db.get_one(Reservation, pick.reservation_id), qty) for pick, qty in parts]
    inventory.take_all(db, promises, tote_id, "walk", walk.id or 0, actor)
    for pick, qty in parts:
        _count(db, walk, pick, qty, tote_id, actor)
    return [[pick.id or 0, qty, tote_id] for pick, qty in parts]


def unput(db: Session, walk: Walk, puts: Sequence[Sequence[int]], actor: Actor) -> None:
    """Undo `put`: the units return to the bin and are promised to the same lines again."""
    for pick_id, qty, tote_id in puts:
        pick = db.get_one(Pick, pick_id)
        promise = db.get_one(Reservation, pick.reservation_id)
        inventory.put_back(db, promise, qty, tote_id, "walk", walk.id or 0, actor)
        _count(db, walk, pick, -qty, tote_id, actor)


def _count(db: Session, walk: Walk, pick: Pick, qty: int, tote_id: int, actor: Actor) -> None:
    """Units of a pick went into the tote (qty > 0) or out of it: shipment, pick and trail follow."""
    shipments.shift(db, pick.shipment_line_id, allocated=-qty, picked=qty)
    pick.picked += qty
    db.add(pick)
    db.flush()
    shipment = db.get_one(Shipment, db.get_one(WalkTote, pick.walk_tote_id).shipment_id)
    what = "units_picked" if qty > 0 else "units_put_back"
    tell(db, walk, what, actor, shipment.order_id, stop=pick.stop_id, tote=tote_id, qty=abs(qty))


def settle(db: Session, walk: Walk, stop: Stop, actor: Actor) -> None:
    """Close the stop when nothing is left to take there, and get the next one ready.

    A bin that should be empty now is asked about. A next stop in the same bin needs no second look at its label.
    When nothing else is open, the stops put aside come back, once.
    """
    picks = queries.picks_of(db, [stop.id or 0])
    if stop.state is StopState.OPEN and not any(pick.rest for pick in picks):
        stop.in_hand = 0
        is_short = _was_reported(db, stop)
        if not is_short and any(pick.picked for pick in picks):
            stop.ask_empty = queries.units_in(db, stop.bin_id, stop.sku_id) == 0
        if is_short or any(pick.picked for pick in picks):
            advance_stop(db, stop, StopAction.FINISH_SHORT if is_short else StopAction.FINISH)
        else:
            advance_stop(db, stop, StopAction.DROP)
    every = _stops(db, walk)
    following = next((s for s in every if s.position > stop.position and s.state is StopState.OPEN), None)
    if stop.bin_seen and following is not None and following.bin_id == stop.bin_id:
        following.bin_seen = True
    if not any(s.state is StopState.OPEN for s in every):
        for skipped in every:
            if skipped.state is StopState.SKIPPED:
                advance_stop(db, skipped, StopAction.COME_BACK)
    db.flush()


def _was_reported(db: Session, stop: Stop) -> bool:
    reported = (Step.stop_id == stop.id, Step.kind == StepKind.SHORT, col(Step.undone_at).is_(None))
    return db.exec(select(Step.id).where(*reported)).first() is not None


def _stops(db: Session, walk: Walk) -> Sequence[Stop]:
    return db.exec(select(Stop).where(Stop.walk_id == walk.id).order_by(col(Stop.position))).all()


def news(db: Session, walk: Walk, actor: Actor) -> list[News]:
    """What became of the walk's orders since the picker last scanned; told once. Cancelled ones leave the walk.

    Units of a cancelled order that are in its tote become stops to check: each goes back to the bin it came from.
    """
    rows = db.execute(
        sa.select(WalkTote, col(Shipment.state), col(Order.state))
        .join(Shipment, col(Shipment.id) == col(WalkTote.shipment_id))
        .join(Order, col(Order.id) == col(Shipment.order_id))
        .where(col(WalkTote.walk_id) == walk.id, col(WalkTote.part) == 0)
        .order_by(col(WalkTote.slot))
    ).all()
    told = []
    for slot, shipment, order in rows:
        now = _HEARD.get(shipment) or _HEARD.get(order, "")
        if slot.told == CHANGED and not now:
            told.append(News(CHANGED, slot.slot))
        if now == slot.told:
            continue
        slot.told = now
        db.add(slot)
        db.flush()
        if now == "cancelled":
            _drop_order(db, walk, slot, actor)
            told.append(News("cancelled", slot.slot, queries.units_picked(db, slot.id)))
        elif now == "held":
            told.append(News("held", slot.slot))
    if any(one.what == "cancelled" for one in told):
        tell(db, walk, "order_dropped", actor, slots=[one.slot for one in told if one.what == "cancelled"])
    return told


def _drop_order(db: Session, walk: Walk, slot: WalkTote, actor: Actor) -> None:
    """What the order still wanted is off the walk; what is in its tote goes back, stop by stop."""
    rows = db.execute(
        sa.select(Pick, Stop)
        .join(Stop, col(Stop.id) == col(Pick.stop_id))
        .where(col(Pick.walk_tote_id) == slot.id)
        .order_by(col(Stop.position), col(Pick.id))
        .execution_options(populate_existing=True)
    ).all()
    stops = {}
    for pick, stop in rows:
        if pick.picked and walk.mode is WalkMode.CLUSTER:  # of a batch, the wall tells
            checks.ask(db, walk.id or 0, stop.id, slot.id, CheckWhy.CANCELLED, pick.picked, is_booked=True)
        if pick.rest:
            pick.short += pick.rest
            stop.in_hand = 0  # what is in hand is scanned again: it may have been the cancelled order's
            stops[stop.id] = stop
            db.flush()
    for stop in stops.values():
        if stop.state is StopState.SKIPPED and not any(pick.rest for pick in queries.picks_of(db, [stop.id])):
            advance_stop(db, stop, StopAction.DROP)
        else:
            settle(db, walk, stop, actor)


def shipments_in(db: Session, walk: Walk, state: ShipmentState) -> list[Shipment]:
    """The walk's shipments in one state, locked in one order."""
    mine = select(WalkTote.shipment_id).where(WalkTote.walk_id == walk.id)
    query = select(Shipment).where(col(Shipment.id).in_(mine), Shipment.state == state).order_by(col(Shipment.id))
    return list(db.exec(query.with_for_update().execution_options(populate_existing=True)))


def reorder(db: Session, walk: Walk, seen: Sequence[int], order: Sequence[int], legs_mm: Sequence[int]) -> bool:
    """Open stops take each other's positions. False, and nothing changes, when they are no longer `seen`, in that
    order, or somebody stands at another than the first."""
    mine = select(Stop).where(Stop.walk_id == walk.id, Stop.state == StopState.OPEN).order_by(col(Stop.position))
    stops = db.exec(mine.with_for_update().execution_options(populate_existing=True)).all()
    if [stop.id for stop in stops] != list(seen) or any(stop.bin_seen or stop.in_hand for stop in stops[1:]):
        return False
    positions = [stop.position for stop in stops]
    by_id = {stop.id: stop for stop in stops}
    for sign in (-1, 1):  # two steps, because (walk, position) is unique at every moment
        for stop_id, position in zip(order, positions, strict=True):
            by_id[stop_id].position = sign * position
        db.flush()
    for stop_id, leg in zip(order[1:], legs_mm, strict=True):
        by_id[stop_id].leg_mm = leg
    db.flush()
    return True
