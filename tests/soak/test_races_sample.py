"""A small piece of the races in every run of the tests, and the faults they must notice."""

import pytest

from tests.soak.races import run
from tests.soak.rounds import ROUNDS, across, move_the_last, reserve_the_last


def _url(database: str, request: pytest.FixtureRequest, tmp_path) -> str:
    return request.getfixturevalue("postgres_url") if database == "postgres" else f"sqlite:///{tmp_path / 'floor.db'}"


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_the_last_units_are_sold_once_and_losers_are_told_plainly(database, request, tmp_path):
    outcome = run(_url(database, request, tmp_path), len(ROUNDS), 20, 7, print)
    assert (outcome.oversold, outcome.broken) == ([], [])
    assert outcome.rounds.total() == len(ROUNDS)
    assert outcome.refused > outcome.refused_http > 0


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_stock_that_is_read_and_then_written_is_found_oversold(database, request, tmp_path):
    kinds = (reserve_the_last, move_the_last)
    outcome = run(_url(database, request, tmp_path), 2, 20, 7, print, "read-then-write", kinds)
    assert any("units were accepted, there were" in words for words in outcome.oversold)


@pytest.mark.slow
def test_rows_touched_in_any_order_are_found_as_deadlocks(postgres_url):
    outcome = run(postgres_url, 1, 6, 7, print, "unsorted", (across,))
    assert any("deadlock" in words.lower() or "changed meanwhile" in words for words in outcome.broken)


@pytest.mark.slow
def test_writers_that_begin_as_readers_are_found_as_locked(tmp_path):
    outcome = run(f"sqlite:///{tmp_path / 'floor.db'}", len(ROUNDS), 8, 7, print, "deferred")
    assert any("database is locked" in words for words in outcome.broken)
