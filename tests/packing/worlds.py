"""A bench with work: picked shipments in their totes, as the picking slice leaves them."""

from dataclasses import dataclass, field

from sqlmodel import Session, col, select

from floor.catalog.models import Carton, Sku
from floor.inventory import service as inventory
from floor.inventory.models import Bin, Reservation, Tote, Warehouse
from floor.kit import clock
from floor.kit.actor import SYSTEM, Actor
from floor.orders.models import Order
from floor.packing import caring, service
from floor.packing.models import Pack, PackLine, Parcel, Station
from floor.people.models import User
from floor.picking.models import Pick, Stop, Walk, WalkTote
from floor.picking.states import StopState, WalkState
from floor.shipments import service as shipments
from floor.shipments.models import Carrier, Shipment, ShipmentLine
from floor.shipments.states import ShipmentAction
from tests import factories


@dataclass
class World:
    """One house with two SKUs on shelves, a carrier, a carton and a bench."""

    house: Warehouse
    carrier: Carrier
    carton: Carton
    bench: Station
    tee: Sku
    mug: Sku
    bins: dict[int, Bin]
    walk: Walk
    slots: int = 0
    orders: list[Order] = field(default_factory=list)


def a_world(db: Session, code: str = "SHA") -> World:
    house = factories.a_warehouse(db, code)
    carrier = factories.a_carrier(db, "sf")
    tee, mug = factories.a_sku(db), factories.a_sku(db, "MUG-RED", factories.PackingClass.FRAGILE)
    mug.weight_g = 450
    shelves = {tee.id or 0: factories.a_bin(db, house, "A01-01-1"), mug.id or 0: factories.a_bin(db, house, "A02-03-2")}
    for sku in (tee, mug):
        factories.stock(db, shelves[sku.id or 0], sku, 100)
    walk = Walk(number=f"W-{code}-1", warehouse_id=house.id or 0, state=WalkState.DONE, due_at=clock.now())
    db.add(walk)
    db.flush()
    bench = db.exec(select(Station).where(Station.warehouse_id == house.id)).one()
    return World(house, carrier, factories.a_carton(db), bench, tee, mug, shelves, walk)


def a_picked_shipment(db: Session, world: World, wants: list[tuple[Sku, int]], **order_values) -> tuple[Shipment, Tote]:
    """An order whose units were all picked into the next free tote of the walk."""
    order = factories.an_order(db, wants, **order_values)
    world.orders.append(order)
    picks = [(world.bins[sku.id or 0], sku, qty) for sku, qty in wants]
    shipment = factories.a_planned_shipment(db, order, picks, world.carrier)
    shipments.advance(db, shipment, ShipmentAction.START_PICK, SYSTEM)
    world.slots += 1
    tote = db.exec(select(Tote).where(Tote.code == f"T-{world.house.code}-{world.slots}")).one()
    slot = WalkTote(walk_id=world.walk.id or 0, slot=world.slots, shipment_id=shipment.id or 0, tote_id=tote.id)
    db.add(slot)
    db.flush()
    for line in db.exec(
        select(ShipmentLine).where(ShipmentLine.shipment_id == shipment.id).order_by(col(ShipmentLine.id))
    ):
        _pick(db, world, slot, line, tote)
    shipments.advance(db, shipment, ShipmentAction.FINISH_PICK, SYSTEM)
    return shipment, tote


def _pick(db: Session, world: World, slot: WalkTote, line: ShipmentLine, tote: Tote) -> None:
    promise = db.exec(select(Reservation).where(Reservation.shipment_line_id == line.id)).one()
    stop = Stop(
        walk_id=world.walk.id or 0, position=1000 * world.slots + (line.id or 0), bin_id=promise.bin_id,
        sku_id=line.sku_id, state=StopState.DONE,
    )  # fmt: skip
    db.add(stop)
    db.flush()
    db.add(
        Pick(
            stop_id=stop.id or 0, walk_tote_id=slot.id or 0, shipment_line_id=line.id or 0,
            reservation_id=promise.id or 0, qty=promise.qty, picked=promise.qty,
        )
    )  # fmt: skip
    qty = promise.qty
    inventory.take(db, promise, qty, tote.id, "walk", world.walk.id or 0, SYSTEM)
    shipments.shift(db, line.id or 0, allocated=-qty, picked=qty)


def person(db: Session, name: str) -> Actor:
    user = db.exec(select(User).where(User.name == name)).one()
    return Actor("user", user.id, user.name)


def do_card(db: Session, pack: Pack, actor: Actor) -> None:
    """Every step of the packing card."""
    for step, _sku in caring.card_of(db, pack.id or 0):
        caring.confirm(db, pack, step, step.code, actor)


def check_all(db: Session, pack: Pack, actor: Actor, *, cares: bool = True) -> None:
    """Scan every unit of a pack, in the order of its lines, and do every step of its card."""
    for line in db.exec(select(PackLine).where(PackLine.pack_id == pack.id).order_by(col(PackLine.id))).all():
        sku = db.get_one(Sku, line.sku_id)
        for _unit in range(line.qty):
            service.check_item(db, pack, factories.ean(sku), actor)
    if cares:
        do_card(db, pack, actor)


def everything(db: Session, pack: Pack) -> dict[int, int]:
    """All units of a pack, for the one box they go into."""
    lines = db.exec(select(PackLine).where(PackLine.pack_id == pack.id)).all()
    return {line.id or 0: line.verified for line in lines if line.verified}


def a_boxed_parcel(db: Session, world: World, wants: list[tuple[Sku, int]] | None = None, **order_values) -> Parcel:
    """A shipment taken through the bench up to its one parcel, waiting for the label."""
    _shipment, tote = a_picked_shipment(db, world, wants or [(world.tee, 2)], **order_values)
    bo = person(db, "Bo")
    pack = service.open_tote(db, world.bench, tote.code, bo)
    check_all(db, pack, bo)
    units = everything(db, pack)
    weight = world.carton.tare_g + sum(
        db.get_one(Sku, db.get_one(PackLine, line).sku_id).weight_g * qty for line, qty in units.items()
    )
    return service.box(db, pack, world.carton, weight, units, is_sure=False, actor=bo)
