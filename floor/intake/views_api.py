"""The JSON interface of our own shops: orders in, their state out, with an API key. /api/v1/openapi.json describes it.

Every change goes through the inbox like a signed message: stored raw, applied once, under the `Idempotency-Key` or the
body's hash.
"""

from typing import Any

from flask import Blueprint, Response, jsonify, make_response, request
from sqlmodel import col, select

from floor.catalog.models import Sku
from floor.intake import accounts, jobs, openapi, queries
from floor.intake.models import Channel, InboxMessage, InboxState
from floor.intake.views import problems_of
from floor.kit.errors import Refused
from floor.kit.uow import reading
from floor.orders.joining import carrier_of, own_lines
from floor.orders.models import Order, OrderLine
from floor.shipments.queries import stage
from floor.web.auth import public
from floor.web.errors import sentence
from floor.web.limits import limiter

bp = Blueprint("order_api", __name__, url_prefix="/api/v1")

#: An order of 2000 lines with everything filled in is below this.
MOST_BYTES = 2_000_000


@bp.get("/openapi.json")
@public
@limiter.limit("600/minute")
def description() -> Response:
    """What this interface takes and answers, as OpenAPI 3.1."""
    return make_response(jsonify(openapi.described()), 200)


@bp.post("/orders")
@public
@limiter.limit("1200/minute")
def add() -> Response:
    """A new order. Not a `@command`: the message's own key makes it idempotent."""
    return _take("order", None)


@bp.post("/orders/<order_id>/payment")
@public
@limiter.limit("1200/minute")
def pay(order_id: str) -> Response:
    """The order was paid."""
    return _take("paid", order_id)


@bp.post("/orders/<order_id>/cancellation")
@public
@limiter.limit("1200/minute")
def cancel(order_id: str) -> Response:
    """The buyer no longer wants it."""
    return _take("cancel", order_id)


@bp.post("/orders/<order_id>/address")
@public
@limiter.limit("1200/minute")
def move(order_id: str) -> Response:
    """The buyer wants it elsewhere."""
    return _take("address", order_id)


@bp.get("/orders/<order_id>")
@public
@limiter.limit("1200/minute")
def show(order_id: str) -> Response:
    """How far an order is. Nothing personal comes out of here."""
    channel = _channel()
    if channel is None:
        return _no_key()
    with reading() as db:
        order = queries.order_called(db, channel.code, order_id.replace("\x00", "")[:64])
        if order is None:
            return _error(404, "unknown_order")
        return make_response(jsonify(_shown(db, order)), 200)


def _shown(db: Any, order: Order) -> dict[str, Any]:
    """As its shop knows it: merged into another, it is as far as that one."""
    at = db.exec(select(stage()).where(col(Order.id) == carrier_of(db, order).id)).one()
    lines = db.exec(
        select(OrderLine, Sku.code)
        .join(Sku, col(Sku.id) == OrderLine.sku_id)
        .where(col(OrderLine.id).in_(own_lines(db, order)))
        .order_by(col(OrderLine.id))
    ).all()
    return {
        "order_id": order.external_id,
        "number": order.number,
        "state": str(at),
        "placed_at": order.placed_at.isoformat(),
        "promised_at": order.promised_at.isoformat(),
        "lines": [
            {"sku": code, "qty": line.qty, "cancelled": line.cancelled, "gift": line.is_gift} for line, code in lines
        ],
    }


def _take(kind: str, order_id: str | None) -> Response:
    channel = _channel()
    if channel is None:
        return _no_key()
    if (request.content_length or 0) > MOST_BYTES:
        return _error(413, "too_long")
    body = request.get_data(cache=False)
    key = request.headers.get("Idempotency-Key", "")
    if key and not (key.isascii() and key.isprintable() and len(key) <= 64):
        return _error(400, "bad_key")
    try:
        message = jobs.receive_api(channel.code, key, openapi.wrapped(kind, order_id, body))
    except Refused as no:
        return make_response(jsonify(error=no.code.partition(".")[2], text=sentence(no)), no.status)
    return _answer(message)


def _answer(message: InboxMessage) -> Response:
    if message.state is InboxState.DEAD:
        errors = [{name: problem[name] for name in ("path", "reason", "text")} for problem in problems_of(message)]
        status = 404 if message.problem == "unknown_order" else 422
        return make_response(jsonify(error=message.problem, errors=errors), status)
    with reading() as db:
        number = queries.order_number(db, message)
    return make_response(jsonify(order=number, outcome=message.outcome), 200)


def _channel() -> Channel | None:
    scheme, _blank, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        return None
    with reading() as db:
        return accounts.channel_of_key(db, key.strip())


def _no_key() -> Response:
    answer = _error(401, "no_key")
    answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def _error(status: int, code: str) -> Response:
    return make_response(jsonify(error=code), status)
