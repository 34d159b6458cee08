"""How a walk ends: what it came to, and its totes in a lane."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from floor.inventory import service as inventory
from floor.inventory.models import Balance, Reservation, Warehouse
from floor.kit.actor import Actor
from floor.kit.errors import Invalid
from floor.picking import checks, putwall, queries, walking
from floor.picking.models import Stop, Walk, WalkTote
from floor.picking.states import StopAction, StopState, WalkAction, WalkMode, WalkState
from floor.picking.verdict import Verdict, ok
from floor.shipments import service as shipments
from floor.shipments.models import Shipment, ShipmentLine
from floor.shipments.states import ShipmentAction, ShipmentState


@dataclass(frozen=True)
class Summary:
    """What a walk came to, or would come to if it ended now."""

    stops: int
    units: int
    #: Stops reported short.
    shorts: int
    #: Stops and units nobody went to: they go back to their orders.
    open_stops: int
    open_units: int
    #: Stops to check: units that go back first.
    checks: int


def summary(db: Session, view: queries.WalkView) -> Summary:
    open_stops = [stop for stop in view.stops if stop.state in (StopState.OPEN, StopState.SKIPPED)]
    return Summary(
        view.done,
        sum(stop.picked for stop in view.stops),
        sum(stop.state is StopState.SHORT for stop in view.stops),
        len(open_stops),
        sum(stop.rest for stop in open_stops),
        len(checks.open_checks(db, view.id)),
    )


def finish(db: Session, walk_id: int, lane: str, actor: Actor) -> Verdict:
    """The totes stand in a lane of the warehouse: the walk is done, its shipments wait for a bench.

    Stops still open are given back to their orders without blaming the shelf. A shipment left with nothing is
    cancelled and its tote free; the other totes stay bound until a bench has emptied them.
    Raises Invalid for a code that is no lane of this house, and while there are stops to check.
    """
    walk = walking.hold(db, walk_id, actor, WalkState.PICKING)
    house = db.get_one(Warehouse, walk.warehouse_id)
    names = [str(name) for name in house.layout.get("lanes") or ()]
    if walk.mode is WalkMode.WALL:
        names += putwall.codes_of(db, walk.warehouse_id)
    lanes = {name.upper(): name for name in names}
    if lane.strip().upper() not in lanes:
        raise Invalid("picking.unknown_lane", lanes=", ".join(lanes.values()))
    walking.news(db, walk, actor)
    if to_check := checks.open_checks(db, walk_id):
        raise Invalid("picking.checks_open", n=len(to_check))
    every = db.exec(select(Stop).where(Stop.walk_id == walk_id).order_by(col(Stop.position))).all()
    left = [stop for stop in every if stop.state in (StopState.OPEN, StopState.SKIPPED)]
    inventory.hold_still(db, [(stop.bin_id, stop.sku_id) for stop in left])
    for stop in left:
        _give_up(db, walk, stop, actor)
    if walk.mode is WalkMode.WALL:
        putwall.bring(db, walk)
    for shipment in walking.shipments_in(db, walk, ShipmentState.PICKING):
        _finish_shipment(db, walk, shipment, actor)
    _free_empty_totes(db, walk_id)
    walk.lane = lanes[lane.strip().upper()]
    walking.advance(db, walk, WalkAction.FINISH, actor, lane=walk.lane)
    return ok("walk_done", None, "walk", lane=walk.lane)


def _give_up(db: Session, walk: Walk, stop: Stop, actor: Actor) -> None:
    """Nobody went there: the promises are released and the units wait for the next allocation."""
    for pick in queries.picks_of(db, [stop.id or 0]):
        if not pick.rest:
            continue
        inventory.release(db, db.get_one(Reservation, pick.reservation_id, populate_existing=True), pick.rest)
        shipments.backorder(db, db.get_one(ShipmentLine, pick.shipment_line_id), pick.rest)
        order_id = db.get_one(Shipment, db.get_one(WalkTote, pick.walk_tote_id).shipment_id).order_id
        walking.tell(db, walk, "stop_given_up", actor, order_id, stop=stop.id, qty=pick.rest)
        pick.short += pick.rest
        db.add(pick)
    stop.in_hand = 0
    walking.advance_stop(db, stop, StopAction.FINISH_SHORT)


def _finish_shipment(db: Session, walk: Walk, shipment: Shipment, actor: Actor) -> None:
    """Picked, or cancelled when nothing of it came. What goes to the wall is picked when it lies in its slot."""
    line = ShipmentLine
    held = select(func.coalesce(func.sum(line.picked + line.allocated), 0)).where(line.shipment_id == shipment.id)
    action = ShipmentAction.FINISH_PICK if db.exec(held).one() else ShipmentAction.CANCEL
    if walk.mode is WalkMode.CLUSTER or action is ShipmentAction.CANCEL:
        shipments.advance(db, shipment, action, actor)


def _free_empty_totes(db: Session, walk_id: int) -> None:
    full = sa.select(col(Balance.place_id)).where(col(Balance.qty) > 0)
    empty = (col(WalkTote.walk_id) == walk_id) & col(WalkTote.tote_id).not_in(full)
    db.execute(sa.update(WalkTote).where(empty).values(is_busy=False).execution_options(synchronize_session="fetch"))
