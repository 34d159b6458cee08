"""Replies that never come, hasty fingers, shared devices: everything happens once, or not at all."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Request, Route, expect
from sqlmodel import func, select

from floor.events.models import AuditEvent
from floor.kit.uow import reading, unit_of_work
from floor.picking.models import Step, Stop
from tests.journeys.conftest import House
from tests.journeys.person import Person
from tests.journeys.world import a_walk_in_hand

pytestmark = [pytest.mark.browser, pytest.mark.either_way]

TEE_BIN = "A01-02-1"


@pytest.fixture
def at_the_tees(house: House, someone: Callable[..., Person]) -> Callable[..., Person]:
    """Ana stands at the first stop, the bin scanned: three tees to take."""

    def come(*, script: bool = True) -> Person:
        with unit_of_work() as db:
            walk_id = a_walk_in_hand(db, "Ana")
        ana = someone("Ana", script=script)
        ana.open(f"/walks/{walk_id}/stops/1")
        ana.scan(TEE_BIN)
        ana.sees("Bin scanned")
        return ana

    return come


def in_hand() -> int:
    with reading() as db:
        return db.exec(select(func.sum(Stop.in_hand))).one()


def happened(kind: str) -> int:
    with reading() as db:
        return db.exec(select(func.count()).select_from(AuditEvent).where(AuditEvent.kind == kind)).one()


def is_not_sent_yet(page: Page) -> None:
    """The head line counts it; where the phone carries no walk, a strip says it too."""
    expect(page.locator("html[data-scans-waiting]")).to_have_count(1)
    expect(page.locator("[data-waiting]").first).to_have_text(re.compile(r"\d"))


def all_is_sent(page: Page) -> None:
    expect(page.locator("html[data-scans-waiting]")).to_have_count(0, timeout=30_000)
    expect(page.locator("#unsent")).to_be_hidden()


def test_a_scan_whose_reply_is_lost_is_sent_again_and_counts_once(
    house: House, at_the_tees: Callable[..., Person]
) -> None:
    ana = at_the_tees()
    asked: list[Request] = []

    def lose_the_first_reply(route: Route) -> None:
        asked.append(route.request)
        if len(asked) == 1:
            assert route.fetch().status == 200  # the server has done it
            route.abort("connectionreset")
        else:
            route.continue_()

    ana.page.route("**/scans", lose_the_first_reply)
    with ana.page.expect_response("**/scans") as answer:
        ana.scan(house.ean["TEE-NAVY-L"])
    ana.sees("1 scanned")
    all_is_sent(ana.page)
    first, second = (request.post_data_json for request in asked)
    assert first == second
    assert answer.value.headers["idempotent-replay"] == "true"
    assert in_hand() == 1


def test_scans_made_while_the_server_is_away_arrive_in_order_once_it_is_back(
    house: House, at_the_tees: Callable[..., Person]
) -> None:
    ana = at_the_tees()
    house.running.kill_server()
    ana.scan_blind(house.ean["TEE-NAVY-L"])
    is_not_sent_yet(ana.page)
    ana.scan_blind(house.ean["MUG-WHITE"])
    ana.scan_blind(house.ean["TEE-NAVY-L"])
    house.running.start("server")
    all_is_sent(ana.page)
    ana.sees("2 scanned")
    assert in_hand() == 2
    with reading() as db:
        assert db.exec(select(func.count()).select_from(Step)).one() == 3  # the bin and two tees; the mug is none


def test_a_form_whose_reply_is_lost_is_sent_again_and_happens_once(
    house: House, at_the_tees: Callable[..., Person]
) -> None:
    ana = at_the_tees()
    for _unit in range(2):
        ana.scan(house.ean["TEE-NAVY-L"])
    replies = iter(["lost"])

    def lose_the_first_reply(route: Route) -> None:
        if next(replies, ""):
            assert route.fetch().status == 200
            route.abort("connectionreset")
        else:
            route.continue_()

    ana.page.route("**/undo", lose_the_first_reply)
    ana.tap("Undo the last step")
    ana.sees("1 scanned")
    assert (in_hand(), happened("picking.walk.step_undone")) == (1, 1)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_button_tapped_twice_happens_once(house: House, at_the_tees: Callable[..., Person], script: bool) -> None:
    ana = at_the_tees(script=script)
    for _unit in range(3):
        ana.scan(house.ean["TEE-NAVY-L"])
    ana.page.get_by_role("button", name="Undo the last step").dblclick()
    ana.sees("2 scanned")
    assert (in_hand(), happened("picking.walk.step_undone")) == (2, 1)


def test_the_second_half_of_a_double_tap_does_not_hit_the_next_screens_button(
    house: House, at_the_tees: Callable[..., Person]
) -> None:
    ana = at_the_tees()
    for _unit in range(2):
        ana.scan(house.ean["TEE-NAVY-L"])
    undo = ana.page.get_by_role("button", name="Undo the last step")
    box = undo.bounding_box()
    assert box is not None
    with ana.changed():
        undo.click()
    ana.sees("1 scanned")
    ana.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    ana.page.mouse.down(click_count=2)
    ana.page.mouse.up(click_count=2)
    ana.scan(house.ean["TEE-NAVY-L"])
    ana.sees("2 scanned")
    assert happened("picking.walk.step_undone") == 1


def test_enter_pressed_twice_without_a_script_counts_once(house: House, at_the_tees: Callable[..., Person]) -> None:
    ana = at_the_tees(script=False)
    with ana.changed():
        ana.page.keyboard.type(house.ean["TEE-NAVY-L"])
        ana.page.keyboard.press("Enter")
        ana.page.keyboard.press("Enter")
    ana.sees("1 scanned")
    assert in_hand() == 1


def test_signing_out_ends_this_session_on_every_device_and_leaves_the_others(
    house: House, at_the_tees: Callable[..., Person], someone: Callable[..., Person]
) -> None:
    phone = at_the_tees()
    copy = someone()
    copy.context.add_cookies(phone.context.cookies())
    copy.open("/me/settings")
    tablet = someone("Ana")
    copy.tap("Sign out")
    expect(copy.page.get_by_label("Badge number")).to_be_visible()

    phone.scan(house.ean["TEE-NAVY-L"])
    expect(phone.page.get_by_label("Badge number")).to_be_visible()
    assert in_hand() == 0
    tablet.open("/me/settings")
    tablet.sees("My settings")
