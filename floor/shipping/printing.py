"""Verbs of printing: printers, papers on their way to one, and many at once.

A paper is on its way to one printer at a time (an index holds it), is claimed before it is sent, and once claimed is
never sent again by itself: a label that may have come out is printed again by a person only, and then says Reprint.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.events.service import Event, record
from floor.kit import clock
from floor.kit.actor import SYSTEM, Actor
from floor.kit.db import upsert
from floor.kit.errors import Conflict, Invalid, Unknown
from floor.packing.models import Parcel
from floor.packing.states import ParcelState
from floor.shipments.models import Shipment
from floor.shipping import queries_printing as queries
from floor.shipping import service
from floor.shipping.models import PaperKind, PrintJob, PrintState
from floor.shipping.models_printing import (
    BatchItem,
    BatchPart,
    ItemState,
    PrintBatch,
    Printer,
    PrinterKind,
    Sending,
    SendState,
)

#: Failures after which nobody knows whether the label came out.
IN_DOUBT = frozenset({"shipping.printer_broke_off", "shipping.printer_stuck", "shipping.print_in_doubt"})


# --- printers ---------------------------------------------------------------


@dataclass(frozen=True)
class PrinterTerms:
    name: str
    warehouse_id: int
    kind: PrinterKind
    host: str
    port: int
    dpi: int
    size: str
    is_active: bool


def keep_printer(db: Session, printer: Printer | None, terms: PrinterTerms, actor: Actor) -> Printer:
    """A new printer, or other terms for one. Raises Invalid for a name that is taken, and for a missing address."""
    if terms.kind is PrinterKind.ZPL and not terms.host:
        raise Invalid("shipping.no_host", field="host")
    same = select(Printer).where(Printer.warehouse_id == terms.warehouse_id, Printer.name == terms.name)
    taken = db.exec(same).first()
    if taken is not None and (printer is None or taken.id != printer.id):
        raise Invalid("shipping.printer_taken", field="name")
    printer = printer or Printer(name=terms.name, warehouse_id=terms.warehouse_id)
    for name, value in asdict(terms).items():
        setattr(printer, name, value)
    printer.error = ""
    db.add(printer)
    db.flush()
    data = {"name": printer.name, "kind": printer.kind.value}
    record(db, Event("shipping.printer.kept", "printer", printer.id or 0, data=data), actor)
    return printer


def chosen(db: Session, paper: PrintJob, name: str) -> Printer | None:
    """The label printer of that name in the paper's house; None for "", the browser. Raises Unknown."""
    if not name:
        return None
    house = db.get_one(Shipment, db.get_one(Parcel, paper.parcel_id).shipment_id).warehouse_id
    printer = queries.label_printer(db, house, name)
    if printer is None:
        raise Unknown("shipping.unknown_printer")
    return printer


def choose(db: Session, paper: PrintJob, printer: Printer | None) -> None:
    """Where the next copy of a paper comes out; None: in the browser."""
    if printer is not None:
        _must_take(printer, paper)
    paper.printer = printer.name if printer else ""
    db.add(paper)
    db.flush()


def _must_take(printer: Printer, paper: PrintJob) -> None:
    if printer.kind is not PrinterKind.ZPL or not printer.is_active or paper.kind is not PaperKind.WAYBILL:
        raise Invalid("shipping.wrong_printer", field="printer")


# --- one paper to one printer ---------------------------------------------------------------


def send(
    db: Session, paper: PrintJob, printer: Printer, actor: Actor, *, batch_id: int | None = None, position: int = 0
) -> Sending:
    """Put a paper into a printer's queue. Raises Conflict while it is on its way already, and for a parcel that left.

    The caller tells the worker: `tell_worker`.
    """
    _must_take(printer, paper)
    if db.get_one(Parcel, paper.parcel_id).state is ParcelState.SHIPPED:
        raise Conflict("shipping.parcel_gone")
    row = {
        "paper_id": paper.id, "printer_id": printer.id, "batch_id": batch_id, "position": position,
        "copy_no": paper.copies, "state": SendState.QUEUED, "error": "", "asked_by": actor.id, "asked_at": clock.now(),
    }  # fmt: skip
    new = upsert(db, Sending).values(row).on_conflict_do_nothing().returning(col(Sending.id))
    made = db.execute(new).first()
    if made is None:
        raise Conflict("shipping.still_printing")
    return db.get_one(Sending, made[0])


def tell_worker(db: Session, sendings: Sequence[Sending], actor: Actor) -> None:
    """One message for papers that go to one printer, so that they come out in their order."""
    ids = [sending.id for sending in sendings]
    first = sendings[0]
    data = {"sendings": ids, "printer": first.printer_id}
    record(db, Event("shipping.print.queued", "print_sending", first.id or 0, data=data), actor)


def print_on_bench(db: Session, paper: PrintJob, warehouse_id: int) -> None:
    """A paper is ready: on to the label printer it names, if there is one. Twice is once."""
    printer = queries.label_printer(db, warehouse_id, paper.printer) if paper.kind is PaperKind.WAYBILL else None
    if printer is None or _came_out(db, paper):
        return
    try:
        tell_worker(db, [send(db, paper, printer, SYSTEM)], SYSTEM)
    except Conflict:
        return


def _came_out(db: Session, paper: PrintJob) -> bool:
    """This very copy was printed, or was tried: a failed one waits for a person."""
    mine = (Sending.paper_id == paper.id, Sending.copy_no == paper.copies)
    return db.exec(select(Sending.id).where(*mine).limit(1)).first() is not None


def claim(db: Session, sending_id: int) -> Sending | None:
    """Take one print job to send it; None when it is not waiting any more."""
    change = sa.update(Sending).where(col(Sending.id) == sending_id, col(Sending.state) == SendState.QUEUED)
    if not _changed(db, change.values(state=SendState.PRINTING, started_at=clock.now())):
        return None
    return db.get_one(Sending, sending_id, populate_existing=True)


def finish(db: Session, sending: Sending) -> None:
    """The printer has it all."""
    mine = (col(Sending.id) == sending.id, col(Sending.state) == SendState.PRINTING)
    if not _changed(db, sa.update(Sending).where(*mine).values(state=SendState.DONE, done_at=clock.now(), error="")):
        return
    printed = sa.update(PrintJob).where(col(PrintJob.id) == sending.paper_id, col(PrintJob.state) == PrintState.READY)
    _changed(db, printed.values(state=PrintState.PRINTED, printed_at=clock.now()))
    _changed(db, sa.update(Printer).where(col(Printer.id) == sending.printer_id).values(error="", seen_at=clock.now()))
    _settle_item(db, sending, ItemState.DONE, "")


def fail(db: Session, sending: Sending, code: str) -> None:
    """It did not come out, or nobody knows; `code` has its sentence in messages.PRINT_ERRORS."""
    under_way = (col(Sending.id) == sending.id, col(Sending.state).in_(queries.UNDER_WAY))
    if _changed(db, sa.update(Sending).where(*under_way).values(state=SendState.FAILED, error=code)):
        _settle_item(db, sending, ItemState.FAILED, code)


def fail_printer(db: Session, printer: Printer, code: str) -> None:
    """It does not answer: what waits for it fails with it, or each would wait for the same silence."""
    printer.error = code
    db.add(printer)
    mine = (Sending.printer_id == printer.id, Sending.state == SendState.QUEUED)
    for sending in db.exec(select(Sending).where(*mine).order_by(col(Sending.id))).all():
        fail(db, sending, code)


def retry(db: Session, sending: Sending, actor: Actor, printer: Printer | None = None) -> None:
    """A failed paper once more, there or on another printer; if it may have come out, as a reprint.

    Raises Conflict when it is not failed any more, or was printed since.
    """
    paper = db.get_one(PrintJob, sending.paper_id, with_for_update=True)
    if sending.state is not SendState.FAILED:
        raise Conflict("shipping.still_printing" if sending.state in queries.UNDER_WAY else "shipping.was_printed")
    newest = queries.last_sendings(db, [paper])[sending.paper_id]
    if newest.id != sending.id:
        raise Conflict("shipping.was_printed")
    printer = printer or db.get_one(Printer, sending.printer_id)
    _must_take(printer, paper)
    if sending.error in IN_DOUBT:
        choose(db, paper, printer)
        service.reprint(db, paper, actor)
        return
    change = sa.update(Sending).where(col(Sending.id) == sending.id, col(Sending.state) == SendState.FAILED)
    fresh = {"state": SendState.QUEUED, "error": "", "printer_id": printer.id, "asked_by": actor.id}
    if not _changed(db, change.values(fresh)):
        raise Conflict("shipping.still_printing")
    _settle_item(db, sending, ItemState.QUEUED, "")
    tell_worker(db, [db.get_one(Sending, sending.id, populate_existing=True)], actor)


def retry_printer(db: Session, printer: Printer, actor: Actor) -> int:
    """Everything that failed at a printer once more, in its order; returns how many. What is in doubt is left out."""
    again = [one for one in queries.failed_of(db, printer.id or 0) if one.error not in IN_DOUBT]
    for sending in again:
        sending.state, sending.error = SendState.QUEUED, ""
        db.add(sending)
        db.flush()
        _settle_item(db, sending, ItemState.QUEUED, "")
    if again:
        tell_worker(db, again, actor)
    return len(again)


def _settle_item(db: Session, sending: Sending, state: ItemState, error: str) -> None:
    if sending.batch_id is None:
        return
    mine = (col(BatchItem.batch_id) == sending.batch_id, col(BatchItem.position) == sending.position)
    _changed(db, sa.update(BatchItem).where(*mine).values(state=state, error=error))
    close_batch(db, sending.batch_id)


# --- many at once ---------------------------------------------------------------


def ask_batch(
    db: Session, kind: PaperKind, warehouse_id: int, run_id: int | None, printer: Printer | None, actor: Actor
) -> PrintBatch:
    """The labels not printed yet, or the slips, of a wave (None: of all that is in the house).

    Raises Invalid when there is nothing to print.
    """
    if printer is not None and (
        printer.kind is not PrinterKind.ZPL or kind is not PaperKind.WAYBILL or printer.warehouse_id != warehouse_id
    ):
        raise Invalid("shipping.wrong_printer", field="printer")
    batch = PrintBatch(kind=kind, warehouse_id=warehouse_id, run_id=run_id, asked_by=actor.id)
    batch.printer_id = printer.id if printer else None
    wanted: list[tuple[int, int | None]]
    if kind is PaperKind.WAYBILL:
        fresh, batch.skipped = queries.parcels_to_print(db, warehouse_id, run_id)
        wanted = list(fresh)
    else:
        wanted = [(shipment, None) for shipment in queries.shipments_to_print(db, warehouse_id, run_id)]
    if not wanted:
        raise Invalid("shipping.nothing_to_print", field="run")
    db.add(batch)
    db.flush()
    db.add_all(
        BatchItem(batch_id=batch.id or 0, position=n, shipment_id=shipment, parcel_id=parcel)
        for n, (shipment, parcel) in enumerate(wanted, start=1)
    )
    db.flush()
    data = {"kind": kind.value, "papers": len(wanted), "printer": batch.printer_id, "run": run_id}
    record(db, Event("shipping.batch.asked", "print_batch", batch.id or 0, data=data), actor)
    return batch


def keep_chunk(
    db: Session, batch_id: int, taken: Sequence[BatchItem], bad: dict[int, str], pdfs: Sequence[tuple[bytes, int]]
) -> bool:
    """What became of the next items of a batch: `bad` position -> why, the others are in `pdfs` or go to the printer.

    False, and nothing happens, when another worker was faster.
    """
    batch = queries.batch_for(db, batch_id, lock=True)
    waiting = {item.position: item for item in queries.waiting_items(db, batch_id, len(taken))}
    if [item.position for item in taken] != list(waiting):
        return False
    for position, code in bad.items():
        waiting[position].state, waiting[position].error = ItemState.FAILED, code
    good = [item for position, item in waiting.items() if position not in bad]
    printer = db.get(Printer, batch.printer_id) if batch.printer_id else None
    if printer is not None:
        _queue_chunk(db, batch, printer, good)
    else:
        _log_chunk(db, batch, good)
    number = len(queries.parts(db, batch_id))
    db.add_all(
        BatchPart(batch_id=batch_id, number=number + n, pages=pages, pdf=pdf)
        for n, (pdf, pages) in enumerate(pdfs, start=1)
    )
    db.flush()
    if queries.waiting_items(db, batch_id, 1):
        record(db, Event("shipping.batch.went_on", "print_batch", batch_id), SYSTEM)
    close_batch(db, batch_id)
    return True


def _queue_chunk(db: Session, batch: PrintBatch, printer: Printer, items: Sequence[BatchItem]) -> None:
    queued = []
    for item in items:
        try:
            queued.append(send(db, _label_of(db, item), printer, _asker(batch), batch_id=batch.id,
                               position=item.position))  # fmt: skip
            item.state = ItemState.QUEUED
        except (Conflict, Invalid) as no:
            item.state, item.error = ItemState.FAILED, no.code
    db.flush()
    if queued:
        tell_worker(db, queued, SYSTEM)


def _log_chunk(db: Session, batch: PrintBatch, items: Sequence[BatchItem]) -> None:
    """Labels that went into a PDF for the browser are in the log too: the next batch leaves them out."""
    for item in items:
        item.state = ItemState.DONE
        if batch.kind is PaperKind.WAYBILL:
            paper, now = _label_of(db, item), clock.now()
            db.add(
                Sending(paper_id=paper.id or 0, batch_id=batch.id, position=item.position, copy_no=paper.copies,
                        state=SendState.DONE, asked_by=batch.asked_by, done_at=now)
            )  # fmt: skip
    db.flush()


def _label_of(db: Session, item: BatchItem) -> PrintJob:
    mine = (PrintJob.parcel_id == item.parcel_id, PrintJob.kind == PaperKind.WAYBILL)
    return db.exec(select(PrintJob).where(*mine)).one()


def _asker(batch: PrintBatch) -> Actor:
    return Actor("user", batch.asked_by, "") if batch.asked_by else SYSTEM


def close_batch(db: Session, batch_id: int) -> None:
    """Finished when nothing of it waits or is on its way."""
    open_items = sa.exists().where(
        col(BatchItem.batch_id) == batch_id, col(BatchItem.state).in_((ItemState.WAITING, ItemState.QUEUED))
    )
    change = sa.update(PrintBatch).where(col(PrintBatch.id) == batch_id)
    _changed(db, change.where(sa.not_(open_items)).values(finished_at=clock.now()))
    _changed(db, change.where(open_items).values(finished_at=None))


def retry_batch(db: Session, batch: PrintBatch, actor: Actor) -> None:
    """What failed before it reached a printer once more. Raises Conflict when there is no such paper.

    What failed at the printer has its own line in the queue.
    """
    at_printer = sa.exists().where(
        col(Sending.batch_id) == col(BatchItem.batch_id), col(Sending.position) == col(BatchItem.position)
    )
    mine = (col(BatchItem.batch_id) == batch.id, col(BatchItem.state) == ItemState.FAILED, sa.not_(at_printer))
    if not _changed(db, sa.update(BatchItem).where(*mine).values(state=ItemState.WAITING, error="")):
        raise Conflict("shipping.nothing_failed")
    batch.finished_at = None
    db.add(batch)
    record(db, Event("shipping.batch.went_on", "print_batch", batch.id or 0), actor)


def warehouse_of(db: Session, sending: Sending) -> int:
    paper = db.get_one(PrintJob, sending.paper_id)
    return db.get_one(Shipment, db.get_one(Parcel, paper.parcel_id).shipment_id).warehouse_id


def _changed(db: Session, change: sa.Update) -> int:
    done = db.execute(change.execution_options(synchronize_session=False))
    return int(done.rowcount)  # type: ignore[attr-defined]
