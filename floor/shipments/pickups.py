"""What carriers collect from a warehouse a day."""

from sqlmodel import Session, select

from floor.events.service import Event, record
from floor.kit.actor import Actor
from floor.shipments.models import Pickup


def agree(
    db: Session, warehouse_id: int, carrier_id: int, parcels: int | None, weight_kg: int | None, actor: Actor
) -> bool:
    """Parcels and kg a carrier takes a day; None: as many as there are. False when nothing differs."""
    here = select(Pickup).where(Pickup.warehouse_id == warehouse_id, Pickup.carrier_id == carrier_id).with_for_update()
    row = db.exec(here).first() or Pickup(warehouse_id=warehouse_id, carrier_id=carrier_id)
    if (row.parcels, row.weight_kg) == (parcels, weight_kg):
        return False
    row.parcels, row.weight_kg = parcels, weight_kg
    db.add(row)
    db.flush()
    data = {"carrier": carrier_id, "parcels": parcels, "weight_kg": weight_kg}
    record(db, Event("shipments.pickup.agreed", "warehouse", warehouse_id, data=data), actor)
    return True
