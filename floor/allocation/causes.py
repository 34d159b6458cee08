"""Why an order was left out: the planner's cause, or one read off what the plan leaves, and what a person can do."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from floor.allocation.facts import NEVER, Facts, Ints
from floor.allocation.service import Missed
from floor.allocation.states import Thing, Why

#: As the planner numbers them; see solver.allocation.plan.Lack. Kind 1 is work of kind `what`.
_WORK = (Thing.LINES, Thing.HEAVY, Thing.COLD)
_KINDS = {0: Thing.UNITS, 2: Thing.BENCH, 3: Thing.DOCK, 4: Thing.LORRY}


@dataclass(frozen=True)
class Cause:
    """The planner's reason as plain data: places, -1 for none; lacks (kind, warehouse, what, missing)."""

    order: int
    code: str
    sku: int = -1
    house: int = -1
    wanted: int = 0
    available: int = 0
    lacks: tuple[tuple[int, int, int, int], ...] = ()


def of_nothing(facts: Facts) -> list[Missed]:
    """Where there are no warehouses or no carriers, no order can ship."""
    return [Missed(order, Why.NO_LANE if facts.houses else Why.NO_STOCK) for order in facts.orders]


def complete(problem: Any, house: Ints, used: Any, told: Mapping[int, Cause]) -> list[Cause]:
    """A cause for every order of which a group does not ship, read off the plan where the planner named none.

    `used`: what the plan uses, solver.allocation.plan.Used.
    """
    left_out = np.nonzero(~np.logical_and.reduceat(house >= 0, problem.group_first[:-1]))[0].tolist()
    if all(order in told for order in left_out):
        return [told[order] for order in left_out]
    reader = _Reader(problem, used)
    return [told.get(order) or reader.cause(order) for order in left_out]


class _Reader:
    """Looks at a finished plan with plain eyes: what there was, what is left, and what the order needed."""

    def __init__(self, problem: Any, used: Any) -> None:
        self._p = problem
        self._stock, self._work = problem.stock - used.stock, problem.capacity - used.capacity
        self._bench, self._dock = problem.benches - used.benches, problem.dock - used.dock
        self._lorry = problem.lorry - used.lorry

    def cause(self, o: int) -> Cause:
        p = self._p
        groups = slice(p.group_first[o], p.group_first[o + 1])
        skus, wanted = _wanted(p.group_first, p.line_first, p.sku, p.qty, o)
        rate = p.rate[p.zone[p.region[o]]]  # [W, S, B]
        rate = rate[:, (p.services[o] >> np.arange(rate.shape[1]) & 1).astype(bool)]
        if not (rate < NEVER).any():
            return Cause(o, Why.NO_LANE)
        weight = p.weight[groups]
        heaviest = int(weight.max() if p.parcels[o] > 1 else weight.sum())
        band = int(np.searchsorted(p.edges, heaviest))
        serves = (rate[:, :, band] < NEVER).any(axis=1) if band < len(p.edges) else np.zeros(p.houses, bool)
        if not serves.any():
            return Cause(o, Why.TOO_BIG, wanted=heaviest)
        there = np.where(serves, p.stock[skus], 0)
        if (short := _shortest(wanted, there.sum(axis=1))) is not None:
            return Cause(o, Why.NO_STOCK, skus[short], -1, int(wanted[short]), int(there.sum(axis=1)[short]))
        whole = serves & (there >= wanted[:, None]).all(axis=0)
        if not whole.any() and p.parcels[o] == 1:
            return self._partial(o, skus, wanted, there)
        able = whole & (p.work[groups].sum(axis=0) <= p.capacity).all(axis=1) if whole.any() else serves
        if not able.any():
            w, work = int(np.nonzero(whole)[0][0]), p.work[groups].sum(axis=0)
            over = np.nonzero(work > p.capacity[w])[0].tolist()
            lacks = tuple((1, w, kind, int(work[kind] - p.capacity[w, kind])) for kind in over)
            return Cause(o, Why.CANNOT, -1, w, int(work[over[0]]), int(p.capacity[w, over[0]]), lacks)
        left = np.where(able, self._stock[skus], 0)
        enough = (left >= wanted[:, None]).all(axis=0) & able
        if not enough.any():
            lacking = np.maximum(0, wanted[:, None] - left)
            best = int(np.where(able, lacking.sum(axis=0), NEVER).argmin())
            worst = int(lacking[:, best].argmax())
            gone = int(wanted[worst]), int(max(0, left[worst, best]))
            if not whole.any() and not _cheapest(there, wanted, np.where(serves, 0, NEVER), int(p.parcels[o])):
                return Cause(o, Why.PARTIAL_ONLY, skus[worst], -1, *gone)
            return Cause(o, Why.OTHER_ORDERS_FIRST, skus[worst], best, *gone)
        return self._room(o, groups, np.nonzero(enough)[0])

    @staticmethod
    def _partial(o: int, skus: Sequence[int], wanted: Ints, there: Ints) -> Cause:
        best = int(np.minimum(there, wanted[:, None]).sum(axis=0).argmax())
        worst = int((wanted - there[:, best]).argmax())
        return Cause(o, Why.PARTIAL_ONLY, skus[worst], best, int(wanted[worst]), int(there[worst, best]))

    def _room(self, o: int, groups: slice, houses: Ints) -> Cause:
        p = self._p
        work, weight = p.work[groups].sum(axis=0), int(p.weight[groups].sum())
        for w in houses.tolist():
            for kind in np.nonzero(self._work[w] < work)[0].tolist():
                lack = (1, w, kind, int(work[kind] - self._work[w, kind]))
                return Cause(o, Why.LABOUR_FULL, -1, w, int(work[kind]), int(self._work[w, kind]), (lack,))
            if self._bench[w] < 1:
                return Cause(o, Why.BENCH_FULL, -1, w, 1, 0, ((2, w, -1, 1),))
            if not ((self._dock[w] >= 1) & (self._lorry[w] >= weight)).any():
                return Cause(o, Why.CARRIER_FULL, -1, w, 1, 0, ((3, w, 0, 1),))
        return Cause(o, Why.NOT_WORTH, -1, int(houses[0]))


def _wanted(group_first: Ints, line_first: Ints, sku: Ints, qty: Ints, o: int) -> tuple[list[int], Ints]:
    """(SKUs, units of each) an order wants, however many of its lines want them."""
    lines = slice(line_first[group_first[o]], line_first[group_first[o + 1]])
    units: Counter[int] = Counter()
    for one, n in zip(sku[lines].tolist(), qty[lines].tolist(), strict=True):
        units[one] += n
    return list(units), np.array(list(units.values()))


def _shortest(wanted: Ints, there: Ints) -> int | None:
    """The line that lacks most, if any lacks."""
    short = wanted - there
    return int(short.argmax()) if (short > 0).any() else None


class Leftover:
    """What a plan leaves in each warehouse, reserve storage and safety stock included; orders claim it one by one."""

    def __init__(self, facts: Facts, house: Ints) -> None:
        self._facts = facts
        arrays = facts.arrays
        self._taken = np.zeros_like(facts.whole)
        group = np.repeat(np.arange(len(house)), np.diff(arrays["line_first"]))
        ships = house[group] >= 0
        np.add.at(self._taken, (arrays["sku"][ships], house[group][ships]), arrays["qty"][ships])
        self._price = arrays["rate"].min(axis=(1, 2))

    def explain(self, cause: Cause) -> Missed:
        """In our ids; where reserve storage, or safety stock, could still serve it, that is what a person can fix."""
        facts = self._facts
        if cause.code in (Why.NO_STOCK, Why.PARTIAL_ONLY, Why.OTHER_ORDERS_FIRST):
            cause = self._served(cause)
        elif cause.code == Why.CANNOT and self._could(cause):
            cause = replace(cause, code=Why.LABOUR_FULL)
        return Missed(
            facts.orders[cause.order],
            Why(cause.code),
            facts.skus[cause.sku] if cause.sku >= 0 else None,
            facts.houses[cause.house] if cause.house >= 0 else None,
            cause.wanted,
            cause.available,
            tuple(self._lack(*lack) for lack in cause.lacks),
        )

    def _could(self, cause: Cause) -> bool:
        """The warehouse has hands and gear for it on another day: today's are promised."""
        kinds = [(house, what) for kind, house, what, _missing in cause.lacks if kind == 1]
        return bool(kinds) and all(self._facts.days_work[house, what] > 0 for house, what in kinds)

    def _lack(self, kind: int, house: int, what: int, missing: int) -> tuple[str, int | None, int | None, int]:
        thing = _WORK[what] if kind == 1 else _KINDS[kind]
        named = {Thing.UNITS: self._facts.skus, Thing.DOCK: self._facts.carriers, Thing.LORRY: self._facts.carriers}
        of = named[thing][what] if thing in named and what >= 0 else None
        return str(thing), of, self._facts.houses[house] if house >= 0 else None, missing

    def _served(self, cause: Cause) -> Cause:
        a, o = self._facts.arrays, cause.order
        skus, wanted = _wanted(a["group_first"], a["line_first"], a["sku"], a["qty"], o)
        price = self._price[a["zone"][a["region"][o]]]
        faces, whole = self._facts.faces[skus], self._facts.whole[skus]
        for why, there in ((Why.PICK_FACE_EMPTY, whole - self._facts.kept[skus]), (Why.SAFETY_STOCK, whole)):
            left = there - self._taken[skus]
            found = _cheapest(left, wanted, price, int(a["parcels"][o]))
            if not found:
                continue
            rest = wanted.copy()
            for w in found:
                part = np.clip(left[:, w], 0, rest)
                np.add.at(self._taken, (skus, w), part)
                rest -= part
            free = (faces - self._taken[skus])[:, found[0]] + np.clip(left[:, found[0]], 0, wanted)
            worst = int((wanted - free).argmax())
            if why is Why.SAFETY_STOCK:
                free = np.maximum(0, there - self._facts.kept[skus])[:, found[0]]
                worst = int((wanted - free).argmax())
            return replace(
                cause, code=why, sku=skus[worst], house=found[0], wanted=int(wanted[worst]),
                available=max(0, int(free[worst])), lacks=(),
            )  # fmt: skip
        return cause


def _cheapest(left: Ints, wanted: Ints, price: Ints, parcels: int) -> list[int]:
    """The cheapest warehouse that has it all; else, if it may be split, the cheapest two; [] when there are none."""
    serves = price < NEVER
    whole = serves & (left >= wanted[:, None]).all(axis=0)
    if whole.any():
        return [int(np.where(whole, price, NEVER).argmin())]
    if parcels < 2:
        return []
    both = np.maximum(0, left)[:, :, None] + np.maximum(0, left)[:, None, :]
    pairs = (both >= wanted[:, None, None]).all(axis=0) & serves[:, None] & serves[None, :]
    np.fill_diagonal(pairs, False)
    if not pairs.any():
        return []
    dear = np.where(pairs, price[:, None] + price[None, :], 2 * NEVER)
    return [int(w) for w in np.unravel_index(int(dear.argmin()), dear.shape)]
