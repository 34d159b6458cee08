"""A person with a browser, for tests over HTTP without one."""

import re
import uuid
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

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
