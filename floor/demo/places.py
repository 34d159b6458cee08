"""Where the demo company works: three warehouses with aisles, bins, carts, totes, benches, and stock on the shelves."""

import random
from collections.abc import Iterator
from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.catalog.models import Sku, Tracking
from floor.demo.supplies import sales_before
from floor.inventory import lots
from floor.inventory import service as inventory
from floor.inventory.models import Balance, Bin, BinKind, MoveReason, Place, PlaceKind, SafetyStock, Tote, Warehouse
from floor.inventory.service import Move
from floor.kit import clock
from floor.kit.actor import SYSTEM
from floor.orders.models import OrderLine
from floor.packing.models import Station
from floor.picking import walls
from floor.picking.models import Cart
from floor.shipping.models_printing import Printer, PrinterKind

AISLES, BAYS, LEVELS = 10, 20, 5
_PITCH_MM, _BAY_MM, _CROSS_MM = 3200, 2400, 3000
#: Levels a person reaches without a ladder are pick faces; above them lies the reserve.
_PICK_LEVELS = 3

#: code, Chinese, English, province, city, address, phone, cut-off, share of the assortment; what a shift can do: lines
#: picked, of them heavy and cold, and parcels closed at the benches.
SITES = (
    ("SHA", "上海青浦仓", "Shanghai Qingpu", "上海市", "上海市", "青浦区华徐路 3029 号", "021-00003029", "15:00", 0.95, (1500, 120, 150, 900)),
    ("CAN", "广州白云仓", "Guangzhou Baiyun", "广东省", "广州市", "白云区石沙路 288 号", "020-00000288", "15:30", 0.75, (900, 60, 80, 560)),
    ("CTU", "成都双流仓", "Chengdu Shuangliu", "四川省", "成都市", "双流区物流大道 516 号", "028-00000516", "14:30", 0.65, (600, 40, 0, 380)),
)  # fmt: skip

#: The one with a put wall; carts of one-line orders are picked for it.
WALLED = "SHA"


def make_sites(db: Session, skus: list[Sku], dice: random.Random) -> list[Warehouse]:
    """Warehouses with a thousand bins each, equipment, and opening stock through the ledger."""
    houses = []
    for code, name, english, province, city, address, phone, cutoff, share, (lines, heavy, cold, parcels) in SITES:
        house = Warehouse(
            code=code, name=name, name_en=english, province=province, city=city, address=address, contact=name,
            phone=phone, cutoff=cutoff, labour_lines=lines, heavy_lines=heavy, cold_lines=cold, bench_parcels=parcels, layout=layout(),
        )  # fmt: skip
        db.add(house)
        db.flush()
        bins = _bins(db, house)
        _equipment(db, house)
        if code == WALLED:
            walls.put_up(db, house.id or 0, "W1", 24, walls.Terms(6, True, 1), SYSTEM)
        sales_before(
            db, house, skus, random.Random(house.code)
        )  # dice of its own: the rest of the company stays as it is
        _shelve(db, house, bins, [sku for sku in skus if dice.random() < share], dice)
        houses.append(house)
    return houses


def layout() -> dict[str, object]:
    """Parallel aisles in two blocks; the depot at the foot of the first aisle. mm."""
    middle = _CROSS_MM // 2 + _BAY_MM * (BAYS // 4) + _CROSS_MM // 2
    return {
        "aisles_x_mm": [_PITCH_MM // 2 + _PITCH_MM * n for n in range(AISLES)],
        "cross_y_mm": [0, middle, middle * 2],
        "depot": [_PITCH_MM // 2, 0],
        "lanes": ["L01", "L02", "L03", "L04"],
    }


def _stand_y(bay: int) -> int:
    """Where one stands for a bay: odd bays left, even right, five pairs to each block."""
    pair = (bay - 1) // 2
    block = pair // (BAYS // 4)
    return _CROSS_MM // 2 + pair * _BAY_MM + _BAY_MM // 2 + block * _CROSS_MM


def _bins(db: Session, house: Warehouse) -> list[Bin]:
    assert house.id is not None
    wanted = list(_bin_rows(house.id))
    places = [Place(kind=PlaceKind.BIN, warehouse_id=house.id) for _ in wanted]
    db.add_all(places)
    db.flush()
    bins = [Bin.model_validate({"id": place.id, **values}) for place, values in zip(places, wanted, strict=True)]
    db.add_all(bins)
    db.flush()
    return bins


#: Beside the aisles: one place each for what is not on the shelves.
_CORNERS = (
    ("R01", BinKind.RETURNS),
    ("D01", BinKind.QUARANTINE),
    ("G01", BinKind.DOCK),
    ("G02", BinKind.DOCK),
    ("K01", BinKind.QC),
)


def _bin_rows(house_id: int) -> Iterator[dict[str, object]]:
    xs = layout()["aisles_x_mm"]
    assert isinstance(xs, list)
    for aisle in range(1, AISLES + 1):
        for bay in range(1, BAYS + 1):
            for level in range(1, LEVELS + 1):
                yield {
                    "warehouse_id": house_id, "code": f"A{aisle:02d}-{bay:02d}-{level}", "aisle": f"A{aisle:02d}",
                    "bay": bay, "level": level, "side": "L" if bay % 2 else "R", "x_mm": xs[aisle - 1],
                    "y_mm": _stand_y(bay), "kind": BinKind.PICK if level <= _PICK_LEVELS else BinKind.RESERVE,
                    "capacity_l": 240 if level <= _PICK_LEVELS else 900, "max_weight_kg": 200,
                }  # fmt: skip
    for corner, kind in _CORNERS:
        yield {
            "warehouse_id": house_id, "code": f"{corner}-01-1", "aisle": corner, "bay": 1, "level": 1, "side": "L",
            "x_mm": xs[0], "y_mm": 0, "kind": kind,
        }  # fmt: skip


def _equipment(db: Session, house: Warehouse) -> None:
    assert house.id is not None
    db.add_all(Cart(code=f"C-{house.code}-{n:02d}", warehouse_id=house.id) for n in range(1, 13))
    db.add_all(
        Station(code=f"P-{house.code}-{n}", name=str(n), warehouse_id=house.id, printer=f"P{n}") for n in range(1, 5)
    )
    db.add_all(
        Printer(name=f"P{n}", warehouse_id=house.id, kind=PrinterKind.BROWSER, size="100x180") for n in range(1, 5)
    )
    places = [Place(kind=PlaceKind.TOTE, warehouse_id=house.id) for _ in range(120)]
    db.add_all(places)
    db.flush()
    db.add_all(
        Tote(id=place.id or 0, code=f"T-{house.code}-{n:03d}", warehouse_id=house.id)
        for n, place in enumerate(places, 1)
    )
    db.flush()


def _shelve(db: Session, house: Warehouse, bins: list[Bin], skus: list[Sku], dice: random.Random) -> None:
    """Opening stock: fast movers near the depot; a few SKUs only in reserve, a few nowhere, so that runs have reasons."""
    assert house.id is not None
    near = sorted(bins, key=lambda b: (b.y_mm + b.x_mm, b.code))
    faces = iter([b for b in near if b.kind is BinKind.PICK])
    reserves = iter([b for b in near if b.kind is BinKind.RESERVE])
    supplier = inventory.beyond(db, PlaceKind.SUPPLIER, house.id)
    moves = []
    for rank, sku in enumerate(skus):
        luck = dice.random()
        assert sku.id is not None
        # Every tenth popular SKU lies in two bins, enough for scattered storage to show.
        face_count = 2 if rank % 10 == 0 else 1
        for where in [next(faces) for _ in range(face_count)]:
            if luck > 0.06:
                qty = dice.randint(2, 12) if luck < 0.15 else dice.randint(12, 48)
                lot = _lot(db, sku, house, 5, rank)
                moves.append(Move(sku.id, qty, supplier, where.id, MoveReason.OPENING, lot_id=lot))
        if luck > 0.02 and rank % 3 != 2 and (above := next(reserves, None)):
            lot, qty = _lot(db, sku, house, 11, rank), dice.randint(24, 120)
            moves.append(Move(sku.id, qty, supplier, above.id, MoveReason.OPENING, lot_id=lot))
        if rank % 4 == 0:
            db.add(SafetyStock(warehouse_id=house.id, sku_id=sku.id, qty=dice.randint(1, 4)))
    inventory.move(db, moves, "opening", house.id, SYSTEM)


def _lot(db: Session, sku: Sku, house: Warehouse, months: int, rank: int) -> int | None:
    """The lot of opening stock that expires in so many months, give or take; none for goods that do not spoil."""
    if sku.tracking is Tracking.NONE:
        return None
    expires = clock.now().date() + timedelta(days=30 * months + rank % 28)
    return lots.lot_for(db, sku, f"{house.code}-{expires:%y%m}{rank % 97:02d}", expires).id


def shelve_the_rest(db: Session, dice: random.Random) -> tuple[int, int]:
    """Opening stock for every SKU that lies nowhere and is ordered: what imported order files need to be shipped at all.

    Most SKUs get a little more than is ordered, one in ten too little, so that a run has something to explain; each in
    one or two warehouses, busy SKUs near the depot, several SKUs to a bin once bins run out. Returns SKUs and units.
    """
    placed = sa.select(col(Balance.sku_id)).where(col(Balance.qty) > 0)
    wanted = db.execute(
        sa.select(col(OrderLine.sku_id), sa.func.sum(col(OrderLine.backordered)).label("units"))
        .where(col(OrderLine.backordered) > 0, col(OrderLine.sku_id).not_in(placed))
        .group_by(col(OrderLine.sku_id))
        .order_by(sa.desc("units"), col(OrderLine.sku_id))
    ).all()
    units = 0
    for house in db.exec(select(Warehouse).order_by(Warehouse.code)).all():
        faces = db.exec(
            select(Bin)
            .where(Bin.warehouse_id == house.id, Bin.kind == BinKind.PICK)
            .order_by(col(Bin.y_mm) + col(Bin.x_mm), Bin.code)
        ).all()
        supplier = inventory.beyond(db, PlaceKind.SUPPLIER, house.id or 0)
        moves = []
        for rank, (sku_id, demand) in enumerate(wanted):
            if dice.random() < 0.8:
                qty = max(1, int(demand * (0.3 if rank % 10 == 9 else dice.uniform(0.7, 1.2))))
                moves.append(Move(sku_id, qty, supplier, faces[rank % len(faces)].id, MoveReason.OPENING))
                units += qty
        inventory.move(db, moves, "opening", house.id or 0, SYSTEM)
    return len(wanted), units
