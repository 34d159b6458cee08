"""What scarce things are worth, and the bound these prices prove: column generation with the market cleared in
between.

The bound holds for any prices >= 0: the least priced cost of every order, added up, minus what the room is worth
(Lagrange). `benchmarks/certificate.py` proves it again, from the prices alone.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from solver.allocation.clearing import clear
from solver.allocation.kernel import THOROUGH, Floats, Prices
from solver.allocation.market import no_prices
from solver.allocation.pool import Pool, Rows, uses_of
from solver.allocation.workshop import Wishes, Workshop
from solver.common import Watch

#: Nodes per order while prices still move.
NODES = 200_000
#: Fen: the first round starts with coins too coarse for anything but scarcity itself, later rounds with finer ones.
HOTTEST, HOT, CARRY = 20_000.0, 60.0, 0.9
#: The first coins are no smaller than this part of what it costs to leave out the dearest.
DEAREST = 15
#: Quick rounds find the plans that matter, later ones (from this turn on) cool slowly and settle the prices.
SETTLE, QUICK_COOLING, SLOW_COOLING, QUICK_SWEEPS, SLOW_SWEEPS = 5, 0.65, 0.87, 5, 8
#: New plans, as a share of all orders, below which another round would not move the prices.
FEW = 5e-4
#: Gain of a round, as a share of the bound, below which the next is not worth it.
SETTLED = 3e-5


@dataclass(slots=True)
class Valuation:
    """Prices with what they prove and what was met on the way to them."""

    prices: Prices
    wishes: Wishes
    pool: Pool
    rows: Rows

    @property
    def bound(self) -> float:
        return self.wishes.bound


def value_market(
    shop: Workshop, pool: Pool, rounds: int, watch: Watch, tell: Callable[[int, int], None], start: Prices | None = None
) -> Valuation:
    """Clear the market over the pool, let every order wish at the prices, add what is new; the best prices win.

    `start`: prices of an earlier, similar day, which save the hot rounds.
    """
    rows = Rows(shop)
    prices = start or no_prices(shop.problem)
    level = rows.gather(prices)
    best = Valuation(prices, shop.wish(prices, NODES), pool, rows)
    wishes, gained = best.wishes, 0.0
    for turn in range(rounds):
        tell(turn, rounds)
        new = pool.add(shop, wishes.cost, wishes.house, wishes.service)
        if watch.is_over() or (turn > SETTLE + 1 and new < FEW * shop.problem.orders and gained < SETTLED * best.bound):
            break
        _clear(shop, pool, rows, level, turn if start is None else turn + 4)
        prices = rows.spread(level)
        wishes = shop.wish(prices, NODES if turn < rounds - 1 else THOROUGH)
        gained = wishes.bound - best.bound
        if gained > 0:
            best = Valuation(prices, wishes, pool, rows)
    return best


def _clear(shop: Workshop, pool: Pool, rows: Rows, level: Floats, turn: int) -> None:
    """Move the rows' prices to where the pool's plans meet the room."""
    by = np.argsort(pool.order, kind="stable")
    place = np.empty(len(pool), np.int64)
    place[by] = np.arange(len(pool))
    uses = uses_of(shop, pool, rows)
    column = place[uses.column]
    order = np.lexsort((column, uses.row))
    hot = max(HOT, max(HOTTEST, shop.problem.penalty.max() / DEAREST) * 0.25**turn)
    cold = 30.0 if turn < 2 else 3.0 if turn < 4 else 0.7
    cooling, sweeps = (SLOW_COOLING, SLOW_SWEEPS) if turn >= SETTLE else (QUICK_COOLING, QUICK_SWEEPS)
    cool = hot * cooling ** np.arange(int(np.log(cold / hot) / np.log(cooling)) + 1)
    clear(
        np.searchsorted(pool.order[by], np.arange(shop.problem.orders + 1)), pool.cost[by], shop.nothing,
        np.searchsorted(uses.row[order], np.arange(len(rows.limit) + 1)), column[order], uses.much[order],
        pool.order[by], rows.limit, level, cool, sweeps, CARRY,
    )  # fmt: skip
