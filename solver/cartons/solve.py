"""The smallest carton that takes all pieces, with a proof; else the fewest cartons."""

from solver.cartons.greedy import Boxes, pieces_of, plan_of
from solver.cartons.plan import Plan
from solver.cartons.problem import Problem
from solver.cartons.single import Searcher
from solver.cartons.split import parted
from solver.common import Seed, Status, Stop


def solve(problem: Problem, stop: Stop | None = None, seed: Seed = 0) -> Plan:
    """One carton if one takes all, the first in rank; otherwise as few as found, each the first for what is in it.

    OPTIMAL: every better choice is ruled out, by simple measure or by CP-SAT.
    """
    stop = stop or Stop()
    watch = stop.watch()
    pieces, reasons = pieces_of(problem)
    if not pieces:
        return plan_of([], reasons, Status.OPTIMAL, seed)
    searcher = Searcher(problem, stop, seed, watch)
    one = searcher.smallest(pieces)
    if one.carton is not None:
        boxes: Boxes = [(one.carton, one.placed)]
        is_best = one.is_proven
    else:
        boxes, is_best = parted(problem, pieces, searcher, stop, seed, watch)
        is_best = is_best and one.is_proven
    status = Status.OPTIMAL if is_best else Status.OUT_OF_TIME if watch.was_late else Status.FEASIBLE
    return plan_of(boxes, reasons, status, seed)
