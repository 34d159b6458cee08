"""A small piece of the inbox's soak in every run of the tests."""

import pytest

from tests.soak.inbox import soak


@pytest.mark.slow
def test_orders_delivered_five_times_among_forged_and_poisoned_ones_are_there_once(url):
    outcome = soak(url, 160, 5, 7)
    assert outcome.wrong == []
    assert (outcome.answers[200], outcome.answers[401], outcome.answers[422]) == (800, 8, 8)
    assert outcome.reasons.total() == 8
