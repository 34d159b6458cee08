"""The door Kuaidi100 pushes news of parcels to, signed its own way."""

import json
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, make_response, request

from floor.kit.actor import Actor
from floor.kit.uow import reading, unit_of_work
from floor.shipping.carriers import kuaidi100
from floor.shipping.carriers.base import CarrierTrouble
from floor.tracking import queries, service
from floor.tracking.service import Said
from floor.web.auth import public
from floor.web.limits import limiter

bp = Blueprint("kuaidi100_push", __name__)


@bp.post("/hooks/kuaidi100/<carrier>")
@public
@limiter.limit("600/minute")
def hook(carrier: str) -> Response:
    """A push about one parcel. 404 unknown carrier, 401 not signed with our salt, 422 unreadable, else their own 200.

    Not a `@command`: every event carries its own key, so the same push twice changes nothing.
    """
    with reading() as db:
        known = queries.carrier_by_code(db, carrier)
    if known is None:
        return _answer(404, {"result": False, "returnCode": "404", "message": "unknown carrier"})
    param, sign = request.form.get("param", ""), request.form.get("sign", "")
    if not kuaidi100.is_pushed(param, sign, current_app.extensions["settings"].kuaidi100_salt):
        return _answer(401, {"result": False, "returnCode": "401", "message": "not signed"})
    try:
        said = _said(json.loads(param))
    except (ValueError, KeyError, TypeError, AttributeError, CarrierTrouble):
        return _answer(422, {"result": False, "returnCode": "422", "message": "unreadable"})
    with unit_of_work() as db:
        service.hear(db, known, said, Actor("carrier", known.id, known.name))
    return _answer(200, kuaidi100.PUSH_TAKEN)


def _said(told: dict[str, Any]) -> list[Said]:
    last = told["lastResult"]
    number = str(last["nu"])[:40]
    return [
        Said(number, one.code[:32], one.text[:300], one.place[:80], one.at)
        for one in kuaidi100.events({"data": [], **last})
    ]


def _answer(status: int, told: dict[str, Any]) -> Response:
    return make_response(jsonify(told), status)
