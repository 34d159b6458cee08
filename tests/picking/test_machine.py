"""Any mix of scans, undos, reports and skips keeps the books true, and the walk can always be ended."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlmodel import Session

from floor.factory import create_app
from floor.kit import uow
from floor.kit.errors import Refused
from floor.picking import service
from floor.picking.service import Why
from floor.picking.states import StopState
from tests.conftest import SETTINGS
from tests.factories import a_bin, stock
from tests.picking.conftest import Picker, a_floor, person, sound


class Walking(RuleBasedStateMachine):
    """One walk of three orders over three stops, with a spare bin for one SKU. Everything is rolled back at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.turn = uow.database().write_turn()
        self.turn.__enter__()
        self.line = uow.database().engine.connect().execution_options(floor_write=True)
        self.db = Session(self.line, expire_on_commit=False)
        floor = a_floor(self.db)
        stock(self.db, a_bin(self.db, floor.house, "A02-03-1"), floor.skus[0], 2)
        ana = person(self.db, "Ana")
        walk = floor.started(self.db, [{0: 2, 3: 7}, {0: 1, 2: 1}, {2: 2}], ana)
        self.picker = Picker(self.db, walk, ana)
        self.codes = [floor.code(n) for n in range(4)] + [b.code for b in floor.bins]
        self.codes += [f"T-SHA-{n}" for n in range(1, 7)] + ["nonsense"]

    def teardown(self) -> None:
        self.db.close()
        self.line.close()
        self.turn.__exit__(None, None, None)

    def is_open(self) -> bool:
        return self.picker.at is not None

    @precondition(is_open)
    @rule()
    def scan_right(self) -> None:
        self.picker.scan(self.picker.next_code())

    @precondition(is_open)
    @rule(pick=st.integers(0, 14))
    def scan_anything(self, pick: int) -> None:
        self.picker.scan(self.codes[pick])

    @precondition(is_open)
    @rule(total=st.integers(0, 7))
    def type_a_number(self, total: int) -> None:
        here = self.picker
        self.tried(lambda: service.set_quantity(self.db, here.walk.id, here.at.id, total, here.who))

    @precondition(is_open)
    @rule(got=st.integers(0, 7), why=st.sampled_from(Why))
    def report(self, got: int, why: Why) -> None:
        self.tried(lambda: service.report(self.db, self.picker.walk.id, self.picker.at.id, got, why, self.picker.who))

    @precondition(is_open)
    @rule()
    def skip(self) -> None:
        self.tried(lambda: service.skip(self.db, self.picker.walk.id, self.picker.at.id, self.picker.who))

    @rule()
    def undo(self) -> None:
        self.tried(lambda: service.undo(self.db, self.picker.walk.id, self.picker.who))

    @rule(n=st.integers(0, 3))
    def jump(self, n: int) -> None:
        opened = [stop for stop in self.picker.view.stops if stop.is_open]
        self.picker.at = opened[n % len(opened)] if opened else None

    def tried(self, verb) -> None:
        """A refusal must leave nothing behind: the door would roll it back, so a savepoint does here."""
        point = self.db.begin_nested()
        try:
            said = verb()
            point.commit()
        except Refused:
            point.rollback()
            self.db.expire_all()
            return
        self.picker.heard(said)

    @invariant()
    def the_books_are_true(self) -> None:
        sound(self.db)

    @invariant()
    def a_stop_is_open_exactly_while_it_wants_something(self) -> None:
        for stop in self.picker.view.stops:
            assert (stop.state in (StopState.OPEN, StopState.SKIPPED)) == bool(stop.rest), stop
            assert 0 <= stop.in_hand <= stop.rest, stop
        numbers = [stop.number for stop in self.picker.view.stops]
        assert numbers == list(range(1, len(numbers) + 1))


@pytest.fixture
def house(request: pytest.FixtureRequest, tmp_path: Path):
    """The invariants are read after every step, so SQLite alone is quick enough; the verbs are tested on both."""
    path = tmp_path / "floor.db"
    shutil.copy(request.getfixturevalue("sqlite_template"), path)
    create_app(replace(SETTINGS, database_url=f"sqlite:///{path}"))
    yield
    uow.database().dispose()


@pytest.mark.slow
def test_whatever_a_picker_does_the_books_stay_true(house):
    run_state_machine_as_test(
        Walking,
        settings=settings(
            max_examples=6, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
