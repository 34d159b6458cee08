import pytest

from solver.common import Stop, gap_between


def test_a_stop_rule_without_seconds_never_ends_by_the_clock():
    watch = Stop(work=1).watch()
    assert not watch.is_over()
    assert not watch.was_late


def test_a_stop_rule_of_zero_seconds_is_over_at_once_and_remembers_it():
    watch = Stop(seconds=0).watch()
    assert watch.is_over()
    assert watch.was_late


def test_a_stop_rule_refuses_negative_effort():
    with pytest.raises(ValueError, match="negative"):
        Stop(work=-1)


def test_the_gap_is_zero_at_the_bound_and_unknown_without_one():
    assert gap_between(100, 100) == 0.0
    assert gap_between(110, 100) == pytest.approx(0.1)
    assert gap_between(100, None) is None
