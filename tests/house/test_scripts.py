"""The scanner, its queue and the one-tap rule in a real browser: each scan once, in order, whatever the net does."""

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.house.conftest import Toy
from tests.keys import strike

pytestmark = pytest.mark.browser


def settled(page: Page, toy: Toy, scans: int) -> list[str]:
    expect(page.locator("html[data-scans-waiting]")).to_have_count(0)
    page.wait_for_timeout(150)
    assert len(toy.seen) == scans
    return [seen["code"] for seen in toy.seen]


def test_fast_scans_arrive_once_each_and_in_order(toy: Toy, at_the_toy: Page) -> None:
    toy.slow = 0.1
    for code in ("A03-12-4", "690123454182", "TOTE-2", "TOTE-5"):
        strike(at_the_toy, code)
    expect(at_the_toy.locator("#count")).to_have_text("4")
    assert settled(at_the_toy, toy, 4) == ["A03-12-4", "690123454182", "TOTE-2", "TOTE-5"]
    assert len({seen["command_id"] for seen in toy.seen}) == 4
    assert [seen["stop"] for seen in toy.seen] == [
        "0",
        "1",
        "2",
        "3",
    ]  # each scan carries the screen it was answered on
    assert {seen["token"] for seen in toy.seen} == {"token"}


def test_a_trigger_that_fires_twice_is_one_scan(toy: Toy, at_the_toy: Page) -> None:
    strike(at_the_toy, "690123454182", times=2)
    at_the_toy.wait_for_timeout(400)
    strike(at_the_toy, "690123454182")
    expect(at_the_toy.locator("#count")).to_have_text("2")
    settled(at_the_toy, toy, 2)


def test_a_scan_ends_by_tab_or_by_silence_and_two_letters_are_one_only_with_an_end(toy: Toy, at_the_toy: Page) -> None:
    strike(at_the_toy, "A03-12-4", end="Tab")
    strike(at_the_toy, "690123454182", end="")
    at_the_toy.wait_for_timeout(400)
    strike(at_the_toy, "AB", end="")
    at_the_toy.wait_for_timeout(400)
    strike(at_the_toy, "K3")
    expect(at_the_toy.locator("#count")).to_have_text("3")
    assert settled(at_the_toy, toy, 3) == ["A03-12-4", "690123454182", "K3"]


def test_real_keys_reach_the_server_as_scanned(toy: Toy, at_the_toy: Page) -> None:
    whole = "]C1010690\u001d21X"
    for _try in range(10):  # a busy machine may pause between two real keys, and that ends a code
        at_the_toy.keyboard.type("]C1010690")
        at_the_toy.keyboard.press("Control+BracketRight")
        at_the_toy.keyboard.type("21X")
        at_the_toy.keyboard.press("Enter")
        expect(at_the_toy.locator("#count")).not_to_have_text("0")
        expect(at_the_toy.locator("html[data-scans-waiting]")).to_have_count(0)
        if toy.seen[-1]["code"] == whole:
            break
    assert toy.seen[-1]["code"] == whole


def test_a_chinese_input_method_does_not_swallow_the_code(toy: Toy, at_the_toy: Page) -> None:
    at_the_toy.evaluate(
        """for (const code of ["KeyA", "Digit0", "Digit3", "Minus", "Digit4"]) {
             const how = {key: "Process", keyCode: 229, code, bubbles: true, shiftKey: code === "KeyA"};
             document.body.dispatchEvent(new KeyboardEvent("keydown", how));
           }"""
    )
    expect(at_the_toy.locator("#count")).to_have_text("1")
    assert settled(at_the_toy, toy, 1) == ["A03-4"]
    expect(at_the_toy.locator("#ime")).to_be_visible()


def test_a_button_in_focus_does_not_hear_the_scanner(toy: Toy, at_the_toy: Page) -> None:
    at_the_toy.locator("#tap button").focus()
    strike(at_the_toy, "A03-12-4")
    expect(at_the_toy.locator("#count")).to_have_text("1")
    settled(at_the_toy, toy, 1)
    assert toy.taps == []


def test_a_lost_reply_is_sent_again_under_the_same_id(toy: Toy, at_the_toy: Page) -> None:
    lost = []

    def lose_the_first_reply(route: Route) -> None:
        if not lost:
            lost.append(route.fetch())
        route.abort()

    at_the_toy.route("**/scans", lose_the_first_reply)
    strike(at_the_toy, "A03-12-4")
    strike(at_the_toy, "TOTE-2")
    expect(at_the_toy.locator("#unsent")).to_be_visible()
    at_the_toy.unroute("**/scans")
    expect(at_the_toy.locator("#count")).to_have_text("3", timeout=30_000)
    assert settled(at_the_toy, toy, 3) == ["A03-12-4", "A03-12-4", "TOTE-2"]
    assert toy.seen[0]["command_id"] == toy.seen[1]["command_id"] != toy.seen[2]["command_id"]
    expect(at_the_toy.locator("#unsent")).to_be_hidden()


def test_a_reload_keeps_the_scans_that_were_not_sent(toy: Toy, at_the_toy: Page) -> None:
    at_the_toy.route("**/scans", lambda route: route.abort())
    strike(at_the_toy, "A03-12-4")
    strike(at_the_toy, "TOTE-2")
    expect(at_the_toy.locator("#unsent")).to_be_visible()
    at_the_toy.unroute("**/scans")
    at_the_toy.reload()
    expect(at_the_toy.locator("#count")).to_have_text("2")
    assert settled(at_the_toy, toy, 2) == ["A03-12-4", "TOTE-2"]


def test_a_wrong_scan_is_shown_and_the_next_one_goes_on(toy: Toy, at_the_toy: Page) -> None:
    toy.answers = [(422, {"HX-Trigger": '{"verdict": "err"}'})]
    at_the_toy.evaluate("document.addEventListener('verdict', (e) => { window.heard = e.detail.value; })")
    strike(at_the_toy, "WRONG-1")
    expect(at_the_toy.locator("#count")).to_have_text("1")
    assert at_the_toy.evaluate("window.heard") == "err"
    strike(at_the_toy, "A03-12-4")
    expect(at_the_toy.locator("#count")).to_have_text("2")


def test_an_error_with_a_place_of_its_own_leaves_the_screen_alone(toy: Toy, at_the_toy: Page) -> None:
    toy.answers = [(500, {"HX-Retarget": "#alert", "HX-Reswap": "innerHTML"})]
    strike(at_the_toy, "A03-12-4")
    expect(at_the_toy.locator("#alert")).to_contain_text("Not here")
    expect(at_the_toy.locator("#count")).to_have_text("0")
    settled(at_the_toy, toy, 1)


def test_a_double_tap_is_one_command_and_the_next_tap_another(toy: Toy, at_the_toy: Page) -> None:
    toy.slow = 0.2
    at_the_toy.locator("#tap button").dblclick()
    expect(at_the_toy.locator("#count")).to_have_text("1")
    at_the_toy.locator("#tap button").click()
    expect(at_the_toy.locator("#count")).to_have_text("2")
    assert len(set(toy.taps)) == 2


def test_a_lost_tap_is_sent_again_under_the_same_id(toy: Toy, at_the_toy: Page) -> None:
    lost = []
    at_the_toy.route("**/tap", lambda route: route.continue_() if lost else (lost.append(route.fetch()), route.abort()))
    at_the_toy.locator("#tap button").click()
    expect(at_the_toy.locator("#unsent")).to_be_visible()
    expect(at_the_toy.locator("#count")).to_have_text("2")
    assert len(toy.taps) == 2
    assert len(set(toy.taps)) == 1
    expect(at_the_toy.locator("#unsent")).to_be_hidden()


def test_a_single_key_is_a_shortcut_only_after_the_silence(at_the_toy: Page) -> None:
    at_the_toy.keyboard.press("g")
    at_the_toy.wait_for_url("**#link")


def test_a_scan_works_without_a_script(toy: Toy, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{toy.url}/toy")
    expect(page.get_by_label("Scan or type a code")).to_be_in_viewport()
    page.get_by_label("Scan or type a code").press_sequentially("A03-12-4")
    page.keyboard.press("Enter")
    expect(page.locator("#count")).to_have_text("1")
    assert toy.seen[0]["code"] == "A03-12-4"
    assert toy.seen[0]["command_id"]
    context.close()
