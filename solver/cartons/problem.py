"""The carton problem: pieces to pack, carton types to pack them into."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Item:
    """`qty` equal pieces, outer size in mm. `fragile`: nothing may lie above it. `upright`: only turned
    about z."""

    id: str
    length_mm: int
    width_mm: int
    height_mm: int
    weight_g: int
    qty: int = 1
    fragile: bool = False
    upright: bool = False

    def __post_init__(self) -> None:
        if min(self.length_mm, self.width_mm, self.height_mm, self.qty) < 1 or self.weight_g < 0:
            raise ValueError("an item has a positive size and quantity")

    @property
    def volume_mm3(self) -> int:
        return self.length_mm * self.width_mm * self.height_mm


@dataclass(frozen=True, slots=True)
class Carton:
    """A carton type, inner size in mm; `max_weight_g` is what it may hold, `tare_g` what it weighs empty."""

    id: str
    length_mm: int
    width_mm: int
    height_mm: int
    max_weight_g: int
    tare_g: int = 0

    def __post_init__(self) -> None:
        if min(self.length_mm, self.width_mm, self.height_mm, self.max_weight_g) < 1:
            raise ValueError("a carton has a positive size and load")

    @property
    def volume_mm3(self) -> int:
        return self.length_mm * self.width_mm * self.height_mm


@dataclass(frozen=True, slots=True)
class Problem:
    """`support_percent` of a piece's base must rest on the floor of the carton or on pieces directly
    below."""

    items: tuple[Item, ...]
    cartons: tuple[Carton, ...]
    support_percent: int = 70
