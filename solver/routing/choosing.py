"""Which bins to take each line from, compiled: annealing over sets of bins with the exact length of the walk inside.

The set stays one that suffices: a bin comes in and its line lets go of what it no longer needs, or a place is left and
its lines are filled up elsewhere, near what is walked past anyway (annealing: Kirkpatrick et al. 1983; scattered
storage: Weidinger 2018, Hessler and Irnich 2024).
"""

import numpy as np

from solver.compiling import compiled
from solver.routing.length import walk_length


@compiled
def chosen_bins(ground, key, place, line, qty, extra, first, member, need, moves, warm, cold, seed):
    """(taken [bins] bool, cost): a cheap set of bins, cost = walk + extras in mm.

    Bins are sorted by `key`; `place` numbers their sub-aisles from 0 up; the bins of line i are
    member[first[i]]..member[first[i + 1]], the preferred ones first, and together have at least need[i] of its units.
    """
    np.random.seed(seed)
    bins, lines = len(key), len(need)
    places = 1 + place.max()
    taken, got = np.zeros(bins, np.bool_), np.zeros(lines, np.int64)
    here = np.zeros(places, np.int64)
    for i in range(lines):
        _fill(i, taken, got, here, key, place, qty, first, member, need, -1)
    buffer = np.empty(bins, np.int64)
    cost = _cost(ground, key, extra, taken, buffer)
    best, best_cost = taken.copy(), cost
    old, old_got, old_here = taken.copy(), got.copy(), here.copy()
    cooling = (cold / warm) ** (1 / max(1, moves))
    heat = warm
    for _ in range(moves):
        heat *= cooling
        dice = np.random.random()
        b = np.random.randint(bins)
        if dice < 0.6:
            if taken[b]:
                _leave(b, b + 1, -1, taken, got, here, key, place, line, qty, first, member, need)
            else:
                _take(b, taken, got, here, place, line, qty)
                _let_go(line[b], b, taken, got, here, place, line, qty, first, member, need)
        else:
            low = high = b
            while low > 0 and place[low - 1] == place[b]:
                low -= 1
            while high + 1 < bins and place[high + 1] == place[b]:
                high += 1
            if here[place[b]] and dice < 0.8:
                if dice < 0.7:
                    low = b
                elif dice < 0.75:
                    high = b
                _leave(low, high + 1, place[b], taken, got, here, key, place, line, qty, first, member, need)
            else:
                if dice < 0.9:
                    low = b
                elif dice < 0.95:
                    high = b
                for other in range(low, high + 1):
                    if not taken[other]:
                        _take(other, taken, got, here, place, line, qty)
                        _let_go(line[other], other, taken, got, here, place, line, qty, first, member, need)
        now = _cost(ground, key, extra, taken, buffer)
        if now <= cost or np.random.random() < np.exp((cost - now) / heat):
            cost = now
            old[:], old_got[:], old_here[:] = taken, got, here
            if cost < best_cost:
                best[:], best_cost = taken, cost
        else:
            taken[:], got[:], here[:] = old, old_got, old_here
    return best, best_cost


@compiled
def _cost(ground, key, extra, taken, buffer):
    n = total = 0
    for b in range(len(key)):
        if taken[b]:
            buffer[n] = key[b]
            n += 1
            total += extra[b]
    return total + walk_length(ground, buffer[:n])


@compiled
def _take(b, taken, got, here, place, line, qty):
    taken[b] = True
    got[line[b]] += qty[b]
    here[place[b]] += 1


@compiled
def _let_go(i, kept, taken, got, here, place, line, qty, first, member, need):
    """Bins the line no longer needs, from a random one on; never `kept`."""
    count = first[i + 1] - first[i]
    start = np.random.randint(count)
    for n in range(count):
        b = member[first[i] + (start + n) % count]
        if taken[b] and b != kept and got[i] - qty[b] >= need[i]:
            taken[b] = False
            got[i] -= qty[b]
            here[place[b]] -= 1


@compiled
def _leave(low, high, avoided, taken, got, here, key, place, line, qty, first, member, need):
    """Let go of the bins low..high and fill their lines up elsewhere."""
    for b in range(low, high):
        if taken[b]:
            taken[b] = False
            got[line[b]] -= qty[b]
            here[place[b]] -= 1
    for b in range(low, high):
        if got[line[b]] < need[line[b]]:
            _fill(line[b], taken, got, here, key, place, qty, first, member, need, avoided)
            _let_go(line[b], -1, taken, got, here, place, line, qty, first, member, need)


@compiled
def _fill(i, taken, got, here, key, place, qty, first, member, need, avoided):
    """Enough bins for a line: in places walked anyway first, outside `avoided` if that goes, with a little chance."""
    while got[i] < need[i]:
        best, least = -1, np.inf
        for n in range(first[i], first[i + 1]):
            b = member[n]
            if taken[b]:
                continue
            weight = np.random.random() + (0.0 if here[place[b]] else 1.0) + (10.0 if place[b] == avoided else 0.0)
            if weight < least:
                best, least = b, weight
        taken[best] = True
        got[i] += qty[best]
        here[place[best]] += 1
