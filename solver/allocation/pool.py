"""Ship plans met so far: columns of a linear programme whose rows are the things that can run out.

Columns are whole plans of one order (Amil, Makhdoumi and Wei 2025); the duals of the rows are the prices (Acimovic and
Graves 2015).
"""

from dataclasses import dataclass, field

import numpy as np

from solver.allocation.kernel import Floats, Prices, Room
from solver.allocation.problem import Ints, spans
from solver.allocation.workshop import Workshop
from solver.compiling import compiled


@dataclass(slots=True)
class Pool:
    """Distinct plans that ship something; plan c has the groups of its order from `first[c]`."""

    order: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    cost: Floats = field(default_factory=lambda: np.zeros(0))
    first: Ints = field(default_factory=lambda: np.zeros(1, np.int64))
    house: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    service: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    keys: Ints = field(default_factory=lambda: np.zeros(0, np.int64))

    def __len__(self) -> int:
        return len(self.order)

    def add(self, shop: Workshop, cost: Floats, house: Ints, service: Ints, some: Ints | None = None) -> int:
        """Add the plan of every order, or of some; answer how many were new."""
        keys, ships = _keys(shop.market.group_first, house, service)
        fresh = ships & ~np.isin(keys, self.keys)
        new = np.nonzero(fresh)[0] if some is None else some[fresh[some]]
        sizes, take = np.diff(shop.market.group_first)[new], spans(shop.market.group_first, new)
        self.order = np.append(self.order, new)
        self.cost = np.append(self.cost, cost[new])
        self.first = np.append(self.first, self.first[-1] + np.cumsum(sizes))
        self.house, self.service = np.append(self.house, house[take]), np.append(self.service, service[take])
        self.keys = np.append(self.keys, keys[new])
        return len(new)


@compiled
def _keys(group_first, house, service):
    """A hash for each order's plan, and whether it ships anything."""
    n = len(group_first) - 1
    keys, ships = np.empty(n, np.int64), np.zeros(n, np.bool_)
    for o in range(n):
        key = np.uint64(o + 1) * np.uint64(0x9E3779B97F4A7C15)
        for g in range(group_first[o], group_first[o + 1]):
            ships[o] |= house[g] >= 0
            key ^= np.uint64((house[g] + 1) * 64 + service[g] + 1)
            key *= np.uint64(0xBF58476D1CE4E5B9)
            key ^= key >> np.uint64(29)
        keys[o] = np.int64(key)
    return keys, ships


@compiled
def _entries(m, order, first, house, service, row_unit, row_work, row_bench, row_dock, row_lorry):
    """(row, column, coefficient) of the columns' uses, in the order of columns; rows of -1 are not asked."""
    kinds = m.work.shape[1]
    size = 0
    for c in range(len(order)):
        for x in range(first[c], first[c + 1]):
            g = m.group_first[order[c]] + x - first[c]
            if house[x] >= 0:
                size += m.line_first[g + 1] - m.line_first[g] + kinds + 3
    rows, columns, values = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size)
    at = 0
    for c in range(len(order)):
        begin = at
        g0 = m.group_first[order[c]]
        for x in range(first[c], first[c + 1]):
            g, w = g0 + x - first[c], house[x]
            if w < 0:
                continue
            new = True
            for y in range(first[c], x):
                new = new and house[y] != w
            for r in range(m.line_first[g], m.line_first[g + 1]):
                at = _put(rows, columns, values, begin, at, c, row_unit[m.sku[r], w], m.qty[r])
            for k in range(kinds):
                at = _put(rows, columns, values, begin, at, c, row_work[w, k], m.work[g, k])
            at = _put(rows, columns, values, begin, at, c, row_lorry[w, service[x]], m.weight[g])
            if new:
                at = _put(rows, columns, values, begin, at, c, row_bench[w], 1)
                at = _put(rows, columns, values, begin, at, c, row_dock[w, service[x]], 1)
    return rows[:at], columns[:at], values[:at]


@compiled
def _put(rows, columns, values, begin, at, column, row, value):
    if row < 0 or value == 0:
        return at
    for e in range(begin, at):
        if rows[e] == row:
            values[e] += value
            return at
    rows[at], columns[at], values[at] = row, column, value
    return at + 1


class Rows:
    """The scarce things orders could fight over, numbered; the rest never binds and never has a price."""

    def __init__(self, shop: Workshop) -> None:
        problem, market = shop.problem, shop.market
        group = np.repeat(np.arange(problem.groups), np.diff(market.way_first))
        house = market.way_house
        wanted = [np.zeros(row.shape, np.int64) for row in shop.room()]
        sizes = np.diff(market.line_first)[group]
        line = spans(market.line_first, group)
        np.add.at(wanted[0], (market.sku[line], np.repeat(house, sizes)), market.qty[line])
        np.add.at(wanted[1], house, market.work[group])
        order = problem.order_of_group[group]
        pairs = np.unique(order * problem.houses + house)
        np.add.at(wanted[2], pairs % problem.houses, 1)
        for s in range(problem.rate.shape[1]):
            may = (problem.services[order] >> s & 1).astype(bool)
            np.add.at(wanted[3][:, s], np.unique(order[may] * problem.houses + house[may]) % problem.houses, 1)
            np.add.at(wanted[4][:, s], house[may], market.weight[group[may]])
        self.number, self.limit = list[Ints](), np.zeros(0)
        for want, there in zip(wanted, shop.room(), strict=True):
            tight = want > there
            number = np.full(want.shape, -1, np.int64)
            number[tight] = len(self.limit) + np.arange(tight.sum())
            self.number.append(number)
            self.limit = np.append(self.limit, there[tight].astype(float))

    def gather(self, things: Room | Prices) -> Floats:
        """[rows] of things shaped like a room."""
        found = np.zeros(len(self.limit))
        for number, thing in zip(self.number, things, strict=True):
            found[number[number >= 0]] = thing[number >= 0]
        return found

    def spread(self, duals: Floats) -> Prices:
        """Prices of the room from prices of the rows."""
        return Prices(*(np.where(row >= 0, np.append(duals, 0.0)[row], 0.0) for row in self.number))


@dataclass(frozen=True, slots=True)
class Uses:
    """What the columns of a pool use: [uses] row, column and how much, the columns in order."""

    row: Ints
    column: Ints
    much: Floats


def uses_of(shop: Workshop, pool: Pool, rows: Rows) -> Uses:
    return Uses(*_entries(shop.market, pool.order, pool.first, pool.house, pool.service, *rows.number))
