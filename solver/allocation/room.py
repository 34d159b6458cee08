"""What is left to promise while orders are placed one after another, and the best place for one order in
it."""

from itertools import combinations

import numpy as np

from solver.allocation.model import NO_LANE, Choice, Floats, Ints, Model


class Room:
    """Remaining stock and labour. `prices` (fen per unit and per line) make scarce things dear for every
    order."""

    def __init__(self, model: Model, prices: Floats | None = None, line_prices: Floats | None = None) -> None:
        self.model = model
        self.stock, self.labour = model.stock.copy(), model.labour.copy()
        self._prices = np.zeros(model.stock.shape) if prices is None else prices
        self._line_prices = np.zeros(len(model.labour)) if line_prices is None else line_prices

    def take(self, choice: Choice, sign: int = 1) -> None:
        """Use up what a choice needs; sign -1 gives it back."""
        for sku, warehouse, units in self.model.use_of(choice):
            self.stock[sku, warehouse] -= sign * units
            self.labour[warehouse] -= sign

    def best(self, order: int) -> Choice | None:
        """The cheapest choice that still fits, prices included; None when nothing fits."""
        if not len(self.labour):
            return None
        rows = slice(int(self.model.first[order]), int(self.model.first[order + 1]))
        sku, qty, parcel = self.model.line_sku[rows], self.model.line_qty[rows], self.model.parcel[order]
        free = self.stock[sku]
        lines = self._prices[sku] * qty[:, None] + self._line_prices
        fits = (free >= qty[:, None]).all(axis=0) & (parcel < NO_LANE) & (self.labour >= len(qty))
        total = np.where(fits, parcel + lines.sum(axis=0), np.inf)
        a = int(np.argmin(total))
        single = Choice(order, a, -1, tuple(qty.tolist())) if fits[a] else None
        if not self.model.may_split[order] or len(parcel) < 2:
            return single
        cheapest = np.partition(parcel, 1)[:2]
        if cheapest[1] >= NO_LANE or total[a] <= cheapest.sum():
            return single
        return self._best_pair(order, qty, sku, free, float(total[a])) or single

    def fits(self, choice: Choice) -> bool:
        use = self.model.use_of(choice)
        lines = np.bincount([w for _, w, _ in use], minlength=len(self.labour))
        return all(self.stock[s, w] >= units for s, w, units in use) and bool((lines <= self.labour).all())

    def _best_pair(self, order: int, qty: Ints, sku: Ints, free: Ints, below: float) -> Choice | None:
        """Two warehouses that together have it all and cost less than `below`."""
        parcel = self.model.parcel[order]
        houses = [w for w in range(len(parcel)) if parcel[w] < NO_LANE and free[:, w].any() and self.labour[w] > 0]
        best: Choice | None = None
        for a, b in combinations(houses, 2):
            ways = parcel[a] + parcel[b]
            if ways >= below or (free[:, a] + free[:, b] < qty).any():
                continue
            from_a, cost = self._share(qty, sku, free, a, b)
            choice = Choice(order, a, b, tuple(from_a.tolist()))
            if ways + cost < below and self._has_labour(from_a, qty, a, b):
                best, below = choice, float(ways + cost)
        return best

    def _share(self, qty: Ints, sku: Ints, free: Ints, a: int, b: int) -> tuple[Ints, float]:
        return share(
            qty,
            free[:, a],
            free[:, b],
            (self._prices[sku, a], self._prices[sku, b]),
            (self._line_prices[[a]], self._line_prices[[b]]),
        )

    def _has_labour(self, from_a: Ints, qty: Ints, a: int, b: int) -> bool:
        return bool((from_a > 0).sum() <= self.labour[a] and (from_a < qty).sum() <= self.labour[b])


def share(
    qty: Ints, free_a: Ints, free_b: Ints, price: tuple[Floats, Floats], line: tuple[Floats, Floats]
) -> tuple[Ints, float]:
    """Split lines over two warehouses at least cost: all from a, all from b, or the cheaper one emptied
    first.

    Answers the units taken from a and the sum of prices; lines that two warehouses cannot cover cost
    infinity.
    """
    a_first = np.minimum(free_a, qty)
    b_first = qty - np.minimum(free_b, qty)
    both = np.where(price[0] <= price[1], a_first, b_first)
    options = np.stack([qty, np.zeros_like(qty), both])
    costs = options * price[0] + (qty - options) * price[1] + (options > 0) * line[0] + (options < qty) * line[1]
    costs = np.where((options <= a_first) & (options >= b_first), costs, np.inf)
    pick = np.argmin(costs, axis=0)
    chosen = np.take_along_axis(options, pick[None], axis=0)[0]
    return chosen, float(costs.min(axis=0).sum())
