"""Batching as textbooks and most warehouse systems do it: by counting aisles, without measuring a walk."""

from solver.batching.greedy import Filling, plan_of
from solver.batching.limits import split_off_too_big
from solver.batching.plan import Plan
from solver.batching.problem import Problem
from solver.common import Seed


def seed_by_aisles(problem: Problem, seed: Seed = 0) -> Plan:
    """Each cart begins with the order of the most aisles, and takes what adds the fewest new ones (Ho and Tseng 2006,
    "smallest number of additional picking aisles"); the walks are the shortest all the same."""
    able, left_out = split_off_too_big(problem)
    filling, carts = Filling(problem), list[list[int]]()
    aisles = {o: frozenset(problem.layout.place(pick).aisle for pick in problem.orders[o].picks) for o in able}
    left = sorted(able, key=lambda o: (-len(aisles[o]), o))
    while left:
        carts.append([left.pop(0)])
        known = set(aisles[carts[-1][0]])
        while some := [o for o in left if filling.fits(carts[-1], o)]:
            chosen = min(some, key=lambda o: (len(aisles[o] - known), o))
            carts[-1].append(chosen)
            left.remove(chosen)
            known |= aisles[chosen]
    return plan_of(problem, carts, left_out, seed, "seed_by_aisles")
