"""Pixel 7, 400 kbit/s, 400 ms: how much a picker's phone loads, and that quick scans all count, each once."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, Response, expect
from sqlmodel import Session, func, select

from floor.catalog.models import Sku
from floor.inventory.queries import bin_by_code, warehouse_by_code
from floor.kit.uow import reading, unit_of_work
from floor.picking import queries
from floor.picking.models import Step, StepKind
from floor.shipments.models import Carrier
from tests.journeys.conftest import House
from tests.journeys.person import Person
from tests.picking.conftest import Floor, person

pytestmark = pytest.mark.browser

KB = 1024
#: What issue 5 promises.
FIRST_LOAD, A_SCAN = 45 * KB, 3 * KB


def a_walk_of_many(db: Session) -> int:
    """Twelve tees for two orders, in Ana's hands."""
    tee = db.exec(select(Sku).where(Sku.code == "TEE-NAVY-L")).one()
    house = warehouse_by_code(db, "SHA")
    assert house is not None
    floor = Floor(house, [bin_by_code(db, house.id or 0, "A01-02-1")], [tee], db.exec(select(Carrier)).one())
    return floor.started(db, [{0: 7}, {0: 5}], person(db, "Ana")).id or 0


def slow(page: Page) -> None:
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    rate = 400_000 / 8
    line.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 400, "downloadThroughput": rate, "uploadThroughput": rate},
    )


@pytest.fixture
def pixel(house: House, new_context: Callable[..., BrowserContext], playwright: Playwright) -> Person:
    device = {k: v for k, v in playwright.devices["Pixel 7"].items() if k != "default_browser_type"}
    ana = Person(new_context(locale="zh-CN", **device), house.url, script=True)
    ana.sign_in("Ana")
    return ana


def test_the_first_load_and_each_scan_are_small_and_ten_quick_scans_count_ten(house: House, pixel: Person) -> None:
    with unit_of_work() as db:
        walk_id = a_walk_of_many(db)
    page = pixel.context.new_page()
    pixel.page.close()
    pixel.page = page
    slow(page)
    page.context.new_cdp_session(page).send("Network.setCacheDisabled", {"cacheDisabled": True})
    answers: list[Response] = []
    page.on("response", answers.append)
    pixel.open(f"/walks/{walk_id}/stops/1")
    first = {one.url.split("?")[0].removeprefix(house.url): one.request.sizes()["responseBodySize"] for one in answers}
    assert sum(first.values()) <= FIRST_LOAD, first
    expect(page.locator("html[data-carried]")).to_have_count(1, timeout=60_000)
    kit = sum(one.request.sizes()["responseBodySize"] for one in answers if one.request.failure is None) - sum(first.values())
    print(f"first load {sum(first.values())} bytes, then the walk onto the phone {kit} bytes")

    del answers[:]
    pixel.scan("A01-02-1")
    code = house.ean["TEE-NAVY-L"]
    for _n in range(10):
        pixel.page.evaluate(_STRIKE, code)
        page.wait_for_timeout(190)
    expect(page.locator("html[data-scans-waiting]")).to_have_count(0, timeout=60_000)
    with reading() as db:
        assert queries.walk_view(db, walk_id).stops[0].in_hand == 10
        assert db.exec(select(func.count()).select_from(Step).where(Step.kind == StepKind.ITEM)).one() == 10
    pixel.scan(house.ean["TEE-NAVY-M"])
    pixel.is_stopped("尺码不对")
    scans = [one.request.sizes()["responseBodySize"] for one in answers if one.url.endswith("/scans")]
    assert len(scans) == 12
    assert max(scans) <= A_SCAN, scans
    print(f"scans answered with {min(scans)} to {max(scans)} bytes")
    with reading() as db:
        assert queries.walk_view(db, walk_id).stops[0].in_hand == 10


_STRIKE = """code => {
  for (const key of [...code, "Enter"]) {
    const stroke = {key, code: key === "Enter" ? key : "", bubbles: true, cancelable: true};
    document.activeElement.dispatchEvent(new KeyboardEvent("keydown", stroke));
  }
}"""
