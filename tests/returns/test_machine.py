"""Any mix of the verbs of returns keeps every sum and count; see machine.py, and tests/soak/returns_machine.py."""

import pytest

from tests.returns import machine
from tests.soak.returns_machine import ERRORS, run

SEQUENCES, STEPS = 4, 20
#: An error that few sequences find.
PLAIN = "more comes back than is out"


@pytest.fixture
def bought(app):
    return machine.build()


@pytest.mark.slow
def test_no_sum_passes_what_was_paid_whatever_is_done(bought):
    outcome = run(bought, SEQUENCES, 1, steps=STEPS)
    assert outcome.failure == ""
    assert outcome.sequences >= SEQUENCES


@pytest.mark.slow
def test_the_machine_finds_what_is_planted(bought):
    (error,) = (one for one in ERRORS if one.words == PLAIN)
    with error.planted():
        assert run(bought, 40, 3, shrink=False).failure
