"""Pixel 7, 400 kbit/s, 400 ms: how much a picker's phone loads, and that quick scans all count, each once."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, expect
from sqlmodel import Session, func, select

from floor.catalog.models import Sku
from floor.inventory.queries import bin_by_code, warehouse_by_code
from floor.kit.uow import reading, unit_of_work
from floor.picking import queries
from floor.picking.models import Step, StepKind
from floor.shipments.models import Carrier
from tests.journeys.conftest import House
from tests.journeys.person import Person
from tests.keys import strike
from tests.picking.conftest import Floor, person

#: What comes over a line is the same from either database; that a scan counts once on both is proven in tests/picking.
pytestmark = [pytest.mark.browser, pytest.mark.either_way]

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


class Line:
    """A slow line that weighs what comes over it: bytes as sent, heads and all, by address."""

    def __init__(self, page: Page) -> None:
        self.sent: list[tuple[str, int]] = []
        self._urls: dict[str, str] = {}
        line = page.context.new_cdp_session(page)
        line.send("Network.enable")
        line.send("Network.setCacheDisabled", {"cacheDisabled": True})
        rate = 400_000 / 8
        slow = {"offline": False, "latency": 400, "downloadThroughput": rate, "uploadThroughput": rate}
        line.send("Network.emulateNetworkConditions", slow)
        line.on("Network.responseReceived", lambda e: self._urls.update({e["requestId"]: e["response"]["url"]}))
        line.on("Network.loadingFinished", self._came)

    def _came(self, event: dict[str, Any]) -> None:
        self.sent.append((self._urls.get(event["requestId"], ""), int(event["encodedDataLength"])))

    def bytes_of(self, end: str = "") -> list[int]:
        return [size for url, size in self.sent if url.endswith(end)]


@pytest.fixture
def pixel(house: House, new_context: Callable[..., BrowserContext], playwright: Playwright) -> Person:
    device = {k: v for k, v in playwright.devices["Pixel 7"].items() if k != "default_browser_type"}
    ana = Person(new_context(locale="en-GB", **device), house.url, script=True)
    ana.sign_in("Ana")
    fresh = Person(new_context(locale="en-GB", **device), house.url, script=True)
    fresh.context.add_cookies(ana.context.cookies())  # signed in, and nothing on the phone yet
    return fresh


def test_the_first_load_and_each_scan_are_small_and_ten_quick_scans_count_ten(house: House, pixel: Person) -> None:
    with unit_of_work() as db:
        walk_id = a_walk_of_many(db)
    page = pixel.page
    line = Line(page)
    pixel.open(f"/walks/{walk_id}/stops/1")
    first = sum(line.bytes_of())
    assert 20 * KB < first <= FIRST_LOAD, line.sent
    expect(page.locator("html[data-carried]")).to_have_count(1, timeout=60_000)
    print(f"first load {first} bytes, then the walk onto the phone {sum(line.bytes_of()) - first} bytes")

    del line.sent[:]
    pixel.scan("A01-02-1")
    code = house.ean["TEE-NAVY-L"]
    for _n in range(10):
        strike(pixel.page, code)
        page.wait_for_timeout(190)
    expect(page.locator("html[data-scans-waiting]")).to_have_count(0, timeout=60_000)
    with reading() as db:
        assert queries.walk_view(db, walk_id).stops[0].in_hand == 10
        assert db.exec(select(func.count()).select_from(Step).where(Step.kind == StepKind.ITEM)).one() == 10
    pixel.scan(house.ean["TEE-NAVY-M"])
    pixel.is_stopped("Wrong size")
    scans = line.bytes_of("/scans")
    assert len(scans) == 12
    assert max(scans) <= A_SCAN, scans
    print(f"scans answered with {min(scans)} to {max(scans)} bytes")
    with reading() as db:
        assert queries.walk_view(db, walk_id).stops[0].in_hand == 10
