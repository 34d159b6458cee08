"""Doors of the supervisor's side of counting: the day's plan, variances and results, rules, what machines saw."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, flash, jsonify, make_response, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from pydantic import ValidationError
from sqlmodel import Session

from floor.inventory import (
    count_days,
    count_figures,
    count_review,
    counting,
    messages,
    observing,
    queries,
    tasks,
)
from floor.inventory.count_review import Why
from floor.inventory.forms import DecideForm, ObservationForm, RulesForm, SweepForm
from floor.inventory.models import Warehouse
from floor.inventory.models_counting import CountRules, Finding
from floor.inventory.observing import Reading
from floor.inventory.screens import show_history
from floor.inventory.states import CountState
from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.errors import Refused, Unknown
from floor.kit.uow import reading, unit_of_work
from floor.people.queries import names
from floor.web import hx, signing
from floor.web.auth import actor, public, roles
from floor.web.commands import command
from floor.web.downloads import csv_file
from floor.web.errors import sentence
from floor.web.forms import Form, read
from floor.web.limits import limiter
from floor.web.page import page

bp = Blueprint("count_review", __name__)

#: Tab -> states it shows.
TABS = {
    "decide": (CountState.VARIANCE,),
    "second": (CountState.APPROVED,),
    "decided": (CountState.DONE, CountState.REJECTED),
}
_SHOWN = 100
_PAGE = 50


# --- the day's plan ----------------------------------------------------------------------------------------------


@bp.post("/counts/plan")
@roles("supervisor")
@command
def plan(db: Session) -> Response:
    """Ask for the counts that are worth today's time: once a day, however often it is pressed."""
    planned = [count_days.plan_day(db, house, actor()) for house in _my_houses(db)]
    bins = sum(one.plan.bins for one in planned)
    if any(one.is_new for one in planned):
        flash(ngettext("%(num)s bin planned for today", "%(num)s bins planned for today", bins), "ok")
    else:
        flash(ngettext("Planned already today: %(num)s bin", "Planned already today: %(num)s bins", bins), "info")
    return hx.see(url_for("counts.index"))


def _my_houses(db: Session) -> list[Warehouse]:
    """The house this person works in; of people of the whole company every one."""
    return [house for house in queries.warehouses(db) if current_user.site in ("", house.code)]


# --- variances ---------------------------------------------------------------------------------------------------


@bp.get("/counts/review")
@roles("supervisor")
def review() -> Response:
    """Screen 48: counted, the books, what moved since, what the difference is worth; and how good counting is."""
    with reading() as db:
        return show_review(db)


def show_review(db: Session, status: int = 200, *, sweep: Form[SweepForm] | None = None) -> Response:
    tab = request.args.get("tab", "decide")
    states = TABS.get(tab, TABS["decide"])
    text, over = request.args.get("q", ""), request.args.get("over", 0, type=int)
    over = min(max(over, 0), 1_000_000)
    rows = count_figures.results(
        db, states, current_user.site, text, over_fen=over * 100, limit=_SHOWN if tab != "decided" else _PAGE
    )
    cards = [{"row": row} if tab == "decided" else _card(db, row) for row in rows]
    weeks = count_figures.weekly(db, current_user.site)
    counted = [row.task.id or 0 for row in rows]
    said = tasks.said(db, counted)
    who = [entry.counted_by for entries in said.values() for entry in entries]
    people = names(db, who + [getattr(row.task, name) for row in rows for name in ("approved_by", "decided_by")])
    to_decide = tasks.counts_by_state(db, current_user.site)
    return page(
        "inventory/review.html", "content", status=status, cards=cards, tab=tab, tabs=_tabs(tab, to_decide), q=text,
        over=over or "", said=said, people=people, weeks=weeks, sweep=sweep, words=messages,
        whys=[(why.value, messages.WHYS[why]) for why in Why], me=current_user.id,
    )  # fmt: skip


def _card(db: Session, row: tasks.CountRow) -> dict[str, Any]:
    """What a supervisor wants to know before deciding."""
    return {
        "row": row,
        "moves": show_history(db, tasks.moves_since(db, row.task)),
        "free": queries.free_in(db, row.where.id, row.sku.id or 0),
        "needs_two": count_review.needs_two(db, row.task),
        "is_sure": count_review.is_sure(db, row.task),
    }


def _tabs(tab: str, n: dict[CountState, int]) -> list[dict[str, object]]:
    texts = {"decide": _("To decide"), "second": _("Second supervisor"), "decided": _("Decided")}
    return [
        {
            "href": url_for("count_review.review", tab=name), "text": text, "current": name == tab,
            "n": sum(n.get(state, 0) for state in TABS[name]) if name != "decided" else None,
        }
        for name, text in texts.items()
    ]  # fmt: skip


@bp.get("/counts/results.csv")
@roles("supervisor")
def results_csv() -> Response:
    """Every settled count, for a spreadsheet."""
    with reading() as db:
        rows = count_figures.results(
            db, [state for state in CountState if state is not CountState.OPEN], current_user.site
        )
        people = names(db, [getattr(row.task, name) for row in rows for name in ("counted_by", "decided_by")])
    header = (
        "id", "warehouse", "bin", "sku", "reason", "state", "counted", "books", "difference", "value_yuan",
        "counted_by", "counted_at", "why", "decided_by", "decided_at",
    )  # fmt: skip
    table = (
        (
            one.id, row.site, row.where.code, row.sku.code, one.reason, one.state, one.counted_qty, one.system_qty,
            row.gap, f"{one.value_fen / 100:.2f}", people.get(one.counted_by, ""), one.counted_at, one.why,
            people.get(one.decided_by, ""), one.decided_at or "",
        )
        for row in rows
        for one in (row.task,)
    )  # fmt: skip
    return csv_file("counts.csv", header, table)


@bp.post("/counts/<int:task_id>/adjust")
@roles("supervisor")
@command
def adjust(db: Session, task_id: int) -> Response:
    """The count is right: the books follow it, at once or when a second supervisor agrees."""
    task = tasks.count_for(db, task_id, lock=True)
    form = read(DecideForm, request.form)
    if form.data is None:
        flash(_("Choose why the books were wrong"), "err")
        return show_review(db, 422)
    gap = count_review.adjust(db, task, form.data.why, actor())
    if gap is None:
        flash(_("Agreed. A second supervisor has to agree, too."), "ok")
    else:
        flash(_("Stock adjusted by %(gap)s", gap=f"{gap:+d}"), "ok")
    return hx.see(url_for("count_review.review"))


@bp.post("/counts/<int:task_id>/recount")
@roles("supervisor")
@command
def recount(db: Session, task_id: int) -> Response:
    """Not believed: somebody else counts again from the start."""
    count_review.recount(db, tasks.count_for(db, task_id, lock=True), actor())
    flash(_("Recount asked for, by somebody else"), "ok")
    return hx.see(url_for("count_review.review"))


@bp.post("/counts/<int:task_id>/reject")
@roles("supervisor")
@command
def reject(db: Session, task_id: int) -> Response:
    """Not believed, and not worth another look: the books stay."""
    count_review.reject(db, tasks.count_for(db, task_id, lock=True), actor())
    flash(_("Count rejected, the books stay as they are"), "ok")
    return hx.see(url_for("count_review.review"))


@bp.post("/counts/review/adjust")
@roles("supervisor")
@command
def adjust_small(db: Session) -> Response:
    """Adjust all variances worth at most so much, in one go."""
    form = read(SweepForm, request.form)
    if form.data is None:
        return show_review(db, 422, sweep=form)
    houses = [house.id for house in _my_houses(db)] if current_user.site else [None]
    swept = [count_review.adjust_small(db, one, form.data.limit * 100, form.data.why, actor()) for one in houses]
    done, left = sum(one.adjusted for one in swept), sum(one.left for one in swept)
    flash(_("%(done)s adjusted, %(left)s left for a closer look", done=done, left=left), "ok")
    return hx.see(url_for("count_review.review"))


# --- rules -------------------------------------------------------------------------------------------------------


@bp.get("/counts/rules")
@roles("supervisor")
def rules() -> Response:
    """How each warehouse counts, and what keeping to the ABC rule takes a day."""
    with reading() as db:
        return show_rules(db, None)


@bp.post("/counts/rules")
@roles("supervisor")
@command
def save_rules(db: Session) -> Response:
    form = read(RulesForm, request.form)
    given = form.data
    if given is not None and given.auto > given.approval:
        form.errors["approval"] = _("Two supervisors cannot be wanted below what adjusts itself")
    house = queries.warehouse_by_code(db, form["warehouse"])
    if house is None or current_user.site not in ("", house.code):
        raise Unknown("inventory.unknown_warehouse")
    if given is None or form.errors:
        return show_rules(db, form, 422)
    assert house.id is not None
    kept = db.get(CountRules, house.id) or CountRules(warehouse_id=house.id)
    kept.daily_bins, kept.lists_goods = given.daily_bins, given.lists_goods
    kept.auto_fen, kept.other_fen, kept.approval_fen = given.auto * 100, given.other * 100, given.approval * 100
    counting.change_rules(db, kept, actor())
    flash(_("Saved"), "ok")
    return hx.see(url_for("count_review.rules"))


def show_rules(db: Session, form: Form[RulesForm] | None, status: int = 200) -> Response:
    houses = [(house, counting.rules_of(db, house.id or 0)) for house in _my_houses(db)]
    loads = {house.id: count_days.load_of(db, house.id or 0) for house, _rules in houses}
    return page(
        "inventory/count_rules.html", "content", status=status, houses=houses, loads=loads, form=form, words=messages
    )


# --- what machines saw -------------------------------------------------------------------------------------------


@bp.get("/observations")
@roles("supervisor")
def observations() -> Response:
    """What readers and scales saw beside the books, newest first."""
    chosen = request.args.get("finding", "")
    finding = Finding(chosen) if chosen in set(Finding) else None
    at = max(1, request.args.get("page", 1, type=int))
    with reading() as db:
        house = queries.warehouse_by_code(db, current_user.site) if current_user.site else None
        rows, total = observing.observations(
            db, house.id if house else None, finding, _PAGE, min(at - 1, 1_000_000) * _PAGE
        )
        sites = {one.id: one.code for one in queries.warehouses(db)}
    return page(
        "inventory/observations.html", "content", rows=rows, total=total, page_number=at, pages=-(-total // _PAGE),
        finding=chosen if finding else "", sites=sites, words=messages,
    )  # fmt: skip


@bp.post("/hooks/observations/<source>")
@public
@limiter.limit("1200/minute")
def hook(source: str) -> Response:
    """A source's signed message. 404 unknown source, 401 forged or stale, 422 unreadable (nothing kept), else 200.

    Not a `@command`: the message's own id, inside the signed body, makes it idempotent.
    """
    body = request.get_data()
    with reading() as db:
        known = observing.source_called(db, source)
    if known is None or not known.is_active:
        return _json(404, error="unknown source")
    stamp, proof = (request.headers.get(h, "") for h in (signing.TIMESTAMP_HEADER, signing.SIGNATURE_HEADER))
    if not signing.verify(known.secret, stamp, proof, body, clock.now()):
        return _json(401, error="the signature does not prove this message")
    try:
        said = ObservationForm.model_validate_json(body)
    except ValidationError as bad:
        return _json(422, error="unreadable", reasons=_reasons(bad))
    try:
        with unit_of_work() as db:
            heard = observing.hear(
                db, known, said.message_id, said.session, said.place, said.at,
                [Reading(**one.model_dump()) for one in said.readings], said.model_dump(mode="json"),
                Actor("device", known.id, known.code), is_complete=said.complete,
            )  # fmt: skip
    except Refused as refused:
        return _json(refused.status, error=sentence(refused))
    return _json(200, **asdict(heard))


def _reasons(bad: ValidationError) -> list[dict[str, str]]:
    errors = bad.errors(include_url=False, include_context=False, include_input=False)
    return [{"where": ".".join(map(str, error["loc"])), "why": error["msg"]} for error in errors[:50]]


def _json(status: int, **values: Any) -> Response:
    return make_response(jsonify(**values), status)
