"""Where a lot lies and where its units went: what a recall asks."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from floor.catalog.models import Sku
from floor.inventory.models import Bin, LedgerRow, Lot, LotBalance, Place, PlaceKind, Reservation, Warehouse
from floor.inventory.queries import PlaceName, place_names
from floor.kit.errors import Unknown


def lot_for_page(db: Session, lot_id: int, *, lock: bool = False) -> Lot:
    """The lot, or Unknown; locked and fresh if asked."""
    lot = db.get(Lot, lot_id, with_for_update=lock or None, populate_existing=lock)
    if lot is None:
        raise Unknown("inventory.unknown_lot", lot=lot_id)
    return lot


def lots_called(db: Session, code: str) -> Sequence[tuple[Lot, Sku]]:
    """Lots of that code; different SKUs may use the same."""
    joined = select(Lot, Sku).join(Sku, col(Sku.id) == Lot.sku_id)
    return db.exec(joined.where(Lot.code == code.strip().upper(), Lot.code != "?").order_by(Sku.code)).all()


@dataclass(frozen=True)
class LotHere:
    """Units of a lot in one place. `can_move`: the place is a bin."""

    lot: Lot
    place_id: int
    qty: int
    name: PlaceName


def whereabouts_of(db: Session, lot: Lot) -> list[LotHere]:
    """The places that hold units of a lot now."""
    rows = db.exec(select(LotBalance).where(LotBalance.lot_id == lot.id, LotBalance.qty > 0)).all()
    names = place_names(db, [row.place_id for row in rows])
    here = [LotHere(lot, row.place_id, row.qty, names[row.place_id]) for row in rows]
    return sorted(here, key=lambda one: (one.name.site, one.name.kind, one.name.code))


def lots_by_id(db: Session, ids: Collection[int]) -> dict[int, Lot]:
    return {lot.id or 0: lot for lot in db.exec(select(Lot).where(col(Lot.id).in_(ids)))} if ids else {}


def lots_in(db: Session, place_id: int) -> dict[int, list[tuple[Lot, int]]]:
    """SKU -> (lot, units) in a place, what expires first in front."""
    joined = select(Lot, LotBalance.qty).join(LotBalance, col(LotBalance.lot_id) == Lot.id)
    rows = joined.where(LotBalance.place_id == place_id, LotBalance.qty > 0)
    found: dict[int, list[tuple[Lot, int]]] = {}
    for lot, qty in db.exec(rows.order_by(col(Lot.expires_on).is_(None), col(Lot.expires_on), col(Lot.id))):
        found.setdefault(lot.sku_id, []).append((lot, qty))
    return found


def lots_of_sku(db: Session, sku_id: int) -> list[tuple[Lot, int]]:
    """Lots of a SKU of which units are in the house, and how many; what expires first in front."""
    units = sa.func.sum(col(LotBalance.qty)).label("units")
    rows = (
        sa.select(Lot, units)
        .join(LotBalance, col(LotBalance.lot_id) == col(Lot.id))
        .where(col(Lot.sku_id) == sku_id, col(LotBalance.qty) > 0)
        .group_by(*sa.inspect(Lot).columns)
        .order_by(col(Lot.expires_on).is_(None), col(Lot.expires_on), col(Lot.id))
    )
    return [(row[0], row[1]) for row in db.execute(rows)]


#: Units that came here left our shelves: a recall has to follow them.
_AWAY = (PlaceKind.TOTE, PlaceKind.PARCEL, PlaceKind.CUSTOMER, PlaceKind.TRANSIT, PlaceKind.SUPPLIER)


@dataclass(frozen=True)
class Went:
    """Units of a lot that went to a tote, a parcel, a customer or away: net of what came back the same way."""

    name: PlaceName
    subject: str
    subject_id: int
    units: int


def went_to(db: Session, lot: Lot) -> list[Went]:
    """Where the lot's units went, newest first. `subject` and its id say for what: "walk" 3, "pack" 9, "manifest" 4."""
    row, place = LedgerRow, aliased(Place)
    rows = (
        sa.select(
            col(row.to_place_id), col(row.subject), col(row.subject_id), sa.func.sum(col(row.qty)).label("units"),
            sa.func.max(col(row.id)).label("last"),
        )
        .join(place, col(place.id) == col(row.to_place_id))
        .where(col(row.lot_id) == lot.id, col(place.kind).in_(_AWAY))
        .group_by(col(row.to_place_id), col(row.subject), col(row.subject_id))
        .order_by(sa.desc("last"))
        .limit(500)
    )  # fmt: skip
    found = db.execute(rows).all()
    names = place_names(db, [one.to_place_id for one in found])
    return [Went(names[one.to_place_id], one.subject, one.subject_id, one.units) for one in found]


def lot_history(db: Session, lot: Lot, limit: int = 50) -> Sequence[LedgerRow]:
    mine = select(LedgerRow).where(LedgerRow.lot_id == lot.id)
    return db.exec(mine.order_by(col(LedgerRow.id).desc()).limit(limit)).all()


def booked_for(db: Session, subject: str, subject_id: int, limit: int = 200) -> Sequence[LedgerRow]:
    """The ledger rows of one delivery or transfer, newest first."""
    mine = select(LedgerRow).where(LedgerRow.subject == subject, LedgerRow.subject_id == subject_id)
    return db.exec(mine.order_by(col(LedgerRow.id).desc()).limit(limit)).all()


def put_aside_in(db: Session, where: Bin) -> Sequence[tuple[Reservation, Sku]]:
    """Units of a bin kept for somebody until a moment."""
    r = Reservation
    joined = select(r, Sku).join(Sku, col(Sku.id) == r.sku_id).where(r.bin_id == where.id)
    open_ones = joined.where(col(r.shipment_line_id).is_(None), r.qty > col(r.posted) + col(r.released))
    return db.exec(open_ones.order_by(col(r.expires_at), col(r.id))).all()


def bin_by_id(db: Session, bin_id: int) -> tuple[Bin, Warehouse]:
    joined = select(Bin, Warehouse).join(Warehouse, col(Warehouse.id) == Bin.warehouse_id)
    found = db.exec(joined.where(Bin.id == bin_id)).first()
    if found is None:
        raise Unknown("inventory.unknown_bin", bin=bin_id)
    return found
