"""Prices that clear the market: coordinate ascent on the smoothed dual of the linear programme over a pool of plans.

With an entropy term of temperature t an order takes its plans with probabilities ~ exp(-priced cost / t), and one
row's price can be set so that its expected use meets what there is: a Newton step, rows in turn, as matrix scaling
does (Cuturi 2013). Cooled from coins to fractions of a fen the prices approach the optimal duals from inside the
face, which is where they place orders best. A sweep costs two exponentials for each use of a row by a plan.
"""

import numpy as np

from solver.compiling import compiled

#: Fen below which prices keep some of their last step: the slow waves between work and stock die out so (Polyak 1964).
CALM = 25.0


@compiled
def clear(order_first, cost, nothing, row_first, row_column, row_use, column_order, limit, price, cool, sweeps, carry):
    """Improve `price` [rows] in place. Columns of order o are order_first[o]..order_first[o+1]; `nothing[o]` is what
    it costs to leave the order out; the uses of row r are row_first[r]..row_first[r+1]. `cool`: temperatures,
    `sweeps` each.
    """
    columns, rows, orders = len(cost), len(limit), len(order_first) - 1
    speed, before, priced = np.zeros(rows), price.copy(), np.empty(columns)
    least, mass, share = np.empty(orders), np.empty(orders), np.empty(columns)
    for t in cool:
        height = -np.inf
        for _ in range(sweeps):
            before[:] = price
            moving = False
            if t <= CALM:
                for r in range(rows):
                    if speed[r] != 0.0:
                        price[r] = max(0.0, price[r] + carry * speed[r])
                        moving = True
            now = _weigh(
                order_first, cost, nothing, row_first, row_column, row_use, limit, price, t, priced, least, mass, share
            )
            if moving and now < height:  # too far: go back and start anew
                price[:] = before
                now = _weigh(
                    order_first, cost, nothing, row_first, row_column, row_use, limit, price, t, priced, least, mass,
                    share,
                )  # fmt: skip
            height = now
            for r in range(rows):
                use, spread = 0.0, 0.0
                for e in range(row_first[r], row_first[r + 1]):
                    c = row_column[e]
                    p = share[c] / mass[column_order[c]]
                    use += row_use[e] * p
                    spread += row_use[e] * row_use[e] * p * (1.0 - p)
                over = use - limit[r]
                if over <= 0.0 and price[r] == 0.0:
                    speed[r] = 0.0
                    continue
                step = min(4.0 * t, max(-4.0 * t, t * over / max(spread, 1e-9)))
                step = max(step, -price[r])
                price[r] += step
                speed[r] = price[r] - before[r]
                if step == 0.0:
                    continue
                for e in range(row_first[r], row_first[r + 1]):
                    c = row_column[e]
                    o = column_order[c]
                    priced[c] += row_use[e] * step
                    new = np.exp(min(50.0, -(priced[c] - least[o]) / t))
                    mass[o] = max(1e-30, mass[o] + new - share[c])
                    share[c] = new
    return share, mass


@compiled
def _weigh(order_first, cost, nothing, row_first, row_column, row_use, limit, price, t, priced, least, mass, share):
    """Fill priced costs and shares at these prices; answers the smoothed dual."""
    priced[:] = cost
    total = 0.0
    for r in range(len(limit)):
        total -= price[r] * limit[r]
        if price[r] > 0.0:
            for e in range(row_first[r], row_first[r + 1]):
                priced[row_column[e]] += row_use[e] * price[r]
    for o in range(len(order_first) - 1):
        low = nothing[o]
        for c in range(order_first[o], order_first[o + 1]):
            low = min(low, priced[c])
        least[o] = low
        sum_ = np.exp(-(nothing[o] - low) / t)
        for c in range(order_first[o], order_first[o + 1]):
            share[c] = np.exp(-(priced[c] - low) / t)
            sum_ += share[c]
        mass[o] = sum_
        total += low - t * np.log(sum_)
    return total
