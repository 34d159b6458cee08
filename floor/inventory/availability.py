"""What can be sold: units for sale that are free, minus what each warehouse keeps back. One query, never the ledger.

The balances are few and hold all there is to know; the bins say which of them are for sale. A copy of warehouse and
kind in every balance, with an index that covers the question, answered 1.0 to 1.7 times as fast over all SKUs and
would have been written at every pick; so the question joins (`benchmarks/availability.py`).
"""

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from floor.inventory.models import FOR_SALE, Balance, Bin, SafetyStock


def available(
    db: Session, sku_ids: Collection[int] | None = None, warehouse_ids: Collection[int] | None = None
) -> Sequence[sa.Row]:
    """(sku_id, warehouse_id, on_hand, reserved, held, safety, available), a row per SKU and warehouse that holds it.

    Units in open pick faces and reserve storage; available = what is neither reserved nor held, less the safety stock,
    never below 0. Of these SKUs and warehouses; None: of all.
    """
    return _read(db, sku_ids, warehouse_ids, summed=False)


def per_sku(
    db: Session, sku_ids: Collection[int] | None = None, warehouse_ids: Collection[int] | None = None
) -> Sequence[sa.Row]:
    """(sku_id, available): what these warehouses together can sell."""
    return _read(db, sku_ids, warehouse_ids, summed=True)


def _read(
    db: Session, sku_ids: Collection[int] | None, warehouse_ids: Collection[int] | None, *, summed: bool
) -> Sequence[sa.Row]:
    dialect = db.get_bind().dialect.name
    given = {"skus": sku_ids, "sites": warehouse_ids}
    query = statement(dialect, sku_ids is not None, warehouse_ids is not None, summed)
    return db.execute(query, {name: listed(dialect, ids) for name, ids in given.items() if ids is not None}).all()


@cache
def statement(dialect: str, some_skus: bool = False, some_sites: bool = False, summed: bool = False) -> sa.Select:
    """The question, built once per shape; its parameters are `skus` and `sites`, as `listed` makes them."""
    where = [among(dialect, col(Balance.sku_id), "skus")] if some_skus else []
    where += [among(dialect, col(Bin.warehouse_id), "sites")] if some_sites else []
    totals = (
        sa.select(
            col(Balance.sku_id),
            col(Bin.warehouse_id),
            sa.func.sum(col(Balance.qty)).label("on_hand"),
            sa.func.sum(col(Balance.reserved)).label("reserved"),
            sa.func.sum(col(Balance.held)).label("held"),
        )
        .join(Bin, col(Bin.id) == col(Balance.place_id))
        .where(col(Bin.is_closed).is_(False), col(Bin.kind).in_(FOR_SALE), *where)
        .group_by(col(Balance.sku_id), col(Bin.warehouse_id))
        .subquery()
    )
    t, safety = totals.c, sa.func.coalesce(col(SafetyStock.qty), 0)
    left = t.on_hand - t.reserved - t.held - safety
    left = sa.case((left > 0, left), else_=0).label("available")
    kept = (col(SafetyStock.sku_id) == t.sku_id) & (col(SafetyStock.warehouse_id) == t.warehouse_id)
    if summed:
        each = sa.select(t.sku_id, left).outerjoin_from(totals, SafetyStock, kept).subquery().c
        return sa.select(each.sku_id, sa.func.sum(each.available).label("available")).group_by(each.sku_id)
    columns = (t.sku_id, t.warehouse_id, t.on_hand, t.reserved, t.held, safety.label("safety"), left)
    return sa.select(*columns).outerjoin_from(totals, SafetyStock, kept)


def among(dialect: str, column: Any, name: str) -> sa.ColumnElement[bool]:
    """`column` is one of the ids in parameter `name`: one value, as a thousand of them cost more than the read."""
    if dialect == "sqlite":
        each = sa.func.json_each(sa.bindparam(name)).table_valued("value")
        return column.in_(sa.select(each.c.value))  # type: ignore[no-any-return]
    return column == sa.any_(sa.bindparam(name, type_=sa.ARRAY(sa.Integer)))  # type: ignore[no-any-return]


def listed(dialect: str, ids: Collection[int]) -> str | list[int]:
    """Ids as the one value `among` takes."""
    whole = [int(one) for one in ids]
    return str(whole) if dialect == "sqlite" else whole
