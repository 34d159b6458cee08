"""The answer to a batching problem: trips with their orders and times, and the orders no cart can take."""

from dataclasses import dataclass
from enum import StrEnum

from solver.batching.problem import Mode
from solver.common import Seed, Status


class Code(StrEnum):
    """Why an order is on no cart, even alone."""

    TOO_MANY_TOTES = "too_many_totes"
    TOO_HEAVY = "too_heavy"
    TOO_MANY_ITEMS = "too_many_items"
    TOO_FRAGILE = "too_fragile"


@dataclass(frozen=True, slots=True)
class Trip:
    """One cart: order ids in slot order, the shortest walk past all their picks, and when picker `picker`
    is out.

    Trips are listed in the order they should start; times are minutes from now.
    """

    orders: tuple[str, ...]
    totes: int
    walk_mm: int
    picker: int
    start_min: int
    finish_min: int
    mode: Mode = Mode.CLUSTER


@dataclass(frozen=True, slots=True)
class Reason:
    """An order bigger than an empty cart: `wanted` totes, grams or items against `available`."""

    order: str
    code: Code
    wanted: int
    available: int


@dataclass(frozen=True, slots=True)
class Plan:
    """`late` names the orders whose trip comes back after they are due; `walk_mm` is the sum over trips."""

    trips: tuple[Trip, ...]
    left_out: tuple[Reason, ...]
    late: tuple[str, ...]
    walk_mm: int
    status: Status
    seed: Seed
    strategy: str
