"""Between two kills and at the end: is every run whole, is its plan what was applied, is nothing promised twice?"""

import hashlib
import json
from collections import Counter, defaultdict
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlmodel import Session, col, select

from floor.allocation.models import Run, Unallocated
from floor.allocation.states import RunState
from floor.events.models import AuditEvent, Delivery, OutboxMessage
from floor.inventory.models import Balance, Bin
from floor.kit.uow import snapshot
from floor.orders.models import Order, OrderLine
from floor.orders.states import OrderState
from floor.shipments.models import Shipment, ShipmentLine
from floor.shipments.states import ShipmentState

#: (warehouse, carrier, sku) -> units of one order.
Units = dict[tuple[int, int, int], int]
_ENDED = (RunState.APPLIED, RunState.READY, RunState.PUBLISHED)


class Judge:
    """Remembers each run's plan from the first time it saw it, and what waited when the run was asked."""

    def __init__(self, app: Flask) -> None:
        self.checks = app.extensions["checks"]
        self.broken: list[str] = []
        self._plans: dict[int, str] = {}
        #: Run -> orders that waited when it was asked.
        self._asked: dict[int, set[int]] = {}
        self._whole: set[int] = set()
        self.looks = 0

    def asked(self, run_id: int, waiting: list[int]) -> None:
        self._asked[run_id] = set(waiting)

    def look(self) -> None:
        """All of `flask check`, and every run that is not yet proven whole, in one snapshot."""
        self.looks += 1
        with snapshot() as db:
            for name, find in self.checks.items():
                self._say(f"flask check: {name}: {row}" for row in find(db))
            self._oversold(db)
            for run_id, state in db.execute(sa.select(col(Run.id), col(Run.state)).order_by(col(Run.id))).all():
                if run_id not in self._whole:
                    self._run(db, run_id, state)

    def _say(self, words: Any) -> None:
        known = set(self.broken)
        self.broken += [one for one in words if one not in known]

    def _run(self, db: Session, run_id: int, state: RunState) -> None:
        """Half applied is one order with other shares than its plan has, or with two answers, or with none."""
        plan, orders = db.execute(sa.select(col(Run.plan), col(Run.orders)).where(col(Run.id) == run_id)).one()
        if state in (RunState.FAILED, RunState.STOPPED):
            self._say([f"run {run_id} is {state}"])
        if plan is None:
            return
        print_ = hashlib.sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest()
        if self._plans.setdefault(run_id, print_) != print_:
            self._say([f"run {run_id}: the plan is another one than before the kill"])
        shares = {order: _planned(mine) for order, mine in plan["shares"]}
        served, told = _served(db, run_id)
        refused = Counter(db.exec(select(Unallocated.order_id).where(Unallocated.run_id == run_id)).all())
        self._say(f"run {run_id}: order {one} has a shipment and a reason" for one in served.keys() & refused.keys())
        self._say(f"run {run_id}: order {one} has {n} reasons" for one, n in refused.items() if n > 1)
        self._say(f"run {run_id}: order {one} was shipped without a plan" for one in served.keys() - shares.keys())
        for order in served.keys() & shares.keys():
            self._order(run_id, order, shares[order], served[order], told[order])
        self._covers(db, run_id, shares)
        answered = served.keys() | refused.keys()
        if orders != len(shares.keys() | refused.keys()):
            self._say([f"run {run_id}: {orders} orders in scope, {len(shares.keys() | refused.keys())} known"])
        if state in _ENDED:
            self._say(f"run {run_id}: order {one} has no answer" for one in shares.keys() - answered)
            self._missing(db, run_id, answered)
            if state is not RunState.APPLIED:
                self._whole.add(run_id)

    def _order(self, run_id: int, order: int, plan: Units, there: list[Any], told: int) -> None:
        """Whole: the same shipments as planned, all units booked; those nobody touched, to the unit."""
        planned = Counter((house, carrier) for house, carrier in {key[:2] for key in plan})
        made = Counter((row.warehouse_id, row.carrier_id) for row in {row.id: row for row in there}.values())
        if planned != made:
            self._say([f"run {run_id}, order {order}: planned {dict(planned)}, shipped {dict(made)}"])
        if told != sum(plan.values()):
            self._say(
                [f"run {run_id}, order {order}: planned {sum(plan.values())} units, its shipments began with {told}"]
            )
        if all(row.state is ShipmentState.PLANNED and row.order_state is OrderState.RELEASED for row in there):
            held: Counter[tuple[int, int, int]] = Counter()
            for row in there:
                held[row.warehouse_id, row.carrier_id, row.sku_id] += row.units
            if held != Counter(plan):
                self._say([f"run {run_id}, order {order}: planned {plan}, holds {dict(held)}"])

    def _covers(self, db: Session, run_id: int, shares: dict[int, Units]) -> None:
        """A plan serves all an order wants: of orders no earlier run served, every unit that was bought."""
        earlier = set(db.exec(select(Shipment.order_id).where(col(Shipment.run_id) < run_id)).all())
        wanted: dict[int, Counter[int]] = defaultdict(Counter)
        for order, sku, qty in db.execute(
            sa.select(col(OrderLine.order_id), col(OrderLine.sku_id), col(OrderLine.qty))
        ):
            if order in shares:
                wanted[order][sku] += qty
        for order, plan in shares.items():
            units: Counter[int] = Counter()
            for (_house, _carrier, sku), qty in plan.items():
                units[sku] += qty
            if units != wanted[order] if order not in earlier else units - wanted[order]:
                self._say([f"run {run_id}, order {order}: wants {dict(wanted[order])}, the plan gives {dict(units)}"])

    def _missing(self, db: Session, run_id: int, answered: set[int]) -> None:
        """Every order that waited when the run was asked, and was not cancelled since, is in it."""
        silent = self._asked.get(run_id, set()) - answered
        living = set(db.exec(select(Order.id).where(Order.state != OrderState.CANCELLED)).all()) if silent else set()
        self._say(f"run {run_id}: order {one} waited and was not looked at" for one in silent & living)

    def _oversold(self, db: Session) -> None:
        """Written apart from the house's own checks: promised by shipments = promised by bins <= what lies there."""
        promised = (
            sa.select(col(Shipment.warehouse_id), col(ShipmentLine.sku_id), sa.func.sum(col(ShipmentLine.allocated)))
            .join(ShipmentLine, col(ShipmentLine.shipment_id) == col(Shipment.id))
            .group_by(col(Shipment.warehouse_id), col(ShipmentLine.sku_id))
        )
        there = (
            sa.select(
                col(Bin.warehouse_id),
                col(Balance.sku_id),
                sa.func.sum(col(Balance.reserved)),
                sa.func.sum(col(Balance.qty)),
            )
            .join(Bin, col(Bin.id) == col(Balance.place_id))
            .group_by(col(Bin.warehouse_id), col(Balance.sku_id))
        )
        said = {(house, sku): n for house, sku, n in db.execute(promised)}
        for house, sku, reserved, qty in db.execute(there):
            units = said.pop((house, sku), 0)
            if not units == reserved <= qty:
                self._say([f"sku {sku} in warehouse {house}: {units} promised, {reserved} reserved, {qty} there"])
        self._say(f"sku and warehouse {key}: {n} promised, nothing there" for key, n in said.items() if n)

    def end(self) -> None:
        """After the last run: nothing waits in the outbox, nothing was given up."""
        with snapshot() as db:
            rows = sa.select(col(OutboxMessage.state), sa.func.count()).where(col(OutboxMessage.state) != Delivery.SENT)
            for state, n in db.execute(rows.group_by(col(OutboxMessage.state))):
                self._say([f"{n} messages of the outbox are {state}"])
            for run_id, state in db.execute(
                sa.select(col(Run.id), col(Run.state)).where(col(Run.state).not_in(_ENDED))
            ):
                self._say([f"run {run_id} ended {state}"])


def _planned(shares: list[Any]) -> Units:
    found: Counter[tuple[int, int, int]] = Counter()
    for house, carrier, units in shares:
        for sku, qty in units:
            found[house, carrier, sku] += qty
    return dict(found)


def _served(db: Session, run_id: int) -> tuple[dict[int, list[Any]], Counter[int]]:
    """Order -> rows of its shipments' lines; order -> units its shipments were made with, as the trail tells."""
    line = ShipmentLine
    units = col(line.allocated) + col(line.picked) + col(line.packed) + col(line.shipped)
    rows = db.execute(
        sa.select(
            col(Shipment.order_id), col(Shipment.id), col(Shipment.warehouse_id), col(Shipment.carrier_id),
            col(Shipment.state), col(line.sku_id), units.label("units"), col(Order.state).label("order_state"),
        )
        .join(Order, col(Order.id) == col(Shipment.order_id))
        .outerjoin(line, col(line.shipment_id) == col(Shipment.id))
        .where(col(Shipment.run_id) == run_id)
    ).all()  # fmt: skip
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.order_id].append(row)
    mine = sa.select(col(Shipment.id)).where(col(Shipment.run_id) == run_id)
    events = sa.select(col(AuditEvent.order_id), col(AuditEvent.data)).where(
        col(AuditEvent.kind) == "shipments.shipment.planned", col(AuditEvent.subject) == "shipment",
        col(AuditEvent.subject_id).in_(mine),
    )  # fmt: skip
    told: Counter[int] = Counter()
    for order, data in db.execute(events):
        told[order] += data["units"]
    return found, told
