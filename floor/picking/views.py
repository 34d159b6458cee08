"""Doors of picking. Every scan goes to one address and answers with the next screen; the walk's state says which.

Transitions: walks -> start -> (cart) -> totes -> stop -> put -> stop ... -> finish -> start (done).
A wrong scan answers 422: red screen for wrong goods, the same screen with an amber bar for a wrong moment.
"""

from typing import TypeVar

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from pydantic import BaseModel
from sqlmodel import Session

from floor.kit.errors import Invalid, Refused
from floor.kit.uow import reading
from floor.picking import checks, forms, messages, queries, service
from floor.picking.drawing import floor_map
from floor.picking.listing import walks_for
from floor.picking.queries import StopView, WalkView
from floor.picking.screens import (
    here_of,
    show,
    show_check,
    show_finish,
    show_handover,
    show_problem,
    show_stop,
    show_totes,
    show_walk,
    stop_url,
)
from floor.picking.states import WalkState
from floor.picking.verdict import warn
from floor.web import hx
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.errors import sentence
from floor.web.forms import read
from floor.web.page import page

bp = Blueprint("picking", __name__)

PICKERS = ("picker", "supervisor")
#: Stock went to somebody else while the sheet was looked at: it is shown again.
_LOOK_AGAIN = ("picking.shelves_changed", "inventory.not_enough", "orders.changed_meanwhile")
M = TypeVar("M", bound=BaseModel)


# --- choosing a walk ------------------------------------------------------------------------------------------------


@bp.get("/walks")
@roles(*PICKERS)
def walks() -> Response:
    """Screen 22: the walk in hand, the next one, and all others."""
    with reading() as db:
        rows = walks_for(db, current_user.site, current_user.id)
    return page("picking/walks.html", "screen", walks=rows, states=messages.WALK_STATES)


@bp.post("/walks/next")
@roles(*PICKERS)
@command
def claim_next(db: Session) -> Response:
    walk = service.claim_next(db, current_user.site, actor())
    if walk is None:
        flash(_("No walk is waiting. Ask the supervisor."), "info")
        return hx.see(url_for("picking.walks"))
    return hx.see(url_for("picking.walk", walk_id=walk.id))


@bp.post("/walks/<int:walk_id>/claim")
@roles(*PICKERS)
@command
def claim(db: Session, walk_id: int) -> Response:
    queries.walk_view(db, walk_id, current_user.site)
    service.claim(db, walk_id, actor())
    return hx.see(url_for("picking.walk", walk_id=walk_id))


@bp.post("/walks/<int:walk_id>/release")
@roles(*PICKERS)
@command
def let_go(db: Session, walk_id: int) -> Response:
    service.let_go(db, walk_id, actor())
    return hx.see(url_for("picking.walks"))


@bp.get("/walks/<int:walk_id>")
@roles(*PICKERS)
def walk(walk_id: int) -> Response:
    """Screen 23: which cart; later the walk's menu, at the end what it came to."""
    with reading() as db:
        return show_walk(db, queries.walk_view(db, walk_id, current_user.site))


@bp.get("/walks/<int:walk_id>/totes")
@roles(*PICKERS)
def totes(walk_id: int) -> Response:
    """Screen 24: one empty tote per slot."""
    with reading() as db:
        return show_totes(queries.walk_view(db, walk_id, current_user.site))


@bp.post("/walks/<int:walk_id>/totes/undo")
@roles(*PICKERS)
@command
def unbind_tote(db: Session, walk_id: int) -> Response:
    service.unbind_tote(db, walk_id, actor())
    return show_totes(queries.walk_view(db, walk_id))


# --- scanning -------------------------------------------------------------------------------------------------------


@bp.post("/walks/<int:walk_id>/scans")
@roles(*PICKERS)
@command
def scan(db: Session, walk_id: int) -> Response:
    """Whatever is scanned on a walk: cart, totes, bins, goods, lane, badge, command cards."""
    form = form_of(forms.Scan)
    view = queries.walk_view(db, walk_id, current_user.site)
    if form.at == "handover":
        return _hand_over(db, view, form.code)
    if view.state is WalkState.CLAIMED:
        return _load(db, view, form.code)
    if form.at == "check":
        return _put_back(db, view, form.code)
    if view.state is WalkState.PICKING and (form.at == "finish" or view.after(None) is None):
        return _finish(db, view, form.code)
    return show(db, walk_id, service.scan(db, walk_id, form.stop, form.code, actor()))


def _load(db: Session, view: WalkView, code: str) -> Response:
    """A cart, then its totes; the last tote leads to the first stop. A cancelled order is told first and needs none."""
    if told := service.news_while_loading(db, view.id, actor()):
        said = warn(f"order_{told[0].what}", None, slot=told[0].slot, n=0)
        fresh = queries.walk_view(db, view.id)
        if fresh.state is WalkState.PICKING:
            return show(db, view.id, said)
        words = messages.say(said)
        if not fresh.cart:
            return show_walk(db, fresh, 422, verdict="warn", said=words, mood="warn")
        return show_totes(fresh, 422, verdict="warn", said=words)
    try:
        if not view.cart:
            service.bind_cart(db, view.id, code, actor())
        else:
            service.bind_tote(db, view.id, code, actor())
    except Invalid as refused:
        show_again = show_totes if view.cart else lambda v, **kw: show_walk(db, v, **kw)
        return show_again(view, status=422, wrong=sentence(refused))
    fresh = queries.walk_view(db, view.id)
    if fresh.state is WalkState.PICKING:
        return show(db, view.id, None, tone="done")
    return hx.push(show_totes(fresh, verdict="step"), url_for("picking.totes", walk_id=view.id))


def _finish(db: Session, view: WalkView, code: str) -> Response:
    if code.strip().upper() == "CMD-UNDO":
        return show(db, view.id, service.undo(db, view.id, actor()))
    if left := checks.open_checks(db, view.id):
        return show_check(view, left, status=422, wrong=sentence(Invalid("picking.checks_open", n=len(left))))
    try:
        said = service.finish(db, view.id, code, actor())
    except Invalid as refused:
        if left := checks.open_checks(db, view.id):  # an order was cancelled at this very moment
            return show_check(view, left, status=422, wrong=sentence(refused))
        return show_finish(db, view, status=422, wrong=sentence(refused))
    fresh = queries.walk_view(db, view.id)
    return hx.push(show_walk(db, fresh, verdict=said.sound), url_for("picking.walk", walk_id=view.id))


def _put_back(db: Session, view: WalkView, code: str) -> Response:
    """A stop to check: the label of the bin the units went back to."""
    left = checks.open_checks(db, view.id)
    if not left:
        return show(db, view.id, None)
    try:
        service.settle_check(db, view.id, left[0].id, code, actor())
    except Invalid as refused:
        return show_check(view, left, status=422, wrong=sentence(refused))
    return show(db, view.id, None, tone="done")


def _hand_over(db: Session, view: WalkView, code: str) -> Response:
    try:
        person = service.hand_over(db, view.id, code, actor())
    except Invalid as refused:
        return show_handover(view, status=422, wrong=sentence(refused))
    flash(_("%(name)s has walk %(number)s now.", name=person.name, number=view.number), "ok")
    return hx.see(url_for("picking.walks"))


@bp.get("/walks/<int:walk_id>/stops/<int:number>")
@roles(*PICKERS)
def stop(walk_id: int, number: int) -> Response:
    """Screens 25 and 27: stop n, whatever is scanned next there."""
    with reading() as db:
        view = queries.walk_view(db, walk_id, current_user.site)
        return show_stop(view, view.numbered(number))


@bp.post("/walks/<int:walk_id>/stops/<int:number>/quantity")
@roles(*PICKERS)
@command
def quantity(db: Session, walk_id: int, number: int) -> Response:
    """So many taken in all, typed after the first scan."""
    form = form_of(forms.Quantity)
    try:
        said = service.set_quantity(db, walk_id, form.stop, form.qty, actor())
    except Invalid as refused:
        view = queries.walk_view(db, walk_id)
        return show_stop(view, _stop_of(view, form.stop), status=422, wrong=sentence(refused), typed=str(form.qty))
    return show(db, walk_id, said)


@bp.post("/walks/<int:walk_id>/stops/<int:number>/skip")
@roles(*PICKERS)
@command
def skip(db: Session, walk_id: int, number: int) -> Response:
    return show(db, walk_id, service.skip(db, walk_id, form_of(forms.OfStop).stop, actor()))


@bp.post("/walks/<int:walk_id>/stops/<int:number>/empty")
@roles(*PICKERS)
@command
def empty(db: Session, walk_id: int, number: int) -> Response:
    """Zero check: is the bin the books call empty really so?"""
    form = form_of(forms.Emptied)
    service.answer_empty(db, walk_id, form.stop, form.empty, actor())
    return show(db, walk_id, None, tone="step")


@bp.post("/walks/<int:walk_id>/undo")
@roles(*PICKERS)
@command
def undo(db: Session, walk_id: int) -> Response:
    return show(db, walk_id, service.undo(db, walk_id, actor()))


@bp.post("/walks/<int:walk_id>/reports")
@roles(*PICKERS)
@command
def report_code(db: Session, walk_id: int) -> Response:
    """A code nobody knows, or a label on the wrong goods."""
    form = form_of(forms.Report)
    service.report_code(db, walk_id, form.stop, form.code, actor())
    flash(_("Reported. Put it aside and go on."), "ok")
    view = queries.walk_view(db, walk_id)
    here = view.by_id(form.stop) or view.after(None)
    return hx.see(stop_url(view, here) if here else url_for("picking.finish", walk_id=walk_id))


# --- problems -------------------------------------------------------------------------------------------------------


@bp.get("/walks/<int:walk_id>/stops/<int:number>/exception")
@roles(*PICKERS)
def problem(walk_id: int, number: int) -> Response:
    """Screen 28: how many are there, why, and what will follow."""
    with reading() as db:
        view = queries.walk_view(db, walk_id, current_user.site)
        here = view.numbered(number)
        got = request.args.get("got", type=int)
        why = request.args.get("why", default=None, type=service.Why)
        return show_problem(db, view, here, here.in_hand if got is None else got, why)


@bp.post("/walks/<int:walk_id>/stops/<int:number>/exception")
@roles(*PICKERS)
@command
def report(db: Session, walk_id: int, number: int) -> Response:
    form = form_of(forms.Problem)
    try:
        with db.begin_nested():
            said = service.report(db, walk_id, form.stop, form.got, form.why, actor(), form.seen)
    except Refused as refused:
        if not isinstance(refused, Invalid) and refused.code not in _LOOK_AGAIN:
            raise
        db.expire_all()
        view = queries.walk_view(db, walk_id)
        here = _stop_of(view, form.stop)
        return show_problem(db, view, here, form.got, form.why, status=refused.status, wrong=sentence(refused))
    return show(db, walk_id, said)


# --- the way --------------------------------------------------------------------------------------------------------


@bp.get("/walks/<int:walk_id>/map")
@roles(*PICKERS)
def floor_plan(walk_id: int) -> Response:
    """Screen 29: where we are, what is behind and ahead; with ?close only the aisle we stand in."""
    close = "close" in request.args
    with reading() as db:
        view = queries.walk_view(db, walk_id, current_user.site)
        here = here_of(view)
        drawing = floor_map(db, view, here, close=close)
    following = view.after(here)
    return page("picking/map.html", "screen", walk=view, here=here, following=following, map=drawing, close=close)


@bp.get("/walks/<int:walk_id>/stops")
@roles(*PICKERS)
def stops(walk_id: int) -> Response:
    """Screen 30: all stops as a list."""
    with reading() as db:
        view = queries.walk_view(db, walk_id, current_user.site)
    return page("picking/stops.html", "screen", walk=view, here=here_of(view), states=messages.STOP_STATES)


@bp.get("/walks/<int:walk_id>/finish")
@roles(*PICKERS)
def finish(walk_id: int) -> Response:
    """Screen 31: what is still open, and the lane."""
    with reading() as db:
        return show_finish(db, queries.walk_view(db, walk_id, current_user.site))


@bp.get("/walks/<int:walk_id>/handover")
@roles(*PICKERS)
def handover(walk_id: int) -> Response:
    """Screen 32: another badge takes over."""
    with reading() as db:
        return show_handover(queries.walk_view(db, walk_id, current_user.site))


def form_of(model: type[M]) -> M:
    """The form's values; these forms are made by our own screens, so anything unreadable is refused as a whole."""
    form = read(model, request.form)
    if form.data is None:
        raise Invalid("picking.form")
    return form.data


def _stop_of(view: WalkView, stop_id: int) -> StopView:
    return view.by_id(stop_id) or view.numbered(1)
