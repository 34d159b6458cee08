"""One step of the machine of stock: a verb in the house and in the model, after which both agree.

Each verb runs under a savepoint of its own, as a door would run it; a whole sequence is one transaction that is rolled
back, so thousands of sequences need one database.
"""

import copy
from collections import Counter
from collections.abc import Callable, Collection
from typing import Any, ClassVar, TypeVar

import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant
from sqlmodel import Session

from floor import wiring
from floor.events.models import AuditEvent
from floor.inventory import books as identities
from floor.kit import uow
from floor.kit.errors import Refused
from tests.inventory.model import BINS, NOON, PARCELS, SKUS, TOTES, No
from tests.inventory.model_dock import DockBooks
from tests.inventory.small_house import Look, SmallHouse, at, foretold, opening_books, tasks_now

T = TypeVar("T")
#: Table -> its rows by id.
Tasks = dict[str, dict[int, Any]]

IDENTITIES = (
    identities.broken_balances,
    identities.broken_reservations,
    identities.broken_lots,
    identities.broken_holds,
    identities.broken_counts,
    identities.broken_deliveries,
    identities.broken_transfers,
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


class Stepping(RuleBasedStateMachine):
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
        said: Callable[[DockBooks], Any] | None,
        learn: Callable[[T], None] | None = None,
    ) -> T | None:
        """Do it in the house and in the model. None when both refuse, for the same reason. `learn` is told the answer.

        `said` None: the model has no opinion whether the house refuses.
        """
        self.is_sound = False
        after, expected, answer, refusal, refused = copy.deepcopy(self.books), None, None, None, None
        after.rows.clear()
        try:
            expected = said(after) if said else None
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
        if said:
            assert refused == refusal, f"{name}: the house says {refused or answer}, the model {refusal or expected}"
        if refused is None:
            self.books = after
            if expected is not None and isinstance(answer, int | set):
                assert answer == expected, f"{name}: the house answers {answer}, the model {expected}"
            if learn is not None:
                learn(answer)  # type: ignore[arg-type]
        else:
            self.books.rows.clear()
        told, self.events, before = self.events, self.count_events(), self.seen.tasks
        self.the_house_is_as_the_model_says()
        if refused is not None:
            assert (told, before) == (self.events, self.seen.tasks), f"{name} was refused and changed something"
        return answer

    def task_step(
        self, name: str, verb: Callable[[Session], T], effect: Callable[[DockBooks, T, Tasks], None]
    ) -> None:  # fmt: skip
        """A step of a task with rules of its own: the house says how it goes on, the model what that does to stock.

        `effect` is given the answer and the rows of the tasks after it.
        """
        self.step(name, verb, None, lambda answer: effect(self.books, answer, tasks_now(self.line)))

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

    def any_lot(self, pick: int, held: bool) -> tuple[str, str]:
        """Mostly one that is on hold, or for sale."""
        return choose(pick, [key for key, lot in self.books.lots.items() if bool(lot.why) is held], self.books.lots)

    def ids(self, sku: str) -> int:
        return self.house.skus[sku]

    def lot_id(self, db: Session, sku: str, code: str | None) -> int | None:
        lot = self.house.lot(db, sku, code)
        return lot.id if lot else None


def some(units: int, most: int) -> int:
    """UNITS as a number: 0-7 some of `most`, 8 all of it, 9 one more, 10 far too many, 11 all but one; at least 1."""
    if units < 8:
        return 1 + units % max(most, 1)
    return max({8: most, 9: most + 1, 10: most + 50, 11: most - 1}[units], 1)


def choose(pick: int, fitting: Collection[T], every: Collection[T]) -> T:
    """PICK as one of those that fit, if there are any; now and then one of all."""
    some_of = list(fitting if fitting and pick < 20 else every)
    return some_of[pick % len(some_of)]
