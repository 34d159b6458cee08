"""Every command once: repeats, twins in flight, reused ids, refusals, and the doors' guards."""

import threading
import time
import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Response, make_response, request
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, select

from floor.events.models import AuditEvent
from floor.events.service import Event, record
from floor.factory import create_app
from floor.kit import clock, uow
from floor.kit.errors import Conflict
from floor.kit.uow import reading, unit_of_work
from floor.web import commands
from floor.web.auth import actor, roles
from floor.web.commands import command
from tests.conftest import SETTINGS
from tests.web_client import Person


@pytest.fixture
def app(database_url):
    """One of its own: the bell is no door of the house."""
    app = create_app(replace(SETTINGS, database_url=database_url))
    app.config["TESTING"] = True
    yield app
    uow.database().dispose()


@pytest.fixture
def bell(app):
    """A view that rings (records an event) once per command, slowly, and refuses when told."""

    @roles("picker")
    @command
    def ring(db: Session) -> Response:
        record(db, Event("test.bell.rung", "bell", 1), actor())
        time.sleep(float(request.form.get("slow", 0)))
        if request.form.get("refuse"):
            raise Conflict("orders.changed_meanwhile")
        return make_response(f"rung {uuid.uuid4()}", int(request.form.get("status", 200)))

    app.add_url_rule("/bell", "bell", ring, methods=["POST"])
    return lambda: _rings()


def _rings() -> int:
    with reading() as db:
        return len(db.exec(select(AuditEvent).where(AuditEvent.kind == "test.bell.rung")).all())


def test_a_repeat_gets_the_first_answer_and_nothing_happens_twice(bell, sign_in):
    ana, same = sign_in("Ana"), str(uuid.uuid4())
    first = ana.post("/bell", command_id=same)
    again = ana.post("/bell", command_id=same)
    assert (again.status_code, again.text) == (first.status_code, first.text)
    assert again.headers["Idempotent-Replay"] == "true"
    assert bell() == 1


def test_an_answer_of_422_that_a_view_returned_is_replayed_too(bell, sign_in):
    ana, same = sign_in("Ana"), str(uuid.uuid4())
    first = ana.post("/bell", {"status": "422"}, command_id=same)
    assert (first.status_code, first.text) == (422, ana.post("/bell", {"status": "422"}, command_id=same).text)


def test_the_same_id_with_another_payload_is_refused(bell, sign_in):
    ana, same = sign_in("Ana"), str(uuid.uuid4())
    ana.post("/bell", {"loud": "yes"}, command_id=same)
    assert ana.post("/bell", {"loud": "no"}, command_id=same).status_code == 422
    assert bell() == 1


def test_somebody_elses_id_is_refused(bell, sign_in):
    same = str(uuid.uuid4())
    sign_in("Ana").post("/bell", command_id=same)
    assert sign_in("Ben").post("/bell", command_id=same).status_code == 422


def test_a_refused_command_leaves_nothing_and_may_be_sent_again_corrected(bell, sign_in):
    ana, same = sign_in("Ana"), str(uuid.uuid4())
    assert ana.post("/bell", {"refuse": "yes"}, command_id=same).status_code == 409
    assert bell() == 0
    assert ana.post("/bell", command_id=same).status_code == 200
    assert bell() == 1


def test_a_command_without_an_id_is_refused(bell, sign_in):
    ana = sign_in("Ana")
    assert ana.client.post("/bell", data={"csrf_token": ana.token}).status_code == 422
    assert bell() == 0


def test_twins_in_flight_happen_once_and_both_hear_the_same(bell, app):
    same, answers = str(uuid.uuid4()), []
    people = [Person(app, "Ana") for _ in range(4)]
    start = threading.Barrier(len(people))

    def tap(person: Person) -> None:
        start.wait()
        answers.append(person.post("/bell", {"slow": "0.3"}, command_id=same).text)

    threads = [threading.Thread(target=tap, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(answers)) == 1
    assert bell() == 1


def test_a_line_that_broke_in_the_commit_is_not_told_as_nothing_happened(bell, sign_in, app, monkeypatch):
    """The commit was done, its answer was lost: the house cannot know, and the same id again finds out."""
    app.config["TESTING"] = False
    ana, commit = sign_in("Ana"), Session.commit

    def broken(session: Session) -> None:
        commit(session)
        raise OperationalError("COMMIT", None, Exception("server closed the connection unexpectedly"))

    monkeypatch.setattr(Session, "commit", broken)
    answer = ana.post("/bell", command_id="command-1")
    monkeypatch.undo()
    assert answer.status_code == 500
    assert "nothing is done twice" in answer.text
    assert ana.post("/bell", command_id="command-1").text.startswith("rung ")
    assert bell() == 1


def test_an_old_answer_is_forgotten_but_its_id_never_counts_again(bell, sign_in):
    ana, same = sign_in("Ana"), str(uuid.uuid4())
    ana.post("/bell", command_id=same)
    with clock.shifted(timedelta(days=8)), unit_of_work() as db:
        assert commands.forget_answers(db, timedelta(days=7)) == 1
    assert ana.post("/bell", command_id=same).status_code == 422
    assert bell() == 1


def test_a_form_without_its_token_is_refused(bell, sign_in):
    ana = sign_in("Ana")
    assert ana.client.post("/bell", data={"command_id": str(uuid.uuid4())}).status_code == 400
    assert bell() == 0


def test_the_wrong_role_is_403_a_stranger_goes_to_the_door_and_get_is_405(bell, sign_in, stranger):
    assert sign_in("Bo").post("/bell").status_code == 403
    assert sign_in("Ana").get("/bell").status_code == 405
    token = sign_in("Ana").token
    assert stranger.post("/bell", data={"csrf_token": token, "command_id": "x" * 10}).status_code == 400
    assert bell() == 0


def test_an_administrator_may_do_what_anyone_may(bell, sign_in):
    assert sign_in("Eve").post("/bell").status_code == 200
