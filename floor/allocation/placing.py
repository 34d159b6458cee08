"""New orders placed one by one by the prices of the last plan: the cheapest way, what is scarce counted at its price.

Prices already say what a unit is worth to everybody else (Acimovic and Graves 2015), so an order can be placed in well
under a millisecond without looking at the others; the next plan over all of them corrects what that missed.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from floor.allocation.facts import NEVER, Facts, Ints
from floor.allocation.models import Announcement


class Placer:
    """The room that is left, and what it is worth. Orders take their share of it as they are placed."""

    def __init__(self, facts: Facts, prices: Mapping[str, Any] | None, announced: Iterable[Announcement]) -> None:
        self._facts, a = facts, facts.arrays
        self._stock, self._work = a["stock"].copy(), a["capacity"].copy()
        self._bench, self._dock, self._lorry = a["benches"].copy(), a["dock"].copy(), a["lorry"].copy()
        houses, services = self._dock.shape
        self._unit = prices["unit"] if prices else np.zeros(self._stock.shape)
        self._per_line = prices["work"] if prices else np.zeros(self._work.shape)
        self._per_parcel = prices["bench"][:, None] + prices["dock"] if prices else np.zeros((houses, services))
        self._per_gram = prices["lorry"] if prices else np.zeros((houses, services))
        self._give(announced)

    def _give(self, announced: Iterable[Announcement]) -> None:
        """What waits under an announcement is not for others."""
        sku, house = ({one: n for n, one in enumerate(ids)} for ids in (self._facts.skus, self._facts.houses))
        carrier = {one: n for n, one in enumerate(self._facts.carriers)}
        parcels = set()
        for one in announced:
            w = house.get(one.warehouse_id)
            if w is None:
                continue
            if one.sku_id in sku:
                self._stock[sku[one.sku_id], w] -= one.units
            self._work[w, 0] -= 1
            parcels.add((one.order_id, w, carrier.get(one.carrier_id)))
        for _order, w, s in parcels:
            self._bench[w] -= 1
            if s is not None:
                self._dock[w, s] -= 1

    def place(self) -> dict[int, tuple[int, int]]:
        """Order -> (warehouse_id, carrier_id), the most urgent first; orders that find no way are not in it."""
        a, found = self._facts.arrays, {}
        for o in np.lexsort((a["due"], a["priority"])).tolist():
            if (way := self._best(o)) is not None:
                found[self._facts.orders[o]] = self._facts.houses[way[0]], self._facts.carriers[way[1]]
        return found

    def _best(self, o: int) -> tuple[int, int] | None:
        a = self._facts.arrays
        groups = slice(a["group_first"][o], a["group_first"][o + 1])
        lines = slice(a["line_first"][groups.start], a["line_first"][groups.stop])
        sku, qty = a["sku"][lines], a["qty"][lines, None]
        work: Ints = a["work"][groups].sum(axis=0)
        weight = int(a["weight"][groups].sum())
        zone, band = a["zone"][a["region"][o]], int(np.searchsorted(a["edges"], weight))
        rate = a["rate"][zone, :, band]
        late = np.maximum(0, a["transit"][zone] - a["due"][o]) * a["late"][o]
        scarce = (self._unit[sku] * qty).sum(axis=0) + self._per_line @ work
        cost = rate + late + a["handling"] + scarce[:, None] + self._per_parcel + self._per_gram * weight
        able = (self._stock[sku] >= qty).all(axis=0) & (self._work >= work).all(axis=1) & (self._bench > 0)
        may = able[:, None] & (rate < NEVER) & (self._dock > 0) & (self._lorry >= weight)
        cost = np.where(may, cost, np.inf)
        w, s = np.unravel_index(int(cost.argmin()), cost.shape)
        if not cost[w, s] < a["penalty"][groups].sum():
            return None
        self._stock[sku, w] -= qty[:, 0]
        self._work[w] -= work
        self._bench[w] -= 1
        self._dock[w, s] -= 1
        self._lorry[w, s] -= weight
        return int(w), int(s)
