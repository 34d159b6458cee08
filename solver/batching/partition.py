"""Choose carts among many so that every order is on one: set partitioning over the carts the annealing met.

Prices of the orders come from the linear programme; they point to carts that would pay, found among the neighbours of
carts in use (column generation with a local search for the pricing: Muter and Oncan 2015; Wahlen and Gschwind 2023
solve the pricing exactly). A walk does not get longer when an order is taken off, so covering is enough.
"""

import numpy as np
from numpy.typing import NDArray
from ortools.math_opt import parameters_pb2

from solver.batching.anneal import Met, exchange, meet, nobody_met
from solver.batching.board import Board, slowness
from solver.batching.greedy import Carts
from solver.batching.kernel import walk_of
from solver.common import Seed, Watch
from solver.compiling import compiled
from solver.programme import Floats, linear, solved, zero_one
from solver.routing.table import Ints

#: Table of carts; prices found anew so many times at most, neighbours looked at so many times at most.
PLACES, ROUNDS, LOOKS = 2**18, 40, 12
#: Carts the programme gets at a time per order; carts the choice is among; branches it may open at the usual work.
ADDED, CHOICE, NODES = 10, 2_000, 250
#: A cart whose walk is this close to its orders' prices is in use, mm.
IN_USE = 200


def partition(board: Board, met: Met, carts: Carts, work: int, seed: Seed, watch: Watch) -> Carts | None:
    """The best choice of carts among those met and some more; None when `carts` are as good or time is up."""
    table = nobody_met(len(board.group), PLACES)
    _meet_all(board, table, met.bits, met.walk)
    held = [np.array(cart, np.int32) for cart in carts]
    row = np.empty(board.floor.rows.shape[1], np.uint64)
    walks = [walk_of(board.floor, cart, len(cart), row) for cart in held]
    names = np.array([np.bitwise_xor.reduce(board.name[cart]) for cart in held])
    for name, cart, walk in zip(names, held, walks, strict=True):
        meet(table, name, cart, len(cart), walk)
    price, bound = _priced(board, table, np.isin(table.name, names), watch)
    if watch.is_over():
        return None
    dear = np.empty(PLACES)
    reduced(table, price, dear)
    near = np.flatnonzero(dear <= sum(walks) - bound)
    near = near[np.argsort(dear[near], kind="stable")[:CHOICE]]
    near = np.union1d(near, np.flatnonzero(np.isin(table.name, names)))
    chosen = _chosen(board, table, near, np.isin(table.name[near], names), work, seed)
    if chosen is None or table.walk[chosen].sum() >= sum(walks):
        return None
    return _once(board, [_orders(table, at) for at in chosen])


def _orders(table: Met, at: int) -> list[int]:
    return np.flatnonzero(np.unpackbits(table.bits[at].view(np.uint8), bitorder="little")).tolist()


def _cover(board: Board, table: Met, at: Ints) -> tuple[Floats, Floats, Ints, Ints, Floats]:
    """The question which of the carts at these places to take, each order at least once."""
    bits = np.unpackbits(table.bits[at].view(np.uint8), axis=1, bitorder="little")
    column, row = np.nonzero(bits)
    return table.walk[at].astype(float), -np.ones(len(board.group)), row, column, -np.ones(len(row))


def _priced(board: Board, table: Met, active: NDArray[np.bool_], watch: Watch) -> tuple[Floats, float]:
    """Prices of the orders at which no known cart pays, and what they add up to. More carts become known."""
    dear, looks, most = np.empty(PLACES), 0, max(1, LOOKS // slowness(board.floor))
    for _ in range(ROUNDS):
        at = np.flatnonzero(active)
        bound, duals = linear(*_cover(board, table, at))
        price = -duals
        reduced(table, price, dear)
        pays = np.flatnonzero((dear < -1) & ~active)
        if not len(pays) and looks < most and not watch.is_over():
            looks += 1
            explore(board, table, np.flatnonzero(active & (dear < IN_USE)), price, -1.0)
            reduced(table, price, dear)
            pays = np.flatnonzero((dear < -1) & ~active)
        if not len(pays):
            break
        active[pays[np.argsort(dear[pays], kind="stable")[: ADDED * len(board.group)]]] = True
    return price, bound


def _chosen(board: Board, table: Met, at: Ints, hint: NDArray[np.bool_], work: int, seed: Seed) -> Ints | None:
    """Branch and cut by SCIP, so many nodes and no clock."""
    rules = parameters_pb2.SolveParametersProto()
    rules.node_limit, rules.random_seed, rules.threads = NODES * work // 100, seed, 1
    result = solved(zero_one(*_cover(board, table, at)), parameters_pb2.SOLVER_TYPE_GSCIP, rules, hint)
    if not result.solutions:
        return None
    found = result.solutions[0].primal_solution.variable_values
    return at[np.array(found.ids, np.int64)[np.array(found.values) > 0.5]]


def _once(board: Board, carts: Carts) -> Carts:
    """Take orders that are on several carts off all but the one where that saves least."""
    row = np.empty(board.floor.rows.shape[1], np.uint64)

    def saved(cart: list[int], o: int) -> int:
        rest = np.array([p for p in cart if p != o] or [o], np.int32)
        whole = np.array(cart, np.int32)
        less = walk_of(board.floor, rest, len(rest), row) if len(cart) > 1 else 0
        return int(walk_of(board.floor, whole, len(whole), row) - less)

    for o in range(len(board.group)):
        mine = [cart for cart in carts if o in cart]
        kept = min(mine, key=lambda cart: saved(cart, o))
        for cart in mine:
            if cart is not kept:
                cart.remove(o)
    return [cart for cart in carts if cart]


@compiled
def _meet_all(board, table, bits, walk):
    mine = np.empty(bits.shape[1] * 64, np.int32)
    for i in range(len(bits)):
        count = orders_on(bits[i], mine)
        name = np.uint64(0)
        for k in range(count):
            name ^= board.name[mine[k]]
        meet(table, name, mine, count, walk[i])


@compiled
def orders_on(bits, into):
    """Fill the orders of a row of bits; returns how many."""
    n = 0
    for w in range(len(bits)):
        for b in range(64):
            if bits[w] >> np.uint64(b) & np.uint64(1):
                into[n] = w * 64 + b
                n += 1
    return n


@compiled
def reduced(met, price, into):
    """into[place]: what a cart walks more than its orders' prices; endless where there is none."""
    for at in range(len(met.name)):
        into[at] = np.inf
        if met.name[at]:
            into[at] = met.walk[at]
            for w in range(met.bits.shape[1]):
                bits = met.bits[at, w]
                b = w * 64
                while bits:
                    if bits & np.uint64(1):
                        into[at] -= price[b]
                    bits >>= np.uint64(1)
                    b += 1


@compiled
def explore(board, met, places, price, below):
    """Meet neighbours of the carts at `places`, one order more, or one instead of one or two, that walk less than
    their orders' prices + `below`."""
    most, limits = board.most, board.load.shape[1]
    mine, tried = np.empty(most + 2, np.int32), np.empty(most + 2, np.int32)
    row = np.empty(board.floor.rows.shape[1], np.uint64)
    for at in places:
        count = orders_on(met.bits[at], mine)
        group = board.group[mine[0]]
        worth, load, name = 0.0, np.zeros(limits, np.int64), np.uint64(0)
        for i in range(count):
            worth += price[mine[i]]
            load += board.load[mine[i]]
            name ^= board.name[mine[i]]
        for i in range(-1, count):
            for j in range(-1, i + 1 if i >= 0 else 0):
                # without orders i and j (-1: none), or i alone when they are one
                if i >= 0 and j == i:
                    continue
                left = load.copy()
                value, called = worth, name
                for gone in (i, j):
                    if gone >= 0:
                        left -= board.load[mine[gone]]
                        value -= price[mine[gone]]
                        called ^= board.name[mine[gone]]
                for o in range(-1, len(board.group)):
                    if o < 0 and i < 0:
                        continue
                    if o >= 0:
                        if board.group[o] != group or price[o] <= 0:
                            continue
                        is_on = False
                        for k in range(count):
                            is_on |= mine[k] == o
                        for k in range(limits):
                            is_on |= left[k] + board.load[o, k] > board.limit[group, k]
                        if is_on:
                            continue
                    n = exchange(mine, count, mine[i] if i >= 0 else -1, mine[j] if j >= 0 else -1, o, -1, tried)
                    if n == 0 or n > most:
                        continue
                    walk = walk_of(board.floor, tried, n, row)
                    if walk < value + (price[o] if o >= 0 else 0) + below:
                        meet(met, called ^ board.name[o] if o >= 0 else called, tried, n, walk)
