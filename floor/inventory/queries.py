"""Reads of stock, and the identities `flask check` proves."""

from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.catalog.models import Sku
from floor.inventory.models import (
    PHYSICAL,
    Balance,
    Bin,
    BinKind,
    LedgerRow,
    Place,
    Reservation,
    SafetyStock,
    Tote,
    Warehouse,
)

#: Units of a bin nobody was promised.
FREE = col(Balance.qty) - col(Balance.reserved)


def warehouses(db: Session) -> Sequence[Warehouse]:
    return db.exec(select(Warehouse).order_by(Warehouse.code)).all()


def warehouse_by_code(db: Session, code: str) -> Warehouse | None:
    return db.exec(select(Warehouse).where(Warehouse.code == code)).first()


def bin_by_code(db: Session, warehouse_id: int, code: str) -> Bin | None:
    return db.exec(select(Bin).where(Bin.warehouse_id == warehouse_id, Bin.code == code)).first()


def tote_by_code(db: Session, code: str) -> Tote | None:
    return db.exec(select(Tote).where(Tote.code == code)).first()


def free_stock(db: Session, sku_ids: Iterable[int] | None = None) -> Sequence[sa.Row]:
    """(warehouse_id, sku_id, on pick faces, in reserve storage): units free to promise, before safety stock."""
    picks = sa.case((col(Bin.kind) == BinKind.PICK, FREE), else_=0)
    reserve = sa.case((col(Bin.kind) == BinKind.RESERVE, FREE), else_=0)
    query = (
        sa.select(
            col(Bin.warehouse_id), col(Balance.sku_id), sa.func.sum(picks).label("pick"),
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


def history(db: Session, *, place_id: int | None = None, sku_id: int | None = None, limit: int = 50) -> Sequence[LedgerRow]:
    """The ledger of a place or a SKU, newest first."""
    query = select(LedgerRow).order_by(col(LedgerRow.id).desc()).limit(limit)
    if place_id is not None:
        query = query.where((LedgerRow.from_place_id == place_id) | (LedgerRow.to_place_id == place_id))
    if sku_id is not None:
        query = query.where(LedgerRow.sku_id == sku_id)
    return db.exec(query).all()


def balance_of(db: Session, place_id: int, sku_id: int) -> int:
    found = db.get(Balance, (place_id, sku_id))
    return found.qty if found else 0


def broken_balances(db: Session) -> list[str]:
    """Check: the balance of every physical place is the sum of its ledger rows, and never negative."""
    gained = sa.select(
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
    promised = sa.select(
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
