"""A parcel is opened again before its lorry: its goods lie on the bench, its number waits for what goes into it now."""

from sqlmodel import Session

from floor.kit.actor import Actor
from floor.kit.errors import Conflict
from floor.packing import boxing, labels, progress, queries
from floor.packing.models import Pack, Parcel, Station
from floor.packing.states import PackAction, PackState, ParcelAction, ParcelState
from floor.shipments import queries as shipment_queries
from floor.shipments import service as shipments
from floor.shipments.states import ShipmentAction, ShipmentState

_CLOSED = (ParcelState.BOXED, ParcelState.LABELLED)


def stands_against(db: Session, parcel: Parcel) -> str:
    """Why a parcel cannot be opened again, a code of messages.REFUSALS; "" when it can."""
    if parcel.state is ParcelState.SHIPPED:
        return "packing.parcel_gone"
    if parcel.state not in _CLOSED:
        return "packing.parcel_open"
    if labels.book().is_aboard(db, parcel.id):
        return "packing.on_lorry"
    if any(line.shipped for line, _sku in shipment_queries.lines_of(db, parcel.shipment_id)):
        return "packing.brother_gone"
    return ""


def reopen(db: Session, parcel: Parcel, station: Station | None, actor: Actor) -> Pack:
    """Open a boxed or closed parcel; its pack is worked on again, at this bench, by this person. The row of the parcel
    is locked by the caller: first the parcel, then its pack, then the shipment, as the label's scan does.

    Raises Conflict for a parcel on a lorry, gone, or open already.
    """
    if code := stands_against(db, parcel):
        raise Conflict(code, number=parcel.number)
    pack = queries.pack_for(db, parcel.pack_id, lock=True)
    shipment = shipment_queries.shipment_for(db, parcel.shipment_id, lock=True)
    boxing.empty(db, pack, parcel, actor)
    boxing.advance(db, parcel, ParcelAction.REOPEN, actor)
    pack.packer_id = actor.id
    if station is not None and station.id is not None:
        pack.station_id = station.id
    if pack.state in (PackState.BOXED, PackState.CLOSED):
        progress.advance(db, pack, PackAction.REOPEN, actor)
    if shipment.state is ShipmentState.PACKED:
        shipments.advance(db, shipment, ShipmentAction.UNPACK, actor)
    db.add(pack)
    db.flush()
    return pack


def reopen_newest(db: Session, pack_id: int, actor: Actor) -> tuple[Pack, Parcel]:
    """Undo of the last step, when that was a box. Raises Conflict when there is none that can be opened."""
    newest = next(iter(reversed(queries.parcels_of(db, pack_id))), None)
    if newest is None:
        raise Conflict("packing.nothing_to_undo")
    parcel = queries.parcel_for(db, newest.id, lock=True)
    return reopen(db, parcel, None, actor), parcel
