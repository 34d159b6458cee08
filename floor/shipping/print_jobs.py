"""Printing that spans transactions: read -> draw in another process -> send or keep. May be killed anywhere.

A label is claimed just before it is sent. One that was claimed and never settled was cut off: nobody knows whether it
came out, so it fails as doubtful and waits for a person.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

from sqlalchemy.exc import NoResultFound
from sqlmodel import Session, col, select

from floor.kit import clock, compute
from floor.kit.errors import Refused
from floor.kit.uow import reading, unit_of_work
from floor.orders import queries as orders
from floor.packing.models import Parcel
from floor.paper.slips import packing_slips_pdf
from floor.paper.waybills import waybills_pdf
from floor.paper.zpl import waybills_zpl
from floor.shipments.models import Shipment
from floor.shipping import jobs, papers, port9100, printing
from floor.shipping import queries as waybills
from floor.shipping import queries_printing as queries
from floor.shipping.models import PaperKind, PrintJob, WaybillState
from floor.shipping.models_printing import BatchItem, PrintBatch, Printer, Sending, SendState

log = logging.getLogger(__name__)

R = TypeVar("R")

#: Papers a message takes on: other work gets its turn between two of them, and progress shows.
CHUNK = 25
#: Longer than a label can take to be sent: what is claimed for longer was cut off.
CUT_OFF = timedelta(seconds=port9100.TOTAL_SECONDS + port9100.CONNECT_SECONDS + 60)


class StillSending(Exception):
    """Somebody is at it, or died at it: look again later."""


# --- to a printer ---------------------------------------------------------------


def send_out(sending_ids: Sequence[int]) -> None:
    """Draw and send the print jobs that still wait, in this order. Run twice it sends nothing twice."""
    drawn = _drawn(sending_ids)
    for sending_id in sending_ids:
        with unit_of_work() as db:
            sending = printing.claim(db, sending_id)
            if sending is None:
                continue
            printer = db.get_one(Printer, sending.printer_id)
            document = drawn.get(sending_id)
            if not isinstance(document, bytes):
                printing.fail(db, sending, document or "shipping.cannot_print")
                continue
        _send_one(sending, printer, document)
    _look_at_cut_off(sending_ids)


def _send_one(sending: Sending, printer: Printer, document: bytes) -> None:
    try:
        port9100.deliver(printer.host, printer.port, document)
    except port9100.NotSent as no:
        log.warning("printer %s: %s", printer.name, no.code)
        with unit_of_work() as db:
            printing.fail(db, sending, no.code)
            if no.code != "shipping.printer_broke_off":  # one broken connection says nothing of the next
                printing.fail_printer(db, queries.printer_for(db, printer.id or 0, lock=True), no.code)
        return
    with unit_of_work() as db:
        printing.finish(db, sending)


def _look_at_cut_off(sending_ids: Sequence[int]) -> None:
    """Raises StillSending when one is claimed by somebody else for a time it may well take."""
    with unit_of_work() as db:
        mine = (col(Sending.id).in_(sending_ids), Sending.state == SendState.PRINTING)
        for sending in db.exec(select(Sending).where(*mine)).all():
            if sending.started_at is not None and clock.now() - sending.started_at < CUT_OFF:
                raise StillSending(f"print_sending {sending.id}")
            printing.fail(db, sending, "shipping.print_in_doubt")


def _drawn(sending_ids: Sequence[int]) -> dict[int, bytes | str]:
    """Print job -> its ZPL, or the code of what is wrong with it. Labels for one stock and head are drawn together."""
    result: dict[int, bytes | str] = {}
    groups: dict[tuple[str, int], dict[int, Any]] = {}
    with reading() as db:
        mine = (col(Sending.id).in_(sending_ids), Sending.state == SendState.QUEUED)
        for sending in db.exec(select(Sending).where(*mine)).all():
            printer = db.get_one(Printer, sending.printer_id)
            try:
                label = papers.waybill(db, _parcel_of(db, sending), sending.copy_no + 1)
            except Exception as error:  # whatever is wrong with one order, the others are printed
                result[sending.id or 0] = why(error)
            else:
                groups.setdefault((printer.size, printer.dpi), {})[sending.id or 0] = label
    for (size, dpi), labels in groups.items():
        documents, good, bad = _together(partial(_zpl, size=size, dpi=dpi), labels)
        result |= bad
        result |= dict(zip(good, documents or [], strict=True))
    return result


def _zpl(labels: list[Any], size: str, dpi: int) -> list[bytes]:
    return compute.run(waybills_zpl, labels, papers.CARRIER_LANG, size, dpi)


def _together(draw: Callable[[list[Any]], R], wanted: Mapping[int, Any]) -> tuple[R | None, list[int], dict[int, str]]:
    """All in one document; where that cannot be, each alone to find the bad ones, then the others together.

    The document, whose papers are in it, and what is wrong with the rest.
    """
    bad: dict[int, str] = {}
    for is_last in (False, True):
        good = {key: paper for key, paper in wanted.items() if key not in bad}
        if not good:
            break
        try:
            return draw(list(good.values())), list(good), bad
        except Exception:
            if is_last:
                raise
            for key, paper in good.items():
                try:
                    draw([paper])
                except Exception as error:
                    bad[key] = why(error)
    return None, [], bad


def _parcel_of(db: Session, sending: Sending) -> Parcel:
    return db.get_one(Parcel, db.get_one(PrintJob, sending.paper_id).parcel_id)


# --- many at once ---------------------------------------------------------------


@dataclass(frozen=True)
class _Chunk:
    batch: PrintBatch
    items: Sequence[BatchItem]


def carry_batch(batch_id: int) -> None:
    """The next papers of a batch; the transaction that keeps them tells the worker to go on."""
    with reading() as db:
        chunk = _Chunk(queries.batch_for(db, batch_id), queries.waiting_items(db, batch_id, CHUNK))
    if not chunk.items:
        return
    bad: dict[int, str] = {}
    if chunk.batch.kind is PaperKind.WAYBILL:
        bad |= _without_number(chunk.items)
    pdfs: list[tuple[bytes, int]] = []
    if chunk.batch.printer_id is None:
        pdfs, more = _pdfs(chunk, bad)
        bad |= more
    with unit_of_work() as db:
        printing.keep_chunk(db, batch_id, chunk.items, bad, pdfs)


def _without_number(items: Sequence[BatchItem]) -> dict[int, str]:
    """Ask the carrier for the numbers that are not there yet; position -> why there is none."""
    bad = {}
    for item in items:
        with reading() as db:
            waybill = waybills.waybill_of(db, item.parcel_id or 0)
        if waybill is not None and waybill.state is WaybillState.ACTIVE:
            continue
        try:
            jobs.request_waybill(item.parcel_id or 0)
        except Exception as error:
            bad[item.position] = why(error, "shipping.no_number")
    return bad


def _pdfs(chunk: _Chunk, bad: dict[int, str]) -> tuple[list[tuple[bytes, int]], dict[int, str]]:
    """(PDF, pages) in the order of the items, cut where the language changes from one buyer's to another's."""
    failed: dict[int, str] = {}
    by_lang: dict[str, dict[int, Any]] = {}
    is_label = chunk.batch.kind is PaperKind.WAYBILL
    with reading() as db:
        for item in (one for one in chunk.items if one.position not in bad):
            try:
                lang, paper = _label(db, item) if is_label else _slip(db, item)
            except Exception as error:
                failed[item.position] = why(error)
            else:
                by_lang.setdefault(lang, {})[item.position] = paper
    pdfs = []
    for lang, some in by_lang.items():
        pdf, good, wrong = _together(partial(_pdf, is_label=is_label, lang=lang), some)
        failed |= wrong
        if pdf is not None:
            pdfs.append((pdf, len(good)))
    return pdfs, failed


def _pdf(some: list[Any], is_label: bool, lang: str) -> bytes:
    if is_label:
        return compute.run(waybills_pdf, some, lang, jobs.LABEL_SIZE)
    return compute.run(packing_slips_pdf, some, lang)


def _label(db: Session, item: BatchItem) -> tuple[str, Any]:
    parcel = db.get_one(Parcel, item.parcel_id)
    copies = waybills.jobs_of(db, parcel.id)[PaperKind.WAYBILL].copies
    return papers.CARRIER_LANG, papers.waybill(db, parcel, copies + 1)


def _slip(db: Session, item: BatchItem) -> tuple[str, Any]:
    shipment = db.get_one(Shipment, item.shipment_id)
    order = orders.order_for(db, shipment.order_id)
    return papers.language_of(db, order), papers.slip_of_shipment(db, shipment)


def why(error: Exception, otherwise: str = "shipping.cannot_print") -> str:
    """The code of the sentence that says what is wrong with one order."""
    log.warning("a paper cannot be made", exc_info=error)
    match error:
        case Refused(code=code):
            return code
        case FileNotFoundError():
            return "shipping.no_raster"
        case ValueError():
            return "shipping.code_too_wide"
        case NoResultFound() | AssertionError():
            return "shipping.incomplete"
        case _:
            return otherwise
