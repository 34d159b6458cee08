"""Every command once: the id, the payload's hash and the answer are written in the effect's own transaction.

A lost reply, a double tap or a replay from a dead zone sends the same id again and gets the first answer; nothing
happens twice. The same id with another payload is a client's mistake and refused with 422. A verb that raises
`Refused` changed nothing, so nothing is stored: the corrected form may use the same id again.
"""

import zlib
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

import sqlalchemy as sa
from flask import Response, g, make_response, request
from flask_login import current_user
from sqlmodel import Session, col

from floor.kit import clock, ids
from floor.kit.db import upsert
from floor.kit.errors import Invalid, Refused
from floor.kit.uow import unit_of_work
from floor.web.models import Command

_NOT_PAYLOAD = {"csrf_token", "command_id"}
_KEPT_HEADERS = ("Content-Type", "Location", "HX-Redirect", "HX-Trigger", "HX-Retarget", "HX-Reswap", "HX-Push-Url")


def command(view: Callable[..., Response]) -> Callable[..., Response]:
    """Make a POST view idempotent. The view gets the open session as its first argument.

    Answers: the view's own; the stored one on a repeat; 422 without an id or for a reused id.
    """

    @wraps(view)
    def once(*args: Any, **kwargs: Any) -> Response:
        command_id = request.form.get("command_id") or request.headers.get("Idempotency-Key", "")
        if not 8 <= len(command_id) <= 64:
            raise Invalid("web.no_command_id")
        payload = payload_hash()
        with unit_of_work() as db:
            first = _claim(db, command_id, payload)
            if first is not None:
                return _replayed(first, payload)
            token = ids.current_command.set(command_id)
            try:
                response = make_response(view(db, *args, **kwargs))
            finally:
                ids.current_command.reset(token)
            _store(db, command_id, response)
        return response

    once.idempotent = True  # type: ignore[attr-defined]
    return once


def unkept(response: Response) -> Response:
    """An answer that shows a secret once: it is not stored, a repeat hears that it was done."""
    g.is_unkept = True
    return response


def payload_hash() -> str:
    """Who did what with which input; files count by content."""
    who = str(getattr(current_user, "id", "")) if current_user else ""
    parts: list[str | bytes] = [who, request.method, request.path]
    for key, value in sorted(request.form.items(multi=True)):
        if key not in _NOT_PAYLOAD:
            parts += [key, value]
    for key, upload in sorted(request.files.items(multi=True), key=lambda item: item[0]):
        parts += [key, upload.filename or "", upload.read()]
        upload.seek(0)
    return ids.digest(*parts)


def is_first(db: Session, command_id: str) -> bool:
    """For work that comes by no form: True once per id. A twin in flight waits here until the first is done."""
    return _claim(db, command_id, "") is None


def was_done(db: Session, command_id: str) -> bool:
    """For a command whose answer a device never got and which it now tells another way: was it done?

    If it had not arrived it never will: its id is taken here, so that a late twin is refused.
    """
    first = _claim(db, command_id, "")
    return first is not None and 200 <= first.status < 400


def _claim(db: Session, command_id: str, payload: str) -> Command | None:
    """Write the id first: a twin in flight waits here on the primary key, then finds the stored answer."""
    row = {
        "id": command_id,
        "payload_hash": payload,
        "created_at": clock.now(),
        "status": 0,
        "headers": {},
        "body": b"",
    }
    claim = upsert(db, Command).values(row).on_conflict_do_nothing().returning(col(Command.id))
    return db.get(Command, command_id) if db.execute(claim).first() is None else None


def _store(db: Session, command_id: str, response: Response) -> None:
    kept = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    body = b"" if g.pop("is_unkept", False) else zlib.compress(response.get_data(), 1)
    answer = {"status": response.status_code, "headers": kept, "body": body}
    db.execute(sa.update(Command).where(col(Command.id) == command_id).values(answer))


def _replayed(first: Command, payload: str) -> Response:
    if first.payload_hash != payload:
        raise Invalid("web.command_reused")
    if not first.body:
        raise Refused("web.answer_expired")
    response = make_response(zlib.decompress(first.body), first.status)
    response.headers.update(first.headers)
    response.headers["Idempotent-Replay"] = "true"
    return response


def forget_answers(db: Session, older_than: timedelta) -> int:
    """Empty old stored answers (they may show names); the ids stay, so an old scan can never count again."""
    stale = (col(Command.created_at) < clock.now() - older_than) & (col(Command.body) != b"")
    result = db.execute(sa.update(Command).where(stale).values(body=b"", headers={}))
    return int(result.rowcount)  # type: ignore[attr-defined]
