"""What stands on a parcel's commercial invoice: rows in, plain frozen data out. Nothing of the receiver is masked.

Discount and freight of the order are spread over its units to the last fen: what the parcels' invoices say adds up to
what was paid, in however many parcels the order goes.
"""

from collections.abc import Iterable

from sqlmodel import Session, col, func, select

from floor.catalog.models import Sku
from floor.inventory.models import Warehouse
from floor.kit import clock
from floor.kit.errors import Unknown
from floor.orders import queries as orders
from floor.orders.models import Address, Order, OrderLine
from floor.packing import queries as packing
from floor.packing.models import Parcel, ParcelLine
from floor.packing.states import ParcelState
from floor.paper.customs import CommercialInvoice, CustomsLine, Trader
from floor.settings import bound
from floor.shipments.models import Shipment, ShipmentLine
from floor.shipping import queries
from floor.shipping.invoices import spread
from floor.shipping.models_carriers import CarrierService, ServiceKind
from floor.shipping.models_invoices import SkuTax
from floor.shipping.papers import LOCAL

#: Where our warehouses stand.
HOME = "CN"


def is_asked_for(db: Session, parcel: Parcel) -> bool:
    """Whether a parcel leaves the country, or goes as freight."""
    waybill = queries.waybill_of(db, parcel.id)
    service = db.get(CarrierService, waybill.service_id) if waybill and waybill.service_id else None
    if service is not None and service.kind is ServiceKind.FREIGHT:
        return True
    order_id = db.get_one(Shipment, parcel.shipment_id).order_id
    return orders.address_of(db, order_id).country != HOME


def commercial_invoice(db: Session, parcel: Parcel) -> CommercialInvoice:
    """The invoice of what lies in a parcel. Unknown for a parcel nobody needs one of: it carries a full address."""
    if not is_asked_for(db, parcel):
        raise Unknown("shipping.no_customs")
    seen = queries.labelled(db, parcel)
    order, house = seen.order, db.get_one(Warehouse, seen.shipment.warehouse_id)
    address = orders.address_of(db, order.id or 0)
    lines, discount, freight, total = _money(db, order, parcel)
    return CommercialInvoice(
        number=f"CI-{parcel.number}",
        day=clock.now().astimezone(LOCAL).date(),
        order_no=order.number,
        ordered_on=order.placed_at.astimezone(LOCAL).date(),
        seller=Trader(
            bound().company, f"{house.province}{house.city}{house.address}", house.phone, bound().tax_id, HOME
        ),
        buyer=Trader(address.recipient, _place(address), address.phone, country=address.country),
        carrier=seen.carrier.name_en or seen.carrier.name,
        waybill_number=(seen.waybill.number or "") if seen.waybill else "",
        incoterm=f"{bound().incoterm} {address.city or address.province}",
        currency=order.currency,
        lines=lines,
        discount_fen=discount,
        freight_fen=freight,
        total_fen=total,
        gross_g=parcel.weight_g,
        parcel=seen.n,
        parcels=seen.of,
    )


def _place(address: Address) -> str:
    parts = (address.street, address.district, address.city, address.province, address.postcode)
    return ", ".join(part for part in parts if part)


def _money(db: Session, order: Order, parcel: Parcel) -> tuple[tuple[CustomsLine, ...], int, int, int]:
    """The lines, and the parcel's parts of discount, freight and of what was paid."""
    wanted = {line.id or 0: line for line, _sku in orders.lines_of(db, order.id or 0) if line.qty > line.cancelled}
    gross = [line.unit_price_fen * _units(line) for line in wanted.values()]
    shares = gross if any(gross) else [_units(line) for line in wanted.values()]
    off = dict(zip(wanted, spread(order.discount_fen, shares), strict=True))
    freight = dict(zip(wanted, spread(order.freight_fen, shares), strict=True))
    taxes = {tax.sku_id: tax for tax in db.exec(select(SkuTax).where(col(SkuTax.sku_id).in_(_skus(wanted.values()))))}
    made: list[CustomsLine] = []
    less = more = paid = 0
    for line_id, sku, here in _contents(db, parcel):
        line, before = wanted[line_id], _before(db, parcel, line_id)
        span = (before, here, _units(line))
        less, more = less + part(off[line_id], *span), more + part(freight[line_id], *span)
        paid += line.unit_price_fen * here
        made.append(_line(line, sku, here, taxes.get(sku.id or 0) or SkuTax(sku_id=sku.id or 0)))
    return tuple(made), less, more, paid - less + more


def part(fen: int, before: int, here: int, of: int) -> int:
    """The share of `here` units of `of`, after `before` of them had theirs: all shares add up exactly."""
    return fen * (before + here) // of - fen * before // of


def _units(line: OrderLine) -> int:
    return line.qty - line.cancelled


def _skus(lines: Iterable[OrderLine]) -> list[int]:
    return [line.sku_id for line in lines]


def _line(line: OrderLine, sku: Sku, qty: int, tax: SkuTax) -> CustomsLine:
    variant = " ".join(part for part in (sku.colour_en or sku.colour, sku.size) if part)
    is_free = line.unit_price_fen == 0
    return CustomsLine(
        sku.code, sku.name_en, sku.name, variant, tax.hs_code, tax.origin, qty, sku.weight_g,
        sku.price_fen if is_free else line.unit_price_fen, is_free,
    )  # fmt: skip


def _contents(db: Session, parcel: Parcel) -> list[tuple[int, Sku, int]]:
    """(order line, SKU, units) of a parcel, one row per order line."""
    found: dict[int, tuple[Sku, int]] = {}
    for row, sku in packing.contents_of(db, parcel.id):
        line_id = db.get_one(ShipmentLine, row.shipment_line_id).order_line_id
        found[line_id] = (sku, found.get(line_id, (sku, 0))[1] + row.qty)
    return [(line_id, sku, qty) for line_id, (sku, qty) in found.items()]


def _before(db: Session, parcel: Parcel, order_line_id: int) -> int:
    """Units of an order line that lie in parcels made before this one."""
    query = (
        select(func.sum(ParcelLine.qty))
        .join(ShipmentLine, col(ShipmentLine.id) == ParcelLine.shipment_line_id)
        .join(Parcel, col(Parcel.id) == ParcelLine.parcel_id)
        .where(
            ShipmentLine.order_line_id == order_line_id, Parcel.id < parcel.id, Parcel.state != ParcelState.VOID,
        )
    )  # fmt: skip
    return db.exec(query).one() or 0
