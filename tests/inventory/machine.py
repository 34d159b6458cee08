"""Any mix of the verbs of stock, lawful or not, beside a model in plain Python: after every step both agree.

Each verb runs under a savepoint of its own, as a door would run it; a whole sequence is one transaction that is rolled
back, so thousands of sequences need one database.
"""

import copy
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar, TypeVar

import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlmodel import Session, col, select

from floor import wiring
from floor.catalog.models import Sku
from floor.events.models import AuditEvent
from floor.inventory import books as identities
from floor.inventory import counting, lots, refilling, service, tasks
from floor.inventory.lots import Held, Move
from floor.inventory.models import CountReason, Lot, MoveReason, Reservation
from floor.inventory.service import Wish
from floor.inventory.states import ReplenishmentAction
from floor.kit import uow
from floor.kit.actor import SYSTEM
from floor.kit.errors import Refused
from tests.inventory.model import (
    BINS,
    LIFE,
    NOON,
    PARCELS,
    SKUS,
    TOTES,
    UNNAMED,
    Books,
    Count,
    No,
    Promise,
    Step,
)
from tests.inventory.small_house import Look, SmallHouse, at, expiry, foretold, opening_books

T = TypeVar("T")

IDENTITIES = (
    identities.broken_balances,
    identities.broken_reservations,
    identities.broken_lots,
    identities.broken_holds,
)
SKU = st.sampled_from(list(SKUS))
BIN = st.sampled_from(list(BINS))
TOTE = st.sampled_from(TOTES)
PARCEL = st.sampled_from(PARCELS)
#: Chooses one of however many there are.
PICK = st.integers(0, 23)
#: How many units, seen from what there is: mostly some of it, now and then all, one too many, far too many.
UNITS = st.integers(0, 11)
#: Which lot a person names: none (mostly), one lying there, any known one.
NAMED = st.integers(0, 8)


class StockMachine(RuleBasedStateMachine):
    """One sequence. `house` is set by whoever runs it; `tally` counts (verb, "done" or the refusal's code)."""

    house: ClassVar[SmallHouse]
    tally: ClassVar[Counter] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.turn = uow.database().write_turn()
        self.turn.__enter__()
        self.line = uow.database().engine.connect().execution_options(floor_write=True)
        self.books = opening_books()
        self.lines = 0
        self.is_sound = False
        self.seen = Look(self.house, self.line, 0)
        self.events = self.count_events()

    def teardown(self) -> None:
        try:
            if self.is_sound:
                self.every_check_holds()
                self.tally["sequence", "done"] += 1
        finally:
            self.line.close()
            self.turn.__exit__(None, None, None)

    # --- one step ------------------------------------------------------------------------------------------------

    def step(
        self,
        name: str,
        verb: Callable[[Session], T],
        said: Callable[[Books], Any],
        learn: Callable[[T], None] | None = None,
    ) -> T | None:
        """Do it in the house and in the model. None when both refuse, for the same reason. `learn` is told new ids."""
        self.is_sound = False
        after, expected, answer, refusal, refused = copy.deepcopy(self.books), None, None, None, None
        after.rows.clear()
        try:
            expected = said(after)
        except No as no:
            refusal = str(no)
        with at(self.books.now - NOON):
            try:
                with Session(self.line, expire_on_commit=False, join_transaction_mode="create_savepoint") as db:
                    answer = verb(db)
                    db.commit()
            except Refused as no:
                refused = no.code
        self.tally[name, refused or "done"] += 1
        assert refused == refusal, f"{name}: the house says {refused or answer}, the model {refusal or expected}"
        if refused is None:
            self.books = after
            if expected is not None:
                assert answer == expected, f"{name}: the house answers {answer}, the model {expected}"
            if learn is not None:
                learn(answer)  # type: ignore[arg-type]
        else:
            self.books.rows.clear()
            events = self.count_events()
            assert events == self.events, f"{name} was refused and told a story"
        self.the_house_is_as_the_model_says()
        return answer

    def count_events(self) -> int:
        return self.line.execute(sa.select(sa.func.count()).select_from(AuditEvent)).scalar_one()

    def the_house_is_as_the_model_says(self) -> None:
        self.seen = Look(self.house, self.line, self.seen.newest_row)
        for what, wanted in foretold(self.books).items():
            assert getattr(self.seen, what) == wanted, what

    @invariant()
    def the_books_of_stock_are_true(self) -> None:
        with Session(self.line, join_transaction_mode="create_savepoint") as db:
            assert [words for check in IDENTITIES for words in check(db)] == []
        self.events = self.count_events()
        self.is_sound = True

    def every_check_holds(self) -> None:
        with Session(self.line, join_transaction_mode="create_savepoint") as db:
            broken = {name: rows for name, find in wiring.CHECKS.items() if (rows := find(db))}
        assert broken == {}

    # --- choosing ------------------------------------------------------------------------------------------------

    def spot(self, pick: int) -> tuple[str, str]:
        """A bin and a SKU, mostly one that lies there."""
        spots = [*self.books.lies_in(BINS), ("P2", "tea"), ("Far", "plain")]
        return spots[pick % len(spots)]

    def lot_at(self, where: str, sku: str, named: int) -> str | None:
        lying = list(self.books.lying(where, sku)) if SKUS[sku][0] != "none" else []
        known = [code for of, code in self.books.lots if of == sku]
        if named < 5 or not known:
            return None
        return lying[named % len(lying)] if lying and named < 8 else known[named % len(known)]

    def any_lot(self, pick: int) -> tuple[str, str]:
        return list(self.books.lots)[pick % len(self.books.lots)]

    def ids(self, sku: str) -> int:
        return self.house.skus[sku]

    def lot_id(self, db: Session, sku: str, code: str | None) -> int | None:
        lot = self.house.lot(db, sku, code)
        return lot.id if lot else None

    # --- what comes in, and moves from shelf to shelf ------------------------------------------------------------

    @rule(where=BIN, sku=SKU, units=st.integers(1, 5), code=st.sampled_from(list(LIFE)), mode=st.integers(0, 9))
    def receive(self, where: str, sku: str, units: int, code: str, mode: int) -> None:
        """`mode` 0 comes without a number, 1 with "?", 2 with another date than the lot's."""
        tracked = SKUS[sku][0] != "none"
        lot = None if not tracked or mode == 0 else UNNAMED if mode == 1 else code
        qty = 1 if SKUS[sku][0] == "serial" and mode < 9 else units
        day = expiry(lot, 60 if mode == 2 else None)

        def verb(db: Session) -> None:
            made = lots.lot_for(db, db.get_one(Sku, self.ids(sku)), lot, day) if lot else None
            service.receive(db, self.house.bin(db, where), self.ids(sku), qty, SYSTEM, lot_id=made.id if made else None)

        self.step("receive", verb, lambda b: b.receive(where, sku, qty, lot, day))

    @rule(pick=PICK, to=BIN, units=UNITS, named=NAMED)
    def relocate(self, pick: int, to: str, units: int, named: int) -> None:
        where, sku = self.spot(pick)
        lot = self.lot_at(where, sku, named)
        qty = some(
            units,
            self.books.lying(where, sku)[lot] if lot in self.books.lying(where, sku) else self.books.free(where, sku),
        )

        def verb(db: Session) -> None:
            source, target = self.house.bin(db, where), self.house.bin(db, to)
            service.relocate(db, source, target, self.ids(sku), qty, SYSTEM, lot_id=self.lot_id(db, sku, lot))

        self.step("relocate", verb, lambda b: b.relocate(where, to, sku, qty, lot))

    @rule(pick=PICK, units=UNITS, named=NAMED)
    def damage(self, pick: int, units: int, named: int) -> None:
        where, sku = self.spot(pick)
        lot = self.lot_at(where, sku, named)
        qty = some(units, self.books.free(where, sku))

        def verb(db: Session) -> None:
            service.damage(db, self.house.bin(db, where), self.ids(sku), qty, SYSTEM, self.lot_id(db, sku, lot))

        self.step("damage", verb, lambda b: b.damage(where, sku, qty, lot))

    @rule(
        pick=PICK,
        units=UNITS,
        named=NAMED,
        reason=st.sampled_from(["found", "lost", "scrap", "correction", "pick"]),
        odd=st.integers(0, 9),
    )
    def adjust(self, pick: int, units: int, named: int, reason: str, odd: int) -> None:
        """`odd` 9 has the wrong sign."""
        where, sku = self.spot(pick)
        lot = self.lot_at(where, sku, named)
        change = some(units, self.books.free(where, sku)) * (1 if (reason == "found") is (odd < 9) else -1)

        def verb(db: Session) -> None:
            service.adjust(
                db, self.house.bin(db, where), self.ids(sku), change, MoveReason(reason), "", SYSTEM,
                self.lot_id(db, sku, lot),
            )  # fmt: skip

        self.step("adjust " + reason, verb, lambda b: b.adjust(where, sku, change, reason, lot))

    @rule(where=BIN)
    def open_or_close(self, where: str) -> None:
        def verb(db: Session) -> None:
            found = self.house.bin(db, where)
            found.is_closed = not found.is_closed
            db.add(found)

        self.step("open or close", verb, lambda b: b.closed.symmetric_difference_update({where}))

    # --- promises ------------------------------------------------------------------------------------------------

    @rule(wants=st.lists(st.tuples(PICK, UNITS), min_size=1, max_size=3))
    def reserve(self, wants: list[tuple[int, int]]) -> None:
        wishes = []
        for pick, units in wants:
            where, sku = self.spot(pick)
            self.lines += 1
            wishes.append(Promise(where, sku, some(units, self.books.free(where, sku)), self.lines))

        def verb(db: Session) -> dict[int, int]:
            wanted = [Wish(self.house.places[w.bin], self.ids(w.sku), w.qty, w.line) for w in wishes]
            service.reserve(db, wanted)
            made = db.exec(select(Reservation).where(col(Reservation.shipment_line_id).in_([w.line for w in wishes])))
            return {promise.shipment_line_id or 0: promise.id or 0 for promise in made}

        self.step("reserve", verb, lambda b: b.reserve(wishes), self.named)

    @rule(pick=PICK, units=UNITS, hours=st.integers(-1, 30))
    def put_aside(self, pick: int, units: int, hours: int) -> None:
        where, sku = self.spot(pick)
        until = self.books.now + timedelta(hours=hours)
        self.lines += 1
        wish = Promise(where, sku, some(units, self.books.free(where, sku)), self.lines, until)

        def verb(db: Session) -> dict[int, int]:
            shelf = self.house.bin(db, where)
            made = service.put_aside(db, shelf, self.ids(sku), wish.qty, until, "for a friend", SYSTEM)
            return {wish.line or 0: made.id or 0}

        self.step("put aside", verb, lambda b: b.put_aside(wish), self.named)

    def named(self, ids: dict[int, int]) -> None:
        """The house has given the new promises their ids."""
        for line, made in ids.items():
            self.books.promises[made] = self.books.promises.pop(-line)

    def has_promises(self) -> bool:
        return bool(self.books.promises)

    def promise(self, pick: int, part: str) -> int:
        """Mostly one that has such units: pending, posted or released."""
        fitting = [key for key, promise in self.books.promises.items() if getattr(promise, part)]
        some_of = fitting if fitting and pick < 20 else list(self.books.promises)
        return some_of[pick % len(some_of)]

    @precondition(has_promises)
    @rule(pick=PICK, units=UNITS, tote=TOTE)
    def take(self, pick: int, units: int, tote: str) -> None:
        key = self.promise(pick, "pending")
        qty = some(units, self.books.promises[key].pending)

        def verb(db: Session) -> None:
            service.take(db, db.get_one(Reservation, key), qty, self.house.places[tote], "walk", 1, SYSTEM)

        self.step("take", verb, lambda b: b.take(key, qty, tote))

    @precondition(has_promises)
    @rule(pick=PICK, units=UNITS, tote=TOTE)
    def put_back(self, pick: int, units: int, tote: str) -> None:
        key = self.promise(pick, "posted")
        qty = some(units, self.books.promises[key].posted)

        def verb(db: Session) -> None:
            service.put_back(db, db.get_one(Reservation, key), qty, self.house.places[tote], "walk", 1, SYSTEM)

        self.step("put back", verb, lambda b: b.put_back(key, qty, tote))

    @precondition(has_promises)
    @rule(pick=PICK, units=UNITS, all_of_it=st.booleans())
    def release(self, pick: int, units: int, all_of_it: bool) -> None:
        key = self.promise(pick, "pending")
        qty = None if all_of_it else some(units, self.books.promises[key].pending)
        self.step(
            "release", lambda db: service.release(db, db.get_one(Reservation, key), qty), lambda b: b.release(key, qty)
        )

    @precondition(has_promises)
    @rule(pick=PICK, units=UNITS)
    def promise_again(self, pick: int, units: int) -> None:
        key = self.promise(pick, "released")
        qty = some(units, self.books.promises[key].released)
        self.step(
            "promise again",
            lambda db: service.promise_again(db, db.get_one(Reservation, key), qty),
            lambda b: b.promise_again(key, qty),
        )

    @precondition(has_promises)
    @rule(pick=PICK)
    def give_back(self, pick: int) -> None:
        aside = [key for key, promise in self.books.promises.items() if promise.until]
        if aside:
            key = aside[pick % len(aside)]
            self.step(
                "give back",
                lambda db: service.give_back(db, db.get_one(Reservation, key), SYSTEM),
                lambda b: b.release(key, None),
            )

    @rule(hours=st.sampled_from([1, 7, 26, 400]))
    def time_passes(self, hours: int) -> None:
        """Hours go by, then what is over goes back and what is too old goes on hold, as the nightly job does it."""
        self.books.now += timedelta(hours=hours)
        self.step("give back expired", lambda db: service.give_back_expired(db, SYSTEM), Books.give_back_expired)
        self.expire()

    # --- lots ----------------------------------------------------------------------------------------------------

    @rule()
    def expire(self) -> None:
        names = self.house.sku_names()
        self.step("expire", lambda db: {(names[lot.sku_id], lot.code) for lot in lots.expire(db, SYSTEM)}, Books.expire)

    @rule(pick=PICK, why=st.sampled_from([Held.QUALITY, Held.RECALL]))
    def hold(self, pick: int, why: Held) -> None:
        sku, code = self.any_lot(pick)
        self.step(
            "hold", lambda db: lots.hold(db, self.found(db, sku, code), why, SYSTEM), lambda b: b.hold(sku, code, why)
        )

    @rule(pick=PICK)
    def release_lot(self, pick: int) -> None:
        sku, code = self.any_lot(pick)
        self.step(
            "release lot", lambda db: lots.release(db, self.found(db, sku, code), SYSTEM), lambda b: b.unhold(sku, code)
        )

    def found(self, db: Session, sku: str, code: str) -> Lot:
        lot = self.house.lot(db, sku, code)
        assert lot is not None
        return lot

    # --- from tote to customer, and back -------------------------------------------------------------------------

    def moves(self, name: str, *steps: Step) -> None:
        """What packing, shipping and returns book with."""
        places = self.house.places

        def verb(db: Session) -> None:
            wanted = [
                Move(self.ids(s.sku), s.qty, places[s.source], places[s.target], MoveReason(s.reason), lot_id=self.lot_id(db, s.sku, s.lot))
                for s in steps
            ]  # fmt: skip
            service.move(db, wanted, name, 1, SYSTEM)

        self.step(name, verb, lambda b: b.move(*steps))

    def totes_are_full(self) -> bool:
        return any(self.books.lies_in(TOTES))

    def parcels_are_full(self) -> bool:
        return any(self.books.lies_in(PARCELS))

    def carried(self, places: tuple[str, ...], pick: int) -> tuple[str, str, int]:
        """(place, SKU, units) lying in one of the places; now and then nothing lies there."""
        full = [(place, sku, self.books.qty(place, sku)) for place, sku in self.books.lies_in(places)]
        return (places[0], list(SKUS)[pick % len(SKUS)], 0) if pick > 21 else full[pick % len(full)]

    @precondition(totes_are_full)
    @rule(pick=PICK, units=UNITS, parcel=PARCEL)
    def pack(self, pick: int, units: int, parcel: str) -> None:
        tote, sku, there = self.carried(TOTES, pick)
        self.moves("pack", Step(sku, some(units, there), tote, parcel, "pack"))

    @precondition(totes_are_full)
    @rule(parcel=PARCEL)
    def pack_everything(self, parcel: str) -> None:
        full = self.books.lies_in(TOTES)
        self.moves("pack all", *(Step(sku, self.books.qty(tote, sku), tote, parcel, "pack") for tote, sku in full))

    @precondition(parcels_are_full)
    @rule(pick=PICK, units=UNITS, tote=TOTE)
    def unpack(self, pick: int, units: int, tote: str) -> None:
        parcel, sku, there = self.carried(PARCELS, pick)
        self.moves("unpack", Step(sku, some(units, there), parcel, tote, "unpack"))

    @precondition(parcels_are_full)
    @rule(pick=PICK, units=UNITS)
    def ship(self, pick: int, units: int) -> None:
        parcel, sku, there = self.carried(PARCELS, pick)
        self.moves("ship", Step(sku, some(units, there), parcel, "customer SHA", "ship"))

    @precondition(totes_are_full)
    @rule(pick=PICK, units=UNITS, to=st.sampled_from(["Sick", "lost SHA", "scrap SHA"]))
    def lose_from_tote(self, pick: int, units: int, to: str) -> None:
        """The packer misses units, or finds them broken."""
        tote, sku, there = self.carried(TOTES, pick)
        self.moves("lose", Step(sku, some(units, there), tote, to, "damage" if to == "Sick" else "short"))

    @rule(sku=SKU, units=st.integers(1, 3), site=st.sampled_from(["Back", "P1"]), named=st.integers(0, 12))
    def come_back(self, sku: str, units: int, site: str, named: int) -> None:
        lot = self.lot_at("Back", sku, named)
        self.moves("return", Step(sku, units, "customer SHA", site, "return", lot))

    # --- counts --------------------------------------------------------------------------------------------------

    @rule(pick=PICK)
    def ask_count(self, pick: int) -> None:
        where, sku = self.spot(pick)

        def verb(db: Session) -> int | None:
            return counting.ask_count(db, self.house.bin(db, where), self.ids(sku), CountReason.ASKED, SYSTEM).id

        self.step("ask count", verb, lambda b: None, lambda made: self.asked(made, where, sku))

    def asked(self, made: int | None, where: str, sku: str) -> None:
        """One open count of a SKU in a bin is enough; a new one is remembered under its id."""
        opened = [key for key, t in self.books.counts.items() if (t.bin, t.sku, t.state) == (where, sku, "open")]
        assert made in opened or not opened, "a second open count of the same"
        self.books.counts.setdefault(made or 0, Count(where, sku))

    def has_counts(self) -> bool:
        return bool(self.books.counts)

    def count_id(self, pick: int) -> int:
        return list(self.books.counts)[pick % len(self.books.counts)]

    @precondition(has_counts)
    @rule(pick=PICK, what=st.sampled_from([None, None, None, "P1", "Far", "tea", "nonsense"]))
    def scan_count(self, pick: int, what: str | None) -> None:
        """None scans what is due."""
        key = self.count_id(pick)
        task = self.books.counts[key]
        code = what or (task.sku if task.began else task.bin)

        def verb(db: Session) -> str:
            return counting.scan(db, tasks.count_for(db, key, lock=True), self.house.scans[code], SYSTEM)[0].value

        self.step("scan count", verb, lambda b: b.scan_count(key, self.as_read(task.bin, code)))

    def as_read(self, due: str, code: str) -> str:
        """Both houses have a bin of this label: the scanner cannot tell them apart."""
        return due if self.house.scans[code] == self.house.scans[due] else code

    @precondition(has_counts)
    @rule(pick=PICK, off=st.sampled_from([0, 0, -1, -1, 1, 2, -2, -50]))
    def count(self, pick: int, off: int) -> None:
        key = self.count_id(pick)
        task = self.books.counts[key]
        qty = max(self.books.qty(task.bin, task.sku) + off, 0)
        self.step(
            "count",
            lambda db: counting.count(db, tasks.count_for(db, key, lock=True), qty, SYSTEM),
            lambda b: b.count(key, qty),
        )

    @precondition(has_counts)
    @rule(pick=PICK, off=st.sampled_from([-1, 1, -2, -50]))
    def count_twice(self, pick: int, off: int) -> None:
        """From the scan to the variance, when nobody comes between."""
        for _ in range(2):
            self.scan_count(pick, None)
            self.scan_count(pick, None)
            self.count(pick, off)

    @precondition(has_counts)
    @rule(pick=PICK)
    def adjust_count(self, pick: int) -> None:
        waiting = [key for key, task in self.books.counts.items() if task.state == "variance"]
        key = waiting[pick % len(waiting)] if waiting and pick < 20 else self.count_id(pick)
        self.step(
            "adjust count",
            lambda db: counting.adjust(db, tasks.count_for(db, key, lock=True), SYSTEM),
            lambda b: b.adjust_count(key),
        )

    @precondition(has_counts)
    @rule(pick=PICK)
    def recount(self, pick: int) -> None:
        key = self.count_id(pick)
        self.step(
            "recount",
            lambda db: counting.recount(db, tasks.count_for(db, key, lock=True), SYSTEM),
            lambda b: b.recount(key),
        )

    # --- replenishment -------------------------------------------------------------------------------------------

    @rule(site=st.sampled_from(["SHA", "SHA", "SHA", "CAN"]), sku=SKU, units=UNITS)
    def ask_refill(self, site: str, sku: str, units: int) -> None:
        qty = some(units, self.books.free("R", sku))
        wanted = self.books.ask_refill(site, sku, qty)

        def verb(db: Session) -> list[int]:
            warehouse = self.house.bin(db, "Far" if site == "CAN" else "R").warehouse_id
            return [task.id or 0 for task in refilling.ask_replenishment(db, warehouse, self.ids(sku), qty, SYSTEM)]

        def learn(made: list[int]) -> None:
            self.books.refills |= dict(zip(made, wanted, strict=True))

        self.step("ask refill", verb, lambda b: None, learn)

    def has_refills(self) -> bool:
        return bool(self.books.refills)

    def refill_id(self, pick: int) -> int:
        return list(self.books.refills)[pick % len(self.books.refills)]

    @precondition(has_refills)
    @rule(pick=PICK, what=st.sampled_from([None, None, None, None, "P1", "Sick"]))
    def scan_refill(self, pick: int, what: str | None) -> None:
        key = self.refill_id(pick)
        task = self.books.refills[key]
        due = task.target if task.from_seen else task.source
        code = what or due

        def verb(db: Session) -> bool:
            return refilling.scan_refill(db, tasks.refill_for(db, key, lock=True), self.house.scans[code], SYSTEM)

        self.step("scan refill", verb, lambda b: b.scan_refill(key, self.as_read(due, code)))

    @precondition(has_refills)
    @rule(pick=PICK, units=st.integers(-1, 6))
    def fewer(self, pick: int, units: int) -> None:
        key = self.refill_id(pick)
        task = self.books.refills[key]

        def verb(db: Session) -> int | None:
            refilling.fewer_to_refill(db, tasks.refill_for(db, key, lock=True), units, SYSTEM)
            return counting.ask_count(
                db, self.house.bin(db, task.source), self.ids(task.sku), CountReason.SHORT, SYSTEM
            ).id

        self.step("fewer", verb, lambda b: b.fewer(key, units), lambda made: self.asked(made, task.source, task.sku))

    @precondition(has_refills)
    @rule(pick=PICK)
    def cancel_refill(self, pick: int) -> None:
        key = self.refill_id(pick)

        def verb(db: Session) -> None:
            refilling.advance_refill(db, tasks.refill_for(db, key, lock=True), ReplenishmentAction.CANCEL, SYSTEM)

        self.step("cancel refill", verb, lambda b: b.cancel_refill(key))


def some(units: int, most: int) -> int:
    """UNITS as a number: 0-7 some of `most`, 8 all of it, 9 one more, 10 far too many, 11 all but one; at least 1."""
    if units < 8:
        return 1 + units % max(most, 1)
    return max({8: most, 9: most + 1, 10: most + 50, 11: most - 1}[units], 1)
