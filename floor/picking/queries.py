"""Reads of walks: the list pickers choose from, and one walk with all that its screens show. No personal data here."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from floor.catalog.models import Barcode, Sku
from floor.inventory.models import Balance, Bin, Tote, Warehouse
from floor.kit.errors import Unknown
from floor.people.models import User
from floor.picking.models import Cart, Pick, Stop, Walk, WalkTote
from floor.picking.models_wall import BatchTote, Wall
from floor.picking.route import Floor, Spot, floor_of
from floor.picking.states import StopState, WalkMode, WalkState
from floor.shipments.models import Shipment
from floor.shipments.states import ShipmentState

#: From so many units on, one scan and a number are quicker than a scan each.
COUNT_FROM = 6

ACTIVE = (WalkState.CLAIMED, WalkState.PICKING)


def active_walk(db: Session, picker_id: int) -> Walk | None:
    """The walk this picker has in hand; never more than one."""
    mine = (col(Walk.picker_id) == picker_id, col(Walk.state).in_(ACTIVE))
    return db.exec(select(Walk).where(*mine).order_by(col(Walk.id))).first()


def next_published(db: Session, site: str) -> Walk | None:
    """The most urgent walk nobody has, locked for the one who asks; others look past it."""
    query = (
        select(Walk)
        .join(Warehouse, col(Warehouse.id) == Walk.warehouse_id)
        .where(Walk.state == WalkState.PUBLISHED)
        .order_by(col(Walk.priority), col(Walk.due_at), col(Walk.id))
        .with_for_update(skip_locked=True, of=Walk)
    )
    return db.exec(query.where(Warehouse.code == site) if site else query).first()


def locked(db: Session, walk_id: int) -> Walk:
    """The walk, locked: every verb on a walk begins here, so its scans take effect one after the other."""
    walk = db.exec(
        select(Walk).where(Walk.id == walk_id).with_for_update().execution_options(populate_existing=True)
    ).first()
    if walk is None:
        raise Unknown("picking.unknown_walk")
    return walk


# --- one walk, ready for its screens --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Goods:
    """What a picker must recognise."""

    sku_id: int
    name: str
    name_en: str
    colour: str
    colour_en: str
    size: str
    hex: str
    drawing: str
    barcode: str


@dataclass(frozen=True)
class SlotView:
    """A place on the cart; `label` is its number, "2-B" when a second tote took over."""

    id: int
    slot: int
    label: str
    tote: str
    is_cancelled: bool


@dataclass(frozen=True)
class Put:
    """What of one stop is still to go into one slot: units, and the picks they belong to."""

    slot: SlotView
    units: int
    picks: tuple[int, ...]


@dataclass(frozen=True)
class StopView:
    """One bin and what to take there. Wanted = picked + in hand + still to scan."""

    id: int
    #: 1..n among the stops that count; it is in the address of the screen.
    number: int
    state: StopState
    code: str
    aisle: str
    bay: int
    level: int
    side: str
    spot: Spot
    goods: Goods
    wanted: int
    picked: int
    in_hand: int
    bin_seen: bool
    skips: int
    ask_empty: bool
    #: Puts still to do, by slot.
    puts: tuple[Put, ...]
    #: One slot on the whole walk, or one tote for all of them: an item scan is the put.
    is_direct: bool

    @property
    def rest(self) -> int:
        return sum(put.units for put in self.puts)

    @property
    def scanned(self) -> int:
        return self.picked + self.in_hand

    @property
    def phase(self) -> str:
        """What is scanned next: bin, item (count: or type the number), put; done when nothing is left."""
        if not self.puts:
            return "done"
        if not self.bin_seen:
            return "bin"
        if self.in_hand >= self.rest:
            return "put"
        if self.wanted >= COUNT_FROM and self.scanned:
            return "count"
        return "item"

    @property
    def is_open(self) -> bool:
        return self.state is StopState.OPEN


@dataclass(frozen=True)
class WalkView:
    id: int
    number: str
    warehouse_id: int
    state: WalkState
    picker_id: int | None
    picker: str
    cart: str
    cart_slots: int
    due_at: datetime
    minutes: int
    lane: str
    floor: Floor
    slots: tuple[SlotView, ...]
    stops: tuple[StopView, ...]
    #: Of a batch walk: the totes everything goes into, the one in use last; and where they are brought.
    shared: tuple[SlotView, ...] = ()
    walls: tuple[str, ...] = ()
    #: Whose badge the supervisor would like to see.
    asked_for: str = ""

    @property
    def is_batch(self) -> bool:
        return bool(self.shared)

    @property
    def mode(self) -> WalkMode:
        return WalkMode.WALL if self.is_batch else WalkMode.CLUSTER

    @property
    def is_direct(self) -> bool:
        """One tote for all: an item scan is the put, and what is undone lies on the shelf again."""
        return self.is_batch or len(self.slots) == 1

    @property
    def totes(self) -> tuple[SlotView, ...]:
        """What stands on the cart."""
        return self.shared or self.slots

    @property
    def done(self) -> int:
        return sum(stop.state in (StopState.DONE, StopState.SHORT) for stop in self.stops)

    def by_id(self, stop_id: int | None) -> StopView | None:
        return next((stop for stop in self.stops if stop.id == stop_id), None)

    def numbered(self, number: int) -> StopView:
        if not 1 <= number <= len(self.stops):
            raise Unknown("picking.unknown_stop")
        return self.stops[number - 1]

    def after(self, stop: StopView | None) -> StopView | None:
        """The open stop that follows in walking order, going round to the start; None when none is open."""
        at = stop.number if stop else 0
        around = (*self.stops[at:], *self.stops[: max(at - 1, 0)])
        return next((other for other in around if other.is_open), None)

    def before(self, stop: StopView) -> StopView | None:
        return self.stops[stop.number - 2] if stop.number > 1 else None

    def segments(self, current: StopView | None = None) -> list[str]:
        marks = {StopState.DONE: "d", StopState.SHORT: "x"}
        return ["c" if stop is current else marks.get(stop.state, "") for stop in self.stops]

    def metres_left(self, current: StopView) -> int:
        """Whole metres still to walk: from this stop past the open ones to the depot."""
        ahead = [stop.spot for stop in self.stops if stop.is_open and stop is not current]
        way = [current.spot, *ahead, self.floor.depot]
        return sum(self.floor.walk_mm(a, b) for a, b in pairwise(way)) // 1000

    @property
    def minutes_left(self) -> int:
        """Of the minutes planned, the share of the stops still to make; whole, at least one."""
        return max(1, -(-self.minutes * (len(self.stops) - self.done) // max(len(self.stops), 1)))

    @property
    def kept(self) -> dict[str, list[Any]]:
        """How far the walk is, as short as can be: every screen tells it to the phone, which goes on from it without
        net (static/js/zones.js). Slots, or the shared totes of a batch: [slot, label, tote]. Stops: [id, state, bin
        seen, in hand, skips, picked, [[slot, units], ...] to put]."""
        return {
            "slots": [[slot.slot, slot.label, slot.tote] for slot in self.totes],
            "stops": [
                [
                    stop.id, stop.state.value, int(stop.bin_seen), stop.in_hand, stop.skips, stop.picked,
                    [[put.slot.slot, put.units] for put in stop.puts],
                ]
                for stop in self.stops
            ],
        }  # fmt: skip

    def to_check(self) -> StopView | None:
        """The last stop that should have emptied its bin, while nobody has said whether it did."""
        asked = [stop for stop in self.stops if stop.ask_empty]
        return asked[-1] if asked else None


def walk_view(db: Session, walk_id: int, site: str = "") -> WalkView:
    """A walk with its stops in order. Raises Unknown for one of another site."""
    found = db.exec(
        select(Walk, Warehouse, Cart, User.name)
        .join(Warehouse, col(Warehouse.id) == Walk.warehouse_id)
        .outerjoin(Cart, col(Cart.id) == Walk.cart_id)
        .outerjoin(User, col(User.id) == Walk.picker_id)
        .where(Walk.id == walk_id)
        .execution_options(populate_existing=True)
    ).first()
    if found is None or (site and found[1].code != site):
        raise Unknown("picking.unknown_walk")
    walk, house, cart, picker = found
    slots = _slots(db, walk_id)
    shared = _shared(db, walk_id) if walk.mode is WalkMode.WALL else ()
    return WalkView(
        walk_id, walk.number, walk.warehouse_id, walk.state, walk.picker_id, picker or "", cart.code if cart else "",
        cart.slots if cart else 8, walk.due_at, walk.minutes, walk.lane, floor_of(house.layout),
        tuple(slots.values()), _stops(db, walk_id, slots, shared), shared, _walls(db, walk) if shared else (),
        _name(db, walk.handover_to_id),
    )  # fmt: skip


#: SlotView.id of the shared tote of a batch walk, which is no shipment's.
SHARED = 0


def _shared(db: Session, walk_id: int) -> tuple[SlotView, ...]:
    """A batch walk's totes in the order they were taken; before the first, the place it will stand on."""
    rows = db.exec(
        select(BatchTote.number, Tote.code)
        .join(Tote, col(Tote.id) == BatchTote.tote_id)
        .where(BatchTote.walk_id == walk_id)
        .order_by(col(BatchTote.number))
    ).all()
    return tuple(SlotView(SHARED, number, str(number), code, False) for number, code in rows or [(1, "")])


def _name(db: Session, user_id: int | None) -> str:
    user = db.get(User, user_id) if user_id else None
    return user.name if user else ""


def _walls(db: Session, walk: Walk) -> tuple[str, ...]:
    return tuple(db.exec(select(Wall.code).where(Wall.warehouse_id == walk.warehouse_id).order_by(Wall.code)))


def _slots(db: Session, walk_id: int) -> dict[int, SlotView]:
    """Walk tote id -> slot, for the totes in use (part 0), in order."""
    rows = db.exec(
        select(WalkTote, Tote.code, Shipment.state)
        .join(Shipment, col(Shipment.id) == WalkTote.shipment_id)
        .outerjoin(Tote, col(Tote.id) == WalkTote.tote_id)
        .where(WalkTote.walk_id == walk_id)
        .order_by(col(WalkTote.slot), col(WalkTote.part))
        .execution_options(populate_existing=True)
    ).all()
    earlier: dict[int, int] = defaultdict(int)
    for row, _code, _state in rows:
        earlier[row.slot] += row.part > 0
    return {
        row.id or 0: SlotView(
            row.id or 0, row.slot, slot_label(row.slot, earlier[row.slot]), code or "", state == ShipmentState.CANCELLED
        )
        for row, code, state in rows
        if row.part == 0
    }


def labels_of(db: Session, walk_id: int) -> dict[int, str]:
    """Walk tote id -> what the place is called: "2", or "2-B" when a second tote took over."""
    return {id_: slot.label for id_, slot in _slots(db, walk_id).items()}


def slot_label(slot: int, earlier_totes: int) -> str:
    return f"{slot}-{chr(ord('A') + earlier_totes)}" if earlier_totes else str(slot)


def _stops(
    db: Session, walk_id: int, slots: dict[int, SlotView], shared: tuple[SlotView, ...]
) -> tuple[StopView, ...]:  # fmt: skip
    code = (
        sa.select(sa.func.min(col(Barcode.code))).where(col(Barcode.sku_id) == col(Sku.id)).correlate(Sku)
    ).scalar_subquery()
    rows = db.execute(
        sa.select(Stop, Bin, Sku, code)
        .join(Bin, col(Bin.id) == col(Stop.bin_id))
        .join(Sku, col(Sku.id) == col(Stop.sku_id))
        .where(col(Stop.walk_id) == walk_id, col(Stop.state) != StopState.DROPPED)
        .order_by(col(Stop.position))
        .execution_options(populate_existing=True)
    ).all()
    picks: dict[int, list[Pick]] = defaultdict(list)
    for pick in picks_of(db, [row[0].id for row in rows]):
        picks[pick.stop_id].append(pick)
    return tuple(
        _stop(number, stop, bin_, sku, barcode or sku.code, picks[stop.id], slots, shared)
        for number, (stop, bin_, sku, barcode) in enumerate(rows, start=1)
    )


def _stop(
    number: int, stop: Stop, bin_: Bin, sku: Sku, barcode: str, picks: list[Pick], slots: dict[int, SlotView],
    shared: tuple[SlotView, ...],
) -> StopView:  # fmt: skip
    open_picks: dict[int, list[Pick]] = defaultdict(list)
    for pick in picks:
        if pick.rest:
            open_picks[pick.walk_tote_id].append(pick)
    puts = tuple(
        Put(slot, sum(pick.rest for pick in open_picks[id_]), tuple(pick.id or 0 for pick in open_picks[id_]))
        for id_, slot in slots.items()
        if id_ in open_picks
    )
    if shared and puts:
        puts = (Put(shared[-1], sum(put.units for put in puts), tuple(id_ for put in puts for id_ in put.picks)),)
    return StopView(
        id=stop.id or 0, number=number, state=stop.state, code=bin_.code, aisle=bin_.aisle, bay=bin_.bay,
        level=bin_.level, side=bin_.side, spot=(bin_.x_mm, bin_.y_mm), goods=goods(sku, barcode),
        wanted=sum(pick.qty - pick.short for pick in picks), picked=sum(pick.picked for pick in picks),
        in_hand=stop.in_hand, bin_seen=stop.bin_seen, skips=stop.skips, ask_empty=stop.ask_empty, puts=puts,
        is_direct=bool(shared) or len(slots) == 1,
    )  # fmt: skip


def goods(sku: Sku, barcode: str) -> Goods:
    return Goods(
        sku.id or 0, sku.name, sku.name_en, sku.colour, sku.colour_en, sku.size, sku.colour_hex, sku.drawing, barcode
    )


def code_on(db: Session, sku: Sku) -> str:
    """The code printed on the goods, as the stop screen shows it."""
    return db.exec(select(func.min(Barcode.code)).where(Barcode.sku_id == sku.id)).one() or sku.code


def picks_of(db: Session, stop_ids: Sequence[int]) -> Sequence[Pick]:
    """The picks of some stops, fresh from the database."""
    query = select(Pick).where(col(Pick.stop_id).in_(stop_ids)).order_by(col(Pick.id))
    return db.exec(query.execution_options(populate_existing=True)).all()


def picks_by_id(db: Session, ids: Sequence[int]) -> Sequence[Pick]:
    query = select(Pick).where(col(Pick.id).in_(ids)).order_by(col(Pick.id))
    return db.exec(query.execution_options(populate_existing=True)).all()


def units_in(db: Session, bin_id: int, sku_id: int) -> int:
    """Units of a SKU on a shelf by the books; read past the session, which stock verbs write around."""
    query = select(Balance.qty).where(Balance.place_id == bin_id, Balance.sku_id == sku_id)
    return db.exec(query).first() or 0


def units_picked(db: Session, walk_tote_id: int) -> int:
    """Units that went into a slot's totes."""
    return db.exec(select(func.coalesce(func.sum(Pick.picked), 0)).where(Pick.walk_tote_id == walk_tote_id)).one()


def picked_from(db: Session, shipment_line_id: int) -> Sequence[Bin]:
    """The bins a line was picked from, the one with most of it first."""
    return db.exec(
        select(Bin)
        .join(Stop, col(Stop.bin_id) == Bin.id)
        .join(Pick, col(Pick.stop_id) == Stop.id)
        .where(Pick.shipment_line_id == shipment_line_id, col(Pick.picked) > 0)
        .order_by(col(Pick.picked).desc(), col(Pick.id))
    ).all()


def home_of(db: Session, warehouse_id: int, sku_id: int, near: Spot) -> Bin | None:
    """The shelf a unit most likely came from: the nearest that holds its SKU."""
    bins = db.exec(
        select(Bin)
        .join(Balance, col(Balance.place_id) == Bin.id)
        .where(Bin.warehouse_id == warehouse_id, Balance.sku_id == sku_id, Balance.qty > 0)
        .order_by(Bin.code)
    ).all()
    return min(bins, key=lambda b: abs(b.x_mm - near[0]) * 3 + abs(b.y_mm - near[1]), default=None)
