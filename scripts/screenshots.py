"""Makes the pictures of the README from a running demo house: `.venv/bin/python scripts/screenshots.py http://127.0.0.1:8000`.

With `--all FOLDER` it takes every screen at three sizes, in both languages and themes, for a look with your own eyes.
"""

import argparse
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

HERE = Path(__file__).resolve().parent.parent
PIN = "1234"
FLAGS = ("no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking", "disable-sync")
PHONE, SMALL, DESK = (412, 915), (360, 640), (1280, 800)

#: Name -> badge, address (and links to follow from it: CSS after " > "), size of the README's picture.
SCREENS = {
    "sign-in": ("", "/session?badge=B-1001", PHONE),
    "home-picker": ("B-1001", "/", PHONE),
    "home-supervisor": ("B-4001", "/", PHONE),
    "walks": ("B-1001", "/walks", PHONE),
    "board": ("B-4001", "/board", DESK),
    "orders": ("B-3001", "/orders", DESK),
    "order": ("B-3001", "/orders > #content a[href^='/orders/']", DESK),
    "intake": ("B-4001", "/intake", DESK),
    "audit": ("B-3001", "/audit", DESK),
    "audit-order": ("B-3001", "/audit > a[href^='/audit/orders/']", DESK),
    "audit-rules": ("B-4001", "/audit/rules", DESK),
    "runs": ("B-4001", "/runs", DESK),
    "run": ("B-4001", "/runs > a[href^='/runs/']:not([href$='new'])", DESK),
    "run-new": ("B-4001", "/runs/new", DESK),
    "stock": ("B-4001", "/stock", DESK),
    "bin": ("B-4001", "/bins/SHA/A01-01-1", DESK),
    "counts": ("B-1001", "/counts", PHONE),
    "count-review": ("B-4001", "/counts/review", DESK),
    "count-rules": ("B-4001", "/counts/rules", DESK),
    "observations": ("B-4001", "/observations", DESK),
    "replenishments": ("B-1001", "/replenishments", PHONE),
    "stations": ("B-2001", "/stations", PHONE),
    "bench": ("B-2001", "/stations/P-SHA-1", PHONE),
    "manifests": ("B-2001", "/manifests", PHONE),
    "tracking": ("B-3001", "/tracking", DESK),
    "returns": ("B-3001", "/returns", DESK),
    "returns-intake": ("B-3001", "/returns/intake", DESK),
    "return-item": (
        "B-3001",
        "/returns > a[href^='/returns/']:not([href$='new']):not([href$='intake']) > a[href*='/items/']",
        DESK,
    ),
    "putaways": ("B-1001", "/putaways", PHONE),
    "commands": ("B-4001", "/commands", DESK),
    "settings": ("B-1001", "/me/settings", PHONE),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--all", type=Path, help="take every screen at every size into this folder")
    parser.add_argument("--only", default="", help="names to take, as a regular expression")
    options = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=[f"--{f}" for f in FLAGS])
        for lang, theme, size, name in _wanted(options):
            folder = options.all or HERE / "docs" / "screenshots"
            folder.mkdir(parents=True, exist_ok=True)
            badge, way, _size = SCREENS[name]
            context = browser.new_context(
                viewport={"width": size[0], "height": size[1]},
                locale=lang,
                color_scheme=theme,  # type: ignore[arg-type]
                timezone_id="Asia/Shanghai",
            )
            context.add_cookies([{"name": "lang", "value": lang, "url": options.url}])
            page = _signed_in(context, options.url, badge)
            _go(page, options.url, way)
            tail = f"-{lang}-{theme}-{size[0]}" if options.all else ""
            page.screenshot(path=str(folder / f"{name}{tail}.png"))
            print(f"{name}{tail}: {page.title()}", flush=True)
            context.close()
        _work(browser, options)
        browser.close()


def _work(browser: Browser, options: argparse.Namespace) -> None:
    """Screens one only meets by working: a picker claims the next walk, a packer opens a tote. Changes the house."""
    for badge, work in (("B-1001", _pick), ("B-2001", _check)):
        context = browser.new_context(viewport={"width": PHONE[0], "height": PHONE[1]}, locale="zh")
        context.add_cookies([{"name": "lang", "value": "zh", "url": options.url}])
        page = _signed_in(context, options.url, badge)
        for name in work(page, options.url):
            if re.search(options.only, name):
                _take(page, options, name)
        context.close()


def _take(page: Page, options: argparse.Namespace, name: str) -> None:
    """The screen as it stands; with --all at every size, in both languages and themes (a 422 is not reloaded)."""
    if not options.all:
        page.screenshot(path=str(HERE / "docs" / "screenshots" / f"{name}.png"))
        return
    for width, height in (PHONE, SMALL, DESK):
        page.set_viewport_size({"width": width, "height": height})
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            page.screenshot(path=str(options.all / f"{name}-{theme}-{width}.png"))
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    page.emulate_media(color_scheme="light")
    print(name, page.title(), flush=True)


def _scan(page: Page, code: str) -> None:
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.keyboard.type(code, delay=2)
        page.keyboard.press("Enter")
    page.wait_for_load_state("networkidle")


def _pick(page: Page, url: str) -> Iterator[str]:
    page.goto(f"{url}/walks")
    yield "walks"
    page.locator("form[action$='/walks/next'] button, form[action*='/claim'] button").first.click()
    page.wait_for_url(re.compile(r"/walks/[0-9]+"))
    page.wait_for_load_state("networkidle")
    yield "walk"
    _scan(page, "C-SHA-12")
    yield "totes"
    for n in range(120, 100, -1):
        _scan(page, f"T-SHA-{n:03d}")
        if page.locator(".loc").count():
            break
    yield "stop"
    bin_code = "-".join(page.locator(".loc b").all_inner_texts())
    _scan(page, bin_code)
    yield "stop-item"
    _scan(page, "6900000000000")
    yield "unknown"
    page.goto(page.url)
    walk = re.search(r"/walks/(\d+)", page.url)
    assert walk, page.url
    wrong = "TEE-NAVY-L" if page.get_by_text("TEE-NAVY-L").count() == 0 else "TEE-WHITE-L"
    _scan(page, wrong)
    yield "wrong"
    page.goto(f"{url}/walks/{walk[1]}/stops/1")
    page.locator("a[href$='/exception']").first.click()
    page.wait_for_load_state("networkidle")
    yield "short"
    page.goto(f"{url}/walks/{walk[1]}/map")
    yield "map"
    page.goto(f"{url}/walks/{walk[1]}/stops")
    yield "stops"
    page.goto(f"{url}/walks/{walk[1]}/stops/1")
    while not page.locator(".put").count():
        _scan(page, re.sub(r"[^0-9]", "", page.locator(".bc .num").first.inner_text()))
    yield "put"


def _check(page: Page, url: str) -> Iterator[str]:
    page.goto(f"{url}/stations/P-SHA-1")
    tote = re.search(r"T-SHA-\d+", page.locator("#screen").inner_text())
    assert tote, "no tote waits at this bench"
    _scan(page, tote[0])
    yield "pack"
    _scan(page, "LIP-BRICK-04")
    yield "pack-wrong"


def _wanted(options: argparse.Namespace) -> Iterator[tuple[str, str, tuple[int, int], str]]:
    names = [name for name in SCREENS if re.search(options.only, name)]
    if not options.all:
        yield from (("zh", "light", SCREENS[name][2], name) for name in names)
        return
    for name, size in product(names, (PHONE, SMALL, DESK)):
        yield "zh", "light", size, name
        yield "en", "dark", size, name


def _signed_in(context: BrowserContext, url: str, badge: str) -> Page:
    page = context.new_page()
    if badge:
        page.goto(f"{url}/session?badge={badge}")
        page.eval_on_selector("#pin", f"field => {{ field.value = '{PIN}'; field.form.submit() }}")
        page.wait_for_url(f"{url}/")
    return page


def _go(page: Page, url: str, way: str) -> None:
    path, *links = way.split(" > ")
    page.goto(url + path)
    for link in links:
        if page.locator(link).count():
            page.goto(url + (page.locator(link).first.get_attribute("href") or ""))
    page.wait_for_load_state("networkidle")


if __name__ == "__main__":
    main()
