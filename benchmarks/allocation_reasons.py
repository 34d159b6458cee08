"""Do the reasons of a plan tell the truth? Give exactly what they name and plan again; look for unjust exchanges."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from benchmarks.allocation_measures import MOVING, groups_of
from solver.allocation.greedy import best_cost
from solver.allocation.plan import Code, Lack, Plan, Reason, bill_of, left_out, used_by
from solver.allocation.problem import NO_LIMIT, Ints, Problem, some_orders
from solver.allocation.solve import solve
from solver.common import Stop

ROOM = ("stock", "capacity", "benches", "dock", "lorry")
#: Codes that say no room in the world would help.
HOPELESS = (Code.NO_LANE, Code.TOO_BIG)
#: Orders asked about: planning again costs a run each.
ASKED, ASKED_OF_MANY, MANY = 40, 8, 5_000


def report_reasons(problem: Problem, plan: Plan) -> None:
    out = left_out(problem, plan.house)
    named = Counter(reason.order for reason in plan.reasons)
    once = sorted(named) == out.tolist() and set(named.values()) <= {1}
    codes = ", ".join(f"{n} {code}" for code, n in Counter(r.code.value for r in plan.reasons).most_common())
    print(f"  {len(out)} orders left out, each with exactly one reason: {'yes' if once else 'NO'}; {codes or 'none'}")
    if not plan.reasons:
        return
    room = room_left(problem, plan)
    rng = np.random.default_rng(0)
    some = rng.permutation(len(plan.reasons))[: ASKED if problem.orders < MANY else ASKED_OF_MANY]
    again = [holds_when_planned_again(problem, plan, room, plan.reasons[i]) for i in some]
    at_once = [holds_at_once(problem, plan, room, reason) for reason in plan.reasons]
    print(
        f"  given exactly what their reasons name, {np.mean(at_once):.1%} of {len(at_once)} fit where all others stay,"
        f" and {np.mean(again):.1%} of {len(again)} drawn ship when all is planned again"
    )
    unjust = {reason.order: list(inversions(problem, plan, room, reason)) for reason in plan.reasons}
    unjust = {order: found for order, found in unjust.items() if found}
    saves = sum(any(saves for _, saves in found) for found in unjust.values())
    print(
        f"  priority inversions: {len(unjust)}, of them {saves} where the exchange saves; {list(unjust)[:5]}",
        flush=True,
    )


def relaxed(problem: Problem, lacks: tuple[Lack, ...]) -> Problem:
    """The same day with what is missing added, and nothing else."""
    room = {name: getattr(problem, name).copy() for name in ROOM}
    for lack in lacks:
        row = room[ROOM[lack.kind]]
        houses = slice(None) if lack.house < 0 else lack.house
        at = (lack.what, houses) if lack.kind == 0 else (houses,) if lack.kind == 2 else (houses, lack.what)
        row[at] += lack.missing
    return replace(problem, **room)


def holds_when_planned_again(problem: Problem, plan: Plan, room: Problem, reason: Reason) -> bool:
    """Give what the reason names and plan again, with what was announced: does the order ship? A reason without lacks
    is looked at alone."""
    if not reason.lacks:
        return holds_at_once(problem, plan, room, reason)
    announced = replace(relaxed(problem, reason.lacks), home=plan.house, home_service=plan.service, moving=MOVING)
    again = solve(announced, Stop(10), start=plan.prices)
    return bool((again.house[groups_of(problem, np.array([reason.order]))] >= 0).all())


def holds_at_once(problem: Problem, plan: Plan, room: Problem, reason: Reason) -> bool:
    """Does the order fit into what the others leave, when what the reason names is added? If nothing is named: is it
    true that no room in the world helps, or only at a price it is not worth?"""
    if not reason.lacks:
        endless = replace(problem, **{name: np.full_like(getattr(problem, name), NO_LIMIT) for name in ROOM})
        can = ships(endless, reason.order)
        return not can if reason.code in HOPELESS else can and not ships(endless, reason.order, for_its_worth=True)
    mine = _with_back(problem, plan, relaxed(room, reason.lacks), np.array([reason.order]))
    return ships(mine, reason.order)


def inversions(problem: Problem, plan: Plan, room: Problem, reason: Reason) -> Iterator[tuple[int, bool]]:
    """(order, saves?) for each order of lower priority that holds something this one lacks and that, left out, makes
    the room for all of this one; whether the exchange costs less than the plan does."""
    for other in _holders(problem, plan, reason).tolist():
        pair = np.array([reason.order, other])
        freed = _with_back(problem, plan, room, pair)
        if not ships(freed, reason.order):
            continue
        groups = groups_of(problem, pair)
        now = bill_of(some_orders(problem, pair), plan.house[groups], plan.service[groups]).total
        mine = best_cost(_alone(freed, reason.order, problem.penalty)).cost
        theirs = int(problem.penalty[groups_of(problem, pair[1:])].sum())
        yield other, mine + theirs < now


def _holders(problem: Problem, plan: Plan, reason: Reason) -> Ints:
    """Orders of lower priority that use something of what the reason names, the least urgent first."""
    found = np.zeros(problem.orders, bool)
    order, line_group = problem.order_of_group, problem.group_of_line
    for lack in reason.lacks:
        here = plan.house == lack.house
        if lack.kind == 0:
            found[order[line_group[(problem.sku == lack.what) & here[line_group]]]] = True
            continue
        uses = problem.work[:, lack.what] > 0 if lack.kind == 1 else plan.service == lack.what
        found[order[here & (uses | (lack.kind == 2))]] = True
    found &= (problem.priority > problem.priority[reason.order]) & ~problem.pinned
    holders = np.nonzero(found)[0]
    return holders[np.argsort(-problem.priority[holders], kind="stable")]


def ships(problem: Problem, order: int, *, for_its_worth: bool = False) -> bool:
    """Can all of this order leave, if it may use all the room there is; at any cost, or for what it is worth?"""
    penalty = problem.penalty if for_its_worth else np.full(problem.groups, NO_LIMIT)
    return bool((best_cost(_alone(problem, order, penalty)).house >= 0).all())


def _alone(problem: Problem, order: int, penalty: Ints) -> Problem:
    """The order with the SKUs it wants and no others, to ship whole or not at all."""
    one = some_orders(replace(problem, penalty=penalty), np.array([order]))
    skus, sku = np.unique(one.sku, return_inverse=True)
    whole = np.zeros(1, bool)
    return replace(one, sku=sku, stock=one.stock[skus], balance=one.balance[skus], partial=whole)


def room_left(problem: Problem, plan: Plan) -> Problem:
    """The day with the room that the plan leaves."""
    uses = dict(zip(ROOM, used_by(problem, plan.house, plan.service), strict=True))
    return replace(problem, **{name: getattr(problem, name) - use for name, use in uses.items()})


def _with_back(problem: Problem, plan: Plan, room: Problem, orders: Ints) -> Problem:
    """The room when these orders give back what they hold."""
    groups = groups_of(problem, orders)
    few = some_orders(problem, orders)
    uses = dict(zip(ROOM, used_by(few, plan.house[groups], plan.service[groups]), strict=True))
    return replace(room, **{name: getattr(room, name) + use for name, use in uses.items()})
