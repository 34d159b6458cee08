"""Kill an allocation run again and again while walks are claimed, orders are held or cancelled and stock is lost, and
prove that it ends whole: nothing oversold, every order answered once, every identity of `flask check` kept.

    python -m tests.soak.run_kills --database sqlite --orders 2000 --kills 60 --seed 1
"""

import argparse
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from flask import Flask
from sqlmodel import Session, col, select

from floor import cli
from floor.allocation import jobs, queries, service
from floor.allocation.models import Unallocated
from floor.allocation.states import RunState, Stage
from floor.events.relay import Relay
from floor.factory import create_app
from floor.inventory import service as inventory
from floor.inventory.models import Balance, Bin, BinKind, MoveReason, PlaceKind
from floor.inventory.service import Move
from floor.kit import uow
from floor.kit.actor import SYSTEM, Actor
from floor.kit.errors import Refused
from floor.kit.uow import reading, unit_of_work
from floor.orders import service as orders
from floor.orders.models import Order, OrderLine
from floor.orders.states import OrderAction, OrderState
from floor.people.models import User
from floor.picking import service as walks
from floor.picking.models import Walk
from floor.picking.states import WalkState
from floor.shipments.models import Shipment
from tests.cast import hire_cast
from tests.conftest import SETTINGS
from tests.factories import a_bin, a_carrier, a_sku, a_warehouse, an_order, stock
from tests.servers import running_postgres
from tests.soak.stock_proof import broken_identities

#: Clients that get in the way, and goods they all want.
CLIENTS, GOODS = 8, 12


def furnish(count: int, rng: random.Random) -> int:
    """Two warehouses, goods for most of the orders, walks that wait to be claimed, and a run asked for."""
    with unit_of_work() as db:
        hire_cast(db)
        houses = [a_warehouse(db), a_warehouse(db, "BJS")]
        for house in houses:
            house.labour_lines = 10 * count
        skus = [a_sku(db, f"G-{n}") for n in range(GOODS)]
        for house in houses:
            for n, sku in enumerate(skus):
                face = a_bin(db, house, f"A0{1 + n % 4}-{1 + n // 4:02d}-1")
                stock(db, face, sku, rng.randint(count // 12, count // 8))
        a_carrier(db)
        first = [_order(db, skus, rng) for _ in range(16)]
        early = service.ask(db, "best_cost", {"orders": first}, SYSTEM)
    Relay(_app.extensions["handlers"]).drain()
    with unit_of_work() as db:
        service.publish(db, queries.run_for(db, early.id or 0, lock=True), SYSTEM)
    Relay(_app.extensions["handlers"]).drain()
    for start in range(0, count, 100):
        with unit_of_work() as db:
            for _ in range(min(100, count - start)):
                _order(db, skus, rng)
    with unit_of_work() as db:
        return service.ask(db, "optimal", {"split": True}, SYSTEM).id or 0


def _order(db: Session, skus: list, rng: random.Random) -> int:
    wants = [(sku, rng.randint(1, 2)) for sku in rng.sample(skus, rng.choice((1, 1, 2, 3)))]
    return an_order(db, wants).id or 0


# --- those who get in the way ----------------------------------------------------------------------------------------


def hold_or_cancel(db: Session, rng: random.Random) -> None:
    waiting = select(Order.id).where(Order.state == OrderState.RELEASED)
    one = rng.choice(list(db.exec(waiting)) or [0])
    order = db.exec(select(Order).where(Order.id == one).with_for_update()).first()
    if order is None:
        return
    if rng.random() < 0.5:
        orders.advance(db, order, OrderAction.HOLD, SYSTEM)
        return
    for line in db.exec(select(OrderLine).where(OrderLine.order_id == one, OrderLine.backordered > 0)):
        orders.shift(db, line.id or 0, backordered=-1, cancelled=1)


def lose_a_unit(db: Session, rng: random.Random) -> None:
    free = select(Balance).join(Bin, col(Bin.id) == col(Balance.place_id)).where(Bin.kind == BinKind.PICK)
    here = rng.choice(list(db.exec(free.where(Balance.qty - Balance.reserved > 0))))
    house = db.get_one(Bin, here.place_id).warehouse_id
    lost = inventory.beyond(db, PlaceKind.LOST, house)
    inventory.move(db, [Move(here.sku_id, 1, here.place_id, lost, MoveReason.COUNT)], "count", 1, SYSTEM)


def claim_a_walk(db: Session, rng: random.Random) -> None:
    picker = rng.choice(db.exec(select(User).where(User.role == "picker")).all())
    free = list(db.exec(select(Walk.id).where(Walk.state == WalkState.PUBLISHED)))
    if free:
        walks.claim(db, rng.choice(free) or 0, Actor("user", picker.id, picker.name))


def meddle(
    url: str, seed: int, most: int, done: "multiprocessing.synchronize.Event", told: "multiprocessing.Queue[Counter]"
) -> None:
    """Eight clients in a process of their own; each deed is one transaction, refused or done. At most `most` holds."""
    open_house(url)
    counts: Counter[str] = Counter()

    def client(n: int) -> None:
        rng = random.Random(seed * 100 + n)
        deeds: tuple[Callable[[Session, random.Random], None], ...] = (hold_or_cancel, lose_a_unit, claim_a_walk)
        while not done.is_set():
            deed = rng.choice(deeds if counts["hold_or_cancel"] < most else deeds[1:])
            try:
                with unit_of_work() as db:
                    deed(db, rng)
                counts[deed.__name__] += 1
            except (Refused, IndexError):
                counts[f"{deed.__name__} refused"] += 1
            time.sleep(rng.uniform(0.5, 2.5))

    threads = [threading.Thread(target=client, args=(n,)) for n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told.put(counts)


# --- the run, and its deaths -----------------------------------------------------------------------------------------

_app: Flask


def open_house(url: str) -> Flask:
    global _app
    _app = create_app(replace(SETTINGS, database_url=url))
    return _app


def work(url: str, run_id: int) -> None:
    """One life of a worker."""
    open_house(url)
    jobs.SLICE = 5
    jobs.carry(run_id)


def state_of(run_id: int) -> tuple[RunState, int, int]:
    with reading() as db:
        run = queries.run_for(db, run_id)
        return run.state, queries.allocated(db, run_id), run.orders


def kill_until_done(url: str, run_id: int, kills: int, rng: random.Random) -> Counter[str]:
    """Start a worker, kill it at a moment nobody chose, start the next; after so many kills, let one live."""
    context = multiprocessing.get_context("spawn")
    where: Counter[str] = Counter()
    while state_of(run_id)[0] in (RunState.QUEUED, RunState.RUNNING):
        worker = context.Process(target=work, args=(url, run_id))
        worker.start()
        if where.total() < kills:
            # A quarter of the deaths while it reads and plans, the others while it applies.
            began = _until_it_moves(run_id, worker, where.total() >= kills // 4)
            worker.join(rng.uniform(0.0, 0.4) if began else 0)
            if worker.is_alive():
                os.kill(worker.pid or 0, signal.SIGKILL)
                with reading() as db:
                    run = queries.run_for(db, run_id)
                    where[run.stage or "before it began"] += 1
        worker.join()
    return where


def _until_it_moves(run_id: int, worker: "multiprocessing.context.SpawnProcess", applies: bool) -> bool:
    """Wait until this life of the worker has written something, or applied something: most of a life goes by on imports
    and in the planner."""
    with reading() as db:
        run = queries.run_for(db, run_id)
        before, done = run.version, run.stages.get(Stage.APPLY, {}).get("done", 0)
    until = time.monotonic() + 200
    while worker.is_alive() and time.monotonic() < until:
        with reading() as db:
            run = queries.run_for(db, run_id)
            if run.version != before and (not applies or run.stages.get(Stage.APPLY, {}).get("done", 0) > done):
                return True
        time.sleep(0.05)
    return False


def prove(app: Flask, run_id: int) -> list[str]:
    """Findings; none when the run ended whole."""
    with reading() as db:
        run = queries.run_for(db, run_id)
        found = (
            [] if run.state in (RunState.APPLIED, RunState.READY) else [f"the run ended as {run.state}: {run.error}"]
        )
        shares = service.shares_of(run)
        served = set(db.exec(select(Shipment.order_id).where(Shipment.run_id == run_id)))
        refused = list(db.exec(select(Unallocated.order_id).where(Unallocated.run_id == run_id)))
        parcels = Counter(db.exec(select(Shipment.order_id).where(Shipment.run_id == run_id)))
        found += [f"order {o} is answered twice" for o in served & set(refused)]
        found += [f"order {o} of the plan has no answer" for o in shares.keys() - served - set(refused)]
        found += [f"order {o} has {n} of {len(shares[o])} parcels" for o, n in parcels.items() if n != len(shares[o])]
        over = select(Balance).where(Balance.reserved > Balance.qty)
        found += [f"place {row.place_id}: more promised than there is" for row in db.exec(over)]
    return found + broken_identities(app)


def soak(url: str, count: int, kills: int, seed: int) -> int:
    app, rng = open_house(url), random.Random(seed)
    cli.migrate()
    run_id = furnish(count, rng)
    uow.database().dispose()
    context = multiprocessing.get_context("spawn")
    done, told = context.Event(), context.Queue()
    others = context.Process(target=meddle, args=(url, seed, count // 5, done, told))
    others.start()
    began = time.monotonic()
    where = kill_until_done(url, run_id, kills, rng)
    done.set()
    deeds = told.get(timeout=120)
    others.join()
    state, allocated, total = state_of(run_id)
    found = prove(app, run_id)
    print(*found[:40], sep="\n")
    hows = ", ".join(f"{n} at {stage}" for stage, n in sorted(where.items()))
    print(dict(sorted(deeds.items())))
    name, seconds = uow.database().url.get_backend_name(), time.monotonic() - began
    print(
        f"run over {total} orders on {name}, seed {seed}: {where.total()} kills ({hows}) in {seconds:.0f} s"
        f" · {state}, {allocated} allocated · broken {len(found)}"
    )
    return 1 if found else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--orders", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    if wanted.database == "postgres":
        with running_postgres() as cluster:
            return soak(cluster.create_database(), wanted.orders, wanted.kills, wanted.seed)
    with tempfile.TemporaryDirectory() as folder:
        return soak(f"sqlite:///{folder}/floor.db", wanted.orders, wanted.kills, wanted.seed)


if __name__ == "__main__":
    sys.exit(main())
