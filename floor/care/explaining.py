"""Why an order is not moving: chains of sentences, order -> line -> shelf -> what would free it, over live data."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext as _
from sqlmodel import Session

from floor.allocation.messages import REASONS
from floor.allocation.queries import announced_sites, shelves
from floor.allocation.states import Why
from floor.care import queries
from floor.care.queries import LineStory
from floor.inventory.models import BinKind, Warehouse
from floor.orders.models import Order
from floor.orders.states import OrderState
from floor.picking.states import WalkState
from floor.shipments.models import Shipment
from floor.shipments.queries import of_order
from floor.shipments.states import GONE, ShipmentState


@dataclass(frozen=True)
class Reason:
    """One thing that keeps the order: its chain as ui.chain draws it, and the page that frees it."""

    title: str
    steps: Sequence[tuple[str, str]]
    url: str = ""
    button: str = ""


def reasons(db: Session, order: Order, lines: Sequence[LineStory]) -> list[Reason]:
    """Empty when nothing keeps it: shipped, delivered or cancelled."""
    assert order.id is not None
    audit_url = url_for("audit.order", order_id=order.id)
    if order.state is OrderState.CANCELLED:
        return []
    if order.state is OrderState.RECEIVED:
        steps = [(order.number, ""), (_("nobody has checked it yet"), "bad"), (_("the audit looks at it"), "fix")]
        return [Reason(_("Not checked yet"), steps, url_for("audit.queue"), _("To the audit"))]
    found = []
    if order.state is OrderState.HELD:
        held = _("on hold: no run, bench or lorry takes it")
        steps = [(order.number, ""), (held, "bad"), (_("somebody decides"), "fix")]
        found.append(Reason(_("On hold"), steps, audit_url, _("Decide")))
    else:
        found += [_waiting(db, order, line) for line in lines if line.line.backordered]
    for shipment in of_order(db, order.id):
        if shipment.state not in (*GONE, ShipmentState.CANCELLED):
            found.append(_on_its_way(db, shipment))
    return found


def _waiting(db: Session, order: Order, line: LineStory) -> Reason:
    """Units no shipment holds: what the shelves of every house have for them now."""
    wanted, sku = line.line.backordered, line.sku
    steps = [(_("%(order)s wants %(n)s × %(sku)s", order=order.number, n=wanted, sku=sku.code), "")]
    sites = announced_sites(db, order.id or 0, sku.id or 0)
    if sites:
        steps.append((_("is to ship from %(sites)s", sites=" + ".join(sites)), ""))
    on_face: dict[str, int] = {}
    in_reserve: dict[str, int] = {}
    for row in shelves(db, [sku.id or 0]):
        kind = on_face if row.kind is BinKind.PICK else in_reserve
        kind[row.site] = kind.get(row.site, 0) + row.free
    for site in sorted(on_face | in_reserve):
        face, reserve = on_face.get(site, 0), in_reserve.get(site, 0)
        words = _("%(site)s: %(face)s on pick faces, %(reserve)s in reserve", site=site, face=face, reserve=reserve)
        steps.append((words, "" if face >= wanted else "bad"))
    refusal = queries.last_refusal(db, order.id or 0)
    title = str(REASONS[Why(refusal[0].reason)]) if refusal else _("No run has looked at it yet")
    if not any(on_face.values()) and not any(in_reserve.values()):
        steps += [(_("on no shelf of any warehouse"), "bad"), (_("goods come in"), "fix")]
        return Reason(title, steps, url_for("inventory.sku_page", code=sku.code), _("Look at the SKU"))
    if max(on_face.values(), default=0) >= wanted:
        steps.append((_what_helps(refusal[0].reason if refusal else ""), "fix"))
        return Reason(title, steps, url_for("allocation.new"), _("New run"))
    steps.append((_("replenishment fills the pick face"), "fix"))
    return Reason(title, steps, url_for("refilling.tasks"), _("Replenishments"))


def _what_helps(reason: str) -> str:
    """The shelves have enough of this SKU: why the last run left the order all the same."""
    return {
        Why.PARTIAL_ONLY: _("a run that may split the order can take it"),
        Why.NO_LANE: _("somebody finds a carrier that goes there"),
        Why.LABOUR_FULL: _("the next shift has hands for it"),
        Why.BENCH_FULL: _("the next shift has a bench for it"),
        Why.CARRIER_FULL: _("the next lorry has room for it"),
        Why.TOO_BIG: _("somebody finds a carrier that takes it"),
    }.get(Why(reason) if reason else Why.CHANGED, _("the next allocation run can take it"))


def _on_its_way(db: Session, shipment: Shipment) -> Reason:
    """Units in a shipment: who has them, and whose turn it is."""
    house = db.get_one(Warehouse, shipment.warehouse_id).code
    steps = [(_("%(shipment)s in %(site)s", shipment=shipment.number, site=house), "")]
    walk = queries.walk_of(db, shipment.id or 0)
    if shipment.state in (ShipmentState.PLANNED, ShipmentState.PICKING):
        if walk is None or walk[0].state in (WalkState.CANCELLED, WalkState.DONE):
            steps += [(_("stock is promised, no walk yet"), "bad"), (_("carts are made next"), "fix")]
            return Reason(_("Waiting for picking"), steps, url_for("allocation.index"), _("Allocation"))
        number, url = walk[0].number, url_for("picking.walk", walk_id=walk[0].id)
        words = {
            WalkState.READY: (_("walk %(walk)s is not published", walk=number), _("the supervisor publishes it")),
            WalkState.PUBLISHED: (_("walk %(walk)s waits for a picker", walk=number), _("somebody takes it")),
        }.get(walk[0].state, (_("%(who)s walks %(walk)s", who=walk[1], walk=number), _("the walk ends at the lane")))
        return Reason(_("Waiting for picking"), [*steps, (words[0], ""), (words[1], "fix")], url, _("Look at the walk"))
    if shipment.state is ShipmentState.PACKED:
        steps += [(_("packed, on the lane"), ""), (_("the lorry comes"), "fix")]
        return Reason(_("Waiting for the lorry"), steps, url_for("shipping.manifests"), _("Manifests"))
    at = _("on a packing bench") if shipment.state is ShipmentState.PACKING else _("in its tote, waits for a bench")
    steps += [(at, ""), (_("a packer closes the parcel"), "fix")]
    return Reason(_("Waiting for packing"), steps, url_for("packing.stations"), _("Benches"))
