"""What shipping answers the bench about labels: whose one is, whether its parcel is loaded, and when it is void."""

import sqlalchemy as sa
from sqlmodel import Session, col

from floor.events.service import Event, record
from floor.kit.actor import Actor
from floor.packing.models import Parcel
from floor.shipments.models import Shipment
from floor.shipping import queries
from floor.shipping.models import ManifestParcel, PrintJob, PrintState, WaybillState


class Labels:
    """See floor.packing.labels.Labels."""

    def whose(self, db: Session, code: str) -> Parcel | None:
        return queries.parcel_by_label(db, code)

    def is_aboard(self, db: Session, parcel_id: int) -> bool:
        return db.get(ManifestParcel, parcel_id, populate_existing=True) is not None

    def void(self, db: Session, parcel: Parcel, why: str, actor: Actor) -> None:
        """At once, so that the old label closes no box any more; whoever bought the number hears of it by the event."""
        waybill = queries.waybill_of(db, parcel.id, lock=True)
        if waybill is not None:
            waybill.state = WaybillState.VOID
            db.add(waybill)
            db.flush()
            order_id = db.get_one(Shipment, parcel.shipment_id).order_id
            data = {"waybill": waybill.number or "", "waybill_id": waybill.id, "why": why}
            record(db, Event("shipping.waybill.voided", "parcel", parcel.id, order_id, data), actor)
        # One copy more: a paper that is being made this moment is thrown away.
        again = {"state": PrintState.QUEUED, "pdf": None, "error": "", "copies": col(PrintJob.copies) + 1}
        mine = sa.update(PrintJob).where(col(PrintJob.parcel_id) == parcel.id).values(**again)
        db.execute(mine.execution_options(synchronize_session=False))
