"""Doors of the dock: what is expected today, and one delivery scanned in. A scan counts one; a number counts the rest.

Transitions: list -> delivery -> item (-> lot number) -> item ... -> close. A wrong scan fills the screen (422).
"""

from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlmodel import Session

from floor.catalog.models import Sku, Tracking
from floor.catalog.queries import Scanned, resolve
from floor.inventory import inbound, lots, messages, queries, receiving
from floor.inventory.forms import AsideForm, BlindForm, LotForm, NumberForm, Scan
from floor.inventory.models import Bin, BinKind, Delivery, Lot, Warehouse
from floor.inventory.receiving import Aside, NewDelivery
from floor.inventory.screens import FLOOR, UNKNOWN, Wrong, show_wrong, unknown_code
from floor.inventory.states import DeliveryState, TransferState
from floor.kit.errors import Conflict, Invalid, Refused
from floor.kit.uow import reading
from floor.web import hx
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.errors import sentence
from floor.web.forms import Form, read
from floor.web.page import page

bp = Blueprint("receiving", __name__)

_OPEN = inbound.OPEN_DELIVERIES


# --- the list ----------------------------------------------------------------------------------------------------


@bp.get("/receiving")
@roles(*FLOOR)
def dock() -> Response:
    """Deliveries of this house, those in hand and those due today first; lorries of our own below."""
    with reading() as db:
        return show_dock(db)


@bp.post("/receiving/scans")
@roles(*FLOOR)
@command
def find(db: Session) -> Response:
    """A delivery note's number, or goods only one delivery expects -> that delivery; else -> the list (422)."""
    code = request.form.get("code", "")
    found = inbound.delivery_called(db, code, current_user.site)
    if found is not None:
        return hx.see(url_for("receiving.delivery", delivery_id=found.id))
    transfer = inbound.transfer_called(db, code)
    if transfer is not None:
        return hx.see(url_for("transfers.unloading", transfer_id=transfer.id))
    sku = resolve(db, code).sku
    expecting = inbound.expecting(db, sku.id or 0, current_user.site) if sku else []
    if len(expecting) == 1:
        return hx.see(url_for("receiving.delivery", delivery_id=expecting[0]))
    wrong = (
        _("Several deliveries expect this. Tap the right one.") if expecting else _("No delivery is called like this.")
    )
    return show_dock(db, 422, wrong=wrong, code=code)


@bp.post("/receiving/blind")
@roles(*FLOOR)
@command
def blind(db: Session) -> Response:
    """Goods stand at the dock and nobody told us."""
    form = read(BlindForm, request.form)
    if form.data is None:
        return show_dock(db, 422, form=form)
    house = queries.warehouse_by_code(db, current_user.site) if current_user.site else None
    if house is None:
        house = queries.warehouses(db)[0] if len(queries.warehouses(db)) == 1 else None
    if house is None or house.id is None:
        raise Invalid("inventory.no_site")
    try:
        made = receiving.announce(db, NewDelivery(house.id, form.data.supplier, form.data.reference), actor())
    except Conflict as refused:
        return show_dock(db, 409, form=form.refuse(refused, sentence(refused)))
    return hx.see(url_for("receiving.delivery", delivery_id=made.id))


def show_dock(
    db: Session, status: int = 200, *, form: Form[BlindForm] | None = None, wrong: str = "", code: str = ""
) -> Response:  # fmt: skip
    rows = inbound.deliveries(db, current_user.site, _OPEN)
    lorries = [
        row for row in inbound.transfers(db, current_user.site, (TransferState.SENT,))
        if not current_user.site or row.target == current_user.site
    ]  # fmt: skip
    return page(
        "inventory/receiving.html", "screen", status, rows=rows, lorries=lorries, form=form, wrong=wrong, code=code,
        words=messages, verdict="err" if status != 200 else None, scan_url=url_for("receiving.find"),
    )  # fmt: skip


# --- one delivery ------------------------------------------------------------------------------------------------


@bp.get("/receiving/<int:delivery_id>")
@roles(*FLOOR)
def delivery(delivery_id: int) -> Response:
    """Scan item after item. ?lot_of=: another lot of these goods is asked for."""
    with reading() as db:
        found = inbound.delivery_for(db, delivery_id)
        asked = db.get(Sku, request.args.get("lot_of", 0, type=int) % 2**31)
        if asked is not None and asked.tracking is Tracking.NONE:
            asked = None
        return show_delivery(db, found, asking=asked)


@bp.post("/receiving/<int:delivery_id>/scans")
@roles(*FLOOR)
@command
def scan(db: Session, delivery_id: int) -> Response:
    """Transitions: goods -> counted, or their lot number is asked; a lot number -> counted; a dock -> goods go there
    from now on; UNDO card -> the last step is taken back; not announced or unknown -> red (422)."""
    found = inbound.delivery_for(db, delivery_id, lock=True)
    form = read(Scan, request.form)
    if form.data is None:
        return _unknown(found, form)
    seen = resolve(db, form.data.code)
    if seen.command == "UNDO":
        return _undone(db, found)
    waiting = db.get(Sku, form.data.sku) if form.data.sku else None
    if seen.sku is None:
        return _no_goods(db, found, form, waiting)
    if not form.data.anyway and not _is_announced(db, found, seen.sku):
        return _not_announced(found, seen)
    return _take_in(db, found, seen.sku, seen)


def _no_goods(db: Session, found: Delivery, form: Form[Scan], waiting: Sku | None) -> Response:
    """A dock's label, or the lot number that was asked for."""
    assert form.data is not None
    bins = [where for where, house in queries.bins_called(db, form.data.code) if house.id == found.warehouse_id]
    if bins and bins[0].kind is BinKind.DOCK:
        receiving.use_dock(db, found, bins[0])
        return show_delivery(db, found, verdict="step", said=_("Goods go to %(bin)s now", bin=bins[0].code))
    if waiting is None or bins:
        return _unknown(found, form)
    numbered = Scanned(form.data.code, waiting, lot=form.data.code[:40], serial=form.data.code[:40])
    return _take_in(db, found, waiting, numbered)


def _take_in(db: Session, found: Delivery, sku: Sku, seen: Scanned) -> Response:
    """One unit; for tracked goods of the lot the code tells, else of the one scanned before."""
    lot: Lot | None = None
    if sku.tracking is not Tracking.NONE:
        lot = _lot_of(db, found, sku, seen)
        if lot is None:
            typed = {"lot": seen.lot if sku.tracking is Tracking.LOT else "", "expires": str(seen.expires_on or "")}
            return show_delivery(db, found, asking=sku, form=Form(typed), verdict="step")
    return _booked(db, found, sku, 1, lot)


def _lot_of(db: Session, found: Delivery, sku: Sku, seen: Scanned) -> Lot | None:
    """The lot of a scan; None when somebody has to say it. A new lot of goods that spoil needs its date."""
    if sku.tracking is Tracking.SERIAL:
        return lots.lot_for(db, sku, seen.serial, seen.expires_on) if seen.serial else None
    if not seen.lot:
        run = inbound.run_of(db, found, actor())
        return run.lot if run and run.sku.id == sku.id else None
    if seen.expires_on is None and lots.lot_called(db, sku.id or 0, seen.lot) is None:
        return None
    return lots.lot_for(db, sku, seen.lot, seen.expires_on)


def _booked(db: Session, found: Delivery, sku: Sku, qty: int, lot: Lot | None) -> Response:
    line = receiving.take_in(db, found, sku, qty, actor(), lot)
    if lot is not None and lot.hold_reason == lots.Held.EXPIRED:
        return show_delivery(db, found, verdict="warn", mood="warn", said=_("Too old to sell: it is on hold"))
    if line.expected and line.received > line.expected:
        over = _("%(n)s more than announced", n=line.received - line.expected)
        return show_delivery(db, found, verdict="warn", mood="warn", said=over)
    return show_delivery(db, found, verdict="done" if line.received == line.expected else "step")


@bp.post("/receiving/<int:delivery_id>/lots")
@roles(*FLOOR)
@command
def name_lot(db: Session, delivery_id: int) -> Response:
    """The lot number and expiry of the goods in hand, typed; so many units of it are counted."""
    found = inbound.delivery_for(db, delivery_id, lock=True)
    form = read(LotForm, request.form)
    sku = db.get(Sku, form.data.sku) if form.data else None
    if form.data is None or sku is None:
        return show_delivery(db, found, 422, asking=_asked(db, form), form=form, verdict="err")
    try:
        with db.begin_nested():  # a refusal is told on the page: what was booked before it is not kept
            lot = lots.lot_for(db, sku, form.data.lot, form.data.expires)
            return _booked(db, found, sku, form.data.qty, lot)
    except Refused as refused:
        if refused.status == 422 or refused.code == "inventory.serial_known":
            form.refuse(refused, sentence(refused))
            return show_delivery(db, found, 422, asking=sku, form=form, verdict="err")
        raise


def _asked(db: Session, form: Form[LotForm]) -> Sku | None:
    typed = form["sku"]
    return db.get(Sku, int(typed)) if typed.isascii() and typed.isdigit() and len(typed) < 10 else None


@bp.post("/receiving/<int:delivery_id>/number")
@roles(*FLOOR)
@command
def number(db: Session, delivery_id: int) -> Response:
    """So many in all of what was scanned last: the rest is counted."""
    found = inbound.delivery_for(db, delivery_id, lock=True)
    form = read(NumberForm, request.form)
    run = inbound.run_of(db, found, actor())
    if form.data is None:
        return show_delivery(db, found, 422, form=form, verdict="err")
    if run is None or run.sku.id != form.data.sku:
        raise Conflict("inventory.scan_again")
    if form.data.qty <= run.units:
        form.refuse(refused := Invalid("inventory.not_more", field="qty", n=run.units), sentence(refused))
        return show_delivery(db, found, 422, form=form, verdict="err")
    try:
        return _booked(db, found, run.sku, form.data.qty - run.units, run.lot)
    except Invalid as refused:
        return show_delivery(db, found, 422, form=form.refuse(refused, sentence(refused)), verdict="err")


@bp.post("/receiving/<int:delivery_id>/undo")
@roles(*FLOOR)
@command
def undo(db: Session, delivery_id: int) -> Response:
    return _undone(db, inbound.delivery_for(db, delivery_id, lock=True))


def _undone(db: Session, found: Delivery) -> Response:
    try:
        receiving.undo(db, found, actor())
    except Invalid as refused:
        return show_delivery(db, found, 422, said=sentence(refused), mood="warn", verdict="warn")
    return show_delivery(db, found, said=_("Taken back"), verdict="step")


@bp.get("/receiving/<int:delivery_id>/problem")
@roles(*FLOOR)
def problem(delivery_id: int) -> Response:
    """Some of what was scanned last are damaged, or in doubt."""
    with reading() as db:
        return show_problem(db, inbound.delivery_for(db, delivery_id), Form({"qty": "1"}))


@bp.post("/receiving/<int:delivery_id>/problem")
@roles(*FLOOR)
@command
def set_aside(db: Session, delivery_id: int) -> Response:
    """Transitions: damaged -> quarantine, in doubt -> quality control; back at the delivery."""
    found = inbound.delivery_for(db, delivery_id, lock=True)
    form = read(AsideForm, request.form)
    run = inbound.run_of(db, found, actor())
    if form.data is None:
        return show_problem(db, found, form, 422)
    if run is None or run.sku.id != form.data.sku:
        raise Conflict("inventory.scan_again")
    try:
        lot_id = run.lot.id if run.lot else None
        target = receiving.set_aside(db, found, form.data.sku, form.data.qty, form.data.why, actor(), lot_id)
    except Invalid as refused:
        return show_problem(db, found, form.refuse(refused, sentence(refused)), 422)
    words = {
        Aside.DAMAGED: _("%(n)s damaged: put them into %(bin)s", n=form.data.qty, bin=target.code),
        Aside.IN_DOUBT: _("%(n)s for quality control: put them into %(bin)s", n=form.data.qty, bin=target.code),
    }
    return hx.push(
        show_delivery(db, found, verdict="step", said=words[form.data.why], mood="warn"),
        url_for("receiving.delivery", delivery_id=found.id),
    )


@bp.get("/receiving/<int:delivery_id>/close")
@roles(*FLOOR)
def closing(delivery_id: int) -> Response:
    """What is missing, too many, damaged, before it is final."""
    with reading() as db:
        return show_closing(db, inbound.delivery_for(db, delivery_id))


@bp.post("/receiving/<int:delivery_id>/close")
@roles(*FLOOR)
@command
def close(db: Session, delivery_id: int) -> Response:
    found = inbound.delivery_for(db, delivery_id, lock=True)
    receiving.close(db, found, actor())
    flash(_("Delivery %(number)s closed", number=found.number), "ok")
    return hx.see(url_for("receiving.delivery", delivery_id=delivery_id))


# --- screens -----------------------------------------------------------------------------------------------------


def show_delivery(
    db: Session, found: Delivery, status: int = 200, *, asking: Sku | None = None, form: Form[Any] | None = None,
    verdict: str | None = None, said: str = "", mood: str = "ok",
) -> Response:  # fmt: skip
    """`asking`: the goods whose lot number is due."""
    is_open = found.state in _OPEN
    lines = inbound.delivery_lines(db, found)
    run = inbound.run_of(db, found, actor()) if is_open else None
    of_run = next((line for line, sku in lines if run and sku.id == run.sku.id), None)
    return page(
        "inventory/delivery_scan.html", "screen", status, delivery=found, lines=lines, run=run, of_run=of_run,
        asking=asking if is_open else None, form=form, said=said, mood=mood, verdict=verdict, words=messages,
        is_open=is_open, dock=_dock_code(db, found), total=sum(line.expected for line, _sku in lines),
        done=sum(line.received for line, _sku in lines), site=db.get_one(Warehouse, found.warehouse_id).code,
        scan_url=url_for("receiving.scan", delivery_id=found.id) if is_open else None,
    )  # fmt: skip


def show_problem(db: Session, found: Delivery, form: Form[Any], status: int = 200) -> Response:
    return page(
        "inventory/delivery_problem.html", "screen", status, delivery=found, run=inbound.run_of(db, found, actor()),
        form=form, verdict="err" if status != 200 else None,
        scan_url=url_for("receiving.scan", delivery_id=found.id),  # the delivery's screen follows in its place
    )  # fmt: skip


def show_closing(db: Session, found: Delivery) -> Response:
    return page(
        "inventory/delivery_close.html", "screen", delivery=found, lines=inbound.delivery_lines(db, found),
        is_open=found.state is DeliveryState.RECEIVING, words=messages,
    )  # fmt: skip


def _dock_code(db: Session, found: Delivery) -> str:
    if found.dock_id:
        return db.get_one(Bin, found.dock_id).code
    try:
        return receiving.open_bin(db, found.warehouse_id, BinKind.DOCK).code
    except Invalid:
        return ""


def _is_announced(db: Session, found: Delivery, sku: Sku) -> bool:
    """Everything is, in a delivery nobody announced; and what was taken in once is no surprise any more."""
    lines = inbound.delivery_lines(db, found)
    return not any(line.expected for line, _sku in lines) or any(one.id == sku.id for _line, one in lines)


def _not_announced(found: Delivery, seen: Scanned) -> Response:
    url = url_for("receiving.scan", delivery_id=found.id)
    return show_wrong(
        Wrong(
            _("Not announced"), url, url_for("receiving.delivery", delivery_id=found.id), _("Just scan the next item"),
            detail=_("Nobody announced these goods in this delivery. Nothing was counted."), got=seen.sku,
            anyway=(url, _("Receive it all the same"), {"code": seen.code, "anyway": "1"}),
        )
    )  # fmt: skip


def _unknown(found: Delivery, form: Form[Scan]) -> Response:
    url, back = url_for("receiving.scan", delivery_id=found.id), url_for("receiving.delivery", delivery_id=found.id)
    return show_wrong(Wrong(UNKNOWN, url, back, _("Just scan the right item"), unknown_code()), form["code"])
