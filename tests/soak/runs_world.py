"""The house the runs soak works in: three warehouses, scarce goods on pick faces, thousands of released orders."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from floor import cli
from floor.catalog.models import Sku
from floor.inventory import queries as stock
from floor.inventory import service as inventory
from floor.inventory.models import Balance, Bin, BinKind, MoveReason, PlaceKind, Tote, Warehouse
from floor.inventory.service import Move
from floor.kit import clock, uow
from floor.kit.actor import SYSTEM
from floor.orders.models import Address, Order, OrderLine
from floor.orders.states import OrderState
from floor.people.models import Role, User
from floor.picking.models import Cart
from floor.shipments.models import Rate
from tests.cast import CAST, hire_cast
from tests.factories import a_bin, a_carrier, a_sku, a_warehouse

SITES = ("SHA", "BJS", "CAN")
#: Pickers of this soak, by their warehouse.
PICKERS = {"Ana": "SHA", "Ben": "SHA", "Cai": "BJS", "Fei": "CAN"}
#: Of the units that are wanted so many lie on pick faces.
SCARCE = 0.75
#: Nobody ships to the last.
_PROVINCES = ("浙江省", "浙江省", "浙江省", "上海市", "上海市", "西藏自治区")
_EACH = 500


def build(orders: int, rng: random.Random) -> None:
    """Furnish the empty database this process is bound to."""
    cli.migrate()
    CAST.update({"Cai": ("B-1003", Role.PICKER), "Fei": ("B-1004", Role.PICKER)})
    with uow.unit_of_work() as db:
        hire_cast(db)
        for name, site in PICKERS.items():
            db.execute(sa.update(User).where(col(User.name) == name).values(site=site))
        _furnish(db, orders)
    put_in(orders, rng)


def _furnish(db: Session, orders: int) -> None:
    goods = [a_sku(db, f"RUN-{n:03d}", price=1000 + 10 * n) for n in range(max(8, orders // 100))]
    for n, code in enumerate(SITES):
        house = a_warehouse(db, code)
        assert house.id is not None
        house.labour_lines = 100 * orders if n else 3 * orders
        for level in range(1, 4):
            for place in range(max(4, min(40, len(goods) // 2))):
                a_bin(db, house, f"A{place % 4 + 1:02d}-{place // 4 + 1:02d}-{level}")
        db.add_all(Cart(code=f"C-{code}-{more}", warehouse_id=house.id) for more in (2, 3))
        for more in range(9, 40 + orders // 8):
            place = inventory.new_place(db, PlaceKind.TOTE, house.id)
            db.add(Tote(id=place, code=f"T-{code}-{more}", warehouse_id=house.id))
    for code, fen in (("sf", 0), ("zto", 150)):
        carrier = a_carrier(db, code)
        for rate in db.exec(select(Rate).where(Rate.carrier_id == carrier.id)):
            rate.first_fen += fen + 37 * rate.warehouse_id
    db.flush()


def open_orders() -> list[int]:
    """Released orders that wait for goods."""
    waits = sa.exists().where(col(OrderLine.order_id) == col(Order.id), col(OrderLine.backordered) > 0)
    with uow.reading() as db:
        return list(db.exec(select(Order.id).where(Order.state == OrderState.RELEASED, waits)))  # type: ignore[arg-type]


def put_in(orders: int, rng: random.Random) -> None:
    """So many orders more; then goods until the free ones are `SCARCE` of what is wanted."""
    with uow.unit_of_work() as db:
        skus = list(db.exec(select(Sku.id).order_by(col(Sku.id))))
        first = (db.exec(select(func.max(col(Order.id)))).one() or 0) + 1
    for start in range(first, first + orders, _EACH):
        with uow.unit_of_work() as db:
            db.add_all(list(_orders(range(start, min(start + _EACH, first + orders)), skus, rng)))
            db.flush()
            db.add_all(list(_addresses(range(start, min(start + _EACH, first + orders)), rng)))
            db.add_all(list(_lines(range(start, min(start + _EACH, first + orders)), skus, rng)))
    with uow.unit_of_work() as db:
        inventory.move(db, _goods(db, skus, rng), "opening", 0, SYSTEM)


def _orders(ids: range, skus: list, rng: random.Random) -> Iterator[Order]:
    del skus
    now = clock.now()
    for n in ids:
        yield Order(
            id=n, number=f"SO-{n:06d}", channel="web", external_id=f"soak-{n}", state=OrderState.RELEASED,
            placed_at=now, paid_at=now, promised_at=now + timedelta(hours=rng.randint(1, 72)),
            priority=rng.choice((0, 3, 5, 5, 5, 9)), goods_fen=0, total_fen=0, paid_fen=0,
        )  # fmt: skip


def _addresses(ids: range, rng: random.Random) -> Iterator[Address]:
    for n in ids:
        province = _PROVINCES[-1] if rng.randrange(50) == 0 else rng.choice(_PROVINCES[:-1])
        yield Address(order_id=n, recipient="张小明", phone="13812341234", province=province, city="杭州市",
                      district="西湖区", street="文三路 90 号")  # fmt: skip


def _lines(ids: range, skus: list, rng: random.Random) -> Iterator[OrderLine]:
    for n in ids:
        for sku in rng.sample(skus, rng.choice((1, 1, 2, 3))):
            units = rng.choice((1, 1, 1, 2, 3))
            yield OrderLine(order_id=n, sku_id=sku, qty=units, backordered=units, unit_price_fen=0)


def _goods(db: Session, skus: list, rng: random.Random) -> list[Move]:
    wanted = dict(
        db.execute(
            sa.select(col(OrderLine.sku_id), sa.func.sum(col(OrderLine.backordered)))
            .join(Order, col(Order.id) == col(OrderLine.order_id))
            .where(col(Order.state) == OrderState.RELEASED)
            .group_by(col(OrderLine.sku_id))
        ).all()
    )
    free: Counter[int] = Counter()
    for row in stock.free_stock(db, skus):
        free[row.sku_id] += row.pick
    bins = [
        list(
            db.exec(select(Bin.id).where(Bin.warehouse_id == house.id, Bin.kind == BinKind.PICK).order_by(col(Bin.id)))
        )
        for house in db.exec(select(Warehouse).order_by(col(Warehouse.id)))
    ]
    supplier = [
        inventory.beyond(db, PlaceKind.SUPPLIER, house.id)
        for house in db.exec(select(Warehouse).order_by(col(Warehouse.id)))
    ]
    moves: Counter[tuple[int, int, int]] = Counter()
    for sku in skus:
        lacking = int(SCARCE * wanted.get(sku, 0)) - free[sku]
        # The same two faces of each warehouse every time, so that shelves stay as long as they are.
        faces = [
            (w, some[(7 * sku + half * (len(some) // 2)) % len(some)]) for w, some in enumerate(bins) for half in (0, 1)
        ]
        for _unit in range(max(0, lacking)):
            w, face = rng.choice(faces)
            moves[sku, supplier[w], face] += 1
    return [Move(sku, n, there, face, MoveReason.OPENING) for (sku, there, face), n in sorted(moves.items())]


def shelves(db: Session) -> list[tuple[str, int, str, int, str, int]]:
    """(site, bin id, bin code, sku id, sku code, free units) of everything that lies on a pick face."""
    rows = (
        sa.select(
            col(Warehouse.code), col(Bin.id), col(Bin.code), col(Sku.id), col(Sku.code), stock.FREE,
        )
        .join(Bin, col(Bin.id) == col(Balance.place_id))
        .join(Warehouse, col(Warehouse.id) == col(Bin.warehouse_id))
        .join(Sku, col(Sku.id) == col(Balance.sku_id))
        .where(col(Bin.kind) == BinKind.PICK, stock.FREE > 0)
    )  # fmt: skip
    return [tuple(row) for row in db.execute(rows)]
