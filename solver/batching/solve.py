"""Batching: the least walking among the most punctual plans found.

A dozen orders: every way to share carts, proven. More: carts by savings; annealing of several chains from there, from
as few carts as possible and from the earliest due times; then the best choice among all carts they met, at prices that
show which carts are missing. No plan is later than by earliest due time, in orders or in minutes.
"""

from collections.abc import Callable
from dataclasses import replace

from solver.batching.board import board_of
from solver.batching.greedy import Carts, earliest_due, first_come, orders_by_due, plan_of
from solver.batching.lengths import WalkLengths
from solver.batching.limits import split_off_too_big
from solver.batching.partition import partition
from solver.batching.plan import Plan
from solver.batching.problem import Problem
from solver.batching.schedule import by_due, due_of
from solver.batching.search import FEW, THOROUGH, all_met, annealed, merged
from solver.batching.subsets import MOST, best_split
from solver.common import Seed, Status, Stop, Watch

OnStage = Callable[[str, int, int], None]


def solve(problem: Problem, stop: Stop | None = None, seed: Seed = 0, on_stage: OnStage | None = None) -> Plan:
    """Least walking with no order late that need not be; never worse than first come or earliest due first."""
    stop, tell = stop or Stop(), on_stage or _quiet
    watch = stop.watch()
    able, left_out = split_off_too_big(problem)
    some = replace(problem, orders=tuple(problem.orders[o] for o in able))
    if stop.work and 0 < len(able) <= MOST:
        lengths = WalkLengths(some)
        carts = by_due(some, best_split(board_of(some, lengths)))
        plan = plan_of(some, carts, left_out, seed, "all_splits", lengths)
        if not plan.late:
            return replace(plan, status=Status.OPTIMAL) if lengths.is_exact else plan
    plans = [earliest_due(problem, seed), first_come(problem, seed)]
    if stop.work and able:
        lengths = WalkLengths(some)
        for name, carts in _searched(some, lengths, stop, seed, watch, tell):
            plans.append(plan_of(some, carts, left_out, seed, name, lengths))
    late = lateness(problem, plans[0])
    held = [plan for plan in plans if all(a <= b for a, b in zip(lateness(problem, plan), late, strict=True))]
    best = min(held, key=lambda plan: (*lateness(problem, plan), plan.walk_mm))
    return replace(best, status=Status.OUT_OF_TIME) if watch.was_late and best.trips else best


def lateness(problem: Problem, plan: Plan) -> tuple[int, int]:
    """Orders late, and minutes late in all."""
    due = {order.id: due_of(order) for order in problem.orders}
    delays = [max(0, trip.finish_min - due[o]) for trip in plan.trips for o in trip.orders]
    return len(plan.late), sum(delays)


def _searched(
    problem: Problem, lengths: WalkLengths, stop: Stop, seed: Seed, watch: Watch, tell: OnStage
) -> list[tuple[str, Carts]]:
    """Carts by name of the method, in the order they leave."""
    tell("savings", 0, 1)
    board, saved = merged(board_of(problem, lengths), lengths, orders_by_due(problem, range(len(problem.orders))))
    found = [("savings", by_due(problem, saved))]
    tell("anneal", 0, 1)
    chains = annealed(problem, board, lengths, saved, stop.work, seed, watch)
    best = min(chains, key=lambda chain: chain.cost)
    if best.is_within:
        found.append(("annealed", best.plan()))
    is_late = board.is_due and best.lateness() > 0
    if stop.work >= THOROUGH and len(board.group) <= FEW and best.is_within and not is_late and not watch.is_over():
        tell("partition", 0, 1)
        carts = partition(board, all_met(chains), best.plan(), stop.work, seed, watch)
        if carts:
            found.append(("partition", by_due(problem, carts)))
    tell("partition", 1, 1)
    return found


def _quiet(name: str, done: int, total: int) -> None:
    del name, done, total
