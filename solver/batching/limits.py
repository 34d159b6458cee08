"""What fits on one cart, as rows of numbers."""

from solver.batching.plan import Code, Reason
from solver.batching.problem import Cart, Order, Problem

Load = tuple[int, ...]  # totes, ml, grams, items, totes with something fragile, orders
NO_LIMIT = 2**40


def load_of(problem: Problem, order: Order) -> Load:
    cart = problem.cart_of(order)
    totes = cart.totes_for(order)
    own, shared = (0, order.volume_ml) if cart.is_shared else (totes, 0)
    return own, shared, order.weight_g, order.items, totes if order.is_fragile else 0, 1


def limits_of(cart: Cart) -> Load:
    """The most of each; totes that are shared hold their volume and weight together."""
    grams = [cart.cart_g or NO_LIMIT, cart.slots * cart.tote_g if cart.is_shared and cart.tote_g else NO_LIMIT]
    return (
        cart.slots,
        cart.slots * cart.tote_ml if cart.tote_ml else NO_LIMIT,
        min(grams),
        cart.max_items or NO_LIMIT,
        NO_LIMIT if cart.fragile_slots is None else cart.fragile_slots,
        cart.max_orders or NO_LIMIT,
    )


def group_of(order: Order) -> tuple[str, str]:
    """Orders of different groups never share a cart."""
    return order.mode, order.zone


def split_off_too_big(problem: Problem) -> tuple[list[int], tuple[Reason, ...]]:
    """Orders that fit on an empty cart (by index), and reasons for the others."""
    able, reasons = list[int](), list[Reason]()
    for index, order in enumerate(problem.orders):
        cart = problem.cart_of(order)
        totes, limits = cart.totes_for(order), limits_of(cart)
        wants = (
            (Code.TOO_MANY_TOTES, totes, cart.slots),
            (Code.TOO_HEAVY, order.weight_g, limits[2]),
            (Code.TOO_MANY_ITEMS, order.items, limits[3]),
            (Code.TOO_FRAGILE, totes if order.is_fragile else 0, limits[4]),
        )
        broken = next(((code, wanted, most) for code, wanted, most in wants if wanted > most), None)
        if broken is None:
            able.append(index)
        else:
            reasons.append(Reason(order.id, *broken))
    return able, tuple(reasons)
