"""What is over when a batch was sorted: units that are not in the totes, and units of cancelled orders."""

from collections import defaultdict
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.catalog.models import Sku
from floor.inventory import counting
from floor.inventory import service as inventory
from floor.inventory.models import Balance, Bin, CountReason, MoveReason, PlaceKind, Tote
from floor.inventory.service import Move
from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.errors import Conflict, Invalid
from floor.people.models import User
from floor.picking import putwall, queries, walking
from floor.picking.models import Walk, WalkTote
from floor.picking.models_wall import BatchTote, PutState, Wall, WallLine, WallPut, WallSlot
from floor.shipments import service as shipments
from floor.shipments.models import Shipment, ShipmentLine
from floor.shipments.states import ShipmentAction, ShipmentState


@dataclass(frozen=True)
class Missing:
    """Units a shipment of the batch still wants; `number` is its slot, None before the first unit."""

    line: WallLine
    sku: Sku
    number: int | None
    units: int
    #: Nothing else of the shipment came: it would be cancelled, and its units wait for the next allocation.
    is_all: bool


def missing(db: Session, walk_id: int) -> list[Missing]:
    """What would be reported missing now, by slot."""
    rows = db.execute(
        sa.select(WallLine, Sku, col(WallSlot.number))
        .join(Sku, col(Sku.id) == col(WallLine.sku_id))
        .join(Shipment, col(Shipment.id) == col(WallLine.shipment_id))
        .join(
            WalkTote,
            (col(WalkTote.walk_id) == col(WallLine.walk_id)) & (col(WalkTote.shipment_id) == col(WallLine.shipment_id)),
        )
        .outerjoin(WallSlot, col(WallSlot.id) == col(WalkTote.tote_id))
        .where(col(WallLine.walk_id) == walk_id, col(Shipment.state) == ShipmentState.PICKING)
        .order_by(col(WallSlot.number).nulls_last(), col(WallLine.shipment_id), col(Sku.code))
        .execution_options(populate_existing=True)
    ).all()
    sorted_of: dict[int, int] = defaultdict(int)
    for line, _sku, _number in rows:
        sorted_of[line.shipment_id] += line.in_slot
    return [
        Missing(line, sku, number, line.rest + line.in_hand, not sorted_of[line.shipment_id])
        for line, sku, number in rows
        if line.rest + line.in_hand
    ]


def report_missing(db: Session, wall: Wall, walk_id: int, expected: int, actor: Actor) -> int:
    """The totes are empty and slots still want `expected` units: they are lost, and their orders get them later.

    Every bin they were picked from is counted. A shipment with units in its slot is ready for a bench without them, one
    without any is cancelled. Returns how many units. Raises Conflict when somebody has a unit in hand, or when
    meanwhile other units are wanted than the screen showed.
    """
    walk = putwall.hold(db, wall, walk_id)
    _let_go(db, walk, actor)
    gone = missing(db, walk_id)
    units = sum(one.units for one in gone)
    if units != expected:
        raise Conflict("picking.sorted_meanwhile")
    if not gone:
        raise Invalid("picking.nothing_is_missing")
    lost = inventory.beyond(db, PlaceKind.LOST, walk.warehouse_id)
    wanted: dict[int, int] = defaultdict(int)
    for one in gone:
        wanted[one.line.sku_id] += one.units
    moves = [
        Move(sku, qty, place, lost, MoveReason.SHORT)
        for sku, units_ in sorted(wanted.items())
        for place, qty in _lying(db, walk, sku, units_)
    ]
    inventory.move(db, moves, "walk", walk_id, actor)
    for one in gone:
        _lose(db, walk, one, actor)
    for shipment_id in sorted({one.line.shipment_id for one in gone}):
        _settle(db, walk, shipment_id, actor)
    putwall.free_empty(db, walk)
    return units


def _let_go(db: Session, walk: Walk, actor: Actor) -> None:
    """Units in hand: the reporter's own and forgotten ones are back in the tote; somebody else's are waited for."""
    rows = db.exec(
        select(WallPut, User.name)
        .outerjoin(User, col(User.id) == WallPut.actor_id)
        .where(WallPut.walk_id == walk.id, WallPut.state == PutState.HELD)
        .order_by(col(WallPut.id))
    ).all()
    for put, who in rows:
        if put.actor_id != actor.id and put.at + putwall.FORGOTTEN >= clock.now():
            raise Conflict("picking.unit_with_somebody", who=who or "")
        line = db.get_one(WallLine, put.line_id, populate_existing=True)
        line.in_hand, put.state = line.in_hand - 1, PutState.UNDONE
        db.add_all([line, put])
        db.flush()
        putwall.give_up_slot(db, walk, line.shipment_id)


def _lying(db: Session, walk: Walk, sku_id: int, units: int) -> list[tuple[int, int]]:
    """(tote, units) of the batch's totes that hold so many of a SKU by the books."""
    found = []
    query = (
        sa.select(col(Balance.place_id), col(Balance.qty))
        .join(BatchTote, col(BatchTote.tote_id) == col(Balance.place_id))
        .where(col(BatchTote.walk_id) == walk.id, col(BatchTote.is_busy), col(Balance.sku_id) == sku_id)
        .order_by(col(BatchTote.number))
    )
    for place, there in db.execute(query):
        take = min(there, units)
        units -= take
        if take:
            found.append((place, take))
    return found


def _lose(db: Session, walk: Walk, one: Missing, actor: Actor) -> None:
    line = db.get_one(ShipmentLine, one.line.shipment_line_id)
    shipments.backorder(db, line, one.units, part="picked")
    one.line.gone += one.units
    db.add(one.line)
    db.flush()
    bins = queries.picked_from(db, one.line.shipment_line_id)
    for where in bins[:1]:
        counting.ask_count(db, where, one.sku.id or 0, CountReason.SHORT, actor)
    order_id = db.get_one(Shipment, one.line.shipment_id).order_id
    walking.tell(db, walk, "missing_at_wall", actor, order_id, sku=one.sku.id, qty=one.units)


def _settle(db: Session, walk: Walk, shipment_id: int, actor: Actor) -> None:
    shipment = db.get_one(Shipment, shipment_id, with_for_update=True)
    held = any(line.in_slot for line in putwall.lines_of(db, walk.id or 0) if line.shipment_id == shipment_id)
    action = ShipmentAction.FINISH_PICK if held else ShipmentAction.CANCEL
    shipments.advance(db, shipment, action, actor)
    if not held:
        putwall.give_up_slot(db, walk, shipment_id)


# --- cancelled orders ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Back:
    """Units of a cancelled order: where they lie (a slot's number, or a tote) and the shelf they go back to."""

    line: WallLine
    sku: Sku
    place_id: int
    tote: str
    number: int | None
    units: int
    where: Bin


def to_shelve(db: Session, walk_id: int) -> list[Back]:
    """Units of cancelled orders in slots and in the batch's totes, in the order of their shelves."""
    rows = db.execute(
        sa.select(WallLine, Sku, WalkTote)
        .join(Sku, col(Sku.id) == col(WallLine.sku_id))
        .join(Shipment, col(Shipment.id) == col(WallLine.shipment_id))
        .join(
            WalkTote,
            (col(WalkTote.walk_id) == col(WallLine.walk_id)) & (col(WalkTote.shipment_id) == col(WallLine.shipment_id)),
        )
        .where(col(WallLine.walk_id) == walk_id, col(Shipment.state) == ShipmentState.CANCELLED)
        .order_by(col(WallLine.id))
        .execution_options(populate_existing=True)
    ).all()
    walk = db.get_one(Walk, walk_id)
    found: list[Back] = []
    for line, sku, row in rows:
        bins = queries.picked_from(db, line.shipment_line_id)
        if not bins:
            continue
        if line.in_slot and row.tote_id:
            slot = db.get_one(WallSlot, row.tote_id)
            code = db.get_one(Tote, slot.id).code
            found.append(Back(line, sku, slot.id, code, slot.number, line.in_slot, bins[0]))
        for place, units in _lying(db, walk, line.sku_id, line.rest):
            found.append(Back(line, sku, place, db.get_one(Tote, place).code, None, units, bins[0]))
    return sorted(found, key=lambda back: (back.where.code, back.number or 0, back.line.id or 0))


def shelve(db: Session, wall: Wall, walk_id: int, code: str, actor: Actor) -> int:
    """A shelf was scanned: everything of the batch's cancelled orders that goes there lies there again.

    Returns how many units. Raises Invalid for a code nothing goes to.
    """
    walk = putwall.hold(db, wall, walk_id)
    mine = [back for back in to_shelve(db, walk_id) if back.where.code == code.strip().upper()]
    if not mine:
        raise Invalid("picking.nothing_goes_there", field="code", scanned=code.strip()[:24])
    moves = [Move(back.sku.id or 0, back.units, back.place_id, back.where.id, MoveReason.PUT_BACK) for back in mine]
    inventory.move(db, moves, "walk", walk_id, actor)
    for back in mine:
        if back.number is not None:
            back.line.in_slot -= back.units
        back.line.gone += back.units
        db.add(back.line)
        db.flush()
        putwall.give_up_slot(db, walk, back.line.shipment_id)
    putwall.free_empty(db, walk)
    units = sum(back.units for back in mine)
    walking.tell(db, walk, "wall_shelved", actor, bin=mine[0].where.id, qty=units)
    return units
