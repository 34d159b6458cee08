"""The floor as the kernels see it, and how far a cart walks."""

from collections.abc import Sequence

import numpy as np

from solver.batching.kernel import Floor, walks_of
from solver.batching.problem import Problem
from solver.routing.floor import stub_total
from solver.routing.length import MAX_BLOCKS_CLOSED, MAX_BLOCKS_OPEN, can_ground, ground_of, keys_of
from solver.routing.problem import Layout
from solver.routing.problem import Problem as Walk
from solver.routing.solve import solve as route
from solver.routing.table import Ints


class WalkLengths:
    """lengths.of(carts) -> mm for carts given as lists of order indices, `exact(cart)` likewise.

    `of` is exact but for the stubs to picks off the walkways, which no batching saves, and on floors the
    programme does not take, where it walks on a simpler floor, which ranks carts well.
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self.is_exact = can_ground(problem.layout, problem.start, problem.end)
        self.floor = _floor_of(problem, problem.layout if self.is_exact else _simpler(problem))

    def walk(self, orders: Sequence[int]) -> Walk:
        """The routing problem of one cart."""
        picks = tuple(pick for o in orders for pick in self._problem.orders[o].picks)
        return Walk(self._problem.layout, self._problem.start, self._problem.end, picks)

    def exact(self, orders: Sequence[int]) -> int:
        walk = self.walk(orders)
        if not self.is_exact:
            return route(walk).length_mm
        place = walk.layout.place
        stubs = stub_total(walk, [place(pick) for pick in walk.picks], place(walk.start), place(walk.end))
        return int(self.of([orders])[0]) + stubs

    def of(self, carts: Sequence[Sequence[int]]) -> Ints:
        first = np.cumsum([0, *(len(cart) for cart in carts)])
        orders = np.array([o for cart in carts for o in cart], dtype=np.int64)
        walks = np.empty(len(carts), np.int64)
        walks_of(self.floor, orders, first, walks)
        return walks


def _simpler(problem: Problem) -> Layout:
    """The floor with everything open both ways and as many of its cross-aisles as the programme takes: both outer ones,
    the others evenly."""
    cross = problem.layout.cross_y_mm
    most = MAX_BLOCKS_CLOSED if problem.start == problem.end else MAX_BLOCKS_OPEN
    blocks = min(most, problem.layout.blocks)
    kept = tuple(cross[round(i * (len(cross) - 1) / blocks)] for i in range(blocks + 1))
    return Layout(problem.layout.aisles_x_mm, kept)


def _floor_of(problem: Problem, layout: Layout) -> Floor:
    every = tuple(pick for order in problem.orders for pick in order.picks)
    ground = ground_of(layout, problem.start, problem.end, every)
    keys = [keys_of(ground, layout, [layout.place(pick) for pick in order.picks]) for order in problem.orders]
    spots = np.unique(np.concatenate([*keys, np.zeros(0, np.int64)]))
    slots = 2 * layout.blocks + 1
    slot = spots // (layout.cross_y_mm[-1] - layout.cross_y_mm[0] + 1)
    used, begin, count = np.unique(slot, return_index=True, return_counts=True)
    words = -(-count // 64)
    first_word = np.cumsum([0, *words])
    inside = np.searchsorted(used, slot)
    bit = first_word[inside] * 64 + np.arange(len(spots)) - begin[inside]
    key = np.zeros(max(1, first_word[-1]) * 64, np.int64)
    key[bit] = spots
    rows = np.zeros((len(keys), max(1, first_word[-1])), np.uint64)
    for o, mine in enumerate(keys):
        at = bit[np.searchsorted(spots, mine)]
        np.bitwise_or.at(rows[o], at // 64, np.uint64(1) << (at % 64).astype(np.uint64))
    start, end = layout.place(problem.start), layout.place(problem.end)
    word = first_word[np.searchsorted(used, np.arange(len(ground.xs) + 1) * slots)]
    at_a_crossing = start == end and start.y_mm in layout.cross_y_mm
    is_plain = layout.blocks == 1 and layout.is_plain and at_a_crossing and not (used % slots).any()
    column, is_top = int(np.searchsorted(ground.xs, start.x_mm)), start.y_mm == layout.cross_y_mm[1]
    return Floor(ground, rows, key, word, column, is_top, is_plain)
