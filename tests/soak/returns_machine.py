"""Thousands of sequences of the verbs of return, exchange and repair, on one database.

    python -m tests.soak.returns_machine --sequences 3000 --database sqlite --seed 1
    python -m tests.soak.returns_machine --planted --database postgres

A sequence that fails is made short and printed. `--planted` puts known errors into the verbs, one at a time, and each
has to be found.
"""

import argparse
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from floor import cli
from floor.factory import create_app
from floor.kit import uow
from floor.returns import cases, early, exchanging, money, repairing, service
from tests.cast import hire_cast
from tests.conftest import SETTINGS
from tests.returns import machine
from tests.returns.machine import Bought, ReturnsMachine
from tests.servers import empty_database
from tests.soak.stock_machine import Error, Outcome, told

STEPS = 40
#: A planted error has to be found within so many sequences.
PATIENCE = 600

#: (words, where, function, what is right, what is planted instead)
_PLANTS = (
    ("more comes back than is out", service, "request", "0 < qty <= left", "0 < qty"),
    ("a share forgets what was given", money, "quotes", "given, item.qty)", "0, item.qty)"),
    ("freight goes back each time", money, "quotes", "- sum(one.freight_fen for one in claims)", "- 0"),
    ("an order's own rebate is paid out", money, "quotes", "goods = min(goods, left)", "pass"),
    ("an inspection pays again what was paid early", money, "_is_fixed", " or item.settled_at is not None", ""),
    ("closing pays the credit out, too", money, "pay_rest", "rest[row.order_line_id] -= row.amount_fen", "pass"),
    ("paid early and cancelled", service, "cancel", "item.settled_at is not None", "False"),
    ("a split doubles the money", service, "split", "item.refund_fen - mine, mine", "item.refund_fen, mine"),
    ("never came is paid all the same", cases, "never_came", "item.refund_fen = item.credit_fen", "pass"),
    ("taken back, it keeps its money", service, "take_back", "item.refund_fen = item.freight_fen = 0", "pass"),
    ("missing units stay on the shelf", service, "missing", "inventory.move(", "isinstance("),
    ("an exchange credits the list price", exchanging, "send", "worth(share.goods_fen,", "worth(13000,"),
    ("a repair goes home without its credit", repairing, "send_back", "item.credit_fen = share", "pass"),
    ("a write-off is a cancellation", early, "write_off", "CaseAction.WRITE_OFF", "CaseAction.CANCEL"),
    ("put away twice", service, "put_away", " or item.put_away_at is not None", ""),
)
ERRORS = tuple(Error(*plant) for plant in _PLANTS)


def run(bought: Bought, sequences: int, number: int, *, steps: int = STEPS, shrink: bool = True) -> Outcome:
    """Play so many sequences from a seed; the first error ends it."""
    tally: Counter = Counter()
    played = seed(number)(type("Returns", (ReturnsMachine,), {"bought": bought, "tally": tally}))
    wanted = settings(
        max_examples=sequences, stateful_step_count=steps, deadline=None, database=None,
        phases=(Phase.generate, Phase.shrink) if shrink else (Phase.generate,), report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    try:
        run_state_machine_as_test(played, settings=wanted)
    except Exception:
        return Outcome(tally, traceback.format_exc())
    return Outcome(tally)


def find_planted(bought: Bought, number: int) -> list[Error]:
    """Plant each error and look for it. Returns those nobody noticed."""
    missed = []
    for error in ERRORS:
        with error.planted():
            outcome = run(bought, PATIENCE, number, shrink=False)
        found = "found" if outcome.failure else "MISSED"
        why = [line.strip(" |") for line in outcome.failure.splitlines() if "Error" in line]
        print(
            f"{found} after {outcome.sequences:4} sequences: {error.words}  {why[-1][:90] if why else ''}", flush=True
        )
        missed += [] if outcome.failure else [error]
    return missed


@contextmanager
def a_house(kind: str) -> Iterator[Bought]:
    """The orders, in a database of their own."""
    with (
        tempfile.TemporaryDirectory() as folder,
        empty_database(kind, Path(folder)) as url,
        _built(url) as made,
    ):
        yield made


@contextmanager
def _built(url: str) -> Iterator[Bought]:
    create_app(replace(SETTINGS, database_url=url))
    cli.migrate()
    try:
        with uow.unit_of_work() as db:
            hire_cast(db)
        yield machine.build()
    finally:
        uow.database().dispose()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak.returns_machine", description=__doc__.splitlines()[0])
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--sequences", type=int, default=3000)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--seed", type=int, default=int(datetime.now().timestamp()) % 100_000)  # noqa: DTZ005
    parser.add_argument("--planted", action="store_true", help="put known errors into the verbs and find them")
    options = parser.parse_args(arguments)
    print(f"seed {options.seed}", flush=True)
    with a_house(options.database) as bought:
        if options.planted:
            missed = find_planted(bought, options.seed)
            print(f"{len(ERRORS)} planted errors on {options.database}: {len(missed)} missed")
            return 1 if missed else 0
        began = time.monotonic()
        outcome = run(bought, options.sequences, options.seed, steps=options.steps)
    print(told(outcome))
    print(outcome.failure or "no sequence failed")
    refusals = sum(n for (_verb, said), n in outcome.tally.items() if said != "done")
    print(
        f"returns machine on {options.database}, seed {options.seed}: {outcome.sequences} sequences,"
        f" {outcome.steps} steps, {refusals} of them refused, in {time.monotonic() - began:.0f} s ·"
        f" {'FAILED' if outcome.failure else 'sound'}"
    )
    return 1 if outcome.failure else 0


if __name__ == "__main__":
    sys.exit(main())
