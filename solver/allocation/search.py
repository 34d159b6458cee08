"""Ejection search: an order takes the plan it wishes, those who hold what it wants find another place.

At prices p a plan's gap to the bound is the sum of its orders' regrets (priced cost above the least) and of the worth
of what nobody takes. So an order with regret is given its wish, or one that could use a dear thing left lying is
given that; for each thing then missing, a holder is taken out; the holders take the best of what is left. The change
stays when it is cheaper, or little dearer while the search is warm (Kirkpatrick et al. 1983).
"""

import numpy as np

from solver.allocation.kernel import LOOSE, TIGHT, best_plan, take, true_cost
from solver.compiling import compiled

#: Orders one move may touch, and how often it looks for a holder.
MOST_TOUCHED, TRIES = 12, 64
#: Fen that make an order take what lies unused though it is dear.
BAIT = 2_000.0


@compiled
def priced_cost(m, prices, o, house, service):
    """True cost and what the plan uses at these prices."""
    total = true_cost(m, o, house, service)
    first, after = m.group_first[o], m.group_first[o + 1]
    for g in range(first, after):
        w = house[g]
        if w < 0:
            continue
        for r in range(m.line_first[g], m.line_first[g + 1]):
            total += m.qty[r] * prices.unit[m.sku[r], w]
        for k in range(m.work.shape[1]):
            total += m.work[g, k] * prices.work[w, k]
        total += m.weight[g] * prices.lorry[w, service[g]]
        new = True
        for h in range(first, g):
            new = new and house[h] != w
        if new:
            total += prices.bench[w] + prices.dock[w, service[g]]
    return total


@compiled
def _uses(m, o, house, service, kind, w, x):
    """Does order o hold some of row (kind, w, x)? kind 0: SKU x, 1: work x, 2: bench, 3: dock x, 4: lorry x."""
    for g in range(m.group_first[o], m.group_first[o + 1]):
        if house[g] != w:
            continue
        if kind == 0:
            for r in range(m.line_first[g], m.line_first[g + 1]):
                if m.sku[r] == x:
                    return True
        elif kind == 1:
            if m.work[g, x] > 0:
                return True
        elif kind == 2 or service[g] == x:
            return True
    return False


@compiled
def _missing(m, room, o, house, service):
    """The first row of order o's plan of which there is too little: (kind, w, x) as in `_uses`, kind -1: none."""
    for g in range(m.group_first[o], m.group_first[o + 1]):
        w, s = house[g], service[g]
        if w < 0:
            continue
        for r in range(m.line_first[g], m.line_first[g + 1]):
            if room.unit[m.sku[r], w] < 0:
                return 0, w, m.sku[r]
        for k in range(m.work.shape[1]):
            if room.work[w, k] < 0:
                return 1, w, k
        if room.bench[w] < 0:
            return 2, w, 0
        if room.dock[w, s] < 0:
            return 3, w, s
        if room.lorry[w, s] < 0:
            return 4, w, s
    return -1, 0, 0


@compiled
def _holder(m, wanted_first, wanted_order, members, mine, touched, count, kind, w, x, house, service):
    """Some order that holds the row and may still be touched; -1: none seen."""
    span = wanted_first[x + 1] - wanted_first[x] if kind == 0 else len(members)
    start = np.random.randint(span)
    for step in range(min(span, TRIES)):
        at = (start + step) % span
        h = wanted_order[wanted_first[x] + at] if kind == 0 else members[at]
        if mine[h] and _uses(m, h, house, service, kind, w, x):
            known = False
            for t in range(count):
                known = known or touched[t] == h
            if not known:
                return h
    return -1


@compiled
def search(
    m, prices, free, room, members, mine, seeds, dear_sku, dear_house, wanted_first, wanted_order, value, cost, regret,
    house, service, desk, moves, warm, again, noise, nodes, seed,
):  # fmt: skip
    """Try `moves` moves among `members` ([n] `mine` marks them), started by `seeds` if there are any; plan, room,
    cost and regret change in place.

    `value[o]` is the least priced cost of order o; `again` the chance that an order thrown out takes its own wish in
    turn.
    """
    np.random.seed(seed)
    desk.noise[0] = noise
    most = desk.plans.shape[1]
    touched, before = np.empty(MOST_TOUCHED, np.int64), np.empty(MOST_TOUCHED)
    kept, old = np.empty((MOST_TOUCHED, most), np.int64), np.empty((MOST_TOUCHED, most), np.int64)
    for move in range(moves):
        sku, at = -1, -1
        if len(seeds):
            o = seeds[np.random.randint(len(seeds))]
        elif len(dear_sku) and np.random.random() < 0.5:
            most_worth = 0.0
            for _ in range(7):
                d = np.random.randint(len(dear_sku))
                worth = prices.unit[dear_sku[d], dear_house[d]] * room.unit[dear_sku[d], dear_house[d]]
                if worth > most_worth:
                    sku, at, most_worth = dear_sku[d], dear_house[d], worth
            if sku < 0:
                continue
            o = wanted_order[wanted_first[sku] + np.random.randint(wanted_first[sku + 1] - wanted_first[sku])]
            if not mine[o] or _uses(m, o, house, service, 0, at, sku):
                continue
        else:
            o = members[np.random.randint(len(members))]
            for _ in range(7):
                rival = members[np.random.randint(len(members))]
                if regret[rival] > regret[o]:
                    o = rival
            if regret[o] <= 1e-6:
                continue
        count, t, good, change = 0, 0, True, 0.0
        touched[0] = o
        count = 1
        while good and t < count:
            h = touched[t]
            if t == 0:
                _lift(m, room, h, house, service, kept[t], old[t])
            before[t] = cost[h]
            wish = t == 0 or np.random.random() < again
            if t == 0 and sku >= 0:
                price = prices.unit[sku, at]
                prices.unit[sku, at] = -price - BAIT
                best_plan(m, prices, room, LOOSE, h, desk, house, service, nodes)
                prices.unit[sku, at] = price
            elif t == 0 and len(seeds) and move % 2:
                best_plan(m, free, room, LOOSE, h, desk, house, service, nodes)  # whatever it costs the others
            else:
                best_plan(m, prices, room, LOOSE if wish else TIGHT, h, desk, house, service, nodes)
            take(m, room, h, house, service, 1)
            change += true_cost(m, h, house, service) - before[t]
            while good and wish:
                kind, w, x = _missing(m, room, h, house, service)
                if kind < 0:
                    break
                other = _holder(
                    m, wanted_first, wanted_order, members, mine, touched, count, kind, w, x, house, service
                )
                good = other >= 0 and count < MOST_TOUCHED
                if good:
                    touched[count] = other
                    _lift(m, room, other, house, service, kept[count], old[count])
                    count += 1
            t += 1
        heat = warm * (1.0 - move / moves)
        if good and (change < 0.0 or (heat > 0.0 and change < -heat * np.log(np.random.random()))):
            for t in range(count):
                h = touched[t]
                cost[h] = true_cost(m, h, house, service)
                regret[h] = priced_cost(m, prices, h, house, service) - value[h]
            continue
        for t in range(count):
            take(m, room, touched[t], house, service, -1)
        for t in range(count):
            first = m.group_first[touched[t]]
            for g in range(first, m.group_first[touched[t] + 1]):
                house[g], service[g] = kept[t, g - first], old[t, g - first]
            take(m, room, touched[t], house, service, 1)
    desk.noise[0] = 0.0


@compiled
def _lift(m, room, o, house, service, kept, old):
    """Remember order o's plan and take it out of the room."""
    first = m.group_first[o]
    take(m, room, o, house, service, -1)
    for g in range(first, m.group_first[o + 1]):
        kept[g - first], old[g - first] = house[g], service[g]
        house[g] = service[g] = -1
