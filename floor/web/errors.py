"""Refusals become answers: the sentence, the status, and a way on."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, jsonify, make_response, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from floor.kit.errors import Refused
from floor.web import hx
from floor.web.page import page

#: Code -> sentence. wiring.py adds every slice's `messages.REFUSALS`.
SENTENCES: dict[str, Any] = {
    "web.not_your_role": _l("Your badge does not open this page. Ask the supervisor."),
    "web.no_command_id": _l("The form came without its number. Open the page again."),
    "web.command_reused": _l("This form was already sent with other content. Open the page again."),
    "web.answer_expired": _l("This was already done, and its answer is not kept. Look at the fresh page."),
    "web.unfit": _l("There is nothing of this name. Scan or type it again."),
    "state.no_such_move": _l("Not possible now: it was changed meanwhile. Look at the fresh page."),
}

#: Fields in which people write sentences: shown again with a refusal, to be copied.
_WRITTEN = ("text", "note", "diagnosis")


def learn(sentences: Mapping[str, Any]) -> None:
    SENTENCES.update(sentences)


def sentence(refused: Refused) -> str:
    """The refusal in the reader's language. Raises KeyError for a code nobody wrote a sentence for."""
    return str(SENTENCES[refused.code]) % refused.values


def register(app: Flask) -> None:
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(500, _crashed)


def answer(status: int, text: str) -> Response:
    """The error as JSON for machines, as a bar for htmx, as a page otherwise."""
    if request.accept_mimetypes.best == "application/json" or request.is_json:
        return make_response(jsonify(error=text), status)
    if hx.wants_fragment():
        return hx.retarget(page("_ui/bar.html", status=status, text=text, verdict="err", back=_back()), "#alert")
    written = [request.form[name] for name in _WRITTEN if request.form.get(name)] if request.method == "POST" else []
    return page("errors.html", status=status, text=text, code=status, back=_back(), written=written)


def _back() -> str:
    """The page of ours whose form was refused, to be opened afresh; "" for what is no form or no page."""
    came = urlsplit((hx.current_url() or request.referrer or "") if request.method == "POST" else "")
    adapter = current_app.create_url_adapter(request)
    is_ours = came.netloc == request.host and adapter is not None and adapter.test(came.path, "GET")
    return came._replace(scheme="", netloc="", fragment="").geturl() if is_ours else ""


def _refused(refused: Refused) -> Response:
    return answer(refused.status, sentence(refused))


def _csrf(_error: CSRFError) -> Response:
    return answer(400, _("The page was open too long. Open it again; nothing was changed."))


def _http(error: HTTPException) -> Response:
    if error.code is not None and error.code < 400:
        return make_response(error.get_response())
    words = {
        404: _("There is nothing at this address."),
        405: _("This address takes forms only."),
        413: _("The file is too large."),
        429: _("Too many tries. Wait a minute."),
    }
    response = answer(error.code or 500, words.get(error.code or 500, error.name))
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def _crashed(_error: Exception) -> Response:
    return answer(500, _("Something broke here. Try again: nothing is done twice."))
