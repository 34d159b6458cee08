"""Annealing: orders move between carts, are swapped one for one and two for one, and carts change their turn.

Sources: Henn and Waescher 2012 for the moves; Henn and Schmid 2013 for tardiness. What is late outweighs walking, so
that walking falls only among plans that are as punctual. Carts met on the way are kept for `partition`.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solver.batching.board import Board, Carts
from solver.batching.kernel import walk_of
from solver.batching.schedule import NEVER
from solver.compiling import compiled

#: What one minute late of one order weighs, in mm walked, and how many such minutes being late at all weighs.
LATE_MM, LATE_MIN = 1_000_000, 10


class Met(NamedTuple):
    """Carts met: a hash table by name. `used` [1] places. `bits` [places, words]: which orders."""

    name: NDArray[np.uint64]
    bits: NDArray[np.uint64]
    walk: NDArray[np.int64]
    used: NDArray[np.int64]


def nobody_met(orders: int, places: int) -> Met:
    """`places` is a power of two."""
    words = -(-orders // 64)
    return Met(
        np.zeros(places, np.uint64), np.zeros((places, words), np.uint64), np.zeros(places, np.int64),
        np.zeros(1, np.int64),
    )  # fmt: skip


@compiled
def roll(dice, n):
    """A number below n; `dice` [1] is the state of xorshift64* (Marsaglia 2003, Vigna 2016)."""
    x = dice[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    dice[0] = x
    return np.int64(((x * np.uint64(2685821657736338717)) >> np.uint64(33)) * np.uint64(n) >> np.uint64(31))


@compiled
def minutes_for(board, walk, items):
    seconds = -(-walk * 60 // board.mm_per_min) + items * board.seconds_per_item
    return board.setup_min + -(-seconds // 60)


@compiled
def meet(met, name, orders, count, walk):
    """Keep a cart, unless it is known or the table is three quarters full."""
    places = len(met.name)
    at = np.int64(name & np.uint64(places - 1))
    while met.name[at] != 0:
        if met.name[at] == name:
            return
        at = (at + 1) % places
    if met.used[0] * 4 >= places * 3:
        return
    met.used[0] += 1
    met.name[at], met.walk[at] = name, walk
    for i in range(count):
        met.bits[at, orders[i] // 64] |= np.uint64(1) << np.uint64(orders[i] % 64)


@compiled
def put(board, carts, c, orders, count, walk):
    """Cart c carries orders[:count] from now on."""
    carts.size[c], carts.walk[c] = count, walk
    carts.load[c] = 0
    carts.soonest[c] = NEVER
    name, items = np.uint64(0), 0
    for i in range(count):
        o = orders[i]
        carts.orders[c, i] = o
        carts.cart_of[o] = c
        carts.load[c] += board.load[o]
        carts.soonest[c] = min(carts.soonest[c], board.due[o])
        name ^= board.name[o]
        items += board.items[o]
    carts.name[c] = name
    carts.minutes[c] = minutes_for(board, walk, items) if count else 0


@compiled
def lateness(board, carts, free, a, left, count_a, walk_a, b, right, count_b, walk_b):
    """What being late weighs, in mm, if carts a and b (-1: none) carried left[:count_a] and right[:count_b]. Carts
    leave in turn, each with the picker who is free first; `free` [pickers] is scratch."""
    free[:] = 0
    late = 0
    for c in carts.turn:
        count = count_a if c == a else count_b if c == b else carts.size[c]
        if count == 0:
            continue
        orders = left if c == a else right if c == b else carts.orders[c]
        minutes, soonest = carts.minutes[c], carts.soonest[c]
        if c in (a, b):
            items, soonest = 0, NEVER
            for i in range(count):
                items += board.items[orders[i]]
                soonest = min(soonest, board.due[orders[i]])
            minutes = minutes_for(board, walk_a if c == a else walk_b, items)
        picker = 0
        for p in range(1, len(free)):
            if free[p] < free[picker]:
                picker = p
        free[picker] += minutes
        if free[picker] > soonest:
            for i in range(count):
                late += max(0, free[picker] - board.due[orders[i]])
                late += LATE_MIN if free[picker] > board.due[orders[i]] else 0
    return late * LATE_MM


@compiled
def excess(board, carts, c, group, gone, come):
    """What cart c would be overloaded, in mm, with the load `come` for `gone`; -1 when that is out of the question."""
    if carts.size[c] and board.group[carts.orders[c, 0]] != group:
        return -1
    over = 0
    for k in range(board.load.shape[1]):
        more = carts.load[c, k] - gone[k] + come[k] - board.limit[group, k]
        if more > board.slack[group, k] and more > carts.load[c, k] - board.limit[group, k]:
            return -1
        if more > 0:
            over += more * board.weight[group, k]
    return over


@compiled
def exchange(orders, count, out1, out2, in1, in2, into):
    """orders[:count] without the outs and with the ins (-1: none). Returns how many."""
    n = 0
    for i in range(count):
        if orders[i] != out1 and orders[i] != out2:
            into[n] = orders[i]
            n += 1
    for o in (in1, in2):
        if o >= 0:
            into[n] = o
            n += 1
    return n


@compiled
def anneal(board: Board, carts: Carts, best, dice, steps, hot, cold, press0, press1, met, keep_within):
    """Try `steps` changes, cooling from `hot` to `cold` mm; leave carts at the last plan. `best` (cost [1], cart_of,
    turn) is overwritten by better ones. Carts of plans that cost at most `keep_within` x the best are `met`. Returns
    how many changes were made."""
    orders, most = len(board.group), board.most
    cost_best, cart_of_best, turn_best = best
    left, right = np.empty(most + 2, np.int32), np.empty(most + 2, np.int32)
    row = np.empty(board.floor.rows.shape[1], np.uint64)
    free = np.zeros(board.pickers, np.int64)
    nothing = np.zeros(board.load.shape[1], np.int64)
    near, count = board.near.shape[1], len(carts.size)
    late = 0
    if board.is_due:
        late = lateness(board, carts, free, -1, left, 0, 0, -1, right, 0, 0)
    cost = carts.walk.sum() + late
    heat, cooling = hot, (cold / hot) ** (1 / max(1, steps))
    over = carts.over.sum()
    made = 0
    pressure = press0
    for _ in range(steps):
        heat *= cooling
        pressure += (press1 - press0) / steps
        bar = -heat * np.log((roll(dice, 2**30) + 1) / 2**30)  # how much worse is accepted
        o = roll(dice, orders)
        a = carts.cart_of[o]
        if a < 0:
            continue
        kind = roll(dice, 8)
        if board.is_due and kind == 7:
            # a cart changes its turn
            i, j = roll(dice, count), roll(dice, count)
            if roll(dice, 2):
                j = min(count - 1, max(0, i + roll(dice, 5) - 2))
            _shift(carts.turn, i, j)
            then = lateness(board, carts, free, -1, left, 0, 0, -1, right, 0, 0)
            if then - late > bar:
                _shift(carts.turn, j, i)
                continue
            cost += then - late
            late = then
        else:
            b = roll(dice, count)
            if near and kind < 6:
                b = carts.cart_of[board.near[o, roll(dice, near)]]
            if a == b or b < 0:
                continue
            group = board.group[o]
            p = q = -1
            gone = nothing
            if carts.size[b] and roll(dice, 3):
                p = carts.orders[b, roll(dice, carts.size[b])]
                gone = board.load[p]
            if p >= 0 and carts.size[a] > 1 and roll(dice, 3) == 0:
                q = carts.orders[a, roll(dice, carts.size[a])]
                if q == o:
                    q = -1
            come = board.load[o] + board.load[q] if q >= 0 else board.load[o]
            over_b = excess(board, carts, b, group, gone, come)
            if over_b < 0:
                continue
            over_a = excess(board, carts, a, group, come, gone)
            if over_a < 0:
                continue
            press = np.int64(pressure * (over_a + over_b - carts.over[a] - carts.over[b]))
            count_b = exchange(carts.orders[b], carts.size[b], p, -1, o, q, right)
            count_a = exchange(carts.orders[a], carts.size[a], o, q, p, -1, left)
            if count_b >= carts.orders.shape[1] or count_a >= carts.orders.shape[1]:
                continue
            before = carts.walk[a] + carts.walk[b]
            walk_b = walk_of(board.floor, right, count_b, row)
            if walk_b - before - late + press > bar:
                continue
            walk_a = walk_of(board.floor, left, count_a, row) if count_a else 0
            then = late
            if board.is_due and walk_a + walk_b - before - late + press <= bar:
                then = lateness(board, carts, free, a, left, count_a, walk_a, b, right, count_b, walk_b)
            more = walk_a + walk_b - before + then - late
            if more + press > bar:
                continue
            over += over_a + over_b - carts.over[a] - carts.over[b]
            carts.over[a], carts.over[b] = over_a, over_b
            put(board, carts, a, left, count_a, walk_a)
            put(board, carts, b, right, count_b, walk_b)
            cost += more
            late = then
            if cost <= keep_within * cost_best[0]:
                if count_a and over_a == 0:
                    meet(met, carts.name[a], left, count_a, walk_a)
                if over_b == 0:
                    meet(met, carts.name[b], right, count_b, walk_b)
        made += 1
        if over == 0 and cost < cost_best[0]:
            cost_best[0] = cost
            cart_of_best[:] = carts.cart_of
            turn_best[:] = carts.turn
    return made


@compiled
def _shift(turn, i, j):
    """The i-th takes the j-th place; those between make room."""
    moved = turn[i]
    while i < j:
        turn[i] = turn[i + 1]
        i += 1
    while i > j:
        turn[i] = turn[i - 1]
        i -= 1
    turn[j] = moved
