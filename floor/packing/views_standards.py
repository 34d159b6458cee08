"""Doors of packing standards: what goods ask of the packer, and how the bench makes sure of them."""

from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from sqlmodel import Session

from floor.catalog import standards
from floor.catalog.models import CareKind
from floor.kit.errors import Refused
from floor.kit.uow import reading
from floor.packing import messages
from floor.packing.forms_standards import CheckForm, StandardForm
from floor.web import hx
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.errors import sentence
from floor.web.forms import Form, read
from floor.web.page import page

bp = Blueprint("standards", __name__)

WHO = ("supervisor",)
#: Steps an order asks for by itself; no rule of goods does.
_OF_ORDERS = (CareKind.GIFT_WRAP, CareKind.GIFT_CARD)


@bp.get("/standards")
@roles(*WHO)
def index() -> Response:
    """Steps by class and by rule, the goods that are checked otherwise, and forms for both."""
    with reading() as db:
        return show(db)


def show(db: Session, form: Form[Any] | None = None, check_form: Form[Any] | None = None) -> Response:
    return page(
        "packing/standards.html", "content", status=422 if form or check_form else 200, rules=standards.rules(db),
        by_class=standards.BY_CLASS, others=standards.checked_otherwise(db), form=form, check_form=check_form,
        cares={kind: words for kind, words in messages.CARES.items() if kind not in _OF_ORDERS},
        classes=messages.CLASSES, checks=messages.CHECKS,
    )  # fmt: skip


@bp.post("/standards")
@roles(*WHO)
@command
def add(db: Session) -> Response:
    """Packs opened from now on ask for the step. 303 to the list; 422 with the form as typed."""
    form = read(StandardForm, request.form)
    try:
        if form.data is None:
            return show(db, form)
        of = form.data
        standards.add_rule(db, of.kind, of.sku, of.packing_class, of.category, of.code, actor())
    except Refused as no:
        return show(db, form.refuse(no, sentence(no)))
    flash(_("Written down; packs opened from now on ask for it"), "ok")
    return hx.see(url_for("standards.index"))


@bp.post("/standards/<int:rule_id>/remove")
@roles(*WHO)
@command
def remove(db: Session, rule_id: int) -> Response:
    """Packs opened from now on do without it."""
    standards.remove_rule(db, rule_id, actor())
    flash(_("The standard is gone; packs under way keep it"), "ok")
    return hx.see(url_for("standards.index"))


@bp.post("/standards/check")
@roles(*WHO)
@command
def check(db: Session) -> Response:
    """How one SKU is checked at the bench. 303 to the list; 422 with the form as typed."""
    form = read(CheckForm, request.form)
    try:
        if form.data is None:
            return show(db, check_form=form)
        sku = standards.check_by(db, form.data.sku, form.data.check_by, actor())
    except Refused as no:
        return show(db, check_form=form.refuse(no, sentence(no)))
    flash(_("%(code)s: %(how)s", code=sku.code, how=messages.CHECKS[sku.check_by]), "ok")
    return hx.see(url_for("standards.index") + "#checks")
