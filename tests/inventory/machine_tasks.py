"""The two tasks of stock in the machine: blind counts and replenishments."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from sqlmodel import Session

from floor.inventory import counting, refilling, tasks
from floor.inventory.models import CountReason
from floor.inventory.states import ReplenishmentAction
from floor.kit.actor import SYSTEM
from tests.inventory.model import Count
from tests.inventory.stepping import PICK, SKU, UNITS, Stepping, choose, some


class Tasks(Stepping):
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

    def counts_in(self, state: str) -> list[int]:
        return [key for key, task in self.books.counts.items() if task.state == state]

    def count_id(self, pick: int, state: str) -> int:
        return choose(pick, self.counts_in(state), self.books.counts)

    @precondition(lambda self: self.counts_in("open"))
    @rule(pick=PICK, what=st.sampled_from([None, None, None, "P1", "Far", "tea", "nonsense"]))
    def scan_count(self, pick: int, what: str | None) -> None:
        """None scans what is due."""
        key = self.count_id(pick, "open")
        task = self.books.counts[key]
        code = what or (task.sku if task.began else task.bin)

        def verb(db: Session) -> str:
            return counting.scan(db, tasks.count_for(db, key, lock=True), self.house.scans[code], SYSTEM)[0].value

        self.step("scan count", verb, lambda b: b.scan_count(key, self.as_read(task.bin, code)))

    def as_read(self, due: str, code: str) -> str:
        """Both houses have a bin of this label: the scanner cannot tell them apart."""
        return due if self.house.scans[code] == self.house.scans[due] else code

    @precondition(lambda self: self.counts_in("open"))
    @rule(pick=PICK, off=st.sampled_from([0, 0, -1, -1, 1, 2, -2, -50]))
    def count(self, pick: int, off: int) -> None:
        key = self.count_id(pick, "open")
        task = self.books.counts[key]
        qty = max(self.books.qty(task.bin, task.sku) + off, 0)
        self.step(
            "count",
            lambda db: counting.count(db, tasks.count_for(db, key, lock=True), qty, SYSTEM),
            lambda b: b.count(key, qty),
        )

    @precondition(lambda self: self.counts_in("open"))
    @rule(pick=PICK, off=st.sampled_from([-1, 1, -2, -50]))
    def count_twice(self, pick: int, off: int) -> None:
        """From the scan to the variance, when nobody comes between."""
        for _ in range(2):
            self.scan_count(pick, None)
            self.scan_count(pick, None)
            self.count(pick, off)

    @precondition(lambda self: self.counts_in("variance"))
    @rule(pick=PICK)
    def adjust_count(self, pick: int) -> None:
        key = self.count_id(pick, "variance")
        self.step(
            "adjust count",
            lambda db: counting.adjust(db, tasks.count_for(db, key, lock=True), SYSTEM),
            lambda b: b.adjust_count(key),
        )

    @precondition(lambda self: self.counts_in("variance"))
    @rule(pick=PICK)
    def recount(self, pick: int) -> None:
        key = self.count_id(pick, "variance")
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

    def open_refills(self) -> list[int]:
        return [key for key, task in self.books.refills.items() if task.state == "open"]

    def refill_id(self, pick: int) -> int:
        return choose(pick, self.open_refills(), self.books.refills)

    @precondition(lambda self: self.open_refills())
    @rule(pick=PICK, what=st.sampled_from([None, None, None, None, "P1", "Sick"]))
    def scan_refill(self, pick: int, what: str | None) -> None:
        key = self.refill_id(pick)
        task = self.books.refills[key]
        due = task.target if task.from_seen else task.source
        code = what or due

        def verb(db: Session) -> bool:
            return refilling.scan_refill(db, tasks.refill_for(db, key, lock=True), self.house.scans[code], SYSTEM)

        self.step("scan refill", verb, lambda b: b.scan_refill(key, self.as_read(due, code)))

    @precondition(lambda self: self.open_refills())
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

    @precondition(lambda self: self.open_refills())
    @rule(pick=PICK)
    def cancel_refill(self, pick: int) -> None:
        key = self.refill_id(pick)

        def verb(db: Session) -> None:
            refilling.advance_refill(db, tasks.refill_for(db, key, lock=True), ReplenishmentAction.CANCEL, SYSTEM)

        self.step("cancel refill", verb, lambda b: b.cancel_refill(key))
