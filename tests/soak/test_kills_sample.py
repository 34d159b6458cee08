"""A small piece of the soak in every run of the tests: the house dies twice on each database and forgets nothing."""

from collections import Counter

import pytest

from tests.soak.kills import soak

#: Whatever the moments of the kills, these must have been promised to somebody for the proof to mean anything.
CORE = ("message", "asked", "published", "put")


@pytest.mark.slow
def test_two_kills_lose_nothing_and_double_nothing(url, tmp_path):
    outcome = soak(url, 2, 7, tmp_path, print, pauses=(0.2, 1.0))
    log = (tmp_path / "house.log").read_text(errors="replace")[-4000:]
    assert (outcome.lost, outcome.doubled, outcome.broken) == ([], [], []), log
    promised = Counter(promise.kind for promise in outcome.book.promises)
    assert all(promised[kind] for kind in CORE), promised
