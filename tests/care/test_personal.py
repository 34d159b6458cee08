"""Whoever adds a column of words says whether it tells of a customer: masked by the rule, or named with a reason."""

import re
from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import SQLModel, select
from sqlmodel.sql.sqltypes import AutoString

from floor.care import enquiries, jobs, retention
from floor.care.models import Enquiry, EnquiryNote, Forgotten
from floor.care.states import EnquiryKind
from floor.intake import service as intake
from floor.intake.models import InboxMessage, InboxState
from floor.kit import clock
from floor.kit.actor import SYSTEM
from floor.kit.uow import reading, unit_of_work
from floor.orders.models import Customer, Order
from floor.returns import strays
from floor.returns.models import StrayEnding, StrayParcel
from floor.tracking import exceptions
from tests.goods_out import refused
from tests.packing.worlds import a_world, person

#: A name with one of these in it may hold what a customer told.
LOOKS_PERSONAL = re.compile(
    "name|phone|mail|street|province|city|district|division|postcode|recipient|address|oaid|word|note|text|message"
    "|body|photo|jpeg|pdf|title|tax|account|bank|buyer|customer|external|(?<!re)place|value|data|comment|diagnos|why|reason"
    "|contact|driver|sign|detail|cells|raw"
)
#: Reason -> columns that stay as they are; "table.*" for every column of a table.
NOT_PERSONAL = {
    "the house's own goods, places, papers and terms": (
        "audit_learned.name carrier.* carrier_service.* carton.* channel.* material.* printer.* sku.* sku_tax.*"
        " station.* warehouse.* rate.province service_rule.province service_zone.* enquiry_template.* invoice_line.*"
        " transfer.note insight_lane_day.province insight_week_report.pdf repair.diagnosis"
    ),
    "people who work here, by the name they chose, and their devices": (
        "user_account.* api_key.name stock_ledger.actor_name enquiry_note.actor_name walk_event.phone"
    ),
    "regions, which figures count by": ("address.province address.city address.district address.division"),
    "a code with its sentence in messages.py, or numbers": (
        "audit_flag.values audit_hold.reason audit_rank.why count_task.why feedback.reasons insight_return_day.reason"
        " lot.hold_reason parcel.weight_why shop_feed.error_detail stock_import_row.reason"
        " stock_import.problem_values unallocated_order.reason waybill.problem_detail walk_step.data walk_event.data"
        " run_prices.data"
    ),
    "the trail is never rewritten: verbs put codes, ids and numbers into it": "audit_event.actor_name audit_event.data",
    "answers to commands go after a day by a chore of their own": "command.body",
    "the file of orders goes when its last row is settled, its name is the shop's": (
        "import_file.body import_batch.filename"
    ),
    "stock lists name goods and bins": (
        "stock_import.filename stock_import_file.body stock_import_row.values stock_import_row.cells"
        " observation_message.message_id stock_observation.place"
    ),
    "the number a channel gave, by which the same thing is not taken twice": (
        "customer_order.external_id inbox_message.external_id inbox_message.message_key"
    ),
    "who is blocked stays blocked until somebody takes the entry away": "audit_blocked.value audit_blocked.why",
    "the carrier's driver signed for the lorry: the proof that parcels were handed over": (
        "manifest.driver manifest.signed_name manifest.signature"
    ),
    "what an order's number and a waybill say again": "tracking_letter.title",
    "why an invoice was held or cancelled, by the desk, for the tax office": "invoice.reason",
}


def columns() -> set[str]:
    """table.column of everything written in words, or that may hold them, with such a name; states and keys aside."""
    words = (sa.String, AutoString, sa.JSON, sa.LargeBinary)
    return {
        f"{table.name}.{column.name}"
        for table in SQLModel.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, words) and not isinstance(column.type, sa.Enum) and not column.foreign_keys
        if LOOKS_PERSONAL.search(column.name)
    }


def ruled() -> set[str]:
    """What the rule masks or deletes."""
    masked = [(table, name) for rule in (retention.MASKED, retention.LOOSE) for table in rule for name in rule[table]]
    masked += [(retention.Invoice, name) for name in retention.UNISSUED]
    masked += [(retention.Customer, name) for name in retention.BUYER]
    masked += [(table, name) for table in retention.DELETED for name in table.model_fields]
    return {f"{table.__tablename__}.{name}" for table, name in masked}


def test_every_column_that_sounds_personal_is_masked_or_named_with_a_reason():
    asked, masked = columns(), ruled()
    excused = {name for names in NOT_PERSONAL.values() for name in names.split()}
    tables = {name.removesuffix(".*") for name in excused if name.endswith(".*")}
    free = {name for name in asked if name in excused or name.partition(".")[0] in tables}
    assert sorted(asked - masked - free) == [], "mask it in care/retention.py, or say here why it stays"
    known = {f"{table.name}.{column.name}" for table in SQLModel.metadata.sorted_tables for column in table.columns}
    assert sorted(masked - known) == []
    unused = {name for name in excused if name not in asked and not name.endswith(".*")}
    assert sorted(unused | (free & masked)) == [], "neither excused for nothing nor twice"


def test_what_belongs_to_no_order_is_forgotten_and_a_parcel_given_up_holds_nothing_up(app):
    with unit_of_work() as db:
        world, chen = a_world(db), person(db, "Chen")
        lost = refused(db, world)
        exceptions.came_back(db, exceptions.row_of(db, lost).parcel_id, chen)
        refused(db, world)  # still on its way
        asked = enquiries.ask(db, EnquiryKind.OTHER, "my-words", None, "to-me@mail", "en", SYSTEM)
        enquiries.close(db, asked, chen)
        intake.ensure_channel(db, "shop")
        dead = intake.store(db, "shop", "m-1", "my-words", SYSTEM)
        dead.state = InboxState.DEAD
        stray = strays.keep(db, "YT-1", "my-words", world.house.id, chen)
        strays.end(db, stray.id, StrayEnding.HANDED_BACK, "", chen)
        first = db.exec(select(Order.id).order_by(Order.id)).first()
    with clock.shifted(timedelta(days=200)):
        assert jobs.retain(180) == 1
    with reading() as db:
        assert db.exec(select(Forgotten.order_id)).all() == [first]
        left = [
            *db.exec(select(EnquiryNote.text)),
            *db.exec(select(InboxMessage.body)),
            *db.exec(select(StrayParcel.note)),
        ]
        assert "my-words" not in " ".join(left)
        assert db.exec(select(Enquiry.email)).one() == ""
    with unit_of_work() as db:
        retention.forget(db, db.exec(select(Order.id).where(Order.id != first)).all(), SYSTEM)
        assert all(one.startswith("forgotten-") for one in db.exec(select(Customer.external_id)))
