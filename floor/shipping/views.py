"""Doors of shipping: the label that closes a parcel, papers, and the lorries."""

from flask import Blueprint, Response, make_response, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlmodel import Session

from floor.catalog.queries import resolve
from floor.inventory import queries as stock
from floor.kit import compute
from floor.kit.errors import Invalid, Refused, Unknown
from floor.kit.uow import reading
from floor.packing import queries as packing
from floor.packing.messages import PARCEL_STATES
from floor.packing.models import Pack, Parcel, Station
from floor.packing.states import ParcelState
from floor.paper.customs import commercial_invoice_pdf
from floor.shipments.models import Shipment
from floor.shipping import customs, jobs, printing, queries, service
from floor.shipping.forms import HandoverForm
from floor.shipping.messages import LOAD_WORDS, PAPERS, PRINT_ERRORS, PRINT_STATES, WAYBILL_PROBLEMS
from floor.shipping.models import Manifest, ManifestState, PaperKind, PrintState
from floor.shipping.print_state import ask_again, print_state
from floor.shipping.service import LabelScan, LabelVerdict, LoadScan, LoadVerdict
from floor.web import hx, locale
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.errors import sentence
from floor.web.forms import Form, read
from floor.web.page import page

bp = Blueprint("shipping", __name__)

WHO = ("packer", "supervisor")

# --- the label ------------------------------------------------------------------------------------------------


def _parcel(db: Session, parcel_id: int, *, lock: bool = False) -> Parcel:
    parcel = packing.parcel_for(db, parcel_id, lock=lock)
    packing.must_be_at(db, db.get_one(Shipment, parcel.shipment_id).warehouse_id, current_user.site)
    return parcel


@bp.get("/parcels/<int:parcel_id>/label")
@roles(*WHO)
def label(parcel_id: int) -> Response:
    """Screen 36: the papers come out; the scanned label closes the parcel. Asks for itself while they are made."""
    with reading() as db:
        return show_label(db, _parcel(db, parcel_id))


@bp.post("/parcels/<int:parcel_id>/scans")
@roles(*WHO)
@command
def scan_label(db: Session, parcel_id: int) -> Response:
    """Transitions: own label -> next parcel, or the bench; another's or none of ours -> red; REPRINT card -> again."""
    parcel, code = _parcel(db, parcel_id, lock=True), request.form.get("code", "")
    try:
        if resolve(db, code).command == "REPRINT":
            service.reprint(db, queries.jobs_of(db, parcel_id)[PaperKind.WAYBILL], actor())
            return show_label(db, parcel, verdict="step")
        with db.begin_nested():
            seen = service.prove_label(db, parcel, code, actor())
    except Refused as no:
        return show_label(db, parcel, no.status, sentence(no), "warn")
    if seen.verdict is not LabelVerdict.CLOSED:
        return show_wrong_label(db, parcel, seen, code)
    following = packing.next_to_label(db, parcel.pack_id)
    if following is not None:
        return hx.see(url_for("shipping.label", parcel_id=following.id))
    return hx.see(url_for("packing.bench", code=_bench_of(db, parcel), done=parcel.number))


def _bench_of(db: Session, parcel: Parcel) -> str:
    return db.get_one(Station, db.get_one(Pack, parcel.pack_id).station_id).code


def show_label(db: Session, parcel: Parcel, status: int = 200, said: str = "", verdict: str | None = None) -> Response:
    seen = queries.labelled(db, parcel)
    prints = print_state(db, seen.jobs.values(), current_user.site)
    return page(
        "shipping/label.html",
        "screen",
        status=status,
        seen=seen,
        is_open=parcel.state is ParcelState.BOXED,
        ask_again=ask_again(seen.jobs.values(), prints["sendings"].values(), bool(queries.why_no_number(seen))),
        prints=prints,
        waits=queries.why_no_number(seen),
        problems=WAYBILL_PROBLEMS,
        needs_customs=customs.is_asked_for(db, parcel),
        state=PARCEL_STATES[parcel.state],
        papers=PAPERS,
        states=PRINT_STATES,
        errors=PRINT_ERRORS,
        said=said,
        scan_url=url_for("shipping.scan_label", parcel_id=parcel.id),
        verdict=verdict,
    )


def show_wrong_label(db: Session, parcel: Parcel, seen: LabelScan, code: str) -> Response:
    """Full red: the label on the box would send it to somebody else."""
    other = queries.labelled(db, seen.other) if seen.other else None
    return page(
        "shipping/wrong_label.html",
        "screen",
        status=422,
        seen=queries.labelled(db, parcel),
        other=other,
        code=code.strip()[:48],
        scan_url=url_for("shipping.scan_label", parcel_id=parcel.id),
        verdict="err",
    )


@bp.get("/print-jobs/<int:job_id>")
@roles(*WHO)
def print_job(job_id: int) -> Response:
    """A print job is looked at on its parcel's screen."""
    with reading() as db:
        return hx.see(url_for("shipping.label", parcel_id=queries.job_for(db, job_id).parcel_id))


@bp.get("/print-jobs/<int:job_id>.pdf")
@roles(*WHO)
def paper(job_id: int) -> Response:
    """The PDF for the printer. 404 until it is made."""
    with reading() as db:
        job = queries.job_for(db, job_id)
        _parcel(db, job.parcel_id)
        if job.pdf is None or job.state is PrintState.QUEUED:
            raise Unknown("shipping.no_paper")
        return _pdf(job.pdf, f"{job.kind}-{job.parcel_id}.pdf")


def _pdf(content: bytes, name: str) -> Response:
    response = make_response(content)
    response.mimetype = "application/pdf"
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return response


@bp.get("/parcels/<int:parcel_id>/invoice.pdf")
@roles(*WHO)
def customs_paper(parcel_id: int) -> Response:
    """The commercial invoice of a parcel that leaves the country or goes as freight."""
    with reading() as db:
        invoice = customs.commercial_invoice(db, _parcel(db, parcel_id))
    return _pdf(compute.run(commercial_invoice_pdf, invoice), f"{invoice.number}.pdf")


@bp.post("/print-jobs/<int:job_id>/reprint")
@roles(*WHO)
@command
def reprint(db: Session, job_id: int) -> Response:
    """The same paper again, under the same number; a failed one is tried again. `printer` chooses another one."""
    job = queries.job_for(db, job_id, lock=True)
    parcel = _parcel(db, job.parcel_id)
    try:
        with db.begin_nested():
            if (chosen := request.form.get("printer")) is not None:
                printing.choose(db, job, printing.chosen(db, job, chosen))
            service.reprint(db, job, actor())
    except Refused as no:
        return show_label(db, parcel, no.status, sentence(no), "warn")
    return show_label(db, parcel)


# --- lorries --------------------------------------------------------------------------------------------------


def _manifest(db: Session, manifest_id: int, *, lock: bool = False) -> Manifest:
    manifest = queries.manifest_for(db, manifest_id, lock=lock)
    packing.must_be_at(db, manifest.warehouse_id, current_user.site)
    return manifest


@bp.get("/manifests")
@roles(*WHO)
def manifests() -> Response:
    """Screen 38: what waits for which carrier, and the lorries that left."""
    carrier = request.args.get("carrier", "")[:24]
    with reading() as db:
        return page(
            "shipping/manifests.html",
            "content",
            lanes=queries.lanes(db, current_user.site, carrier),
            left=queries.closed_manifests(db, current_user.site),
            carrier=carrier,
        )


@bp.post("/manifests")
@roles(*WHO)
@command
def open_manifest(db: Session) -> Response:
    """Begin to load a carrier's lorry, or go on with the one begun."""
    house = stock.warehouse_by_code(db, request.form.get("warehouse", "") or current_user.site)
    carrier = queries.carrier_by_code(db, request.form.get("carrier", ""))
    if house is None or house.id is None:
        raise Invalid("shipping.unknown_house")
    if carrier is None:
        raise Invalid("shipping.unknown_carrier")
    packing.must_be_at(db, house.id, current_user.site)
    manifest = service.open_manifest(db, house.id, carrier, actor())
    return hx.see(url_for("shipping.manifest", manifest_id=manifest.id))


@bp.get("/manifests/<int:manifest_id>")
@roles(*WHO)
def manifest(manifest_id: int) -> Response:
    """Load: expected, loaded, missing."""
    with reading() as db:
        return show_manifest(db, _manifest(db, manifest_id))


@bp.post("/manifests/<int:manifest_id>/scans")
@roles(*WHO)
@command
def load(db: Session, manifest_id: int) -> Response:
    """Transitions: this carrier's closed parcel -> loaded; all else -> red, not loaded."""
    lorry, code = _manifest(db, manifest_id, lock=True), request.form.get("code", "")
    if resolve(db, code).command == "UNDO":
        return _unload(db, lorry)
    if resolve(db, code).command in ("DONE", "CONFIRM"):
        return hx.see(url_for("shipping.handover", manifest_id=manifest_id))
    try:
        seen = service.load(db, lorry, code, actor())
    except Refused as no:
        return show_manifest(db, lorry, no.status, ("warn", sentence(no)), "warn")
    if seen.verdict is LoadVerdict.LOADED and seen.parcel is not None:
        return show_manifest(db, lorry, said=("ok", seen.parcel.number), verdict="step")
    return show_wrong_parcel(db, lorry, seen, code)


@bp.post("/manifests/<int:manifest_id>/undo")
@roles(*WHO)
@command
def unload(db: Session, manifest_id: int) -> Response:
    """The last parcel comes off the lorry again."""
    return _unload(db, _manifest(db, manifest_id, lock=True))


def _unload(db: Session, lorry: Manifest) -> Response:
    try:
        parcel = service.unload_last(db, lorry, actor())
    except Refused as no:
        return show_manifest(db, lorry, no.status, ("warn", sentence(no)), "warn")
    return show_manifest(db, lorry, said=("info", _("Taken off again: %(number)s", number=parcel.number)))


def show_manifest(
    db: Session,
    lorry: Manifest,
    status: int = 200,
    said: tuple[str, str] | None = None,
    verdict: str | None = None,
) -> Response:
    house, carrier = queries.lane_of(db, lorry)
    is_open = lorry.state is ManifestState.OPEN
    return page(
        "shipping/manifest.html",
        "screen",
        status=status,
        manifest=lorry,
        house=house,
        carrier=carrier,
        is_open=is_open,
        loaded=queries.loaded(db, lorry.id or 0),
        missing=queries.missing(db, lorry) if is_open else [],
        said=said,
        scan_url=url_for("shipping.load", manifest_id=lorry.id) if is_open else None,
        verdict=verdict,
    )


def show_wrong_parcel(db: Session, lorry: Manifest, seen: LoadScan, code: str) -> Response:
    _house, carrier = queries.lane_of(db, lorry)
    return page(
        "shipping/wrong_parcel.html",
        "screen",
        status=422,
        manifest=lorry,
        carrier=carrier,
        other=queries.labelled(db, seen.parcel) if seen.parcel else None,
        words=LOAD_WORDS[seen.verdict],
        is_carrier=seen.verdict is LoadVerdict.OTHER_CARRIER,
        code=code.strip()[:48],
        scan_url=url_for("shipping.load", manifest_id=lorry.id),
        verdict="err",
    )


@bp.get("/manifests/<int:manifest_id>/handover")
@roles(*WHO)
def handover(manifest_id: int) -> Response:
    """Screen 39: counts, driver, seal."""
    with reading() as db:
        lorry = _manifest(db, manifest_id)
        if lorry.state is not ManifestState.OPEN:
            return hx.see(url_for("shipping.manifest", manifest_id=manifest_id))
        return show_handover(db, lorry, Form())


@bp.post("/manifests/<int:manifest_id>/handover")
@roles(*WHO)
@command
def hand_over(db: Session, manifest_id: int) -> Response:
    """The lorry leaves: stock leaves the house, shipments are shipped. Afterwards the list can be printed."""
    lorry, form = _manifest(db, manifest_id, lock=True), read(HandoverForm, request.form)
    if form.data is None:
        return show_handover(db, lorry, form, 422)
    try:
        with db.begin_nested():  # a refusal half-way must leave nothing behind although the answer is kept
            service.hand_over(
                db, lorry, form.data.driver, form.data.seal, actor(),
                signed=form.data.signed, signature=form.data.signature,
            )  # fmt: skip
    except Refused as no:
        return show_handover(db, lorry, form.refuse(no, sentence(no)), no.status)
    return hx.see(url_for("shipping.manifest", manifest_id=manifest_id))


def show_handover(db: Session, lorry: Manifest, form: Form[HandoverForm], status: int = 200) -> Response:
    house, carrier = queries.lane_of(db, lorry)
    aboard = queries.loaded(db, lorry.id or 0)
    return page(
        "shipping/handover.html",
        "screen",
        status=status,
        manifest=lorry,
        house=house,
        carrier=carrier,
        loaded=aboard,
        grams=sum(row.parcel.weight_g for row in aboard),
        missing=queries.missing(db, lorry),
        form=form,
        verdict="err" if status != 200 else None,
    )


@bp.get("/manifests/<int:manifest_id>.pdf")
@roles(*WHO)
def manifest_paper(manifest_id: int) -> Response:
    """The list for the driver's signature."""
    with reading() as db:
        number = _manifest(db, manifest_id).number
    return _pdf(jobs.manifest_paper(manifest_id, locale.chosen()), f"{number}.pdf")
