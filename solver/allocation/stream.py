"""New orders placed at once by the prices of the last plan: microseconds each, nothing solved again.

A price says what a thing is worth to the orders known so far, so the cheapest priced plan of a new order is the one
that hurts them least (Acimovic and Graves 2015).
"""

from dataclasses import replace

import numpy as np

from solver.allocation import kernel
from solver.allocation.greedy import most_urgent_first
from solver.allocation.kernel import QUICK, Prices, Room
from solver.allocation.market import market_of, paper
from solver.allocation.plan import bill_of
from solver.allocation.problem import Ints, Problem


def place_new(problem: Problem, prices: Prices, room: Room) -> tuple[Ints, Ints, int]:
    """(warehouse, service) of each group, the most urgent order first, and the fen it costs.

    `room` is what earlier orders left and becomes what these leave; the problem's own capacities are not looked at.
    """
    there = replace(problem, stock=room.unit, capacity=room.work, benches=room.bench, dock=room.dock, lorry=room.lorry)
    market = market_of(there)
    house, service = np.full(problem.groups, -1), np.full(problem.groups, -1)
    kernel.place(
        market, prices, room, most_urgent_first(problem), paper(market, there), np.empty(problem.orders), house,
        service, QUICK,
    )  # fmt: skip
    return house, service, bill_of(problem, house, service).total
