"""What `flask check` proves of picking: walks and the put wall."""

import sqlalchemy as sa
from sqlmodel import Session, col

from floor.inventory.models import Balance
from floor.picking.models import Walk, WalkTote
from floor.picking.models_wall import BatchTote, PutState, WallLine, WallPut
from floor.picking.queries import ACTIVE
from floor.picking.states import WalkMode, WalkState
from floor.shipments.models import Shipment
from floor.shipments.states import ShipmentState


def broken_walks(db: Session) -> list[str]:
    """Check: a shipment is on one live walk at most."""
    live = (WalkState.READY, WalkState.PUBLISHED, *ACTIVE)
    twice = (
        sa.select(col(WalkTote.shipment_id), sa.func.count(sa.distinct(col(WalkTote.walk_id))).label("walks"))
        .join(Walk, col(Walk.id) == col(WalkTote.walk_id))
        .where(col(Walk.state).in_(live))
        .group_by(col(WalkTote.shipment_id))
        .having(sa.func.count(sa.distinct(col(WalkTote.walk_id))) > 1)
    )
    return [f"shipment {row.shipment_id} is on {row.walks} walks at once" for row in db.execute(twice)]


def broken_walls(db: Session) -> list[str]:
    """Check: what the wall's lines say is what lies in totes and slots, and decides which shipments are picked."""
    return [*_broken_totes(db), *_broken_slots(db), *_broken_hands(db), *_broken_shipments(db)]


def _broken_totes(db: Session) -> list[str]:
    """A batch's totes hold what is neither in a slot nor gone."""
    wanted: sa.Select = sa.select(
        col(WallLine.walk_id).label("of"), col(WallLine.sku_id).label("sku"),
        (col(WallLine.qty) - col(WallLine.in_slot) - col(WallLine.gone)).label("units"),
    )  # fmt: skip
    lying = (
        sa.select(col(BatchTote.walk_id), col(Balance.sku_id), -col(Balance.qty))
        .join(BatchTote, col(BatchTote.tote_id) == col(Balance.place_id))
        .join(Walk, col(Walk.id) == col(BatchTote.walk_id))
        .where(col(BatchTote.is_busy), col(Walk.state) == WalkState.DONE)
    )
    return [
        f"walk {row.of} sku {row.sku}: its wall lines say {row.off:+d} more than its totes hold"
        for row in db.execute(_differing(wanted, lying))
    ]


def _broken_slots(db: Session) -> list[str]:
    """A slot holds what its shipment's lines say, until packing takes it out."""
    slot = (
        sa.select(col(WalkTote.shipment_id).label("shipment"), col(WalkTote.tote_id).label("tote"))
        .join(Walk, col(Walk.id) == col(WalkTote.walk_id))
        .join(Shipment, col(Shipment.id) == col(WalkTote.shipment_id))
        .where(col(Walk.mode) == WalkMode.WALL)
        .where(col(Shipment.state).in_((ShipmentState.PICKING, ShipmentState.PICKED)))
        .subquery()
    )
    told: sa.Select = sa.select(
        col(WallLine.shipment_id).label("of"), col(WallLine.sku_id).label("sku"),
        col(WallLine.in_slot).label("units"),
    ).join(slot, slot.c.shipment == col(WallLine.shipment_id))  # fmt: skip
    lying = sa.select(slot.c.shipment, col(Balance.sku_id), -col(Balance.qty)).join(
        slot, slot.c.tote == col(Balance.place_id)
    )
    return [
        f"shipment {row.of} sku {row.sku}: its wall lines say {row.off:+d} more than lies in its slot"
        for row in db.execute(_differing(told, lying))
    ]


def _differing(said: sa.Select, lying: sa.Select) -> sa.Select:
    """Where units said, and units lying there with a minus, do not add up to nothing: rows (of, sku, off)."""
    every = sa.union_all(said, lying).subquery()
    off = sa.func.sum(every.c.units)
    return sa.select(every.c.of, every.c.sku, off.label("off")).group_by(every.c.of, every.c.sku).having(off != 0)


def _broken_hands(db: Session) -> list[str]:
    """A line's units in hand, and in its slot, are the puts that say so."""
    for_line = col(WallPut.line_id) == col(WallLine.id)
    held = sa.select(sa.func.count()).where(for_line, col(WallPut.state) == PutState.HELD).correlate(WallLine)
    off = sa.select(col(WallLine.id), col(WallLine.in_hand), held.scalar_subquery().label("held"))
    rows = db.execute(off.where(col(WallLine.in_hand) != held.scalar_subquery()))
    return [f"wall_line {row.id}: {row.in_hand} in hand, but sorters hold {row.held}" for row in rows]


def _broken_shipments(db: Session) -> list[str]:
    """At the wall a shipment is being picked exactly as long as a unit of it is wanted."""
    left = sa.func.sum(col(WallLine.qty) - col(WallLine.in_slot) - col(WallLine.gone))
    rows = db.execute(
        sa.select(col(Shipment.number), col(Shipment.state), left.label("left"))
        .join(WallLine, col(WallLine.shipment_id) == col(Shipment.id))
        .where(col(Shipment.state) != ShipmentState.CANCELLED)
        .group_by(col(Shipment.id), col(Shipment.number), col(Shipment.state))
        .having(sa.or_(
            sa.and_(left == 0, col(Shipment.state) == ShipmentState.PICKING),
            sa.and_(left != 0, col(Shipment.state) != ShipmentState.PICKING),
        ))
        .order_by(col(Shipment.number))
    )  # fmt: skip
    return [f"{row.number} is {row.state}, but {row.left} units of it are to be sorted" for row in rows]
