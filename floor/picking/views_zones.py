"""Doors for dead zones: the walk onto the phone, what the phone did back from it, and the stops to check."""

import re

from flask import Blueprint, Response, jsonify, request
from flask_login import current_user
from sqlmodel import Session

from floor.kit.errors import Conflict, Unknown
from floor.kit.uow import reading
from floor.picking import checks, forms, queries, scanning, service
from floor.picking.packet import packet
from floor.picking.replaying import Told
from floor.picking.screens import show, show_check, show_walk
from floor.picking.states import WalkState
from floor.picking.verdict import warn
from floor.picking.views import PICKERS, form_of
from floor.web.auth import actor, roles
from floor.web.commands import command, was_done
from floor.web.page import page

bp = Blueprint("zones", __name__)


@bp.get("/walks/shell")
@roles(*PICKERS)
def shell() -> Response:
    """The empty screen a phone opens without net; it fills it from the walk it carries."""
    return page("picking/shell.html", scan_url="/walks/0/scans")


@bp.get("/walks/<int:walk_id>/phone")
@roles(*PICKERS)
def phone(walk_id: int) -> Response:
    """The walk in hand as JSON for the phone. 409 when it is not being picked by who asks."""
    with reading() as db:
        view = queries.walk_view(db, walk_id, current_user.site)
        if view.picker_id != current_user.id or view.state is not WalkState.PICKING:
            raise Conflict("picking.not_yours")
        return jsonify(packet(db, view, current_user.id))


@bp.get("/walks/<int:walk_id>/here")
@roles(*PICKERS)
def here(walk_id: int) -> Response:
    """Where the walk stands, after the phone has told all it did. `refused`: how much of that was not taken; `news`
    (cancelled.2.3): what became of the order in tote 2, which has 3 units of it."""
    refused = request.args.get("refused", 0, type=int)
    news = re.fullmatch(r"(cancelled|held|changed)\.(\d{1,3})\.(\d{1,5})", request.args.get("news", ""))
    with reading() as db:
        view = queries.walk_view(db, walk_id, current_user.site)
        if view.state is not WalkState.PICKING:
            return show_walk(db, view)
        stop = view.by_id(request.args.get("stop", type=int))
        stop_id = stop.id if stop and stop.is_open else None
        said = warn("events_refused", stop_id, n=refused) if refused else None
        if news:
            said = scanning.heard(view.mode, news[1], stop_id, int(news[2]), int(news[3]))
        return show(db, walk_id, said, stop_id=stop_id)


@bp.post("/walks/<int:walk_id>/events")
@roles(*PICKERS)
@command
def tell(db: Session, walk_id: int) -> Response:
    """One event of a dead zone, for good: JSON {refused, units, news}. 409 while an earlier one is missing, 403 for
    another person's; both keep nothing."""
    event = form_of(forms.Event)
    queries.walk_view(db, walk_id, current_user.site)
    told = Told(
        request.form.get("command_id", ""), event.phone, event.seq, event.by, event.kind, event.at, event.stop,
        event.units, event.code, event.why.value if event.why else "", event.of,
        was_done=bool(event.was) and was_done(db, event.was),
    )  # fmt: skip
    kept = service.replay(db, walk_id, told, actor())
    return jsonify(refused=kept.refused, units=kept.refused_units, news=kept.data.get("news", []))


@bp.get("/walks/<int:walk_id>/checks/<int:check_id>")
@roles(*PICKERS)
def check(walk_id: int, check_id: int) -> Response:
    """Screen 31b: units that go back before the walk ends."""
    with reading() as db:
        view = queries.walk_view(db, walk_id, current_user.site)
        left = sorted(checks.open_checks(db, walk_id), key=lambda one: one.id != check_id)
        if not left or left[0].id != check_id:
            raise Unknown("picking.unknown_check")
        return show_check(view, left)


@bp.post("/walks/<int:walk_id>/checks/<int:check_id>/settle")
@roles(*PICKERS)
@command
def settle(db: Session, walk_id: int, check_id: int) -> Response:
    """The picker says they are back in their bin."""
    queries.walk_view(db, walk_id, current_user.site)
    service.settle_check(db, walk_id, check_id, None, actor())
    return show(db, walk_id, None, tone="done")
