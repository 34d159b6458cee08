"""The inner loops, compiled by numba: the best plan of one order under prices, with the room that is left or without.

Plain functions over arrays: `market.py` makes the arrays, the modules beside it call the loops. They let go of the
interpreter lock, so threads share the machine.

A plan of an order is a warehouse per group (-1: left out) and a service per group (the same for all groups of a
parcel). Orders are independent once prices are given, so pricing is exact: the best of every set of at most three
warehouses, sets in order of their opening cost, a depth-first search with suffix minima inside a set.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solver.allocation.problem import Bools, Ints
from solver.compiling import compiled

Floats = NDArray[np.float64]

INFINITE = 1e17
#: Nodes the search over one order may open: beyond, it answers with the best it saw and a bound that still holds.
QUICK, THOROUGH = 2_000, 2_000_000
#: Plans ask for the room that is left (TIGHT) or not. Typed, because numba compiles again for each literal.
LOOSE, TIGHT = np.int64(0), np.int64(1)
NOWHERE, FIRST = np.int64(-1), np.int64(0)
#: Differences smaller than this are rounding, in fen.
EPS = 1e-7


class Market(NamedTuple):
    """A `Problem` made ready; see there for the arrays of the same name."""

    group_first: Ints
    line_first: Ints
    sku: Ints
    qty: Ints
    weight: Ints
    work: Ints
    penalty: Floats
    region: Ints
    services: Ints
    partial: Bools
    parcels: Ints
    zone: Ints
    rate: Floats  # INFINITE: not offered
    edges: Ints
    transit: Ints
    due: Ints
    late: Floats
    handling: Floats  # [1]
    way_first: Ints  # [G+1] ways of a group: the warehouses that could ship it if nobody else wanted anything
    way_house: Ints  # [ways]
    way_cost: Floats  # [ways] balance and moving
    twice: Bools  # [n] two groups of the order want the same SKU


class Prices(NamedTuple):
    """Fen for each unit of each scarce thing; any prices >= 0 give a bound that holds."""

    unit: Floats  # [skus, W]
    work: Floats  # [W, K]
    bench: Floats  # [W]
    dock: Floats  # [W, S]
    lorry: Floats  # [W, S]


class Room(NamedTuple):
    """What is left of each scarce thing, shaped as Prices."""

    unit: Ints
    work: Ints
    bench: Ints
    dock: Ints
    lorry: Ints


class Desk(NamedTuple):
    """Scratch paper for one thread."""

    group: Ints  # [most groups] the order's groups, the heaviest first: it decides most
    add: Floats  # [most groups, W] cost of a group at a warehouse, without its parcel
    mask: Ints  # [most groups] warehouses that can ship the group, as bits
    fixed: Floats  # [W, S] cost of a parcel without its rate
    opening: Floats  # [W] the least a parcel from there can cost
    base: Floats  # [W] base + slope * weight never exceeds what a parcel of this order costs
    slope: Floats  # [W] fen per weight
    by_opening: Ints  # [W]
    choice: Ints  # [most groups]
    trial: Ints  # [most groups]
    plans: Ints  # [most plans, most groups] the best seen, cheapest first
    costs: Floats  # [most plans]
    by: Ints  # [most plans] the service of a plan of one parcel that is not sent the cheapest way, else -1
    found: Ints  # [1] how many
    noise: Floats  # [1] up to so many fen are added to each way, to see other plans
    undo: Floats  # [most groups]
    so_far: Floats  # [most groups + 1]
    rest: Floats  # [most groups + 1]
    line_so_far: Floats  # [most groups + 1] the same two with the slope of the parcels in
    line_rest: Floats  # [most groups + 1]


@compiled
def desk_for(most_groups, houses, services, plans):
    k = most_groups + 1
    return Desk(
        np.empty(k, np.int64), np.empty((k, houses)), np.empty(k, np.int64), np.empty((houses, services)),
        np.empty(houses), np.empty(houses), np.empty(houses), np.empty(houses, np.int64), np.empty(k, np.int64),
        np.empty(k, np.int64), np.empty((plans, k), np.int64), np.empty(plans), np.empty(plans, np.int64),
        np.zeros(1, np.int64), np.zeros(1), np.empty(k), np.empty(k), np.empty(k), np.empty(k), np.empty(k),
    )  # fmt: skip


@compiled
def _keep(desk, k, cost, by, cutoff):
    """Put the trial among the best plans; answers what a plan has to undercut from now on."""
    most = len(desk.costs)
    at = min(desk.found[0], most - 1)
    while at > 0 and desk.costs[at - 1] > cost:
        if at < most:
            desk.costs[at], desk.by[at] = desk.costs[at - 1], desk.by[at - 1]
            for i in range(k):
                desk.plans[at, i] = desk.plans[at - 1, i]
        at -= 1
    desk.costs[at], desk.by[at] = cost, by
    for i in range(k):
        desk.plans[at, i] = desk.trial[i]
    desk.found[0] = min(most, desk.found[0] + 1)
    return min(cutoff, desk.costs[most - 1]) if desk.found[0] == most else cutoff


@compiled(inline="always")
def _band(edges, weight):
    low, high = 0, len(edges)
    while low < high:
        middle = (low + high) >> 1
        if edges[middle] < weight:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def _parcel(m, prices, room, tight, fixed, o, w, weight):
    """(cost, service) of the cheapest way to send this weight from w."""
    best, service = INFINITE, -1
    band = _band(m.edges, weight)
    if band == len(m.edges):
        return best, service
    zone = m.zone[m.region[o], w]
    for s in range(fixed.shape[1]):
        cost = m.rate[zone, s, band] + fixed[w, s] + prices.lorry[w, s] * weight
        if cost < best and (not tight or room.lorry[w, s] >= weight):
            best, service = cost, s
    return best, service


@compiled
def _lay_out(m, prices, room, tight, o, desk):
    """Fill the desk: what each group costs at each warehouse, and what a parcel from there costs at least."""
    first, after = m.group_first[o], m.group_first[o + 1]
    houses, services = desk.fixed.shape
    anywhere = np.int64(0)
    for i in range(after - first):
        at = i
        while at > 0 and m.weight[desk.group[at - 1]] < m.weight[first + i]:
            desk.group[at] = desk.group[at - 1]
            at -= 1
        desk.group[at] = first + i
    for i in range(after - first):
        g = desk.group[i]
        mask = np.int64(0)
        for w in range(houses):
            desk.add[i, w] = INFINITE
        for e in range(m.way_first[g], m.way_first[g + 1]):
            w = m.way_house[e]
            cost = m.way_cost[e]
            fits = True
            for k in range(m.work.shape[1]):
                need = m.work[g, k]
                if need:
                    cost += need * prices.work[w, k]
                    fits = fits and (not tight or room.work[w, k] >= need)
            for r in range(m.line_first[g], m.line_first[g + 1]):
                cost += m.qty[r] * prices.unit[m.sku[r], w]
                fits = fits and (not tight or room.unit[m.sku[r], w] >= m.qty[r])
            if fits:
                if desk.noise[0] > 0.0:
                    cost += desk.noise[0] * np.random.random()
                desk.add[i, w] = cost
                mask |= np.int64(1) << w
        desk.mask[i] = mask
        anywhere |= mask
    for w in range(houses):
        desk.opening[w] = INFINITE
        if not (anywhere >> w) & 1 or (tight and room.bench[w] < 1):
            for s in range(services):
                desk.fixed[w, s] = INFINITE
            continue
        zone = m.zone[m.region[o], w]
        for s in range(services):
            if (m.services[o] >> s) & 1 and not (tight and room.dock[w, s] < 1):
                days = max(0, m.transit[zone, s] - m.due[o])
                desk.fixed[w, s] = m.handling[0] + days * m.late[o] + prices.dock[w, s] + prices.bench[w]
            else:
                desk.fixed[w, s] = INFINITE


@compiled
def _has_hands(m, room, group, k, choice, w):
    """Is there work left in w for all of the groups that chose it together?"""
    for kind in range(m.work.shape[1]):
        need = 0
        for i in range(k):
            if choice[i] == w:
                need += m.work[group[i], kind]
        if need > room.work[w, kind]:
            return False
    return True


@compiled
def _has_units(m, room, group, k, choice):
    """Do groups of one order that want the same SKU find it together?"""
    for i in range(k):
        if choice[i] >= 0:
            for r in range(m.line_first[group[i]], m.line_first[group[i] + 1]):
                need = 0
                for j in range(k):
                    if choice[j] == choice[i]:
                        for q in range(m.line_first[group[j]], m.line_first[group[j] + 1]):
                            if m.sku[q] == m.sku[r]:
                                need += m.qty[q]
                if need > room.unit[m.sku[r], choice[i]]:
                    return False
    return True


@compiled
def _search(m, prices, room, tight, o, desk, a, b, c, best, nodes, most_nodes):
    """Best way to spread the order over exactly the warehouses a, b, c (-1: none): (cost, nodes opened, whole?)."""
    first = m.group_first[o]
    k = m.group_first[o + 1] - first
    partial = m.partial[o]
    sets = (a, b, c)
    t = 1 + (b >= 0) + (c >= 0)
    weights, costs, counts = np.zeros(3, np.int64), np.zeros(3), np.zeros(3, np.int64)
    desk.rest[k] = desk.line_rest[k] = 0.0
    for i in range(k - 1, -1, -1):
        least = line = m.penalty[desk.group[i]] if partial else INFINITE
        for x in range(t):
            least = min(least, desk.add[i, sets[x]])
            line = min(line, desk.add[i, sets[x]] + desk.slope[sets[x]] * m.weight[desk.group[i]])
        desk.rest[i] = desk.rest[i + 1] + least
        desk.line_rest[i] = desk.line_rest[i + 1] + line
    opening = level_line = 0.0
    for x in range(t):
        opening += desk.opening[sets[x]]
        level_line += desk.base[sets[x]]
    if opening + desk.rest[0] >= best - EPS or level_line + desk.line_rest[0] >= best - EPS:
        return best, nodes, True
    level, desk.choice[0] = 0, -2
    desk.so_far[0] = desk.line_so_far[0] = 0.0
    last = t if partial else t - 1
    while level >= 0:
        i = level
        x = desk.choice[i]
        if 0 <= x < t and desk.undo[i] < INFINITE:
            counts[x] -= 1
            weights[x] -= m.weight[desk.group[i]]
            costs[x] = desk.undo[i]
        x = 0 if x < 0 else x + 1
        desk.undo[i] = INFINITE
        if x > last:
            level -= 1
            continue
        desk.choice[i] = x
        nodes += 1
        if nodes > most_nodes:
            return best, nodes, False
        if x == t:
            cost = desk.so_far[i] + m.penalty[desk.group[i]]
            line = desk.line_so_far[i] + m.penalty[desk.group[i]]
        else:
            w = sets[x]
            if desk.add[i, w] >= INFINITE:
                continue
            parcel, _ = _parcel(m, prices, room, tight, desk.fixed, o, w, weights[x] + m.weight[desk.group[i]])
            if parcel >= INFINITE:
                continue
            desk.undo[i] = costs[x]
            counts[x] += 1
            weights[x] += m.weight[desk.group[i]]
            costs[x] = parcel
            cost = desk.so_far[i] + desk.add[i, w]
            line = desk.line_so_far[i] + desk.add[i, w] + desk.slope[w] * m.weight[desk.group[i]]
        if level_line + line + desk.line_rest[i + 1] >= best - EPS:
            continue
        total = cost + desk.rest[i + 1]
        for y in range(t):
            total += costs[y] if counts[y] else desk.opening[sets[y]]
        if total >= best - EPS:
            continue
        if i < k - 1:
            desk.so_far[i + 1] = cost
            desk.line_so_far[i + 1] = line
            level += 1
            desk.choice[level] = -2
            continue
        good = True
        for y in range(t):
            good = good and counts[y] > 0
        if not good:
            continue
        for j in range(k):
            desk.trial[j] = sets[desk.choice[j]] if desk.choice[j] < t else -1
        if tight and not _fits(m, room, o, desk, k):
            continue
        best = _keep(desk, k, total, NOWHERE, best)
    return best, nodes, True


@compiled
def _fits(m, room, o, desk, k):
    """Do the groups of the trial find hands and units together, where each alone does?"""
    for i in range(k):
        w = desk.trial[i]
        if w >= 0 and not _has_hands(m, room, desk.group, k, desk.trial, w):
            return False
    return not m.twice[o] or _has_units(m, room, desk.group, k, desk.trial)


@compiled
def _plans(m, prices, room, tight, o, desk, cutoff, nodes):
    """Fill the desk with the best plans below the cutoff that ship something; answers a bound no plan undercuts."""
    k = m.group_first[o + 1] - m.group_first[o]
    houses, services = desk.fixed.shape
    _lay_out(m, prices, room, tight, o, desk)
    desk.found[0] = 0
    partial = m.partial[o]
    if not partial or k == 1:
        every, weight = desk.mask[0], 0
        for i in range(k):
            every &= desk.mask[i]
            weight += m.weight[desk.group[i]]
        for w in range(houses):
            if not (every >> w) & 1:
                continue
            cost, cheapest = _parcel(m, prices, room, tight, desk.fixed, o, w, weight)
            base = 0.0
            for i in range(k):
                base += desk.add[i, w]
                desk.trial[i] = w
            if cost + base >= cutoff - EPS or (tight and k > 1 and not _fits(m, room, o, desk, k)):
                continue
            cutoff = _keep(desk, k, cost + base, NOWHERE, cutoff)
            if len(desk.costs) > 1:
                zone, band = m.zone[m.region[o], w], _band(m.edges, weight)
                for s in range(services):
                    other = m.rate[zone, s, band] + desk.fixed[w, s] + prices.lorry[w, s] * weight + base
                    if s != cheapest and other < cutoff - EPS:
                        cutoff = _keep(desk, k, other, s, cutoff)
    lower = cutoff
    if k > 1 and (partial or m.parcels[o] > 1):
        cutoff, lower = _several(m, prices, room, tight, o, desk, cutoff, nodes)
    return min(lower, desk.costs[0]) if desk.found[0] else lower


@compiled
def _write(m, prices, room, tight, o, desk, plan, house, service, at):
    """Write a plan of the desk from `at` on, group by group."""
    first = m.group_first[o]
    k = m.group_first[o + 1] - first
    for i in range(k):
        house[at + desk.group[i] - first] = desk.plans[plan, i]
        service[at + desk.group[i] - first] = -1
    for i in range(k):
        w = desk.plans[plan, i]
        if w >= 0 and service[at + desk.group[i] - first] < 0:
            weight = 0
            for j in range(i, k):
                if desk.plans[plan, j] == w:
                    weight += m.weight[desk.group[j]]
            _, s = _parcel(m, prices, room, tight, desk.fixed, o, w, weight)
            s = s if desk.by[plan] < 0 else desk.by[plan]
            for j in range(i, k):
                if desk.plans[plan, j] == w:
                    service[at + desk.group[j] - first] = s


@compiled
def best_plan(m, prices, room, tight, o, desk, house, service, nodes):
    """Write the cheapest plan of order o into `house` and `service`; answer (priced cost, lower bound of it)."""
    first, after = m.group_first[o], m.group_first[o + 1]
    nothing = 0.0
    for g in range(first, after):
        nothing += m.penalty[g]
        house[g] = service[g] = -1
    lower = _plans(m, prices, room, tight, o, desk, nothing, nodes)
    if not desk.found[0]:
        return nothing, lower
    _write(m, prices, room, tight, o, desk, FIRST, house, service, first)
    return desk.costs[0], lower


@compiled
def list_plans(m, prices, room, some, value, within, desk, order, cost, first, house, service, nodes):
    """The plans of some orders whose priced cost is at most `within` above the best, into arrays with room for all the
    desk holds; `first` [plans + 1]. Answers how many."""
    count, at = 0, 0
    for o in some:
        k = m.group_first[o + 1] - m.group_first[o]
        _plans(m, prices, room, LOOSE, o, desk, value[o] + within, nodes)
        for plan in range(desk.found[0]):
            _write(m, prices, room, LOOSE, o, desk, plan, house, service, at)
            order[count], first[count] = o, at
            cost[count] = _cost_of(m, o, house, service, at)
            count += 1
            at += k
    first[count] = at
    return count


@compiled
def _several(m, prices, room, tight, o, desk, best, most_nodes):
    """The best over sets of warehouses, cheapest opening first: (cost, lower bound)."""
    first, after = m.group_first[o], m.group_first[o + 1]
    k, houses = after - first, desk.fixed.shape[0]
    partial = m.partial[o]
    heaviest = 0
    for i in range(k):
        heaviest += m.weight[desk.group[i]]
    count = 0
    for w in range(houses):
        lightest = np.int64(1) << 60
        for i in range(k):
            if (desk.mask[i] >> w) & 1:
                lightest = min(lightest, m.weight[desk.group[i]])
        if lightest < np.int64(1) << 60:
            desk.opening[w], _ = _parcel(m, prices, room, tight, desk.fixed, o, w, lightest)
            desk.slope[w] = _slope(m, prices, room, tight, desk, o, w, lightest, heaviest)
            desk.base[w] = desk.opening[w] - desk.slope[w] * lightest
        if desk.opening[w] < INFINITE:
            at = count
            while at > 0 and desk.opening[desk.by_opening[at - 1]] > desk.opening[w]:
                desk.by_opening[at] = desk.by_opening[at - 1]
                at -= 1
            desk.by_opening[at] = w
            count += 1
    base = line = 0.0
    for i in range(k):
        least = steep = m.penalty[desk.group[i]] if partial else INFINITE
        for p in range(count):
            w = desk.by_opening[p]
            least = min(least, desk.add[i, w])
            steep = min(steep, desk.add[i, w] + desk.slope[w] * m.weight[desk.group[i]])
        base += least
        line += steep
    most = m.parcels[o]
    nodes, cut = 0, INFINITE
    for p in range(count):
        a = desk.by_opening[p]
        if desk.opening[a] + base >= best - EPS:
            break
        if partial:
            before = desk.opening[a] + base
            best, nodes, whole = _search(m, prices, room, tight, o, desk, a, NOWHERE, NOWHERE, best, nodes, most_nodes)
            if not whole:
                cut = min(cut, before)
        if most < 2:
            continue
        for q in range(p + 1, count):
            b = desk.by_opening[q]
            two = desk.opening[a] + desk.opening[b] + base
            if two >= best - EPS:
                break
            both = np.int64(1) << a | np.int64(1) << b
            if desk.base[a] + desk.base[b] + line < best - EPS and (partial or _covers(desk.mask, k, both)):
                best, nodes, whole = _search(m, prices, room, tight, o, desk, a, b, NOWHERE, best, nodes, most_nodes)
                if not whole:
                    cut = min(cut, two)
            if most < 3 or k < 3:
                continue
            for r in range(q + 1, count):
                c = desk.by_opening[r]
                three = two + desk.opening[c]
                if three >= best - EPS:
                    break
                if desk.base[a] + desk.base[b] + desk.base[c] + line >= best - EPS:
                    continue
                if partial or _covers(desk.mask, k, both | np.int64(1) << c):
                    best, nodes, whole = _search(m, prices, room, tight, o, desk, a, b, c, best, nodes, most_nodes)
                    if not whole:
                        cut = min(cut, three)
    return best, min(best, cut)


@compiled
def _slope(m, prices, room, tight, desk, o, w, lightest, heaviest):
    """The steepest line from the lightest parcel that stays under every heavier one."""
    slope = INFINITE
    for band in range(_band(m.edges, lightest), len(m.edges)):
        weight = min(m.edges[band], heaviest)
        if weight > lightest:
            cost, _ = _parcel(m, prices, room, tight, desk.fixed, o, w, weight)
            if cost < INFINITE:
                slope = min(slope, (cost - desk.opening[w]) / (weight - lightest))
        if weight == heaviest:
            break
    return slope if slope < INFINITE else 0.0


@compiled(inline="always")
def _covers(mask, k, some):
    found = True
    for i in range(k):
        found = found and mask[i] & some != 0
    return found


@compiled
def true_cost(m, o, house, service):
    """Fen of order o as planned, nothing priced."""
    return _cost_of(m, o, house, service, m.group_first[o])


@compiled
def _cost_of(m, o, house, service, at):
    first, after = m.group_first[o], m.group_first[o + 1]
    shift = at - first
    total = 0.0
    for g in range(first, after):
        w = house[shift + g]
        if w < 0:
            total += m.penalty[g]
            continue
        for e in range(m.way_first[g], m.way_first[g + 1]):
            if m.way_house[e] == w:
                total += m.way_cost[e]
        new = True
        for h in range(first, g):
            new = new and house[shift + h] != w
        if new:
            weight = 0
            for h in range(g, after):
                if house[shift + h] == w:
                    weight += m.weight[h]
            zone, s = m.zone[m.region[o], w], service[shift + g]
            days = max(0, m.transit[zone, s] - m.due[o])
            total += m.rate[zone, s, _band(m.edges, weight)] + m.handling[0] + days * m.late[o]
    return total


@compiled
def take(m, room, o, house, service, sign):
    """Use up what order o needs as planned; sign -1 gives it back."""
    first, after = m.group_first[o], m.group_first[o + 1]
    for g in range(first, after):
        w = house[g]
        if w < 0:
            continue
        for r in range(m.line_first[g], m.line_first[g + 1]):
            room.unit[m.sku[r], w] -= sign * m.qty[r]
        for k in range(m.work.shape[1]):
            room.work[w, k] -= sign * m.work[g, k]
        room.lorry[w, service[g]] -= sign * m.weight[g]
        new = True
        for h in range(first, g):
            new = new and house[h] != w
        if new:
            room.bench[w] -= sign
            room.dock[w, service[g]] -= sign


@compiled
def price_range(m, prices, room, low, high, desk, value, lower, cost, house, service, most_nodes):
    """The best plan of each order in low..high as if it were alone."""
    for o in range(low, high):
        value[o], lower[o] = best_plan(m, prices, room, LOOSE, o, desk, house, service, most_nodes)
        cost[o] = true_cost(m, o, house, service)


@compiled
def take_some(m, room, some, house, service, sign):
    for o in some:
        take(m, room, o, house, service, sign)


@compiled
def place(m, prices, room, sequence, desk, cost, house, service, most_nodes):
    """Each order of the sequence takes the best of what is left; its place before is not given back."""
    for o in sequence:
        best_plan(m, prices, room, TIGHT, o, desk, house, service, most_nodes)
        take(m, room, o, house, service, 1)
        cost[o] = true_cost(m, o, house, service)
