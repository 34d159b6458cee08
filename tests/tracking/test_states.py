"""Where a parcel stands: the same for any order of the same events."""

import json
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from floor.tracking import codes
from floor.tracking.codes import CODES, Problem
from floor.tracking.states import BACKWARD, Standing, TrackState, after, standing

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


#: A story with everything in it: a good way, a detour, an unknown code, a signature, and the way back.
SEVEN = (S.LABEL_MADE, S.COLLECTED, S.IN_TRANSIT, S.ATTEMPT_FAILED, None, S.DELIVERED, S.RETURNING)


def test_all_5040_orders_of_seven_events_end_in_the_same_place():
    story = [(START + timedelta(hours=n), meaning) for n, meaning in enumerate(SEVEN)]
    ends = {standing(order) for order in permutations(story)}
    assert ends == {Standing(S.RETURNING, START + timedelta(hours=6), START + timedelta(hours=5))}


def test_all_5040_orders_of_seven_events_at_one_moment_end_in_the_same_place():
    assert {standing(order).state for order in permutations([(START, meaning) for meaning in SEVEN])} == {S.RETURNING}


#: The public tables of what carriers' codes mean, where they lie beside this repository; they are not part of it.
FACTS = Path(__file__).resolve().parents[3] / "shared" / "protocols" / "facts" / "status_map.json"
STATES = {
    "INFO_RECEIVED": S.LABEL_MADE, "PICKED_UP": S.COLLECTED, "IN_TRANSIT": S.IN_TRANSIT, "CUSTOMS": S.IN_TRANSIT,
    "OUT_FOR_DELIVERY": S.OUT_FOR_DELIVERY, "AVAILABLE_FOR_PICKUP": S.AVAILABLE, "ATTEMPT_FAILED": S.ATTEMPT_FAILED,
    "DELIVERED": S.DELIVERED, "EXCEPTION": S.EXCEPTION, "RETURNING": S.RETURNING, "RETURNED": S.RETURNED,
    "CANCELLED": S.EXCEPTION, "PENDING": None, "EXPIRED": None,
}  # fmt: skip
PROBLEMS = {
    "LOST": Problem.LOST, "DAMAGED": Problem.DAMAGED, "DELAYED": Problem.DELAYED, "REFUSED": Problem.REFUSED,
    "ADDRESS_PROBLEM": Problem.ADDRESS, "UNREACHABLE": Problem.UNREACHABLE, "OUT_OF_AREA": Problem.OUT_OF_AREA,
    "PICKUP_OVERDUE": Problem.NOT_FETCHED, "CUSTOMS_PROBLEM": Problem.CUSTOMS, "SEIZED_OR_DESTROYED": Problem.LOST,
    "OTHER": Problem.OTHER, None: None,
}  # fmt: skip
TABLES = ("kuaidi100", "sf_opCode", "aftership_tag", "aftership_subtag_confirmed", "track17_main", "track17_sub")


@pytest.mark.skipif(not FACTS.exists(), reason="the public tables are not beside this repository")
def test_our_table_says_what_the_public_tables_say():
    """`Exception` alone is our own word too: held up, nobody knows why."""
    facts = json.loads(FACTS.read_text())
    wrong = []
    for table in TABLES:
        for code, (state, problem) in ((c, m) for c, m in facts[table].items() if isinstance(m, list)):
            ours = (codes.meaning(code), codes.problem(code))
            cancelled = Problem.CANCELLED if state == "CANCELLED" else PROBLEMS[problem]
            if ours != (STATES[state], cancelled) and code != "Exception":
                wrong.append((table, code, ours))
    assert wrong == []
