"""A small piece of the waybills' soak in every run of the tests."""

import re

import pytest

from tests.running import ran


@pytest.mark.slow
def test_every_parcel_has_one_number_whatever_its_carrier_does():
    """In a process of its own: it moves the clock by days."""
    code, printed = ran("tests.soak.waybills", "--tries", "16", "--seed", "7")
    counts = {name: int(n) for n, name in re.findall(r"(\d+) (parcels|calls|workers)", printed)}
    assert (code, "without exactly one number 0" in printed) == (0, True), printed
    assert counts["parcels"] == 16
    assert counts["calls"] > 16, printed
