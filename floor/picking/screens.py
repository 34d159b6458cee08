"""The screens of picking: what each verdict shows next. Doors are in views.py."""

from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlmodel import Session

from floor.picking import messages, service
from floor.picking.queries import StopView, WalkView, walk_view
from floor.picking.states import WalkState
from floor.picking.verdict import Kind, Verdict
from floor.web import hx
from floor.web.page import page

#: Right scans that say a word on the next screen; the others only sound.
_SPOKEN = ("items_all", "tote_changed", "undone", "skipped", "short_reported")


def show(db: Session, walk_id: int, said: Verdict | None, tone: str | None = None) -> Response:
    """The screen that follows a verdict: the stop it names, else the next open one, else the end of the walk."""
    view = walk_view(db, walk_id)
    here = view.by_id(said.stop_id) if said else None
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
        verdict=about.get("verdict") or ("err" if "wrong" in about else None), wrong=about.get("wrong"),
    )  # fmt: skip


def show_totes(view: WalkView, status: int = 200, verdict: str | None = None, wrong: str | None = None) -> Response:
    following = next((slot for slot in view.totes if not slot.tote), None)
    places = _places(view)
    for slot in view.totes:
        state = "bound" if slot.tote else "on" if slot is following else "free"
        places[slot.slot - 1] |= {"state": state, "label": slot.tote}
    return page(
        "picking/totes.html", "screen", status, walk=view, following=following, places=places, wrong=wrong,
        verdict=verdict or ("err" if wrong else None), scan_url=scan_url_of(view),
    )  # fmt: skip


def show_stop(
    view: WalkView, here: StopView, status: int = 200, verdict: str | None = None, said: Any = None,
    mood: str = "ok", wrong: str | None = None, typed: str = "",
) -> Response:  # fmt: skip
    before = view.before(here)
    return page(
        "picking/put.html" if here.phase == "put" else "picking/stop.html", "screen", status,
        walk=view, here=here, following=view.after(here), same_aisle=bool(before and before.aisle == here.aisle),
        cart=_cart(view, here), said=said, mood=mood, wrong=wrong, typed=typed, states=messages.STOP_STATES,
        check=view.to_check() if here.phase == "bin" else None, scan_url=scan_url_of(view),
        verdict=verdict or ("err" if wrong else None),
    )  # fmt: skip


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


def problem_url(view: WalkView, here: StopView) -> str:
    return url_for("picking.problem", walk_id=view.id, number=here.number)
