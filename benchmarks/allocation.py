"""Allocation against bounds, rules and other systems: python -m benchmarks.allocation [--quick] [--large].

Every plan is made in a process of its own, so that memory and time are its own; compiled code is loaded before by a
tiny instance. Costs are in yuan. "gap" is to the planner's bound, "certified" to what benchmarks/certificate.py proves
from the prices alone. "avoidable" is what a plan costs above the bound, "alone" what it costs above the sum of what
each order would cost if it were the only one. Public instances lie beside the repository; without them only the
generator's days are run.
"""

import argparse
import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks import allocation_peers
from benchmarks.allocation_full import report_full_model
from benchmarks.allocation_generator import allocation_day
from benchmarks.allocation_measures import MOVING, alone, groups_of, regret_of, split_share
from benchmarks.allocation_reasons import report_reasons
from benchmarks.certificate import certified
from benchmarks.instances_allocation import public
from solver.allocation.check import violations
from solver.allocation.greedy import STRATEGIES
from solver.allocation.kernel import Room
from solver.allocation.plan import Plan, bill_of, left_out, used_by
from solver.allocation.problem import Ints, Problem, some_orders
from solver.allocation.solve import solve
from solver.allocation.stream import place_new

METHODS: dict[str, Callable[[Problem, int], Plan]] = {
    "optimal": lambda problem, seed: solve(problem, seed=seed),
    **STRATEGIES,
    "solidus style": allocation_peers.solidus_style,
    "saleor style": allocation_peers.saleor_style,
}
QUICK = ("N_1000_20", "I_1000_20", "ours_1000_20_normal", "ours_1000_20_scarce")
USUAL = (*QUICK, "N_10000_20", "I_10000_20", "ours_10000_20_normal", "ours_10000_20_scarce")
LARGE = ("N_100000_20",)
#: Groups from which a basket is called big.
BIG = 10
#: Share of the orders cancelled, and as many new, and the fen it takes to move an announced group.
CHURN = 0.05


def instance(name: str, seed: int) -> Problem | None:
    """A public instance, or ours_<orders>_<warehouses>_<normal or scarce>."""
    if not name.startswith("ours_"):
        return public(name)
    _, orders, houses, supply = name.split("_")
    return allocation_day(int(orders), int(houses), supply == "scarce", seed)


class Measured(NamedTuple):
    """`cpu`: seconds of all threads together, which a busy machine does not stretch; `memory`: the peak in MB."""

    plan: Plan
    seconds: float
    cpu: float
    memory: float


def measured(name: str, method: str, seed: int) -> Measured:
    """One plan in a process of its own."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as process:
        return process.submit(_measure, name, method, seed).result()


def _measure(name: str, method: str, seed: int) -> Measured:
    METHODS[method](allocation_day(40, 4, True), 0)
    problem = instance(name, seed)
    assert problem is not None
    began, cpu = time.perf_counter(), time.process_time()
    plan = METHODS[method](problem, seed)
    return Measured(plan, time.perf_counter() - began, time.process_time() - cpu, peak_memory())


def peak_memory() -> float:
    """MB this process has held at most. (The system's own count for a child includes its parent's.)"""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1_024


def report(name: str, problem: Problem, seed: int) -> Plan:
    """All strategies on one instance; answers the optimal plan."""
    print(f"\n{name}: {problem.orders} orders, {problem.groups} groups, {problem.houses} warehouses")
    print("                       cost     gap  certified  seconds     cpu    MB  parcels  split  left out  broken")
    plans, proven = dict[str, Plan](), 0
    for method in METHODS:
        plan, seconds, cpu, memory = measured(name, method, seed)
        plans[method] = plan
        bound, proven = plans["optimal"].bound or 0, proven or certified(problem, plan)
        parcels, split = split_share(problem, plan)
        print(
            f"  {method:14} {plan.cost / 100:12,.0f} {plan.cost / bound - 1:7.2%} {plan.cost / proven - 1:10.3%}"
            f" {seconds:8.2f} {cpu:7.2f} {memory:5.0f} {parcels:8} {split:6.1%} {len(left_out(problem, plan.house)):9}"
            f" {len(violations(problem, plan)):7}",
            flush=True,
        )
    best, floor = plans["optimal"], alone(problem).sum()
    for method, other in plans.items():
        if other is not best:
            saved = 1 - (best.cost - proven) / max(1, other.cost - proven)
            above = 1 - (best.cost - floor) / max(1, other.cost - floor)
            print(f"  against {method:14} avoidable cost {-saved:7.1%}, above each order alone {-above:7.1%}")
    return best


def report_big_baskets(problem: Problem, plan: Plan) -> None:
    big = np.nonzero(np.diff(problem.group_first) >= BIG)[0]
    if len(big):
        regret, cost = regret_of(problem, plan, big)
        print(f"  {len(big)} orders of {BIG}+ groups: {regret / cost:.2%} above the least at the final prices")


def report_churn(problem: Problem, seed: int) -> None:
    """Plan a day without its last orders; cancel some, add those, plan again from the old prices."""
    rng = np.random.default_rng(seed)
    some = max(1, round(problem.orders * CHURN))
    mixed = rng.permutation(problem.orders)
    new, stay, cancelled = mixed[:some], np.sort(mixed[some:-some]), mixed[-some:]
    day_before = np.sort(np.append(stay, cancelled))
    before = solve(some_orders(problem, day_before), seed=seed)
    home, by = np.full(problem.groups, -1), np.full(problem.groups, -1)
    home[groups_of(problem, day_before)] = before.house
    by[groups_of(problem, day_before)] = before.service
    announced = replace(problem, home=home, home_service=by, moving=MOVING)
    today = np.sort(np.append(stay, new))
    after_churn = some_orders(announced, today)
    cold, warm = solve(some_orders(problem, today), seed=seed), solve(after_churn, seed=seed, start=before.prices)
    assert violations(after_churn, warm) == ()
    for title, plan in (("from old prices", warm), ("from nothing", cold)):
        moved = _moved(after_churn, plan.house)
        print(f"  {CHURN:.0%} churn, {title}: gap {plan.gap:.2%}, {plan.seconds:.1f} s, {moved:.2%} announced moved")


def report_streaming(problem: Problem, seed: int) -> None:
    """Plan a day without its last orders and place those one by one, by the prices and in the room that are left."""
    mixed = np.random.default_rng(seed).permutation(problem.orders)
    new = mixed[: max(1, round(problem.orders * CHURN))]
    known = np.setdiff1d(mixed, new)
    before = solve(some_orders(problem, known), seed=seed)
    assert before.prices is not None
    house, service = np.full(problem.groups, -1), np.full(problem.groups, -1)
    house[groups_of(problem, known)], service[groups_of(problem, known)] = before.house, before.service
    rooms = (problem.stock, problem.capacity, problem.benches, problem.dock, problem.lorry)
    uses = used_by(problem, house, service)
    room = Room(*(there - use for there, use in zip(rooms, uses, strict=True)))
    place_new(some_orders(problem, new[:1]), before.prices, Room(*(row.copy() for row in room)))
    took = []
    for order in new.tolist():
        one, groups = some_orders(problem, np.array([order])), groups_of(problem, np.array([order]))
        began = time.perf_counter()
        house[groups], service[groups], _ = place_new(one, before.prices, room)
        took.append(time.perf_counter() - began)
    cost, proven = bill_of(problem, house, service).total, certified(problem, before)
    print(
        f"  {len(new)} new orders one by one: median {np.median(took) * 1_000:.2f} ms, p95"
        f" {np.percentile(took, 95) * 1_000:.2f} ms; the day then costs {cost / proven - 1:.2%} above the bound"
    )


def _moved(problem: Problem, house: Ints) -> float:
    """Share of the announced orders of which a group ships from elsewhere or not at all."""
    order = problem.order_of_group
    announced = np.unique(order[problem.home >= 0])
    return len(np.unique(order[(problem.home >= 0) & (problem.home != house)])) / max(1, len(announced))


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--instances", nargs="+", default=())
    ask.add_argument("--quick", action="store_true", help="1,000 orders only")
    ask.add_argument("--large", action="store_true", help="100,000 orders too")
    ask.add_argument("--seed", type=int, default=0)
    asked = ask.parse_args()
    names = asked.instances or (QUICK if asked.quick else USUAL) + (LARGE if asked.large else ())
    print(f"seed {asked.seed}")
    for name in names:
        problem = instance(name, asked.seed)
        if problem is None:
            continue
        plan = report(name, problem, asked.seed)
        report_big_baskets(problem, plan)
        report_reasons(problem, plan)
        report_streaming(problem, asked.seed)
        report_churn(problem, asked.seed)
        if problem.orders <= 1_000:
            report_full_model(problem, plan)


if __name__ == "__main__":
    main()
