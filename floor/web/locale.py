"""Which language: the user's own choice, then the cookie, then the browser's wish, then Chinese."""

import flask_babel
from flask import g, has_request_context, request
from flask_login import current_user

CHINESE = "zh_Hans_CN"
ENGLISH = "en"
LANGUAGES = (CHINESE, ENGLISH)
HTML_LANG = {CHINESE: "zh-CN", ENGLISH: "en"}


def matched(tag: str) -> str | None:
    """`zh`, `zh-CN`, `zh-Hans-CN`, `zh_TW` are all Chinese here; `en-*` is English; the rest is unknown."""
    primary = tag.replace("_", "-").lower().split("-")[0]
    return {"zh": CHINESE, "en": ENGLISH}.get(primary)


def chosen() -> str:
    """The locale of this request, for Flask-Babel."""
    if not has_request_context():
        return CHINESE
    if "locale" not in g:
        g.locale = _chosen()
    return str(g.locale)


def _chosen() -> str:
    wishes = [getattr(current_user, "lang", None), request.cookies.get("lang")]
    wishes += [tag for tag, quality in request.accept_languages if quality > 0]
    for wish in wishes:
        if wish and (language := matched(wish)):
            return language
    return CHINESE


def suggest(tag: str) -> None:
    """A stranger who chose no language gets this one: a customer's page speaks as the shop did."""
    language = matched(tag)
    if language and not current_user.is_authenticated and not matched(request.cookies.get("lang", "")):
        g.locale = language
        flask_babel.refresh()
