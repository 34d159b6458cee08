"""A walk in a dead zone, in a real browser: the phone judges, tells afterwards, and the server has the last word."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Playwright, expect
from sqlmodel import select

from floor.care import service as care
from floor.inventory.models import Balance, Tote
from floor.kit.actor import SYSTEM
from floor.kit.uow import reading, unit_of_work
from floor.orders.models import Order
from floor.picking import checks, queries
from floor.picking.models import Walk, WalkEvent, WalkTote
from floor.picking.queries import WalkView
from floor.picking.states import WalkState
from floor.shipments.models import Shipment
from tests.journeys.conftest import House
from tests.journeys.person import PHONE, Person
from tests.journeys.world import a_batch_in_hand, a_walk_in_hand
from tests.screens.looking import faults, violations

pytestmark = [pytest.mark.browser, pytest.mark.either_way]

TEE_BIN, CAP_BIN = "A01-02-1", "A02-03-1"


@pytest.fixture
def ana(house: House, someone: Callable[..., Person]) -> Person:
    """Ana at her first stop, the walk on her phone."""
    with unit_of_work() as db:
        walk_id = a_walk_in_hand(db, "Ana")
    ana = someone("Ana")
    ana.open(f"/walks/{walk_id}/stops/1")
    carries(ana.page)
    return ana


def carries(page: Page) -> None:
    """The walk is on the phone and the service worker at work."""
    expect(page.locator("html[data-carried]")).to_have_count(1, timeout=30_000)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")


def walk() -> WalkView:
    with reading() as db:
        return queries.walk_view(db, db.exec(select(Walk.id)).one())


def events() -> list[WalkEvent]:
    with reading() as db:
        return list(db.exec(select(WalkEvent).order_by(WalkEvent.seq)))


def left() -> list[checks.CheckView]:
    with reading() as db:
        return list(checks.open_checks(db, db.exec(select(Walk.id)).one()))


def scan(ana: Person, *codes: str) -> None:
    """Scans without net: each ends when its screen stands."""
    for code in codes:
        with ana.changed():
            ana.scan_blind(code)


def nothing_waits(page: Page) -> None:
    """The phone knows what it kept, and has told all of it."""
    while not page.evaluate("() => Boolean(window.Floor?.zone?.ready)"):  # the script comes after the screen
        page.wait_for_timeout(100)
    page.evaluate("() => window.Floor.zone.ready")
    expect(page.locator("html[data-scans-waiting]")).to_have_count(0, timeout=120_000)


def is_told(page: Page) -> None:
    nothing_waits(page)
    expect(page.locator("#screen[data-local]")).to_have_count(0, timeout=30_000)


def test_a_whole_walk_without_net_is_told_afterwards(house: House, ana: Person) -> None:
    house.loses(ana)
    tee, cap = house.ean["TEE-NAVY-L"], house.ean["CAP-RED"]
    scan(ana, TEE_BIN)
    ana.sees("Bin scanned")
    expect(ana.page.locator("[data-waiting]").first).to_have_text("1")
    scan(ana, tee, tee)
    ana.sees("2 scanned")
    scan(ana, tee)
    ana.sees("Put 3 in")
    scan(ana, "T-SHA-1")
    ana.sees(CAP_BIN)
    ana.page.reload()
    ana.sees(CAP_BIN)
    scan(ana, CAP_BIN, cap, "T-SHA-2")
    ana.sees("Leave the totes in a lane")
    scan(ana, "L1")
    ana.sees("Walk done")
    assert walk().state is WalkState.PICKING
    assert events() == []
    house.finds(ana)
    is_told(ana.page)
    ana.sees("Walk done")
    assert walk().state is WalkState.DONE
    assert [event.kind for event in events()] == [
        "bin", "item", "item", "item", "put", "bin", "item", "put", "lane",
    ]  # fmt: skip
    assert {event.refused for event in events()} == {""}
    house.is_sound()


def test_wrong_scans_are_red_or_amber_and_make_no_event(house: House, ana: Person) -> None:
    house.loses(ana)
    ana.scan_blind(TEE_BIN)
    ana.sees("Bin scanned")
    scan(ana, house.ean["TEE-NAVY-M"])
    ana.is_stopped("Wrong size")
    ana.sees("A01-02-2")
    scan(ana, house.ean["TEE-NAVY-L"])
    ana.sees("1 scanned")
    scan(ana, "A01-05-1")
    ana.is_stopped("3 bays back")
    scan(ana, "4006381333931")
    ana.is_stopped("Unknown code")
    scan(ana, house.ean["CAP-RED"])
    ana.sees("That is for stop 2")
    scan(ana, house.ean["TEE-NAVY-L"], house.ean["TEE-NAVY-L"], "T-SHA-2")
    ana.is_stopped("Wrong tote")
    scan(ana, house.ean["TEE-NAVY-L"])
    ana.sees("You have all 3")
    house.finds(ana)
    is_told(ana.page)
    assert [event.kind for event in events()] == ["bin", "item", "item", "item"]
    assert walk().stops[0].in_hand == 3
    house.is_sound()


def test_a_scan_whose_reply_is_lost_on_the_way_into_the_zone_counts_once(house: House, ana: Person) -> None:
    ana.scan(TEE_BIN)
    ana.sees("Bin scanned")

    def do_it_and_lose_the_reply(route) -> None:
        assert route.fetch().status == 200
        house.loses(ana)
        route.abort("connectionreset")

    ana.page.route("**/scans", do_it_and_lose_the_reply)
    scan(ana, house.ean["TEE-NAVY-L"])
    ana.sees("1 scanned")
    scan(ana, house.ean["TEE-NAVY-L"])
    ana.sees("2 scanned")
    ana.page.unroute("**/scans")
    house.finds(ana)
    is_told(ana.page)
    ana.sees("2 scanned")
    assert walk().stops[0].in_hand == 2


def test_an_event_sent_three_times_counts_once(house: House, ana: Person) -> None:
    sent = []

    def three_times(route) -> None:
        for _again in range(2):
            assert route.fetch().status == 200
        sent.append(route.request.post_data_json["command_id"])
        route.continue_()

    house.loses(ana)
    scan(ana, TEE_BIN, house.ean["TEE-NAVY-L"])
    ana.page.route("**/events", three_times)
    house.finds(ana)
    is_told(ana.page)
    assert len(sent) == len(set(sent)) == len(events()) == 2
    assert walk().stops[0].in_hand == 1


def test_undo_skip_and_a_short_report_without_net(house: House, ana: Person) -> None:
    tee = house.ean["TEE-NAVY-L"]
    house.loses(ana)
    scan(ana, TEE_BIN, tee)
    ana.tap("Undo the last step")
    ana.sees("Undone")
    ana.tap("Undo the last step")
    with ana.changed():
        ana.page.get_by_role("link", name="Problem").click()
    ana.tap("Cannot get there now? Put the stop aside")
    ana.sees(CAP_BIN)
    scan(ana, CAP_BIN, house.ean["CAP-RED"], "T-SHA-2")
    ana.sees(TEE_BIN)
    scan(ana, TEE_BIN)
    with ana.changed():
        ana.page.get_by_role("link", name="Problem").click()
    ana.page.get_by_role("button", name="1", exact=True).click()
    ana.page.get_by_role("button", name="Damaged").click()
    ana.tap("Report 2 short")
    ana.sees("Put 1 in")
    scan(ana, "T-SHA-1")
    ana.sees("Leave the totes in a lane")
    house.finds(ana)
    is_told(ana.page)
    assert {event.refused for event in events()} == {""}
    assert [stop.picked for stop in walk().stops] == [1, 1]
    ana.sees("1 short")
    house.is_sound()


def test_an_order_cancelled_meanwhile_comes_back_as_a_stop_to_check(house: House, ana: Person) -> None:
    house.loses(ana)
    tee = house.ean["TEE-NAVY-L"]
    scan(ana, TEE_BIN, tee, tee, tee, "T-SHA-1")
    with unit_of_work() as db:
        shipment = db.exec(select(Shipment).join(WalkTote).where(WalkTote.slot == 1)).one()
        care.cancel(db, db.get_one(Order, shipment.order_id), SYSTEM)
    house.finds(ana)
    is_told(ana.page)
    ana.sees("Order of tote 1 is cancelled")
    ana.scan(CAP_BIN)
    ana.scan(house.ean["CAP-RED"])
    ana.scan("T-SHA-2")
    ana.sees("The order was cancelled")
    ana.sees(re.compile("Take 3 out of tote 1"))
    ana.scan("L1")
    ana.sees("This is another bin. Scan A01-02-1.")
    ana.scan(TEE_BIN)
    ana.sees("Leave the totes in a lane")
    ana.scan("L1")
    ana.sees("Walk done")
    assert left() == []
    house.is_sound()


def test_two_phones_of_one_walk_end_in_a_check_and_never_in_wrong_stock(
    house: House, ana: Person, someone: Callable[..., Person]
) -> None:
    other = someone("Ana")
    other.open(f"/walks/{walk().id}/stops/1")
    carries(other.page)
    tee = house.ean["TEE-NAVY-L"]
    for phone in (ana, other):
        house.loses(phone)
        scan(phone, TEE_BIN, tee, tee, tee, "T-SHA-1")
    for phone in (ana, other):
        house.finds(phone)
        is_told(phone.page)
    other.sees("1 step was not taken")
    assert [(one.why, one.units) for one in left()] == [("done_elsewhere", 3)]
    assert walk().stops[0].picked == 3
    house.is_sound()


def test_a_batch_goes_on_without_net_into_one_tote_after_the_other(
    house: House, someone: Callable[..., Person]
) -> None:
    """The orders share a tote: an item scan is the put, a full one is followed by another, the wall is the end."""
    with unit_of_work() as db:
        walk_id = a_batch_in_hand(db, "Ana")
    ana, tee, cap = someone("Ana"), house.ean["TEE-NAVY-L"], house.ean["CAP-RED"]
    ana.open(f"/walks/{walk_id}/stops/1")
    carries(ana.page)
    house.loses(ana)
    scan(ana, TEE_BIN, tee)
    ana.sees("All into tote T-SHA-1")
    scan(ana, "T-SHA-3")
    ana.sees("New tote for place 1")
    ana.sees("All into tote T-SHA-3")
    ana.tap("Undo the last step")
    ana.sees("The tote that was full is in use again.")
    ana.sees("All into tote T-SHA-1")
    scan(ana, "T-SHA-3", tee, tee)
    ana.sees(CAP_BIN)
    ana.tap("Undo the last step")
    ana.sees("Put 1 back on the shelf.")
    scan(ana, tee, CAP_BIN, cap)
    ana.sees("Bring the totes to the put wall or a lane")
    scan(ana, "W1")
    ana.sees("Walk done")
    house.finds(ana)
    is_told(ana.page)
    assert {event.refused for event in events()} == {""}
    with reading() as db:
        lying = db.execute(
            sa.select(Tote.code, Balance.qty)
            .join(Balance, Balance.place_id == Tote.id)
            .order_by(Tote.code, Balance.qty)
        )
        assert [tuple(row) for row in lying] == [("T-SHA-1", 1), ("T-SHA-3", 1), ("T-SHA-3", 2)]
    assert walk().state is WalkState.DONE
    house.is_sound()


def test_the_next_person_on_the_phone_neither_sees_the_walk_nor_sends_its_scans(house: House, ana: Person) -> None:
    house.loses(ana)
    scan(ana, TEE_BIN, house.ean["TEE-NAVY-L"])
    ana.page.route("**/events", lambda route: route.abort())
    house.finds(ana)
    ana.open("/me/settings")
    ana.tap("Sign out")
    ana.sign_in("Ben")
    ana.page.unroute("**/events")
    ana.open("/walks")
    expect(ana.page.locator("#others")).to_be_visible(timeout=30_000)
    assert events() == []
    kept = "caches.open('floor').then(store => store.match('/walks/shell')).then(Boolean)"
    assert ana.page.evaluate(kept) is False
    ana.open("/me/settings")
    ana.tap("Sign out")
    ana.sign_in("Ana")
    nothing_waits(ana.page)
    assert [event.kind for event in events()] == ["bin", "item"]
    ana.troubles.clear()  # the 403 is meant


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_axe_and_a_look_find_nothing_on_the_screens_drawn_without_net(house: House, ana: Person, lang: str) -> None:
    ana.open(f"/language/{lang}?next=/walks/{walk().id}/stops/1")
    carries(ana.page)
    ana.page.wait_for_timeout(300)
    tee, found = house.ean["TEE-NAVY-L"], []
    house.loses(ana)

    def look(name: str) -> None:
        found.extend(f"{name}: {fault}" for fault in faults(ana.page, large=True))
        ana.page.set_viewport_size({"width": 412, "height": 915})
        found.extend(f"{name}: {violation['id']}" for violation in violations(Axe(), ana.page))

    scan(ana, TEE_BIN)
    look("item")
    for code, name in (
        (house.ean["TEE-NAVY-M"], "size"),
        ("A01-05-1", "bin"),
        ("4006381333931", "code"),
        (tee, "more"),
    ):
        scan(ana, code)
        look(name)
    with ana.changed():
        ana.page.locator("a.exc").click()
    look("problem sheet")
    with ana.changed():
        ana.page.locator("[data-zone=back]").click()
    scan(ana, tee, tee)
    look("put")
    scan(ana, "T-SHA-2")
    look("tote")
    scan(ana, "T-SHA-1", CAP_BIN, house.ean["CAP-RED"], "T-SHA-2")
    look("finish")
    scan(ana, "L1")
    look("done")
    assert found == []


def test_a_phone_that_was_switched_off_goes_on_where_it_was(
    house: House, playwright: Playwright, browser_type_launch_args: dict[str, Any], tmp_path: Path
) -> None:
    with unit_of_work() as db:
        walk_id = a_walk_in_hand(db, "Ana")
    starts = {"user_data_dir": tmp_path / "phone", "locale": "en-GB", **browser_type_launch_args, **PHONE}
    first = Person(playwright.chromium.launch_persistent_context(**starts), house.url, script=True)
    first.sign_in("Ana")
    first.open(f"/walks/{walk_id}/stops/1")
    carries(first.page)
    house.loses(first)
    scan(first, TEE_BIN, house.ean["TEE-NAVY-L"])
    first.context.close()

    again = Person(playwright.chromium.launch_persistent_context(**starts), house.url, script=True)
    house.loses(again)
    again.open(f"/walks/{walk_id}/stops/1")
    again.sees("1 scanned")
    scan(again, house.ean["TEE-NAVY-L"])
    again.sees("2 scanned")
    house.finds(again)
    again.page.wait_for_selector("#signedout:visible, html:not([data-scans-waiting])", state="attached", timeout=30_000)
    if not events():  # the session did not outlive the phone
        again.sign_in("Ana")
        again.open(f"/walks/{walk_id}/stops/1")
    nothing_waits(again.page)
    assert [event.kind for event in events()] == ["bin", "item", "item"]
    again.context.close()
