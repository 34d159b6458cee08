"""The list of walks pickers choose from. No personal data here."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from floor.inventory.models import Warehouse
from floor.people.models import User
from floor.picking.models import Pick, Stop, Walk
from floor.picking.queries import ACTIVE
from floor.picking.states import StopState, WalkMode, WalkState


@dataclass(frozen=True)
class WalkRow:
    """One line of the list."""

    id: int
    number: str
    state: WalkState
    picker_id: int | None
    picker: str
    due_at: datetime
    length_mm: int
    minutes: int
    totes: int
    stops: int
    units: int
    #: The walk as it was planned also stands here, so that a half-done one shows what is left.
    left: int
    #: Picked unsorted, for the put wall.
    is_batch: bool


def walks_for(db: Session, site: str, picker_id: int | None = None) -> list[WalkRow]:
    """Walks to choose from at a site ("" = everywhere): the picker's own first, then by urgency."""
    rest = col(Pick.qty) - col(Pick.picked) - col(Pick.short)
    per_walk = (
        sa.select(
            col(Stop.walk_id).label("walk_id"),
            sa.func.count(sa.distinct(col(Stop.id))).label("stops"),
            sa.func.count(sa.distinct(col(Pick.walk_tote_id))).label("totes"),
            sa.func.coalesce(sa.func.sum(col(Pick.qty) - col(Pick.short)), 0).label("units"),
            sa.func.coalesce(sa.func.sum(rest), 0).label("left"),
        )
        .join(Pick, col(Pick.stop_id) == col(Stop.id))
        .where(col(Stop.state) != StopState.DROPPED)
        .group_by(col(Stop.walk_id))
        .subquery()
    )
    query = (
        sa.select(Walk, per_walk.c.stops, per_walk.c.totes, per_walk.c.units, per_walk.c.left, col(User.name))
        .join(Warehouse, col(Warehouse.id) == col(Walk.warehouse_id))
        .join(per_walk, per_walk.c.walk_id == col(Walk.id))
        .outerjoin(User, col(User.id) == col(Walk.picker_id))
        .where(col(Walk.state).in_((WalkState.PUBLISHED, *ACTIVE)))
        .order_by(col(Walk.priority), col(Walk.due_at), col(Walk.id))
    )
    if site:
        query = query.where(col(Warehouse.code) == site)
    rows = [
        WalkRow(
            walk.id, walk.number, walk.state, walk.picker_id, name or "", walk.due_at, walk.length_mm, walk.minutes,
            totes, stops, units, left, walk.mode is WalkMode.WALL,
        )
        for walk, stops, totes, units, left, name in db.execute(query)
    ]  # fmt: skip
    return sorted(rows, key=lambda row: row.picker_id != picker_id) if picker_id is not None else rows
