"""Doors of stock: the list, bins and goods and totes, receiving. Counts and refills have doors of their own."""

import csv
import io

from flask import Blueprint, Response, flash, make_response, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlmodel import Session

from floor.catalog.models import Sku
from floor.catalog.queries import barcode_of, resolve
from floor.inventory import counting, messages, printing, queries, refilling, screens, service, tasks, tracing
from floor.inventory.counting import Seen
from floor.inventory.forms import CountForm, ReceiveForm
from floor.inventory.models import CountReason, CountTask, Replenishment
from floor.inventory.states import CountState, ReplenishmentAction, ReplenishmentState
from floor.kit.errors import Refused, Unknown
from floor.kit.uow import reading
from floor.paper.labels import BinLabel
from floor.people.queries import names
from floor.web import hx
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.errors import sentence
from floor.web.forms import Form, read
from floor.web.page import page

bp = Blueprint("inventory", __name__)

_SIZE = 50
_FLOOR = screens.FLOOR


# --- the list ----------------------------------------------------------------------------------------------------


@bp.get("/stock")
@roles("supervisor", "service")
def stock() -> Response:
    """What lies where: SKU by SKU and house by house, those below safety stock first."""
    text, site = request.args.get("q", "").strip(), request.args.get("warehouse", "")
    number = max(1, request.args.get("page", 1, type=int))
    with reading() as db:
        rows, total = queries.stock_rows(db, text, site, _SIZE, (number - 1) * _SIZE)
        houses = queries.warehouses(db)
    return page(
        "inventory/stock.html", "content", rows=rows, total=total, q=text, site=site, houses=houses,
        page_number=number, pages=-(-total // _SIZE),
    )  # fmt: skip


@bp.get("/stock.csv")
@roles("supervisor", "service")
def stock_csv() -> Response:
    """The same list, whole, for a spreadsheet."""
    with reading() as db:
        rows, _total = queries.stock_rows(db, request.args.get("q", ""), request.args.get("warehouse", ""))
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(("sku", "name", "warehouse", "on_hand", "free", "reserved", "not_for_sale", "safety_stock"))
    for row in rows:
        name = "'" + row.sku.name if row.sku.name[:1] in "=+-@" else row.sku.name  # a spreadsheet must not run it
        table.writerow((row.sku.code, name, row.site, row.on_hand, row.free, row.reserved, row.aside, row.safety))
    response = make_response("\ufeff" + out.getvalue())
    response.headers["Content-Type"] = "text/csv; charset=utf-8"
    response.headers["Content-Disposition"] = 'attachment; filename="stock.csv"'
    return response


# --- receiving ---------------------------------------------------------------------------------------------------


@bp.get("/stock/receive")
@roles("supervisor")
def receive_form() -> Response:
    with reading() as db:
        return show_receive(db, Form({"warehouse": current_user.site, **request.args.to_dict()}))


@bp.post("/stock/receive")
@roles("supervisor")
@command
def receive(db: Session) -> Response:
    """Goods from a supplier onto a shelf."""
    form = read(ReceiveForm, request.form)
    if form.data is None:
        return show_receive(db, form, 422)
    try:
        where, _house = queries.bin_for(db, form.data.warehouse, form.data.bin)
    except Unknown as refused:
        form.errors["bin"] = sentence(refused)
    sku = resolve(db, form.data.sku).sku
    if sku is None:
        form.errors["sku"] = sentence(Unknown("inventory.unknown_sku", sku=form.data.sku))
    if form.errors or sku is None:
        return show_receive(db, form, 422)
    try:
        service.receive(db, where, sku.id or 0, form.data.qty, actor())
    except Refused as refused:
        return show_receive(db, form.refuse(refused, sentence(refused)), refused.status)
    flash(_("%(qty)s × %(sku)s received in %(bin)s", qty=form.data.qty, sku=sku.code, bin=where.code), "ok")
    return hx.see(url_for("inventory.receive_form", warehouse=form.data.warehouse))


def show_receive(db: Session, form: Form[ReceiveForm], status: int = 200) -> Response:
    return page("inventory/receive.html", "content", status=status, form=form, houses=queries.warehouses(db))


# --- things ------------------------------------------------------------------------------------------------------


@bp.get("/bins/<code>")
@roles()
def bin_here(code: str) -> Response:
    """A bin by the code on its label: in the person's own house, or the only one that has it."""
    with reading() as db:
        found = queries.bins_called(db, code, current_user.site) or queries.bins_called(db, code)
    if not found:
        raise Unknown("inventory.unknown_bin", bin=code)
    if len(found) > 1:
        return page("inventory/which_bin.html", "content", code=code.upper(), found=found)
    return hx.see(url_for("inventory.bin_page", site=found[0][1].code, code=found[0][0].code))


@bp.get("/bins/<site>/<code>")
@roles()
def bin_page(site: str, code: str) -> Response:
    """Screen 49: what lies in a bin, what came and went, where it is in its aisle."""
    with reading() as db:
        where, house = queries.bin_for(db, site, code)
        contents = queries.contents(db, where.id)
        story = screens.show_history(db, queries.history(db, place_id=where.id))
        counts = [row for row in tasks.counts(db, CountState.OPEN, site) if row.where.id == where.id]
        cells = queries.aisle_of(db, where)
        lots, aside = tracing.lots_in(db, where.id), tracing.put_aside_in(db, where)
    return page(
        "inventory/bin.html", "content", where=where, house=house, contents=contents, story=story, counts=counts,
        cells=cells, lots=lots, aside=aside, words=messages,
    )  # fmt: skip


@bp.post("/bins/<site>/<code>/counts")
@roles(*_FLOOR)
@command
def ask_count(db: Session, site: str, code: str) -> Response:
    """Somebody should count these goods here."""
    where, _house = queries.bin_for(db, site, code)
    sku = screens.sku_or_unknown(db, request.form.get("sku", ""))
    counting.ask_count(db, where, sku.id or 0, CountReason.ASKED, actor())
    flash(_("Count of %(sku)s in %(bin)s asked for", sku=sku.code, bin=where.code), "ok")
    if present := request.form.get("count", type=int):  # found while counting something else here
        return hx.see(url_for("inventory.count", task_id=present))
    return hx.see(url_for("inventory.bin_page", site=site, code=where.code))


@bp.get("/skus/<code>")
@roles()
def sku_page(code: str) -> Response:
    """Screen 49: where a SKU lies, and its story."""
    with reading() as db:
        sku = screens.sku_or_unknown(db, code)
        barcode = barcode_of(db, sku.id or 0)
        places = queries.whereabouts(db, sku.id or 0)
        story = screens.show_history(db, queries.history(db, sku_id=sku.id))
        rows, _total = queries.stock_rows(db, sku.code)
        lots = tracing.lots_of_sku(db, sku.id or 0)
    per_site = [row for row in rows if row.sku.id == sku.id]
    return page(
        "inventory/sku.html", "content", sku=sku, barcode=barcode, places=places, story=story, per_site=per_site,
        lots=lots, words=messages,
    )  # fmt: skip


@bp.get("/totes/<code>")
@roles()
def tote_page(code: str) -> Response:
    """Screen 49: what lies in a tote, and its story."""
    with reading() as db:
        tote = queries.tote_by_code(db, code.strip().upper())
        if tote is None:
            raise Unknown("inventory.unknown_tote", tote=code)
        contents = queries.contents(db, tote.id)
        story = screens.show_history(db, queries.history(db, place_id=tote.id))
        lots = tracing.lots_in(db, tote.id)
    return page("inventory/tote.html", "content", tote=tote, contents=contents, lots=lots, story=story, words=messages)


# --- labels ------------------------------------------------------------------------------------------------------


@bp.get("/bins/<site>/<code>/label.pdf")
@roles(*_FLOOR)
def bin_label(site: str, code: str) -> Response:
    with reading() as db:
        where, _house = queries.bin_for(db, site, code)
    return printing.labels([BinLabel(where.code)], where.code)


@bp.get("/skus/<code>/label.pdf")
@roles("picker", "packer", "service", "supervisor")
def sku_label(code: str) -> Response:
    """A label for goods that lost theirs: the SKU in large, its barcode below."""
    with reading() as db:
        sku = screens.sku_or_unknown(db, code)
        barcode = barcode_of(db, sku.id or 0)
    return printing.labels([BinLabel(sku.code, barcode)], sku.code)


@bp.get("/totes/<code>/label.pdf")
@roles(*_FLOOR)
def tote_label(code: str) -> Response:
    with reading() as db:
        tote = queries.tote_by_code(db, code.strip().upper())
    if tote is None:
        raise Unknown("inventory.unknown_tote", tote=code)
    return printing.labels([printing.tote_label(tote.code)], tote.code)


# --- counts ------------------------------------------------------------------------------------------------------


@bp.get("/counts")
@roles(*_FLOOR)
def counts() -> Response:
    """Screen 46: bins to count, on the way past them, and why."""
    with reading() as db:
        rows = tasks.counts(db, CountState.OPEN, current_user.site)
        variances = tasks.open_work(db, current_user.site)[1]
    return page("inventory/counts.html", "screen", rows=rows, variances=variances, words=messages)


@bp.get("/counts/<int:task_id>")
@roles(*_FLOOR)
def count(task_id: int) -> Response:
    """Screen 47: bin, then goods, then a number. What the books say is never on this page."""
    with reading() as db:
        return show_count(db, tasks.count_for(db, task_id))


@bp.post("/counts/<int:task_id>/scans")
@roles(*_FLOOR)
@command
def scan_count(db: Session, task_id: int) -> Response:
    """Transitions: the bin -> goods; the goods -> number; anything else -> the same step, and what it was (422)."""
    task = tasks.count_for(db, task_id, lock=True)
    seen, sku = counting.scan(db, task, request.form.get("code", ""), actor())
    if seen in (Seen.BIN, Seen.ITEM):
        return show_count(db, task, verdict="step")
    return show_count(db, task, 422, verdict="err", wrong=seen, other=sku)


@bp.post("/counts/<int:task_id>/number")
@roles(*_FLOOR)
@command
def enter_count(db: Session, task_id: int) -> Response:
    """Transitions: settled -> the next count; different -> the same bin again, without a number."""
    task = tasks.count_for(db, task_id, lock=True)
    form = read(CountForm, request.form)
    if form.data is None:
        return show_count(db, task, 422, form=form, verdict="err")
    if not counting.count(db, task, form.data.qty, actor()):
        flash(_("Count again: scan the bin once more"), "warn")
        return hx.see(url_for("inventory.count", task_id=task_id))
    flash(_("Count written down"), "ok")
    rows = tasks.counts(db, CountState.OPEN, current_user.site)
    if not rows:
        return hx.see(url_for("inventory.counts"))
    here = tasks.count_row(db, task).where.code
    following = next((row for row in rows if row.where.code >= here), rows[0])
    return hx.see(url_for("inventory.count", task_id=following.task.id))


def show_count(
    db: Session, task: CountTask, status: int = 200, *, form: Form[CountForm] | None = None,
    verdict: str | None = None, wrong: Seen | None = None, other: Sku | None = None,
) -> Response:  # fmt: skip
    row = tasks.count_row(db, task)
    step = "bin" if task.began_at is None else "number" if task.item_seen else "item"
    return page(
        "inventory/count.html", "screen", status=status, row=row, step=step, form=form, verdict=verdict, wrong=wrong,
        other=other, barcode=barcode_of(db, task.sku_id), words=messages, is_open=task.state is CountState.OPEN,
        scan_url=url_for("inventory.scan_count", task_id=task.id),
    )  # fmt: skip


@bp.get("/counts/review")
@roles("supervisor")
def review() -> Response:
    """Screen 48: counted, the books, what moved since, and what the difference is worth."""
    with reading() as db:
        rows = tasks.counts(db, CountState.VARIANCE, current_user.site)
        moves = {row.task.id: screens.show_history(db, tasks.moves_since(db, row.task)) for row in rows}
        free = {row.task.id: queries.free_in(db, row.where.id, row.sku.id or 0) for row in rows}
        people = names(db, [row.task.counted_by for row in rows])
    return page("inventory/review.html", "content", rows=rows, moves=moves, free=free, people=people, words=messages)


@bp.post("/counts/<int:task_id>/adjust")
@roles("supervisor")
@command
def adjust(db: Session, task_id: int) -> Response:
    """The count is right: the books follow it."""
    task = tasks.count_for(db, task_id, lock=True)
    gap = counting.adjust(db, task, actor())
    flash(_("Stock adjusted by %(gap)s", gap=f"{gap:+d}"), "ok")
    return hx.see(url_for("inventory.review"))


@bp.post("/counts/<int:task_id>/recount")
@roles("supervisor")
@command
def recount(db: Session, task_id: int) -> Response:
    """Not believed: somebody counts again from the start."""
    counting.recount(db, tasks.count_for(db, task_id, lock=True), actor())
    flash(_("Recount asked for"), "ok")
    return hx.see(url_for("inventory.review"))


# --- replenishments ----------------------------------------------------------------------------------------------


@bp.get("/replenishments")
@roles(*_FLOOR)
def replenishments() -> Response:
    """Screen 20: pick faces to fill, the emptiest first."""
    with reading() as db:
        rows = tasks.refills(db, current_user.site)
    return page("inventory/replenishments.html", "screen", rows=rows)


@bp.get("/replenishments/<int:task_id>")
@roles(*_FLOOR)
def replenishment(task_id: int) -> Response:
    """From where to where, and how many."""
    with reading() as db:
        return show_refill(db, tasks.refill_for(db, task_id))


@bp.post("/replenishments/<int:task_id>/scans")
@roles(*_FLOOR)
@command
def scan_replenishment(db: Session, task_id: int) -> Response:
    """Transitions: bin to take from -> bin to bring to -> the next task; another bin -> the same step (422)."""
    task = tasks.refill_for(db, task_id, lock=True)
    code = request.form.get("code", "")
    if not refilling.scan_refill(db, task, code, actor()):
        return show_refill(db, task, 422, verdict="err", wrong=code)
    if task.state is ReplenishmentState.OPEN:
        return show_refill(db, task, verdict="step")
    flash(_("Pick face filled"), "ok")
    return _next_refill(db, task)


@bp.post("/replenishments/<int:task_id>/fewer")
@roles(*_FLOOR)
@command
def fewer(db: Session, task_id: int) -> Response:
    """The reserve holds fewer than the books say: bring those, and let somebody count."""
    task = tasks.refill_for(db, task_id, lock=True)
    form = read(CountForm, request.form)
    if form.data is None:
        return show_refill(db, task, 422, form=form, verdict="err")
    try:
        refilling.fewer_to_refill(db, task, form.data.qty, actor())
    except Refused as refused:
        if refused.status != 422:
            raise
        return show_refill(db, task, 422, form=form.refuse(refused, sentence(refused)), verdict="err")
    if task.state is ReplenishmentState.OPEN:
        return hx.see(url_for("inventory.replenishment", task_id=task_id))
    flash(_("Replenishment cancelled, a count is asked for"), "warn")
    return _next_refill(db, task)


@bp.post("/replenishments/<int:task_id>/cancel")
@roles("supervisor")
@command
def cancel_replenishment(db: Session, task_id: int) -> Response:
    task = tasks.refill_for(db, task_id, lock=True)
    refilling.advance_refill(db, task, ReplenishmentAction.CANCEL, actor())
    flash(_("Replenishment cancelled"), "ok")
    return hx.see(url_for("inventory.replenishments"))


def show_refill(
    db: Session, task: Replenishment, status: int = 200, *, form: Form[CountForm] | None = None,
    verdict: str | None = None, wrong: str = "",
) -> Response:  # fmt: skip
    (row,) = tasks.refills(db, task_id=task.id)
    others = [other.task.id for other in tasks.refills(db, row.site) if other.task.id != task.id]
    return page(
        "inventory/replenishment.html", "screen", status=status, row=row, form=form, verdict=verdict, wrong=wrong,
        skip_to=others[0] if others else None, due=row.target if task.from_seen else row.source, words=messages,
        is_open=task.state is ReplenishmentState.OPEN,
        scan_url=url_for("inventory.scan_replenishment", task_id=task.id),
    )  # fmt: skip


def _next_refill(db: Session, task: Replenishment) -> Response:
    rows = tasks.refills(db, current_user.site)
    if not rows:
        return hx.see(url_for("inventory.replenishments"))
    return hx.see(url_for("inventory.replenishment", task_id=rows[0].task.id))
