"""Reads of stock, and the identities `flask check` proves."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.catalog.models import Barcode, Sku
from floor.inventory.models import (
    PHYSICAL,
    Balance,
    Bin,
    BinKind,
    LedgerRow,
    Place,
    PlaceKind,
    Replenishment,
    Reservation,
    SafetyStock,
    Tote,
    Warehouse,
)
from floor.inventory.states import ReplenishmentState
from floor.kit.errors import Unknown

#: Units of a bin nobody was promised.
FREE = col(Balance.qty) - col(Balance.reserved)


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
        .where(col(Bin.is_closed).is_(False), col(Bin.kind).in_((BinKind.PICK, BinKind.RESERVE)))
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
    """(Bin, sku_id, free units) of open bins of a kind that have free units, smallest remainder first.

    Emptying a nearly empty bin first frees the shelf and saves a visit later.
    """
    return db.execute(
        sa.select(Bin, col(Balance.sku_id), FREE.label("free"))
        .join(Balance, col(Balance.place_id) == col(Bin.id))
        .where(
            col(Bin.warehouse_id) == warehouse_id,
            col(Bin.kind) == kind,
            col(Bin.is_closed).is_(False),
            col(Balance.sku_id).in_(list(sku_ids)),
            FREE > 0,
        )
        .order_by(FREE, col(Bin.id))
    ).all()


def replenishments_under_way(db: Session) -> dict[tuple[int, int], int]:
    """(warehouse_id, sku_id) -> units asked for from reserve storage and not yet on the pick face."""
    task = Replenishment
    rows = (
        sa.select(col(task.warehouse_id), col(task.sku_id), sa.func.sum(col(task.qty)).label("units"))
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
    """One SKU in one warehouse. On hand = free + reserved; `aside` are returns, quarantine and closed bins."""

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
    sold_from = sa.and_(col(Bin.kind).in_((BinKind.PICK, BinKind.RESERVE)), col(Bin.is_closed).is_(False))
    zero = sa.literal(0)
    lying = sa.select(
        col(Bin.warehouse_id).label("warehouse_id"), col(Balance.sku_id).label("sku_id"),
        sa.case((sold_from, col(Balance.qty)), else_=0).label("on_hand"),
        sa.case((sold_from, col(Balance.reserved)), else_=0).label("reserved"),
        sa.case((sold_from, 0), else_=col(Balance.qty)).label("aside"), zero.label("safety"),
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
    found = db.get(Balance, (place_id, sku_id))
    return found.qty - found.reserved if found else 0


def broken_balances(db: Session) -> list[str]:
    """Check: the balance of every physical place is the sum of its ledger rows, and never negative."""
    gained: sa.Select = sa.select(
        col(LedgerRow.to_place_id).label("place"), col(LedgerRow.sku_id).label("sku"), col(LedgerRow.qty).label("qty")
    )
    lost = sa.select(col(LedgerRow.from_place_id), col(LedgerRow.sku_id), -col(LedgerRow.qty))
    cached = sa.select(col(Balance.place_id), col(Balance.sku_id), -col(Balance.qty))
    every = sa.union_all(gained, lost, cached).subquery()
    off = (
        sa.select(every.c.place, every.c.sku, sa.func.sum(every.c.qty).label("off"))
        .join(Place, col(Place.id) == every.c.place)
        .where(col(Place.kind).in_(PHYSICAL))
        .group_by(every.c.place, every.c.sku)
        .having(sa.func.sum(every.c.qty) != 0)
    )
    return [
        f"stock_balance place {row.place} sku {row.sku}: the ledger says {row.off:+d} more" for row in db.execute(off)
    ]


def broken_reservations(db: Session) -> list[str]:
    """Check: what a bin has reserved is the sum of pending promises, and no more than lies there."""
    r = Reservation
    promised: sa.Select = sa.select(
        col(r.bin_id).label("place"),
        col(r.sku_id).label("sku"),
        (col(r.qty) - col(r.posted) - col(r.released)).label("qty"),
    )
    cached = sa.select(col(Balance.place_id), col(Balance.sku_id), -col(Balance.reserved))
    every = sa.union_all(promised, cached).subquery()
    off = (
        sa.select(every.c.place, every.c.sku, sa.func.sum(every.c.qty).label("off"))
        .group_by(every.c.place, every.c.sku)
        .having(sa.func.sum(every.c.qty) != 0)
    )
    wrong = [
        f"stock_balance place {row.place} sku {row.sku}: promises say {row.off:+d} more" for row in db.execute(off)
    ]
    over = db.exec(select(Balance).where(col(Balance.reserved) > col(Balance.qty)))
    return wrong + [f"stock_balance place {b.place_id} sku {b.sku_id}: {b.reserved} of {b.qty} reserved" for b in over]
