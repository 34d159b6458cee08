"""Doors of the till: scan goods, then say who buys them. A code that holds a whole order is taken over instead.

Transitions: basket -> scan -> basket ... -> customer -> the next basket. A wrong scan fills the screen (422).
"""

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlmodel import Session

from floor.catalog.queries import resolve
from floor.intake import queries, till
from floor.intake.channels.reading import new_address
from floor.intake.forms_shops import DueForm, TillForm
from floor.intake.models import InboxState
from floor.intake.views import problems_of
from floor.inventory.screens import UNKNOWN, Wrong, show_wrong
from floor.kit import units
from floor.kit.errors import Conflict, Invalid
from floor.kit.uow import reading
from floor.orders.service import NewAddress
from floor.web import hx
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.errors import sentence
from floor.web.forms import Form, read
from floor.web.page import page

bp = Blueprint("till", __name__, url_prefix="/till")

DESK = ("service", "supervisor")
#: Letters of an order in a code.
_LONGEST = 4000


@bp.get("")
@roles(*DESK)
def basket() -> Response:
    """What was scanned so far."""
    with reading() as db:
        return _basket(db)


def _basket(db: Session, verdict: str | None = None) -> Response:
    lines = till.basket(db, current_user.id)
    return page(
        "intake/till.html", "screen", lines=lines, total=till.worth(lines), verdict=verdict,
        scan_url=url_for("till.scan"),
    )  # fmt: skip


@bp.post("/scans")
@roles(*DESK)
@command
def scan(db: Session) -> Response:
    """Transitions: goods -> one more; UNDO card -> one less of the last; DONE card -> customer; an order as JSON ->
    taken over; an order's number or page -> that order; anything else -> red (422)."""
    code = request.form.get("code", "").replace("\x00", "").strip()[:_LONGEST]
    if code.startswith("{"):
        return _taken_over(db, code)
    seen = resolve(db, code[:128])
    if seen.sku is not None:
        try:
            till.put_in(db, current_user.id, seen.sku)
        except Invalid as no:
            return _wrong(_("Not sold any more"), sentence(no))
        return _basket(db, "step")
    lines = till.basket(db, current_user.id)
    if seen.command == "UNDO" and lines:
        till.take_out(db, current_user.id, lines[0][0].sku_id)
        return _basket(db, "step")
    if seen.command == "DONE" and lines:
        return hx.see(url_for("till.customer"))
    order = till.order_on(db, code) if code else None
    if order is not None:
        return hx.see(url_for("care.order", order_id=order.id))
    return _wrong(UNKNOWN, _("The system does not know this code. Nothing was put into the basket."))


def _taken_over(db: Session, code: str) -> Response:
    message = till.take_over(db, code, actor())
    if message.state is InboxState.DEAD:
        told = "; ".join(f"{one['path']} {one['text']}".strip() for one in problems_of(message)[:3])
        return _wrong(_("This order cannot be taken over"), told)
    number = queries.order_number(db, message)
    flash(_("%(number)s taken over", number=number) if message.outcome == "accepted" else
          _("%(number)s was here already", number=number), "ok")  # fmt: skip
    return _basket(db, "done")


def _wrong(title: object, detail: str) -> Response:
    back = url_for("till.basket")
    return show_wrong(Wrong(title, url_for("till.scan"), back, _("Scan the next item"), detail))


@bp.post("/lines/<int:sku_id>/fewer")
@roles(*DESK)
@command
def fewer(db: Session, sku_id: int) -> Response:
    """One less of an article."""
    till.take_out(db, current_user.id, sku_id)
    return _basket(db)


@bp.post("/empty")
@roles(*DESK)
@command
def empty(db: Session) -> Response:
    """The customer changed their mind."""
    till.empty(db, current_user.id)
    return _basket(db)


@bp.get("/customer")
@roles(*DESK)
def customer() -> Response:
    """Who buys it, and how it comes to them. `discount`: what is typed, to show what is due."""
    with reading() as db:
        return _customer(db, Form({"way": "along", "discount": request.args.get("discount", "")}))


def _customer(db: Session, form: Form[TillForm], status: int = 200) -> Response:
    lines = till.basket(db, current_user.id)
    if not lines:
        return hx.see(url_for("till.basket"))
    asked = read(DueForm, form.typed)
    off = asked.data.discount if asked.data else 0
    return page(
        "intake/till_customer.html", "screen", status, form=form, lines=lines, total=till.worth(lines), off=off,
        verdict="err" if status != 200 else None,
    )  # fmt: skip


@bp.post("/customer")
@roles(*DESK)
@command
def sell(db: Session) -> Response:
    """Take the money and the order. The page's total must still be the basket's (409)."""
    form = read(TillForm, request.form)
    if form.data is None:
        return _customer(db, form, 422)
    given, is_sent = form.data, form.data.way == "sent"
    for name in ("name", "phone", "address"):
        if is_sent and not getattr(given, name):
            needed = Invalid("intake.needed_to_send", field=name)
            form.refuse(needed, sentence(needed))
    if form.errors:
        return _customer(db, form, 422)
    try:
        to = _address(given) if is_sent else None
        sale = till.Sale(given.name, given.phone, to, given.total - given.discount, given.discount, given.note)
        with db.begin_nested():
            order = till.sell(db, current_user.id, sale, current_user.site, actor())
    except (Invalid, Conflict) as no:
        return _customer(db, form.refuse(no, sentence(no)), no.status)
    flash(_("%(number)s is taken: ¥%(total)s paid", number=order.number, total=units.yuan(order.total_fen)), "ok")
    return hx.see(url_for("till.basket"))


def _address(given: TillForm) -> NewAddress:
    """Where it is sent. Raises Invalid without province, city and street; the rest is for the audit to judge."""
    to = new_address(given.name, given.phone, "", "", "", given.address)
    if not (to.province and to.city and to.street):
        raise Invalid("intake.no_divisions", field="address")
    return to
