"""Doors of feedback: the customer's form behind the link of their order, and what all of it says."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, current_app, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlmodel import Session

from floor.care import feedback, messages_enquiries
from floor.care.forms import FeedbackForm
from floor.inventory.count_days import today
from floor.inventory.queries import warehouse_by_code
from floor.kit.actor import Actor
from floor.kit.uow import reading
from floor.orders import queries as orders
from floor.orders.models import Customer, Order
from floor.packing.models import Parcel
from floor.web import hx, locale
from floor.web.auth import public, roles
from floor.web.commands import command
from floor.web.downloads import csv_file
from floor.web.forms import Form, read
from floor.web.limits import limiter
from floor.web.page import page

bp = Blueprint("feedback", __name__)

WHO = ("service", "supervisor")
_DAYS = 28


def _order_behind(db: Session, token: str) -> Order:
    """The order of a customer's link; the page speaks the customer's language from here on."""
    order = orders.by_token(db, token)
    buyer = db.get(Customer, order.customer_id) if order.customer_id else None
    locale.suggest(buyer.lang if buyer else "")
    return order


@bp.get("/t/<token>/feedback/<number>")
@public
@limiter.limit("60/minute")
def form(token: str, number: str) -> Response:
    """Stars, reasons and words for one parcel. 404 for a parcel of another order, as for none at all."""
    with reading() as db:
        order = _order_behind(db, token)
        parcel, said = feedback.parcel_of(db, order, number)
        typed = {"stars": str(said.stars), "words": said.words} if said else {}
        return show(
            db, order, parcel, Form(typed), said.reasons if said else [], is_given=request.args.get("given") == "1"
        )


@bp.post("/t/<token>/feedback/<number>")
@public
@limiter.limit("10/minute")
@command
def give(db: Session, token: str, number: str) -> Response:
    """303 to the same page, which thanks; 422 with what was chosen."""
    order = _order_behind(db, token)
    parcel, _said = feedback.parcel_of(db, order, number)
    typed, chosen = read(FeedbackForm, request.form), FeedbackForm.reasons(request.form.getlist("reasons"))
    if typed.data is None:
        return show(db, order, parcel, typed, [one.value for one in chosen], 422)
    who = Actor("customer", order.customer_id, "")
    feedback.give(db, order, parcel, typed.data.stars, chosen, typed.data.words, who)
    return hx.see(url_for("feedback.form", token=token, number=number, given=1))


def show(
    db: Session, order: Order, parcel: Parcel, typed: Form[Any], chosen: list[str], status: int = 200, *,
    is_given: bool = False,
) -> Response:  # fmt: skip
    settings = current_app.extensions["settings"]
    return page(
        "care/feedback_form.html", "content", status=status, order=order, parcel=parcel, form=typed, chosen=chosen,
        is_given=is_given, may=feedback.may_judge(db, parcel), words=messages_enquiries, company=settings.company,
        contact=settings.contact,
    )  # fmt: skip


# --- what all of it says ----------------------------------------------------------------------------------------------


@bp.get("/feedback")
@roles(*WHO)
def index() -> Response:
    """Figures by packing line and by SKU, and what was written. `?days=`: how far back."""
    with reading() as db:
        span = _span(db)
        return page(
            "care/feedback.html", "content", words=messages_enquiries, least=feedback.LEAST,
            days=(span[1] - span[0]).days + 1, total=feedback.total(db, *span), lines=feedback.by_line(db, *span),
            skus=feedback.by_sku(db, *span), said=feedback.words(db, *span),
        )  # fmt: skip


def _span(db: Session) -> tuple[Any, Any, int | None]:
    days = min(max(request.args.get("days", _DAYS, type=int), 1), 800)
    house = warehouse_by_code(db, current_user.site) if current_user.site else None
    return today() - timedelta(days=days - 1), today(), house.id if house else None


@bp.get("/feedback.csv")
@roles(*WHO)
def export() -> Response:
    """By line and by SKU, those with enough voices."""
    with reading() as db:
        span = _span(db)
        rows = [(_("Packing line"), bench.code, voices) for bench, voices in feedback.by_line(db, *span)]
        rows += [(_("SKU"), sku.code, voices) for sku, voices in feedback.by_sku(db, *span, limit=10_000)]
    reasons = messages_enquiries.REASONS
    header = [_("Of"), _("Code"), _("Voices"), _("Stars"), *(str(text) for text in reasons.values())]
    return csv_file("feedback.csv", header, [
        [kind, code, voices.n, f"{voices.mean:.2f}", *(voices.reasons[reason.value] for reason in reasons)]
        for kind, code, voices in rows if voices.is_enough
    ])  # fmt: skip
