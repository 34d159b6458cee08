"""Compile the kernels before somebody waits for them: `python -m solver.warming [each | package...]`, once a release.

Each package plans something small that needs its kernels; what is compiled lies on disk for every process after.
"""

import subprocess
import sys
from collections.abc import Callable
from random import Random

import numpy as np

import solver.allocation.problem as days
import solver.allocation.solve
import solver.batching.problem as waves
import solver.batching.solve
import solver.cartons.problem as goods
import solver.cartons.solve
import solver.routing.problem as walks
import solver.routing.solve
from solver.compiling import folder_of
from solver.routing import lines
from solver.routing.problem import Layout, Point

_FLOORS = tuple(Layout((0, 4_000, 8_000, 12_000), tuple(range(0, 24_001, 24_000 // n))) for n in (1, 2, 3))
_CORNER, _MIDDLE = Point(0, 0), Point(4_000, 3_000)


def allocation() -> None:
    """A day too scarce for all its orders: planned and explained."""
    dice, orders, houses, skus = np.random.default_rng(1), 2_100, 3, 20
    day = days.problem_of(
        group_first=np.arange(0, 2 * orders + 1, 2),
        line_first=np.arange(2 * orders + 1),
        sku=(np.repeat(np.arange(orders), 2) * 7 + np.tile([0, 1], orders)) % skus,
        qty=dice.integers(1, 3, 2 * orders),
        weight=dice.integers(1, 9, 2 * orders),
        penalty=np.full(2 * orders, 9_000),
        region=dice.integers(0, 2, orders),
        zone=np.array([[0, 1, 2], [2, 1, 0]]),
        rate=np.cumsum(dice.integers(100, 900, (3, 2, 3)), axis=2),
        transit=dice.integers(1, 5, (3, 2)),
        edges=np.array([5, 10, 20]),
        stock=dice.integers(60, 140, (skus, houses)),
        handling=120,
    )
    solver.allocation.solve.solve(day)


def routing() -> None:
    """Walks over one to three blocks, with lines in several bins; and one on a floor of any shape."""
    dice = Random(1)
    for floor in _FLOORS:
        for start, end in ((_CORNER, _CORNER), (_MIDDLE, _CORNER)):
            solver.routing.solve.solve(walks.Problem(floor, start, end, _somewhere(dice, 12)))
            wanted = tuple(lines.Line(2, tuple(lines.Source(at, 2) for at in _somewhere(dice, 4))) for _ in range(9))
            lines.choose(lines.Gathering(floor, start, end, wanted))
    spots = _somewhere(dice, 14)
    ways = tuple((a, b, 1_000 + 10 * dice.randrange(100)) for a in range(14) for b in (a - 1, a - 3, a - 5) if b != a)
    anywhere = walks.Network(spots, tuple((a, b % 14, mm) for a, b, mm in ways))
    solver.routing.solve.solve(walks.Tour(anywhere, spots[0], spots[0], spots[1:]))


def batching() -> None:
    """Waves over one to three blocks, with and without promises, and some so small that every split is tried."""
    dice = Random(1)
    for floor in _FLOORS:
        for due, count in ((None, 14), (30, 14), (None, 5)):
            orders = tuple(waves.Order(f"{n}", _somewhere(dice, 3), 3, 100, 100, due) for n in range(count))
            wave = waves.Problem(floor, _CORNER, _CORNER, orders, waves.Cart(slots=4), waves.Pace(pickers=2))
            solver.batching.solve.solve(wave)


def cartons() -> None:
    """An order for one carton."""
    box = goods.Carton("box", 60, 50, 40, 9_000)
    things = tuple(goods.Item(f"{n}", 20 + n, 20, 20, 10, fragile=n == 2) for n in range(5))
    solver.cartons.solve.solve(goods.Problem(things, (box,)))


def _somewhere(dice: Random, count: int) -> tuple[Point, ...]:
    return tuple(Point(dice.randrange(4) * 4_000, dice.randrange(1, 23) * 1_000) for _ in range(count))


PACKAGES: dict[str, Callable[[], None]] = {
    "batching": batching,
    "routing": routing,
    "allocation": allocation,
    "cartons": cartons,
}


def main(packages: list[str]) -> int:
    """Those named here, or "each", one after the other; unnamed: all side by side. Warm ones are let be."""
    asked = packages if packages not in ([], ["each"]) else PACKAGES
    cold = [name for name in asked if not (folder_of(name) / "warm").exists()]
    if not packages:
        running = [subprocess.Popen([sys.executable, "-m", "solver.warming", name]) for name in cold]
        return max((one.wait() for one in running), default=0)
    for name in cold:
        PACKAGES[name]()
        (folder_of(name) / "warm").touch()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
