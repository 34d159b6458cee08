"""What every test can ask for: the house on either database, people signed in, a relay; and tests/servers.py."""

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
from floor.factory import create_app
from floor.kit import uow
from floor.kit.db import Database
from floor.settings import Settings
from tests.cast import hire_cast
from tests.web_client import Person

pytest_plugins = ["tests.servers"]

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


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh house of its own per test, once on each database."""
    if request.param == "sqlite":
        path = tmp_path / "floor.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    cluster = request.getfixturevalue("postgres")
    url = cluster.create_database(request.getfixturevalue("postgres_template"))
    yield url
    cluster.drop_database(url)


@pytest.fixture
def app(database_url: str) -> Iterator[Flask]:
    app = create_app(replace(SETTINGS, database_url=database_url))
    app.config["TESTING"] = True
    yield app
    uow.database().dispose()


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
    return lambda name: Person(app, name)
