"""The carton problem: pieces to pack, carton types to pack them into.

Wanted: no more parcels than needed; then the least air, that is the least volume of cartons; then the least material,
by mass; then the greener material; then the least cost.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Item:
    """`qty` equal pieces, outer size in mm. `fragile`: nothing may lie above it. `upright`: only turned
    about z. `kind` names what the goods are, for `Problem.apart`."""

    id: str
    length_mm: int
    width_mm: int
    height_mm: int
    weight_g: int
    qty: int = 1
    fragile: bool = False
    upright: bool = False
    kind: str = ""

    def __post_init__(self) -> None:
        if min(self.length_mm, self.width_mm, self.height_mm, self.qty) < 1 or self.weight_g < 0:
            raise ValueError("an item has a positive size and quantity")

    @property
    def volume_mm3(self) -> int:
        return self.length_mm * self.width_mm * self.height_mm


@dataclass(frozen=True, slots=True)
class Carton:
    """A carton type, inner size in mm; `max_weight_g` is what it may hold, `tare_g` what it weighs empty. `burden` is
    less for greener material, and `cost_fen` what one costs."""

    id: str
    length_mm: int
    width_mm: int
    height_mm: int
    max_weight_g: int
    tare_g: int = 0
    burden: int = 0
    cost_fen: int = 0

    def __post_init__(self) -> None:
        if min(self.length_mm, self.width_mm, self.height_mm, self.max_weight_g) < 1:
            raise ValueError("a carton has a positive size and load")
        if min(self.tare_g, self.burden, self.cost_fen) < 0:
            raise ValueError("a carton's weight, burden and cost are not negative")

    @property
    def volume_mm3(self) -> int:
        return self.length_mm * self.width_mm * self.height_mm

    @property
    def rank(self) -> tuple[int, int, int, int]:
        """What a parcel of it adds to the objective: air, material, burden, cost."""
        return self.volume_mm3, self.tare_g, self.burden, self.cost_fen


@dataclass(frozen=True, slots=True)
class Problem:
    """`support_percent` of a piece's base must rest on the floor of the carton or on pieces directly
    below. Goods of two kinds named together in `apart` never share a carton."""

    items: tuple[Item, ...]
    cartons: tuple[Carton, ...]
    support_percent: int = 70
    apart: frozenset[tuple[str, str]] = frozenset()

    def may_share(self, one: str, other: str) -> bool:
        """May goods of these kinds lie in one carton?"""
        return (one, other) not in self.apart and (other, one) not in self.apart
