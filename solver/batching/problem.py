"""The batching problem: which orders share a cart on one walk, and when each cart leaves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from solver.routing.problem import Layout, Point


class Mode(StrEnum):
    """How a cart's orders are told apart; orders of different modes never share a cart."""

    CLUSTER = "cluster"  # each order has totes of its own
    SINGLES = "singles"  # orders of one line share totes: at the bench the goods tell the order
    WALL = "wall"  # orders share totes and are sorted into a put wall afterwards


@dataclass(frozen=True, slots=True)
class Order:
    """What one order asks of a cart; `due_min` is minutes from now when it must be back at the bench,
    None = whenever. Only orders of one `zone` share a cart."""

    id: str
    picks: tuple[Point, ...]
    items: int
    volume_ml: int = 0
    weight_g: int = 0
    due_min: int | None = None
    is_fragile: bool = False
    zone: str = ""
    mode: Mode = Mode.CLUSTER


@dataclass(frozen=True, slots=True)
class Cart:
    """A cart of `slots` totes; None means no limit. An order takes as many whole totes as its volume and
    weight need, or, when totes are shared, its part of all of them. Totes with something fragile stand on top,
    where there are `fragile_slots`. `max_orders`: the places of the put wall."""

    slots: int
    tote_ml: int | None = None
    tote_g: int | None = None
    cart_g: int | None = None
    max_items: int | None = None
    fragile_slots: int | None = None
    max_orders: int | None = None
    is_shared: bool = False

    def __post_init__(self) -> None:
        limits = (self.slots, self.tote_ml, self.tote_g, self.cart_g, self.max_items, self.max_orders)
        if any(limit is not None and limit < 1 for limit in (*limits, (self.fragile_slots or 0) + 1)):
            raise ValueError("a cart's limits are at least one")

    def totes(self, volume_ml: int, weight_g: int) -> int:
        """Totes so much fills: the larger need of volume and weight, at least one."""
        by_volume = -(-volume_ml // self.tote_ml) if self.tote_ml else 1
        by_weight = -(-weight_g // self.tote_g) if self.tote_g else 1
        return max(1, by_volume, by_weight)

    def totes_of(self, orders: Sequence[Order]) -> int:
        """Totes several orders fill on one cart."""
        if self.is_shared:
            return self.totes(sum(o.volume_ml for o in orders), sum(o.weight_g for o in orders))
        return sum(map(self.totes_for, orders))

    def totes_for(self, order: Order) -> int:
        """Totes an order fills on its own."""
        return self.totes(order.volume_ml, order.weight_g)


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast carts come back: pickers at work, walking speed, seconds per piece, minutes to set a cart
    up."""

    pickers: int = 1
    walk_mm_per_min: int = 60_000
    seconds_per_item: int = 8
    setup_min: int = 2

    def __post_init__(self) -> None:
        if self.pickers < 1 or self.walk_mm_per_min < 1 or self.seconds_per_item < 0 or self.setup_min < 0:
            raise ValueError("a pace needs a picker who walks")

    def minutes_for(self, walk_mm: int, items: int) -> int:
        """Minutes one cart takes, rounded up."""
        walking = -(-walk_mm * 60 // self.walk_mm_per_min)
        return self.setup_min + -(-(walking + items * self.seconds_per_item) // 60)


@dataclass(frozen=True, slots=True)
class Problem:
    """Orders of one warehouse, walked from `start` to `end`. Modes not in `carts` use `cart`."""

    layout: Layout
    start: Point
    end: Point
    orders: tuple[Order, ...]
    cart: Cart
    pace: Pace = field(default_factory=Pace)
    carts: Mapping[Mode, Cart] = field(default_factory=dict)

    def cart_of(self, order: Order) -> Cart:
        return self.carts.get(order.mode, self.cart)
