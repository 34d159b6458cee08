"""Routes where no programme fits: python -m benchmarks.routing_hard [floors of each kind] [seconds of the long run].

One-way and closed aisles, storeys, and floors of any shape, 60 picks each. The measure of a floor of any shape is the
best of a long CP-SAT run and ours.
"""

import sys
from random import Random
from statistics import mean

import numpy as np

from benchmarks.routing import made_problem, timed, times
from benchmarks.routing_peers import long_circuit, or_tools_order
from solver.common import Status
from solver.routing.check import violations
from solver.routing.greedy import route_of
from solver.routing.network import distances
from solver.routing.plan import Route
from solver.routing.problem import Building, Closed, Layout, Lift, Network, OneWay, Point, Problem, Tour
from solver.routing.solve import solve


def one_way_problem(blocks: int, seed: int, share: float = 1.0) -> Problem:
    """Neighbouring aisles turn opposite ways; with a share below 1 the others stay two-way."""
    plain, dice = made_problem(blocks, 60, seed), Random(seed)
    aisles = range(len(plain.layout.aisles_x_mm))
    chosen = [a for a in aisles if dice.random() < share]
    rules = tuple(OneWay(a, b, (a + b) % 2 == 0) for a in chosen for b in range(blocks))
    return Problem(
        Layout(plain.layout.aisles_x_mm, plain.layout.cross_y_mm, rules), plain.start, plain.end, plain.picks
    )


def closed_problem(blocks: int, seed: int) -> Problem:
    """A stretch of 2 m is shut in every fourth sub-aisle; no pick lies in it."""
    plain, dice = made_problem(blocks, 60, seed), Random(seed)
    cross = plain.layout.cross_y_mm
    shut = []
    for aisle in range(len(plain.layout.aisles_x_mm)):
        for block in range(blocks):
            if dice.random() < 0.25:
                low = dice.randint(cross[block] + 500, cross[block + 1] - 2_500)
                shut.append(Closed(aisle, low, low + 2_000))
    xs = plain.layout.aisles_x_mm
    inside = {(xs[c.aisle], y) for c in shut for y in range(c.low_mm, c.high_mm + 1)}
    picks = tuple(p for p in plain.picks if (p.x_mm, p.y_mm) not in inside)
    return Problem(Layout(xs, cross, (), tuple(shut)), plain.start, plain.end, picks)


def stacked_problem(lifts: int, seed: int) -> Tour:
    """Three storeys of 12 aisles in two blocks, 20 picks on each."""
    dice = Random(seed)
    floor = Layout(tuple(5_000 * a for a in range(12)), (0, 22_500, 45_000))
    cabins = tuple(Lift(15_000 + 30_000 * n, 0, 8_000) for n in range(lifts))
    picks = tuple(Point(5_000 * dice.randrange(12), dice.randint(1, 44_999), n % 3) for n in range(60))
    return Tour(Building((floor,) * 3, cabins), Point(0, 0), Point(0, 0), picks)


def irregular_problem(seed: int) -> Tour:
    """200 spots strewn over 100 x 60 m, joined to their nearest neighbours; a tenth of the ways lead one way only."""
    dice = Random(seed)
    spots = tuple({Point(dice.randint(0, 100_000), dice.randint(0, 60_000)) for _ in range(200)})
    at = np.array([(p.x_mm, p.y_mm) for p in spots])
    far = np.abs(at[:, None] - at[None]).sum(axis=2)
    ways = []
    joined, rest = {0}, set(range(1, len(spots)))
    pairs = {tuple(sorted((a, int(b)))) for a in range(len(spots)) for b in np.argsort(far[a])[1:4]}
    while rest:  # a tree two ways, so that every spot can be reached
        a, b = min(((a, b) for a in joined for b in rest), key=lambda pair: int(far[pair]))
        joined.add(b)
        rest.discard(b)
        pairs.discard((min(a, b), max(a, b)))
        ways += [(a, b, int(far[a, b])), (b, a, int(far[a, b]))]
    for a, b in sorted(pairs):
        ways.append((a, b, int(far[a, b])))
        if dice.random() > 0.1:
            ways.append((b, a, int(far[a, b])))
    stops = dice.sample(range(len(spots)), 61)
    start = spots[stops[0]]
    return Tour(Network(spots, tuple(ways)), start, start, tuple(spots[s] for s in stops[1:]))


def compare(name: str, problems: list[Problem] | list[Tour], long_s: float = 0.0) -> None:
    solve(problems[0])
    found, spent = timed(solve, problems)  # type: ignore[arg-type]
    routes: list[Route] = found
    assert not any(violations(p, r) for p, r in zip(problems[:10], routes[:10], strict=True))
    proven = sum(route.status is Status.OPTIMAL for route in routes)
    gap = mean(route.gap if route.gap is not None else 1.0 for route in routes)
    late = sum(one > 100 for one in spent)
    print(f"{len(problems)} {name}: proven {proven}, gap to the bound {gap:.3%}, over 100 ms {late}, {times(spent)}")
    lengths, spent = timed(lambda p: route_of(p, or_tools_order(distances(p)), "").length_mm, problems[::4])
    ratio = mean(a / r.length_mm for a, r in zip(lengths, routes[::4], strict=True))
    print(f"  OR-Tools routing, default: {ratio - 1:+.3%} against ours, {times(spent)}")
    if long_s:
        best = [min(long_circuit(distances(p), long_s), r.length_mm) for p, r in zip(problems, routes, strict=True)]
        gaps = [r.length_mm / b - 1 for r, b in zip(routes, best, strict=True)]
        print(f"  against a CP-SAT run of {long_s:g} s: mean {mean(gaps):.3%}, most {max(gaps):.3%}")


def main(floors: int = 20, long_s: int = 20) -> None:
    for blocks in (1, 2, 3):
        compare(f"one-way floors of {blocks} block(s)", [one_way_problem(blocks, s) for s in range(floors)])
        compare(f"floors of {blocks} block(s), half one-way", [one_way_problem(blocks, s, 0.5) for s in range(floors)])
        compare(
            f"floors of {blocks} block(s) with closed stretches", [closed_problem(blocks, s) for s in range(floors)]
        )
    compare("three storeys with one lift", [stacked_problem(1, s) for s in range(floors)])
    compare("three storeys with two lifts", [stacked_problem(2, s) for s in range(floors)])
    compare("floors of any shape", [irregular_problem(s) for s in range(min(floors, 10))], long_s)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
