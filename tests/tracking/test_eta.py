"""How long parcels need is learned from those before, holds on those after, and is dropped when it gets worse."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from floor.audit import learning as versions
from floor.kit import clock
from floor.kit.actor import SYSTEM
from floor.kit.uow import reading, unit_of_work
from floor.shipments import queries as shipments
from floor.tracking import eta, learned, learning, queries, service
from floor.tracking.eta import Spans
from floor.tracking.kinds import Kind
from floor.tracking.models import Track
from floor.tracking.service import Said
from floor.tracking.states import TrackState
from tests.tracking.worlds import a_world, number_of, parcels_of_order


def parcels(n: int, seed: int = 1, slower: float = 1.0) -> Spans:
    """One a half hour: three lanes of one carrier, Sundays slow; those of the second half `slower`."""
    chance = np.random.default_rng(seed)
    began = np.arange(n) * 1.0
    lanes, days = chance.integers(0, 3, n), (began // 24 % 7).astype(int)
    took = chance.gamma(6, 5, n) * (1 + lanes) + 24 * (days == 6)
    took *= np.where(began > n / 2, slower, 1)
    names = [("", "sf", f"sf|{lane}", f"sf|{lane}|{day}") for lane, day in zip(lanes, days, strict=True)]
    return Spans(names, began, began + took, np.full(n, 72.0))


def test_the_range_holds_eight_of_ten_later_parcels_and_beats_promise_and_mean():
    past = parcels(4000)
    figures = eta.trial(past, 1e6)
    assert 0.77 <= figures.covered <= 0.83
    assert figures.ours < 0.8 * figures.mean
    assert figures.ours < figures.promise
    assert figures.is_better


def test_what_is_still_on_the_road_is_not_forgotten():
    """Learned in the middle of it: nothing slow has come yet of the newest; the tables must not think them quick."""
    past = parcels(3000)
    whole = eta.learn(past, 1e6)
    cut = eta.learn(past.until(past.began[-1]), float(past.began[-1]))
    for lane in range(3):
        (all_of_it,), (so_far,) = (eta.durations(w, ("", "sf", f"sf|{lane}"), (0.9,)) for w in (whole, cut))
        assert so_far == pytest.approx(all_of_it, rel=0.12)


def test_a_group_that_saw_little_leans_on_the_coarser_one_and_an_unknown_one_too():
    past = parcels(2000)
    odd = Spans([*past.names, *[("", "sf", "sf|island")] * 6], np.append(past.began, np.full(6, 1999.5)),
                np.append(past.ended, np.full(6, 2500.0)), np.append(past.scale, np.full(6, 72.0)))  # fmt: skip
    weights = eta.learn(odd, 1e5)
    (coarse,), (island,), (unknown,) = (
        eta.durations(weights, names, (0.5,), 72)
        for names in (("", "sf"), ("", "sf", "sf|island"), ("", "zto", "zto|x"))
    )
    assert coarse < island < 500
    assert unknown == pytest.approx(coarse, rel=0.2)


def test_shares_rise_and_what_lasted_long_is_expected_later():
    weights = eta.learn(parcels(2000), 1e5)
    names = ("", "sf", "sf|1", "sf|1|2")
    told = eta.durations(weights, names, (0.05, 0.5, 0.95), 72)
    assert told == sorted(told)
    (middle,) = eta.durations(weights, names, (0.5,), 72, age=told[1])
    assert told[1] < middle < told[2]


def test_a_version_that_tells_no_better_than_what_is_simpler_is_kept_off():
    past = parcels(1200)
    flat = replace(past, names=[("", "sf")] * 1200, ended=past.began + 72 + np.arange(1200) % 2)
    assert not eta.trial(flat, 1e6).is_better


# --- in the house ------------------------------------------------------------------------------------------------


@pytest.fixture
def road(app):
    """240 parcels that left over twenty days and needed 20 to 40 hours, each scanned every ten hours."""
    with unit_of_work() as db:
        world = a_world(db)
        order = world.shipped([(world.tee, 1)], ago=timedelta(days=1))
        (parcel,) = parcels_of_order(db, order)
        number = number_of(db, parcel)
        (shipment,) = shipments.of_order(db, order.id)
        way = learned.way_of(db, shipment)
    return {"parcel": parcel.id, "number": number, "way": way, "carrier": world.carrier, "shipment": shipment.id}


def learn(way: learned.Way, hours: float, seed: int = 3) -> dict:
    chance, now = np.random.default_rng(seed), learned.hours(clock.now())
    began = np.sort(now - chance.uniform(100, 2000, 400))
    took = chance.uniform(0.5, 1.5, 400) * hours
    road = Spans([way.names] * 400, began, began + took, np.full(400, way.scale))
    silence = Spans([("", "in_transit", "in_transit|sf")] * 400, began, began + took / 3, np.ones(400))
    return {"road": eta.learn(road, now), "silence": eta.learn(silence, now)}


def test_too_few_parcels_teach_nothing(app):
    said = app.test_cli_runner().invoke(args=["tracking", "learn"]).output
    assert "too few parcels arrived: 200 are needed" in said
    assert not learning.learn_again()
    assert not learning.judge_road()


def test_what_was_learned_is_told_and_its_silence_rings(road):
    with unit_of_work() as db:
        versions.keep(db, learned.ROAD, learn(road["way"], 40), {}, True)
        track = db.get(Track, road["parcel"])
        track.eta = None
        said = [Said(road["number"], "0", "", "", clock.now() - timedelta(hours=22))]
        service.hear(db, road["carrier"], said, SYSTEM)
        track = db.get(Track, road["parcel"])
        left = road["way"].left_at
        assert timedelta(hours=20) < track.eta_from - left < timedelta(hours=32)
        assert timedelta(hours=48) < track.eta_to - left < timedelta(hours=60)
        silence = learned.silences(db, road["way"], TrackState.IN_TRANSIT)
        assert timedelta(hours=18) < silence[Kind.STUCK] < timedelta(hours=24)
        assert queries.column(db, Kind.STUCK) != []
    with unit_of_work() as db:
        row = versions.newest(db, learned.ROAD)
        versions.switch_off(db, row.id, {})
        assert learned.silences(db, road["way"], TrackState.IN_TRANSIT) == {}
        assert learned.arrival(db, road["way"], clock.now()).last is None


def test_a_late_parcel_is_expected_anew_but_what_was_told_stays(road):
    with unit_of_work() as db:
        versions.keep(db, learned.ROAD, learn(road["way"], 30), {}, True)
        track = db.get(Track, road["parcel"])
        track.eta = None
        service.attach(db, road["shipment"], SYSTEM)
    with clock.shifted(timedelta(days=1)), reading() as db:
        track = db.get(Track, road["parcel"])
        story = queries.shipment_story(db, shipments.shipment_for(db, road["shipment"]))
        assert story.told.last == track.eta_to < clock.now()
        assert story.now.last > clock.now()
