"""Compiled loops for floors without a formula: distances on a graph, and a local search over the order of stops."""

import heapq

import numpy as np

from solver.compiling import compiled

#: Where no way leads. Sums of a thousand of them still fit.
FAR = 10**12


@compiled
def all_distances(first, to, mm, stops):
    """[stops, stops] shortest distances on a directed graph (Dijkstra 1959); the ways of node a are first[a].."""
    nodes, n = len(first) - 1, len(stops)
    found = np.full((n, n), FAR, np.int64)
    for s in range(n):
        best = np.full(nodes, FAR, np.int64)
        best[stops[s]] = 0
        queue = [(np.int64(0), stops[s])]
        while len(queue):
            far, here = heapq.heappop(queue)
            if far > best[here]:
                continue
            for w in range(first[here], first[here + 1]):
                there = far + mm[w]
                if there < best[to[w]]:
                    best[to[w]] = there
                    heapq.heappush(queue, (there, to[w]))
        for t in range(n):
            found[s, t] = best[stops[t]]
    return found


@compiled
def better_order(d, order, rounds, seed):
    """A short walk over all stops from the first of `order` to the last, which stay; d [n, n] need not be symmetric.

    Segments move and turn round until none helps (Or 1976), then a random double bridge shakes the walk and the search
    goes on from the best (Martin, Otto and Felten 1991), `rounds` times.
    """
    np.random.seed(seed)
    best = order.copy()
    _descend(d, best)
    least = _length(d, best)
    n = len(order)
    for _ in range(rounds if n > 5 else 0):
        now = _shaken(best)
        _descend(d, now)
        length = _length(d, now)
        if length <= least:
            best, least = now, length
    return best


@compiled
def _length(d, order):
    total = np.int64(0)
    for i in range(len(order) - 1):
        total += d[order[i], order[i + 1]]
    return total


@compiled
def _shaken(order):
    """Two neighbouring pieces in the middle change places."""
    n = len(order)
    a = 1 + np.random.randint(n - 3)
    reach = min(n - 1, a + 30)
    c = a + 2 + np.random.randint(reach - a - 1)
    b = a + 1 + np.random.randint(c - a - 1)
    return np.concatenate((order[:a], order[b:c], order[a:b], order[c:]))


@compiled
def _descend(d, order):
    n = len(order)
    moved = True
    while moved:
        moved = False
        for i in range(1, n - 1):
            # along[k]: how much longer the piece i..k is walked backwards
            turned = np.int64(0)
            for k in range(i, n - 1):
                if k > i:
                    turned += d[order[k], order[k - 1]] - d[order[k - 1], order[k]]
                gain = d[order[i - 1], order[i]] + d[order[k], order[k + 1]]
                gain -= d[order[i - 1], order[k]] + d[order[i], order[k + 1]] + turned
                if gain > 0:
                    order[i : k + 1] = order[i : k + 1][::-1].copy()
                    moved = True
                    break
        for size in range(1, 4):
            for i in range(1, n - size):
                moved |= _moved_segment(d, order, i, size)


@compiled
def _moved_segment(d, order, i, size):
    """Put the piece i..i+size-1 where it costs least, either way round."""
    n, k = len(order), i + size - 1
    a, b = order[i], order[k]
    free = d[order[i - 1], a] + d[b, order[k + 1]] - d[order[i - 1], order[k + 1]]
    turned = np.int64(0)
    for j in range(i, k):
        turned += d[order[j + 1], order[j]] - d[order[j], order[j + 1]]
    best, at, is_turned = np.int64(0), -1, False
    for j in range(n - 1):
        if i - 1 <= j <= k:
            continue
        p, q = order[j], order[j + 1]
        straight = free - (d[p, a] + d[b, q] - d[p, q])
        back = free - (d[p, b] + d[a, q] - d[p, q]) - turned
        if straight > best:
            best, at, is_turned = straight, j, False
        if back > best:
            best, at, is_turned = back, j, True
    if at < 0:
        return False
    piece = order[i : k + 1].copy()
    if is_turned:
        piece = piece[::-1].copy()
    if at < i:
        order[at + 1 + size : k + 1] = order[at + 1 : i].copy()
        order[at + 1 : at + 1 + size] = piece
    else:
        order[i : at - size + 1] = order[k + 1 : at + 1].copy()
        order[at - size + 1 : at + 1] = piece
    return True
