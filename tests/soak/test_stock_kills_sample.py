"""A small piece of the kills under stock in every run of the tests, and the faults they must notice.

In a process of their own: they fork, and a process that tests has threads.
"""

import re

import pytest

from tests.running import ran


def _soak(*words: str) -> tuple[int, str, dict[str, int]]:
    """Exit code, what it printed, and the counts of its last line: acknowledged, lost, doubled, broken."""
    code, printed = ran("tests.soak.stock_kills", *words)
    last = printed.splitlines()[-1] if printed else ""
    counts = {name: int(n) for name, n in re.findall(r"(lost|doubled|broken) (\d+)", last)}
    counts |= {name: int(n) for n, name in re.findall(r"(\d+) (kills|deeds)", last)}
    return code, printed, counts


@pytest.mark.slow
@pytest.mark.parametrize(("database", "kills"), [("sqlite", 10), ("postgres", 2)])
def test_kills_lose_no_stock_and_double_none(database, kills):
    code, printed, counts = _soak("--database", database, "--kills", str(kills), "--seed", "7")
    assert (code, counts.get("lost"), counts.get("doubled"), counts.get("broken")) == (0, 0, 0, 0), printed
    assert counts["kills"] >= kills
    assert counts["deeds"] >= kills, printed


@pytest.mark.slow
@pytest.mark.parametrize(
    ("database", "kills", "fault", "found"),
    [("sqlite", 8, "again", "doubled"), ("postgres", 3, "async", "lost")],
)
def test_a_planted_fault_is_found(database, kills, fault, found):
    code, printed, counts = _soak("--database", database, "--kills", str(kills), "--seed", "7", "--planted", fault)
    assert code == 1, printed
    assert counts[found] > 0, printed
