"""The relay: once when all is well, again after failures, never by two at a time."""

import threading
from datetime import timedelta

import pytest
from sqlmodel import select

from floor.events import queries, service
from floor.events.models import Delivery, OutboxMessage
from floor.events.relay import MAX_ATTEMPTS, Chores, Relay, retry_dead
from floor.events.service import Event, record
from floor.kit import clock
from floor.kit.actor import SYSTEM
from floor.kit.uow import reading, unit_of_work


@pytest.fixture
def heard(app):
    """Subscribes `ear` to test.thing.happened; returns what the ear has heard."""
    service.subscribe({"test.thing.happened": ("ear",)})
    return []


def _happen(n: int = 1) -> None:
    with unit_of_work() as db:
        for number in range(n):
            record(db, Event("test.thing.happened", "thing", number, data={"n": number}), SYSTEM)


def _message() -> OutboxMessage:
    with reading() as db:
        return db.exec(select(OutboxMessage)).one()


def test_each_event_reaches_its_subscriber_once_and_in_order(heard):
    _happen(5)
    relay = Relay({"ear": lambda happened: heard.append(happened.data["n"])})
    assert relay.drain() == 5
    assert heard == [0, 1, 2, 3, 4]
    assert relay.drain() == 0
    assert _states() == {Delivery.SENT}


def _states() -> set[Delivery]:
    with reading() as db:
        return {row.state for row in db.exec(select(OutboxMessage))}


def test_an_event_nobody_committed_is_heard_by_nobody(heard):
    def breaks() -> None:
        with unit_of_work() as db:
            record(db, Event("test.thing.happened", "thing", 1), SYSTEM)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        breaks()
    assert Relay({"ear": heard.append}).drain() == 0


def test_a_failing_handler_is_tried_later_and_its_words_are_kept(heard):
    _happen()

    def fails(_happened):
        raise ValueError("the carrier does not answer")

    Relay({"ear": fails}).drain()
    assert "the carrier does not answer" in _message().error
    assert Relay({"ear": heard.append}).drain() == 0  # not due yet
    with clock.shifted(timedelta(minutes=1)):
        assert Relay({"ear": heard.append}).drain() == 1
    assert len(heard) == 1


def test_after_too_many_failures_it_is_put_aside_shown_and_can_be_retried(heard):
    _happen()

    def fails(_happened):
        raise ValueError("never")

    for n in range(MAX_ATTEMPTS):
        with clock.shifted(timedelta(hours=n)):
            Relay({"ear": fails}).drain()
    assert _message().state is Delivery.DEAD
    with unit_of_work() as db:
        assert queries.broken_outbox(db) == [f"outbox_message {_message().id}: ear is dead: ValueError: never"]
        assert retry_dead(db, _message().id)
    assert Relay({"ear": heard.append}).drain() == 1


def test_a_dead_workers_message_goes_to_another_after_its_lease_and_the_dead_one_cannot_settle(heard):
    _happen()
    dead, alive = Relay({"ear": heard.append}), Relay({"ear": heard.append})
    (held,) = dead._claim(10)
    assert alive.run_once() == 0  # the lease still holds
    with clock.shifted(timedelta(seconds=61)):
        assert alive.run_once() == 1
    dead._carry(held)  # wakes up again: its fence is old, so it must not run the handler
    assert len(heard) == 1


def test_an_unknown_handler_is_an_error_a_person_sees(heard):
    _happen()
    Relay({}).drain()
    assert "no handler is called 'ear'" in _message().error


def test_a_running_relay_carries_tidies_and_stops_when_told(heard):
    _happen(2)
    stop, tidied = threading.Event(), []

    def hear(happened):
        heard.append(happened.data["n"])
        if len(heard) == 2:
            stop.set()

    Relay({"ear": hear}).run_forever(stop, Chores({"tidy": (3600, lambda: tidied.append(True))}))
    assert heard == [0, 1]
    assert tidied == [True]


def test_a_chore_comes_round_when_its_time_is_over_and_a_failing_one_stops_nobody(caplog):
    done = []

    def breaks():
        done.append("breaks")
        raise RuntimeError("no paper")

    chores = Chores({"breaks": (0, breaks), "often": (0, lambda: done.append("often")), "rarely": (3600, list)})
    assert chores.run_due() == ["breaks", "often", "rarely"]
    assert chores.run_due() == ["breaks", "often"], "the failing one is tried again at its next turn"
    assert done == ["breaks", "often"] * 2
    assert "chore breaks failed" in caplog.text


def test_every_chore_of_the_house_may_run_twice(app, caplog):
    chores = Chores({name: (0, do) for name, (_every, do) in app.extensions["chores"].items()})
    for _ in range(2):
        assert chores.run_due() == list(app.extensions["chores"])
    assert "failed" not in caplog.text
