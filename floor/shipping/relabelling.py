"""What shipping answers the bench about labels: whose one is, whether its parcel is loaded, when it is void, and when
it says what is no longer so."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from floor.events.service import Event, record
from floor.kit.actor import SYSTEM, Actor
from floor.packing import boxing
from floor.packing.models import Parcel, Station
from floor.packing.states import ParcelState
from floor.shipments.models import Shipment
from floor.shipping import bench_labels, queries, voiding
from floor.shipping.models import ManifestParcel, PaperKind, PrintJob, PrintState, WaybillState


class Labels:
    """See floor.packing.labels.Labels."""

    def whose(self, db: Session, code: str) -> Parcel | None:
        return queries.parcel_by_label(db, code)

    def is_aboard(self, db: Session, parcel_id: int) -> bool:
        return db.get(ManifestParcel, parcel_id, populate_existing=True) is not None

    def void(self, db: Session, parcel: Parcel, why: str, actor: Actor) -> None:
        """At once, so that the old label closes no box any more; the number goes back to its carrier (voiding.py)."""
        waybill = queries.waybill_of(db, parcel.id, lock=True)
        if waybill is not None:
            waybill.state = WaybillState.VOID
            voiding.give_back(db, waybill)
            db.add(waybill)
            db.flush()
            order_id = db.get_one(Shipment, parcel.shipment_id).order_id
            data = {"waybill": waybill.number or "", "waybill_id": waybill.id, "why": why}
            record(db, Event("shipping.waybill.voided", "parcel", parcel.id, order_id, data), actor)
        # One copy more: a paper that is being made this moment is thrown away.
        again = {"state": PrintState.QUEUED, "pdf": None, "error": "", "copies": col(PrintJob.copies) + 1,
                 "says": "", "replaces": ""}  # fmt: skip
        mine = sa.update(PrintJob).where(col(PrintJob.parcel_id) == parcel.id).values(**again)
        db.execute(mine.execution_options(synchronize_session=False))

    def at_bench(self, db: Session, station: Station, site: str) -> dict[str, Any]:
        return bench_labels.at_bench(db, station, site)


def renumber(db: Session, parcel: Parcel) -> bool:
    """Print a label anew that calls its parcel 1 of 1 when there are two by now. True when there was one to print.

    The row of the parcel is locked by the caller. Its number stays: so the old label would close the box as well as the
    new one, and a box that was closed waits for its label again. What is on a lorry, or gone, stays as it is.
    """
    job = queries.jobs_of(db, parcel.id).get(PaperKind.WAYBILL)
    now = queries.place_of(db, parcel)
    is_away = parcel.state not in (ParcelState.BOXED, ParcelState.LABELLED)
    is_away = is_away or db.get(ManifestParcel, parcel.id) is not None
    if job is None or not job.says or job.says == now or is_away:
        return False
    if parcel.state is ParcelState.LABELLED:
        boxing.unlabel(db, parcel, SYSTEM)
    # One copy more: a paper that is being made this moment is thrown away.
    job.state, job.pdf, job.error, job.copies = PrintState.QUEUED, None, "", job.copies + 1
    job.replaces, job.says = job.replaces or job.says, now
    db.add(job)
    db.flush()
    order_id = db.get_one(Shipment, parcel.shipment_id).order_id
    data = {"paper": job.kind.value, "copy": job.copies, "said": job.replaces, "says": now}
    record(db, Event("shipping.paper.renumbered", "parcel", parcel.id, order_id, data), SYSTEM)
    return True
