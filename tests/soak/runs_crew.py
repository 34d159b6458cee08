"""Eight people at work while runs plan and apply: four pick, two cancel orders and publish runs, two move stock.

They live in a process of their own, so that what they wait for is the house and not the judge.
"""

import json
import os
import random
import signal
import threading
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from floor.allocation.models import Run
from floor.allocation.states import RunState
from floor.inventory.models import Bin, BinKind, Tote, Warehouse
from floor.kit.uow import reading
from floor.orders.models import Order
from floor.orders.states import OrderState
from floor.picking import queries as picking
from floor.picking.models import Cart, Walk, WalkTote
from floor.shipments.models import Shipment
from tests.soak.on_the_floor import Picker
from tests.soak.phone import Answer, Book, Phone
from tests.soak.runs_world import PICKERS, shelves
from tests.soak.worker import Worker

#: What people may be told: done, there, somebody was faster, wrong input.
_EXPECTED = {200, 201, 204, 302, 303, 304, 409, 422}
#: Seconds a person needs between two things.
_THINKS = (0.15, 0.45)


class Timed(Phone):
    """Writes down how long each scan took, and complains of any answer nobody planned for."""

    def __init__(self, port: int, book: Book, rng: random.Random) -> None:
        super().__init__(port, book, rng)
        #: (moment, milliseconds).
        self.scans: list[tuple[float, float]] = []
        self.statuses: dict[str, int] = {}

    def _send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        began = time.monotonic()
        answer = super()._send(method, path, body, headers)
        ended = time.monotonic()
        if method == "POST" and path.endswith("/scans"):
            self.scans.append((ended, (ended - began) * 1000))
        if answer.status not in _EXPECTED:
            self.book.complain(f"{method} {path} answered {answer.status}: {answer.body[-300:]!r}")
        if answer.status == 409 and (not answer.body.strip() or b"Traceback" in answer.body):
            self.book.complain(f"{method} {path} answered 409 without a sentence: {answer.body[:300]!r}")
        key = f"{method} {'/'.join('N' if part.isdigit() else part for part in path.split('?')[0].split('/')[:3])}"
        self.statuses[f"{key} {answer.status}"] = self.statuses.get(f"{key} {answer.status}", 0) + 1
        return answer


class _Thinking(Worker):
    def __init__(self, port: int, book: Book, seed: str, done: threading.Event) -> None:
        super().__init__(port, book, seed, done)
        self.phone: Timed = Timed(port, book, self.rng)

    def think(self) -> None:
        self.done.wait(self.rng.uniform(*_THINKS))


class SitePicker(Picker):
    """Picks at one warehouse, at the pace of a person."""

    def __init__(self, name: str, *others: Any) -> None:
        super().__init__(name, *others)
        self.phone: Timed = Timed(others[0], self.book, self.rng)
        self.site = PICKERS[name]

    def once(self) -> bool:
        did = super().once()
        if did:
            self.done.wait(self.rng.uniform(*_THINKS))
        return did

    def _load(self, view: picking.WalkView) -> bool:
        with reading() as db:
            home = db.exec(select(Warehouse.id).where(Warehouse.code == self.site)).one()
            taken = select(Walk.cart_id).where(col(Walk.state).in_(picking.ACTIVE), col(Walk.cart_id).is_not(None))
            carts = db.exec(select(Cart.code).where(Cart.warehouse_id == home, col(Cart.id).not_in(taken))).all()
            busy = select(WalkTote.tote_id).where(col(WalkTote.is_busy), col(WalkTote.tote_id).is_not(None))
            totes = db.exec(
                select(Tote.code).where(Tote.warehouse_id == home, col(Tote.id).not_in(busy)).limit(20)
            ).all()
        free = totes if view.cart else carts
        if not free:
            return False
        self._scan(view, {"code": self.rng.choice(free)})
        return True


class Canceller(_Thinking):
    """Cancels orders, mostly those a run has just planned or shipped; the supervisor among them publishes runs."""

    def __init__(self, name: str, *others: Any) -> None:
        super().__init__(*others)
        self.name = name

    def once(self) -> bool:
        if self.name == "Dai":
            self._publish()
        with reading() as db:
            shipped = sa.exists().where(col(Shipment.order_id) == col(Order.id))
            wanted = select(Order.id).where(
                Order.state == OrderState.RELEASED, shipped if self.now_and_then(2) else ~shipped
            )
            ids = list(db.exec(wanted.order_by(col(Order.id)).limit(400)))
        if ids:
            self.phone.post(f"/orders/{self.rng.choice(ids)}/cancel", {})
        self.done.wait(self.rng.uniform(0.3, 1.2))
        return True

    def _publish(self) -> None:
        with reading() as db:
            ready = db.exec(select(Run.id).where(Run.state == RunState.READY)).all()
        for run in ready:
            self.phone.post(f"/runs/{run}/publish", {})


class Mover(_Thinking):
    """Finds units, loses units, and carries them to other bins."""

    name = "Dai"

    def once(self) -> bool:
        with reading() as db:
            there = shelves(db)
            site, here, code, sku_id, sku, free = self.rng.choice(there)
            house = select(Warehouse.id).where(Warehouse.code == site).scalar_subquery()
            faces = db.exec(select(Bin.code).where(Bin.warehouse_id == house, Bin.kind == BinKind.PICK)).all()
        units = self.rng.randint(1, min(3, free))
        if self.now_and_then(2):
            form = {"bin": here, "sku": sku_id, "qty": units, "code": self.rng.choice(faces)}
            self.phone.post("/relocate/scans", form)
        else:
            reason = self.rng.choice(("found", "lost"))
            path = f"/bins/{site}/{code}/skus/{sku}/adjust"
            self.phone.post(path, {"qty": units, "reason": reason, "note": "soak"})
        self.think()
        return True


def everybody(port: int, book: Book, seed: int, clients: int, done: threading.Event) -> list[Worker]:
    """Half of them pick, the others cancel and move in turn."""

    def common(n: int) -> tuple[Any, ...]:
        return port, book, f"{seed}-{n}", done

    names = list(PICKERS)
    found: list[Worker] = []
    for n in range(clients):
        if n % 2 == 0 and n // 2 < len(names):
            found.append(SitePicker(names[n // 2], *common(n)))
        elif n % 4 == 1:
            found.append(Canceller("Dai" if n == 1 else "Chen", *common(n)))
        else:
            found.append(Mover(*common(n)))
    return found


def live(port: int, seed: int, clients: int, report: Path) -> None:
    """Work until SIGTERM, then write what was seen; for a fresh process without threads."""
    done, book = threading.Event(), Book()
    signal.signal(signal.SIGTERM, lambda *_: done.set())
    crew = everybody(port, book, seed, clients, done)
    threads = [threading.Thread(target=one.run, daemon=True) for one in crew]
    for thread in threads:
        thread.start()
    parent = os.getppid()
    while not done.wait(0.5):
        if os.getppid() != parent:
            return
    for thread in threads:
        thread.join(150)
    statuses: dict[str, int] = {}
    for one in crew:
        for key, n in one.phone.statuses.items():  # type: ignore[attr-defined]
            statuses[key] = statuses.get(key, 0) + n
    scans = sorted(scan for one in crew if isinstance(one, SitePicker) for scan in one.phone.scans)
    told = {"scans": scans, "statuses": statuses, "broken": book.broken, "doubled": book.doubled,
            "answered": book.answered, "refused": book.refused}  # fmt: skip
    report.write_text(json.dumps(told))
