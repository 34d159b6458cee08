"""Doors of tracking: the carriers' webhook, the customer's page, the exception board, one parcel's story."""

from datetime import timedelta
from typing import Any

from babel.dates import format_interval
from flask import Blueprint, Response, current_app, jsonify, make_response, request, url_for
from flask_babel import format_datetime, get_locale, get_timezone
from flask_babel import gettext as _
from flask_login import current_user
from pydantic import ValidationError
from sqlmodel import Session

from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.errors import Unknown
from floor.kit.uow import reading, unit_of_work
from floor.orders import queries as orders
from floor.orders.models import Customer
from floor.orders.states import OrderState
from floor.paper.mask import mask_address, mask_name, mask_phone, mask_phones
from floor.shipments.queries import shipment_for
from floor.shipments.states import GONE
from floor.shipping.messages import NOTICE_STATES
from floor.tracking import exceptions, letters, messages, queries, resending, service
from floor.tracking.forms import Message
from floor.tracking.kinds import Kind
from floor.tracking.learned import Arrival
from floor.tracking.queries import Card, Counts, ShipmentStory
from floor.tracking.service import Said
from floor.tracking.states import CLAIM, ExceptionState
from floor.web import locale, signing
from floor.web.auth import public, roles
from floor.web.forms import Form
from floor.web.limits import limiter
from floor.web.page import page

bp = Blueprint("tracking", __name__)
bp.add_app_template_filter(mask_address, "masked")
bp.add_app_template_filter(mask_phones, "no_phones")  # carriers name whom they could not reach


#: Two more tabs of the board.
SNOOZED, CLAIMS = "snoozed", "claims"


@bp.app_template_filter("arriving")
def arriving(told: Arrival) -> str:
    """The days it should come on: of the range, or of the carrier's promise and the day after."""
    return str(format_interval(told.first or told.middle, told.until, "MMMd", get_timezone(), locale=get_locale()))


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
        gone = [one.parcel.id for story in stories if story.shipment.state in GONE for one in story.parcels]
        instead = {parcel_id: resending.sent_instead(db, parcel_id) for parcel_id in gone}
    locale.suggest(buyer.lang if buyer else "")
    return page(
        "tracking/customer.html",
        order=order, stories=stories, name=mask_name(address.recipient), city=address.city,
        cancelled=order.state == OrderState.CANCELLED, states=messages.STATES, replaced_by=instead,
        returnable=any(story.shipment.state in GONE for story in stories),
        company=current_app.extensions["settings"].company, contact=current_app.extensions["settings"].contact,
    )  # fmt: skip


@bp.get("/tracking")
@roles("service", "supervisor")
def board() -> Response:
    """Screen 40: parcels that need somebody, by what is wrong; `?type=` shows one column, what sleeps, or claims."""
    chosen, mine = request.args.get("type", ""), "mine" in request.args
    owner = current_user.id if mine else None
    with reading() as db:
        counted = queries.counts(db, owner)
        columns: dict[str, list[Card]] = {}
        if chosen == "":
            columns = {kind: cards for kind, cards in queries.board(db, owner).items() if counted.kinds[kind]}
        elif chosen == SNOOZED:
            columns = {SNOOZED: queries.snoozed(db)}
        elif chosen in list(Kind):
            columns = {chosen: queries.column(db, Kind(chosen), owner_id=owner)}
        elif chosen != CLAIMS:
            raise Unknown("tracking.unknown_kind")
        claims = queries.claims(db) if chosen == CLAIMS else []
    return page(
        "tracking/board.html", "content", columns=columns, claims=claims, chosen=chosen, words=messages, mine=mine,
        counted=counted, tab_rows=_tabs(counted, chosen, mine=mine),
    )  # fmt: skip


def _tabs(counted: Counts, chosen: str, *, mine: bool) -> list[dict[str, object]]:
    rows = [("", _("All"), sum(counted.kinds.values()))]
    rows += [(kind, messages.KINDS[kind], n) for kind, n in counted.kinds.items()]
    rows += [(SNOOZED, _("Snoozed"), counted.snoozed), (CLAIMS, _("Claims"), counted.claims)]
    return [
        {"href": url_for("tracking.board", type=name or None, mine=1 if mine else None), "text": text, "n": n,
         "current": name == chosen}
        for name, text, n in rows
    ]  # fmt: skip


@bp.get("/parcels/<int:parcel_id>/story")
@roles("service", "supervisor")
def story(parcel_id: int) -> Response:
    """Screen 41: everything a carrier said about one parcel, raw beside what we make of it, and what to do about it."""
    with reading() as db:
        return show_story(db, parcel_id)


def show_story(db: Session, parcel_id: int, at: str = "", form: Form[Any] | None = None) -> Response:
    """`form` is what was typed into the form named `at`, with what is wrong with it."""
    parcel = queries.parcel_for(db, parcel_id)
    shipment = shipment_for(db, parcel.shipment_id)
    order = orders.order_for(db, shipment.order_id)
    told = queries.shipment_story(db, shipment)
    address = orders.address_of(db, shipment.order_id)
    mine = next(one for one in told.parcels if one.parcel.id == parcel_id)
    return page(
        "tracking/story.html", "content", status=422 if form else 200,
        story=told, mine=mine, order=order, address=address, words=messages,
        instead=resending.sent_instead(db, parcel_id), inside=queries.contents(db, parcel_id),
        phone=mask_phone(address.phone), siblings=_siblings(told, parcel_id), at=at, form=form,
        letters=letters.of_parcel(db, parcel_id), letter_states=NOTICE_STATES, **_trouble(db, parcel_id),
    )  # fmt: skip


def _trouble(db: Session, parcel_id: int) -> dict[str, Any]:
    """The newest exception of a parcel, and what its forms offer."""
    row = exceptions.of_parcel(db, parcel_id)
    if row is None:
        return {"trouble": None}
    kind, is_open = Kind(row.kind), row.state == ExceptionState.OPEN
    made = exceptions.claim_of(db, row.id or 0)
    return {
        "trouble": row, "kind": kind, "is_open": is_open, "owner": exceptions.name_of(db, row.owner_id),
        "claim": made, "settling": CLAIM.available(made.state) if made else (),
        "worth": sum(part.paid_fen for part in queries.contents(db, parcel_id)) if is_open else 0,
        "in_return": resending.held_of(db, parcel_id) if is_open else {},
        "to_customer": letters.prefilled(db, parcel_id, kind) if is_open else "",
        "to_carrier": letters.question(db, parcel_id, kind) if is_open else "",
        "tomorrow": format_datetime(clock.now() + timedelta(days=1), "yyyy-MM-dd'T09:00'"),
    }  # fmt: skip


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
