"""Thousands of sequences of the verbs of stock beside their model, on one database.

    python -m tests.soak.stock_machine --sequences 3000 --database sqlite --seed 1
    python -m tests.soak.stock_machine --planted --database postgres
    python -m tests.soak.stock_machine --replay sequence.txt

A sequence that fails is made short and printed; the lines `state.…` saved in a file can be replayed. `--planted` puts
known errors into the verbs, one at a time, and each has to be found.
"""

import argparse
import inspect
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import ModuleType

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from floor import cli
from floor.factory import create_app
from floor.inventory import counting, lots, refilling, service, transfers
from floor.kit import uow
from tests.conftest import SETTINGS
from tests.inventory import small_house
from tests.inventory.machine import StockMachine
from tests.inventory.small_house import SmallHouse
from tests.servers import empty_database

STEPS = 40
#: A planted error has to be found within so many sequences.
PATIENCE = 1000


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


def run(house: SmallHouse, sequences: int, number: int, *, steps: int = STEPS, shrink: bool = True) -> Outcome:
    """Play so many sequences from a seed; the first error ends it."""
    tally: Counter = Counter()
    machine = seed(number)(type("Stock", (StockMachine,), {"house": house, "tally": tally}))
    wanted = settings(
        max_examples=sequences,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink) if shrink else (Phase.generate,),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(machine, settings=wanted)
    except Exception:
        return Outcome(tally, traceback.format_exc())
    return Outcome(tally)


def replay(house: SmallHouse, lines: str) -> None:
    """Play a printed sequence again; raises what it raised."""
    state = type("Stock", (StockMachine,), {"house": house})()
    try:
        for line in map(str.strip, lines.splitlines()):
            if line.startswith("state.") and not line.startswith("state.teardown"):
                eval(line, {"state": state})  # noqa: S307 -- our own print-out
    finally:
        state.teardown()


# --- planted errors ----------------------------------------------------------------------------------------------


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


ERRORS = (
    Error("more is promised than is free", service, "reserve", "promised=qty)", "promised=0)"),
    Error("a pick leaves its promise standing", service, "_changes", "m.qty if m.reserved else 0", "0"),
    Error("a lot on hold that moves stays held back", service, "_changes", "m.lot_id in on_hold", "False"),
    Error("a promise given back holds nothing back", service, "release", "        if tracked:", "        if False:"),
    Error("put back fails on a lot held meanwhile", service, "put_back", ", held=-qty", ""),
    Error("put back forgets what is held", service, "put_back", "lots.settle(db, [here])", "pass"),
    Error("promising again takes off", service, "promise_again", "reservation, qty)", "reservation, -qty)"),
    Error("promises never end", service, "give_back_expired", "<= clock.now()", "> clock.now()"),
    Error("goods go to another house", service, "relocate", "target.warehouse_id != where.warehouse_id", "False"),
    Error("goods go into a closed bin", service, "receive", "where.is_closed", "False"),
    Error("what is lost comes in", service, "adjust", "(other, where.id) if change > 0", "(other, where.id) if True"),
    Error("lots on hold are sold", lots, "_split", "for_sale and lot.on_hold", "False"),
    Error("last expired first out", lots, "_lying", "col(Lot.expires_on), col", "col(Lot.expires_on).desc(), col"),
    Error("lots on hold stay in their tote", lots, "name_lots", "kind is PlaceKind.BIN", "True"),
    Error("a move holds nothing back", lots, "book", "settle(db, touched)", "pass"),
    Error("a lot is in two places", lots, "book", "(m.from_place_id, -1), ", ""),
    Error("a hold holds nothing back", lots, "_switch", "settle(db, rows)", "pass"),
    Error("a serial number comes in twice", lots, "one_of_each_serial", "m.lot_id in twice or ", ""),
    Error("two units of one serial number", lots, "one_of_each_serial", " or m.qty != 1", ""),
    Error("a lot changes its date", lots, "lot_for", "found.expires_on != expires_on", "False"),
    Error("too old is sold again", lots, "release", "lot.expires_on < last_day_sold(sku.min_life_days)", "False"),
    Error("missing units of a held lot are refused", counting, "_moves", "min(max(-gap - free, 0), held)", "0"),
    Error("a refill goes into a closed bin", refilling, "_book", "face.is_closed", "False"),
    Error("a transfer counts nothing received", transfers, "receive", "line.received += qty - rest", "pass"),
)


def find_planted(house: SmallHouse, number: int) -> list[Error]:
    """Plant each error and look for it. Returns those nobody noticed."""
    missed = []
    for error in ERRORS:
        with error.planted():
            outcome = run(house, PATIENCE, number, shrink=False)
        why = outcome.failure.strip().splitlines()
        words = next((line.strip(" |") for line in why if "Error: " in line), "")
        print(
            f"{'found' if why else 'MISSED'} after {outcome.sequences:4} sequences: {error.words}  {words[:90]}",
            flush=True,
        )
        missed += [] if why else [error]
    return missed


# --- the command -------------------------------------------------------------------------------------------------


@contextmanager
def a_house(kind: str) -> Iterator[SmallHouse]:
    """The small house in a database of its own."""
    with (
        tempfile.TemporaryDirectory() as folder,
        empty_database(kind, Path(folder)) as url,
        _built(url) as made,
    ):
        yield made


@contextmanager
def _built(url: str) -> Iterator[SmallHouse]:
    create_app(replace(SETTINGS, database_url=url))
    cli.migrate()
    try:
        yield small_house.build()
    finally:
        uow.database().dispose()


def told(outcome: Outcome) -> str:
    verbs = sorted({verb for verb, _said in outcome.tally} - {"sequence"})
    rows = [f"{'verb':20} {'done':>7} {'refused':>8}"]
    for verb in verbs:
        said = {what: n for (of, what), n in outcome.tally.items() if of == verb}
        no = {what.partition(".")[2]: n for what, n in sorted(said.items()) if what != "done"}
        rows.append(
            f"{verb:20} {said.get('done', 0):7} {sum(no.values()):8}  {', '.join(f'{n} {w}' for w, n in no.items())}"
        )
    return "\n".join(rows)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak.stock_machine", description=__doc__.splitlines()[0])
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--sequences", type=int, default=3000)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--seed", type=int, default=int(datetime.now().timestamp()) % 100_000)  # noqa: DTZ005
    parser.add_argument("--planted", action="store_true", help="put known errors into the verbs and find them")
    parser.add_argument("--replay", type=Path, help="play a printed sequence again")
    options = parser.parse_args(arguments)
    print(f"seed {options.seed}", flush=True)
    with a_house(options.database) as house:
        if options.replay:
            replay(house, options.replay.read_text())
            return 0
        if options.planted:
            missed = find_planted(house, options.seed)
            print(f"{len(ERRORS)} planted errors on {options.database}: {len(missed)} missed")
            return 1 if missed else 0
        began = time.monotonic()
        outcome = run(house, options.sequences, options.seed, steps=options.steps)
    print(told(outcome))
    print(outcome.failure or "no sequence failed")
    verdict = "FAILED" if outcome.failure else "sound"
    refusals = sum(n for (_verb, said), n in outcome.tally.items() if said != "done")
    print(
        f"stock machine on {options.database}, seed {options.seed}: {outcome.sequences} sequences,"
        f" {outcome.steps} steps,"
        f" {outcome.steps} steps,"
        f" {refusals} of them refused, in {time.monotonic() - began:.0f} s · {verdict}"
    )
    return 1 if outcome.failure else 0


if __name__ == "__main__":
    sys.exit(main())
