"""Asking a carrier for a number, or to cancel one: work that spans transactions, and may be killed between any two.

write that a call begins -> call, with no transaction open -> write what came of it. A try after one whose outcome is
unknown never orders afresh: it recalls what the same request id got.
"""

from collections.abc import Callable

from sqlmodel import Session

from floor.inventory.models import Warehouse
from floor.kit.actor import SYSTEM
from floor.kit.errors import Refused
from floor.kit.uow import reading, unit_of_work
from floor.orders import queries as orders
from floor.packing import queries as packing
from floor.paper import words
from floor.settings import bound
from floor.shipments.models import Carrier, Shipment
from floor.shipping import papers, queries, resolving, service, waybills
from floor.shipping.carriers import port_for
from floor.shipping.carriers.base import (
    CarrierPort,
    CarrierTrouble,
    Down,
    Party,
    Rejected,
    Unsure,
    WaybillAnswer,
    WaybillRequest,
)
from floor.shipping.models import Waybill
from floor.shipping.models_carriers import CarrierService
from floor.shipping.states import WaybillState

#: Carriers one parcel may be offered to in one go.
_ROUNDS = 4


def ask(parcel_id: int) -> bool:
    """Get the parcel its number, by another carrier where the rules say so. True when it is there.

    False: it is asked for again by itself, or waits for a person. Raises Refused when our own range is used up.
    """
    with unit_of_work() as db:
        service.ask_waybill(db, parcel_id)
    for _round in range(_ROUNDS):
        with reading() as db:
            waybill = queries.waybill_of(db, parcel_id)
        if waybill is None:
            return False
        if waybill.state is WaybillState.ACTIVE:
            return True
        if waybill.state is WaybillState.CANCELLING:
            if not _cancel(waybill.id or 0):
                return False
            continue
        if waybill.state is WaybillState.REQUESTED and _call(waybill.id or 0):
            return True
        with unit_of_work() as db:
            if not waybills.fall_back(db, parcel_id):
                return False
    return False


def _call(waybill_id: int) -> bool:
    """One call, if it may be made now; whether the number came."""
    with unit_of_work() as db:
        if not waybills.claim(db, waybill_id):
            return False
        port, request, waybill = _prepared(db, waybill_id)
    try:
        answer = _answer(port, request, waybill)
    except CarrierTrouble as trouble:
        _write_down(waybill_id, trouble, waybills.was_refused)
    except Exception as error:
        # Our own: a range used up, or an answer we stumbled over, after which nobody knows whether a number was issued.
        is_empty = isinstance(error, Refused) and error.code == "shipping.no_numbers"
        with unit_of_work() as db:
            goes_another_way = waybills.stumbled(db, waybill_id, "no_numbers" if is_empty else "unreadable")
        if not goes_another_way:
            raise
    else:
        with unit_of_work() as db:
            service.receive_waybill(db, waybill_id, answer.number, answer.route_code, SYSTEM)
        return True
    return False


def _answer(port: CarrierPort, request: WaybillRequest, waybill: Waybill) -> WaybillAnswer:
    """While nothing was issued for certain, order; else recall."""
    if waybill.is_sure:
        return port.issue(request)
    assert waybill.first_asked_at is not None
    return port.recall(request, waybill.first_asked_at)


def _cancel(waybill_id: int) -> bool:
    """One call, if it may be made now; whether anything came of it."""
    with unit_of_work() as db:
        if not waybills.claim(db, waybill_id):
            return False
        port, request, waybill = _prepared(db, waybill_id)
    try:
        port.cancel(request, waybill.number)
    except CarrierTrouble as trouble:
        _write_down(waybill_id, trouble, resolving.cancel_refused)
    else:
        with unit_of_work() as db:
            resolving.cancelled(db, waybill_id, SYSTEM)
    return True


def _write_down(waybill_id: int, trouble: CarrierTrouble, refused: Callable[[Session, int, str, str], object]) -> None:
    """Why the call brought nothing; what a clear no means is the caller's."""
    verb = {Down: waybills.was_down, Unsure: waybills.was_unsure, Rejected: refused}[type(trouble)]
    with unit_of_work() as db:
        verb(db, waybill_id, trouble.code, trouble.detail)


def _prepared(db: Session, waybill_id: int) -> tuple[CarrierPort, WaybillRequest, Waybill]:
    """All a call needs, read in the transaction that begins it."""
    waybill = waybills.waybill_for(db, waybill_id)
    parcel = packing.parcel_for(db, waybill.parcel_id)
    shipment = db.get_one(Shipment, parcel.shipment_id)
    carrier = db.get_one(Carrier, waybill.carrier_id)
    house = db.get_one(Warehouse, shipment.warehouse_id)
    address = orders.address_of(db, shipment.order_id)
    way = db.get(CarrierService, waybill.service_id) if waybill.service_id else None
    cargo = words.translations(papers.CARRIER_LANG).gettext("Goods")  # what exactly is nobody's business on the way
    request = WaybillRequest(
        waybill.request_id, waybill_id,
        Party(address.recipient, address.phone, address.province, address.city, address.district, address.street),
        Party(house.contact or house.name, house.phone, house.province, house.city, "", house.address),
        parcel.weight_g, cargo, way.product if way else "", carrier.outside_code or carrier.code,
    )  # fmt: skip
    return port_for(carrier.adapter, _draw_number, bound()), request, waybill


def _draw_number(waybill_id: int) -> str:
    with unit_of_work() as db:
        return service.draw_number(db, waybill_id)


def due(limit: int = 20) -> list[int]:
    """Parcels to ask for now, for the chore."""
    with reading() as db:
        return waybills.due(db, limit)
