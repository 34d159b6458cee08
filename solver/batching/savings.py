"""Savings: merge the two carts that save most walking, with savings measured anew after each merge (Clarke and Wright
(ii) for order batching: de Koster, van der Poort and Wolters 1999)."""

import numpy as np

from solver.batching.kernel import Floor, walk_of
from solver.compiling import compiled


@compiled
def pair_savings(board, some, alone, first, last, saving):
    """saving[i, j] for i in first..last and all j below it: mm the orders some[i] and some[j] save on one cart, 0 when
    they may not share one; both ways round. `alone` [some] is how far each walks alone."""
    row, pair = np.empty(board.floor.rows.shape[1], np.uint64), np.empty(2, np.int64)
    for i in range(first, last):
        pair[0] = some[i]
        group = board.group[some[i]]
        for j in range(i):
            pair[1] = some[j]
            fits = board.group[some[j]] == group and _fits(board, group, board.load[some[i]], board.load[some[j]])
            saved = alone[i] + alone[j] - walk_of(board.floor, pair, 2, row) if fits else 0
            saving[i, j] = saving[j, i] = saved


@compiled
def _fits(board, group, a, b):
    return (a + b <= board.limit[group]).all()


@compiled
def nearest(board, some, alone, saving, near):
    """Fill near[some[i]] with the orders that save the largest part of what they walk alone."""
    count = len(some)
    part = np.empty(count, np.float64)
    for i in range(count):
        for j in range(count):
            part[j] = -saving[i, j] / max(1, alone[j])
        part[i] = 1.0
        if near.shape[1] * 8 < count:  # only the best are sorted
            few = np.argpartition(part, near.shape[1])[: near.shape[1]]
            near[some[i]] = some[few[np.argsort(part[few])]]
        else:
            near[some[i]] = some[np.argsort(part)[: near.shape[1]]]


@compiled
def merge(board, some, alone, saving, cart):
    """Merge carts of one order each for as long as that saves walking. Afterwards some[i] is on cart cart[i]; `saving`
    is used up."""
    count, whole = len(some), board.floor
    row, pair = np.empty(whole.rows.shape[1], np.uint64), np.empty(2, np.int64)
    rows, load, walk = whole.rows[some].copy(), board.load[some].copy(), alone.copy()
    # The kernel walks past orders; here an order is a cart.
    floor = Floor(whole.ground, rows, whole.key, whole.word, whole.start, whole.is_top, whole.is_plain)
    best = np.empty(count, np.int64)
    for i in range(count):
        cart[i] = i
        best[i] = saving[i].argmax()
    while True:
        a = 0
        for i in range(count):
            if cart[i] == i and saving[i, best[i]] > saving[a, best[a]]:
                a = i
        b = best[a]
        if saving[a, b] <= 0:
            return
        walk[a] += walk[b] - saving[a, b]
        load[a] += load[b]
        rows[a] |= rows[b]
        saving[a] = saving[b] = 0
        for i in range(count):
            saving[i, b] = 0
            if cart[i] == b:
                cart[i] = a
        pair[0] = a
        group = board.group[some[a]]
        for c in range(count):
            if cart[c] != c or c == a:
                continue
            saved = 0
            if board.group[some[c]] == group and _fits(board, group, load[a], load[c]):
                pair[1] = c
                saved = walk[a] + walk[c] - walk_of(floor, pair, 2, row)
            saving[a, c] = saving[c, a] = saved
            if best[c] == a or best[c] == b:
                best[c] = saving[c].argmax()
            elif saved > saving[c, best[c]]:
                best[c] = a
        best[a] = saving[a].argmax()
