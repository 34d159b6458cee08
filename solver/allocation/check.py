"""Is this plan one the floor can ship? Knows nothing of how it was found."""

from collections import Counter, defaultdict

from solver.allocation.plan import Parcel, Plan
from solver.allocation.problem import Lane, Order, Problem, promisable
from solver.common import Status


def violations(problem: Problem, plan: Plan) -> tuple[str, ...]:
    """Sentences for every rule broken; empty when the plan holds."""
    found = _every_order_once(problem, plan)
    if found:
        return tuple(found)
    found += _lines_add_up(problem, plan) + _stock_and_labour_suffice(problem, plan) + _cost_is_true(problem, plan)
    if plan.bound is not None and plan.bound > plan.cost:
        found.append("the bound is above the cost")
    if plan.status is Status.OPTIMAL and plan.bound != plan.cost:
        found.append("called optimal without a bound that proves it")
    return tuple(found)


def _every_order_once(problem: Problem, plan: Plan) -> list[str]:
    served, left_out = (
        {parcel.order for parcel in plan.parcels},
        [reason.order for reason in plan.unallocated],
    )
    if Counter([*served, *left_out]) == Counter(order.id for order in problem.orders):
        return []
    return ["parcels and reasons do not name every order exactly once"]


def _of_order(plan: Plan) -> dict[str, list[Parcel]]:
    found: dict[str, list[Parcel]] = defaultdict(list)
    for parcel in plan.parcels:
        found[parcel.order].append(parcel)
    return found


def _most_parcels(problem: Problem, order: Order) -> int:
    return problem.costs.max_parcels if order.splittable else 1


def _lines_add_up(problem: Problem, plan: Plan) -> list[str]:
    orders, found = {order.id: order for order in problem.orders}, []
    for name, parcels in _of_order(plan).items():
        shipped: Counter[str] = Counter()
        for parcel in parcels:
            shipped.update({line.sku: line.qty for line in parcel.lines})
            if not parcel.lines or any(line.qty < 1 for line in parcel.lines):
                found.append(f"order {name} has an empty parcel or line")
        if shipped != Counter({line.sku: line.qty for line in orders[name].lines}):
            found.append(f"order {name} does not get what it asked for")
        houses = [parcel.warehouse for parcel in parcels]
        if len(houses) > _most_parcels(problem, orders[name]) or len(set(houses)) < len(houses):
            found.append(f"order {name} is split over too many parcels")
    return found


def _stock_and_labour_suffice(problem: Problem, plan: Plan) -> list[str]:
    units: dict[str, Counter[str]] = defaultdict(Counter)
    lines: Counter[str] = Counter()
    for parcel in plan.parcels:
        lines[parcel.warehouse] += len(parcel.lines)
        for line in parcel.lines:
            units[parcel.warehouse][line.sku] += line.qty
    found = [f"no warehouse {name}" for name in units if name not in {w.id for w in problem.warehouses}]
    for warehouse in problem.warehouses:
        free = promisable(warehouse)
        found += [
            f"{warehouse.id} promises {taken} of {sku} and has {free.get(sku, 0)}"
            for sku, taken in units[warehouse.id].items()
            if taken > free.get(sku, 0)
        ]
        if warehouse.labour_lines is not None and lines[warehouse.id] > warehouse.labour_lines:
            found.append(f"{warehouse.id} has {lines[warehouse.id]} lines for {warehouse.labour_lines} it can pick")
    return found


def _cost_is_true(problem: Problem, plan: Plan) -> list[str]:
    orders = {order.id: order for order in problem.orders}
    lanes: dict[tuple[str, str], list[Lane]] = defaultdict(list)
    for lane in problem.lanes:
        lanes[lane.warehouse, lane.region].append(lane)
    cost, found = 0, list[str]()
    for parcel in plan.parcels:
        order = orders[parcel.order]
        ways = [problem.costs.of_parcel(order, lane) for lane in lanes[parcel.warehouse, order.region]]
        if ways:
            cost += min(ways)
        else:
            found.append(f"no lane from {parcel.warehouse} to {order.region}")
    cost += sum(problem.costs.of_leaving_out(orders[reason.order]) for reason in plan.unallocated)
    return found if found or cost == plan.cost else [f"the plan says it costs {plan.cost}, it costs {cost}"]
