"""A process of the soak: a few hands that do random deeds on the same stock, and say on a pipe what they were told.

Each line of the pipe is one JSON value: `begun` with the deed before it is sent, `done` or `refused` only after the
house has answered, `broken` for what must never be. Whoever reads the pipe knows at any moment what was acknowledged.
"""

import json
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlmodel import Session, col, select

from floor.inventory.models import UNNAMED, Balance, Lot, MoveReason, Replenishment, Reservation
from floor.inventory.states import ReplenishmentState
from floor.kit import uow
from floor.kit.uow import reading, unit_of_work
from floor.web.models import Command
from tests.soak import death, deeds
from tests.soak.deeds import Deed, Promise, Step
from tests.soak.shelves import Shelves

#: A deed's number is its hand's number times this, and a running one.
PER_HAND = 1_000_000
#: Goods stop coming in while so many units are in the house.
PLENTY = 300
PATIENCE_SECONDS = 60
TOO_OLD = "OLD"
#: Lot -> the day it expires; the first is on hold from its arrival.
LOTS = {TOO_OLD: "2020-01-31", "SPRING": "2090-03-31", "SUMMER": "2090-06-30", "NO DATE": None}

Say = Callable[..., None]


class Hands:
    """Threads of one process. `unanswered`: hand -> the deed to send again first; `begun`: hand -> deeds so far."""

    def __init__(self, app: Flask, shelves: Shelves, seed: int, out: int, planted: str = "") -> None:
        self.app, self.shelves, self.seed, self.out, self.planted = app, shelves, seed, out, planted
        self.stop = threading.Event()
        self.doom: death.Doom | None = None

    def live(
        self, numbers: Sequence[int], unanswered: dict[int, Deed], begun: dict[int, int], end: death.Death | None
    ) -> None:
        """Work until killed, or until SIGTERM. Without hands' turn for new deeds (`begun` empty) only finish."""
        signal.signal(signal.SIGTERM, lambda *_: self.stop.set())
        self.doom = death.Doom(end, uow.database().engine) if end else None
        threads = [
            threading.Thread(target=self._hand, args=(n, unanswered.get(n), begun.get(n)), daemon=True) for n in numbers
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                thread.join(0.1)

    def say(self, what: str, **more: Any) -> None:
        """One write below PIPE_BUF: whole or not at all, also from two threads and under SIGKILL."""
        line = json.dumps({"what": what, **more}).encode() + b"\n"
        assert len(line) <= 4096, "a line of the pipe must be written in one piece"
        os.write(self.out, line)

    def _hand(self, number: int, first: Deed | None, begun: int | None) -> None:
        try:
            client = self.app.test_client()
            if first is not None:
                self._do(client, first, is_first=False)
            while begun is not None and not self.stop.is_set():
                rng = random.Random(f"{self.seed}-{number}-{begun}")
                deed = self._chosen(rng, number * PER_HAND + begun)
                if deed is not None:
                    self.say("begun", deed=deed.as_json())
                    self._do(client, deed)
                begun += 1
        except Exception as error:
            self.say("broken", words=f"hand {number} gave up: {type(error).__name__}: {str(error)[:1500]}")

    def _chosen(self, rng: random.Random, n: int) -> Deed | None:
        while not self.stop.is_set():
            try:
                with reading() as db:
                    return choose(db, rng, self.shelves, n, f"soak-{self.seed}-{n:09d}")
            except sa.exc.DBAPIError as error:
                _only_if_the_line_broke(error)
                time.sleep(0.05)
        return None

    def _do(self, client: Any, deed: Deed, is_first: bool = True) -> None:
        """Send until answered; the answer is told only after the house has committed."""
        until, tries = time.monotonic() + PATIENCE_SECONDS, 0
        if self.planted == "early":
            self.say("done", id=deed.command_id, deed=deed.as_json(), tries=1, again=False)
        while True:
            tries += 1
            try:
                if self.planted == "again" and not (is_first and tries == 1):
                    _forget(deed)
                answer = deeds.send(client, deed)
                break
            except sa.exc.DBAPIError as error:
                _only_if_the_line_broke(error)
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)
        if self.doom is not None:
            self.doom.after_commit()
        if answer.status == 200:
            done = answer.done or deed
            self.say("done", id=deed.command_id, deed=done.as_json(), tries=tries, again=answer.is_replay)
        elif answer.status == 409:
            self.say("refused", id=deed.command_id, words=answer.words)
        else:
            self.say("broken", words=f"{deed.kind} was answered {answer.status}: {answer.words}")


def _forget(deed: Deed) -> None:
    """Planted: the store of commands has lost this one, so that a repeat is done again."""
    with unit_of_work() as db:
        db.execute(sa.delete(Command).where(col(Command.id) == deed.command_id))


def _only_if_the_line_broke(error: sa.exc.DBAPIError) -> None:
    """The server died or is starting; everything else (a deadlock, a lock, a broken row) is a finding."""
    text = str(error).lower()
    is_away = any(words in text for words in ("connection", "starting up", "shutting down", "in recovery mode"))
    if "sqlite" in text or not (error.connection_invalidated or is_away):
        raise error


# --- what to do next ------------------------------------------------------------------------------------------------


def choose(db: Session, rng: random.Random, shelves: Shelves, n: int, command_id: str) -> Deed | None:
    """Something that was possible a moment ago; whoever is faster makes it impossible. None: try another."""
    found = rng.choices(list(_CHOICES), list(_CHOICES.values()))[0](
        _Look(db, rng, shelves, shelves.people[n // PER_HAND])
    )
    if found is None:
        return None
    kind, moves, promises, args = found
    return Deed(n, command_id, kind, tuple(moves), tuple(promises), args)


Found = tuple[str, list[Step], list[Promise], dict[str, Any]]


class _Look:
    """What lies where, as this hand sees it now."""

    def __init__(self, db: Session, rng: random.Random, shelves: Shelves, who: int) -> None:
        self.db, self.rng, self.at, self.who = db, rng, shelves, who
        b = Balance
        rows = sa.select(col(b.place_id), col(b.sku_id), col(b.qty), col(b.reserved) + col(b.held))
        #: Place, SKU, units, units that are promised or on hold.
        self.lying = [tuple(row) for row in db.execute(rows.where(col(b.qty) > 0))]

    def lot(self, places: Sequence[int]) -> tuple[int, int, int, int] | None:
        """(place, sku, units, free units) of something lying in one of the places; `units` is a few of the free."""
        here = [(place, sku, qty - held) for place, sku, qty, held in self.lying if place in places and qty > held]
        if not here:
            return None
        place, sku, free = self.rng.choice(here)
        # Now and then more than there is: to be refused.
        return place, sku, self.rng.randint(1, min(free, 4) + (self.rng.random() < 0.1)), free

    def promise(self, *where: Any) -> Reservation | None:
        highest = self.db.exec(select(sa.func.max(Reservation.id))).one() or 0
        # Among the newest: old ones are mostly over.
        start = self.rng.randint(max(1, highest - 60), max(1, highest))
        query = select(Reservation).where(col(Reservation.id) >= start, *where)
        return self.db.exec(query.order_by(col(Reservation.id)).limit(1)).first()


def _receive(look: _Look) -> Found | None:
    if sum(row[2] for row in look.lying) > PLENTY:
        return None
    where, sku, qty = look.rng.choice(look.at.shelves), look.rng.choice(look.at.skus), look.rng.randint(1, 6)
    args = {}
    if sku in look.at.in_lots:
        lot = look.rng.choice(list(LOTS))
        args = {"lot": lot, "expires": LOTS[lot]}
    elif sku in look.at.by_number:  # few numbers, so that some are in the house already
        args, qty = {"lot": f"SN-{look.rng.randrange(200)}"}, 1
    return "receive", [(sku, qty, look.at.beyond["supplier"], where)], [], args


def _relocate(look: _Look) -> Found | None:
    what, there = look.lot(look.at.shelves), look.rng.choice(look.at.shelves)
    if what is None or what[0] == there:
        return None
    return "relocate", [(what[1], what[2], what[0], there)], [], {}


def _damage(look: _Look) -> Found | None:
    if (what := look.lot(look.at.shelves)) is None:
        return None
    return "damage", [(what[1], what[2], what[0], look.at.quarantine)], [], {}


def _adjust(look: _Look) -> Found | None:
    if (what := look.lot(look.at.shelves)) is None:
        return None
    place, sku, qty, _free = what
    reason, outside = look.rng.choice(
        (("found", "found"), ("lost", "lost"), ("scrap", "scrap"), ("correction", "lost"))
    )
    ends = (look.at.beyond[outside], place) if reason == "found" else (place, look.at.beyond[outside])
    return "adjust", [(sku, qty, *ends)], [], {"reason": reason}


def _put_aside(look: _Look) -> Found | None:
    if (what := look.lot(look.at.picks)) is None:
        return None
    return "put_aside", [], [(what[0], what[1], what[2])], {"seconds": look.rng.randint(1, 20)}


def _give_back(look: _Look) -> Found | None:
    one = look.promise(col(Reservation.shipment_line_id).is_(None), _pending())
    return None if one is None else ("give_back", [], [], {"reservation": one.id})


def _give_back_expired(_look: _Look) -> Found | None:
    return "give_back_expired", [], [], {}


def _hold(look: _Look) -> Found | None:
    """A lot goes on hold, or is sold again."""
    named = (Lot.code != UNNAMED, Lot.code != TOO_OLD)
    every = look.db.exec(select(Lot.id, Lot.hold_reason).where(*named).order_by(col(Lot.id))).all()
    if not every:
        return None
    lot_id, reason = look.rng.choice(every[:12])
    return "sell_again" if reason else "hold", [], [], {"lot_id": lot_id}


def _moving(reason: MoveReason, sources: str, targets: str) -> Callable[[_Look], Found | None]:
    """A few units of something go from one kind of place to another."""

    def found(look: _Look) -> Found | None:
        what = look.lot(_places(look, sources))
        there = [place for place in _places(look, targets) if what and place != what[0]]
        if what is None or not there:
            return None
        place, sku, qty, _free = what
        return "move", [(sku, qty, place, look.rng.choice(there))], [], {"reason": reason.value}

    return found


def _places(look: _Look, name: str) -> Sequence[int]:
    if name in look.at.beyond:
        return (look.at.beyond[name],)
    found = getattr(look.at, name)
    return (found,) if isinstance(found, int) else found


def _come_back(look: _Look) -> Found | None:
    step = (look.rng.choice(look.at.skus), 1, look.at.beyond["customer"], look.at.returns)
    return "move", [step], [], {"reason": MoveReason.RETURN.value}


def _rearrange(look: _Look) -> Found | None:
    """Several moves at once, in any order."""
    steps = {}
    for _n in range(3):
        if what := look.lot(look.at.shelves):
            place, sku, qty, _free = what
            steps[place, sku] = (sku, qty, place, look.rng.choice([p for p in look.at.shelves if p != place]))
    found = list(steps.values())
    look.rng.shuffle(found)
    return ("move", found, [], {"reason": MoveReason.CORRECTION.value}) if found else None


def _reserve(look: _Look) -> Found | None:
    wishes = {}
    for _n in range(look.rng.randint(1, 4)):
        if what := look.lot(look.at.picks):
            wishes[what[0], what[1]] = (what[0], what[1], what[2])
    found = list(wishes.values())
    look.rng.shuffle(found)
    return ("reserve", [], found, {}) if found else None


def _pending() -> Any:
    return col(Reservation.qty) > col(Reservation.posted) + col(Reservation.released)


def _take(look: _Look) -> Found | None:
    if (one := look.promise(_pending())) is None:
        return None
    qty = look.rng.randint(1, one.pending)
    step = (one.sku_id, qty, one.bin_id, look.rng.choice(look.at.totes))
    return "take", [step], [(one.bin_id, one.sku_id, -qty)], {"reservation": one.id}


def _put_back(look: _Look) -> Found | None:
    one = look.promise(col(Reservation.posted) > 0)
    totes = [row for row in look.lying if one and row[0] in look.at.totes and row[1] == one.sku_id]
    if one is None or not totes:
        return None
    tote, sku, lying, _held = look.rng.choice(totes)
    qty = look.rng.randint(1, min(lying, one.posted))
    return "put_back", [(sku, qty, tote, one.bin_id)], [(one.bin_id, sku, qty)], {"reservation": one.id}


def _release(look: _Look) -> Found | None:
    if (one := look.promise(_pending())) is None:
        return None
    qty = look.rng.randint(1, one.pending)
    return "release", [], [(one.bin_id, one.sku_id, -qty)], {"reservation": one.id}


def _promise_again(look: _Look) -> Found | None:
    if (one := look.promise(col(Reservation.released) > 0)) is None:
        return None
    return "promise_again", [], [(one.bin_id, one.sku_id, 1)], {"reservation": one.id}


def _short(look: _Look) -> Found | None:
    if (one := look.promise(_pending())) is None:
        return None
    step = (one.sku_id, 1, one.bin_id, look.at.beyond["lost"])
    return "short", [step], [(one.bin_id, one.sku_id, -1)], {"reservation": one.id}


def _count(look: _Look) -> Found | None:
    gap, what = look.rng.choice((1, 1, -1)), look.lot(look.at.shelves)
    if what is None or what[1] in look.at.by_number:  # of those the numbers count
        return None
    place, sku, _qty, _free = what
    ends = (look.at.beyond["found"], place) if gap > 0 else (place, look.at.beyond["lost"])
    codes = [look.at.labels[place], look.at.barcodes[sku]]
    return "count", [(sku, 1, *ends)], [], {"bin": place, "gap": gap, "codes": codes, "who": look.who}


def _ask_refill(look: _Look) -> Found | None:
    args = {"house": look.at.house, "sku": look.rng.choice(look.at.skus), "qty": look.rng.randint(1, 4)}
    return "ask_refill", [], [], args


def _refill(look: _Look) -> Found | None:
    waiting = look.db.exec(select(Replenishment).where(Replenishment.state == ReplenishmentState.OPEN)).all()
    if not waiting:
        return None
    task = look.rng.choice(waiting)
    codes = [look.at.labels[task.from_bin_id], look.at.barcodes[task.sku_id], look.at.labels[task.to_bin_id]]
    step = (task.sku_id, task.qty, task.from_bin_id, task.to_bin_id)
    return "refill", [step], [], {"task": task.id, "codes": codes}


#: (The choice, how often it is made.)
_CHOICES: dict[Callable[[_Look], Found | None], int] = {
    _receive: 7,
    _moving(MoveReason.PUT_AWAY, "returns", "picks"): 2,
    _relocate: 3,
    _rearrange: 2,
    _reserve: 8,
    _take: 6,
    _put_back: 2,
    _release: 2,
    _promise_again: 2,
    _short: 2,
    _put_aside: 2,
    _give_back: 1,
    _give_back_expired: 1,
    _moving(MoveReason.PACK, "totes", "parcels"): 4,
    _moving(MoveReason.UNPACK, "parcels", "totes"): 1,
    _moving(MoveReason.SHIP, "parcels", "customer"): 4,
    _come_back: 2,
    _damage: 2,
    _moving(MoveReason.SCRAP, "quarantine", "scrap"): 2,
    _adjust: 3,
    _count: 2,
    _ask_refill: 1,
    _refill: 2,
    _hold: 2,
}
