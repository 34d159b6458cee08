"""The customer's link: nobody guesses it, nobody learns from trying, and whoever tries often is stopped."""

import re
from dataclasses import replace

import pytest

from floor.factory import create_app, work_under
from floor.kit import uow
from floor.kit.ids import public_token
from floor.kit.uow import unit_of_work
from floor.settings import bound
from floor.web.limits import limiter
from tests.conftest import SETTINGS
from tests.tracking.worlds import a_world


def test_a_link_holds_128_bits_and_no_two_are_alike():
    tokens = {public_token() for _ in range(5000)}
    assert len(tokens) == 5000
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{22}", token) for token in tokens)
    # Each place but the last, which carries two bits, shows every letter about as often.
    for place in range(21):
        assert len({token[place] for token in tokens}) == 64


def test_what_is_unknown_is_answered_the_same_whatever_was_tried(app, stranger):
    with unit_of_work() as db:
        world = a_world(db)
        token = world.shipped([(world.tee, 1)]).public_token
    tried = ["1", "SO-000001", token[:-1], token.swapcase(), token + "A", "x" * 22, "%00", "' OR 1=1"]
    answers = {(answer.status_code, _bare(answer.text)) for answer in map(stranger.get, (f"/t/{t}" for t in tried))}
    assert len(answers) == 1
    assert answers.pop()[0] == 404
    assert stranger.get(f"/t/{token}").status_code == 200


def _bare(page: str) -> str:
    """Without what is other on each page: its own address, its tokens and ids."""
    return re.sub(r'(value|href|content|nonce)="[^"]*"', "", page)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_whoever_tries_many_links_is_stopped(database_url):
    stranger = create_app(replace(SETTINGS, database_url=database_url, rate_limits=True)).test_client()
    statuses = [stranger.get(f"/t/{public_token()}").status_code for _ in range(125)]
    assert statuses[:120] == [404] * 120
    assert set(statuses[120:]) == {429}


def test_who_works_next_in_this_process_is_limited_as_their_own_settings_say(stranger):
    """One limiter serves all of a process."""
    limiter.enabled = True  # as the application above left it
    work_under(bound(), stranger.application)
    assert {stranger.get(f"/t/{public_token()}").status_code for _ in range(125)} == {404}
    uow.database().dispose()
