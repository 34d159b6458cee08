"""Doors of carriers: how they are reached, their services, zones and rates, and the rules about them."""

from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from sqlmodel import Session

from floor.intake.regions import full_province
from floor.inventory import queries as stock
from floor.kit.errors import Refused
from floor.kit.units import fen
from floor.kit.uow import reading
from floor.shipments import carriers
from floor.shipments.carriers import CarrierTerms
from floor.shipments.models import Carrier
from floor.shipping import ways
from floor.shipping.carriers import ADAPTERS
from floor.shipping.forms import CarrierForm, RuleForm, ServiceForm, ZoneForm
from floor.shipping.messages import ADAPTERS as ADAPTER_WORDS
from floor.shipping.messages import RULE_VERDICTS, SERVICE_KINDS, WAYBILL_PROBLEMS
from floor.shipping.models_carriers import CarrierService
from floor.web import hx
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.errors import sentence
from floor.web.forms import Form, read
from floor.web.page import page

bp = Blueprint("carriers", __name__)

WHO = ("supervisor",)


@bp.get("/carriers")
@roles(*WHO)
def index() -> Response:
    """Every carrier: how it is reached and how it does; the rules about services."""
    with reading() as db:
        return _index(db)


def _index(db: Session, status: int = 200, form: Form[Any] | None = None, rule: Form[Any] | None = None) -> Response:
    return page(
        "shipping/carriers.html", "content", status=status, rows=ways.carrier_rows(db), rules=ways.rules(db),
        services=ways.services(db), form=form, rule_form=rule, verdicts=RULE_VERDICTS, adapters=_adapters(),
        adapter_words=ADAPTER_WORDS, problems=WAYBILL_PROBLEMS,
    )  # fmt: skip


def _adapters() -> list[tuple[str, Any]]:
    return [(name, ADAPTER_WORDS[name]) for name in ADAPTERS]


@bp.post("/carriers")
@roles(*WHO)
@command
def add(db: Session) -> Response:
    """A new carrier."""
    form = read(CarrierForm, request.form)
    if form.data is None:
        return _index(db, 422, form)
    try:
        with db.begin_nested():
            _keep(db, form.data, form.data.code, is_new=True)
    except Refused as no:
        return _index(db, no.status, form.refuse(no, sentence(no)))
    flash(_("Written down"), "ok")
    return hx.see(url_for("carriers.one", code=form.data.code))


def _keep(db: Session, given: CarrierForm, code: str, *, is_new: bool) -> Carrier:
    terms = CarrierTerms(
        given.name, given.name_en, given.adapter, given.outside_code, given.fallback_minutes, given.is_active
    )
    carrier = carriers.keep(db, code, terms, actor(), is_new=is_new)
    if given.next_number is not None and given.last_number is not None:
        ways.keep_range(db, carrier, given.prefix, given.next_number, given.last_number, actor())
    return carrier


@bp.get("/carriers/<code>")
@roles(*WHO)
def one(code: str) -> Response:
    """One carrier: its settings and services."""
    with reading() as db:
        return _one(db, ways.carrier_for(db, code))


def _one(
    db: Session, carrier: Carrier, status: int = 200, form: Form[Any] | None = None, service: Form[Any] | None = None
) -> Response:
    row = ways.row_of(db, carrier)
    return page(
        "shipping/carrier.html", "content", status=status, row=row, carrier=carrier, service=service,
        form=form or _carrier_form(row), adapters=_adapters(), kinds=SERVICE_KINDS, problems=WAYBILL_PROBLEMS,
        checked=request.form if form else None,
    )  # fmt: skip


def _carrier_form(row: ways.CarrierRow) -> Form[CarrierForm]:
    carrier, numbers = row.carrier, row.numbers
    minutes = carrier.fallback_minutes
    return Form(
        {
            "code": carrier.code, "name": carrier.name, "name_en": carrier.name_en, "adapter": carrier.adapter,
            "outside_code": carrier.outside_code, "fallback_minutes": "" if minutes is None else str(minutes),
            "is_active": "1" if carrier.is_active else "", "prefix": numbers.prefix if numbers else "",
            "next_number": str(numbers.next_number) if numbers else "",
            "last_number": str(numbers.last_number) if numbers else "",
        }
    )  # fmt: skip


@bp.post("/carriers/<code>")
@roles(*WHO)
@command
def save(db: Session, code: str) -> Response:
    """Change how a carrier is reached."""
    carrier = ways.carrier_for(db, code)
    form = read(CarrierForm, {**request.form, "code": code})
    if form.data is None:
        return _one(db, carrier, 422, form)
    try:
        with db.begin_nested():
            _keep(db, form.data, code, is_new=False)
    except Refused as no:
        return _one(db, carrier, no.status, form.refuse(no, sentence(no)))
    flash(_("Written down"), "ok")
    return hx.see(url_for("carriers.one", code=code))


@bp.post("/carriers/<code>/services")
@roles(*WHO)
@command
def add_service(db: Session, code: str) -> Response:
    """A new service of a carrier."""
    carrier, form = ways.carrier_for(db, code), read(ServiceForm, request.form)
    if form.data is None:
        return _one(db, carrier, 422, service=form)
    try:
        made = ways.keep_service(db, carrier, None, _service_values(form.data), actor())
    except Refused as no:
        return _one(db, carrier, no.status, service=form.refuse(no, sentence(no)))
    flash(_("Written down"), "ok")
    return hx.see(url_for("carriers.service", service_id=made.id))


def _service_values(given: ServiceForm) -> dict[str, Any]:
    return {**given.model_dump(exclude={"cutoff"}), "cutoff": given.cutoff_minutes()}


@bp.get("/carrier-services/<int:service_id>")
@roles(*WHO)
def service(service_id: int) -> Response:
    """One service: limits, cut-off, zones and rates."""
    with reading() as db:
        return _service(db, ways.service_for(db, service_id))


def _service(
    db: Session, one: CarrierService, status: int = 200, form: Form[Any] | None = None, zone: Form[Any] | None = None
) -> Response:
    return page(
        "shipping/carrier_service.html", "content", status=status, service=one,
        zones=ways.zones_of(db, one.id or 0), houses=stock.warehouses(db),
        carrier=db.get_one(Carrier, one.carrier_id), form=form or _service_form(one), zone_form=zone,
        kinds=SERVICE_KINDS,
    )  # fmt: skip


def _service_form(one: CarrierService) -> Form[ServiceForm]:
    def typed(value: object) -> str:
        return "" if value is None else str(value)

    return Form(
        {
            "code": one.code, "name": one.name, "name_en": one.name_en, "kind": one.kind.value, "product": one.product,
            "cutoff": f"{one.cutoff // 60:02d}:{one.cutoff % 60:02d}", "dim_divisor": typed(one.dim_divisor),
            "max_g": typed(one.max_g), "max_side_mm": typed(one.max_side_mm), "is_active": "1" if one.is_active else "",
        }
    )  # fmt: skip


@bp.post("/carrier-services/<int:service_id>")
@roles(*WHO)
@command
def save_service(db: Session, service_id: int) -> Response:
    """Change a service."""
    mine, form = ways.service_for(db, service_id, lock=True), read(ServiceForm, request.form)
    if form.data is None:
        return _service(db, mine, 422, form)
    try:
        ways.keep_service(db, db.get_one(Carrier, mine.carrier_id), mine, _service_values(form.data), actor())
    except Refused as no:
        return _service(db, mine, no.status, form.refuse(no, sentence(no)))
    flash(_("Written down"), "ok")
    return hx.see(url_for("carriers.service", service_id=service_id))


@bp.post("/carrier-services/<int:service_id>/zones")
@roles(*WHO)
@command
def add_zone(db: Session, service_id: int) -> Response:
    """A zone of a service, or another rate for one: the same warehouse and name is the same zone."""
    mine, form = ways.service_for(db, service_id, lock=True), read(ZoneForm, request.form)
    if form.data is None:
        return _service(db, mine, 422, zone=form)
    given = form.data
    house = stock.warehouse_by_code(db, given.warehouse)
    if house is None or house.id is None:
        form.errors["warehouse"] = _("Choose one of the options")
        return _service(db, mine, 422, zone=form)
    values = {
        "warehouse_id": house.id, "name": given.name, "provinces": [full_province(p) for p in _words(given.provinces)],
        "excluded": _words(given.excluded), "transit_days": given.transit_days, "first_g": given.first_g,
        "first_fen": fen(given.first), "step_g": given.step_g, "step_fen": fen(given.step),
    }  # fmt: skip
    same = [z for z, h in ways.zones_of(db, service_id) if h.id == house.id and z.name == given.name]
    try:
        ways.keep_zone(db, mine, same[0] if same else None, values, actor())
    except Refused as no:
        return _service(db, mine, no.status, zone=form.refuse(no, sentence(no)))
    flash(_("Written down"), "ok")
    return hx.see(url_for("carriers.service", service_id=service_id))


def _words(text: str) -> list[str]:
    for sign in (",", ";", "\uff0c", "\u3001", "\uff1b"):
        text = text.replace(sign, " ")
    return list(dict.fromkeys(text.split()))


@bp.post("/carrier-zones/<int:zone_id>/drop")
@roles(*WHO)
@command
def drop_zone(db: Session, zone_id: int) -> Response:
    """The service does not go there any more."""
    mine = ways.drop_zone(db, ways.zone_for(db, zone_id), actor())
    return hx.see(url_for("carriers.service", service_id=mine.id))


@bp.post("/carrier-rules")
@roles(*WHO)
@command
def add_rule(db: Session) -> Response:
    """A new rule about a service."""
    form = read(RuleForm, request.form)
    if form.data is None:
        return _index(db, 422, rule=form)
    values = form.data.model_dump(exclude={"service"}) | {"service_id": form.data.service}
    values["province"] = full_province(values["province"]) if values["province"] else ""
    try:
        ways.add_rule(db, values, actor())
    except Refused as no:
        return _index(db, no.status, rule=form.refuse(no, sentence(no)))
    flash(_("Written down"), "ok")
    return hx.see(url_for("carriers.index"))


@bp.post("/carrier-rules/<int:rule_id>/drop")
@roles(*WHO)
@command
def drop_rule(db: Session, rule_id: int) -> Response:
    """A rule less."""
    ways.drop_rule(db, rule_id, actor())
    return hx.see(url_for("carriers.index"))
