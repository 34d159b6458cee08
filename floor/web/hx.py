"""The one place that reads and writes htmx headers."""

import json

from flask import Response, g
from htmx_flask import make_response, request
from htmx_flask.requests import HtmxHeaders


def _htmx() -> HtmxHeaders:
    """The request's htmx headers; whoever looks at them makes the answer vary on them."""
    g.vary_on_htmx = True
    return request.htmx


def wants_fragment() -> bool:
    """True when htmx asks for a part: not a boosted page, not a history restore (those need the whole page)."""
    htmx = _htmx()
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def is_htmx() -> bool:
    return bool(_htmx())


def target() -> str:
    """The id of the element htmx will replace, or ""."""
    return _htmx().target or ""


def current_url() -> str:
    """The address of the page htmx asks from, or ""."""
    return _htmx().current_url or ""


def trigger(response: Response, name: str, detail: object) -> Response:
    """Add one client event, keeping those already there."""
    events = json.loads(response.headers.get("HX-Trigger", "{}"))
    events[name] = detail
    response.headers["HX-Trigger"] = json.dumps(events)
    return response


def see(url: str) -> Response:
    """Go to `url`: 303 for a plain form, HX-Redirect for htmx (a 303 would be followed inside the fragment)."""
    if is_htmx():
        return make_response("", 200, redirect=url)
    response = make_response("", 303)
    response.headers["Location"] = url
    return response


def retarget(response: Response, selector: str, swap: str = "innerHTML") -> Response:
    """Put the answer elsewhere. Written by hand: htmx-flask's list of swaps misses several of htmx 2."""
    response.headers["HX-Retarget"] = selector
    response.headers["HX-Reswap"] = swap
    return response


def push(response: Response, url: str) -> Response:
    response.headers["HX-Push-Url"] = url
    return response


def vary(response: Response) -> Response:
    """Runs after every request: an answer that looked at htmx headers says so to caches."""
    if g.get("vary_on_htmx"):
        response.vary.update(["HX-Request", "HX-Boosted", "HX-Target"])
    return response
