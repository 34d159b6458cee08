"""What a batch of 500 papers does to everybody else's pages: python -m benchmarks.papers_beside
[--papers 500] [--seconds 20] [--kind slip|waybill] [--database sqlite|postgres]

The house runs as `./run` starts it: server, two workers, papers drawn in processes of their own. Two people look at
pages all the while, with a short pause between two looks; their times are taken quietly, then during the batch, then
quietly again, and the p99 beside the batch is set against that of both quiet spells. Somebody else's work on the same
cores shows as two quiet spells that differ: take the figures again then.
"""

import argparse
import http.client
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlencode

from sqlmodel import select

from floor.kit import uow
from floor.kit.actor import SYSTEM
from floor.kit.uow import reading, unit_of_work
from floor.shipping import printing
from floor.shipping.models import PaperKind
from floor.shipping.models_printing import PrintBatch
from tests.cast import CAST, PIN
from tests.factories import a_bin, a_planned_shipment, a_sku, an_order, stock
from tests.packing.worlds import World, a_boxed_parcel, a_world
from tests.servers import empty_database, free_port
from tests.soak.shelves import open_house
from tests.web_client import csrf_of

#: What people look at meanwhile, by turns.
PAGES = ("/orders", "/stations/P-SHA-1", "/stock", "/printing", "/manifests", "/stations", "/walks", "/waybills")
PEOPLE = 2
PAUSE = 0.03
#: What the batch may cost the others.
BOUND = 1.5
ROOT = Path(__file__).resolve().parents[1]


class Browser:
    """One person's pages over one connection that stays."""

    def __init__(self, port: int) -> None:
        self._line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._cookie = ""
        badge, _role = CAST["Dai"]
        token = csrf_of(self._ask("GET", "/session"))
        self._ask("POST", "/session", {"badge": badge, "pin": PIN, "csrf_token": token})

    def _ask(self, method: str, path: str, form: dict[str, str] | None = None) -> str:
        headers = {"Cookie": self._cookie, "Content-Type": "application/x-www-form-urlencoded"}
        self._line.request(method, path, urlencode(form) if form else None, headers)
        answer = self._line.getresponse()
        body = answer.read().decode()
        if answer.status >= 400:
            raise RuntimeError(f"{path}: {answer.status}")
        if cookie := answer.getheader("Set-Cookie"):
            self._cookie = cookie.partition(";")[0]
        return body

    def look(self, path: str) -> float:
        """Seconds from asking to the last byte."""
        start = time.perf_counter()
        self._ask("GET", path)
        return time.perf_counter() - start


class Crowd:
    """People who look at pages until told to stop."""

    def __init__(self, port: int) -> None:
        self._browsers = [Browser(port) for _ in range(PEOPLE)]

    @contextmanager
    def looking(self) -> Iterator[list[float]]:
        """The seconds of every page looked at during the block."""
        seen: list[float] = []
        stop = threading.Event()
        wrong: list[BaseException] = []

        def go(number: int, browser: Browser) -> None:
            turn = number
            try:
                while not stop.is_set():
                    seen.append(browser.look(PAGES[turn % len(PAGES)]))
                    turn += 1
                    time.sleep(PAUSE)
            except BaseException as error:
                wrong.append(error)

        people = [threading.Thread(target=go, args=pair) for pair in enumerate(self._browsers)]
        for one in people:
            one.start()
        try:
            yield seen
        finally:
            stop.set()
            for one in people:
                one.join()
        if wrong:
            raise wrong[0]


@contextmanager
def serving(url: str, log: Path) -> Iterator[int]:
    """The house as `./run` starts it, without the demo company; gives its port."""
    port = free_port()
    words = [sys.executable, "-m", "floor.launch", "--empty", "--port", str(port), "--database", url]
    with log.open("wb") as out:
        house = subprocess.Popen(words, cwd=ROOT, stdout=out, stderr=out)
        try:
            _wait(port, house, log)
            yield port
        finally:
            house.terminate()
            house.wait(60)


def _wait(port: int, house: "subprocess.Popen[bytes]", log: Path) -> None:
    for _try in range(600):
        with suppress(OSError):
            line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            line.request("GET", "/session")
            if line.getresponse().status == 200:
                return
        if house.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(log.read_text(errors="replace")[-2000:])


def furnish(papers: int, kind: PaperKind) -> int:
    """A house with so many papers to print, ten lines a slip; its id."""
    with unit_of_work() as db:
        world = a_world(db)
        goods = [a_sku(db, f"BATCH-{n:02d}") for n in range(10)]
        shelves = [a_bin(db, world.house, f"A03-{n + 1:02d}-1") for n in range(10)]
        for shelf, sku in zip(shelves, goods, strict=True):
            stock(db, shelf, sku, papers + 10)
        house = world.house.id or 0
    for _one in range(papers):
        with unit_of_work() as db:
            if kind is PaperKind.SLIP:
                order = an_order(db, [(sku, 1) for sku in goods])
                a_planned_shipment(db, order, [(shelf, sku, 1) for shelf, sku in zip(shelves, goods, strict=True)],
                                   world.carrier)  # fmt: skip
            else:
                _boxed(db, world)
    return house


def _boxed(db: uow.Session, world: World) -> None:
    stock(db, world.bins[world.tee.id or 0], world.tee, 2)
    a_boxed_parcel(db, world)


def batch(house: int, kind: PaperKind) -> float:
    """Ask for the batch and wait until it is printed; seconds."""
    start = time.perf_counter()
    with unit_of_work() as db:
        asked = printing.ask_batch(db, kind, house, None, None, SYSTEM).id
    while True:
        time.sleep(0.2)
        with reading() as db:
            if db.exec(select(PrintBatch.finished_at).where(PrintBatch.id == asked)).one() is not None:
                return time.perf_counter() - start


def p99(seen: list[float]) -> float:
    return statistics.quantiles(seen, n=100)[98]


def say(name: str, seen: list[float]) -> None:
    middle = statistics.median(seen)
    print(f"{name:>12}: {len(seen):5} pages, p50 {1000 * middle:6.1f} ms, p99 {1000 * p99(seen):6.1f} ms", flush=True)


def measure(url: str, folder: Path, options: argparse.Namespace) -> bool:
    open_house(url)
    kind = PaperKind(options.kind)
    house = furnish(options.papers, kind)
    with serving(url, folder / "house.log") as port:
        crowd = Crowd(port)
        with crowd.looking():
            time.sleep(5)  # every page once, and the workers' first chores
        with crowd.looking() as before:
            time.sleep(options.seconds)
        say("quiet", before)
        with crowd.looking() as beside:
            seconds = batch(house, kind)
        say("beside", beside)
        with crowd.looking() as after:
            time.sleep(options.seconds)
        say("quiet again", after)
    ratio = p99(beside) / p99([*before, *after])
    print(
        f"{options.papers} {kind}s in {seconds:.1f} s; p99 beside them {ratio:.2f} x quiet (bound {BOUND}),"
        f" p50 {statistics.median(beside) / statistics.median([*before, *after]):.2f} x; load {os.getloadavg()[0]:.1f}"
    )
    return ratio <= BOUND


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.papers_beside", description=__doc__.splitlines()[0])
    parser.add_argument("--papers", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--kind", choices=["slip", "waybill"], default="slip")
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, empty_database(options.database, Path(name)) as url:
        good = measure(url, Path(name), options)
        uow.database().dispose()
    raise SystemExit(0 if good else 1)


if __name__ == "__main__":
    main()
