"""A walk from its claim to its lane, and over the wall, without JavaScript, in both languages: on every screen nothing
scrolls sideways at 320 px, every target is 48 px high, nothing is cut off with text at 200%, and axe finds nothing."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from sqlmodel import Session, col, select

from floor.care import service as care
from floor.inventory.models import PlaceKind, Tote
from floor.inventory.service import new_place
from floor.kit import uow
from floor.kit.actor import SYSTEM
from floor.kit.db import Database
from floor.orders.models import Order
from floor.people.models import User
from floor.picking import checks, putwall, queries, reassigning, service
from floor.picking.models import CheckWhy, WalkTote
from floor.picking.models_wall import Wall
from floor.picking.queries import StopView, WalkView
from floor.shipments.models import Shipment
from tests.cast import CAST, PIN
from tests.picking.conftest import Floor, a_floor, person
from tests.running import RunningHouse
from tests.screens.looking import faults, violations

pytestmark = pytest.mark.browser

LONG = ("女士高腰弹力修身显瘦加绒牛仔裤九分小脚款", "Women's high-waisted stretch fleece-lined cropped jeans")
#: What the orders on the cart want of the four shelves; together seven of the first, so that a number may be typed.
WANTED = [{0: 2, 1: 1}, {0: 1, 3: 2}, {0: 1}, {0: 1}, {0: 1, 1: 1}, {0: 1}, {1: 1}, {3: 1}]


class Tour:
    """Ana with two phones, one Chinese and one English, neither with a script; between looks her walk goes on."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.url, self.axe, self.found = url, Axe(), list[str]()
        self.phones = {lang: self._phone(browser, lang) for lang in ("zh-CN", "en")}
        # axe is a script itself: it looks at what they show in a page that runs some.
        self.reader = browser.new_page(color_scheme="dark", viewport={"width": 412, "height": 915})
        self.reader.goto(f"{url}/session")

    def _phone(self, browser: Browser, lang: str) -> Page:
        theme: Literal["dark", "light"] = "dark" if lang == "en" else "light"
        context = browser.new_context(locale=lang, java_script_enabled=False, color_scheme=theme)
        page = context.new_page()
        page.goto(f"{self.url}/session?badge={CAST['Ana'][0]}")
        page.fill("#pin", PIN)
        page.press("#pin", "Enter")
        page.wait_for_url(f"{self.url}/")
        return page

    def look(self, name: str, path: str, code: str = "", status: int = 200, only: str = "") -> None:
        """At the screen of `path`, or, with a code, at the answer to scanning it there."""
        for lang, page in self.phones.items():
            if only and lang != only:
                continue
            answer = page.goto(self.url + path)
            if code:
                page.fill("#code", code)
                with page.expect_navigation() as going:
                    page.press("#code", "Enter")
                answer = going.value
            self._judge(f"{name} {lang}", page, answer.status if answer else 0, status)

    def tap(self, name: str, path: str, button: str, only: str) -> None:
        """At what follows a tap that changes something: one language has it."""
        page = self.phones[only]
        page.goto(self.url + path)
        with page.expect_navigation() as going:
            page.locator(button).first.click()
        self._judge(f"{name} {only}", page, going.value.status, 200)

    def _judge(self, name: str, page: Page, status: int, wanted: int) -> None:
        assert status == wanted, f"{name}: {status}\n{page.locator('body').inner_text()}"
        if name.endswith(" en"):  # by night; test_every_screen.py has the day
            self.reader.set_content(re.sub(r"<script.*?</script>", "", page.content(), flags=re.DOTALL))
            self.found += [f"{name}: {violation['id']}" for violation in violations(self.axe, self.reader)]
        self.found += [f"{name}: {fault}" for fault in faults(page, large=True)]


class OnTheFloor:
    """The walk, moved on by the verbs themselves."""

    def __init__(self, walk_id: int) -> None:
        self.id = walk_id

    def do(self, verb: Callable[..., object], *given: object) -> None:
        with uow.unit_of_work() as db:
            verb(db, self.id, *given, person(db, "Ana"))

    @property
    def view(self) -> WalkView:
        with uow.reading() as db:
            return queries.walk_view(db, self.id)

    @property
    def here(self) -> StopView:
        stop = self.view.after(None)
        assert stop is not None
        return stop

    def at(self, path: str = "") -> str:
        return f"/walks/{self.id}{path}"

    @property
    def stop(self) -> str:
        return self.at(f"/stops/{self.here.number}")

    def scan(self) -> None:
        """The next right scan."""
        here = self.here
        code = {"bin": here.code, "put": here.puts[0].slot.tote}.get(here.phase, here.goods.barcode)
        self.do(service.scan, here.id, code)

    def until(self, phase: str = "") -> None:
        """Right scans until the walk waits for this, or for nothing more."""
        for _scan in range(60):
            here = self.view.after(None)
            if here is None or here.phase == phase:
                return
            self.scan()
        raise AssertionError(f"the walk stands still at {self.here}")

    def cancel(self, slot: int) -> None:
        with uow.unit_of_work() as db:
            mine = select(Shipment).join(WalkTote, col(WalkTote.shipment_id) == Shipment.id)
            shipment = db.exec(mine.where(WalkTote.walk_id == self.id, WalkTote.slot == slot, WalkTote.part == 0)).one()
            care.cancel(db, db.get_one(Order, shipment.order_id), SYSTEM)


@pytest.fixture
def url(sqlite_template: Path, tmp_path: Path) -> Iterator[str]:
    shutil.copy(sqlite_template, tmp_path / "floor.db")
    where = f"sqlite:///{tmp_path / 'floor.db'}"
    house = RunningHouse(where, tmp_path)
    house.start("server")
    uow.bind(Database(where))
    yield house.url
    uow.database().dispose()
    house.stop()


def the_scene(db: Session) -> tuple[OnTheFloor, OnTheFloor]:
    """A cluster walk anybody may take, and a batch that Ben brought to the wall."""
    for user in db.exec(select(User)):
        user.lang = ""  # the phone's
    floor: Floor = a_floor(db)
    for sku in floor.skus:
        sku.name, sku.name_en = LONG
    for n in range(11, 21):
        db.add(
            Tote(id=new_place(db, PlaceKind.TOTE, floor.house.id or 0), code=f"T-SHA-{n}", warehouse_id=floor.house.id)
        )
    walk = floor.walk(db, WANTED)
    _wall, batch, _tote = floor.at_the_wall(db, [{2: 1}, {2: 1}], person(db, "Ben"))
    return OnTheFloor(walk.id or 0), OnTheFloor(batch.id or 0)


def test_every_screen_of_a_walk_stands_small_phones_and_large_text(url: str, browser: Browser) -> None:
    with uow.unit_of_work() as db:
        walk, batch = the_scene(db)
    tour = Tour(browser, url)
    _takes_it(tour, walk)
    _picks(tour, walk)
    _reports(tour, walk)
    _puts(tour, walk)
    _ends(tour, walk)
    _sorts(tour, batch)
    for page in (*tour.phones.values(), tour.reader):
        page.context.close()
    assert tour.found == [], "\n".join(tour.found)


def _takes_it(tour: Tour, walk: OnTheFloor) -> None:
    tour.look("next walk", "/walks")
    tour.look("free walk", walk.at())
    walk.do(service.claim)
    tour.look("cart", walk.at())
    tour.look("no cart", walk.at(), "C-SHA-99", status=422)
    walk.do(service.bind_cart, "C-SHA-1")
    totes = [f"T-SHA-{n}" for n in range(11, 11 + len(WANTED))]
    walk.do(service.bind_tote, totes[0])
    tour.look("totes", walk.at("/totes"))
    tour.look("tote taken", walk.at("/totes"), totes[0], status=422)
    for tote in totes[1:]:
        walk.do(service.bind_tote, tote)


def _picks(tour: Tour, walk: OnTheFloor) -> None:
    tour.look("bin", walk.stop)
    tour.look("other aisle", walk.stop, "A03-04-1", status=422)
    tour.look("item first", walk.stop, walk.here.goods.barcode, status=422)
    walk.scan()
    tour.look("item", walk.stop)
    tour.look("wrong item", walk.stop, "TEE-NAVY-M", status=422)
    tour.look("later stop", walk.stop, "TEE-BLACK-L", status=422)
    tour.look("unknown code", walk.stop, "4006381333931", status=422)
    walk.scan()
    tour.look("number", walk.stop)
    for tail in ("/map", "/map?close=1", "/stops", "/handover", "/finish", ""):
        tour.look(f"walk{tail}", walk.at(tail))
    with uow.unit_of_work() as db:
        reassigning.ask_to_hand_over(db, walk.id, person(db, "Ben").id or 0, SYSTEM)
    tour.look("asked for", walk.stop)
    tour.look("hand over", walk.at("/handover"), "B-9999", status=422)


def _reports(tour: Tour, walk: OnTheFloor) -> None:
    for ask in ("got=3", "got=3&why=damaged", "got=0", f"got={walk.here.rest}"):
        tour.look(f"problem {ask}", f"{walk.stop}/exception?{ask}")
    walk.until("put")
    walk.until("bin")
    for lang in tour.phones:
        tour.tap("put aside", f"{walk.stop}/exception", "form[action$='/skip'] button", only=lang)
    walk.until("item")


def _puts(tour: Tour, walk: OnTheFloor) -> None:
    walk.until("put")
    slot = walk.here.puts[0].slot
    other = next(one.tote for one in walk.view.slots if one.slot != slot.slot)
    tour.look("put", walk.stop)
    tour.look("wrong tote", walk.stop, other, status=422)
    tour.look("enough", walk.stop, walk.here.goods.barcode, status=422)
    for lang, tote in zip(tour.phones, ("T-SHA-19", "T-SHA-20"), strict=True):
        tour.look("full tote", walk.stop, tote, only=lang)
        tour.tap("undone", walk.stop, "form[action$='/undo'] button", only=lang)


def _ends(tour: Tour, walk: OnTheFloor) -> None:
    for slot, lang in zip((1, 2), tour.phones, strict=True):
        walk.cancel(slot)
        tour.look("cancelled", walk.stop, walk.here.code, status=422, only=lang)
    with uow.unit_of_work() as db:
        checks.ask(db, walk.id, walk.here.id, None, CheckWhy.DONE_ELSEWHERE, 2)
        left = [one.id for one in checks.open_checks(db, walk.id)]
    for check in left:
        tour.look("to check", walk.at(f"/checks/{check}"), only="zh-CN")
        tour.look("to check", walk.at(f"/checks/{check}"), only="en")
    walk.until()
    for check in left:
        walk.do(service.settle_check, check, None)
    tour.look("lane", walk.at("/finish"))
    tour.look("no lane", walk.at("/finish"), "L99", status=422)
    walk.do(service.finish, "L1")
    tour.look("done", walk.at())
    tour.look("no walk", "/walks")
    tour.look("pace", "/walks/board/mine")


def _sorts(tour: Tour, batch: OnTheFloor) -> None:
    with uow.reading() as db:
        wall = db.exec(select(Wall)).one()
    at, item = f"/walls/{wall.id}/batches/{batch.id}", batch.view.stops[0].goods.barcode
    tour.look("walls", "/walls")
    tour.look("wall", f"/walls/{wall.id}")
    tour.look("no batch tote", f"/walls/{wall.id}", "T-SHA-90", status=422)
    tour.look("sort", at)
    tour.look("not of the batch", at, "MUG-WHITE", status=422)
    tour.look("missing", f"{at}/missing")
    tour.look("back", f"{at}/back")
    with uow.unit_of_work() as db:
        putwall.scan(db, db.get_one(Wall, wall.id), batch.id, None, item, person(db, "Ana"))
    tour.look("slot", at)
    tour.look("wrong slot", at, "W1-06", status=422)
