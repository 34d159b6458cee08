"""The allocation problem in plain arrays: which warehouse ships which groups of which order, by which service.

An order's lines form groups; a group ships whole from one warehouse (a bundle, a gift with its goods, or a single
line), or not at all. A parcel is what one warehouse sends of one order by one service. Sizes used throughout:
n orders, G groups, L lines, W warehouses, S services, K kinds of work, B weight bands, Z rate zones, R regions.
Money is in fen, weight in any one unit (grams on the floor), time in days.
"""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: A rate nobody offers.
NO_RATE = 1 << 40
#: A capacity nobody reaches.
NO_LIMIT = 1 << 40
#: Bits of a word: the kernels keep sets of warehouses in one.
MOST_WAREHOUSES = 63
MOST_PARCELS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """The plan with the least sum wins. The objective, in fen, documented here and nowhere else:

    1. `penalty[group]` for each group left out: by priority, far above all that follows;
    2. `late[order]` for each day a parcel arrives after the order's `due` day;
    3. `rate` of each parcel (zone, service, band of its weight) and `handling`: a split pays it again;
    4. `balance[sku, warehouse]` for each unit taken where the stock is dear;
    5. `moving` for each group that leaves the warehouse it was announced for.

    Rules: stock, each kind of work, benches, dock and lorry of each warehouse suffice; an order leaves in at most
    `parcels[order]` parcels by `services[order]`; all groups or none, unless `partial[order]`; a pinned order
    stays exactly where `home` and `home_service` say.
    """

    group_first: Ints  # [n+1] groups of an order
    line_first: Ints  # [G+1] lines of a group; a group names a SKU once
    sku: Ints  # [L]
    qty: Ints  # [L]
    weight: Ints  # [G]
    work: Ints  # [G, K] e.g. lines to pick, heavy lines, cold lines
    penalty: Ints  # [G]
    priority: Ints  # [n] 0 is the most urgent
    region: Ints  # [n]
    due: Ints  # [n] days promised on the road
    late: Ints  # [n] fen a day
    services: Ints  # [n] bit mask; 0: nobody may carry it
    partial: Bools  # [n]
    parcels: Ints  # [n] 1 to MOST_PARCELS; 1: not split
    zone: Ints  # [R, W]
    distance: Ints  # [R, W] km, for the rule of the nearest alone
    rate: Ints  # [Z, S, B] never falls with the weight; NO_RATE: not offered
    transit: Ints  # [Z, S] days
    edges: Ints  # [B] heaviest weight of each band; nothing heavier is carried
    stock: Ints  # [skus, W] what may be promised: free minus safety stock
    capacity: Ints  # [W, K] work until the cut-off
    benches: Ints  # [W] parcels the packing benches can close
    dock: Ints  # [W, S] parcels a service collects
    lorry: Ints  # [W, S] weight a service's lorries take
    handling: int
    home: Ints  # [G] warehouse announced for the group, -1: none
    home_service: Ints  # [G]
    pinned: Bools  # [n]
    moving: int
    balance: Ints  # [skus, W]

    def __post_init__(self) -> None:
        for field in fields(self):
            if isinstance(value := getattr(self, field.name), np.ndarray):
                kind = np.bool_ if field.name in ("partial", "pinned") else np.int64
                object.__setattr__(self, field.name, np.ascontiguousarray(value, dtype=kind))
        _must(self.houses <= MOST_WAREHOUSES, f"at most {MOST_WAREHOUSES} warehouses")
        _must(((self.parcels >= 1) & (self.parcels <= MOST_PARCELS)).all(), f"1 to {MOST_PARCELS} parcels an order")
        _must((np.diff(self.rate, axis=2) >= 0).all(), "a rate never falls with the weight")
        _must(all((getattr(self, name) >= 0).all() for name in _NEVER_NEGATIVE), "nothing is below zero")
        _must((np.diff(self.group_first) > 0).all() and (np.diff(self.line_first) > 0).all(), "nothing is empty")
        _must((self.home[self.pinned[self.order_of_group]] >= 0).all(), "a pinned order has a home")

    @property
    def orders(self) -> int:
        return len(self.region)

    @property
    def groups(self) -> int:
        return len(self.weight)

    @property
    def houses(self) -> int:
        return int(self.zone.shape[1])

    @property
    def rate_beyond(self) -> Ints:
        """[Z, S, B+1] `rate` with one more band, for what is heavier than the last: nobody carries it."""
        return np.append(self.rate, np.full((*self.rate.shape[:2], 1), NO_RATE), axis=2)

    @property
    def order_of_group(self) -> Ints:
        return np.repeat(np.arange(self.orders), np.diff(self.group_first))

    @property
    def group_of_line(self) -> Ints:
        return np.repeat(np.arange(self.groups), np.diff(self.line_first))


def some_orders(problem: Problem, orders: Ints) -> Problem:
    """The same day with these orders alone, in this order; what they compete for is whole."""
    groups = spans(problem.group_first, orders)
    lines = spans(problem.line_first, groups)
    return replace(
        problem,
        group_first=np.append(0, np.cumsum(np.diff(problem.group_first)[orders])),
        line_first=np.append(0, np.cumsum(np.diff(problem.line_first)[groups])),
        **{name: getattr(problem, name)[orders] for name in _PER_ORDER},
        **{name: getattr(problem, name)[groups] for name in _PER_GROUP},
        **{name: getattr(problem, name)[lines] for name in ("sku", "qty")},
    )


def spans(first: Ints, some: Ints) -> Ints:
    """The members of some of the things that `first` [things+1] points into, thing by thing."""
    sizes = np.diff(first)[some]
    found: Ints = np.repeat(first[some] - np.cumsum(sizes) + sizes, sizes) + np.arange(sizes.sum())
    return found


_PER_ORDER = ["priority", "region", "due", "late", "services", "partial", "parcels", "pinned"]
_PER_GROUP = ["weight", "work", "penalty", "home", "home_service"]
_NEVER_NEGATIVE = [
    *("qty", "weight", "work", "penalty", "late", "services", "zone", "rate"),
    *("transit", "stock", "capacity", "benches", "dock", "lorry", "balance"),
]


def _must(holds: Any, rule: str) -> None:
    if not holds:
        raise ValueError(rule)


def problem_of(**arrays: Any) -> Problem:
    """A problem from what is known; the rest has no limit, no cost and no history."""
    n, groups = len(arrays["region"]), len(arrays["weight"])
    houses, services = arrays["zone"].shape[1], arrays["rate"].shape[1]
    usual = {
        "work": np.ones((groups, 1)),
        "priority": np.zeros(n),
        "due": np.full(n, NO_LIMIT),
        "late": np.zeros(n),
        "services": np.full(n, (1 << services) - 1),
        "partial": np.zeros(n, bool),
        "parcels": np.full(n, 2),
        "distance": np.zeros_like(arrays["zone"]),
        "benches": np.full(houses, NO_LIMIT),
        "dock": np.full((houses, services), NO_LIMIT),
        "lorry": np.full((houses, services), NO_LIMIT),
        "handling": 0,
        "home": np.full(groups, -1),
        "home_service": np.full(groups, -1),
        "pinned": np.zeros(n, bool),
        "moving": 0,
        "balance": np.zeros_like(arrays["stock"]),
    }
    given = {**usual, **arrays}
    given.setdefault("capacity", np.full((houses, given["work"].shape[1]), NO_LIMIT))
    return Problem(**given)
