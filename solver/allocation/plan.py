"""The answer to an allocation problem: parcels, and a reason for every order without one."""

from dataclasses import dataclass
from enum import StrEnum

from solver.allocation.problem import Line
from solver.common import Seed, Status, gap_between


class Code(StrEnum):
    """Why an order was left out, most basic cause first."""

    NO_LANE = "no_lane"  # no warehouse serves the address
    NO_STOCK = "no_stock"  # the serving warehouses together never had enough
    SAFETY_STOCK = "safety_stock"  # only the safety stock would cover it
    PICK_FACE_EMPTY = "pick_face_empty"  # enough stock, but in reserve storage: replenish
    PARTIAL_ONLY = "partial_only"  # enough in all, but not in as few places as the order may ship from
    OTHER_ORDERS_FIRST = "other_orders_first"  # other orders took what it needs
    LABOUR_FULL = "labour_full"  # stock is there, nobody left to pick it


@dataclass(frozen=True, slots=True)
class Parcel:
    """One warehouse's share of an order."""

    order: str
    warehouse: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why `order` got no parcel: `wanted` units (or lines, for labour) of `sku` against `available`, at
    `warehouse` when one place is the nearest to serving it, else over all that serve the address."""

    order: str
    code: Code
    sku: str | None = None
    warehouse: str | None = None
    wanted: int = 0
    available: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """Parcels in the order of the problem's orders; every order is in `parcels` or in `unallocated`,
    never in both."""

    parcels: tuple[Parcel, ...]
    unallocated: tuple[Reason, ...]
    cost: int
    bound: int | None
    status: Status
    seed: Seed
    strategy: str

    @property
    def gap(self) -> float | None:
        """(cost - bound) / bound: 0.0 is proven best, None when no bound was computed."""
        return gap_between(self.cost, self.bound)
