"""Bins for a line against published optima: python -m benchmarks.routing_scattered [every n-th instance].

The published two-block values of the instances with several units a line ("varying") are below what can be reached: for
the small ones every choice is tried here, and the least is printed beside them.
"""

import sys
from itertools import product
from statistics import mean
from typing import Any

from benchmarks.instances import rows_of
from benchmarks.routing import public_floor, report, timed
from solver.common import Status
from solver.routing.lines import Gathered, Gathering, Line, Source, choose, minimal_sets
from solver.routing.problem import Problem
from solver.routing.solve import solve


def gathering(row: dict[str, Any], blocks: int) -> Gathering:
    layout, depot, point_of = public_floor(row, blocks)
    lines = [
        Line(need, tuple(Source(point_of(a, c), units) for sku, a, c, units in row["skus"] if sku == wanted))
        for wanted, need in row["orders"][0]
    ]
    return Gathering(layout, depot, depot, tuple(lines))


def nearest_bins(problem: Gathering) -> int:
    """The bins nearest to the depot, then the shortest walk: what a house without a choice of bins does."""
    walk = problem.layout.walk_mm
    points = []
    for line in problem.lines:
        got = 0
        for source in sorted(line.sources, key=lambda s: walk(problem.start, s.point)):
            if got < line.need:
                points.append(source.point)
                got += source.units
    return solve(Problem(problem.layout, problem.start, problem.end, tuple(points))).length_mm


def least_of_all(problem: Gathering) -> int | None:
    """Every choice tried with an exact route; None when there are too many."""
    ways = [minimal_sets(line, 64) for line in problem.lines]
    count = 1
    for some in ways:
        count *= len(some)
    if not 0 < count <= 300:
        return None
    lengths = []
    for choice in product(*ways):
        points = tuple(line.sources[s].point for line, some in zip(problem.lines, choice, strict=True) for s in some)
        lengths.append(solve(Problem(problem.layout, problem.start, problem.end, points)).length_mm)
    return min(lengths)


def main(every: int = 1) -> None:
    rows = rows_of("routing/sprp_scattered_storage.jsonl.gz")[::every]
    for blocks in (1, 2) if rows else ():
        choose(gathering(rows[-1], blocks))
        for kind in ("unit", "varying"):
            some = [row for row in rows if row["name"].startswith(kind)]
            problems = [gathering(row, blocks) for row in some]
            best = [round(row[f"opt_{blocks}block"] * 1_000) for row in some]
            print(f"{len(some)} instances, {blocks} block(s), {kind} units a line; gap to the published value")
            found, spent = timed(choose, problems)  # type: ignore[arg-type]
            answers: list[Gathered] = found
            report("ours", [a.route.length_mm for a in answers], best, spent)
            lengths, spent = timed(nearest_bins, problems[::8])  # type: ignore[arg-type]
            report("nearest bins", lengths, best[::8], spent)
            print(f"  proven by us: {sum(a.status is Status.OPTIMAL for a in answers)}")
            tried = [(least_of_all(p), b, a.route.length_mm) for p, b, a in zip(problems, best, answers, strict=True)]
            small = [(least, b, ours) for least, b, ours in tried if least is not None]
            if small:
                above = sum(least > b for least, b, _ in small)
                hits = sum(least == ours for least, _, ours in small)
                ratio = mean(ours / least for least, _, ours in small) - 1
                print(f"  every choice tried for {len(small)}: the published value is lower in {above}; "
                      f"ours the least in {hits}, gap {ratio:.3%}")  # fmt: skip


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
