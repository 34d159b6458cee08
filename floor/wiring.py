"""The table of contents, and the only file that knows every slice: doors, subscribers, checks, sentences."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from flask import Flask, request, url_for
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import CSRFProtect
from sqlmodel import Session

from floor import cli
from floor.allocation import chores as allocation_chores
from floor.allocation import cli as allocation_cli
from floor.allocation import handlers as allocation_handlers
from floor.allocation import queries as allocation_queries
from floor.allocation import views as allocation
from floor.allocation import views_capacities, views_left_out, views_plans
from floor.analytics import cli as analytics_cli
from floor.analytics import jobs as analytics_jobs
from floor.analytics import views as analytics
from floor.analytics import views_insight
from floor.audit import cli as audit_cli
from floor.audit import handlers as audit_handlers
from floor.audit import jobs as audit_jobs
from floor.audit import queries as audit_queries
from floor.audit import views as audit
from floor.audit import views_rules as audit_rules
from floor.care import cli as care_cli
from floor.care import handlers as care_handlers
from floor.care import jobs as care_jobs
from floor.care import views as care
from floor.care import views_enquiries, views_feedback, views_resending
from floor.demo.cli import demo
from floor.events import messages as events_messages
from floor.events import queries as events_queries
from floor.events.relay import Chore, Handler
from floor.intake import cli as intake_cli
from floor.intake import handlers as intake_handlers
from floor.intake import queries as intake_queries
from floor.intake import syncing, views_api, views_inbox, views_offers, views_pushes, views_shops, views_till
from floor.intake import views as intake
from floor.inventory import (
    books,
    chores,
    putaway,
    views_bins,
    views_counts,
    views_deliveries,
    views_feeds,
    views_lots,
    views_putaway,
    views_receiving,
    views_refilling,
    views_relocate,
    views_review,
    views_supply,
    views_transfers,
)
from floor.inventory import cli as inventory_cli
from floor.inventory import handlers as inventory_handlers
from floor.inventory import imported as inventory_imported
from floor.inventory import views as inventory
from floor.inventory import views_imports as inventory_imports
from floor.orders import queries as orders_queries
from floor.packing import handlers as packing_handlers
from floor.packing import labels as packing_labels
from floor.packing import proving as packing_proofs
from floor.packing import views as packing
from floor.packing import views_materials, views_parcels, views_standards
from floor.people import cli as people_cli
from floor.people import views as people
from floor.picking import checking as picking_checks
from floor.picking import handlers as picking_handlers
from floor.picking import putbacks, views_rules, views_wall, views_zones
from floor.picking import views as picking
from floor.picking import views_board as floor_board
from floor.returns import checks as returns_checks
from floor.returns import handlers as returns_handlers
from floor.returns import queries as returns_queries
from floor.returns import views as returns
from floor.returns import views_cases, views_items, views_repairs, views_request, views_return_rules, views_strays
from floor.returns.putaways import ReturnsShelf
from floor.shipments import queries as shipments_queries
from floor.shipping import cli as shipping_cli
from floor.shipping import handlers as shipping_handlers
from floor.shipping import jobs as shipping_jobs
from floor.shipping import queries as shipping_queries
from floor.shipping import (
    queries_invoices,
    relabelling,
    views_carriers,
    views_invoices,
    views_notices,
    views_printing,
    views_waybills,
)
from floor.shipping import queries_printing as shipping_printing
from floor.shipping import views as shipping
from floor.tracking import cli as tracking_cli
from floor.tracking import handlers as tracking_handlers
from floor.tracking import jobs as tracking_jobs
from floor.tracking import learning as tracking_learning
from floor.tracking import polling as tracking_polling
from floor.tracking import queries as tracking_queries
from floor.tracking import resending, views_exceptions, views_push
from floor.tracking import views as tracking
from floor.web import assets, errors
from floor.web.context import NavItem

SLICES = (
    "people", "catalog", "inventory", "orders", "shipments", "intake", "audit", "allocation", "picking", "packing",
    "shipping", "tracking", "returns", "analytics", "care",
)  # fmt: skip

BLUEPRINTS = (
    assets.bp,
    people.bp,
    inventory.bp,
    inventory_imports.bp,
    views_counts.bp,
    views_review.bp,
    views_refilling.bp,
    views_supply.bp,
    views_feeds.bp,
    views_receiving.bp,
    views_deliveries.bp,
    views_deliveries.qc,
    views_putaway.bp,
    views_relocate.bp,
    views_transfers.bp,
    views_bins.bp,
    views_lots.bp,
    intake.bp,
    views_inbox.bp,
    views_shops.bp,
    views_pushes.bp,
    views_offers.bp,
    views_till.bp,
    views_api.bp,
    audit.bp,
    audit_rules.bp,
    allocation.bp,
    views_left_out.bp,
    views_capacities.bp,
    views_plans.bp,
    picking.bp,
    views_zones.bp,
    views_wall.bp,
    floor_board.bp,
    views_rules.bp,
    packing.bp,
    views_parcels.bp,
    views_materials.bp,
    views_standards.bp,
    shipping.bp,
    views_printing.bp,
    views_waybills.bp,
    views_carriers.bp,
    views_notices.bp,
    views_invoices.bp,
    tracking.bp,
    views_push.bp,
    views_exceptions.bp,
    returns.bp,
    views_items.bp,
    views_cases.bp,
    views_repairs.bp,
    views_strays.bp,
    views_return_rules.bp,
    views_request.bp,
    analytics.bp,
    views_insight.bp,
    care.bp,
    views_resending.bp,
    views_enquiries.bp,
    views_feedback.bp,
)

#: Doors for machines: they prove themselves by signature, not by a form's token.
SIGNED_VIEWS: tuple[str, ...] = (
    "count_review.hook", "intake.receive", "pushes.push", "tracking.hook", "kuaidi100_push.hook",
    "order_api.add", "order_api.pay", "order_api.cancel", "order_api.move",
)  # fmt: skip

#: Name -> handler. Names are stored in the outbox: rename one only together with its waiting messages.
HANDLERS: dict[str, Handler] = {
    "care.send_answer": care_handlers.send_answer,
    "packing.suggest_carton": packing_handlers.suggest_carton,
    "packing.record_materials": packing_handlers.record_materials,
    "shipping.follow_parcels": shipping_handlers.follow_parcels,
    "shipping.request_waybill": shipping_handlers.request_waybill,
    "shipping.send_to_printer": shipping_handlers.send_to_printer,
    "shipping.carry_batch": shipping_handlers.carry_batch,
    "shipping.send_notice": shipping_handlers.send_notice,
    "shipping.ask_invoices": shipping_handlers.ask_invoices,
    "shipping.tell_of_parcels": shipping_handlers.tell_of_parcels,
    "audit.flag_late_cancel": audit_handlers.hear_shop,
    "audit.hear_shop": audit_handlers.hear_shop,
    "audit.look_at_notes": audit_handlers.look_at_notes,
    "audit.look_at_order": audit_handlers.look_at_order,
    "inventory.carry_import": inventory_handlers.carry_import,
    "inventory.push_stock": inventory_handlers.push_stock,
    "inventory.tell_purchasing": inventory_handlers.tell_purchasing,
    "intake.apply_message": intake_handlers.apply_message,
    "intake.apply_messages": intake_handlers.apply_messages,
    "intake.import_upload": intake_handlers.import_upload,
    "intake.tell_stock": intake_handlers.tell_stock,
    "allocation.place_new": allocation_handlers.order_released,
    "allocation.run": allocation_handlers.run_asked,
    "picking.make_walks": picking_handlers.make_walks,
    "picking.publish_walks": picking_handlers.publish_walks,
    "picking.shorten_walk": picking_handlers.shorten_walk,
    "picking.take_back_walks": picking_handlers.take_back_walks,
    "picking.walk_on": picking_handlers.walk_on,
    "tracking.follow_shipment": tracking_handlers.follow_shipment,
    "tracking.send_letter": tracking_handlers.send_letter,
    "returns.pay_lost": returns_handlers.pay_lost,
    "returns.tell_channel": returns_handlers.tell_channel,
    "returns.tell_returned": returns_handlers.tell_returned,
}

#: Event kind -> names of the handlers that hear it.
SUBSCRIBERS: dict[str, tuple[str, ...]] = {
    "care.enquiry.answered": ("care.send_answer",),
    "packing.pack.opened": ("packing.suggest_carton",),
    "packing.parcel.boxed": ("packing.record_materials",),
    "packing.parcel.packed": ("shipping.request_waybill",),
    "packing.units.damaged": ("packing.suggest_carton",),
    "packing.units.missing": ("packing.suggest_carton",),
    "shipping.manifest.closed": ("shipping.tell_of_parcels", "shipping.follow_parcels", "shipping.ask_invoices"),
    "shipping.notice.asked": ("shipping.send_notice",),
    "shipping.paper.asked_again": ("shipping.request_waybill",),
    "shipping.paper.renumbered": ("shipping.request_waybill",),
    "shipping.print.queued": ("shipping.send_to_printer",),
    "shipping.batch.asked": ("shipping.carry_batch",),
    "shipping.batch.went_on": ("shipping.carry_batch",),
    "shipping.waybill.asked_again": ("shipping.request_waybill",),
    "shipping.waybill.cancel_asked": ("shipping.request_waybill",),
    "shipping.waybill.entered": ("shipping.request_waybill",),
    "shipping.waybill.kept": ("shipping.request_waybill",),
    "shipping.waybill.none_issued": ("shipping.request_waybill",),
    "shipping.waybill.received": ("shipping.request_waybill",),
    "shipping.waybill.went_by": ("shipping.request_waybill",),
    "inventory.import.cancel": ("inventory.carry_import",),
    "inventory.import.confirm": ("inventory.carry_import",),
    "inventory.import.fail": ("inventory.carry_import",),
    "inventory.import.finish": ("inventory.carry_import",),
    "inventory.import.uploaded": ("inventory.carry_import",),
    "inventory.import.went_on": ("inventory.carry_import",),
    "inventory.feed.for_shop": ("intake.tell_stock",),
    "inventory.feed.pushed": ("inventory.push_stock",),
    "inventory.purchase.asked": ("inventory.tell_purchasing",),
    "intake.batch.uploaded": ("intake.import_upload",),
    "intake.address.too_late": ("audit.hear_shop",),
    "intake.cancel.too_late": ("audit.flag_late_cancel",),
    "intake.lines.too_late": ("audit.hear_shop",),
    "intake.refund.asked": ("audit.hear_shop",),
    "intake.refund.decided": ("audit.hear_shop",),
    "intake.shop.let_go": ("audit.hear_shop",),
    "intake.shop.stopped": ("audit.hear_shop",),
    "intake.message.stored": ("intake.apply_message",),
    "intake.delivery.stored": ("intake.apply_messages",),
    "orders.order.address_changed": ("audit.look_at_order",),
    "orders.order.notes_changed": ("audit.look_at_notes",),
    "orders.order.paid": ("audit.look_at_order",),
    "orders.order.release": ("allocation.place_new",),
    "orders.order.received": ("audit.look_at_order",),
    "allocation.run.asked": ("allocation.run",),
    "allocation.run.applied": ("picking.make_walks",),
    "allocation.run.published": ("picking.publish_walks",),
    "allocation.run.taken_back": ("picking.take_back_walks",),
    "picking.walk.sent_on": ("picking.walk_on",),
    "picking.walk.short_reported": ("picking.shorten_walk",),
    "picking.walk.order_joined": ("picking.shorten_walk",),
    "shipments.shipment.ship": ("tracking.follow_shipment",),
    "tracking.letter.asked": ("tracking.send_letter",),
    "returns.refund.recorded": ("returns.tell_channel",),
    "returns.case.closed": ("returns.tell_returned",),
    "tracking.exception.refund_asked": ("returns.pay_lost",),
    "returns.repair.going_home": ("picking.walk_on",),
}

#: What every worker does between messages: name -> (every so many seconds, what). Done twice they do no harm.
CHORES: dict[str, Chore] = {
    "rank waiting orders": (60, audit_jobs.rank_again),
    "judge what was learned": (3600, audit_jobs.judge_handling),
    "place new orders": (30, allocation_chores.place_new),
    "plan waiting orders again": (5, allocation_chores.plan_again),
    "ask carriers again": (3, shipping_jobs.ask_carriers),
    "ask where parcels are": (60, tracking_polling.ask_routes),
    "look at silent parcels": (30, tracking_jobs.look_due),
    "learn how long parcels need": (3600, tracking_learning.learn_again),
    "judge how long parcels need": (3600, tracking_learning.judge_road),
    "forget old answers": (3600, cli.forget_old_answers),
    "hold lots that are too old": (3600, chores.expire_lots),
    "give back what was put aside": (60, chores.give_back_expired),
    "tell channels their stock": (5, chores.tell_channels),
    "read shops": (5, syncing.read_due),
    "apply what was left in the inbox": (30, syncing.apply_left),
    "look at pick faces": (60, chores.look_at_faces),
    "look at reorder points": (3600, chores.look_at_reorder_points),
    "sum up days": (300, analytics_jobs.sum_up),
    "keep the week on paper": (3600, analytics_jobs.keep_week),
    "forget old customers": (3600, care_jobs.retain_by_rule),
}

#: What `flask check` proves: name -> rows that break it, in words.
CHECKS: dict[str, Callable[[Session], list[str]]] = {
    "ledger = balances": books.broken_balances,
    "reserved <= on hand": books.broken_reservations,
    "lots = balances": books.broken_lots,
    "lots on hold are held back": books.broken_holds,
    "adjusted counts are booked once": books.broken_counts,
    "received = booked for the delivery": books.broken_deliveries,
    "in transit = sent - received": books.broken_transfers,
    "substitutes keep the price": orders_queries.broken_substitutes,
    "ordered = the sum of its parts": shipments_queries.broken_orders,
    "allocated = reserved on shelves": shipments_queries.broken_promises,
    "shipments hold what their state says": shipments_queries.broken_states,
    "every run explains every order": allocation_queries.broken_runs,
    "a shipment is on one walk at most": picking_checks.broken_walks,
    "the wall's lines = its totes and slots": picking_checks.broken_walls,
    "outbox sent or pending": events_queries.broken_outbox,
    "parcels hold what was packed and shipped": packing_proofs.broken_parcels,
    "nothing is left on a bench": packing_proofs.broken_heaps,
    "one living waybill per parcel": shipping_queries.broken_waybills,
    "a second label says Reprint": shipping_printing.broken_printing,
    "invoices and their files agree": queries_invoices.broken_invoices,
    "shipped parcels are on closed manifests": shipping_queries.broken_manifests,
    "applied messages have orders": intake_queries.broken_inbox,
    "file imports add up": intake_queries.broken_batches,
    "stock imports add up": inventory_imported.broken_imports,
    "orders and their flags agree": audit_queries.broken_flags,
    "tracks say what their events say": tracking_queries.broken_tracks,
    "exceptions are of parcels on the road": tracking_queries.broken_exceptions,
    "delivered = every parcel delivered": tracking_queries.broken_deliveries,
    "returned <= shipped": returns_checks.broken_quantities,
    "refunds <= paid": returns_checks.broken_sums,
    "refunds of a line <= paid for it": returns_checks.broken_lines,
    "refund = the sum of its items": returns_checks.broken_refunds,
    "credit = paid for the order sent": returns_checks.broken_credits,
    "repairs and their cases agree": returns_checks.broken_repairs,
}

#: The rail: endpoint, label, icon, roles that see it.
RAIL: tuple[tuple[str, Any, str, tuple[str, ...]], ...] = (
    ("analytics.board", _l("Board"), "chart", ("supervisor",)),
    ("insight.index", _l("Insight"), "chart", ("supervisor",)),
    ("care.find", _l("Find orders"), "clipboard", ("service", "supervisor")),
    ("enquiries.index", _l("Enquiries"), "question", ("service", "supervisor")),
    ("intake.health", _l("Intake"), "download", ("supervisor",)),
    ("audit.queue", _l("Audit"), "flag", ("service", "supervisor")),
    ("allocation.index", _l("Allocation"), "tree", ("supervisor",)),
    ("picking.walks", _l("Picking"), "cart", ("picker", "supervisor")),
    ("tracking.board", _l("Tracking"), "truck", ("service", "supervisor")),
    ("returns.desk", _l("Returns"), "return", ("service", "supervisor")),
    ("receiving.dock", _l("Receiving"), "arrow-down", ("picker", "supervisor")),
    ("inventory.stock", _l("Stock"), "rack", ("service", "supervisor")),
    ("counts.index", _l("Counts"), "count", ("picker", "supervisor")),
    ("refilling.tasks", _l("Replenishment"), "swap", ("picker", "supervisor")),
    ("supply.purchasing", _l("Purchasing"), "clipboard", ("supervisor",)),
    ("packing.stations", _l("Packing"), "box", ("packer", "supervisor")),
    ("materials.index", _l("Packing material"), "box", ("supervisor",)),
    ("shipping.manifests", _l("Manifests"), "truck", ("packer", "supervisor")),
    ("invoices.index", _l("Invoices"), "clipboard", ("service", "supervisor")),
    ("till.basket", _l("Till"), "barcode", ("service", "supervisor")),
    ("printing.queue", _l("Print queue"), "printer", ("packer", "supervisor")),
)


def install(app: Flask, csrf: CSRFProtect) -> None:
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    for endpoint in SIGNED_VIEWS:
        csrf.exempt(app.view_functions[endpoint])
    for name in SLICES:
        words = import_module(f"floor.{name}.messages")
        errors.learn(words.REFUSALS)
        events_messages.learn(words.EVENTS)
    cli.install(app, CHECKS, HANDLERS, CHORES)
    putaway.learn("returns", ReturnsShelf())
    putaway.learn("cancelled", putbacks.CancelledTotes())
    packing_labels.learn(relabelling.Labels())
    resending.learn(returns_queries.held)
    app.cli.add_command(audit_cli.audit)
    app.cli.add_command(analytics_cli.insight)
    app.cli.add_command(care_cli.care)
    app.cli.add_command(intake_cli.intake)
    app.cli.add_command(allocation_cli.allocate)
    app.cli.add_command(demo)
    app.cli.add_command(people_cli.people_group)
    app.cli.add_command(inventory_cli.stock)
    app.cli.add_command(shipping_cli.slips)
    app.cli.add_command(shipping_cli.invoices)
    app.cli.add_command(tracking_cli.tracking_group)


def navigation() -> dict[str, list[NavItem]]:
    """The rail for whoever is signed in."""
    if not current_user.is_authenticated:
        return {"nav": []}
    mine = [entry for entry in RAIL if current_user.role in (*entry[3], "admin")]
    here = _entry_of(request.endpoint or "", [entry[0] for entry in mine])
    return {
        "nav": [
            NavItem(url_for(endpoint), str(label), icon, current=endpoint == here)
            for endpoint, label, icon, _roles in mine
        ]
    }


#: Pages that stand under another entry of the rail than their blueprint's name says.
SECTIONS = {
    "deliveries": "receiving", "qc": "receiving", "putaway": "receiving", "transfers": "receiving",
    "relocate": "inventory", "bins": "inventory", "lots": "inventory",
    "inbox": "intake", "shops": "intake", "offers": "intake", "audit_rules": "audit",
    "put_wall": "picking", "floor_board": "picking", "short_rules": "picking",
    "standards": "materials",
    "parcels": "packing", "carriers": "shipping", "waybills": "shipping", "notices": "tracking",
    "parcel_exceptions": "tracking", "return_cases": "returns", "return_items": "returns", "return_repairs": "returns",
    "return_request": "returns", "return_rules": "returns", "strays": "returns",
    "resending": "care", "feedback": "enquiries",
    "left_out": "allocation", "capacities": "allocation", "plans": "allocation",
}  # fmt: skip


def _entry_of(endpoint: str, entries: list[str]) -> str:
    """The rail's entry for a page: its own, else the first of its section."""
    name = endpoint.partition(".")[0]
    section = SECTIONS.get(name, name)
    same_slice = (entry for entry in entries if entry.partition(".")[0] == section)
    return endpoint if endpoint in entries else next(same_slice, "")
