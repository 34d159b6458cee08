"""Orders a second through the signed webhook and from a CSV file, beside a bare insert of the same rows.

    python -m benchmarks.intake --orders 2000 --messages 200 --rounds 3 --database sqlite

The bare insert writes the rows an order became (order, address, lines, customer, its event and outbox message) with
executemany, as many orders to a transaction as a file import takes, and asks nothing: what is above it is the price of
proving, looking up SKUs and counting once. The webhook takes orders one to a delivery or 500. One by one it commits
twice for every order, the raw message before it is read, so two more peers show what that alone costs: the same rows
and the message's with one transaction an order, and the same behind a Flask route that does nothing but read the JSON
and insert. One process, one sender; of all rounds the best counts, by the work of this process. Making the requests is
not counted, answering them is.
"""

import argparse
import csv
import gc
import io
import json
import random
import resource
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask, request
from sqlmodel import SQLModel
from werkzeug.test import create_environ, run_wsgi_app

from floor import cli
from floor.catalog.models import Sku
from floor.factory import create_app
from floor.intake import jobs, service
from floor.intake.channels.mapping import Mapping
from floor.intake.channels.signed import signature
from floor.kit import clock, uow
from floor.kit.actor import SYSTEM
from floor.kit.uow import reading, unit_of_work
from floor.settings import Settings
from tests.servers import empty_database
from tests.soak.inbox import SECRET, SKUS, an_order

#: What an order becomes, parents first; the message only by webhook.
TABLES = ("customer", "customer_order", "inbox_message", "address", "order_line", "audit_event", "outbox_message")
#: Rows of one order by table.
Rows = dict[str, list[dict[str, Any]]]
MAPPING = {
    "name": "bench", "channel": "file", "date_format": "%Y-%m-%dT%H:%M:%S%z",
    "columns": {
        "order_id": "order", "placed_at": "placed", "paid_at": "paid", "buyer_id": "buyer", "recipient": "name",
        "phone": "phone", "province": "province", "city": "city", "district": "district", "street": "street",
        "sku": "sku", "qty": "qty", "unit_price": "price",
    },
}  # fmt: skip


def requests(told: Iterable[dict[str, Any] | list[dict[str, Any]]], url: str) -> list[dict[str, Any]]:
    """A signed request for each body, as a server hands it to the application."""
    stamp, made = str(int(clock.now().timestamp())), []
    for n, one in enumerate(told):
        body, key = json.dumps(one).encode(), f"w-{one['order_id'] if isinstance(one, dict) else n}"
        headers = {
            "X-Floor-Signature": signature(SECRET, stamp, key, body), "X-Floor-Timestamp": stamp,
            "X-Floor-Message-Id": key,
        }  # fmt: skip
        made.append(create_environ(url, method="POST", data=body, headers=headers, content_type="application/json"))
    return made


def send(app: Flask, made: Iterable[dict[str, Any]]) -> None:
    for one in made:
        answer, status, _headers = run_wsgi_app(app, one)
        assert status == "200 OK", b"".join(answer)


def as_csv(orders: Iterable[dict[str, Any]]) -> bytes:
    out = io.StringIO(newline="")
    table = csv.writer(out)
    table.writerow(MAPPING["columns"].values())  # type: ignore[attr-defined]
    for order in orders:
        to = order["address"]
        for line in order["lines"]:
            table.writerow(
                [order["order_id"], order["placed_at"], order["paid_at"], order["buyer"]["id"], to["recipient"],
                 to["phone"], to["province"], to["city"], to["district"], to["street"], line["sku"], line["qty"],
                 line["unit_price"]]
            )  # fmt: skip
    return out.getvalue().encode()


def _tables() -> dict[str, sa.Table]:
    there = {table.name: table for table in SQLModel.metadata.sorted_tables}
    return {name: there[name] for name in TABLES}


def _key(table: sa.Table) -> sa.Column[int]:
    return table.c.order_id if table.name == "address" else table.c.id


def newest() -> dict[str, int]:
    with reading() as db:
        return {name: db.execute(sa.select(sa.func.max(_key(t)))).scalar() or 0 for name, t in _tables().items()}


def since(before: dict[str, int], copy: int) -> list[Rows]:
    """What was written since then for every order, under ids and unique texts no other copy has."""
    with reading() as db:
        found = {
            name: [dict(row) for row in db.execute(sa.select(t).where(_key(t) > before[name])).mappings()]
            for name, t in _tables().items()
        }
    by_order: dict[int, Rows] = {row["id"]: {name: [] for name in TABLES} for row in found["customer_order"]}
    buyers: dict[int, int] = {}
    for row in found["customer_order"]:
        buyers.setdefault(row["customer_id"], row["id"])
    order_of = {row["id"]: row["order_id"] for row in found["inbox_message"]}
    event_of = {row["id"]: row["order_id"] or order_of.get(row["subject_id"]) for row in found["audit_event"]}
    owner: dict[str, Callable[[dict[str, Any]], int | None]] = {
        "customer": lambda row: buyers[row["id"]], "customer_order": lambda row: row["id"],
        "audit_event": lambda row: event_of[row["id"]], "outbox_message": lambda row: event_of.get(row["event_id"]),
    }  # fmt: skip
    for name, rows in found.items():
        for row in rows:
            if order := owner.get(name, lambda row: row["order_id"])(row):  # the file's own events have none
                by_order[order][name].append(_moved(row, copy, before["customer"]))
    return list(by_order.values())


def _moved(row: dict[str, Any], copy: int, known_customer: int) -> dict[str, Any]:
    new = dict(row)
    for column in ("id", "order_id", "event_id"):
        if new.get(column) is not None:
            new[column] -= copy * 10_000_000  # below those the house gives
    if new.get("customer_id", 0) > known_customer:
        new["customer_id"] -= copy * 10_000_000
    for column in ("number", "external_id", "public_token", "message_key"):
        if column in new:
            new[column] = f"B{copy}{new[column]}"
    return new


def bare(orders: Iterable[Rows], chunk: int) -> None:
    """The rows as they are, so many orders to a transaction, a statement a table."""
    tables, waiting = _tables(), iter(orders)
    while some := list(islice(waiting, chunk)):
        with unit_of_work() as db:
            line = db.connection()
            for name, table in tables.items():
                if rows := [row for order in some for row in order[name]]:
                    line.execute(sa.insert(table), rows)


def bare_route(orders: Sequence[Rows]) -> Flask:
    """An application that reads the JSON and inserts the rows of that order."""
    app, by_number = Flask("bare"), {order["customer_order"][0]["external_id"][2:]: order for order in orders}

    @app.post("/orders")
    def take() -> dict[str, str]:
        told = json.loads(request.get_data(cache=False))
        bare([by_number[told["order_id"]]], 1)
        return {"order": told["order_id"], "outcome": "accepted"}

    return app


def timed(what: Callable[[], object]) -> tuple[float, float]:
    """Seconds of this process's work, which a busy machine leaves alone, and seconds by the clock."""
    gc.collect()  # nobody tidies up behind another
    began, worked = time.perf_counter(), time.process_time()
    what()
    return time.process_time() - worked, time.perf_counter() - began


def a_round(orders: list[dict[str, Any]], sent: list[dict[str, Any]], app: Flask) -> dict[str, tuple[float, float]]:
    """Seconds an order, every way once: `orders` by file, `sent` by webhook."""
    body, mapping = as_csv(orders), Mapping.model_validate(MAPPING)
    before = newest()
    took = {"csv": timed(lambda: jobs.import_file("bench.csv", lambda: io.BytesIO(body), mapping, False, SYSTEM))}
    rows = since(before, 1)
    assert len(rows) == len(orders), len(rows)
    took["csv bare"] = timed(lambda: bare(rows, jobs.FILE_CHUNK))

    made = requests(sent, "/hooks/orders/web")
    before = newest()
    took["webhook"] = timed(lambda: send(app, made))
    copies = [since(before, n) for n in (1, 2, 3)]
    assert len(copies[0]) == len(sent), len(copies[0])
    took["webhook bare"] = timed(lambda: bare(copies[0], jobs.FILE_CHUNK))
    took["webhook bare, one by one"] = timed(lambda: bare(copies[1], 1))
    route, again = bare_route(copies[2]), requests(sent, "/orders")
    took["webhook bare route"] = timed(lambda: send(route, again))

    named = [order | {"message_id": f"m-{order['order_id']}"} for order in orders]
    made = requests((named[n : n + jobs.MANY] for n in range(0, len(named), jobs.MANY)), "/hooks/orders/many")
    before = newest()
    took["many"] = timed(lambda: send(app, made))
    rows = since(before, 1)
    assert len(rows) == len(orders), len(rows)
    took["many bare"] = timed(lambda: bare(rows, jobs.FILE_CHUNK))
    made_of = {way: len(sent if way.startswith("webhook") else orders) for way in took}
    return {way: (worked / made_of[way], clocked / made_of[way]) for way, (worked, clocked) in took.items()}


#: Who is measured, beside whom, and what that is called.
PEERS = {
    "csv": {"csv bare": "the bare insert"},
    "many": {"many bare": "the bare insert"},
    "webhook": {
        "webhook bare": "the bare insert", "webhook bare, one by one": "it with one transaction an order",
        "webhook bare route": "that behind a bare Flask route",
    },
}  # fmt: skip

NAMES = {"csv": "file", "many": "webhook, 500 to a delivery", "webhook": "webhook, one to a delivery"}


def told(database: str, best: dict[str, tuple[float, float]]) -> None:
    for way, peers in PEERS.items():
        worked, clocked = best[way]
        print(f"{database} {NAMES[way]:28}{1 / worked:7.0f} orders/s by work alone, {1 / clocked:.0f} by the clock")
        for peer, name in peers.items():
            work, clock_s = best[peer]
            by_clock = f"by the clock {clock_s / clocked:.0%} of {1 / clock_s:.0f}"
            print(f"    {work / worked:5.0%} of {name} ({1 / work:.0f}); {by_clock}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.intake", description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--orders", type=int, default=2000, help="in the file of a round")
    parser.add_argument("--messages", type=int, default=200, help="by webhook a round, at most as many")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    rng = random.Random(1)
    with (
        tempfile.TemporaryDirectory(prefix="floor-bench-") as name,
        empty_database(options.database, Path(name)) as url,
    ):
        app = create_app(Settings(database_url=url, secret_key=SECRET, rate_limits=False))
        cli.migrate()
        with unit_of_work() as db:
            for channel in ("web", "many"):
                service.ensure_channel(db, channel).secret = SECRET
            db.add_all(
                Sku(code=f"SOAK-{n:03d}", name=f"{n}", length_mm=100, width_mm=100, height_mm=100, weight_g=100)
                for n in range(SKUS)
            )
        first = [an_order(n, rng) for n in range(900_000, 900_020)]
        a_round(first, first, app)  # what is made once is made
        gc.collect()
        gc.freeze()  # as app.py does
        best: dict[str, tuple[float, float]] = {}
        for n in range(options.rounds):
            orders = [an_order(n * options.orders + i, rng) for i in range(options.orders)]
            for way, took in a_round(orders, orders[: options.messages], app).items():
                best[way] = min(took, best.get(way, took))
        told(options.database, best)
        print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")
        uow.database().dispose()


if __name__ == "__main__":
    main()
