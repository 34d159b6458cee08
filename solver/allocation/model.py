"""The problem as arrays: orders, lines and warehouses by number. A choice is how one order ships."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solver.allocation.problem import Problem, promisable

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
NO_LANE = 10**12  # fen: parcels that cannot exist
NO_LIMIT = 10**9  # lines


@dataclass(frozen=True, slots=True)
class Choice:
    """Order `order` ships from warehouse `a`, and from `b` too unless it is -1; from_a[i] units of its i-th
    line come from a, the rest from b."""

    order: int
    a: int
    b: int
    from_a: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """Lines of order o are first[o] to first[o + 1]."""

    problem: Problem
    skus: tuple[str, ...]
    first: Ints
    line_order: Ints
    line_sku: Ints
    line_qty: Ints
    stock: Ints  # [sku, warehouse] that may be promised
    labour: Ints  # [warehouse] lines
    parcel: Ints  # [order, warehouse] fen for one parcel, NO_LANE where none runs
    penalty: Ints  # [order] fen for leaving it out
    may_split: NDArray[np.bool_]

    def use_of(self, choice: Choice) -> list[tuple[int, int, int]]:
        """(sku, warehouse, units) it takes; one entry is one picked line."""
        rows = range(int(self.first[choice.order]), int(self.first[choice.order + 1]))
        taken = []
        for row, units in zip(rows, choice.from_a, strict=True):
            if units:
                taken.append((int(self.line_sku[row]), choice.a, units))
            if units < self.line_qty[row]:
                taken.append((int(self.line_sku[row]), choice.b, int(self.line_qty[row]) - units))
        return taken

    def cost_of(self, choice: Choice) -> int:
        second = 0 if choice.b < 0 else int(self.parcel[choice.order, choice.b])
        return int(self.parcel[choice.order, choice.a]) + second


def model_of(problem: Problem) -> Model:
    """Number everything; orders that name a SKU twice or ask for nothing are the caller's error."""
    skus = tuple(sorted({line.sku for order in problem.orders for line in order.lines}))
    sku_at = {sku: i for i, sku in enumerate(skus)}
    house_at = {warehouse.id: w for w, warehouse in enumerate(problem.warehouses)}
    for order in problem.orders:
        named = [line.sku for line in order.lines]
        if not named or len(set(named)) < len(named) or min(line.qty for line in order.lines) < 1:
            raise ValueError(f"order {order.id} needs lines with positive quantities and different SKUs")
    lines = [(o, sku_at[line.sku], line.qty) for o, order in enumerate(problem.orders) for line in order.lines]
    columns = np.array(lines, dtype=np.int64).reshape(-1, 3)
    return Model(
        problem,
        skus,
        np.cumsum([0, *(len(order.lines) for order in problem.orders)], dtype=np.int64),
        columns[:, 0].copy(),
        columns[:, 1].copy(),
        columns[:, 2].copy(),
        _stock(problem, sku_at),
        np.array([NO_LIMIT if w.labour_lines is None else max(0, w.labour_lines) for w in problem.warehouses]),
        _parcel_costs(problem, house_at),
        np.array([problem.costs.of_leaving_out(order) for order in problem.orders], dtype=np.int64),
        np.array([order.splittable and problem.costs.max_parcels > 1 for order in problem.orders], dtype=bool),
    )


def _stock(problem: Problem, sku_at: dict[str, int]) -> Ints:
    stock = np.zeros((len(sku_at), len(problem.warehouses)), dtype=np.int64)
    for w, warehouse in enumerate(problem.warehouses):
        for sku, qty in promisable(warehouse).items():
            if sku in sku_at:
                stock[sku_at[sku], w] = qty
    return stock


def _parcel_costs(problem: Problem, house_at: dict[str, int]) -> Ints:
    parcel = np.full((len(problem.orders), len(problem.warehouses)), NO_LANE, dtype=np.int64)
    by_region: dict[str, list[int]] = {}
    for i, lane in enumerate(problem.lanes):
        if lane.warehouse in house_at:
            by_region.setdefault(lane.region, []).append(i)
    for o, order in enumerate(problem.orders):
        for i in by_region.get(order.region, ()):
            lane = problem.lanes[i]
            w = house_at[lane.warehouse]
            parcel[o, w] = min(parcel[o, w], problem.costs.of_parcel(order, lane))
    return parcel
