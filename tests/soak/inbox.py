"""Deliver orders by the signed webhook, five times each, shuffled, among forged and poisoned ones, and prove the end.

    python -m tests.soak.inbox --orders 10000 --times 5 --seed 1 --database sqlite

One delivery in a hundred more is forged (another secret, a changed body, a stale time), one in a hundred more is poison
(no JSON, an unknown SKU, sums that do not fit, letters that cannot be stored, a body nested too deep). Several senders
deliver at once, half of the messages one by one, half in deliveries of up to 50. At the end every order must be there
once and as it was sent, nothing forged may have left a trace, and every poisoned message must be listed once with its
reason.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import Any

from flask import Flask
from sqlmodel import select

from floor import cli
from floor.catalog.models import Sku
from floor.factory import create_app
from floor.intake import queries, service
from floor.intake.channels.signed import signature
from floor.intake.models import InboxMessage, InboxState
from floor.kit import clock, uow
from floor.kit.uow import reading, unit_of_work
from floor.orders.models import Order
from floor.settings import Settings
from tests.servers import empty_database

SECRET, CHANNEL, SKUS, SENDERS = "soak", "soak", 200, 4


@dataclass(frozen=True)
class Delivery:
    """`wanted`: the answer it must get."""

    key: str
    body: bytes
    wanted: int
    is_forged: bool = False
    age_s: int = 0


@dataclass
class Outcome:
    messages: int
    seconds: float
    answers: Counter[int]
    reasons: Counter[str]
    slowest_ms: float
    wrong: list[str]

    def __str__(self) -> str:
        return (
            f"{self.messages} messages in {self.seconds:.1f} s ({self.messages / self.seconds:.0f} a second),"
            f" answers {dict(sorted(self.answers.items()))}, poison {dict(sorted(self.reasons.items()))},"
            f" slowest {self.slowest_ms:.0f} ms, wrong {len(self.wrong)}"
        )


def an_order(n: int, rng: random.Random) -> dict[str, Any]:
    lines = [
        {"sku": f"SOAK-{sku:03d}", "qty": rng.randint(1, 4), "unit_price": f"{rng.randint(100, 9999) / 100:.2f}"}
        for sku in rng.sample(range(SKUS), rng.randint(1, 4))
    ]  # fmt: skip
    return {
        "order_id": f"S-{n:06d}", "placed_at": "2026-11-20T10:00:00+08:00", "paid_at": "2026-11-20T10:01:00+08:00",
        "buyer": {"id": f"b-{n % 997}", "name": "Buyer"}, "lines": lines,
        "address": {"recipient": "Zhang", "phone": "13800000000", "province": "\u6d59\u6c5f\u7701",
                    "city": "\u676d\u5dde\u5e02", "district": "\u897f\u6e56\u533a", "street": f"Road {n}"},
    }  # fmt: skip


def poisoned(n: int, order: dict[str, Any]) -> tuple[bytes, str]:
    """A message nobody can apply, and the reason that must be listed."""
    line = order["lines"][0]
    kinds: list[tuple[bytes, str]] = [
        (b"{", "not_json"),
        (b"[" * 100_000, "not_json"),
        (json.dumps(order | {"lines": [line | {"sku": "NOBODY-KNOWS"}]}).encode(), "unknown_sku"),
        (json.dumps(order | {"lines": [line | {"unit_price": "9" * 12}]}).encode(), "number"),
        (json.dumps(order | {"placed_at": "yesterday"}).encode(), "date"),
        (json.dumps(order | {"order_id": "\ud800"}).encode(), "text"),
        (json.dumps(order | {"address": None}).encode(), "choice"),
        (json.dumps(order | {"type": "cancel", "order_id": f"NOBODY-{n}"}).encode(), "unknown_order"),
    ]
    body, reason = kinds[n % len(kinds)]
    return body + b" " * (n // len(kinds) + 1), reason  # bodies differ


def deliveries(orders: int, times: int, rng: random.Random) -> tuple[list[Delivery], Counter[str]]:
    """Everything that is sent, shuffled; and the reasons the poison must be listed with."""
    sent: list[Delivery] = []
    for n in range(orders):
        body = json.dumps(an_order(n, rng) | {"message_id": f"m-{n}"}).encode()
        sent += [Delivery(f"m-{n}", body, 200)] * times
    due: Counter[str] = Counter()
    total = len(sent)
    for n in range(total // 100):
        order = an_order(orders + n, rng)
        body = json.dumps(order).encode()
        forged = [
            Delivery(f"f-{n}", body, 401, is_forged=True),
            Delivery(f"f-{n}", body, 401, age_s=3600),
            Delivery(f"m-{n}", body, 401, is_forged=True),
        ]
        sent.append(forged[n % 3])
        bad, reason = poisoned(n, an_order(2 * orders + n, rng) | {"message_id": f"p-{n}"})
        sent.append(Delivery(f"p-{n}", bad, 422))
        due[reason] += 1
    rng.shuffle(sent)
    return sent, due


def soak(url: str, orders: int, times: int, seed: int) -> Outcome:
    """Build, deliver from several threads, prove."""
    rng = random.Random(seed)
    app = create_app(Settings(database_url=url, secret_key="soak", rate_limits=False))
    cli.migrate()
    with unit_of_work() as db:
        service.ensure_channel(db, CHANNEL).secret = SECRET
        db.add_all(
            Sku(code=f"SOAK-{n:03d}", name=f"{n}", length_mm=100, width_mm=100, height_mm=100, weight_g=100)
            for n in range(SKUS)
        )
    sent, due = deliveries(orders, times, rng)
    lanes = [sent[n::SENDERS] for n in range(SENDERS)]
    began = time.monotonic()
    with ThreadPoolExecutor(SENDERS) as pool:
        answers = pool.map(partial(_send_all, app), lanes, range(seed, seed + SENDERS))
        found = [answer for lane in answers for answer in lane]
    seconds = time.monotonic() - began
    wrong = [f"{key} got {got}, not {wanted}" for key, wanted, got, _ms in found if got != wanted]
    reasons, proven = prove(orders, due)
    uow.database().dispose()
    return Outcome(
        len(sent), seconds, Counter(got for _k, _w, got, _ms in found), reasons, max(ms for *_x, ms in found),
        wrong + proven,
    )  # fmt: skip


def together(lane: list[Delivery], rng: random.Random) -> Iterator[list[Delivery]]:
    """What is sent at once. Only what proves itself and says its id in its body can share a delivery."""
    at = 0
    while at < len(lane):
        (most,) = rng.choices((1, rng.randint(2, 50)), (26, 1))  # as many messages in these as in those
        some = list(takewhile(lambda one: one.wanted != 401 and b'"message_id"' in one.body, lane[at : at + most]))
        yield some or lane[at : at + 1]
        at += len(some) or 1


def _send_all(app: Flask, lane: list[Delivery], seed: int) -> list[tuple[str, int, int, float]]:
    client = app.test_client()
    found = []
    for some in together(lane, random.Random(seed)):
        first, is_many = some[0], len(some) > 1
        body = b"[" + b", ".join(one.body for one in some) + b"]" if is_many else first.body
        stamp = str(int(clock.now().timestamp()) - first.age_s)
        headers = {
            "X-Floor-Signature": signature("another" if first.is_forged else SECRET, stamp, first.key, body),
            "X-Floor-Timestamp": stamp, "X-Floor-Message-Id": first.key,
        }  # fmt: skip
        began = time.monotonic()
        answer = client.post(f"/hooks/orders/{CHANNEL}", data=body, headers=headers)
        took = (time.monotonic() - began) * 1000
        if is_many and answer.status_code in (200, 207):
            got = [422 if "errors" in one else 200 for one in answer.json["messages"]]
        else:
            got = [answer.status_code] * len(some)
        found += [(one.key, one.wanted, status, took) for one, status in zip(some, got, strict=True)]
    return found


def prove(orders: int, due: Counter[str]) -> tuple[Counter[str], list[str]]:
    """The reasons listed, and what is wrong with the end, in words."""
    wrong: list[str] = []
    with reading() as db:
        there = Counter(db.exec(select(Order.external_id)))
        wanted = {f"S-{n:06d}" for n in range(orders)}
        wrong += [f"{number} is missing" for number in sorted(wanted - there.keys())]
        wrong += [f"{number} should not be there" for number in sorted(there.keys() - wanted)]
        wrong += [f"{number} is there {n} times" for number, n in there.items() if n > 1]
        dead = db.exec(select(InboxMessage).where(InboxMessage.state == InboxState.DEAD)).all()
        reasons = Counter(message.problem for message in dead)
        wrong += [] if reasons == due else [f"listed {reasons}, due {due}"]
        forged = [key for key in db.exec(select(InboxMessage.message_key)) if key.startswith("f-")]
        wrong += [f"forged {key} left a trace" for key in forged]
        wrong += [
            f"{order.external_id}: {order.total_fen} is not the sum"
            for order in db.exec(select(Order))
            if order.total_fen != order.goods_fen + order.freight_fen - order.discount_fen
        ]
        wrong += queries.broken_inbox(db)
    return reasons, wrong


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak.inbox", description=__doc__.splitlines()[0])
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--orders", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--seed", type=int, default=int(datetime.now().timestamp()) % 100_000)  # noqa: DTZ005
    options = parser.parse_args(arguments)
    print(f"seed {options.seed}", flush=True)
    with (
        tempfile.TemporaryDirectory(prefix="floor-inbox-") as name,
        empty_database(options.database, Path(name)) as url,
    ):
        outcome = soak(url, options.orders, options.times, options.seed)
    for words in outcome.wrong[:50]:
        print(f"  {words}")
    print(f"{options.database}: {outcome}")
    return 1 if outcome.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
