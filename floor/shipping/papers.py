"""What stands on a parcel's papers: rows in, plain frozen data out, personal data masked on the way.

Reads only. Prices stay off the slip of a gift, and wherever the buyer asked for it; the totals are printed only when
the parcel holds the whole order.
"""

from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from floor.catalog.models import Sku
from floor.inventory.models import Warehouse
from floor.kit import clock
from floor.orders import queries as orders
from floor.orders.models import Address, Customer, Order, OrderLine
from floor.packing import queries as packing
from floor.packing.models import Parcel
from floor.paper import words
from floor.paper.mask import mask_address, mask_name, mask_phone
from floor.paper.sheets import Manifest as ManifestPaper
from floor.paper.sheets import ManifestParcel as ManifestRow
from floor.paper.slips import PackingSlip, SlipLine
from floor.paper.waybills import Party
from floor.paper.waybills import Waybill as WaybillPaper
from floor.settings import bound
from floor.shipments.models import Shipment, ShipmentLine
from floor.shipping import queries
from floor.shipping.models import Manifest

#: Waybills speak the carrier's language.
CARRIER_LANG = "zh_Hans_CN"
#: Every warehouse of the house stands in one time zone.
LOCAL = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class SlipRow:
    """Units of one order line that travel in one parcel."""

    line: OrderLine
    sku: Sku
    qty: int


def language_of(db: Session, order: Order) -> str:
    """The language a customer reads: one of floor.paper.words.LANGUAGES."""
    customer = db.get(Customer, order.customer_id) if order.customer_id else None
    return language(customer.lang if customer else "")


def language(lang: str) -> str:
    """The catalogue for what a channel says of its buyer's language."""
    return "en" if lang.startswith("en") else CARRIER_LANG


def waybill(db: Session, parcel: Parcel, print_no: int) -> WaybillPaper:
    """The carrier's label of a parcel whose number has arrived."""
    seen = queries.labelled(db, parcel)
    number = seen.waybill.number if seen.waybill else None
    assert number is not None, "papers are printed once the number is there"
    address = orders.address_of(db, seen.order.id or 0)
    house = db.get_one(Warehouse, seen.shipment.warehouse_id)
    _ = words.translations(CARRIER_LANG).gettext
    goods = [f"{sku.name} ×{line.qty}" for line, sku in packing.contents_of(db, parcel.id)]
    return WaybillPaper(
        carrier=seen.carrier.name,
        service=_("Standard"),
        waybill_number=number,
        route_code=seen.waybill.route_code if seen.waybill else "",
        hub=address.city or address.province,
        receiver=_receiver(address),
        sender=Party(
            house.contact or house.name, mask_phone(house.phone), f"{house.province}{house.city}{house.address}"
        ),
        weight_g=parcel.weight_g,
        order_ref=f"{seen.order.number} {parcel.number}",
        contents="; ".join(goods),
        pay_mode=_("Sender pays, monthly"),
        printed_at=clock.now().astimezone(LOCAL),
        parcel=seen.n,
        parcels=seen.of,
        print_no=print_no,
    )


def _receiver(address: Address) -> Party:
    """As the house's rule says (settings: label_mask). A number typed into another field is masked there too."""
    hides = frozenset(bound().label_mask.split())
    name = mask_name(address.recipient) if "name" in hides else address.recipient
    phone = mask_phone(address.phone) if "phone" in hides else address.phone
    street = mask_address(address.street) if "room" in hides else address.street
    region = "".join((address.province, address.city, address.district))
    if region.isascii():
        parts = (street, address.district, address.city, address.province, address.postcode)
        where = ", ".join(part for part in parts if part)
    else:
        where = region + street
    if "phone" in hides:
        name, where = (text.replace(address.phone, phone) for text in (name, where))
    return Party(name, phone, where)


def slip(db: Session, parcel: Parcel) -> PackingSlip:
    """The packing slip of one parcel."""
    shipment = db.get_one(Shipment, parcel.shipment_id)
    rows = [
        SlipRow(_order_line(db, line.shipment_line_id), sku, line.qty)
        for line, sku in packing.contents_of(db, parcel.id)
    ]
    brothers = [brother.id for brother in queries.brothers_of(db, parcel)]
    whole = _slip(db, shipment.order_id, rows)
    return replace(whole, parcel=brothers.index(parcel.id) + 1, parcels=len(brothers))


def slip_of_shipment(db: Session, shipment: Shipment) -> PackingSlip:
    """The slip of a shipment that is in no parcel yet: everything it holds, as if in one box."""
    rows = [
        SlipRow(
            db.get_one(OrderLine, line.order_line_id), sku, line.allocated + line.picked + line.packed + line.shipped
        )
        for line, sku in db.exec(
            select(ShipmentLine, Sku)
            .join(Sku, col(Sku.id) == ShipmentLine.sku_id)
            .where(ShipmentLine.shipment_id == shipment.id)
            .order_by(col(ShipmentLine.id))
        )
    ]
    return _slip(db, shipment.order_id, [row for row in rows if row.qty])


def _order_line(db: Session, shipment_line_id: int) -> OrderLine:
    return db.get_one(OrderLine, db.get_one(ShipmentLine, shipment_line_id).order_line_id)


def _slip(db: Session, order_id: int, rows: list[SlipRow]) -> PackingSlip:
    order = orders.order_for(db, order_id)
    lang = language_of(db, order)
    settings = bound()
    hides = order.hide_price or order.gift_wrap or bool(order.gift_message) or any(row.line.is_gift for row in rows)
    wanted = sum(line.qty - line.cancelled for line, _sku in orders.lines_of(db, order_id))
    is_whole = sum(row.qty for row in rows) == wanted
    ordered = orders.replaced(db, [row.line.id or 0 for row in rows])
    _ = words.translations(lang).gettext
    return PackingSlip(
        shop=settings.company,
        order_no=order.number,
        ordered_on=order.placed_at.astimezone(LOCAL).date(),
        buyer=mask_name(orders.address_of(db, order_id).recipient),
        lines=tuple(_slip_line(row, lang, hides, ordered.get(row.line.id or 0)) for row in rows),
        total_fen=order.total_fen if is_whole and not hides else None,
        discount_fen=order.discount_fen if is_whole and not hides else 0,
        shipping_fen=order.freight_fen if is_whole and not hides else 0,
        gift_message=order.gift_message,
        returns=_("Not right? Scan the code within 7 days and choose return, exchange or repair."),
        page_url=f"{settings.public_url}/t/{order.public_token}",
    )


def _slip_line(row: SlipRow, lang: str, hides: bool, ordered: Sku | None) -> SlipLine:
    name, variant = _called(row.sku, lang)
    note = ""
    if ordered is not None:
        note = words.translations(lang).gettext("In place of %(name)s, as agreed, at its price") % {
            "name": " ".join(part for part in _called(ordered, lang) if part)
        }
    return SlipLine(row.sku.code, name, variant, row.qty, None if hides else row.line.unit_price_fen, note)


def _called(sku: Sku, lang: str) -> tuple[str, str]:
    """Name and variant in a language."""
    english = lang == "en"
    colour = sku.colour_en if english and sku.colour_en else sku.colour
    return sku.name_en if english and sku.name_en else sku.name, " ".join(part for part in (colour, sku.size) if part)


def manifest(db: Session, lorry: Manifest, lang: str) -> ManifestPaper:
    """The list the driver signs; cities only, no names."""
    seen = queries.loaded(db, lorry.id or 0)
    house, carrier = queries.lane_of(db, lorry)
    english = lang == "en"
    return ManifestPaper(
        number=lorry.number,
        carrier=carrier.name_en if english and carrier.name_en else carrier.name,
        warehouse=house.name_en if english and house.name_en else house.name,
        day=(lorry.closed_at or clock.now()).astimezone(LOCAL).date(),
        parcels=tuple(
            ManifestRow(row.waybill, row.parcel.weight_g, row.city) for row in sorted(seen, key=lambda row: row.waybill)
        ),
        driver=lorry.driver,
        seal=lorry.seal,
    )
