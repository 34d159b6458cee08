"""The table of contents, and the only file that knows every slice: doors, subscribers, checks, sentences."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from flask import Flask, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf import CSRFProtect
from sqlmodel import Session

from floor import cli
from floor.allocation import views as allocation
from floor.analytics import views as analytics
from floor.audit import views as audit
from floor.care import views as care
from floor.events import queries as events_queries
from floor.events.relay import Handler
from floor.intake import views as intake
from floor.inventory import queries as inventory_queries
from floor.inventory import views as inventory
from floor.packing import views as packing
from floor.people import views as people
from floor.picking import views as picking
from floor.returns import views as returns
from floor.shipments import queries as shipments_queries
from floor.shipping import views as shipping
from floor.tracking import views as tracking
from floor.web import assets, errors
from floor.web.context import NavItem

SLICES = (
    "people", "inventory", "orders", "shipments", "intake", "audit", "allocation", "picking", "packing", "shipping",
    "tracking", "returns", "analytics", "care",
)  # fmt: skip

BLUEPRINTS = (
    assets.bp,
    people.bp,
    inventory.bp,
    intake.bp,
    audit.bp,
    allocation.bp,
    picking.bp,
    packing.bp,
    shipping.bp,
    tracking.bp,
    returns.bp,
    analytics.bp,
    care.bp,
)

#: Doors for machines: they prove themselves by signature, not by a form's token.
SIGNED_VIEWS: tuple[str, ...] = ()

#: Name -> handler. Names are stored in the outbox: rename one only together with its waiting messages.
HANDLERS: dict[str, Handler] = {}

#: Event kind -> names of the handlers that hear it.
SUBSCRIBERS: dict[str, tuple[str, ...]] = {}

#: What `flask check` proves: name -> rows that break it, in words.
CHECKS: dict[str, Callable[[Session], list[str]]] = {
    "ledger = balances": inventory_queries.broken_balances,
    "reserved <= on hand": inventory_queries.broken_reservations,
    "ordered = the sum of its parts": shipments_queries.broken_orders,
    "allocated = reserved on shelves": shipments_queries.broken_promises,
    "shipments hold what their state says": shipments_queries.broken_states,
    "outbox sent or pending": events_queries.broken_outbox,
}

#: The rail: endpoint, msgid, icon, roles that see it.
RAIL: tuple[tuple[str, str, str, tuple[str, ...]], ...] = ()


def install(app: Flask, csrf: CSRFProtect) -> None:
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    for endpoint in SIGNED_VIEWS:
        csrf.exempt(app.view_functions[endpoint])
    for name in SLICES:
        errors.learn(import_module(f"floor.{name}.messages").REFUSALS)
    cli.install(app, CHECKS, HANDLERS)


def event_sentences() -> dict[str, Any]:
    """Event kind -> sentence, over all slices; the order's story reads it."""
    found: dict[str, Any] = {}
    for name in SLICES:
        found.update(import_module(f"floor.{name}.messages").EVENTS)
    return found


def navigation() -> dict[str, list[NavItem]]:
    """The rail for whoever is signed in."""
    if not current_user.is_authenticated:
        return {"nav": []}
    mine = [entry for entry in RAIL if current_user.role in (*entry[3], "admin")]
    return {
        "nav": [
            NavItem(url_for(endpoint), _(label), icon, current=request.endpoint == endpoint)  # noqa: INT001
            for endpoint, label, icon, _roles in mine
        ]
    }
