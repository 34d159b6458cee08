"""A person with a browser, for tests over HTTP without one."""

import re
import uuid
from typing import Any

from flask import Flask, make_response, session
from flask_login import login_user
from flask_wtf.csrf import generate_csrf
from sqlmodel import select
from werkzeug.http import parse_cookie
from werkzeug.test import TestResponse

from floor.kit.uow import unit_of_work
from floor.people import service
from floor.people.models import User
from floor.people.views import load_user
from tests.cast import CAST, PIN

HTMX = {"HX-Request": "true"}


class Person:
    """Signed in; `post` sends the CSRF token and a fresh command id unless told otherwise."""

    def __init__(self, app: Flask, name: str) -> None:
        self.name = name
        self.client = app.test_client()
        badge, self.role = CAST[name]
        page = self.client.get("/session")
        self.token = csrf_of(page.text)
        answer = self.client.post("/session", data={"badge": badge, "pin": PIN, "csrf_token": self.token})
        assert answer.status_code == 303, answer.text
        self.token = csrf_of(self.client.get("/me/settings").text)

    @classmethod
    def let_in(cls, app: Flask, name: str) -> "Person":
        """As if they had come through the door and opened a page: the same rows and the same cookie, but without the
        three pages, which take a fifth of a test. The door is tested by who goes through it."""
        person = cls.__new__(cls)
        person.name, person.client = name, app.test_client()
        badge, person.role = CAST[name]
        with unit_of_work() as db:
            user = db.exec(select(User).where(User.badge == badge)).one()
            token = service.start_login(db, user, person.client.environ_base["HTTP_USER_AGENT"])
        with app.test_request_context(environ_base=person.client.environ_base):
            login_user(load_user(token))  # type: ignore[arg-type]
            person.token = generate_csrf()
            answer = make_response("")
            app.session_interface.save_session(app, session, answer)  # type: ignore[arg-type]
        cookie = parse_cookie(answer.headers["Set-Cookie"].partition(";")[0])
        for key, value in cookie.items():
            person.client.set_cookie(key, value)
        return person

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        return self.client.get(path, **kwargs)

    def post(
        self, path: str, data: dict[str, Any] | None = None, command_id: str | None = None, **kwargs: Any
    ) -> TestResponse:
        form = {"csrf_token": self.token, "command_id": command_id or str(uuid.uuid4()), **(data or {})}
        return self.client.post(path, data=form, **kwargs)


def csrf_of(html: str) -> str:
    found = re.search(r'name="csrf[-_]token"[^>]*(?:value|content)="([^"]+)"', html)
    assert found, "no CSRF token on this page"
    return found[1]
