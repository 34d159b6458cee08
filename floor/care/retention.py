"""Personal data of orders long over is masked; figures, stock and money stay as they are.

What is personal is listed here, in one place, so that it can be read as a whole; tests/care/test_personal.py asks of
every column of text whether it belongs here. Province, city and district stay: figures count by them. An order is over
when nothing of it is in the house or on the road, no return is open and no enquiry unanswered. Issued invoices keep
their buyer's name: tax law keeps them longer than any rule of ours.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, select

from floor.care.models import Enquiry, EnquiryNote, Feedback, Forgotten
from floor.care.states import EnquiryState
from floor.events.service import Event, record
from floor.intake.models import ImportBatch, InboxMessage, InboxState, RejectedRow
from floor.inventory.models import Reservation
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
from floor.tracking.models import CarrierEvent, Track
from floor.tracking.models_exceptions import TrackingLetter
from floor.tracking.states import ENDED

#: What stands where a name was.
MASK = "*"

#: Of an order that is over, by its own key or through its parcels, cases and enquiries (`_whose`).
MASKED: dict[type[SQLModel], dict[str, Any]] = {
    Address: {"recipient": MASK, "phone": "", "street": MASK, "postcode": "", "email": "", "oaid": ""},
    Order: {"buyer_note": "", "seller_note": "", "gift_message": "", "invoice_title": "", "invoice_tax_id": ""},
    InboxMessage: {"body": "{}", "problem_values": {}},
    Invoice: {"address": "", "phone": "", "bank": "", "account": "", "email": "", "note": ""},
    PrintJob: {"pdf": None},
    CarrierEvent: {"text": "", "place": ""},
    ReturnCase: {"note": ""},
    ReturnItem: {"override_reason": ""},
    StrayParcel: {"note": ""},
    TrackingLetter: {"text": MASK},
    Enquiry: {"email": ""},
    EnquiryNote: {"text": MASK},
    Feedback: {"words": ""},
}
#: Of an invoice that never went out.
UNISSUED = {"title": MASK, "tax_id": ""}
#: Of a buyer, with the last of their orders; their number at the shop is often a name.
BUYER = ("name", "external_id")
#: Of what belongs to no order, once it is as old.
LOOSE: dict[type[SQLModel], dict[str, Any]] = {
    InboxMessage: MASKED[InboxMessage],
    Enquiry: MASKED[Enquiry],
    EnquiryNote: MASKED[EnquiryNote],
    StrayParcel: MASKED[StrayParcel],
    Reservation: {"note": ""},
}
#: Whole rows that go.
DELETED: tuple[type[SQLModel], ...] = (ReturnPhoto, RejectedRow, BatchPart)


def due(db: Session, before: datetime, limit: int) -> list[int]:
    """Orders placed before that moment that are over and still tell whose they were, the oldest first."""
    counted_on = (
        sa.select(sa.literal(1))
        .select_from(Parcel)
        .outerjoin(Track, col(Track.parcel_id) == col(Parcel.id))
        .where(col(Parcel.shipment_id) == col(Shipment.id), col(Track.given_up_at).is_(None))
        .where(sa.or_(col(Track.state).is_(None), col(Track.state).not_in(ENDED)))
        .exists()
    )  # a shipment of which a parcel was lost or came back stays "shipped"
    here = col(Shipment.state).not_in((ShipmentState.SHIPPED, ShipmentState.DELIVERED, ShipmentState.CANCELLED))
    on_the_road = (col(Shipment.state) == ShipmentState.SHIPPED) & counted_on
    alive = sa.exists().where(col(Shipment.order_id) == col(Order.id), here | on_the_road)
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
    whose = _whose(order_ids)
    cases = sa.select(col(ReturnCase.id)).where(whose[ReturnCase])
    items = sa.select(col(ReturnItem.id)).where(col(ReturnItem.case_id).in_(cases))
    boxes = sa.select(col(StrayParcel.id)).where(col(StrayParcel.case_id).in_(cases))
    db.execute(sa.delete(ReturnPhoto).where(col(ReturnPhoto.item_id).in_(items) | col(ReturnPhoto.stray_id).in_(boxes)))
    for table, values in MASKED.items():
        _mask(db, table, whose[table], values)
    _mask(db, Invoice, whose[Invoice] & col(Invoice.number).is_(None), UNISSUED)
    now = clock.now()
    db.execute(sa.insert(Forgotten), [{"order_id": order_id, "at": now} for order_id in order_ids])
    _customers(db, order_ids)
    db.flush()
    record(db, Event("care.orders.forgotten", "orders", len(order_ids), data={"orders": len(order_ids)}), actor)
    db.expire_all()


def _whose(order_ids: Sequence[int]) -> dict[type[SQLModel], sa.ColumnElement[bool]]:
    """Which rows of each table belong to these orders."""
    parcels = sa.select(col(Parcel.id)).join(Shipment, col(Shipment.id) == col(Parcel.shipment_id))
    mine = parcels.where(col(Shipment.order_id).in_(order_ids))
    cases = sa.select(col(ReturnCase.id)).where(col(ReturnCase.order_id).in_(order_ids))
    asked = sa.select(col(Enquiry.id)).where(col(Enquiry.order_id).in_(order_ids))
    return {
        Address: col(Address.order_id).in_(order_ids),
        Order: col(Order.id).in_(order_ids),
        InboxMessage: col(InboxMessage.order_id).in_(order_ids),
        Invoice: col(Invoice.order_id).in_(order_ids),
        PrintJob: col(PrintJob.parcel_id).in_(mine),
        CarrierEvent: col(CarrierEvent.parcel_id).in_(mine),
        ReturnCase: col(ReturnCase.order_id).in_(order_ids),
        ReturnItem: col(ReturnItem.case_id).in_(cases),
        StrayParcel: col(StrayParcel.case_id).in_(cases),
        TrackingLetter: col(TrackingLetter.parcel_id).in_(mine),
        Enquiry: col(Enquiry.order_id).in_(order_ids),
        EnquiryNote: col(EnquiryNote.enquiry_id).in_(asked),
        Feedback: col(Feedback.parcel_id).in_(mine),
    }


def _mask(db: Session, table: type[SQLModel], where: sa.ColumnElement[bool], values: dict[str, Any]) -> None:
    db.execute(sa.update(table).where(where).values(**values).execution_options(synchronize_session=False))


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
        .values(name=MASK, external_id=sa.literal("forgotten-") + sa.cast(col(Customer.id), sa.String))
        .execution_options(synchronize_session=False)
    )


def forget_loose(db: Session, before: datetime) -> None:
    """What is older than that and belongs to no order: rows of order files that could not be read, PDFs of print
    batches, messages that became nothing, settled enquiries, parcels nobody knew, for whom goods were put aside."""
    batches = sa.select(col(ImportBatch.id)).where(col(ImportBatch.imported_at) < before)
    prints = sa.select(col(PrintBatch.id)).where(col(PrintBatch.asked_at) < before)
    db.execute(sa.delete(RejectedRow).where(col(RejectedRow.batch_id).in_(batches)))
    db.execute(sa.delete(BatchPart).where(col(BatchPart.batch_id).in_(prints)))
    asked = (
        col(Enquiry.order_id).is_(None),
        col(Enquiry.state) == EnquiryState.CLOSED,
        col(Enquiry.closed_at) < before,
    )
    strays = (col(StrayParcel.case_id).is_(None), col(StrayParcel.ended_at) < before)
    boxes = sa.select(col(StrayParcel.id)).where(*strays)
    db.execute(sa.delete(ReturnPhoto).where(col(ReturnPhoto.stray_id).in_(boxes)))
    old = {
        InboxMessage: (col(InboxMessage.state) == InboxState.DEAD) & (col(InboxMessage.received_at) < before),
        Enquiry: sa.and_(*asked),
        EnquiryNote: col(EnquiryNote.enquiry_id).in_(sa.select(col(Enquiry.id)).where(*asked)),
        StrayParcel: sa.and_(*strays),
        Reservation: col(Reservation.expires_at) < before,
    }
    for table, values in LOOSE.items():
        _mask(db, table, old[table], values)


def is_forgotten(db: Session, order_id: int) -> bool:
    return db.exec(select(Forgotten.order_id).where(Forgotten.order_id == order_id)).first() is not None
