"""A small piece of the races in every run of the tests, and the faults they must notice."""

import pytest

from tests.soak.races import Outcome, run
from tests.soak.rounds import ROUNDS, across, move_the_last, reserve_the_last

CLIENTS = 8
#: A planted fault is found by chance, most often in the first round; nobody looks for it longer than this.
PATIENCE = 2 * len(ROUNDS)


@pytest.mark.slow
def test_the_last_units_are_sold_once_and_losers_are_told_plainly(url):
    outcome = run(url, len(ROUNDS), CLIENTS, 7, print)
    assert (outcome.oversold, outcome.broken) == ([], [])
    assert outcome.rounds.total() == len(ROUNDS)
    assert outcome.refused > outcome.refused_http > 0


@pytest.mark.slow
def test_stock_that_is_read_and_then_written_is_found_oversold(url):
    def seen(outcome: Outcome) -> bool:
        return any("units were accepted, there were" in words for words in outcome.oversold)

    kinds = (reserve_the_last, move_the_last)
    assert seen(run(url, PATIENCE, CLIENTS, 7, print, "read-then-write", kinds, seen))


@pytest.mark.slow
@pytest.mark.parametrize("url", ["postgres"], indirect=True)
def test_rows_touched_in_any_order_are_found_as_deadlocks(url):
    def seen(outcome: Outcome) -> bool:
        return any("deadlock" in words.lower() or "changed meanwhile" in words for words in outcome.broken)

    assert seen(run(url, PATIENCE, 6, 7, print, "unsorted", (across,), seen))


@pytest.mark.slow
@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_writers_that_begin_as_readers_are_found_as_locked(url):
    def seen(outcome: Outcome) -> bool:
        return any("database is locked" in words for words in outcome.broken)

    assert seen(run(url, PATIENCE, CLIENTS, 7, print, "deferred", until=seen))
