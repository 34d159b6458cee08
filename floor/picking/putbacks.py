"""Units of cancelled orders in totes and slots: their way back to a shelf (inventory.putaway.Source).

While the walk is under way its picker takes them back (checks.py). Once the tote stands in its lane they wait here, for
whoever puts things away: tote, item, bin.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.catalog.models import Sku
from floor.events.service import Event, record
from floor.inventory import putaway, service
from floor.inventory.models import Balance, Bin, MoveReason, Tote
from floor.inventory.putaway import Waiting
from floor.inventory.service import Move
from floor.kit.actor import Actor
from floor.kit.errors import Conflict, Unknown
from floor.picking import putwall
from floor.picking.models import Walk, WalkTote
from floor.picking.models_wall import WallLine
from floor.picking.queries import ACTIVE
from floor.shipments.models import Shipment
from floor.shipments.states import ShipmentState


class CancelledTotes:
    """Keys are t.tote.sku.lot, lot 0 for goods without lots."""

    def owns(self, key: str) -> bool:
        return key.startswith("t.")

    def waiting(self, db: Session, warehouse_id: int | None) -> Sequence[Waiting]:
        totes = {tote.id: (tote, walk) for _row, tote, walk, _shipment in _stranded(db, warehouse_id)}
        return [
            Waiting(f"t.{place}.{sku.id}.{lot.id if lot else 0}", tote, sku, qty, lot, note=walk.lane or walk.number)
            for place, sku, qty, lot in putaway.lying_in(db, totes)
            for tote, walk in [totes[place]]
        ]

    def put(self, db: Session, key: str, target: str, qty: int, actor: Actor) -> Bin:
        tote_id, sku_id, lot_id = (int(part) for part in key.split(".")[1:])
        row, tote, walk, shipment = _stranded_tote(db, tote_id)
        if db.get(Sku, sku_id) is None:
            raise Unknown("inventory.not_waiting")
        where = putaway.shelf_for(db, tote.warehouse_id, target, sku_id, lot_id)
        back = Move(sku_id, qty, tote.id, where.id, MoveReason.PUT_BACK, lot_id=lot_id or None)
        try:
            service.move(db, [back], "tote", tote.id, actor)
        except Conflict:
            raise Conflict("inventory.put_away_already") from None
        _out_of_slot(db, walk, shipment, sku_id, qty)
        left = select(sa.func.coalesce(sa.func.sum(Balance.qty), 0)).where(Balance.place_id == tote.id)
        if not db.exec(left).one():
            row.is_busy = False
            db.add(row)
            db.flush()
        data = {"sku": sku_id, "qty": qty, "bin": where.code, "tote": tote.code}
        record(db, Event("picking.tote.shelved", "tote", tote.id, shipment.order_id, data), actor)
        return where


def of_order(db: Session, order_id: int) -> list[Waiting]:
    """What of an order waits in totes to be put back."""
    mine = {tote.code for _row, tote, _walk, shipment in _stranded(db) if shipment.order_id == order_id}
    return [one for one in CancelledTotes().waiting(db, None) if one.where.code in mine]


def _stranded(db: Session, warehouse_id: int | None = None) -> Sequence[tuple[WalkTote, Tote, Walk, Shipment]]:
    """Totes off the floor whose shipment is cancelled."""
    query = (
        select(WalkTote, Tote, Walk, Shipment)
        .join(Tote, col(Tote.id) == col(WalkTote.tote_id))
        .join(Walk, col(Walk.id) == col(WalkTote.walk_id))
        .join(Shipment, col(Shipment.id) == col(WalkTote.shipment_id))
        .where(col(WalkTote.is_busy), Shipment.state == ShipmentState.CANCELLED, col(Walk.state).not_in(ACTIVE))
        .order_by(col(Tote.code))
    )
    if warehouse_id is not None:
        query = query.where(Tote.warehouse_id == warehouse_id)
    return db.exec(query).all()


def _stranded_tote(db: Session, tote_id: int) -> tuple[WalkTote, Tote, Walk, Shipment]:
    """Locked against whoever empties it at the same moment. Raises Conflict when nothing waits in it any more."""
    db.exec(select(Tote).where(Tote.id == tote_id).with_for_update()).first()
    found = next((row for row in _stranded(db) if row[1].id == tote_id), None)
    if found is None:
        raise Conflict("inventory.put_away_already")
    return found


def _out_of_slot(db: Session, walk: Walk, shipment: Shipment, sku_id: int, qty: int) -> None:
    """The put wall's lines follow when the tote is one of its slots; an empty slot is free for another shipment."""
    mine = select(WallLine).where(
        WallLine.shipment_id == shipment.id, WallLine.sku_id == sku_id, WallLine.in_slot > 0
    )  # fmt: skip
    lines = db.exec(mine.order_by(col(WallLine.id)).with_for_update().execution_options(populate_existing=True)).all()
    for line in lines:
        units = min(qty, line.in_slot)
        line.in_slot, line.gone, qty = line.in_slot - units, line.gone + units, qty - units
        db.add(line)
    if lines:
        db.flush()
        putwall.give_up_slot(db, walk, shipment.id or 0)
