"""Small allocation days with everything in them, and the optimum of one by trying every plan, in plain Python."""

import itertools
import random
from collections import Counter
from dataclasses import fields, replace
from types import SimpleNamespace

import numpy as np

from solver.allocation.problem import NO_LIMIT, NO_RATE, Problem, problem_of


def a_problem(**changed) -> Problem:
    """Two orders, east (0) and west (1), two services: post (0) and freight (1). The first order has two groups."""
    arrays = {
        "group_first": [0, 2, 3],
        "line_first": [0, 1, 2, 3],
        "sku": [0, 1, 0],
        "qty": [1, 1, 2],
        "weight": [2, 3, 4],
        "penalty": [9_000, 9_000, 9_000],
        "region": [0, 1],
        "zone": [[0, 1], [1, 0]],
        "rate": [[[500, 600, 900], [800, 800, 800]], [[1_000, 1_200, 1_800], [1_500, 1_500, 1_500]]],
        "transit": [[1, 2], [3, 4]],
        "edges": [3, 6, 20],
        "stock": [[5, 5], [5, 5]],
        "handling": 200,
        **changed,
    }
    return problem_of(**{name: v if isinstance(v, int) else np.asarray(v) for name, v in arrays.items()})


def a_day(seed: int, orders: int = 4, houses: int = 3, most_groups: int = 3, pins: bool = False) -> Problem:
    """Two services, bundles, groups that want the same SKU, partial and split orders, every limit there is, moving
    costs and balance. Scarce enough for the orders to be in each other's way. With `pins` some are fixed, so that the
    fixed ones fit."""
    rng = random.Random(seed)
    skus, services = 3, 2
    sizes = [rng.randint(1, most_groups) for _ in range(orders)]
    groups = sum(sizes)
    lines = [rng.sample(range(skus), rng.choice((1, 1, 2))) for _ in range(groups)]
    qty = [[rng.randint(1, 3) for _ in group] for group in lines]
    heavy, cold = rng.choices((0, 1), (4, 1), k=groups), rng.choices((0, 1), (4, 1), k=groups)
    plenty = rng.choice((3, 6, 12))

    def limit(low: int, high: int, *shape: int) -> np.ndarray:
        tight = rng.random() < 0.5
        return np.array(
            [rng.randint(low, high) if tight else NO_LIMIT for _ in range(int(np.prod(shape)))], dtype=np.int64
        ).reshape(shape)

    def table(low: int, high: int, *shape: int) -> np.ndarray:
        return np.array([rng.randint(low, high) for _ in range(int(np.prod(shape)))]).reshape(shape)

    rate = np.cumsum(table(100, 900, 3, services, 3), axis=2)
    rate[rng.randrange(3), rng.randrange(services), 2] = NO_RATE
    announced = rng.random() < 0.5
    home = [rng.choice((-1, rng.randrange(houses))) if announced else -1 for _ in range(groups)]
    arrays = {
        "group_first": np.append(0, np.cumsum(sizes)),
        "line_first": np.append(0, np.cumsum([len(group) for group in lines])),
        "sku": list(itertools.chain(*lines)),
        "qty": list(itertools.chain(*qty)),
        "weight": table(1, 9, groups),
        "work": np.column_stack([[len(group) for group in lines], heavy, cold]),
        "penalty": table(1, 6, groups) * 2_000,
        "priority": table(0, 3, orders),
        "region": table(0, 1, orders),
        "due": table(1, 3, orders),
        "late": table(0, 2, orders) * 150,
        "services": [rng.choice((3, 3, 3, 1, 2, 0)) for _ in range(orders)],
        "partial": [rng.random() < 0.4 for _ in range(orders)],
        "parcels": table(1, 3, orders),
        "zone": table(0, 2, 2, houses),
        "rate": rate,
        "transit": table(1, 5, 3, services),
        "edges": [5, 10, 20],
        "stock": table(0, plenty, skus, houses),
        "capacity": np.column_stack([limit(1, 8, houses), limit(0, 2, houses), limit(0, 2, houses)]),
        "benches": limit(0, 4, houses),
        "dock": limit(0, 3, houses, services),
        "lorry": limit(4, 25, houses, services),
        "handling": rng.choice((0, 120)),
        "home": home,
        "home_service": [rng.randrange(services) if house >= 0 else -1 for house in home],
        "moving": rng.choice((0, 200)),
        "balance": table(0, rng.choice((0, 40)), skus, houses),
    }
    day = problem_of(**{n: v if isinstance(v, int) else np.asarray(v) for n, v in arrays.items()})
    return pinned_somewhere(day, rng) if pins else day


def pinned_somewhere(day: Problem, rng: random.Random) -> Problem:
    """Fix about half of the orders to plans of theirs that fit together."""
    p, room = listed(day), room_of(day)
    pinned, home, service = [False] * day.orders, list(p.home), list(p.home_service)
    for o in range(day.orders):
        plans = [plan for plan in plans_of(p, o) if None not in plan[2] and fits(room, plan[1])]
        if plans and rng.random() < 0.5:
            _, uses, choice = rng.choice(plans)
            room.subtract(uses)
            pinned[o] = True
            first = p.group_first[o]
            for g, (w, s) in enumerate(choice):
                home[first + g], service[first + g] = w, s
    return replace(day, pinned=np.array(pinned), home=np.array(home), home_service=np.array(service))


def listed(problem: Problem) -> SimpleNamespace:
    """The problem in lists."""
    values = ((field.name, getattr(problem, field.name)) for field in fields(problem))
    return SimpleNamespace(**{name: v.tolist() if isinstance(v, np.ndarray) else v for name, v in values})


def room_of(problem: Problem) -> Counter:
    """How much there is of each thing."""
    room: Counter = Counter()
    for name in ("stock", "capacity", "dock", "lorry"):
        for (a, b), there in np.ndenumerate(getattr(problem, name)):
            room[name, a, b] = int(there)
    for w, there in enumerate(problem.benches.tolist()):
        room["benches", w] = there
    return room


def fits(room: Counter, uses: Counter) -> bool:
    return all(room[thing] >= much for thing, much in uses.items())


def plans_of(p: SimpleNamespace, o: int) -> list[tuple[int, Counter, tuple]]:
    """(cost, uses, choice) of all that can be done with order o; choice: (warehouse, service) or None by group."""
    groups = range(p.group_first[o], p.group_first[o + 1])
    houses, services = range(len(p.zone[0])), range(len(p.rate[0]))
    ways = [None, *itertools.product(houses, services)]
    found = [plan for choice in itertools.product(ways, repeat=len(groups)) if (plan := _plan(p, o, groups, choice))]
    return sorted(found, key=lambda plan: plan[0])


def _plan(p: SimpleNamespace, o: int, groups: range, choice: tuple) -> tuple[int, Counter, tuple] | None:
    parcels = {way for way in choice if way is not None}
    if parcels and None in choice and not p.partial[o]:
        return None
    if len(parcels) > p.parcels[o] or len({w for w, _ in parcels}) < len(parcels):
        return None
    if p.pinned[o] and choice != tuple((p.home[g], p.home_service[g]) for g in groups):
        return None
    cost, uses = 0, Counter[tuple]()
    for g, way in zip(groups, choice, strict=True):
        if way is None:
            cost += p.penalty[g]
            continue
        w, s = way
        if 0 <= p.home[g] != w:
            cost += p.moving
        uses["lorry", w, s] += p.weight[g]
        for kind, need in enumerate(p.work[g]):
            uses["capacity", w, kind] += need
        for line in range(p.line_first[g], p.line_first[g + 1]):
            uses["stock", p.sku[line], w] += p.qty[line]
            cost += p.balance[p.sku[line]][w] * p.qty[line]
    for w, s in parcels:
        weight = sum(p.weight[g] for g, way in zip(groups, choice, strict=True) if way == (w, s))
        zone = p.zone[p.region[o]][w]
        band = next((b for b, edge in enumerate(p.edges) if weight <= edge), None)
        if not p.services[o] >> s & 1 or band is None or p.rate[zone][s][band] >= NO_RATE:
            return None
        uses["dock", w, s] += 1
        uses["benches", w] += 1
        cost += p.rate[zone][s][band] + p.handling + max(0, p.transit[zone][s] - p.due[o]) * p.late[o]
    return cost, uses, choice


def cheapest(problem: Problem, below: int) -> int | None:
    """The least cost of all plans that cost less than `below`; None when there is none."""
    p, room = listed(problem), room_of(problem)
    plans = [[plan for plan in plans_of(p, o) if fits(room, plan[1])] for o in range(problem.orders)]
    plans.sort(key=lambda order: order[-1][0] - order[0][0], reverse=True)
    rest = [sum(order[0][0] for order in plans[at:]) for at in range(len(plans) + 1)]
    best, found = below, None

    def go_on(at: int, cost: int) -> None:
        nonlocal best, found
        if at == len(plans):
            best = found = cost
            return
        for more, uses, _ in plans[at]:
            if cost + more + rest[at + 1] >= best:
                return
            if fits(room, uses):
                room.subtract(uses)
                go_on(at + 1, cost + more)
                room.update(uses)

    go_on(0, 0)
    return found
