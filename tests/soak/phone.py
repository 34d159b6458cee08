"""A device that never gives up: what was not answered is sent again under the same id, as the real phone does."""

import http.client
import random
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.cast import CAST, PIN
from tests.web_client import csrf_of

#: A request not answered within so many seconds of trying is itself a finding.
PATIENCE_SECONDS = 120
#: One answered command of so many is sent once more, as if its answer had been lost on the way.
SENT_AGAIN = 6


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def went_to(self) -> str:
        return self.headers.get("location", "")


@dataclass(frozen=True)
class Promise:
    """What an answer said was done. `amount` is how much of it (1 for things), `key` what it was called."""

    kind: str
    command_id: str
    amount: int = 1
    key: str = ""


@dataclass
class Book:
    """What everybody was promised, and what went wrong; shared by all threads."""

    promises: list[Promise] = field(default_factory=list)
    answered: int = 0
    retried: int = 0
    refused: int = 0
    doubled: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, promise: Promise) -> None:
        with self._lock:
            self.promises.append(promise)

    def count(self, **more: int) -> None:
        with self._lock:
            for name, n in more.items():
                setattr(self, name, getattr(self, name) + n)

    def complain(self, words: str) -> None:
        with self._lock:
            self.broken.append(words)

    def found_twice(self, words: str) -> None:
        with self._lock:
            self.doubled.append(words)


class Phone:
    """One connection to the house; `post` comes back only with an answer."""

    def __init__(self, port: int, book: Book, rng: random.Random) -> None:
        self.book, self.rng = book, rng
        self._line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._cookie = ""
        self.token = ""

    def sign_in(self, name: str) -> None:
        badge, _role = CAST[name]
        self.token = csrf_of(self.get("/session").body.decode())
        form = {"badge": badge, "pin": PIN, "csrf_token": self.token}
        answer = self._ask("POST", "/session", urlencode(form).encode(), _FORM)
        assert answer.status == 303, answer.body[:500]
        self.token = csrf_of(self.get("/me/settings").body.decode())

    def close(self) -> None:
        self._line.close()

    def get(self, path: str) -> Answer:
        return self._ask("GET", path, b"", {})

    def new_id(self) -> str:
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def post(self, path: str, form: dict[str, Any], *kinds: str, amount: int = 1, key: str = "") -> Answer:
        """Send a command until it is answered. A 2xx or 3xx keeps the promises the caller names."""
        command_id = self.new_id()
        body = urlencode({"csrf_token": self.token, "command_id": command_id, **form}).encode()
        answer, tries = self._until_answered("POST", path, body, _FORM)
        if answer.status < 400:
            for kind in kinds:
                self.book.keep(Promise(kind, command_id, amount, key))
        if tries > 1 or self.rng.randrange(SENT_AGAIN) == 0:
            self._same_again(path, body, answer)
        return answer

    def message(self, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        """A machine's signed message, until it is answered."""
        return self._until_answered("POST", path, body, {"Content-Type": "application/json", **headers})[0]

    def _same_again(self, path: str, body: bytes, first: Answer) -> None:
        """The same id again: the first answer word for word, unless it was a refusal, which keeps nothing."""
        again, _tries = self._until_answered("POST", path, body, _FORM)
        is_replay = "idempotent-replay" in again.headers
        same = (again.status, again.body, again.went_to) == (first.status, first.body, first.went_to)
        if (is_replay or first.status < 400) and not (is_replay and same):
            self.book.found_twice(f"POST {path} answered {first.status}, then {again.status} for the same id")

    def _until_answered(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[Answer, int]:
        """The answer and how many tries it took."""
        until, tries = time.monotonic() + PATIENCE_SECONDS, 0
        while time.monotonic() < until:
            tries += 1
            try:
                answer = self._send(method, path, body, headers)
            except (OSError, http.client.HTTPException):
                self._line.close()
                self.book.count(retried=1)
                time.sleep(0.1)
                continue
            if answer.status >= 500:
                self.book.complain(f"{method} {path} answered {answer.status}")
            self.book.count(answered=1, refused=answer.status >= 400)
            return answer, tries
        raise TimeoutError(f"{method} {path} got no answer in {PATIENCE_SECONDS} s")

    def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        return self._until_answered(method, path, body, headers)[0]

    def _send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        cookie = {"Cookie": self._cookie} if self._cookie else {}
        self._line.request(method, path, body, {**headers, **cookie})
        response = self._line.getresponse()
        content = response.read()
        answer = Answer(response.status, content, {name.lower(): value for name, value in response.getheaders()})
        if "set-cookie" in answer.headers:
            self._cookie = answer.headers["set-cookie"].split(";", 1)[0]
        return answer


_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
