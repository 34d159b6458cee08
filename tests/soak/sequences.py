"""Sequences of a machine of verbs (hypothesis) on one database: played, told, searched for planted errors."""

import argparse
import inspect
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from floor import cli
from floor.factory import create_app
from floor.kit import uow
from tests.conftest import SETTINGS
from tests.servers import empty_database

STEPS = 40


@dataclass(frozen=True)
class Outcome:
    """`failure` is the error with the shortest sequence found, "" when every sequence held."""

    tally: Counter
    failure: str = ""

    @property
    def sequences(self) -> int:
        return self.tally["sequence", "done"]

    @property
    def steps(self) -> int:
        return self.tally.total() - self.sequences


@dataclass(frozen=True)
class Error:
    """In `module.function` the text `right` becomes `wrong`."""

    words: str
    module: ModuleType
    function: str
    right: str
    wrong: str

    @contextmanager
    def planted(self) -> Iterator[None]:
        good = getattr(self.module, self.function)
        text = inspect.getsource(good)
        assert text.count(self.right) == 1, f"{self.words}: {text.count(self.right)} places to plant it"
        wrong = text.replace(self.right, self.wrong)
        exec(compile(wrong, inspect.getfile(good), "exec"), vars(self.module))  # noqa: S102
        try:
            yield
        finally:
            setattr(self.module, self.function, good)


@dataclass(frozen=True)
class Sequences:
    """`machine` plays in the house `build` makes in an empty database. A planted error has to be found within so many
    sequences as `patience` says."""

    name: str
    machine: type[RuleBasedStateMachine]
    build: Callable[[], Any]
    errors: Sequence[Error]
    patience: int

    def run(self, house: Any, count: int, number: int, *, steps: int = STEPS, shrink: bool = True) -> Outcome:
        """Play so many sequences from a seed; the first error ends it."""
        tally: Counter = Counter()
        played = seed(number)(type(self.name.title(), (self.machine,), {"house": house, "tally": tally}))
        wanted = settings(
            max_examples=count, stateful_step_count=steps, deadline=None, database=None,
            phases=(Phase.generate, Phase.shrink) if shrink else (Phase.generate,), report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        try:
            run_state_machine_as_test(played, settings=wanted)
        except Exception:
            return Outcome(tally, traceback.format_exc())
        return Outcome(tally)

    def error(self, words: str) -> Error:
        (found,) = (one for one in self.errors if one.words == words)
        return found

    def find_planted(self, house: Any, number: int) -> list[Error]:
        """Plant each error and look for it. Returns those nobody noticed: all of them, should the same sequences fail
        with nothing planted."""
        missed, played = [], 0
        for error in self.errors:
            with error.planted():
                outcome = self.run(house, self.patience, number, shrink=False)
            found = "found" if outcome.failure else "MISSED"
            why = [line.strip(" |") for line in outcome.failure.splitlines() if "Error" in line]
            told = f"{found} after {outcome.sequences:4} sequences: {error.words}"
            print(f"{told}  {why[-1][:90] if why else ''}", flush=True)
            missed += [] if outcome.failure else [error]
            played = max(played, outcome.sequences + 1)
        untouched = self.run(house, played, number, shrink=False)
        print(f"{untouched.failure or 'sound'}: {untouched.sequences} sequences with nothing planted", flush=True)
        return list(self.errors) if untouched.failure else missed

    @contextmanager
    def a_house(self, kind: str) -> Iterator[Any]:
        """What `build` makes, in a database of its own."""
        with tempfile.TemporaryDirectory() as folder, empty_database(kind, Path(folder)) as url:
            create_app(replace(SETTINGS, database_url=url))
            cli.migrate()
            try:
                yield self.build()
            finally:
                uow.database().dispose()

    def main(self, words: str, arguments: list[str] | None = None) -> int:
        """The command. Returns its exit code: 1 when a sequence failed or a planted error was missed."""
        parser = argparse.ArgumentParser(prog=f"python -m tests.soak.{self.name}_machine", description=words)
        parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
        parser.add_argument("--sequences", type=int, default=3000)
        parser.add_argument("--steps", type=int, default=STEPS)
        parser.add_argument("--seed", type=int, default=int(datetime.now().timestamp()) % 100_000)  # noqa: DTZ005
        parser.add_argument("--planted", action="store_true", help="put known errors into the verbs and find them")
        parser.add_argument("--replay", type=Path, help="play a printed sequence again")
        options = parser.parse_args(arguments)
        print(f"seed {options.seed}", flush=True)
        with self.a_house(options.database) as house:
            if options.replay:
                self.replay(house, options.replay.read_text())
                return 0
            if options.planted:
                missed = self.find_planted(house, options.seed)
                print(f"{len(self.errors)} planted errors on {options.database}: {len(missed)} missed")
                return 1 if missed else 0
            began = time.monotonic()
            outcome = self.run(house, options.sequences, options.seed, steps=options.steps)
        print(told(outcome))
        print(outcome.failure or "no sequence failed")
        refusals = sum(n for (_verb, said), n in outcome.tally.items() if said != "done")
        print(
            f"{self.name} machine on {options.database}, seed {options.seed}: {outcome.sequences} sequences,"
            f" {outcome.steps} steps, {refusals} of them refused, in {time.monotonic() - began:.0f} s ·"
            f" {'FAILED' if outcome.failure else 'sound'}"
        )
        return 1 if outcome.failure else 0

    def replay(self, house: Any, lines: str) -> None:
        """Play a printed sequence again; raises what it raised."""
        state = type(self.name.title(), (self.machine,), {"house": house})()
        try:
            for line in map(str.strip, lines.splitlines()):
                if line.startswith("state.") and not line.startswith("state.teardown"):
                    eval(line, {"state": state})  # noqa: S307 -- our own print-out
        finally:
            state.teardown()


def told(outcome: Outcome) -> str:
    """A row a verb: how often it was done, and how often refused with which code."""
    rows = [f"{'verb':20} {'done':>7} {'refused':>8}"]
    for verb in sorted({verb for verb, _said in outcome.tally} - {"sequence"}):
        said = {what: n for (of, what), n in outcome.tally.items() if of == verb}
        no = {what.partition(".")[2]: n for what, n in sorted(said.items()) if what != "done"}
        why = ", ".join(f"{n} {code}" for code, n in no.items())
        rows.append(f"{verb:20} {said.get('done', 0):7} {sum(no.values()):8}  {why}")
    return "\n".join(rows)
