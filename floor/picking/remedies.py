"""Where units come from that a shelf does not have: the ways of the warehouse's rule, one after the other.

Reads only. `shorting` shows what is found here, and does it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import accumulate

import sqlalchemy as sa
from sqlmodel import Session, col

from floor.allocation import elsewhere
from floor.allocation.elsewhere import House
from floor.catalog.models import Sku
from floor.inventory import queries as stock
from floor.orders.models import Address, Order, OrderLine
from floor.orders.states import OrderState
from floor.picking import queries, short_rules
from floor.picking.models import Pick
from floor.picking.models_shorts import Way
from floor.picking.queries import Goods, SlotView, StopView, WalkView
from floor.shipments.models import Shipment, ShipmentLine

#: (pick at the old stop, units), the order promised earliest first.
Parts = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Detour:
    """Units that come from another bin instead, at stop `number` of the walk as it will be."""

    bin_id: int
    code: str
    number: int
    is_new: bool
    parts: Parts
    sku_id: int
    #: What lies there in place of what was ordered; None: the same goods.
    substitute: Goods | None = None

    @property
    def units(self) -> int:
        return sum(units for _pick, units in self.parts)


@dataclass(frozen=True)
class Sending:
    """Units of one order that come in a shipment of their own: by another walk, or from another warehouse."""

    way: Way
    slot: SlotView
    order_id: int
    warehouse_id: int
    carrier_id: int
    sku_id: int
    #: (pick at the old stop, units, bin)
    parts: tuple[tuple[int, int, int], ...]
    #: The bins by code; of another warehouse its name counts.
    codes: tuple[str, ...]
    house: House | None = None
    substitute: Goods | None = None

    @property
    def units(self) -> int:
        return sum(units for _pick, units, _bin in self.parts)


@dataclass(frozen=True)
class Found:
    detours: tuple[Detour, ...]
    sendings: tuple[Sending, ...]
    #: What no way has.
    left: tuple[tuple[int, int], ...]
    #: Shelves of other warehouses that were looked at: (bin, SKU).
    looked_at: frozenset[tuple[int, int]]


@dataclass(frozen=True)
class _Wanted:
    """What a pick's order allows."""

    slot: SlotView
    order_id: int
    carrier_id: int
    promised_at: datetime
    province: str
    price_fen: int
    #: It may come in a second parcel: released, no wrapped gift, and not given along with something else.
    may_part: bool
    takes_substitutes: bool


@dataclass(frozen=True)
class _Face:
    """A pick face of the house, how much longer it makes the walk, and where it would be in it."""

    extra_mm: int
    code: str
    bin_id: int
    free: int
    number: int
    is_new: bool


@dataclass
class _Search:
    """The missing units while one way after the other is tried."""

    db: Session
    view: WalkView
    stop: StopView
    left: list[tuple[int, int]]
    wanted: dict[int, _Wanted]
    limit_mm: int
    detours: list[Detour] = field(default_factory=list)
    sendings: list[Sending] = field(default_factory=list)
    looked_at: set[tuple[int, int]] = field(default_factory=set)
    _faces: dict[int, list[_Face]] = field(default_factory=dict)
    #: What the substitute lists at; before it is known, nothing is too dear.
    _list_fen: int = 2**62

    def faces(self, sku_id: int) -> list[_Face]:
        """Pick faces with free units of a SKU, the smallest detour first."""
        if sku_id not in self._faces:
            self._faces[sku_id] = self._read_faces(sku_id)
        return self._faces[sku_id]

    def _read_faces(self, sku_id: int) -> list[_Face]:
        view, stop = self.view, self.stop
        ahead = [other for other in view.stops if other.number > stop.number and other.is_open]
        route = [stop.spot, *(other.spot for other in ahead)]
        here = (stop.aisle, stop.bay, stop.level, stop.goods.sku_id)
        found = []
        for bin_, _sku, free in stock.free_bins(self.db, view.warehouse_id, [sku_id]):
            if (bin_.aisle, bin_.bay, bin_.level, sku_id) == here:
                continue
            known = next((o for o in ahead if o.code == bin_.code and o.goods.sku_id == sku_id), None)
            at, extra = view.floor.best_place(route, (bin_.x_mm, bin_.y_mm))
            place = known.number if known else (ahead[at - 2].number if at > 1 else stop.number) + 1
            found.append(_Face(0 if known else extra, bin_.code, bin_.id, free, place, known is None))
        return sorted(found, key=lambda face: (face.extra_mm, face.code))

    def by_detour(self, sku_id: int, substitute: Goods | None = None) -> None:
        may = None if substitute is None else self._takes
        for face in self.faces(sku_id):
            if face.extra_mm > self.limit_mm:
                break
            parts = self._share(face.free, may)
            if parts:
                self.detours.append(Detour(face.bin_id, face.code, face.number, face.is_new, parts, sku_id, substitute))

    def by_walk(self, sku_id: int, substitute: Goods | None = None) -> None:
        """One shipment an order, from as many faces as it takes."""
        far = [face for face in self.faces(sku_id) if face.extra_mm > self.limit_mm]
        taken: dict[int, list[tuple[int, int, _Face]]] = {}
        for face in far:
            for pick_id, units in self._share(face.free, self._parts if substitute is None else self._parts_and_takes):
                taken.setdefault(self.wanted[pick_id].slot.id, []).append((pick_id, units, face))
        for some in taken.values():
            one = self.wanted[some[0][0]]
            self.sendings.append(
                Sending(
                    Way.WALK, one.slot, one.order_id, self.view.warehouse_id, one.carrier_id, sku_id,
                    tuple((pick_id, units, face.bin_id) for pick_id, units, face in some),
                    tuple(dict.fromkeys(face.code for _pick, _units, face in some)), substitute=substitute,
                )
            )  # fmt: skip

    def by_substitute(self, sku_id: int) -> None:
        """A stop of this walk where it is near enough, else by another walk."""
        if not any(self._takes(pick_id) for pick_id, _units in self.left):
            return
        sku = self.db.get_one(Sku, sku_id)
        other = self.db.get(Sku, sku.substitute_id) if sku.substitute_id else None
        if other is None or not other.is_active or other.price_fen < sku.price_fen or other.is_cold != sku.is_cold:
            return
        self._list_fen = other.price_fen
        goods = queries.goods(other, queries.code_on(self.db, other))
        self.by_detour(goods.sku_id, goods)
        self.by_walk(goods.sku_id, goods)

    def by_split(self, sku_id: int) -> None:
        """One other warehouse an order, so that it comes in no more than two parcels."""
        if not any(self._parts(pick_id) for pick_id, _units in self.left):
            return
        houses = elsewhere.houses(self.db, sku_id, self.view.warehouse_id)
        if not houses:
            return
        asked = elsewhere.rates(self.db, sorted({self.wanted[pick_id].province for pick_id, _units in self.left}))
        unit_g = self.db.get_one(Sku, sku_id).weight_g
        shelves: dict[int, list[list[int]]] = {}
        names: dict[int, str] = {}
        by_slot: dict[int, list[tuple[int, int]]] = {}
        for pick_id, units in self.left:
            if self._parts(pick_id):
                by_slot.setdefault(self.wanted[pick_id].slot.id, []).append((pick_id, units))
        for some in by_slot.values():
            one = self.wanted[some[0][0]]
            total = sum(units for _pick, units in some)
            offer = elsewhere.best(houses, asked, one.province, one.promised_at, unit_g, total)
            if offer is None:
                continue
            house = offer.house
            if house.id not in shelves:
                rows = stock.free_bins(self.db, house.id, [sku_id])
                shelves[house.id] = [[row[0].id, row[2]] for row in rows]
                names |= {row[0].id: row[0].code for row in rows}
                self.looked_at |= {(row[0].id, sku_id) for row in rows}
            houses[house.id] = replace(house, units=house.units - offer.units)
            parts = self._share(offer.units, {pick_id for pick_id, _units in some}.__contains__)
            bins = _from_bins(shelves[house.id], parts)
            codes = tuple(dict.fromkeys(names[bin_id] for _pick, _units, bin_id in bins))
            self.sendings.append(
                Sending(
                    Way.SPLIT, one.slot, one.order_id, house.id, offer.carrier_id, sku_id, bins, codes,
                    replace(house, units=0),
                )
            )  # fmt: skip

    def _share(self, free: int, may: Callable[[int], bool] | None = None) -> Parts:
        """As many of the units still wanted as are free, in order; they are wanted no more."""
        parts, left = [], []
        for pick_id, units in self.left:
            now = min(units, free) if may is None or may(pick_id) else 0
            free -= now
            if now:
                parts.append((pick_id, now))
            if units > now:
                left.append((pick_id, units - now))
        self.left = left
        return tuple(parts)

    def _parts(self, pick_id: int) -> bool:
        return self.wanted[pick_id].may_part

    def _takes(self, pick_id: int) -> bool:
        one = self.wanted[pick_id]
        return one.takes_substitutes and one.price_fen <= self._list_fen

    def _parts_and_takes(self, pick_id: int) -> bool:
        return self._parts(pick_id) and self._takes(pick_id)


def _from_bins(shelves: list[list[int]], parts: Parts) -> tuple[tuple[int, int, int], ...]:
    """(pick, units, bin): one bin that has it all and is left with least, else the emptiest. `shelves` go down."""
    found = []
    for pick_id, units in parts:
        whole = [shelf for shelf in shelves if shelf[1] >= units]
        for shelf in [min(whole, key=lambda one: one[1])] if whole else sorted(shelves, key=lambda one: one[1]):
            now = min(units, shelf[1])
            if now:
                found.append((pick_id, now, shelf[0]))
                shelf[1] -= now
                units -= now
    return tuple(found)


def find(db: Session, view: WalkView, stop: StopView, missing: Sequence[tuple[int, int]]) -> Found:
    """Share the missing units, (pick, units) of the earliest promise first, over the ways of the warehouse's rule."""
    rule = short_rules.of(db, view.warehouse_id)
    limit = rule.detour_m * 1000 if Way.DETOUR in rule.ways else -1
    search = _Search(db, view, stop, list(missing), _wanted(db, view, [pick for pick, _units in missing]), limit)
    sku_id = stop.goods.sku_id
    ways = {
        Way.DETOUR: search.by_detour, Way.WALK: search.by_walk, Way.SUBSTITUTE: search.by_substitute,
        Way.SPLIT: search.by_split,
    }  # fmt: skip
    for way in rule.ways:
        if search.left:
            ways[way](sku_id)
    taken = sorted(search.detours, key=lambda detour: detour.number)
    new_before = accumulate((detour.is_new for detour in taken), initial=0)
    moved = (replace(detour, number=detour.number + n) for detour, n in zip(taken, new_before, strict=False))
    return Found(tuple(moved), tuple(search.sendings), tuple(search.left), frozenset(search.looked_at))


def _wanted(db: Session, view: WalkView, picks: Sequence[int]) -> dict[int, _Wanted]:
    slots = {slot.id: slot for slot in view.slots}
    rows = db.execute(
        sa.select(
            col(Pick.id), col(Pick.walk_tote_id), col(Order.id).label("order_id"), col(Order.state),
            col(Order.gift_wrap), col(Order.takes_substitutes), col(OrderLine.is_gift),
            col(OrderLine.unit_price_fen), col(Order.promised_at), col(Shipment.carrier_id), col(Address.province),
        )
        .join(ShipmentLine, col(ShipmentLine.id) == col(Pick.shipment_line_id))
        .join(Shipment, col(Shipment.id) == col(ShipmentLine.shipment_id))
        .join(OrderLine, col(OrderLine.id) == col(ShipmentLine.order_line_id))
        .join(Order, col(Order.id) == col(OrderLine.order_id))
        .join(Address, col(Address.order_id) == col(Order.id))
        .where(col(Pick.id).in_(picks))
    )  # fmt: skip
    return {
        row.id: _Wanted(
            slots[row.walk_tote_id], row.order_id, row.carrier_id, row.promised_at, row.province, row.unit_price_fen,
            row.state is OrderState.RELEASED and not row.gift_wrap and not row.is_gift,
            row.state is OrderState.RELEASED and row.takes_substitutes,
        )
        for row in rows
    }  # fmt: skip
