"""Do the trips hold? Knows nothing of how they were found."""

from collections import Counter

from solver.batching.plan import Code, Plan, Reason, Trip
from solver.batching.problem import Order, Problem
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
    cart, on_it = problem.cart, [orders[o] for o in trip.orders]
    totes = sum(cart.totes_for(order) for order in on_it)
    found = []
    if not on_it:
        found.append("a trip has no orders")
    if totes != trip.totes or totes > cart.slots:
        found.append(f"trip of {trip.orders[:1]} has too many totes or counts them wrongly")
    if cart.cart_g is not None and sum(order.weight_g for order in on_it) > cart.cart_g:
        found.append(f"trip of {trip.orders[:1]} is too heavy")
    if cart.max_items is not None and sum(order.items for order in on_it) > cart.max_items:
        found.append(f"trip of {trip.orders[:1]} has too many items")
    if trip.walk_mm != _walk(problem, on_it).length_mm:
        found.append(f"trip of {trip.orders[:1]} is not as long as its route")
    if trip.finish_min - trip.start_min != problem.pace.minutes_for(trip.walk_mm, sum(o.items for o in on_it)):
        found.append(f"trip of {trip.orders[:1]} does not take the minutes of the pace")
    return found


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
    order, cart = orders[reason.order], problem.cart
    return {
        Code.TOO_MANY_TOTES: cart.totes_for(order) > cart.slots,
        Code.TOO_HEAVY: cart.cart_g is not None and order.weight_g > cart.cart_g,
        Code.TOO_MANY_ITEMS: cart.max_items is not None and order.items > cart.max_items,
    }[reason.code]
