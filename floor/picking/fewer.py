"""An order wants fewer units while its walk is under way: what nobody has picked is off it; the next scan says so."""

from collections.abc import Iterable

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.inventory import service as inventory
from floor.inventory.models import Reservation
from floor.kit.actor import Actor
from floor.picking import queries, walking
from floor.picking.models import Pick, Stop, Walk, WalkTote
from floor.picking.states import StopAction, StopState, WalkState


def walks_of(db: Session, shipment_ids: Iterable[int]) -> list[Walk]:
    """The walks of these shipments that are not over, locked in one order; before the order's lock, as pickers do."""
    on = select(WalkTote.walk_id).where(col(WalkTote.shipment_id).in_(list(shipment_ids)))
    over = (WalkState.DONE, WalkState.CANCELLED)
    walks = select(Walk).where(col(Walk.id).in_(on), col(Walk.state).not_in(over)).order_by(col(Walk.id))
    return list(db.exec(walks.with_for_update().execution_options(populate_existing=True)))


def take_off(db: Session, walk: Walk, line_id: int, units: int, actor: Actor) -> None:
    """Units of a shipment line are wanted no more, from the walk's last stop on; their promises end.

    The caller has the walk's lock and knows that so many are not picked yet. Units in the hand are scanned again when
    the stop wants fewer than that.
    """
    rows = db.execute(
        sa.select(Pick, Stop)
        .join(Stop, col(Stop.id) == col(Pick.stop_id))
        .where(col(Pick.shipment_line_id) == line_id, col(Stop.walk_id) == walk.id)
        .where(col(Pick.qty) > col(Pick.picked) + col(Pick.short))
        .order_by(col(Stop.position).desc(), col(Pick.id).desc())
        .execution_options(populate_existing=True)
    ).all()
    for pick, stop in rows:
        now = min(pick.rest, units)
        units -= now
        if not now:
            continue
        inventory.release(db, db.get_one(Reservation, pick.reservation_id, populate_existing=True), now)
        pick.short += now
        db.get_one(WalkTote, pick.walk_tote_id).told = walking.CHANGED
        db.flush()
        left = sum(other.rest for other in queries.picks_of(db, [stop.id]))
        stop.in_hand = stop.in_hand if stop.in_hand <= left else 0
        if not left and stop.state is StopState.SKIPPED:
            walking.advance_stop(db, stop, StopAction.DROP)
        elif not left:
            walking.settle(db, walk, stop, actor)
    assert units == 0, "the caller counted what is not picked"
    walking.tell(db, walk, "order_lowered", actor, line=line_id)
