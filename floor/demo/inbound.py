"""What comes in on the demo day: deliveries expected, one half received, goods on the dock, a lorry of our own."""

from datetime import timedelta

from sqlmodel import Session, col, select

from floor.catalog.models import Sku, Tracking
from floor.inventory import lots, receiving, transfers
from floor.inventory.models import Lot, Warehouse
from floor.inventory.receiving import Aside, NewDelivery
from floor.inventory.transfers import NewTransfer
from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.uow import unit_of_work

#: Days from today, supplier, their reference, SKUs and units per SKU.
EXPECTED = (
    (0, "杭州锦衣针织厂", "JY-261187", 5, 48),
    (0, "景德镇白瓷坊", "BC-0093", 3, 24),
    (2, "义乌小商品集采", "YW-77120", 8, 60),
)


def come_in(receiver: Actor, boss: Actor) -> None:
    """Three deliveries are announced, one of them stands half received at the dock; a lorry is on the road to CAN."""
    with unit_of_work() as db:
        sha, can = (_house(db, code) for code in ("SHA", "CAN"))
        skus = db.exec(select(Sku).where(col(Sku.is_active)).order_by(col(Sku.id)).limit(60)).all()
        made = []
        for n, (days, supplier, reference, kinds, units) in enumerate(EXPECTED):
            lines = {sku.id or 0: units // (1 + k % 2) for k, sku in enumerate(skus[n * 11 : n * 11 + kinds])}
            day = clock.now().date() + timedelta(days=days)
            made.append(receiving.announce(db, NewDelivery(sha, supplier, reference, day, lines), boss))
        _tracked(db, sha, boss)
        first = skus[0], skus[1]
        for sku, qty in zip(first, (48, 9), strict=True):
            receiving.take_in(db, made[0], sku, qty, receiver, _lot(db, sku))
        receiving.set_aside(db, made[0], first[0].id or 0, 2, Aside.DAMAGED, receiver, _lot_id(db, first[0]))
        receiving.set_aside(db, made[0], first[1].id or 0, 3, Aside.IN_DOUBT, receiver, _lot_id(db, first[1]))
    with unit_of_work() as db:
        wanted = {sku.id or 0: 6 for sku in skus[30:34]}
        lorry = transfers.plan(db, NewTransfer(sha, can, wanted, "广州缺货补调"), boss)
        transfers.load_rest(db, lorry, receiver)
        transfers.send(db, lorry, receiver)
        transfers.plan(db, NewTransfer(sha, can, {sku.id or 0: 4 for sku in skus[36:39]}), boss)


def _house(db: Session, code: str) -> int:
    return db.exec(select(Warehouse.id).where(Warehouse.code == code)).one() or 0


def _tracked(db: Session, house: int, boss: Actor) -> None:
    """Goods that expire are expected too: whoever receives them says the lot."""
    spoils = db.exec(select(Sku).where(Sku.tracking == Tracking.LOT).order_by(col(Sku.id)).limit(2)).all()
    if spoils:
        lines = {sku.id or 0: 36 for sku in spoils}
        receiving.announce(db, NewDelivery(house, "云南茶叶合作社", "YC-5512", clock.now().date(), lines), boss)


def _lot(db: Session, sku: Sku) -> Lot | None:
    if sku.tracking is Tracking.NONE:
        return None
    return lots.lot_for(db, sku, "D-2611", clock.now().date() + timedelta(days=400))


def _lot_id(db: Session, sku: Sku) -> int | None:
    lot = _lot(db, sku)
    return lot.id if lot else None
