"""The smallest carton that takes all pieces, by many starts of the packing rule; else the fewest cartons."""

import random
from collections.abc import Iterator, Sequence

from solver.cartons.greedy import Boxes, by_size, can_hold, fill_large_ones, largest_first, pieces_of, plan_of, volume
from solver.cartons.pack import Placed, pack
from solver.cartons.plan import Plan
from solver.cartons.problem import Carton, Item, Problem
from solver.common import Seed, Status, Stop, Watch

MOST_SHUFFLES = 2_000  # piece placements tried by shuffling, per carton and per 100 of work


def solve(problem: Problem, stop: Stop | None = None, seed: Seed = 0) -> Plan:
    """One box if one takes all, the smallest found; otherwise as few boxes as found, each as small as it can
    be.

    OPTIMAL: every smaller carton is too small, too short or too weak by simple measure, not only by trying.
    """
    stop = stop or Stop()
    watch = stop.watch()
    pieces, reasons = pieces_of(problem)
    if not pieces:
        return plan_of([], reasons, Status.OPTIMAL, seed)
    able = [carton for carton in by_size(problem.cartons) if could_take(carton, pieces)]
    box = _smallest_single(problem, able, pieces, stop, seed, watch)
    if box is not None:
        status = Status.OPTIMAL if box[0].volume_mm3 == able[0].volume_mm3 else Status.FEASIBLE
        return plan_of([box], reasons, _late(status, watch), seed)
    options = [_shrunk(problem, fill_large_ones(problem, order)) for order in _starts(pieces)]
    boxes = min(options, key=lambda found: (len(found), sum(carton.volume_mm3 for carton, _ in found)))
    return plan_of(boxes, reasons, _late(Status.FEASIBLE, watch), seed)


def could_take(carton: Carton, pieces: Sequence[Item]) -> bool:
    """Volume, weight and each piece alone: necessary for a carton to take all."""
    weight = sum(piece.weight_g for piece in pieces)
    if volume(pieces) > carton.volume_mm3 or weight > carton.max_weight_g:
        return False
    return all(can_hold(carton, piece) for piece in set(pieces))


def _smallest_single(
    problem: Problem, able: Sequence[Carton], pieces: Sequence[Item], stop: Stop, seed: Seed, watch: Watch
) -> tuple[Carton, list[Placed]] | None:
    """Quick starts on every carton, smallest first; then shuffled ones on the cartons smaller than the first
    hit."""
    found, undecided = None, list[Carton]()
    for carton in able:
        placed = _all_in(problem, carton, _starts(pieces))
        if placed is not None:
            found = (carton, placed)
            break
        undecided.append(carton)
    for carton in undecided:
        placed = _all_in(problem, carton, _shuffles(pieces, stop, seed, watch))
        if placed is not None:
            return carton, placed
    return found


def _all_in(problem: Problem, carton: Carton, starts: Iterator[list[Item]]) -> list[Placed] | None:
    for order in starts:
        placed, left = pack(order, carton, problem.support_percent)
        if not left:
            return placed
    return None


def _starts(pieces: Sequence[Item]) -> Iterator[list[Item]]:
    """Orders that tend to pack well; fragile pieces come last in each."""
    yield sorted(pieces, key=largest_first)
    yield sorted(pieces, key=lambda p: (p.fragile, -max(p.length_mm, p.width_mm, p.height_mm), p.id))
    yield sorted(pieces, key=lambda p: (p.fragile, -p.length_mm * p.width_mm, -p.height_mm, p.id))
    yield sorted(pieces, key=lambda p: (p.fragile, -p.height_mm, -p.volume_mm3, p.id))


def _shuffles(pieces: Sequence[Item], stop: Stop, seed: Seed, watch: Watch) -> Iterator[list[Item]]:
    """The best start with volumes distorted at random, fewer times the more pieces there are."""
    rng = random.Random(seed)
    for _ in range(stop.work * MOST_SHUFFLES // 100 // len(pieces)):
        if watch.is_over():
            return
        noise = {i: rng.uniform(0.4, 1.6) * piece.volume_mm3 for i, piece in enumerate(pieces)}
        yield [pieces[i] for i in sorted(noise, key=lambda i: (pieces[i].fragile, -noise[i], i))]


def _shrunk(problem: Problem, boxes: Boxes) -> Boxes:
    """Each box's pieces in the smallest carton that takes them."""
    found: Boxes = []
    for carton, placed in boxes:
        pieces = [p.item for p in placed]
        smaller = (c for c in by_size(problem.cartons) if c.volume_mm3 < carton.volume_mm3 and could_take(c, pieces))
        fits = ((c, again) for c in smaller if (again := _all_in(problem, c, _starts(pieces))) is not None)
        found.append(next(fits, (carton, placed)))
    return found


def _late(status: Status, watch: Watch) -> Status:
    return Status.OUT_OF_TIME if watch.was_late and status is not Status.OPTIMAL else status
