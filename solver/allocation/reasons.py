"""Why each order was left out, as the smallest change that lets it ship.

What is missing costs so much that the cheapest plan of an order is the one that lacks least of the room a finished
plan leaves. Others left out would take what is then added, if more hangs on them: they take it, and what the order
lacks after them is missing too. What is missing in the end is the reason: add it, plan again, and the order ships.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from solver.allocation.kernel import LOOSE, QUICK, TIGHT, Floats, Market, Room, best_plan, take, true_cost
from solver.allocation.market import market_of, no_prices, paper, room_of
from solver.allocation.plan import Code, Lack, Reason, left_out
from solver.allocation.problem import NO_LIMIT, NO_RATE, Ints, Problem, some_orders, spans
from solver.allocation.state import State
from solver.compiling import compiled

#: Fen for each missing unit, line or place: far above any freight. And for an order still left out: far above that.
MISSING, NOTHING = 1e8, 1e14
#: And next to nothing, where the cheapest plan is asked for.
LITTLE = 1.0
#: Orders that may come first for one thing that is missing, those with most at stake: more would cost minutes.
MOST_RIVALS = 16
#: Units and lines that others would make way with for an order that is let in.
NEAR = 2

_CODES = (Code.OTHER_ORDERS_FIRST, Code.LABOUR_FULL, Code.BENCH_FULL, Code.CARRIER_FULL, Code.CARRIER_FULL)


def reasons_of(state: State) -> tuple[Reason, ...]:
    """One reason for each order with a group that does not ship."""
    problem = state.shop.problem
    out = left_out(problem, state.house)
    if not len(out):
        return ()
    found = _Explainer(problem, state, out)
    return tuple(found.why(place) for place in range(len(out)))


class _Explainer:
    def __init__(self, problem: Problem, state: State, out: Ints) -> None:
        self.problem, self.out = problem, out
        self.asked = _open(some_orders(problem, out))
        whole, true = _at_any_cost(self.asked), market_of(replace(self.asked, partial=problem.partial[out]))
        desk, mine = paper(whole, self.asked), spans(problem.group_first, out)
        at_stake, claim = _claims(self.asked, state.house[mine])
        order = self.asked.order_of_group[self.asked.group_of_line]
        by = np.lexsort((-at_stake[order], self.asked.sku))
        first = np.searchsorted(self.asked.sku[by], np.arange(len(problem.stock) + 1))
        wanted = Wanted(first, order[by], np.argsort(-at_stake, kind="stable"), at_stake, claim)
        room = Room(*(row.copy() for row in state.room))
        self.carried, self.lacks = _smallest(
            whole, true, wanted, whole.way_cost.copy(), no_prices(self.asked), no_prices(self.asked), room,
            state.house[mine], state.service[mine], desk,
        )  # fmt: skip
        self.first = np.searchsorted(self.lacks[:, 0], np.arange(len(out) + 1))
        alone = replace(some_orders(problem, out), partial=np.zeros(len(out), bool))
        self.alone = _alone(_at_any_cost(alone), room_of(alone), no_prices(alone), desk)

    def why(self, place: int) -> Reason:
        """The reason of the order at `place` of those left out."""
        order = int(self.out[place])
        if not self.carried[place]:
            return Reason(order, Code.TOO_BIG if self._has_lane(place) else Code.NO_LANE)
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

    def _has_lane(self, place: int) -> bool:
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


def _claims(asked: Problem, house: Ints) -> tuple[Floats, Floats]:
    """[n] fen that leaving out costs, in all and for each unit that is missing."""
    first, out = asked.group_first[:-1], house < 0
    units = np.add.reduceat(np.where(out[asked.group_of_line], asked.qty, 0), asked.line_first[:-1])
    at_stake = np.add.reduceat(np.where(out, asked.penalty, 0), first).astype(float)
    return at_stake, at_stake / np.add.reduceat(units, first)


class Wanted(NamedTuple):
    """Orders left out: those that want SKU x are order[first[x]:first[x + 1]]; those with most at stake come first."""

    first: Ints
    order: Ints
    all: Ints
    at_stake: Floats
    claim: Floats


@compiled
def _smallest(whole, true, wanted, way_cost, prices, free, room, held_house, held_service, desk):
    """([n] can anybody carry it all?, rows (order, kind, w, x, missing, need), see `Lack`).

    `whole` asks for orders at any cost, `true` for what they are worth, both where there is no end of anything.
    """
    n = len(whole.region)
    found, count, carried = np.empty((64, 6), np.int64), 0, np.ones(n, np.bool_)
    house, service, now = held_house.copy(), held_service.copy(), np.empty(n)
    for o in range(n):
        now[o] = true_cost(true, o, house, service)
    for o in range(n):
        begin = count
        take(whole, room, o, held_house, held_service, -1)  # it gives back what it holds before it asks for all
        found, count, can, is_worth = _free(
            whole, true, MISSING, wanted, way_cost, prices, free, room, found, begin, o, now, desk, house, service,
            held_house, held_service,
        )  # fmt: skip
        carried[o] = can
        if can and not is_worth:  # what lacks least costs more than it is worth; what costs least may not
            found, count, can, is_worth = _free(
                true, true, LITTLE, wanted, way_cost, prices, free, room, found, begin, o, now, desk, house, service,
                held_house, held_service,
            )  # fmt: skip
            if not is_worth:
                count = begin
        _remember(whole, o, house, service, held_house, held_service)
        take(whole, room, o, held_house, held_service, 1)
    return carried, found[:count]


@compiled
def _free(
    m, true, missing, wanted, way_cost, prices, free, room, found, begin, o, now, desk, house, service, held_house,
    held_service,
):  # fmt: skip
    """Add what order o lacks until it ships though those with more at stake choose before it. The room is the same
    again in the end. Answers (rows, how many, can it be carried?, does it then leave, whole, for its own sake?)."""
    _seek(m, way_cost, prices, missing, room, o, desk, house, service)
    count, can = begin, _is_whole(m, o, house)
    if can:
        found, count = _top_up(m, room, found, begin, begin, o, house, service)
    gone, went, came = 0, np.empty(len(now), np.int64), np.zeros(len(now), np.bool_)
    given, gifts = np.empty((64, 6), np.int64), 0
    row = begin
    while row < count:
        rivals = wanted.order[wanted.first[found[row, 3]] : wanted.first[found[row, 3] + 1]]
        for q in (rivals if found[row, 1] == 0 else wanted.all)[:MOST_RIVALS]:
            if q == o or came[q] or (wanted.at_stake[q] < wanted.at_stake[o] and wanted.claim[q] < wanted.claim[o]):
                continue
            take(true, room, q, house, service, -1)
            best_plan(true, free, room, TIGHT, q, desk, house, service, QUICK)
            came[q] = true_cost(true, q, house, service) < now[q]
            if not came[q]:
                _seek(m, way_cost, prices, missing, room, q, desk, house, service)
                came[q] = _is_whole(m, q, house) and _short(m, room, q, house, service) <= NEAR
            if not came[q]:
                _remember(true, q, house, service, held_house, held_service)
            take(true, room, q, house, service, 1)
            if came[q]:
                went[gone] = q
                gone += 1
                for known in found[begin:count]:
                    short = max(0, -_left(room, known[1], known[2], known[3]))
                    known[4] += short
                    _add(room, known[1], known[2], known[3], short)
                given, gifts = _add_lacks(m, room, given, 0, gifts, q, house, service)
                found, count = _top_up(m, room, found, begin, count, o, house, service)
        row += 1
    is_worth = can
    if can:
        best_plan(true, free, room, TIGHT, o, desk, house, service, QUICK)
        is_worth = _is_whole(true, o, house)
    for q in went[:gone]:
        take(true, room, q, house, service, -1)
        _remember(true, q, house, service, held_house, held_service)
        take(true, room, q, house, service, 1)
    for extra in (found[begin:count], given[:gifts]):
        for known in extra:
            _add(room, known[1], known[2], known[3], -known[4])
    return found, count, can, is_worth


@compiled
def _top_up(m, room, found, begin, count, o, house, service):
    """Note what order o's plan lacks of the room and put it there."""
    take(m, room, o, house, service, 1)
    found, count = _add_lacks(m, room, found, begin, count, o, house, service)
    take(m, room, o, house, service, -1)
    return found, count


@compiled
def _short(m, room, o, house, service):
    """Units and lines that order o's plan lacks."""
    take(m, room, o, house, service, 1)
    short = 0
    for g in range(m.group_first[o], m.group_first[o + 1]):
        for r in range(m.line_first[g], m.line_first[g + 1]):
            short += max(0, -room.unit[m.sku[r], house[g]])
        for k in range(m.work.shape[1]):
            short += max(0, -room.work[house[g], k]) if m.work[g, k] else 0
    take(m, room, o, house, service, -1)
    return short


@compiled
def _seek(m, way_cost, prices, missing, room, o, desk, house, service):
    """The cheapest plan of order o when each thing that is missing costs so much."""
    first, after = m.group_first[o], m.group_first[o + 1]
    for g in range(first, after):
        for e in range(m.way_first[g], m.way_first[g + 1]):
            w = m.way_house[e]
            short = 0.0
            for r in range(m.line_first[g], m.line_first[g + 1]):
                short += max(0, m.qty[r] - room.unit[m.sku[r], w])
            for k in range(m.work.shape[1]):
                short += max(0, m.work[g, k] - room.work[w, k]) if m.work[g, k] else 0
            m.way_cost[e] = way_cost[e] + missing * short
    for w in range(prices.dock.shape[0]):
        prices.bench[w] = missing * max(0, 1 - room.bench[w])
        for s in range(prices.dock.shape[1]):
            prices.dock[w, s] = missing * max(0, 1 - room.dock[w, s])
            prices.lorry[w, s] = missing if room.lorry[w, s] < m.weight[first] else 0.0
    best_plan(m, prices, room, LOOSE, o, desk, house, service, QUICK)
    for g in range(first, after):
        for e in range(m.way_first[g], m.way_first[g + 1]):
            m.way_cost[e] = way_cost[e]


@compiled
def _add_lacks(m, room, found, begin, count, o, house, service):
    """Where order o's plan, taken, leaves less than nothing, note it and put it there."""
    for g in range(m.group_first[o], m.group_first[o + 1]):
        w, s = house[g], service[g]
        for r in range(m.line_first[g], m.line_first[g + 1]):
            found, count = _note(room, found, begin, count, o, 0, w, m.sku[r], room.unit[m.sku[r], w], m.qty[r])
        for k in range(m.work.shape[1]):
            if m.work[g, k]:
                found, count = _note(room, found, begin, count, o, 1, w, k, room.work[w, k], m.work[g, k])
        found, count = _note(room, found, begin, count, o, 2, w, 0, room.bench[w], 1)
        found, count = _note(room, found, begin, count, o, 3, w, s, room.dock[w, s], 1)
        found, count = _note(room, found, begin, count, o, 4, w, s, room.lorry[w, s], m.weight[g])
    return found, count


@compiled
def _note(room, found, begin, count, o, kind, w, x, left, need):
    if left >= 0:
        return found, count
    _add(room, kind, w, x, -left)
    for row in range(begin, count):
        if found[row, 1] == kind and found[row, 2] == w and found[row, 3] == x:
            found[row, 4] -= left
            return found, count
    if count == len(found):
        more = np.empty((2 * count, 6), np.int64)
        more[:count] = found
        found = more
    found[count, 0], found[count, 1], found[count, 2] = o, kind, w
    found[count, 3], found[count, 4], found[count, 5] = x, -left, need
    return found, count + 1


@compiled
def _left(room, kind, w, x):
    if kind == 0:
        return room.unit[x, w]
    if kind == 1:
        return room.work[w, x]
    if kind == 2:
        return room.bench[w]
    return room.dock[w, x] if kind == 3 else room.lorry[w, x]


@compiled
def _add(room, kind, w, x, much):
    if kind == 0:
        room.unit[x, w] += much
    elif kind == 1:
        room.work[w, x] += much
    elif kind == 2:
        room.bench[w] += much
    elif kind == 3:
        room.dock[w, x] += much
    else:
        room.lorry[w, x] += much


@compiled
def _is_whole(m, o, house):
    return (house[m.group_first[o] : m.group_first[o + 1]] >= 0).all()


@compiled
def _remember(m, o, house, service, held_house, held_service):
    """Order o is again where the plan has it."""
    for g in range(m.group_first[o], m.group_first[o + 1]):
        house[g], service[g] = held_house[g], held_service[g]


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
