"""Doors to send again what was lost or broken on its way."""

import re
from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from sqlmodel import Session

from floor.care import queries, service
from floor.kit.errors import Invalid
from floor.kit.uow import reading
from floor.orders import queries as orders
from floor.orders.models import Order
from floor.returns.finding import waybill_on
from floor.returns.forms import units
from floor.tracking.queries import contents
from floor.tracking.resending import sent_instead
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
    """Which units of which parcel go out once more."""
    with reading() as db:
        return show(db, orders.order_for(db, order_id), Form())


@bp.post("/orders/<int:order_id>/again")
@roles(*WHO)
@command
def send(db: Session, order_id: int) -> Response:
    """Units of one parcel. 303 to the new order; 422 with what was typed; 409 when it went out again already."""
    found = orders.order_for(db, order_id)
    typed: Form[Any] = Form({name: value.strip() for name, value in request.form.items()})
    parcel_id = int(typed["parcel"]) if re.fullmatch("[0-9]{1,9}", typed["parcel"]) else 0
    wants = units(typed, [part.line.id or 0 for part in contents(db, parcel_id)])
    for line_id, qty in wants.items():
        if qty < 0:
            typed.errors[f"qty_{line_id}"] = _("Enter a whole number")
    if typed.errors:
        return show(db, found, typed, 422)
    try:
        made = service.send_again(db, order_id, parcel_id, wants, actor())
    except Invalid as no:
        return show(db, found, typed.refuse(no, sentence(no)), 422)
    flash(_("%(number)s goes out once the audit has looked at it", number=made.number), "ok")
    return hx.see(url_for("care.order", order_id=made.id))


def show(db: Session, order: Order, typed: Form[Any], status: int = 200) -> Response:
    parcels = [
        (parcel, waybill_on(db, parcel.id), rows, sent_instead(db, parcel.id))
        for parcel, rows in queries.sendable(db, order.id or 0)
    ]
    return page("care/again.html", "content", status=status, order=order, parcels=parcels, form=typed)
