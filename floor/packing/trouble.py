"""When a tote is not what it should be: units missing, damaged or too many, a tote put aside, an order stopped.

Each verb says where every unit goes: the books, the shelf to count, the order that waits. All of it, or nothing.
"""

from enum import StrEnum

from sqlmodel import Session

from floor.catalog.models import Sku
from floor.inventory import counting
from floor.inventory import service as inventory
from floor.inventory.models import Bin, CountReason, MoveReason, PlaceKind
from floor.inventory.service import Move
from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.errors import Conflict, Invalid
from floor.orders import service as orders
from floor.orders.states import OrderState
from floor.packing import boxing, goods, progress, queries, reopening
from floor.packing.models import Pack, PackLine
from floor.packing.states import PackAction, PackState
from floor.picking import totes
from floor.shipments import queries as shipment_queries
from floor.shipments import service as shipments
from floor.shipments.models import Shipment, ShipmentLine
from floor.shipments.states import ShipmentAction


class Trouble(StrEnum):
    MISSING = "missing"
    DAMAGED = "damaged"
    #: More than ordered: the picker took too many.
    SURPLUS = "surplus"


class Then(StrEnum):
    """What becomes of the order when units cannot go."""

    #: The rest goes now; the units are allocated and picked anew.
    LATER = "later"
    #: The tote waits until the others were picked anew, and both go in one parcel.
    WAIT = "wait"
    #: The rest goes now, and the order ends without them.
    WITHOUT = "without"


def report(
    db: Session, pack: Pack, line: PackLine, qty: int, why: Trouble, actor: Actor, then: Then = Then.LATER
) -> None:  # fmt: skip
    """`qty` units of a line are not there, or not fit to send: they leave the shipment.

    Missing units are booked as lost and the bin they came from is counted; damaged ones go to quarantine. `then` says
    what the order does. When nothing is left to send, the shipment is cancelled.
    """
    progress.must_be_workable(pack)
    progress.must_be_wanted(db, pack)
    inside = queries.boxed(db, pack.id or 0).get(line.shipment_line_id, 0)
    if not 1 <= qty <= line.qty - line.missing - inside:
        raise Invalid("packing.not_so_many", field="qty", qty=line.qty - line.missing - inside)
    if then is Then.WAIT and _must_go_on(db, pack):
        raise Conflict("packing.cannot_wait")
    shipment = db.get_one(Shipment, pack.shipment_id)
    target, reason = _where_to(db, shipment.warehouse_id, why)
    _write_off(db, line, qty)
    lots = goods.lots_not_checked(db, pack, line.sku_id) if _by_number(db, line) else []
    inventory.move(
        db, goods.Source(db, pack).take(line.sku_id, qty, target, reason, lots), "pack", pack.id or 0, actor
    )  # fmt: skip
    shipment_line = db.get_one(ShipmentLine, line.shipment_line_id)
    shipments.backorder(db, shipment_line, qty, part="picked")
    if then is Then.WITHOUT:
        orders.shift(db, shipment_line.order_line_id, backordered=-qty, cancelled=qty)
    data: dict[str, object] = {"sku": line.sku_id, "qty": qty, "then": then.value}
    if why is Trouble.MISSING and (bin_ := queries.picked_from(db, line.shipment_line_id)) is not None:
        counting.ask_count(db, bin_, line.sku_id, CountReason.SHORT, actor)
        data["bin"] = bin_.id
    progress.tell(db, f"packing.units.{why}", pack, shipment, actor, **data)
    _settle(db, pack, shipment, then, actor)


def _must_go_on(db: Session, pack: Pack) -> bool:
    """Something is in a parcel already, or lies on the bench: the tote cannot simply stand aside."""
    return bool(queries.parcels_of(db, pack.id or 0)) or queries.is_heaped(db, pack)


def _by_number(db: Session, line: PackLine) -> bool:
    return goods.goes_by_number(db.get_one(Sku, line.sku_id))


def _where_to(db: Session, warehouse_id: int, why: Trouble) -> tuple[int, MoveReason]:
    if why is Trouble.MISSING:
        return inventory.beyond(db, PlaceKind.LOST, warehouse_id), MoveReason.SHORT
    quarantine = queries.quarantine_of(db, warehouse_id)
    if quarantine is not None:
        return quarantine.id, MoveReason.DAMAGE
    return inventory.beyond(db, PlaceKind.SCRAP, warehouse_id), MoveReason.DAMAGE


def _write_off(db: Session, line: PackLine, qty: int) -> None:
    """Units not checked yet go first; checks of units that are gone are taken back."""
    over = line.verified + line.missing + qty - line.qty
    while over > 0:
        scan = queries.newest_scan(db, line.pack_id, line.id)
        assert scan is not None, "every checked unit has its scan"
        gone = min(scan.qty, over)
        line.verified -= gone
        over -= gone
        scan.qty -= gone
        if not scan.qty:
            scan.qty, scan.undone_at = gone, clock.now()
        db.add_all([scan, line])
        db.flush()
    line.missing += qty
    db.add(line)
    db.flush()


def _settle(db: Session, pack: Pack, shipment: Shipment, then: Then, actor: Actor) -> None:
    """After a loss: is everything checked now, everything boxed, or nothing left at all?"""
    lines = [line for line, _sku in queries.lines_of(db, pack.id or 0)]
    if all(line.missing == line.qty for line in lines):
        boxing.drop_opened(db, pack, actor)
        _put_aside(db, pack, shipment, actor)
        shipments.advance(db, shipment, ShipmentAction.CANCEL, actor, why="nothing_left")
        totes.free_totes(db, pack.shipment_id)
        return
    if then is Then.WAIT:
        _put_aside(db, pack, shipment, actor)
        return
    if pack.state is PackState.OPEN and all(line.verified + line.missing == line.qty for line in lines):
        progress.advance(db, pack, PackAction.VERIFY, actor)
    if pack.state is PackState.VERIFIED and queries.parcels_of(db, pack.id or 0):
        boxing.finish_if_empty(db, pack, actor)


def surplus(db: Session, pack: Pack, line: PackLine, qty: int, actor: Actor) -> Bin:
    """More units than ordered lie in the tote: the picker took too many. They go to the put-back shelf, by the books
    too: out of the bin they must have come from, which is counted. Returns the shelf.

    Raises Invalid where the house has no such shelf.
    """
    progress.must_be_workable(pack)
    shipment = db.get_one(Shipment, pack.shipment_id)
    shelf = goods.put_back_bin(db, shipment.warehouse_id)
    if shelf is None:
        raise Invalid("packing.no_put_back_shelf")
    if _by_number(db, line):
        raise Invalid("packing.count_by_number", field="line")
    origin = queries.picked_from(db, line.shipment_line_id)
    source = origin.id if origin is not None and _has_free(db, origin, line.sku_id, qty) else None
    if source is None:
        source = inventory.beyond(db, PlaceKind.FOUND, shipment.warehouse_id)
    reason = MoveReason.RELOCATE if origin is not None and source == origin.id else MoveReason.FOUND
    inventory.move(db, [Move(line.sku_id, qty, source, shelf.id, reason)], "pack", pack.id or 0, actor)
    data: dict[str, object] = {"sku": line.sku_id, "qty": qty, "to": shelf.id}
    if origin is not None:
        counting.ask_count(db, origin, line.sku_id, CountReason.SHORT, actor)
        data["bin"] = origin.id
    progress.tell(db, "packing.units.surplus", pack, shipment, actor, **data)
    return shelf


def _has_free(db: Session, origin: Bin, sku_id: int, qty: int) -> bool:
    return queries.free_units(db, origin.id, sku_id) >= qty


def abandon(db: Session, pack: Pack, actor: Actor) -> None:
    """Put the tote aside: the shipment waits for a bench again. Raises Conflict once a parcel is made."""
    progress.must_be_workable(pack)
    if _must_go_on(db, pack):
        raise Conflict("packing.already_boxed")
    boxing.drop_opened(db, pack, actor)
    _put_aside(db, pack, shipment_queries.shipment_for(db, pack.shipment_id, lock=True), actor)


def _put_aside(db: Session, pack: Pack, shipment: Shipment, actor: Actor) -> None:
    progress.advance(db, pack, PackAction.ABANDON, actor)
    shipments.advance(db, shipment, ShipmentAction.REOPEN_PACK, actor)


def send_back(db: Session, pack: Pack, actor: Actor) -> Bin:
    """The order was stopped for good: everything of the pack, out of its parcels too, goes to the put-back shelf, the
    shipment is cancelled and its totes are free. Returns the shelf.

    Raises Conflict while the order is not stopped, or a parcel cannot be opened any more; Invalid without such a shelf.
    """
    order = progress.order_of(db, pack)
    if order.state is OrderState.RELEASED:
        raise Conflict("packing.not_stopped", tail=order.number[-4:])
    warehouse_id = db.get_one(Shipment, pack.shipment_id).warehouse_id
    shelf = goods.put_back_bin(db, warehouse_id)
    if shelf is None:
        raise Invalid("packing.no_put_back_shelf")
    for parcel in queries.parcels_of(db, pack.id or 0):  # parcel before pack, as everywhere
        reopening.reopen(db, queries.parcel_for(db, parcel.id, lock=True), None, actor)
    pack = queries.pack_for(db, pack.id or 0, lock=True)
    progress.must_be_workable(pack)
    shipment = shipment_queries.shipment_for(db, pack.shipment_id, lock=True)
    source = goods.Source(db, pack)
    moves: list[Move] = []
    for line, _sku in shipment_queries.lines_of(db, shipment.id or 0):
        if line.picked:
            moves += source.take(line.sku_id, line.picked, shelf.id, MoveReason.PUT_BACK)
            shipments.backorder(db, line, line.picked, part="picked")
    inventory.move(db, moves, "pack", pack.id or 0, actor)
    boxing.drop_opened(db, pack, actor)
    _put_aside(db, pack, shipment, actor)
    shipments.advance(db, shipment, ShipmentAction.CANCEL, actor, why="stopped")
    totes.free_totes(db, pack.shipment_id)
    if order.state is OrderState.CANCELLED:
        orders.cancel_backorder(db, order)
    units = sum(move.qty for move in moves)
    progress.tell(db, "packing.pack.sent_back", pack, shipment, actor, bin=shelf.id, units=units)
    return shelf
