"""Which order comes first and why; how long orders take is learned from the trail, and only used while it is better."""

from datetime import timedelta

import numpy as np
import pytest
from sqlmodel import select

from floor.audit import handling, jobs, learning, ranking
from floor.audit.models import Learned, Rank
from floor.audit.ranking import Standing
from floor.kit import clock
from floor.kit.uow import unit_of_work
from floor.orders.models import Order
from tests.audit.past import a_past
from tests.audit.test_audit import look, received


@pytest.mark.parametrize(
    ("standing", "priority"),
    [
        (Standing(-1), 1), (Standing(4), 1), (Standing(12), 3), (Standing(24), 5), (Standing(48), 7),
        (Standing(2, tier=2), 0), (Standing(48, tier=2), 5), (Standing(48, value_fen=100_000), 6),
        (Standing(48, waited=timedelta(hours=24)), 6), (Standing(48, is_delicate=True), 6),
        (Standing(13, minutes=120), 3), (Standing(13, minutes=30), 5),
    ],
)  # fmt: skip
def test_priority_follows_the_time_that_is_left_the_buyer_and_the_goods(standing, priority):
    assert ranking.rank(standing)[0] == priority


def test_an_order_in_danger_rises_and_says_why():
    priority, late, why = ranking.rank(Standing(1, minutes=50))
    assert (priority, late) == (0, True)
    assert [code for code, *_ in why] == ["time", "handling", "late"]
    assert ranking.rank(Standing(1, minutes=47))[1] is False


def test_what_waits_rises_by_itself(app):
    with unit_of_work() as db:
        order = received(db, promised_at=clock.now() + timedelta(hours=30), buyer_id="gold", tier=1)
        look(db, order)
        assert (order.priority, [one[0] for one in db.get(Rank, order.id).why]) == (6, ["time", "tier"])
    assert jobs.rank_again() == 0
    with clock.shifted(timedelta(hours=20)):
        assert jobs.rank_again() == 1
    with unit_of_work() as db:
        again = db.get(Order, order.id)
        assert (again.priority, again.version) == (2, order.version), "nobody who looks at it is disturbed"
        assert db.get(Rank, order.id).priority == 2


def test_without_enough_past_nothing_is_learned(app):
    assert jobs.learn_handling() == (None, None)
    assert "too few orders" in app.test_cli_runner().invoke(args=["audit", "learn"]).output


def test_the_house_learns_from_its_trail_and_stops_when_it_gets_worse(app):
    with unit_of_work() as db:
        a_past(db, 1200)
    output = app.test_cli_runner().invoke(args=["audit", "learn"]).output
    assert "900 orders learned, 300 later ones told" in output
    assert "version 1, in use" in output
    with unit_of_work() as db:
        row = db.exec(select(Learned)).one()
        assert row.figures["trees"] < row.figures["line"] < row.figures["mean"]
        order = received(db, promised_at=clock.now() + timedelta(minutes=3))
        look(db, order)
        rank = db.get(Rank, order.id)
        assert rank.minutes > 2
        assert (rank.is_late_risk, rank.priority) == (True, 0)
        row.made_at = clock.now() - timedelta(days=30)
        db.add(row)
    assert jobs.judge_handling() is False, "on what it knows it is better"
    with unit_of_work() as db:
        row = db.exec(select(Learned)).one()
        row.weights = {**row.weights, "base": row.weights["base"] + 3}
        db.add(row)
    assert jobs.judge_handling() is True
    with unit_of_work() as db:
        assert learning.newest(db, "handling") is None
        assert ranking.Ranker(db).learned is None


def test_what_cannot_be_told_is_kept_off():
    dice = np.random.default_rng(3)
    figures = handling.trial(dice.random((400, 6)), dice.exponential(20, 400))
    assert not figures.is_better or figures.trees > 0.97 * min(figures.line, figures.mean)
    weights = handling.learn(np.ones((50, 6)), np.full(50, 7.0))
    assert handling.predict(weights, np.ones((1, 6))) == pytest.approx([7.0])
