"""A small piece of the kills under runs in every run of the tests, on PostgreSQL; the soak itself takes either.

In a process of its own: it forks, and a process that tests has threads.
"""

import re

import pytest

from tests.running import ran


@pytest.mark.slow
def test_runs_are_whole_however_often_their_worker_is_killed():
    some = "--orders 40 --kills 2 --clients 4 --seed 7 --alternations 0 --database postgres"
    code, printed = ran("tests.soak.runs", *some.split())
    last = printed.splitlines()[-1] if printed else ""
    counts = {name: int(n) for name, n in re.findall(r"(doubled|broken) (\d+)", last)}
    counts |= {name: int(n) for n, name in re.findall(r"(\d+) (kills|runs)", last)}
    assert (code, counts.get("doubled"), counts.get("broken")) == (0, 0, 0), printed
    assert counts["kills"] == 2, printed
    assert counts["runs"] >= 2, printed
