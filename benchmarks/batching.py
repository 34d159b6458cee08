"""Batching against best known values and plain rules: python -m benchmarks.batching [set] [every] [from].

Sets: henn_waescher, muter_oncan, bahceci_oncan (public instances), quick (the first at a twentieth of the work), wave
(3,000 real orders), due (henn_waescher with due times: all by `tight` x the time earliest-due-date takes).
Seconds are wall and processor seconds for each instance.
"""

import ast
import csv
import gzip
import random
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from benchmarks.batching_peers import seed_by_aisles
from benchmarks.instances import FOLDER, rows_of
from solver.batching.greedy import earliest_due, first_come, seed_rule
from solver.batching.plan import Plan
from solver.batching.problem import Cart, Order, Pace, Problem
from solver.batching.solve import lateness, solve
from solver.common import Status, Stop
from solver.routing.problem import Layout, Point

QUICK = Stop(5)


def public_problem(row: dict[str, Any]) -> Problem:
    """An instance in mm, of one block; capacity counts items."""
    return _henn(row) if "d0" in row else _oncan(row)


def best_known(row: dict[str, Any]) -> int:
    return round(float(row["bks_opt_routing" if "d0" in row else "bks"]) * 1_000)


def _henn(row: dict[str, Any]) -> Problem:
    pitch, reach = round(row["dc"] * 1_000), round(row["d0"] * 1_000)
    xs = tuple(round(a * row["da"] * 1_000) for a in range(row["aisles"]))
    layout = Layout(xs, (0, (row["cells"] - 1) * pitch + 2 * reach))
    orders = tuple(
        Order(str(i), tuple(Point(xs[a], reach + c * pitch) for a, c in picks), len(picks))
        for i, picks in enumerate(row["orders"])
    )
    depot = Point(xs[row["depot_aisle"]], 0)
    return Problem(layout, depot, depot, orders, Cart(slots=len(orders), max_items=row["cap"]))


def _oncan(row: dict[str, Any]) -> Problem:
    """Cells count from the top."""
    xs = tuple(round(a * row["da"] * 1_000) for a in range(row["aisles"]))
    up = [round((row["dbot"] + (row["cells"] - 1 - c) * row["dc"]) * 1_000) for c in range(row["cells"])]
    spot = {article: Point(xs[aisle], up[cell]) for article, aisle, cell, _ in row["skus"]}
    orders = tuple(
        Order(str(i), tuple(spot[article] for article, _ in lines), round(sum(qty for _, qty in lines)))
        for i, lines in enumerate(row["orders"])
    )
    depot = Point(xs[row["depot_aisle"]], 0)
    layout = Layout(xs, (0, up[0] + round(row["dtop"] * 1_000)))
    return Problem(layout, depot, depot, orders, Cart(slots=len(orders), max_items=round(row["cap"])))


def wave(count: int = 3_000, slots: int = 10) -> Problem:
    """The first orders of the public warehouse lines: an aisle runs between the two rows of bins of an alley."""
    lines: dict[tuple[str, str], list[tuple[str, int, int]]] = defaultdict(list)
    sides: dict[str, set[float]] = defaultdict(set)
    with gzip.open(FOLDER / "orders" / "warehouse_lines.csv.gz", "rt") as rows:
        for row in csv.DictReader(rows):
            x, y = ast.literal_eval(row["Coord"])
            sides[row["Alley_Number"]].add(x)
            lines[row["DATE"], row["OrderNumber"]].append((row["Alley_Number"], round(y * 1_000), int(row["PCS"])))
    at = {alley: round((min(xs) + max(xs)) * 500) for alley, xs in sides.items()}
    ys = [y for some in lines.values() for _, y, _ in some]
    xs = tuple(sorted(set(at.values())))
    layout, depot = Layout(xs, (min(ys) - 1_000, max(ys) + 1_000)), Point(xs[0], min(ys) - 1_000)
    orders = tuple(
        Order(str(i), tuple(Point(at[alley], y) for alley, y, _ in some), sum(pieces for *_, pieces in some))
        for i, some in enumerate(list(lines.values())[:count])
    )
    return Problem(layout, depot, depot, orders, Cart(slots=slots))


def with_due_times(problem: Problem, tight: float, pickers: int) -> Problem:
    """Due at random until `tight` x the minute at which the last cart would come back by earliest due date."""
    problem = replace(problem, pace=Pace(pickers=pickers, setup_min=3))
    end, rng = max(trip.finish_min for trip in earliest_due(problem).trips), random.Random(len(problem.orders))
    first = max(problem.pace.minutes_for(0, order.items) for order in problem.orders)
    due = [rng.randint(first, max(first, round(tight * end))) for _ in problem.orders]
    return replace(problem, orders=tuple(replace(o, due_min=d) for o, d in zip(problem.orders, due, strict=True)))


def timed(method: Callable[[Problem], Plan], problems: Sequence[Problem]) -> tuple[list[Plan], float, float]:
    """The plans, and the wall and processor seconds of each on average."""
    wall, work = time.perf_counter(), time.process_time()
    plans = [method(problem) for problem in problems]
    each = max(1, len(problems))
    return plans, (time.perf_counter() - wall) / each, (time.process_time() - work) / each


def against_best_known(name: str, stop: Stop, every: int, first: int) -> None:
    rows = rows_of(f"batching/{name}.jsonl.gz")[first::every]
    solve(public_problem(rows[0]), Stop(1)) if rows else None
    for size in sorted({len(row["orders"]) for row in rows}):
        mine = [row for row in rows if len(row["orders"]) == size]
        problems = [public_problem(row) for row in mine]
        for label, method in (
            ("ours", lambda p: solve(p, stop)), ("seed, exact", seed_rule), ("seed, aisles", seed_by_aisles),
            ("first come", first_come),
        ):  # fmt: skip
            plans, wall, work = timed(method, problems)
            gaps = [plan.walk_mm / best_known(row) - 1 for plan, row in zip(plans, mine, strict=True)]
            hits = sum(plan.walk_mm <= best_known(row) for plan, row in zip(plans, mine, strict=True))
            proven = sum(plan.status is Status.OPTIMAL for plan in plans)
            print(
                f"  {size:4} orders, {len(mine):4} instances, {label:12} gap {sum(gaps) / len(gaps):8.3%}"
                f" worst {max(gaps):8.3%}, best known {hits}, proven {proven}; {wall:.4f} s, {work:.4f} s of work",
                flush=True,
            )


def against_first_come() -> None:
    problem = wave()
    solve(wave(500), Stop(1))
    base = first_come(problem).walk_mm
    for label, method in (("seed, exact", seed_rule), ("seed, aisles", seed_by_aisles), ("ours", solve)):
        (plan,), wall, work = timed(method, [problem])
        print(f"  {label:12} {1 - plan.walk_mm / base:.3%} less than first come; {wall:.1f} s, {work:.1f} s of work")


def against_earliest_due(every: int, first: int) -> None:
    rows = rows_of("batching/henn_waescher.jsonl.gz")[first::every]
    for tight in (0.5, 0.8, 1.1):
        problems = [with_due_times(public_problem(row), tight, 1 + i % 3) for i, row in enumerate(rows)]
        plans, wall, work = timed(lambda p: solve(p, Stop(20)), problems)
        rules = [lateness(p, earliest_due(p)) for p in problems]
        ours = [lateness(p, plan) for p, plan in zip(problems, plans, strict=True)]
        worse = sum(a[0] > b[0] or a[1] > b[1] for a, b in zip(ours, rules, strict=True))
        late, less = [sum(a[i] for a in ours) for i in (0, 1)], [sum(b[i] for b in rules) for i in (0, 1)]
        print(
            f"  due by {tight} x: {len(rows)} instances, late orders {late[0]} (earliest due date {less[0]}), minutes"
            f" {late[1]} ({less[1]}): {1 - late[1] / max(1, less[1]):.1%} less, worse on {worse};"
            f" {wall:.2f} s, {work:.2f} s of work",
            flush=True,
        )


def main(name: str, every: int = 10, first: int = 0) -> None:
    print(name, f"every {every} from {first}")
    if name == "wave":
        against_first_come()
    elif name == "due":
        against_earliest_due(every, first)
    elif name == "quick":
        against_best_known("henn_waescher", QUICK, every, first)
    else:
        against_best_known(name, Stop(), every, first)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "henn_waescher", *map(int, sys.argv[2:]))
