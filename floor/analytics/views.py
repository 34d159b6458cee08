"""Doors of the overview: everybody's start page, and the supervisor's board."""

from typing import Any

from flask import Blueprint, Response, flash, url_for
from flask_babel import format_datetime
from flask_babel import gettext as _
from flask_login import current_user
from sqlmodel import Session

from floor.analytics import messages, queries, service
from floor.audit.queries import held_count
from floor.events.queries import dead_messages, waiting
from floor.inventory import inbound, putaway
from floor.inventory.inbound import OPEN_DELIVERIES
from floor.inventory.queries import warehouse_by_code
from floor.inventory.tasks import open_work
from floor.kit import clock
from floor.kit.uow import reading
from floor.people.models import Role
from floor.picking.board import walks_now
from floor.picking.listing import walks_for
from floor.picking.messages import WALK_STATES
from floor.picking.wall_reads import to_sort
from floor.returns.queries import counts as return_counts
from floor.shipments.messages import STAGES
from floor.tracking.queries import in_trouble
from floor.web import hx
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.page import page

bp = Blueprint("analytics", __name__)


@bp.get("/")
@roles()
def home() -> Response:
    """Screen 3: the task finds the person; below it, the other work of this role."""
    role = current_user.role
    with reading() as db:
        walks = walks_for(db, current_user.site, current_user.id) if role is Role.PICKER else []
        todo = _todo(db, role)
    mine = next((walk for walk in walks if walk.picker_id == current_user.id), None)
    following = next((walk for walk in walks if walk.picker_id is None), None)
    return page("analytics/home.html", "screen", mine=mine, following=following, todo=todo)


def _todo(db: Session, role: Role) -> list[dict[str, Any]]:
    """Other work of a role: links with how much of it waits."""
    site = current_user.site
    rows: list[tuple[str, str, Any, int]] = []
    if role in (Role.PICKER, Role.SUPERVISOR, Role.ADMIN):
        to_count, variances, refills = open_work(db, site)
        house = warehouse_by_code(db, site) if site else None
        to_shelve = len(putaway.waiting(db, house.id if house else None))
        due = sum(row.is_due or row.received > 0 for row in inbound.deliveries(db, site, OPEN_DELIVERIES))
        rows += [
            ("refilling.tasks", "swap", _("Replenishment"), refills),
            ("counts.index", "count", _("Counts"), to_count),
            ("receiving.dock", "truck", _("Receiving"), due),
            ("putaway.waiting", "rack", _("Put away"), to_shelve),
            ("relocate.start", "swap", _("Move goods"), 0),
        ]
        if role is not Role.PICKER:
            rows.insert(0, ("count_review.review", "scale", _("Variances to decide"), variances))
    if role in (Role.PICKER, Role.PACKER, Role.SUPERVISOR, Role.ADMIN):
        at_site = warehouse_by_code(db, site) if site else None
        batches = to_sort(db, at_site.id if at_site else None)
        if batches is not None:
            rows.insert(0, ("put_wall.index", "rack", _("Put wall"), batches))
    if role is Role.PACKER:
        house = warehouse_by_code(db, site) if site else None
        rows.append(("putaway.waiting", "rack", _("Put away"), len(putaway.waiting(db, house.id if house else None))))
    if role in (Role.PACKER, Role.SUPERVISOR, Role.ADMIN):
        queue = sum(waiting_here for _site, waiting_here in queries.benches(db, site))
        rows.insert(0, ("packing.stations", "box", _("Packing benches"), queue))
    if role in (Role.SERVICE, Role.SUPERVISOR, Role.ADMIN):
        parcels = in_trouble(db)
        rows = [
            ("audit.queue", "flag", _("Orders on hold"), held_count(db)),
            ("returns.desk", "return", _("Returns on the desk"), return_counts(db, clock.now())["arrived"]),
            ("tracking.board", "truck", _("Parcels in trouble"), parcels),
            *rows,
        ]
    return [
        {"href": url_for(endpoint), "icon": icon, "text": text, "chip": n or None, "chip_kind": "warn"}
        for endpoint, icon, text, n in rows
    ]


@bp.get("/board")
@roles("supervisor")
def board() -> Response:
    """Screen 21: the floor now. The page asks for itself every 15 seconds; without a script the browser does."""
    with reading() as db:
        walks = walks_now(db, current_user.site)
        stages, hours = queries.funnel(db), queries.burn_down(db)
        dead, pending = dead_messages(db), waiting(db)
        queue = queries.benches(db, current_user.site)
        work = open_work(db, current_user.site)
    return page(
        "analytics/board.html", "content", walks=walks, people=queries.per_person(walks), funnel=stages, hours=hours,
        dead=dead, pending=pending, queue=queue, work=work, stage_words=STAGES, walk_words=WALK_STATES,
        needs=messages.NEEDS, stuck=[one for one in walks if one.is_stuck],
        stamp=format_datetime(clock.now(), "HH:mm:ss"),
    )  # fmt: skip


@bp.post("/board/messages/<int:message_id>/retry")
@roles("supervisor")
@command
def retry(db: Session, message_id: int) -> Response:
    """A message that was given up goes into line again."""
    service.retry(db, message_id, actor())
    flash(_("The message goes out again"), "ok")
    return hx.see(url_for("analytics.board"))
