"""What 20 warehouses can sell of 1, 1,000 and 10,000 SKUs, with 1,000,000 ledger rows behind it.

Run: python -m benchmarks.availability [--database postgresql+psycopg://...] [--ledger 1000000]

It builds its own database (seeded arithmetic, no chance), whose books balance. The peer of each figure is the plainest
read there is: the same balance rows, through the same index, one by one and without a sum.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from floor import cli
from floor.inventory import availability, books
from floor.inventory.models import Balance
from floor.kit import uow
from floor.kit.db import Database
from floor.kit.uow import reading, unit_of_work

SKUS, SITES, FACES, RESERVES = 10_000, 20, 5_000, 2_500
ROUNDS = 9
#: Every third SKU also lies in reserve storage.
THIRD = 3


def build(ledger_rows: int) -> None:
    """A house of SITES warehouses: each SKU on one pick face of each, its opening and its sales in the ledger."""
    bins = FACES + RESERVES
    balances = SITES * (SKUS + -(-SKUS // THIRD))
    sales = ledger_rows - balances
    if sales < 0:
        raise ValueError(f"at least {balances} ledger rows: one opens each balance")
    numbers = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {})"
    # Balance b is SKU b % SKUS in site b / SKUS; those above SITES * SKUS lie in the reserve.
    lying = (
        f"WITH RECURSIVE b(b) AS (SELECT 0 UNION ALL SELECT b + 1 FROM b WHERE b + 1 < {balances}), lying AS ("
        f" SELECT b, CASE WHEN b < {SITES * SKUS} THEN b / {SKUS} ELSE (b - {SITES * SKUS}) % {SITES} END AS site,"
        f" CASE WHEN b < {SITES * SKUS} THEN b % {SKUS} ELSE (b - {SITES * SKUS}) / {SITES} * {THIRD} END AS sku"
        f" FROM b), put AS (SELECT b, sku + 1 AS sku, site, {SITES * 2} + 1 + site * {bins} + CASE"
        f" WHEN b < {SITES * SKUS} THEN sku % {FACES} ELSE {FACES} + sku % {RESERVES} END AS place,"
        f" 5 + (b * 7919) % 60 AS qty, {sales // balances} + CASE WHEN b < {sales % balances} THEN 1 ELSE 0 END AS sold"
        " FROM lying)"
    )
    now = "'2026-11-23 08:00:00.000000'"
    statements = (
        f"{numbers.format(SITES)} INSERT INTO warehouse (id, code, name, name_en, province, city, address, contact,"
        " phone, cutoff, labour_lines, layout) SELECT i + 1, 'W' || i, 'W', '', '', '', '', '', '', '15:00', 2000,"
        " '{}' FROM n",
        f"{numbers.format(SKUS)} INSERT INTO sku (id, code, name, name_en, colour, colour_en, size, colour_hex,"
        " drawing, category, length_mm, width_mm, height_mm, weight_g, price_fen, packing_class, tracking,"
        " min_life_days,"
        " is_active) SELECT i + 1, 'S' || i, 'S', '', '', '', '', '#888888', 'box', '', 9, 9, 9, 9, 9, 'normal',"
        " 'none', 0, true FROM n",
        # Places: a supplier and a customer for each site, then its bins.
        f"{numbers.format(SITES * 2)} INSERT INTO place (id, kind, warehouse_id) SELECT i + 1,"
        f" CASE WHEN i < {SITES} THEN 'supplier' ELSE 'customer' END, i % {SITES} + 1 FROM n",
        f"{numbers.format(SITES * bins)} INSERT INTO place (id, kind, warehouse_id)"
        f" SELECT {SITES * 2} + 1 + i, 'bin', i / {bins} + 1 FROM n",
        f"{numbers.format(SITES * bins)} INSERT INTO bin (id, warehouse_id, code, aisle, bay, level, side, x_mm, y_mm,"
        f" kind, is_closed) SELECT {SITES * 2} + 1 + i, i / {bins} + 1, 'B' || (i % {bins}), 'A', 1, 1, 'L', 0, 0,"
        f" CASE WHEN i % {bins} < {FACES} THEN 'pick' ELSE 'reserve' END, i % 997 = 0 FROM n",
        f"{lying} INSERT INTO stock_balance (place_id, sku_id, qty, reserved, held)"
        " SELECT place, sku, qty, 0, 0 FROM put",
        f"{lying} INSERT INTO stock_ledger (at, sku_id, qty, from_place_id, to_place_id, reason, subject, subject_id,"
        f" actor_name) SELECT {now}, sku, qty + sold, site + 1, place, 'opening', '', 0, '' FROM put",
        f"{lying}, n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {sales // balances})"
        " INSERT INTO stock_ledger (at, sku_id, qty, from_place_id, to_place_id, reason, subject, subject_id,"
        f" actor_name) SELECT {now}, sku, 1, place, {SITES} + site + 1, 'ship', '', 0, '' FROM put JOIN n ON i < sold",
        f"{lying} INSERT INTO safety_stock (warehouse_id, sku_id, qty, is_manual)"
        f" SELECT site + 1, sku, 1 + b % 9, true FROM put WHERE b < {SITES * SKUS} AND b % 4 = 0",
    )
    with unit_of_work() as db:
        for statement in statements:
            db.execute(sa.text(statement))
    with uow.database().engine.connect().execution_options(floor_write=True) as line:
        line.exec_driver_sql("ANALYZE")
        line.commit()


def plain(db: Session, sku_ids: Sequence[int] | None) -> Sequence[Any]:
    """The peer: the balance rows themselves, in the index's order."""
    query = _plain(uow.database().is_sqlite, sku_ids is not None)
    return db.execute(query, {"skus": availability.listed(_dialect(), sku_ids)} if sku_ids is not None else {}).all()


@cache
def _plain(_is_sqlite: bool, some: bool) -> sa.Select:
    query = sa.select(col(Balance.sku_id), Balance.place_id, Balance.qty, Balance.reserved, Balance.held)
    where = [availability.among(_dialect(), col(Balance.sku_id), "skus")] if some else []
    return query.where(*where).order_by(col(Balance.sku_id))


def _dialect() -> str:
    return "sqlite" if uow.database().is_sqlite else "postgresql"


def ms(read: Callable[[Session, Sequence[int] | None], Sequence[Any]], ids: Sequence[int] | None) -> tuple[float, int]:
    """Best of ROUNDS warm reads (the least disturbed one), and how many rows came."""
    times = []
    with reading() as db:
        rows = len(read(db, ids))
        for _ in range(ROUNDS):
            start = time.perf_counter()
            read(db, ids)
            times.append((time.perf_counter() - start) * 1000)
    return min(times), rows


def plan() -> list[str]:
    """How the database goes about the question over all SKUs."""
    explain = "EXPLAIN QUERY PLAN " if uow.database().is_sqlite else "EXPLAIN "
    query = availability.statement(_dialect()).compile(uow.database().engine, compile_kwargs={"literal_binds": True})
    with reading() as db:
        return [str(row[-1]) for row in db.execute(sa.text(explain + str(query)))]


def forget_and_rebuild() -> None:
    """Empty every balance, make them again from the ledger alone, and compare row by row."""
    table = Balance.__table__  # type: ignore[attr-defined]
    everything = sa.select(table).order_by(table.c.place_id, table.c.sku_id)
    with reading() as db:
        before = db.execute(everything).all()
    with unit_of_work() as db:
        db.execute(sa.update(Balance).values(qty=0, reserved=0, held=0))
    start = time.perf_counter()
    with unit_of_work() as db:
        written = books.rebuild(db)
    seconds = time.perf_counter() - start
    with reading() as db:
        same = db.execute(everything).all() == before
    print(f"rebuilt {written} balances from the ledger in {seconds:.1f} s, {'identical' if same else 'DIFFERENT'}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", default="", help="an empty database; default: a SQLite file of its own")
    parser.add_argument("--ledger", type=int, default=1_000_000, help="rows of the ledger")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        uow.bind(Database(options.database or f"sqlite:///{Path(folder) / 'availability.db'}"))
        cli.migrate()
        start = time.perf_counter()
        build(options.ledger)
        with reading() as db:
            broken = books.broken_balances(db)
        assert not broken, broken[:3]
        print(f"built in {time.perf_counter() - start:.0f} s, the books balance")
        print(
            f"{'SKUs':>8}{'answer ms':>12}{'rows':>9}{'per SKU ms':>12}{'rows':>9}{'plain ms':>12}{'rows':>9}"
            f"{'ratio':>8}"
        )
        for name, ids in (("1", [4711]), ("1,000", list(range(1, SKUS, 10))), ("10,000", None)):
            ours, rows = ms(availability.available, ids)
            summed, fewer = ms(availability.per_sku, ids)
            peer, lines = ms(plain, ids)
            print(f"{name:>8}{ours:12.1f}{rows:9}{summed:12.1f}{fewer:9}{peer:12.1f}{lines:9}{ours / peer:8.2f}")
        print("\n".join(["plan, all SKUs:", *plan()]))
        forget_and_rebuild()
        uow.database().dispose()


if __name__ == "__main__":
    main()
