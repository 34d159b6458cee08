"""Kill the worker of allocation runs again and again while people work, and prove that every run is whole.

    python -m tests.soak.runs --database sqlite --orders 10000 --kills 200 --clients 8 --seed 1

The house serves over HTTP; clients claim and scan walks, cancel orders, adjust and relocate stock. A worker carries the
outbox in a process of its own, which dies by SIGKILL at a moment chosen before it was born: at a statement or a commit
of a slice, in it, after it, or anywhere, also while it plans. The next one goes on. When a run has ended, orders and
goods are put in again and another one is asked. After every kill all of `flask check` must hold, and every run's plan
be what was applied. Before that, runs that nobody kills show how long phones wait for a scan, beside a quiet house.
"""

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path

import sqlalchemy as sa
from sqlmodel import col, select

from floor.allocation import service
from floor.allocation.models import Run
from floor.allocation.states import RunState
from floor.events.models import Delivery, OutboxMessage
from floor.factory import create_app
from floor.kit import uow
from floor.kit.actor import SYSTEM
from floor.settings import Settings
from tests.running import RunningHouse
from tests.servers import empty_database
from tests.soak import death, runs_crew, runs_worker, runs_world
from tests.soak.runs_proof import Judge

Say = Callable[[str], None]

#: One after the other; of few orders plain rules only, as loading the planner takes longer than all the rest.
_STRATEGIES = ("optimal", "best_cost", "optimal", "nearest")
_PLAIN, _FEW = ("best_cost", "nearest"), 1_000
#: A run that does not come on for so long is a finding.
_PATIENCE_SECONDS = 300
_SHOWN = 60
_AT_WORK = (RunState.QUEUED, RunState.RUNNING, RunState.APPLIED)


@dataclass
class Outcome:
    database: str
    seed: int
    orders: int
    kills: Counter[str]
    runs: int
    looks: int
    seconds: float
    broken: list[str]
    #: Windows of the quiet house and of runs at work: milliseconds of every scan.
    quiet: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)
    answered: int = 0
    refused: int = 0
    doubled: list[str] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)
    #: Stage of the run at each kill.
    stages: Counter[str] = field(default_factory=Counter)

    @property
    def is_sound(self) -> bool:
        return not (self.broken or self.doubled)

    def waits(self) -> str:
        if not (self.quiet and self.busy):
            return "scans were not measured"
        quiet, busy = p95(self.quiet), p95(self.busy)
        return (
            f"scan p95 {quiet:.0f} ms quiet ({len(self.quiet)} scans), {busy:.0f} ms during runs"
            f" ({len(self.busy)} scans), ratio {busy / quiet:.2f}"
        )

    def __str__(self) -> str:
        hows = ", ".join(f"{n} {how}" for how, n in sorted(self.kills.items()))
        return (
            f"kill -9 under runs on {self.database}, seed {self.seed}: {self.orders} orders, {self.kills.total()} kills"
            f" ({hows}) in {self.seconds:.0f} s · {self.runs} runs, {self.looks} times judged"
            f" · {self.answered} requests answered, {self.refused} refused"
            f" · doubled {len(self.doubled)}, broken {len(self.broken)}"
        )


def p95(times: list[float]) -> float:
    return sorted(times)[min(len(times) - 1, int(0.95 * len(times)))]


class Soak:
    """The parent: it forks workers and judges; it has no threads, and no connection crosses a fork."""

    def __init__(self, url: str, orders: int, clients: int, seed: int, folder: Path, say: Say) -> None:
        self.app = create_app(replace(Settings(), database_url=url, secret_key="a key for tests", rate_limits=False))
        self.orders, self.seed, self.say, self.rng = orders, seed, say, random.Random(seed)
        self.began = time.monotonic()
        runs_world.build(orders, self.rng)
        say(f"{orders} orders wait after {self._since():.0f} s")
        self.judge = Judge(self.app)
        self.kills: Counter[str] = Counter()
        self.stages: Counter[str] = Counter()
        self.runs: list[int] = []
        self.run = 0
        self.house = RunningHouse(url, folder)
        self.report = folder / "crew.json"
        self.clients = clients
        self.crew = self.worker = 0
        #: (began, ended, is a run at work).
        self.windows: list[tuple[float, float, bool]] = []

    def _since(self) -> float:
        return time.monotonic() - self.began

    # --- the story ----------------------------------------------------------------------------------------------------

    def go(self, kills: int, alternations: int, window: float) -> Outcome:
        try:
            self.house.start("server")
            self._first_walks()
            self._hire()
            self._measure(alternations, window)
            if kills:
                self._kill(kills)
            self._finish()
        finally:
            for pid in (self.worker, self.crew):
                if pid:
                    os.kill(pid, signal.SIGKILL)
                    os.waitpid(pid, 0)
            self.house.stop()
        return self._outcome()

    def _first_walks(self) -> None:
        """A run over a few of the orders, so that there is something to pick from the beginning."""
        some = runs_world.open_orders()[: max(20, self.orders // 12)]
        self._ask(some, "nearest")
        self.worker = self._fork(None)
        self._until_run_ended()
        with uow.unit_of_work() as db:
            service.publish(db, db.get_one(Run, self.run), SYSTEM)
        self.say(f"the first walks are there after {self._since():.0f} s")

    def _measure(self, alternations: int, window: float) -> None:
        """Quiet, a run, quiet, a run: the same people, the same processes, the same data."""
        waiting = runs_world.open_orders()
        share = max(1, len(waiting) // max(1, alternations))
        for n in range(alternations):
            self._settle_down()
            began = time.monotonic()
            time.sleep(window)
            self.windows.append((began, time.monotonic(), False))
            self._ask(waiting[n * share : (n + 1) * share], "optimal")
            began = time.monotonic()
            self._until_run_ended()
            self.windows.append((began, time.monotonic(), True))
            self.say(f"measured run {self.run}: {time.monotonic() - began:.0f} s over {share} orders")
        self.judge.look()

    def _kill(self, kills: int) -> None:
        os.killpg(self.worker, signal.SIGKILL)
        self._bury()
        self._next_run()
        while self.kills.total() < kills:
            end = runs_worker.chosen(self.rng, self.orders)
            self.worker = self._fork(end)
            before = time.monotonic()
            self.judge.look()
            looked = time.monotonic() - before
            self._until_dead()
            self.kills[end.when] += 1
            n = self.kills.total()
            if n % 10 == 0 or n == kills:
                self.say(
                    f"{n} kills after {self._since():.0f} s, run {self.run} {self._stage()}, judged in {looked:.1f} s,"
                    f" broken {len(self.judge.broken)}"
                )

    def _finish(self) -> None:
        """Nobody kills any more: the last run ends, people go home, the outbox is emptied."""
        if not self.worker:
            self.worker = self._fork(None)
        self._until_run_ended()
        os.kill(self.crew, signal.SIGTERM)
        os.waitpid(self.crew, 0)
        self.crew = 0
        self._until(lambda: not _waiting(), "the outbox is not empty")
        os.killpg(self.worker, signal.SIGKILL)
        self._bury()
        self.judge.look()
        self.judge.end()

    def _outcome(self) -> Outcome:
        told = json.loads(self.report.read_text()) if self.report.exists() else {"broken": ["the crew left no word"]}
        outcome = Outcome(
            uow.database().url.get_backend_name(), self.seed, self.orders, self.kills, len(self.runs), self.judge.looks,
            self._since(), self.judge.broken + told["broken"], stages=self.stages,
        )  # fmt: skip
        if "scans" in told:
            outcome.answered, outcome.refused, outcome.doubled = told["answered"], told["refused"], told["doubled"]
            outcome.statuses = told["statuses"]
            for began, ended, at_work in self.windows:
                some = [ms for moment, ms in told["scans"] if began <= moment <= ended]
                (outcome.busy if at_work else outcome.quiet).extend(some)
        uow.database().dispose()
        return outcome

    # --- runs ---------------------------------------------------------------------------------------------------------

    def _ask(self, orders: list[int], strategy: str) -> None:
        """`orders`: these only; empty: all that wait."""
        waiting = orders or runs_world.open_orders()
        with uow.unit_of_work() as db:
            scope = {"orders": orders} if orders else {"split": True} if self.rng.randrange(2) else {}
            self.run = service.ask(db, strategy, scope, SYSTEM, self.seed).id or 0
        self.runs.append(self.run)
        self.judge.asked(self.run, [] if orders else waiting)

    def _next_run(self) -> None:
        """Put in what was used up, and ask for a run over all that waits."""
        lacking = self.orders - len(runs_world.open_orders())
        runs_world.put_in(max(self.orders // 10, lacking), self.rng)
        strategies = _PLAIN if self.orders < _FEW else _STRATEGIES
        self._ask([], strategies[len(self.runs) % len(strategies)])

    def _state(self) -> RunState:
        with uow.reading() as db:
            return db.exec(select(Run.state).where(Run.id == self.run)).one()

    def _stage(self) -> str:
        with uow.reading() as db:
            state, stage, stages = db.execute(
                sa.select(col(Run.state), col(Run.stage), col(Run.stages)).where(col(Run.id) == self.run)
            ).one()
        now = stages.get(stage, {})
        return f"{state} {stage} {now.get('done')}/{now.get('total')}"

    def _until_run_ended(self) -> None:
        self._until(lambda: self._state() not in _AT_WORK, f"run {self.run} does not end")

    def _settle_down(self) -> None:
        self._until(lambda: not _waiting(), "the outbox is not empty")

    def _until(self, is_so: Callable[[], bool], otherwise: str) -> None:
        until, last = time.monotonic() + _PATIENCE_SECONDS, ""
        while not is_so():
            if (now := self._stage()) != last:
                until, last = time.monotonic() + _PATIENCE_SECONDS, now
            if time.monotonic() > until:
                self.judge.broken.append(f"{otherwise}: {now}")
                return
            time.sleep(0.1)

    # --- processes ----------------------------------------------------------------------------------------------------

    def _hire(self) -> None:
        self._let_go()
        self.crew = os.fork()
        if not self.crew:
            runs_worker.child(lambda: runs_crew.live(self.house.port, self.seed, self.clients, self.report))

    def _fork(self, end: death.Death | None) -> int:
        self._let_go()
        pid = os.fork()
        if not pid:
            runs_worker.child(partial(runs_worker.work, self.app, end))
        return pid

    def _until_dead(self) -> None:
        """The worker dies as it was told to; when there is nothing left to die of, there is a new run."""
        until = time.monotonic() + _PATIENCE_SECONDS
        while True:
            pid, status = os.waitpid(self.worker, os.WNOHANG)
            if pid:
                break
            if self._state() not in _AT_WORK and not _waiting():
                self.say(f"run {self.run} ended after {self.kills.total()} kills: {self._figures()}")
                self._next_run()
                until = time.monotonic() + _PATIENCE_SECONDS
            if time.monotonic() > until:
                self.judge.broken.append(f"a worker neither died nor ended its run: {self._stage()}")
                os.kill(self.worker, signal.SIGKILL)
                until = time.monotonic() + _PATIENCE_SECONDS
            time.sleep(0.05)
        if not (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL):
            self.judge.broken.append(f"a worker ended with status {status}")
        self._end_session(self.worker)
        self.worker = 0
        self.stages[self._stage().split()[1] if len(self._stage().split()) > 2 else "queued"] += 1

    def _bury(self) -> None:
        os.waitpid(self.worker, 0)
        self._end_session(self.worker)
        self.worker = 0

    @staticmethod
    def _end_session(pid: int) -> None:
        """Its planners, if any are left."""
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)

    def _figures(self) -> str:
        with uow.reading() as db:
            run = db.get_one(Run, self.run)
            return f"{run.strategy}, {run.orders} orders = {run.allocated} allocated + {run.unallocated} not"

    @staticmethod
    def _let_go() -> None:
        uow.database().dispose()


def _waiting() -> int:
    with uow.reading() as db:
        pending = (
            sa.select(sa.func.count()).select_from(OutboxMessage).where(col(OutboxMessage.state) == Delivery.PENDING)
        )
        return int(db.execute(pending).scalar_one())


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak.runs", description=__doc__.splitlines()[0])
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--orders", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seed", type=int, default=int(datetime.now().timestamp()) % 100_000)  # noqa: DTZ005
    parser.add_argument("--alternations", type=int, default=4, help="quiet and busy windows for the scans' p95")
    parser.add_argument("--window", type=float, default=20, help="seconds of a quiet window")
    options = parser.parse_args(arguments)
    print(f"seed {options.seed}", flush=True)

    def say(words: str) -> None:
        print(words, flush=True)

    with tempfile.TemporaryDirectory(prefix="floor-soak-") as name:
        folder = Path(name)
        with empty_database(options.database, folder) as url:
            soak = Soak(url, options.orders, options.clients, options.seed, folder, say)
            outcome = soak.go(options.kills, options.alternations, options.window)
        log = (folder / "house.log").read_text(errors="replace") if (folder / "house.log").exists() else ""
    for words in (*outcome.broken, *outcome.doubled)[:_SHOWN]:
        print(f"  {words}")
    if not outcome.is_sound:
        print(log[-4000:])
    print(f"answers: {dict(sorted(outcome.statuses.items()))}")
    print(f"killed in stage: {dict(sorted(outcome.stages.items()))}")
    print(outcome.waits())
    print(outcome)
    return 0 if outcome.is_sound else 1


if __name__ == "__main__":
    sys.exit(main())
