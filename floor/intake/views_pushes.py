"""The door shops push to. A push proves itself by its shop's rules and is kept; the order it names is read again."""

from flask import Blueprint, Response, make_response, request

from floor.intake import queries, service
from floor.intake.channels.port import Push
from floor.intake.models import MessageKind
from floor.kit.actor import Actor
from floor.kit.errors import Refused
from floor.kit.uow import reading, unit_of_work
from floor.web.auth import public
from floor.web.limits import limiter

bp = Blueprint("pushes", __name__)

#: A push is a few hundred bytes, an order's webhook some ten thousand.
_MOST = 1_000_000


@bp.route("/hooks/shops/<code>", methods=["GET", "POST"])
@public
@limiter.limit("1200/minute")
def push(code: str) -> Response:
    """A shop says that something happened; a GET proves to it that the address is ours.

    Not a `@command`: the push's own key makes it idempotent. 200 kept, now or before; 401 not the shop's, nothing kept;
    404 no such channel; 413 too long.
    """
    if (request.content_length or 0) > _MOST:
        return _plain("too long", 413)
    body = request.get_data(cache=False)
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        with reading() as db:
            queries.must_be_active(db, code)
            port = queries.port_of(db, code)
        hint = port.hint(Push(request.method, request.args.to_dict(), headers, body))
    except Refused as no:
        return _plain("no", no.status)
    if hint.key:
        with unit_of_work() as db:
            key = f"push:{hint.key}"[:80]
            service.store(
                db, code, key, hint.body, Actor("channel", None, code), MessageKind.HINT, hint.order_id, is_same=True
            )
    return _plain(hint.answer, 200)


def _plain(text: str, status: int) -> Response:
    answer = make_response(text, status)
    answer.headers["Content-Type"] = "text/plain; charset=utf-8"
    return answer
