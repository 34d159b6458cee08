"""A small piece of the order file's soak in every run of the tests: killed once, nothing twice, nothing lost."""

import pytest

from tests.soak.order_file import soak


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_an_order_file_killed_on_its_way_comes_in_whole_and_once(database, request, tmp_path):
    url = f"sqlite:///{tmp_path / 'floor.db'}"
    if database == "postgres":
        url = request.getfixturevalue("postgres_url")
    outcome = soak(url, 800, 1, 7, tmp_path, print)
    assert outcome.wrong == []
    assert outcome.kills == 1
    assert outcome.peak < 200
