"""The second person a large refund needs: badge and PIN of a supervisor, on the clerk's own form."""

from datetime import timedelta
from typing import Any

from flask import current_app
from sqlmodel import Session

from floor.kit.errors import Invalid
from floor.people import service as people
from floor.people.models import User
from floor.web.errors import sentence
from floor.web.forms import Form


def limit() -> int:
    """The most one person pays back alone, fen."""
    return int(current_app.extensions["settings"].second_person_fen)


def who_agrees(db: Session, form: Form[Any]) -> User | None:
    """Whose badge and PIN were typed; a wrong PIN is counted and written to the form. None when nobody's were."""
    if form.data is None or not form.data.badge:
        return None
    settings = current_app.extensions["settings"]
    lock_for = timedelta(minutes=settings.pin_lock_minutes)
    answer = people.check_pin(db, form.data.badge, form.data.pin, settings.pin_attempts, lock_for)
    if isinstance(answer, Invalid):
        form.refuse(answer, sentence(answer))
        return None
    return answer
