"""Where a parcel stands: the same for any order of the same events."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from floor.tracking import codes
from floor.tracking.codes import CODES, Problem
from floor.tracking.states import BACKWARD, TrackState, after, standing

S = TrackState
START = datetime(2026, 11, 1, tzinfo=UTC)

moments = st.integers(0, 5).map(lambda hours: START + timedelta(hours=hours))
told = st.lists(st.tuples(moments, st.one_of(st.none(), st.sampled_from(TrackState))), max_size=12)


@given(told, st.randoms(use_true_random=False))
def test_the_same_events_in_any_order_and_repeated_lead_to_the_same_place(events, random):
    shuffled = events + [random.choice(events) for _ in range(3) if events]
    random.shuffle(shuffled)
    assert standing(shuffled) == standing(events)


@given(told)
def test_delivered_never_falls_back_except_into_a_return(events):
    now = standing(events)
    if now.delivered_at is not None:
        assert now.state in (S.DELIVERED, *BACKWARD)


@given(st.sampled_from(TrackState), st.sampled_from(TrackState))
def test_every_step_goes_to_what_was_said_or_nowhere(state, meaning):
    assert after(state, meaning) in (state, meaning)


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ([], S.LABEL_MADE),
        ([S.COLLECTED, S.IN_TRANSIT, S.COLLECTED], S.IN_TRANSIT),
        ([S.IN_TRANSIT, S.EXCEPTION, S.IN_TRANSIT], S.IN_TRANSIT),
        ([S.OUT_FOR_DELIVERY, S.ATTEMPT_FAILED, S.OUT_FOR_DELIVERY, S.DELIVERED], S.DELIVERED),
        ([S.DELIVERED, S.EXCEPTION, S.IN_TRANSIT], S.DELIVERED),
        ([S.DELIVERED, S.RETURNING], S.RETURNING),
        ([S.EXCEPTION, S.RETURNING, S.DELIVERED], S.RETURNING),
        ([S.RETURNING, S.RETURNED, S.DELIVERED], S.RETURNED),
    ],
)
def test_a_story_hour_by_hour(said, state):
    assert standing((START + timedelta(hours=n), meaning) for n, meaning in enumerate(said)).state == state


def test_a_state_keeps_the_moment_it_began():
    again = [(START, S.IN_TRANSIT), (START + timedelta(hours=3), S.IN_TRANSIT)]
    assert standing(again).changed_at == START


def test_every_state_has_a_neutral_name_and_an_unknown_code_means_nothing():
    assert all(codes.meaning(state.value) == state for state in TrackState)
    assert codes.meaning("9999") is None
    assert codes.meaning("DELIVERED") == S.DELIVERED
    assert codes.problem("203") == Problem.REFUSED
    assert all(problem is None or state in (S.EXCEPTION, S.ATTEMPT_FAILED) for state, problem in CODES.values())
