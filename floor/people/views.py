"""Doors for people: sign in and out, preferences, the language switch."""

from datetime import timedelta

from flask import Blueprint, Response, current_app, make_response, request, session, url_for
from flask_login import current_user, login_user, logout_user
from sqlmodel import Session

from floor.kit.errors import Invalid
from floor.kit.uow import reading, unit_of_work
from floor.people import queries, service
from floor.people.forms import Preferences, SignIn
from floor.people.messages import ROLES
from floor.web import hx, locale
from floor.web.auth import actor, public, roles
from floor.web.commands import command
from floor.web.errors import sentence
from floor.web.forms import Form, read
from floor.web.limits import limiter
from floor.web.page import page

bp = Blueprint("people", __name__)


def load_user(token: str) -> queries.SignedIn | None:
    """For Flask-Login: the cookie holds the session's token, the table says whether it still counts."""
    settings = current_app.extensions["settings"]
    with reading() as db:
        return queries.signed_in(db, token, timedelta(minutes=settings.idle_minutes))


@bp.get("/session")
@public
def sign_in() -> Response:
    """Screen 1. Transitions: badge known -> asks for its PIN; unknown -> asks for the badge again (422)."""
    form = Form[SignIn](dict(request.args))
    return show_sign_in(form)


@bp.post("/session")
@public
@limiter.limit("600/minute")  # a whole shift signs in through one address; the badge lock stops guessing
def open_session() -> Response:
    """Badge and PIN -> a session kept on the server.

    Not a `@command`: a wrong try must be counted although it is refused, and signing in twice harms nobody.
    """
    form = read(SignIn, request.form)
    if form.data is None:
        return show_sign_in(form, 422)
    settings = current_app.extensions["settings"]
    with unit_of_work() as db:
        lock_for = timedelta(minutes=settings.pin_lock_minutes)
        user = service.check_pin(db, form.data.badge, form.data.pin, settings.pin_attempts, lock_for)
        if isinstance(user, Invalid):
            form.refuse(user, sentence(user))
        else:
            token = service.start_login(db, user, request.user_agent.string)
    if isinstance(user, Invalid):
        return show_sign_in(form, 422)
    session.clear()  # a session begun by a stranger must not live on
    login_user(load_user(token))  # type: ignore[arg-type]
    return hx.see(_next_page())


def show_sign_in(form: Form[SignIn], status: int = 200) -> Response:
    """The badge step, or the PIN step once the badge is somebody's."""
    badge = form["badge"].upper()
    with reading() as db:
        who = queries.by_badge(db, badge) if badge else None
        demo = queries.staff(db) if current_app.extensions["settings"].demo and who is None else ()
    if badge and who is None and not form.errors:
        form.refuse(refused := Invalid("people.unknown_badge", field="badge"), sentence(refused))
        status = 422
    form.typed["badge"] = badge
    return page(
        "people/sign_in.html",
        status=status,
        form=form,
        who=who,
        demo=demo,
        roles=ROLES,
        here=request.full_path.rstrip("?"),
        verdict="err" if status == 422 else None,
    )


@bp.post("/session/end")
@roles()
@command
def close_session(db: Session) -> Response:
    """Sign out: this session ends on every device that holds its cookie."""
    service.end_login(db, current_user.token, actor())
    logout_user()
    return hx.see(url_for("people.sign_in"))


@bp.get("/me/settings")
@roles()
def preferences() -> Response:
    """Screen 4: hand, theme, text size, sound, language."""
    typed = {name: str(getattr(current_user, name)) for name in Preferences.model_fields}
    return page("people/preferences.html", "screen", form=Form(typed), saved="saved" in request.args)


@bp.post("/me/settings")
@roles()
@command
def save_preferences(db: Session) -> Response:
    form = read(Preferences, request.form)
    if form.data is None:
        return page("people/preferences.html", "screen", status=422, form=form, saved=False, verdict="err")
    service.set_preferences(db, current_user.id, **form.data.model_dump())
    return hx.see(url_for("people.preferences", saved=1))


@bp.get("/language/<tag>")
@public
def language(tag: str) -> Response:
    """Switch the language of this device, and go back to where one was."""
    chosen = locale.matched(tag) or locale.CHINESE
    response = make_response("", 303)
    response.headers["Location"] = _own_path(request.args.get("next", "")) or "/"
    response.set_cookie("lang", chosen, max_age=365 * 24 * 3600, samesite="Lax")
    if current_user.is_authenticated:
        with unit_of_work() as db:
            service.set_language(db, current_user.id, chosen)
    return response


def _next_page() -> str:
    return _own_path(request.args.get("next", "")) or "/"


def _own_path(path: str) -> str:
    """Only addresses of this house: no scheme, no host, no //."""
    safe = path.startswith("/") and not path.startswith("//") and "\\" not in path
    return path if safe else ""
