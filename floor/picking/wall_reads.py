"""Reads of the put wall, ready for its screens. No personal data here."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.catalog.models import Sku
from floor.catalog.queries import barcode_of
from floor.inventory.models import Tote
from floor.kit import clock
from floor.kit.actor import Actor
from floor.picking import putwall, queries
from floor.picking.models import Walk, WalkTote
from floor.picking.models_wall import BatchTote, PutState, Wall, WallLine, WallPut, WallSlot
from floor.picking.queries import Goods
from floor.picking.states import WalkMode, WalkState
from floor.shipments.models import Shipment
from floor.shipments.states import ShipmentState


@dataclass(frozen=True)
class SlotNow:
    """A slot as it stands: free, filling, complete, packing, cancelled."""

    number: int
    row: int
    code: str
    state: str
    units: int = 0
    wanted: int = 0
    due_at: datetime | None = None

    @property
    def hue(self) -> int:
        return (self.row - 1) % 8 + 1


@dataclass(frozen=True)
class BatchNow:
    """A batch in front of the wall; `is_here` when this wall sorts it already."""

    walk_id: int
    number: str
    totes: tuple[str, ...]
    units: int
    sorted: int
    due_at: datetime
    lane: str
    is_here: bool

    @property
    def left(self) -> int:
        return self.units - self.sorted


@dataclass(frozen=True)
class InHand:
    """The unit to put, or the one just put, and its slot."""

    number: int
    is_held: bool
    goods: Goods


def slots_of(db: Session, wall: Wall) -> list[SlotNow]:
    """Every slot of the wall in order, with what it holds."""
    mine = (col(WallLine.walk_id) == col(WalkTote.walk_id), col(WallLine.shipment_id) == col(WalkTote.shipment_id))
    there = sa.select(sa.func.sum(col(WallLine.in_slot))).where(*mine).correlate(WalkTote)
    wanted = sa.select(sa.func.sum(col(WallLine.qty) - col(WallLine.gone))).where(*mine).correlate(WalkTote)
    rows = db.execute(
        sa.select(WallSlot, col(Tote.code), Shipment, there.scalar_subquery(), wanted.scalar_subquery())
        .join(Tote, col(Tote.id) == col(WallSlot.id))
        .outerjoin(WalkTote, (col(WalkTote.tote_id) == col(WallSlot.id)) & col(WalkTote.is_busy))
        .outerjoin(Shipment, col(Shipment.id) == col(WalkTote.shipment_id))
        .where(col(WallSlot.wall_id) == wall.id)
        .order_by(col(WallSlot.number))
    )
    states = {
        ShipmentState.PICKING: "filling", ShipmentState.PICKED: "complete", ShipmentState.CANCELLED: "cancelled",
    }  # fmt: skip
    found = []
    for slot, code, shipment, units, of in rows:
        row = (slot.number - 1) // wall.columns + 1
        if shipment is None:
            found.append(SlotNow(slot.number, row, code, "free"))
        else:
            state = states.get(shipment.state, "packing")
            found.append(SlotNow(slot.number, row, code, state, units or 0, of or 0, shipment.promised_at))
    return found


def batches(db: Session, wall: Wall) -> list[BatchNow]:
    """Batches this wall sorts, and those of the house no wall has yet: the one in work first, then by promise."""
    carried = sa.exists().where(col(BatchTote.walk_id) == col(Walk.id), col(BatchTote.is_busy))
    rows = db.execute(
        sa.select(Walk, sa.func.sum(col(WallLine.qty)), sa.func.sum(col(WallLine.in_slot) + col(WallLine.gone)))
        .join(WallLine, col(WallLine.walk_id) == col(Walk.id))
        .where(col(Walk.warehouse_id) == wall.warehouse_id, col(Walk.state) == WalkState.DONE)
        .where(col(Walk.mode) == WalkMode.WALL, carried | _to_clear())
        .where(sa.or_(col(Walk.wall_id) == wall.id, col(Walk.wall_id).is_(None)))
        .group_by(col(Walk.id))
        .order_by(col(Walk.wall_id).is_(None), col(Walk.due_at), col(Walk.id))
    ).all()
    totes: dict[int, list[str]] = defaultdict(list)
    named = select(BatchTote.walk_id, Tote.code).join(Tote, col(Tote.id) == BatchTote.tote_id)
    ids = [walk.id for walk, _units, _done in rows]
    for walk_id, code in db.exec(
        named.where(col(BatchTote.walk_id).in_(ids), col(BatchTote.is_busy)).order_by(col(BatchTote.number))
    ):
        totes[walk_id].append(code)
    return [
        BatchNow(
            walk.id, walk.number, tuple(totes[walk.id]), units, done, walk.due_at, walk.lane, walk.wall_id == wall.id
        )
        for walk, units, done in rows
    ]


def _to_clear() -> sa.ColumnElement[bool]:
    """Does a slot hold a cancelled order of the walk?"""
    holds = (col(WalkTote.walk_id) == col(Walk.id), col(WalkTote.is_busy), col(WalkTote.tote_id).is_not(None))
    dead = (col(Shipment.id) == col(WalkTote.shipment_id), col(Shipment.state) == ShipmentState.CANCELLED)
    return sa.exists().where(*holds, *dead)


def to_sort(db: Session, warehouse_id: int | None) -> int | None:
    """Batches in front of the walls of a house, or of all; None where no wall stands."""
    walls = [wall for wall, _slots, _free in walls_at(db, warehouse_id)]
    return len({batch.walk_id for wall in walls for batch in batches(db, wall)}) if walls else None


@dataclass(frozen=True)
class Sorting:
    """One batch at the wall, as the sorter sees it."""

    walk_id: int
    number: str
    tote: Tote | None
    totes: tuple[str, ...]
    slots: tuple[SlotNow, ...]
    units: int
    sorted: int
    #: Units of cancelled orders that go back to the shelf.
    back: int
    hand: InHand | None

    @property
    def left(self) -> int:
        return self.units - self.sorted

    def slot(self, number: int) -> SlotNow:
        return next(slot for slot in self.slots if slot.number == number)


def sorting(db: Session, wall: Wall, walk: Walk, tote_id: int | None, actor: Actor) -> Sorting:
    rows = db.execute(
        sa.select(WallLine, col(Shipment.state))
        .join(Shipment, col(Shipment.id) == col(WallLine.shipment_id))
        .where(col(WallLine.walk_id) == walk.id)
        .execution_options(populate_existing=True)
    ).all()
    living = [line for line, state in rows if state is not ShipmentState.CANCELLED]
    dead = [line for line, state in rows if state is ShipmentState.CANCELLED]
    totes = db.exec(
        select(Tote)
        .join(BatchTote, col(BatchTote.tote_id) == Tote.id)
        .where(BatchTote.walk_id == walk.id, col(BatchTote.is_busy))
        .order_by(col(BatchTote.number))
    ).all()
    tote = next((one for one in totes if one.id == tote_id), totes[0] if totes else None)
    return Sorting(
        walk.id or 0, walk.number, tote, tuple(one.code for one in totes), tuple(slots_of(db, wall)),
        sum(line.qty - line.gone for line in living), sum(line.in_slot for line in living),
        sum(line.qty - line.gone for line in dead), _in_hand(db, walk, actor),
    )  # fmt: skip


def _in_hand(db: Session, walk: Walk, actor: Actor) -> InHand | None:
    """What the sorter holds; else what they put within the last minute."""
    query = (
        select(WallPut, WallSlot.number, Sku)
        .join(WallLine, col(WallLine.id) == WallPut.line_id)
        .join(Sku, col(Sku.id) == WallLine.sku_id)
        .join(WallSlot, col(WallSlot.id) == WallPut.slot_id)
        .where(WallPut.walk_id == walk.id, WallPut.actor_id == actor.id, WallPut.state != PutState.UNDONE)
        .order_by(col(WallPut.id).desc())
    )
    found = db.exec(query).first()
    if found is None:
        return None
    put, number, sku = found
    if put.state is PutState.PUT and put.at + putwall.WITHIN < clock.now():
        return None
    return InHand(number, put.state is PutState.HELD, queries.goods(sku, barcode_of(db, sku.id or 0)))


def walls_at(db: Session, warehouse_id: int | None) -> list[tuple[Wall, int, int]]:
    """(wall, slots, free slots) of a house, or of all."""
    query = select(Wall).order_by(Wall.code)
    if warehouse_id is not None:
        query = query.where(Wall.warehouse_id == warehouse_id)
    found = []
    for wall in db.exec(query).all():
        slots = slots_of(db, wall)
        found.append((wall, len(slots), sum(slot.state == "free" for slot in slots)))
    return found
