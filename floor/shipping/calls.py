"""What a call to a carrier needs, read in the transaction that begins it."""

from sqlmodel import Session

from floor.inventory.models import Warehouse
from floor.kit.uow import unit_of_work
from floor.orders import queries as orders
from floor.packing import queries as packing
from floor.paper import words
from floor.settings import bound
from floor.shipments.models import Carrier, Shipment
from floor.shipping import papers, service, waybills
from floor.shipping.carriers import port_for
from floor.shipping.carriers.base import CarrierPort, Party, WaybillRequest
from floor.shipping.models import Waybill
from floor.shipping.models_carriers import CarrierService


def prepared(db: Session, waybill_id: int) -> tuple[CarrierPort, WaybillRequest, Waybill]:
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
    return port_of(carrier), request, waybill


def port_of(carrier: Carrier) -> CarrierPort:
    """What speaks to a carrier."""
    return port_for(carrier.adapter, _draw_number, bound())


def _draw_number(waybill_id: int) -> str:
    with unit_of_work() as db:
        return service.draw_number(db, waybill_id)
