"""Walks through dead zones: random cuts, reloads, lost replies, in a real browser; the server ends as the script says.

    .venv/bin/python -m tests.soak.zones --cycles 500 --seed 1 --database sqlite|postgres

One cycle is a stretch without net on the way of a scripted walk: somewhere in it the net goes (cut before the request,
or the reply lost after it was done), the page is reloaded or not, and some scans later it is back, perhaps for a
moment only. Each walk is then compared with the script: every right scan counted once and in its order, no wrong one,
nothing lost or doubled, no stop to check, and `flask check` clean.
"""

import argparse
import random
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from playwright.sync_api import Error as BrowserError
from sqlmodel import Session, col, select

from floor import wiring
from floor.catalog.models import Sku
from floor.cli import run_checks
from floor.inventory import service as inventory
from floor.inventory.models import PlaceKind, Tote
from floor.inventory.queries import bin_by_code, warehouse_by_code
from floor.kit import uow
from floor.kit.db import Database
from floor.picking import checks, queries
from floor.picking.models import Step, StepKind, WalkEvent
from floor.picking.states import WalkState
from floor.shipments.models import Carrier
from tests import factories
from tests.cast import CAST, PIN
from tests.conftest import QUIET, _build
from tests.journeys.wire import Wire
from tests.keys import strike
from tests.picking.conftest import Floor, person
from tests.running import running_house
from tests.servers import chromium, running_postgres

PATIENCE = 60_000
GOODS = ("TEE-NAVY-L", "MUG-WHITE", "CAP-RED", "SOCK-GREY", "BAG-BLACK")
SPOTS = ("A01-02-1", "A01-06-1", "A02-03-1", "A03-04-1", "A04-02-1")


@dataclass
class Report:
    cycles: int = 0
    walks: int = 0
    scans: int = 0
    events: int = 0
    lost: int = 0
    reloads: int = 0
    wrong: int = 0
    undone: int = 0
    faults: list[str] = field(default_factory=list)

    def words(self) -> str:
        done = (
            f"{self.cycles} stretches without net on {self.walks} walks: {self.scans} scans, {self.events} events told "
            f"afterwards, {self.lost} replies lost, {self.reloads} reloads, {self.wrong} wrong scans, "
            f"{self.undone} undone"
        )
        return "\n".join([done, *(self.faults or ["no fault found"])])


# --- the world and the script -----------------------------------------------------------------------------------------


def furnish(db: Session) -> dict[str, str]:
    """Five SKUs in a bin each, far more than all walks want. Barcode by SKU."""
    house = factories.a_warehouse(db)
    ean = {}
    for code, spot in zip(GOODS, SPOTS, strict=True):
        sku = factories.a_sku(db, code)
        factories.stock(db, factories.a_bin(db, house, spot), sku, 1_000_000)
        ean[code] = factories.ean(sku)
    factories.a_carrier(db)
    return ean


def begin_walk(db: Session, rng: random.Random) -> int:
    """A walk of two or three orders past some of the bins, in Ana's hands."""
    who, house = person(db, "Ana"), warehouse_by_code(db, "SHA")
    assert house is not None
    bins = [bin_by_code(db, house.id or 0, spot) for spot in SPOTS]
    skus = [db.exec(select(Sku).where(Sku.code == code)).one() for code in GOODS]
    orders = rng.choice([1, 2, 2, 3])
    wants = [
        {n: rng.randint(1, 3) for n in sorted(rng.sample(range(len(SPOTS)), rng.randint(2, 4)))} for _ in range(orders)
    ]
    for n in range(1, orders + 1):  # the totes of the walks before stand in their lane
        place = inventory.new_place(db, PlaceKind.TOTE, house.id or 0)
        db.add(Tote(id=place, code=f"T-{place:06d}-{n}", warehouse_id=house.id or 0))
    db.flush()
    walk = Floor(house, bins, skus, db.exec(select(Carrier)).first()).started(db, wants, who)
    return walk.id or 0


# --- the phone --------------------------------------------------------------------------------------------------------


class Phone:
    """Ana with her phone; the script is what a picker would scan, read off the screen's own state."""

    def __init__(self, browser: Browser, wire: Wire, rng: random.Random, report: Report) -> None:
        self.context: BrowserContext = browser.new_context(locale="en-GB", viewport={"width": 412, "height": 915})
        self.context.set_default_timeout(PATIENCE)
        self.page: Page = self.context.new_page()
        self.page.on("pageerror", lambda error: report.faults.append(f"script error: {error}"))
        self.wire, self.url, self.rng, self.report = wire, wire.url, rng, report
        self.last = ""
        self.said: list[str] = []
        self.page.on("console", lambda message: self.said.append(message.text))

    def sign_in(self) -> None:
        self.page.goto(f"{self.url}/session?badge={CAST['Ana'][0]}")
        self.page.get_by_label("PIN", exact=True).fill(PIN, force=True)
        self.page.wait_for_url(lambda url: "/session" not in url)  # the last digit sends it

    def open(self, walk_id: int) -> None:
        self.page.goto(f"{self.url}/walks/{walk_id}/here")
        self.page.wait_for_selector("html[data-carried]", state="attached")
        self.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        self.page.keyboard.press("Shift")  # a busy machine's first key opens the sound, longer than a scanner's pause

    def strike(self, code: str) -> None:
        if code == self.last:
            self.page.wait_for_timeout(320)  # the same code sooner is a bouncing trigger
        self.last = code
        self.page.evaluate("document.querySelector('#screen').setAttribute('data-before', '')")
        strike(self.page, code)
        self.page.wait_for_selector("#screen:not([data-before])", state="attached")
        self.report.scans += 1

    def loses_the_net(self) -> None:
        """Before a scan or after one is done but not answered; half of the phones notice that their wifi is gone."""
        if self.rng.random() < 0.3:
            self.wire.lose_the_next_answer("/scans")
            return
        self.wire.cut()
        if self.rng.random() < 0.5:
            self.context.set_offline(True)

    def reload(self) -> None:
        self.page.reload()
        self.page.wait_for_selector("#screen [data-kept], #screen:not([data-shell])", state="attached")
        self.page.wait_for_selector("#screen:not([data-shell])", state="attached")
        self.page.wait_for_function("() => Boolean(window.Floor && window.Floor.zone)")
        self.page.keyboard.press("Shift")
        self.report.reloads += 1

    def state(self) -> str:
        """For a fault: what the page and the scanner's queue say."""
        html = self.page.evaluate("document.documentElement.cloneNode(false).outerHTML")
        queue = self.page.evaluate("sessionStorage.getItem('floor.scans')")
        return f"{html} {queue} {self.page.inner_text('body')[:400]} {self.said[-5:]}"

    def comes_back(self) -> None:
        self.wire.mend()
        self.context.set_offline(False)
        self.page.wait_for_selector("html:not([data-scans-waiting])", state="attached")
        self.page.wait_for_selector("#screen:not([data-local])", state="attached")


@dataclass
class Script:
    """The walk as a picker does it: (what to scan, what it counts as) in order; made before the phone is touched."""

    steps: list[tuple[str, str]]


def script_of(view: queries.WalkView, ean: dict[int, str]) -> Script:
    steps: list[tuple[str, str]] = []
    seen = ""
    for stop in view.stops:
        if stop.code != seen:
            steps.append((stop.code, "bin"))
        seen = stop.code
        steps += [(ean[stop.goods.sku_id], "put" if stop.is_direct else "item")] * stop.rest
        if not stop.is_direct:
            steps += [(put.slot.tote, "put") for put in stop.puts]
    return Script(steps)


def walk_once(phone: Phone, walk_id: int, script: Script, cycles: int) -> int:
    """The whole script with up to `cycles` stretches without net in it. Returns how many there were."""
    rng, report = phone.rng, phone.report
    length = len(script.steps)
    starts = sorted(rng.sample(range(length), min(cycles, max(1, length // 3))))
    ends = {start: min(start + rng.randint(1, 6), length) for start in starts}
    until, done = -1, 0
    for n, (code, kind) in enumerate([*script.steps, ("L1", "lane")]):
        if until >= 0 and n >= until:
            phone.comes_back()
            until = -1
        if until < 0 and n in ends:
            until, done = ends[n], done + 1
            phone.loses_the_net()
        offline = until >= 0
        if rng.random() < 0.08 and kind != "lane":
            phone.strike("4006381333931")  # nothing has this code
            report.wrong += 1
        phone.strike(code)
        if offline and kind != "lane" and rng.random() < 0.07:
            phone.strike("CMD-UNDO")
            report.undone += 1
            phone.strike(code)
        if offline and rng.random() < 0.2:
            phone.reload()
    if until >= 0:
        phone.comes_back()
    return done


def compare(db: Session, walk_id: int, script: Script, report: Report) -> None:
    """The server's walk against the script: order, nothing lost, nothing doubled."""
    live = db.exec(select(Step).where(Step.walk_id == walk_id, col(Step.undone_at).is_(None)).order_by(col(Step.id)))
    did = [step.kind for step in live if step.kind in (StepKind.BIN, StepKind.ITEM, StepKind.PUT)]
    wanted = [StepKind(kind) for _code, kind in script.steps]
    if did != wanted:
        did_words, wanted_words = [kind.value for kind in did], [kind.value for kind in wanted]
        report.faults.append(f"walk {walk_id}: did {did_words}, the script says {wanted_words}")
    events = db.exec(select(WalkEvent).where(WalkEvent.walk_id == walk_id).order_by(col(WalkEvent.id))).all()
    report.events += len(events)
    if [event.seq for event in events] != list(range(1, len(events) + 1)):
        report.faults.append(f"walk {walk_id}: events out of order: {[event.seq for event in events]}")
    report.faults += [f"walk {walk_id}: event {e.seq} {e.kind} was refused: {e.refused}" for e in events if e.refused]
    view = queries.walk_view(db, walk_id)
    if view.state is not WalkState.DONE or any(stop.picked != stop.wanted for stop in view.stops):
        report.faults.append(f"walk {walk_id} is {view.state}: {[(s.picked, s.wanted) for s in view.stops]}")
    if left := checks.open_checks(db, walk_id):
        report.faults.append(f"walk {walk_id}: to check: {left}")


def run(browser: Browser, port: int, ean: dict[str, str], cycles: int, seed: int) -> Report:
    """So many stretches without net on as many walks as that takes; the house is at `port`, on the bound database."""
    with Wire(port) as wire:
        return _run(browser, wire, ean, cycles, seed)


def _run(browser: Browser, wire: Wire, ean: dict[str, str], cycles: int, seed: int) -> Report:
    rng, report = random.Random(seed), Report()
    phone = Phone(browser, wire, rng, report)
    phone.sign_in()
    with uow.reading() as db:
        by_id = {sku.id or 0: ean[sku.code] for sku in db.exec(select(Sku)) if sku.code in ean}
    while report.cycles < cycles and not report.faults:
        with uow.unit_of_work() as db:
            walk_id = begin_walk(db, rng)
            script = script_of(queries.walk_view(db, walk_id), by_id)
        try:
            phone.open(walk_id)
            report.cycles += walk_once(phone, walk_id, script, min(4, cycles - report.cycles))
        except BrowserError as error:
            report.faults.append(f"walk {walk_id}: {str(error)[:300]} at {phone.page.url}, {phone.state()}")
            break
        report.walks += 1
        if report.walks % 10 == 0:
            print(f"{report.cycles} stretches on {report.walks} walks", file=sys.stderr, flush=True)
        with uow.reading() as db:
            compare(db, walk_id, script, report)
        if report.faults:
            report.faults.append(phone.state())
    report.faults += [f"{name}: {rows}" for name, rows in run_checks(wiring.CHECKS).items() if rows]
    report.lost = wire.lost
    phone.context.close()
    return report


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cycles", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    options = parser.parse_args()
    began = time.monotonic()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        url = f"sqlite:///{folder}/floor.db"
        if options.database == "postgres":
            url = stack.enter_context(running_postgres()).create_database()
        _build(url)
        uow.bind(Database(url))
        with uow.unit_of_work() as db:
            ean = furnish(db)
        uow.database().dispose()
        with running_house(url, Path(folder)) as house, sync_playwright() as playwright:
            uow.bind(Database(url))
            browser = playwright.chromium.launch(executable_path=chromium(), args=[f"--{flag}" for flag in QUIET])
            report = run(browser, house.port, ean, options.cycles, options.seed)
            browser.close()
    print(report.words(), f"{time.monotonic() - began:.0f} s, seed {options.seed}", sep="\n")
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
