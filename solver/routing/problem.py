"""The routing problem: parallel aisles joined by cross-aisles, and the points a picker must pass."""

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the floor in mm."""

    x_mm: int
    y_mm: int
    storey: int = 0


@dataclass(frozen=True, slots=True)
class OneWay:
    """A sub-aisle in which everybody walks one way: up is towards larger y. `aisle` and `block` are indices."""

    aisle: int
    block: int
    is_up: bool


@dataclass(frozen=True, slots=True)
class Closed:
    """A stretch of an aisle through which nobody passes; up to its two ends people walk."""

    aisle: int
    low_mm: int
    high_mm: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a point meets the walkways: `aisle` is its index, or None when it lies on cross-aisle `cross`;
    `stub_mm` is the straight walk from the point to (x_mm, y_mm)."""

    x_mm: int
    y_mm: int
    aisle: int | None
    cross: int
    stub_mm: int


@dataclass(frozen=True, slots=True)
class Layout:
    """A rectangular picking area: aisles run along y at `aisles_x_mm`, cross-aisles along x at `cross_y_mm`.

    Two cross-aisles make one block, three make two, and so on; both lists are strictly increasing.
    """

    aisles_x_mm: tuple[int, ...]
    cross_y_mm: tuple[int, ...]
    one_way: tuple[OneWay, ...] = ()
    closed: tuple[Closed, ...] = ()

    def __post_init__(self) -> None:
        if not self.aisles_x_mm or len(self.cross_y_mm) < 2:
            raise ValueError("a layout needs an aisle and two cross-aisles")
        for row in (self.aisles_x_mm, self.cross_y_mm):
            if any(a >= b for a, b in pairwise(row)):
                raise ValueError("aisles and cross-aisles must be listed in increasing order")
        if any(not (0 <= w.aisle < len(self.aisles_x_mm) and 0 <= w.block < self.blocks) for w in self.one_way):
            raise ValueError("a one-way rule is about a sub-aisle that is not there")
        if any(not 0 <= c.aisle < len(self.aisles_x_mm) or c.low_mm >= c.high_mm for c in self.closed):
            raise ValueError("a closed stretch is about an aisle that is not there, or has no length")

    @property
    def blocks(self) -> int:
        return len(self.cross_y_mm) - 1

    @property
    def is_plain(self) -> bool:
        """Everybody walks everywhere: distances have a formula."""
        return not self.one_way and not self.closed

    def walls(self) -> dict[tuple[int, int], list[tuple[int, int]]]:
        """(aisle, block) -> the closed stretches in that sub-aisle, mm, from the low end up; one where they touch."""
        found: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
        for closed in sorted(self.closed, key=lambda c: c.low_mm):
            for block, (low, high) in enumerate(pairwise(self.cross_y_mm)):
                a, b = max(low, closed.low_mm), min(high, closed.high_mm)
                known = found[closed.aisle, block] if a < b else []
                if a < b and known and known[-1][1] >= a:
                    known[-1] = (known[-1][0], max(b, known[-1][1]))
                elif a < b:
                    known.append((a, b))
        return {where: stretches for where, stretches in found.items() if stretches}

    def place(self, point: Point) -> Place:
        """Snap a point to the walkways: to its aisle (a bin's reach beside the aisle is no walking), or,
        nearer to a cross-aisle or beyond the blocks, straight along y to that cross-aisle, which counts as
        a stub."""
        aisle = nearest(self.aisles_x_mm, point.x_mm)
        cross = nearest(self.cross_y_mm, point.y_mm)
        beside = abs(self.aisles_x_mm[aisle] - point.x_mm)
        stub = abs(self.cross_y_mm[cross] - point.y_mm)
        is_inside = self.cross_y_mm[0] <= point.y_mm <= self.cross_y_mm[-1]
        if is_inside and (beside <= stub or beside == 0):
            return Place(self.aisles_x_mm[aisle], point.y_mm, aisle, cross, 0)
        return Place(point.x_mm, self.cross_y_mm[cross], None, cross, stub)

    def walk_mm(self, a: Point, b: Point) -> int:
        """Shortest walk between two points through aisles and cross-aisles."""
        return 0 if a == b else self.walk_between(self.place(a), self.place(b))

    def walk_between(self, a: Place, b: Place) -> int:
        """Shortest walk between two snapped points, their stubs included."""
        stubs = a.stub_mm + b.stub_mm
        across = abs(a.x_mm - b.x_mm)
        along = abs(a.y_mm - b.y_mm)
        if a.aisle is not None and b.aisle is not None and across:
            along = min(abs(a.y_mm - y) + abs(y - b.y_mm) for y in self.cross_y_mm)
        if a.aisle is None and b.aisle is None and along:
            across = self._over_an_aisle(a.x_mm, b.x_mm)
        return stubs + across + along

    def _over_an_aisle(self, from_x: int, to_x: int) -> int:
        """Least walk along x from one cross-aisle to another when some aisle must be walked in between."""
        return min(abs(from_x - x) + abs(x - to_x) for x in self.aisles_x_mm)


def nearest(row: tuple[int, ...], value: int) -> int:
    """Index of the entry nearest to value in an increasing row; the lower one on a tie."""
    right = bisect_left(row, value)
    if right == 0:
        return 0
    if right == len(row) or value - row[right - 1] <= row[right] - value:
        return right - 1
    return right


@dataclass(frozen=True, slots=True)
class Lift:
    """Joins the storeys of a building at one point of each; `ride_mm` per storey is its time told as walking."""

    x_mm: int
    y_mm: int
    ride_mm: int


@dataclass(frozen=True, slots=True)
class Building:
    """Storeys above each other, the index is `Point.storey`; at least one lift where there are several."""

    storeys: tuple[Layout, ...]
    lifts: tuple[Lift, ...]

    def __post_init__(self) -> None:
        if not self.storeys or (len(self.storeys) > 1 and not self.lifts):
            raise ValueError("a building needs a storey, and a lift where it has several")
        if len({(lift.x_mm, lift.y_mm) for lift in self.lifts}) < len(self.lifts):
            raise ValueError("two lifts stand at one place")


@dataclass(frozen=True, slots=True)
class Network:
    """A floor of any shape: `ways` lead from a spot to another (indices), mm; a two-way path is two ways. Everybody
    starts, picks and ends at spots."""

    spots: tuple[Point, ...]
    ways: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One walk: from `start` past all `picks` (in any order) to `end`."""

    layout: Layout
    start: Point
    end: Point
    picks: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Tour:
    """The same in a building of several storeys or on a floor of any shape."""

    layout: Building | Network
    start: Point
    end: Point
    picks: tuple[Point, ...]
