"""Small worlds for tests: a warehouse with bins, goods on them, orders for them. Verbs do the writing."""

from datetime import timedelta

from sqlmodel import Session, func, select

from floor.catalog.models import Barcode, Carton, PackingClass, Sku
from floor.inventory import service as inventory
from floor.inventory.models import Bin, BinKind, MoveReason, PlaceKind, Tote, Warehouse
from floor.inventory.service import Move, Wish
from floor.kit import clock, ids
from floor.kit.actor import SYSTEM
from floor.orders import service as orders
from floor.orders.models import Order, OrderLine
from floor.orders.service import NewAddress, NewLine, NewOrder
from floor.orders.states import OrderAction
from floor.packing.models import Station
from floor.picking.models import Cart
from floor.shipments import service as shipments
from floor.shipments.models import Carrier, Rate, Shipment
from floor.shipping.models import NumberRange

ADDRESS = NewAddress("张小明", "13812341234", "浙江省", "杭州市", "西湖区", "文三路 90 号 5 幢 302 室", "310012")


def a_warehouse(db: Session, code: str = "SHA") -> Warehouse:
    """Four aisles of ten bays, two cross-aisles, with cart C-<code>-1, eight totes and bench P-<code>-1."""
    layout = {"aisles_x_mm": [2000, 6000, 10000, 14000], "cross_y_mm": [0, 16000], "depot": [2000, 0], "lanes": ["L1"]}
    house = Warehouse(
        code=code, name="上海仓", name_en="Shanghai", province="上海市", city="上海市", address="青浦区华新镇 1 号",
        contact="仓库", phone="02100000000", layout=layout,
    )  # fmt: skip
    db.add(house)
    db.flush()
    assert house.id is not None
    db.add(Cart(code=f"C-{code}-1", warehouse_id=house.id))
    db.add(Station(code=f"P-{code}-1", name="1", warehouse_id=house.id, printer="P1"))
    for n in range(1, 9):
        place = inventory.new_place(db, PlaceKind.TOTE, house.id)
        db.add(Tote(id=place, code=f"T-{code}-{n}", warehouse_id=house.id))
    db.flush()
    return house


def a_bin(db: Session, house: Warehouse, code: str = "A01-01-1", kind: BinKind = BinKind.PICK) -> Bin:
    """`A02-05-1` stands in the second aisle, fifth bay."""
    aisle, bay, level = code.split("-")
    assert house.id is not None
    found = Bin(
        id=inventory.new_place(db, PlaceKind.BIN, house.id), warehouse_id=house.id, code=code, aisle=aisle,
        bay=int(bay), level=int(level), side="L" if int(bay) % 2 else "R",
        x_mm=house.layout["aisles_x_mm"][int(aisle[1:]) - 1], y_mm=1500 * int(bay), kind=kind,
    )  # fmt: skip
    db.add(found)
    db.flush()
    return found


def a_sku(db: Session, code: str = "TEE-NAVY-L", packing: PackingClass = PackingClass.NORMAL, price: int = 9900) -> Sku:
    """A T-shirt with an EAN of its own: `ean(sku)`."""
    sku = Sku(
        code=code, name=f"圆领短袖 {code}", name_en=f"Tee {code}", colour="藏青", colour_en="navy", size="L",
        colour_hex="#1C2F57", drawing="tee", length_mm=300, width_mm=220, height_mm=30, weight_g=200,
        price_fen=price, packing_class=packing,
    )  # fmt: skip
    db.add(sku)
    db.flush()
    assert sku.id is not None
    db.add(Barcode(code=ean(sku), sku_id=sku.id))
    db.flush()
    return sku


def ean(sku: Sku) -> str:
    """A valid EAN-13 made from the SKU's id."""
    body = f"690{sku.id:09d}"
    total = sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(body))
    return body + str(-total % 10)


def stock(db: Session, where: Bin, sku: Sku, qty: int) -> None:
    supplier = inventory.beyond(db, PlaceKind.SUPPLIER, where.warehouse_id)
    assert sku.id is not None
    inventory.move(db, [Move(sku.id, qty, supplier, where.id, MoveReason.OPENING)], "opening", 0, SYSTEM)


def a_carrier(db: Session, code: str = "sf") -> Carrier:
    """A carrier with rates from every warehouse to 浙江省 and 上海市, and a number range."""
    carrier = Carrier(code=code, name="顺丰", name_en="SF Express", secret=f"secret of {code}")
    db.add(carrier)
    db.flush()
    assert carrier.id is not None
    for house in db.exec(select(Warehouse)):
        for province in ("浙江省", "上海市"):
            db.add(
                Rate(carrier_id=carrier.id, warehouse_id=house.id or 0, province=province, first_fen=1000,
                     step_fen=200, transit_days=1)
            )  # fmt: skip
    db.add(NumberRange(carrier_id=carrier.id, prefix=code.upper(), next_number=1000, last_number=999999))
    db.flush()
    return carrier


def a_carton(db: Session, code: str = "K3", size: tuple[int, int, int] = (400, 300, 250)) -> Carton:
    length, width, height = size
    carton = Carton(
        code=code, name=f"{code} 号纸箱", length_mm=length, width_mm=width, height_mm=height, tare_g=250,
        max_weight_g=20000, cost_fen=180,
    )  # fmt: skip
    db.add(carton)
    db.flush()
    return carton


def an_order(db: Session, wants: list[tuple[Sku, int]], *, released: bool = True, **values) -> Order:
    """A paid order from the web shop; `wants` are (sku, qty) pairs. Its sums add up unless `values` say otherwise."""
    lines = [NewLine(sku.id or 0, qty, sku.price_fen) for sku, qty in wants]
    goods = sum(line.qty * line.unit_price_fen for line in lines)
    now = clock.now()
    fields = {
        "channel": "web", "external_id": ids.new_id(), "placed_at": now, "paid_at": now,
        "promised_at": now + timedelta(hours=6), "address": ADDRESS, "buyer_id": "buyer-1", "buyer_name": "张小明",
        "goods_fen": goods, "total_fen": goods, "paid_fen": goods,
    }  # fmt: skip
    order = orders.accept(db, NewOrder(lines=lines, **(fields | values)), SYSTEM)
    assert order is not None
    if released:
        orders.advance(db, order, OrderAction.RELEASE, SYSTEM)
    return order


def a_planned_shipment(db: Session, order: Order, picks: list[tuple[Bin, Sku, int]], carrier: Carrier) -> Shipment:
    """A shipment of the order from the bins' warehouse, its units reserved in those bins."""
    by_sku = {line.sku_id: line for line in db.exec(select(OrderLine).where(OrderLine.order_id == order.id))}
    units: dict[int, tuple[int, int]] = {}
    for _where, sku, qty in picks:
        line_id = by_sku[sku.id or 0].id or 0
        units[line_id] = (sku.id or 0, units.get(line_id, (0, 0))[1] + qty)
    made, lines = shipments.plan(db, order, picks[0][0].warehouse_id, carrier.id or 0, units, None, SYSTEM)
    inventory.reserve(
        db,
        [Wish(where.id, sku.id or 0, qty, lines[by_sku[sku.id or 0].id or 0].id or 0) for where, sku, qty in picks],
    )
    return made


def count(db: Session, model, *where) -> int:
    """How many rows of a table."""
    return db.exec(select(func.count()).select_from(model).where(*where)).one()
