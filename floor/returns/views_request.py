"""Doors to announce a return: the customer's link, its slip, and the clerk's form."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, current_app, make_response, request, url_for
from flask_login import current_user
from sqlmodel import Session

from floor.catalog.models import Sku
from floor.kit import compute
from floor.kit.actor import Actor
from floor.kit.errors import Invalid, Unknown
from floor.kit.units import yuan
from floor.kit.uow import reading
from floor.orders import queries as orders
from floor.orders.models import Customer, Order
from floor.paper.slips import ReturnLine, ReturnSlip, return_slips_pdf
from floor.paper.waybills import Party
from floor.returns import exchanging, messages, money, queries, repairing, service, strays
from floor.returns.forms import Announcement, Answer, units, wanted
from floor.returns.models import RefundKind, ReturnCase, StrayEnding
from floor.returns.queries import RETURN_DAYS
from floor.returns.views import next_step
from floor.web import hx, locale
from floor.web.auth import actor, public, roles
from floor.web.commands import command
from floor.web.context import in_words
from floor.web.errors import sentence
from floor.web.forms import Form, read
from floor.web.limits import limiter
from floor.web.page import page

bp = Blueprint("return_request", __name__)


@bp.get("/t/<token>/return")
@public
@limiter.limit("60/minute")
def request_form(token: str) -> Response:
    """What may go back, with a field for each line."""
    with reading() as db:
        return show_request(db, _order_behind(db, token), Form())


@bp.post("/t/<token>/return")
@public
@limiter.limit("10/minute")
@command
def ask(db: Session, token: str) -> Response:
    """The customer announces a return."""
    order = _order_behind(db, token)
    form = read(Announcement, request.form)
    case = _announced(db, order, form, Actor("customer", order.customer_id, ""))
    if case is None:
        return show_request(db, order, form, 422)
    return hx.see(url_for("return_request.requested", token=token, number=case.number))


def show_request(db: Session, order: Order, form: Form[Announcement], status: int = 200) -> Response:
    assert order.id is not None
    lines, known = queries.returnable(db, order.id), queries.cases_of(db, order.id)
    return page(
        "returns/request.html", "content", status=status,
        order=order, lines=lines, known=known, form=form, words=messages, variants=_variants(db, lines), **_shop(),
    )  # fmt: skip


@bp.get("/t/<token>/return/<number>")
@public
@limiter.limit("60/minute")
def requested(token: str, number: str) -> Response:
    """The return's number, its slip, and what to do now."""
    with reading() as db:
        order = _order_behind(db, token)
        assert order.id is not None
        case = queries.case_of_order(db, order.id, number)
        return show_requested(db, order, case)


def show_requested(db: Session, order: Order, case: ReturnCase) -> Response:
    items, house = queries.items_of(db, case.id or 0), queries.warehouse_of(db, case)
    repair = repairing.repair_of(db, case.id or 0)
    refunds = money.rows_of(db, case.id or 0)
    return page(
        "returns/requested.html", order=order, case=case, items=items, house=house, words=messages, repair=repair,
        wanted=queries.skus(db, [item.wants_sku_id for item, _sku in items if item.wants_sku_id]),
        to_pay=exchanging.to_pay(db, case), sends=db.get(Order, case.sends_id) if case.sends_id else None,
        paid_back=sum(row.amount_fen for row in refunds if row.kind is RefundKind.MONEY), **_shop(),
    )  # fmt: skip


@bp.post("/t/<token>/return/<number>/answer")
@public
@limiter.limit("10/minute")
@command
def answer(db: Session, token: str, number: str) -> Response:
    """The customer agrees to the price of a repair, or wants the goods back as they are."""
    order = _order_behind(db, token)
    case = queries.case_of_order(db, order.id or 0, number)
    form = read(Answer, request.form)
    if form.data is None:
        raise Invalid("returns.no_choice")
    repairing.answer(db, case.id or 0, form.data.accept == "yes", Actor("customer", order.customer_id, ""))
    return hx.see(url_for("return_request.requested", token=token, number=number))


@bp.get("/t/<token>/return/<number>.pdf")
@public
@limiter.limit("20/minute")
def slip(token: str, number: str) -> Response:
    """The slip to lay in the parcel: its barcode opens the case at our desk."""
    with reading() as db:
        order = _order_behind(db, token)
        assert order.id is not None
        case = queries.case_of_order(db, order.id, number)
        paper = _paper(db, order, case)
    pdf = compute.run(return_slips_pdf, [paper], locale.chosen())
    response = make_response(pdf)
    response.content_type = "application/pdf"
    response.headers["Content-Disposition"] = f'inline; filename="{case.number}.pdf"'
    return response


def _paper(db: Session, order: Order, case: ReturnCase) -> ReturnSlip:
    settings, english = current_app.extensions["settings"], locale.chosen() == locale.ENGLISH
    house = queries.warehouse_of(db, case)
    lines = tuple(
        ReturnLine(
            sku.code,
            (english and sku.name_en) or sku.name,
            _variant_words(sku, 0),
            item.qty,
            str(messages.REASONS[case.reason]),
        )
        for item, sku in queries.items_of(db, case.id or 0)
    )
    return ReturnSlip(
        shop=settings.company,
        return_no=case.number,
        order_no=order.number,
        lines=lines,
        send_to=Party(house.contact or house.name, house.phone, f"{house.province} {house.city} {house.address}"),
        send_before=(case.requested_at + timedelta(days=RETURN_DAYS)).date(),
        page_url=settings.public_url + url_for("tracking.customer_page", token=order.public_token),
    )


def _order_behind(db: Session, token: str) -> Order:
    """The order of a customer's link; the page speaks the customer's language from here on."""
    order = orders.by_token(db, token)
    buyer = db.get(Customer, order.customer_id) if order.customer_id else None
    locale.suggest(buyer.lang if buyer else "")
    return order


def _variants(db: Session, lines: Sequence[queries.Returnable]) -> dict[int, list[tuple[int, str]]]:
    """order_line_id -> what it may be exchanged for, beside the same again: (SKU, words with the difference)."""
    found = {}
    for one in lines:
        others = [sku for sku in queries.variants(db, one.sku) if sku.id != one.sku.id] if one.left > 0 else []
        if others:
            price = one.sku.price_fen
            found[one.line.id or 0] = [(sku.id or 0, _variant_words(sku, sku.price_fen - price)) for sku in others]
    return found


def _variant_words(sku: Sku, more_fen: int) -> str:
    words = f"{in_words('colour')(sku)} {sku.size}".strip() or sku.code
    if more_fen:
        words += f" ({'+' if more_fen > 0 else '−'}¥{yuan(abs(more_fen))})"
    return words


def _shop() -> dict[str, Any]:
    settings = current_app.extensions["settings"]
    return {"company": settings.company, "contact": settings.contact}


def _announced(db: Session, order: Order, form: Form[Announcement], who: Actor) -> ReturnCase | None:
    """The new case, or None with the form's errors filled in."""
    assert order.id is not None
    wants = units(form, [one.line.id or 0 for one in queries.returnable(db, order.id)])
    if form.data is None:
        return None
    asked = form.data
    try:
        return service.request(
            db, order.id, wants, asked.reason, asked.note, asked.waybill, who, kind=asked.kind,
            instead=wanted(form, wants),
        )  # fmt: skip
    except Invalid as refused:
        form.refuse(refused, sentence(refused))
        return None


@bp.get("/returns/new")
@roles("service", "supervisor")
def new_form() -> Response:
    """A clerk opens a return: `?order=` says for which order."""
    with reading() as db:
        return show_new(db, _order_named(db, request.args.get("order", "")), Form(dict(request.args)))


@bp.post("/returns/new")
@roles("service", "supervisor")
@command
def open_case(db: Session) -> Response:
    """The clerk announces it for the customer, and may say that it is here already."""
    order = _order_named(db, request.args.get("order", ""))
    form = read(Announcement, request.form)
    case = _announced(db, order, form, actor())
    if case is None or form.data is None:
        return show_new(db, order, form, 422)
    if form.data.stray:
        strays.end(db, form.data.stray, StrayEnding.MATCHED, "", actor(), case)
    if form.data.here or form.data.stray:
        service.arrive(db, case.id or 0, queries.site_of(db, current_user.site), actor())
    return hx.see(next_step(db, case))


def show_new(db: Session, order: Order, form: Form[Announcement], status: int = 200) -> Response:
    assert order.id is not None
    lines, address = queries.returnable(db, order.id), orders.address_of(db, order.id)
    return page(
        "returns/new.html", "content", status=status,
        order=order, lines=lines, address=address, form=form, words=messages, verdict="err" if status != 200 else None,
        variants=_variants(db, lines),
    )  # fmt: skip


def _order_named(db: Session, number: str) -> Order:
    order = orders.by_number(db, number.strip().upper().replace("\x00", ""))
    if order is None:
        raise Unknown("returns.no_such_order")
    return order
