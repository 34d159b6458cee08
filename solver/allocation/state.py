"""A plan while it is being improved: who ships where, the room that is left, how far each order is from its wish."""

from dataclasses import dataclass

import numpy as np

from solver.allocation import kernel
from solver.allocation.kernel import QUICK, Floats, Prices, Room
from solver.allocation.market import no_prices
from solver.allocation.prices import Valuation
from solver.allocation.problem import Ints
from solver.allocation.search import priced_cost, search
from solver.allocation.workshop import Workshop
from solver.common import Seed
from solver.compiling import compiled

#: Fen: a unit at such a price is worth looking for somebody to take it.
DEAR = 50.0


@dataclass(slots=True)
class State:
    """`cost` [n] true fen, `regret` [n] priced fen above the least."""

    shop: Workshop
    prices: Prices
    value: Floats
    house: Ints
    service: Ints
    room: Room
    cost: Floats
    regret: Floats

    @property
    def total(self) -> float:
        return float(self.cost.sum())

    def refresh(self, some: Ints) -> None:
        """The plans of some orders changed: their costs follow."""
        _recost(self.shop.market, self.prices, some, self.house, self.service, self.value, self.cost, self.regret)


@compiled
def _recost(m, prices, some, house, service, value, cost, regret):
    for o in some:
        cost[o] = kernel.true_cost(m, o, house, service)
        regret[o] = priced_cost(m, prices, o, house, service) - value[o]


def state_of(shop: Workshop, valuation: Valuation, house: Ints, service: Ints) -> State:
    n = shop.problem.orders
    state = State(
        shop, valuation.prices, valuation.wishes.value, house, service, shop.left(house, service), np.zeros(n),
        np.zeros(n),
    )  # fmt: skip
    state.refresh(np.arange(n))
    return state


def placed(shop: Workshop, prices: Prices, sequence: Ints) -> tuple[Ints, Ints, Floats]:
    """(house, service, cost) when each order of the sequence takes the best of what is left, prices counted."""
    house, service = np.full(shop.problem.groups, -1), np.full(shop.problem.groups, -1)
    cost = shop.nothing.copy()
    kernel.place(shop.market, prices, shop.room(), sequence, shop.desks[0], cost, house, service, QUICK)
    return house, service, cost


def kept(shop: Workshop, prices: Prices, sequence: Ints) -> tuple[Ints, Ints, Floats]:
    """As `placed`, but what was announced stays where it was if it can, before anybody else chooses."""
    market, home, groups = shop.market, shop.problem.home, shop.problem.groups
    group = np.repeat(np.arange(groups), np.diff(market.way_first))
    mine = (home[group] < 0) | (home[group] == market.way_house)
    at_home = market._replace(
        way_first=np.searchsorted(group[mine], np.arange(groups + 1)), way_house=market.way_house[mine],
        way_cost=market.way_cost[mine],
    )  # fmt: skip
    house, service, cost, room = np.full(groups, -1), np.full(groups, -1), shop.nothing.copy(), shop.room()
    announced = np.maximum.reduceat(home, market.group_first[:-1])[sequence] >= 0
    kernel.place(
        at_home, no_prices(shop.problem), room, sequence[announced], shop.desks[0], cost, house, service, QUICK
    )
    others = sequence[np.maximum.reduceat(house, market.group_first[:-1])[sequence] < 0]
    kernel.place(market, prices, room, others, shop.desks[0], cost, house, service, QUICK)
    return house, service, cost


class Searcher:
    """Ejection search over all orders, a share of the orders and of the room for each thread."""

    def __init__(self, shop: Workshop, prices: Prices) -> None:
        problem = shop.problem
        by = np.argsort(problem.sku, kind="stable")
        self.wanted_order = problem.order_of_group[problem.group_of_line][by]
        self.wanted_first = np.searchsorted(problem.sku[by], np.arange(problem.stock.shape[0] + 1))
        self.dear_sku, self.dear_house = np.nonzero(prices.unit > DEAR)
        self._shop, self._prices, self._free = shop, prices, no_prices(shop.problem)
        dear = prices.unit.max(axis=1)
        first = problem.line_first[problem.group_first[:-1]]
        by = np.lexsort((dear[problem.sku], problem.order_of_group[problem.group_of_line]))
        #: [n] the SKU an order fights hardest for: those who fight for the same are exchanged by the same thread.
        self._dearest = problem.sku[by][np.append(first[1:], len(problem.sku)) - 1]

    def wanting(self, sku: int) -> Ints:
        """Orders that want a SKU."""
        return self.wanted_order[self.wanted_first[sku] : self.wanted_first[sku + 1]]

    def run(
        self, state: State, moves: int, warm: float, noise: float, seed: Seed, seeds: Ints | None = None, hands: int = 1
    ) -> None:
        """`moves` moves in all, started by `seeds` alone if given. With several hands the orders and the room are
        dealt out anew with each seed: quicker, and blind for exchanges between hands.
        """
        shop, n = self._shop, self._shop.problem.orders
        rng = np.random.default_rng(seed)
        mine = [np.zeros(n, bool) for _ in range(hands)]
        side = rng.integers(hands, size=len(shop.problem.stock))
        share = side[self._dearest]
        dear = self._prices.unit > 0.0
        rooms = [Room(*(r // hands + (hand < r % hands) for r in state.room)) for hand in range(hands)]
        for hand in range(hands):  # the last of a dear thing is of use to one who gets all of it
            rooms[hand].unit[dear] = (state.room.unit * (side == hand)[:, None])[dear]
        for hand in range(hands):
            mine[hand][share == hand] = True

        def work(hand: int) -> None:
            prices = Prices(self._prices.unit.copy(), *self._prices[1:])
            begin = np.zeros(0, np.int64) if seeds is None else seeds[mine[hand][seeds]]
            if seeds is not None and not len(begin):
                return
            search(
                shop.market, prices, self._free, rooms[hand], np.nonzero(mine[hand])[0], mine[hand], begin,
                self.dear_sku, self.dear_house, self.wanted_first, self.wanted_order, state.value, state.cost,
                state.regret,
                state.house, state.service, shop.desks[hand], moves // hands, warm, 0.3, noise, QUICK, seed + hand,
            )  # fmt: skip

        shop.each(work, range(hands))
        state.room = shop.left(state.house, state.service)
