"""How the demo company is supplied: two months of sales behind it, suppliers, pick faces with levels, a stock feed."""

import random
from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.catalog.models import Sku
from floor.inventory import chores, facing, feeds, keeping, safety
from floor.inventory import service as inventory
from floor.inventory.feeds import FeedTerms, Share
from floor.inventory.models import Balance, Bin, BinKind, LedgerRow, MoveReason, PlaceKind, Warehouse
from floor.inventory.models_supply import SupplyTerms
from floor.kit import clock
from floor.kit.actor import SYSTEM
from floor.kit.uow import reading, unit_of_work

#: Category, supplier, days from order to shelf and how much they vary, units in a pack, packs at least.
SUPPLIERS = (
    ("服装", "绍兴织造厂", 9, 2.0, 12, 2),
    ("配饰", "义乌小商品行", 5, 1.0, 24, 1),
    ("鞋", "晋江鞋业", 14, 3.0, 6, 4),
    ("箱包", "白沟箱包", 12, 3.0, 10, 1),
    ("家居", "景德镇窑坊", 10, 2.5, 6, 2),
    ("数码", "深圳华强电子", 4, 1.0, 20, 1),
)


def sales_before(db: Session, house: Warehouse, skus: list[Sku], dice: random.Random) -> None:
    """Eight weeks of sales before the books were opened, the popular ones first: straight from supplier to customer."""
    assert house.id is not None
    supplier, customer = (inventory.beyond(db, kind, house.id) for kind in (PlaceKind.SUPPLIER, PlaceKind.CUSTOMER))
    now = clock.now()
    rows = [
        {
            "sku_id": sku.id, "qty": qty, "from_place_id": supplier, "to_place_id": customer,
            "reason": MoveReason.SHIP, "at": now - timedelta(days=day, minutes=dice.randint(1, 1400)),
            "subject": "opening", "subject_id": house.id, "actor_name": SYSTEM.name,
        }
        for rank, sku in enumerate(skus[:160])
        for day in range(1, safety.DAYS)
        if (qty := _drawn(dice, 60 / (rank + 12)))
    ]  # fmt: skip
    db.execute(sa.insert(LedgerRow), sorted(rows, key=lambda row: str(row["at"])))


def _drawn(dice: random.Random, mean: float) -> int:
    """A day's units, about as Poisson draws them."""
    return max(0, round(dice.gauss(mean, mean**0.5)))


def make_terms(db: Session, skus: list[Sku]) -> None:
    """Who delivers what, for most of the assortment."""
    by_category = {row[0]: row[1:] for row in SUPPLIERS}
    db.add_all(
        SupplyTerms(
            sku_id=sku.id or 0, supplier=name, lead_days=days, lead_sd_days=varies, pack_qty=pack,
            min_order=pack * least, price_fen=sku.price_fen * 2 // 5,
        )
        for sku in skus
        if (found := by_category.get(sku.category))
        for name, days, varies, pack, least in [found]
    )  # fmt: skip
    db.flush()


def make_faces(db: Session, house: Warehouse) -> None:
    """Levels for every other pick face, from demand: some are below their minimum from the start."""
    demands = safety.demands(db, house.id)
    lying = (
        select(Balance, Bin)
        .join(Bin, col(Bin.id) == Balance.place_id)
        .where(Bin.warehouse_id == house.id, Bin.kind == BinKind.PICK, col(Balance.sku_id) % 2 == 0)
    )
    for balance, where in db.exec(lying.order_by(Bin.code)).all():
        least, most = facing.usual_levels(demands.get((house.id or 0, balance.sku_id), safety.Demand()).mean)
        facing.keep_face(db, where, balance.sku_id, min(least, 30), min(most, 80), SYSTEM)


def supply(skus: list[Sku]) -> None:
    """Everything beside the sales, in transactions of its own; then the worker's chores once."""
    with reading() as db:
        houses = db.exec(select(Warehouse).order_by(Warehouse.code)).all()
    with unit_of_work() as db:
        make_terms(db, skus)
        feeds.keep_feed(db, "taobao", FeedTerms(Share(60, 0, 200), warehouses=("SHA", "CAN")), SYSTEM)
        for house in houses:
            make_faces(db, house)
            if house.code == "CTU":
                keeping.accept(db, house, keeping.proposals(db, house), SYSTEM)
    chores.look_at_faces()
    chores.look_at_reorder_points()
