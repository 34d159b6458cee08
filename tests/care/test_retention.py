"""Orders long over are forgotten: no name, phone, street, mail or word is left anywhere; every figure stays."""

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel, select

from floor.analytics import insight
from floor.analytics import jobs as sums
from floor.analytics.insight import Filter, Group
from floor.care import enquiries, feedback, jobs, retention
from floor.care.models import Forgotten
from floor.care.states import EnquiryKind, Reason
from floor.intake import service as intake
from floor.inventory.count_days import today
from floor.kit import clock
from floor.kit.actor import SYSTEM
from floor.kit.uow import reading, unit_of_work
from floor.orders.models import Customer, Order
from floor.packing.models import Parcel
from floor.shipments.models import Shipment
from tests.factories import a_sku, an_order
from tests.goods_out import announced, delivered
from tests.packing.worlds import a_boxed_parcel, a_world, person
from tests.picking.conftest import sound

#: What customers told, none of which may be found anywhere afterwards.
SECRETS = ("张小明", "13812341234", "文三路", "310012", "wet-box", "where-is-it", "buyer-says", "to-me@mail")


@pytest.fixture
def orders(app):
    """Three orders that are over (one told the desk much), one with a return, one asking, one still in the house."""
    with unit_of_work() as db:
        world = a_world(db)
        done = delivered(db, world, 5)
        a_boxed_parcel(db, world)
        order = db.get_one(Order, done[0])
        order.buyer_note, order.gift_message = "buyer-says", "buyer-says"
        sent = select(Parcel).join(Shipment, Shipment.id == Parcel.shipment_id)
        parcel = db.exec(sent.where(Shipment.order_id == done[0])).one()
        feedback.give(db, order, parcel, 2, [Reason.LATE], "wet-box", SYSTEM)
        asked = enquiries.ask(db, EnquiryKind.OTHER, "where-is-it", done[0], "to-me@mail", "en", SYSTEM)
        enquiries.close(db, asked, SYSTEM)
        intake.ensure_channel(db, "shop")
        message = intake.store(db, "shop", "m-1", json.dumps({"name": "张小明"}, ensure_ascii=False), SYSTEM)
        message.order_id = done[0]
        announced(db, done[3])
        enquiries.ask(db, EnquiryKind.OTHER, "x", done[4], "", "en", person(db, "Chen"))
        an_order(db, [(a_sku(db, "CAP"), 1)])
    sums.sum_up()
    return done


def figures():
    with reading() as db:
        asked = Filter(today() - timedelta(days=3), today() + timedelta(days=1))
        return (
            [insight.by_group(db, asked, group) for group in Group], insight.by_sku(db, asked),
            insight.floor_by_house(db, asked), feedback.total(db, asked.first, asked.last),
        )  # fmt: skip


def found(secrets):
    """Table -> which of the secrets it holds, over every text of the database."""
    holding = {}
    with reading() as db:
        for table in SQLModel.metadata.sorted_tables:
            rows = " ".join(repr(tuple(row)) for row in db.execute(sa.select(table)))
            if mine := [secret for secret in secrets if secret in rows]:
                holding[table.name] = mine
    return holding


def test_what_is_over_is_forgotten_in_batches_once_and_figures_stay(orders, app):
    said = app.test_cli_runner().invoke(args=["care", "retain", "--days", "30"])
    assert "0 orders masked" in said.output, "nothing is so old yet"
    before = figures()
    with clock.shifted(timedelta(days=200)):
        told = []
        assert jobs.retain(180, told.append, batch=2) == 3
        assert told == [2, 3]
        assert jobs.retain(180) == 0
        sums.sum_up(anew=True)
    assert figures() == before
    with reading() as db:
        assert sorted(db.exec(select(Forgotten.order_id))) == sorted(orders[:3])
        sound(db)


def test_nothing_of_a_forgotten_customer_is_left_in_any_table(orders):
    with unit_of_work() as db:  # nobody has an order that is not over
        retention.forget(db, sorted(db.exec(select(Order.id))), SYSTEM)
        assert db.exec(select(Customer.name)).all() == [retention.MASK]
    assert found(SECRETS) == {}


def test_a_buyer_with_a_living_order_keeps_the_name_and_the_desk_still_finds_the_order(orders, sign_in):
    with clock.shifted(timedelta(days=200)):
        jobs.retain(180)
    with reading() as db:
        assert db.exec(select(Customer.name)).all() == ["张小明"]
        number, token = db.exec(select(Order.number, Order.public_token).where(Order.id == orders[0])).one()
    chen = sign_in("Chen")
    page = chen.get(f"/orders?q={number}")
    assert page.location == f"/orders/{orders[0]}"
    assert chen.get(page.location).status_code == 200
    assert "浙江省" in chen.get(page.location).text
    assert chen.get(f"/t/{token}").status_code == 200
