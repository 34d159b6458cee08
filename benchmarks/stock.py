"""The stock ledger against hand-written SQL and against Tryton: python -m benchmarks.stock [--help].

An order has three lines and goes through four stages. A stage is one committed unit of work, as a door opens it:

    reserve   3 promises: 3 balances change, 3 reservations are made
    pick      the order's reservations are read; 3 x `take` into a tote: 3 reservations, 6 balances, 3 ledger rows
    pack      a place for the parcel is made; tote -> parcel: 6 balances, 3 ledger rows
    ship      parcel -> customer: 3 balances, 3 ledger rows

Only stock is booked: no walk, shipment, event or page. Beside it run the same row changes by hand-written SQL on the
same database (benchmarks/stock_sql.py: the limit) and Tryton 8's customer shipments in a database of their own on
the same server (benchmarks/stock_tryton.py: the peer). The three take turns in short blocks; medians are compared.

Then 8 clients at once, with one hot SKU in every order: threads of one process on SQLite and of two on PostgreSQL,
as ./run starts the house, and the same for SQL and for Tryton. In the end the books have to be sound.
"""

import argparse
import json
import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
import time
import venv
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from benchmarks.stock_sql import ByHand, Line, OnPostgres, OnSqlite, Order
from floor import cli
from floor.inventory import books, service
from floor.inventory.models import MoveReason, PlaceKind, Reservation
from floor.inventory.service import Move, Wish
from floor.kit import uow
from floor.kit.actor import Actor
from floor.kit.db import Database
from tests.factories import a_bin, a_sku, a_warehouse, stock
from tests.servers import PostgresCluster, running_postgres

HERE = Path(__file__).resolve().parent
SKUS, UNITS, TOTES_EACH = 200, 1_000_000, 8
ACTOR = Actor("system", None, "bench")
TRYTON = ("trytond[PostgreSQL]~=8.0.0", "trytond_stock~=8.0.0", "psycopg[binary]")
#: Python's default for spawned children would start from a copy of this process's connections otherwise.
SPAWN = multiprocessing.get_context("spawn")


# --- the house ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class World:
    """Where things are; `shelves` are (bin, SKU), one of each."""

    url: str
    house_id: int
    customer_id: int
    shelves: tuple[tuple[int, int], ...]
    totes: tuple[int, ...]


def furnish(url: str, clients: int) -> World:
    """A migrated house: 200 SKUs, a bin and a million units for each, eight totes per client."""
    uow.bind(Database(url))
    cli.migrate()
    with uow.unit_of_work() as db:
        house = a_warehouse(db)
        assert house.id is not None
        shelves = tuple(_shelf(db, house, n) for n in range(SKUS))
        totes = tuple(service.new_place(db, PlaceKind.TOTE, house.id) for _ in range(TOTES_EACH * clients))
        return World(url, house.id, service.beyond(db, PlaceKind.CUSTOMER, house.id), shelves, totes)


def _shelf(db: Session, house: Any, n: int) -> tuple[int, int]:
    sku, where = a_sku(db, f"SKU-{n:03d}"), a_bin(db, house, f"A{n // 50 + 1:02d}-{n % 50:02d}-1")
    stock(db, where, sku, UNITS)
    assert sku.id is not None
    return where.id, sku.id


_p = Reservation.__table__.c  # type: ignore[attr-defined]
PROMISES = sa.select(_p.id, _p.bin_id, _p.sku_id, (_p.qty - _p.posted - _p.released).label("pending")).where(
    _p.shipment_line_id.in_(sa.bindparam("lines", expanding=True))
)


class Ours:
    """An order through the four stages, by the verbs of floor.inventory.service."""

    def __init__(self, world: World) -> None:
        self._world = world

    def ship(self, order: Order) -> None:
        self._reserve(order)
        self._pick(order)
        self._leave(order, self._pack(order))

    def close(self) -> None:
        uow.database().dispose()

    def _reserve(self, order: Order) -> None:
        with uow.unit_of_work() as db:
            service.reserve(db, [Wish(x.bin_id, x.sku_id, x.qty, x.shipment_line_id) for x in order.lines])

    def _pick(self, order: Order) -> None:
        with uow.unit_of_work() as db:
            lines = [line.shipment_line_id for line in order.lines]
            parts = [(promise, promise.pending) for promise in db.connection().execute(PROMISES, {"lines": lines})]
            service.take_all(db, parts, order.tote_id, "walk", order.number, ACTOR)

    def _pack(self, order: Order) -> int:
        with uow.unit_of_work() as db:
            parcel = service.new_place(db, PlaceKind.PARCEL, self._world.house_id)
            moves = [Move(x.sku_id, x.qty, order.tote_id, parcel, MoveReason.PACK) for x in order.lines]
            service.move(db, moves, "parcel", parcel, ACTOR)
            return parcel

    def _leave(self, order: Order, parcel: int) -> None:
        with uow.unit_of_work() as db:
            customer = service.beyond(db, PlaceKind.CUSTOMER, self._world.house_id)
            moves = [Move(x.sku_id, x.qty, parcel, customer, MoveReason.SHIP) for x in order.lines]
            service.move(db, moves, "manifest", order.number, ACTOR)


def by_hand(world: World) -> ByHand:
    kind = OnSqlite if world.url.startswith("sqlite") else OnPostgres
    return kind(world.url, world.house_id, world.customer_id)


# --- orders and clients ------------------------------------------------------------------------------------------


class Orders:
    """Three different SKUs each, one to three units; the same seed gives the same orders."""

    def __init__(self, seed: int) -> None:
        self._dice, self._number = random.Random(seed), 0

    def plain(self, count: int, hot: bool) -> list[list[tuple[int, int]]]:
        """(index of the SKU, units) of each line; a hot order has SKU 0 in it."""
        first = [0] if hot else []
        return [
            [(sku, self._dice.randint(1, 3)) for sku in first + sorted(self._dice.sample(range(1, SKUS), 3 - hot))]
            for _ in range(count)
        ]

    def batches(self, world: World, count: int, hot: bool, clients: int) -> list[list[Order]]:
        """Of each client, with totes of his own."""
        made: list[list[Order]] = [[] for _ in range(clients)]
        for n, units in enumerate(self.plain(count, hot)):
            self._number += 1
            tote = world.totes[n % clients * TOTES_EACH + n // clients % TOTES_EACH]
            lines = [Line(*world.shelves[sku], qty, 3 * self._number + i) for i, (sku, qty) in enumerate(units)]
            made[n % clients].append(Order(self._number, tote, tuple(sorted(lines, key=lambda x: x.bin_id))))
        return made


@dataclass
class Result:
    orders: int
    began: float
    ended: float
    retries: int = 0
    #: Errors a person would have read.
    shown: int = 0

    @property
    def per_second(self) -> float:
        return self.orders / (self.ended - self.began)


def added(results: Sequence[Result]) -> Result:
    """Of processes that ran at the same time."""
    return Result(
        sum(r.orders for r in results),
        min(r.began for r in results),
        max(r.ended for r in results),
        sum(r.retries for r in results),
        sum(r.shown for r in results),
    )


_doors: dict[tuple[str, str, int], Ours | ByHand] = {}


def door(way: str, world: World, number: int) -> Ours | ByHand:
    """One client's way in, opened once in its process: a raw connection, or the house's pool by a unit of work."""
    key = (way, world.url, number)
    if key not in _doors:
        _doors[key] = Ours(world) if way == "ours" else by_hand(world)
    return _doors[key]


def close_doors() -> None:
    """Of this process; those of others end with it."""
    while _doors:
        _doors.popitem()[1].close()


def run_clients(way: str, world: World, batches: list[list[Order]]) -> Result:
    """A thread for each batch, in this process."""
    doors = [door(way, world, n) for n in range(len(batches))]

    def work(mine: Ours | ByHand, orders: list[Order]) -> int:
        shown = 0
        for order in orders:
            try:
                mine.ship(order)
            except Exception as error:  # whatever it is, a person would have read it
                print(f"  {way}: {error!r}", flush=True)
                shown += 1
        return shown

    began = time.monotonic()
    if len(batches) == 1:
        shown = [work(doors[0], batches[0])]
    else:
        with ThreadPoolExecutor(len(batches)) as threads:
            shown = list(threads.map(work, doors, batches))
    return Result(sum(map(len, batches)), began, time.monotonic(), shown=sum(shown))


def _bind(url: str) -> None:
    uow.bind(Database(url))


class Crowd:
    """`clients` threads, spread over processes as ./run would."""

    def __init__(self, world: World, processes: int, stack: ExitStack) -> None:
        self._world = world
        self._pools = [
            stack.enter_context(ProcessPoolExecutor(1, SPAWN, initializer=_bind, initargs=(world.url,)))
            for _ in range(processes)
        ]

    def run(self, way: str, batches: list[list[Order]]) -> Result:
        count = len(self._pools)
        shares = [batches[n::count] for n in range(count)]
        running = [
            pool.submit(run_clients, way, self._world, share) for pool, share in zip(self._pools, shares, strict=True)
        ]
        return added([each.result() for each in running])


# --- the peer ----------------------------------------------------------------------------------------------------


class Tryton:
    """Processes of Tryton's own Python that ship orders in Tryton's own database; see benchmarks/stock_tryton.py."""

    def __init__(self, python: Path, folder: Path, uri: str, processes: int, stack: ExitStack) -> None:
        settings, secret = folder / "trytond.conf", folder / "password"
        settings.write_text(f"[database]\nuri = {uri}\npath = {folder}\n")
        secret.write_text("benchmark")
        (folder / "tryton.sqlite").touch()
        admin = [python.with_name("trytond-admin"), "-c", settings, "-d", "tryton"]
        admin += ["-u", "stock", "--activate-dependencies", "--email", "bench@example.org"]
        subprocess.run(admin, check=True, env=os.environ | {"TRYTONPASSFILE": str(secret)}, stdout=subprocess.DEVNULL)  # noqa: TID251
        command = [python, HERE / "stock_tryton.py", settings, "tryton", str(SKUS)]
        first = self._start(command, stack)
        self._ask(first, {"do": "furnish"})
        self._processes = [first, *(self._start(command, stack) for _ in range(processes - 1))]

    def run(self, orders: list[list[tuple[int, int]]], clients: int) -> Result:
        """One process for one client, all for more."""
        count = len(self._processes) if clients > 1 else 1
        at_work = self._processes[:count]
        for n, process in enumerate(at_work):
            self._ask(process, {"do": "draft", "orders": orders[n::count]})
        for process in at_work:
            self._say(process, {"do": "run", "threads": clients // count})
        parts = [self._hear(process) for process in at_work]
        return added([Result(len(orders[n::count]), **part) for n, part in enumerate(parts)])

    def _start(self, command: list[Any], stack: ExitStack) -> "subprocess.Popen[str]":
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        stack.callback(process.wait)
        assert process.stdin is not None
        stack.callback(process.stdin.close)  # it ends with its input
        return process

    def _ask(self, process: "subprocess.Popen[str]", task: dict[str, Any]) -> Any:
        self._say(process, task)
        return self._hear(process)

    def _say(self, process: "subprocess.Popen[str]", task: dict[str, Any]) -> None:
        assert process.stdin is not None
        process.stdin.write(json.dumps(task) + "\n")
        process.stdin.flush()

    def _hear(self, process: "subprocess.Popen[str]") -> Any:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise RuntimeError("Tryton ended; its last words are above")
        return json.loads(line)


def tryton_python(folder: Path) -> Path:
    """Python of a venv with Tryton in it, which is made on first use."""
    python = folder / "bin" / "python"
    if not (folder / "bin" / "trytond-admin").exists():
        print(f"installing {' '.join(TRYTON)} into {folder}", flush=True)
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *TRYTON], check=True)
    return python


# --- the run -----------------------------------------------------------------------------------------------------


@contextmanager
def places(name: str) -> Iterator[tuple[str, str, Path]]:
    """An empty database's URL, the server's URI for Tryton, and a folder."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="floor-stock-")))
        if name == "sqlite":
            yield f"sqlite:///{folder}/floor.db", "sqlite://", folder
        else:
            cluster: PostgresCluster = stack.enter_context(running_postgres())
            cluster.create_database(name="tryton")
            yield cluster.create_database(), f"postgresql://floor@127.0.0.1:{cluster.port}/", folder


def measure(name: str, options: argparse.Namespace) -> None:
    processes = 1 if name == "sqlite" else 2
    with places(name) as (url, uri, folder), ExitStack() as stack:
        world, orders = furnish(url, options.clients), Orders(options.seed)
        crowd = Crowd(world, processes, stack)
        tryton = None
        if options.tryton:
            tryton = Tryton(tryton_python(options.tryton_venv), folder, uri, processes, stack)
        for clients in (1, options.clients):
            hot = clients > 1

            def ours(way: str, clients: int = clients, hot: bool = hot) -> Result:
                batches = orders.batches(world, options.orders, hot, clients)
                return crowd.run(way, batches) if clients > 1 else run_clients(way, world, batches)

            def peers(clients: int = clients, hot: bool = hot) -> Result:
                assert tryton is not None
                return tryton.run(orders.plain(max(clients, options.tryton_orders), hot), clients)

            ways: dict[str, Callable[[], Result]] = {"ours": lambda: ours("ours"), "SQL": lambda: ours("SQL")}
            if tryton is not None:
                ways["Tryton"] = peers
            print(f"{name}, {clients} client(s){', one hot SKU in every order' if hot else ''}: orders/s")
            report(in_turns(ways, options.rounds))
        must_be_sound(world)
        close_doors()


def in_turns(ways: dict[str, Callable[[], Result]], rounds: int) -> dict[str, list[Result]]:
    """A short block of each way, round after round: what disturbs the machine disturbs all of them."""
    for way in ways.values():
        way()  # connections, caches and prepared statements
    results: dict[str, list[Result]] = defaultdict(list)
    for n in range(rounds):
        for name, way in ways.items():
            results[name].append(way())
        shown = "  ".join(f"{name} {found[n].per_second:8.1f}" for name, found in results.items())
        print(f"  round {n + 1:2}  {shown}", flush=True)
    return results


def report(results: dict[str, list[Result]]) -> None:
    speed = {name: median(r.per_second for r in found) for name, found in results.items()}
    for name, found in results.items():
        ratio = median(a.per_second / b.per_second for a, b in zip(results["ours"], found, strict=True))
        whole = added(found)
        words = f"ours = {ratio:.2f} x" if name != "ours" else ""
        print(
            f"  {name:7} {speed[name]:8.1f}  {words:16} {whole.orders} orders, "
            f"{whole.retries} tried again, {whole.shown} errors shown",
            flush=True,
        )


def must_be_sound(world: World) -> None:
    """The ledger explains every balance, the promises every reservation: of our orders and of the SQL's."""
    with uow.reading() as db:
        broken = books.broken_balances(db) + books.broken_reservations(db)
    if broken:
        raise SystemExit("the books are broken: " + "; ".join(broken[:5]))
    print("  the books are sound")


def options_from(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stock", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--orders", type=int, default=100, help="of ours and of SQL in each block")
    parser.add_argument("--tryton-orders", type=int, default=8, help="of Tryton in each block")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--database", choices=("sqlite", "postgres", "both"), default="both")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-tryton", dest="tryton", action="store_false", help="without the peer")
    parser.add_argument("--tryton-venv", type=Path, default=HERE.parent / ".run" / "tryton")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> None:
    options = options_from(arguments)
    for name in ("sqlite", "postgres") if options.database == "both" else (options.database,):
        measure(name, options)


if __name__ == "__main__":
    main(sys.argv[1:])
