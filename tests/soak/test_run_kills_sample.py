"""A small piece of the kills of a run in every run of the tests; in processes of its own, which are killed."""

import re
import subprocess
import sys

import pytest

from tests.running import ROOT


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_a_killed_run_ends_whole_while_others_get_in_its_way(database):
    command = [sys.executable, "-m", "tests.soak.run_kills", "--database", database, "--orders", "150", "--kills", "4"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"[3-9] kills .* applied, [1-9]\d* allocated · broken 0", done.stdout), done.stdout
