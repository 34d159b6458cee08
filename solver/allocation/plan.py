"""The answer to an allocation problem: where each group ships, what it costs, and why the rest was left out."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from solver.allocation.kernel import Prices
from solver.allocation.problem import Ints, Problem
from solver.common import Seed, Status, gap_between


class Code(StrEnum):
    """Why an order was left out: what would have to change for it to ship, the most basic thing first."""

    NO_LANE = "no_lane"  # nobody carries it to this address
    TOO_BIG = "too_big"  # heavier than any service there takes
    NO_STOCK = "no_stock"  # the warehouses that serve the address never had enough
    CANNOT = "cannot"  # where the stock is, nobody can handle it: heavy lift, cold
    PARTIAL_ONLY = "partial_only"  # enough in all, but not in as few parcels as it may leave in
    OTHER_ORDERS_FIRST = "other_orders_first"  # other orders took the stock
    LABOUR_FULL = "labour_full"  # stock is there, the work until the cut-off is given away
    CARRIER_FULL = "carrier_full"  # no room left at a service's dock or on its lorries
    BENCH_FULL = "bench_full"  # no packing bench is free
    NOT_WORTH = "not_worth"  # it could ship, for more than leaving it out costs


@dataclass(frozen=True, slots=True)
class Lack:
    """So much more of one thing would have let the order ship: what to relax, and nothing else.

    `kind` 0: SKU `what`, 1: work of kind `what`, 2: bench, 3: dock of service `what`, 4: lorry of service `what`;
    `house` -1: at any warehouse.
    """

    kind: int
    house: int
    what: int
    missing: int


@dataclass(frozen=True, slots=True)
class Reason:
    """Why order `order` (its place in the problem) has groups that do not ship. `wanted` against `available` of
    `sku` (or of the first lack) at `house`, -1: over all that serve the address."""

    order: int
    code: Code
    sku: int = -1
    house: int = -1
    wanted: int = 0
    available: int = 0
    lacks: tuple[Lack, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """`house` and `service` of each group, -1: left out. Money in fen; `bound` is proven by `prices` for any plan."""

    house: Ints  # [G]
    service: Ints  # [G]
    cost: int
    bound: int | None
    status: Status
    seed: Seed
    strategy: str
    seconds: float = 0.0
    prices: Prices | None = None
    reasons: tuple[Reason, ...] = field(default=())

    @property
    def gap(self) -> float | None:
        """(cost - bound) / bound: 0.0 is proven best, None when no bound was computed."""
        return gap_between(self.cost, self.bound)


@dataclass(frozen=True, slots=True)
class Bill:
    """What a plan costs, part by part, in fen; the parts add up to its cost."""

    unserved: int
    late: int
    freight: int
    handling: int
    balance: int
    moving: int
    parcels: int

    @property
    def total(self) -> int:
        return self.unserved + self.late + self.freight + self.handling + self.balance + self.moving


def bill_of(problem: Problem, house: Ints, service: Ints) -> Bill:
    """The objective of `Problem`, in numpy alone: it shares nothing with the kernels that search."""
    order = problem.order_of_group
    ships = house >= 0
    if not ships.any():
        return Bill(int(problem.penalty.sum()), 0, 0, 0, 0, 0, 0)
    parcel, weight = parcels_of(problem, house, service)
    zone = problem.zone[problem.region[parcel[:, 0]], parcel[:, 1]]
    band = np.searchsorted(problem.edges, weight)
    days = np.maximum(0, problem.transit[zone, parcel[:, 2]] - problem.due[parcel[:, 0]])
    group = problem.group_of_line
    kept = ships[group]
    balance = (problem.balance[problem.sku, house[group]] * problem.qty)[kept].sum()
    moved = ships & (problem.home >= 0) & (problem.home != house) & ~problem.pinned[order]
    return Bill(
        unserved=int(problem.penalty[~ships].sum()),
        late=int((days * problem.late[parcel[:, 0]]).sum()),
        freight=int(problem.rate_beyond[zone, parcel[:, 2], band].sum()),
        handling=problem.handling * len(parcel),
        balance=int(balance),
        moving=problem.moving * int(moved.sum()),
        parcels=len(parcel),
    )


def parcels_of(problem: Problem, house: Ints, service: Ints) -> tuple[Ints, Ints]:
    """([parcels, (order, warehouse, service)], [parcels] weight) of a plan."""
    ships = house >= 0
    key = np.stack([problem.order_of_group, house, service], axis=1)[ships]
    parcel, which = np.unique(key, axis=0, return_inverse=True)
    weight = np.bincount(which.ravel(), problem.weight[ships], minlength=len(parcel)).astype(np.int64)
    return parcel.reshape(-1, 3), weight


class Used(NamedTuple):
    """What a plan uses, shaped as the problem's arrays of the same names."""

    stock: Ints
    capacity: Ints
    benches: Ints
    dock: Ints
    lorry: Ints


def used_by(problem: Problem, house: Ints, service: Ints) -> Used:
    """In numpy alone, as `bill_of`."""
    ships = house >= 0
    line = ships[problem.group_of_line]
    stock, work = np.zeros_like(problem.stock), np.zeros_like(problem.capacity)
    np.add.at(stock, (problem.sku[line], house[problem.group_of_line][line]), problem.qty[line])
    np.add.at(work, house[ships], problem.work[ships])
    parcel, weight = parcels_of(problem, house, service)
    dock, lorry = np.zeros_like(problem.dock), np.zeros_like(problem.lorry)
    np.add.at(dock, (parcel[:, 1], parcel[:, 2]), 1)
    np.add.at(lorry, (parcel[:, 1], parcel[:, 2]), weight)
    return Used(stock, work, dock.sum(axis=1), dock, lorry)


def left_out(problem: Problem, house: Ints) -> Ints:
    """Orders of which some group does not ship."""
    return np.unique(problem.order_of_group[house < 0])
