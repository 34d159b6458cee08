"""The batching problem: which orders share a cart on one walk (cluster picking, one order per tote or
totes)."""

from dataclasses import dataclass, field

from solver.routing.problem import Layout, Point


@dataclass(frozen=True, slots=True)
class Order:
    """What one order asks of a cart; `due_min` is minutes from now when it must be back at the bench,
    None = whenever."""

    id: str
    picks: tuple[Point, ...]
    items: int
    volume_ml: int = 0
    weight_g: int = 0
    due_min: int | None = None


@dataclass(frozen=True, slots=True)
class Cart:
    """A cart of `slots` totes; None means no limit. An order takes as many whole totes as its volume and
    weight need."""

    slots: int
    tote_ml: int | None = None
    tote_g: int | None = None
    cart_g: int | None = None
    max_items: int | None = None

    def __post_init__(self) -> None:
        limits = (self.slots, self.tote_ml, self.tote_g, self.cart_g, self.max_items)
        if any(limit is not None and limit < 1 for limit in limits):
            raise ValueError("a cart's limits are at least one")

    def totes_for(self, order: Order) -> int:
        """Totes an order fills: the larger need of volume and weight, at least one."""
        by_volume = -(-order.volume_ml // self.tote_ml) if self.tote_ml else 1
        by_weight = -(-order.weight_g // self.tote_g) if self.tote_g else 1
        return max(1, by_volume, by_weight)


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
    """Orders of one zone of one warehouse, walked from `start` to `end` with equal carts."""

    layout: Layout
    start: Point
    end: Point
    orders: tuple[Order, ...]
    cart: Cart
    pace: Pace = field(default_factory=Pace)
