"""All orders priced at once: the cheapest way to ship each, given a price on every scarce unit and picked
line.

With prices pi >= 0 the sum of these minima minus pi times what there is bounds the cost of every plan from
below (Lagrange; for allocation: Acimovic and Graves 2015), whatever the prices are.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from solver.allocation.model import NO_LANE, Choice, Floats, Ints, Model
from solver.allocation.room import share

BATCH = 2000  # orders per array of all pairs of warehouses
FAR = 1e15


@dataclass(frozen=True, slots=True)
class Prices:
    """fen per unit [sku, warehouse] and per picked line [warehouse]."""

    unit: Floats
    line: Floats


@dataclass(frozen=True, slots=True)
class Priced:
    """Per order: the least cost with prices, and the warehouses (a = -1: leave it out; b = -1: one
    parcel)."""

    value: Floats
    a: Ints
    b: Ints


def price_all(model: Model, prices: Prices) -> Priced:
    n = len(model.penalty)
    value, a, b = model.penalty.astype(np.float64), np.full(n, -1), np.full(n, -1)
    if n == 0 or model.stock.shape[1] == 0:
        return Priced(value, a, b)
    unit = prices.unit[model.line_sku]
    free = model.stock[model.line_sku]
    qty = model.line_qty[:, None]
    alone = np.where(free >= qty, qty * unit + prices.line, FAR)
    total = model.parcel + np.add.reduceat(alone, model.first[:-1], axis=0)
    best = np.argmin(total, axis=1)
    least = total[np.arange(n), best]
    wins = least < np.minimum(value, NO_LANE)
    value[wins], a[wins] = least[wins], best[wins]
    for start in range(0, n, BATCH):
        _price_pairs(model, prices, range(start, min(n, start + BATCH)), (value, a, b), alone, free)
    return Priced(value, a, b)


def _price_pairs(
    model: Model, prices: Prices, span: range, found: tuple[Floats, Ints, Ints], alone: Floats, free: Ints
) -> None:
    """Improve `found` by two parcels where two lanes alone do not already cost more."""
    value, a_of, b_of = found
    houses = model.stock.shape[1]
    if houses < 2:
        return
    block = np.arange(span.start, span.stop)
    two = np.partition(model.parcel[block], 1, axis=1)[:, :2].sum(axis=1)
    orders = block[model.may_split[block] & (two < value[block]) & (two < NO_LANE)]
    if not len(orders):
        return
    counts = model.first[orders + 1] - model.first[orders]
    ends = np.cumsum(counts)
    rows = np.arange(ends[-1]) + np.repeat(model.first[orders] - (ends - counts), counts)
    starts = ends - counts
    qty, sku = model.line_qty[rows], model.line_sku[rows]
    for a, b in combinations(range(houses), 2):
        ways = model.parcel[orders, a] + model.parcel[orders, b]
        if not (ways < value[orders]).any():
            continue
        split = _split_cost(prices, sku, qty, free[rows, a], free[rows, b], a, b)
        line = np.minimum(np.minimum(alone[rows, a], alone[rows, b]), split)
        total = ways + np.add.reduceat(line, starts)
        wins = total < value[orders] - 1e-9
        value[orders[wins]], a_of[orders[wins]], b_of[orders[wins]] = total[wins], a, b


def _split_cost(prices: Prices, sku: Ints, qty: Ints, free_a: Ints, free_b: Ints, a: int, b: int) -> Floats:
    """One line from both: the cheaper one emptied first."""
    price_a, price_b = prices.unit[sku, a], prices.unit[sku, b]
    most_a, least_a = np.minimum(free_a, qty), qty - np.minimum(free_b, qty)
    from_a = np.where(price_a <= price_b, most_a, least_a)
    cost = from_a * price_a + (qty - from_a) * price_b + prices.line[a] + prices.line[b]
    return np.where(most_a >= least_a, cost, FAR)


def choices_of(model: Model, prices: Prices, priced: Priced) -> list[Choice]:
    """The choices behind the values, for every order that is not left out."""
    line_a, line_b = priced.a[model.line_order], priced.b[model.line_order]
    pair = line_b >= 0
    from_a = np.where(line_a >= 0, model.line_qty, 0)
    if pair.any():
        sku, qty, a, b = model.line_sku[pair], model.line_qty[pair], line_a[pair], line_b[pair]
        from_a[pair] = _share_rows(model, prices, sku, qty, a, b)
    first = model.first.tolist()
    units = from_a.tolist()
    return [
        Choice(o, a, b, tuple(units[first[o] : first[o + 1]]))
        for o, (a, b) in enumerate(zip(priced.a.tolist(), priced.b.tolist(), strict=True))
        if a >= 0
    ]


def _share_rows(model: Model, prices: Prices, sku: Ints, qty: Ints, a: Ints, b: Ints) -> Ints:
    return share(
        qty,
        model.stock[sku, a],
        model.stock[sku, b],
        (prices.unit[sku, a], prices.unit[sku, b]),
        (prices.line[a], prices.line[b]),
    )[0]


def use_of_all(model: Model, choices: list[Choice]) -> tuple[Ints, Ints]:
    """Units [sku, warehouse] and picked lines [warehouse] all choices take together."""
    units, lines = np.zeros_like(model.stock), np.zeros_like(model.labour)
    if not choices:
        return units, lines
    counts = [len(choice.from_a) for choice in choices]
    a = np.repeat([choice.a for choice in choices], counts)
    b = np.repeat([choice.b for choice in choices], counts)
    rows = np.concatenate([np.arange(model.first[c.order], model.first[c.order + 1]) for c in choices])
    from_a = np.array([units for choice in choices for units in choice.from_a], dtype=np.int64)
    from_b = model.line_qty[rows] - from_a
    np.add.at(units, (model.line_sku[rows], a), from_a)
    np.add.at(units, (model.line_sku[rows], np.maximum(b, 0)), from_b)
    np.add.at(lines, a, (from_a > 0).astype(np.int64))
    np.add.at(lines, np.maximum(b, 0), (from_b > 0).astype(np.int64))
    return units, lines


def bound_of(model: Model, prices: Prices, priced: Priced) -> int:
    """The proven lower bound these prices give, less floating-point doubt, rounded up: costs are whole
    fen."""
    held = float((prices.unit * model.stock).sum() + (prices.line * model.labour).sum())
    total = float(priced.value.sum())
    return int(np.ceil(total - held - 1e-9 * (abs(total) + abs(held)) - 1e-6))
