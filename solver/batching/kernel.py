"""Shortest walk lengths of thousands of candidate carts at once: the exact routing programme, vectorised over
carts."""

from collections.abc import Sequence

import numpy as np

from solver.batching.problem import Problem
from solver.routing.floor import block_of
from solver.routing.length import MAX_BLOCKS_CLOSED
from solver.routing.problem import Place, nearest
from solver.routing.problem import Problem as Walk
from solver.routing.solve import solve as route
from solver.routing.table import CLOSED_WAYS, DEAREST, Ints, Lengths, step, table

CHUNK = 1024  # carts per run of the programme: keeps its arrays inside the processor's cache


class WalkLengths:
    """lengths(carts) -> mm for carts given as lists of order indices.

    Exact when a walk starts and ends at one spot on a cross-aisle and picks lie in aisles; otherwise the walk
    is closed at the start and picks are drawn to their aisle, which ranks carts well: `exact` has the final
    word.
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        layout = problem.layout
        start = layout.place(problem.start)
        self._xs = sorted({*layout.aisles_x_mm, start.x_mm})
        self._start = (self._xs.index(start.x_mm), nearest(layout.cross_y_mm, start.y_mm))
        self._programme = table(layout.blocks, False) if layout.blocks <= MAX_BLOCKS_CLOSED else None
        cells = [self._cells_of([layout.place(pick) for pick in order.picks]) for order in problem.orders]
        self._first = np.cumsum([0, *(len(c) for c in cells)])
        flat = np.array([cell for row in cells for cell in row], dtype=np.int64).reshape(-1, 2)
        self._aisle, self._y = flat[:, 0].copy(), flat[:, 1].copy()

    def walk(self, orders: Sequence[int]) -> Walk:
        """The routing problem of one cart."""
        picks = tuple(pick for o in orders for pick in self._problem.orders[o].picks)
        return Walk(self._problem.layout, self._problem.start, self._problem.end, picks)

    def exact(self, orders: Sequence[int]) -> int:
        return route(self.walk(orders)).length_mm

    def of(self, carts: Sequence[Sequence[int]]) -> Ints:
        if self._programme is None:
            return np.array([self.exact(cart) for cart in carts], dtype=np.int64)
        parts = [self._chunk(carts[i : i + CHUNK]) for i in range(0, len(carts), CHUNK)]
        return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)

    def _cells_of(self, places: Sequence[Place]) -> list[tuple[int, int]]:
        """(sub-aisle number, y) of each distinct pick of an order."""
        layout, found = self._problem.layout, set[tuple[int, int]]()
        for place in places:
            aisle = nearest(layout.aisles_x_mm, place.x_mm) if place.aisle is None else place.aisle
            found.add((aisle * layout.blocks + block_of(layout, place.y_mm), place.y_mm))
        return sorted(found)

    def _chunk(self, carts: Sequence[Sequence[int]]) -> Ints:
        sizes = np.array([len(cart) for cart in carts])
        orders = np.array([o for cart in carts for o in cart], dtype=np.int64)
        counts = self._first[orders + 1] - self._first[orders]
        ends = np.cumsum(counts)
        total = int(ends[-1]) if len(ends) else 0
        picks = np.arange(total) - np.repeat(ends - counts - self._first[orders], counts)
        cart_of = np.repeat(np.repeat(np.arange(len(carts)), sizes), counts)
        return self._sweep(self._way_costs(cart_of, self._aisle[picks], self._y[picks], len(carts)))

    def _way_costs(self, cart: Ints, aisle: Ints, y: Ints, carts: int) -> Lengths:
        """costs[sub-aisle, way, cart] from the lowest and highest pick and the largest gap of each
        sub-aisle."""
        layout = self._problem.layout
        cross = np.array(layout.cross_y_mm)
        subs = len(layout.aisles_x_mm) * layout.blocks
        low, high = np.tile(cross[:-1], len(layout.aisles_x_mm)), np.tile(cross[1:], len(layout.aisles_x_mm))
        length = np.broadcast_to((high - low)[:, None], (subs, carts))
        costs = np.full((subs, len(CLOSED_WAYS), carts), DEAREST, dtype=np.int32)
        costs[:, 0], costs[:, 1], costs[:, 2] = 0, length, 2 * length
        if len(y) == 0:
            return costs
        # one integer per pick sorts by cart, sub-aisle and y about five times as fast as a lexsort
        span = int(cross[-1] - cross[0]) + 1
        key = np.sort((cart * subs + aisle) * span + (y - cross[0]))
        group, y = key // span, key % span + cross[0]
        starts = np.flatnonzero(np.diff(group, prepend=-1))
        gaps = np.diff(y, append=0)
        last = np.append(starts[1:], len(y)) - 1
        gaps[last] = 0
        c, s = group[starts] // subs, group[starts] % subs
        lowest, highest = y[starts], y[last]
        costs[s, 0, c] = DEAREST
        costs[s, 3, c] = 2 * (highest - low[s])
        costs[s, 4, c] = 2 * (high[s] - lowest)
        costs[s, 5, c] = 2 * (high[s] - low[s] - np.maximum.reduceat(gaps, starts))
        return costs

    def _sweep(self, ways: Lengths) -> Ints:
        programme, layout = self._programme, self._problem.layout
        assert programme is not None
        column_start, cross_start = self._start
        aisle_at = {x: a for a, x in enumerate(layout.aisles_x_mm)}
        costs = np.full((len(programme.rows), ways.shape[2]), DEAREST, dtype=np.int32)
        costs[programme.start] = 0
        nothing = np.zeros((1, 1), dtype=np.int32)
        edges = np.arange(2 * layout.blocks + 3, dtype=np.int32)[:, None]
        for column, x in enumerate(self._xs):
            for block in range(layout.blocks) if x in aisle_at else ():
                costs = step(costs, programme.aisle[block], ways[aisle_at[x] * layout.blocks + block])
            if column == column_start:
                costs = step(costs, programme.touch_even[cross_start], nothing)
            if column + 1 < len(self._xs):
                costs = step(costs, programme.across, edges * (self._xs[column + 1] - x))
        return costs[programme.final].min(axis=0).astype(np.int64) + self._stubs()

    def _stubs(self) -> int:
        return 2 * self._problem.layout.place(self._problem.start).stub_mm
