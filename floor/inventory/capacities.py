"""What a warehouse can do until the last lorry leaves: a supervisor changes it during the day."""

from sqlmodel import Session

from floor.events.service import Event, record
from floor.inventory.models import Warehouse
from floor.kit.actor import Actor

FIELDS = ("cutoff", "labour_lines", "heavy_lines", "cold_lines", "bench_parcels")


def change(db: Session, house: Warehouse, wanted: dict[str, str | int | None], actor: Actor) -> bool:
    """Set some of FIELDS; the event keeps what they were and are. False when nothing differs."""
    differs = {name: value for name, value in wanted.items() if getattr(house, name) != value}
    if not differs:
        return False
    before = {name: getattr(house, name) for name in differs}
    for name, value in differs.items():
        setattr(house, name, value)
    db.add(house)
    db.flush()
    assert house.id is not None
    data = {"from": before, "to": differs}
    record(db, Event("inventory.warehouse.capacity", "warehouse", house.id, data=data), actor)
    return True
