"""Hearing carriers: every event once, any order, the right parcel, and shipments that learn of their delivery."""

import random
from datetime import timedelta

import pytest
from sqlmodel import select

from floor.kit import clock
from floor.kit.actor import SYSTEM
from floor.orders.models import Order
from floor.shipments import queries as shipments
from floor.shipments.states import ShipmentState
from floor.shipping.models import Waybill, WaybillState
from floor.tracking import queries, service
from floor.tracking.models import CarrierEvent, Track, TrackState
from floor.tracking.service import Said
from tests.factories import a_carrier, a_planned_shipment, an_order, count
from tests.tracking.worlds import World, a_world, hand_over, number_of, pack_up, parcels_of, parcels_of_order

S = TrackState


@pytest.fixture
def world(db) -> World:
    return a_world(db)


def said(number: str, *codes: str, hours: int = 20) -> list[Said]:
    """One event per code, an hour apart, the first so many hours ago."""
    start = clock.now() - timedelta(hours=hours)
    return [Said(number, code, "", "", start + timedelta(hours=n)) for n, code in enumerate(codes)]


def shipment_of(db, order: Order):
    (shipment,) = shipments.of_order(db, order.id)
    return shipment


def test_a_whole_journey_delivers_the_shipment_and_every_check_holds(db, world):
    order = world.shipped([(world.tee, 1)], ago=timedelta(hours=22))
    (parcel,) = parcels_of_order(db, order)
    journey = said(number_of(db, parcel), "103", "1002", "5", "301")
    assert service.hear(db, world.carrier, journey, SYSTEM) == 4
    track = db.get(Track, parcel.id)
    assert (track.state, track.delivered_at) == (S.DELIVERED, journey[-1].at)
    assert track.eta == shipment_of(db, order).shipped_at + timedelta(days=1)
    assert shipment_of(db, order).state == ShipmentState.DELIVERED
    assert queries.broken_tracks(db) == queries.broken_deliveries(db) == shipments.broken_states(db) == []


@pytest.mark.parametrize("seed", range(5))
def test_shuffled_and_repeated_events_end_in_the_same_state_and_deliver_once(db, world, seed):
    order = world.shipped([(world.tee, 1)])
    (parcel,) = parcels_of_order(db, order)
    journey = said(number_of(db, parcel), "101", "103", "0", "9999", "206", "5", "3", "6")
    messages = journey + journey[2:5]
    random.Random(seed).shuffle(messages)
    for one in messages:
        service.hear(db, world.carrier, [one], SYSTEM)
    track = db.get(Track, parcel.id)
    assert (track.state, track.delivered_at) == (S.RETURNING, journey[6].at)
    assert count(db, CarrierEvent) == len(journey)
    assert queries.broken_tracks(db) == []


def test_an_unknown_code_is_kept_and_changes_nothing(db, world):
    (parcel,) = parcels_of_order(db, world.shipped([(world.tee, 1)]))
    service.hear(db, world.carrier, said(number_of(db, parcel), "103", "who knows"), SYSTEM)
    kept = db.exec(select(CarrierEvent).where(CarrierEvent.code == "who knows")).one()
    assert (kept.meaning, kept.parcel_id) == (None, parcel.id)
    assert db.get(Track, parcel.id).state == S.COLLECTED


def test_two_parcels_make_one_delivery_only_together(db, world):
    order = world.shipped([(world.tee, 2)], parcels=2)
    first, second = parcels_of_order(db, order)
    service.hear(db, world.carrier, said(number_of(db, first), "3"), SYSTEM)
    assert shipment_of(db, order).state == ShipmentState.SHIPPED
    service.hear(db, world.carrier, said(number_of(db, second), "3"), SYSTEM)
    assert shipment_of(db, order).state == ShipmentState.DELIVERED


def test_a_signature_behind_a_way_back_heard_late_was_the_senders(db, world):
    order = world.shipped([(world.tee, 1)])
    (parcel,) = parcels_of_order(db, order)
    collected, turned_back, signed = said(number_of(db, parcel), "103", "6", "3")
    service.hear(db, world.carrier, [collected, signed], SYSTEM)
    assert shipment_of(db, order).state == ShipmentState.DELIVERED
    service.hear(db, world.carrier, [turned_back], SYSTEM)
    shipment = shipment_of(db, order)
    assert (shipment.state, shipment.delivered_at) == (ShipmentState.SHIPPED, None)
    assert queries.broken_tracks(db) == queries.broken_deliveries(db) == []


def test_events_that_come_before_the_handover_wait_for_it(db, world):
    order = an_order(db, [(world.tee, 1)])
    shipment = a_planned_shipment(db, order, [(world.face, world.tee, 1)], world.carrier)
    pack_up(world, shipment, 1)
    (parcel,) = parcels_of(db, shipment.id)
    waybill = db.exec(select(Waybill)).one()
    number, waybill.number = waybill.number, "NOT-YET-OURS"
    db.flush()
    service.hear(db, world.carrier, said(number, "103", "3"), SYSTEM)
    assert count(db, CarrierEvent, CarrierEvent.parcel_id.is_(None)) == 2
    waybill.number = number
    hand_over(db, shipment)
    service.attach(db, shipment.id, SYSTEM)
    assert db.get(Track, parcel.id).state == S.DELIVERED
    assert shipment.state == ShipmentState.DELIVERED
    service.attach(db, shipment.id, SYSTEM)
    assert count(db, CarrierEvent, CarrierEvent.parcel_id == parcel.id) == 2


def test_delivered_before_we_noted_the_handover_is_caught_up_with_it(db, world):
    order = an_order(db, [(world.tee, 1)])
    shipment = a_planned_shipment(db, order, [(world.face, world.tee, 1)], world.carrier)
    pack_up(world, shipment, 1)
    (parcel,) = parcels_of(db, shipment.id)
    service.hear(db, world.carrier, said(number_of(db, parcel), "3"), SYSTEM)
    assert shipment.state == ShipmentState.PACKED
    hand_over(db, shipment)
    service.attach(db, shipment.id, SYSTEM)
    assert shipment.state == ShipmentState.DELIVERED


def test_a_carrier_cannot_speak_about_another_ones_parcel(db, world):
    (parcel,) = parcels_of_order(db, world.shipped([(world.tee, 1)]))
    other = a_carrier(db, "zto")
    service.hear(db, other, said(number_of(db, parcel), "3"), SYSTEM)
    assert db.get(Track, parcel.id).state == S.LABEL_MADE
    assert count(db, CarrierEvent, CarrierEvent.parcel_id.is_(None)) == 1


def test_a_void_waybill_speaks_for_nobody(db, world):
    (parcel,) = parcels_of_order(db, world.shipped([(world.tee, 1)]))
    waybill = db.exec(select(Waybill)).one()
    waybill.state = WaybillState.VOID
    db.flush()
    service.hear(db, world.carrier, said(waybill.number, "3"), SYSTEM)
    assert db.get(Track, parcel.id).state == S.LABEL_MADE


def test_check_names_a_track_its_events_do_not_explain(db, world):
    order = world.shipped([(world.tee, 1)])
    (parcel,) = parcels_of_order(db, order)
    service.hear(db, world.carrier, said(number_of(db, parcel), "3"), SYSTEM)
    track = db.get(Track, parcel.id)
    track.state, track.delivered_at = S.IN_TRANSIT, None
    db.flush()
    assert queries.broken_tracks(db) == [f"track {parcel.id}: is in_transit, its events say delivered"]
    (broken,) = queries.broken_deliveries(db)
    assert parcel.number in broken


def test_the_board_sorts_trouble_into_its_columns(db, world):
    hours = {"silent": 30, "stuck": 80, "unreachable": 20, "damaged": 20, "refused": 20, "back": 20, "fine": 20}
    numbers = {}
    for name, ago in hours.items():
        order = world.shipped([(world.tee, 1)], ago=timedelta(hours=ago))
        numbers[name] = number_of(db, parcels_of_order(db, order)[0])
    stories = {"stuck": ("103", "0"), "unreachable": ("206",), "damaged": ("209",), "refused": ("203",), "back": ("6",)}
    for name, codes in stories.items():
        service.hear(db, world.carrier, said(numbers[name], *codes, hours=hours[name] - 1), SYSTEM)
    service.hear(db, world.carrier, said(numbers["fine"], "103"), SYSTEM)
    found = {column: [card.waybill for card in cards] for column, cards in queries.board(db).items()}
    assert found == {
        "not_collected": [numbers["silent"]],
        "stuck": [numbers["stuck"]],
        "address": [numbers["unreachable"]],
        "refused": [numbers["refused"], numbers["back"]],
        "damaged": [numbers["damaged"]],
        "customs": [],
        "lost": [],
    }


def test_timers_of_the_board_follow_the_clock(db, world):
    world.shipped([(world.tee, 1)])
    assert sum(map(len, queries.board(db).values())) == 0
    with clock.shifted(timedelta(hours=25)):
        assert service.look_due(db, 10) == 1
        (card,) = queries.board(db)["not_collected"]
    assert card.since >= timedelta(hours=25)
    assert timedelta(hours=1) <= card.late < timedelta(hours=2)
