"""Doors of counting on the phone: bins to count, and the count itself. What the books say is never on these pages."""

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from sqlmodel import Session

from floor.catalog.models import Sku, Tracking
from floor.catalog.queries import barcode_of, sku_by_code
from floor.inventory import count_bins, counting, messages, tasks
from floor.inventory.counting import Seen
from floor.inventory.forms import CountForm
from floor.inventory.models import Bin, CountTask, CountVisit
from floor.inventory.states import CountState
from floor.kit.errors import NotAllowed, Unknown
from floor.kit.uow import reading
from floor.web import hx
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.forms import Form, read
from floor.web.page import page

bp = Blueprint("counts", __name__)

_FLOOR = ("picker", "supervisor")


@bp.get("/counts")
@roles(*_FLOOR)
def index() -> Response:
    """Screen 46: bins to count, on the way past them, and why; those where somebody picks soon come last."""
    with reading() as db:
        bins = tasks.bins_to_count(db, current_user.site, current_user.id)
        to_decide = tasks.open_work(db, current_user.site)[1]
        lists = {row.task.warehouse_id: _lists_goods(db, row.task) for found in bins for row in found.rows[:1]}
    return page("inventory/counts.html", "screen", bins=bins, to_decide=to_decide, lists=lists, words=messages)


def _lists_goods(db: Session, task: CountTask) -> bool:
    return counting.rules_of(db, task.warehouse_id).lists_goods


@bp.get("/counts/<int:task_id>")
@roles(*_FLOOR)
def task(task_id: int) -> Response:
    """Screen 47: bin, then goods, then a number, until the bin is done."""
    with reading() as db:
        return show(db, tasks.count_for(db, task_id))


@bp.post("/counts/<int:task_id>/scans")
@roles(*_FLOOR)
@command
def scan(db: Session, task_id: int) -> Response:
    """Transitions: the bin -> goods; goods -> number, of whichever count here they belong to; a serial number -> one
    more; anything else -> the same step, and what it was (422)."""
    given = tasks.count_at_bin(db, task_id)
    present = _present(db, given)
    code = request.form.get("code", "").replace("\x00", "")
    found = counting.scan(db, present, code, actor())
    if found.seen in (Seen.BIN, Seen.ITEM, Seen.SERIAL):
        return show(db, found.task, verdict="step")
    verdict = "warn" if found.seen in (Seen.TWICE, Seen.COUNTED) else "err"
    return show(db, found.task, 422, verdict=verdict, wrong=found.seen, other=found.sku)


def _present(db: Session, given: CountTask) -> CountTask:
    """The count on the screen: goods of the same bin may have been scanned since the page was opened."""
    shown = request.form.get("task", type=int)
    if not shown or shown == given.id or shown >= 1 << 31:
        return given
    try:
        other = tasks.count_for(db, shown, lock=True)
    except Unknown:
        return given
    return other if other.bin_id == given.bin_id else given


@bp.post("/counts/<int:task_id>/number")
@roles(*_FLOOR)
@command
def number(db: Session, task_id: int) -> Response:
    """Transitions: settled -> the next goods of the bin; different -> again, or somebody else, without a number."""
    present = tasks.count_at_bin(db, task_id)
    form = read(CountForm, request.form)
    if form.data is None:
        return show(db, present, 422, form=form, verdict="err")
    settled = counting.count(db, present, form.data.qty, actor())
    if settled:
        flash(_("Count written down"), "ok")
    elif present.barred_round:
        flash(_("Written down. Somebody else counts these once more."), "warn")
    else:
        flash(_("Count again: scan the bin once more"), "warn")
        return hx.see(url_for("counts.task", task_id=task_id))
    return _onwards(db, present)


@bp.post("/counts/<int:task_id>/goods")
@roles(*_FLOOR)
@command
def add(db: Session, task_id: int) -> Response:
    """Goods nobody asked for lie here: count them now."""
    given = tasks.count_at_bin(db, task_id)
    sku = sku_by_code(db, request.form.get("sku", "").replace("\x00", "").strip().upper())
    if sku is None:
        raise Unknown("inventory.unknown_sku", sku=request.form.get("sku", ""))
    visit = count_bins.standing(db, given.bin_id, actor())
    found = count_bins.add_goods(db, visit, sku.id or 0, actor())
    return hx.see(url_for("counts.task", task_id=found.id))


@bp.post("/counts/<int:task_id>/whole")
@roles(*_FLOOR)
@command
def whole(db: Session, task_id: int) -> Response:
    """Count everything that lies in this bin."""
    given = tasks.count_at_bin(db, task_id)
    visit = count_bins.standing(db, given.bin_id, actor())
    count_bins.count_whole(db, visit, actor())
    return _onwards(db, given)


@bp.post("/counts/<int:task_id>/finish")
@roles(*_FLOOR)
@command
def finish(db: Session, task_id: int) -> Response:
    """Done here; in a bin counted whole: nothing else lies here."""
    given = tasks.count_at_bin(db, task_id)
    none = count_bins.finish(db, count_bins.standing(db, given.bin_id, actor()), actor())
    _say_none(none)
    return _onwards(db, given)


@bp.post("/counts/<int:task_id>/empty")
@roles(*_FLOOR)
@command
def empty(db: Session, task_id: int) -> Response:
    """Nothing at all lies in this bin."""
    given = tasks.count_at_bin(db, task_id)
    _say_none(count_bins.empty(db, count_bins.standing(db, given.bin_id, actor()), actor()))
    return _onwards(db, given)


def _say_none(kinds: int) -> None:
    if kinds:
        flash(ngettext("%(num)s kind of goods counted as none", "%(num)s kinds of goods counted as none", kinds), "ok")


def _onwards(db: Session, done: CountTask) -> Response:
    """The next goods of this bin, else its last question, else the next bin."""
    visit = counting.visit_at(db, done.bin_id, actor())
    if visit is not None:
        left = count_bins.left_to_count(db, visit)
        return hx.see(url_for("counts.task", task_id=left[0].id if left else done.id))
    bins = tasks.bins_to_count(db, current_user.site, current_user.id)
    if not bins:
        return hx.see(url_for("counts.index"))
    here = db.get_one(Bin, done.bin_id).code
    quiet = [found for found in bins if not found.first.is_busy] or bins
    following = next((found for found in quiet if found.first.where.code >= here), quiet[0])
    return hx.see(url_for("counts.task", task_id=following.first.task.id))


def show(
    db: Session, present: CountTask, status: int = 200, *, form: Form[CountForm] | None = None,
    verdict: str | None = None, wrong: Seen | None = None, other: Sku | None = None,
) -> Response:  # fmt: skip
    """The one screen of a count. Raises NotAllowed when somebody else has to count."""
    visit = counting.visit_at(db, present.bin_id, actor())
    is_open = present.state is CountState.OPEN
    if is_open and counting.is_barred(db, present, actor()):
        if visit is None:
            raise NotAllowed("inventory.other_must_count")
        is_open = False  # for this person: the bin's other goods are left
    row = tasks.count_row(db, present)
    held = count_bins.left_to_count(db, visit) if visit else []
    step = _step(row.sku, present, visit, is_open)
    lists = _lists_goods(db, present)
    shows_goods = step == "number" or step == "serials" or lists
    rest = [tasks.count_row(db, one) for one in held if one.id != present.id] if lists else []
    return page(
        "inventory/count.html", "screen", status=status, row=row, step=step, form=form, verdict=verdict, wrong=wrong,
        other=other, words=messages, visit=visit, rest=rest, shows_goods=shows_goods, lists=lists,
        barcode=barcode_of(db, present.sku_id) if shows_goods else "",
        kinds=count_bins.uncounted(db, visit) if visit and lists else 0, serials=len(present.serials),
        last_serial=present.serials[-1] if present.serials else "",
        scan_url=url_for("counts.scan", task_id=present.id),
    )  # fmt: skip


def _step(sku: Sku, present: CountTask, visit: CountVisit | None, is_open: bool) -> str:
    """bin -> item -> number or serials; close: the bin's last question; over: settled, and nobody stands there."""
    if not is_open:
        return "over" if visit is None else "close"
    if visit is None or present.visit_id != visit.id:
        return "bin"
    if not present.item_seen:
        return "item"
    return "serials" if sku.tracking is Tracking.SERIAL else "number"
