"""Ask carriers for numbers while they fail in every way they can, and prove that every parcel has one number.

    python -m tests.soak.waybills --tries 1000 --seed 1
    python -m tests.soak.waybills --database postgres --tries 1000 --seed 1

Two gateways on this machine (SF and Kuaidi100, tests/shipping/carrier_server.py) answer, issue and then fail, hang,
hang up, talk nonsense, or are away for an hour. Workers ask two at a time, die between the answer and its writing, and
come back; a person presses the buttons where it is his turn, now and then another carrier. Nobody waits: the clock is
moved.
"""

import argparse
import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlmodel import select

from floor import settings as house
from floor.kit import clock, compute, uow
from floor.kit.errors import Conflict
from floor.kit.uow import reading, unit_of_work
from floor.shipping import jobs, queries, resolving, service, waybills
from floor.shipping.carriers import outside
from floor.shipping.models import Waybill
from floor.shipping.states import WaybillState
from tests import factories
from tests.packing.worlds import World, a_boxed_parcel, a_world, person
from tests.servers import empty_database
from tests.shipping.carrier_server import Gateway, answers, serving
from tests.soak.shelves import open_house

#: What befalls a call: half of them go well; hanging ones cost real time and are rarer.
FATES = ("ok", "ok", "ok", "ok", "issued_500", "issued_cut", "issued_garbage", "500", "cut", "busy")
SLOW = ("issued_hang", "hang")
#: Rounds of the chore before a parcel counts as stuck.
ROUNDS = 60
STEP = timedelta(seconds=130)


class Killed(BaseException):
    """A worker dies here."""


@dataclass
class Outcome:
    database: str
    tries: int = 0
    calls: int = 0
    fates: Counter = field(default_factory=Counter)
    kills: int = 0
    persons: Counter = field(default_factory=Counter)
    elsewhere: int = 0
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def __str__(self) -> str:
        fates = ", ".join(f"{n} {fate}" for fate, n in sorted(self.fates.items()))
        asked = ", ".join(f"{n} {what}" for what, n in sorted(self.persons.items())) or "none"
        return (
            f"waybill numbers on {self.database}: {self.tries} parcels, {self.calls} calls ({fates}),"
            f" {self.kills} workers killed, decided by a person: {asked}, went elsewhere {self.elsewhere},"
            f" in {self.seconds:.0f} s"
            f" · without exactly one number {len(self.wrong)}"
        )


@contextmanager
def gateways() -> Iterator[dict[str, Gateway]]:
    """Both carriers, the house's settings leading to them, and paper that costs nothing."""
    before, run, patience = house.bound(), compute.run, outside.PATIENCE
    with ExitStack() as stack:
        found = {kind: stack.enter_context(serving(kind)) for kind in ("sf", "kuaidi100")}
        both: dict[str, Any] = {}
        for kind, gate in found.items():
            both |= answers(kind, gate)
        house.bind(replace(before, **both))
        compute.run = lambda fn, *_args: b"%PDF-1.7 " + fn.__name__.encode()  # type: ignore[assignment]
        outside.PATIENCE = 0.25  # type: ignore[assignment]
        try:
            yield found
        finally:
            house.bind(before)
            compute.run, outside.PATIENCE = run, patience


class Soak:
    def __init__(self, gates: dict[str, Gateway], seed: int, name: str) -> None:
        self.gates, self.dice = gates, random.Random(seed)
        self.done = Outcome(name)
        self.receive = service.receive_waybill
        self.killing = 0.0
        with unit_of_work() as db:
            self.world: World = a_world(db)
            self.other = factories.a_carrier(db, "zto")

    def one_parcel(self, number: int) -> None:
        """A parcel, a carrier, a script of troubles; then rounds until it has its number."""
        dice, kind = self.dice, self.dice.choice(("sf", "kuaidi100"))
        with unit_of_work() as db:
            carrier = db.merge(self.world.carrier)
            carrier.adapter, carrier.outside_code = kind, "zhongtong"
            carrier.fallback_minutes = dice.choice((None, 10))
            self.world.carrier = carrier
            for bin_id, sku in ((self.world.bins[self.world.tee.id or 0], self.world.tee),):
                if number % 40 == 0:
                    factories.stock(db, bin_id, sku, 100)
            parcel_id = a_boxed_parcel(db, self.world, [(self.world.tee, 1)]).id
            _free_totes(db, self.world)
        gate = self.gates[kind]
        gate.script = [
            dice.choice(SLOW) if dice.random() < 0.02 else dice.choice(FATES) for _ in range(dice.randrange(9))
        ]
        if dice.random() < 0.1:
            gate.script = ["500"] * 40  # away for more than an hour
        script = list(gate.script)
        self.killing = dice.choice((0.0, 0.0, 0.3))
        started = len(gate.calls)
        with ExitStack() as moved:
            for _round in range(ROUNDS):
                self._ask(parcel_id, twins=dice.random() < 0.2)
                if self._is_settled(parcel_id):
                    break
                moved.enter_context(clock.shifted(STEP))
        self.done.calls += len(gate.calls) - started
        self.done.tries += 1
        self.done.fates.update(script[: len(script) - len(gate.script)])
        self._prove(parcel_id, gate)
        gate.script = []
        with unit_of_work() as db:
            waybills.answered(db, self.world.carrier.id or 0)

    def _ask(self, parcel_id: int, twins: bool) -> None:
        workers = [threading.Thread(target=self._work, args=(parcel_id,)) for _ in range(2 if twins else 1)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    def _work(self, parcel_id: int) -> None:
        try:
            jobs.send_out_papers(parcel_id)
        except Killed:
            self.done.kills += 1

    def receive_or_die(self, *args: Any) -> None:
        if self.dice.random() < self.killing:
            raise Killed
        self.receive(*args)

    def _is_settled(self, parcel_id: int) -> bool:
        """Whether the number is there; presses a button where it is a person's turn."""
        with unit_of_work() as db:
            waybill = queries.waybill_of(db, parcel_id)
            if waybill is None or waybill.state is WaybillState.ACTIVE:
                return waybill is not None
            if waybill.next_try_at is None:
                self._press(db, waybill)
        return False

    def _press(self, db: Any, waybill: Waybill) -> None:
        dai = person(db, "Dai")
        gate = self.gates.get(self._kind(db, waybill))
        what = self.dice.choice(("again", "elsewhere", "number"))
        try:
            if waybill.state is WaybillState.CANCELLING:
                resolving.try_again(db, waybill, dai)
                what = "cancel again"
            elif what == "elsewhere":
                resolving.go_by(db, waybill, self.other.id or 0, None, dai)
            elif what == "number" and gate and (numbers := gate.issued.get(waybill.request_id)):
                resolving.enter_number(db, waybill, numbers[-1], dai)
            else:
                what = "again"
                resolving.try_again(db, waybill, dai)
        except Conflict:
            what = "too early"
        self.done.persons[what] += 1

    def _kind(self, db: Any, waybill: Waybill) -> str:
        return self.world.carrier.adapter if waybill.carrier_id == self.world.carrier.id else ""

    def _prove(self, parcel_id: int, gate: Gateway) -> None:
        """One living waybill with a number; at the carrier no number that lives but that one."""
        with reading() as db:
            rows = db.exec(select(Waybill).where(Waybill.parcel_id == parcel_id)).all()
        living = [row for row in rows if row.state is not WaybillState.VOID]
        asked = {row.request_id for row in rows}
        theirs = {number for one, numbers in gate.alive.items() if one in asked for number in numbers}
        ours = {row.number for row in living}
        if len(living) != 1 or living[0].state is not WaybillState.ACTIVE:
            self.done.wrong.append(f"parcel {parcel_id}: {[(row.state.value, row.problem) for row in rows]}")
        elif not theirs <= ours:
            self.done.wrong.append(
                f"parcel {parcel_id}: the carrier has {sorted(theirs)}, we have {sorted(map(str, ours))}"
            )
        elif living[0].carrier_id == self.other.id:
            self.done.elsewhere += 1
        elif theirs != ours:
            self.done.wrong.append(f"parcel {parcel_id}: our number {sorted(map(str, ours))} is unknown there")


def _free_totes(db: Any, world: World) -> None:
    """The parcel's tote is free again, as after its label; the walk of the tests has few."""
    from floor.inventory.models import Tote
    from floor.picking.models import WalkTote

    world.slots = 0
    for slot in db.exec(select(WalkTote).where(WalkTote.walk_id == world.walk.id)):
        slot.tote_id = None
        slot.slot += 1000
        db.add(slot)
    assert db.exec(select(Tote)).first() is not None


def run(database: str, url: str, tries: int, seed: int) -> Outcome:
    open_house(url)
    began = time.monotonic()
    with gateways() as gates:
        soak = Soak(gates, seed, database)
        service.receive_waybill = soak.receive_or_die  # type: ignore[assignment]
        try:
            for number in range(1, tries + 1):
                soak.one_parcel(number)
                if number % 100 == 0:
                    print(f"  {number} of {tries}, {len(soak.done.wrong)} wrong", flush=True)
        finally:
            service.receive_waybill = soak.receive
    soak.done.seconds = time.monotonic() - began
    uow.database().dispose()
    return soak.done


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--tries", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, empty_database(given.database, Path(folder)) as url:
        done = run(given.database, url, given.tries, given.seed)
    for line in done.wrong[:40]:
        print("  ", line)
    print(done)
    raise SystemExit(1 if done.wrong else 0)


if __name__ == "__main__":
    main()
