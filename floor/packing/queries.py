"""Reads of the benches: queues, packs with their lines, what is left to box, whose a wrong item is, and a check."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from floor.catalog.models import Carton, PackingClass, Sku
from floor.inventory.models import Balance, Bin, BinKind, Tote, Warehouse
from floor.kit.errors import Unknown
from floor.orders.models import Order, OrderLine
from floor.packing.models import Pack, PackLine, PackScan, Parcel, ParcelLine, Station
from floor.packing.proving import broken_parcels as broken_parcels
from floor.packing.states import PackState, ParcelState
from floor.people.models import User
from floor.picking import queries as picking
from floor.picking.models import WalkTote
from floor.picking.models_wall import Wall, WallSlot
from floor.shipments.models import Carrier, Shipment, ShipmentLine
from floor.shipments.states import ShipmentState

#: A bench scale may differ from the catalogue's weights by so much before somebody has to look.
TOLERANCE = 0.05
#: ...and never asks about less than the scale itself can err, g.
SCALE_ERROR_G = 20


def stations(db: Session, site: str) -> Sequence[tuple[Station, Warehouse]]:
    """The benches of a site ("" = of the whole house)."""
    query = select(Station, Warehouse).join(Warehouse, col(Warehouse.id) == Station.warehouse_id)
    if site:
        query = query.where(Warehouse.code == site)
    return db.exec(query.order_by(Station.code)).all()


def station_by_code(db: Session, code: str) -> Station | None:
    return db.exec(select(Station).where(Station.code == code.strip().upper())).first()


def station_for(db: Session, code: str) -> Station:
    """The bench, or Unknown."""
    station = station_by_code(db, code)
    if station is None:
        raise Unknown("packing.unknown_station")
    return station


def must_be_at(db: Session, warehouse_id: int, site: str) -> None:
    """People of one site see its benches and parcels only. Raises Unknown for another's; "" sees all."""
    if site and db.get_one(Warehouse, warehouse_id).code != site:
        raise Unknown("packing.other_site")


@dataclass(frozen=True)
class Waiting:
    """A shipment in its tote, ready for a bench. No personal data: the order's number is enough."""

    shipment_id: int
    order_number: str
    promised_at: datetime
    tote: str
    slot: int
    units: int
    hue: int


#: The number a tote is known by: its place on the cart, or its slot of the put wall, whose rows have a colour each.
_SLOT = sa.func.coalesce(col(WallSlot.number), col(WalkTote.slot))
_HUE = sa.func.coalesce((col(WallSlot.number) - 1) // col(Wall.columns), col(WalkTote.slot) - 1) % 8 + 1


def queue_of(db: Session, warehouse_id: int, limit: int = 30) -> list[Waiting]:
    """Picked shipments by cut-off, then priority."""
    units = sa.func.sum(col(ShipmentLine.picked)).label("units")
    rows = db.execute(
        sa.select(
            col(Shipment.id), col(Order.number), col(Shipment.promised_at), sa.func.min(col(Tote.code)),
            sa.func.min(_SLOT), units, sa.func.min(_HUE),
        )
        .join(Order, col(Order.id) == col(Shipment.order_id))
        .join(ShipmentLine, col(ShipmentLine.shipment_id) == col(Shipment.id))
        .join(WalkTote, sa.and_(col(WalkTote.shipment_id) == col(Shipment.id), col(WalkTote.is_busy)))
        .join(Tote, col(Tote.id) == col(WalkTote.tote_id))
        .outerjoin(WallSlot, col(WallSlot.id) == col(WalkTote.tote_id))
        .outerjoin(Wall, col(Wall.id) == col(WallSlot.wall_id))
        .where(col(Shipment.warehouse_id) == warehouse_id, col(Shipment.state) == ShipmentState.PICKED)
        # One row per shipment, though it may lie in two totes: the slots of a walk differ in `part` only.
        .where(col(WalkTote.part) == 0)
        .group_by(col(Shipment.id), col(Order.number), col(Shipment.promised_at), col(Shipment.priority))
        .order_by(col(Shipment.promised_at), col(Shipment.priority), col(Shipment.id))
        .limit(limit)
    )  # fmt: skip
    return [Waiting(*row) for row in rows]


def unfinished(db: Session, station_id: int) -> Sequence[tuple[Pack, Order, User | None]]:
    """Packs begun at a bench and not closed, oldest first."""
    live = (PackState.OPEN, PackState.VERIFIED, PackState.BOXED)
    return db.exec(
        select(Pack, Order, User)
        .join(Shipment, col(Shipment.id) == Pack.shipment_id)
        .join(Order, col(Order.id) == Shipment.order_id)
        .outerjoin(User, col(User.id) == Pack.packer_id)
        .where(Pack.station_id == station_id, col(Pack.state).in_(live))
        .order_by(col(Pack.id))
    ).all()


def carried_by(db: Session, tote_id: int) -> WalkTote | None:
    """What a busy tote carries."""
    return db.exec(select(WalkTote).where(WalkTote.tote_id == tote_id, col(WalkTote.is_busy))).first()


def tote_of(db: Session, pack: Pack) -> tuple[Tote, WalkTote | None]:
    """The tote a pack was opened with, and its place on the cart."""
    tote = db.get_one(Tote, pack.tote_id)
    query = select(WalkTote).where(WalkTote.tote_id == tote.id, WalkTote.shipment_id == pack.shipment_id)
    return tote, db.exec(query.order_by(col(WalkTote.id).desc())).first()


def places_of(db: Session, pack: Pack) -> list[int]:
    """Where the pack's goods lie: every tote its shipment still has, for a full one may have got a second; the heap."""
    query = select(WalkTote.tote_id).where(WalkTote.shipment_id == pack.shipment_id, col(WalkTote.is_busy))
    totes = sorted(tote_id for tote_id in db.exec(query) if tote_id is not None)
    return [*totes, pack.heap_id] if pack.heap_id is not None else totes


def lying_in(db: Session, place_ids: Sequence[int]) -> dict[tuple[int, int], int]:
    """(sku, place) -> units there now."""
    rows = db.execute(
        sa.select(col(Balance.sku_id), col(Balance.place_id), col(Balance.qty)).where(
            col(Balance.place_id).in_(place_ids), col(Balance.qty) > 0
        )
    )
    return {(sku, place): qty for sku, place, qty in rows}


def pack_for(db: Session, pack_id: int, *, lock: bool = False) -> Pack:
    """The pack, or Unknown; locked against other benches if asked."""
    pack = db.get(Pack, pack_id, with_for_update=lock or None)
    if pack is None:
        raise Unknown("packing.unknown_pack")
    return pack


def live_pack(db: Session, shipment_id: int) -> tuple[Pack, Station, User | None] | None:
    """Where a shipment is being packed, and by whom."""
    live = (PackState.OPEN, PackState.VERIFIED, PackState.BOXED)
    return db.exec(
        select(Pack, Station, User)
        .join(Station, col(Station.id) == Pack.station_id)
        .outerjoin(User, col(User.id) == Pack.packer_id)
        .where(Pack.shipment_id == shipment_id, col(Pack.state).in_(live))
    ).first()


def lines_of(db: Session, pack_id: int) -> Sequence[tuple[PackLine, Sku]]:
    joined = select(PackLine, Sku).join(Sku, col(Sku.id) == PackLine.sku_id)
    return db.exec(joined.where(PackLine.pack_id == pack_id).order_by(col(PackLine.id))).all()


def line_for(db: Session, pack: Pack, line_id: int) -> PackLine | None:
    """A line of this pack, or None."""
    line = db.get(PackLine, line_id)
    return line if line is not None and line.pack_id == pack.id else None


def is_tote(db: Session, code: str) -> bool:
    return db.exec(select(Tote.id).where(Tote.code == code.upper())).first() is not None


def newest_scan(db: Session, pack_id: int, line_id: int | None = None) -> PackScan | None:
    """The last unit checked and not taken back, of the pack or of one line."""
    query = select(PackScan).where(PackScan.pack_id == pack_id, col(PackScan.undone_at).is_(None))
    if line_id is not None:
        query = query.where(PackScan.pack_line_id == line_id)
    return db.exec(query.order_by(col(PackScan.id).desc())).first()


#: A parcel in these states holds nothing.
_EMPTY = (ParcelState.OPENED, ParcelState.VOID)


def parcels_of(db: Session, pack_id: int) -> Sequence[Parcel]:
    """Parcels with goods in them."""
    mine = select(Parcel).where(Parcel.pack_id == pack_id, col(Parcel.state).notin_(_EMPTY))
    return db.exec(mine.order_by(col(Parcel.id))).all()


def opened_parcels(db: Session, pack_id: int) -> Sequence[Parcel]:
    """Parcels that were opened again and wait for what goes into them now."""
    mine = select(Parcel).where(Parcel.pack_id == pack_id, Parcel.state == ParcelState.OPENED)
    return db.exec(mine.order_by(col(Parcel.id))).all()


def is_heaped(db: Session, pack: Pack) -> bool:
    """Do goods out of an opened parcel lie on the bench?"""
    return pack.heap_id is not None and bool(lying_in(db, [pack.heap_id]))


def next_to_label(db: Session, pack_id: int) -> Parcel | None:
    """The first parcel of a pack whose label nobody scanned yet."""
    return next((parcel for parcel in parcels_of(db, pack_id) if parcel.state is ParcelState.BOXED), None)


def parcel_for(db: Session, parcel_id: int, *, lock: bool = False) -> Parcel:
    """The parcel, or Unknown; locked if asked."""
    parcel = db.get(Parcel, parcel_id, with_for_update=lock or None)
    if parcel is None:
        raise Unknown("packing.unknown_parcel")
    return parcel


def contents_of(db: Session, parcel_id: int) -> Sequence[tuple[ParcelLine, Sku]]:
    joined = select(ParcelLine, Sku).join(Sku, col(Sku.id) == ParcelLine.sku_id)
    return db.exec(joined.where(ParcelLine.parcel_id == parcel_id).order_by(col(ParcelLine.shipment_line_id))).all()


def boxed(db: Session, pack_id: int) -> dict[int, int]:
    """shipment line -> units already in parcels of this pack."""
    rows = db.exec(
        select(ParcelLine.shipment_line_id, func.sum(ParcelLine.qty))
        .join(Parcel, col(Parcel.id) == ParcelLine.parcel_id)
        .where(Parcel.pack_id == pack_id)
        .group_by(col(ParcelLine.shipment_line_id))
    )
    return {line: int(qty) for line, qty in rows}


def to_box(db: Session, pack_id: int) -> list[tuple[PackLine, Sku, int]]:
    """Lines with the units that are checked and in no parcel yet."""
    inside = boxed(db, pack_id)
    rows = [(line, sku, line.verified - inside.get(line.shipment_line_id, 0)) for line, sku in lines_of(db, pack_id)]
    return [row for row in rows if row[2] > 0]


def picked_from(db: Session, shipment_line_id: int) -> Bin | None:
    """The bin most units of a line were picked from: where to count when one turns out missing."""
    return next(iter(picking.picked_from(db, shipment_line_id)), None)


def free_units(db: Session, bin_id: int, sku_id: int) -> int:
    """Units in a bin that nobody was promised and that are for sale."""
    here = select(Balance).where(Balance.place_id == bin_id, Balance.sku_id == sku_id)
    balance = db.exec(here.execution_options(populate_existing=True)).first()
    return balance.qty - balance.reserved - balance.held if balance else 0


def is_slot(db: Session, tote_id: int) -> bool:
    """Is this tote a slot of the put wall?"""
    return db.get(WallSlot, tote_id) is not None


def quarantine_of(db: Session, warehouse_id: int) -> Bin | None:
    mine = (Bin.warehouse_id == warehouse_id, Bin.kind == BinKind.QUARANTINE, col(Bin.is_closed).is_(False))
    return db.exec(select(Bin).where(*mine).order_by(Bin.code)).first()


@dataclass(frozen=True)
class Owner:
    """Another shipment near the benches that wants a SKU."""

    order_number: str
    tote: str
    slot: int


@dataclass(frozen=True)
class Brother:
    """Another shipment of the same order in the same house that no bench has yet."""

    number: str
    state: ShipmentState
    totes: tuple[str, ...]

    @property
    def is_here(self) -> bool:
        return self.state is ShipmentState.PICKED and bool(self.totes)


def brothers_of(db: Session, pack: Pack) -> list[Brother]:
    """What else of the order may come into the same parcel: picked and waiting, or still to come."""
    mine = db.get_one(Shipment, pack.shipment_id)
    coming = (ShipmentState.PLANNED, ShipmentState.PICKING, ShipmentState.PICKED)
    rows = db.execute(
        sa.select(col(Shipment.number), col(Shipment.state), col(Tote.code))
        .outerjoin(WalkTote, sa.and_(col(WalkTote.shipment_id) == col(Shipment.id), col(WalkTote.is_busy)))
        .outerjoin(Tote, col(Tote.id) == col(WalkTote.tote_id))
        .where(col(Shipment.order_id) == mine.order_id, col(Shipment.warehouse_id) == mine.warehouse_id)
        .where(col(Shipment.id) != mine.id, col(Shipment.state).in_(coming))
        .order_by(col(Shipment.id), col(Tote.code))
    ).all()
    totes: dict[tuple[str, ShipmentState], list[str]] = {}
    for number, state, tote in rows:
        totes.setdefault((number, state), []).extend([tote] if tote else [])
    return [Brother(*key, tuple(codes)) for key, codes in totes.items()]


def gift_lines(db: Session, pack_id: int) -> set[int]:
    """Pack lines that are free gifts."""
    rows = db.exec(
        select(PackLine.id)
        .join(ShipmentLine, col(ShipmentLine.id) == PackLine.shipment_line_id)
        .join(OrderLine, col(OrderLine.id) == ShipmentLine.order_line_id)
        .where(PackLine.pack_id == pack_id, col(OrderLine.is_gift))
    )
    return {line for line in rows if line is not None}


def owner_of(db: Session, pack: Pack, sku_id: int) -> Owner | None:
    """Whose a wrong item probably is: a shipment with that SKU picked, first those of the same walk."""
    _tote, here = tote_of(db, pack)
    walk_id = here.walk_id if here else 0
    found = db.exec(
        select(Order.number, Tote.code, _SLOT)
        .join(Shipment, col(Shipment.order_id) == Order.id)
        .join(ShipmentLine, col(ShipmentLine.shipment_id) == Shipment.id)
        .join(WalkTote, col(WalkTote.shipment_id) == Shipment.id)
        .join(Tote, col(Tote.id) == WalkTote.tote_id)
        .outerjoin(WallSlot, col(WallSlot.id) == WalkTote.tote_id)
        .where(ShipmentLine.sku_id == sku_id, col(ShipmentLine.picked) > 0, col(WalkTote.is_busy))
        .where(Shipment.id != pack.shipment_id)
        .where(col(Shipment.state).in_((ShipmentState.PICKED, ShipmentState.PACKING)))
        .order_by(sa.case((col(WalkTote.walk_id) == walk_id, 0), else_=1), col(Shipment.promised_at))
    ).first()
    return Owner(*found) if found else None


@dataclass(frozen=True)
class Story:
    """What the bench must know about the order besides its goods. No name, no address."""

    shipment: Shipment
    order: Order
    carrier: Carrier
    station: Station
    tote: Tote
    slot: int
    hue: int
    classes: tuple[PackingClass, ...]

    @property
    def tail(self) -> str:
        return self.order.number[-4:]


def story_of(db: Session, pack: Pack) -> Story:
    shipment = db.get_one(Shipment, pack.shipment_id)
    tote, place = tote_of(db, pack)
    number, row = place.slot if place else 1, place.slot - 1 if place else 0
    if slot := db.get(WallSlot, tote.id):
        number, row = slot.number, (slot.number - 1) // db.get_one(Wall, slot.wall_id).columns
    kinds = {sku.packing_class for line, sku in lines_of(db, pack.id or 0) if line.missing < line.qty}
    return Story(
        shipment=shipment,
        order=db.get_one(Order, shipment.order_id),
        carrier=db.get_one(Carrier, shipment.carrier_id),
        station=db.get_one(Station, pack.station_id),
        tote=tote,
        slot=number,
        hue=row % 8 + 1,
        classes=tuple(kind for kind in PackingClass if kind in kinds and kind is not PackingClass.NORMAL),
    )


def carton_by_code(db: Session, code: str) -> Carton | None:
    return db.exec(select(Carton).where(Carton.code == code.strip().upper(), col(Carton.is_active))).first()


# --- weights ---------------------------------------------------------------


def expected_g(carton: Carton, units: Sequence[tuple[Sku, int]]) -> int:
    """What the box and the goods should weigh, g."""
    return carton.tare_g + sum(sku.weight_g * qty for sku, qty in units)


def is_off(weight_g: int, expected: int) -> bool:
    return abs(weight_g - expected) > max(SCALE_ERROR_G, TOLERANCE * expected)


@dataclass(frozen=True)
class Suspect:
    """A line whose count would explain the scale: `units` too many (positive) or too few."""

    sku: Sku
    units: int


def suspects(difference_g: int, units: Sequence[tuple[Sku, int]]) -> list[Suspect]:
    """The two likeliest lines behind a difference: those whose whole units come nearest to it."""
    guesses = []
    for sku, qty in units:
        n = max(1, round(abs(difference_g) / sku.weight_g))
        n = min(n, qty) if difference_g < 0 else n
        guesses.append((abs(abs(difference_g) - n * sku.weight_g), n, sku.id or 0, sku))
    signed = 1 if difference_g > 0 else -1
    return [Suspect(sku, signed * n) for _miss, n, _id, sku in sorted(guesses, key=lambda guess: guess[:3])[:2]]


def left_of(rows: Sequence[tuple[PackLine, Sku, int]], units: Mapping[int, int]) -> int:
    """Units that stay for another parcel when `units` (pack line -> units) go into this one."""
    return sum(qty - units.get(line.id or 0, 0) for line, _sku, qty in rows)
