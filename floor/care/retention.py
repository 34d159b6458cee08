"""Personal data of orders long over is masked; figures, stock and money stay as they are.

What is personal is listed here, in one place, so that it can be read as a whole. Province, city and district stay:
figures count by them. An order is over when nothing of it is in the house or on the road, no return is open and no
enquiry unanswered. Issued invoices keep their buyer's name: tax law keeps them longer than any rule of ours.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, select

from floor.care.models import Enquiry, EnquiryNote, Feedback, Forgotten
from floor.care.states import EnquiryState
from floor.events.service import Event, record
from floor.intake.models import ImportBatch, InboxMessage, RejectedRow
from floor.kit import clock
from floor.kit.actor import Actor
from floor.orders.models import Address, Customer, Order
from floor.packing.models import Parcel
from floor.returns.models import ReturnCase, ReturnItem, ReturnPhoto, StrayParcel
from floor.returns.states import CaseState
from floor.shipments.models import Shipment
from floor.shipments.states import ShipmentState
from floor.shipping.models import PrintJob
from floor.shipping.models_invoices import Invoice
from floor.shipping.models_printing import BatchPart, PrintBatch
from floor.tracking.models import CarrierEvent
from floor.tracking.models_exceptions import TrackingLetter

#: What stands where a name was.
MASK = "*"

_ENDED = (ShipmentState.DELIVERED, ShipmentState.CANCELLED)


def due(db: Session, before: datetime, limit: int) -> list[int]:
    """Orders placed before that moment that are over and still tell whose they were, the oldest first."""
    alive = sa.exists().where(col(Shipment.order_id) == col(Order.id), col(Shipment.state).not_in(_ENDED))
    returning = sa.exists().where(
        col(ReturnCase.order_id) == col(Order.id), col(ReturnCase.state).in_((CaseState.REQUESTED, CaseState.ARRIVED))
    )
    asking = sa.exists().where(col(Enquiry.order_id) == col(Order.id), col(Enquiry.state) == EnquiryState.OPEN)
    done = sa.exists().where(col(Forgotten.order_id) == col(Order.id))
    left = sa.exists().where(col(Shipment.order_id) == col(Order.id))
    over = sa.or_(col(Order.state) == "cancelled", left)
    query = sa.select(col(Order.id)).where(col(Order.placed_at) < before, over, ~alive, ~returning, ~asking, ~done)
    return list(db.scalars(query.order_by(col(Order.id)).limit(limit)))


def forget(db: Session, order_ids: Sequence[int], actor: Actor) -> None:
    """Mask what is personal of these orders. Done again it changes nothing."""
    parcels = sa.select(col(Parcel.id)).join(Shipment, col(Shipment.id) == col(Parcel.shipment_id))
    mine = parcels.where(col(Shipment.order_id).in_(order_ids))
    cases = sa.select(col(ReturnCase.id)).where(col(ReturnCase.order_id).in_(order_ids))
    asked = sa.select(col(Enquiry.id)).where(col(Enquiry.order_id).in_(order_ids))
    personal: list[tuple[type[SQLModel], Any, dict[str, Any]]] = [
        (Address, col(Address.order_id).in_(order_ids),
         {"recipient": MASK, "phone": "", "street": MASK, "postcode": "", "email": "", "oaid": ""}),
        (Order, col(Order.id).in_(order_ids),
         {"buyer_note": "", "seller_note": "", "gift_message": "", "invoice_title": "", "invoice_tax_id": ""}),
        (InboxMessage, col(InboxMessage.order_id).in_(order_ids), {"body": "{}", "problem_values": {}}),
        (Invoice, col(Invoice.order_id).in_(order_ids),
         {"address": "", "phone": "", "bank": "", "account": "", "email": "", "note": ""}),
        (Invoice, col(Invoice.order_id).in_(order_ids) & col(Invoice.number).is_(None), {"title": MASK, "tax_id": ""}),
        (PrintJob, col(PrintJob.parcel_id).in_(mine), {"pdf": None}),
        (CarrierEvent, col(CarrierEvent.parcel_id).in_(mine), {"text": ""}),
        (ReturnCase, col(ReturnCase.order_id).in_(order_ids), {"note": ""}),
        (ReturnItem, col(ReturnItem.case_id).in_(cases), {"override_reason": ""}),
        (StrayParcel, col(StrayParcel.case_id).in_(cases), {"note": ""}),
        (TrackingLetter, col(TrackingLetter.parcel_id).in_(mine), {"text": MASK}),
        (Enquiry, col(Enquiry.order_id).in_(order_ids), {"email": ""}),
        (EnquiryNote, col(EnquiryNote.enquiry_id).in_(asked), {"text": MASK}),
        (Feedback, col(Feedback.parcel_id).in_(mine), {"words": ""}),
    ]  # fmt: skip
    items = sa.select(col(ReturnItem.id)).where(col(ReturnItem.case_id).in_(cases))
    boxes = sa.select(col(StrayParcel.id)).where(col(StrayParcel.case_id).in_(cases))
    db.execute(sa.delete(ReturnPhoto).where(col(ReturnPhoto.item_id).in_(items) | col(ReturnPhoto.stray_id).in_(boxes)))
    for table, where, values in personal:
        db.execute(sa.update(table).where(where).values(**values).execution_options(synchronize_session=False))
    now = clock.now()
    db.execute(sa.insert(Forgotten), [{"order_id": order_id, "at": now} for order_id in order_ids])
    _customers(db, order_ids)
    db.flush()
    record(db, Event("care.orders.forgotten", "orders", len(order_ids), data={"orders": len(order_ids)}), actor)
    db.expire_all()


def _customers(db: Session, order_ids: Sequence[int]) -> None:
    """A buyer is forgotten with the last of their orders."""
    those = sa.select(col(Order.customer_id)).where(col(Order.id).in_(order_ids), col(Order.customer_id).is_not(None))
    known = sa.exists().where(
        col(Order.customer_id) == col(Customer.id),
        ~sa.exists().where(col(Forgotten.order_id) == col(Order.id)).correlate(Order),
    ).correlate(Customer)  # fmt: skip
    db.execute(
        sa.update(Customer)
        .where(col(Customer.id).in_(those), ~known)
        .values(name=MASK)
        .execution_options(synchronize_session=False)
    )


def forget_files(db: Session, before: datetime) -> int:
    """Rows of order files that could not be read, and PDFs of print batches, older than that. Returns how many."""
    batches = sa.select(col(ImportBatch.id)).where(col(ImportBatch.imported_at) < before)
    prints = sa.select(col(PrintBatch.id)).where(col(PrintBatch.asked_at) < before)
    gone = [
        db.execute(sa.delete(RejectedRow).where(col(RejectedRow.batch_id).in_(batches))),
        db.execute(sa.delete(BatchPart).where(col(BatchPart.batch_id).in_(prints))),
    ]
    return sum(one.rowcount for one in gone)  # type: ignore[attr-defined]


def is_forgotten(db: Session, order_id: int) -> bool:
    return db.exec(select(Forgotten.order_id).where(Forgotten.order_id == order_id)).first() is not None
