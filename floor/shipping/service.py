"""Verbs of shipping: a waybill asked for once, papers, the label that closes a parcel, and the lorry that takes it.

A number is drawn and written to its waybill in one transaction, so a worker killed anywhere neither loses one nor
draws two. A wrong scan is an answer, not a refusal: it is returned and changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Session, col

from floor.events.service import Event, record
from floor.inventory import service as inventory
from floor.inventory.models import MoveReason, PlaceKind
from floor.inventory.service import Move
from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.db import upsert
from floor.kit.errors import Conflict, Invalid
from floor.orders.states import OrderState
from floor.packing import queries as packing_queries
from floor.packing import service as packing
from floor.packing.models import Parcel
from floor.packing.states import ParcelState
from floor.shipments import queries as shipment_queries
from floor.shipments import service as shipments
from floor.shipments.models import Carrier, Shipment
from floor.shipments.states import ShipmentAction
from floor.shipping import choosing, queries, waybills
from floor.shipping.models import (
    Manifest,
    ManifestParcel,
    ManifestState,
    NumberRange,
    PaperKind,
    PrintJob,
    PrintState,
    Waybill,
)
from floor.shipping.states import WaybillState

# --- waybills ---------------------------------------------------------------


def ask_waybill(db: Session, parcel_id: int) -> Waybill:
    """The parcel's waybill row, by the service chosen for it, and its print jobs; made on the first call, found on
    every later one."""
    parcel = packing_queries.parcel_for(db, parcel_id, lock=True)
    waybill = queries.waybill_of(db, parcel_id)
    if waybill is not None:
        return waybill
    waybill = waybills.begin(db, parcel, choosing.choose(db, parcel))
    printer = queries.labelled(db, parcel).station.printer
    rows = [
        {"parcel_id": parcel_id, "kind": kind, "state": PrintState.QUEUED, "printer": printer, "copies": 0,
         "error": "", "created_at": clock.now()}
        for kind in PaperKind
    ]  # fmt: skip
    db.execute(upsert(db, PrintJob).values(rows).on_conflict_do_nothing())
    db.flush()
    return waybill


def draw_number(db: Session, waybill_id: int) -> str:
    """The next number of the carrier's range for this waybill; the same one when it was drawn before.

    Raises Conflict("shipping.no_numbers") when the range is used up.
    """
    waybill = db.get_one(Waybill, waybill_id, with_for_update=True)
    if waybill.number is None:
        waybill.number = _next_number(db, waybill.carrier_id)
        db.add(waybill)
        db.flush()
    return waybill.number


def _next_number(db: Session, carrier_id: int) -> str:
    r = NumberRange
    drawn = db.execute(
        sa.update(r)
        .where(col(r.carrier_id) == carrier_id, col(r.next_number) <= col(r.last_number))
        .values(next_number=col(r.next_number) + 1)
        .returning(col(r.prefix), col(r.next_number), col(r.width))
        .execution_options(synchronize_session=False)
    ).first()
    if drawn is None:
        raise Conflict("shipping.no_numbers")
    prefix, after, width = drawn
    return f"{prefix}{after - 1:0{width}d}"


def receive_waybill(db: Session, waybill_id: int, number: str, route_code: str, actor: Actor) -> None:
    """The carrier answered. Hearing the same answer again changes nothing."""
    waybills.receive(db, waybill_id, number, route_code, actor)


# --- papers ---------------------------------------------------------------


def keep_paper(db: Session, job_id: int, copies: int, pdf: bytes, says: str = "") -> bool:
    """The PDF of one job as it stood with `copies` reprints. False when it was asked for again meanwhile."""
    asked = (PrintState.QUEUED, PrintState.FAILED)
    new = {"state": PrintState.READY, "pdf": pdf, "error": "", "says": says}
    return _change_job(db, col(PrintJob.id) == job_id, asked, col(PrintJob.copies) == copies, **new)


def fail_papers(db: Session, parcel_id: int, code: str) -> None:
    """Say on the label screen why nothing comes out; `code` has its sentence in messages.PRINT_ERRORS."""
    asked = (PrintState.QUEUED, PrintState.FAILED)
    _change_job(db, col(PrintJob.parcel_id) == parcel_id, asked, sa.true(), state=PrintState.FAILED, error=code)


def _change_job(
    db: Session, which: sa.ColumnElement, states: Sequence[PrintState], still: sa.ColumnElement, **values: object
) -> bool:
    change = sa.update(PrintJob).where(which, col(PrintJob.state).in_(states), still).values(**values)
    return bool(db.execute(change.execution_options(synchronize_session=False)).rowcount)  # type: ignore[attr-defined]


def reprint(db: Session, job: PrintJob, actor: Actor) -> None:
    """Print once more, under the same number; a paper that never came out is simply tried again.

    Raises Conflict while one is being made, and for a parcel that has left.
    """
    parcel = packing_queries.parcel_for(db, job.parcel_id)
    if parcel.state is ParcelState.SHIPPED:
        raise Conflict("shipping.parcel_gone")
    if job.state is PrintState.QUEUED:
        raise Conflict("shipping.still_printing")
    if job.state is not PrintState.FAILED:
        job.copies += 1
    job.state = PrintState.QUEUED
    db.add(job)
    db.flush()
    _tell(db, "shipping.paper.asked_again", parcel, actor, paper=job.kind.value, copy=job.copies)


# --- the label that closes a parcel ---------------------------------------------------------------


class LabelVerdict(StrEnum):
    CLOSED = "closed"
    #: The label of another parcel of ours.
    OTHERS = "others"
    #: No label of ours at all.
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class LabelScan:
    verdict: LabelVerdict
    #: Whose label it is, when it is another's.
    other: Parcel | None = None


def prove_label(db: Session, parcel: Parcel, code: str, actor: Actor) -> LabelScan:
    """Only the parcel's own waybill number closes it: the proof that the right label is on the right box."""
    if parcel.state is not ParcelState.BOXED:
        raise Conflict("shipping.already_closed")
    waybill = queries.waybill_of(db, parcel.id)
    scanned = code.strip().upper()
    if waybill is None or waybill.state is not WaybillState.ACTIVE or waybill.number != scanned:
        other = queries.parcel_by_label(db, scanned)
        if other is None or other.id == parcel.id:  # our own parcel number is on no label: it proves nothing
            return LabelScan(LabelVerdict.UNKNOWN)
        _tell(db, "shipping.label.refused", parcel, actor, other=other.number)
        return LabelScan(LabelVerdict.OTHERS, other)
    packing.label(db, parcel, actor)
    mine = col(PrintJob.parcel_id) == parcel.id
    _change_job(db, mine, (PrintState.READY,), sa.true(), state=PrintState.PRINTED, printed_at=clock.now())
    _change_job(db, mine, tuple(PrintState), sa.true(), replaces="")
    return LabelScan(LabelVerdict.CLOSED)


# --- manifests ---------------------------------------------------------------


class LoadVerdict(StrEnum):
    LOADED = "loaded"
    #: It is on this lorry already.
    TWICE = "twice"
    OTHER_CARRIER = "other_carrier"
    OTHER_HOUSE = "other_house"
    #: Its label was never scanned on it.
    NOT_CLOSED = "not_closed"
    #: The carrier's number on it was cancelled.
    CANCELLED = "cancelled"
    #: On another manifest, or gone.
    ELSEWHERE = "elsewhere"
    #: Its order was stopped after packing.
    STOPPED = "stopped"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class LoadScan:
    verdict: LoadVerdict
    parcel: Parcel | None = None


def open_manifest(db: Session, warehouse_id: int, carrier: Carrier, actor: Actor) -> Manifest:
    """The open manifest of a carrier at a warehouse; begun when there is none. Two who begin it get the same."""
    assert carrier.id is not None
    found = queries.open_manifest(db, warehouse_id, carrier.id)
    if found is not None:
        return found
    row = {"number": f"new-{warehouse_id}-{carrier.id}", "warehouse_id": warehouse_id, "carrier_id": carrier.id,
           "state": ManifestState.OPEN, "opened_at": clock.now(), "driver": "", "seal": "", "version": 1}  # fmt: skip
    new = upsert(db, Manifest).values(row).on_conflict_do_nothing().returning(col(Manifest.id))
    made = db.execute(new).first() is not None  # psycopg counts no rows of an INSERT
    manifest = queries.open_manifest(db, warehouse_id, carrier.id)
    assert manifest is not None, "the insert made it, or met it"
    if made:
        manifest.number = f"M-{manifest.id:04d}"
        db.add(manifest)
        db.flush()
        data = {"number": manifest.number, "carrier": carrier.code}
        record(db, Event("shipping.manifest.opened", "manifest", manifest.id or 0, data=data), actor)
    return manifest


def load(db: Session, manifest: Manifest, code: str, actor: Actor) -> LoadScan:
    """One scanned label onto the lorry. Only LOADED counts it."""
    _must_be_open(manifest)
    parcel = queries.parcel_by_label(db, code)
    if parcel is None:
        return LoadScan(LoadVerdict.CANCELLED if queries.is_dead_label(db, code) else LoadVerdict.UNKNOWN)
    packing_queries.parcel_for(db, parcel.id, lock=True)
    verdict = _may_load(db, manifest, parcel)
    if verdict is LoadVerdict.LOADED:
        assert manifest.id is not None
        db.add(ManifestParcel(parcel_id=parcel.id, manifest_id=manifest.id, loaded_by=actor.id))
        db.flush()
        _tell(db, "shipping.parcel.loaded", parcel, actor, manifest=manifest.number)
    return LoadScan(verdict, parcel)


def _may_load(db: Session, manifest: Manifest, parcel: Parcel) -> LoadVerdict:
    shipment = db.get_one(Shipment, parcel.shipment_id)
    aboard = db.get(ManifestParcel, parcel.id)
    if aboard is not None and aboard.manifest_id == manifest.id:
        return LoadVerdict.TWICE
    if shipment.warehouse_id != manifest.warehouse_id:
        return LoadVerdict.OTHER_HOUSE
    waybill = queries.waybill_of(db, parcel.id)
    if waybill is not None and waybill.carrier_id != manifest.carrier_id:
        return LoadVerdict.OTHER_CARRIER
    if aboard is not None or parcel.state is ParcelState.SHIPPED:
        return LoadVerdict.ELSEWHERE
    if parcel.state is not ParcelState.LABELLED:
        return LoadVerdict.NOT_CLOSED
    if queries.order_of(db, parcel).state is not OrderState.RELEASED:
        return LoadVerdict.STOPPED
    return LoadVerdict.LOADED


def unload_last(db: Session, manifest: Manifest, actor: Actor) -> Parcel:
    """Take the newest parcel off the lorry again. Raises Conflict when it is empty."""
    _must_be_open(manifest)
    assert manifest.id is not None
    aboard = queries.loaded(db, manifest.id)
    if not aboard:
        raise Conflict("shipping.nothing_to_undo")
    parcel = aboard[0].parcel
    db.execute(sa.delete(ManifestParcel).where(col(ManifestParcel.parcel_id) == parcel.id))
    _tell(db, "shipping.parcel.unloaded", parcel, actor, manifest=manifest.number)
    return parcel


def hand_over(
    db: Session, manifest: Manifest, driver: str, seal: str, actor: Actor, *, signed: str = "", signature: str = ""
) -> None:
    """The lorry leaves: its parcels' stock goes to the customers, and shipments whose last parcel left are shipped.

    The driver signs with a name typed, or with lines drawn (an SVG path), or on the printed list.

    Raises Invalid when nothing is loaded, Conflict when the order of a loaded parcel was stopped meanwhile.
    """
    _must_be_open(manifest)
    assert manifest.id is not None
    parcels = queries.parcels_on(db, manifest.id)
    if not parcels:
        raise Invalid("shipping.empty_lorry")
    for parcel in parcels:
        if (order := queries.order_of(db, parcel)).state is not OrderState.RELEASED:
            raise Conflict("shipping.stopped_aboard", parcel=parcel.number, tail=order.number[-4:])
    _ship_units(db, manifest, parcels, actor)
    for parcel in parcels:
        packing.ship(db, parcel, actor)
    shipped = _ship_whole_shipments(db, manifest, sorted({parcel.shipment_id for parcel in parcels}), actor)
    manifest.state = ManifestState.CLOSED
    manifest.closed_at, manifest.closed_by = clock.now(), actor.id
    manifest.driver, manifest.seal = driver, seal
    manifest.signed_name, manifest.signature = signed, signature
    db.add(manifest)
    db.flush()
    how = "drawn" if signature else "typed" if signed else "paper"
    data = {
        "signed": how,
        "number": manifest.number,
        "parcels": [parcel.id for parcel in parcels],
        "shipments": shipped,
    }
    record(db, Event("shipping.manifest.closed", "manifest", manifest.id, data=data), actor)


def _ship_units(db: Session, manifest: Manifest, parcels: Sequence[Parcel], actor: Actor) -> None:
    customer = inventory.beyond(db, PlaceKind.CUSTOMER, manifest.warehouse_id)
    moves: list[Move] = []
    parts: dict[int, int] = {}
    for parcel in parcels:
        for line, _sku in packing_queries.contents_of(db, parcel.id):
            moves.append(Move(line.sku_id, line.qty, parcel.id, customer, MoveReason.SHIP))
            parts[line.shipment_line_id] = parts.get(line.shipment_line_id, 0) + line.qty
    for line_id, qty in sorted(parts.items()):
        shipments.shift(db, line_id, packed=-qty, shipped=qty)
    inventory.move(db, moves, "manifest", manifest.id or 0, actor)


def _ship_whole_shipments(db: Session, manifest: Manifest, shipment_ids: Sequence[int], actor: Actor) -> list[int]:
    """Shipments that have no parcel left in the house; the others wait for their brothers' lorry."""
    carrier = db.get_one(Carrier, manifest.carrier_id)
    shipped = []
    for shipment_id in shipment_ids:
        shipment = shipment_queries.shipment_for(db, shipment_id, lock=True)
        numbers = queries.waybills_if_all_left(db, shipment_id)
        if numbers is not None:
            data = {"carrier": carrier.code, "waybills": numbers, "manifest": manifest.number}
            shipments.advance(db, shipment, ShipmentAction.SHIP, actor, **data)
            shipped.append(shipment_id)
    return shipped


def _must_be_open(manifest: Manifest) -> None:
    if manifest.state is not ManifestState.OPEN:
        raise Conflict("shipping.manifest_closed")


def _tell(db: Session, kind: str, parcel: Parcel, actor: Actor, **data: object) -> None:
    """Into the trail of the parcel and of its order."""
    order_id = db.get_one(Shipment, parcel.shipment_id).order_id
    record(db, Event(kind, "parcel", parcel.id, order_id, data), actor)
