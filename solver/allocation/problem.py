"""The allocation problem: which warehouse ships which lines of which order.

Rules. An order ships whole or not at all; a splittable order may leave in up to `Costs.max_parcels` parcels
(and one line's quantity may come from two warehouses), another order leaves in exactly one. A parcel needs
a lane from its warehouse to the order's region, stock for each line and one unit of labour per line.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Line:
    """A wanted quantity of one SKU; an order names a SKU once."""

    sku: str
    qty: int


@dataclass(frozen=True, slots=True)
class Order:
    """priority 0 is the most urgent; `due` is minutes from now until the promised arrival, None = no
    promise."""

    id: str
    lines: tuple[Line, ...]
    region: str
    priority: int = 2
    due: int | None = None
    splittable: bool = True


@dataclass(frozen=True, slots=True)
class Warehouse:
    """`stock` is free stock already minus safety stock; `safety` what is kept back (only used to explain).

    `pick_stock` is what lies on pick faces: given, only the smaller of the two may be promised (the rest
    waits for replenishment); None means all stock can be picked. `labour_lines` is how many lines can be
    picked, None = no limit.
    """

    id: str
    stock: tuple[tuple[str, int], ...]
    pick_stock: tuple[tuple[str, int], ...] | None = None
    labour_lines: int | None = None
    safety: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Lane:
    """A way from a warehouse to a region: fen per parcel and days on the road."""

    warehouse: str
    region: str
    cost: int
    transit_days: int


@dataclass(frozen=True, slots=True)
class Costs:
    """The objective in fen, documented here and nowhere else. The plan with the least sum wins:

    1. `unserved[priority]` for each order left out (priorities past the end use the last entry);
    2. `late_per_day` for each started day a parcel arrives after the order's due time;
    3. lane cost + `handling` for each parcel.
    Keep 1 far above 2 and 2 above 3: an order that can ship is never left out to save money.
    """

    unserved: tuple[int, ...] = (2_000_000, 500_000, 200_000, 100_000, 50_000)
    late_per_day: int = 1_500
    handling: int = 200
    max_parcels: int = 2

    def __post_init__(self) -> None:
        if not self.unserved or self.max_parcels not in (1, 2):
            raise ValueError("costs need an unserved weight and one or two parcels per order")

    def of_leaving_out(self, order: Order) -> int:
        return self.unserved[min(max(order.priority, 0), len(self.unserved) - 1)]

    def of_parcel(self, order: Order, lane: Lane) -> int:
        return lane.cost + self.handling + self.late_per_day * days_late(order, lane)


@dataclass(frozen=True, slots=True)
class Problem:
    """Orders to allocate now, against what the warehouses have free now."""

    orders: tuple[Order, ...]
    warehouses: tuple[Warehouse, ...]
    lanes: tuple[Lane, ...]
    costs: Costs = field(default_factory=Costs)


def days_late(order: Order, lane: Lane) -> int:
    """Started days between the promise and the arrival over this lane."""
    if order.due is None:
        return 0
    return max(0, -(-(lane.transit_days * 1440 - order.due) // 1440))


def promisable(warehouse: Warehouse) -> dict[str, int]:
    """What may be promised from a warehouse: free stock, no more than lies on the pick faces when those
    are known."""
    stock = {sku: max(0, qty) for sku, qty in warehouse.stock}
    if warehouse.pick_stock is None:
        return stock
    faces = dict(warehouse.pick_stock)
    return {sku: min(qty, max(0, faces.get(sku, 0))) for sku, qty in stock.items()}
