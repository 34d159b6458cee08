"""Doors of packing material: the list and its rules, kept by the supervisor, and the report of what parcels took."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlmodel import Session

from floor.inventory import queries as stock
from floor.inventory.count_days import today
from floor.kit import charts
from floor.kit.errors import Refused
from floor.kit.uow import reading
from floor.packing import material_report, materials, messages_materials
from floor.packing.forms_materials import MaterialForm, ReportForm, RuleForm
from floor.packing.materials import MaterialDraft, RuleDraft
from floor.packing.models_materials import Material
from floor.web import hx
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.downloads import csv_file
from floor.web.errors import sentence
from floor.web.forms import Form, read
from floor.web.page import page

bp = Blueprint("materials", __name__)

WHO = ("supervisor",)
#: Days of a report nobody chose dates for.
_DAYS = 14


@bp.get("/materials")
@roles(*WHO)
def index() -> Response:
    """What there is to pack with, which parcels need it, and forms for more of both."""
    with reading() as db:
        return show(db)


def show(db: Session, form: Form[MaterialForm] | None = None, rule_form: Form[RuleForm] | None = None) -> Response:
    return page(
        "packing/materials.html", "content", status=422 if form or rule_form else 200, rows=materials.every(db),
        rules=materials.rules(db), carriers=materials.carriers(db), form=form, rule_form=rule_form,
        words=messages_materials,
    )  # fmt: skip


@bp.post("/materials")
@roles(*WHO)
@command
def add(db: Session) -> Response:
    """A new material. 303 to the list; 422 with the form as typed."""
    form = read(MaterialForm, request.form)
    try:
        if form.data is None:
            return show(db, form)
        made = materials.add(db, _draft(form.data), actor())
    except Refused as no:
        return show(db, form.refuse(no, sentence(no)))
    flash(_("%(code)s is on the list", code=made.code), "ok")
    return hx.see(url_for("materials.index"))


def _draft(data: MaterialForm) -> MaterialDraft:
    return MaterialDraft(**{**data.model_dump(), "code": data.code.upper()})


@bp.get("/materials/<int:material_id>")
@roles(*WHO)
def edit(material_id: int) -> Response:
    """One material."""
    with reading() as db:
        return show_one(materials.material_for(db, material_id))


def show_one(material: Material, form: Form[MaterialForm] | None = None) -> Response:
    return page(
        "packing/material.html", "content", status=422 if form else 200, row=material, form=form,
        words=messages_materials,
    )  # fmt: skip


@bp.post("/materials/<int:material_id>")
@roles(*WHO)
@command
def change(db: Session, material_id: int) -> Response:
    """Change a material; its code and kind stay. 303 to the list; 422 with the form as typed."""
    material = materials.material_for(db, material_id, lock=True)
    form = read(MaterialForm, {**request.form, "code": material.code, "kind": material.kind.value})
    if form.data is None:
        return show_one(material, form)
    materials.change(db, material, _draft(form.data), actor())
    flash(_("%(code)s was changed; parcels packed before keep what they had", code=material.code), "ok")
    return hx.see(url_for("materials.index"))


@bp.post("/materials/rules")
@roles(*WHO)
@command
def add_rule(db: Session) -> Response:
    """Parcels boxed from now on need it. 303 to the list; 422 with the form as typed."""
    form = read(RuleForm, request.form)
    try:
        if form.data is None:
            return show(db, rule_form=form)
        of = form.data
        materials.add_rule(db, RuleDraft(of.goods, of.carrier, of.material, of.amount, of.per), actor())
    except Refused as no:
        return show(db, rule_form=form.refuse(no, sentence(no)))
    flash(_("Written down; parcels boxed from now on count it"), "ok")
    return hx.see(url_for("materials.index") + "#rules")


@bp.post("/materials/rules/<int:rule_id>/remove")
@roles(*WHO)
@command
def remove_rule(db: Session, rule_id: int) -> Response:
    """Parcels boxed from now on do without."""
    materials.remove_rule(db, rule_id, actor())
    flash(_("The rule is gone; parcels packed before keep what they had"), "ok")
    return hx.see(url_for("materials.index") + "#rules")


# --- the report ---------------------------------------------------------------


@bp.get("/materials/report")
@roles(*WHO)
def report() -> Response:
    """Material and air per parcel over time: a chart, the same as a table, and each material's sum."""
    with reading() as db:
        asked = _asked(db)
        steps = material_report.report(db, *asked["span"])
        return page(
            "packing/material_report.html", "content", steps=steps, bars=material_report.bars_of(steps),
            used=material_report.used(db, *asked["span"]), houses=stock.warehouses(db), chart=charts,
            words=messages_materials, is_empty=not any(step.parcels for step in steps),
            total=material_report.total(steps), **asked,
        )  # fmt: skip


def _asked(db: Session) -> dict[str, Any]:
    """The filter in the address; people of one site see theirs."""
    given = {name: value for name, value in request.args.items() if name in ReportForm.model_fields}
    form = read(ReportForm, given)
    typed = form.data or ReportForm()
    last = typed.last or today()
    first = typed.first or last - timedelta(days=_DAYS - 1)
    by_week = typed.by == "week"
    house = current_user.site or (typed.house if stock.warehouse_by_code(db, typed.house) else "")
    days = material_report.steps_of(min(first, last), last, by_week)
    return {
        "span": (days, by_week, house), "first": days[0], "last": last, "by": "week" if by_week else "day",
        "house": house,
    }  # fmt: skip


@bp.get("/materials/report.csv")
@roles(*WHO)
def report_csv() -> Response:
    """The report's table for a spreadsheet."""
    with reading() as db:
        steps = material_report.report(db, *_asked(db)["span"])
    header = (
        _("From"), _("Parcels"), _("Material, g"), _("of it reused, recyclable or degradable, g"), _("Cost, yuan"),
        _("Inside of the boxes, l"), _("Goods, l"),
    )  # fmt: skip
    rows = (
        (s.first.isoformat(), s.parcels, s.mass_g, s.green_g, f"{s.cost_fen / 100:.2f}", f"{s.inner_mm3 / 1e6:.1f}",
         f"{s.goods_mm3 / 1e6:.1f}")
        for s in steps
    )  # fmt: skip
    return csv_file("packing-material.csv", header, rows)
