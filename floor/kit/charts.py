"""Drawings of a series: a bar for every point, in the drawing's own units. The table beside it says the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 640, 220, 8, 24, 190
_LABELS = 8


@dataclass(frozen=True)
class Bar:
    x: float
    width: float
    y: float
    height: float
    day: date
    value: float | None
    #: Told below it; not under every bar.
    label: str

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 1)


def rise(value: float | None, top: float) -> float:
    """How high a value stands above BOTTOM, of `top` at TOP."""
    return round((BOTTOM - TOP) * (value or 0) / top, 1)


def bars(points: Sequence[tuple[date, float | None]]) -> list[Bar]:
    """Bars up to the largest value; none (value None) where there is nothing to say."""
    top = max([value or 0 for _day, value in points] + [1e-9])
    pitch = (WIDTH - 2 * LEFT) / max(1, len(points))
    every = max(1, -(-len(points) // _LABELS))
    found = []
    for n, (day, value) in enumerate(points):
        height = rise(value, top)
        x = round(LEFT + n * pitch + pitch * 0.12, 1)
        label = day.strftime("%m-%d") if n % every == 0 else ""
        found.append(Bar(x, round(pitch * 0.76, 1), round(BOTTOM - height, 1), height, day, value, label))
    return found
