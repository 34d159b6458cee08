"""create_app(): the house put together."""

import logging
import time
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask, Response, g, redirect, request, url_for
from flask_babel import Babel
from flask_login import LoginManager
from flask_wtf import CSRFProtect
from htmx_flask import Htmx
from jinja2 import StrictUndefined
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.routing import IntegerConverter

from floor import wiring
from floor.events import service as events
from floor.kit import uow
from floor.kit.db import Database
from floor.kit.errors import Conflict, Unknown
from floor.people.views import load_user
from floor.settings import Settings
from floor.settings import bind as bind_settings
from floor.web import context, errors, hx, locale
from floor.web.limits import limiter
from floor.web.squeeze import squeeze

log = logging.getLogger("floor.requests")
csrf = CSRFProtect()


def create_app(settings: Settings | None = None) -> Flask:
    """The application, bound to the database its settings name."""
    settings = (settings or Settings.from_environment()).checked()
    app = Flask(
        "floor",
        static_folder=str(settings.root / "static"),
        template_folder=str(settings.root / "templates"),
    )
    app.url_map.converters["int"] = _Id
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=settings.max_upload_bytes,
        SESSION_COOKIE_NAME="floor_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=365),
        WTF_CSRF_TIME_LIMIT=None,
        RATELIMIT_ENABLED=settings.rate_limits,
        BABEL_DEFAULT_LOCALE=locale.CHINESE,
        BABEL_DEFAULT_TIMEZONE="Asia/Shanghai",
        BABEL_TRANSLATION_DIRECTORIES=str(settings.root / "floor" / "translations"),
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    work_under(settings, app)

    csrf.init_app(app)
    limiter.init_app(app)
    Htmx(app)
    Babel(app, locale_selector=locale.chosen)
    _sign_in(app)
    context.register(app)
    app.context_processor(wiring.navigation)
    errors.register(app)
    app.register_error_handler(StaleDataError, _lost_update)
    app.register_error_handler(sa.exc.OperationalError, _deadlock)
    app.register_error_handler(sa.exc.DataError, _unfit)
    app.register_error_handler(OverflowError, _unfit)
    wiring.install(app, csrf)
    _watch(app)
    return app


def work_under(settings: Settings, app: Flask) -> None:
    """Say under which settings, and on which database, this application and its process work."""
    app.extensions["settings"] = settings
    bind_settings(settings)
    limiter.enabled = settings.rate_limits
    uow.bind(Database(settings.database_url))
    events.subscribe({kind: tuple(handlers) for kind, handlers in wiring.SUBSCRIBERS.items()})


def _sign_in(app: Flask) -> None:
    manager = LoginManager(app)
    manager.user_loader(load_user)

    @manager.unauthorized_handler
    def to_the_door() -> Response:
        here = request.full_path if request.method == "GET" and not hx.is_htmx() else ""
        target = url_for("people.sign_in", next=here.rstrip("?") or None)
        if hx.is_htmx():
            return hx.see(target)
        return redirect(target, 303)  # type: ignore[return-value]


def _lost_update(_error: StaleDataError) -> Response:
    conflict = Conflict("state.no_such_move")
    return errors.answer(conflict.status, errors.sentence(conflict))


def _deadlock(error: sa.exc.OperationalError) -> Response:
    """PostgreSQL chose us to end a deadlock: nothing was written, so the person may simply try again."""
    if "deadlock" not in str(error).lower():
        raise error
    return _lost_update(StaleDataError())


class _Id(IntegerConverter):
    """`<int:...>` in an address: what no id column can hold is at no address (404)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max": 2**31 - 1, **kwargs})


def _unfit(error: Exception) -> Response:
    """A number too large for any column, or NUL in a text: whatever it was to name, we have no such thing."""
    if isinstance(error, OverflowError) and "SQLite" not in str(error):
        raise error
    log.warning("input that fits no column", exc_info=error)
    unknown = Unknown("web.unfit")
    return errors.answer(unknown.status, errors.sentence(unknown))


def _watch(app: Flask) -> None:
    """One log line per request with its id and time; caches and browsers told what they may do."""

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def finish(response: Response) -> Response:
        took = (time.perf_counter() - g.get("began", time.perf_counter())) * 1000
        log.info("%s %s %d %.0f ms", request.method, request.path, response.status_code, took)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        if request.endpoint not in ("static", "assets.htmx"):  # pages
            response.headers.setdefault("Referrer-Policy", "same-origin")
            response.headers.setdefault("X-Frame-Options", "DENY")
            response.headers.setdefault("Content-Security-Policy", _CSP)
            response.headers.setdefault("Cache-Control", "no-store")
        return squeeze(hx.vary(response))


_CSP = "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'"
