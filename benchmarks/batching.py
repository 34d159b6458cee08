"""Batching against best known values and first come: python -m benchmarks.batching [every]."""

import sys
import time
from typing import Any

from benchmarks.instances import rows_of
from solver.batching.greedy import first_come
from solver.batching.problem import Cart, Order, Problem
from solver.batching.solve import solve
from solver.common import Stop
from solver.routing.problem import Layout, Point


def public_problem(row: dict[str, Any]) -> Problem:
    """A Henn-Waescher instance in mm: one block, capacity counts items."""
    pitch, reach = round(row["dc"] * 1_000), round(row["d0"] * 1_000)
    xs = tuple(round(a * row["da"] * 1_000) for a in range(row["aisles"]))
    layout = Layout(xs, (0, (row["cells"] - 1) * pitch + 2 * reach))
    depot = Point(xs[row["depot_aisle"]], 0)
    orders = tuple(
        Order(str(i), tuple(Point(xs[a], reach + c * pitch) for a, c in picks), len(picks))
        for i, picks in enumerate(row["orders"])
    )
    return Problem(layout, depot, depot, orders, Cart(slots=len(orders), max_items=row["cap"]))


def main(every: int = 10) -> None:
    rows = rows_of("batching/henn_waescher.jsonl.gz")[::every]
    if not rows:
        return
    best = [row["bks_opt_routing"] * 1_000 for row in rows]
    print(f"{len(rows)} instances: walking / best known (exact walks in each cart), seconds each")
    for name, method in {
        "ours": solve,
        "ours, a tenth of the work": lambda p: solve(p, Stop(10)),
        "first come": first_come,
    }.items():
        since = time.perf_counter()
        walks = [method(public_problem(row)).walk_mm for row in rows]
        spent = (time.perf_counter() - since) / len(rows)
        ratio = sum(a / b for a, b in zip(walks, best, strict=True)) / len(rows)
        print(f"  {name:30} {ratio:.4f}  {spent:8.2f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
