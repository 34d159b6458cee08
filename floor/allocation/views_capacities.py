"""Doors of capacities: what each warehouse can do until its cut-off, changed by the supervisor during the day."""

from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from sqlmodel import Session

from floor.allocation import queries
from floor.allocation.forms import CapacityForm, capacity_form
from floor.inventory import capacities
from floor.inventory import queries as stock
from floor.inventory.models import Warehouse
from floor.kit.errors import Unknown
from floor.kit.uow import reading
from floor.shipments import pickups
from floor.web import hx
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.forms import Form, read
from floor.web.page import page

bp = Blueprint("capacities", __name__)


@bp.get("/capacities")
@roles("supervisor")
def index() -> Response:
    """Every warehouse with its cut-off, lines, benches and what carriers collect, beside what is given away already."""
    with reading() as db:
        return show(db)


def show(db: Session, form: Form[CapacityForm] | None = None, wrong: int = 0) -> Response:
    lines = {row[0]: row[1:] for row in queries.lines_waiting(db)}
    waiting = queries.parcels_waiting(db)
    return page(
        "allocation/capacities.html", "content", status=422 if form else 200, houses=stock.warehouses(db),
        carriers=queries.carriers(db), lines=lines, hands=queries.hands(db), form=form, wrong=wrong,
        pickups={(row.warehouse_id, row.carrier_id): row for row in queries.pickups(db)},
        parcels={(house, carrier): n for house, carrier, n, *_rest in waiting},
        unpacked=_sums((house, n) for house, _carrier, _n, n, _grams in waiting),
    )  # fmt: skip


def _sums(pairs: Any) -> dict[int, int]:
    found: dict[int, int] = {}
    for key, n in pairs:
        found[key] = found.get(key, 0) + n
    return found


@bp.post("/capacities/<int:warehouse_id>")
@roles("supervisor")
@command
def save(db: Session, warehouse_id: int) -> Response:
    """Change what a warehouse can do today. 303 to all of them; 422 with the form as typed."""
    house = db.get(Warehouse, warehouse_id, with_for_update=True)
    if house is None:
        raise Unknown("inventory.unknown_warehouse")
    carriers = [carrier.id or 0 for carrier in queries.carriers(db)]
    form = read(capacity_form(carriers), request.form)
    if form.data is None:
        return show(db, form, warehouse_id)
    wanted = form.data.model_dump()
    changed = capacities.change(db, house, {name: wanted[name] for name in capacities.FIELDS}, actor())
    for carrier in carriers:
        changed |= pickups.agree(
            db, warehouse_id, carrier, wanted[f"parcels_{carrier}"], wanted[f"kg_{carrier}"], actor()
        )
    flash(_("Written down; the next run plans with it") if changed else _("Nothing was changed"), "ok")
    return hx.see(url_for("capacities.index") + f"#w{warehouse_id}")
