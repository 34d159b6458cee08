"""Any mix of the verbs of returns keeps every sum and count; see machine.py, and tests/soak/returns_machine.py."""

import pytest

from tests.returns import machine
from tests.soak.returns_machine import SEQUENCES

COUNT, STEPS = 4, 20
#: An error that few sequences find.
PLAIN = "more comes back than is out"


@pytest.fixture
def bought(app):
    return machine.build()


@pytest.mark.slow
def test_no_sum_passes_what_was_paid_whatever_is_done(bought):
    outcome = SEQUENCES.run(bought, COUNT, 1, steps=STEPS)
    assert outcome.failure == ""
    assert outcome.sequences >= COUNT


@pytest.mark.slow
def test_the_machine_finds_what_is_planted(bought):
    with SEQUENCES.error(PLAIN).planted():
        assert SEQUENCES.run(bought, 40, 3, shrink=False).failure
