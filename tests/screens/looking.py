"""What a look at a screen would find: by axe, on a small phone, at 320 px, with large text."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

#: What a look at a phone would find: targets too small for a gloved thumb, words cut off, codes where words belong.
LOOK = r"""() => {
  const found = []
  const name = e => (e.innerText || e.getAttribute("aria-label") || e.name || e.className).trim().slice(0, 40)
  const height = e => Math.round(e.getBoundingClientRect().height)
  const hidden = ".vh, #scan, #strips, dialog, svg, thead"
  const seen = e => e.checkVisibility({opacityProperty: true, visibilityProperty: true}) && !e.closest(hidden)
  const cuts = e => ["hidden", "clip"].includes(getComputedStyle(e).overflowX) && e.scrollWidth > e.clientWidth + 1
  const targets = "a, button, summary, select, textarea, input:not([type=checkbox], [type=radio])"
  for (const e of document.querySelectorAll(targets))
    if (seen(e) && getComputedStyle(e).display !== "inline" && height(e) < 48)
      found.push(`${height(e)} px high: ${name(e)}`)
  for (const e of document.querySelectorAll("body *"))
    if (cuts(e) && seen(e) && e.innerText) found.push(`cut off: ${name(e)}`)
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (words.nextNode()) {
    const e = words.currentNode.parentElement, text = words.currentNode.textContent
    if (/\b[a-z]+_[a-z_]+\b|\b(None|True|False)\b|%\(/.test(text) && seen(e) && !e.closest("script, code, pre, .num"))
      found.push(`a code: ${text.trim().slice(0, 40)}`)
    const range = document.createRange()
    range.selectNodeContents(words.currentNode)
    const box = range.getBoundingClientRect()
    if (box.width < 48 && box.height > 100 && seen(e)) found.push(`squeezed into a column: ${text.trim().slice(0, 40)}`)
  }
  const dock = document.querySelector(".dock, .sheet .acts, .stop > footer")
  if (dock && dock.getBoundingClientRect().bottom > innerHeight + 1) found.push("the main action is below the fold")
  return found
}"""

#: With text twice as large: what is cut, what leaves the screen, and when no room is left between head and dock.
LARGE = r"""() => {
  const found = []
  const hidden = ".vh, #scan, #strips, dialog, svg, thead"
  const seen = e => e.checkVisibility({opacityProperty: true, visibilityProperty: true}) && !e.closest(hidden)
    && getComputedStyle(e).clipPath !== "inset(50%)" // for those who hear
  const name = e => `${e.className}: ${e.innerText.trim().slice(0, 40)}`
  const clips = o => ["hidden", "clip"].includes(o)
  for (const e of document.querySelectorAll("body *")) {
    const {overflowX, overflowY} = getComputedStyle(e), box = e.getBoundingClientRect()
    const wrong = []
    if (clips(overflowX) && e.scrollWidth > e.clientWidth + 1) wrong.push("cut off")
    if (clips(overflowY) && e.scrollHeight > e.clientHeight + 1) wrong.push("cut off below")
    if (box.right > innerWidth + 1 && !e.closest(".tabs")) wrong.push("off the screen")
    // Last, as it takes the longest: what of it can be seen, and its words.
    if (wrong.length && seen(e) && e.innerText) found.push(...wrong.map(what => `${what} at 200%: ${name(e)}`))
  }
  const stuck = [...document.querySelectorAll(".hand > header, .dock, .sheet .acts")]
    .filter(e => getComputedStyle(e).position === "sticky")
    .reduce((sum, e) => sum + e.getBoundingClientRect().height, 0)
  if (stuck > innerHeight / 2) found.push(`head and dock take ${Math.round(stuck)} of ${innerHeight} px at 200%`)
  return found
}"""


def faults(page: Page, *, large: bool = False) -> list[str]:
    """What is wrong with the screen as it stands: sideways scroll at 320 px, a look at 360 x 640, and, if `large`, what
    text at 200% does to it. Leaves the page at 360 x 640."""
    page.set_viewport_size({"width": 320, "height": 640})
    wide = page.evaluate("document.documentElement.scrollWidth")
    found = [f"{wide} px wide at 320"] if wide > 320 else []
    page.set_viewport_size({"width": 360, "height": 640})
    found += [f"at 360: {what}" for what in page.evaluate(LOOK)]
    if large:
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        found += page.evaluate(LARGE)
        page.evaluate("document.documentElement.style.fontSize = ''")
    return found


_AXE = (
    "rules => axe.run({resultTypes: ['violations'], ...rules.length && {runOnly: rules}}).then(run => run.violations)"
)


def violations(axe: Axe, page: Page, *rules: str) -> list[dict[str, Any]]:
    """As `axe.run(page)`, without bringing over what every rule had to say about what is right. `rules`: only these."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe.axe_script)
    found: list[dict[str, Any]] = page.evaluate(_AXE, rules)
    return found
