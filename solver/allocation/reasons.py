"""Why each order was left out, as the smallest change that lets it ship.

What is missing costs so much that the cheapest plan of an order is the one that lacks least of the room a finished
plan leaves; what that plan lacks is the reason. Orders are asked in the order of their claim (what leaving them out
costs, for each unit they want), and each takes what it would get, so that a lack counts those who would be served
before.
"""

from dataclasses import replace

import numpy as np

from solver.allocation.kernel import LOOSE, QUICK, TIGHT, Market, Room, best_plan, take
from solver.allocation.market import market_of, no_prices, paper, room_of
from solver.allocation.plan import Code, Lack, Reason, left_out
from solver.allocation.problem import NO_LIMIT, NO_RATE, Ints, Problem, some_orders, spans
from solver.allocation.state import State
from solver.compiling import compiled

#: Fen for each missing unit, line or place: far above any freight. And for an order still left out: far above that.
MISSING, NOTHING = 1e8, 1e14

_CODES = (Code.OTHER_ORDERS_FIRST, Code.LABOUR_FULL, Code.BENCH_FULL, Code.CARRIER_FULL, Code.CARRIER_FULL)


def reasons_of(state: State) -> tuple[Reason, ...]:
    """One reason for each order with a group that does not ship, most claim first."""
    problem = state.shop.problem
    out = left_out(problem, state.house)
    if not len(out):
        return ()
    missing = state.house < 0
    units = np.add.reduceat(np.where(missing[problem.group_of_line], problem.qty, 0), problem.line_first[:-1])
    first = problem.group_first[:-1]
    claim = np.add.reduceat(np.where(missing, problem.penalty, 0), first)[out] / np.add.reduceat(units, first)[out]
    out = out[np.lexsort((out, -claim))]
    found = _Explainer(problem, state, out)
    return tuple(found.why(place) for place in range(len(out)))


class _Explainer:
    def __init__(self, problem: Problem, state: State, out: Ints) -> None:
        self.problem, self.out = problem, out
        self.asked = _open(some_orders(problem, out))
        market = _at_any_cost(self.asked)
        desk = paper(market, self.asked)
        groups = self.asked.groups
        self.house, self.service = np.full(groups, -1), np.full(groups, -1)
        # What orders that ship in part hold, they give back before they ask for all.
        mine = spans(problem.group_first, out)
        room = Room(*(row.copy() for row in state.room))
        self.lacks = _smallest(
            market, market.way_cost.copy(), no_prices(self.asked), room, state.house[mine], state.service[mine], desk,
            self.house, self.service,
        )  # fmt: skip
        self.first = np.searchsorted(self.lacks[:, 0], np.arange(len(out) + 1))
        alone = replace(some_orders(problem, out), partial=np.zeros(len(out), bool))
        self.alone = _alone(_at_any_cost(alone), room_of(alone), no_prices(alone), desk)

    def why(self, place: int) -> Reason:
        """The reason of the order at `place` of those left out."""
        order, asked = int(self.out[place]), self.asked
        groups = slice(int(asked.group_first[place]), int(asked.group_first[place + 1]))
        if (self.house[groups] < 0).any():
            return Reason(order, Code.TOO_BIG if self._carried(place) else Code.NO_LANE)
        rows = self.lacks[self.first[place] : self.first[place + 1]]
        lacks = tuple(Lack(int(kind), int(w), int(x), int(missing)) for _, kind, w, x, missing, _ in rows)
        if not lacks:
            return Reason(order, Code.NOT_WORTH)
        _, kind, w, x, missing, need = min(rows.tolist())
        code, sku = _CODES[kind], -1
        if kind == 0:
            sku = x
            code = self._of_stock(place, x, need)
        elif kind == 1 and self.problem.capacity[w, x] < need:
            code = Code.CANNOT
        return Reason(order, code, sku, w, need, max(0, need - missing), lacks)

    def _of_stock(self, place: int, sku: int, need: int) -> Code:
        problem, order = self.problem, self.out[place]
        offered = np.asarray((problem.rate < NO_RATE).any(axis=(1, 2)))
        serves = offered[problem.zone[problem.region[order]]]
        if problem.stock[sku][serves].sum() < need:
            return Code.NO_STOCK
        return Code.OTHER_ORDERS_FIRST if self.alone[place] else Code.PARTIAL_ONLY

    def _carried(self, place: int) -> bool:
        problem, order = self.problem, self.out[place]
        rates = problem.rate[problem.zone[problem.region[order]], :, 0] < NO_RATE
        allowed = problem.services[order] >> np.arange(problem.rate.shape[1]) & 1
        return bool((rates & allowed.astype(bool)).any())


def _open(problem: Problem) -> Problem:
    """The same orders where there is no end of anything."""
    endless = {name: np.full_like(getattr(problem, name), NO_LIMIT) for name in _ENDS}
    return replace(problem, pinned=np.zeros(problem.orders, bool), partial=np.zeros(problem.orders, bool), **endless)


def _at_any_cost(problem: Problem) -> Market:
    market = market_of(problem)
    return market._replace(penalty=np.full(len(market.penalty), NOTHING))


_ENDS = ("stock", "capacity", "benches", "dock", "lorry")


@compiled
def _smallest(m, way_cost, prices, room, held_house, held_service, desk, house, service):
    """Plan every order with what is missing at a cost; answers rows (order, kind, w, x, missing, need), see `Lack`."""
    found = np.empty((64, 6), np.int64)
    count = 0
    for o in range(len(m.region)):
        first, after = m.group_first[o], m.group_first[o + 1]
        take(m, room, o, held_house, held_service, -1)
        for g in range(first, after):
            for e in range(m.way_first[g], m.way_first[g + 1]):
                w = m.way_house[e]
                short = 0.0
                for r in range(m.line_first[g], m.line_first[g + 1]):
                    short += max(0, m.qty[r] - room.unit[m.sku[r], w])
                for k in range(m.work.shape[1]):
                    short += max(0, m.work[g, k] - room.work[w, k]) if m.work[g, k] else 0
                m.way_cost[e] = way_cost[e] + MISSING * short
        for w in range(prices.dock.shape[0]):
            prices.bench[w] = MISSING * max(0, 1 - room.bench[w])
            for s in range(prices.dock.shape[1]):
                prices.dock[w, s] = MISSING * max(0, 1 - room.dock[w, s])
                prices.lorry[w, s] = MISSING if room.lorry[w, s] < m.weight[first] else 0.0
        best_plan(m, prices, room, LOOSE, o, desk, house, service, QUICK)
        take(m, room, o, house, service, 1)
        begin = count
        for g in range(first, after):
            w, s = house[g], service[g]
            if w < 0:
                continue
            for r in range(m.line_first[g], m.line_first[g + 1]):
                found, count = _note(found, begin, count, o, 0, w, m.sku[r], room.unit[m.sku[r], w], m.qty[r])
            for k in range(m.work.shape[1]):
                if m.work[g, k]:
                    found, count = _note(found, begin, count, o, 1, w, k, room.work[w, k], m.work[g, k])
            found, count = _note(found, begin, count, o, 2, w, 0, room.bench[w], 1)
            found, count = _note(found, begin, count, o, 3, w, s, room.dock[w, s], 1)
            found, count = _note(found, begin, count, o, 4, w, s, room.lorry[w, s], m.weight[g])
        take(m, room, o, held_house, held_service, 1)  # no other reason may lean on what only this order could free
    return found[:count]


@compiled
def _note(found, begin, count, o, kind, w, x, left, need):
    if left >= 0:
        return found, count
    for row in range(begin, count):
        if found[row, 1] == kind and found[row, 2] == w and found[row, 3] == x:
            found[row, 5] += need
            return found, count
    if count == len(found):
        more = np.empty((2 * count, 6), np.int64)
        more[:count] = found
        found = more
    found[count, 0], found[count, 1], found[count, 2] = o, kind, w
    found[count, 3], found[count, 4], found[count, 5] = x, -left, need
    return found, count + 1


@compiled
def _alone(m, room, prices, desk):
    """Could each order ship if it were the only one?"""
    n = len(m.region)
    house, service = np.empty(len(m.weight), np.int64), np.empty(len(m.weight), np.int64)
    found = np.zeros(n, np.bool_)
    for o in range(n):
        best_plan(m, prices, room, TIGHT, o, desk, house, service, QUICK)
        found[o] = True
        for g in range(m.group_first[o], m.group_first[o + 1]):
            found[o] &= house[g] >= 0
    return found
