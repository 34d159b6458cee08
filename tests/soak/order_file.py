"""Import a long order file while its process is killed, and prove every row; say how much memory that took.

    python -m tests.soak.order_file --rows 1000000 --kills 3 --database sqlite|postgres

Orders of one to four rows, one row in a hundred bad. The import is a process of its own; killed with SIGKILL at seeded
rows it is begun again, and what is there counts as known. At the end every good order must be there once, with all its
lines; every row of the last run is accepted, known or rejected; every bad row is listed. The memory told is the peak
above what the same process held before it opened the file.
"""

import argparse
import collections
import csv
import json
import os
import random
import re
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import sqlalchemy as sa
from sqlmodel import col, select

from floor import cli
from floor.catalog.models import Sku
from floor.factory import create_app
from floor.intake import jobs, queries
from floor.intake.channels.mapping import Mapping
from floor.intake.models import ImportBatch, RejectedRow
from floor.kit import uow
from floor.kit.actor import SYSTEM
from floor.kit.uow import reading, unit_of_work
from floor.orders.models import Order, OrderLine
from floor.settings import Settings
from tests.running import running
from tests.servers import empty_database

SKUS = 500
HEAD = ["order", "placed", "buyer", "name", "phone", "address", "sku", "qty", "price"]
FIELDS = ("order_id", "placed_at", "buyer_id", "recipient", "phone", "street", "sku", "qty", "unit_price")
MAPPING = {"name": "soak", "channel": "file", "columns": dict(zip(FIELDS, HEAD, strict=True))}
#: What a bad row is: the column, and what stands there.
FAULTS = (("sku", "NOBODY-HAS-IT"), ("qty", "-1"), ("price", "much"), ("placed", "yesterday"))


def rows(count: int, rng: random.Random) -> Iterator[tuple[list[str], bool]]:
    """So many rows, order after order, and whether each is bad."""
    made, number = 0, 0
    while made < count:
        number += 1
        day = f"2026-11-{1 + number % 25:02d} 10:00:00"
        for line in range(min(rng.randrange(1, 5), count - made)):
            row = {
                "order": f"F-{number:07d}", "placed": day, "buyer": f"b{number % 9973}", "name": "张小明",
                "phone": f"138{number % 10**8:08d}", "address": f"浙江省杭州市西湖区文三路 {number % 900 + 1} 号",
                "sku": f"SOAK-{(number * 7 + line * 131) % SKUS:03d}", "qty": str(1 + line % 3), "price": "19.90",
            }  # fmt: skip
            bad = made % 100 == 99
            if bad:
                column, what = FAULTS[made // 100 % len(FAULTS)]
                row[column] = what
            yield [row[name] for name in HEAD], bad
            made += 1


@dataclass
class Written:
    """What the file must become: orders without a bad row, and their units."""

    rows: int = 0
    orders: int = 0
    units: int = 0
    bad: int = 0


def write(path: Path, count: int, seed: int) -> Written:
    told = Written()
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(HEAD)
        mine: list[tuple[list[str], bool]] = []
        for row, bad in [*rows(count, random.Random(seed)), ([""] * len(HEAD), False)]:
            if mine and mine[0][0][0] != row[0]:
                if not any(is_bad for _row, is_bad in mine):
                    told.orders += 1
                    told.units += sum(int(one[7]) for one, _bad in mine)
                mine = []
            if row[0]:
                table.writerow(row)
                mine.append((row, bad))
                told.rows += 1
                told.bad += bad
    return told


def _memory(what: str) -> int:
    """MB of this process: VmRSS now, VmHWM at the most."""
    found = re.search(rf"{what}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found.group(1)) // 1024 if found else 0


def run(url: str, path: str) -> None:
    """The process that is killed: one import from beginning to end. Prints rows as it goes, then the memory.
    A short file is settled in short slices, so that there is something to be killed between."""
    create_app(Settings(database_url=url, secret_key="a key for soaks", rate_limits=False))
    with reading() as db:
        queries.health(db)
    idle = _memory("VmRSS")

    def tell(batch: ImportBatch) -> None:
        print(json.dumps({"rows": batch.rows, "mb": _memory("VmRSS") - idle}), flush=True)

    with open(path, "rb") as file:
        jobs.FILE_CHUNK = min(jobs.FILE_CHUNK, sum(1 for _ in file) // 10)
    jobs.import_file(path, lambda: open(path, "rb"), Mapping.model_validate(MAPPING), False, SYSTEM, tell)  # noqa: SIM115 -- the reader closes it
    print(json.dumps({"idle": idle, "peak": _memory("VmHWM") - idle}), flush=True)


@dataclass
class Outcome:
    written: Written
    kills: int
    seconds: float
    idle: int
    peak: int
    wrong: list[str]

    def __str__(self) -> str:
        return (
            f"{self.written.rows} rows, {self.written.bad} bad, {self.kills} kills · {self.seconds:.0f} s, restarts"
            f" included · idle {self.idle} MB, peak {self.peak} MB above · wrong {len(self.wrong)}"
        )


def soak(url: str, count: int, kills: int, seed: int, folder: Path, say: Callable[[str], None]) -> Outcome:
    """Build, write, import with kills, prove."""
    create_app(Settings(database_url=url, secret_key="a key for soaks", rate_limits=False))
    cli.migrate()
    with unit_of_work() as db:
        db.add_all(
            Sku(code=f"SOAK-{n:03d}", name=f"{n}", length_mm=100, width_mm=100, height_mm=100, weight_g=100)
            for n in range(SKUS)
        )
    uow.database().dispose()
    path = folder / "orders.csv"
    written = write(path, count, seed)
    rng = random.Random(seed)
    stops = sorted(rng.randrange(count // 20, count * 9 // 10) for _ in range(kills))
    began, killed, told = time.monotonic(), 0, {"idle": 0, "peak": 0}
    for stop in [*stops, None]:
        stopped, last = _once(url, path, stop, say)
        killed += stopped
        told = last or told
    seconds = time.monotonic() - began
    wrong = prove(written)
    uow.database().dispose()
    return Outcome(written, killed, seconds, told["idle"], told["peak"], wrong)


def _once(
    url: str, path: Path, stop: int | None, say: Callable[[str], None]
) -> tuple[bool, dict[str, int] | None]:  # fmt: skip
    """One run of the import, killed once it is at so many rows; whether it was, and what it told at its end."""
    with running("tests.soak.order_file", "--run", url, str(path)) as (child, said):
        spoke, rest = 0, []
        for line in said:
            if not line.startswith("{"):
                rest.append(line)
                continue
            now = json.loads(line)
            if "peak" in now:
                return False, now
            if now["rows"] - spoke >= 50_000:
                spoke = now["rows"]
                say(f"  {now['rows']} rows, {now['mb']} MB above idle")
            if stop is not None and now["rows"] >= stop:
                os.kill(child, signal.SIGKILL)
                say(f"killed after {now['rows']} rows")
                collections.deque(said, 0)  # until it is dead
                return True, None
    raise AssertionError(f"the import ended: {''.join(rest)}")


def prove(written: Written) -> list[str]:
    """What is not as it must be."""
    with reading() as db:
        wrong = queries.broken_batches(db)
        last = db.exec(select(ImportBatch).order_by(col(ImportBatch.id).desc())).first()
        orders = db.execute(sa.select(sa.func.count(), sa.func.count(sa.distinct(col(Order.external_id))))).one()
        units = db.execute(sa.select(sa.func.sum(col(OrderLine.qty)))).scalar()
        assert last is not None
        rejected = sa.select(sa.func.count()).where(col(RejectedRow.batch_id) == last.id)
        bad = db.execute(rejected.where(col(RejectedRow.reason) != "order_incomplete")).scalar()
    if last.finished_at is None or last.rows != written.rows:
        wrong.append(f"the last run settled {last.rows} of {written.rows} rows")
    if tuple(orders) != (written.orders, written.orders):
        wrong.append(f"{written.orders} orders were written, {tuple(orders)} are there")
    if units != written.units:
        wrong.append(f"{written.units} units were written, {units} are there")
    if bad != written.bad:
        wrong.append(f"{written.bad} bad rows were written, {bad} are listed with a reason of their own")
    return wrong


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak.order_file", description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--run", nargs=2, metavar=("URL", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.run:
        run(*options.run)
        return 0
    with tempfile.TemporaryDirectory(prefix="floor-soak-") as name, empty_database(options.database, Path(name)) as url:
        outcome = soak(url, options.rows, options.kills, options.seed, Path(name), partial(print, flush=True))
    print(outcome)
    print(*outcome.wrong, sep="\n")
    return 1 if outcome.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
