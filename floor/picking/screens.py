"""The screens of picking: what each verdict shows next. Doors are in views.py."""

from collections.abc import Sequence
from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlmodel import Session

from floor.picking import checks, messages, service
from floor.picking.checks import CheckView
from floor.picking.queries import StopView, WalkView, walk_view
from floor.picking.states import WalkState
from floor.picking.verdict import Kind, Verdict
from floor.web import hx
from floor.web.page import page

#: Right scans that say a word on the next screen; the others only sound.
_SPOKEN = ("items_all", "tote_changed", "undone", "skipped", "short_reported")


def show(
    db: Session, walk_id: int, said: Verdict | None, tone: str | None = None, stop_id: int | None = None
) -> Response:
    """The screen that follows a verdict: the stop it names, else the next open one, else what is to check, else the end
    of the walk."""
    view = walk_view(db, walk_id)
    here = view.by_id(said.stop_id if said else stop_id)
    if said and said.kind is Kind.ERR and here:
        return show_wrong(view, here, said)
    if said and said.goto == "problem" and here:
        return hx.push(show_problem(db, view, here, here.in_hand, None), problem_url(view, here))
    here = here if here and here.is_open else _next(view)
    words = messages.say(said) if said and (said.kind is not Kind.OK or said.code in _SPOKEN) else None
    about: dict[str, Any] = {
        "status": 422 if said and said.kind is Kind.WARN else 200,
        "verdict": said.sound if said else tone,
        "said": words,
        "mood": said.kind.value if said else "ok",
    }
    if here is None and (left := checks.open_checks(db, walk_id)):
        return hx.push(show_check(view, left, **about), check_url(view, left[0]))
    if here is None and view.state is WalkState.DONE:
        return hx.push(show_walk(db, view, verdict=about["verdict"]), url_for("picking.walk", walk_id=walk_id))
    if here is None:
        return hx.push(show_finish(db, view, **about), url_for("picking.finish", walk_id=walk_id))
    return hx.push(show_stop(view, here, **about), stop_url(view, here))


def _next(view: WalkView) -> StopView | None:
    """The open stop after the one on the picker's screen."""
    came_from = view.by_id(request.form.get("stop", type=int))
    return view.after(came_from) if came_from else after_last(view)


def after_last(view: WalkView) -> StopView | None:
    """The open stop after the last one done, going round."""
    done = [stop for stop in view.stops if not stop.is_open and not stop.rest]
    return view.after(done[-1] if done else None)


def here_of(view: WalkView) -> StopView | None:
    """The stop the address asks for (?n=), else where the walk stands."""
    number = request.args.get("n", type=int)
    return view.numbered(number) if number else after_last(view)


def show_walk(db: Session, view: WalkView, status: int = 200, **about: Any) -> Response:
    is_mine = view.picker_id == current_user.id
    scan_url = scan_url_of(view) if is_mine and view.state is WalkState.CLAIMED and not view.cart else None
    return page(
        "picking/walk.html", "screen", status, walk=view, here=after_last(view), is_mine=is_mine,
        total=service.summary(db, view), states=messages.WALK_STATES, scan_url=scan_url,
        said=about.get("said"), mood=about.get("mood", "ok"),
        left=checks.open_checks(db, view.id) if is_mine and view.state is WalkState.DONE else (),
        verdict=about.get("verdict") or ("err" if "wrong" in about else None), wrong=about.get("wrong"),
    )  # fmt: skip


def show_totes(
    view: WalkView, status: int = 200, verdict: str | None = None, wrong: str | None = None, said: Any = None
) -> Response:
    following = next((slot for slot in view.totes if not slot.tote and not slot.is_cancelled), None)
    places = _places(view)
    for slot in view.totes:
        state = "bound" if slot.tote else "on" if slot is following else "free"
        places[slot.slot - 1] |= {"state": state, "label": slot.tote}
    return page(
        "picking/totes.html", "screen", status, walk=view, following=following, places=places, wrong=wrong,
        said=said, mood="warn",
        verdict=verdict or ("err" if wrong else None), scan_url=scan_url_of(view),
    )  # fmt: skip


def show_stop(
    view: WalkView, here: StopView, status: int = 200, verdict: str | None = None, said: Any = None,
    mood: str = "ok", wrong: str | None = None, typed: str = "",
) -> Response:  # fmt: skip
    return page(
        stop_template(here), "screen", status, **stop_context(view, here), said=said, mood=mood, wrong=wrong,
        typed=typed, check=view.to_check() if here.phase == "bin" else None,
        verdict=verdict or ("err" if wrong else None),
    )  # fmt: skip


def stop_template(here: StopView) -> str:
    return "picking/put.html" if here.phase == "put" else "picking/stop.html"


def stop_context(view: WalkView, here: StopView) -> dict[str, Any]:
    """What a stop's screen shows, whoever draws it: this answer, or a phone later on."""
    before = view.before(here)
    return {
        "walk": view, "here": here, "following": view.after(here), "cart": _cart(view, here),
        "same_aisle": bool(before and before.aisle == here.aisle), "states": messages.STOP_STATES,
        "scan_url": scan_url_of(view),
    }  # fmt: skip


def _places(view: WalkView) -> list[dict[str, Any]]:
    """Every place of the cart, so that a drawing shows place 7 where it is even when no tote stands on 5 and 6."""
    return [{"no": no} for no in range(1, max(4, *(slot.slot for slot in view.totes)) + 1)]


def _cart(view: WalkView, here: StopView) -> list[dict[str, Any]]:
    """The places of the cart, and what of this stop goes where; while putting, only the first is in colour."""
    puts = {put.slot.slot: put for put in here.puts}
    cart = _places(view)
    for slot, put in puts.items():
        waits = here.phase == "put" and put is not here.puts[0]
        label = _("Tote %(tote)s gets %(n)s", tote=put.slot.label, n=put.units)
        cart[slot - 1] |= {"state": "next" if waits else "on", "add": f"+{put.units}", "label": label}
    return cart


def show_wrong(view: WalkView, here: StopView, said: Verdict) -> Response:
    """Screen 26: nothing counted, nothing to tap; the right scan clears it."""
    levels = said.values.get("levels")
    return page(
        "picking/wrong.html", "screen", 422, walk=view, here=here, wrong_scan=said, said=messages.say(said),
        beside=messages.beside(levels) if levels else "", verdict="err", scan_url=scan_url_of(view),
        code=request.form.get("code", ""),
    )  # fmt: skip


def show_check(view: WalkView, left: Sequence[CheckView], status: int = 200, **about: Any) -> Response:
    """Screen 31b: units that go back to a bin before the walk ends; its label, scanned, settles it."""
    wrong = about.get("wrong")
    return page(
        "picking/check.html", "screen", status, walk=view, check=left[0], left=len(left), reasons=messages.CHECKS,
        scan_url=scan_url_of(view), verdict=about.get("verdict") or ("err" if wrong else None), wrong=wrong,
        said=about.get("said"), mood=about.get("mood", "ok"),
    )  # fmt: skip


def show_problem(
    db: Session, view: WalkView, here: StopView, got: int, why: service.Why | None, status: int = 200,
    wrong: str | None = None,
) -> Response:  # fmt: skip
    got = min(max(got, 0), here.rest)
    chosen = why or (service.Why.SHORT if got else service.Why.EMPTY)
    return page(
        "picking/exception.html", "screen", status, walk=view, here=here, got=got, why=chosen, reasons=messages.WHY,
        then=service.consequences(db, view, here, got, chosen), wrong=wrong, verdict="err" if wrong else None,
        scan_url=scan_url_of(view),
    )  # fmt: skip


def show_finish(db: Session, view: WalkView, status: int = 200, wrong: str | None = None, **about: Any) -> Response:
    return page(
        "picking/finish.html", "screen", status, walk=view, total=service.summary(db, view), here=after_last(view),
        check=view.to_check(), wrong=wrong, said=about.get("said"), mood=about.get("mood", "ok"),
        verdict=about.get("verdict") or ("err" if wrong else None), scan_url=scan_url_of(view),
    )  # fmt: skip


def show_handover(view: WalkView, status: int = 200, wrong: str | None = None) -> Response:
    return page(
        "picking/handover.html", "screen", status, walk=view, here=after_last(view), wrong=wrong,
        verdict="err" if wrong else None, scan_url=scan_url_of(view),
    )  # fmt: skip


def scan_url_of(view: WalkView) -> str:
    return url_for("picking.scan", walk_id=view.id)


def stop_url(view: WalkView, here: StopView) -> str:
    return url_for("picking.stop", walk_id=view.id, number=here.number)


def check_url(view: WalkView, check: CheckView) -> str:
    return url_for("zones.check", walk_id=view.id, check_id=check.id)


def problem_url(view: WalkView, here: StopView) -> str:
    return url_for("picking.problem", walk_id=view.id, number=here.number)
