"""A small piece of the kills under runs in every run of the tests.

In a process of its own: it forks, and a process that tests has threads.
"""

import re
import subprocess
import sys

import pytest

from tests.running import ROOT


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_runs_are_whole_however_often_their_worker_is_killed(database):
    command = [sys.executable, "-m", "tests.soak.runs", "--database", database, "--orders", "40", "--kills", "2"]
    done = subprocess.run(
        [*command, "--clients", "4", "--seed", "7", "--alternations", "0"],
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    printed = done.stdout + done.stderr
    last = done.stdout.splitlines()[-1] if done.stdout else ""
    counts = {name: int(n) for name, n in re.findall(r"(doubled|broken) (\d+)", last)}
    counts |= {name: int(n) for n, name in re.findall(r"(\d+) (kills|runs)", last)}
    assert (done.returncode, counts.get("doubled"), counts.get("broken")) == (0, 0, 0), printed
    assert counts["kills"] == 2, printed
    assert counts["runs"] >= 2, printed
