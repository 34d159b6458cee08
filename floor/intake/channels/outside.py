"""One HTTP call to a shop, and asking again where that helps."""

import http.client
import json
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from floor.intake.channels.port import Down, Rejected, Throttled

T = TypeVar("T")

#: Seconds to connect and for every read.
PATIENCE = 15
#: Bytes read of an answer: a page of a hundred orders is far smaller.
MOST = 16 << 20
#: How often the same is asked, and the first pause between two tries, seconds; each next one is twice as long.
TRIES = 4
PAUSE = 0.5
#: The longest pause a shop may ask for.
LONGEST_PAUSE = 30.0


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON. Raises Down("unreadable")."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise Down("unreadable", str(self.status)) from None


def call(method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Answer:
    """One request; redirects are not followed: the address is ours to set. Raises Down for no answer or 5xx, Throttled
    for 429, Rejected for an address that is none; other answers are for the caller to read."""
    where = urlsplit(url)
    if where.scheme not in ("http", "https") or not where.hostname:
        raise Rejected("not_set_up", "url")
    line: http.client.HTTPConnection
    if where.scheme == "https":
        context = ssl.create_default_context()
        line = http.client.HTTPSConnection(where.hostname, where.port, timeout=PATIENCE, context=context)
    else:
        line = http.client.HTTPConnection(where.hostname, where.port, timeout=PATIENCE)
    path = f"{where.path or '/'}{'?' + where.query if where.query else ''}"
    try:
        line.request(method, path, body, {"Connection": "close", **(headers or {})})
        got = line.getresponse()
        answer = Answer(got.status, {name.lower(): value for name, value in got.getheaders()}, got.read(MOST + 1))
    except (OSError, http.client.HTTPException) as error:
        raise Down("out_of_reach", type(error).__name__) from None
    finally:
        line.close()
    if len(answer.body) > MOST:
        raise Down("unreadable", "too long")
    if answer.status == 429:
        raise Throttled("429", _seconds(answer.headers.get("retry-after", "")))
    if answer.status >= 500:
        raise Down("out_of_reach", str(answer.status))
    return answer


def _seconds(text: str) -> float | None:
    try:
        return min(LONGEST_PAUSE, max(0.0, float(text)))
    except ValueError:
        return None


def patience(ask: Callable[[], T]) -> T:
    """Ask, and ask again after Down and Throttled; the last trouble is the caller's. For what may be asked twice."""
    pause = PAUSE
    for left in range(TRIES - 1, -1, -1):
        try:
            return ask()
        except Throttled as trouble:
            if not left:
                raise
            wait = trouble.after_s if trouble.after_s is not None else pause
        except Down:
            if not left:
                raise
            wait = pause
        time.sleep(min(wait, LONGEST_PAUSE))
        pause *= 2
    raise AssertionError("unreachable")


class Pace:
    """At most so many calls a second to one platform from this process."""

    def __init__(self, per_second: float) -> None:
        self._gap = 1 / per_second if per_second > 0 else 0.0
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        with self._lock:
            now = time.monotonic()
            mine = max(now, self._next)
            self._next = mine + self._gap
        if mine > now:
            time.sleep(mine - now)
