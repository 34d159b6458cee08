"""A floor as pieces of aisle between nodes, for `flow`: nodes are crossings, ends of the walk, lift doors and picks on
a cross-aisle; all other picks lie inside a piece."""

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise

from solver.routing.problem import Building, Layout, Place, Point, Problem, Tour

Spot = tuple[int, int, int]  # storey, x, y


@dataclass(slots=True)
class Piece:
    """From node `a` to node `b`, mm; a dead end has no `b`. `picks`: (mm from `a`, index of the pick), increasing."""

    a: int
    b: int | None
    length: int
    is_up: bool = True
    is_down: bool = True
    picks: list[tuple[int, int]] = field(default_factory=list)


@dataclass(slots=True)
class Pieces:
    """`at` [node]: the picks one meets there; `stubs_mm` is added to every walk."""

    start: int
    end: int
    nodes: int
    pieces: list[Piece]
    at: dict[int, list[int]]
    stubs_mm: int


def pieces_of(problem: Problem | Tour, layout: Layout | Building) -> Pieces:
    storeys = layout.storeys if isinstance(layout, Building) else (layout,)
    lifts = layout.lifts if isinstance(layout, Building) else ()
    number: dict[Spot, int] = {}

    def node(storey: int, x: int, y: int) -> int:
        return number.setdefault((storey, x, y), len(number))

    cabins = {
        Point(lift.x_mm, lift.y_mm, storey): (-1 - n, storey, 0)
        for n, lift in enumerate(lifts) for storey in range(len(storeys))
    }  # fmt: skip

    def place(point: Point) -> Place:
        return storeys[point.storey].place(point)

    def stub(point: Point) -> int:
        return 0 if point in cabins else place(point).stub_mm

    found: list[Piece] = []
    at: dict[int, list[int]] = defaultdict(list)
    inside: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    ends = [problem.start, problem.end]
    doors = [Point(lift.x_mm, lift.y_mm, storey) for storey in range(len(storeys)) for lift in lifts]
    for i, pick in enumerate(problem.picks):
        spot = place(pick)
        if pick in cabins:
            at[node(*cabins[pick])].append(i)
        elif spot.aisle is None:
            at[node(pick.storey, spot.x_mm, spot.y_mm)].append(i)
        else:
            inside[pick.storey, spot.x_mm].append((spot.y_mm, i))
    for storey, floor in enumerate(storeys):
        spots = [place(point) for point in ends + doors if point.storey == storey]
        on_cross = spots + [place(point) for point in problem.picks if point.storey == storey]
        for y in floor.cross_y_mm:
            xs = {*floor.aisles_x_mm, *(p.x_mm for p in on_cross if p.aisle is None and p.y_mm == y)}
            found += [Piece(node(storey, a, y), node(storey, b, y), b - a) for a, b in pairwise(sorted(xs))]
        for aisle, x in enumerate(floor.aisles_x_mm):
            stops = sorted({*floor.cross_y_mm, *(p.y_mm for p in spots if p.aisle == aisle)})
            some = sorted(inside[storey, x])
            for y in stops:
                at[node(storey, x, y)] += [i for where, i in some if where == y]
            for low, high in pairwise(stops):
                picks = [(y - low, i) for y, i in some if low < y < high]
                found += _along(floor, aisle, low, high, node(storey, x, low), node(storey, x, high), picks)
    for n, lift in enumerate(lifts):
        shaft = [node(-1 - n, storey, 0) for storey in range(len(storeys))]
        found += [Piece(a, b, lift.ride_mm) for a, b in pairwise(shaft)]
        for storey, cabin in enumerate(shaft):
            spot = place(Point(lift.x_mm, lift.y_mm, storey))
            found.append(Piece(node(storey, spot.x_mm, spot.y_mm), cabin, spot.stub_mm))
    a, b = (node(*cabins.get(p, (p.storey, place(p).x_mm, place(p).y_mm))) for p in ends)
    apart = {pick for pick in problem.picks if pick not in ends}
    own = 0 if problem.start == problem.end and not apart else sum(stub(p) for p in ends)
    stubs = own + 2 * sum(stub(pick) for pick in apart)
    there = {
        n: sorted(some, key=lambda i: (problem.picks[i].x_mm, problem.picks[i].y_mm)) for n, some in at.items() if some
    }
    return Pieces(a, b, len(number), found, there, stubs)


def _along(floor: Layout, aisle: int, low: int, high: int, a: int, b: int, picks: list[tuple[int, int]]) -> list[Piece]:
    """The piece between two neighbouring nodes of an aisle, or the dead ends on both sides of what is closed."""
    block = max(i for i, y in enumerate(floor.cross_y_mm) if y <= low)
    rules = [rule.is_up for rule in floor.one_way if (rule.aisle, rule.block) == (aisle, block)]
    shut = [(c.low_mm, c.high_mm) for c in floor.closed if c.aisle == aisle and c.low_mm < high and c.high_mm > low]
    if not shut:
        return [Piece(a, b, high - low, False not in rules, True not in rules, picks)]
    first, last = max(low, min(s for s, _ in shut)) - low, min(high, max(s for _, s in shut)) - low
    below = [(y, i) for y, i in picks if y <= first]
    above = [(high - low - y, i) for y, i in reversed(picks) if y >= last]
    return [Piece(node, None, some[-1][0], True, not rules, some) for node, some in ((a, below), (b, above)) if some]
