"""Doors of the service desk: find an order, tell its story, change it; scan anything; cards and labels to print."""

from collections.abc import Mapping, Sequence

from flask import Blueprint, Response, current_app, flash, jsonify, make_response, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlmodel import Session

from floor.audit import queries as audit_queries
from floor.audit.checks import is_phone
from floor.audit.forms import AddressForm, read_address, typed_address
from floor.care import enquiry_reads, explaining, messages, messages_enquiries, possible, queries, service
from floor.care.forms import FewerForm, RevealForm
from floor.care.queries import Kind, Thing
from floor.events.messages import sentence as event_sentence
from floor.events.models import AuditEvent
from floor.events.queries import story_of_order
from floor.intake.messages import channel_name
from floor.intake.models import Channel
from floor.intake.queries import channels
from floor.inventory import printing
from floor.kit.errors import Invalid, Refused
from floor.kit.uow import reading
from floor.orders import queries as orders
from floor.orders.models import Customer, Order
from floor.paper import codes
from floor.paper.labels import BadgeLabel, Command, CommandCard
from floor.paper.mask import mask_phone
from floor.people.messages import ROLES
from floor.people.queries import staff
from floor.picking import putbacks
from floor.returns.messages import STATES as RETURN_STATES
from floor.returns.queries import cases_of
from floor.shipments.messages import STAGES
from floor.shipments.messages import STATES as SHIPMENT_STATES
from floor.shipments.models import Carrier
from floor.shipments.queries import Stage, of_order, stages_of
from floor.tracking.messages import STATES as TRACK_STATES
from floor.tracking.queries import order_story
from floor.web import hx
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.context import named
from floor.web.errors import sentence
from floor.web.forms import Form, read
from floor.web.page import page

bp = Blueprint("care", __name__)


DESK = ("service", "supervisor")
_SIZE = 40


# --- orders ------------------------------------------------------------------------------------------------------


@bp.get("/orders")
@roles(*DESK)
def find() -> Response:
    """Screen 8. A search that finds one order opens it; while typing, the list only narrows."""
    text, wanted = request.args.get("q", "").strip(), request.args.get("state", "")
    wanted = wanted if wanted in set(Stage) else ""
    number = max(1, request.args.get("page", 1, type=int))
    with reading() as db:
        hits, total = queries.search(db, text, wanted, _SIZE, (number - 1) * _SIZE)
        by_code = channels(db)
    if total == 1 and text and not hx.is_htmx():
        return hx.see(url_for("care.order", order_id=hits[0].order.id))
    return page(
        "care/orders.html", "found", hits=hits, total=total, q=text, state=wanted, stages=STAGES, page_number=number,
        pages=-(-total // _SIZE), channels=by_code,
    )  # fmt: skip


@bp.get("/orders/<int:order_id>")
@roles(*DESK)
def order(order_id: int) -> Response:
    """Screen 9: the whole story of one order."""
    with reading() as db:
        return show_order(db, orders.order_for(db, order_id))


@bp.get("/orders/<int:order_id>/why")
@roles(*DESK)
def why(order_id: int) -> Response:
    """Screen 10: what keeps it, and what would free it."""
    with reading() as db:
        found = orders.order_for(db, order_id)
        chains = explaining.reasons(db, found, queries.lines_of(db, order_id))
        stage = stages_of(db, [order_id])[order_id]
    return page("care/why.html", "content", order=found, chains=chains, stage=STAGES[stage])


@bp.post("/orders/<int:order_id>/hold")
@roles(*DESK)
@command
def hold(db: Session, order_id: int) -> Response:
    service.hold(db, service.locked(db, order_id), actor())
    flash(_("On hold: no run, bench or lorry takes it now"), "ok")
    return _back_to(order_id)


@bp.post("/orders/<int:order_id>/release")
@roles(*DESK)
@command
def release(db: Session, order_id: int) -> Response:
    service.release(db, service.locked(db, order_id), actor())
    flash(_("Released"), "ok")
    return _back_to(order_id)


@bp.post("/orders/<int:order_id>/cancel")
@roles(*DESK)
@command
def cancel(db: Session, order_id: int) -> Response:
    """The whole order, or the sentence that says what is still possible."""
    found = service.locked(db, order_id)
    service.cancel(db, found, actor())
    flash(_("%(number)s cancelled", number=found.number), "ok")
    return _back_to(order_id)


@bp.post("/orders/<int:order_id>/reveal")
@roles(*DESK)
@command
def reveal(db: Session, order_id: int) -> Response:
    """Show the whole phone number once, and write down who looked and why. 422 without a reason."""
    found, form = orders.order_for(db, order_id), read(RevealForm, request.form)
    if form.data is None:
        return show_order(db, found, 422, reveal=form)
    service.reveal(db, found, form.data.why, form.data.note, actor())
    return show_order(db, found, revealed=True)


@bp.get("/orders/<int:order_id>/address")
@roles(*DESK)
def address(order_id: int) -> Response:
    """The address as a form, its phone masked."""
    with reading() as db:
        found, stored = orders.order_for(db, order_id), orders.address_of(db, order_id)
    return show_address(found, Form(typed_address(stored)))


@bp.post("/orders/<int:order_id>/address")
@roles(*DESK)
@command
def change_address(db: Session, order_id: int) -> Response:
    """Correct where it goes. A phone left masked stays the one we have."""
    found = service.locked(db, order_id)
    stored = orders.address_of(db, order_id)
    form = read_address(request.form, stored)
    if form.data is not None and not is_phone(form.data.phone, form.data.country):
        form.errors["phone"] = _("This is no phone number a courier can call")
    if form.data is None or form.errors:
        return show_address(found, form, 422)
    try:
        service.change_address(db, found, form.data.address(), actor(), request.form.get("seen", ""))
    except Refused as refused:
        form.typed["seen"] = stored.stamp()
        return show_address(found, form.refuse(refused, sentence(refused)), refused.status)
    flash(_("Address corrected"), "ok")
    return _back_to(order_id)


@bp.post("/orders/<int:order_id>/lines/<int:line_id>")
@roles(*DESK)
@command
def lower(db: Session, order_id: int, line_id: int) -> Response:
    """Fewer of a line. 303 to the order; 422 with what was typed."""
    orders.order_for(db, order_id)
    form = read(FewerForm, request.form)
    refusal = None
    if form.data is not None:
        try:
            with db.begin_nested():
                service.lower(db, order_id, line_id, form.data.qty, actor())
        except Invalid as refused:
            refusal = refused
    if form.data is None or refusal is not None:
        db.expire_all()
        said = form.refuse(refusal, sentence(refusal)) if refusal else form
        return show_order(db, orders.order_for(db, order_id), 422, fewer=(line_id, said))
    flash(_("Written down: fewer units go out"), "ok")
    return _back_to(order_id)


def show_address(found: Order, form: Form[AddressForm], status: int = 200) -> Response:
    return page("care/address.html", "content", status=status, order=found, form=form)


def show_order(
    db: Session, found: Order, status: int = 200, *, revealed: bool = False,
    fewer: tuple[int, Form[FewerForm] | None] = (0, None), reveal: Form[RevealForm] | None = None,
) -> Response:  # fmt: skip
    """`fewer`: the line whose lowering was refused, and what was typed."""
    assert found.id is not None
    parcels = order_story(db, found.id)
    every = of_order(db, found.id)
    where, shops = orders.address_of(db, found.id), channels(db)
    flags = [flag for flag in audit_queries.flags_of(db, found.id) if flag.verdict == "open"]
    return page(
        "care/order.html", "content", status=status, order=found, lines=queries.lines_of(db, found.id),
        channels=shops, buyer=db.get(Customer, found.customer_id) if found.customer_id else None, address=where,
        phone=where.phone if revealed else mask_phone(where.phone), revealed=revealed, shipments=parcels, flags=flags,
        walks={one.id: queries.walk_of(db, one.id or 0) for one in every}, cases=cases_of(db, found.id),
        stage=stages_of(db, [found.id])[found.id], stages=STAGES,
        timeline=_timeline(story_of_order(db, found.id), shops, {one.carrier.id: one.carrier for one in parcels}),
        can=possible.possible(found.state, [one.state for one in every]), reveal=reveal, words=messages,
        answers=possible.answers(found.state, [one.state for one in every]), to_shelve=putbacks.of_order(db, found.id),
        shipment_states=SHIPMENT_STATES, track_states=TRACK_STATES, return_states=RETURN_STATES,
        enquiries=enquiry_reads.of_order(db, found.id), enquiry_words=messages_enquiries, fewer_at=fewer[0],
        fewer=fewer[1],
        photos=queries.photos_of(db, found.id), public_url=current_app.extensions["settings"].public_url,
    )  # fmt: skip


def _timeline(
    events: Sequence[AuditEvent], shops: Mapping[str, Channel], carriers: Mapping[int | None, Carrier]
) -> list[dict[str, str]]:
    """What happened, newest first, in words."""
    return [
        {
            "title": event_sentence(event),
            "time": current_app.jinja_env.filters["clock"](event.at),
            "iso": event.at.isoformat(),
            "who": _who(event, shops, carriers),
            "state": "now" if n == 0 else "ok",
        }
        for n, event in enumerate(reversed(events))
    ]


def _who(event: AuditEvent, shops: Mapping[str, Channel], carriers: Mapping[int | None, Carrier]) -> str:
    """Who did it, in the reader's language where it was no person."""
    if event.actor_kind == "system":
        return _("System")
    if event.actor_kind == "carrier" and event.actor_id in carriers:
        return named(carriers[event.actor_id])
    return channel_name(event.actor_name, shops) if event.actor_kind == "channel" else event.actor_name


def _back_to(order_id: int) -> Response:
    return hx.see(url_for("care.order", order_id=order_id))


# --- scan anything -----------------------------------------------------------------------------------------------

_PAGES = {
    Kind.BIN: ("inventory.bin_page", lambda thing: {"site": thing.site, "code": thing.code}),
    Kind.SKU: ("inventory.sku_page", lambda thing: {"code": thing.code}),
    Kind.TOTE: ("inventory.tote_page", lambda thing: {"code": thing.code}),
    Kind.PARCEL: ("shipping.label", lambda thing: {"parcel_id": thing.id}),
    Kind.ORDER: ("care.order", lambda thing: {"order_id": thing.id}),
    Kind.WALK: ("picking.walk", lambda thing: {"walk_id": thing.id}),
    Kind.RETURN: ("returns.case", lambda thing: {"case_id": thing.id}),
    Kind.STATION: ("packing.bench", lambda thing: {"code": thing.code}),
    Kind.LOT: ("lots.lot", lambda thing: {"lot_id": thing.id}),
    Kind.DELIVERY: ("receiving.delivery", lambda thing: {"delivery_id": thing.id}),
    Kind.TRANSFER: ("transfers.transfer", lambda thing: {"transfer_id": thing.id}),
}


@bp.get("/scan")
@roles()
def scan() -> Response:
    """Screen 5: whatever is scanned, its page opens."""
    code = request.args.get("code", "").strip()
    if not code:
        return show_scan("", [])
    with reading() as db:
        return _open(code, queries.things(db, code, current_user.site))


@bp.post("/scan")
@roles()
@command
def scan_anything(db: Session) -> Response:
    code = request.form.get("code", "").strip()
    return _open(code, queries.things(db, code, current_user.site))


def _open(code: str, found: list[Thing]) -> Response:
    """Transitions: one thing -> its page; several -> a list; nothing -> says so (422)."""
    if len(found) == 1:
        return hx.see(_page_of(found[0]))
    return show_scan(code, found, 200 if found else 422)


def show_scan(code: str, found: list[Thing], status: int = 200) -> Response:
    return page(
        "care/scan.html", "screen", status=status, code=code, found=[(thing, _page_of(thing)) for thing in found],
        verdict="err" if status == 422 else None, scan_url=url_for("care.scan_anything"),
    )  # fmt: skip


def _page_of(thing: Thing) -> str:
    """The desk follows a parcel on the road and reads of a delivery; the floor works on the label and at the dock."""
    if thing.kind is Kind.DELIVERY and current_user.role == "service":
        return url_for("deliveries.delivery", delivery_id=thing.id)
    if thing.kind is Kind.PARCEL and current_user.role in DESK:
        return url_for("tracking.story", parcel_id=thing.id)
    endpoint, values = _PAGES[thing.kind]
    return url_for(endpoint, **values(thing))


@bp.post("/scan/frames")
@roles()
def frames() -> Response:
    """A camera picture -> the codes in it, for phones whose browser cannot read them.

    Not a `@command`: it reads a picture and changes nothing, some eight times a second while the camera is open; ids
    and stored answers for that would fill the table and help nobody. Reading takes 13-18 ms: no process of its own.
    """
    upload = request.files.get("frame")
    try:
        found = codes.read_codes(upload.read()) if upload else None
    except ValueError:
        found = None
    if found is None:
        return make_response(jsonify(error=sentence(Invalid("care.unknown_frame"))), 422)
    return jsonify(codes=[one.text for one in found])


# --- cards and labels --------------------------------------------------------------------------------------------


@bp.get("/commands")
@roles()
def commands() -> Response:
    """Screen 7: what a scanner can say instead of a finger."""
    words = messages.COMMANDS
    cards = [(words[one], one.scan, codes.code128_svg(one.scan, title=str(words[one]))) for one in Command]
    return page("care/commands.html", "content", cards=cards)


@bp.get("/commands.pdf")
@roles()
def command_cards() -> Response:
    return printing.labels([CommandCard(one) for one in Command], "commands", "a4")


@bp.get("/badges.pdf")
@roles("supervisor")
def badges() -> Response:
    """Badges of the people of one's own site, ten to a sheet."""
    with reading() as db:
        people = [one for one in staff(db) if not current_user.site or one.site == current_user.site]
    return printing.labels([BadgeLabel(one.badge, one.name, str(ROLES[one.role])) for one in people], "badges", "a4")


@bp.get("/totes.pdf")
@roles("supervisor")
def tote_labels() -> Response:
    with reading() as db:
        totes = queries.totes_of(db, current_user.site)
    return printing.labels([printing.tote_label(one.code) for one in totes], "totes")
