"""Doors of the desk for what comes in: deliveries announced by form or file, their differences, quality control."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlmodel import Session

from floor.catalog.models import Sku
from floor.inventory import announcing, inbound, messages, queries, receiving, tracing
from floor.inventory.announcing import Announced, Fault
from floor.inventory.forms import DeliveryForm, QcForm
from floor.inventory.models import Delivery, DeliveryLine, Warehouse
from floor.inventory.receiving import NewDelivery
from floor.inventory.screens import show_history
from floor.inventory.states import DeliveryState
from floor.kit.errors import Conflict, Invalid, Unknown
from floor.kit.uow import reading
from floor.web import hx
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.downloads import csv_file
from floor.web.errors import sentence
from floor.web.forms import Form, read
from floor.web.page import page

bp = Blueprint("deliveries", __name__)
qc = Blueprint("qc", __name__)

#: A list of faults says where to look; more than that nobody reads.
_FAULTS = 50


@bp.get("/deliveries")
@roles("supervisor", "service")
def index() -> Response:
    state = request.args.get("state", "")
    states = [DeliveryState(state)] if state in set(DeliveryState) else []
    with reading() as db:
        rows = inbound.deliveries(db, current_user.site, states)
    return page("inventory/deliveries.html", "content", rows=rows, state=state, words=messages)


@bp.get("/deliveries/new")
@roles("supervisor")
def new() -> Response:
    with reading() as db:
        return _show_new(db, Form({"warehouse": current_user.site}))


@bp.post("/deliveries/new")
@roles("supervisor")
@command
def announce(db: Session) -> Response:
    """A supplier told us: what comes, and when."""
    form = read(DeliveryForm, request.form)
    if form.data is None:
        return _show_new(db, form, 422)
    house = queries.warehouse_by_code(db, form.data.warehouse)
    if house is None or house.id is None:
        form.errors["warehouse"] = sentence(Unknown("inventory.unknown_warehouse"))
    units, faults = announcing.typed_lines(db, form.data.lines)
    if faults or not units:
        form.errors["lines"] = faults_in_words(faults) or sentence(Invalid("inventory.no_units"))
    if form.errors or house is None or house.id is None:
        return _show_new(db, form, 422)
    wanted = NewDelivery(house.id, form.data.supplier, form.data.reference, form.data.expected, units)
    try:
        made = receiving.announce(db, wanted, actor())
    except Conflict as refused:
        return _show_new(db, form.refuse(refused, sentence(refused)), refused.status)
    flash(_("Delivery %(number)s announced", number=made.number), "ok")
    return hx.see(url_for("deliveries.delivery", delivery_id=made.id))


@bp.post("/deliveries/files")
@roles("supervisor")
@command
def upload(db: Session) -> Response:
    """A supplier's file: every delivery in it, or none while a row is bad."""
    file = request.files.get("file")
    body = file.read() if file else b""
    if not body:
        return _show_new(db, Form({}, None, {"file": _("Choose a file")}), 422)
    found = announcing.announce_file(db, body, actor())
    if found.faults:
        return _show_new(
            db, Form({}, None, {"file": _("Nothing was announced. Correct these rows first.")}), 422, found
        )
    flash(_("%(n)s deliveries announced", n=len(found.made)), "ok")
    return hx.see(url_for("deliveries.index"))


@bp.get("/deliveries/<int:delivery_id>")
@roles("supervisor", "service")
def delivery(delivery_id: int) -> Response:
    """What was announced, what came, what differs, and every move of it."""
    with reading() as db:
        found = inbound.delivery_for(db, delivery_id)
        lines = inbound.delivery_lines(db, found)
        story = show_history(db, tracing.booked_for(db, "delivery", delivery_id))
        house = db.get_one(Warehouse, found.warehouse_id)
    return page(
        "inventory/delivery.html", "content", delivery=found, lines=lines, story=story, house=house, words=messages
    )


@bp.post("/deliveries/<int:delivery_id>/cancel")
@roles("supervisor")
@command
def cancel(db: Session, delivery_id: int) -> Response:
    found = inbound.delivery_for(db, delivery_id, lock=True)
    receiving.cancel(db, found, actor())
    flash(_("Delivery %(number)s cancelled", number=found.number), "ok")
    return hx.see(url_for("deliveries.index"))


@bp.get("/deliveries/<int:delivery_id>/differences.csv")
@roles("supervisor", "service")
def differences(delivery_id: int) -> Response:
    """Only the lines that differ, for the letter to the supplier."""
    with reading() as db:
        found = inbound.delivery_for(db, delivery_id)
        lines = inbound.delivery_lines(db, found)
    header, *rows = _differing(found, lines)
    return csv_file(f"{found.number}.csv", header, rows)


def _differing(found: Delivery, lines: Sequence[tuple[DeliveryLine, Sku]]) -> list[Sequence[Any]]:
    rows: list[Sequence[Any]] = [
        ("delivery", "reference", "supplier", "sku", "name", "expected", "received", "missing", "extra", "damaged",
         "in_doubt")
    ]  # fmt: skip
    for line, sku in lines:
        gap = line.received - line.expected
        if gap or line.damaged or line.in_doubt:
            rows.append(
                (found.number, found.reference, found.supplier, sku.code, sku.name, line.expected, line.received,
                 max(-gap, 0), max(gap, 0), line.damaged, line.in_doubt)
            )  # fmt: skip
    return rows


def _show_new(db: Session, form: Form[Any], status: int = 200, found: Announced | None = None) -> Response:
    faults = found.faults if found else []
    return page(
        "inventory/delivery_new.html", "content", status, form=form, houses=queries.warehouses(db),
        columns=",".join(announcing.COLUMNS), more=max(len(faults) - _FAULTS, 0),
        faults=[(fault.number, fault_in_words(fault)) for fault in faults[:_FAULTS]],
    )  # fmt: skip


def fault_in_words(fault: Fault) -> str:
    return str(messages.FAULTS[fault.reason]) % {"value": fault.value}


def faults_in_words(faults: Sequence[Fault]) -> str:
    shown = [_("Line %(n)s: %(what)s", n=fault.number, what=fault_in_words(fault)) for fault in faults[:5]]
    return " ".join(shown)


# --- quality control ---------------------------------------------------------------------------------------------


@qc.get("/qc")
@roles("supervisor")
def waiting() -> Response:
    """What waits for a decision: good, bad, or back to the supplier."""
    with reading() as db:
        return _show_qc(db, Form())


@qc.post("/qc/releases")
@roles("supervisor")
@command
def release(db: Session) -> Response:
    form = read(QcForm, request.form)
    if form.data is None:
        return _show_qc(db, form, 422)
    wanted = form.data
    where, _house = tracing.bin_by_id(db, wanted.bin)
    try:
        receiving.release_from_qc(db, where, wanted.sku, wanted.qty, wanted.outcome, actor(), wanted.lot)
    except Invalid as refused:
        return _show_qc(db, form.refuse(refused, sentence(refused)), 422)
    flash(_("Decided: %(what)s", what=messages.OUTCOMES[wanted.outcome]), "ok")
    return hx.see(url_for("qc.waiting"))


def _show_qc(db: Session, form: Form[QcForm], status: int = 200) -> Response:
    rows = inbound.in_qc(db, current_user.site)
    return page("inventory/qc.html", "content", status, rows=rows, form=form, words=messages)
