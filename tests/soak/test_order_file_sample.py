"""A small piece of the order file's soak in every run of the tests: killed once, nothing twice, nothing lost."""

import pytest

from tests.soak.order_file import soak


@pytest.mark.slow
def test_an_order_file_killed_on_its_way_comes_in_whole_and_once(url, tmp_path):
    outcome = soak(url, 800, 1, 7, tmp_path, print)
    assert outcome.wrong == []
    assert outcome.kills == 1
    assert outcome.peak < 200
