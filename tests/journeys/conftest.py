"""A running house with a small company in it, and people with browsers."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from floor import wiring
from floor.cli import run_checks
from floor.events import queries as events
from floor.inventory import books
from floor.kit import uow
from floor.kit.db import Database
from tests.journeys.person import DESK, PATIENCE, PHONE, Person
from tests.journeys.wire import Wire
from tests.journeys.world import a_small_company
from tests.running import RunningHouse, ran, running_house


@dataclass
class House:
    """Server and worker on one database, which the test may read too. `ean[sku code]` is on the goods."""

    running: RunningHouse
    ean: dict[str, str]
    folder: Path
    wire: Wire

    @property
    def url(self) -> str:
        return self.wire.url

    def loses(self, person: Person) -> None:
        """Who walks into a dead zone: nothing gets through, and the browser says so."""
        self.wire.cut()
        person.context.set_offline(True)

    def finds(self, person: Person) -> None:
        self.wire.mend()
        person.context.set_offline(False)

    def is_sound(self) -> None:
        """What `flask check` proves; and nothing of its stock would be written anew."""
        broken = {name: rows for name, rows in run_checks(wiring.CHECKS).items() if rows}
        assert broken == {}
        with uow.reading() as db:
            assert books.stale(db) == []

    def passes_flask_check(self) -> None:
        """The same as whoever runs the house asks for it: the command, in a process of its own. On a busy machine the
        worker may have begun late: what a story of days ago left it is waited for."""
        until = time.monotonic() + PATIENCE / 1000
        while self._is_overdue() and time.monotonic() < until:
            time.sleep(0.1)
        code, said = ran("flask", "--app", "app", "check", env=self.running.settings.exported())
        assert code == 0, said

    def _is_overdue(self) -> bool:
        with uow.reading() as db:
            return bool(events.broken_outbox(db))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A journey that may be played either way is not played in all: on each database, with a script and without.

    Of its ways every other one is taken, so that each database and each way of asking is met; which they are, changes
    from journey to journey.
    """
    if config.getoption("--every-way"):
        return
    journeys: dict[object, int] = {}
    left = []
    for item in items:
        if isinstance(item, pytest.Function) and item.get_closest_marker("either_way"):
            turn = journeys.setdefault(item.function, len(journeys))
            if (sum(item.callspec.indices.values()) + turn) % 2:
                left.append(item)
    items[:] = [item for item in items if item not in left]
    config.hook.pytest_deselected(items=left)


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    uow.bind(Database(database_url))
    with uow.unit_of_work() as db:
        ean = a_small_company(db)
    uow.database().dispose()
    with running_house(database_url, tmp_path) as running:
        uow.bind(Database(database_url))
        with Wire(running.port) as wire:
            yield House(running, ean, tmp_path, wire)
        uow.database().dispose()


@pytest.fixture
def someone(house: House, new_context: Callable[..., BrowserContext]) -> Iterator[Callable[..., Person]]:
    """`someone("Ana")` signs in on a phone or at a desk; `someone()` is a stranger with a phone."""
    people: list[Person] = []

    def come(name: str = "", *, script: bool = True) -> Person:
        device = DESK if name in ("Chen", "Dai") else PHONE
        context = new_context(locale="en-GB", java_script_enabled=script, **device)
        person = Person(context, house.url, script=script)
        people.append(person)
        if name:
            person.sign_in(name)
        return person

    yield come
    troubles = [trouble for person in people for trouble in person.troubles]
    assert troubles == []
