"""Parcels taken all the way, for tests: label proven, lorry gone, delivered, sent back. Verbs do the writing."""

from sqlmodel import Session

from floor.inventory.models import Warehouse
from floor.kit import clock
from floor.kit.actor import SYSTEM
from floor.packing.models import Parcel
from floor.returns import service as returns
from floor.returns.models import Grade, ReturnCase, ReturnReason
from floor.returns.queries import returnable
from floor.shipments.models import Carrier, Shipment
from floor.shipping import queries
from floor.shipping import service as shipping
from floor.tracking import exceptions
from floor.tracking import service as tracking
from floor.tracking.service import Said
from tests.packing.worlds import World, a_boxed_parcel, person

ALL_WELL = {"complete": True, "packaging": True, "clean": True, "works": True}


def numbered(db: Session, parcel: Parcel) -> str:
    """The carrier gave its number, which is on the label now."""
    waybill = shipping.ask_waybill(db, parcel.id)
    assert waybill.id is not None
    number = shipping.draw_number(db, waybill.id)
    shipping.receive_waybill(db, waybill.id, number, "571-A01-001", SYSTEM)
    return number


def labelled(db: Session, parcel: Parcel) -> str:
    """Its label was scanned on it; returns the number."""
    number = numbered(db, parcel)
    shipping.prove_label(db, parcel, number, person(db, "Bo"))
    return number


def gone(db: Session, parcel: Parcel) -> None:
    """Its label proven, alone on a lorry that left; it is on the road."""
    bo = person(db, "Bo")
    waybill = queries.waybill_of(db, parcel.id)
    assert waybill is not None
    shipping.prove_label(db, parcel, waybill.number or "", bo)
    house = db.get_one(Warehouse, db.get_one(Shipment, parcel.shipment_id).warehouse_id)
    lorry = shipping.open_manifest(db, house.id or 0, db.get_one(Carrier, waybill.carrier_id), bo)
    shipping.load(db, lorry, waybill.number or "", bo)
    shipping.hand_over(db, lorry, "Driver", "S-1", bo)
    tracking.attach(db, parcel.shipment_id, SYSTEM)


def refused(db: Session, world: World) -> int:
    """A parcel of two tees left, and its customer does not take it; returns its exception."""
    parcel = a_boxed_parcel(db, world)
    number = numbered(db, parcel)
    gone(db, parcel)
    tracking.hear(db, world.carrier, [Said(number, "203", "Refused", "", clock.now())], SYSTEM)
    row = exceptions.open_of(db, parcel.id)
    assert row is not None
    return row.id or 0


def delivered(db: Session, world: World, orders: int = 1) -> list[int]:
    """So many orders of two tees went out on one lorry and reached their customers; returns their ids."""
    bo, parcels = person(db, "Bo"), [a_boxed_parcel(db, world) for _ in range(orders)]
    lorry = shipping.open_manifest(db, world.house.id or 0, world.carrier, bo)
    numbers = [labelled(db, parcel) for parcel in parcels]
    for number in numbers:
        shipping.load(db, lorry, number, bo)
    shipping.hand_over(db, lorry, "Driver", "S-1", bo)
    said = [Said(number, "delivered", "", "", clock.now()) for number in numbers]
    tracking.hear(db, world.carrier, said, SYSTEM)
    for parcel in parcels:
        tracking.attach(db, parcel.shipment_id, SYSTEM)
    return [db.get_one(Shipment, parcel.shipment_id).order_id for parcel in parcels]


def announced(db: Session, order_id: int, qty: int = 1) -> ReturnCase:
    line = returnable(db, order_id)[0].line
    wants = {line.id or 0: qty}
    return returns.request(db, order_id, wants, ReturnReason.WRONG_SIZE, "", "", person(db, "Chen"))


def arrived(db: Session, order_id: int, qty: int = 1, *, scanned: bool = True) -> ReturnCase:
    """On the desk, its one item in the clerk's hands."""
    case = announced(db, order_id, qty)
    returns.arrive(db, case.id or 0, None, person(db, "Chen"))
    if scanned:
        scan(db, case)
    return case


def scan(db: Session, case: ReturnCase) -> None:
    line = returnable(db, case.order_id)[0].line
    returns.matched(db, case.id or 0, 1, line.sku_id)


def decided(db: Session, case_id: int) -> None:
    found = returns.Decision(Grade.A, ALL_WELL)
    returns.decide(db, case_id, 1, found, None, 10**9, person(db, "Chen"))


def to_rework(db: Session, order_id: int) -> int:
    """Refunded, its packaging broken; returns the item that somebody has to make good again."""
    case = arrived(db, order_id)
    found = returns.Decision(Grade.A, ALL_WELL | {"packaging": False})
    item = returns.decide(db, case.id or 0, 1, found, None, 10**9, person(db, "Chen"))
    returns.close(db, case.id or 0, person(db, "Chen"))
    return item.id or 0


def closed(db: Session, order_id: int) -> ReturnCase:
    """Refunded; the goods wait to be put away."""
    case = arrived(db, order_id)
    decided(db, case.id or 0)
    returns.close(db, case.id or 0, person(db, "Chen"))
    return case
