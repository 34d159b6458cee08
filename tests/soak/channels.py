"""Read more than a thousand orders from every shop while calls fail, tokens end and orders change, and count them.

python -m tests.soak.channels --orders 1200 --seed 1 --database sqlite
"""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

from sqlmodel import select

from floor import cli
from floor.factory import create_app
from floor.intake import accounts, queries, syncing
from floor.intake.channels import outside
from floor.intake.channels.port import ShopTrouble
from floor.intake.models import ShopFeed
from floor.kit import clock, uow
from floor.kit.actor import SYSTEM
from floor.kit.uow import reading, unit_of_work
from floor.orders.models import Order
from floor.settings import Settings
from tests.factories import a_sku
from tests.intake.shop_server import KINDS, Bought, Platform, account, serving
from tests.servers import empty_database

TROUBLES = ("500", "busy", "cut", "garbage", "lost", "expired")
HOURS = 30
#: Readings until it must be through.
MOST = 400


def read_all(shop: Platform, orders: int, rng: random.Random) -> tuple[int, int, list[str]]:
    """Read one shop to its end; readings it took, calls, and what is wrong."""
    now = clock.now().replace(microsecond=0)
    for n in range(orders):
        placed = now - timedelta(seconds=HOURS * 3600 * (orders - n) // orders)
        shop.orders[7000 + n] = Bought(7000 + n, placed, placed)
    # One call in twelve goes wrong, and every page brings a change of an order somewhere.
    shop.script = [rng.choice(TROUBLES) if rng.random() < 1 / 12 else "ok" for _ in range(orders * 4)]
    shop.restless = [rng.choice(list(shop.orders)) for _ in range(orders // 20)]
    shop.doubles = True
    with unit_of_work() as db:
        channel = accounts.set_up(db, shop.kind, account(shop), SYSTEM)
        db.get_one(ShopFeed, channel.id).read_to = now - timedelta(hours=HOURS, minutes=5)
    readings = 0
    while readings < MOST:
        readings += 1
        try:
            syncing.read_shop(shop.kind)
        except ShopTrouble:
            continue
        if readings > 1 or not shop.script:
            break
    shop.script = []
    syncing.read_shop(shop.kind)
    with reading() as db:
        there = Counter(db.exec(select(Order.external_id).where(Order.channel == shop.kind)))
        wanted = {str(number) for number in shop.orders}
        wrong = [f"{number} is missing" for number in sorted(wanted - there.keys())]
        wrong += [f"{number} is there {n} times" for number, n in there.items() if n > 1 or number not in wanted]
        wrong += queries.broken_inbox(db)
    if shop.forged:
        wrong.append(f"{shop.forged} calls broke the platform's rules")
    return readings, len(shop.calls), wrong


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak.channels", description=__doc__.splitlines()[0])
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--orders", type=int, default=1200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    outside.PAUSE = 0.0
    failed = 0
    with (
        tempfile.TemporaryDirectory(prefix="floor-shops-") as name,
        empty_database(options.database, Path(name)) as url,
    ):
        create_app(Settings(database_url=url, secret_key="soak", rate_limits=False))
        cli.migrate()
        with unit_of_work() as db:
            a_sku(db)
            a_sku(db, "MUG")
        for kind in KINDS:
            began = time.monotonic()
            with serving(kind) as shop:
                readings, calls, wrong = read_all(shop, options.orders, random.Random(options.seed))
            seconds = time.monotonic() - began
            print(
                f"{options.database} {kind}: {options.orders} orders, {calls} calls, {readings} readings,"
                f" {seconds:.0f} s, wrong {len(wrong)}", flush=True,
            )  # fmt: skip
            for words in wrong[:20]:
                print(f"  {words}")
            failed += len(wrong)
        uow.database().dispose()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
