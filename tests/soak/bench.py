"""Many orders at the packing bench, in a browser, each with something going wrong; then the lorry and `flask check`.

Every order has a wrong item tried, every parcel the labels of others; all must be stopped.

    python -m tests.soak.bench --database sqlite --orders 30
    python -m tests.soak.bench --database postgres --orders 30 --baskets lines.csv.gz

`--baskets` is a CSV (also gzipped) of order lines with the columns OrderNumber, SKU and PCS; else orders are made up.
"""

import argparse
import csv
import gzip
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests import servers
from tests.conftest import QUIET, _build
from tests.journeys import bench_day
from tests.journeys.bench_day import KINDS, MORE_TWISTS, Basket, Bench
from tests.journeys.person import DESK, PHONE, Person

#: A tote of a bench in a few minutes: longer orders of the file are left out.
MOST_LINES, MOST_UNITS = 6, 4


def baskets_of(path: Path, n: int) -> list[Basket]:
    """The first orders of a file that fit a tote; SKUs become our kinds of goods, always the same for the same SKU."""
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()
    wanted: dict[str, dict[str, int]] = defaultdict(dict)
    kinds = list(KINDS)
    for row in csv.DictReader(text.splitlines()):
        kind = kinds[int(row["SKU"]) % len(kinds)]
        units = wanted[row["OrderNumber"]].get(kind, 0) + int(row["PCS"])
        wanted[row["OrderNumber"]][kind] = min(MOST_UNITS, max(1, units))
    return [list(lines.items()) for lines in wanted.values() if len(lines) <= MOST_LINES][:n]


#: What shows all it has only with two units and more.
TWO_AT_LEAST = (bench_day.missing, bench_day.damaged_and_too_many, bench_day.two_boxes, bench_day.waits_for_the_missing)


def _enough(basket: Basket, n: int) -> Basket:
    """In the first round every way round is walked to its end; later ones take the orders as they come."""
    if n < len(MORE_TWISTS) and MORE_TWISTS[n] in TWO_AT_LEAST and sum(units for _kind, units in basket) < 2:
        return [(kind, 2) for kind, _units in basket]
    return basket


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    asked.add_argument("--orders", type=int, default=30)
    asked.add_argument("--baskets", type=Path)
    wish = asked.parse_args()
    baskets = baskets_of(wish.baskets, wish.orders) if wish.baskets else bench_day.made_up_baskets(wish.orders)
    baskets = [_enough(basket, n) for n, basket in enumerate(baskets)]
    with tempfile.TemporaryDirectory() as folder, servers.empty_database(wish.database, Path(folder)) as url:
        _build(url)
        return _play(url, Path(folder), baskets, [f"--{flag}" for flag in QUIET])


def _play(url: str, folder: Path, baskets: list[Basket], flags: list[str]) -> int:
    twins = [n for n in range(len(baskets)) if MORE_TWISTS[n % len(MORE_TWISTS)] is bench_day.both_totes]
    began = time.monotonic()
    with bench_day.a_house(url, folder, baskets, twins) as house, sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=servers.chromium(), args=flags)
        day, people = house.day, []  # type: ignore[attr-defined]
        for script, device in ((True, PHONE), (False, DESK)):
            context = chromium.new_context(locale="en-GB", java_script_enabled=script, **device)
            person = Person(context, house.url, script=script)
            person.sign_in("Bo")
            people.append(person)
        for n, job in enumerate(day.jobs):
            twist, who = MORE_TWISTS[n % len(MORE_TWISTS)], people[n % 2]
            who.open("/stations/P-SHA-1")
            numbers = twist(Bench(who, day, strict=True), job)
            print(f"order {n + 1:2} {twist.__name__:24} {len(numbers)} parcels", flush=True)
        bench_day.loads_the_lorry(people[0], day.closed)
        house.is_sound()
        house.passes_flask_check()
        troubles = [trouble for person in people for trouble in person.troubles]
        took = time.monotonic() - began
        print(
            f"{len(day.jobs)} orders, {bench_day.parcels()}, {day.wrong_items} wrong items and {day.wrong_labels}"
            f" wrong labels tried and stopped, flask check clean, {took:.0f} s, troubles: {troubles or 'none'}"
        )
        return 1 if troubles else 0


if __name__ == "__main__":
    sys.exit(main())
