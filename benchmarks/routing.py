"""Routes against proven optima, plain rules and OR-Tools: python -m benchmarks.routing [every n-th instance for peers].

Ours runs on every instance; the peers on every n-th. Milliseconds of processor time, as
the machine is shared, are of one whole `solve`, sequence and legs included.
"""

import sys
import time
from collections.abc import Callable, Sequence
from random import Random
from statistics import mean, quantiles
from typing import Any

from benchmarks.instances import rows_of
from benchmarks.routing_peers import guided_local_search, or_tools_default
from solver.routing.greedy import largest_gap, s_shape
from solver.routing.plan import Route
from solver.routing.problem import Layout, Point, Problem
from solver.routing.solve import solve

Method = Callable[[Problem], int]


def public_problem(row: dict[str, Any], blocks: int) -> Problem:
    """An instance in mm: cells count from the top; with two blocks a cross-aisle of size 2 halves the cells."""
    layout, depot, point_of = public_floor(row, blocks)
    return Problem(layout, depot, depot, tuple(point_of(a, c) for _, a, c, _ in row["skus"]))


def public_floor(row: dict[str, Any], blocks: int) -> tuple[Layout, Point, Callable[[int, int], Point]]:
    """Layout, depot, and where aisle and cell lie."""
    cells, pitch = row["cells"], round(row["dc"] * 1_000)
    bottom, top = round(row["dbot"] * 1_000), round(row["dtop"] * 1_000)
    half = cells // 2 if blocks == 2 else cells
    ys = [bottom + i * pitch + (0 if i < half else 2_000 - pitch) for i in range(cells)]
    middle = (ys[half - 1] + 1_000,) if blocks == 2 else ()
    xs = tuple(round(a * row["da"] * 1_000) for a in range(row["aisles"]))
    layout = Layout(xs, (0, *middle, ys[-1] + top))
    depot = Point(xs[row["depot_aisle"]], 0 if row["depot_loc"] == "bottom" else ys[-1] + top)
    return layout, depot, lambda aisle, cell: Point(xs[aisle], ys[cells - 1 - cell])


def made_problem(blocks: int, picks: int, seed: int) -> Problem:
    """10 to 25 aisles of 45 m in `blocks` blocks, picks anywhere, the depot at the foot of the first aisle."""
    dice = Random(seed)
    aisles = dice.randint(10, 25)
    layout = Layout(tuple(5_000 * a for a in range(aisles)), tuple(45_000 * c // blocks for c in range(blocks + 1)))
    places = [Point(5_000 * dice.randrange(aisles), dice.randint(1, 44_999)) for _ in range(picks)]
    return Problem(layout, Point(0, 0), Point(0, 0), tuple(places))


def timed(method: Callable[[Problem], Any], problems: Sequence[Problem]) -> tuple[list[Any], list[float]]:
    found, spent = [], []
    for problem in problems:
        since = time.process_time()
        found.append(method(problem))
        spent.append((time.process_time() - since) * 1_000)
    return found, spent


def times(spent: Sequence[float]) -> str:
    return f"mean {mean(spent):8.2f}  p95 {quantiles(spent, n=20)[-1] if len(spent) > 1 else spent[0]:8.2f} CPU ms"


def report(name: str, lengths: Sequence[int], best: Sequence[int], spent: Sequence[float]) -> None:
    ratio = mean(a / b for a, b in zip(lengths, best, strict=True))
    hits = sum(a == b for a, b in zip(lengths, best, strict=True))
    print(f"  {name:34} gap {ratio - 1:8.3%}  optimal {hits:5} of {len(best):5}  {times(spent)}")


PEERS: dict[str, Method] = {
    "S-shape": lambda p: s_shape(p).length_mm,
    "largest gap": lambda p: largest_gap(p).length_mm,
    "OR-Tools routing, default": or_tools_default,
    "OR-Tools guided local search 0.1 s": guided_local_search,
}


def compare(problems: Sequence[Problem], best: Sequence[int] | None, every: int) -> None:
    """Ours on all, peers on every n-th; without known optima ours are the measure where they are proven."""
    found, spent = timed(solve, problems)
    routes: list[Route] = found
    best = best or [route.length_mm for route in routes]
    print(f"  proven by us: {sum(r.gap == 0 for r in routes)} of {len(routes)}")
    report("ours", [r.length_mm for r in routes], best, spent)
    for name, method in PEERS.items():
        lengths, spent = timed(method, problems[::every])
        report(name, lengths, best[::every], spent)


def main(every: int = 16) -> None:
    rows = rows_of("routing/sprp_one_and_two_blocks.jsonl.gz")
    for blocks in (1, 2, 3, 5):  # kernels are read and tables built before the clock runs
        solve(made_problem(blocks, 5, 0))
    for blocks in (1, 2) if rows else ():
        print(f"{len(rows)} public instances as {blocks} block(s)")
        best = [round(row[f"opt_{blocks}block"] * 1_000) for row in rows]
        compare([public_problem(row, blocks) for row in rows], best, every)
    for blocks in (1, 2, 3, 4, 5):
        for picks in (5, 20, 60):
            print(f"40 floors of {blocks} block(s), {picks} picks")
            compare([made_problem(blocks, picks, seed) for seed in range(40)], None, max(1, every // 2))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
