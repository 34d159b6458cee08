"""A bound that can be believed: from the problem and the prices alone, in numpy, with nothing of the solver's.

Why it holds. Take any plan that keeps the rules. Charge each order for what it uses at prices >= 0: all of them
together pay at most prices x room, because nothing is used beyond its room. So the plan costs at least the sum over
orders of (cost + charges) - prices x room, and no order can do better than the least it could pay if it were alone.
`least` finds that by trying everything.
"""

import numpy as np
from numpy.typing import NDArray

from solver.allocation.plan import Plan
from solver.allocation.problem import NO_RATE, Problem

#: Baskets of more groups are bounded from their heaviest ones (see `least`). 3 ** EXACT steps per order and warehouse.
EXACT = 14


def certified(problem: Problem, plan: Plan) -> int:
    """The bound in fen that the plan's prices prove."""
    prices = plan.prices
    assert prices is not None, "only a plan with prices proves a bound"
    assert all((price >= 0).all() for price in prices), "a price below zero proves nothing"
    rooms = (problem.stock, problem.capacity, problem.benches, problem.dock, problem.lorry)
    worth = sum(float((price * room)[price > 0].sum()) for price, room in zip(prices, rooms, strict=True))
    return int(np.ceil(least(problem, prices).sum() - worth - 0.001))  # any cost is a whole number of fen


def least(problem: Problem, prices) -> NDArray[np.float64]:  # type: ignore[no-untyped-def]
    """[n] the least fen, charges included, at which each order can leave, or be left out, if it were alone.

    Exact up to `EXACT` groups. Of a larger basket the heaviest are planned exactly, and the others are added at their
    cheapest as if they weighed nothing: a parcel never gets cheaper by its weight, so that is no more than the truth.
    """
    place = place_costs(problem, prices)
    found = np.zeros(problem.orders)
    sizes = np.diff(problem.group_first)
    for size in np.unique(sizes):
        k = min(int(size), EXACT)
        many = max(1, 4_000_000 // 3**k // 4)
        same = np.nonzero(sizes == size)[0]
        for some in np.split(same, range(many, len(same), many)):
            groups = problem.group_first[some][:, None] + np.arange(size)
            heavy_first = np.argsort(-problem.weight[groups], axis=1, kind="stable")
            groups = np.take_along_axis(groups, heavy_first, axis=1)
            out = np.where(problem.partial[some][:, None], problem.penalty[groups], np.inf)
            light = np.minimum(place[groups[:, k:]].min(axis=2, initial=np.inf), out[:, k:]).sum(axis=1)
            nothing = problem.penalty[groups].sum(axis=1)
            ships = _ship(problem, prices, some, groups[:, :k], place, out[:, :k]) + light
            found[some] = np.where(problem.pinned[some], ships, np.minimum(nothing, ships))
    return found


def place_costs(problem: Problem, prices) -> NDArray[np.float64]:  # type: ignore[no-untyped-def]
    """[G, W] fen of a group at a warehouse without its parcel; infinite where it cannot be."""
    first, every = problem.line_first[:-1], np.arange(problem.houses)
    lines = problem.qty[:, None] * (prices.unit + problem.balance)[problem.sku]
    has = np.logical_and.reduceat(problem.stock[problem.sku] >= problem.qty[:, None], first)
    has &= (problem.work[:, None, :] <= problem.capacity).all(axis=2) & (problem.benches > 0)
    home, fixed = problem.home[:, None], problem.pinned[problem.order_of_group][:, None]
    moves = (home >= 0) & (home != every) & ~fixed
    cost = np.add.reduceat(lines, first) + problem.work @ prices.work.T + problem.moving * moves
    return np.where(has & ~(fixed & (home != every)), cost, np.inf)


def _ship(problem, prices, some, groups, place, out):  # type: ignore[no-untyped-def]
    """[orders] the least of every way to send every set of the groups and to leave out the others."""
    member = members(groups.shape[1])
    sent = np.stack(sending(problem, parcel_costs(problem, prices, some, groups, place), problem.parcels[some].max()))
    return (sent[problem.parcels[some], np.arange(len(some))] + _sums(out, 1 - member)).min(axis=1)


def sending(problem, parcel, most):  # type: ignore[no-untyped-def]
    """`[j][orders, set]` the least fen at which a set of groups is sent in at most j parcels, j up to `most`.

    Warehouses come one after another: the next one sends any part of the set, and the rest was sent before.
    """
    sets = parcel.shape[1]
    whole, part = _parts(sets.bit_length() - 1)
    begins = np.searchsorted(whole, np.arange(sets))
    best = [np.where(np.arange(sets) == 0, 0.0, np.inf) * np.ones((len(parcel), 1)) for _ in range(most + 1)]
    for w in range(problem.houses):
        for j in range(most, 0, -1):
            more = np.minimum.reduceat(best[j - 1][:, whole ^ part] + parcel[:, part, w], begins, axis=1)
            best[j] = np.minimum(best[j], more)
    return best


def members(k: int) -> NDArray[np.int64]:
    """[sets, k] which of k groups are in each set; sets are bits."""
    return np.arange(2**k)[:, None] >> np.arange(k) & 1


def _parts(k: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Every set of k things with every part of it, 3 ** k pairs, set by set; sets are bits."""
    whole = part = np.zeros(1, np.int64)
    for bit in (1 << i for i in range(k)):
        whole = np.concatenate([whole, whole | bit, whole | bit])
        part = np.concatenate([part, part, part | bit])
    by = np.argsort(whole, kind="stable")
    return whole[by], part[by]


def _sums(values, member):  # type: ignore[no-untyped-def]
    """[orders, sets] sum of the values of a set's members; infinity counts only where it is a member."""
    finite = np.isfinite(values)
    return np.where((~finite).astype(float) @ member.T > 0, np.inf, np.where(finite, values, 0.0) @ member.T)


def parcel_costs(problem, prices, some, groups, place):  # type: ignore[no-untyped-def]
    """[orders, sets, W] fen of a parcel with these groups by the cheapest service allowed; 0 for no groups."""
    member = members(groups.shape[1])
    weight = problem.weight[groups] @ member.T
    band = np.searchsorted(problem.edges, weight)[:, :, None]
    rates = np.append(problem.rate, np.full((*problem.rate.shape[:2], 1), NO_RATE), axis=2)
    zone = problem.zone[problem.region[some]][:, None, :]
    fixed_service = np.full((len(some), problem.houses), -1)
    np.put_along_axis(fixed_service, problem.home[groups], problem.home_service[groups], axis=1)
    best = np.full((*weight.shape, problem.houses), np.inf)
    for s in range(problem.rate.shape[1]):
        days = np.maximum(0, problem.transit[zone, s] - problem.due[some][:, None, None])
        fixed = problem.handling + days * problem.late[some][:, None, None] + prices.bench + prices.dock[:, s]
        cost = rates[zone, s, band] + fixed + prices.lorry[:, s] * weight[:, :, None]
        may = (problem.services[some] >> s & 1)[:, None, None] == 1
        may = may & (~problem.pinned[some][:, None] | (fixed_service == s))[:, None, :]
        may = may & (problem.dock[:, s] > 0) & (problem.lorry[:, s] >= weight[:, :, None])
        best = np.minimum(best, np.where(may & (rates[zone, s, band] < NO_RATE), cost, np.inf))
    best[:, 0] = 0.0
    for w in range(problem.houses):
        best[:, :, w] += _sums(place[groups, w], member)
    return best
