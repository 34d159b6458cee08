"""Doors of electronic invoices: who asked for one, what is missing, the files for whoever issues them."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, flash, make_response, request, url_for
from flask_babel import gettext as _
from sqlmodel import Session

from floor.catalog.models import Sku
from floor.catalog.queries import sku_by_code
from floor.kit import compute
from floor.kit.actor import Actor
from floor.kit.errors import Conflict, Invalid, Refused, Unknown
from floor.kit.spreadsheet import to_workbook
from floor.kit.uow import reading
from floor.orders import queries as orders
from floor.shipping import invoices
from floor.shipping import queries_invoices as queries
from floor.shipping.forms import BuyerForm, InvoiceForm, IssuedForm, ReasonForm, TaxForm
from floor.shipping.invoices import Buyer
from floor.shipping.messages import BUYER_KINDS, INVOICE_PROBLEMS, INVOICE_STATES
from floor.shipping.models_invoices import Invoice, SkuTax
from floor.shipping.states import INVOICE, InvoiceState
from floor.web import hx
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.downloads import csv_file
from floor.web.errors import sentence
from floor.web.forms import Form, read
from floor.web.page import page

bp = Blueprint("invoices", __name__)

WHO = ("service", "supervisor")
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


# --- the list and its files ----------------------------------------------------------------------------------------


@bp.get("/invoices")
@roles(*WHO)
def index() -> Response:
    """Invoices by state; those to be exported first, and of them those that lack something."""
    with reading() as db:
        return _index(db)


def _index(db: Session, status: int = 200, said: str = "") -> Response:
    counts = queries.counted(db)
    states = {state.value: state for state in InvoiceState}
    shown = states.get(request.args.get("state", ""), InvoiceState.RELEASED)
    return page(
        "shipping/invoices.html", "content", status=status, said=said, rows=queries.listed(db, shown), shown=shown,
        tab_rows=[
            {"href": url_for("invoices.index", state=state.value), "text": INVOICE_STATES[state],
             "n": counts.get(state, 0), "current": state is shown}
            for state in InvoiceState
        ],
        ready=[invoice.id for invoice in queries.ready(db)], uncoded=queries.uncoded(db), files=queries.files(db),
        states=INVOICE_STATES, problems=INVOICE_PROBLEMS, kinds=BUYER_KINDS, most=queries.PAGE,
    )  # fmt: skip


@bp.post("/invoices/export")
@roles(*WHO)
@command
def export(db: Session) -> Response:
    """A file of what was seen as ready. 409 with the list as it is now when somebody was faster."""
    seen = [int(number) for number in re.findall(r"\d{1,9}", request.form.get("ids", ""))]
    try:
        with db.begin_nested():
            file = invoices.export(db, actor(), seen)
            if file is None:
                raise Conflict("shipping.nothing_to_export")
    except Refused as no:
        return _index(db, no.status, sentence(no))
    flash(_("File %(number)s is ready below.", number=file.number), "ok")
    return hx.see(url_for("invoices.index", state=InvoiceState.EXPORTED.value) + "#files")


@bp.post("/invoices/files/<int:export_id>/again")
@roles(*WHO)
@command
def again(db: Session, export_id: int) -> Response:
    """The same rows once more; every one says so."""
    file = invoices.again(db, export_id, actor())
    flash(_("File %(number)s may be taken again; its rows say so.", number=file.number), "ok")
    return hx.see(url_for("invoices.index", state=InvoiceState.EXPORTED.value) + "#files")


@bp.get("/invoices/files/<int:export_id>.<any(csv,xlsx):kind>")
@roles(*WHO)
def download(export_id: int, kind: str) -> Response:
    """The file for whoever issues them."""
    with reading() as db:
        file = queries.file_for(db, export_id)
        header, rows = invoices.table(db, file)
    name = f"invoices-{file.number}{f'-again-{file.copies}' if file.copies else ''}.{kind}"
    if kind == "csv":
        return csv_file(name, header, rows)
    response = make_response(compute.run(to_workbook, header, rows))
    response.headers["Content-Type"] = _SHEET
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


# --- one invoice ---------------------------------------------------------------------------------------------------


@bp.get("/invoices/new")
@roles(*WHO)
def new() -> Response:
    """Ask for an invoice the order did not ask for."""
    return _new(Form({"order": request.args.get("order", ""), "kind": "person"}))


def _new(form: Form[Any], status: int = 200) -> Response:
    return page("shipping/invoice_new.html", "content", status=status, form=form, kinds=BUYER_KINDS)


@bp.post("/invoices")
@roles(*WHO)
@command
def ask(db: Session) -> Response:
    """Keep an invoice for an order."""
    form = read(InvoiceForm, request.form)
    if form.data is None:
        return _new(form, 422)
    try:
        order = orders.by_number(db, form.data.order.upper())
        if order is None:
            raise Invalid("shipping.unknown_order", field="order")
        with db.begin_nested():
            invoice = invoices.ask(db, order, _buyer(form.data), actor())
    except Refused as no:
        return _new(form.refuse(no, sentence(no)), no.status)
    flash(_("The invoice is asked for."), "ok")
    return hx.see(url_for("invoices.show", invoice_id=invoice.id))


def _buyer(data: BuyerForm) -> Buyer:
    return Buyer(**{**data.model_dump(exclude={"order"}), "tax_id": data.tax_id.upper()})


@bp.get("/invoices/<int:invoice_id>")
@roles(*WHO)
def show(invoice_id: int) -> Response:
    """One invoice: the buyer, the lines, what is missing, what can be done."""
    with reading() as db:
        return _show(db, queries.invoice_for(db, invoice_id))


def _show(
    db: Session, invoice: Invoice, status: int = 200, said: str = "", forms: Mapping[str, Form[Any]] | None = None
) -> Response:
    lines = queries.lines_of(db, invoice.id or 0)
    return page(
        "shipping/invoice.html", "content", status=status, said=said, invoice=invoice, lines=lines,
        order=orders.order_for(db, invoice.order_id), can=INVOICE.available(invoice.state),
        is_open=invoice.state in invoices.OPEN, missing=queries.problems(db, invoice), states=INVOICE_STATES,
        file=queries.file_for(db, invoice.export_id) if invoice.export_id else None, problems=INVOICE_PROBLEMS,
        kinds=BUYER_KINDS, total=sum(line.amount_fen for line in lines), tax=sum(line.tax_fen for line in lines),
        skus=queries.codes(db, lines), forms=forms or {},
    )  # fmt: skip


def _do(db: Session, invoice_id: int, verb: Callable[[Invoice], object], done: str, **forms: Form[Any]) -> Response:
    """Do it to the invoice, locked; what stands against it is said at its form, else on top."""
    invoice = queries.invoice_for(db, invoice_id, lock=True)
    if any(form.data is None for form in forms.values()):
        return _show(db, invoice, 422, forms=forms)
    try:
        with db.begin_nested():
            verb(invoice)
    except Refused as no:
        said = sentence(no)
        for form in forms.values():
            form.refuse(no, said)
        fresh = queries.invoice_for(db, invoice_id, lock=True)
        return _show(db, fresh, no.status, "" if forms else said, forms)
    flash(done, "ok")
    return hx.see(url_for("invoices.show", invoice_id=invoice_id))


def _with_reason(
    db: Session, invoice_id: int, verb: Callable[[Session, Invoice, str, Actor], None], done: str
) -> Response:
    form = read(ReasonForm, request.form)
    reason = form.data.reason if form.data else ""
    return _do(db, invoice_id, lambda invoice: verb(db, invoice, reason, actor()), done, reason=form)


@bp.post("/invoices/<int:invoice_id>/hold")
@roles(*WHO)
@command
def hold(db: Session, invoice_id: int) -> Response:
    """Keep it back, and say why."""
    return _with_reason(db, invoice_id, invoices.hold, _("The invoice is held."))


@bp.post("/invoices/<int:invoice_id>/release")
@roles(*WHO)
@command
def release(db: Session, invoice_id: int) -> Response:
    """Let it go into the next file, and say why."""
    return _with_reason(db, invoice_id, invoices.release, _("The invoice may be exported."))


@bp.post("/invoices/<int:invoice_id>/cancel")
@roles(*WHO)
@command
def cancel(db: Session, invoice_id: int) -> Response:
    """It is not wanted after all."""
    return _do(db, invoice_id, lambda invoice: invoices.cancel(db, invoice, actor()), _("The invoice is cancelled."))


@bp.post("/invoices/<int:invoice_id>/buyer")
@roles(*WHO)
@command
def buyer(db: Session, invoice_id: int) -> Response:
    """To whom it is made out."""
    form = read(BuyerForm, request.form)

    def change(invoice: Invoice) -> None:
        if form.data:
            invoices.change_buyer(db, invoice, _buyer(form.data), actor())

    return _do(db, invoice_id, change, _("Written down"), buyer=form)


@bp.post("/invoices/<int:invoice_id>/issued")
@roles(*WHO)
@command
def issued(db: Session, invoice_id: int) -> Response:
    """The number the tax office gave it."""
    form = read(IssuedForm, request.form)
    given = form.data
    return _do(
        db, invoice_id,
        lambda _one: given and invoices.issued(db, invoice_id, given.number, given.issued_on, given.url, actor()),
        _("The invoice is issued."), issued=form,
    )  # fmt: skip


# --- goods ---------------------------------------------------------------------------------------------------------


@bp.get("/invoices/goods")
@roles(*WHO)
def goods() -> Response:
    """Tax codes of articles, and what customs calls them; those that invoices wait for first."""
    with reading() as db:
        return _goods(db)


def _goods(db: Session, status: int = 200, code: str = "", form: Form[Any] | None = None) -> Response:
    asked = request.args.get("q", "").strip() or code
    return page(
        "shipping/goods_tax.html", "content", status=status, rows=queries.goods(db, asked), asked=asked, at=code,
        form=form, rates=[(rate, f"{rate} %") for rate in ("13", "9", "6", "5", "3", "1", "0")], most=queries.PAGE,
    )  # fmt: skip


@bp.post("/invoices/goods/<code>")
@roles(*WHO)
@command
def tax(db: Session, code: str) -> Response:
    """How an article is taxed; invoices that wait for it go on."""
    sku, form = _sku(db, code), read(TaxForm, request.form)
    given = form.data
    if given is None:
        return _goods(db, 422, code, form)
    kept = SkuTax(
        sku_id=sku.id or 0, tax_code=given.tax_code, rate_bp=100 * int(given.rate), hs_code=given.hs_code,
        origin=given.origin.upper(),
    )  # fmt: skip
    invoices.tax(db, sku, kept, actor())
    flash(_("Written down for %(sku)s", sku=sku.code), "ok")
    return hx.see(url_for("invoices.goods", q=request.form.get("q") or None))


def _sku(db: Session, code: str) -> Sku:
    sku = sku_by_code(db, code)
    if sku is None:
        raise Unknown("shipping.unknown_sku")
    return sku
