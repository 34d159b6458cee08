"""The answer to a routing problem: in which order to pass the picks, and how far each leg is."""

from dataclasses import dataclass

from solver.common import Status, gap_between


@dataclass(frozen=True, slots=True)
class Route:
    """`order` holds indices into Problem.picks; `legs_mm[i]` is the walk to the i-th pick of that order,
    and the last leg leads to the end, so len(legs_mm) == len(order) + 1 and length_mm == sum(legs_mm)."""

    order: tuple[int, ...]
    legs_mm: tuple[int, ...]
    length_mm: int
    bound_mm: int | None
    status: Status
    method: str

    @property
    def gap(self) -> float | None:
        """(length - bound) / bound: 0.0 is proven shortest, None when no bound was computed."""
        return gap_between(self.length_mm, self.bound_mm)
