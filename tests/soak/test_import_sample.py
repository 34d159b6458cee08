"""A small piece of the import's soak in every run of the tests: killed while it looks, killed while it books."""

import pytest

from tests.soak.import_rows import FAULTS, soak


@pytest.mark.slow
def test_an_import_killed_twice_books_every_good_row_once_and_reports_every_bad_one(url, tmp_path):
    outcome = soak(url, 2000, 2, 7, tmp_path, print)
    assert outcome.wrong == []
    assert outcome.reasons == dict.fromkeys(FAULTS, 2)
    assert outcome.kills.total(), "nobody was killed"
