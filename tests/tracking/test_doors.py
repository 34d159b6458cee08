"""The carriers' webhook, the customer's page, the board and one parcel's story, over HTTP."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from floor.kit import clock
from floor.kit.uow import reading, unit_of_work
from floor.orders.models import Address, Order
from floor.paper.mask import mask_phone
from floor.shipments.models import Shipment
from floor.shipments.states import ShipmentState
from floor.shipping.models import Waybill
from floor.tracking import queries
from floor.tracking.models import CarrierEvent, Track, TrackState
from tests.factories import a_carrier, a_planned_shipment, an_order, count
from tests.tracking.worlds import a_world, hand_over, knock, number_of, pack_up, parcels_of_order, says


@pytest.fixture
def road(app) -> dict:
    """One shipped order of one parcel, 30 hours on the road."""
    with unit_of_work() as db:
        world = a_world(db)
        order = world.shipped([(world.tee, 2)], ago=timedelta(hours=30))
        (parcel,) = parcels_of_order(db, order)
        return {"order": order, "parcel": parcel.id, "number": number_of(db, parcel), "token": order.public_token}


def hours_ago(n: int) -> datetime:
    return clock.now() - timedelta(hours=n)


def heard() -> int:
    with reading() as db:
        return count(db, CarrierEvent)


def test_a_signed_message_is_kept_and_a_second_one_changes_nothing(road, stranger):
    signed = says(road["number"], "301", hours_ago(1), "Signed", "Hangzhou")
    events = [says(road["number"], "103", hours_ago(20)), signed]
    answer = knock(stranger, events)
    assert (answer.status_code, answer.json) == (200, {"events": 2, "new": 2})
    assert knock(stranger, events).json == {"events": 2, "new": 0}
    with reading() as db:
        assert db.get(Track, road["parcel"]).state == TrackState.DELIVERED
        assert db.exec(select(Shipment)).one().state == ShipmentState.DELIVERED
        assert queries.broken_tracks(db) == queries.broken_deliveries(db) == []


@pytest.mark.parametrize(
    "forgery",
    [{"secret": "another"}, {"signature": ""}, {"signature": "é"}, {"late_s": 601}, {"late_s": -900}, {"secret": ""}],
)
def test_a_forged_or_stale_message_is_refused_and_nothing_kept(road, stranger, forgery):
    assert knock(stranger, [says(road["number"], "3", hours_ago(1))], **forgery).status_code == 401
    assert heard() == 0


def test_a_carrier_without_a_secret_cannot_speak(road, stranger):
    with unit_of_work() as db:
        a_carrier(db, "mute").secret = ""
    assert knock(stranger, [says("A123", "3", hours_ago(1))], carrier="mute", secret="").status_code == 401


def test_an_unknown_carrier_is_404_and_a_get_405(road, stranger):
    assert knock(stranger, [says("A123", "3", hours_ago(1))], carrier="nobody").status_code == 404
    assert stranger.get("/hooks/tracking/sf").status_code == 405


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"not json", ""),
        (b'{"events": []}', "events"),
        (b'{"events": [{"waybill": "SF1000", "at": "2026-11-01T10:00:00"}]}', "events.0.at"),
        (b'{"events": [{"waybill": "S", "at": "2026-11-01T10:00:00Z"}]}', "events.0.waybill"),
        (b'{"events": [{"waybill": "SF1000", "at": "2050-01-01T10:00:00Z"}]}', "events.0.at"),
        (b'{"events": [{"waybill": "SF1000", "at": "2026-11-01T10:00:00Z", "text": "a\\u0000b"}]}', "events.0.text"),
        (b'{"events": [{"waybill": "SF1000", "at": "2026-11-01T10:00:00Z", "text": "\\ud800"}]}', ""),
        (b'{"events": [{"waybill": "SF1000", "at": "2026-11-01T10:00:00Z"}, {"code": "3"}]}', "events.1.waybill"),
        (b"\xff\xfe", ""),
    ],
)
def test_an_unreadable_message_is_422_with_reasons_and_nothing_is_kept(road, stranger, body, where):
    answer = knock(stranger, None, body=body)
    assert answer.status_code == 422
    assert where in [reason["where"] for reason in answer.json["reasons"]]
    assert heard() == 0


def test_waiting_events_find_their_parcel_when_the_shipment_leaves(app, stranger, relay):
    with unit_of_work() as db:
        world = a_world(db)
        shipment = a_planned_shipment(db, an_order(db, [(world.tee, 1)]), [(world.face, world.tee, 1)], world.carrier)
        pack_up(world, shipment, 1)
        waybill = db.exec(select(Waybill)).one()
        number, waybill.number = waybill.number, None
    knock(stranger, [says(number, "103", hours_ago(2))])
    with unit_of_work() as db:
        assert count(db, CarrierEvent, CarrierEvent.parcel_id.is_(None)) == 1
        db.exec(select(Waybill)).one().number = number
        hand_over(db, db.exec(select(Shipment)).one())
    relay.drain()
    with reading() as db:
        track = db.exec(select(Track)).one()
        assert (track.state, track.parcel_id) == (TrackState.COLLECTED, waybill.parcel_id)
        assert track.eta is not None


# --- the customer's page -----------------------------------------------------------------------------------------


def test_the_customers_page_shows_the_way_and_masks_the_person(road, stranger):
    knock(stranger, [says(road["number"], "103", hours_ago(20), "Courier Wang 13900001111", "Shanghai"),
                     says(road["number"], "9999", hours_ago(10), "secret words")])  # fmt: skip
    page = stranger.get(f"/t/{road['token']}")
    assert page.status_code == 200
    for shown in ("张**", "杭州市", road["number"], road["order"].number[-4:], "Shanghai"):
        assert shown in page.text
    for hidden in ("张小明", "13812341234", "文三路", "13900001111", "secret words", road["order"].number):
        assert hidden not in page.text


def test_a_parcel_in_trouble_promises_no_day(road, stranger):
    stranger.get("/language/en?next=/")
    ways = (("0", "Expected to"), ("209", "Held up on the way"), ("203", "not delivered"), ("4", "came back"))
    for ago, (code, said) in zip((4, 3, 2, 1), ways, strict=True):
        knock(stranger, [says(road["number"], code, hours_ago(ago))])
        page = stranger.get(f"/t/{road['token']}").text
        assert said in page
        assert ("Expected to arrive" in page) is (code == "0")


def test_the_page_speaks_the_customers_language_until_somebody_switches(road, stranger):
    assert '<html lang="zh-CN"' in stranger.get(f"/t/{road['token']}", headers={"Accept-Language": "en"}).text
    stranger.get("/language/en?next=/")
    page = stranger.get(f"/t/{road['token']}")
    assert '<html lang="en"' in page.text
    assert "Where is my order?" in page.text


def test_an_english_customer_reads_english(app, stranger):
    with unit_of_work() as db:
        world = a_world(db)
        token = world.shipped([(world.tee, 1)], lang="en", buyer_id="buyer-en").public_token
    assert '<html lang="en"' in stranger.get(f"/t/{token}").text


def test_an_order_still_in_the_house_and_an_unknown_token(app, stranger):
    with unit_of_work() as db:
        world = a_world(db)
        token = an_order(db, [(world.tee, 1)]).public_token
    stranger.get("/language/en?next=/")
    assert "preparing it" in stranger.get(f"/t/{token}").text
    assert stranger.get("/t/no-such-token").status_code == 404


# --- the desk ----------------------------------------------------------------------------------------------------


def test_the_board_shows_who_is_not_collected_and_links_to_the_story(road, sign_in):
    page = sign_in("Chen").get("/tracking")
    assert page.status_code == 200
    assert road["number"] in page.text
    assert f"/parcels/{road['parcel']}/story" in page.text
    assert road["number"] not in sign_in("Dai").get("/tracking?type=stuck").text
    assert sign_in("Dai").get("/tracking?type=nonsense").status_code == 404
    assert 'href="/tracking?type=stuck&amp;mine=1"' in sign_in("Dai").get("/tracking?mine=1").text, "a tab stays mine"


def test_the_board_is_not_for_pickers_and_strangers(road, sign_in, stranger):
    for path in ("/tracking", f"/parcels/{road['parcel']}/story"):
        assert sign_in("Ana").get(path).status_code == 403
        assert stranger.get(path).status_code == 303


def test_the_story_shows_raw_words_beside_ours(road, sign_in, stranger):
    knock(stranger, [says(road["number"], "103", hours_ago(20), "Picked up", "Shanghai"),
                     says(road["number"], "9999", hours_ago(10), "no idea")])  # fmt: skip
    page = sign_in("Chen").get(f"/parcels/{road['parcel']}/story").text
    for shown in ("Collected by the carrier", "Picked up", "no idea", "Unknown code", "9999", "张小明"):
        assert shown in page
    assert sign_in("Chen").get("/parcels/999999/story").status_code == 404


def test_the_story_masks_the_phone_number_and_leads_to_the_order_that_can_show_it(road, sign_in):
    with reading() as db:
        order = db.exec(select(Order).where(Order.public_token == road["token"])).one()
        phone = db.exec(select(Address.phone).where(Address.order_id == order.id)).one()
    page = sign_in("Chen").get(f"/parcels/{road['parcel']}/story").text
    assert phone not in page
    assert mask_phone(phone) in page
    assert f'href="/orders/{order.id}"' in page


# --- the simulated carrier ---------------------------------------------------------------------------------------


def test_the_simulation_goes_through_the_real_door_and_tells_nothing_twice(road, app):
    run = app.test_cli_runner().invoke
    assert "sf: told of 1 parcels (simulated)" in run(args=["tracking", "simulate"]).output
    with reading() as db:
        assert db.get(Track, road["parcel"]).state == TrackState.IN_TRANSIT
    assert run(args=["tracking", "simulate", "--deliver"]).exit_code == 0
    assert heard() == 4
    run(args=["tracking", "simulate", "--deliver"])
    assert heard() == 4
    with reading() as db:
        assert db.get(Order, road["order"].id) is not None
        assert db.exec(select(Shipment)).one().state == ShipmentState.DELIVERED
        moments = db.exec(select(CarrierEvent.happened_at).order_by(CarrierEvent.happened_at)).all()
        assert moments[-1] <= datetime.now(UTC)
        assert queries.broken_tracks(db) == []
