"""One carton for all pieces: the smallest that takes them, and whether every smaller one is ruled out."""

from collections.abc import Sequence
from dataclasses import dataclass

from solver.cartons.exact import Answer, fits
from solver.cartons.greedy import by_rank, could_take
from solver.cartons.pack import PLAIN, Goods, Placed, in_loading_order, is_held, settled
from solver.cartons.problem import Carton, Item, Problem
from solver.common import Seed, Stop, Watch

#: Starts on a carton before the first hit, before a proof is tried and when things would fit but hang.
STARTS, AGAIN = 400, 6_000
#: Pieces up to which a proof is tried at all, and is not given up early; its effort in CP-SAT's own seconds for both.
PROVABLE, SURE, EFFORT, SURE_EFFORT = 20, 10, 1.6, 20.0


@dataclass(frozen=True, slots=True)
class Found:
    """A filled carton; proven when no carton before it in rank takes the same pieces. No carton: none does."""

    carton: Carton | None
    placed: tuple[Placed, ...]
    is_proven: bool


class Searcher:
    """Finds cartons for sets of pieces of one problem; remembers what it found."""

    def __init__(self, problem: Problem, stop: Stop, seed: Seed, watch: Watch) -> None:
        self._problem, self._stop, self._seed, self._watch = problem, stop, seed, watch
        self._known: dict[tuple[Item, ...], Found] = {}

    def smallest(self, pieces: Sequence[Item]) -> Found:
        key = tuple(sorted(pieces, key=lambda p: (p.id, p.volume_mm3)))
        if key not in self._known:
            self._known[key] = self._smallest(key)
        return self._known[key]

    def _smallest(self, pieces: Sequence[Item]) -> Found:
        """Quick starts on every carton, smallest first; then more of them, and the proof, on those before the hit."""
        able = [carton for carton in by_rank(self._problem.cartons) if could_take(self._problem, carton, pieces)]
        goods, hit = Goods(self._problem, pieces), Found(None, (), is_proven=True)
        undecided: list[Carton] = []
        for carton in able:
            placed, left = goods.packed(carton, PLAIN, self._seed)
            if not left:
                hit = Found(carton, tuple(placed), is_proven=True)
                break
            undecided.append(carton)
        ruled_out: list[Carton] = []
        is_proven = True
        for carton in undecided:
            if any(is_within(carton, other) for other in ruled_out):
                continue
            answer, better = self._decide(goods, carton)
            if answer is Answer.FITS:
                return Found(carton, tuple(better), is_proven)
            if answer is Answer.NEVER:
                ruled_out.append(carton)
            else:
                is_proven = False
        return Found(hit.carton, hit.placed, is_proven)

    def _decide(self, goods: Goods, carton: Carton) -> tuple[Answer, list[Placed]]:
        work = self._stop.work
        if not work or self._watch.is_over():
            return Answer.UNKNOWN, []
        placed, left = goods.packed(carton, max(1, STARTS * work // 100), self._seed)
        if not left:
            return Answer.FITS, placed
        if len(goods.pieces) > PROVABLE:
            return Answer.UNKNOWN, []
        effort = SURE_EFFORT if len(goods.pieces) <= SURE else EFFORT
        return self._prove(goods, carton, effort * work / 100)

    def _prove(self, goods: Goods, carton: Carton, effort: float) -> tuple[Answer, list[Placed]]:
        """First without who holds whom: mostly that settles it. Then starts from where things were, then with."""
        percent, pieces = self._problem.support_percent, goods.pieces
        answer, blocks = fits(pieces, carton, 0, effort, self._watch.left())
        if answer is not Answer.FITS:
            return answer, []
        placed = [Placed(piece, block) for piece, block in zip(pieces, blocks, strict=True)]
        for tried in (placed, settled(placed)):
            if is_held(tried, percent):
                return Answer.FITS, in_loading_order(tried)
        order = sorted(range(len(pieces)), key=lambda i: (blocks[i][2], blocks[i][0] + blocks[i][1]))
        better, left = goods.packed(carton, AGAIN * self._stop.work // 100, self._seed, order)
        if not left:
            return Answer.FITS, better
        longest = sorted(pieces, key=lambda p: -max(p.length_mm, p.width_mm, p.height_mm))  # found twice as often so
        answer, blocks = fits(longest, carton, percent, effort, self._watch.left())
        return answer, in_loading_order([Placed(piece, block) for piece, block in zip(longest, blocks, strict=False)])


def is_within(small: Carton, large: Carton) -> bool:
    """Whatever lies in the small one could lie in the large one in the same way."""
    ours, theirs = sorted((small.length_mm, small.width_mm)), sorted((large.length_mm, large.width_mm))
    return (
        ours[0] <= theirs[0]
        and ours[1] <= theirs[1]
        and small.height_mm <= large.height_mm
        and small.max_weight_g <= large.max_weight_g
    )
