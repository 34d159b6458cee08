"""Totes of a walk: one is taken, replaced when it is full, and free again when the bench has emptied it."""

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from floor.inventory.models import Balance, Tote
from floor.kit.errors import Invalid
from floor.picking.models import Walk, WalkTote
from floor.picking.models_wall import BatchTote, WallSlot
from floor.picking.states import WalkMode

#: Parts of a slot from here on came with another shipment of the order, at the bench.
_JOINED = 100


def free_totes(db: Session, shipment_id: int) -> None:
    """The totes of a shipment may be bound to a cart again; freeing them twice is no error."""
    mine = (col(WalkTote.shipment_id) == shipment_id) & col(WalkTote.is_busy)
    db.execute(sa.update(WalkTote).where(mine).values(is_busy=False))


def hand_over(db: Session, from_shipment: int, to_shipment: int) -> None:
    """The busy totes of a shipment belong to another one of the same order from here on, as parts of its slot."""
    mine = (col(WalkTote.shipment_id) == from_shipment) & col(WalkTote.is_busy)
    further = col(WalkTote.part) + _JOINED
    db.execute(sa.update(WalkTote).where(mine).values(shipment_id=to_shipment, part=further))


def take_tote(db: Session, walk: Walk, tote: Tote) -> int:
    """A tote for this walk, its row locked. Raises Invalid when it is elsewhere, in use, or not empty."""
    assert tote.id is not None
    db.get(Tote, tote.id, with_for_update=True)
    if tote.warehouse_id != walk.warehouse_id:
        raise Invalid("picking.tote_elsewhere", tote=tote.code)
    if db.get(WallSlot, tote.id) is not None:
        raise Invalid("picking.tote_is_slot", tote=tote.code)
    busy = select(WalkTote.id).where(WalkTote.tote_id == tote.id, col(WalkTote.is_busy))
    shared = select(BatchTote.id).where(BatchTote.tote_id == tote.id, col(BatchTote.is_busy))
    if db.exec(busy).first() is not None or db.exec(shared).first() is not None:
        raise Invalid("picking.tote_busy", tote=tote.code)
    full = select(func.sum(Balance.qty)).where(Balance.place_id == tote.id)
    if db.exec(full).one():
        raise Invalid("picking.tote_not_empty", tote=tote.code)
    return tote.id


def share_tote(db: Session, walk: Walk, tote_id: int) -> int:
    """Another tote for everything a batch walk picks; the one before is full or this is the first. Returns its row."""
    assert walk.id is not None
    before = db.exec(select(func.count()).select_from(BatchTote).where(BatchTote.walk_id == walk.id)).one()
    row = BatchTote(walk_id=walk.id, number=before + 1, tote_id=tote_id)
    db.add(row)
    db.flush()
    assert row.id is not None
    return row.id


def change_tote(db: Session, walk: Walk, slot_id: int, tote_id: int) -> int:
    """The slot's tote is full: another takes its place, the full one stays with the shipment. Returns its
    row, 0 when it is the slot's first."""
    if walk.mode is WalkMode.WALL:
        return share_tote(db, walk, tote_id)
    row = db.get_one(WalkTote, slot_id)
    full, row.tote_id = row.tote_id, tote_id
    db.add(row)
    if full is None:  # the order joined the walk later, and this is its first tote
        db.flush()
        return 0
    db.flush()  # before the full one is written again: a tote is bound once
    same = select(func.count()).select_from(WalkTote).where(WalkTote.walk_id == row.walk_id, WalkTote.slot == row.slot)
    kept = WalkTote(
        walk_id=row.walk_id, slot=row.slot, part=db.exec(same).one(), shipment_id=row.shipment_id, tote_id=full
    )
    db.add(kept)
    db.flush()
    assert kept.id is not None
    return kept.id


def change_tote_back(db: Session, walk: Walk, slot_id: int, kept_id: int) -> None:
    """Undo `change_tote`."""
    if walk.mode is WalkMode.WALL:
        db.delete(db.get_one(BatchTote, kept_id))
        db.flush()
        return
    kept = db.get_one(WalkTote, kept_id)
    full = kept.tote_id
    db.delete(kept)
    db.flush()
    row = db.get_one(WalkTote, slot_id)
    row.tote_id = full
    db.add(row)
    db.flush()


def tote_id_of(db: Session, walk: Walk, slot_id: int) -> int:
    """The tote in a slot, or the one a batch walk fills; a walk that picks has one."""
    if walk.mode is WalkMode.WALL:
        mine = select(BatchTote.tote_id).where(BatchTote.walk_id == walk.id).order_by(col(BatchTote.number).desc())
        tote_id = db.exec(mine).first()
    else:
        tote_id = db.get_one(WalkTote, slot_id, populate_existing=True).tote_id
    assert tote_id is not None
    return tote_id
