"""Doors of the put wall: its slots, a batch being sorted, what is missing, what goes back, and how walls are put up.

Transitions: walls -> home -(tote)-> sorting -(item)-> sorting, a slot in colour -(slot)-> sorting ... -> home.
A wrong scan answers 422: red for wrong goods or a wrong slot, the same screen with an amber bar for a wrong moment.
"""

from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from sqlmodel import Session

from floor.inventory import queries as stock
from floor.kit.errors import Refused, Unknown
from floor.kit.uow import reading
from floor.picking import forms, leftovers, messages_wall, putwall, wall_reads, walls
from floor.picking.models import Walk
from floor.picking.models_wall import Wall
from floor.picking.verdict import Kind, Verdict
from floor.web import hx
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.errors import sentence
from floor.web.forms import Form, read
from floor.web.page import page

bp = Blueprint("put_wall", __name__, url_prefix="/walls")

#: Answers after which the slot just filled stays in colour.
_PUT = ("in_slot", "slot_complete")
SORTERS = ("picker", "packer", "supervisor")


def _house(db: Session) -> int | None:
    house = stock.warehouse_by_code(db, current_user.site) if current_user.site else None
    return house.id if house else None


def _wall(db: Session, wall_id: int) -> Wall:
    return walls.wall_for(db, wall_id, _house(db))


@bp.get("")
@roles(*SORTERS)
def index() -> Response:
    """The walls of the site."""
    with reading() as db:
        rows = wall_reads.walls_at(db, _house(db))
    return page("picking/walls.html", "screen", walls=rows)


@bp.get("/<int:wall_id>")
@roles(*SORTERS)
def home(wall_id: int) -> Response:
    """A wall: its slots, and the batches that wait in front of it."""
    with reading() as db:
        return show_home(db, _wall(db, wall_id))


def show_home(db: Session, wall: Wall, status: int = 200, wrong: str | None = None) -> Response:
    return page(
        "picking/wall_home.html", "screen", status, wall=wall, slots=wall_reads.slots_of(db, wall),
        batches=wall_reads.batches(db, wall), states=messages_wall.SLOT_STATES, wrong=wrong,
        verdict="err" if wrong else None, scan_url=url_for("put_wall.scan_at_home", wall_id=wall.id),
    )  # fmt: skip


@bp.post("/<int:wall_id>/scans")
@roles(*SORTERS)
@command
def scan_at_home(db: Session, wall_id: int) -> Response:
    """A tote of a batch leads to its sorting; anything else is refused."""
    wall = _wall(db, wall_id)
    form = read(forms.WallScan, request.form)
    try:
        row = putwall.begin(db, wall, form.data.code if form.data else "", actor())
    except Refused as refused:
        return show_home(db, wall, refused.status, sentence(refused))
    return hx.see(url_for("put_wall.batch", wall_id=wall_id, walk_id=row.walk_id, tote=row.tote_id))


# --- sorting ---------------------------------------------------------------------------------------------------------


def _batch(db: Session, wall: Wall, walk_id: int) -> Walk:
    """A batch of this wall, to look at."""
    walk = db.get(Walk, walk_id)
    if walk is None or walk.wall_id != wall.id:
        raise Unknown("picking.unknown_walk")
    return walk


@bp.get("/<int:wall_id>/batches/<int:walk_id>")
@roles(*SORTERS)
def batch(wall_id: int, walk_id: int) -> Response:
    """One batch: the next item, or the slot of the one in hand."""
    with reading() as db:
        wall = _wall(db, wall_id)
        return show_batch(db, wall, _batch(db, wall, walk_id), request.args.get("tote", type=int))


def show_batch(
    db: Session, wall: Wall, walk: Walk, tote_id: int | None, said: Verdict | None = None, wrong: str | None = None,
    status: int = 200,
) -> Response:  # fmt: skip
    seen = wall_reads.sorting(db, wall, walk, tote_id, actor())
    title, detail = messages_wall.say(said) if said else ("", "")
    about: dict[str, Any] = {
        "wall": wall, "batch": seen, "said": said, "title": title, "detail": detail, "wrong": wrong,
        "verdict": said.sound if said else "err" if wrong else None,
        "scan_url": url_for("put_wall.scan", wall_id=wall.id, walk_id=walk.id),
    }  # fmt: skip
    if said and said.kind is Kind.ERR:
        return page("picking/wall_wrong.html", "screen", 422, code=request.form.get("code", ""), **about)
    return page(
        "picking/wall_sort.html", "screen", 422 if said and said.kind is Kind.WARN else status,
        cells=cells(seen, bool(said and said.code in _PUT)), states=messages_wall.SLOT_STATES, **about,
    )  # fmt: skip


def cells(seen: wall_reads.Sorting, is_right: bool) -> list[dict[str, Any]]:
    """The wall's drawing: the slot of the unit in hand in colour, complete ones ticked."""
    marks = {"free": "free", "filling": "bound", "complete": "full", "packing": "full", "cancelled": "free"}
    target = seen.hand.number if seen.hand and (seen.hand.is_held or is_right) else 0
    return [
        {
            "no": slot.number,
            "hue": slot.hue,
            "state": "on" if slot.number == target else marks[slot.state],
            "add": "×" if slot.state == "cancelled" else "",
            "label": f"{slot.number}: {messages_wall.SLOT_STATES[slot.state]}",
        }
        for slot in seen.slots
    ]


@bp.post("/<int:wall_id>/batches/<int:walk_id>/scans")
@roles(*SORTERS)
@command
def scan(db: Session, wall_id: int, walk_id: int) -> Response:
    """An item, its slot, another tote of the batch, or a card."""
    wall = _wall(db, wall_id)
    form = read(forms.WallScan, request.form)
    code, tote_id = (form.data.code, form.data.tote) if form.data else ("", None)
    try:
        said = putwall.scan(db, wall, walk_id, tote_id, code, actor())
    except Refused as refused:
        if isinstance(refused, Unknown):
            raise
        return _refused(db, wall, walk_id, refused)
    tote_id = said.values.get("tote_id", tote_id)
    return show_batch(db, wall, db.get_one(Walk, walk_id), tote_id, said)


def _refused(db: Session, wall: Wall, walk_id: int, refused: Refused) -> Response:
    walk = db.get_one(Walk, walk_id)
    if walk.wall_id != wall.id:
        raise refused
    return show_batch(db, wall, walk, None, wrong=sentence(refused), status=refused.status)


@bp.post("/<int:wall_id>/batches/<int:walk_id>/undo")
@roles(*SORTERS)
@command
def undo(db: Session, wall_id: int, walk_id: int) -> Response:
    wall = _wall(db, wall_id)
    try:
        said = putwall.undo(db, wall, walk_id, actor())
    except Refused as refused:
        if isinstance(refused, Unknown):
            raise
        return _refused(db, wall, walk_id, refused)
    return show_batch(db, wall, db.get_one(Walk, walk_id), None, said)


# --- what is over ----------------------------------------------------------------------------------------------------


@bp.get("/<int:wall_id>/batches/<int:walk_id>/missing")
@roles(*SORTERS)
def missing(wall_id: int, walk_id: int) -> Response:
    """The totes are empty and slots still want units: which, and what will follow."""
    with reading() as db:
        wall = _wall(db, wall_id)
        return show_missing(db, wall, _batch(db, wall, walk_id))


def show_missing(db: Session, wall: Wall, walk: Walk, status: int = 200, wrong: str | None = None) -> Response:
    gone = leftovers.missing(db, walk.id or 0)
    return page(
        "picking/wall_missing.html", "screen", status, wall=wall, walk=walk, gone=gone, wrong=wrong,
        units=sum(one.units for one in gone), verdict="err" if wrong else None,
    )  # fmt: skip


@bp.post("/<int:wall_id>/batches/<int:walk_id>/missing")
@roles(*SORTERS)
@command
def report_missing(db: Session, wall_id: int, walk_id: int) -> Response:
    wall = _wall(db, wall_id)
    form = read(forms.Missing, request.form)
    if form.data is None:
        walk = putwall.hold(db, wall, walk_id)
        return show_missing(db, wall, walk, 422, _("Look at the list again and confirm it."))
    n = leftovers.report_missing(db, wall, walk_id, form.data.units, actor())
    flash(ngettext("%(num)s unit reported missing", "%(num)s units reported missing", n), "ok")
    return hx.see(url_for("put_wall.home", wall_id=wall_id))


@bp.get("/<int:wall_id>/batches/<int:walk_id>/back")
@roles(*SORTERS)
def back(wall_id: int, walk_id: int) -> Response:
    """Units of cancelled orders: take them out and scan the shelf they go to."""
    with reading() as db:
        wall = _wall(db, wall_id)
        return show_back(db, wall, _batch(db, wall, walk_id))


def show_back(
    db: Session, wall: Wall, walk: Walk, status: int = 200, wrong: str | None = None, done: str = ""
) -> Response:  # fmt: skip
    return page(
        "picking/wall_back.html", "screen", status, wall=wall, walk=walk, rows=leftovers.to_shelve(db, walk.id or 0),
        wrong=wrong, done=done, verdict="err" if wrong else "done" if done else None,
        scan_url=url_for("put_wall.shelve", wall_id=wall.id, walk_id=walk.id),
    )  # fmt: skip


@bp.post("/<int:wall_id>/batches/<int:walk_id>/back")
@roles(*SORTERS)
@command
def shelve(db: Session, wall_id: int, walk_id: int) -> Response:
    wall = _wall(db, wall_id)
    form = read(forms.WallScan, request.form)
    code = form.data.code if form.data else ""
    walk = putwall.hold(db, wall, walk_id)
    try:
        n = leftovers.shelve(db, wall, walk_id, code, actor())
    except Refused as refused:
        return show_back(db, wall, walk, refused.status, sentence(refused))
    said = ngettext("%(num)s unit is back on %(bin)s", "%(num)s units are back on %(bin)s", n, bin=code.strip().upper())
    return show_back(db, wall, walk, done=said)


# --- setting up ------------------------------------------------------------------------------------------------------


@bp.get("/setup")
@roles("supervisor")
def setup() -> Response:
    """Walls, what the house decides of each, and a form for a new one."""
    with reading() as db:
        return show_setup(db)


def show_setup(db: Session, form: Form[Any] | None = None, wrong: int | None = None) -> Response:
    return page(
        "picking/wall_setup.html", "content", 422 if form else 200, walls=wall_reads.walls_at(db, None), form=form,
        wrong=wrong, houses={house.id: house for house in stock.warehouses(db)},
    )  # fmt: skip


@bp.post("/setup")
@roles("supervisor")
@command
def put_up(db: Session) -> Response:
    """A new wall with its slots. 303 to the list; 422 with the form as typed."""
    form = read(forms.NewWall, request.form)
    if form.data is None:
        return show_setup(db, form, 0)
    house = stock.warehouse_by_code(db, form.data.warehouse)
    if house is None:
        return show_setup(db, form.refuse(Unknown("inventory.unknown_warehouse", "warehouse"), _("Choose one")), 0)
    try:
        wall = walls.put_up(db, house.id or 0, form.data.code, form.data.slots, _terms(form.data), actor())
    except Refused as refused:
        return show_setup(db, form.refuse(refused, sentence(refused)), 0)
    flash(_("Wall %(wall)s stands. Print its labels.", wall=wall.code), "ok")
    return hx.see(url_for("put_wall.setup"))


@bp.post("/<int:wall_id>/terms")
@roles("supervisor")
@command
def change(db: Session, wall_id: int) -> Response:
    wall = walls.wall_for(db, wall_id)
    form = read(forms.WallTerms, request.form)
    if form.data is None:
        return show_setup(db, form, wall_id)
    walls.change(db, wall, _terms(form.data), actor())
    flash(_("Wall %(wall)s changed", wall=wall.code), "ok")
    return hx.see(url_for("put_wall.setup"))


def _terms(data: forms.WallTerms) -> walls.Terms:
    return walls.Terms(data.columns, data.is_confirmed, data.plan_lines)
