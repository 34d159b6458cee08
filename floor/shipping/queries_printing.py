"""Reads of printing: printers, the queue, batches and how far they are. No personal data."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from floor.inventory.models import Warehouse
from floor.kit.errors import Unknown
from floor.packing.models import Parcel
from floor.packing.states import ParcelState
from floor.shipments.models import Shipment
from floor.shipments.states import ShipmentState
from floor.shipping.models import PaperKind, PrintJob, PrintState, Waybill, WaybillState
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

UNDER_WAY = (SendState.QUEUED, SendState.PRINTING)


def printers(db: Session, site: str = "", *, labels_only: bool = False) -> list[tuple[Printer, Warehouse]]:
    """The printers of a site ("" = all); `labels_only`: those in use that take labels over the network."""
    query = select(Printer, Warehouse).join(Warehouse, col(Warehouse.id) == Printer.warehouse_id)
    if site:
        query = query.where(Warehouse.code == site)
    if labels_only:
        query = query.where(col(Printer.is_active), Printer.kind == PrinterKind.ZPL)
    return list(db.exec(query.order_by(Warehouse.code, Printer.name)))


def printer_for(db: Session, printer_id: int, *, lock: bool = False) -> Printer:
    """The printer, or Unknown; locked if asked."""
    found = db.get(Printer, printer_id, with_for_update=lock or None)
    if found is None:
        raise Unknown("shipping.unknown_printer")
    return found


def label_printer(db: Session, warehouse_id: int, name: str) -> Printer | None:
    """The label printer in use of that name; None where labels are printed by the browser."""
    mine = (Printer.warehouse_id == warehouse_id, Printer.name == name, Printer.kind == PrinterKind.ZPL)
    return db.exec(select(Printer).where(*mine, col(Printer.is_active))).first() if name else None


def sending_for(db: Session, sending_id: int, *, lock: bool = False) -> Sending:
    """The print job, or Unknown; locked if asked."""
    found = db.get(Sending, sending_id, with_for_update=lock or None)
    if found is None:
        raise Unknown("shipping.unknown_job")
    return found


def last_sendings(db: Session, papers: Iterable[PrintJob]) -> dict[int, Sending]:
    """Paper -> its newest print job, of the papers that have any."""
    ids = [paper.id for paper in papers]
    rows = db.exec(select(Sending).where(col(Sending.paper_id).in_(ids)).order_by(col(Sending.id)))
    return {sending.paper_id: sending for sending in rows}


@dataclass(frozen=True)
class Queued:
    """One line of the queue."""

    sending: Sending
    paper: PrintJob
    parcel: Parcel
    waybill: str
    printer: Printer | None
    #: A newer print job of the same paper is there.
    is_old: bool


def _is_old() -> sa.Exists:
    """A newer print job of the same paper is there."""
    newer = aliased(Sending)
    return sa.exists().where(col(newer.paper_id) == col(Sending.paper_id), col(newer.id) > col(Sending.id))


def queue(db: Session, site: str, state: SendState | None = None, limit: int = 100) -> list[Queued]:
    """Newest first."""
    is_old = _is_old()
    query = (
        sa.select(Sending, PrintJob, Parcel, col(Waybill.number), Printer, is_old.label("is_old"))
        .join(PrintJob, col(PrintJob.id) == col(Sending.paper_id))
        .join(Parcel, col(Parcel.id) == col(PrintJob.parcel_id))
        .join(Shipment, col(Shipment.id) == col(Parcel.shipment_id))
        .join(Warehouse, col(Warehouse.id) == col(Shipment.warehouse_id))
        .outerjoin(Printer, col(Printer.id) == col(Sending.printer_id))
        .outerjoin(Waybill, (col(Waybill.parcel_id) == col(Parcel.id)) & (col(Waybill.state) == WaybillState.ACTIVE))
        .order_by(col(Sending.id).desc())
        .limit(limit)
    )
    if site:
        query = query.where(col(Warehouse.code) == site)
    if state is not None:
        query = query.where(col(Sending.state) == state)
    return [
        Queued(sending, paper, parcel, number or "", printer, old)
        for sending, paper, parcel, number, printer, old in db.execute(query)
    ]


def counts(db: Session, site: str) -> dict[SendState, int]:
    """How many print jobs stand where; a failed one that was printed since is not counted."""
    is_old = _is_old()
    query = (
        sa.select(col(Sending.state), sa.func.count())
        .join(PrintJob, col(PrintJob.id) == col(Sending.paper_id))
        .join(Parcel, col(Parcel.id) == col(PrintJob.parcel_id))
        .join(Shipment, col(Shipment.id) == col(Parcel.shipment_id))
        .join(Warehouse, col(Warehouse.id) == col(Shipment.warehouse_id))
        .where(sa.or_(col(Sending.state) != SendState.FAILED, sa.not_(is_old)))
        .group_by(col(Sending.state))
    )
    rows = db.execute(query.where(col(Warehouse.code) == site) if site else query)
    return dict.fromkeys(SendState, 0) | {state: int(n) for state, n in rows}


def failed_of(db: Session, printer_id: int) -> Sequence[Sending]:
    """The failed print jobs of a printer that nobody printed since, oldest first; locked."""
    is_old = _is_old()
    mine = (Sending.printer_id == printer_id, Sending.state == SendState.FAILED)
    query = select(Sending).where(*mine, sa.not_(is_old)).order_by(col(Sending.id))
    return db.exec(query.with_for_update(of=Sending)).all()


def failed_by_printer(db: Session) -> dict[int, int]:
    is_old = _is_old()
    query = sa.select(col(Sending.printer_id), sa.func.count()).where(
        col(Sending.state) == SendState.FAILED, sa.not_(is_old), col(Sending.printer_id).is_not(None)
    )
    return {printer: int(n) for printer, n in db.execute(query.group_by(col(Sending.printer_id)))}


# --- batches ---------------------------------------------------------------


def batch_for(db: Session, batch_id: int, *, lock: bool = False) -> PrintBatch:
    """The batch, or Unknown; locked if asked."""
    found = db.get(PrintBatch, batch_id, with_for_update=lock or None)
    if found is None:
        raise Unknown("shipping.unknown_batch")
    return found


def batches(db: Session, site: str, limit: int = 20) -> list[tuple[PrintBatch, Warehouse, Printer | None, int, int]]:
    """Newest first, each with how many papers it has, and how many of them could not be printed."""
    items = sa.select(sa.func.count()).where(col(BatchItem.batch_id) == col(PrintBatch.id)).correlate(PrintBatch)
    bad = items.where(col(BatchItem.state) == ItemState.FAILED)
    query = (
        sa.select(PrintBatch, Warehouse, Printer, items.scalar_subquery(), bad.scalar_subquery())
        .join(Warehouse, col(Warehouse.id) == col(PrintBatch.warehouse_id))
        .outerjoin(Printer, col(Printer.id) == col(PrintBatch.printer_id))
        .order_by(col(PrintBatch.id).desc())
        .limit(limit)
    )
    query = query.where(col(Warehouse.code) == site) if site else query
    return [(batch, house, printer, int(n), int(no)) for batch, house, printer, n, no in db.execute(query)]


def progress(db: Session, batch_id: int) -> dict[ItemState, int]:
    mine = select(BatchItem.state, func.count()).where(BatchItem.batch_id == batch_id)
    found = {ItemState(state): n for state, n in db.exec(mine.group_by(col(BatchItem.state)))}
    return dict.fromkeys(ItemState, 0) | found


def waiting_items(db: Session, batch_id: int, limit: int) -> Sequence[BatchItem]:
    mine = (BatchItem.batch_id == batch_id, BatchItem.state == ItemState.WAITING)
    return db.exec(select(BatchItem).where(*mine).order_by(col(BatchItem.position)).limit(limit)).all()


def failed_items(db: Session, batch_id: int, limit: int = 200) -> list[tuple[BatchItem, Shipment, Parcel | None]]:
    query = (
        select(BatchItem, Shipment, Parcel)
        .join(Shipment, col(Shipment.id) == BatchItem.shipment_id)
        .outerjoin(Parcel, col(Parcel.id) == BatchItem.parcel_id)
        .where(BatchItem.batch_id == batch_id, BatchItem.state == ItemState.FAILED)
        .order_by(col(BatchItem.position))
    )
    return list(db.exec(query.limit(limit)))


def parts(db: Session, batch_id: int) -> list[tuple[int, int]]:
    """(number, pages) of the PDFs that are there."""
    mine = select(BatchPart.number, BatchPart.pages).where(BatchPart.batch_id == batch_id)
    return list(db.exec(mine.order_by(col(BatchPart.number))))


_HERE = (ParcelState.BOXED, ParcelState.LABELLED)
_TO_SLIP = (ShipmentState.PLANNED, ShipmentState.PICKING, ShipmentState.PICKED, ShipmentState.PACKING,
            ShipmentState.PACKED)  # fmt: skip


def parcels_to_print(db: Session, warehouse_id: int, run_id: int | None) -> tuple[list[tuple[int, int]], int]:
    """(shipment, parcel) of what still needs its first label, and how many of the wave have one already."""
    done = sa.exists().where(col(Sending.paper_id) == col(PrintJob.id), col(Sending.state) != SendState.FAILED)
    query = (
        sa.select(col(Parcel.shipment_id), col(Parcel.id), col(PrintJob.state), done.label("done"))
        .join(Shipment, col(Shipment.id) == col(Parcel.shipment_id))
        .outerjoin(PrintJob, (col(PrintJob.parcel_id) == col(Parcel.id)) & (col(PrintJob.kind) == PaperKind.WAYBILL))
        .where(col(Shipment.warehouse_id) == warehouse_id, col(Parcel.state).in_(_HERE))
        .order_by(col(Parcel.id))
    )
    if run_id is not None:
        query = query.where(col(Shipment.run_id) == run_id)
    rows = db.execute(query).all()
    fresh = [(shipment, parcel) for shipment, parcel, state, done in rows if not done and state != PrintState.PRINTED]
    return fresh, len(rows) - len(fresh)


def shipments_to_print(db: Session, warehouse_id: int, run_id: int | None) -> list[int]:
    """Shipments still in the house: their slips are wanted."""
    query = select(Shipment.id).where(Shipment.warehouse_id == warehouse_id, col(Shipment.state).in_(_TO_SLIP))
    query = query.where(Shipment.run_id == run_id) if run_id is not None else query
    return [one or 0 for one in db.exec(query.order_by(col(Shipment.id)))]


def waves(db: Session, site: str, limit: int = 30) -> list[tuple[int, int]]:
    """(allocation run, its shipments still in the house), newest run first."""
    query = (
        sa.select(col(Shipment.run_id), sa.func.count())
        .join(Warehouse, col(Warehouse.id) == col(Shipment.warehouse_id))
        .where(col(Shipment.run_id).is_not(None), col(Shipment.state).in_(_TO_SLIP))
        .group_by(col(Shipment.run_id))
        .order_by(col(Shipment.run_id).desc())
        .limit(limit)
    )
    query = query.where(col(Warehouse.code) == site) if site else query
    return [(run, int(n)) for run, n in db.execute(query)]


# --- checks ---------------------------------------------------------------


def broken_printing(db: Session) -> list[str]:
    """Check: no printer gave out the same copy of a paper twice; a second one says Reprint."""
    rows = db.execute(
        sa.select(col(Sending.paper_id), col(Sending.copy_no), sa.func.count().label("times"))
        .where(col(Sending.state) == SendState.DONE)
        .group_by(col(Sending.paper_id), col(Sending.copy_no))
        .having(sa.func.count() > 1)
    )
    return [f"print_job {row.paper_id}: copy {row.copy_no} was printed {row.times} times" for row in rows]
