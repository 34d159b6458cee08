"""Any mix of the verbs of stock leaves the house as the model says; see machine.py, and tests/soak/stock_machine.py."""

import pytest

from tests.inventory import small_house
from tests.soak.stock_machine import SEQUENCES

COUNT, STEPS = 6, 30
#: Errors that any few sequences find, and a seed that finds each among the first.
PLAIN = {"more is promised than is free": 7, "a move holds nothing back": 1, "lots on hold are sold": 1}


@pytest.fixture
def house(app):
    return small_house.build()


@pytest.mark.slow
def test_house_and_model_agree_whatever_is_done_to_stock(house):
    outcome = SEQUENCES.run(house, COUNT, 1, steps=STEPS)
    assert outcome.failure == ""
    assert outcome.sequences >= COUNT


@pytest.mark.slow
@pytest.mark.parametrize("words", PLAIN)
def test_the_machine_finds_what_is_planted(house, words):
    with SEQUENCES.error(words).planted():
        assert SEQUENCES.run(house, 100, PLAIN[words], steps=STEPS, shrink=False).failure
