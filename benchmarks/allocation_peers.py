"""How two open shop systems spread an order over warehouses, written from their public descriptions.

Both decide order by order as the orders come, look at stock alone and send each parcel by the cheapest service.

- Solidus: a fixed sequence of stock locations (their positions); the first gives all it has of the order, the next what
  is still missing, and so on. Each location's share becomes a package.
- Saleor: line by line; each line goes to the warehouse with the highest stock of it.

Neither knows of labour, benches, docks and lorries or of a most number of parcels. Here they have to keep the same
rules as everybody: a warehouse that cannot ship a group is passed over, and an order that cannot leave as it must is
left out. A group is what they call a line.
"""

import time
from collections.abc import Iterable

import numpy as np

from solver.allocation.plan import Plan, bill_of
from solver.allocation.problem import NO_RATE, Problem
from solver.common import Seed, Status

Parcels = dict[int, list[int]]


class _Room:
    """What is left, order after order."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.stock, self.work = problem.stock.copy(), problem.capacity.copy()
        self.benches, self.dock, self.lorry = problem.benches.copy(), problem.dock.copy(), problem.lorry.copy()

    def service(self, order: int, house: int, groups: list[int]) -> int | None:
        """The cheapest service by which these groups can leave this warehouse together; None: they cannot."""
        p = self.problem
        lines = np.concatenate([np.arange(p.line_first[g], p.line_first[g + 1]) for g in groups])
        wanted, where = np.unique(p.sku[lines], return_inverse=True)
        if (np.bincount(where, p.qty[lines]) > self.stock[wanted, house]).any() or self.benches[house] < 1:
            return None
        weight = p.weight[groups].sum()
        band = np.searchsorted(p.edges, weight)
        if band == len(p.edges) or (p.work[groups].sum(axis=0) > self.work[house]).any():
            return None
        rate = p.rate[p.zone[p.region[order], house], :, band]
        may = (p.services[order] >> np.arange(len(rate)) & 1 == 1) & (rate < NO_RATE)
        may &= (self.dock[house] >= 1) & (self.lorry[house] >= weight)
        return int(np.where(may, rate, NO_RATE).argmin()) if may.any() else None

    def take(self, house: int, service: int, groups: list[int]) -> None:
        p = self.problem
        for g in groups:
            lines = slice(p.line_first[g], p.line_first[g + 1])
            self.stock[p.sku[lines], house] -= p.qty[lines]
            self.work[house] -= p.work[g]
            self.lorry[house, service] -= p.weight[g]
        self.benches[house] -= 1
        self.dock[house, service] -= 1


def solidus_style(problem: Problem, seed: Seed = 0) -> Plan:
    """Locations in their fixed sequence, each gives all it has."""

    def choose(room: _Room, order: int, groups: range) -> Parcels:
        parcels, missing = Parcels(), list(groups)
        for house in range(problem.houses):
            share = list[int]()
            for g in missing:
                if room.service(order, house, [*share, g]) is not None:
                    share.append(g)
            if share:
                parcels[house] = share
                missing = [g for g in missing if g not in share]
            if not missing or len(parcels) == problem.parcels[order]:
                break
        return parcels

    return _one_by_one(problem, choose, "solidus style", seed)


def saleor_style(problem: Problem, seed: Seed = 0) -> Plan:
    """Each line from where most of it lies."""

    def choose(room: _Room, order: int, groups: range) -> Parcels:
        parcels = Parcels()
        for g in groups:
            lines = slice(problem.line_first[g], problem.line_first[g + 1])
            for house in np.argsort(-room.stock[problem.sku[lines]].sum(axis=0), kind="stable").tolist():
                share = parcels.get(house, [])
                if not share and len(parcels) == problem.parcels[order]:
                    continue
                if room.service(order, house, [*share, g]) is not None:
                    parcels[house] = [*share, g]
                    break
        return parcels

    return _one_by_one(problem, choose, "saleor style", seed)


def _one_by_one(problem: Problem, choose, name: str, seed: Seed) -> Plan:  # type: ignore[no-untyped-def]
    began, room = time.perf_counter(), _Room(problem)
    house, service = np.full(problem.groups, -1), np.full(problem.groups, -1)
    for order in range(problem.orders):
        groups = range(problem.group_first[order], problem.group_first[order + 1])
        parcels = choose(room, order, groups)
        if _count(parcels.values()) < len(groups) and not problem.partial[order]:
            continue
        for w, share in parcels.items():
            by = room.service(order, w, share)
            assert by is not None
            room.take(w, by, share)
            house[share], service[share] = w, by
    cost = bill_of(problem, house, service).total
    return Plan(house, service, cost, None, Status.FEASIBLE, seed, name, time.perf_counter() - began)


def _count(shares: Iterable[list[int]]) -> int:
    return sum(map(len, shares))
