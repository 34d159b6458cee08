"""Doors of allocation: runs and their comparison, the preview, the live monitor, and what was left out."""

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlmodel import Session

from floor.allocation import explaining, figures, messages, queries, service
from floor.allocation.forms import RunForm
from floor.allocation.models import Run, RunCart
from floor.allocation.states import AT_WORK, RunState, Stage
from floor.events import queries as events
from floor.intake.queries import channels
from floor.inventory import queries as stock
from floor.kit import clock
from floor.kit.uow import reading
from floor.people.models import User
from floor.web import hx
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.forms import Form, read
from floor.web.page import page

bp = Blueprint("allocation", __name__)

ROWS = 50
#: Carts on the monitor before one asks for all: as high as the reasons beside them.
CARTS = 12


@bp.get("/runs")
@roles("supervisor")
def index() -> Response:
    """Screen 16: all runs; two of them can be chosen to stand side by side."""
    number = max(1, request.args.get("page", 1, type=int))
    with reading() as db:
        rows = queries.runs(db, ROWS + 1, (number - 1) * ROWS)
    return page(
        "allocation/list.html", "content", rows=rows[:ROWS], number=number, has_more=len(rows) > ROWS, words=messages
    )


def _walking(carts: list[RunCart] | Any) -> dict[str, Any]:
    return {
        "carts": len(carts),
        "stops": sum(cart.stops for cart in carts),
        "walk_mm": sum(cart.length_mm or 0 for cart in carts),
        "single_mm": sum(cart.single_mm or 0 for cart in carts),
    }


# --- asking ------------------------------------------------------------------------------------------------------


@bp.get("/runs/new")
@roles("supervisor")
def new() -> Response:
    """Screen 17: what a run would look at, in numbers, before anything is written."""
    form = read(RunForm, request.args)
    with reading() as db:
        return show_new(db, form, 422 if form.errors else 200)


def show_new(db: Session, form: Form[RunForm], status: int = 200) -> Response:
    scope = form.data.scope() if form.data else {}
    rows = queries.preview(db, scope, clock.now())
    return page(
        "allocation/new.html", "preview", status=status, form=form, channels=channels(db), words=messages,
        table=_by_channel(rows), totals=_totals(rows), hands=queries.hands(db), sites=stock.warehouses(db),
    )  # fmt: skip


def _by_channel(rows: Any) -> dict[str, dict[str, int]]:
    """channel -> deadline -> released orders."""
    table: dict[str, dict[str, int]] = {}
    for row in rows:
        if row.released:
            table.setdefault(row.channel, dict.fromkeys(messages.DEADLINES, 0))[row.deadline] += row.orders
    return dict(sorted(table.items()))


def _totals(rows: Any) -> dict[str, int]:
    released = [row for row in rows if row.released]
    totals = {name: sum(int(getattr(row, name)) for row in released) for name in ("orders", "lines", "units")}
    return totals | {"barred": sum(row.orders for row in rows if not row.released)}


@bp.post("/runs")
@roles("supervisor")
@command
def ask(db: Session) -> Response:
    """Start a run. 303 to its monitor; 422 with the form as typed."""
    form = read(RunForm, request.form)
    if form.data is None:
        return show_new(db, form, 422)
    run = service.ask(db, form.data.strategy, form.data.scope(), actor())
    return _to_monitor(run.id)


def _to_monitor(run_id: int | None) -> Response:
    return hx.see(url_for("allocation.monitor", run_id=run_id))


# --- the monitor -------------------------------------------------------------------------------------------------


@bp.get("/runs/<int:run_id>")
@roles("supervisor")
def monitor(run_id: int) -> Response:
    """Screen 18: stages, figures, reasons and carts; asks for itself while somebody works on the run."""
    with reading() as db:
        run = queries.run_for(db, run_id)
        carts = queries.carts(db, run_id)
        every_cart = bool(request.args.get("carts"))
        ready = sum(cart.state == "ready" for cart in carts)
        trail = events.story_of(db, "run", run_id, limit=1)
        groups, resources = explaining.groups(db, run), figures.resources(db, run.figures)
        return page(
            "allocation/monitor.html", "content", run=run, words=messages, live=run.state in AT_WORK,
            asker=db.get(User, run.asked_by) if run.asked_by else None, channels=channels(db),
            before=_before(run), stages=_stages(run, ready), percent=_percent(run), seconds=_seconds(run),
            allocated=queries.allocated(db, run_id), unallocated=queries.refused(db, run_id),
            reasons=groups, alerts=figures.alerts(run, groups, resources),
            walking=_walking(carts), carts=carts if every_cart else carts[:CARTS],
            resources=resources, parts=figures.parts(run.figures),
            nearest=figures.against_nearest(run.figures), flows=figures.flows(db, run.figures),
            ready=ready, pressing=explaining.PRESSING,
            out=sum(cart.state == "published" for cart in carts), last=trail[0] if trail else None,
        )  # fmt: skip


def _before(run: Run) -> datetime | None:
    given = run.scope.get("promised_before")
    return datetime.fromisoformat(given) if given else None


def _seconds(run: Run) -> int:
    """How long it has been at work, or was."""
    if run.started_at is None:
        return 0
    return int(((run.finished_at or clock.now()) - run.started_at).total_seconds())


def _percent(run: Run) -> int:
    """All stages weigh the same; publishing is a person's."""
    parts = [run.stages.get(stage, {}) for stage in Stage]
    return round(sum(100 * part.get("done", 0) / max(1, part.get("total", 1)) for part in parts) / len(parts))


def _stages(run: Run, ready: int) -> list[dict[str, str]]:
    line = [
        {"name": messages.STAGES[stage], "state": _stage_state(run, stage), "text": _stage_text(run, stage),
         "time": _stage_time(run.stages.get(stage, {}))}
        for stage in Stage
    ]  # fmt: skip
    state, text = {RunState.PUBLISHED: ("d", ""), RunState.READY: ("c", _("waits for you"))}.get(run.state, ("", ""))
    if run.state is RunState.READY and not ready:
        state, text = "", _("nothing to publish")
    return [*line, {"name": _("Publish"), "state": state, "text": text, "time": ""}]


def _stage_state(run: Run, stage: Stage) -> str:
    order = list(Stage)
    at = order.index(Stage(run.stage)) if run.stage else 0
    here = order.index(stage)
    if run.state in (RunState.READY, RunState.PUBLISHED) or here < at:
        return "d"
    if here > at:
        return ""
    return {RunState.FAILED: "x", RunState.STOPPED: "x", RunState.QUEUED: ""}.get(run.state, "c")


def _stage_time(part: dict[str, int]) -> str:
    """Number and unit stay on one line."""
    return _("%(seconds)s s", seconds=f"{part['ms'] / 1000:.1f}").replace(" ", "\u00a0") if part.get("ms") else ""


def _stage_text(run: Run, stage: Stage) -> str:
    part = run.stages.get(stage)
    if not part:
        return ""
    done, total = f"{part['done']:,}", f"{part['total']:,}"
    match stage:
        case Stage.READ if "orders" in part:
            text = ngettext("%(num)s order", "%(num)s orders", part["orders"])
        case Stage.CHECK:
            free, barred = f"{part['eligible']:,}", f"{part['barred']:,}"
            text = _("%(free)s ready · %(barred)s held", free=free, barred=barred)
        case Stage.PLAN if part.get("step") in messages.STEPS and "planned" not in part:
            text = f"{messages.STEPS[part['step']]} {part['step_done']}/{part['step_total']}"
        case Stage.PLAN if "planned" in part:
            text = _("%(n)s of %(total)s", n=f"{part['planned']:,}", total=total)
        case Stage.CARTS:
            text = ngettext("%(num)s cart", "%(num)s carts", part["total"])
        case _:
            text = _("%(n)s of %(total)s", n=done, total=total)
    return str(text)


# --- what a person does with a run -------------------------------------------------------------------------------


@bp.post("/runs/<int:run_id>/stop")
@roles("supervisor")
@command
def stop(db: Session, run_id: int) -> Response:
    service.stop(db, queries.run_for(db, run_id, lock=True), actor())
    return _to_monitor(run_id)


@bp.post("/runs/<int:run_id>/retry")
@roles("supervisor")
@command
def retry(db: Session, run_id: int) -> Response:
    """Go on with a stopped or failed run from the step where it ended."""
    service.retry(db, queries.run_for(db, run_id, lock=True), actor())
    return _to_monitor(run_id)


@bp.post("/runs/<int:run_id>/publish")
@roles("supervisor")
@command
def publish(db: Session, run_id: int) -> Response:
    service.publish(db, queries.run_for(db, run_id, lock=True), actor())
    return _to_monitor(run_id)


@bp.post("/runs/<int:run_id>/take-back")
@roles("supervisor")
@command
def take_back(db: Session, run_id: int) -> Response:
    service.take_back(db, queries.run_for(db, run_id, lock=True), actor())
    return _to_monitor(run_id)
