"""The two tasks of stock in the machine: blind counts and replenishments.

How a task goes on (who counts again, which bin refills a face) has rules and tests of its own; here it is read from the
house, and the model says what must have happened to stock.
"""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from sqlmodel import Session

from floor.inventory import count_review, counting, refilling
from floor.inventory import tasks as reads
from floor.inventory.count_review import Why
from floor.inventory.models import CountReason
from floor.inventory.states import CountState, ReplenishmentAction, ReplenishmentState
from floor.kit.actor import Actor
from tests.inventory.model_dock import DockBooks
from tests.inventory.stepping import PICK, SKU, UNITS, Stepping, choose, some
from tests.inventory.stepping import Tasks as Rows

COUNTER = st.sampled_from(["Ana", "Ben", "Bo"])
BOSS = st.sampled_from(["Dai", "Eve", "Ana"])


class Tasks(Stepping):
    def tasks_in(self, table: str, *states: str) -> list[int]:
        return [key for key, row in self.seen.tasks[table].items() if row.state in states]

    def task_id(self, pick: int, table: str, *states: str) -> int:
        return choose(pick, self.tasks_in(table, *states), self.seen.tasks[table])

    def place_of(self, bin_id: int) -> str:
        return self.house.place_names()[bin_id]

    def sku_of(self, sku_id: int) -> str:
        return self.house.sku_names()[sku_id]

    # --- counts --------------------------------------------------------------------------------------------------

    @rule(pick=PICK)
    def ask_count(self, pick: int) -> None:
        where, sku = self.spot(pick)
        who = self.house.people["Dai"]

        def verb(db: Session) -> None:
            counting.ask_count(db, self.house.bin(db, where), self.ids(sku), CountReason.ASKED, who)

        self.task_step("ask count", verb, nothing_moves)

    @precondition(lambda self: self.tasks_in("count_task", CountState.OPEN))
    @rule(pick=PICK, what=st.sampled_from(["bin", "goods", "P1", "Far", "tea", "S1", "S3", "nonsense"]), name=COUNTER)
    def scan_count(self, pick: int, what: str, name: str) -> None:
        key = self.task_id(pick, "count_task", CountState.OPEN)
        task = self.seen.tasks["count_task"][key]
        due = {"bin": self.place_of(task.bin_id), "goods": self.sku_of(task.sku_id)}.get(what, what)
        code, who = self.house.scans.get(due, due), self.house.people[name]

        def verb(db: Session) -> None:
            counting.scan(db, reads.count_for(db, key, lock=True), code, who)

        self.task_step("scan count", verb, nothing_moves)

    @precondition(lambda self: self.tasks_in("count_task", CountState.OPEN))
    @rule(pick=PICK, off=st.sampled_from([0, -1, 1, 2, -2, -50]), name=COUNTER)
    def count(self, pick: int, off: int, name: str) -> None:
        key = self.task_id(pick, "count_task", CountState.OPEN)
        self.say(key, off, self.house.people[name])

    def say(self, key: int, off: int, who: Actor) -> None:
        task = self.seen.tasks["count_task"][key]
        qty = max(self.books.qty(self.place_of(task.bin_id), self.sku_of(task.sku_id)) + off, 0)

        def verb(db: Session) -> bool:
            return counting.count(db, reads.count_for(db, key, lock=True), qty, who)

        self.task_step("count", verb, lambda books, _said, rows: self.booked(books, key, rows))

    @precondition(lambda self: self.tasks_in("count_task", CountState.OPEN))
    @rule(pick=PICK, off=st.sampled_from([-1, 1, -2, -50]), names=st.tuples(COUNTER, COUNTER))
    def count_twice(self, pick: int, off: int, names: tuple[str, str]) -> None:
        """From the scan to the variance, when nobody comes between; of serial numbers one at most is seen."""
        key = self.task_id(pick, "count_task", CountState.OPEN)
        for name in names:
            for what in ("bin", "goods", "S1"):
                if self.seen.tasks["count_task"][key].state == CountState.OPEN:
                    self.scan_exactly(key, what, name)
            if self.seen.tasks["count_task"][key].state == CountState.OPEN:
                self.say(key, off, self.house.people[name])

    def scan_exactly(self, key: int, what: str, name: str) -> None:
        task, who = self.seen.tasks["count_task"][key], self.house.people[name]
        due = {"bin": self.place_of(task.bin_id), "goods": self.sku_of(task.sku_id)}.get(what, what)

        def verb(db: Session) -> None:
            counting.scan(db, reads.count_for(db, key, lock=True), self.house.scans.get(due, due), who)

        self.task_step("scan count", verb, nothing_moves)

    def booked(self, books: DockBooks, key: int, rows: Rows) -> None:
        """The difference is in the books once the count is done, and not before."""
        task = rows["count_task"][key]
        if task.state == CountState.DONE:
            gap = task.counted_qty - task.system_qty
            if gap or task.off:
                books.book_count(self.place_of(task.bin_id), self.sku_of(task.sku_id), gap, task.off)

    @precondition(lambda self: self.tasks_in("count_task", CountState.VARIANCE, CountState.APPROVED))
    @rule(pick=PICK, name=BOSS)
    def adjust_count(self, pick: int, name: str) -> None:
        key = self.task_id(pick, "count_task", CountState.VARIANCE, CountState.APPROVED)
        who, before = self.house.people[name], self.seen.tasks["count_task"][key]

        def verb(db: Session) -> None:
            count_review.adjust(db, reads.count_for(db, key, lock=True), Why.UNKNOWN, who)

        def effect(books: DockBooks, _said: None, rows: Rows) -> None:
            assert before.state in (CountState.VARIANCE, CountState.APPROVED), "a count is adjusted once"
            self.booked(books, key, rows)

        self.task_step("adjust count", verb, effect)

    @precondition(lambda self: self.tasks_in("count_task", CountState.VARIANCE, CountState.APPROVED))
    @rule(pick=PICK, rejected=st.booleans())
    def decide_count(self, pick: int, rejected: bool) -> None:
        key = self.task_id(pick, "count_task", CountState.VARIANCE, CountState.APPROVED)
        decide = count_review.reject if rejected else count_review.recount
        who = self.house.people["Dai"]
        name = "reject count" if rejected else "recount"
        self.task_step(name, lambda db: decide(db, reads.count_for(db, key, lock=True), who), nothing_moves)

    # --- replenishment -------------------------------------------------------------------------------------------

    @rule(site=st.sampled_from(["SHA", "SHA", "SHA", "CAN"]), sku=SKU, units=UNITS)
    def ask_refill(self, site: str, sku: str, units: int) -> None:
        qty, who = some(units, self.books.free("R", sku)), self.house.people["Dai"]

        def verb(db: Session) -> None:
            warehouse = self.house.bin(db, "Far" if site == "CAN" else "R").warehouse_id
            refilling.ask_replenishment(db, warehouse, self.ids(sku), qty, who)

        self.task_step("ask refill", verb, nothing_moves)

    @precondition(lambda self: self.tasks_in("replenishment", ReplenishmentState.OPEN))
    @rule(pick=PICK, what=st.sampled_from(["from", "goods", "to", "to", "Sick", "plain"]))
    def scan_refill(self, pick: int, what: str) -> None:
        self.scan_refill_of(self.task_id(pick, "replenishment", ReplenishmentState.OPEN), what)

    def scan_refill_of(self, key: int, what: str) -> None:
        task, who = self.seen.tasks["replenishment"][key], self.house.people["Ana"]
        due = {
            "from": self.place_of(task.from_bin_id), "to": self.place_of(task.to_bin_id),
            "goods": self.sku_of(task.sku_id),
        }.get(what, what)  # fmt: skip

        def verb(db: Session) -> bool:
            return refilling.scan_refill(db, reads.refill_for(db, key, lock=True), self.house.scans[due], who)

        def effect(books: DockBooks, is_right: bool, rows: Rows) -> None:
            if task.state != rows["replenishment"][key].state:
                assert is_right, "booked by a wrong scan"
                assert self.place_of(task.to_bin_id) not in books.closed, "into a closed bin"
                self.brought(books, task, task.qty if task.taken is None else task.taken)

        self.task_step("scan refill", verb, effect)

    @precondition(lambda self: self.tasks_in("replenishment", ReplenishmentState.OPEN))
    @rule(pick=PICK)
    def refill(self, pick: int) -> None:
        """All the scans of one in order."""
        key = self.task_id(pick, "replenishment", ReplenishmentState.OPEN)
        for what in ("from", "goods", "to"):
            self.scan_refill_of(key, what)

    def brought(self, books: DockBooks, task: Any, units: int) -> None:
        books.refill(task.id, self.sku_of(task.sku_id), units, *map(self.place_of, (task.from_bin_id, task.to_bin_id)))

    @precondition(lambda self: self.seen.tasks["replenishment"])
    @rule(pick=PICK, name=st.sampled_from(["Ana", "Ana", "Ben"]))
    def undo_refill(self, pick: int, name: str) -> None:
        key = self.task_id(pick, "replenishment", ReplenishmentState.DONE, ReplenishmentState.OPEN)
        was, who = self.seen.tasks["replenishment"][key].state, self.house.people[name]

        def verb(db: Session) -> None:
            refilling.undo_refill(db, reads.refill_for(db, key, lock=True), who)

        def effect(books: DockBooks, _said: None, _rows: Rows) -> None:
            if was == ReplenishmentState.DONE:
                books.undo_refill(key)

        self.task_step("undo refill", verb, effect)

    @precondition(lambda self: self.tasks_in("replenishment", ReplenishmentState.OPEN))
    @rule(pick=PICK, units=st.integers(-1, 6), in_hand=st.booleans())
    def fewer(self, pick: int, units: int, in_hand: bool) -> None:
        key = self.task_id(pick, "replenishment", ReplenishmentState.OPEN)
        who = self.house.people["Ana"]

        def verb(db: Session) -> None:
            task = reads.refill_for(db, key, lock=True)
            if in_hand:
                refilling.take_to_refill(db, task, units)
            else:
                refilling.fewer_to_refill(db, task, units, who)

        self.task_step("take to refill" if in_hand else "fewer", verb, nothing_moves)

    @precondition(lambda self: self.tasks_in("replenishment", ReplenishmentState.OPEN))
    @rule(pick=PICK)
    def cancel_refill(self, pick: int) -> None:
        key = self.task_id(pick, "replenishment", ReplenishmentState.OPEN)
        who = self.house.people["Dai"]

        def verb(db: Session) -> None:
            refilling.advance_refill(db, reads.refill_for(db, key, lock=True), ReplenishmentAction.CANCEL, who)

        self.task_step("cancel refill", verb, nothing_moves)


def nothing_moves(_books: DockBooks, _said: object, _rows: Rows) -> None:
    """What this step does to stock."""
