"""Doors of printing: the queue, the printers, many papers at once, and a label as picture or ZPL."""

from typing import Any

from flask import Blueprint, Response, flash, make_response, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlmodel import Session, col, select

from floor.inventory import queries as stock
from floor.inventory.models import Warehouse
from floor.kit import compute
from floor.kit.errors import Invalid, Refused, Unknown
from floor.kit.uow import reading
from floor.packing import queries as packing
from floor.packing.models import Parcel
from floor.paper import raster
from floor.paper.waybills import SIZES, size_mm
from floor.paper.zpl import waybills_zpl
from floor.shipments.models import Shipment
from floor.shipping import (
    jobs,
    messages,
    papers,
    printing,
)
from floor.shipping import queries as shipping
from floor.shipping import queries_printing as queries
from floor.shipping.forms import BatchForm, PrinterForm
from floor.shipping.models import PaperKind, PrintJob, PrintState
from floor.shipping.models_printing import BatchPart, ItemState, PrintBatch, Printer, SendState
from floor.shipping.printing import PrinterTerms
from floor.web import hx
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.context import named
from floor.web.errors import sentence
from floor.web.forms import Form, read
from floor.web.page import page

bp = Blueprint("printing", __name__)

WHO = ("packer", "supervisor")


# --- the queue ------------------------------------------------------------------------------------------------


@bp.get("/printing")
@roles(*WHO)
def queue() -> Response:
    """What is on its way to which printer, what failed and why; asks for itself while something is on its way."""
    with reading() as db:
        return show_queue(db)


def show_queue(db: Session, status: int = 200, said: str = "") -> Response:
    counts = queries.counts(db, current_user.site)
    wanted = request.args.get("state", "")
    state = SendState(wanted) if wanted in set(SendState) else None
    return page(
        "shipping/printing.html", "content", status=status, said=said, state=state, counts=counts,
        rows=queries.queue(db, current_user.site, state), words=messages,
        targets=queries.printers(db, current_user.site, labels_only=True), in_doubt=printing.IN_DOUBT,
        is_busy=any(counts[one] for one in queries.UNDER_WAY),
    )  # fmt: skip


@bp.post("/printing/<int:sending_id>/retry")
@roles(*WHO)
@command
def retry(db: Session, sending_id: int) -> Response:
    """A failed paper once more, on its printer or (`printer`) on another; `back` comes back to its parcel or bench."""
    sending = queries.sending_for(db, sending_id, lock=True)
    packing.must_be_at(db, printing.warehouse_of(db, sending), current_user.site)
    try:
        with db.begin_nested():
            printing.retry(db, sending, actor(), _printer(db, "printer"))
    except Refused as no:
        return show_queue(db, no.status, sentence(no))
    parcel = db.get_one(Parcel, db.get_one(PrintJob, sending.paper_id).parcel_id)
    match request.form.get("back"):
        case "label":
            return hx.see(url_for("shipping.label", parcel_id=parcel.id))
        case "bench":
            return hx.see(url_for("packing.bench", code=shipping.labelled(db, parcel).station.code))
    return show_queue(db)


def _printer(db: Session, name: str) -> Printer | None:
    """The printer a form names; None where it names none. Raises Unknown."""
    given = request.form.get(name, "")
    if not given:
        return None
    if not given.isascii() or not given.isdigit() or len(given) > 9:
        raise Unknown("shipping.unknown_printer")
    return queries.printer_for(db, int(given))


# --- printers ------------------------------------------------------------------------------------------------


@bp.get("/printers")
@roles("supervisor")
def printers() -> Response:
    """Every printer: where it stands, how it is reached, and what failed at it."""
    with reading() as db:
        return show_printers(db)


def show_printers(db: Session, status: int = 200, form: Form[PrinterForm] | None = None) -> Response:
    return page(
        "shipping/printers.html", "content", status=status, rows=queries.printers(db, current_user.site), form=form,
        failed=queries.failed_by_printer(db), words=messages, **_choices(db),
    )  # fmt: skip


def _houses(db: Session) -> list[tuple[str, str]]:
    return [(house.code, named(house)) for house in stock.warehouses(db) if current_user.site in ("", house.code)]


def _choices(db: Session) -> dict[str, Any]:
    """What a printer's form offers."""
    return {
        "houses_as": _houses(db),
        "sizes_as": [(size, size.replace("x", " × ") + " mm") for size in SIZES],
        "heads_as": [(dpi, f"{dpi} dpi") for dpi in raster.DOTS_PER_MM],
    }


@bp.post("/printers")
@roles("supervisor")
@command
def add_printer(db: Session) -> Response:
    """One printer more."""
    form = read(PrinterForm, request.form)
    try:
        made = _keep(db, None, form)
    except Refused as no:
        return show_printers(db, no.status, form.refuse(no, sentence(no)))
    if made is None:
        return show_printers(db, 422, form)
    flash(_("Written down"), "ok")
    return hx.see(url_for("printing.printers"))


def _keep(db: Session, printer: Printer | None, form: Form[PrinterForm]) -> Printer | None:
    """None when the form cannot be read."""
    given = form.data
    if given is None:
        return None
    house = stock.warehouse_by_code(db, given.warehouse)
    if house is None or house.id is None or current_user.site not in ("", house.code):
        raise Invalid("shipping.unknown_house", field="warehouse")
    terms = PrinterTerms(
        given.name, house.id, given.kind, given.host, given.port, int(given.dpi), given.size, given.is_active
    )
    return printing.keep_printer(db, printer, terms, actor())


@bp.get("/printers/<int:printer_id>")
@roles("supervisor")
def printer(printer_id: int) -> Response:
    """One printer, to change it."""
    with reading() as db:
        return show_printer(db, _mine(db, printer_id))


def _mine(db: Session, printer_id: int, *, lock: bool = False) -> Printer:
    found = queries.printer_for(db, printer_id, lock=lock)
    packing.must_be_at(db, found.warehouse_id, current_user.site)
    return found


def show_printer(db: Session, found: Printer, status: int = 200, form: Form[PrinterForm] | None = None) -> Response:
    return page(
        "shipping/printer.html", "content", status=status, printer=found, form=form, words=messages,
        **_choices(db), house=db.get_one(Warehouse, found.warehouse_id),
    )  # fmt: skip


@bp.post("/printers/<int:printer_id>")
@roles("supervisor")
@command
def change_printer(db: Session, printer_id: int) -> Response:
    """Another address, resolution or stock."""
    found, form = _mine(db, printer_id, lock=True), read(PrinterForm, request.form)
    try:
        kept = _keep(db, found, form)
    except Refused as no:
        return show_printer(db, found, no.status, form.refuse(no, sentence(no)))
    if kept is None:
        return show_printer(db, found, 422, form)
    flash(_("Written down"), "ok")
    return hx.see(url_for("printing.printers"))


@bp.post("/printers/<int:printer_id>/retry")
@roles(*WHO)
@command
def retry_printer(db: Session, printer_id: int) -> Response:
    """All that failed because this printer was off, once more and in order."""
    again = printing.retry_printer(db, _mine(db, printer_id, lock=True), actor())
    flash(_("%(n)s labels are on their way again", n=again), "ok" if again else "info")
    return hx.see(url_for("printing.queue"))


# --- many at once ------------------------------------------------------------------------------------------------


@bp.get("/print-batches")
@roles(*WHO)
def batches() -> Response:
    """The labels or slips of a wave in one go, and the batches before."""
    with reading() as db:
        return show_batches(db)


def show_batches(db: Session, status: int = 200, form: Form[BatchForm] | None = None) -> Response:
    site = current_user.site
    return page(
        "shipping/print_batches.html", "content", status=status, form=form, rows=queries.batches(db, site),
        words=messages, houses_as=_houses(db),
        waves_as=[(run, _("Wave %(n)s", n=run) + f" · {n}") for run, n in queries.waves(db, site)],
        targets_as=[
            (printer.id, f"{named(house)} · {printer.name}")
            for printer, house in queries.printers(db, site, labels_only=True)
        ],
    )  # fmt: skip


@bp.post("/print-batches")
@roles(*WHO)
@command
def ask_batch(db: Session) -> Response:
    """Begin a batch. What was printed before is left out; one bad order never stops the others."""
    form = read(BatchForm, request.form)
    if form.data is None:
        return show_batches(db, 422, form)
    given = form.data
    try:
        house = stock.warehouse_by_code(db, given.warehouse)
        if house is None or house.id is None or current_user.site not in ("", house.code):
            raise Invalid("shipping.unknown_house", field="warehouse")
        target = queries.printer_for(db, given.printer) if given.printer else None
        batch = printing.ask_batch(db, given.kind, house.id, given.run, target, actor())
    except Refused as no:
        return show_batches(db, no.status, form.refuse(no, sentence(no)))
    return hx.see(url_for("printing.batch", batch_id=batch.id))


def _batch(db: Session, batch_id: int, *, lock: bool = False) -> PrintBatch:
    found = queries.batch_for(db, batch_id, lock=lock)
    packing.must_be_at(db, found.warehouse_id, current_user.site)
    return found


@bp.get("/print-batches/<int:batch_id>")
@roles(*WHO)
def batch(batch_id: int) -> Response:
    """How far it is, the PDFs that are there, and what was not printed and why. Asks for itself until it is done."""
    with reading() as db:
        return show_batch(db, _batch(db, batch_id))


def show_batch(db: Session, found: PrintBatch, status: int = 200, said: str = "") -> Response:
    progress = queries.progress(db, found.id or 0)
    total = sum(progress.values())
    settled = progress[ItemState.DONE] + progress[ItemState.FAILED]
    return page(
        "shipping/print_batch.html", "content", status=status, said=said, batch=found, progress=progress, total=total,
        settled=settled, percent=100 * settled // max(total, 1), parts=queries.parts(db, found.id or 0),
        bad=queries.failed_items(db, found.id or 0), words=messages,
        printer=db.get(Printer, found.printer_id) if found.printer_id else None,
        house=db.get_one(Warehouse, found.warehouse_id), is_busy=settled < total,
    )  # fmt: skip


@bp.post("/print-batches/<int:batch_id>/retry")
@roles(*WHO)
@command
def retry_batch(db: Session, batch_id: int) -> Response:
    """The orders that could not be printed once more, after somebody put them right."""
    found = _batch(db, batch_id, lock=True)
    try:
        printing.retry_batch(db, found, actor())
    except Refused as no:
        return show_batch(db, found, no.status, sentence(no))
    return hx.see(url_for("printing.batch", batch_id=batch_id))


@bp.get("/print-batches/<int:batch_id>/<int:number>.pdf")
@roles(*WHO)
def batch_paper(batch_id: int, number: int) -> Response:
    """One part of a batch for the browser to print."""
    with reading() as db:
        _batch(db, batch_id)
        part = db.exec(select(BatchPart).where(col(BatchPart.batch_id) == batch_id, BatchPart.number == number)).first()
        if part is None:
            raise Unknown("shipping.no_paper")
        return _file(part.pdf, "application/pdf", f"batch-{batch_id}-{number}.pdf")


# --- one label, as it is burnt ----------------------------------------------------------------------------------


@bp.get("/print-jobs/<int:job_id>.png")
@roles(*WHO)
def picture(job_id: int) -> Response:
    """The label dot by dot, for a printer's own app."""
    job, dpi, _size = _ready_label(job_id)
    png = compute.run(raster.png, job.pdf or b"", size_mm(jobs.LABEL_SIZE), dpi)
    return _file(png, "image/png", f"label-{job.parcel_id}.png")


@bp.get("/print-jobs/<int:job_id>.zpl")
@roles(*WHO)
def zpl(job_id: int) -> Response:
    """The label for a printer that hangs on this computer's cable."""
    job, dpi, size = _ready_label(job_id)
    with reading() as db:
        label = papers.waybill(db, db.get_one(Parcel, job.parcel_id), job.copies + 1)
    (document,) = compute.run(waybills_zpl, [label], papers.CARRIER_LANG, size, dpi)
    return _file(document, "application/octet-stream", f"label-{job.parcel_id}.zpl", "attachment")


def _ready_label(job_id: int) -> tuple[PrintJob, int, str]:
    """The label, the resolution and the stock asked for. Raises Unknown until it is made."""
    with reading() as db:
        job = shipping.job_for(db, job_id)
        house = db.get_one(Shipment, db.get_one(Parcel, job.parcel_id).shipment_id).warehouse_id
        packing.must_be_at(db, house, current_user.site)
        if job.pdf is None or job.state is PrintState.QUEUED or job.kind is not PaperKind.WAYBILL:
            raise Unknown("shipping.no_paper")
    dpi, size = request.args.get("dpi", "203"), request.args.get("size", jobs.LABEL_SIZE)
    if dpi not in map(str, raster.DOTS_PER_MM) or size not in SIZES:
        raise Invalid("shipping.no_such_stock")
    return job, int(dpi), size


def _file(content: bytes, kind: str, name: str, how: str = "inline") -> Response:
    response = make_response(content)
    response.headers["Content-Type"] = kind
    response.headers["Content-Disposition"] = f'{how}; filename="{name}"'
    return response
