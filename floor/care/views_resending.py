"""Doors to send again what was lost or broken on its way."""

from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from sqlmodel import Session

from floor.care import resending
from floor.care import service as care
from floor.kit.errors import Invalid
from floor.kit.uow import reading
from floor.orders import queries as orders
from floor.orders.models import Order
from floor.returns.forms import units
from floor.web import hx
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.errors import sentence
from floor.web.forms import Form
from floor.web.page import page

bp = Blueprint("resending", __name__)

WHO = ("service", "supervisor")


@bp.get("/orders/<int:order_id>/again")
@roles(*WHO)
def form(order_id: int) -> Response:
    """Which units of what left the house go out once more."""
    with reading() as db:
        return show(db, orders.order_for(db, order_id), Form())


@bp.post("/orders/<int:order_id>/again")
@roles(*WHO)
@command
def send(db: Session, order_id: int) -> Response:
    """303 to the new order; 422 with what was typed."""
    found = care.locked(db, order_id)
    typed: Form[Any] = Form({name: value.strip() for name, value in request.form.items()})
    wants = units(typed, [line.id or 0 for line, _sku, _units in resending.left_of(db, order_id)])
    for line_id, qty in wants.items():
        if qty < 0:
            typed.errors[f"qty_{line_id}"] = _("Enter a whole number")
    if typed.errors:
        return show(db, found, typed, 422)
    try:
        made = resending.send_again(db, found, wants, actor())
    except Invalid as no:
        return show(db, found, typed.refuse(no, sentence(no)), 422)
    flash(_("%(number)s goes out once the audit has looked at it", number=made.number), "ok")
    return hx.see(url_for("care.order", order_id=made.id))


def show(db: Session, order: Order, typed: Form[Any], status: int = 200) -> Response:
    rows = resending.left_of(db, order.id or 0)
    return page("care/again.html", "content", status=status, order=order, rows=rows, form=typed)
