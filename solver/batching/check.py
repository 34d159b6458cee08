"""Do the trips hold? Knows nothing of how they were found."""

from collections import Counter

from solver.batching.plan import Code, Plan, Reason, Trip
from solver.batching.problem import Cart, Order, Problem
from solver.routing.plan import Route
from solver.routing.problem import Problem as Walk
from solver.routing.solve import solve as route


def violations(problem: Problem, plan: Plan) -> tuple[str, ...]:
    """Sentences for every rule broken; empty when the plan holds."""
    orders = {order.id: order for order in problem.orders}
    named = Counter([o for trip in plan.trips for o in trip.orders] + [r.order for r in plan.left_out])
    if named != Counter(order.id for order in problem.orders):
        return ("trips and reasons do not name every order exactly once",)
    found = [sentence for trip in plan.trips for sentence in _of_trip(problem, orders, trip)]
    found += _of_clock(problem, plan)
    late = {o for trip in plan.trips for o in trip.orders if _is_late(orders[o], trip)}
    if set(plan.late) != late or len(plan.late) != len(late):
        found.append("the late orders are not the ones that come back after they are due")
    if plan.walk_mm != sum(trip.walk_mm for trip in plan.trips):
        found.append("the walk is not the sum of the trips")
    found += [f"order {r.order} fits a cart of its own" for r in plan.left_out if not _is_too_big(problem, orders, r)]
    return tuple(found)


def _of_trip(problem: Problem, orders: dict[str, Order], trip: Trip) -> list[str]:
    on_it = [orders[o] for o in trip.orders]
    if not on_it:
        return ["a trip has no orders"]
    of = f"trip of {trip.orders[:1]}"
    found = [f"{of} {sentence}" for sentence in _of_load(problem.cart_of(on_it[0]), on_it, trip)]
    if {(order.mode, order.zone) for order in on_it} != {(trip.mode, on_it[0].zone)}:
        found.append(f"{of} mixes modes or zones")
    if trip.walk_mm != _walk(problem, on_it).length_mm:
        found.append(f"{of} is not as long as its route")
    if trip.finish_min - trip.start_min != problem.pace.minutes_for(trip.walk_mm, sum(o.items for o in on_it)):
        found.append(f"{of} does not take the minutes of the pace")
    return found


def _of_load(cart: Cart, on_it: list[Order], trip: Trip) -> list[str]:
    """A tote holds one order, or, when totes are shared, what fills it."""
    totes = [_totes(cart, order.volume_ml, order.weight_g) for order in on_it]
    grams = sum(order.weight_g for order in on_it)
    used = _totes(cart, sum(order.volume_ml for order in on_it), grams) if cart.is_shared else sum(totes)
    fragile = sum(n for n, order in zip(totes, on_it, strict=True) if order.is_fragile)
    found = []
    if used != trip.totes or used > cart.slots:
        found.append("has too many totes or counts them wrongly")
    if cart.cart_g is not None and grams > cart.cart_g:
        found.append("is too heavy")
    if cart.max_items is not None and sum(order.items for order in on_it) > cart.max_items:
        found.append("has too many items")
    if cart.fragile_slots is not None and fragile > cart.fragile_slots:
        found.append("has too many fragile totes")
    if cart.max_orders is not None and len(on_it) > cart.max_orders:
        found.append("has too many orders")
    return found


def _totes(cart: Cart, volume_ml: int, weight_g: int) -> int:
    return max(1, -(-volume_ml // (cart.tote_ml or volume_ml or 1)), -(-weight_g // (cart.tote_g or weight_g or 1)))


def _walk(problem: Problem, on_it: list[Order]) -> Route:
    picks = tuple(pick for order in on_it for pick in order.picks)
    return route(Walk(problem.layout, problem.start, problem.end, picks))


def _of_clock(problem: Problem, plan: Plan) -> list[str]:
    found, free = [], dict[int, int]()
    for trip in plan.trips:
        if not 0 <= trip.picker < problem.pace.pickers:
            found.append("a trip has no picker")
        if trip.start_min < free.get(trip.picker, 0):
            found.append(f"picker {trip.picker} is on two trips at once")
        free[trip.picker] = trip.finish_min
    return found


def _is_late(order: Order, trip: Trip) -> bool:
    return order.due_min is not None and trip.finish_min > order.due_min


def _is_too_big(problem: Problem, orders: dict[str, Order], reason: Reason) -> bool:
    order = orders[reason.order]
    cart, totes = problem.cart_of(order), _totes(problem.cart_of(order), order.volume_ml, order.weight_g)
    return {
        Code.TOO_MANY_TOTES: totes > cart.slots,
        Code.TOO_HEAVY: cart.cart_g is not None and order.weight_g > cart.cart_g,
        Code.TOO_MANY_ITEMS: cart.max_items is not None and order.items > cart.max_items,
        Code.TOO_FRAGILE: cart.fragile_slots is not None and order.is_fragile and totes > cart.fragile_slots,
    }[reason.code]
