"""Suggestions: a planted difference is found with an interval that holds it; chance and few parcels say nothing."""

import random
from datetime import date, timedelta

import pytest

from floor.analytics import suggesting
from floor.analytics.insight import DayOfLane, SkuBack
from floor.catalog.models import Sku

FIRST = date(2026, 10, 5)


def lane(rng, carrier, hours, *, province="A", days=28, a_day=12, fen=1000):
    """Parcels whose time varies by the day (weather, lorries) more than among each other."""
    for n in range(days):
        today = hours + rng.gauss(0, 10)
        minutes = sum(max(60, int(60 * (today + rng.gauss(0, 6)))) for _ in range(a_day))
        yield DayOfLane(1, carrier, province, FIRST + timedelta(days=n), a_day, minutes, a_day, fen * a_day)


def test_a_slower_carrier_is_found_with_an_interval_that_holds_the_truth():
    rng, held = random.Random(1), 0
    for _ in range(100):
        days = [*lane(rng, 1, 48 + 28.8, fen=1500), *lane(rng, 2, 48, fen=1620)]
        (found,), compared = suggesting.slower_lanes(days)
        assert (found.slow, found.quick, found.n_slow, found.days, compared, found.dearer_fen) == (
            1,
            2,
            336,
            28,
            1,
            120,
        )
        held += found.low <= 28.8 <= found.high
    assert 90 <= held <= 100


def test_forty_lanes_that_do_not_differ_suggest_nothing_on_nearly_every_page():
    rng, wrong = random.Random(2), 0
    for _ in range(60):
        days = [
            day for way in range(20) for carrier in (1, 2) for day in lane(rng, carrier, 48, province=str(way), a_day=4)
        ]
        found, compared = suggesting.slower_lanes(days)
        assert compared == 20
        wrong += bool(found)
    assert wrong <= 6, "1 in 20 of 60 pages is 3"


@pytest.mark.parametrize(("days", "a_day"), [(9, 100), (28, 1)])
def test_few_days_or_few_parcels_are_not_compared(days, a_day):
    rng = random.Random(3)
    every = [*lane(rng, 1, 200, days=days, a_day=a_day), *lane(rng, 2, 24, days=days, a_day=a_day)]
    assert suggesting.slower_lanes(every) == ([], 0)


def test_other_ways_and_other_houses_are_never_compared():
    rng = random.Random(4)
    assert suggesting.slower_lanes([*lane(rng, 1, 200), *lane(rng, 2, 24, province="B")]) == ([], 0)


def back(sent, **reasons):
    return SkuBack(Sku(code=f"S{sent}", name="x"), sent, reasons)


def test_a_sku_that_comes_back_often_is_told_with_its_reason_and_small_numbers_are_not():
    usual = [back(1000 + n, wrong_size=50) for n in range(20)]
    often, looked_at = suggesting.often_back(
        [*usual, back(400, wrong_size=20, damaged=80), back(20, damaged=10)], 21_000
    )
    assert looked_at == 21
    ((one),) = often
    assert (one.reason, round(one.share, 2), one.low > 0.1) == ("damaged", 0.25, True)
    assert suggesting.often_back(usual, sum(one.sent for one in usual))[0] == []


def test_the_quantile_is_students():
    for df, p, t in ((10, 0.975, 2.2281), (10, 0.9995, 4.5869), (30, 0.9995, 3.6460), (60, 0.999, 3.2317)):
        assert suggesting.t_quantile(p, df) == pytest.approx(t, rel=0.005)
