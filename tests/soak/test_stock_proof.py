"""The proof of the stock soaks finds what it looks for, deed by deed."""

from dataclasses import replace

import pytest

from floor.factory import create_app
from floor.kit import uow
from floor.kit.uow import unit_of_work
from tests.conftest import SETTINGS
from tests.soak import deeds
from tests.soak.deeds import Deed
from tests.soak.shelves import Shelves, furnish
from tests.soak.stock_proof import Told, prove_stock


@pytest.fixture
def app(database_url):
    """One of its own: the soak's doors are no doors of the house."""
    app = create_app(replace(SETTINGS, database_url=database_url))
    app.config["TESTING"] = True
    yield app
    uow.database().dispose()


@pytest.fixture
def shelves(app) -> Shelves:
    deeds.install(app)
    return furnish()


@pytest.fixture
def received(app, shelves) -> Deed:
    """Five units, received and acknowledged."""
    return _sent(
        app,
        Deed(1, "soak-1-000000001", "receive", ((shelves.skus[0], 5, shelves.beyond["supplier"], shelves.picks[0]),)),
    )


def _sent(app, deed: Deed) -> Deed:
    assert deeds.send(app.test_client(), deed).status == 200
    return deed


def _told(*accepted: Deed) -> Told:
    by_id = {deed.command_id: deed for deed in accepted}
    return Told(begun=dict(by_id), accepted=dict(by_id))


def _promise(shelves: Shelves, units: int) -> Deed:
    return Deed(2, "soak-1-000000002", "reserve", (), ((shelves.picks[0], shelves.skus[0], units),))


def test_what_was_done_as_told_is_neither_lost_nor_doubled(app, shelves, received):
    promised = _sent(app, _promise(shelves, 2))
    verdict = prove_stock(app, _told(received, promised))
    assert (verdict.lost, verdict.doubled, verdict.broken) == ([], [], [])


def test_an_acknowledged_deed_without_its_rows_is_lost(app, shelves, received):
    verdict = prove_stock(app, _told(received, _promise(shelves, 2)))
    assert any("soak-1-000000002 was acknowledged and is not known" in words for words in verdict.lost)
    assert any("units promised" in words for words in verdict.lost)


def test_a_deed_nobody_was_told_of_or_done_twice_is_doubled(app, shelves, received):
    with unit_of_work() as db:
        deeds.perform(db, received)
    verdict = prove_stock(app, _told(received))
    assert any("promised 5, found 10" in words for words in verdict.doubled)
    verdict = prove_stock(app, Told())
    assert any("soak-1-000000001 was never acknowledged" in words for words in verdict.doubled)


def test_a_deed_that_was_begun_and_never_answered_is_broken(app, shelves, received):
    told = _told(received)
    told.begun["soak-1-000000002"] = _promise(shelves, 1)
    assert prove_stock(app, told).broken == ["soak-1-000000002 was never answered"]


def test_a_repeat_gets_the_first_answer_and_a_loser_the_plain_sentence(app, shelves, received):
    again = deeds.send(app.test_client(), received)
    assert (again.status, again.is_replay) == (200, True)
    client = app.test_client()
    answer = client.post(
        deeds.URL,
        data={"command_id": "soak-1-000000003", "deed": _promise(shelves, 6).as_json()},
        headers={"Accept": "application/json", "Accept-Language": "en"},
    )
    assert (answer.status_code, answer.json) == (
        409, {"error": "Somebody else was faster: there are not enough units left."},
    )  # fmt: skip
