"""What fits on one cart."""

from collections.abc import Sequence

from solver.batching.plan import Code, Reason
from solver.batching.problem import Order, Problem

Load = tuple[int, int, int]  # totes, grams, items
NO_LIMIT = 2**40


def load_of(problem: Problem, order: Order) -> Load:
    return problem.cart.totes_for(order), order.weight_g, order.items


def limits_of(problem: Problem) -> Load:
    cart = problem.cart
    return cart.slots, cart.cart_g or NO_LIMIT, cart.max_items or NO_LIMIT


def fits(limits: Load, a: Load, b: Load) -> bool:
    return a[0] + b[0] <= limits[0] and a[1] + b[1] <= limits[1] and a[2] + b[2] <= limits[2]


def plus(a: Load, b: Load) -> Load:
    return a[0] + b[0], a[1] + b[1], a[2] + b[2]


def minus(a: Load, b: Load) -> Load:
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


def split_off_too_big(problem: Problem) -> tuple[list[int], tuple[Reason, ...]]:
    """Orders that fit on an empty cart (by index), and reasons for the others."""
    limits, able, reasons = limits_of(problem), list[int](), list[Reason]()
    codes: Sequence[Code] = (Code.TOO_MANY_TOTES, Code.TOO_HEAVY, Code.TOO_MANY_ITEMS)
    for index, order in enumerate(problem.orders):
        load = load_of(problem, order)
        broken = next((i for i in range(3) if load[i] > limits[i]), None)
        if broken is None:
            able.append(index)
        else:
            reasons.append(Reason(order.id, codes[broken], load[broken], limits[broken]))
    return able, tuple(reasons)
