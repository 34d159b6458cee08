"""Four hundred events told in any order, half of them twice; `python -m tests.soak.tracking` tells fifty thousand."""

from tests.soak.tracking import run


def test_four_hundred_shuffled_and_repeated_events_are_applied_once(app):
    outcome = run(app, 400, seed=1, callers=3)
    assert (outcome.told, outcome.distinct, outcome.parcels) == (400, 200, 4)
    assert outcome.broken == []
