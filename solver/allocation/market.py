"""A problem made ready for the kernels: the ways of each group, and the room there is."""

import numpy as np

from solver.allocation.kernel import INFINITE, Desk, Market, Prices, Room, desk_for
from solver.allocation.problem import NO_RATE, Ints, Problem


def market_of(problem: Problem) -> Market:
    """The ways of a group are the warehouses that have each of its lines, hands for it, and a service that carries
    it: orders fight over nothing else."""
    group, way_house = _ways(problem)
    cost = np.where((problem.home[group] >= 0) & (problem.home[group] != way_house), problem.moving, 0)
    if problem.balance.any():
        lines = problem.balance[problem.sku] * problem.qty[:, None]
        cost = cost + np.add.reduceat(lines, problem.line_first[:-1], axis=0)[group, way_house]
    return Market(
        problem.group_first, problem.line_first, problem.sku, problem.qty, problem.weight, problem.work,
        problem.penalty.astype(float), problem.region, problem.services, problem.partial, problem.parcels,
        problem.zone, np.where(problem.rate >= NO_RATE, INFINITE, problem.rate), problem.edges, problem.transit,
        problem.due, problem.late.astype(float), np.array([float(problem.handling)]),
        np.searchsorted(group, np.arange(problem.groups + 1)).astype(np.int64), way_house, cost.astype(float),
        _twice(problem),
    )  # fmt: skip


def _ways(problem: Problem) -> tuple[Ints, Ints]:
    """(group, warehouse) of every way, group by group."""
    has = problem.stock[problem.sku] >= problem.qty[:, None]
    able = np.logical_and.reduceat(has, problem.line_first[:-1], axis=0)
    for kind in range(problem.work.shape[1]):
        able &= problem.work[:, kind, None] <= problem.capacity[:, kind]
    able &= (problem.benches > 0) & _reached(problem)
    group, house = np.nonzero(able)
    return group, house.astype(np.int64)


def _reached(problem: Problem) -> np.ndarray:
    """[G, W]: some service the order may use carries the group from there."""
    order = problem.order_of_group
    band = np.searchsorted(problem.edges, problem.weight)
    offered = problem.rate_beyond < NO_RATE
    found = np.zeros((problem.groups, problem.houses), bool)
    zone = problem.zone[problem.region[order]]
    for s in range(problem.rate.shape[1]):
        may = (problem.services[order] >> s & 1).astype(bool)
        room = (problem.dock[:, s] > 0) & (problem.lorry[:, s] >= problem.weight[:, None])
        found |= offered[zone, s, band[:, None]] & may[:, None] & room
    return found


def _twice(problem: Problem) -> np.ndarray:
    key = problem.order_of_group[problem.group_of_line] * (int(problem.sku.max(initial=0)) + 1) + problem.sku
    _, where, count = np.unique(key, return_inverse=True, return_counts=True)
    found = np.zeros(problem.orders, bool)
    found[problem.order_of_group[problem.group_of_line][count[where] > 1]] = True
    return found


def room_of(problem: Problem) -> Room:
    """All there is."""
    return Room(
        problem.stock.copy(), problem.capacity.copy(), problem.benches.copy(), problem.dock.copy(),
        problem.lorry.copy(),
    )  # fmt: skip


def no_prices(problem: Problem) -> Prices:
    return Prices(*(np.zeros(row.shape) for row in room_of(problem)))


def paper(market: Market, problem: Problem, plans: int = 1) -> Desk:
    most = int(np.diff(market.group_first).max(initial=1))
    return desk_for(most, problem.houses, problem.rate.shape[1], plans)


def value_of(prices: Prices, room: Room) -> float:
    """Prices times room: what all of it is worth."""
    return float(sum((price * left).sum() for price, left in zip(prices, room, strict=True)))
