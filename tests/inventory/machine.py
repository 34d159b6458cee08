"""Any mix of the verbs of stock, lawful or not: what comes in, shelves, promises, lots, and the way to the customer."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from sqlmodel import Session, col, select

from floor.catalog.models import Sku
from floor.inventory import lots, relabelling, service
from floor.inventory.lots import Held, Move
from floor.inventory.models import Lot, MoveReason, Reservation
from floor.inventory.service import Wish
from floor.kit.actor import SYSTEM
from tests.inventory.machine_dock import Dock
from tests.inventory.machine_tasks import Tasks
from tests.inventory.model import BINS, LIFE, PARCELS, SKUS, TOTES, UNNAMED, Books, Promise, Step
from tests.inventory.small_house import expiry
from tests.inventory.stepping import BIN, NAMED, PARCEL, PICK, SKU, TOTE, UNITS, Stepping, choose, some


class StockMachine(Dock, Tasks, Stepping):
    """The whole machine; see Stepping for what a step proves."""

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

    @rule(where=BIN, pick=PICK)
    def open_or_close(self, where: str, pick: int) -> None:
        """A closed bin is mostly opened again before another one closes."""
        where = choose(pick, self.books.closed, [where])

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
            service.reserve(db, [Wish(self.house.places[w.bin], self.ids(w.sku), w.qty, w.line) for w in wishes])
            made = select(Reservation.shipment_line_id, Reservation.id)
            return dict(db.exec(made.where(col(Reservation.shipment_line_id).in_([w.line for w in wishes]))).all())

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

    def promises_with(self, part: str) -> list[int]:
        """Those with such units: pending, posted or released."""
        return [key for key, promise in self.books.promises.items() if getattr(promise, part)]

    def promise(self, pick: int, part: str) -> int:
        return choose(pick, self.promises_with(part), self.books.promises)

    @precondition(lambda self: self.promises_with("pending"))
    @rule(pick=PICK, units=UNITS, tote=TOTE)
    def take(self, pick: int, units: int, tote: str) -> None:
        key = self.promise(pick, "pending")
        self.take_units(key, some(units, self.books.promises[key].pending), tote)

    def take_units(self, key: int, qty: int, tote: str) -> None:
        def verb(db: Session) -> None:
            service.take(db, db.get_one(Reservation, key), qty, self.house.places[tote], "walk", 1, SYSTEM)

        self.step("take", verb, lambda b: b.take(key, qty, tote))

    @rule(pick=PICK, units=UNITS, tote=TOTE)
    def pick_units(self, pick: int, units: int, tote: str) -> None:
        """Promised and taken at once, so that totes are full."""
        known = set(self.books.promises)
        self.reserve([(pick, units % 9)])
        for key in set(self.books.promises) - known:
            self.take_units(key, self.books.promises[key].qty, tote)

    @precondition(lambda self: self.promises_with("posted"))
    @rule(pick=PICK, units=UNITS, tote=TOTE)
    def put_back(self, pick: int, units: int, tote: str) -> None:
        key = self.promise(pick, "posted")
        sku = self.books.promises[key].sku
        tote = choose(pick, [place for place in TOTES if self.books.qty(place, sku)], [tote])
        qty = some(units, min(self.books.promises[key].posted, self.books.qty(tote, sku)))

        def verb(db: Session) -> None:
            service.put_back(db, db.get_one(Reservation, key), qty, self.house.places[tote], "walk", 1, SYSTEM)

        self.step("put back", verb, lambda b: b.put_back(key, qty, tote))

    @precondition(lambda self: self.promises_with("pending"))
    @rule(pick=PICK, units=UNITS, all_of_it=st.booleans())
    def release(self, pick: int, units: int, all_of_it: bool) -> None:
        key = self.promise(pick, "pending")
        qty = None if all_of_it else some(units, self.books.promises[key].pending)
        self.step(
            "release", lambda db: service.release(db, db.get_one(Reservation, key), qty), lambda b: b.release(key, qty)
        )

    @precondition(lambda self: self.promises_with("released"))
    @rule(pick=PICK, units=UNITS)
    def promise_again(self, pick: int, units: int) -> None:
        key = self.promise(pick, "released")
        qty = some(units, self.books.promises[key].released)
        self.step(
            "promise again",
            lambda db: service.promise_again(db, db.get_one(Reservation, key), qty),
            lambda b: b.promise_again(key, qty),
        )

    @precondition(lambda self: self.promises_with("until"))
    @rule(pick=PICK)
    def give_back(self, pick: int) -> None:
        key = choose(pick % 20, self.promises_with("until"), [])

        def verb(db: Session) -> int:
            return service.give_back(db, db.get_one(Reservation, key), SYSTEM)

        self.step("give back", verb, lambda b: b.release(key, None))

    @rule(hours=st.sampled_from([1, 7, 26, 400]))
    def time_passes(self, hours: int) -> None:
        """Hours go by, then what is over goes back and what is too old goes on hold, as the nightly job does it."""
        self.books.now += timedelta(hours=hours)
        self.step("give back expired", lambda db: service.give_back_expired(db, SYSTEM), Books.give_back_expired)
        self.expire()

    # --- lots ----------------------------------------------------------------------------------------------------

    @precondition(lambda self: any(self.books.is_old(*key) for key, lot in self.books.lots.items() if not lot.why))
    @rule()
    def expire_now(self) -> None:
        """Too old by what the goods say, before any night has passed."""
        self.expire()

    def expire(self) -> None:
        names = self.house.sku_names()
        self.step("expire", lambda db: {(names[lot.sku_id], lot.code) for lot in lots.expire(db, SYSTEM)}, Books.expire)

    @precondition(lambda self: any(lot == UNNAMED and n for (_place, _sku, lot), n in self.books.units.items()))
    @rule(pick=PICK, units=UNITS, code=st.sampled_from([*LIFE, UNNAMED]), mode=st.integers(0, 9))
    def relabel(self, pick: int, units: int, code: str, mode: int) -> None:
        """Somebody finds the number on the goods; `mode` 9 writes another date."""
        unnamed = [(place, sku) for (place, sku, lot), n in self.books.units.items() if lot == UNNAMED and n]
        where, sku = choose(pick, sorted(spot for spot in unnamed if spot[0] in BINS), [("P1", "tea")])
        qty = 1 if SKUS[sku][0] == "serial" and units < 8 else some(units, self.books.units[where, sku, UNNAMED])
        day = expiry(code, 60 if mode == 9 else None)

        def verb(db: Session) -> None:
            goods = db.get_one(Sku, self.ids(sku))
            relabelling.relabel(db, self.house.bin(db, where), goods, qty, code, day, SYSTEM)

        self.step("relabel", verb, lambda b: b.relabel(where, sku, qty, code, day))

    @rule(pick=PICK, why=st.sampled_from([Held.QUALITY, Held.RECALL]))
    def hold(self, pick: int, why: Held) -> None:
        sku, code = self.any_lot(pick, held=False)
        self.step(
            "hold", lambda db: lots.hold(db, self.found(db, sku, code), why, SYSTEM), lambda b: b.hold(sku, code, why)
        )

    @rule(pick=PICK)
    def release_lot(self, pick: int) -> None:
        sku, code = self.any_lot(pick, held=True)
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
                Move(
                    self.ids(s.sku), s.qty, places[s.source], places[s.target], MoveReason(s.reason),
                    lot_id=self.lot_id(db, s.sku, s.lot),
                )
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
