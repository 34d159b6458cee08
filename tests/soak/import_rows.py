"""Import a stock file with bad rows while the worker is killed again and again, and prove every row.

    python -m tests.soak.import_rows --rows 100000 --kills 6 --seed 1 --database sqlite

One row in a hundred is bad, of every kind of fault by turns. The real worker runs in a process of its own and is killed
with SIGKILL at seeded moments, while it examines and while it applies, and started again. At the end every bad row must
be reported exactly once and with its reason, every good one booked exactly once, and the books must add up.
"""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor import cli
from floor.catalog.models import Sku
from floor.factory import create_app
from floor.inventory import books, imported, imports, service
from floor.inventory.models import (
    Balance,
    Bin,
    ImportKind,
    LedgerRow,
    MoveReason,
    Place,
    PlaceKind,
    StockImport,
    StockImportKey,
    Warehouse,
)
from floor.inventory.service import Move, Wish
from floor.inventory.states import ImportState
from floor.kit import spreadsheet, uow
from floor.kit.actor import SYSTEM
from floor.kit.uow import reading, unit_of_work
from tests.running import RunningHouse
from tests.servers import empty_database

Say = Callable[[str], None]

SKUS, SITE = 1000, "SHA"
HEAD = ["sku", "warehouse", "bin", "qty"]
#: Bins that hold ten of the first SKU before: good rows make them more or fewer...
BEFORE, BEFORE_BINS = 10, 200
#: ...and bins beyond those of the good rows, where five of ten are promised: a bad row would take them.
PROMISED, PROMISED_BINS = 5, 1000
#: A worker that does nothing for so long is stuck.
PATIENCE_S = 600


@dataclass
class File:
    """What was written: the rows, the reason each bad one must be given, and what good ones must book."""

    rows: list[list[str]]
    bad: dict[int, str] = field(default_factory=dict)
    good: dict[tuple[str, str], int] = field(default_factory=dict)


@dataclass
class Outcome:
    rows: int
    bad: int
    kills: Counter[str]
    examine_s: float
    apply_s: float
    reasons: Counter[str]
    wrong: list[str]

    def __str__(self) -> str:
        rate = self.rows / (self.examine_s + self.apply_s)
        return (
            f"{self.rows} rows, {self.bad} bad ({dict(sorted(self.reasons.items()))}) · {self.kills.total()} kills"
            f" ({dict(self.kills)}) · examined in {self.examine_s:.1f} s, applied in {self.apply_s:.1f} s, restarts"
            f" included: {rate:.0f} rows a second · wrong {len(self.wrong)}"
        )


def build(bins: int) -> None:
    """The empty database becomes a house of so many bins and a thousand SKUs, some of them lying there and promised."""
    cli.migrate()
    with unit_of_work() as db:
        house = Warehouse(code=SITE, name=SITE, province="-", city="-", address="-")
        db.add(house)
        db.flush()
        house_id = house.id or 0
        everywhere = range(bins + PROMISED_BINS)
        first = (db.execute(sa.select(sa.func.max(col(Place.id)))).scalar() or 0) + 1
        db.execute(
            sa.insert(Place), [{"id": first + n, "kind": PlaceKind.BIN, "warehouse_id": house_id} for n in everywhere]
        )
        if db.get_bind().dialect.name == "postgresql":
            db.execute(sa.text("SELECT setval('place_id_seq', :last)"), {"last": first + len(everywhere)})
        db.execute(
            sa.insert(Bin),
            [
                {
                    "id": first + n, "warehouse_id": house_id, "code": _bin(n), "aisle": f"B{n // 1000:02d}",
                    "bay": n // 5 % 200, "level": n % 5 + 1, "side": "L", "x_mm": 0, "y_mm": 0, "kind": "pick",
                    "is_closed": False,
                }
                for n in everywhere
            ],
        )  # fmt: skip
        db.add_all(
            Sku(code=_sku(n), name=_sku(n), length_mm=100, width_mm=100, height_mm=100, weight_g=100)
            for n in range(SKUS)
        )
        db.flush()
        _shelve(db, house_id, first, bins)


def _shelve(db: Session, house_id: int, first: int, bins: int) -> None:
    supplier = service.beyond(db, PlaceKind.SUPPLIER, house_id)
    sku = db.exec(select(Sku.id).where(Sku.code == _sku(0))).one() or 0
    beyond = range(bins, bins + PROMISED_BINS)
    moves = [Move(sku, BEFORE, supplier, first + n, MoveReason.OPENING) for n in (*range(BEFORE_BINS), *beyond)]
    service.move(db, moves, "soak", 0, SYSTEM)
    service.reserve(db, [Wish(first + n, sku, PROMISED, n) for n in beyond])


def _bin(n: int) -> str:
    return f"B{n // 1000:02d}-{n // 5 % 200:03d}-{n % 5 + 1}"


def _sku(n: int) -> str:
    return f"SOAK-{n:04d}"


def make_file(rows: int, bins: int, rng: random.Random) -> File:
    """Every row another SKU in another bin; one in a hundred bad, of every kind by turns."""
    file = File([])
    kinds = list(FAULTS)
    for n in range(rows):
        # Bin by bin: the first SKU of all bins, then the second..., so that slices touch many bins.
        sku, where, qty = _sku(n // bins), _bin(n % bins), rng.randint(6, 60)
        if n % 100 == 57:
            reason = kinds[n // 100 % len(kinds)]
            row = FAULTS[reason]([sku, SITE, where, str(qty)], file)
            if reason == "promised":
                row = [_sku(0), SITE, _bin(bins + n // 100), "1"]
            file.bad[n + 2] = reason
        else:
            row = [sku, SITE, where, str(qty)]
            file.good[sku, where] = qty
        file.rows.append(row)
    return file


#: Reason -> what makes a good row bad in that way.
FAULTS: dict[str, Callable[[list[str], File], list[str]]] = {
    "sku": lambda row, _file: ["NOBODY-KNOWS", *row[1:]],
    "warehouse": lambda row, _file: [row[0], "NOWHERE", *row[2:]],
    "bin": lambda row, _file: [*row[:2], "Z99-999-9", row[3]],
    "number": lambda row, _file: [*row[:3], "a few"],
    "missing": lambda row, _file: [*row[:3], ""],
    "too_long": lambda row, _file: [row[0] * 5, *row[1:]],
    "spoiled": lambda row, _file: ["6.90123E+12", *row[1:]],
    "twice": lambda row, file: list(file.rows[-7]),
    "encoding": lambda row, _file: [row[0] + "\ufffd", *row[1:]],
    "promised": lambda row, _file: row,
}


def soak(url: str, rows: int, kills: int, seed: int, folder: Path, say: Say) -> Outcome:
    """Build, write, upload, let the worker examine, confirm, let it apply; kill it on the way; prove the end."""
    rng, bins = random.Random(seed), min(20_000, rows // 2)
    house, dead = RunningHouse(url, folder), Counter[str]()
    create_app(house.settings)  # says who hears of an upload
    build(bins)
    file = make_file(rows, bins, rng)
    body = spreadsheet.to_csv(HEAD, file.rows)
    with unit_of_work() as db:
        it = imports.begin(db, ImportKind.STOCK, "soak.csv", body, SYSTEM)
    assert it.id is not None
    try:
        house.start("server")
        house.start("worker")  # once the server answers, so that nothing is done before anybody looks
        examine_s = _work(house, it.id, ImportState.EXAMINING, rows, kills // 2, rng, dead, say)
        with unit_of_work() as db:
            imports.confirm(db, imported.import_for(db, it.id, lock=True), SYSTEM)
        apply_s = _work(house, it.id, ImportState.APPLYING, rows, kills - kills // 2, rng, dead, say)
        _wait_for(lambda: not _keys(), 60)
    finally:
        house.stop()
    wrong, reasons = prove(it.id, file)
    uow.database().dispose()
    return Outcome(rows, len(file.bad), dead, examine_s, apply_s, reasons, wrong)


def _work(
    house: RunningHouse, import_id: int, state: ImportState, rows: int, kills: int, rng: random.Random,
    dead: Counter[str], say: Say,
) -> float:  # fmt: skip
    """Let the worker work in this state to its end, killed whenever it has done another stretch. Returns seconds."""
    began = time.monotonic()
    # A small file is done in a blink; looking often at a large one would slow the worker down.
    pause = 0.002 if rows < 10_000 else 0.1
    stops = sorted(rng.randrange(rows // 20, rows * 3 // 4) for _ in range(kills))
    while _now(import_id).state is state:
        if time.monotonic() - began > PATIENCE_S:
            raise TimeoutError(f"stuck at {_now(import_id)}\n{house.log.read_text()[-3000:]}")
        done = _done(_now(import_id), state)
        if stops and done >= stops[0]:
            stops.pop(0)
            time.sleep(rng.uniform(0, 0.03))  # somewhere inside the next slice
            house.kill_worker()
            dead[state.value] += 1
            say(f"killed while {state} after {done} rows")
            house.start("worker")
        time.sleep(pause)
    return time.monotonic() - began


def _done(it: StockImport, state: ImportState) -> int:
    return it.rows if state is ImportState.EXAMINING else it.settled


def _now(import_id: int) -> StockImport:
    with reading() as db:
        return imported.import_for(db, import_id)


def _keys() -> int:
    with reading() as db:
        return db.execute(sa.select(sa.func.count()).select_from(StockImportKey)).scalar_one()


def _wait_for(is_so: Callable[[], bool], seconds: float) -> None:
    until = time.monotonic() + seconds
    while not is_so() and time.monotonic() < until:
        time.sleep(0.2)


def prove(import_id: int, file: File) -> tuple[list[str], Counter[str]]:
    """What is wrong with the end, in words; and how many rows were reported, by reason."""
    wrong: list[str] = []
    with reading() as db:
        it = imported.import_for(db, import_id)
        told = Counter((row.number, row.reason) for row in imported.faults(db, import_id))
        due = Counter(file.bad.items())
        wrong += [f"row {number} was not reported as {reason}" for number, reason in due - told]
        wrong += [f"row {number} was reported as {reason} too often" for number, reason in told - due]
        booked = _booked(db, import_id)
        before = {(_sku(0), _bin(n)): BEFORE for n in range(BEFORE_BINS)}
        change = {key: [qty - before.get(key, 0)] for key, qty in file.good.items() if qty != before.get(key, 0)}
        wrong += [
            f"{key}: booked {booked.get(key)}, due {change.get(key)}"
            for key in booked.keys() | change.keys()
            if booked.get(key) != change.get(key)
        ]
        lying = _lying(db)
        wrong += [f"{key}: {lying.get(key)} lie there, not {qty}" for key, qty in file.good.items()
                  if lying.get(key) != qty]  # fmt: skip
        wrong += books.broken_balances(db) + books.broken_reservations(db) + imported.broken_imports(db)
        if it.state is not ImportState.DONE or it.rows != len(file.rows) or it.refused:
            wrong.append(f"the import says {it}")
        if db.exec(select(sa.func.count()).select_from(StockImportKey)).one():
            wrong.append("keys were left behind")
    return wrong, Counter(reason for _number, reason in told.elements())


def _booked(db: Session, import_id: int) -> dict[tuple[str, str], list[int]]:
    """(SKU, bin) -> what the import booked there, row by row of the ledger."""
    bins = dict(db.execute(sa.select(col(Bin.id), col(Bin.code))).all())
    rows = db.execute(
        sa.select(col(Sku.code), col(LedgerRow.from_place_id), col(LedgerRow.to_place_id), col(LedgerRow.qty))
        .join(Sku, col(Sku.id) == col(LedgerRow.sku_id))
        .where(col(LedgerRow.subject) == "import", col(LedgerRow.subject_id) == import_id)
    )
    booked: dict[tuple[str, str], list[int]] = {}
    for sku, origin, target, qty in rows:
        where, change = (bins[target], qty) if target in bins else (bins[origin], -qty)
        booked.setdefault((sku, where), []).append(change)
    return booked


def _lying(db: Session) -> dict[tuple[str, str], int]:
    rows = db.execute(
        sa.select(col(Sku.code), col(Bin.code), col(Balance.qty))
        .join(Sku, col(Sku.id) == col(Balance.sku_id))
        .join(Bin, col(Bin.id) == col(Balance.place_id))
    )
    return {(sku, where): qty for sku, where, qty in rows}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak.import_rows", description=__doc__.splitlines()[0])
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--seed", type=int, default=int(datetime.now().timestamp()) % 100_000)  # noqa: DTZ005
    options = parser.parse_args(arguments)
    print(f"seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="floor-import-") as name:
        folder = Path(name)
        with empty_database(options.database, folder) as url:
            outcome = soak(
                url, options.rows, options.kills, options.seed, folder, lambda words: print(words, flush=True)
            )
    for words in outcome.wrong[:50]:
        print(f"  {words}")
    print(f"{options.database}: {outcome}")
    return 1 if outcome.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
