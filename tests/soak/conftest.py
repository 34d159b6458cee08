"""What samples of the soaks begin with."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of this test's own, migrated as the soak would do it, and nobody in it."""
    if request.param == "sqlite":
        yield f"sqlite:///{shutil.copy(request.getfixturevalue('sqlite_empty'), tmp_path / 'floor.db')}"
        return
    cluster = request.getfixturevalue("postgres")
    found = cluster.create_database(request.getfixturevalue("postgres_empty"))
    yield found
    cluster.drop_database(found)
