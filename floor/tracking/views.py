"""Doors of tracking: the carriers' webhook, the customer's page, the exception board, one parcel's story."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, make_response, request, url_for
from pydantic import ValidationError

from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.errors import Unknown
from floor.kit.uow import reading, unit_of_work
from floor.orders import queries as orders
from floor.orders.models import Customer
from floor.orders.states import OrderState
from floor.paper.mask import mask_address, mask_name, mask_phone
from floor.shipments.queries import shipment_for
from floor.shipments.states import ShipmentState
from floor.tracking import messages, queries, service
from floor.tracking.forms import Message
from floor.tracking.queries import Card, Column, ShipmentStory
from floor.tracking.service import Said
from floor.web import locale, signing
from floor.web.auth import public, roles
from floor.web.limits import limiter
from floor.web.page import page

bp = Blueprint("tracking", __name__)
bp.add_app_template_filter(mask_address, "masked")


@bp.post("/hooks/tracking/<carrier>")
@public
@limiter.limit("600/minute")
def hook(carrier: str) -> Response:
    """A carrier's signed message. 404 unknown carrier, 401 forged or stale, 422 unreadable (nothing kept), else 200.

    Not a `@command`: every event carries its own key, so the same message twice changes nothing.
    """
    body = request.get_data()
    with reading() as db:
        known = queries.carrier_by_code(db, carrier)
    if known is None:
        return _json(404, error="unknown carrier")
    stamp, proof = (request.headers.get(h, "") for h in (signing.TIMESTAMP_HEADER, signing.SIGNATURE_HEADER))
    if not signing.verify(known.secret, stamp, proof, body, clock.now()):
        return _json(401, error="the signature does not prove this message")
    try:
        message = Message.model_validate_json(body)
    except ValidationError as bad:
        return _json(422, error="unreadable", reasons=_reasons(bad))
    with unit_of_work() as db:
        said = [Said(**event.model_dump()) for event in message.events]
        new = service.hear(db, known, said, Actor("carrier", known.id, known.name))
    return _json(200, events=len(message.events), new=new)


def _reasons(bad: ValidationError) -> list[dict[str, str]]:
    """Where and why; without the input itself, which may be somebody's data."""
    errors = bad.errors(include_url=False, include_context=False, include_input=False)
    return [{"where": ".".join(map(str, error["loc"])), "why": error["msg"]} for error in errors[:50]]


def _json(status: int, **values: Any) -> Response:
    return make_response(jsonify(**values), status)


@bp.get("/t/<token>")
@public
@limiter.limit("120/minute")
def customer_page(token: str) -> Response:
    """Where the order is, for whoever holds the link; masked, and in the customer's language."""
    with reading() as db:
        order = orders.by_token(db, token)
        assert order.id is not None
        buyer = db.get(Customer, order.customer_id) if order.customer_id else None
        address = orders.address_of(db, order.id)
        stories = queries.order_story(db, order.id)
    locale.suggest(buyer.lang if buyer else "")
    gone = (ShipmentState.SHIPPED, ShipmentState.DELIVERED)
    return page(
        "tracking/customer.html",
        order=order, stories=stories, name=mask_name(address.recipient), city=address.city,
        cancelled=order.state == OrderState.CANCELLED, states=messages.STATES,
        returnable=any(story.shipment.state in gone for story in stories),
        company=current_app.extensions["settings"].company, contact=current_app.extensions["settings"].contact,
    )  # fmt: skip


@bp.get("/tracking")
@roles("service", "supervisor")
def board() -> Response:
    """Screen 40: parcels that need somebody, by what is wrong; `?type=` shows one column."""
    with reading() as db:
        columns = queries.board(db)
    chosen = request.args.get("type", "")
    if chosen and chosen not in columns:
        raise Unknown("tracking.unknown_parcel")
    shown = {column: cards for column, cards in columns.items() if chosen in ("", column)}
    return page(
        "tracking/board.html", "content",
        columns=columns, shown=shown, chosen=chosen, words=messages, tab_rows=_tabs(columns, chosen),
    )  # fmt: skip


def _tabs(columns: Mapping[Column, list[Card]], chosen: str) -> list[dict[str, object]]:
    return [
        {"href": url_for("tracking.board", type=name), "text": messages.COLUMNS[name], "n": len(cards),
         "current": name == chosen}
        for name, cards in columns.items()
    ]  # fmt: skip


@bp.get("/parcels/<int:parcel_id>/story")
@roles("service", "supervisor")
def story(parcel_id: int) -> Response:
    """Screen 41: everything a carrier said about one parcel, raw beside what we make of it."""
    with reading() as db:
        parcel = queries.parcel_for(db, parcel_id)
        shipment = shipment_for(db, parcel.shipment_id)
        order = orders.order_for(db, shipment.order_id)
        told = queries.shipment_story(db, shipment)
        address = orders.address_of(db, shipment.order_id)
    mine = next(one for one in told.parcels if one.parcel.id == parcel_id)
    return page(
        "tracking/story.html", "content",
        story=told, mine=mine, order=order, address=address, words=messages,
        phone=mask_phone(address.phone), siblings=_siblings(told, parcel_id),
    )  # fmt: skip


def _siblings(told: ShipmentStory, parcel_id: int) -> list[dict[str, object]]:
    return [
        {
            "href": url_for("tracking.story", parcel_id=one.parcel.id),
            "text": one.waybill or one.parcel.number,
            "small": messages.STATES[one.state],
        }
        for one in told.parcels
        if one.parcel.id != parcel_id
    ]
