"""Cartons against proofs and py3dbp: python -m benchmarks.cartons [orders | sets | ivancic] [count].

orders   the smallest of 14 cartons for orders of 2 to 15 items, a third upright or fragile; `count` orders of each size
sets     pieces cut from a box, so that they are known to fit, at 97% fill and at 90%; `count` of each size
ivancic  the public instances of Ivancic, Mathur and Mohanty (1989): boxes in all beside the best published

Every plan is read by the independent checker. Milliseconds are processor time of one `solve`, which uses one thread, so
that a busy machine does not count; the first is left out, as it reads the compiled kernel.
"""

import csv
import io
import random
import sys
import tarfile
import time
from collections.abc import Sequence
from statistics import fmean, median

from benchmarks import cartons_peers as peer
from benchmarks.instances import FOLDER
from solver.cartons.check import violations
from solver.cartons.plan import Plan
from solver.cartons.problem import Carton, Item, Problem
from solver.cartons.solve import solve
from solver.common import Status, Stop

#: Inner mm of the fourteen: common stock sizes of parcel cartons and flat boxes.
SIZES = (
    (150, 100, 60), (180, 120, 80), (220, 160, 60), (210, 140, 110), (240, 170, 110), (300, 220, 80), (260, 200, 160),
    (300, 240, 180), (380, 280, 120), (360, 280, 220), (420, 320, 260), (460, 360, 300), (540, 400, 340),
    (620, 440, 400),
)  # fmt: skip
CARTONS = tuple(
    Carton(f"C{i:02}", *mm, 25_000, tare_g=sum(mm) // 4, cost_fen=sum(mm) // 8) for i, mm in enumerate(SIZES)
)

#: The best total published for the 47 instances, with its source.
PUBLISHED = 693


def order_of(n: int, rng: random.Random) -> Problem:
    """n pieces of goods like a shop's: some flat, some long, now and then two alike; a third upright or fragile."""
    items: list[Item] = []
    left = n
    while left:
        shape = rng.random()
        if shape < 0.3:
            mm = (rng.randint(120, 300), rng.randint(90, 220), rng.randint(15, 50))
        elif shape < 0.5:
            mm = (rng.randint(120, 280), rng.randint(50, 90), rng.randint(50, 90))
        else:
            mm = (rng.randint(60, 200), rng.randint(50, 160), rng.randint(40, 120))
        qty = min(left, 2 if rng.random() < 0.15 else 1)
        mark = rng.random()
        items.append(
            Item(f"{len(items)}", *mm, mm[0] * mm[1] * mm[2] // 3_000, qty, fragile=mark < 0.17, upright=mark > 0.83)
        )
        left -= qty
    return Problem(tuple(items), CARTONS)


def cut_of(n: int, fill: float, rng: random.Random) -> Problem:
    """A box cut n - 1 times, the pieces trimmed on their sides to that fill and turned at random: they fit, all held.

    Pieces with nothing above them may be fragile; those whose height stays up may be upright.
    """
    box = (rng.randint(250, 450), rng.randint(200, 350), rng.randint(150, 300))
    blocks = [(0, 0, 0, *box)]
    while len(blocks) < n:
        blocks.sort(key=lambda b: (b[3] - b[0]) * (b[4] - b[1]) * (b[5] - b[2]))
        block = blocks.pop()
        axis = rng.choice([a for a in range(3) if block[a + 3] - block[a] >= 60] or [0])
        at = block[axis] + round((block[axis + 3] - block[axis]) * rng.uniform(0.3, 0.7))
        blocks += [(*block[: axis + 3], at, *block[axis + 4 :]), (*block[:axis], at, *block[axis + 1 :])]  # type: ignore[list-item]
    items = []
    for i, b in enumerate(blocks):
        mm = [b[3] - b[0], b[4] - b[1], b[5] - b[2]]
        shrink = fill ** rng.choice((0.0, 0.5, 1.0, 1.5, 2.0))
        axis = rng.randrange(2)
        mm[axis] = max(1, round(mm[axis] * shrink))
        upright = rng.random() < 0.17
        fragile = b[5] == box[2] and rng.random() < 0.4
        turned = (mm[1], mm[0], mm[2]) if upright else tuple(rng.sample(mm, 3))
        items.append(Item(f"{i}", *turned, 100, fragile=fragile, upright=upright))
    return Problem(tuple(items), (Carton("box", *box, 100_000),))


def timed(problem: Problem, stop: Stop | None = None) -> tuple[Plan, float]:
    start = time.process_time()
    plan = solve(problem, stop)
    return plan, 1_000 * (time.process_time() - start)


def at(share: float, values: Sequence[float]) -> float:
    """The value below which that share lies."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def orders(count: int) -> None:
    print(
        f"the smallest of {len(CARTONS)} cartons, {count} orders of each size"
        + ("" if peer.IS_HERE else ", no py3dbp here")
    )
    solve(order_of(4, random.Random(0)))
    few, many, broken = list[float](), list[float](), 0
    proven = {True: 0, False: 0}
    for n in range(2, 16):
        rng = random.Random(n)
        ms, fills, theirs, best, theirs_ms = list[float](), list[float](), list[float](), 0, list[float]()
        for _ in range(count):
            problem = order_of(n, rng)
            plan, spent = timed(problem)
            broken += len(violations(problem, plan))
            ms.append(spent)
            best += plan.status is Status.OPTIMAL and (n <= 10 or spent <= 1_000)
            if len(plan.boxes) == 1:
                fills.append(plan.boxes[0].fill_permille / 10)
                if peer.IS_HERE:
                    pieces = [item for item in problem.items for _ in range(item.qty)]
                    start = time.process_time()
                    carton = peer.smallest(pieces, CARTONS)
                    theirs_ms.append(1_000 * (time.process_time() - start))
                    volume = sum(piece.volume_mm3 for piece in pieces)
                    theirs.append(100 * volume / carton.volume_mm3 if carton else 0.0)
        (few if n <= 10 else many).extend(ms)
        proven[n <= 10] += best
        line = f"  {n:2} items: proven {best}/{count}; p50 {median(ms):.1f} ms, p95 {at(0.95, ms):.1f}"
        line += f"; fill {fmean(fills):.1f}%"
        print(line + (f", py3dbp {fmean(theirs):.1f}% in {median(theirs_ms):.1f} ms" if theirs else ""), flush=True)
    for name, values, done in (("2-10", few, proven[True]), ("11-15 within 1 s", many, proven[False])):
        print(
            f"  {name}: proven {done}/{len(values)} ({done / len(values):.1%});"
            f" p50 {median(values):.1f} ms, p95 {at(0.95, values):.1f} ms, worst {max(values):.0f} ms"
        )
    print(f"  violations by the checker: {broken}")


def sets(count: int) -> None:
    print(f"known to fit, cut from a box, {count} of each size")
    solve(cut_of(4, 0.97, random.Random(0)))
    broken = 0
    for fill in (0.90, 0.97):
        for n in (4, 6, 8, 9, 10, 12):
            rng = random.Random(100 * n)
            problems = [cut_of(n, fill, rng) for _ in range(count)]
            ms, found, theirs, real = list[float](), 0, 0, list[float]()
            for problem in problems:
                plan, spent = timed(problem, Stop(500, seconds=5))
                broken += len(violations(problem, plan))
                ms.append(spent)
                found += len(plan.boxes) == 1
                real.append(sum(item.volume_mm3 for item in problem.items) / problem.cartons[0].volume_mm3)
                theirs += peer.IS_HERE and peer.all_in(problem.items, problem.cartons[0])
            line = f"  {n:2} pieces, fill {fmean(real):.1%}: fitted {found}/{count}, p50 {median(ms):.1f} ms"
            line += f", p95 {at(0.95, ms):.0f}, worst {max(ms):.0f}"
            print(line + (f"; py3dbp {theirs}/{count}" if peer.IS_HERE else ""), flush=True)
    print(f"  violations by the checker: {broken}")


def public_instances() -> list[Problem]:
    """The 47, in the file's order; [] without it. Goods may hang: the published totals ask nothing of support."""
    path = FOLDER / "packing" / "ivancic1989.tar.xz"
    if not path.is_file():
        print(f"no public instances here: expected ../shared/data/{path.relative_to(FOLDER)} beside the repository")
        return []
    found = []
    with tarfile.open(path) as tar:
        for i in range(1, 48):
            stem = f"data/box/ivancic1989/thpack9.txt_{i}"
            (box,), rows = _rows(tar, f"{stem}_bins.csv"), _rows(tar, f"{stem}_items.csv")
            carton = Carton("box", int(box["X"]), int(box["Y"]), int(box["Z"]), 10**9)
            found.append(Problem(tuple(_public_item(row) for row in rows), (carton,), support_percent=0))
    return found


def _rows(tar: tarfile.TarFile, name: str) -> list[dict[str, str]]:
    member = tar.extractfile(name)
    assert member is not None
    return list(csv.DictReader(io.TextIOWrapper(member, "utf-8")))


def _public_item(row: dict[str, str]) -> Item:
    return Item(row["ID"], int(row["X"]), int(row["Y"]), int(row["Z"]), 0, int(row["COPIES"]))


def ivancic() -> None:
    total, broken, start = 0, 0, time.process_time()
    counts = []
    for problem in public_instances():
        plan = solve(problem)
        broken += len(violations(problem, plan))
        counts.append(len(plan.boxes))
    total = sum(counts)
    print(f"ivancic1989: {total} boxes for {len(counts)} instances, best published {PUBLISHED}")
    print(
        f"  {' '.join(map(str, counts))}; {time.process_time() - start:.0f} s of work in all;"
        f" violations by the checker: {broken}"
    )


def main(name: str = "", count: int = 0) -> None:
    if name in ("", "orders"):
        orders(count or 30)
    if name in ("", "sets"):
        sets(count or 30)
    if name in ("", "ivancic"):
        ivancic()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "", *map(int, sys.argv[2:]))
