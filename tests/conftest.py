"""What every test can ask for: the house on either database, people signed in, a relay; and tests/servers.py."""

import gc
import shutil
from collections.abc import Callable, Iterator
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
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "floor.db"
    _build(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres) -> str:
    url = postgres.create_database()
    _build(url)
    return url.rsplit("/", 1)[1]


@pytest.fixture(scope="session")
def folder_of_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("house")


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A fresh house of its own per test, once on each database; always at the same address (see `app`)."""
    if request.param == "sqlite":
        path = request.getfixturevalue("folder_of_sqlite") / "floor.db"
        for left in path.parent.iterdir():
            left.unlink()
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    cluster = request.getfixturevalue("postgres")
    url = cluster.create_database(request.getfixturevalue("postgres_template"), "house")
    yield url
    cluster.drop_database(url)


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
def app(built: Flask, database_url: str, databases: dict[str, Database]) -> Iterator[Flask]:
    """The application at work on this test's house. Whoever changes it takes one of its own (`create_app`)."""
    work_under(replace(SETTINGS, database_url=database_url), built)
    uow.bind(databases.setdefault(database_url, uow.database()))
    yield built
    databases[database_url].engine.dispose()


@pytest.fixture
def db(app: Flask) -> Iterator[Session]:
    """One open unit of work, for tests of verbs. It is rolled back; use `unit_of_work()` to keep things."""
    with (
        uow.database().write_turn(),
        uow.database().engine.connect().execution_options(floor_write=True) as line,
        Session(line, expire_on_commit=False) as session,
    ):
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
