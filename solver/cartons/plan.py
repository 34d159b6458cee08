"""The answer to a carton problem: boxes with an explicit packing, and the pieces that fit nowhere."""

from dataclasses import dataclass
from enum import StrEnum

from solver.common import Seed, Status


class Code(StrEnum):
    """Why a piece fits no carton."""

    NO_CARTONS = "no_cartons"
    TOO_LARGE = "too_large"
    TOO_HEAVY = "too_heavy"


@dataclass(frozen=True, slots=True)
class Placement:
    """One piece: its corner nearest the origin and its size as turned, mm. Pieces are listed in packing
    order."""

    item: str
    x_mm: int
    y_mm: int
    z_mm: int
    dx_mm: int
    dy_mm: int
    dz_mm: int


@dataclass(frozen=True, slots=True)
class Box:
    """One filled carton; `fill_permille` is the share of its inner volume in use, `weight_g` includes the
    carton."""

    carton: str
    placements: tuple[Placement, ...]
    weight_g: int
    fill_permille: int


@dataclass(frozen=True, slots=True)
class Reason:
    """`qty` pieces of `item` that fit no carton."""

    item: str
    qty: int
    code: Code


@dataclass(frozen=True, slots=True)
class Plan:
    """OPTIMAL when no smaller carton could hold the volume, weight and pieces; FEASIBLE when one was not
    ruled out."""

    boxes: tuple[Box, ...]
    unpacked: tuple[Reason, ...]
    status: Status
    seed: Seed
