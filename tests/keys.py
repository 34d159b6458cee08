"""A scanner's keys, struck inside the page: sent one by one from outside, a busy machine parts a code in two."""

from playwright.sync_api import Page

_STRIKE = """keys => {
  for (const key of keys) {
    const stroke = {key, code: key.length > 1 ? key : "", bubbles: true, cancelable: true};
    document.activeElement.dispatchEvent(new KeyboardEvent("keydown", stroke));
  }
}"""


def strike(page: Page, code: str, end: str = "Enter", *, times: int = 1) -> None:
    """As a wedge types, with no pause between the keys; `end` is the key its maker set, or none."""
    page.evaluate(_STRIKE, ([*code, end] if end else [*code]) * times)
