"""Somebody of the cast in front of a browser. What they do works the same with and without JavaScript.

Nothing here waits for a time: each step marks the screen it acts on and goes on when that screen is gone. Only who
looks again and again takes a breath between.
"""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page, Response, expect

from tests.cast import CAST, PIN
from tests.keys import strike

PHONE = {"viewport": {"width": 412, "height": 915}, "has_touch": True}
DESK = {"viewport": {"width": 1280, "height": 800}}
#: How long anything may take on a machine that does much else, milliseconds.
PATIENCE = 30_000
_BOUNCE_MS = 320  # the scanner takes the same code within 300 ms for a bouncing trigger
_BREATH_MS = 200  # between two looks: who is waited for needs the processor

_NOW = "performance.timeOrigin + performance.now()"  # ms since 1970, as here
_MARK = "document.querySelector('#screen, #content').setAttribute('data-before', '')"
_READY = "Boolean(window.Floor?.scan) && !document.documentElement.hasAttribute('data-scans-waiting')"


class Person:
    """One person with one device. `troubles` collects what must never happen: script errors and broken answers."""

    def __init__(self, context: BrowserContext, house_url: str, *, script: bool) -> None:
        self.context, self.url, self.script = context, house_url, script
        context.set_default_timeout(PATIENCE)
        self.page: Page = context.new_page()
        self.troubles: list[str] = []
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("response", self._heard)
        self._last: tuple[str, float] = ("", 0.0)

    def _heard(self, answer: Response) -> None:
        if answer.status >= 500 or answer.status == 400:
            self.troubles.append(f"{answer.status} {answer.request.method} {answer.url}")

    # --- coming and going -----------------------------------------------------------------------------------------

    def sign_in(self, name: str) -> None:
        """The badge by scanner, the PIN by hand."""
        page = self.page
        page.goto(self.url)
        expect(page.get_by_label("Badge number")).to_be_focused()
        with self.changed():
            self._type(CAST[name][0])
        if self.script:
            page.wait_for_function("Boolean(window.Floor?.scan)")
            with self.changed():
                for digit in PIN:
                    page.get_by_role("button", name=digit, exact=True).click()
        else:
            page.get_by_label("PIN", exact=True).fill(PIN)
            self.tap("Sign in")
        expect(page).not_to_have_url(re.compile("/session"), timeout=PATIENCE)

    def open(self, path: str) -> None:
        self.page.goto(f"{self.url}{path}")

    # --- acting ---------------------------------------------------------------------------------------------------

    @contextmanager
    def changed(self) -> Iterator[None]:
        """The block does something that brings a new screen; ends when the new one stands."""
        self.page.evaluate(_MARK)
        yield
        # Not `expect`: it looks again after 100, 350, 850 ms, this after 20, 70, 170.
        self.page.locator("[data-before]").wait_for(state="detached")
        self.page.wait_for_load_state()

    def scan(self, code: str) -> None:
        """Key by key, as a scanner types; ends when the answer's screen stands."""
        self.page.wait_for_load_state()
        if self.script:
            self.page.wait_for_function(_READY)
        else:
            expect(self.page.locator("#code")).to_be_focused()
        with self.changed():
            self.scan_blind(code)

    def scan_blind(self, code: str) -> None:
        """Scan without looking at the screen.

        The scanner script tells a scan by its pace, so its keys are struck inside the page: sent from here one by one,
        a busy machine would tear codes apart (tests/house/test_scripts.py types real ones).
        """
        before, at = self._last
        if self.script and code == before:
            self.page.wait_for_function(f"at => {_NOW} - at > {_BOUNCE_MS}", arg=at)
        if self.script:
            strike(self.page, code)
        else:
            self._type(code)
        self._last = (code, time.time() * 1000)

    def _type(self, code: str) -> None:
        self.page.keyboard.type(code)
        self.page.keyboard.press("Enter")

    def tap(self, name: str | re.Pattern[str], role: Any = "button") -> None:
        """Tap something that brings a new screen."""
        with self.changed():
            self.page.get_by_role(role, name=name).click()

    def look_again_until(self, wanted: Locator) -> None:
        """Reload, as people do while somebody else is at work, until it is there."""
        until = time.monotonic() + PATIENCE / 1000
        while wanted.count() == 0:
            assert time.monotonic() < until, f"{wanted} did not come:\n{self.page.locator('body').inner_text()}"
            self.page.wait_for_timeout(_BREATH_MS)
            self.page.reload()

    def wait_until_settled(self) -> None:
        """A screen that somebody is at work on asks for itself, by script or by reload; until it no longer does."""
        settled = self.page.locator("#screen:not([hx-trigger]), #content:not([hx-trigger])").first
        expect(settled).to_be_visible(timeout=PATIENCE)
        self.page.wait_for_load_state()

    # --- seeing ---------------------------------------------------------------------------------------------------

    def sees(self, text: str | re.Pattern[str], where: str = "#screen, #content") -> None:
        expect(self.page.locator(where).first).to_contain_text(text, timeout=PATIENCE)

    def is_stopped(self, by: str | re.Pattern[str]) -> None:
        """The full red screen, and what it says."""
        expect(self.page.get_by_role("alertdialog")).to_contain_text(by, timeout=PATIENCE)

    def fetch(self, href: str) -> bytes:
        """What a link of this house leads to, with this person's session."""
        answer = self.context.request.get(f"{self.url}{href}")
        assert answer.ok, f"{answer.status} {href}"
        return answer.body()
