"""The last step taken back, within a minute: by new ledger rows and events, never by deleting."""

from datetime import timedelta
from typing import Any

from sqlmodel import Session, col, select

from floor.inventory import service as inventory
from floor.inventory.models import MoveReason, Reservation
from floor.inventory.service import Move
from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.errors import Conflict, Invalid
from floor.picking import queries, sourcing, totes, walking
from floor.picking.models import Pick, Step, StepKind, Stop, Walk, WalkTote
from floor.picking.states import StopAction, StopState, WalkMode, WalkState
from floor.picking.verdict import Verdict, ok
from floor.shipments import service as shipments
from floor.shipments.models import Shipment, ShipmentLine
from floor.shipments.states import ShipmentState

#: How long a step may be taken back.
WITHIN = timedelta(seconds=60)


def undo(db: Session, walk_id: int, actor: Actor) -> Verdict:
    """Take back the last step of this walk. Raises Invalid when there is none young enough, Conflict when what it
    changed has gone on without us (the order was cancelled, the stock promised to somebody else)."""
    walk = walking.hold(db, walk_id, actor, WalkState.PICKING)
    last = db.exec(
        select(Step).where(Step.walk_id == walk_id, col(Step.undone_at).is_(None)).order_by(col(Step.id).desc())
    ).first()
    if last is None or last.at + WITHIN < clock.now():
        raise Invalid("picking.nothing_to_undo")
    stop = db.get_one(Stop, last.stop_id)
    _BACK[last.kind](db, walk, stop, last.data, actor)
    last.undone_at = clock.now()
    db.add(last)
    walking.tell(db, walk, "step_undone", actor, step=last.id, kind=last.kind, stop=stop.id)
    return ok("undone", stop.id, kind=last.kind.value, **_told(db, walk, last))


def _told(db: Session, walk: Walk, last: Step) -> dict[str, Any]:
    """What the hands have to do: units out of a tote, or back on the shelf (tote "")."""
    if last.kind is StepKind.PUT and last.data["puts"]:
        (pick_id, *_), labels = last.data["puts"][0], queries.labels_of(db, walk.id or 0)
        is_direct = len(labels) == 1 or walk.mode is WalkMode.WALL
        label = "" if is_direct else labels[db.get_one(Pick, pick_id).walk_tote_id]
        return {"n": sum(qty for _pick, qty, _tote in last.data["puts"]), "tote": label}
    if last.kind is StepKind.PUT:
        return {"n": 0, "tote": ""}
    if last.kind is StepKind.ITEM:
        return {"n": last.data.get("n", 1)}
    return {}


def _bin(db: Session, _walk: Walk, stop: Stop, _data: dict[str, Any], _actor: Actor) -> None:
    stop.bin_seen = False


def _item(db: Session, _walk: Walk, stop: Stop, data: dict[str, Any], _actor: Actor) -> None:
    _in_hand(db, stop, data["before"])


def _put(db: Session, walk: Walk, stop: Stop, data: dict[str, Any], actor: Actor) -> None:
    """The units are in hand again, as before the put; on a walk of one tote they are back on the shelf."""
    _refuse_cancelled(db, [pick_id for pick_id, _qty, _tote in data["puts"]])
    _reopen(db, stop)
    walking.unput(db, walk, data["puts"], actor)
    _in_hand(db, stop, data["before"])
    if data["swap"]:
        totes.change_tote_back(db, walk, *data["swap"])


def _skip(db: Session, _walk: Walk, stop: Stop, data: dict[str, Any], _actor: Actor) -> None:
    if stop.state is StopState.SKIPPED:
        walking.advance_stop(db, stop, StopAction.COME_BACK)
    stop.skips -= 1
    stop.bin_seen = data["bin_seen"]


def _short(db: Session, walk: Walk, stop: Stop, data: dict[str, Any], actor: Actor) -> None:
    """Everything a report did, backwards: extra stops and shipments fall away, units come back from lost and from the
    backorder, and are promised here again. All or nothing: when somebody else has them meanwhile, the report stands."""
    _refuse_cancelled(db, [pick_id for pick_id, *_ in data["losses"]])
    sourcing.hold(db, data)
    extra = [db.get_one(Stop, db.get_one(Pick, pick_id).stop_id) for pick_id in data["new_picks"]]
    places = {stop.bin_id, *(place for _pick, _qty, place in data["losses"])}
    shelves = {(place, stop.sku_id) for place in places} | {(other.bin_id, other.sku_id) for other in extra}
    inventory.hold_still(db, shelves | sourcing.shelves(db, data))
    _reopen(db, stop)
    walking.unput(db, walk, data["puts"], actor)
    sourcing.take_back(db, data, actor)
    for line_id, qty in data["backordered"]:
        shipments.take_again(db, line_id, db.get_one(ShipmentLine, line_id).order_line_id, qty)
    for pick_id, qty, place in data["losses"]:
        pick = db.get_one(Pick, pick_id, populate_existing=True)
        reservation = db.get_one(Reservation, pick.reservation_id)
        if place != stop.bin_id:
            back = Move(stop.sku_id, qty, place, stop.bin_id, MoveReason.CORRECTION)
            inventory.move(db, [back], "walk", walk.id or 0, actor)
        inventory.promise_again(db, reservation, qty)
        pick.short -= qty
    _in_hand(db, stop, data["before"])
    stop.bin_seen = data["bin_seen"]
    db.flush()


def _in_hand(db: Session, stop: Stop, units: int) -> None:
    """As many as before, but never more than the stop still wants: an order may have been cancelled since."""
    stop.in_hand = min(units, sum(pick.rest for pick in queries.picks_of(db, [stop.id or 0])))


def _reopen(db: Session, stop: Stop) -> None:
    stop.ask_empty = False
    if stop.state in (StopState.DONE, StopState.SHORT, StopState.DROPPED):
        walking.advance_stop(db, stop, StopAction.REOPEN)


def _refuse_cancelled(db: Session, pick_ids: list[int]) -> None:
    state = (
        select(Shipment.state)
        .join(WalkTote, col(WalkTote.shipment_id) == Shipment.id)
        .join(Pick, col(Pick.walk_tote_id) == WalkTote.id)
        .where(col(Pick.id).in_(pick_ids), Shipment.state != ShipmentState.PICKING)
    )
    if db.exec(state).first() is not None:
        raise Conflict("picking.order_is_cancelled")


_BACK = {
    StepKind.BIN: _bin,
    StepKind.ITEM: _item,
    StepKind.PUT: _put,
    StepKind.SKIP: _skip,
    StepKind.SHORT: _short,
}
