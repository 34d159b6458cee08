"""Doors of replenishment: the tasks by what they unlock, and one task step by step; pick faces of a SKU."""

from collections.abc import Callable

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlmodel import Session

from floor.catalog.queries import barcode_of, resolve
from floor.inventory import messages, refilling, tasks
from floor.inventory.forms import CountForm
from floor.inventory.models import Bin, Replenishment
from floor.inventory.states import ReplenishmentAction, ReplenishmentState
from floor.kit.errors import Refused
from floor.kit.uow import reading
from floor.web import hx
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.errors import sentence
from floor.web.forms import Form, read
from floor.web.page import page

bp = Blueprint("refilling", __name__)

_FLOOR = ("picker", "supervisor")


@bp.get("/replenishments", endpoint="tasks")
@roles(*_FLOOR)
def show_tasks() -> Response:
    """Screen 20: pick faces to fill, those that unlock most first."""
    with reading() as db:
        rows = tasks.refills(db, current_user.site)
    return page("inventory/replenishments.html", "screen", rows=rows)


@bp.get("/replenishments/<int:task_id>")
@roles(*_FLOOR)
def task(task_id: int) -> Response:
    """One task at the step that is due: the bin to take from, the goods, how many, the bin to bring to."""
    with reading() as db:
        return show_task(db, tasks.refill_for(db, task_id), done=request.args.get("done", type=int))


@bp.post("/replenishments/<int:task_id>/scans")
@roles(*_FLOOR)
@command
def scan(db: Session, task_id: int) -> Response:
    """Transitions: bin to take from -> goods -> how many; bin to bring to -> the next task; anything else -> 422."""
    mine = tasks.refill_for(db, task_id, lock=True)
    code = request.form.get("code", "")
    try:
        seen = refilling.scan_refill(db, mine, code, actor())
    except Refused as refused:
        if refused.code != "inventory.scan_item_first":
            raise
        return show_task(db, mine, refused.status, verdict="warn", refused=sentence(refused))
    if not seen:
        return show_task(db, mine, 422, verdict="err", wrong=code)
    if mine.state is ReplenishmentState.OPEN:
        return show_task(db, mine, verdict="step")
    flash(_("Pick face filled"), "ok")
    return _next(db, mine)


@bp.post("/replenishments/<int:task_id>/number")
@roles(*_FLOOR)
@command
def take(db: Session, task_id: int) -> Response:
    """So many are on the cart; fewer than asked for: the others come in another task."""
    mine = tasks.refill_for(db, task_id, lock=True)
    return _number(db, mine, lambda qty: refilling.take_to_refill(db, mine, qty))


@bp.post("/replenishments/<int:task_id>/fewer")
@roles(*_FLOOR)
@command
def fewer(db: Session, task_id: int) -> Response:
    """The reserve holds fewer than the books say: bring those, and let somebody count."""
    mine = tasks.refill_for(db, task_id, lock=True)
    return _number(db, mine, lambda qty: refilling.fewer_to_refill(db, mine, qty, actor()))


def _number(db: Session, mine: Replenishment, do: Callable[[int], None]) -> Response:
    form = read(CountForm, request.form)
    if form.data is None:
        return show_task(db, mine, 422, form=form, verdict="err")
    try:
        do(form.data.qty)
    except Refused as refused:
        if refused.status != 422:
            raise
        return show_task(db, mine, 422, form=form.refuse(refused, sentence(refused)), verdict="err")
    if mine.state is ReplenishmentState.OPEN:
        return hx.see(url_for("refilling.task", task_id=mine.id))
    flash(_("Replenishment cancelled, a count is asked for"), "warn")
    return _next(db, mine)


@bp.post("/replenishments/<int:task_id>/undo")
@roles(*_FLOOR)
@command
def undo(db: Session, task_id: int) -> Response:
    """The last step is taken back; of a finished task the move itself."""
    mine = tasks.refill_for(db, task_id, lock=True)
    was_over = mine.state is not ReplenishmentState.OPEN
    refilling.undo_refill(db, mine, actor())
    flash(_("The units are back in the books of the reserve: take them there") if was_over else _("Undone"), "ok")
    return hx.see(url_for("refilling.task", task_id=task_id))


@bp.post("/replenishments/<int:task_id>/cancel")
@roles("supervisor")
@command
def cancel(db: Session, task_id: int) -> Response:
    mine = tasks.refill_for(db, task_id, lock=True)
    refilling.advance_refill(db, mine, ReplenishmentAction.CANCEL, actor())
    flash(_("Replenishment cancelled"), "ok")
    return hx.see(url_for("refilling.tasks"))


def show_task(
    db: Session, mine: Replenishment, status: int = 200, *, form: Form[CountForm] | None = None,
    verdict: str | None = None, wrong: str = "", refused: str = "", done: int | None = None,
) -> Response:  # fmt: skip
    (row,) = tasks.refills(db, task_id=mine.id)
    ranked = [other.task.id for other in tasks.refills(db, row.site)]
    at = ranked.index(mine.id) + 1 if mine.id in ranked else 0
    others = [one for one in [*ranked[at:], *ranked[:at]] if one != mine.id]
    return page(
        "inventory/replenishment.html", "screen", status=status, row=row, form=form, verdict=verdict, wrong=wrong,
        refused=refused, other=resolve(db, wrong).sku if wrong and row.step != "from" else None, done=done,
        skip_to=others[0] if others else None, due=row.target if row.step == "to" else row.source, words=messages,
        barcode=barcode_of(db, mine.sku_id), scan_url=url_for("refilling.scan", task_id=mine.id),
    )  # fmt: skip


def _next(db: Session, mine: Replenishment) -> Response:
    """The task whose goods are nearest to where this one ended; the finished one can still be taken back there."""
    here = db.get_one(Bin, mine.to_bin_id if mine.state is ReplenishmentState.DONE else mine.from_bin_id)
    following = tasks.nearest(tasks.refills(db, current_user.site), here)
    if following is None:
        return hx.see(url_for("refilling.tasks"))
    done = mine.id if mine.state is ReplenishmentState.DONE else None
    return hx.see(url_for("refilling.task", task_id=following.task.id, done=done))
