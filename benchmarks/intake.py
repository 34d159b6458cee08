"""Orders a second through the signed webhook and from a CSV file, beside a bare insert of the same rows.

    python -m benchmarks.intake --orders 2000 --database sqlite

The bare insert writes the rows an order becomes (order, address, lines, customer, its event and outbox message) with
executemany, as many orders to a transaction as a file import takes, and asks nothing: what is above it is the price of
proving, keeping the raw message, looking up SKUs and counting once. One process, one sender; the webhook goes through
the whole application, an order to two transactions.
"""

import argparse
import csv
import io
import json
import random
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from sqlmodel import SQLModel, select

from floor import cli
from floor.catalog.models import Sku
from floor.factory import create_app
from floor.intake import jobs, service
from floor.intake.channels.mapping import Mapping
from floor.intake.channels.signed import signature
from floor.kit import clock, uow
from floor.kit.actor import SYSTEM
from floor.kit.uow import reading, unit_of_work
from floor.orders.models import Order
from floor.settings import Settings
from tests.servers import empty_database
from tests.soak.inbox import SECRET, SKUS, an_order

#: What an order becomes.
TABLES = ("customer", "customer_order", "address", "order_line", "audit_event", "outbox_message")
MAPPING = {
    "name": "bench", "channel": "file", "date_format": "%Y-%m-%dT%H:%M:%S%z",
    "columns": {
        "order_id": "order", "placed_at": "placed", "paid_at": "paid", "buyer_id": "buyer", "recipient": "name",
        "phone": "phone", "province": "province", "city": "city", "district": "district", "street": "street",
        "sku": "sku", "qty": "qty", "unit_price": "price",
    },
}  # fmt: skip


def by_webhook(orders: list[dict], app) -> None:  # type: ignore[no-untyped-def,type-arg]
    client = app.test_client()
    for n, order in enumerate(orders):
        body, stamp = json.dumps(order).encode(), str(int(clock.now().timestamp()))
        headers = {
            "X-Floor-Signature": signature(SECRET, stamp, f"w-{n}", body), "X-Floor-Timestamp": stamp,
            "X-Floor-Message-Id": f"w-{n}",
        }  # fmt: skip
        answer = client.post("/hooks/orders/web", data=body, headers=headers)
        assert answer.status_code == 200, answer.text


def as_csv(orders: list[dict]) -> bytes:  # type: ignore[type-arg]
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


def rows_of_channel() -> dict[str, list[dict]]:  # type: ignore[type-arg]
    """Every row that came by the webhook, table by table."""
    tables = {table.name: table for table in SQLModel.metadata.sorted_tables}
    with reading() as db:
        return {name: [dict(row) for row in db.execute(sa.select(tables[name])).mappings()] for name in TABLES}


def chunked(rows: dict[str, list[dict]], orders: int) -> list[list[tuple[str, list[dict]]]]:  # type: ignore[type-arg]
    """The rows of a transaction each, table by table, customers before the orders that name them."""
    chunk_of = {row["id"]: n // jobs.FILE_CHUNK for n, row in enumerate(rows["customer_order"])}
    chunks: list[dict[str, list[dict]]] = [{name: [] for name in TABLES} for _ in range(-(-orders // jobs.FILE_CHUNK))]  # type: ignore[type-arg]
    buyers: dict[int, int] = {}
    for row in rows["customer_order"]:
        buyers.setdefault(row["customer_id"], chunk_of[row["id"]])
    events = {row["id"]: chunk_of.get(row["order_id"], n * len(chunks) // len(rows["audit_event"]))
              for n, row in enumerate(rows["audit_event"])}  # fmt: skip
    at = {
        "customer": lambda row: buyers[row["id"]], "customer_order": lambda row: chunk_of[row["id"]],
        "address": lambda row: chunk_of[row["order_id"]], "order_line": lambda row: chunk_of[row["order_id"]],
        "audit_event": lambda row: events[row["id"]], "outbox_message": lambda row: events[row["event_id"]],
    }  # fmt: skip
    for name in TABLES:
        for row in rows[name]:
            chunks[at[name](row)][name].append(row)
    return [list(chunk.items()) for chunk in chunks]


def bare(chunks: list[list[tuple[str, list[dict]]]]) -> None:  # type: ignore[type-arg]
    """The same rows again under other numbers, as they are."""
    tables = {table.name: table for table in SQLModel.metadata.sorted_tables}
    for chunk in chunks:
        with unit_of_work() as db:
            for name, mine in chunk:
                if mine:
                    db.execute(sa.insert(tables[name]), mine)


def moved(rows: dict[str, list[dict]]) -> dict[str, list[dict]]:  # type: ignore[type-arg]
    """The rows with ids and unique texts nobody has."""
    by, found = 10_000_000, {}
    for name, old in rows.items():
        found[name] = []
        for row in old:
            new = dict(row)
            for column in ("id", "order_id", "customer_id", "event_id", "subject_id"):
                if isinstance(new.get(column), int):
                    new[column] += by
            for column in ("number", "external_id", "public_token"):
                if column in new:
                    new[column] = f"B{new[column]}"[-20:] if column == "number" else f"B{new[column]}"
            found[name].append(new)
    return found


def timed(what: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock, and seconds of this process's work: the second is what a busy machine leaves alone."""
    began, worked = time.perf_counter(), time.process_time()
    what()
    return time.perf_counter() - began, time.process_time() - worked


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.intake", description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--orders", type=int, default=2000)
    options = parser.parse_args()
    rng = random.Random(1)
    with (
        tempfile.TemporaryDirectory(prefix="floor-bench-") as name,
        empty_database(options.database, Path(name)) as url,
    ):
        app = create_app(Settings(database_url=url, secret_key=SECRET, rate_limits=False))
        cli.migrate()
        with unit_of_work() as db:
            service.ensure_channel(db, "web").secret = SECRET
            db.add_all(
                Sku(code=f"SOAK-{n:03d}", name=f"{n}", length_mm=100, width_mm=100, height_mm=100, weight_g=100)
                for n in range(SKUS)
            )
        orders = [an_order(n, rng) for n in range(options.orders)]
        seconds = {"webhook": timed(lambda: by_webhook(orders, app))}
        chunks = chunked(moved(rows_of_channel()), options.orders)
        seconds["bare"] = timed(lambda: bare(chunks))
        body, mapping = as_csv(orders), Mapping.model_validate(MAPPING)
        seconds["csv"] = timed(lambda: jobs.import_file("bench.csv", lambda: io.BytesIO(body), mapping, False, SYSTEM))
        with reading() as db:
            there = len(db.exec(select(Order.id)).all())
        assert there == 3 * options.orders, there
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        for way in ("bare", "csv", "webhook"):
            (clocked, worked), (bare_clocked, bare_worked) = seconds[way], seconds["bare"]
            share, work = bare_clocked / clocked, bare_worked / worked
            rate = f"{options.orders / clocked:6.0f} orders/s {share:6.0%} of the bare insert"
            print(f"{options.database} {way:8} {rate}; by work alone {options.orders / worked:6.0f} {work:6.0%}")
        print(f"peak {peak} MB")
        uow.database().dispose()


if __name__ == "__main__":
    main()
