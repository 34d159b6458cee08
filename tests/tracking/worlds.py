"""Parcels on the road, for tests: goods walk from the shelf through tote and parcel to the customer by verbs alone."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask.testing import FlaskClient
from sqlmodel import Session, col, select
from werkzeug.test import TestResponse

from floor.catalog.models import Carton, Sku
from floor.inventory import service as inventory
from floor.inventory.models import Bin, BinKind, MoveReason, PlaceKind, Reservation, Tote, Warehouse
from floor.inventory.service import Move
from floor.kit import clock
from floor.kit.actor import SYSTEM
from floor.orders.models import Order
from floor.packing.models import Pack, Parcel, ParcelLine, Station
from floor.packing.states import PackState, ParcelState
from floor.shipments import queries as shipment_queries
from floor.shipments import service as shipments
from floor.shipments.models import Carrier, Shipment
from floor.shipments.states import ShipmentAction
from floor.shipping.models import Waybill, WaybillState
from floor.tracking import service
from floor.web import signing
from tests.factories import a_bin, a_carrier, a_carton, a_planned_shipment, a_sku, a_warehouse, an_order, stock


@dataclass
class World:
    """A warehouse with pick, returns and quarantine bins, a carrier, and goods; `shipped()` sends orders out of it."""

    db: Session
    house: Warehouse
    face: Bin
    returns: Bin
    quarantine: Bin
    carrier: Carrier
    carton: Carton
    tee: Sku
    sock: Sku

    def shipped(self, wants: list[tuple[Sku, int]], parcels: int = 1, ago: timedelta = timedelta(), **values) -> Order:
        """An order whose goods left in so many parcels, `ago` before now."""
        order = an_order(self.db, wants, **values)
        shipment = a_planned_shipment(self.db, order, [(self.face, sku, qty) for sku, qty in wants], self.carrier)
        pack_up(self, shipment, parcels)
        hand_over(self.db, shipment)
        shipment.shipped_at = clock.now() - ago
        self.db.flush()
        service.attach(self.db, shipment.id, SYSTEM)
        return order


def a_world(db: Session) -> World:
    house = a_warehouse(db)
    face = a_bin(db, house, "A01-01-1")
    returns = a_bin(db, house, "A04-01-1", BinKind.RETURNS)
    quarantine = a_bin(db, house, "A04-02-1", BinKind.QUARANTINE)
    tee, sock = a_sku(db, "TEE-NAVY-L", price=12900), a_sku(db, "SOCK-GREEN", price=1990)
    for sku in (tee, sock):
        stock(db, face, sku, 50)
    return World(db, house, face, returns, quarantine, a_carrier(db), a_carton(db), tee, sock)


def pack_up(world: World, shipment: Shipment, parcels: int) -> None:
    """Shelf -> tote -> parcels with active waybills; the goods lie in the first parcel."""
    db, step = world.db, lambda action: shipments.advance(world.db, shipment, action, SYSTEM)
    tote = db.exec(select(Tote)).first()
    step(ShipmentAction.START_PICK)
    lines = [line for line, _sku in shipment_queries.lines_of(db, shipment.id)]
    mine = col(Reservation.shipment_line_id).in_([line.id for line in lines])
    for promise in db.exec(select(Reservation).where(mine)).all():
        inventory.take(db, promise, promise.qty, tote.id, "walk", 1, SYSTEM)
    step(ShipmentAction.FINISH_PICK)
    step(ShipmentAction.START_PACK)
    pack = Pack(
        shipment_id=shipment.id, tote_id=tote.id, station_id=db.exec(select(Station)).first().id, state=PackState.CLOSED
    )
    db.add(pack)
    db.flush()
    boxes = [_box(world, shipment, pack) for _ in range(parcels)]
    for line in lines:
        qty = line.allocated
        shipments.shift(db, line.id, allocated=-qty, picked=qty)
        inventory.move(db, [Move(line.sku_id, qty, tote.id, boxes[0].id, MoveReason.PACK)], "pack", pack.id, SYSTEM)
        shipments.shift(db, line.id, picked=-qty, packed=qty)
        db.add(ParcelLine(parcel_id=boxes[0].id, shipment_line_id=line.id, sku_id=line.sku_id, qty=qty))
    step(ShipmentAction.FINISH_PACK)


def _box(world: World, shipment: Shipment, pack: Pack) -> Parcel:
    place = inventory.new_place(world.db, PlaceKind.PARCEL, world.house.id)
    parcel = Parcel(
        id=place, number=f"P-{place:06d}", shipment_id=shipment.id, pack_id=pack.id, carton_id=world.carton.id,
        weight_g=700, expected_g=690, state=ParcelState.LABELLED,
    )  # fmt: skip
    world.db.add(parcel)
    world.db.flush()
    waybill = Waybill(parcel_id=place, carrier_id=world.carrier.id, number=f"SF{place:012d}", state=WaybillState.ACTIVE)
    world.db.add(waybill)
    world.db.flush()
    return parcel


def hand_over(db: Session, shipment: Shipment) -> None:
    """Onto the lorry: parcels -> customer, the shipment is shipped."""
    beyond = inventory.beyond(db, PlaceKind.CUSTOMER, shipment.warehouse_id)
    for parcel in parcels_of(db, shipment.id):
        for line in db.exec(select(ParcelLine).where(ParcelLine.parcel_id == parcel.id)):
            move = Move(line.sku_id, line.qty, parcel.id, beyond, MoveReason.SHIP)
            inventory.move(db, [move], "parcel", parcel.id, SYSTEM)
            shipments.shift(db, line.shipment_line_id, packed=-line.qty, shipped=line.qty)
        parcel.state = ParcelState.SHIPPED
    shipments.advance(db, shipment, ShipmentAction.SHIP, SYSTEM)


def parcels_of(db: Session, shipment_id: int) -> list[Parcel]:
    return list(db.exec(select(Parcel).where(Parcel.shipment_id == shipment_id).order_by(Parcel.id)))


def parcels_of_order(db: Session, order: Order) -> list[Parcel]:
    return [parcel for shipment in shipment_queries.of_order(db, order.id) for parcel in parcels_of(db, shipment.id)]


def number_of(db: Session, parcel: Parcel) -> str:
    return db.exec(select(Waybill.number).where(Waybill.parcel_id == parcel.id)).one()


def says(waybill: str, code: str, at: datetime, text: str = "", place: str = "") -> dict[str, str]:
    return {"waybill": waybill, "code": code, "text": text, "place": place, "at": at.isoformat()}


def knock(
    client: FlaskClient, events: object, *, carrier: str = "sf", secret: str | None = None,
    body: bytes | None = None, late_s: int = 0, signature: str | None = None,
) -> TestResponse:  # fmt: skip
    """A carrier's message at our door, signed with `secret`, or as a_carrier() shares it."""
    secret = f"secret of {carrier}" if secret is None else secret
    body = json.dumps({"events": events}).encode() if body is None else body
    stamp = str(int(clock.now().timestamp()) - late_s)
    proof = signing.sign(secret, stamp, body) if signature is None else signature
    headers = {signing.TIMESTAMP_HEADER: stamp, signing.SIGNATURE_HEADER: proof}
    return client.post(f"/hooks/tracking/{carrier}", data=body, headers=headers, content_type="application/json")
