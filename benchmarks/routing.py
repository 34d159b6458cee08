"""Routing against proven optima and plain rules: python -m benchmarks.routing [every]."""

import sys
import time
from typing import Any

from benchmarks.instances import rows_of
from solver.common import Stop
from solver.routing.greedy import nearest_neighbour, route_of, s_shape
from solver.routing.problem import Layout, Point, Problem
from solver.routing.search import improved_order
from solver.routing.solve import solve


def public_problem(row: dict[str, Any], blocks: int) -> Problem:
    """An instance in mm: cells count from the top; with two blocks a cross-aisle of size 2 halves the cells."""
    cells, pitch = row["cells"], round(row["dc"] * 1_000)
    bottom, top = round(row["dbot"] * 1_000), round(row["dtop"] * 1_000)
    half = cells // 2 if blocks == 2 else cells
    ys = [bottom + i * pitch + (0 if i < half else 2_000 - pitch) for i in range(cells)]
    middle = (ys[half - 1] + 1_000,) if blocks == 2 else ()
    xs = tuple(round(a * row["da"] * 1_000) for a in range(row["aisles"]))
    layout = Layout(xs, (0, *middle, ys[-1] + top))
    depot = Point(xs[row["depot_aisle"]], 0 if row["depot_loc"] == "bottom" else ys[-1] + top)
    return Problem(layout, depot, depot, tuple(Point(xs[a], ys[cells - 1 - c]) for _, a, c, _ in row["skus"]))


def main(every: int = 40) -> None:
    rows = rows_of("routing/sprp_one_and_two_blocks.jsonl.gz")[::every]
    methods = {
        "ours (exact)": solve,
        "OR-Tools guided local search": lambda p: route_of(
            p, improved_order(p, nearest_neighbour(p).order, Stop(100)), "search"
        ),
        "nearest neighbour": nearest_neighbour,
        "S-shape": s_shape,
    }
    for blocks in (1, 2) if rows else ():
        problems = [public_problem(row, blocks) for row in rows]
        best = [round(row[f"opt_{blocks}block"] * 1_000) for row in rows]
        print(f"{len(rows)} instances, {blocks} block(s): length / proven optimum, optimal, ms each")
        for name, method in methods.items():
            since = time.perf_counter()
            lengths = [method(problem).length_mm for problem in problems]
            spent = (time.perf_counter() - since) * 1_000 / len(rows)
            ratio = sum(a / b for a, b in zip(lengths, best, strict=True)) / len(rows)
            hits = sum(a == b for a, b in zip(lengths, best, strict=True))
            print(f"  {name:30} {ratio:.4f}  {hits:4}  {spent:8.2f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
