"""Doors of putting away: what waits on docks, returns shelf and in totes of cancelled orders, each with its bin."""

from typing import Any

from flask import Blueprint, Response, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlmodel import Session

from floor.catalog.queries import Scanned, resolve
from floor.inventory import putaway, queries, steps
from floor.inventory.forms import PutScan
from floor.inventory.putaway import Stop
from floor.inventory.screens import UNKNOWN, Wrong, show_wrong, unknown_code
from floor.kit.errors import Invalid
from floor.kit.uow import reading
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.errors import sentence
from floor.web.forms import read
from floor.web.page import page

bp = Blueprint("putaway", __name__)

WHO = ("picker", "packer", "service", "supervisor")


@bp.get("/putaways")
@roles(*WHO)
def waiting() -> Response:
    """Screen 45: the next thing to put away, and all others. ?item=: one in hand; ?qty=: so many of it; ?n=: another
    one is shown first; ?tote=: the goods of this tote."""
    with reading() as db:
        key, qty = request.args.get("item", ""), request.args.get("qty", type=int)
        tote = request.args.get("tote", "")
        return show_walk(db, in_hand=key, qty=qty, skip=request.args.get("n", 0, type=int), tote=tote)


@bp.post("/putaways/scan")
@roles(*WHO)
@command
def put(db: Session) -> Response:
    """First the item, then the bin; goods in a tote are reached by scanning the tote before.

    -> tote: its goods are next     -> item: this one is in hand, and its bin is told     -> bin: put away, the next one
    -> red: nothing of this waits here, or that is no bin for it
    """
    form = read(PutScan, request.form)
    if form.data is None:
        return _wrong(UNKNOWN, unknown_code())
    seen = resolve(db, form.data.code)
    if seen.command == "UNDO":
        return _undone(db)
    if seen.sku is not None:
        return _in_hand(db, seen, form.data.tote)
    if (tote := form.data.code.upper()) in {stop.waiting.tote for stop in _walk(db)}:
        return show_walk(db, tote=tote, verdict="step")
    if not form.data.item:
        return _wrong(UNKNOWN, unknown_code())
    stop = next((one for one in _walk(db) if one.waiting.key == form.data.item), None)
    qty = form.data.qty or (stop.units if stop else 1)
    try:
        target = putaway.put(db, form.data.item, form.data.code, qty, actor())
    except Invalid as refused:
        keep = {"item": form.data.item, "qty": form.data.qty, "tote": form.data.tote}
        return _wrong(_("Not this bin"), sentence(refused), _("Just scan another bin"), keep)
    said = _("Put away in %(bin)s", bin=target.code)
    return show_walk(db, verdict="done", said=said, tote=form.data.tote)


def _in_hand(db: Session, seen: Scanned, tote: str) -> Response:
    """Goods were scanned: of several that wait, the ones of the lot read, else those that come first on the walk."""
    assert seen.sku is not None
    every = [stop for stop in _walk(db) if stop.waiting.sku.id == seen.sku.id]
    mine = [stop for stop in every if stop.waiting.tote == tote] or [stop for stop in every if not stop.waiting.tote]
    if every and not mine:
        return _wrong(_("First the tote"), _("These units wait in tote %(tote)s: scan it.", tote=every[0].waiting.tote))
    number = (seen.lot or seen.serial).upper()
    named = [stop for stop in mine if number and stop.waiting.lot and stop.waiting.lot.code == number]
    if not mine or (number and not named and any(stop.waiting.lot for stop in mine)):
        return show_wrong(
            Wrong(
                _("Not to put away"), url_for("putaway.put"), url_for("putaway.waiting"), _("Just scan the right item"),
                detail=_("Nothing of this waits to be put away."), got=seen.sku,
            )
        )  # fmt: skip
    return show_walk(db, in_hand=(named or mine)[0].waiting.key, verdict="step", tote=tote)


@bp.post("/putaways/undo")
@roles(*WHO)
@command
def undo(db: Session) -> Response:
    return _undone(db)


def _undone(db: Session) -> Response:
    try:
        putaway.undo(db, actor())
    except Invalid as refused:
        return show_walk(db, status=422, said=sentence(refused), mood="warn", verdict="warn")
    return show_walk(db, said=_("Taken back: the units are on the dock again"), verdict="step")


def _walk(db: Session) -> list[Stop]:
    house = queries.warehouse_by_code(db, current_user.site) if current_user.site else None
    return putaway.walk(db, house.id if house else None)


def show_walk(
    db: Session, *, in_hand: str = "", qty: int | None = None, skip: int = 0, status: int = 200,
    verdict: str | None = None, said: str = "", mood: str = "ok", tote: str = "",
) -> Response:  # fmt: skip
    """`tote`: the one whose goods come first, as long as it has any."""
    stops = _walk(db)
    inside = [stop for stop in stops if tote and stop.waiting.tote == tote]
    stops = inside + [stop for stop in stops if stop not in inside]
    tote = tote if inside else ""
    now = next((stop for stop in stops if stop.waiting.key == in_hand), None)
    is_in_hand = now is not None
    if now is None and stops:
        now = stops[skip % len(stops)]
    units = min(max(qty or now.units, 1), now.waiting.qty) if now else 0
    can_undo = bool(steps.of_person(db, putaway.STEPS, actor()))
    values: dict[str, Any] = {"status": status, "verdict": verdict, "said": said, "mood": mood}
    return page(
        "inventory/putaways.html", "screen", now=now, is_in_hand=is_in_hand, units=units, can_undo=can_undo,
        others=[stop for stop in stops if stop is not now], following=(skip + 1) % len(stops) if stops else 0,
        scan_url=url_for("putaway.put"), tote=tote, **values,
    )  # fmt: skip


def _wrong(title: Any, detail: Any, goon: Any = None, keep: dict[str, Any] | None = None) -> Response:
    url, back = url_for("putaway.put"), url_for("putaway.waiting")
    return show_wrong(Wrong(title, url, back, goon or _("Just scan the right item"), detail, keep))
