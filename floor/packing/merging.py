"""Two totes of one order in one parcel: another shipment of the order joins the one on the bench."""

from sqlmodel import Session

from floor.inventory import queries as stock
from floor.kit.actor import Actor
from floor.kit.errors import Conflict, Invalid
from floor.packing import caring, progress, queries
from floor.packing.models import Pack, PackLine
from floor.packing.states import PackAction, PackState
from floor.picking import totes
from floor.shipments import queries as shipment_queries
from floor.shipments import service as shipments
from floor.shipments.states import ShipmentState


def join(db: Session, pack: Pack, code: str, actor: Actor) -> int:
    """A second tote was scanned at a pack. Returns the units that came with it; 0 when it is one of its own.

    Raises Invalid for a tote of another order or none, Conflict when it is not picked yet, is on another bench, stands
    in the put wall, or a parcel of the pack is made already.
    """
    progress.must_be_workable(pack)
    progress.must_be_wanted(db, pack)
    tote = stock.tote_by_code(db, code.strip().upper())
    carried = queries.carried_by(db, tote.id) if tote is not None else None
    if tote is None or carried is None:
        raise Invalid("packing.empty_tote", field="code", scanned=code)
    if carried.shipment_id == pack.shipment_id:
        return 0
    both = {
        shipment_id: shipment_queries.shipment_for(db, shipment_id, lock=True)
        for shipment_id in sorted((carried.shipment_id, pack.shipment_id))
    }
    mine, other = both[pack.shipment_id], both[carried.shipment_id]
    if other.order_id != mine.order_id or other.warehouse_id != mine.warehouse_id:
        raise Invalid("packing.other_order", field="code", scanned=code)
    if other.state is not ShipmentState.PICKED:
        raise Conflict("packing.tote_not_free", scanned=code)
    if queries.is_slot(db, tote.id):
        raise Conflict("packing.slot_stays", scanned=code)
    if queries.parcels_of(db, pack.id or 0) or queries.is_heaped(db, pack):
        raise Conflict("packing.already_boxed")
    lines = shipments.take_over(db, mine, other, actor)
    totes.hand_over(db, other.id or 0, mine.id or 0)
    units = _write_lines(db, pack, lines)
    caring.write_card(db, pack)
    if pack.state is PackState.VERIFIED:
        progress.advance(db, pack, PackAction.UNVERIFY, actor)
    progress.tell(db, "packing.pack.joined", pack, mine, actor, tote=tote.code, units=units)
    return units


def _write_lines(db: Session, pack: Pack, joined: dict[int, tuple[int, int]]) -> int:
    """Shipment line -> (SKU, units) that came: onto the pack's line where it has one."""
    known = {line.shipment_line_id: line for line, _sku in queries.lines_of(db, pack.id or 0)}
    for line_id, (sku_id, units) in joined.items():
        line = known.get(line_id) or PackLine(pack_id=pack.id or 0, shipment_line_id=line_id, sku_id=sku_id, qty=0)
        line.qty += units
        db.add(line)
    db.flush()
    return sum(units for _sku, units in joined.values())
