"""What the rules say, and whole-fen shares."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from floor.returns.models import Disposition, Grade, ReturnReason
from floor.returns.rules import CHECKS, DISPOSITIONS, Rules, goods_share, silent_grades, worth
from tests.returns.worlds import ALL_WELL

G, D, R = Grade, Disposition, ReturnReason


@pytest.mark.parametrize(
    ("grade", "reason", "failed", "says"),
    [
        (G.A, R.WRONG_SIZE, "", D.RESTOCK),
        (G.A, R.WRONG_SIZE, "packaging", D.REWORK),
        (G.A, R.WRONG_SIZE, "complete", D.SECOND_CHOICE),
        (G.A, R.WRONG_SIZE, "clean", D.SECOND_CHOICE),
        (G.A, R.WRONG_SIZE, "works", D.SUPPLIER),
        (G.B, R.WRONG_SIZE, "", D.SECOND_CHOICE),
        (G.B, R.WRONG_SIZE, "works", D.SUPPLIER),
        (G.C, R.DAMAGED, "", D.SUPPLIER),
        (G.C, R.WRONG_SIZE, "", D.SCRAP),
        (G.D, R.DAMAGED, "", D.SCRAP),
    ],
)
def test_a_grade_a_reason_and_a_failed_check_have_one_answer(grade, reason, failed, says):
    checks = {name: name != failed for name in CHECKS}
    assert Rules().suggest(grade, reason, checks).disposition == says


def test_every_case_has_a_rule_and_a_grade_without_a_general_one_is_named():
    assert all(Rules().suggest(grade, reason, ALL_WELL) for grade in G for reason in R)
    assert silent_grades(DISPOSITIONS) == []
    assert silent_grades(DISPOSITIONS[1:-1]) == [G.A, G.D]


@given(st.integers(0, 10**7), st.integers(-(10**7), 10**7))
def test_an_exchange_credits_no_more_than_was_paid_and_no_more_than_the_other_goods_cost(share, difference):
    credit, value = worth(share, difference)
    assert 0 <= credit <= min(share, value)
    assert value - credit == max(0, difference)
    assert share - credit == min(share, max(0, -difference))


def test_three_units_of_one_yuan_come_back_as_33_33_34_fen():
    given_fen, shares = 0, []
    for done in range(3):
        shares.append(goods_share(100, 3, done, given_fen, 1))
        given_fen += shares[-1]
    assert shares == [33, 33, 34]


@given(st.integers(0, 10**7), st.lists(st.integers(1, 9), min_size=1, max_size=12), st.data())
def test_however_the_units_come_back_and_are_undone_the_sum_is_what_was_paid(paid, parts, data):
    ordered, order = sum(parts), list(range(len(parts)))
    given_fen: dict[int, int] = {}
    undone = data.draw(st.lists(st.sampled_from(order), max_size=6))
    for n in [*order, *undone]:
        given_fen.pop(n, None)
        done = sum(parts[m] for m in given_fen)
        given_fen[n] = goods_share(paid, ordered, done, sum(given_fen.values()), parts[n])
        assert sum(given_fen.values()) <= paid
    assert sum(given_fen.values()) == paid
