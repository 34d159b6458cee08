"""The demo company put together: `load_once` builds it in an empty house, in a few transactions."""

import random
from collections.abc import Callable

from sqlmodel import Session, select

from floor.catalog.models import Sku
from floor.demo import buyers, goods, packing, places, supplies
from floor.intake.models import Channel
from floor.inventory.models import Warehouse
from floor.kit import clock, ids
from floor.kit.actor import SYSTEM, Actor
from floor.kit.uow import reading, unit_of_work
from floor.orders.service import accept
from floor.people import service as people
from floor.people.models import Role
from floor.shipments.models import Carrier, Pickup, Rate
from floor.shipping.models import NumberRange
from floor.shipping.models_carriers import CarrierService, ServiceKind, ServiceZone

Say = Callable[[str], None]

PIN = "1234"
ORDERS = 420

#: Badge, name, role, site.
STAFF = (
    ("B-1001", "王建国", Role.PICKER, "SHA"),
    ("B-1002", "李小满", Role.PICKER, "SHA"),
    ("B-1003", "陈立秋", Role.PICKER, "CAN"),
    ("B-1004", "周白露", Role.PICKER, "CTU"),
    ("B-2001", "赵谷雨", Role.PACKER, "SHA"),
    ("B-2002", "孙芒种", Role.PACKER, "CAN"),
    ("B-3001", "吴清明", Role.SERVICE, ""),
    ("B-4001", "郑大雪", Role.SUPERVISOR, "SHA"),
    ("B-9001", "管理员", Role.ADMIN, ""),
)
CHANNELS = (
    ("web", "自营商城", "Own shop"),
    ("taobao", "淘宝", "Taobao"),
    ("jd", "京东", "JD"),
    ("wechat", "微信小程序", "WeChat mini-program"),
    ("shop", "门店", "Stores"),
)
#: code, Chinese, English, number prefix, price factor in percent, extra days, heaviest parcel in g, parcels collected a
#: day from each warehouse.
CARRIERS = (
    ("sf", "顺丰速运", "SF Express", "SF", 150, 0, 100_000, 600),
    ("zto", "中通快递", "ZTO Express", "75", 100, 1, 50_000, 1_200),
    ("ems", "邮政 EMS", "China Post EMS", "EM", 120, 2, 40_000, 800),
)
#: Provinces by how far they are from a warehouse in them: same, next door, far, remote.
NEIGHBOURS = {
    "上海市": ("江苏省", "浙江省", "安徽省"),
    "广东省": ("广西壮族自治区", "湖南省", "福建省", "江西省", "海南省"),
    "四川省": ("重庆市", "贵州省", "云南省", "陕西省"),
}
REMOTE = ("新疆维吾尔自治区", "西藏自治区", "青海省", "内蒙古自治区")
PROVINCES = (
    "北京市", "天津市", "河北省", "山西省", "内蒙古自治区", "辽宁省", "吉林省", "黑龙江省", "上海市", "江苏省", "浙江省",
    "安徽省", "福建省", "江西省", "山东省", "河南省", "湖北省", "湖南省", "广东省", "广西壮族自治区", "海南省", "重庆市",
    "四川省", "贵州省", "云南省", "西藏自治区", "陕西省", "甘肃省", "青海省", "宁夏回族自治区", "新疆维吾尔自治区",
)  # fmt: skip


def is_loaded() -> bool:
    with reading() as db:
        return db.exec(select(Warehouse.id).limit(1)).first() is not None


def load_once(say: Say, seed: int = 1111, orders: int = ORDERS) -> bool:
    """Build the company unless somebody lives here already. True when it was built."""
    if is_loaded():
        return False
    dice = random.Random(seed)
    with unit_of_work() as db:
        say("Demo company: people, goods, warehouses ...")
        for badge, name, role, site in STAFF:
            people.hire(db, badge, name, role, PIN, site, SYSTEM)
        db.add_all(
            Channel(code=code, name=name, name_en=english, secret=ids.public_token())
            for code, name, english in CHANNELS
        )
        packing.make_cartons(db)
        skus = goods.make_goods(db)
        houses = places.make_sites(db, skus, dice)
        make_carriers(db, houses)
        packing.make_rules(db)
        take_orders(db, skus, dice, orders)
    say("Demo company: suppliers, pick faces, a stock feed ...")
    supplies.supply(skus)
    say(f"Demo company: {len(skus)} SKUs, {len(houses)} warehouses, {orders} orders")
    return True


def make_carriers(db: Session, houses: list[Warehouse]) -> None:
    """Carriers with rates from every warehouse to every mainland province, and number ranges of their own."""
    for n, (code, name, english, prefix, percent, days, most_g, parcels) in enumerate(CARRIERS):
        carrier = Carrier(code=code, name=name, name_en=english, secret=ids.public_token(), fallback_minutes=30)
        db.add(carrier)
        db.flush()
        assert carrier.id is not None
        first = 10**11 * (n + 1)
        db.add(NumberRange(carrier_id=carrier.id, prefix=prefix, next_number=first, last_number=first + 10**9))
        for house in houses:
            for province in PROVINCES:
                zone = _zone(house.province, province)
                db.add(
                    Rate(carrier_id=carrier.id, warehouse_id=house.id or 0, province=province,
                         first_fen=(600, 800, 1100, 2000)[zone] * percent // 100,
                         step_fen=(80, 150, 300, 800)[zone] * percent // 100, transit_days=1 + zone + days,
                         max_g=most_g)
                )  # fmt: skip
            _make_services(db, carrier, house, percent, days)
            db.add(Pickup(warehouse_id=house.id or 0, carrier_id=carrier.id, parcels=parcels))
    db.flush()


#: Carrier -> (code, Chinese, English, kind, cut-off in minutes, price factor in percent, extra days, cm3 per kg, heaviest g).
SERVICES = {
    "sf": (
        ("std", "特快", "Express", ServiceKind.EXPRESS, 20 * 60, 100, 0, 6000, 30_000),
        ("freight", "零担", "Freight", ServiceKind.FREIGHT, 16 * 60, 60, 2, 4800, 100_000),
    ),
    "zto": (("std", "标准快递", "Standard", ServiceKind.EXPRESS, 21 * 60, 100, 0, 6000, 50_000),),
    "ems": (("post", "快递包裹", "Post parcel", ServiceKind.POST, 17 * 60, 100, 0, 0, 40_000),),
}
DISTANCES = ("同省", "邻省", "全国", "偏远")


def _make_services(db: Session, carrier: Carrier, house: Warehouse, percent: int, days: int) -> None:
    """The carrier's services from one warehouse, in four zones, at the prices allocation plans with."""
    for code, name, english, kind, cutoff, factor, extra, divisor, most_g in SERVICES[carrier.code]:
        mine = select(CarrierService).where(CarrierService.carrier_id == carrier.id, CarrierService.code == code)
        service = db.exec(mine).first() or CarrierService(
            carrier_id=carrier.id or 0,
            code=code,
            name=name,
            name_en=english,
            kind=kind,
            cutoff=cutoff,
            dim_divisor=divisor,
            max_g=most_g,
        )
        db.add(service)
        db.flush()
        for zone, distance in enumerate(DISTANCES):
            provinces = [province for province in PROVINCES if _zone(house.province, province) == zone]
            db.add(
                ServiceZone(
                    service_id=service.id or 0,
                    warehouse_id=house.id or 0,
                    name=distance,
                    provinces=provinces,
                    transit_days=1 + zone + days + extra,
                    first_g=1000,
                    step_g=500,
                    first_fen=(600, 800, 1100, 2000)[zone] * percent * factor // 10_000
                    + (1500 if kind is ServiceKind.FREIGHT else 0),
                    step_fen=(80, 150, 300, 800)[zone] * percent * factor // 10_000,
                )
            )


def _zone(home: str, province: str) -> int:
    if province == home:
        return 0
    if province in NEIGHBOURS.get(home, ()):
        return 1
    return 3 if province in REMOTE else 2


def take_orders(db: Session, skus: list[Sku], dice: random.Random, how_many: int) -> None:
    """Orders as the channels bring them; some buyers order the same twice within minutes."""
    drawn = buyers.Buyers(skus, clock.now(), dice)
    for n in range(how_many):
        new = drawn.order()
        accept(db, new, Actor("channel", None, new.channel))
        if n % 97 == 0:
            twin = {**vars(new), "external_id": f"{new.external_id}-2"}
            accept(db, type(new)(**twin), Actor("channel", None, new.channel))
