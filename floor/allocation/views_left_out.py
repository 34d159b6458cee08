"""Doors of what a run left out: the orders of a reason, the same as a table, and the verbs that help a group."""

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlmodel import Session

from floor.allocation import explaining, fixing, messages, queries
from floor.allocation.models import Run
from floor.allocation.states import Why
from floor.intake.queries import channels
from floor.kit import clock
from floor.kit.uow import reading
from floor.web import hx
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.downloads import csv_file
from floor.web.page import page

bp = Blueprint("left_out", __name__)

ROWS = 50


def _to_monitor(run_id: int | None) -> Response:
    return hx.see(url_for("allocation.monitor", run_id=run_id))


def _locked(db: Session, run_id: int) -> Run:
    return queries.run_for(db, run_id, lock=True)


@bp.get("/runs/<int:run_id>/unallocated")
@roles("supervisor")
def unallocated(run_id: int) -> Response:
    """Screen 19: the orders of one reason, each with the chain that explains it."""
    reason, number = _reason(), max(1, request.args.get("page", 1, type=int))
    with reading() as db:
        run = queries.run_for(db, run_id)
        groups = explaining.groups(db, run)
        total = sum(group["count"] for group in groups if reason in (None, group["why"]))
        rows = queries.left_out(db, run_id, reason, ROWS, (number - 1) * ROWS)
        return page(
            "allocation/unallocated.html", "content", run=run, groups=groups, reason=reason, total=total,
            number=number, pages=-(-total // ROWS), rows=list(zip(rows, explaining.chains(db, rows), strict=True)),
            channels=channels(db), words=messages, ages=queries.ages(db, run_id, clock.now()),
        )  # fmt: skip


@bp.get("/runs/<int:run_id>/unallocated.csv")
@roles("supervisor")
def export(run_id: int) -> Response:
    """The same as a table for a spreadsheet; UTF-8 with a mark, or Excel garbles the Chinese."""
    header = (
        _("Order"), _("Channel"), _("Promised by"), _("Why left out"), _("SKU"), _("Warehouse"), _("Needed"),
        _("There"),
    )  # fmt: skip
    with reading() as db:
        queries.run_for(db, run_id)
        rows = [
            (order.number, order.channel, order.promised_at.isoformat(timespec="minutes"),
             messages.REASONS[Why(left.reason)], sku.code if sku else "", house.code if house else "", left.wanted,
             left.available)
            for left, order, sku, house in queries.left_out(db, run_id, _reason())
        ]  # fmt: skip
    return csv_file(f"run-{run_id}-unallocated.csv", header, rows)


def _reason() -> Why | None:
    given = request.args.get("reason", "")
    return Why(given) if given in set(Why) else None


# --- verbs ---------------------------------------------------------------------------------------------------------


@bp.post("/runs/<int:run_id>/replenish")
@roles("supervisor")
@command
def replenish(db: Session, run_id: int) -> Response:
    made = fixing.replenish(db, _locked(db, run_id), actor())
    flash(ngettext("%(num)s replenishment task created", "%(num)s replenishment tasks created", made), "ok")
    return _to_monitor(run_id)


@bp.post("/runs/<int:run_id>/purchase")
@roles("supervisor")
@command
def purchase(db: Session, run_id: int) -> Response:
    """Ask purchasing for what nobody has."""
    made = fixing.purchase(db, _locked(db, run_id), actor())
    flash(ngettext("%(num)s new request", "%(num)s new requests", made), "ok")
    return _to_monitor(run_id)


@bp.post("/runs/<int:run_id>/split")
@roles("supervisor")
@command
def split(db: Session, run_id: int) -> Response:
    """A new run over the orders no single warehouse could serve; 303 to its monitor."""
    return _to_monitor(fixing.split(db, _locked(db, run_id), actor()).id)


@bp.post("/runs/<int:run_id>/release-safety")
@roles("supervisor")
@command
def release_safety(db: Session, run_id: int) -> Response:
    """A new run over the orders only safety stock can serve, which it may take; 303 to its monitor."""
    return _to_monitor(fixing.release_safety(db, _locked(db, run_id), actor()).id)


@bp.post("/runs/<int:run_id>/again")
@roles("supervisor")
@command
def again(db: Session, run_id: int) -> Response:
    """A new run over the orders that changed meanwhile; 303 to its monitor."""
    return _to_monitor(fixing.again(db, _locked(db, run_id), actor()).id)
