"""The floor map of a walk as numbers for an SVG: racks, aisles, the way walked and the way ahead, the stops."""

from dataclasses import dataclass
from itertools import pairwise
from math import atan2, degrees

import sqlalchemy as sa
from sqlmodel import Session, col

from floor.inventory.models import Bin, BinKind
from floor.picking.queries import StopView, WalkView
from floor.picking.route import Spot
from floor.picking.states import StopState

WIDTH, HEIGHT = 396, 520
_TOP, _FOOT, _SIDE = 46, 44, 26
#: How many stops ahead carry their number.
_NUMBERED = 5


@dataclass(frozen=True)
class Mark:
    x: float
    y: float
    #: done, short, skipped, now, next, soon, later
    kind: str
    number: int


@dataclass(frozen=True)
class Arrow:
    x: float
    y: float
    angle: float


@dataclass(frozen=True)
class FloorMap:
    """All lengths in the units of a WIDTH x HEIGHT drawing; y grows downwards, the depot is at the foot."""

    racks: tuple[tuple[float, float, float, float], ...]
    aisles: tuple[tuple[str, float, bool], ...]
    walked: str
    ahead: str
    arrows: tuple[Arrow, ...]
    marks: tuple[Mark, ...]
    depot: tuple[float, float]
    #: What of the drawing is shown: x, y, width, height.
    box: tuple[float, float, float, float] = (0, 0, WIDTH, HEIGHT)

    @property
    def scale(self) -> float:
        """What is drawn keeps its size when less of the floor is shown."""
        return round(self.box[2] / WIDTH, 3)


def floor_map(db: Session, view: WalkView, current: StopView | None, *, close: bool = False) -> FloorMap | None:
    """The map, or None when the warehouse has no bins to draw. `close`: only the aisle of the current stop."""
    rows = db.execute(
        sa.select(col(Bin.aisle), sa.func.min(col(Bin.x_mm)), sa.func.min(col(Bin.y_mm)), sa.func.max(col(Bin.y_mm)))
        .where(col(Bin.warehouse_id) == view.warehouse_id, col(Bin.kind).in_((BinKind.PICK, BinKind.RESERVE)))
        .group_by(col(Bin.aisle))
        .order_by(sa.func.min(col(Bin.x_mm)))
    ).all()
    if not rows:
        return None
    paper = _Paper.over(view, [row[1] for row in rows], [y for row in rows for y in row[2:]])
    walked, ahead = _ways(view, current)
    drawn = [paper.spot(spot) for spot in ahead]
    return FloorMap(
        racks=tuple(rack for row in rows for rack in paper.racks(row[1])),
        aisles=tuple((row[0], paper.x(row[1]), current is not None and row[0] == current.aisle) for row in rows),
        walked=_points(paper.spot(spot) for spot in walked),
        ahead=_points(drawn),
        arrows=tuple(_arrows(drawn)),
        marks=tuple(_marks(view, current, paper)),
        depot=paper.spot(view.floor.depot),
        box=_around([paper.spot(stop.spot) for stop in view.stops if stop.aisle == current.aisle])
        if close and current
        else (0, 0, WIDTH, HEIGHT),
    )


def _around(spots: list[tuple[float, float]]) -> tuple[float, float, float, float]:
    """A part of the drawing, in its proportions, with these spots well inside."""
    (x, _y), ys = spots[0], [y for _x, y in spots]
    tall = min(max(max(ys) - min(ys) + 140, 220), HEIGHT)
    wide = tall * WIDTH / HEIGHT
    left = min(max(x - wide / 2, 0), WIDTH - wide)
    top = min(max((min(ys) + max(ys) - tall) / 2 - 10, 0), HEIGHT - tall)
    return round(left, 1), round(top, 1), round(wide, 1), round(tall, 1)


@dataclass(frozen=True)
class _Paper:
    """From mm on the floor to the drawing."""

    left: int
    foot: int
    wide: int
    tall: int
    blocks: tuple[tuple[int, int], ...]
    gap: float

    @classmethod
    def over(cls, view: WalkView, xs: list[int], ys: list[int]) -> "_Paper":
        crosses = view.floor.cross_y_mm or (min(ys), max(ys))
        ys, xs_all = [*ys, *crosses], [*xs, view.floor.depot[0]]
        wide, tall = max(max(xs_all) - min(xs_all), 1), max(max(ys) - min(ys), 1)
        gap = (WIDTH - 2 * _SIDE) / max(len(set(xs)) - 1, 1)
        return cls(min(xs_all), min(ys), wide, tall, tuple(pairwise(crosses)), min(gap, 60))

    def x(self, mm: int) -> float:
        return round(_SIDE + (mm - self.left) / self.wide * (WIDTH - 2 * _SIDE), 1)

    def y(self, mm: int) -> float:
        return round(HEIGHT - _FOOT - (mm - self.foot) / self.tall * (HEIGHT - _TOP - _FOOT), 1)

    def spot(self, spot: Spot) -> tuple[float, float]:
        return self.x(spot[0]), self.y(max(spot[1], self.foot))

    def racks(self, aisle_mm: int) -> list[tuple[float, float, float, float]]:
        """Shelves on both sides of an aisle, between its cross-aisles: x, y, width, height."""
        deep, off = round(self.gap * 0.26, 1), self.gap * 0.2
        x = self.x(aisle_mm)
        return [
            (round(left, 1), self.y(high) + 14, deep, max(self.y(low) - self.y(high) - 28, 4))
            for low, high in self.blocks
            for left in (x - off - deep, x + off)
        ]


def _ways(view: WalkView, current: StopView | None) -> tuple[list[Spot], list[Spot]]:
    """The way already walked, depot to current stop, and the way ahead, current stop to depot."""
    done = [s.spot for s in view.stops if s.state in (StopState.DONE, StopState.SHORT)]
    here = [current.spot] if current else done[-1:]
    ahead = [s.spot for s in view.stops if s.is_open and s is not current]
    return _corners(view, [view.floor.depot, *done, *here]), _corners(view, [*here, *ahead, view.floor.depot])


def _corners(view: WalkView, spots: list[Spot]) -> list[Spot]:
    way = spots[:1]
    for a, b in pairwise(spots):
        way += view.floor.corners(a, b)[1:]
    return way


def _points(spots) -> str:  # type: ignore[no-untyped-def]
    return " ".join(f"{x},{y}" for x, y in spots)


def _arrows(way: list[tuple[float, float]]) -> list[Arrow]:
    """One in the middle of every long leg; the drawing of an arrow points downwards.

    A leg walked in and out again keeps the arrow of the way in: two on one spot would look like a cross.
    """
    arrows: list[Arrow] = []
    for (ax, ay), (bx, by) in pairwise(way):
        if abs(ax - bx) + abs(ay - by) > 44:
            x, y = round((ax + bx) / 2, 1), round((ay + by) / 2, 1)
            if all(abs(x - other.x) + abs(y - other.y) > 16 for other in arrows):
                arrows.append(Arrow(x, y, round(degrees(atan2(by - ay, bx - ax)) - 90)))
    return arrows


def _marks(view: WalkView, current: StopView | None, paper: _Paper) -> list[Mark]:
    """Every stop, the far ones first, so that the current one lies on top."""
    ahead = [s for s in view.stops if s.is_open and s is not current]
    near = {s.id for s in ahead[:_NUMBERED]}
    kinds = {StopState.DONE: "done", StopState.SHORT: "short", StopState.SKIPPED: "skipped"}
    marks = []
    for stop in reversed(view.stops):
        kind = kinds.get(stop.state, "next" if ahead[:1] == [stop] else "soon" if stop.id in near else "later")
        marks.append(Mark(*paper.spot(stop.spot), "now" if stop is current else kind, stop.number))
    return sorted(marks, key=lambda mark: mark.kind == "now")
