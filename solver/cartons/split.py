"""Several cartons: as few as can be, then the least air. A few pieces: every way to part them is weighed, and only
those that could still be best are packed. Many: cartons filled one after another from many starts."""

from collections.abc import Sequence

from solver.cartons.greedy import Boxes, by_rank, could_take, fill_large_ones
from solver.cartons.problem import Carton, Item, Problem
from solver.cartons.single import Found, Searcher
from solver.common import Seed, Stop, Watch

#: Pieces up to which all ways to part them are weighed; starts of a fill, and how many fills, for more of them.
ALL_WAYS, STARTS, FILLS = 9, 100, 8


def parted(problem: Problem, pieces: Sequence[Item], searcher: Searcher, stop: Stop, seed: Seed, watch: Watch
           ) -> tuple[Boxes, bool]:  # fmt: skip
    """The boxes, and whether nothing could be better."""
    if len(pieces) <= ALL_WAYS and stop.work:
        return _weighed(problem, pieces, searcher)
    options = []
    for turn in range(max(1, FILLS * stop.work // 100)):
        if turn and watch.is_over():
            break
        filled = fill_large_ones(problem, pieces, max(1, STARTS * stop.work // 100), seed + turn)
        options.append(filled)
    best = min(options, key=_worth)
    return _shrunk(best, searcher), False


def _worth(boxes: Boxes) -> tuple[int, int]:
    return len(boxes), sum(carton.volume_mm3 for carton, _ in boxes)


def _shrunk(boxes: Boxes, searcher: Searcher) -> Boxes:
    """Each box's pieces in the smallest carton that takes them."""
    found: Boxes = []
    for carton, placed in boxes:
        better = searcher.smallest([p.item for p in placed])
        smaller = better.carton is not None and better.carton.rank < carton.rank
        found.append((better.carton, better.placed) if smaller and better.carton else (carton, placed))
    return found


def _weighed(problem: Problem, pieces: Sequence[Item], searcher: Searcher) -> tuple[Boxes, bool]:
    """The best way to part the pieces if each group got the smallest carton that simple measures leave it; pack its
    groups in truth; again with what is known now, until the best way holds (a lazy evaluation of all groups)."""
    n = len(pieces)
    ranks = by_rank(problem.cartons)
    base = max(sum(carton.rank) for carton in ranks) * n + 1
    members = [[pieces[i] for i in range(n) if mask >> i & 1] for mask in range(1 << n)]
    cost = [0] + [_guess(problem, ranks, group, base) for group in members[1:]]
    packed: dict[int, Found] = {}
    while True:
        groups = _cheapest(cost, n)
        fresh = [mask for mask in groups if mask not in packed]
        if not fresh:
            boxes: Boxes = [(f.carton, f.placed) for mask in groups if (f := packed[mask]).carton is not None]
            return boxes, all(found.is_proven for found in packed.values())
        for mask in fresh:
            packed[mask] = searcher.smallest(members[mask])
            carton = packed[mask].carton
            cost[mask] = _cost(carton, base) if carton else base**6


def _guess(problem: Problem, ranks: Sequence[Carton], group: Sequence[Item], base: int) -> int:
    """At least what a carton for this group adds to the objective."""
    return next((_cost(carton, base) for carton in ranks if could_take(problem, carton, group)), base**6)


def _cost(carton: Carton, base: int) -> int:
    """The objective as one number: a parcel counts more than any air, air more than any material..."""
    worth = 1
    for part in carton.rank:
        worth = worth * base + part
    return worth


def _cheapest(cost: Sequence[int], n: int) -> list[int]:
    """Groups (bit masks) that part all n pieces at the least cost: for each set the best group with its first."""
    best, choice = [0] * (1 << n), [0] * (1 << n)
    for mask in range(1, 1 << n):
        first = mask & -mask
        rest = mask ^ first
        part, least = rest, None
        while True:
            group = part | first
            total = cost[group] + best[mask ^ group]
            if least is None or total < least:
                least, choice[mask] = total, group
            if not part:
                break
            part = (part - 1) & rest
        best[mask] = least or 0
    groups, mask = [], (1 << n) - 1
    while mask:
        groups.append(choice[mask])
        mask ^= choice[mask]
    return groups
