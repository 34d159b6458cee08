"""A past for the trail: a small warehouse as a queue. Orders come by the hour, eight people work, each order takes its
own time by lines, units and aisles, and whoever comes when many wait, waits."""

import heapq
import random
from datetime import timedelta

from sqlmodel import Session

from floor.events.models import AuditEvent
from floor.kit import clock
from floor.orders.models import Order, OrderLine
from floor.shipments.models import Shipment, ShipmentLine
from floor.shipments.states import ShipmentState
from tests.factories import a_bin, a_carrier, a_sku, a_warehouse, stock

#: Orders per hour of the day, from eight in the morning.
ARRIVALS = (30, 45, 70, 60, 30, 35, 50, 70, 40, 20)
PEOPLE = 8


def a_past(db: Session, orders: int, seed: int = 1) -> None:
    """So many shipments planned, picked and packed in the days before now, as rows and events."""
    dice = random.Random(seed)
    house, carrier = a_warehouse(db), a_carrier(db)
    skus = [a_sku(db, f"S{n}") for n in range(12)]
    for n, sku in enumerate(skus):
        stock(db, a_bin(db, house, f"A0{n % 4 + 1}-0{n // 4 + 1}-1"), sku, 50)
    free = [0.0] * PEOPLE
    heapq.heapify(free)
    begin = clock.now() - timedelta(days=3 + orders // sum(ARRIVALS))
    rows = []
    for n, arrival in enumerate(_arrivals(dice, orders)):
        wants = dice.sample(range(12), dice.choices((1, 2, 3, 5, 8), (45, 25, 15, 10, 5))[0])
        units = {sku: dice.choices((1, 2, 6), (75, 20, 5))[0] for sku in wants}
        zones = len({sku % 4 for sku in wants})
        started = max(heapq.heappop(free), arrival)
        takes = (2 + 1.2 * len(wants) + 0.4 * sum(units.values()) + 1.5 * zones) * dice.lognormvariate(0, 0.25)
        heapq.heappush(free, started + takes)
        rows.append((n, arrival, started, started + takes, units))
    _write(db, rows, begin, (house.id or 0, carrier.id or 0), [sku.id or 0 for sku in skus])


def _arrivals(dice: random.Random, count: int) -> list[float]:
    """Minutes from the beginning, day after day."""
    found: list[float] = []
    day = 0
    while len(found) < count:
        for hour, rate in enumerate(ARRIVALS):
            found += [day * 1440 + hour * 60 + dice.random() * 60 for _ in range(rate)]
        day += 1
    return sorted(found)[:count]


def _write(db: Session, rows: list, begin, owner: tuple[int, int], skus: list[int]) -> None:
    made = []
    for n, arrival, _started, packed, _units in rows:
        at = begin + timedelta(minutes=arrival)
        order = Order(
            number=f"P{n}", channel="web", external_id=f"P{n}", state="released", placed_at=at, promised_at=at
        )
        made.append((order, at, begin + timedelta(minutes=packed)))
    db.add_all(order for order, *_ in made)
    db.flush()
    parcels = [
        Shipment(number=f"PS{order.id}", order_id=order.id or 0, warehouse_id=owner[0], carrier_id=owner[1],
                 state=ShipmentState.PACKED, promised_at=at) for order, at, _packed in made
    ]  # fmt: skip
    db.add_all(parcels)
    db.flush()
    events, held = [], []
    for parcel, (order, at, packed), row in zip(parcels, made, rows, strict=True):
        started = begin + timedelta(minutes=row[2])
        steps = (("planned", at), ("start_pick", started), ("finish_pick", started + (packed - started) / 2),
                 ("finish_pack", packed))  # fmt: skip
        for kind, moment in steps:
            events.append((moment, f"shipments.shipment.{kind}", parcel.id or 0, order.id))
        wants = [
            OrderLine(order_id=order.id or 0, sku_id=skus[sku], qty=qty, backordered=0) for sku, qty in row[4].items()
        ]
        held.append((parcel, wants))
    db.add_all(line for _parcel, wants in held for line in wants)
    db.flush()
    db.add_all(
        ShipmentLine(shipment_id=parcel.id or 0, order_line_id=line.id or 0, sku_id=line.sku_id, packed=line.qty)
        for parcel, wants in held for line in wants
    )  # fmt: skip
    db.add_all(
        AuditEvent(kind=kind, at=moment, subject="shipment", subject_id=id_, order_id=order, actor_kind="system")
        for moment, kind, id_, order in sorted(events)
    )
    db.flush()
