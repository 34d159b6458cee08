"""Doors of stock: the list, bins and goods and totes, receiving. Counts too; refills have doors of their own."""

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlmodel import Session

from floor.catalog.queries import barcode_of, resolve
from floor.inventory import counting, messages, printing, queries, screens, service, tasks, tracing
from floor.inventory.forms import ReceiveForm
from floor.inventory.models import CountReason
from floor.inventory.states import CountState
from floor.kit.errors import Refused, Unknown
from floor.kit.uow import reading
from floor.paper.labels import BinLabel
from floor.web import hx
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.downloads import csv_file
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
    header = ("sku", "name", "warehouse", "on_hand", "free", "reserved", "not_for_sale", "safety_stock")
    table = (
        (row.sku.code, row.sku.name, row.site, row.on_hand, row.free, row.reserved, row.aside, row.safety)
        for row in rows
    )
    return csv_file("stock.csv", header, table)


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
