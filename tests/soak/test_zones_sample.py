"""A sample of the stretches without net, on SQLite: what a phone keeps is no matter of the database, and the journeys
through dead zones take both. `python -m tests.soak.zones` runs as many as one likes, on either."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from floor.kit import uow
from floor.kit.db import Database
from tests.running import RunningHouse, running_house
from tests.soak import zones

pytestmark = pytest.mark.browser


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[tuple[RunningHouse, dict[str, str]]]:
    uow.bind(Database(database_url))
    with uow.unit_of_work() as db:
        ean = zones.furnish(db)
    uow.database().dispose()
    with running_house(database_url, tmp_path) as running:
        uow.bind(Database(database_url))
        yield running, ean
        uow.database().dispose()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_three_stretches_without_net_end_as_the_script_says(house, browser: Browser) -> None:
    running, ean = house
    report = zones.run(browser, running.port, ean, cycles=3, seed=7)
    assert report.faults == []
    assert report.cycles >= 3
    assert report.events > 3
