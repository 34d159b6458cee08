"""Feedback: only behind the order's own link, one a parcel, changeable; figures by packing line and SKU, no person."""

import re
import uuid
from datetime import timedelta

import pytest
from sqlmodel import select

from floor.care import feedback
from floor.care.models import Feedback
from floor.inventory.count_days import today
from floor.kit import clock
from floor.kit.uow import reading, unit_of_work
from floor.orders.models import Order
from floor.packing.models import Parcel
from floor.shipments.models import Shipment
from tests.factories import count
from tests.goods_out import delivered
from tests.packing.worlds import a_boxed_parcel, a_world
from tests.web_client import csrf_of


@pytest.fixture
def parcels(app):
    """[(token, parcel number)] of six delivered orders, and one parcel that stands in the house still."""
    with unit_of_work() as db:
        world = a_world(db)
        orders = delivered(db, world, 6)
        inside = a_boxed_parcel(db, world)
        found = []
        for order_id in orders:
            order = db.get_one(Order, order_id)
            shipment = select(Shipment.id).where(Shipment.order_id == order_id)
            found.append(
                (order.public_token, db.exec(select(Parcel.number).where(Parcel.shipment_id.in_(shipment))).one())
            )
        home = db.get_one(Order, db.get_one(Shipment, inside.shipment_id).order_id)
        return [*found, (home.public_token, inside.number)]


def give(client, token, number, **form):
    at = f"/t/{token}/feedback/{number}"
    page = client.get(at).text
    return client.post(at, data={"csrf_token": csrf_of(page), "command_id": str(uuid.uuid4()), **form})


def test_the_form_opens_for_the_parcels_of_ones_own_link_only(parcels, stranger):
    stranger.set_cookie("lang", "en")
    (token, number), (other, other_number) = parcels[:2]
    assert f"/t/{token}/feedback/{number}" in stranger.get(f"/t/{token}").text
    assert stranger.get(f"/t/{token}/feedback/{number}").status_code == 200
    strange = [
        f"/t/{token}/feedback/{other_number}", f"/t/{other}/feedback/{number}", f"/t/{token[:-1]}x/feedback/{number}",
        f"/t/{token}/feedback/P-999999", f"/t/{token}/feedback/1", f"/t/{parcels[-1][0]}/feedback/{parcels[-1][1]}",
    ]  # fmt: skip
    answers = [stranger.get(at) for at in strange]
    assert {answer.status_code for answer in answers} == {404}
    assert len(token) >= 20, "as many as nobody tries through"


def test_one_feedback_a_parcel_that_may_be_changed_and_not_for_ever(parcels, stranger):
    stranger.set_cookie("lang", "en")
    token, number = parcels[0]
    for bad in ({}, {"stars": "6"}, {"stars": "0"}, {"stars": "3", "words": "x" * 501}):
        assert give(stranger, token, number, **bad).status_code == 422
    said = {"stars": "2", "reasons": ["late", "nonsense", "damaged"], "words": "Box <b>"}
    assert give(stranger, token, number, **said).status_code == 303
    page = stranger.get(f"/t/{token}/feedback/{number}?given=1").text
    assert ("Thank you" in page, "Box &lt;b&gt;" in page, 'value="late" checked' in page) == (True, True, True)
    assert give(stranger, token, number, stars="5", words="All is well now").status_code == 303
    with reading() as db:
        (said,) = db.exec(select(Feedback)).all()
        assert (said.stars, said.reasons, said.words, said.times) == (5, [], "All is well now", 2)
    with clock.shifted(timedelta(days=91)):
        assert "too long ago" in stranger.get(f"/t/{token}/feedback/{number}").text
        data = {"csrf_token": csrf_of(stranger.get("/session").text), "command_id": str(uuid.uuid4()), "stars": "1"}
        assert stranger.post(f"/t/{token}/feedback/{number}", data=data).status_code == 409


def test_it_reaches_line_and_sku_and_a_few_voices_say_nothing_and_nobody_is_named(parcels, stranger, sign_in):
    stranger.set_cookie("lang", "en")
    for token, number in parcels[:4]:
        give(stranger, token, number, stars="4", reasons=["well_packed"], words="good")
    chen = sign_in("Chen")
    page = chen.get("/feedback").text
    assert (page.count(">too few to say<"), "Well packed" in page) == (2, False), (
        "neither line nor SKU with four voices"
    )
    give(stranger, *parcels[4], stars="1", reasons=["late"])
    page = chen.get("/feedback").text
    assert all(text in page for text in ("P-SHA-1", "TEE-NAVY-L", "3.4", "Well packed 4", parcels[0][1]))
    assert not re.search(r">[^<]*\bBo\b", page), "who packed is not asked for"
    with reading() as db:
        ((bench, voices),) = feedback.by_line(db, today(), today())
        ((sku, also),) = feedback.by_sku(db, today(), today())
        assert (bench.code, voices.n, sku.code, also.n) == ("P-SHA-1", 5, "TEE-NAVY-L", 5)
        assert count(db, Feedback) == 5
    lines = chen.get("/feedback.csv").data.decode("utf-8-sig").splitlines()
    assert [line.split(",")[1:4] for line in lines[1:]] == [["P-SHA-1", "5", "3.40"], ["TEE-NAVY-L", "5", "3.40"]]
    assert sign_in("Bo").get("/feedback").status_code == 403
