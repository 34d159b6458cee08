"""Doors of the short rules: what each warehouse does about units a shelf does not have."""

from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from sqlmodel import Session

from floor.catalog import queries as catalog
from floor.catalog.service import name_substitute
from floor.inventory import queries as stock
from floor.inventory.models import Warehouse
from floor.kit.errors import Invalid, Unknown
from floor.kit.uow import reading
from floor.picking import forms, messages, short_rules
from floor.web import hx
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.context import named
from floor.web.errors import sentence
from floor.web.forms import Form, read
from floor.web.page import page

bp = Blueprint("short_rules", __name__, url_prefix="/walks/rules")


@bp.get("")
@roles("supervisor")
def index() -> Response:
    """Every warehouse with its ways in order, and how far a detour may go."""
    with reading() as db:
        return show(db)


def show(db: Session, form: Form[Any] | None = None, wrong: int = 0) -> Response:
    """`wrong`: the warehouse whose form was refused; 0: that of substitutes."""
    houses = stock.warehouses(db)
    return page(
        "picking/rules.html", "content", 422 if form else 200, houses=houses, form=form, wrong=wrong,
        rules={house.id: short_rules.of(db, house.id or 0) for house in houses}, ways=messages.WAYS,
        substitutes=catalog.substitutes(db),
    )  # fmt: skip


@bp.post("/<int:warehouse_id>")
@roles("supervisor")
@command
def save(db: Session, warehouse_id: int) -> Response:
    """Another rule from the next report on. 303 to all of them; 422 with the form as typed."""
    house = db.get(Warehouse, warehouse_id, with_for_update=True)
    if house is None:
        raise Unknown("inventory.unknown_warehouse")
    form = read(forms.ShortRuleForm, request.form)
    if form.data is None:
        return show(db, form, warehouse_id)
    if twin := form.data.twin():
        form.errors[twin] = _("Another way has this place already")
        return show(db, form, warehouse_id)
    changed = short_rules.change(db, house, form.data.ways(), form.data.detour_m, actor())
    said = _("Written down; the next report at %(site)s goes by it", site=named(house))
    flash(said if changed else _("Nothing was changed"), "ok")
    return hx.see(url_for("short_rules.index") + f"#w{warehouse_id}")


@bp.post("/substitutes")
@roles("supervisor")
@command
def substitute(db: Session) -> Response:
    """Name what goes out in place of a SKU, or with an empty field nothing. 303; 422 with the form as typed."""
    form = read(forms.SubstituteForm, request.form)
    if form.data is None:
        return show(db, form)
    try:
        sku = name_substitute(db, form.data.sku.upper(), form.data.other.upper(), actor())
    except Invalid as refused:
        return show(db, form.refuse(refused, sentence(refused)))
    flash(_("Written down for %(sku)s", sku=sku.code), "ok")
    return hx.see(url_for("short_rules.index") + "#substitutes")
