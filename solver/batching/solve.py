"""Batching: savings, then local search, with exact walks inside.

Clarke and Wright (ii) for order batching (de Koster, van der Poort and Wolters 1999): merge the two carts
that save the most walking, with savings recomputed after each merge; then moves and swaps of orders between
carts (Albareda- Sambola et al. 2009; Henn and Waescher 2012). No step may make more orders late than before
it.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from solver.batching.greedy import earliest_due, fill_in_turn, first_come, plan_of
from solver.batching.improve import improve
from solver.batching.lengths import WalkLengths
from solver.batching.limits import fits, limits_of, load_of, plus, split_off_too_big
from solver.batching.plan import Plan
from solver.batching.problem import Problem
from solver.batching.schedule import Clock, due_of
from solver.common import Seed, Status, Stop, Watch

OnStage = Callable[[str, int, int], None]
Carts = list[list[int]]
POOL = 200  # orders merged in one go: savings of all pairs are known at once


def solve(problem: Problem, stop: Stop | None = None, seed: Seed = 0, on_stage: OnStage | None = None) -> Plan:
    """Least walking with no order late that need not be; never worse than first come or earliest due
    first."""
    stop, tell = stop or Stop(), on_stage or _quiet
    watch = stop.watch()
    plans = [earliest_due(problem, seed), first_come(problem, seed)]
    able, left_out = split_off_too_big(problem)
    if stop.work and able:
        lengths, carts = WalkLengths(problem), Carts()
        pools = pools_of(problem, able)
        for done, pool in enumerate(pools):
            tell("savings", done, len(pools))
            carts += fill_in_turn(problem, pool) if watch.is_over() else merge_by_savings(problem, lengths, pool)
        plans.append(plan_of(problem, carts, left_out, seed, "savings"))
        tell("improve", 0, 1)
        carts = improve(problem, lengths, carts, stop.work, random.Random(seed), watch)
        plans.append(plan_of(problem, carts, left_out, seed, "improved"))
        tell("improve", 1, 1)
    best = min(plans, key=lambda plan: (*lateness(problem, plan), plan.walk_mm))
    return _with_status(best, watch)


def lateness(problem: Problem, plan: Plan) -> tuple[int, int]:
    """Orders late, and minutes late in all."""
    due = {order.id: due_of(order) for order in problem.orders}
    delays = [max(0, trip.finish_min - due[o]) for trip in plan.trips for o in trip.orders]
    return len(plan.late), sum(delays)


def pools_of(problem: Problem, able: Sequence[int]) -> list[list[int]]:
    """Waves of at most POOL orders by due time; orders due together are kept in list order."""
    by_due = sorted(able, key=lambda o: (due_of(problem.orders[o]), o))
    return [by_due[i : i + POOL] for i in range(0, len(by_due), POOL)]


def merge_by_savings(problem: Problem, lengths: WalkLengths, pool: Sequence[int]) -> Carts:
    """Merge the best pair of carts until no merge saves walking without making more orders late."""
    limits, clock = limits_of(problem), Clock(problem)
    carts: dict[int, list[int]] = {i: [o] for i, o in enumerate(pool)}
    loads = {i: load_of(problem, problem.orders[o]) for i, o in enumerate(pool)}
    walks = {i: int(w) for i, w in enumerate(lengths.of([[o] for o in pool]))}
    saving = np.zeros((len(pool), len(pool)), dtype=np.int64)

    def add_savings(pairs: list[tuple[int, int]]) -> None:
        pairs = [(a, b) for a, b in pairs if fits(limits, loads[a], loads[b])]
        for (a, b), walk in zip(pairs, lengths.of([carts[a] + carts[b] for a, b in pairs]).tolist(), strict=True):
            saving[a, b] = walks[a] + walks[b] - walk

    add_savings([(a, b) for a in carts for b in carts if a < b])
    late = clock.late_minutes(list(carts.values()), list(walks.values()))
    while saving.max() > 0:
        a, b = (int(i) for i in divmod(int(saving.argmax()), len(pool)))
        merged = walks[a] + walks[b] - int(saving[a, b])
        saving[a, b] = 0
        rest = [c for c in carts if c not in (a, b)]
        after = clock.late_minutes(
            [*(carts[c] for c in rest), carts[a] + carts[b]], [*(walks[c] for c in rest), merged]
        )
        if after > late:
            continue
        late = after
        carts[a] += carts.pop(b)
        loads[a], walks[a] = plus(loads[a], loads[b]), merged
        for gone in (a, b):
            saving[gone, :] = saving[:, gone] = 0
        add_savings([(min(a, c), max(a, c)) for c in carts if c != a])
    return list(carts.values())


def _with_status(plan: Plan, watch: Watch) -> Plan:
    return replace(plan, status=Status.OUT_OF_TIME) if watch.was_late and plan.trips else plan


def _quiet(name: str, done: int, total: int) -> None:
    del name, done, total
