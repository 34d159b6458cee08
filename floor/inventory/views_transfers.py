"""Doors of transfers: plan one, load it bin by bin, send it, unload it at the other house, write off what never came.

Loading: bin -> item -> item ... (or a number); unloading: item -> item ... (or a number). A wrong scan is red (422).
"""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlmodel import Session

from floor.catalog.models import Sku
from floor.catalog.queries import Scanned, resolve
from floor.inventory import announcing, inbound, lots, messages, queries, screens, slotting, tracing, transfers
from floor.inventory.forms import NumberForm, Scan, TransferForm, WriteOffForm
from floor.inventory.models import Bin, Lot, Transfer, TransferLine
from floor.inventory.screens import FLOOR, UNKNOWN, Wrong, show_wrong, unknown_code
from floor.inventory.states import TransferState
from floor.inventory.transfers import NewTransfer
from floor.inventory.views_deliveries import faults_in_words
from floor.kit.errors import Conflict, Invalid, Refused, Unknown
from floor.kit.uow import reading
from floor.web import hx
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.errors import sentence
from floor.web.forms import Form, read
from floor.web.page import page

bp = Blueprint("transfers", __name__)


# --- the desk ----------------------------------------------------------------------------------------------------


@bp.get("/transfers")
@roles("service", *FLOOR)
def index() -> Response:
    with reading() as db:
        rows = inbound.transfers(db, current_user.site)
    return page("inventory/transfers.html", "content", rows=rows, words=messages)


@bp.get("/transfers/new")
@roles("supervisor")
def new() -> Response:
    with reading() as db:
        return _show_new(db, Form({"origin": current_user.site}))


@bp.post("/transfers/new")
@roles("supervisor")
@command
def plan(db: Session) -> Response:
    """What should go from where to where."""
    form = read(TransferForm, request.form)
    if form.data is None:
        return _show_new(db, form, 422)
    ends = {name: queries.warehouse_by_code(db, getattr(form.data, name)) for name in ("origin", "to")}
    for name, house in ends.items():
        if house is None:
            form.errors[name] = sentence(Unknown("inventory.unknown_warehouse"))
    units, faults = announcing.typed_lines(db, form.data.lines)
    if faults:
        form.errors["lines"] = faults_in_words(faults)
    origin, target = ends["origin"], ends["to"]
    if form.errors or origin is None or target is None:
        return _show_new(db, form, 422)
    try:
        made = transfers.plan(db, NewTransfer(origin.id or 0, target.id or 0, units, form.data.note), actor())
    except Invalid as refused:
        return _show_new(db, form.refuse(refused, sentence(refused)), 422)
    flash(_("Transfer %(number)s planned", number=made.number), "ok")
    return hx.see(url_for("transfers.transfer", transfer_id=made.id))


def _show_new(db: Session, form: Form[TransferForm], status: int = 200) -> Response:
    return page("inventory/transfer_new.html", "content", status, form=form, houses=queries.warehouses(db))


@bp.get("/transfers/<int:transfer_id>")
@roles("service", *FLOOR)
def transfer(transfer_id: int) -> Response:
    """What was wanted, loaded, received, written off; and every move of it."""
    with reading() as db:
        return _show_transfer(db, inbound.transfer_for(db, transfer_id), Form())


def _show_transfer(db: Session, found: Transfer, form: Form[Any], status: int = 200) -> Response:
    (row,) = inbound.transfers(db, transfer_id=found.id)
    return page(
        "inventory/transfer.html", "content", status, row=row, transfer=found, form=form, words=messages,
        lines=inbound.transfer_lines(db, found),
        story=screens.show_history(db, tracing.booked_for(db, "transfer", found.id or 0)),
    )  # fmt: skip


@bp.post("/transfers/<int:transfer_id>/send")
@roles(*FLOOR)
@command
def send(db: Session, transfer_id: int) -> Response:
    """The lorry leaves with what is on it. `rest`: what was not scanned is taken from free units by the books first."""
    found = inbound.transfer_for(db, transfer_id, lock=True)
    try:
        missing = transfers.load_rest(db, found, actor()) if request.form.get("rest") else 0
        transfers.send(db, found, actor())
    except Invalid as refused:
        return _show_transfer(db, found, Form().refuse(refused, sentence(refused)), 422)
    if missing:
        flash(_("On the road. %(n)s units were not free and stay here.", n=missing), "warn")
    else:
        flash(_("On the road"), "ok")
    return hx.see(url_for("transfers.transfer", transfer_id=transfer_id))


@bp.post("/transfers/<int:transfer_id>/unload")
@roles(*FLOOR)
@command
def unload(db: Session, transfer_id: int) -> Response:
    """Everything back into its bins: the lorry does not leave."""
    units = transfers.unload(db, inbound.transfer_for(db, transfer_id, lock=True), actor())
    flash(_("%(n)s units are back in their bins", n=units), "ok")
    return hx.see(url_for("transfers.transfer", transfer_id=transfer_id))


@bp.post("/transfers/<int:transfer_id>/cancel")
@roles("supervisor")
@command
def cancel(db: Session, transfer_id: int) -> Response:
    found = inbound.transfer_for(db, transfer_id, lock=True)
    try:
        transfers.cancel(db, found, actor())
    except Invalid as refused:
        return _show_transfer(db, found, Form().refuse(refused, sentence(refused)), 422)
    flash(_("Transfer %(number)s cancelled", number=found.number), "ok")
    return hx.see(url_for("transfers.index"))


@bp.post("/transfers/<int:transfer_id>/losses")
@roles("supervisor")
@command
def write_off(db: Session, transfer_id: int) -> Response:
    """They never came: lost, with the reason."""
    found = inbound.transfer_for(db, transfer_id, lock=True)
    form = read(WriteOffForm, request.form)
    if form.data is None:
        return _show_transfer(db, found, form, 422)
    try:
        transfers.write_off(db, found, form.data.sku, form.data.qty, form.data.note, actor())
    except Invalid as refused:
        return _show_transfer(db, found, form.refuse(refused, sentence(refused)), 422)
    flash(_("%(n)s written off", n=form.data.qty), "ok")
    return hx.see(url_for("transfers.transfer", transfer_id=transfer_id))


# --- loading -----------------------------------------------------------------------------------------------------


@bp.get("/transfers/<int:transfer_id>/load")
@roles(*FLOOR)
def loading(transfer_id: int) -> Response:
    """From bin to bin: what lies there goes onto the lorry. ?n= shows another line first."""
    with reading() as db:
        found = inbound.transfer_for(db, transfer_id)
        where = db.get(Bin, request.args.get("bin", 0, type=int) % 2**31)
        return _show_loading(db, found, where, skip=request.args.get("n", 0, type=int))


@bp.post("/transfers/<int:transfer_id>/load/scans")
@roles(*FLOOR)
@command
def scan_load(db: Session, transfer_id: int) -> Response:
    """Transitions: bin -> its goods; goods -> one unit loaded; anything else -> red (422)."""
    found = inbound.transfer_for(db, transfer_id, lock=True)
    form = read(Scan, request.form)
    if form.data is None:
        return _load_wrong(found, UNKNOWN, unknown_code())
    seen = resolve(db, form.data.code)
    if seen.command == "UNDO":
        return _undone(db, found)
    where = db.get(Bin, form.data.bin) if form.data.bin else None
    bins = [
        one for one, _house in queries.bins_called(db, form.data.code) if one.warehouse_id == found.from_warehouse_id
    ]
    if bins:
        return _show_loading(db, found, bins[0], verdict="step")
    if seen.sku is None:
        return _load_wrong(found, UNKNOWN, unknown_code(), where)
    if where is None:
        return _load_wrong(found, _("Scan the bin first"), _("Then the goods in it."), None, seen.sku)
    return _load(db, found, where, seen.sku, 1, _lot_read(db, seen))


@bp.post("/transfers/<int:transfer_id>/load/number")
@roles(*FLOOR)
@command
def number_load(db: Session, transfer_id: int) -> Response:
    """So many in all out of this bin."""
    found = inbound.transfer_for(db, transfer_id, lock=True)
    form = read(NumberForm, request.form)
    run = inbound.run_of(db, found, actor())
    if run is None:
        raise Conflict("inventory.scan_again")
    where = db.get_one(Bin, run.bin_id)
    if form.data is None:
        return _show_loading(db, found, where, 422, form=form, verdict="err")
    if run.sku.id != form.data.sku or run.bin_id != form.data.bin:
        raise Conflict("inventory.scan_again")
    if form.data.qty <= run.units:
        form.refuse(refused := Invalid("inventory.not_more", field="qty", n=run.units), sentence(refused))
        return _show_loading(db, found, where, 422, form=form, verdict="err")
    try:
        lot_id = run.lot.id if run.lot else None
        transfers.load(db, found, where, form.data.sku, form.data.qty - run.units, actor(), lot_id)
    except Invalid as refused:
        return _show_loading(db, found, where, 422, form=form.refuse(refused, sentence(refused)), verdict="err")
    return _show_loading(db, found, where, verdict="done")


def _load(db: Session, found: Transfer, where: Bin, sku: Sku, qty: int, lot: Lot | None) -> Response:
    try:
        transfers.load(db, found, where, sku.id or 0, qty, actor(), lot.id if lot else None)
    except Invalid as refused:
        title = _("Enough loaded") if refused.code == "inventory.not_so_many" else _("Not for this lorry")
        return _load_wrong(found, title, sentence(refused), where, sku)
    return _show_loading(db, found, where, verdict="step")


def _show_loading(
    db: Session, found: Transfer, where: Bin | None, status: int = 200, *, form: Form[Any] | None = None, skip: int = 0,
    verdict: str | None = None, said: str = "", mood: str = "ok",
) -> Response:  # fmt: skip
    """The bin that was scanned, else the next one on the way that holds what is still wanted."""
    is_open = found.state is TransferState.DRAFT
    lines = inbound.transfer_lines(db, found)
    stops = _stops(db, found, lines) if is_open else []
    run = inbound.run_of(db, found, actor()) if is_open else None
    if run and (where is None or run.bin_id != where.id):
        run = None
    here = next((stop for stop in stops if where is not None and stop[0].id == where.id), None)
    now = here or (stops[skip % len(stops)] if stops and where is None else None)
    return page(
        "inventory/transfer_load.html", "screen", status, transfer=found, lines=lines, where=where, now=now, run=run,
        stops=stops, form=form, verdict=verdict, said=said, mood=mood, is_open=is_open, words=messages,
        following=(skip + 1) % len(stops) if stops else 0, left=sum(line.wanted - line.sent for line, _sku in lines),
        of_run=next((line for line, sku in lines if run and sku.id == run.sku.id), None),
        scan_url=url_for("transfers.scan_load", transfer_id=found.id) if is_open else None,
    )  # fmt: skip


def _stops(
    db: Session, found: Transfer, lines: Sequence[tuple[TransferLine, Sku]]
) -> list[tuple[Bin, Sku, int]]:  # fmt: skip
    """(bin, SKU, units to take there), in the order one walks past the bins."""
    wanted = {sku.id or 0: (sku, line.wanted - line.sent) for line, sku in lines if line.wanted > line.sent}
    stops: dict[str, tuple[Bin, Sku, int]] = {}
    for sku_id, bins in transfers.sources(db, found.from_warehouse_id, list(wanted)).items():
        sku, rest = wanted[sku_id]
        for where, free in bins:
            if units := min(rest, free):
                stops[f"{where.id}-{sku_id}"] = (where, sku, units)
                rest -= units
    order = slotting.in_walking_order({key: stop[0] for key, stop in stops.items()})
    return [stops[key] for key in order]


def _load_wrong(
    found: Transfer, title: Any, detail: Any, where: Bin | None = None, got: Sku | None = None
) -> Response:  # fmt: skip
    url = url_for("transfers.scan_load", transfer_id=found.id)
    back = url_for("transfers.loading", transfer_id=found.id, bin=where.id if where else None)
    goon = _("Just scan the right item") if where else _("Just scan the bin")
    return show_wrong(Wrong(title, url, back, goon, detail, {"bin": where.id if where else None}, got))


# --- unloading ---------------------------------------------------------------------------------------------------


@bp.get("/transfers/<int:transfer_id>/receive")
@roles(*FLOOR)
def unloading(transfer_id: int) -> Response:
    """At the other house: item after item onto the dock."""
    with reading() as db:
        return _show_unloading(db, inbound.transfer_for(db, transfer_id))


@bp.post("/transfers/<int:transfer_id>/receive/scans")
@roles(*FLOOR)
@command
def scan_receive(db: Session, transfer_id: int) -> Response:
    """Transitions: goods of this transfer -> one unit on the dock; others or unknown -> red (422)."""
    found = inbound.transfer_for(db, transfer_id, lock=True)
    form = read(Scan, request.form)
    if form.data is None:
        return _receive_wrong(found, UNKNOWN, unknown_code())
    seen = resolve(db, form.data.code)
    if seen.command == "UNDO":
        return _undone(db, found)
    if seen.sku is None:
        return _receive_wrong(found, UNKNOWN, unknown_code())
    line = transfers.line_of(db, found, seen.sku.id or 0)
    if not line.sent and not line.extra and not form.data.anyway:
        detail = _("Nobody sent these goods with this transfer. Nothing was counted.")
        return _receive_wrong(found, _("Not sent"), detail, seen)
    return _receive(db, found, seen.sku, 1, _lot_read(db, seen))


@bp.post("/transfers/<int:transfer_id>/receive/number")
@roles(*FLOOR)
@command
def number_receive(db: Session, transfer_id: int) -> Response:
    """So many in all of what was scanned last."""
    found = inbound.transfer_for(db, transfer_id, lock=True)
    form = read(NumberForm, request.form)
    run = inbound.run_of(db, found, actor())
    if form.data is None:
        return _show_unloading(db, found, 422, form=form, verdict="err")
    if run is None or run.sku.id != form.data.sku:
        raise Conflict("inventory.scan_again")
    if form.data.qty <= run.units:
        form.refuse(refused := Invalid("inventory.not_more", field="qty", n=run.units), sentence(refused))
        return _show_unloading(db, found, 422, form=form, verdict="err")
    return _receive(db, found, run.sku, form.data.qty - run.units, run.lot)


def _receive(db: Session, found: Transfer, sku: Sku, qty: int, lot: Lot | None) -> Response:
    before = transfers.line_of(db, found, sku.id or 0).extra
    try:
        line = transfers.receive(db, found, sku, qty, actor(), lot)
    except Invalid as refused:
        return _receive_wrong(found, _("Not counted"), sentence(refused))
    if found.state is TransferState.CLOSED:
        return _show_unloading(db, found, verdict="walk", said=_("Complete: everything that was sent is here"))
    if line.extra > before:
        return _show_unloading(db, found, verdict="warn", mood="warn", said=_("%(n)s more than sent", n=line.extra))
    return _show_unloading(db, found, verdict="step")


@bp.post("/transfers/<int:transfer_id>/undo")
@roles(*FLOOR)
@command
def undo(db: Session, transfer_id: int) -> Response:
    return _undone(db, inbound.transfer_for(db, transfer_id, lock=True))


def _undone(db: Session, found: Transfer) -> Response:
    loading = found.state is TransferState.DRAFT
    about: dict[str, Any] = {"said": _("Taken back"), "verdict": "step"}
    status, where = 200, None
    try:
        step = transfers.undo(db, found, actor())
        where = db.get(Bin, step.data.get("bin") or 0)
    except Refused as refused:
        if refused.status != 422:
            raise
        status, about = 422, {"said": sentence(refused), "verdict": "warn", "mood": "warn"}
    return _show_loading(db, found, where, status, **about) if loading else _show_unloading(db, found, status, **about)


def _show_unloading(
    db: Session, found: Transfer, status: int = 200, *, form: Form[Any] | None = None, verdict: str | None = None,
    said: str = "", mood: str = "ok",
) -> Response:  # fmt: skip
    (row,) = inbound.transfers(db, transfer_id=found.id)
    lines = inbound.transfer_lines(db, found)
    is_open = found.state is TransferState.SENT
    run = inbound.run_of(db, found, actor()) if found.state is not TransferState.DRAFT else None
    return page(
        "inventory/transfer_receive.html", "screen", status, row=row, transfer=found, lines=lines, run=run, form=form,
        of_run=next((line for line, sku in lines if run and sku.id == run.sku.id), None), is_open=is_open, said=said,
        mood=mood, verdict=verdict, words=messages,
        scan_url=url_for("transfers.scan_receive", transfer_id=found.id) if is_open else None,
    )  # fmt: skip


def _receive_wrong(found: Transfer, title: Any, detail: Any, seen: Scanned | None = None) -> Response:
    url, back = (
        url_for(f"transfers.{name}", transfer_id=found.id) for name in ("scan_receive", "unloading")
    )  # fmt: skip
    anyway = (url, _("Take it in all the same"), {"code": seen.code, "anyway": "1"}) if seen else None
    got = seen.sku if seen else None
    return show_wrong(Wrong(title, url, back, _("Just scan the right item"), detail, got=got, anyway=anyway))


def _lot_read(db: Session, seen: Scanned) -> Lot | None:
    """The lot or serial number a code carries, if the house knows it."""
    number = seen.lot or seen.serial
    return lots.lot_called(db, seen.sku.id or 0, number) if seen.sku and number else None
