"""A small piece of the waybills' soak in every run of the tests."""

import re
import subprocess
import sys

import pytest

from tests.running import ROOT


@pytest.mark.slow
def test_every_parcel_has_one_number_whatever_its_carrier_does():
    """In a process of its own: it moves the clock by days."""
    command = [sys.executable, "-m", "tests.soak.waybills", "--tries", "16", "--seed", "7"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=400, check=False)
    printed = done.stdout + done.stderr
    counts = {name: int(n) for n, name in re.findall(r"(\d+) (parcels|calls|workers)", done.stdout)}
    assert (done.returncode, "without exactly one number 0" in done.stdout) == (0, True), printed
    assert counts["parcels"] == 16
    assert counts["calls"] > 16, printed
