"""Rows of many, written without objects, are what objects would have become."""

from datetime import UTC, datetime

from sqlmodel import select

from floor.events.models import AuditEvent
from floor.kit.db import insert, insert_new, row_of
from floor.kit.uow import reading, unit_of_work
from floor.orders.models import Customer

MOMENT = datetime(2026, 11, 27, 8, 0, 0, 5, tzinfo=UTC)


def test_new_rows_get_ids_in_their_order_also_beside_an_object_that_waits_for_its_own(app):
    names = [f"b-{n}" for n in range(7)]
    with unit_of_work() as db:
        waiting = Customer(channel="web", external_id="first")
        db.add(waiting)
        ids = insert_new(db, Customer, [row_of(Customer, channel="web", external_id=name) for name in names])
        (one,) = insert_new(db, Customer, [row_of(Customer, channel="web", external_id="alone")])
        db.add(last := Customer(channel="web", external_id="last"))
        db.flush()
        assert insert_new(db, Customer, []) == []
    with reading() as db:
        there = {row.id: row.external_id for row in db.exec(select(Customer))}
    assert [there[id_] for id_ in (waiting.id, *ids, one, last.id)] == ["first", *names, "alone", "last"]


def test_moments_json_and_what_was_left_out_come_back_as_from_an_object(app):
    said = {"kind": "test.thing.happened", "at": MOMENT, "subject": "thing", "subject_id": 1, "actor_kind": "system"}
    data = {"name": "\u5f20", "list": [1, None]}
    with unit_of_work() as db:
        insert(db, AuditEvent, [row_of(AuditEvent, **said, data=data) for _ in range(2)])
        db.add(AuditEvent(**said, data=data))
    with reading() as db:
        first, second, made = (row.model_dump(exclude={"id"}) for row in db.exec(select(AuditEvent)))
    assert first == second == made
    assert (made["at"], made["data"], made["actor_id"]) == (MOMENT, data, None)
