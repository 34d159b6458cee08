"""Carts by annealing: several chains from different starts, each the same whoever else runs beside it."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
from numpy.typing import NDArray

from solver.batching.anneal import LATE_MM, Met, anneal, lateness, nobody_met, put
from solver.batching.board import NEAR, Board, Carts, no_carts, slowness
from solver.batching.greedy import Carts as Lists
from solver.batching.greedy import Filling, orders_by_due
from solver.batching.lengths import WalkLengths
from solver.batching.problem import Problem
from solver.batching.savings import merge, nearest, pair_savings
from solver.common import Seed, Watch
from solver.routing.table import Ints

Range = tuple[float, float]  # first and last

#: Threads at once; the plan does not depend on it.
HANDS = 2
#: Steps of a chain at the usual work: for each pair of orders, for each order, at most, and for waves.
STEPS_OF_PAIRS, STEPS, MOST_STEPS, MOST_STEPS_OF_WAVES = 2_000, 100_000, 12_000_000, 5_000_000
#: From this work on there are twice as many chains, and the carts they met are put together anew.
THOROUGH = 20
#: Orders merged in one go: savings of all pairs are known at once. Fewer where carts are slow to measure.
POOL = 3_000
#: First and last temperature over the depth of the floor, for at most FEW orders and for waves.
FEW, HEAT, HEAT_OF_WAVES = 400, (0.17, 0.085), (0.012, 0.002)
#: First and last temperature while something is late, in minutes of one order.
HEAT_LATE = (20.0, 0.3)
#: What a cart over its limits costs, first and last, over what it walks for each unit within them.
PRESSURE = (3.0, 6.0)
#: Tables of carts met: places, and how far above the best plan they are still met.
PLACES, KEEP_WITHIN = 2**16, 1.03
#: Between two of these pieces of a chain somebody may stop it.
PIECES = 12


class Chain:
    """One annealing: its carts as they stand, and its best plan so far."""

    def __init__(self, board: Board, lengths: WalkLengths, start: Lists, spare: int, seed: int) -> None:
        count = len(start) + spare
        most = max(board.most, *(len(cart) for cart in start)) + 3
        self._board, self._lengths, self._dice = board, lengths, np.array([seed * 2_654_435_761 + 1], np.uint64)
        self.carts = carts = no_carts(board, count, most)
        for c, (orders, walk) in enumerate(zip(start, lengths.of(start), strict=True)):
            put(board, carts, c, np.array(orders, np.int32), len(orders), walk)
            over = np.maximum(0, carts.load[c] - board.limit[board.group[orders[0]]])
            carts.over[c] = (over * board.weight[board.group[orders[0]]]).sum()
        carts.turn[:] = np.argsort(carts.soonest, kind="stable")
        self.late = late_mm(board, carts)
        is_within = not carts.over.any()
        self._best = (
            np.array([carts.walk.sum() + self.late if is_within else np.iinfo(np.int64).max // 8]),
            carts.cart_of.copy(), carts.turn.copy(),
        )  # fmt: skip
        self.is_within = is_within
        self.met = nobody_met(len(board.group), PLACES if len(board.group) <= FEW else 1)

    @property
    def cost(self) -> int:
        return int(self._best[0][0])

    def run(self, steps: int, heat: Range, pressure: Range, watch: Watch) -> None:
        """Cool from heat[0] to heat[1] mm in so many steps, under rising pressure, meeting carts in the second half."""
        cool, press = (heat[1] / heat[0]) ** (1 / PIECES), (pressure[1] - pressure[0]) / PIECES
        for i in range(PIECES):
            if watch.is_over():
                return
            hot = heat[0] * cool**i
            keep = KEEP_WITHIN if 2 * i >= PIECES and len(self.met.name) > 1 else 0.0
            anneal(
                self._board, self.carts, self._best, self._dice, steps // PIECES, hot, hot * cool,
                pressure[0] + i * press, pressure[0] + (i + 1) * press, self.met, keep,
            )  # fmt: skip
        self.is_within |= self.cost < np.iinfo(np.int64).max // 8

    def lateness(self) -> int:
        """What being late weighs in the best plan, mm."""
        _, cart_of, _ = self._best
        rows = [np.flatnonzero(cart_of == c).tolist() for c in np.unique(cart_of)]
        return self.cost - int(self._lengths.of(rows).sum())

    def plan(self) -> Lists:
        """The best plan's carts, in the order they leave."""
        _, cart_of, turn = self._best
        return [cart for c in turn if (cart := np.flatnonzero(cart_of == c).tolist())]


def late_mm(board: Board, carts: Carts) -> int:
    free, nobody = np.zeros(board.pickers, np.int64), np.zeros(1, np.int32)
    return int(lateness(board, carts, free, -1, nobody, 0, 0, -1, nobody, 0, 0)) if board.is_due else 0


def merged(board: Board, lengths: WalkLengths, by_due: Sequence[int]) -> tuple[Board, Lists]:
    """Carts by savings, pool by pool; and the board with everybody's near orders, a by-product."""
    near, carts = np.zeros((len(by_due), min(NEAR, len(by_due) - 1)), np.int32), Lists()
    size = int(POOL / slowness(board.floor) ** 0.5)
    for i in range(0, len(by_due), size):
        pool = np.array(by_due[i : i + size])
        alone = lengths.of([[o] for o in pool])
        saving = np.zeros((len(pool), len(pool)), np.int32)
        rows = (np.linspace(0, 1, 4 * HANDS + 1) ** 0.5 * len(pool)).astype(int)
        with ThreadPoolExecutor(HANDS) as crew:
            list(crew.map(partial(_fill_savings, board, pool, alone, saving), rows[:-1], rows[1:]))
        nearest(board, pool, alone, saving, near)
        cart = np.zeros(len(pool), np.int64)
        merge(board, pool, alone, saving, cart)
        carts += [pool[cart == c].tolist() for c in np.unique(cart)]
    weight = np.maximum(1, int(lengths.of(carts).mean()) // np.maximum(1, board.limit))
    return board._replace(near=near, weight=weight), carts


def _fill_savings(board: Board, pool: Ints, alone: Ints, saving: NDArray[np.int32], first: int, last: int) -> None:
    pair_savings(board, pool, alone, first, last, saving)


def packed(board: Board, carts: Lists) -> Lists:
    """As few carts as the limits could ever allow: the smallest carts are dissolved into the emptiest others, which may
    get too full, for the annealing to mend."""
    found = Lists()
    for group in np.unique(board.group):
        mine = sorted((cart for cart in carts if board.group[cart[0]] == group), key=len, reverse=True)
        load, limit = board.load[board.group == group].sum(axis=0), board.limit[group]
        fewest = max(1, int((-(-load // np.maximum(1, limit))).max(initial=1)))
        kept, loose = mine[:fewest], [o for cart in mine[fewest:] for o in cart]
        fill = np.array([board.load[cart].sum(axis=0) for cart in kept])
        for o in sorted(loose, key=lambda o: (-int(board.load[o].sum()), o)):
            c = int((fill / np.maximum(1, limit)).max(axis=1, initial=0).argmin())
            kept[c] = [*kept[c], o]
            fill[c] += board.load[o]
        found += kept
    return found


def annealed(
    problem: Problem, board: Board, lengths: WalkLengths, saved: Lists, work: int, seed: Seed, watch: Watch
) -> list[Chain]:
    """The chains, cooled: from the savings, and from as few carts as possible or, with due times, from the rule."""
    by_rule = Filling(problem).in_turn(orders_by_due(problem, range(len(problem.orders))))
    starts = [(saved, 2), (by_rule, 2) if board.is_due else (packed(board, saved), 0)]
    orders, is_wave = len(board.group), len(board.group) > FEW
    if work >= THOROUGH and not is_wave:
        starts += starts
    most, scale = (MOST_STEPS_OF_WAVES, HEAT_OF_WAVES) if is_wave else (MOST_STEPS, HEAT)
    steps = min(STEPS_OF_PAIRS * orders * orders, STEPS * orders, most) * work // 100 // slowness(board.floor)
    depth = problem.layout.cross_y_mm[-1] - problem.layout.cross_y_mm[0]
    heat, late = (scale[0] * depth, scale[1] * depth), (HEAT_LATE[0] * LATE_MM, HEAT_LATE[1] * LATE_MM)
    squeeze = (PRESSURE[0] * late[0] / heat[0], PRESSURE[1] * late[1] / heat[1])

    def run(chain: Chain) -> None:
        if chain.late:
            chain.run(2 * steps, late, squeeze, watch)
        chain.run(steps, heat, PRESSURE, watch)

    chains = [Chain(board, lengths, start, spare, 1 + i + 16 * seed) for i, (start, spare) in enumerate(starts)]
    with ThreadPoolExecutor(HANDS) as crew:
        list(crew.map(run, chains))
    return chains


def all_met(chains: Sequence[Chain]) -> Met:
    """Everything the chains met, once, in a table with room for three times as many."""
    names = np.concatenate([chain.met.name for chain in chains])
    used = np.flatnonzero(names)
    _, first = np.unique(names[used], return_index=True)
    at = used[first]
    bits = np.concatenate([chain.met.bits for chain in chains])[at]
    walk = np.concatenate([chain.met.walk for chain in chains])[at]
    return Met(names[at], bits, walk, np.array([len(at)]))
