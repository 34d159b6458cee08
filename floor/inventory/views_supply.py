"""Doors of supply: safety stock kept and computed, what purchasing should order, and a SKU's own settings."""

from typing import Any

from flask import Blueprint, Response, current_app, flash, make_response, request, url_for
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from flask_login import current_user
from sqlmodel import Session

from floor.catalog.models import Sku
from floor.catalog.queries import sku_by_code
from floor.inventory import facing, keeping, purchasing, queries, safety
from floor.inventory.forms_supply import DefaultsForm, FaceForm, OrderForm, SafetyForm, TermsForm
from floor.inventory.models import Warehouse
from floor.inventory.models_supply import SupplyDefaults, SupplyTerms
from floor.inventory.states import PurchaseAction, PurchaseState
from floor.kit import clock, compute, units
from floor.kit.errors import Refused, Unknown
from floor.kit.uow import reading
from floor.paper.sheets import PurchaseLine, PurchaseList, purchase_pdf
from floor.web import hx
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.downloads import csv_file
from floor.web.errors import sentence
from floor.web.forms import Form, read
from floor.web.page import page

bp = Blueprint("supply", __name__)

_SIZE = 50


# --- safety stock ------------------------------------------------------------------------------------------------


@bp.get("/stock/safety", endpoint="safety")
@roles("supervisor")
def show_safety() -> Response:
    """What a warehouse keeps back, beside what its demand and lead times say."""
    with reading() as db:
        return safety_page(db, _site(db, request.args.get("warehouse", "")))


def safety_page(db: Session, house: Warehouse, status: int = 200, form: Form[DefaultsForm] | None = None) -> Response:
    text, number = request.args.get("q", "").strip(), max(1, request.args.get("page", 1, type=int))
    rows = [row for row in keeping.proposals(db, house) if text.upper() in row.sku.code.upper()]
    return page(
        "inventory/safety.html", "content", status=status, rows=rows[(number - 1) * _SIZE : number * _SIZE],
        total=len(rows), house=house, houses=queries.warehouses(db), q=text, page_number=number,
        pages=-(-len(rows) // _SIZE), assumed=safety.defaults(db, house.id or 0), form=form, days=safety.DAYS,
        open_rows=sum(row.differs and not row.is_manual for row in rows),
    )  # fmt: skip


@bp.get("/stock/safety.csv")
@roles("supervisor")
def safety_csv() -> Response:
    """The same list, whole, for a spreadsheet."""
    with reading() as db:
        house = _site(db, request.args.get("warehouse", ""))
        rows = keeping.proposals(db, house)
    header = (
        "sku", "name", "warehouse", "abc", "service_level", "units_56_days", "per_day", "sd_per_day", "rare",
        "lead_days", "sd_lead_days", "supplier", "kept_safety", "kept_reorder_point", "manual", "safety",
        "reorder_point",
    )  # fmt: skip
    lines = (
        (
            row.sku.code, row.sku.name, house.code, row.kind.upper(), row.service, row.demand.units,
            f"{row.demand.mean:.3f}", f"{row.demand.sd:.3f}", int(row.demand.is_rare), row.lead.days, row.lead.sd,
            row.lead.supplier, row.kept_qty, row.kept.reorder_point if row.kept else None, int(row.is_manual),
            row.level.safety, row.level.reorder_point,
        )
        for row in rows
    )  # fmt: skip
    return csv_file("safety-stock.csv", header, lines)


@bp.post("/stock/safety/accept")
@roles("supervisor")
@command
def accept(db: Session) -> Response:
    """Keep what was computed: of one SKU, or of all that no person has set."""
    house = _site(db, request.form.get("warehouse", ""))
    one = request.form.get("sku", "")
    sku = _sku(db, one) if one else None
    taken = keeping.accept(db, house, keeping.proposals(db, house, sku.id if sku else None), actor())
    flash(ngettext("%(num)s value taken on", "%(num)s values taken on", taken), "ok")
    return hx.see(url_for("supply.safety", warehouse=house.code))


@bp.post("/stock/safety/defaults")
@roles("supervisor")
@command
def save_defaults(db: Session) -> Response:
    """What a warehouse assumes about lead times, and how sure it wants to be."""
    form = read(DefaultsForm, request.form)
    house = _site(db, form["warehouse"])
    if form.data is None:
        return safety_page(db, house, 422, form)
    levels = {name: round(getattr(form.data, name) * 10) for name in ("level_a", "level_b", "level_c")}
    assumed = SupplyDefaults(
        warehouse_id=house.id or 0, lead_days=form.data.lead_days, lead_sd_days=form.data.lead_sd_days, **levels
    )
    try:
        keeping.keep_defaults(db, assumed, actor())
    except Refused as refused:
        return safety_page(db, house, 422, form.refuse(refused, sentence(refused)))
    flash(_("Written down"), "ok")
    return hx.see(url_for("supply.safety", warehouse=house.code))


# --- purchasing --------------------------------------------------------------------------------------------------


@bp.get("/purchasing", endpoint="purchasing")
@roles("supervisor")
def show_purchasing() -> Response:
    """What runs low, what was ordered, and what another warehouse could spare."""
    with reading() as db:
        return purchasing_page(db)


def purchasing_page(db: Session, status: int = 200, form: Form[OrderForm] | None = None, bad: int = 0) -> Response:
    present = purchasing.needs(db)
    rows = purchasing.requests(db, PurchaseState.OPEN, request.args.get("warehouse", ""), present)
    ordered = purchasing.requests(db, PurchaseState.ORDERED, request.args.get("warehouse", ""), present)
    houses = queries.warehouses(db)
    found = purchasing.named_spares(db, purchasing.spares(present))
    costs = [row.cost_fen for row in rows if row.cost_fen is not None]
    return page(
        "inventory/purchasing.html", "content", status=status, rows=rows, ordered=ordered[:_SIZE], houses=houses,
        site=request.args.get("warehouse", ""), spares=found, form=form, bad=bad, cost_fen=sum(costs),
        is_told=bool(_settings().purchasing_notify.strip()),
    )  # fmt: skip


@bp.post("/purchasing/check")
@roles("supervisor")
@command
def check(db: Session) -> Response:
    """Look at the reorder points now instead of at the next full hour."""
    made = purchasing.ask(db, purchasing.to_ask(db), actor())
    flash(ngettext("%(num)s new request", "%(num)s new requests", made), "ok")
    return hx.see(url_for("supply.purchasing"))


@bp.post("/purchasing/<int:request_id>/order")
@roles("supervisor")
@command
def order(db: Session, request_id: int) -> Response:
    """So many were ordered: they count as expected until they are received."""
    wanted = purchasing.request_for(db, request_id)
    form = read(OrderForm, request.form)
    if form.data is None:
        return purchasing_page(db, 422, form, request_id)
    purchasing.advance(db, wanted, PurchaseAction.ORDER, actor(), form.data.qty)
    flash(_("Marked as ordered"), "ok")
    return hx.see(url_for("supply.purchasing"))


@bp.post("/purchasing/<int:request_id>/dismiss")
@roles("supervisor")
@command
def dismiss(db: Session, request_id: int) -> Response:
    """Nobody orders this, or the supplier will not deliver."""
    purchasing.advance(db, purchasing.request_for(db, request_id), PurchaseAction.DISMISS, actor())
    flash(_("Request dismissed"), "ok")
    return hx.see(url_for("supply.purchasing"))


@bp.post("/purchasing/transfers")
@roles("supervisor")
@command
def plan_transfer(db: Session) -> Response:
    """Plan all that one warehouse can spare for another; the page of the transfer is where it is changed and loaded."""
    houses = (queries.warehouse_by_code(db, request.form.get(name, "")) for name in ("from", "to"))
    giver, taker = (house.id if house else None for house in houses)
    if giver is None or taker is None:
        raise Unknown("inventory.unknown_warehouse")
    planned = purchasing.plan_transfer(db, giver, taker, actor())
    flash(_("Transfer %(number)s planned", number=planned.number), "ok")
    return hx.see(url_for("transfers.transfer", transfer_id=planned.id))


@bp.get("/purchasing.csv")
@roles("supervisor")
def purchasing_csv() -> Response:
    """Open requests for a spreadsheet."""
    with reading() as db:
        rows = purchasing.requests(db, PurchaseState.OPEN, request.args.get("warehouse", ""))
    header = (
        "supplier", "sku", "name", "warehouse", "qty", "pack", "price_yuan", "free", "coming", "reorder_point",
        "asked_at",
    )  # fmt: skip
    lines = (
        (
            row.request.supplier, row.sku.code, row.sku.name, row.house.code, row.request.qty,
            row.terms.pack_qty if row.terms else 1, units.yuan(row.terms.price_fen) if row.terms else "",
            row.request.free, row.request.coming, row.request.reorder_point, row.request.asked_at.isoformat(),
        )
        for row in rows
    )  # fmt: skip
    return csv_file("purchase-requests.csv", header, lines)


@bp.get("/purchasing.pdf")
@roles("supervisor")
def purchasing_pdf() -> Response:
    """Open requests on A4, by supplier."""
    lang = str(get_locale())
    with reading() as db:
        rows = purchasing.requests(db, PurchaseState.OPEN, request.args.get("warehouse", ""))
    is_english = lang == "en"
    lines = tuple(
        PurchaseLine(
            row.request.supplier, row.sku.code, row.sku.name_en if is_english and row.sku.name_en else row.sku.name,
            " ".join(part for part in (row.sku.colour_en if is_english else row.sku.colour, row.sku.size) if part),
            row.house.name_en if is_english and row.house.name_en else row.house.name, row.request.qty,
            row.terms.pack_qty if row.terms else 1, row.cost_fen,
        )
        for row in rows
    )  # fmt: skip
    paper = PurchaseList(_settings().company, clock.now().date(), lines)
    response = make_response(compute.run(purchase_pdf, paper, lang))
    response.headers["Content-Type"] = "application/pdf"
    response.headers["Content-Disposition"] = 'inline; filename="purchase-requests.pdf"'
    return response


# --- the settings of one SKU -------------------------------------------------------------------------------------


@bp.get("/skus/<code>/supply")
@roles("supervisor")
def sku_supply(code: str) -> Response:
    """Where a SKU is picked, who delivers it, and what is kept back of it."""
    with reading() as db:
        return supply_page(db, _sku(db, code))


def supply_page(
    db: Session, sku: Sku, status: int = 200, *, face: Form[FaceForm] | None = None,
    terms: Form[TermsForm] | None = None, keep: Form[SafetyForm] | None = None,
) -> Response:  # fmt: skip
    houses = queries.warehouses(db)
    demands = safety.demands(db)
    sites = []
    for house in houses:
        found = keeping.proposals(db, house, sku.id, demands)
        sites.append((house, found[0], facing.usual_levels(demands.get((house.id or 0, sku.id or 0), _NONE).mean)))
    return page(
        "inventory/supply.html", "content", status=status, sku=sku, houses=houses, sites=sites,
        faces=facing.faces(db, sku.id or 0), suppliers=keeping.terms_of(db, sku.id or 0), face=face, terms=terms,
        keep=keep, min_days=facing.MIN_DAYS, max_days=facing.MAX_DAYS,
    )  # fmt: skip


_NONE = safety.Demand()


@bp.post("/skus/<code>/faces")
@roles("supervisor")
@command
def save_face(db: Session, code: str) -> Response:
    """A bin becomes a pick face of the SKU, or gets other levels."""
    sku = _sku(db, code)
    form = read(FaceForm, request.form)
    if form.data is None:
        return supply_page(db, sku, 422, face=form)
    try:
        where, _house = queries.bin_for(db, form.data.warehouse, form.data.bin)
        facing.keep_face(db, where, sku.id or 0, form.data.min_qty, form.data.max_qty, actor())
    except Unknown as refused:
        form.errors["bin"] = sentence(refused)
        return supply_page(db, sku, 422, face=form)
    except Refused as refused:
        return supply_page(db, sku, refused.status, face=form.refuse(refused, sentence(refused)))
    flash(_("Pick face %(bin)s written down", bin=where.code), "ok")
    return hx.see(url_for("supply.sku_supply", code=sku.code))


@bp.post("/skus/<code>/faces/drop")
@roles("supervisor")
@command
def drop_face(db: Session, code: str) -> Response:
    """The bin is no pick face any more; what lies there stays."""
    sku = _sku(db, code)
    where, _house = queries.bin_for(db, request.form.get("warehouse", ""), request.form.get("bin", ""))
    facing.drop_face(db, where, sku.id or 0, actor())
    flash(_("%(bin)s is no pick face any more", bin=where.code), "ok")
    return hx.see(url_for("supply.sku_supply", code=sku.code))


@bp.post("/skus/<code>/terms")
@roles("supervisor")
@command
def save_terms(db: Session, code: str) -> Response:
    """How a supplier delivers the SKU."""
    sku = _sku(db, code)
    form = read(TermsForm, request.form)
    price = 0
    try:
        price = units.fen(form["price"] or "0")
    except ValueError:
        form.errors["price"] = _("Enter an amount in yuan")
    if price < 0 or price > _MOST_FEN:
        form.errors["price"] = _("Enter an amount in yuan")
    if form.data is None or form.errors:
        return supply_page(db, sku, 422, terms=form)
    given = form.data.model_dump(exclude={"price"})
    keeping.keep_terms(db, SupplyTerms(sku_id=sku.id or 0, price_fen=price, **given), actor())
    flash(_("Written down"), "ok")
    return hx.see(url_for("supply.sku_supply", code=sku.code))


_MOST_FEN = 1_000_000_00


@bp.post("/skus/<code>/safety")
@roles("supervisor")
@command
def save_safety(db: Session, code: str) -> Response:
    """A person says what a warehouse keeps back; computed values do not replace it unasked."""
    sku = _sku(db, code)
    form = read(SafetyForm, request.form)
    if form.data is None:
        return supply_page(db, sku, 422, keep=form)
    house = _site(db, form.data.warehouse)
    try:
        keeping.keep(db, house.id or 0, sku.id or 0, form.data.qty, form.data.reorder_point, actor())
    except Refused as refused:
        return supply_page(db, sku, refused.status, keep=form.refuse(refused, sentence(refused)))
    flash(_("Written down"), "ok")
    return hx.see(url_for("supply.sku_supply", code=sku.code))


def _sku(db: Session, code: str) -> Sku:
    sku = sku_by_code(db, code.strip().upper())
    if sku is None:
        raise Unknown("inventory.unknown_sku", sku=code)
    return sku


def _site(db: Session, code: str) -> Warehouse:
    """The warehouse of that code; without one the person's own, or the first."""
    wanted = code or current_user.site
    houses = queries.warehouses(db)
    found = next((house for house in houses if house.code == wanted), None)
    if found is None and not code and houses:
        found = houses[0]
    if found is None:
        raise Unknown("inventory.unknown_warehouse")
    return found


def _settings() -> Any:
    return current_app.extensions["settings"]
