"""Work that spans transactions: ask the carrier, then print; both may be killed anywhere and done again.

read -> ask or render, with no transaction open -> write. The waybill's row is the request, made once per parcel; the
number is written before anything is printed; a paper is kept only if nobody asked for a newer one meanwhile.
"""

import logging
from collections.abc import Callable
from functools import partial

from sqlmodel import Session

from floor.kit import compute
from floor.kit.errors import Refused
from floor.kit.uow import reading, unit_of_work
from floor.packing import queries as packing
from floor.packing.models import Parcel
from floor.paper.sheets import manifest_pdf
from floor.paper.slips import PackingSlip, packing_slips_pdf
from floor.paper.waybills import waybills_pdf
from floor.settings import bound
from floor.shipments import queries as shipment_queries
from floor.shipments.models import Shipment
from floor.shipping import asking, papers, printing, queries, relabelling, service, voiding
from floor.shipping.carriers import aggregator
from floor.shipping.models import PaperKind, PrintJob, PrintState
from floor.shipping.states import WaybillState

log = logging.getLogger(__name__)

LABEL_SIZE = "100x180"


def send_out_papers(parcel_id: int) -> None:
    """Waybill number, label and slip of one parcel. What is done already is not done again.

    On failure the reason is put on the label screen and the error goes on to the relay, which tries again.
    """
    try:
        request_waybill(parcel_id)
        renumber_labels(parcel_id)
        print_papers(parcel_id)
    except Exception as error:
        code = error.code if isinstance(error, Refused) else "shipping.cannot_print"
        with unit_of_work() as db:
            service.fail_papers(db, parcel_id, code)
        raise


def request_waybill(parcel_id: int) -> bool:
    """Whether the parcel has its number now; see asking.ask."""
    return asking.ask(parcel_id)


def renumber_labels(parcel_id: int) -> None:
    """A parcel more, or one fewer: labels of its shipment that say otherwise are asked for anew."""
    with reading() as db:
        brothers = [brother.id for brother in queries.brothers_of(db, packing.parcel_for(db, parcel_id))]
    for brother in brothers:
        with unit_of_work() as db:
            relabelling.renumber(db, packing.parcel_for(db, brother, lock=True))


def ask_carriers() -> int:
    """Ask again for numbers that did not come, and for cancellations; give void numbers back. Returns how many parcels
    were looked at.

    One carrier that hangs delays the others by its patience once: after that it is left alone for a while.
    """
    voiding.ask_due()
    parcels = asking.due()
    for parcel_id in parcels:
        try:
            send_out_papers(parcel_id)
        except Exception:
            log.warning("the papers of parcel %d could not be made", parcel_id, exc_info=True)
    return len(parcels)


def follow(parcel_ids: list[int]) -> None:
    """Subscribe to pushes about these parcels where their carrier is behind Kuaidi100 and pushes are set up.

    Raises Down or Unsure for the relay to try again; asking twice changes nothing there.
    """
    settings = bound()
    if not (settings.kuaidi100_salt and settings.kuaidi100_key):
        return
    with reading() as db:
        wanted = queries.to_follow(db, parcel_ids)
    port = aggregator(settings)
    for number, company, code, phone in wanted:
        callback = f"{settings.public_url}/hooks/kuaidi100/{code}"
        port.subscribe(number, company, phone[-4:], callback, settings.kuaidi100_salt)


def print_papers(parcel_id: int) -> None:
    """Render every paper of the parcel that is asked for and not there yet."""
    with reading() as db:
        parcel = packing.parcel_for(db, parcel_id)
        house = db.get_one(Shipment, parcel.shipment_id).warehouse_id
        asked = [job for job in queries.jobs_of(db, parcel_id).values() if job.state in _ASKED]
        waybill = queries.waybill_of(db, parcel_id)
        if waybill is None or waybill.state is not WaybillState.ACTIVE:  # the slip need not wait for the number
            asked = [job for job in asked if job.kind is not PaperKind.WAYBILL]
        work = [(job, _rendering(db, parcel, job.kind, job.copies + 1)) for job in asked]
    for job, (says, render) in work:
        pdf = render()
        with unit_of_work() as db:
            if service.keep_paper(db, job.id or 0, job.copies, pdf, says):
                printing.print_on_bench(db, db.get_one(PrintJob, job.id), house)


_ASKED = (PrintState.QUEUED, PrintState.FAILED)


def _rendering(db: Session, parcel: Parcel, kind: PaperKind, print_no: int) -> tuple[str, Callable[[], bytes]]:
    """Which of how many parcels it says; the data is read now, the PDF made when called, in a process of its own."""
    if kind is PaperKind.WAYBILL:
        label = papers.waybill(db, parcel, print_no)
        drawn = partial(compute.run, waybills_pdf, [label], papers.CARRIER_LANG, LABEL_SIZE)
        return f"{label.parcel}/{label.parcels}", drawn
    lang = papers.language_of(db, queries.order_of(db, parcel))
    slip = papers.slip(db, parcel)
    return f"{slip.parcel}/{slip.parcels}", partial(compute.run, packing_slips_pdf, [slip], lang)


def manifest_paper(manifest_id: int, lang: str) -> bytes:
    """The manifest as a PDF, as it stands now."""
    with reading() as db:
        sheet = papers.manifest(db, queries.manifest_for(db, manifest_id), lang)
    return compute.run(manifest_pdf, sheet, lang)


def slips_paper(shipment_ids: list[int], lang: str) -> tuple[bytes, dict[str, str]]:
    """The slips of some shipments in one PDF, and what went wrong: shipment number -> reason.

    The bad ones are left out; b"" when none is left.
    """
    slips: dict[str, PackingSlip] = {}
    failed: dict[str, str] = {}
    with reading() as db:
        for shipment_id in shipment_ids:
            shipment = shipment_queries.shipment_for(db, shipment_id)
            try:
                slips[shipment.number] = papers.slip_of_shipment(db, shipment)
            except Exception as error:  # whatever is wrong with one order, the others are printed
                failed[shipment.number] = repr(error)
    try:
        return _slips_pdf(slips, lang), failed
    except Exception:
        log.warning("slips: a batch of %d could not be printed; trying one by one", len(slips), exc_info=True)
    for number, slip in list(slips.items()):
        try:
            _slips_pdf({number: slip}, lang)
        except Exception as error:
            failed[number] = repr(error)
            del slips[number]
    return _slips_pdf(slips, lang), failed


def _slips_pdf(slips: dict[str, PackingSlip], lang: str) -> bytes:
    return compute.run(packing_slips_pdf, list(slips.values()), lang) if slips else b""
