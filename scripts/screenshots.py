"""Makes the pictures of the README from a running demo house: `.venv/bin/python scripts/screenshots.py http://127.0.0.1:8000`.

With `--all FOLDER` it takes every screen at three sizes, in both languages and themes, for a look with your own eyes.
"""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from playwright.sync_api import TimeoutError as TookTooLong

HERE = Path(__file__).resolve().parent.parent
PIN = "1234"
FLAGS = ("no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking", "disable-sync")
PHONE, SMALL, DESK = (412, 915), (360, 640), (1280, 800)

#: Name -> badge, address (and links to follow from it: CSS after " > "), size of the README's picture.
SCREENS = {
    "sign-in": ("", "/session?badge=B-1001", PHONE),
    "sign-in-badge": ("", "/session", PHONE),
    "home-picker": ("B-1001", "/", PHONE),
    "home-packer": ("B-2001", "/", PHONE),
    "home-clerk": ("B-3001", "/", PHONE),
    "home-supervisor": ("B-4001", "/", PHONE),
    "scan": ("B-1001", "/scan", PHONE),
    "scan-unknown": ("B-1001", "/scan?code=nothing", PHONE),
    "walks": ("B-1001", "/walks", PHONE),
    "walk-mine": ("B-1002", "/walks > .dock a[href^='/walks/']", PHONE),
    "walk-free": ("B-1001", "/walks > .links a[href^='/walks/']", PHONE),
    "walk-totes": ("B-1004", "/walks > .dock a[href^='/walks/'] > .dock a", PHONE),
    "walk-stop": ("B-1002", "/walks > .dock a[href^='/walks/'] > .dock a", PHONE),
    "walk-short": ("B-1002", "/walks > .dock a[href^='/walks/'] > .dock a > a[href$='/exception']", PHONE),
    "walk-map": ("B-1002", "/walks > .dock a[href^='/walks/'] > a[href$='/map']", PHONE),
    "walk-stops": ("B-1002", "/walks > .dock a[href^='/walks/'] > a[href$='/stops']", PHONE),
    "walk-finish": ("B-1002", "/walks > .dock a[href^='/walks/'] > a[href$='/finish']", PHONE),
    "walk-handover": ("B-1002", "/walks > .dock a[href^='/walks/'] > a[href$='/handover']", PHONE),
    "board": ("B-4001", "/board", DESK),
    "orders": ("B-3001", "/orders", DESK),
    "orders-none": ("B-3001", "/orders?q=nosuchorder", DESK),
    "order": ("B-3001", "/orders > #content a[href^='/orders/']", DESK),
    "order-shipped": ("B-3001", "/orders?state=shipped > #content a[href^='/orders/']", DESK),
    "order-why": ("B-3001", "/orders?state=waiting > #content a[href^='/orders/'] > a[href$='/why']", DESK),
    "order-address": ("B-3001", "/orders?state=held > #content a[href^='/orders/'] > a[href$='/address']", DESK),
    "order-again": ("B-3001", "/orders?state=delivered > #content a[href^='/orders/'] > a[href$='/again']", DESK),
    "enquiries": ("B-3001", "/enquiries", DESK),
    "enquiry-new": ("B-3001", "/enquiries/new", DESK),
    "ready-answers": ("B-3001", "/enquiries/templates", DESK),
    "feedback": ("B-3001", "/feedback", DESK),
    "insight-delivery": ("B-4001", "/insight/delivery", DESK),
    "insight-cost": ("B-4001", "/insight/cost?group=carrier", DESK),
    "insight-floor": ("B-4001", "/insight/floor", DESK),
    "insight-returns": ("B-4001", "/insight/returns", DESK),
    "insight-material": ("B-4001", "/insight/material", DESK),
    "intake": ("B-4001", "/intake", DESK),
    "intake-batch": ("B-4001", "/intake > a[href^='/intake/batches/']", DESK),
    "audit": ("B-3001", "/audit", DESK),
    "audit-order": ("B-3001", "/audit > a[href^='/audit/orders/']", DESK),
    "audit-rules": ("B-4001", "/audit/rules", DESK),
    "runs": ("B-4001", "/runs", DESK),
    "run": ("B-4001", "/runs > a[href^='/runs/']:not([href$='new'])", DESK),
    "run-new": ("B-4001", "/runs/new", DESK),
    "run-preview": ("B-4001", "/runs/preview?strategy=optimal", DESK),
    "runs-compare": ("B-4001", "/runs/compare?a=1&b=1", DESK),
    "capacities": ("B-4001", "/capacities", DESK),
    "unallocated": (
        "B-4001",
        "/runs > a[href^='/runs/']:not([href$='new']) > a[href*='/unallocated']:not([href*='.csv'])",
        DESK,
    ),
    "stock": ("B-4001", "/stock", DESK),
    "stock-receive": ("B-4001", "/stock/receive", DESK),
    "bin": ("B-4001", "/bins/SHA/A01-01-1", DESK),
    "which-bin": ("B-9001", "/bins/A01-01-1", PHONE),
    "sku": ("B-4001", "/skus/TEE-NAVY-L", DESK),
    "tote": ("B-4001", "/totes/T-SHA-001", DESK),
    "counts": ("B-1001", "/counts", PHONE),
    "count": ("B-1001", "/counts > #content a[href^='/counts/'], #screen a[href^='/counts/']", PHONE),
    "count-review": ("B-4001", "/counts/review", DESK),
    "count-rules": ("B-4001", "/counts/rules", DESK),
    "observations": ("B-4001", "/observations", DESK),
    "receiving": ("B-1001", "/receiving", PHONE),
    "delivery-scan": ("B-1001", "/receiving > #screen a[href^='/receiving/']", PHONE),
    "deliveries": ("B-4001", "/deliveries", DESK),
    "delivery": ("B-4001", "/deliveries > #content a[href^='/deliveries/']:not([href$='new'])", DESK),
    "delivery-new": ("B-4001", "/deliveries/new", DESK),
    "quality": ("B-4001", "/qc", DESK),
    "relocate": ("B-1001", "/relocate", PHONE),
    "transfers": ("B-4001", "/transfers", DESK),
    "transfer": ("B-4001", "/transfers > #content a[href^='/transfers/']:not([href$='new'])", DESK),
    "purchasing": ("B-4001", "/purchasing", DESK),
    "safety": ("B-4001", "/stock/safety", DESK),
    "sku-supply": ("B-4001", "/skus/TEE-NAVY-L/supply", DESK),
    "feeds": ("B-4001", "/stock/feeds", DESK),
    "imports": ("B-4001", "/stock/imports", DESK),
    "lot": ("B-4001", "/stock?q=TEA > #content a[href^='/skus/TEA'] > a[href^='/lots/']", DESK),
    "replenishments": ("B-1001", "/replenishments", PHONE),
    "replenishment": ("B-9001", "/replenishments > a[href^='/replenishments/']", PHONE),
    "stations": ("B-2001", "/stations?choose=1", PHONE),
    "bench": ("B-2001", "/stations/P-SHA-1", PHONE),
    "pack-open": ("B-2001", "/stations/P-SHA-1 > a[href^='/packs/']", PHONE),
    "pack-problem": ("B-2001", "/stations/P-SHA-1 > a[href^='/packs/'] > a[href$='/exception']", PHONE),
    "manifests": ("B-2001", "/manifests", PHONE),
    "manifest": ("B-2001", "/manifests > #content a[href^='/manifests/'], #screen a[href^='/manifests/']", PHONE),
    "tracking": ("B-3001", "/tracking", DESK),
    "parcel-story": ("B-3001", "/orders?state=shipped > #content a[href^='/orders/'] > a[href$='/story']", DESK),
    "customer": ("B-3001", "/orders?state=shipped > #content a[href^='/orders/'] > a[href^='/t/']", PHONE),
    "customer-delivered": ("B-3001", "/orders?state=delivered > #content a[href^='/orders/'] > a[href^='/t/']", PHONE),
    "customer-return": (
        "B-3001",
        "/orders?state=delivered > #content a[href^='/orders/'] > a[href^='/t/'] > a[href$='/return']",
        PHONE,
    ),
    "returns": ("B-3001", "/returns", DESK),
    "returns-intake": ("B-3001", "/returns/intake", DESK),
    "returns-new": (
        "B-3001",
        "/orders?state=delivered > #content a[href^='/orders/'] > a[href^='/returns/new']",
        DESK,
    ),
    "return-case": ("B-3001", "/returns > a[href^='/returns/']:not([href$='new']):not([href$='intake'])", DESK),
    "return-item": (
        "B-3001",
        "/returns > a[href^='/returns/']:not([href$='new']):not([href$='intake']) > a[href*='/items/']",
        DESK,
    ),
    "putaways": ("B-1001", "/putaways", PHONE),
    "commands": ("B-4001", "/commands", DESK),
    "settings": ("B-1001", "/me/settings", PHONE),
    "not-found": ("B-3001", "/orders/999999", DESK),
    "not-allowed": ("B-1001", "/board", PHONE),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--all", type=Path, help="take every screen at every size into this folder")
    parser.add_argument("--only", default="", help="names to take, as a regular expression")
    options = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=[f"--{f}" for f in FLAGS])
        for lang in ("zh", "en") if options.all else ("zh",):
            _look(browser, options, lang)
            _work(browser, options, lang)
        browser.close()


def _look(browser: Browser, options: argparse.Namespace, lang: str) -> None:
    """Screens one meets by following links. Changes nothing."""
    pages: dict[str, Page] = {}
    for name in (name for name in SCREENS if re.search(options.only, name)):
        badge, way, size = SCREENS[name]
        if badge not in pages:
            pages[badge] = _signed_in(_context(browser, options, lang), options.url, badge)
        missing = _go(pages[badge], options.url, way)
        if missing:
            print(f"{name}: no {missing} at {pages[badge].url}", flush=True)
        else:
            _take(pages[badge], options, name, lang, size)
    for page in pages.values():
        page.context.close()


def _work(browser: Browser, options: argparse.Namespace, lang: str) -> None:
    """Screens one only meets by working: a picker claims the next walk, a packer opens a tote. Changes the house."""
    site, picker, packer = {"zh": ("SHA", "B-1001", "B-2001"), "en": ("CAN", "B-1003", "B-2002")}[lang]
    clerk = "B-3001"
    works = ((picker, _pick), (packer, _check), (packer, _load), (clerk, _send_back), (clerk, _inspect))
    for badge, work in works:
        page = _signed_in(_context(browser, options, lang), options.url, badge)
        try:
            for name in work(page, options.url, site):
                if re.search(options.only, name):
                    _take(page, options, name, lang, PHONE)
        except TookTooLong as late:  # the others' work is looked at all the same
            print(f"{work.__name__} stopped at {page.url}: {late}", flush=True)
        page.context.close()


def _context(browser: Browser, options: argparse.Namespace, lang: str) -> BrowserContext:
    context = browser.new_context(locale=lang, timezone_id="Asia/Shanghai")
    context.add_cookies([{"name": "lang", "value": lang, "url": options.url}])
    return context


def _take(page: Page, options: argparse.Namespace, name: str, lang: str, size: tuple[int, int]) -> None:
    """The screen as it stands; with --all at every size and in both themes, without a reload that would lose a 422."""
    folder = options.all or HERE / "docs" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    for width, height in (PHONE, SMALL, DESK) if options.all else (size,):
        page.set_viewport_size({"width": width, "height": height})
        for theme in ("light", "dark") if options.all else ("light",):
            page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            tail = f"-{lang}-{theme}-{width}" if options.all else ""
            page.screenshot(path=str(folder / f"{name}{tail}.png"))
    print(f"{name} {lang}: {page.title()}", flush=True)


def _scan(page: Page, code: str) -> None:
    page.wait_for_timeout(350)  # the same code sooner is a bounce of the trigger, and dropped
    try:
        with page.expect_response(lambda answer: answer.request.method == "POST", timeout=5000):
            page.keyboard.type(code, delay=2)
            page.keyboard.press("Enter")
    except TookTooLong:
        pass  # judged on the phone: the server hears of it later
    page.wait_for_load_state("networkidle")


def _pick(page: Page, url: str, site: str) -> Iterator[str]:
    page.goto(f"{url}/walks")
    page.locator("form[action$='/walks/next'] button, form[action*='/claim'] button, .dock a").first.click()
    page.wait_for_url(re.compile(r"/walks/[0-9]+"))
    page.wait_for_load_state("networkidle")
    yield "walk"
    walk = re.search(r"/walks/(\d+)", page.url)
    assert walk, page.url
    _scan(page, f"C-{site}-12")
    yield "totes"
    for n in range(120, 100, -1):
        _scan(page, f"T-{site}-{n:03d}")
        if page.locator(".loc").count():
            break
    stop = page.url
    yield "stop"
    bin_code = "-".join(page.locator(".loc b").all_inner_texts())
    _scan(page, "A01-01-1" if bin_code != "A01-01-1" else "A02-01-1")
    yield "wrong-bin"
    page.goto(stop)
    _scan(page, bin_code)
    yield "stop-item"
    _scan(page, "6900000000000")
    yield "unknown"
    page.goto(stop)
    for sku in ("TEE-NAVY-L", "TEE-WHITE-L", "TEE-GREY-S", "LIP-BRICK-04"):  # one that no later stop wants
        _scan(page, sku)
        if page.locator(".stop").count():
            break
        page.goto(stop)
    yield "wrong"
    page.goto(stop)
    page.locator("a[href$='/exception']").first.click()
    page.wait_for_load_state("networkidle")
    yield "short"
    for screen in ("map", "stops", "finish", "handover"):
        page.goto(f"{url}/walks/{walk[1]}/{screen}")
        yield screen
    page.goto(stop)
    while not page.locator(".put").count():
        _scan(page, re.sub(r"[^0-9]", "", page.locator(".bc .num").first.inner_text()))
    yield "put"
    _scan(page, f"T-{site}-001")
    yield "wrong-tote"
    page.goto(stop)
    for n in range(120, 100, -1):
        if page.locator(".put").count():
            _scan(page, f"T-{site}-{n:03d}")
            page.goto(f"{url}/walks/{walk[1]}/stops/1")
    page.goto(f"{url}/walks/{walk[1]}/map")
    yield "map-later"


def _check(page: Page, url: str, site: str) -> Iterator[str]:
    page.goto(f"{url}/stations/P-{site}-1")
    tote = re.search(rf"T-{site}-\d+", page.locator("#screen").inner_text())
    assert tote, "no tote waits at this bench"
    page.goto(f"{url}/totes/{tote[0]}")
    goods = re.findall(r"/skus/([^\"/]+)\"", page.content())
    page.goto(f"{url}/stations/P-{site}-1")
    _scan(page, tote[0])
    yield "pack"
    _scan(page, "LIP-BRICK-04")
    yield "pack-wrong"
    page.goto(page.url)
    _scan(page, goods[0])
    yield "pack-checked"
    pack = page.url
    for code in dict.fromkeys(goods):
        left = ""
        while page.locator(".left").count() and page.locator(".left").inner_text() != left:  # else enough of these
            left = page.locator(".left").inner_text()
            _scan(page, code)
            if page.locator(".stop").count():
                page.goto(pack)
    yield "parcel"
    page.fill("#weight", "20000")
    page.locator("[data-key='F9']").click()
    page.wait_for_load_state("networkidle")
    yield "parcel-weight"
    page.goto(page.url)
    page.fill("#weight", re.search(r"(\d+) ?[g克]", page.locator("#weight-hint").inner_text())[1])  # type: ignore[index]
    page.locator("[data-key='F9']").click()
    page.wait_for_url(re.compile("/label"))
    page.wait_for_load_state("networkidle")
    yield "label"


def _load(page: Page, url: str, site: str) -> Iterator[str]:
    page.goto(f"{url}/manifests")
    page.locator("#content form button").first.click()
    page.wait_for_url(re.compile(r"/manifests/\d+"))
    page.wait_for_load_state("networkidle")
    yield "manifest-open"
    _scan(page, "P-000001")
    yield "manifest-wrong"
    page.goto(f"{page.url}/handover")
    yield "manifest-handover"


def _send_back(page: Page, url: str, site: str) -> Iterator[str]:
    page.goto(f"{url}/orders?state=delivered")
    page.goto(url + (page.locator("#content a[href^='/orders/']").first.get_attribute("href") or ""))
    page.goto(url + (page.locator("a[href^='/t/']").first.get_attribute("href") or "") + "/return")
    page.locator("[name^=qty_]").first.fill("1")
    page.locator("[name=reason]").first.check()
    page.locator("main .btn.pri").click()
    page.wait_for_url(re.compile("/return/"))
    page.wait_for_load_state("networkidle")
    yield "return-requested"


def _inspect(page: Page, url: str, site: str) -> Iterator[str]:
    missing = _go(page, url, SCREENS["return-item"][1])
    assert not missing, "no return is on the desk"
    item = page.url
    page.goto(url + (page.locator("#content a[href^='/orders/']").first.get_attribute("href") or ""))
    goods = page.locator("#content a[href^='/skus/']").first.get_attribute("href") or ""
    page.goto(item)
    _scan(page, goods.removeprefix("/skus/"))
    for key in "qser1":  # complete, packaging broken, clean, works; like new
        page.keyboard.press(key)
        page.wait_for_timeout(400)  # faster, and it is a scan
    page.wait_for_load_state("networkidle")
    yield "return-item"


def _signed_in(context: BrowserContext, url: str, badge: str) -> Page:
    page = context.new_page()
    if badge:
        page.goto(f"{url}/session?badge={badge}")
        page.eval_on_selector("#pin", f"field => {{ field.value = '{PIN}'; field.form.submit() }}")
        page.wait_for_url(f"{url}/")
    return page


def _go(page: Page, url: str, way: str) -> str:
    """Opens the address and follows the links; answers the link that was not there, or nothing."""
    path, *links = way.split(" > ")
    page.goto(url + path)
    for link in links:
        if not page.locator(link).count():
            return link
        page.goto(url + (page.locator(link).first.get_attribute("href") or ""))
    page.wait_for_load_state("networkidle")
    return ""


if __name__ == "__main__":
    main()
