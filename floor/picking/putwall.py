"""The put wall: a batch walk's units go from its shared totes into slots, one shipment a slot.

Every verb takes the batch's walk row first, then (where a slot is given out) the wall's, so two sorters at one batch
take effect one after the other, and two at one wall never get one slot. A unit has one slot from the moment it is
scanned: it is counted as in hand, and whoever scans the same SKU then gets the next one that is wanted, or is told.
"""

from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.catalog import queries as catalog
from floor.catalog.models import Sku
from floor.inventory import queries as stock
from floor.inventory import service as inventory
from floor.inventory.models import Balance, MoveReason, Tote
from floor.inventory.service import Move
from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.errors import Conflict, Invalid, Unknown
from floor.people.models import User
from floor.picking import queries, walking
from floor.picking.models import Walk, WalkTote
from floor.picking.models_wall import BatchTote, PutState, Wall, WallLine, WallPut, WallSlot
from floor.picking.states import WalkMode, WalkState
from floor.picking.verdict import Verdict, err, ok, warn
from floor.shipments import service as shipments
from floor.shipments.models import Shipment, ShipmentLine
from floor.shipments.states import ShipmentAction, ShipmentState

#: How long a put may be taken back.
WITHIN = timedelta(seconds=60)
#: A unit somebody has had in hand for longer may be taken over by whoever scans one like it.
FORGOTTEN = timedelta(minutes=2)


def codes_of(db: Session, warehouse_id: int) -> list[str]:
    """The walls of a house."""
    return list(db.exec(select(Wall.code).where(Wall.warehouse_id == warehouse_id).order_by(Wall.code)))


def pick_for_wall(db: Session, walk_id: int, actor: Actor) -> Walk:
    """A walk nobody has yet is picked unsorted, for the wall. Raises Conflict when somebody has it, or the house no
    wall."""
    walk = queries.locked(db, walk_id)
    if walk.state not in (WalkState.READY, WalkState.PUBLISHED) or not codes_of(db, walk.warehouse_id):
        raise Conflict("picking.not_now")
    walk.mode = WalkMode.WALL
    db.add(walk)
    db.flush()
    walking.tell(db, walk, "for_wall", actor)
    return walk


def pick_all_for_wall(db: Session, walk_ids: Sequence[int], actor: Actor) -> None:
    """Several walks at once, all or none: see `pick_for_wall`."""
    for walk_id in sorted(walk_ids):
        pick_for_wall(db, walk_id, actor)


# --- a batch comes to the wall ---------------------------------------------------------------------------------------


def bring(db: Session, walk: Walk) -> None:
    """The walk is over: what it picked is to be sorted. Totes that stayed empty are free."""
    line = ShipmentLine
    mine = sa.select(col(WalkTote.shipment_id)).where(col(WalkTote.walk_id) == walk.id)
    for row in db.exec(select(line).where(col(line.shipment_id).in_(mine), line.picked > 0).order_by(col(line.id))):
        db.add(
            WallLine(
                walk_id=walk.id or 0, shipment_id=row.shipment_id, shipment_line_id=row.id or 0, sku_id=row.sku_id,
                qty=row.picked,
            )
        )  # fmt: skip
    db.flush()
    free_empty(db, walk)


def free_empty(db: Session, walk: Walk) -> list[str]:
    """Batch totes with nothing in them may carry something else. Returns their codes."""
    full = sa.exists().where(col(Balance.place_id) == col(BatchTote.tote_id), col(Balance.qty) > 0)
    rows = db.exec(
        select(BatchTote, Tote.code)
        .join(Tote, col(Tote.id) == BatchTote.tote_id)
        .where(BatchTote.walk_id == walk.id, col(BatchTote.is_busy), ~full)
        .order_by(col(BatchTote.number))
    ).all()
    for row, _code in rows:
        row.is_busy = False
        db.add(row)
    db.flush()
    return [code for _row, code in rows]


def begin(db: Session, wall: Wall, code: str, actor: Actor) -> BatchTote:
    """A batch's tote was scanned at the wall: the batch is sorted here from now on.

    Raises Invalid for a code that is no such tote, Conflict while it is being picked or when another wall sorts it.
    """
    tote = stock.tote_by_code(db, code.strip().upper())
    row = None
    if tote is not None:
        row = db.exec(select(BatchTote).where(BatchTote.tote_id == tote.id, col(BatchTote.is_busy))).first()
    if row is None:
        raise Invalid("picking.no_batch_tote", field="code", scanned=code.strip()[:24])
    walk = queries.locked(db, row.walk_id)
    if walk.warehouse_id != wall.warehouse_id:
        raise Invalid("picking.no_batch_tote", field="code", scanned=code.strip()[:24])
    if walk.state is not WalkState.DONE:
        raise Conflict("picking.batch_on_walk", number=walk.number)
    if walk.wall_id not in (None, wall.id):
        raise Conflict("picking.batch_elsewhere", wall=db.get_one(Wall, walk.wall_id).code)
    if walk.wall_id is None:
        walk.wall_id = wall.id
        db.add(walk)
        walking.tell(db, walk, "at_wall", actor, wall=wall.code)
    return row


def hold(db: Session, wall: Wall, walk_id: int) -> Walk:
    """The batch, locked, if this wall sorts it. Raises Unknown or Conflict."""
    walk = queries.locked(db, walk_id)
    if walk.mode is not WalkMode.WALL or walk.warehouse_id != wall.warehouse_id:
        raise Unknown("picking.unknown_walk")
    if walk.wall_id != wall.id or walk.state is not WalkState.DONE:
        raise Conflict("picking.batch_not_here")
    return walk


# --- a scan ----------------------------------------------------------------------------------------------------------


def scan(db: Session, wall: Wall, walk_id: int, tote_id: int | None, code: str, actor: Actor) -> Verdict:
    """A unit, a slot's label, another tote of the batch or a card was scanned. `tote_id` is the tote on the screen.

    Nothing is counted on an amber or red answer.
    """
    db.get(User, actor.id, with_for_update=True)  # one person with two devices has one unit in hand
    walk = hold(db, wall, walk_id)
    read = catalog.resolve(db, code)
    if read.command:
        return undo(db, wall, walk_id, actor) if read.command == "UNDO" else warn("no_such_command", None)
    held = in_hand(db, actor)
    if held is not None and held.walk_id != walk_id:
        return warn("in_hand_elsewhere", None, walk=db.get_one(Walk, held.walk_id).number)
    tote = stock.tote_by_code(db, code.strip().upper())
    slot = db.get(WallSlot, tote.id) if tote is not None else None
    if slot is not None:
        return _at_slot(db, wall, walk, slot, held, actor)
    if held is not None:
        return warn("slot_first", None, number=db.get_one(WallSlot, held.slot_id).number)
    if tote is not None:
        return _other_tote(db, walk, tote)
    if read.sku is None:
        return err("unknown_code", None, code=code.strip()[:48])
    return _at_item(db, wall, walk, read.sku, tote_id, actor)


def in_hand(db: Session, actor: Actor) -> WallPut | None:
    """The unit this sorter scanned and has not put into its slot."""
    return db.exec(select(WallPut).where(WallPut.actor_id == actor.id, WallPut.state == PutState.HELD)).first()


def _at_slot(db: Session, wall: Wall, walk: Walk, slot: WallSlot, held: WallPut | None, actor: Actor) -> Verdict:
    if held is None:
        return warn("item_first", None)
    wanted = db.get_one(WallSlot, held.slot_id)
    if slot.id != wanted.id:
        if slot.wall_id != wall.id:
            return err("other_wall", None, wanted=wanted.number)
        return err("wrong_slot", None, scanned=slot.number, wanted=wanted.number)
    return _put(db, walk, held, actor)


def _other_tote(db: Session, walk: Walk, tote: Tote) -> Verdict:
    mine = select(BatchTote.id).where(
        BatchTote.tote_id == tote.id, BatchTote.walk_id == walk.id, col(BatchTote.is_busy)
    )
    if db.exec(mine).first() is None:
        return warn("tote_of_another", None, tote=tote.code)
    return ok("tote_changed", None, tote=tote.code, tote_id=tote.id)


def _at_item(db: Session, wall: Wall, walk: Walk, sku: Sku, tote_id: int | None, actor: Actor) -> Verdict:
    """The unit's slot: the shipment that is fullest of those that want one, then the one promised earliest."""
    rows = _wanting(db, walk, sku)
    line = next((line for line, state in rows if state is not ShipmentState.CANCELLED and line.rest), None)
    if line is None:
        return _not_wanted(db, wall, walk, sku, rows, actor)
    slot = _slot_for(db, wall, walk, line.shipment_id)
    if slot is None:
        return warn("wall_full", None)
    took = db.execute(
        sa.update(WallLine)
        .where(col(WallLine.id) == line.id, col(WallLine.qty) > WallLine.in_slot + WallLine.in_hand + WallLine.gone)
        .values(in_hand=WallLine.in_hand + 1)
        .execution_options(synchronize_session="fetch")
    )
    if not took.rowcount:  # type: ignore[attr-defined]
        raise Conflict("picking.not_now")
    put = WallPut(
        walk_id=walk.id or 0, line_id=line.id or 0, slot_id=slot.id, actor_id=actor.id,
        from_tote_id=_source(db, walk, sku.id or 0, tote_id),
    )  # fmt: skip
    db.add(put)
    db.flush()
    if not wall.is_confirmed:
        return _put(db, walk, put, actor)
    return ok("to_slot", None, number=slot.number)


def _wanting(db: Session, walk: Walk, sku: Sku) -> Sequence[tuple[WallLine, ShipmentState]]:
    """The batch's lines of a SKU, the fullest shipment first, then by promise."""
    part = sa.func.sum(col(WallLine.in_slot) + col(WallLine.in_hand)) * 1000 / sa.func.sum(col(WallLine.qty))
    fill = (
        sa.select(col(WallLine.shipment_id).label("shipment"), part.label("part"))
        .where(col(WallLine.walk_id) == walk.id)
        .group_by(col(WallLine.shipment_id))
        .subquery()
    )
    rows = db.execute(
        sa.select(WallLine, col(Shipment.state))
        .join(Shipment, col(Shipment.id) == col(WallLine.shipment_id))
        .join(fill, fill.c.shipment == col(WallLine.shipment_id))
        .where(col(WallLine.walk_id) == walk.id, col(WallLine.sku_id) == sku.id)
        .order_by(fill.c.part.desc(), col(Shipment.promised_at), col(Shipment.priority), col(WallLine.id))
        .execution_options(populate_existing=True)
    )
    return [(line, state) for line, state in rows]


def _not_wanted(
    db: Session, wall: Wall, walk: Walk, sku: Sku, rows: Sequence[tuple[WallLine, ShipmentState]], actor: Actor
) -> Verdict:
    """Why this unit has no slot: somebody has it in hand, its order was cancelled, it is one too many, or a stray."""
    ids = [line.id for line, _state in rows]
    other = db.exec(
        select(WallPut, User.name, WallSlot.number)
        .join(WallSlot, col(WallSlot.id) == WallPut.slot_id)
        .outerjoin(User, col(User.id) == WallPut.actor_id)
        .where(col(WallPut.line_id).in_(ids), WallPut.state == PutState.HELD)
        .order_by(col(WallPut.at))
    ).first()
    if other is not None:
        put, who, number = other
        if put.at + FORGOTTEN >= clock.now():
            return warn("with_somebody", None, who=who or "", number=number)
        put.actor_id, put.at = actor.id, clock.now()
        db.add(put)
        db.flush()
        return ok("to_slot", None, number=number) if wall.is_confirmed else _put(db, walk, put, actor)
    if any(state is ShipmentState.CANCELLED and line.rest for line, state in rows):
        return warn("of_cancelled", None)
    home = queries.home_of(db, walk.warehouse_id, sku.id or 0, (0, 0))
    where = home.code if home else ""
    if rows:
        return err("one_too_many", None, home=where, n=sum(line.in_slot for line, _state in rows))
    return err("not_of_batch", None, home=where)


def _slot_for(db: Session, wall: Wall, walk: Walk, shipment_id: int) -> WallSlot | None:
    """The shipment's slot, or the first free one from now on; None when the wall is full."""
    row = db.exec(select(WalkTote).where(WalkTote.walk_id == walk.id, WalkTote.shipment_id == shipment_id)).one()
    if row.tote_id is not None:
        return db.get_one(WallSlot, row.tote_id)
    db.exec(select(Wall.id).where(Wall.id == wall.id).with_for_update()).all()
    busy = sa.exists().where(col(WalkTote.tote_id) == col(WallSlot.id), col(WalkTote.is_busy))
    free = db.exec(select(WallSlot).where(WallSlot.wall_id == wall.id, ~busy).order_by(col(WallSlot.number))).first()
    if free is not None:
        row.tote_id, row.is_busy = free.id, True
        db.add(row)
        db.flush()
    return free


def _source(db: Session, walk: Walk, sku_id: int, tote_id: int | None) -> int:
    """The batch's tote the unit comes from: the one on the screen if it holds one by the books, else the first."""
    leaving = (
        sa.select(sa.func.count())
        .select_from(WallPut)
        .join(WallLine, col(WallLine.id) == col(WallPut.line_id))
        .where(col(WallPut.state) == PutState.HELD, col(WallPut.from_tote_id) == col(BatchTote.tote_id))
        .where(col(WallLine.sku_id) == sku_id)
        .correlate(BatchTote)
        .scalar_subquery()
    )
    found = db.execute(
        sa.select(col(BatchTote.tote_id))
        .join(Balance, (col(Balance.place_id) == col(BatchTote.tote_id)) & (col(Balance.sku_id) == sku_id))
        .where(col(BatchTote.walk_id) == walk.id, col(BatchTote.is_busy), col(Balance.qty) > leaving)
        .order_by(sa.case((col(BatchTote.tote_id) == (tote_id or 0), 0), else_=1), col(BatchTote.number))
    ).first()
    if found is None:
        raise Conflict("picking.not_now")
    return int(found[0])


# --- into the slot, and out again ------------------------------------------------------------------------------------


def _put(db: Session, walk: Walk, put: WallPut, actor: Actor) -> Verdict:
    """The unit lies in its slot: ledger, line and trail at once. The last one makes the shipment ready for a bench."""
    line = db.get_one(WallLine, put.line_id, populate_existing=True)
    slot = db.get_one(WallSlot, put.slot_id)
    shipment = _locked(db, line.shipment_id)
    if shipment.state is ShipmentState.CANCELLED:
        line.in_hand, put.state = line.in_hand - 1, PutState.UNDONE
        db.add_all([line, put])
        db.flush()
        give_up_slot(db, walk, shipment.id or 0)
        return warn("of_cancelled", None)
    _move(db, line.sku_id, put.from_tote_id, slot.id, walk, actor)
    line.in_hand, line.in_slot = line.in_hand - 1, line.in_slot + 1
    put.state, put.at = PutState.PUT, clock.now()
    db.add_all([line, put])
    db.flush()
    data = {"slot": slot.number, "sku": line.sku_id, "tote": put.from_tote_id}
    walking.tell(db, walk, "unit_sorted", actor, shipment.order_id, **data)
    emptied = ", ".join(free_empty(db, walk))
    left = [one for one in lines_of(db, walk.id or 0) if one.in_slot + one.gone < one.qty]
    if any(one.shipment_id == shipment.id for one in left):
        return ok("in_slot", None, number=slot.number, tote=emptied)
    if shipment.state is ShipmentState.PICKING:
        shipments.advance(db, shipment, ShipmentAction.FINISH_PICK, actor, slot=slot.number)
    return ok("slot_complete", None, "done" if left else "walk", number=slot.number, tote=emptied)


def _locked(db: Session, shipment_id: int) -> Shipment:
    mine = select(Shipment).where(Shipment.id == shipment_id)
    return db.exec(mine.with_for_update().execution_options(populate_existing=True)).one()


def _move(db: Session, sku_id: int, from_place: int, to_place: int, walk: Walk, actor: Actor) -> None:
    inventory.move(db, [Move(sku_id, 1, from_place, to_place, MoveReason.SORT)], "walk", walk.id or 0, actor)


def lines_of(db: Session, walk_id: int) -> Sequence[WallLine]:
    query = select(WallLine).where(WallLine.walk_id == walk_id).order_by(col(WallLine.id))
    return db.exec(query.execution_options(populate_existing=True)).all()


def undo(db: Session, wall: Wall, walk_id: int, actor: Actor) -> Verdict:
    """Take back this sorter's last unit of the batch: it goes back into its tote.

    Raises Invalid when there is none young enough, Conflict when packing began or the tote went elsewhere.
    """
    walk = hold(db, wall, walk_id)
    living = (PutState.HELD, PutState.PUT)
    mine = (WallPut.walk_id == walk_id, WallPut.actor_id == actor.id, col(WallPut.state).in_(living))
    put = db.exec(select(WallPut).where(*mine).order_by(col(WallPut.id).desc())).first()
    if put is None or (put.state is PutState.PUT and put.at + WITHIN < clock.now()):
        raise Invalid("picking.nothing_to_undo")
    line = db.get_one(WallLine, put.line_id, populate_existing=True)
    shipment = _locked(db, line.shipment_id)
    if put.state is PutState.HELD:
        line.in_hand -= 1
    else:
        _take_out(db, walk, put, line, shipment, actor)
    put.state = PutState.UNDONE
    db.add_all([line, put])
    db.flush()
    give_up_slot(db, walk, shipment.id or 0)
    tote = db.get_one(Tote, put.from_tote_id)
    walking.tell(db, walk, "sorting_undone", actor, shipment.order_id, sku=line.sku_id, tote=tote.id)
    return ok("sorting_undone", None, tote=tote.code)


def _take_out(db: Session, walk: Walk, put: WallPut, line: WallLine, shipment: Shipment, actor: Actor) -> None:
    if shipment.state is ShipmentState.PICKED:
        shipments.advance(db, shipment, ShipmentAction.REOPEN_PICK, actor)
    elif shipment.state is not ShipmentState.PICKING:
        raise Conflict("picking.packing_began")
    row = db.exec(select(BatchTote).where(BatchTote.walk_id == walk.id, BatchTote.tote_id == put.from_tote_id)).one()
    if not row.is_busy:
        db.get(Tote, row.tote_id, with_for_update=True)
        elsewhere = select(WalkTote.id).where(WalkTote.tote_id == row.tote_id, col(WalkTote.is_busy))
        shared = select(BatchTote.id).where(BatchTote.tote_id == row.tote_id, col(BatchTote.is_busy))
        if db.exec(elsewhere).first() is not None or db.exec(shared).first() is not None:
            raise Conflict("picking.tote_went_on")
        row.is_busy = True
        db.add(row)
    _move(db, line.sku_id, put.slot_id, put.from_tote_id, walk, actor)
    line.in_slot -= 1


def give_up_slot(db: Session, walk: Walk, shipment_id: int) -> None:
    """A slot nothing lies in and nothing is on its way to may be another shipment's."""
    lines = [line for line in lines_of(db, walk.id or 0) if line.shipment_id == shipment_id]
    if not any(line.in_slot or line.in_hand for line in lines):
        mine = (col(WalkTote.walk_id) == walk.id) & (col(WalkTote.shipment_id) == shipment_id)
        db.execute(sa.update(WalkTote).where(mine).values(tote_id=None).execution_options(synchronize_session="fetch"))
