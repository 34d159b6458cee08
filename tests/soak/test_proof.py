"""The soak is worth its minutes only if its proof finds what it looks for."""

from floor.allocation import service as allocation
from floor.kit import ids
from floor.kit.actor import Actor
from floor.kit.uow import unit_of_work
from tests.soak.phone import Book, Promise
from tests.soak.proof import prove

BOSS = Actor("user", None, "Dai")


def _asked_by(command_id: str, times: int = 1) -> None:
    """A run asked for under this command id."""
    token = ids.current_command.set(command_id)
    with unit_of_work() as db:
        for _time in range(times):
            allocation.ask(db, "optimal", {}, BOSS)
    ids.current_command.reset(token)


def test_what_was_kept_as_promised_is_neither_lost_nor_doubled(app):
    _asked_by("command-1")
    verdict = prove(Book(promises=[Promise("asked", "command-1")]), "ok   everything\n")
    assert (verdict.lost, verdict.doubled, verdict.broken) == ([], [], [])


def test_an_acknowledged_command_without_its_effect_is_lost(app):
    verdict = prove(Book(promises=[Promise("asked", "command-1"), Promise("message", "m-1", 1, "SO-000001")]), "")
    assert any("command-1" in words for words in verdict.lost)
    assert any("m-1" in words for words in verdict.lost)


def test_an_effect_twice_or_of_nobodys_command_is_doubled(app):
    _asked_by("command-1", times=2)
    _asked_by("command-2")
    verdict = prove(Book(promises=[Promise("asked", "command-1")]), "")
    assert any("command-1 wrote" in words for words in verdict.doubled)
    assert any("command-2 was never acknowledged" in words for words in verdict.doubled)


def test_what_flask_check_complains_about_is_broken(app):
    verdict = prove(Book(), "ok   one\nBAD  two\n       row 7\n")
    assert verdict.broken == ["flask check: BAD  two", "flask check:        row 7"]
