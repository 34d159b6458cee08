"""Live rows -> the arrays a plan is made from, with the maps back into our ids.

Places: n orders, G groups, L lines, S services (active carriers), W warehouses; a rate zone is a (province, warehouse).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlmodel import Session

from floor.allocation import queries
from floor.allocation.models import Announcement
from floor.allocation.service import Missed
from floor.allocation.states import Why
from floor.inventory import queries as stock
from floor.kit import clock
from floor.orders.states import OrderState
from floor.shipments.models import Rate

Ints = NDArray[np.int64]

#: fen for leaving an order out, by our priority 0 (most urgent) to 9: always far above any freight.
_UNSERVED = (2_000_000, 1_500_000, 1_000_000, 700_000, 500_000, 350_000, 250_000, 150_000, 100_000, 50_000)
#: fen: a day late, closing a parcel, moving a group from where it was announced, a unit from where stock is short.
_LATE, _HANDLING, _MOVING, _BALANCE = 1_500, 200, 500, 20
#: Days on the road buyers expect after the hand-over we promised: lanes within it cost no more than their freight.
_DAYS_EXPECTED = 2
#: Orders of these states are in scope, but nobody may ship them yet.
_BARRED = {OrderState.HELD: Why.HELD, OrderState.RECEIVED: Why.UNCHECKED}
#: As the planner has them: no rate, no limit, parcels of an order that may be split, weight bands.
NEVER, _PARCELS, _BANDS = 1 << 40, 2, 60


@dataclass(frozen=True)
class Facts:
    """One snapshot. `arrays` are those of solver.allocation.problem; the places of its orders, SKUs, warehouses and
    services are those of the lists here."""

    arrays: Mapping[str, Any]
    orders: Sequence[int]
    skus: Sequence[int]
    houses: Sequence[int]
    carriers: Sequence[int]
    provinces: Sequence[str]
    #: Orders not released: nobody may ship them yet.
    barred: Sequence[Missed]
    #: [skus, W] free units on pick faces; on them and in reserve; of these, what safety stock keeps back.
    faces: Ints
    whole: Ints
    kept: Ints
    #: [W, 3] work of a whole day, before what is promised already is taken off.
    days_work: Ints
    lines: int

    @property
    def is_empty(self) -> bool:
        """Nothing to ask a planner."""
        return not (self.orders and self.houses and self.carriers)


@dataclass
class _Basket:
    """An order while its rows come in."""

    row: Any
    goods: list[tuple[int, int]] = field(default_factory=list)
    gifts: list[tuple[int, int]] = field(default_factory=list)

    def groups(self, pieces: Mapping[int, Sequence[int]]) -> Iterator[list[tuple[int, int]]]:
        """What ships together: all of a wrapped gift; what is given along goes with the first goods; else each line.
        A lone line of an order that may be split comes in `pieces` where no warehouse has it all."""
        if self.row.gift_wrap or not self.goods:
            yield self.goods + self.gifts
            return
        yield from ([line] for line in self._cut(self.goods[1:], pieces))
        if self.gifts:
            yield [self.goods[0], *self.gifts]
        else:
            yield from ([line] for line in self._cut(self.goods[:1], pieces))

    @staticmethod
    def _cut(lines: Sequence[tuple[int, int]], pieces: Mapping[int, Sequence[int]]) -> Iterator[tuple[int, int]]:
        for sku, units in lines:
            rest = units
            for size in pieces.get(sku, ())[: _PARCELS - 1]:
                if rest > pieces[sku][0] and size:
                    yield sku, size
                    rest -= size
            yield sku, rest


def read_facts(db: Session, scope: Mapping[str, Any]) -> Facts:
    """Everything the planner needs, from one snapshot. `scope`: Run.scope; with `unsafe`, safety stock may go too."""
    rows = queries.wanted(db, scope)
    released = [row for row in rows if row.state is OrderState.RELEASED]
    goods = queries.goods(db, {row.sku_id for row in released})
    place = {row.id: s for s, row in enumerate(goods)}
    houses = [house.id or 0 for house in stock.warehouses(db)]
    faces, whole, kept = _stock(db, [row.id for row in goods], houses, bool(scope.get("unsafe")))
    may_split = bool(scope.get("split"))
    there = np.minimum(faces, whole - kept)
    baskets = _baskets(released, place)
    pieces = {s: np.sort(there[s])[::-1].tolist() for s in range(len(goods))} if may_split else {}
    groups = [[*basket.groups(pieces)] for basket in baskets]
    provinces = sorted({basket.row.province for basket in baskets})
    rates = queries.rates(db, provinces)
    carriers = sorted(carrier.id or 0 for carrier in queries.carriers(db))
    arrays = _order_arrays(baskets, groups, goods, provinces, may_split)
    arrays |= _homes(groups, [b.row.id for b in baskets], goods, houses, carriers, queries.announced(db, scope))
    arrays |= _rate_arrays(rates, carriers, houses, provinces, _heaviest(arrays))
    days_work = _days_work(db)
    arrays |= _capacities(db, houses, carriers, days_work)
    arrays |= {"stock": np.maximum(0, there), "handling": _HANDLING, "moving": _MOVING}
    if baskets and rates:
        arrays["balance"] = _balance(arrays)
    barred = {row.id: _BARRED[row.state] for row in rows if row.state in _BARRED}
    return Facts(
        arrays, [basket.row.id for basket in baskets], [row.id for row in goods], houses, carriers, provinces,
        [Missed(order, why) for order, why in barred.items()], faces, whole, kept, days_work, len(released),
    )  # fmt: skip


def _baskets(rows: Iterable[Any], place: Mapping[int, int]) -> list[_Basket]:
    found: dict[int, _Basket] = {}
    for row in rows:
        basket = found.setdefault(row.id, _Basket(row))
        (basket.gifts if row.gift else basket.goods).append((place[row.sku_id], int(row.units)))
    return list(found.values())


def due_days(promised_at: datetime) -> int:
    """Whole days from now until the buyer expects the parcel; what is late already waits no longer for that."""
    hours = (promised_at - clock.now()).total_seconds() / 3600
    return max(0, int(hours // 24) + _DAYS_EXPECTED)


def _order_arrays(
    baskets: Sequence[_Basket],
    groups: Sequence[Sequence[Sequence[tuple[int, int]]]],
    goods: Sequence[Any],
    provinces: Sequence[str],
    may_split: bool,
) -> dict[str, Any]:
    """Everything shaped by orders, groups and lines."""
    every = [group for mine in groups for group in mine]
    lines = [line for group in every for line in group]
    sizes = np.array([len(group) for group in every], np.int64)
    sku = np.array([line[0] for line in lines], np.int64)
    qty = np.array([line[1] for line in lines], np.int64)
    grams = np.array([row.weight_g for row in goods], np.int64)
    kinds = np.array([[1, bool(row.heavy), bool(row.cold)] for row in goods], np.int64).reshape(-1, 3)
    line_first = np.append(0, np.cumsum(sizes))
    count = np.array([len(mine) for mine in groups], np.int64)
    priority = np.array([basket.row.priority for basket in baskets], np.int64)
    loss = np.array(_UNSERVED)[np.clip(priority, 0, len(_UNSERVED) - 1)] if len(baskets) else priority
    region = {province: r for r, province in enumerate(provinces)}
    return {
        "group_first": np.append(0, np.cumsum(count)),
        "line_first": line_first,
        "sku": sku,
        "qty": qty,
        "weight": _per_group(grams[sku] * qty, line_first),
        "work": _per_group(kinds[sku], line_first),
        "penalty": _spread(loss, count),
        "priority": priority,
        "region": np.array([region[basket.row.province] for basket in baskets], np.int64),
        "due": np.array([due_days(basket.row.promised_at) for basket in baskets], np.int64),
        "late": np.full(len(baskets), _LATE),
        "parcels": np.full(len(baskets), _PARCELS if may_split else 1),
    }


def _per_group(lines: Ints, first: Ints) -> Ints:
    if len(lines) == 0:
        return lines
    found: Ints = np.add.reduceat(lines, first[:-1], axis=0)
    return found


def _spread(whole: Ints, parts: Ints) -> Ints:
    """Each of `whole` over its parts, the odd fen on the first."""
    share = np.repeat(whole // np.maximum(1, parts), parts)
    share[np.append(0, np.cumsum(parts))[:-1]] += whole - whole // np.maximum(1, parts) * parts
    return share


def _heaviest(arrays: Mapping[str, Any]) -> int:
    """Grams of the heaviest order."""
    if not len(arrays["weight"]):
        return 1
    return max(1, int(np.add.reduceat(arrays["weight"], arrays["group_first"][:-1]).max()))


def _homes(
    groups: Sequence[Sequence[Sequence[tuple[int, int]]]],
    orders: Sequence[int],
    goods: Sequence[Any],
    houses: Sequence[int],
    carriers: Sequence[int],
    announced: Iterable[Announcement],
) -> dict[str, Any]:
    """Where each group was announced, by its first SKU; pieces of one line take the warehouses in their order."""
    said: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    house_at, by = {h: w for w, h in enumerate(houses)}, {c: s for s, c in enumerate(carriers)}
    for one in announced:
        if one.warehouse_id in house_at and one.carrier_id in by:
            said[one.order_id, one.sku_id].append((house_at[one.warehouse_id], by[one.carrier_id]))
    home = []
    for order, mine in zip(orders, groups, strict=True):
        for group in mine:
            there = said.get((order, goods[group[0][0]].id), ())
            home.append(there.pop(0) if there else (-1, -1))  # type: ignore[union-attr]
    table = np.array(home, np.int64).reshape(-1, 2)
    return {"home": table[:, 0], "home_service": table[:, 1]}


# --- rates ---------------------------------------------------------------------------------------------------------


def freight_fen(rate: Rate, grams: int) -> int:
    """The first weight, then each started step."""
    return rate.first_fen + -(-max(0, grams - rate.first_g) // rate.step_g) * rate.step_fen


def _rate_arrays(
    rates: Sequence[Rate], carriers: Sequence[int], houses: Sequence[int], provinces: Sequence[str], heaviest: int
) -> dict[str, Any]:
    edges = _edges(rates, heaviest)
    zone = np.arange(len(provinces) * len(houses)).reshape(len(provinces), len(houses))
    price = np.full((max(1, zone.size), len(carriers), len(edges)), NEVER)
    transit = np.zeros(price.shape[:2], np.int64)
    house, by = {h: w for w, h in enumerate(houses)}, {c: s for s, c in enumerate(carriers)}
    region = {province: r for r, province in enumerate(provinces)}
    for rate in rates:
        if rate.province not in region:
            continue
        z, s = zone[region[rate.province], house[rate.warehouse_id]], by[rate.carrier_id]
        step = -(-np.maximum(0, edges - rate.first_g) // rate.step_g)
        fen = rate.first_fen + step * rate.step_fen
        price[z, s] = fen if rate.max_g is None else np.where(edges <= rate.max_g, fen, NEVER)
        transit[z, s] = rate.transit_days
    return {"zone": zone, "rate": price, "transit": transit, "edges": edges}


def _edges(rates: Sequence[Rate], heaviest: int) -> Ints:
    """The weights at which some rate changes, up to the heaviest order: all of the light ones, fewer of the heavy ones
    where there are too many. A coarse band asks for its upper edge, never for too little."""
    steps = {heaviest}
    for first, step, most in {(rate.first_g, max(1, rate.step_g), rate.max_g) for rate in rates}:
        steps |= {*range(first, heaviest, step)} | ({most} if most and most < heaviest else set())
    edges = np.array(sorted(steps), np.int64)
    if len(edges) <= _BANDS:
        return edges
    fine = _BANDS // 2
    coarse = np.unique(np.geomspace(fine, len(edges) - 1, _BANDS - fine).astype(int))
    limits = [rate.max_g for rate in rates if rate.max_g and rate.max_g < heaviest]
    found: Ints = np.unique(np.concatenate([edges[:fine], edges[coarse], np.array(limits, np.int64)]))
    return found


# --- warehouses ----------------------------------------------------------------------------------------------------


def _stock(db: Session, skus: Sequence[int], houses: Sequence[int], unsafe: bool) -> tuple[Ints, Ints, Ints]:
    """(on pick faces, on them and in reserve, kept back) [skus, W]."""
    faces, whole, kept = (np.zeros((len(skus), len(houses)), np.int64) for _ in range(3))
    sku, house = {s: n for n, s in enumerate(skus)}, {h: n for n, h in enumerate(houses)}
    safety = {} if unsafe else stock.safety_stock(db)
    for row in stock.free_stock(db, skus):
        at = sku[row.sku_id], house[row.warehouse_id]
        faces[at], whole[at] = row.pick, row.pick + row.reserve
        kept[at] = min(safety.get((row.warehouse_id, row.sku_id), 0), row.pick + row.reserve)
    return faces, whole, kept


def _days_work(db: Session) -> Ints:
    limits = [(house.labour_lines, house.heavy_lines, house.cold_lines) for house in stock.warehouses(db)]
    return np.array([[_limit(n) for n in mine] for mine in limits], np.int64).reshape(-1, 3)


def _capacities(db: Session, houses: Sequence[int], carriers: Sequence[int], days_work: Ints) -> dict[str, Ints]:
    """What the shift, the benches and the carriers can do until the cut-off, minus what is promised already."""
    at, by = {h: w for w, h in enumerate(houses)}, {c: s for s, c in enumerate(carriers)}
    work, benches = days_work.copy(), np.full(len(houses), NEVER)
    dock, lorry = (np.full((len(houses), len(carriers)), NEVER) for _ in range(2))
    for house in stock.warehouses(db):
        benches[at[house.id or 0]] = _limit(house.bench_parcels)
    for pickup in queries.pickups(db):
        if pickup.carrier_id in by:
            where = at[pickup.warehouse_id], by[pickup.carrier_id]
            dock[where] = _limit(pickup.parcels)
            lorry[where] = _limit(None if pickup.weight_kg is None else pickup.weight_kg * 1000)
    for warehouse_id, *lines in queries.lines_waiting(db):
        work[at[warehouse_id]] -= np.array(lines, np.int64)
    for warehouse_id, carrier_id, parcels, unpacked, grams in queries.parcels_waiting(db):
        benches[at[warehouse_id]] -= unpacked
        if carrier_id in by:
            dock[at[warehouse_id], by[carrier_id]] -= parcels
            lorry[at[warehouse_id], by[carrier_id]] -= int(grams)
    left = {"capacity": work, "benches": benches, "dock": dock, "lorry": lorry}
    return {name: np.maximum(0, rest) for name, rest in left.items()}


def _limit(given: int | None) -> int:
    return 2 * NEVER if given is None else given


def _balance(arrays: Mapping[str, Any]) -> Ints:
    """[skus, W] fen a unit: nothing where a warehouse's share of the stock is its share of the demand or more, up to
    `_BALANCE` where it has next to none of it. Its demand: the orders it serves at the least cost."""
    cheapest = arrays["rate"].min(axis=(1, 2))[arrays["zone"]]
    near = cheapest == cheapest.min(axis=1, keepdims=True)
    demand = (near / near.sum(axis=1, keepdims=True))[arrays["region"]].mean(axis=0)
    units = arrays["stock"]
    share = units / np.maximum(1, units.sum(axis=1, keepdims=True))
    with np.errstate(divide="ignore", invalid="ignore"):
        short = np.where(demand > 0, 1 - share / demand, 0.0)
    found: Ints = np.rint(_BALANCE * np.clip(short, 0, 1)).astype(np.int64)
    return found
