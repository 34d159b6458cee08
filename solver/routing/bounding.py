"""How short a walk past all stops can be at best: the one-tree bound of Held and Karp (1970, 1971)."""

import numpy as np

from solver.compiling import compiled
from solver.routing.table import Ints

_ROUNDS = 300


def least_length(d: Ints, known: int) -> int:
    """A bound in mm on every walk from the first stop past two or more others to the last.

    `known` is the length of one.
    Both directions of a leg count as the shorter one. A walk is then a tree over the stops between, with one leg from
    the start and one to the end; prices on stops that have more or fewer than two legs push the cheapest such tree
    towards a walk.
    """
    return int(np.ceil(_priced(np.minimum(d, d.T), d[0], d[:, -1].copy(), known, _ROUNDS) - 1e-3))


@compiled
def _priced(d, out, back, known, rounds):
    n = len(d) - 2  # stops between: 1..n
    price = np.zeros(n + 2)
    best, reach = 0.0, 1.0
    since = 0
    for _ in range(rounds):
        legs = np.zeros(n + 2, np.int64)
        total = -2.0 * price.sum()
        for ends in (out, back):
            at = 1
            for stop in range(2, n + 1):
                if ends[stop] + price[stop] < ends[at] + price[at]:
                    at = stop
            total += ends[at] + price[at]
            legs[at] += 1
        nearest = np.ones(n + 2, np.int64)
        cost = np.empty(n + 2)
        is_in = np.zeros(n + 2, np.bool_)
        is_in[1] = True
        for stop in range(2, n + 1):
            cost[stop] = d[1, stop] + price[1] + price[stop]
        for _joined in range(n - 1):  # Prim 1957
            at = 0
            for stop in range(2, n + 1):
                if not is_in[stop] and (at == 0 or cost[stop] < cost[at]):
                    at = stop
            is_in[at] = True
            total += cost[at]
            legs[at] += 1
            legs[nearest[at]] += 1
            for stop in range(2, n + 1):
                if not is_in[stop] and d[at, stop] + price[at] + price[stop] < cost[stop]:
                    cost[stop] = d[at, stop] + price[at] + price[stop]
                    nearest[stop] = at
        if total > best:
            best, since = total, 0
        else:
            since += 1
            if since >= 10:
                reach, since = reach / 2, 0
        off = ((legs[1 : n + 1] - 2) ** 2).sum()
        if off == 0 or best >= known:
            break
        price[1 : n + 1] += reach * (known - total) / off * (legs[1 : n + 1] - 2)
    return best
