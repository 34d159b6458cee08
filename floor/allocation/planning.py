"""Allocation's way to the solver: live rows -> problem -> plan -> our ids again."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from floor.allocation import queries
from floor.allocation.models import Run
from floor.allocation.service import Missed, Planned, Share
from floor.allocation.states import Strategy, Why
from floor.inventory import queries as stock
from floor.kit import clock, compute
from floor.orders.states import OrderState
from floor.shipments.models import Rate
from solver.allocation.check import violations
from solver.allocation.greedy import STRATEGIES
from solver.allocation.plan import Code, Plan, Reason
from solver.allocation.problem import Costs, Lane, Line, Order, Problem, Warehouse
from solver.allocation.solve import solve
from solver.common import Stop

#: fen for leaving an order out, by our priority 0 (most urgent) to 9: always far above any freight.
_UNSERVED = (2_000_000, 1_500_000, 1_000_000, 700_000, 500_000, 350_000, 250_000, 150_000, 100_000, 50_000)
#: Days on the road buyers expect after the hand-over we promised: lanes within it cost no more than their freight.
_DAYS_EXPECTED = 2
#: Orders of these states are in scope, but nobody may ship them yet.
_BARRED = {OrderState.HELD: Why.HELD, OrderState.RECEIVED: Why.UNCHECKED}


@dataclass(frozen=True)
class Reading:
    """The problem, the orders that may not be planned, and what the way back into our ids needs."""

    problem: Problem
    #: Orders not released: nobody may ship them yet.
    barred: tuple[Missed, ...]
    #: (warehouse_id, province) -> rates of active carriers.
    rates: Mapping[tuple[int, str], Sequence[Rate]]
    #: SKU -> grams per unit.
    weights: Mapping[int, int]


def read_problem(db: Session, run: Run) -> Reading:
    """Everything the planner needs, from one snapshot. Warehouses, SKUs and orders carry our ids as text."""
    rows = queries.wanted(db, run.scope)
    released = [row for row in rows if row.state is OrderState.RELEASED]
    skus = {row.sku_id for row in released}
    weights = queries.weights(db, skus)
    rates: dict[tuple[int, str], list[Rate]] = defaultdict(list)
    for rate in queries.rates(db):
        rates[rate.warehouse_id, rate.province].append(rate)
    problem = Problem(
        _orders(released, bool(run.scope.get("split"))),
        _warehouses(db, skus),
        _lanes(rates, _usual_weight(released, weights)),
        Costs(unserved=_UNSERVED),
    )
    barred = {row.id: _BARRED[row.state] for row in rows if row.state in _BARRED}
    return Reading(problem, tuple(Missed(order, why) for order, why in barred.items()), rates, weights)


def _orders(rows: Sequence[Any], may_split: bool) -> tuple[Order, ...]:
    lines: dict[int, list[Line]] = defaultdict(list)
    first = {}
    for row in rows:
        lines[row.id].append(Line(str(row.sku_id), int(row.units)))
        first[row.id] = row
    return tuple(
        Order(str(o), tuple(lines[o]), row.province, row.priority, _due(row.promised_at), may_split)
        for o, row in first.items()
    )


def _due(promised_at: datetime) -> int:
    """Minutes from now until the buyer expects the parcel."""
    return int((promised_at - clock.now()).total_seconds() // 60) + _DAYS_EXPECTED * 24 * 60


def _warehouses(db: Session, skus: set[int]) -> tuple[Warehouse, ...]:
    """Free stock minus safety stock; labour minus the lines already promised."""
    pick: dict[int, list[tuple[str, int]]] = defaultdict(list)
    free: dict[int, list[tuple[str, int]]] = defaultdict(list)
    kept: dict[int, list[tuple[str, int]]] = defaultdict(list)
    safety = stock.safety_stock(db)
    for row in stock.free_stock(db, skus):
        back = min(safety.get((row.warehouse_id, row.sku_id), 0), row.pick + row.reserve)
        pick[row.warehouse_id].append((str(row.sku_id), int(row.pick)))
        free[row.warehouse_id].append((str(row.sku_id), int(row.pick + row.reserve - back)))
        kept[row.warehouse_id].append((str(row.sku_id), int(back)))
    busy = queries.lines_waiting(db)
    return tuple(
        Warehouse(
            str(house.id),
            tuple(free[house.id or 0]),
            tuple(pick[house.id or 0]),
            max(0, house.labour_lines - busy.get(house.id or 0, 0)),
            tuple(kept[house.id or 0]),
        )
        for house in stock.warehouses(db)
    )


def _usual_weight(rows: Sequence[Any], weights: Mapping[int, int]) -> int:
    """Mean grams of an order: what a lane is priced at before parcels exist."""
    orders = {row.id for row in rows}
    return sum(weights[row.sku_id] * int(row.units) for row in rows) // max(1, len(orders))


def _lanes(rates: Mapping[tuple[int, str], Sequence[Rate]], grams: int) -> tuple[Lane, ...]:
    best = {way: cheapest(some, grams) for way, some in rates.items()}
    return tuple(
        Lane(str(warehouse), province, freight_fen(rate, grams), rate.transit_days)
        for (warehouse, province), rate in sorted(best.items())
    )


def freight_fen(rate: Rate, grams: int) -> int:
    """The first weight, then each started step."""
    return rate.first_fen + -(-max(0, grams - rate.first_g) // rate.step_g) * rate.step_fen


def cheapest(rates: Sequence[Rate], grams: int) -> Rate:
    return min(rates, key=lambda rate: (freight_fen(rate, grams), rate.transit_days, rate.carrier_id))


def find_plan(reading: Reading, strategy: str, seed: int) -> Planned:
    """Plan in a process of its own, outside any transaction; prove the plan before anyone may use it."""
    if strategy == Strategy.OPTIMAL:
        plan = compute.run(solve, reading.problem, Stop(), seed)
    else:
        plan = compute.run(STRATEGIES[strategy], reading.problem, seed)
    broken = violations(reading.problem, plan)
    if broken:
        raise ValueError(f"the plan breaks {len(broken)} rules, first: {broken[0]}")
    return _planned(reading, plan)


def _planned(reading: Reading, plan: Plan) -> Planned:
    orders = {order.id: order for order in reading.problem.orders}
    shares: dict[int, tuple[Share, ...]] = {}
    for parcel in plan.parcels:
        units = tuple((int(line.sku), line.qty) for line in parcel.lines)
        grams = sum(reading.weights[sku] * qty for sku, qty in units)
        warehouse = int(parcel.warehouse)
        carrier = cheapest(reading.rates[warehouse, orders[parcel.order].region], grams).carrier_id
        shares[int(parcel.order)] = (*shares.get(int(parcel.order), ()), Share(warehouse, carrier, units))
    given_up = sum(reading.problem.costs.of_leaving_out(orders[reason.order]) for reason in plan.unallocated)
    missed = [*reading.barred, *_reasons(reading.problem, plan)]
    return Planned(shares, missed, plan.cost, plan.bound, plan.cost - given_up, plan.status)


def _reasons(problem: Problem, plan: Plan) -> list[Missed]:
    """The planner's reasons; where reserve storage could still serve an order, that is what a person can fix."""
    reserve = _Reserve(problem, plan)
    found = []
    for reason in plan.unallocated:
        better = None
        if reason.code in (Code.PICK_FACE_EMPTY, Code.OTHER_ORDERS_FIRST):
            better = reserve.could_serve(reason.order)
        found.append(_missed(better or reason))
    return found


def _missed(reason: Reason) -> Missed:
    return Missed(
        int(reason.order),
        Why(reason.code),
        None if reason.sku is None else int(reason.sku),
        None if reason.warehouse is None else int(reason.warehouse),
        reason.wanted,
        reason.available,
    )


class _Reserve:
    """What a finished plan leaves in each warehouse, reserve storage included; orders claim it one by one."""

    def __init__(self, problem: Problem, plan: Plan) -> None:
        self._orders = {order.id: order for order in problem.orders}
        self._lanes = sorted(problem.lanes, key=lambda lane: lane.cost)
        self._left = {house.id: dict(house.stock) for house in problem.warehouses}
        self._faces = {house.id: dict(house.pick_stock or ()) for house in problem.warehouses}
        for parcel in plan.parcels:
            for line in parcel.lines:
                self._left[parcel.warehouse][line.sku] -= line.qty
                self._faces[parcel.warehouse][line.sku] -= line.qty

    def could_serve(self, order_id: str) -> Reason | None:
        """The cheapest warehouse that has the whole order once its pick face is filled, and the line it lacks most."""
        order = self._orders[order_id]
        for lane in self._lanes:
            left, faces = self._left[lane.warehouse], self._faces[lane.warehouse]
            if lane.region != order.region or any(left.get(line.sku, 0) < line.qty for line in order.lines):
                continue
            for line in order.lines:
                left[line.sku] -= line.qty
            worst = max(order.lines, key=lambda line: line.qty - faces.get(line.sku, 0))
            there = max(0, faces.get(worst.sku, 0))
            return Reason(order_id, Code.PICK_FACE_EMPTY, worst.sku, lane.warehouse, worst.qty, there)
        return None
