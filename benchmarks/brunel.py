"""A real day of a supply chain (Brunel University, figshare 7558679): python -m benchmarks.brunel.

9,215 orders, 19 plants. A plant makes some products, serves some customers only (VMI), handles so many orders a day,
and costs so much a unit; freight goes from a plant's ports by carriers' rates by weight, with a least cost. An order of
service level CRF is collected: no freight.

How it becomes a problem of ours: each order has one line, so what an order costs at a plant is known to the cent before
planning: unit cost x units + the cheapest freight. Each order is a region, each such cost a zone, and nothing is
approximated but three readings of the data: any carrier with a rate of the order's service level may be used, whatever
its days; a ground rate is charged by weight like the others; and as many orders as possible are to be served first, the
cost comes second. Money in cents, weight in grams.
"""

import csv
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
from ortools.graph.python import min_cost_flow

from benchmarks.instances import FOLDER
from solver.allocation.plan import Plan
from solver.allocation.problem import NO_LIMIT, NO_RATE, Problem, problem_of
from solver.allocation.solve import solve

Row = dict[str, str]
#: Cents of an order left out. Orders cost 110 to 290,000 dollars; from 50,000 on as many as possible are served, which
#: the flow below confirms.
LEFT_OUT = 5_000_000
COLLECTED = "CRF"


@dataclass(frozen=True, slots=True)
class Day:
    """The tables as they are, and what an order costs at each plant that may serve it."""

    orders: list[Row]
    plants: list[str]
    capacity: dict[str, int]
    makes: set[tuple[str, str]]
    vmi: dict[str, set[str]]
    dollars: dict[tuple[int, str], float]

    def why_not(self, order: int, plant: str) -> str | None:
        """The first rule that keeps an order from a plant."""
        row = self.orders[order]
        if (plant, row["Product_ID"]) not in self.makes:
            return "does not make the product"
        if plant in self.vmi and row["Customer"] not in self.vmi[plant]:
            return "does not serve the customer"
        return None if (order, plant) in self.dollars else "has no freight rate"


def rows_of(name: str) -> list[Row]:
    with (FOLDER / "allocation" / "brunel" / f"{name}.csv").open() as lines:
        return list(csv.DictReader(lines))


def the_day() -> Day:
    makes = {(row["Plant_Code"], row["Product_ID"]) for row in rows_of("ProductsPerPlant")}
    vmi, ports, rates = defaultdict(set), defaultdict(set), defaultdict(list)
    for row in rows_of("VmiCustomers"):
        vmi[row["Plant_Code"]].add(row["Customer"])
    for row in rows_of("PlantPorts"):
        ports[row["Plant_Code"]].add(row["Ports"])
    for row in rows_of("FreightRates"):
        numbers = tuple(float(row[name]) for name in ("Min_Weight_Quant", "Max_Weight_Quant", "Min_Cost", "Rate"))
        rates[row["Orig_Port"], row["Dest_Port"], row["Service_Level"]].append(numbers)
    capacity = {row["Plant_Code"]: int(row["Daily_Capacity"]) for row in rows_of("WhCapacities")}
    unit = {row["Plant_Code"]: float(row["Cost_Per_Unit"]) for row in rows_of("WhCosts")}
    day = Day(rows_of("OrderList"), sorted(capacity), capacity, makes, dict(vmi), {})
    for o, row in enumerate(day.orders):
        weight = float(row["Weight"])
        for plant in day.plants:
            if (plant, row["Product_ID"]) not in makes or row["Customer"] not in vmi.get(plant, {row["Customer"]}):
                continue
            freight = [
                max(least, rate * weight)
                for port in ports[plant]
                for low, high, least, rate in rates[port, row["Dest_Port"], row["Service_Level"]]
                if low <= weight <= high
            ]
            if row["Service_Level"] == COLLECTED:
                freight = [0.0]
            if freight:
                day.dollars[o, plant] = unit[plant] * int(row["Unit_Quant"]) + min(freight)
    return day


def problem_of_day(day: Day) -> Problem:
    products = {name: i for i, name in enumerate(sorted({row["Product_ID"] for row in day.orders}))}
    n, houses = len(day.orders), len(day.plants)
    zone, cents = np.zeros((n, houses), np.int64), [NO_RATE]
    for (o, plant), dollars in day.dollars.items():
        zone[o, day.plants.index(plant)] = len(cents)
        cents.append(round(dollars * 100))
    stock = np.zeros((len(products), houses), np.int64)
    for plant, product in day.makes:
        if product in products:
            stock[products[product], day.plants.index(plant)] = NO_LIMIT
    weight = np.array([round(float(row["Weight"]) * 1_000) for row in day.orders])
    return problem_of(
        group_first=np.arange(n + 1),
        line_first=np.arange(n + 1),
        sku=np.array([products[row["Product_ID"]] for row in day.orders]),
        qty=np.array([int(row["Unit_Quant"]) for row in day.orders]),
        weight=weight,
        penalty=np.full(n, LEFT_OUT),
        region=np.arange(n),
        zone=zone,
        rate=np.array(cents)[:, None, None],
        transit=np.zeros((len(cents), 1)),
        edges=np.array([weight.max()]),
        stock=stock,
        capacity=np.array([[day.capacity[plant]] for plant in day.plants]),
    )


def best_possible(day: Day, penalty: int) -> tuple[int, int]:
    """(most served, least cents for them): with one line an order the day is a flow of least cost, solved exactly."""
    n, flow = len(day.orders), min_cost_flow.SimpleMinCostFlow()
    place = {plant: n + i for i, plant in enumerate(day.plants)}
    sink = n + len(place)
    for (o, plant), dollars in day.dollars.items():
        flow.add_arc_with_capacity_and_unit_cost(o, place[plant], 1, round(dollars * 100))
    out = [flow.add_arc_with_capacity_and_unit_cost(o, sink, 1, penalty) for o in range(n)]
    for plant, node in place.items():
        flow.add_arc_with_capacity_and_unit_cost(node, sink, day.capacity[plant], 0)
    for o in range(n):
        flow.set_node_supply(o, 1)
    flow.set_node_supply(sink, -n)
    assert flow.solve() == flow.OPTIMAL
    left = sum(flow.flow(arc) for arc in out)
    return n - left, flow.optimal_cost() - penalty * left


def broken_rules(day: Day, chosen: dict[int, str]) -> list[str]:
    """Capacity, products, customers and rates, checked on the tables themselves."""
    found = [
        f"{day.orders[o]['Order_ID']}: {plant} {why}" for o, plant in chosen.items() if (why := day.why_not(o, plant))
    ]
    for plant, most in day.capacity.items():
        if (many := sum(p == plant for p in chosen.values())) > most:
            found.append(f"{plant}: {many} orders of {most}")
    return found


def unservable(day: Day, chosen: dict[int, str]) -> tuple[dict[int, str], str]:
    """(why each order left out cannot be served, the proof that no plan leaves out fewer for want of capacity)."""
    may = defaultdict(set)
    for o, plant in day.dollars:
        may[o].add(plant)
    out = [o for o in range(len(day.orders)) if o not in chosen]
    # From the plants of those left out, on to the plants where the orders that are there could go instead.
    full, new = set[str](), {plant for o in out for plant in may[o]}
    while new:
        full |= new
        new = {plant for o, p in chosen.items() if p in new for plant in may[o]} - full
    only_there = [o for o in range(len(day.orders)) if may[o] and may[o] <= full]
    room = sum(day.capacity[plant] for plant in full)
    why = {}
    for o in out:
        if may[o]:
            why[o] = f"no capacity at {', '.join(sorted(may[o]))}"
        else:
            why[o] = "; ".join(sorted({day.why_not(o, plant) or "" for plant in day.plants}))
    fewest = len(only_there) - room
    short = sum(bool(may[o]) for o in out)
    proof = (
        f"{len(only_there)} orders can only be served by {len(full)} plants that handle {room}:"
        f" any plan leaves out {fewest}, this one {short}"
    )
    return why, proof if fewest == short else f"NOT PROVEN: {proof}"


def report(day: Day, problem: Problem, plan: Plan) -> None:
    chosen = {o: day.plants[w] for o, w in enumerate(plan.house.tolist()) if w >= 0}
    most, least = best_possible(day, 2 * int(problem.rate[problem.rate < NO_RATE].max()))
    dollars = sum(day.dollars.get((o, plant), np.inf) for o, plant in chosen.items())
    shipping = plan.cost - LEFT_OUT * (problem.orders - len(chosen))
    print(f"Brunel: {len(chosen)} of {problem.orders} orders served, the most possible is {most}")
    print(
        f"  cost {dollars:,.2f} dollars, the least for that many is {least / 100:,.2f}"
        f" ({shipping / least - 1:.3%} above); {plan.seconds:.1f} s; gap to the bound {plan.gap:.3%}"
    )
    print(f"  rules broken: {broken_rules(day, chosen) or 'none'}")
    why, proof = unservable(day, chosen)
    groups: dict[str, Any] = defaultdict(list)
    for o, sentence in why.items():
        groups[sentence].append(day.orders[o]["Order_ID"])
    for sentence, names in sorted(groups.items(), key=lambda item: -len(item[1])):
        print(f"  {len(names):5} left out, {sentence}: {', '.join(names[:3])}{' ...' if len(names) > 3 else ''}")
    print(f"  {proof}")


def main() -> None:
    if not (FOLDER / "allocation" / "brunel").is_dir():
        print("no Brunel day here: expected ../shared/data/allocation/brunel beside the repository")
        return
    day = the_day()
    problem = problem_of_day(day)
    report(day, problem, solve(problem))


if __name__ == "__main__":
    main()
