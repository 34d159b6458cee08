"""Doors of enquiries: what waits for an answer, one with what was said, and ready answers."""

from typing import Any

from flask import Blueprint, Response, current_app, flash, request, url_for
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_login import current_user
from sqlmodel import Session

from floor.care import enquiries, enquiry_reads, messages_enquiries
from floor.care.enquiry_reads import Tab
from floor.care.forms import AskForm, SayForm, SeenForm, TemplateForm
from floor.care.models import Enquiry, EnquiryTemplate
from floor.kit.errors import Refused
from floor.kit.uow import reading
from floor.orders import queries as orders
from floor.orders.models import Order
from floor.shipping import papers
from floor.shipping.messages import NOTICE_ERRORS
from floor.web import hx
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.context import day_range
from floor.web.errors import sentence
from floor.web.forms import Form, read
from floor.web.page import page

bp = Blueprint("enquiries", __name__)

WHO = ("service", "supervisor")


@bp.get("/enquiries")
@roles(*WHO)
def index() -> Response:
    """Open enquiries by their deadline; `?tab=` another list."""
    asked = request.args.get("tab", "")
    tab = Tab(asked) if asked in set(Tab) else Tab.OPEN
    with reading() as db:
        counts = enquiry_reads.counts(db, current_user.id)
        rows = enquiry_reads.listed(db, tab, current_user.id)
    tabs = [
        {"href": url_for("enquiries.index", tab=one.value), "text": messages_enquiries.TABS[one], "n": counts[one],
         "current": one is tab}
        for one in Tab
    ]  # fmt: skip
    return page("care/enquiries.html", "content", rows=rows, tab_rows=tabs, tab=tab, words=messages_enquiries)


@bp.get("/enquiries/new")
@roles(*WHO)
def new() -> Response:
    """What the customer asks; `?order=` about which order."""
    with reading() as db:
        order = orders.by_number(db, request.args.get("order", "").strip().upper().replace("\x00", ""))
        typed = {"email": enquiry_reads.asker(db, order).email, "order": order.number if order else ""}
        return show_new(order, Form(typed))


@bp.post("/enquiries/new")
@roles(*WHO)
@command
def ask(db: Session) -> Response:
    """303 to the enquiry; 422 with what was typed."""
    form = read(AskForm, request.form)
    order = orders.by_number(db, form["order"].upper()) if form["order"] else None
    if form["order"] and order is None:
        form.errors["order"] = _("There is no such order.")
    if form.data is None or form.errors:
        return show_new(order, form, 422)
    lang = enquiry_reads.asker(db, order).lang if order else form.data.lang
    made = enquiries.ask(
        db, form.data.kind, form.data.text, order.id if order else None, form.data.email, lang, actor()
    )
    return hx.see(url_for("enquiries.one", enquiry_id=made.id))


def show_new(order: Order | None, form: Form[Any], status: int = 200) -> Response:
    return page("care/enquiry_new.html", "content", status=status, order=order, form=form, words=messages_enquiries)


@bp.get("/enquiries/<int:enquiry_id>")
@roles(*WHO)
def one(enquiry_id: int) -> Response:
    """What was said, and a form to answer; `?template=` begins with that one."""
    with reading() as db:
        found = enquiries.enquiry_for(db, enquiry_id)
        chosen = db.get(EnquiryTemplate, request.args.get("template", 0, type=int))
        return show(db, found, Form({"text": _begun(db, found, chosen)} if chosen else {}))


def _begun(db: Session, enquiry: Enquiry, template: EnquiryTemplate) -> str:
    """The template in the customer's language, its places filled as far as the order tells."""
    order = db.get(Order, enquiry.order_id) if enquiry.order_id else None
    known, settings = enquiry_reads.facts(db, order), current_app.extensions["settings"]
    lang = papers.language(enquiry.lang)
    with force_locale(lang):
        expected = day_range(known.expected, 1) if known.expected else ""
    values = {
        "name": known.name, "order": known.order, "waybill": known.waybill, "expected": expected,
        "carrier": (lang == "en" and known.carrier_en) or known.carrier, "company": settings.company,
        "link": f"{settings.public_url}{url_for('tracking.customer_page', token=known.token)}" if known.token else "",
    }  # fmt: skip
    return enquiries.filled(template.text_en if lang == "en" else template.text, values)


@bp.post("/enquiries/<int:enquiry_id>/take")
@roles(*WHO)
@command
def take(db: Session, enquiry_id: int) -> Response:
    enquiries.take(db, _held(db, enquiry_id), actor())
    return hx.see(url_for("enquiries.one", enquiry_id=enquiry_id))


@bp.post("/enquiries/<int:enquiry_id>/close")
@roles(*WHO)
@command
def close(db: Session, enquiry_id: int) -> Response:
    enquiries.close(db, _held(db, enquiry_id), actor())
    flash(_("Closed"), "ok")
    return hx.see(url_for("enquiries.index"))


def _held(db: Session, enquiry_id: int) -> Enquiry:
    form = read(SeenForm, request.form)
    return enquiries.held(db, enquiry_id, form.data.seen if form.data else 0)


@bp.post("/enquiries/<int:enquiry_id>/say")
@roles(*WHO)
@command
def say(db: Session, enquiry_id: int) -> Response:
    """An answer to the customer, a note among ourselves, or a further question of the customer.

    Transitions: written down -> the enquiry; bad -> 422; somebody was faster -> 409, with what was typed.
    """
    form = read(SayForm, request.form)
    if form.data is None:
        return show(db, enquiries.enquiry_for(db, enquiry_id), form, 422)
    verbs = {"answer": enquiries.answer, "note": enquiries.note, "question": enquiries.ask_again}
    try:
        with db.begin_nested():
            found = enquiries.held(db, enquiry_id, form.data.seen)
            verbs[form.data.what](db, found, form.data.text, actor())
    except Refused as no:
        if no.status == 404:
            raise
        db.expire_all()
        return show(db, enquiries.enquiry_for(db, enquiry_id), form.refuse(no, sentence(no)), no.status)
    flash(messages_enquiries.SAID[form.data.what], "ok")
    return hx.see(url_for("enquiries.one", enquiry_id=enquiry_id))


def show(db: Session, found: Enquiry, form: Form[Any], status: int = 200) -> Response:
    return page(
        "care/enquiry.html", "content", status=status, enquiry=found, form=form,
        notes=enquiry_reads.notes_of(db, found.id or 0),
        order=db.get(Order, found.order_id) if found.order_id else None, owner=enquiry_reads.owner_of(db, found),
        templates=enquiry_reads.templates(db, found.kind), words=messages_enquiries, errors=NOTICE_ERRORS,
        verdict="err" if status != 200 else None,
    )  # fmt: skip


# --- ready answers ----------------------------------------------------------------------------------------------------


@bp.get("/enquiries/templates")
@roles(*WHO)
def templates() -> Response:
    """Ready answers, and a form for a new one; `?id=` changes that one."""
    with reading() as db:
        chosen = db.get(EnquiryTemplate, request.args.get("id", 0, type=int))
        typed = (
            {name: str(getattr(chosen, name)) for name in ("id", "kind", "name", "text", "text_en")} if chosen else {}
        )
        return show_templates(db, Form(typed))


@bp.post("/enquiries/templates")
@roles(*WHO)
@command
def keep_template(db: Session) -> Response:
    """303 to the list; 422 with what was typed."""
    form = read(TemplateForm, request.form)
    if form.data is None:
        return show_templates(db, form, 422)
    of = form.data
    try:
        with db.begin_nested():
            enquiries.keep_template(db, of.id, of.kind, of.name, of.text, of.text_en, actor())
    except Refused as no:
        if no.status == 404:
            raise
        return show_templates(db, form.refuse(no, sentence(no)), no.status)
    flash(_("Written down"), "ok")
    return hx.see(url_for("enquiries.templates"))


@bp.post("/enquiries/templates/<int:template_id>/drop")
@roles(*WHO)
@command
def drop_template(db: Session, template_id: int) -> Response:
    enquiries.drop_template(db, template_id, actor())
    flash(_("Removed"), "ok")
    return hx.see(url_for("enquiries.templates"))


def show_templates(db: Session, form: Form[Any], status: int = 200) -> Response:
    return page(
        "care/enquiry_templates.html", "content", status=status, rows=enquiry_reads.templates(db), form=form,
        words=messages_enquiries, places=enquiries.PLACES,
    )  # fmt: skip
