"""Pick faces: which bins a SKU is picked from, and between which levels they are kept."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col

from floor.catalog.models import Sku
from floor.events.service import Event, record
from floor.inventory.models import Balance, Bin, BinKind, Replenishment, Warehouse
from floor.inventory.models_supply import PickFace
from floor.inventory.queries import FREE
from floor.inventory.states import ReplenishmentState
from floor.kit.actor import Actor
from floor.kit.errors import Conflict, Invalid

#: A face should last so many days when it is refilled, and so many when it is full.
MIN_DAYS, MAX_DAYS = 2, 5


@dataclass(frozen=True)
class Face:
    """A pick face with what lies on it: all units, and those promised to nobody."""

    face: PickFace
    where: Bin
    site: str
    qty: int
    free: int

    @property
    def room(self) -> int:
        """Units up to its maximum."""
        return max(0, self.face.max_qty - self.qty)

    @property
    def is_low(self) -> bool:
        return self.free < self.face.min_qty


def usual_levels(per_day: float) -> tuple[int, int]:
    """(min, max) units of a face for a demand: two days and five, at least 1 and 3."""
    least = max(1, math.ceil(round(per_day * MIN_DAYS, 6)))
    return least, max(least + 2, math.ceil(round(per_day * MAX_DAYS, 6)))


def faces(db: Session, sku_id: int, warehouse_id: int | None = None) -> list[Face]:
    """The open pick faces of a SKU, those with most room first."""
    query = _faces().where(col(PickFace.sku_id) == sku_id)
    if warehouse_id is not None:
        query = query.where(col(Bin.warehouse_id) == warehouse_id)
    found = [Face(*row) for row in db.execute(query)]
    return sorted(found, key=lambda f: (-f.room, f.site, f.where.code))


def low_faces(db: Session) -> Sequence[tuple[int, int]]:
    """(bin_id, sku_id) of faces below their minimum that nobody refills yet, although the reserve has units."""
    task, store, place = sa.orm.aliased(Replenishment), sa.orm.aliased(Balance), sa.orm.aliased(Bin)
    asked = sa.exists().where(
        col(task.to_bin_id) == col(PickFace.bin_id), col(task.sku_id) == col(PickFace.sku_id),
        col(task.state) == ReplenishmentState.OPEN,
    )  # fmt: skip
    stored = sa.exists().where(
        col(store.sku_id) == col(PickFace.sku_id), col(place.id) == col(store.place_id),
        col(place.warehouse_id) == col(Bin.warehouse_id), col(place.kind) == BinKind.RESERVE,
        col(place.is_closed).is_(False), col(store.qty) > col(store.reserved) + col(store.held),
    )  # fmt: skip
    free, lying = sa.func.coalesce(FREE, 0), sa.func.coalesce(col(Balance.qty), 0)
    query = _faces().where(free < col(PickFace.min_qty), lying < col(PickFace.max_qty), ~asked, stored)
    return [
        (row[0].bin_id, row[0].sku_id) for row in db.execute(query.order_by(col(PickFace.bin_id), col(PickFace.sku_id)))
    ]


def _faces() -> sa.Select:
    here = (col(Balance.place_id) == col(PickFace.bin_id)) & (col(Balance.sku_id) == col(PickFace.sku_id))
    return (
        sa.select(PickFace, Bin, col(Warehouse.code), sa.func.coalesce(col(Balance.qty), 0), sa.func.coalesce(FREE, 0))
        .join(Bin, col(Bin.id) == col(PickFace.bin_id))
        .join(Warehouse, col(Warehouse.id) == col(Bin.warehouse_id))
        .outerjoin(Balance, here)
        .where(col(Bin.kind) == BinKind.PICK, col(Bin.is_closed).is_(False))
    )


def keep_face(db: Session, where: Bin, sku_id: int, min_qty: int, max_qty: int, actor: Actor) -> PickFace:
    """A SKU is picked from this bin, between these levels. Raises Invalid for a bin nobody picks from, or levels that
    cross."""
    if where.kind is not BinKind.PICK or where.is_closed:
        raise Invalid("inventory.no_pick_bin", field="bin", bin=where.code)
    if max_qty < max(min_qty, 1):
        raise Invalid("inventory.levels_cross", field="max_qty")
    face = db.get(PickFace, (where.id, sku_id), with_for_update=True)
    face = face or PickFace(bin_id=where.id, sku_id=sku_id, min_qty=0, max_qty=1)
    face.min_qty, face.max_qty = min_qty, max_qty
    db.add(face)
    db.flush()
    _tell(db, face, "kept", actor)
    return face


def drop_face(db: Session, where: Bin, sku_id: int, actor: Actor) -> None:
    """The bin is no pick face of this SKU any more; what lies there stays. Raises Conflict when it was none."""
    face = db.get(PickFace, (where.id, sku_id), with_for_update=True)
    if face is None:
        raise Conflict("inventory.no_face", bin=where.code)
    db.delete(face)
    db.flush()
    _tell(db, face, "dropped", actor)


def face_at(db: Session, bin_id: int, sku_id: int) -> Face | None:
    found = db.execute(_faces().where(col(PickFace.bin_id) == bin_id, col(PickFace.sku_id) == sku_id)).first()
    return Face(*found) if found else None


def fits(db: Session, where: Bin, sku: Sku) -> int | None:
    """Units of a SKU that still fit into a bin by its litres and kilograms; None where it has neither."""
    litres, kilos = where.capacity_l, where.max_weight_kg
    if litres is None and kilos is None:
        return None
    volume = col(Sku.length_mm) * col(Sku.width_mm) * col(Sku.height_mm)
    lying = (
        sa.select(sa.func.sum(col(Balance.qty) * volume), sa.func.sum(col(Balance.qty) * col(Sku.weight_g)))
        .join(Sku, col(Sku.id) == col(Balance.sku_id))
        .where(col(Balance.place_id) == where.id)
    )
    mm3, grams = db.execute(lying).one()
    room = []
    if litres is not None:
        room.append((litres * 1_000_000 - (mm3 or 0)) // (sku.length_mm * sku.width_mm * sku.height_mm))
    if kilos is not None:
        room.append((kilos * 1000 - (grams or 0)) // sku.weight_g)
    return max(0, int(min(room)))


def _tell(db: Session, face: PickFace, what: str, actor: Actor) -> None:
    data = {"sku": face.sku_id, "min": face.min_qty, "max": face.max_qty}
    record(db, Event(f"inventory.face.{what}", "bin", face.bin_id, data=data), actor)
