"""The ways of a short report, done and taken back: stops that join the walk, shipments of their own, substitutes."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.catalog.models import Sku
from floor.inventory import service as inventory
from floor.inventory.models import Reservation
from floor.inventory.service import Wish
from floor.kit.actor import Actor
from floor.kit.errors import Conflict
from floor.orders import service as orders
from floor.orders.models import Order
from floor.picking import queries, walking
from floor.picking.models import Pick, Stop, Walk, WalkTote
from floor.picking.remedies import Detour, Sending
from floor.picking.states import StopAction, StopState, WalkAction, WalkState
from floor.shipments import service as shipments
from floor.shipments.models import Shipment, ShipmentLine
from floor.shipments.states import ShipmentAction, ShipmentState


class Plan(Protocol):
    """What of `shorting.Consequences` is done here."""

    @property
    def detours(self) -> Sequence[Detour]: ...

    @property
    def sendings(self) -> Sequence[Sending]: ...


def do(db: Session, walk: Walk, plan: Plan, actor: Actor) -> dict[str, Any]:
    """Returns what taking it back needs: `new_picks`; `swapped`, [old shipment line, the one in its place, units];
    `sent`, one {shipment, parts: [[old shipment line, order line there, units]]} each."""
    swapped: list[list[int]] = []
    picks = [pick for detour in plan.detours for pick in _detour(db, walk, detour, swapped)]
    sent = [_send(db, sending, actor) for sending in plan.sendings]
    for house in sorted({sending.warehouse_id for sending in plan.sendings}):
        walking.tell(db, walk, "sent_on", actor, house=house)
    return {"new_picks": picks, "swapped": swapped, "sent": sent}


def hold(db: Session, data: Mapping[str, Any]) -> None:
    """Lock the orders, walks and shipments `take_back` changes. Raises Conflict when one has gone on without us.

    A walk somebody is just taking is not waited for: whoever has it may be waiting for this order.
    """
    made = sorted(one["shipment"] for one in data.get("sent", ()))
    if not made:
        return
    orders_of = sa.select(col(Shipment.order_id)).where(col(Shipment.id).in_(made))
    db.execute(sa.select(col(Order.id)).where(col(Order.id).in_(orders_of)).order_by(col(Order.id)).with_for_update())
    for walk_id in db.execute(_walks(made)).scalars().all():
        locked = select(Walk.id).where(Walk.id == walk_id).with_for_update(skip_locked=True)
        if db.exec(locked).first() is None:
            raise Conflict("picking.sent_already", shipment=db.get_one(Shipment, made[0]).number)
    shipments_ = select(Shipment).where(col(Shipment.id).in_(made)).order_by(col(Shipment.id))
    for shipment in db.exec(shipments_.with_for_update().execution_options(populate_existing=True)):
        if shipment.state is not ShipmentState.PLANNED:
            raise Conflict("picking.sent_already", shipment=shipment.number)


def _walks(shipment_ids: Sequence[int]) -> sa.Select[int | None]:
    """The living walks of these shipments."""
    on = sa.select(col(Walk.id)).join(WalkTote, col(WalkTote.walk_id) == col(Walk.id)).distinct()
    return on.where(col(WalkTote.shipment_id).in_(shipment_ids), col(Walk.state) != WalkState.CANCELLED)


def shelves(db: Session, data: Mapping[str, Any]) -> set[tuple[int, int]]:
    """(bin, SKU) the new shipments are promised."""
    made = [one["shipment"] for one in data.get("sent", ())]
    promised = (
        sa.select(col(Reservation.bin_id), col(Reservation.sku_id))
        .join(ShipmentLine, col(ShipmentLine.id) == col(Reservation.shipment_line_id))
        .where(col(ShipmentLine.shipment_id).in_(made))
    )
    return {(row.bin_id, row.sku_id) for row in db.execute(promised)} if made else set()


def take_back(db: Session, data: Mapping[str, Any], actor: Actor) -> None:
    """Undo `do`; the caller has called `hold`."""
    made = {one["shipment"] for one in data.get("sent", ())}
    for one in data.get("sent", ()):
        _unsend(db, one, made, actor)
    for pick_id in data["new_picks"]:
        _drop_extra(db, db.get_one(Pick, pick_id, populate_existing=True))
    for old_id, new_id, units in data.get("swapped", ()):
        new, old = db.get_one(ShipmentLine, new_id), db.get_one(ShipmentLine, old_id)
        shipments.backorder(db, new, units)
        orders.take_back_substitute(db, new.order_line_id, units)
        shipments.take_again(db, old_id, old.order_line_id, units)


# --- another stop of this walk ---------------------------------------------------------------------------------------


def _detour(db: Session, walk: Walk, detour: Detour, swapped: list[list[int]]) -> list[int]:
    """Promise the units in the other bin and send the walk past it. Returns the new picks."""
    stop = _stop_at(db, walk, detour)
    made = []
    for pick_id, units in detour.parts:
        old = db.get_one(Pick, pick_id)
        line_id = old.shipment_line_id
        if detour.substitute is not None:
            line_id = _swap(db, line_id, detour.sku_id, units)
            swapped.append([old.shipment_line_id, line_id, units])
        promise = inventory.reserve_one(db, Wish(detour.bin_id, detour.sku_id, units, line_id))
        new = Pick(
            stop_id=stop.id or 0, walk_tote_id=old.walk_tote_id, shipment_line_id=line_id,
            reservation_id=promise.id or 0, qty=units,
        )  # fmt: skip
        db.add(new)
        db.flush()
        made.append(new.id or 0)
    return made


def _swap(db: Session, line_id: int, sku_id: int, units: int) -> int:
    """Units of a shipment line become a substitute in the same shipment. Returns the line that holds them now."""
    old = db.get_one(ShipmentLine, line_id)
    shipments.backorder(db, old, units)
    order_line = _substitute(db, old, sku_id, units)
    return shipments.join(db, db.get_one(Shipment, old.shipment_id), order_line, sku_id, units).id or 0


def _substitute(db: Session, old: ShipmentLine, sku_id: int, units: int) -> int:
    return orders.substitute(db, old.order_line_id, sku_id, units, db.get_one(Sku, sku_id).price_fen)


def _stop_at(db: Session, walk: Walk, detour: Detour) -> Stop:
    """The stop of the walk that visits this bin; a new one takes the place of stop `number`, the others move on."""
    view = queries.walk_view(db, walk.id or 0)
    if not detour.is_new:
        return db.get_one(Stop, view.numbered(detour.number).id)
    position = db.get_one(Stop, view.stops[detour.number - 2].id).position + 1
    mine = (col(Stop.walk_id) == walk.id) & (col(Stop.position) >= position)
    # Two steps, because (walk, position) is unique at every moment.
    for where, value in ((mine, -col(Stop.position) - 1), (col(Stop.position) < 0, -col(Stop.position))):
        change = sa.update(Stop).where(col(Stop.walk_id) == walk.id, where).values(position=value)
        db.execute(change.execution_options(synchronize_session=False))
    new = Stop(walk_id=walk.id or 0, position=position, bin_id=detour.bin_id, sku_id=detour.sku_id)
    db.add(new)
    db.flush()
    db.exec(select(Stop).where(Stop.walk_id == walk.id).execution_options(populate_existing=True)).all()
    return new


def _drop_extra(db: Session, pick: Pick) -> None:
    """A pick that a report added elsewhere: nothing was taken there yet, because this report is the last step."""
    inventory.release(db, db.get_one(Reservation, pick.reservation_id, populate_existing=True), pick.rest)
    pick.short += pick.rest
    db.flush()
    stop = db.get_one(Stop, pick.stop_id)
    others = db.exec(select(Pick).where(Pick.stop_id == stop.id)).all()
    if stop.state in (StopState.OPEN, StopState.SKIPPED) and not any(other.rest for other in others):
        walking.advance_stop(db, stop, StopAction.DROP)


# --- a shipment of its own -------------------------------------------------------------------------------------------


def _send(db: Session, sending: Sending, actor: Actor) -> dict[str, Any]:
    """The units leave this shipment for a new one, promised at once. The caller has the order's lock."""
    parts: list[list[int]] = []
    shelves: list[tuple[int, int, int]] = []
    units: dict[int, int] = defaultdict(int)
    for pick_id, qty, bin_id in sending.parts:
        line = db.get_one(ShipmentLine, db.get_one(Pick, pick_id).shipment_line_id)
        shipments.backorder(db, line, qty)
        order_line = line.order_line_id
        if sending.substitute is not None:
            order_line = _substitute(db, line, sending.sku_id, qty)
        units[order_line] += qty
        parts.append([line.id or 0, order_line, qty])
        shelves.append((bin_id, qty, order_line))
    order = db.get_one(Order, sending.order_id)
    wanted = {order_line: (sending.sku_id, qty) for order_line, qty in units.items()}
    made, lines = shipments.plan(db, order, sending.warehouse_id, sending.carrier_id, wanted, None, actor)
    inventory.reserve(db, [Wish(bin_id, sending.sku_id, qty, lines[line].id) for bin_id, qty, line in shelves])
    return {"shipment": made.id, "parts": parts}


def _unsend(db: Session, sent: Mapping[str, Any], made: Collection[int], actor: Actor) -> None:
    """The new shipment is cancelled, and what it held is this walk's again. A walk nobody has, of nothing but shipments
    `made` by this report, goes with it. Raises Conflict when it has gone on."""
    shipment = db.get_one(Shipment, sent["shipment"])
    for walk_id in db.execute(_walks([sent["shipment"]])).scalars().all():
        _cancel_walk(db, db.get_one(Walk, walk_id, populate_existing=True), shipment, made, actor)
    lines = {
        line.order_line_id: line
        for line in db.exec(select(ShipmentLine).where(ShipmentLine.shipment_id == shipment.id))
    }
    mine = select(Reservation).where(col(Reservation.shipment_line_id).in_([line.id for line in lines.values()]))
    for promise in db.exec(mine.order_by(col(Reservation.bin_id), col(Reservation.id))).all():
        inventory.release(db, promise)
    for old_id, order_line, units in sent["parts"]:
        old = db.get_one(ShipmentLine, old_id)
        shipments.backorder(db, lines[order_line], units)
        if order_line != old.order_line_id:
            orders.take_back_substitute(db, order_line, units)
        shipments.take_again(db, old_id, old.order_line_id, units)
    shipments.advance(db, shipment, ShipmentAction.CANCEL, actor, by="undo")


def _cancel_walk(db: Session, walk: Walk, shipment: Shipment, made: Collection[int], actor: Actor) -> None:
    slots = db.exec(select(WalkTote.shipment_id).where(WalkTote.walk_id == walk.id)).all()
    if walk.state not in (WalkState.READY, WalkState.PUBLISHED) or not set(slots) <= set(made):
        raise Conflict("picking.sent_already", shipment=shipment.number)
    walking.advance(db, walk, WalkAction.CANCEL, actor)
