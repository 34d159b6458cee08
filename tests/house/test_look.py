"""The look of the house: colours that can be read by everyone, and a style guide that fits every screen."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.house.conftest import ROOT, Toy
from tests.house.samples import _CHINESE
from tests.screens.looking import violations

TOKENS = (ROOT / "static" / "css" / "tokens.css").read_text()
_RULES = ("wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice")
#: All that a theme changes is colours.
_OF_COLOUR = ("color-contrast", "link-in-text-block")
SIZES = {"handheld": (412, 915), "small handheld": (360, 640), "desk": (1280, 800)}

#: foreground, background, least contrast (WCAG 2.x; 3.0 for the edges of controls, 7 for what is read while walking)
PAIRS = [
    ("ink", "surface", 7),
    ("ink", "bg", 7),
    ("ink2", "surface", 7),
    ("ink2", "bg", 6.8),
    ("ink2", "surface2", 7),
    ("on-action", "action", 7),
    ("link", "surface", 4.5),
    ("link", "info-soft", 4.5),
    ("ok", "surface", 4.5),
    ("ok", "ok-soft", 4.5),
    ("on-ok-flash", "ok-flash", 7),
    ("err", "surface", 4.5),
    ("err", "err-soft", 4.5),
    ("paper", "stop", 4.5),
    ("paper", "stop-deep", 7),
    ("on-warn", "warn", 7),
    ("warn-ink", "warn-soft", 4.5),
    ("line2", "surface", 3),
    ("line2", "bg", 3),
    *[(f"f{slot}", f"t{slot}", 4.5) for slot in range(1, 9)],
]


def _block(selector: str) -> dict[str, str]:
    body = TOKENS[TOKENS.index(selector) :]
    return dict(re.findall(r"--([\w-]+): ([^;]+);", body[: body.index("}")]))


def _luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = "".join(c * 2 for c in digits) if len(digits) == 3 else digits
    parts = [int(digits[k : k + 2], 16) / 255 for k in (0, 2, 4)]
    red, green, blue = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground", "least"), PAIRS)
def test_every_pair_of_colours_can_be_read(theme: str, text: str, ground: str, least: float) -> None:
    colours = _block(":root {") | (_block(':root[data-theme="dark"]') if theme == "dark" else {})
    assert _contrast(colours[text], colours[ground]) >= least


def test_the_system_dark_theme_is_the_chosen_dark_theme() -> None:
    assert _block(':root[data-theme="dark"]') == _block(':root[data-theme="auto"]')


def test_no_template_carries_inline_style_or_script() -> None:
    house = [*(ROOT / "templates" / "layouts").glob("*.html"), *(ROOT / "templates" / "_ui").glob("*.html")]
    offenders = [p.name for p in house if re.search(r'\sstyle="|\son\w+="|<script>', _without_comments(p))]
    assert not offenders


def test_every_macro_of_the_parts_is_offered_by_ui() -> None:
    offered = (ROOT / "templates" / "_ui" / "ui.html").read_text()
    for name in ("icons", "products", "floor", "forms", "data"):
        macros = re.findall(r"macro ([a-z]\w*)\(", (ROOT / "templates" / "_ui" / f"{name}.html").read_text())
        assert not [macro for macro in macros if f"_{name}.{macro}" not in offered]


def test_every_sample_word_of_the_guide_has_chinese() -> None:
    words = set(
        re.findall(r'\bt\((?:"([^"]+)"|\'([^\']+)\')\)', (ROOT / "templates" / "_ui" / "guide.html").read_text())
    )
    assert {a or b for a, b in words} <= set(_CHINESE) | {"Front", "64%", "View", "Flags", "Notices"} | _labels()


def _labels() -> set[str]:
    """Words only read aloud; they may stay English in the guide."""
    return {"Stages of the run", "Walking by hour", "3 of 6 stops", "3 of 5 checked"}


def _without_comments(path: Path) -> str:
    return re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.DOTALL)


@pytest.mark.browser
@pytest.mark.parametrize(("lang", "theme"), [("zh", "light"), ("zh", "dark"), ("en", "light"), ("en", "dark")])
def test_the_style_guide_is_accessible_and_fits(toy: Toy, page: Page, lang: str, theme: str) -> None:
    page.goto(f"{toy.url}/guide?lang={lang}&theme={theme}")
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    for width, height in SIZES.values():
        page.set_viewport_size({"width": width, "height": height})
        assert violations(Axe(), page, *(_RULES if theme == "light" else _OF_COLOUR)) == [], width
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.browser
@pytest.mark.parametrize("text", ["normal", "large"])
def test_nothing_scrolls_sideways_at_320_pixels(toy: Toy, page: Page, text: str) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    for path in ("guide", "toy"):
        page.goto(f"{toy.url}/{path}?text={text}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
