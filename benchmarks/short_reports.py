"""How long a picker waits for a short report: python -m benchmarks.short_reports [--walks 30] [--postgres].

A house of 10,000 pick faces (40 aisles of 50 bays, five levels) and a second one of 1,000; 1,000 SKUs, each in ten bins
of the first and one of the second. Walks of eight orders with two lines each are claimed and loaded; then at one stop
after the other a report comes, with and without what is shown first. Timed is what a door does: one unit of work with
the reads for the sheet (`look`), one with the report and its commit (`report`). The way a report takes turns with the
rule: detours only, other walks only, the other warehouse only, all of them.

Prints medians, p95 and the slowest, ms, by way. In the end the books have to be sound.
"""

import argparse
import random
import tempfile
import time
from collections import defaultdict
from contextlib import ExitStack
from datetime import timedelta
from statistics import median, quantiles

from sqlmodel import Session, select

from floor import cli, wiring
from floor.inventory import service as inventory
from floor.inventory.models import Bin, MoveReason, PlaceKind, Reservation, Tote, Warehouse
from floor.inventory.service import Move
from floor.kit import clock, uow
from floor.kit.actor import SYSTEM, Actor
from floor.kit.db import Database
from floor.people import service as people
from floor.people.models import Role
from floor.picking import queries, service, short_rules
from floor.picking.models import Cart
from floor.picking.models_shorts import Way
from floor.picking.service import NewPick, NewStop, NewWalk, Why
from floor.picking.states import StopState, WalkAction
from floor.shipments.models import ShipmentLine
from tests.factories import a_carrier, a_planned_shipment, a_sku, a_warehouse, an_order
from tests.servers import running_postgres

AISLES, BAYS, LEVELS, SKUS, EACH = 40, 50, 5, 1_000, 10
ORDERS, LINES = 8, 2
RULES = {
    "detours": (Way.DETOUR,), "another walk": (Way.WALK,), "another warehouse": (Way.SPLIT,), "all ways": tuple(Way),
}  # fmt: skip


def shelves(db: Session, house: Warehouse, aisles: int, bays: int, levels: int) -> list[Bin]:
    house.layout = {
        "aisles_x_mm": [3000 * n for n in range(1, aisles + 1)], "cross_y_mm": [0, 40_000, 80_000],
        "depot": [3000, 0], "lanes": ["L1"],
    }  # fmt: skip
    made = []
    for aisle in range(1, aisles + 1):
        for bay in range(1, bays + 1):
            for level in range(1, levels + 1):
                place = inventory.new_place(db, PlaceKind.BIN, house.id or 0)
                made.append(
                    Bin(
                        id=place, warehouse_id=house.id or 0, code=f"A{aisle:02d}-{bay:02d}-{level}", bay=bay,
                        aisle=f"A{aisle:02d}", level=level, side="L", x_mm=3000 * aisle, y_mm=1500 * bay,
                    )
                )  # fmt: skip
    db.add_all(made)
    db.flush()
    return made


def furnish(db: Session, walks: int, rng: random.Random) -> tuple[int, list[int], Actor]:
    """Returns the warehouse, its walks, each claimed in turn by the picker, and that picker."""
    house, other = a_warehouse(db, "SHA"), a_warehouse(db, "CAN")
    bins, far = shelves(db, house, AISLES, BAYS, LEVELS), shelves(db, other, 4, 50, 5)
    skus = [a_sku(db, f"SKU-{n:05d}") for n in range(SKUS)]
    rng.shuffle(bins)
    lying, moves = defaultdict(list), []
    supplier, beyond = (inventory.beyond(db, PlaceKind.SUPPLIER, one.id or 0) for one in (house, other))
    for n, where in enumerate(bins):
        sku = skus[n % SKUS]
        lying[sku.id].append([where, 60 if len(lying[sku.id]) == 0 else 4])
        moves.append(Move(sku.id or 0, lying[sku.id][-1][1], supplier, where.id, MoveReason.OPENING))
    moves += [Move(sku.id or 0, 500, beyond, far[n].id, MoveReason.OPENING) for n, sku in enumerate(skus)]
    inventory.move(db, moves, "opening", 0, SYSTEM)
    carrier = a_carrier(db)
    picker = people.hire(db, "B-1", "Ana", Role.PICKER, "4711", "SHA", SYSTEM)
    cart = db.exec(select(Cart).where(Cart.warehouse_id == house.id)).one()
    made = [_walk(db, house, skus, lying, carrier, rng) for _ in range(walks)]
    db.add(cart)
    return house.id or 0, made, Actor("user", picker.id, picker.name)


def _walk(db, house, skus, lying, carrier, rng) -> int:  # type: ignore[no-untyped-def]
    slots, stops = [], defaultdict(list)
    for slot in range(1, ORDERS + 1):
        some = rng.sample(skus, LINES)
        order = an_order(db, [(sku, 2) for sku in some], promised_at=clock.now() + timedelta(hours=slot))
        shipment = a_planned_shipment(db, order, [(lying[sku.id][0][0], sku, 2) for sku in some], carrier)
        slots.append((slot, shipment.id or 0))
        for line in db.exec(select(ShipmentLine).where(ShipmentLine.shipment_id == shipment.id)):
            promise = db.exec(select(Reservation).where(Reservation.shipment_line_id == line.id)).one()
            stops[promise.bin_id, line.sku_id].append(NewPick(slot, line.id or 0, promise.id or 0, promise.qty))
    spots = {where[0][0].id: where[0][0] for where in lying.values()}
    way = sorted(stops, key=lambda key: (spots[key[0]].x_mm, spots[key[0]].y_mm))
    new = NewWalk(
        house.id, None, tuple(slots), tuple(NewStop(*key, 5000, tuple(stops[key])) for key in way), 300_000, 30,
        clock.now() + timedelta(hours=4), 5, ORDERS, 0,
    )  # fmt: skip
    walk = service.create_walk(db, new, SYSTEM)
    assert walk is not None
    service.advance(db, walk, WalkAction.PUBLISH, SYSTEM)
    return walk.id or 0


def picked_up(walk_id: int, who: Actor) -> None:
    with uow.unit_of_work() as db:
        walk = service.claim(db, walk_id, who)
        service.bind_cart(db, walk_id, "C-SHA-1", who)
        for n in range(ORDERS):
            place = inventory.new_place(db, PlaceKind.TOTE, walk.warehouse_id)
            db.add(Tote(id=place, code=f"T-{walk_id}-{n}", warehouse_id=walk.warehouse_id))
            db.flush()
            service.bind_tote(db, walk_id, f"T-{walk_id}-{n}", who)


def reports(house: int, walks: list[int], who: Actor) -> dict[str, list[tuple[float, float]]]:
    """(look, report) in ms by rule."""
    times: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for number, walk_id in enumerate(walks):
        name = list(RULES)[number % len(RULES)]
        with uow.unit_of_work() as db:
            short_rules.change(db, db.get_one(Warehouse, house), RULES[name], 40 if name == "all ways" else 300, SYSTEM)
        picked_up(walk_id, who)
        while True:
            with uow.reading() as db:
                began = time.perf_counter()
                view = queries.walk_view(db, walk_id)
                here = next((stop for stop in view.stops if stop.state is StopState.OPEN), None)
                if here is None or len(times[name]) >= (number // len(RULES) + 1) * 12:
                    break
                plan = service.consequences(db, view, here, 0, Why.EMPTY)
                looked = time.perf_counter() - began
            began = time.perf_counter()
            with uow.unit_of_work() as db:
                service.report(db, walk_id, here.id, 0, Why.EMPTY, who, plan.mark)
            times[name].append((looked * 1000, (time.perf_counter() - began) * 1000))
        with uow.unit_of_work() as db:
            service.finish(db, walk_id, "L1", who)
    return times


def shown(values: list[float]) -> str:
    return f"{median(values):7.1f} {quantiles(values, n=20)[-1]:7.1f} {max(values):7.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--walks", type=int, default=24)
    parser.add_argument("--postgres", action="store_true")
    asked = parser.parse_args()
    with ExitStack() as stack:
        if asked.postgres:
            url = stack.enter_context(running_postgres()).create_database()
        else:
            url = f"sqlite:///{stack.enter_context(tempfile.TemporaryDirectory())}/floor.db"
        uow.bind(Database(url))
        cli.migrate()
        with uow.unit_of_work() as db:
            house, walks, who = furnish(db, asked.walks, random.Random(1))
        times = reports(house, walks, who)
        every = [pair for pairs in times.values() for pair in pairs]
        print(f"{url.split(':')[0]}: {AISLES * BAYS * LEVELS} bins, {len(every)} reports; ms: median, p95, slowest")
        for name, pairs in [*times.items(), ("every report", every)]:
            print(f"{name:18} look {shown([a for a, _b in pairs])}   report {shown([b for _a, b in pairs])}")
        with uow.reading() as db:
            broken = {name: found for name, find in wiring.CHECKS.items() if (found := find(db))}
        assert not broken, broken
        print("books sound")


if __name__ == "__main__":
    main()
