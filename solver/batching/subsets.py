"""A dozen orders: the shortest way to split them over carts, by trying every cart (dynamic programming over sets)."""

import numpy as np

from solver.batching.board import Board
from solver.batching.greedy import Carts
from solver.batching.kernel import walk_of
from solver.compiling import compiled

#: Orders: 4,096 carts, half a million ways to take one off.
MOST = 12


def best_split(board: Board) -> Carts:
    """Carts of order indices; no other split walks less."""
    orders = len(board.group)
    chosen = np.zeros(1 << orders, np.int64)
    _fill(board, chosen)
    carts, rest = Carts(), (1 << orders) - 1
    while rest:
        taken = int(chosen[rest])
        carts.append([o for o in range(orders) if taken >> o & 1])
        rest ^= taken
    return carts


@compiled
def _fill(board, chosen):
    """chosen[set]: the cart with the set's first order in the best split of the set."""
    orders = len(board.group)
    row, on_it = np.empty(board.floor.rows.shape[1], np.uint64), np.empty(orders, np.int64)
    load = np.empty(board.load.shape[1], np.int64)
    alone, best = np.full(len(chosen), -1, np.int64), np.zeros(len(chosen), np.int64)
    for some in range(1, len(chosen)):
        count = 0
        load[:] = 0
        for o in range(orders):
            if some >> o & 1:
                on_it[count] = o
                load += board.load[o]
                count += 1
        group = board.group[on_it[0]]
        fits = (load <= board.limit[group]).all()
        for i in range(count):
            fits &= board.group[on_it[i]] == group
        if fits:
            alone[some] = walk_of(board.floor, on_it, count, row)
        best[some] = 2**60
        first = some & -some
        others = rest = some ^ first
        while True:  # every cart with the first order and some of the others
            cart = first | rest
            if alone[cart] >= 0 and alone[cart] + best[some ^ cart] < best[some]:
                best[some], chosen[some] = alone[cart] + best[some ^ cart], cart
            if rest == 0:
                break
            rest = (rest - 1) & others
