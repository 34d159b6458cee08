"""Who may: `@roles(...)` on every view, `@public` on the few that strangers may see."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import current_app
from flask_login import current_user

from floor.kit.actor import Actor
from floor.kit.errors import NotAllowed

F = TypeVar("F", bound=Callable[..., Any])

#: An administrator may do whatever anyone may.
ADMIN = "admin"


def roles(*allowed: str) -> Callable[[F], F]:
    """Only signed-in people of these roles (and administrators). Without names: any signed-in person."""

    def mark(view: F) -> F:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if not current_user.is_authenticated:
                return current_app.login_manager.unauthorized()  # type: ignore[attr-defined]
            if allowed and current_user.role not in (*allowed, ADMIN):
                raise NotAllowed("web.not_your_role", role=current_user.role)
            return view(*args, **kwargs)

        guarded.access = allowed or ("any",)  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return mark


def public(view: F) -> F:
    """Anyone may call it: customers, carriers and channels prove themselves by link or signature."""
    view.access = ("public",)  # type: ignore[attr-defined]
    return view


def actor() -> Actor:
    """The person behind this request."""
    return Actor("user", current_user.id, current_user.name)
