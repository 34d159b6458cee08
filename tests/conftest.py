"""What every test can ask for: the house on either database, people signed in, a relay; and tests/servers.py."""

import gc
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import Session

from floor import cli
from floor.events.relay import Relay
from floor.factory import create_app, work_under
from floor.kit import uow
from floor.kit.db import Database
from floor.settings import Settings
from tests.cast import hire_cast
from tests.furnished import Cluster, Files, Furniture, Kept
from tests.web_client import Person

pytest_plugins = ["tests.servers"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--every-way", action="store_true", help="play the journeys on each database, with a script and without"
    )


def pytest_collection_finish() -> None:
    """What is there now stays until the end: the collector of garbage need not look through it again and again."""
    gc.collect()
    gc.freeze()


SETTINGS = Settings(secret_key="a key for tests", rate_limits=False)


def _migrate(url: str) -> None:
    uow.bind(Database(url))
    cli.migrate()
    uow.database().dispose()


def _build(url: str) -> None:
    """A migrated database with the cast in it."""
    uow.bind(Database(url))
    cli.migrate()
    with uow.unit_of_work() as db:
        hire_cast(db)
    uow.database().dispose()


QUIET = ("no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking", "disable-sync")


@pytest.fixture(scope="session")
def base_url() -> None:
    """Ours instead of pytest-base-url's, whose fixture warns under pytest 9; addresses here are whole."""


@pytest.fixture(scope="session")
def browser_type_launch_args(chromium_path: str) -> dict[str, Any]:
    return {"executable_path": chromium_path, "args": [f"--{flag}" for flag in QUIET]}


@pytest.fixture(scope="session")
def sqlite_empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database with nobody in it, to copy: to migrate one takes longer than most tests."""
    path = tmp_path_factory.mktemp("empty") / "floor.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_empty(postgres) -> str:
    url = postgres.create_database()
    _migrate(url)
    return url.rsplit("/", 1)[1]


@pytest.fixture(scope="session")
def sqlite_template(sqlite_empty: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = shutil.copy(sqlite_empty, tmp_path_factory.mktemp("template") / "floor.db")
    _build(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres, postgres_empty: str) -> str:
    url = postgres.create_database(postgres_empty)
    _build(url)
    return url.rsplit("/", 1)[1]


@pytest.fixture(scope="session")
def sqlite_houses(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return Files(tmp_path_factory.mktemp("house"))


@pytest.fixture(scope="session")
def postgres_houses(postgres) -> Cluster:
    return Cluster(postgres)


@pytest.fixture
def furniture() -> Furniture | None:
    """What furnishes the houses of a module, which says so by a fixture of its own; see tests/furnished.py."""
    return None


@pytest.fixture(scope="module")
def showroom() -> Iterator[dict[tuple[str, Furniture], Kept]]:
    """The furnished houses of a module, by database and furniture."""
    room: dict[tuple[str, Furniture], Kept] = {}
    yield room
    for kept in room.values():
        kept.houses.forget(kept.template)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(
    request: pytest.FixtureRequest, furniture: Furniture | None, showroom: dict[tuple[str, Furniture], Kept]
) -> Iterator[str]:
    """A fresh house of its own per test, once on each database; always at the same address (see `app`)."""
    houses = request.getfixturevalue(f"{request.param}_houses")
    template, key = request.getfixturevalue(f"{request.param}_template"), (request.param, furniture)
    if furniture and key not in showroom:
        with _at_work(houses.open(template), request):
            found = furniture()
        showroom[key] = Kept.of(houses, found)
        houses.close()
    yield houses.open(showroom[key].template if key in showroom else template)
    houses.close()


@contextmanager
def _at_work(url: str, request: pytest.FixtureRequest) -> Iterator[Flask]:
    """The application at work on this house, each statement compiled once for all houses at this address."""
    app, databases = request.getfixturevalue("built"), request.getfixturevalue("databases")
    work_under(replace(SETTINGS, database_url=url), app)
    uow.bind(databases.setdefault(url, uow.database()))
    yield app
    databases[url].engine.dispose()


@pytest.fixture
def furnished(
    database_url: str, furniture: Furniture, showroom: dict[tuple[str, Furniture], Kept]
) -> Callable[[Session], Any]:
    """`furnished(db)`: what the furnisher gave back, its rows in this session."""
    kind = "sqlite" if database_url.startswith("sqlite") else "postgres"
    return showroom[kind, furniture].furnished


@pytest.fixture(scope="session")
def built() -> Flask:
    """The application, put together once a process: compiling addresses and templates takes longer than a test."""
    app = create_app(SETTINGS)
    app.config["TESTING"] = True
    return app


@pytest.fixture(scope="session")
def databases() -> dict[str, Database]:
    """By URL: each keeps the statements it compiled; its connections last one test."""
    return {}


@pytest.fixture
def app(database_url: str, request: pytest.FixtureRequest) -> Iterator[Flask]:
    """The application at work on this test's house. Whoever changes it takes one of its own (`create_app`)."""
    with _at_work(database_url, request) as built:
        yield built


@contextmanager
def rolled_back() -> Iterator[Session]:
    """A unit of work on this process's database, of which nothing stays."""
    with (
        uow.database().write_turn(),
        uow.database().engine.connect().execution_options(floor_write=True) as line,
        Session(line, expire_on_commit=False) as session,
    ):
        yield session


@pytest.fixture
def db(app: Flask) -> Iterator[Session]:
    """One open unit of work, for tests of verbs. It is rolled back; use `unit_of_work()` to keep things."""
    with rolled_back() as session:
        yield session


@pytest.fixture
def relay(app: Flask) -> Relay:
    """Carries the outbox when told: `relay.drain()`."""
    return Relay(app.extensions["handlers"])


@pytest.fixture
def stranger(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def sign_in(app: Flask) -> Callable[[str], Person]:
    """`sign_in("Ana")` -> a browser with Ana's session, English, forms filled with token and command id."""
    return lambda name: Person.let_in(app, name)
