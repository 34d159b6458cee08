"""Allocation against order-by-order rules: python -m benchmarks.allocation [orders warehouses].

The public instances describe rates by weight band and service, which the problem here does not have yet. Their
baskets, stock and priorities are taken as they are; a lane costs what the cheapest service costs for 1 kg. Figures
are therefore ratios to the bound proven in the same run, not to the bounds published with the instances.
"""

import sys
import time

import numpy as np

from benchmarks.instances import FOLDER
from solver.allocation.check import violations
from solver.allocation.greedy import STRATEGIES
from solver.allocation.problem import Lane, Line, Order, Problem, Warehouse
from solver.allocation.solve import solve


def public_problem(name: str) -> Problem | None:
    """Each order is a region of its own, as the instances give every order its own zones."""
    path = FOLDER / "allocation" / name
    if not path.is_file():
        print(f"no public instances here: expected ../shared/data/allocation/{name} beside the repository")
        return None
    data = dict(np.load(path))
    houses, band = int(data["W"]), int(np.searchsorted(data["edges"], 1.0))
    rate = data["rate"][:, :, band]
    cheapest, days = rate.argmin(axis=1), data["transit"]
    wanted: dict[int, dict[str, int]] = {}
    for o, sku, qty in zip(data["ol"].tolist(), data["lsku"].tolist(), data["lqty"].tolist(), strict=True):
        lines = wanted.setdefault(o, {})
        lines[str(sku)] = lines.get(str(sku), 0) + qty
    orders = tuple(
        Order(
            str(o),
            tuple(Line(sku, qty) for sku, qty in lines.items()),
            str(o),
            int(data["tier"][o]),
            int(data["prom"][o]) * 1_440,
            int(data["maxp"][o] if np.ndim(data["maxp"]) else data["maxp"]) > 1,
        )
        for o, lines in sorted(wanted.items())
    )
    stock, labour = data["stock"], data["lab"]
    warehouses = tuple(
        Warehouse(f"w{w}", tuple((str(s), int(q)) for s, q in enumerate(stock[:, w])), None, int(labour[w]))
        for w in range(houses)
    )
    lanes = tuple(
        Lane(f"w{w}", str(o), round(float(rate[z, cheapest[z]]) * 100), int(days[z, cheapest[z]]))
        for o in sorted(wanted)
        if data["sok"][o]
        for w, z in enumerate(data["zone"][o].tolist())
    )
    return Problem(orders, warehouses, lanes)


def report(title: str, problem: Problem) -> None:
    since = time.perf_counter()
    plan = solve(problem)
    print(f"{title}: cost / bound, left out, seconds, rules broken")
    assert plan.bound is not None
    rows = [("ours", plan, time.perf_counter() - since)]
    for name, strategy in STRATEGIES.items():
        since = time.perf_counter()
        rows.append((name, strategy(problem, 0), time.perf_counter() - since))
    for name, other, spent in rows:
        ratio, broken = other.cost / max(1, plan.bound), len(violations(problem, other))
        print(f"  {name:14} {ratio:.4f}  {len(other.unallocated):6}  {spent:8.2f}  {broken}")


def main(orders: int = 1_000, warehouses: int = 20) -> None:
    for supply in ("N", "I"):
        problem = public_problem(f"{supply}_{orders}_{warehouses}.npz")
        if problem is not None:
            report(f"{supply}_{orders}_{warehouses}", problem)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
