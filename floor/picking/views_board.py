"""Doors of the supervisor's board: the floor now, a walk given to somebody, an urgent order, and how fast walks go."""

from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import format_datetime, ngettext
from flask_babel import gettext as _
from flask_login import current_user
from sqlmodel import Session

from floor.inventory.models import Warehouse
from floor.kit import clock
from floor.kit.errors import Conflict, Invalid, Unknown
from floor.kit.uow import reading
from floor.picking import board, forms, messages, putwall, queries, rates, reassigning, urgent
from floor.picking.models import Walk
from floor.picking.states import WalkState
from floor.shipments.models import Shipment
from floor.web import hx
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.errors import sentence
from floor.web.forms import read
from floor.web.page import page

bp = Blueprint("floor_board", __name__, url_prefix="/walks/board")


@bp.get("")
@roles("supervisor")
def index() -> Response:
    """Screen 21, walks: the page asks for itself every 15 seconds; without a script the browser does."""
    site = current_user.site
    with reading() as db:
        walks = board.walks_now(db, site)
        done = rates.finished(db, site)
        known, too_few = rates.each(done)
        return page(
            "picking/board.html", "content", walks=walks, people=board.people_now(db, walks, site),
            cut_offs=board.burn_down(db, site), stuck=[row for row in walks if row.is_stuck],
            words=messages.WALK_STATES, rule=int(board.STUCK.total_seconds() // 60),
            waiting=urgent.waiting(db, site), team=rates.team(done),
            rates=known, too_few=too_few, width=board.WIDTH, height=board.HEIGHT,
            stamp=format_datetime(clock.now(), "HH:mm:ss"),
        )  # fmt: skip


# --- a walk for somebody ---------------------------------------------------------------------------------------------


def _walk(db: Session, walk_id: int) -> Walk:
    """A walk of the supervisor's site."""
    walk = db.get(Walk, walk_id)
    if walk is None or current_user.site not in ("", db.get_one(Warehouse, walk.warehouse_id).code):
        raise Unknown("picking.unknown_walk")
    return walk


@bp.get("/<int:walk_id>")
@roles("supervisor")
def walk(walk_id: int) -> Response:
    """Who may take this walk, and what it means."""
    with reading() as db:
        return show_walk(db, _walk(db, walk_id))


def show_walk(db: Session, walk: Walk, status: int = 200, wrong: str | None = None) -> Response:
    return page(
        "picking/board_walk.html", "content", status, walk=queries.walk_view(db, walk.id or 0), wrong=wrong,
        people=reassigning.choices(db, walk), is_loaded=reassigning.is_loaded(db, walk.id or 0),
        words=messages.WALK_STATES,
        is_open=walk.state in (WalkState.PUBLISHED, WalkState.CLAIMED, WalkState.PICKING),
    )  # fmt: skip


def _given(db: Session, walk_id: int, give: Any) -> Response | str:
    """The name of whom the walk was given to, or the page with what was refused."""
    walk = _walk(db, walk_id)
    form = read(forms.Person, request.form)
    if form.data is None:
        return show_walk(db, walk, 422, _("Choose somebody."))
    try:
        return str(give(db, walk_id, form.data.person, actor()).name)
    except Invalid as refused:
        return show_walk(db, walk, 422, sentence(refused))


@bp.post("/<int:walk_id>/assign")
@roles("supervisor")
@command
def assign(db: Session, walk_id: int) -> Response:
    """The walk is theirs. 303 to the board; 409 when it carries totes by now."""
    given = _given(db, walk_id, reassigning.assign)
    if isinstance(given, Response):
        return given
    flash(_("%(name)s has walk %(number)s now.", name=given, number=_walk(db, walk_id).number), "ok")
    return hx.see(url_for("floor_board.index"))


@bp.post("/<int:walk_id>/ask")
@roles("supervisor")
@command
def ask(db: Session, walk_id: int) -> Response:
    """Its picker's phone asks for that badge."""
    given = _given(db, walk_id, reassigning.ask_to_hand_over)
    if isinstance(given, Response):
        return given
    flash(_("The picker is asked for the badge of %(name)s.", name=given), "ok")
    return hx.see(url_for("floor_board.walk", walk_id=walk_id))


@bp.post("/<int:walk_id>/withdraw")
@roles("supervisor")
@command
def withdraw(db: Session, walk_id: int) -> Response:
    _walk(db, walk_id)
    reassigning.withdraw(db, walk_id, actor())
    return hx.see(url_for("floor_board.walk", walk_id=walk_id))


# --- an urgent order -------------------------------------------------------------------------------------------------


@bp.get("/urgent/<int:shipment_id>")
@roles("supervisor")
def joining(shipment_id: int) -> Response:
    """The walks an order could join, and what each would mean."""
    with reading() as db:
        return show_joining(db, shipment_id)


def show_joining(db: Session, shipment_id: int, status: int = 200, wrong: str | None = None) -> Response:
    order = urgent.one(db, shipment_id, current_user.site)
    found = urgent.joins(db, order.shipment)
    chosen = request.args.get("walk", type=int)
    join = next((one for one in found if one.walk.id == chosen), found[0] if found else None)
    return page(
        "picking/board_urgent.html", "content", status, order=order, joins=found, join=join, wrong=wrong,
        full=urgent.carts_full(db, order.shipment.warehouse_id), words=messages.WALK_STATES,
    )  # fmt: skip


@bp.post("/urgent/<int:shipment_id>")
@roles("supervisor")
@command
def join(db: Session, shipment_id: int) -> Response:
    """The order joins the walk as shown. 303 to the board; 409 when walk or order went on."""
    shipment = db.get(Shipment, shipment_id)
    if shipment is None or current_user.site not in ("", db.get_one(Warehouse, shipment.warehouse_id).code):
        raise Unknown("shipments.unknown")
    form = read(forms.OnWalk, request.form)
    if form.data is None:
        return show_joining(db, shipment_id, 422, _("Choose a walk."))
    walk = urgent.insert(db, shipment_id, form.data.walk, actor())
    flash(_("The order is on walk %(number)s now.", number=walk.number), "ok")
    return hx.see(url_for("floor_board.index"))


# --- for the put wall ------------------------------------------------------------------------------------------------


@bp.get("/wall")
@roles("supervisor")
def for_wall() -> Response:
    """Walks nobody has yet, by cut-off: which of them are picked unsorted, for a wall."""
    with reading() as db:
        return show_for_wall(db)


def show_for_wall(db: Session, status: int = 200, wrong: str | None = None) -> Response:
    ticked = request.form.getlist("walk", type=int)
    return page(
        "picking/board_wall.html", "content", status, waves=board.waves_for_wall(db, current_user.site), wrong=wrong,
        words=messages.WALK_STATES, ticked=ticked,
    )  # fmt: skip


@bp.post("/wall")
@roles("supervisor")
@command
def batch(db: Session) -> Response:
    """The ticked walks become batches, all or none. 303 to the board; 422 when none is ticked; 409 when somebody took
    one meanwhile, with the fresh list."""
    form = read(forms.Walks, {"walks": ",".join(request.form.getlist("walk"))})
    if form.data is None:
        return show_for_wall(db, 422, _("Tick the walks that go to the wall."))
    for walk_id in form.data.ids():
        _walk(db, walk_id)
    try:
        with db.begin_nested():
            putwall.pick_all_for_wall(db, form.data.ids(), actor())
    except Conflict:
        db.expire_all()
        return show_for_wall(
            db, 409, _("Somebody took one of these walks meanwhile. Nothing was changed; choose again.")
        )
    n = len(form.data.ids())
    flash(ngettext("%(num)s walk is picked for the wall", "%(num)s walks are picked for the wall", n), "ok")
    return hx.see(url_for("floor_board.index"))


# --- one's own pace --------------------------------------------------------------------------------------------------


@bp.get("/mine")
@roles("picker", "supervisor")
def mine() -> Response:
    """How one's own walks went, beside the team's middle. Nobody sees another picker's here."""
    with reading() as db:
        done = rates.finished(db, current_user.site)
    own, walks = rates.own(done, current_user.id)
    return page(
        "picking/pace.html", "screen", own=own, walks=walks, team=rates.team(done), enough=rates.ENOUGH,
        days=rates.OVER.days,
    )  # fmt: skip
