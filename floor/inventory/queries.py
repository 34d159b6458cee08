"""Reads of stock, and the identities `flask check` proves."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.catalog.models import Barcode, Sku
from floor.inventory.models import (
    FOR_SALE,
    Balance,
    Bin,
    BinKind,
    LedgerRow,
    Lot,
    LotBalance,
    Place,
    PlaceKind,
    Replenishment,
    SafetyStock,
    Tote,
    Warehouse,
)
from floor.inventory.states import ReplenishmentState
from floor.kit.errors import Unknown

#: Units of a bin that may be promised: not promised yet, not of a lot on hold.
FREE = col(Balance.qty) - col(Balance.reserved) - col(Balance.held)


def warehouses(db: Session) -> Sequence[Warehouse]:
    return db.exec(select(Warehouse).order_by(Warehouse.code)).all()


def warehouse_by_code(db: Session, code: str) -> Warehouse | None:
    return db.exec(select(Warehouse).where(Warehouse.code == code)).first()


def bin_by_code(db: Session, warehouse_id: int, code: str) -> Bin | None:
    return db.exec(select(Bin).where(Bin.warehouse_id == warehouse_id, Bin.code == code)).first()


def bin_for(db: Session, site: str, code: str) -> tuple[Bin, Warehouse]:
    """The bin and its house, or Unknown."""
    joined = select(Bin, Warehouse).join(Warehouse, col(Warehouse.id) == Bin.warehouse_id)
    found = db.exec(joined.where(Warehouse.code == site, Bin.code == code.strip().upper())).first()
    if found is None:
        raise Unknown("inventory.unknown_bin", bin=code)
    return found


def bins_called(db: Session, code: str, site: str = "") -> Sequence[tuple[Bin, Warehouse]]:
    """Bins of that code, of one house or of all."""
    joined = select(Bin, Warehouse).join(Warehouse, col(Warehouse.id) == Bin.warehouse_id)
    found = joined.where(Bin.code == code.strip().upper()).order_by(Warehouse.code)
    return db.exec(found.where(Warehouse.code == site) if site else found).all()


def tote_by_code(db: Session, code: str) -> Tote | None:
    return db.exec(select(Tote).where(Tote.code == code)).first()


def free_stock(db: Session, sku_ids: Iterable[int] | None = None) -> Sequence[sa.Row]:
    """(warehouse_id, sku_id, on pick faces, in reserve storage): units free to promise, before safety stock."""
    picks = sa.case((col(Bin.kind) == BinKind.PICK, FREE), else_=0)
    reserve = sa.case((col(Bin.kind) == BinKind.RESERVE, FREE), else_=0)
    query = (
        sa.select(
            col(Bin.warehouse_id),
            col(Balance.sku_id),
            sa.func.sum(picks).label("pick"),
            sa.func.sum(reserve).label("reserve"),
        )
        .join(Bin, col(Bin.id) == col(Balance.place_id))
        .where(col(Bin.is_closed).is_(False), col(Bin.kind).in_(FOR_SALE))
        .group_by(col(Bin.warehouse_id), col(Balance.sku_id))
        .having(sa.func.sum(FREE) > 0)
    )
    if sku_ids is not None:
        query = query.where(col(Balance.sku_id).in_(list(sku_ids)))
    return db.execute(query).all()


def safety_stock(db: Session) -> dict[tuple[int, int], int]:
    """(warehouse_id, sku_id) -> units kept back."""
    return {(row.warehouse_id, row.sku_id): row.qty for row in db.exec(select(SafetyStock))}


def free_bins(db: Session, warehouse_id: int, sku_ids: Iterable[int], kind: BinKind = BinKind.PICK) -> Sequence[sa.Row]:
    """(Bin, sku_id, free units) of open bins of a kind that have free units: what expires first, then small rests.

    Emptying a nearly empty bin first frees the shelf and saves a visit later.
    """
    soonest = soonest_expiry(sku_ids)
    return db.execute(
        sa.select(Bin, col(Balance.sku_id), FREE.label("free"))
        .join(Balance, col(Balance.place_id) == col(Bin.id))
        .outerjoin(soonest, (soonest.c.place_id == col(Bin.id)) & (soonest.c.sku_id == col(Balance.sku_id)))
        .where(
            col(Bin.warehouse_id) == warehouse_id,
            col(Bin.kind) == kind,
            col(Bin.is_closed).is_(False),
            col(Balance.sku_id).in_(list(sku_ids)),
            FREE > 0,
        )
        .order_by(soonest.c.expires_on.is_(None), soonest.c.expires_on, FREE, col(Bin.id))
    ).all()


def soonest_expiry(sku_ids: Iterable[int]) -> sa.Subquery:
    """(place_id, sku_id, expires_on): when the first units for sale expire that lie there."""
    return (
        sa.select(col(LotBalance.place_id), col(Lot.sku_id), sa.func.min(col(Lot.expires_on)).label("expires_on"))
        .join(Lot, col(Lot.id) == col(LotBalance.lot_id))
        .where(col(Lot.sku_id).in_(list(sku_ids)), col(LotBalance.qty) > 0, col(Lot.hold_reason) == "")
        .group_by(col(LotBalance.place_id), col(Lot.sku_id))
        .subquery()
    )


def replenishments_under_way(db: Session) -> dict[tuple[int, int], int]:
    """(warehouse_id, sku_id) -> units asked for from reserve storage and not yet on the pick face.

    What orders wait for counts in full, although it may take a second task to bring it.
    """
    task = Replenishment
    asked = sa.case((col(task.wanted) > col(task.qty), col(task.wanted)), else_=col(task.qty))
    rows = (
        sa.select(col(task.warehouse_id), col(task.sku_id), sa.func.sum(asked).label("units"))
        .where(col(task.state) == ReplenishmentState.OPEN)
        .group_by(col(task.warehouse_id), col(task.sku_id))
    )
    return {(row.warehouse_id, row.sku_id): row.units for row in db.execute(rows)}


def pick_face_for(db: Session, warehouse_id: int, sku_id: int) -> Bin | None:
    """Where units of a SKU belong to be picked: a bin that holds or held it, else the emptiest one."""
    units = sa.func.coalesce(sa.func.sum(col(Balance.qty)), 0)
    held = sa.func.max(sa.case((col(Balance.sku_id) == sku_id, 1), else_=0))
    return db.exec(
        select(Bin)
        .outerjoin(Balance, col(Balance.place_id) == col(Bin.id))
        .where(Bin.warehouse_id == warehouse_id, Bin.kind == BinKind.PICK, col(Bin.is_closed).is_(False))
        .group_by(col(Bin.id))
        .order_by(held.desc(), units, col(Bin.id))
    ).first()


def contents(db: Session, place_id: int) -> Sequence[tuple[Balance, Sku]]:
    """What lies in a bin, tote or parcel now."""
    joined = select(Balance, Sku).join(Sku, col(Sku.id) == Balance.sku_id)
    return db.exec(joined.where(Balance.place_id == place_id, col(Balance.qty) > 0).order_by(Sku.code)).all()


def whereabouts(db: Session, sku_id: int) -> Sequence[tuple[Balance, Bin, Warehouse]]:
    """The bins of all warehouses that hold a SKU."""
    return db.exec(
        select(Balance, Bin, Warehouse)
        .join(Bin, col(Bin.id) == Balance.place_id)
        .join(Warehouse, col(Warehouse.id) == Bin.warehouse_id)
        .where(Balance.sku_id == sku_id, col(Balance.qty) > 0)
        .order_by(Warehouse.code, Bin.code)
    ).all()


def history(
    db: Session, *, place_id: int | None = None, sku_id: int | None = None, limit: int = 50
) -> Sequence[LedgerRow]:
    """The ledger of a place or a SKU, newest first."""
    query = select(LedgerRow).order_by(col(LedgerRow.id).desc()).limit(limit)
    if place_id is not None:
        query = query.where((LedgerRow.from_place_id == place_id) | (LedgerRow.to_place_id == place_id))
    if sku_id is not None:
        query = query.where(LedgerRow.sku_id == sku_id)
    return db.exec(query).all()


@dataclass(frozen=True)
class PlaceName:
    """What people call a place: `code` of a bin, tote or parcel; else its kind is all there is."""

    kind: PlaceKind
    code: str = ""
    site: str = ""


def place_names(db: Session, ids: Iterable[int]) -> dict[int, PlaceName]:
    """Places by id, as people call them. A parcel's number is made of its place."""
    rows = db.execute(
        sa.select(
            col(Place.id), col(Place.kind), col(Warehouse.code).label("site"), col(Bin.code).label("bin"),
            col(Tote.code).label("tote"),
        )
        .join(Warehouse, col(Warehouse.id) == col(Place.warehouse_id))
        .outerjoin(Bin, col(Bin.id) == col(Place.id))
        .outerjoin(Tote, col(Tote.id) == col(Place.id))
        .where(col(Place.id).in_(set(ids)))
    )  # fmt: skip
    return {
        row.id: PlaceName(
            row.kind, row.bin or row.tote or (f"P-{row.id:06d}" if row.kind is PlaceKind.PARCEL else ""), row.site
        )
        for row in rows
    }


@dataclass(frozen=True)
class Cell:
    """One bin in the drawing of its aisle."""

    code: str
    bay: int
    level: int
    units: int
    is_here: bool


def aisle_of(db: Session, where: Bin) -> list[Cell]:
    """Every bin of the same aisle, with the units it holds."""
    units = sa.func.coalesce(sa.func.sum(col(Balance.qty)), 0)
    rows = db.execute(
        sa.select(col(Bin.id), col(Bin.code), col(Bin.bay), col(Bin.level), units.label("units"))
        .outerjoin(Balance, col(Balance.place_id) == col(Bin.id))
        .where(col(Bin.warehouse_id) == where.warehouse_id, col(Bin.aisle) == where.aisle)
        .group_by(col(Bin.id), col(Bin.code), col(Bin.bay), col(Bin.level))
        .order_by(col(Bin.bay), col(Bin.level))
    )
    return [Cell(row.code, row.bay, row.level, row.units, row.id == where.id) for row in rows]


# --- the list of stock -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class StockRow:
    """One SKU in one warehouse. On hand = free + reserved; `aside` lies on docks, in quarantine or on hold."""

    sku: Sku
    site: str
    on_hand: int
    reserved: int
    aside: int
    safety: int

    @property
    def free(self) -> int:
        return self.on_hand - self.reserved

    @property
    def is_low(self) -> bool:
        """Below what the warehouse keeps back."""
        return self.free < self.safety


def stock_rows(
    db: Session, text: str = "", site: str = "", limit: int | None = None, offset: int = 0
) -> tuple[list[StockRow], int]:
    """SKUs per warehouse, those below safety stock first; and how many there are. `text`: code, name or barcode."""
    units = _stock_units()
    low = sa.case((units.c.on_hand - units.c.reserved < units.c.safety, 0), else_=1)
    query = (
        sa.select(Sku, col(Warehouse.code), units.c.on_hand, units.c.reserved, units.c.aside, units.c.safety)
        .join(units, units.c.sku_id == col(Sku.id))
        .join(Warehouse, col(Warehouse.id) == units.c.warehouse_id)
    )
    if site:
        query = query.where(col(Warehouse.code) == site)
    if text:
        like = f"%{_literal(text)}%"
        coded = sa.select(col(Barcode.sku_id)).where(col(Barcode.code) == text.strip())
        named = [column.ilike(like, escape="\\") for column in (col(Sku.code), col(Sku.name), col(Sku.name_en))]
        query = query.where(sa.or_(*named, col(Sku.id).in_(coded)))
    total = db.execute(sa.select(sa.func.count()).select_from(query.subquery())).scalar_one()
    found = query.order_by(low, col(Sku.code), col(Warehouse.code)).limit(limit).offset(offset)
    return [StockRow(*row) for row in db.execute(found)], total


def _stock_units() -> sa.Subquery:
    """(warehouse_id, sku_id, on_hand, reserved, aside, safety), a row for whatever ever lay or should lie there."""
    sold_from = sa.and_(col(Bin.kind).in_(FOR_SALE), col(Bin.is_closed).is_(False))
    zero = sa.literal(0)
    lying = sa.select(
        col(Bin.warehouse_id).label("warehouse_id"), col(Balance.sku_id).label("sku_id"),
        sa.case((sold_from, col(Balance.qty) - col(Balance.held)), else_=0).label("on_hand"),
        sa.case((sold_from, col(Balance.reserved)), else_=0).label("reserved"),
        sa.case((sold_from, col(Balance.held)), else_=col(Balance.qty)).label("aside"), zero.label("safety"),
    ).join(Bin, col(Bin.id) == col(Balance.place_id))  # fmt: skip
    kept = sa.select(col(SafetyStock.warehouse_id), col(SafetyStock.sku_id), zero, zero, zero, col(SafetyStock.qty))
    every = sa.union_all(lying, kept).subquery()
    parts = [sa.func.sum(every.c[name]).label(name) for name in ("on_hand", "reserved", "aside", "safety")]
    units = sa.select(every.c.warehouse_id, every.c.sku_id, *parts)
    return units.group_by(every.c.warehouse_id, every.c.sku_id).subquery()


def _literal(text: str) -> str:
    """Typed text inside a LIKE pattern, its wildcards taken literally."""
    return text.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def balance_of(db: Session, place_id: int, sku_id: int) -> int:
    found = db.get(Balance, (place_id, sku_id))
    return found.qty if found else 0


def free_in(db: Session, place_id: int, sku_id: int) -> int:
    """Units of a SKU in a bin that are promised to nobody."""
    found = db.get(Balance, (place_id, sku_id), populate_existing=True)
    return found.qty - found.reserved - found.held if found else 0
