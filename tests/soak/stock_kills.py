"""Kill stock while it moves, again and again, and prove that nothing acknowledged is lost and nothing is done twice.

    python -m tests.soak.stock_kills --database sqlite --kills 3000 --seed 1
    python -m tests.soak.stock_kills --database postgres --kills 300 --seed 1

SQLite: processes with a few hands each do random deeds and are killed with SIGKILL, most of them at a boundary of a
write (see death.py), some from outside, now and then all at once; a warm copy takes over at once and first sends again
what was not answered. PostgreSQL: the whole cluster is killed under load, and started again; its clients reconnect.
"""

import argparse
import gc
import json
import os
import random
import select
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from flask import Flask

from floor.kit import uow
from tests.servers import PostgresCluster, running_postgres
from tests.soak import death
from tests.soak.deeds import Deed
from tests.soak.hands import PER_HAND, Hands
from tests.soak.proof import Verdict
from tests.soak.shelves import Shelves, furnish, open_house
from tests.soak.stock_proof import Told, broken_identities, prove_stock

Say = Callable[[str], None]

#: Processes at work at the same time, and hands of each.
CREWS = 2
HANDS = {"sqlite": 2, "postgresql": 4}
#: One death of so many takes every process with it, so that the next one opens the database from nothing.
TOGETHER = 8
ALL, CLUSTER = "all at once", "whole cluster"
#: The identities are looked at after so many kills, and at the end.
LOOK_EVERY = {"sqlite": 250, "postgresql": 50}
#: A process that does not die and does not end is a finding.
PATIENCE_SECONDS = 120
#: Findings printed; there may be thousands of a planted fault.
SHOWN = 60
#: Faults to plant: told before it is done; sent again and done again; told before it is on the disk (PostgreSQL).
PLANTED = ("early", "again", "async")
#: The cluster lives so long between two kills, seconds after the first deed was acknowledged again.
PAUSES = (0.05, 0.8)


@dataclass
class Crew:
    """One process at a time: its pipe, what of it is unanswered, and how it is to die."""

    hands: list[int]
    pid: int = 0
    pipe: int = -1
    rest: bytes = b""
    end: death.Death | None = None
    #: How the one before ended.
    last: str = ""
    born: float = 0.0
    unanswered: dict[int, Deed] = field(default_factory=dict)
    begun: dict[int, int] = field(default_factory=dict)


@dataclass
class Outcome:
    database: str
    seed: int
    kills: Counter
    told: Told
    verdict: Verdict
    seconds: float

    @property
    def is_sound(self) -> bool:
        return not (self.verdict.lost or self.verdict.doubled or self.verdict.broken)

    def __str__(self) -> str:
        hows = ", ".join(f"{n} {how}" for how, n in sorted(self.kills.items()))
        told = self.told
        return (
            f"kill -9 under stock on {self.database}, seed {self.seed}: {self.kills.total()} kills ({hows}) in"
            f" {self.seconds:.0f} s · {len(told.accepted)} deeds acknowledged, {len(told.refused)} refused,"
            f" {told.repeated} sent again, {told.replayed.total()} of them already done"
            f" · lost {len(self.verdict.lost)}, doubled {len(self.verdict.doubled)}, broken {len(self.verdict.broken)}"
        )


class Soak:
    """The parent: it forks crews, reads what they are told, and holds no connection while it forks."""

    def __init__(self, url: str, seed: int, say: Say, planted: str = "") -> None:
        self.app: Flask = open_house(url)
        self.shelves: Shelves = furnish()
        self.seed, self.say, self.planted = seed, say, planted
        self.rng = random.Random(seed)
        self.told, self.kills = Told(), Counter()
        self.name = uow.database().url.get_backend_name()
        each = HANDS[self.name]
        self.crews = [Crew(list(range(n * each, n * each + each))) for n in range(CREWS)]
        self.began = time.monotonic()
        self._all_at_once = False
        if planted == "async":
            _forget_the_disk()
        self._let_go()
        gc.collect()
        gc.freeze()  # a fork shares what the collector does not touch

    def finish(self) -> Outcome:
        """Whatever is unanswered is answered by processes that nobody kills; then the proof."""
        for crew in self.crews:
            if crew.pid:
                os.kill(crew.pid, signal.SIGTERM)
        self._until_ended()
        for crew in self.crews:
            if crew.unanswered:
                self._fork(crew, None, is_last=True)
        self._until_ended()
        seconds = time.monotonic() - self.began
        verdict = prove_stock(self.app, self.told)
        self._let_go()
        return Outcome(self.name, self.seed, self.kills, self.told, verdict, seconds)

    # --- SQLite: the processes die ----------------------------------------------------------------------------------

    def kill_processes(self, kills: int) -> None:
        looked = 0
        while self.kills.total() < kills:
            for crew in self.crews:
                if not crew.pid:
                    self._fork(crew, self._death())
            self._read(0.5)
            self._kill_from_outside()
            if self._all_at_once:
                self._kill_all()
            if self.kills.total() - looked >= LOOK_EVERY[self.name]:
                looked = self.kills.total()
                self._kill_all()
                self._look()

    def _death(self) -> death.Death:
        if self.planted == "again":  # where every repeat finds its first time done
            return death.Death(death.COMMITTED, self.rng.randint(1, 5))
        return death.chosen(self.rng)

    def _kill_from_outside(self) -> None:
        now = time.monotonic()
        for crew in self.crews:
            age = now - crew.born
            if crew.pid and crew.end and crew.end.when == death.OUTSIDE and age > crew.end.micros / 1e6:
                os.kill(crew.pid, signal.SIGKILL)
            elif crew.pid and age > PATIENCE_SECONDS:
                self.told.broken.append(f"a process neither died nor ended in {PATIENCE_SECONDS} s")
                os.kill(crew.pid, signal.SIGKILL)

    def _kill_all(self) -> None:
        for crew in self.crews:
            if crew.pid:
                crew.end = death.Death(ALL)
                os.kill(crew.pid, signal.SIGKILL)
        self._until_ended()
        self._all_at_once = False

    # --- PostgreSQL: the cluster dies -------------------------------------------------------------------------------

    def kill_cluster(self, cluster: PostgresCluster, kills: int) -> None:
        for crew in self.crews:
            self._fork(crew, None)
        for n in range(1, kills + 1):
            acknowledged = len(self.told.accepted)
            self._read_until(lambda before=acknowledged: len(self.told.accepted) > before + 10)
            until = time.monotonic() + self.rng.uniform(*PAUSES)
            while time.monotonic() < until:
                self._read(0.02)
            cluster.kill_hard()
            began = time.monotonic()
            cluster.start()
            self.kills[CLUSTER] += 1
            back = time.monotonic() - began
            self.say(f"kill {n}: back in {back:.1f} s, {len(self.told.accepted)} deeds acknowledged")
            if n % LOOK_EVERY[self.name] == 0:
                self._look()

    # --- processes and pipes ----------------------------------------------------------------------------------------

    def _fork(self, crew: Crew, end: death.Death | None, is_last: bool = False) -> None:
        there, here = os.pipe()
        pid = os.fork()
        if not pid:
            status = 1
            try:
                os.close(there)
                hands = Hands(self.app, self.shelves, self.seed, here, self.planted)
                begun = {} if is_last else {n: crew.begun.get(n, 0) for n in crew.hands}
                hands.live(crew.hands, crew.unanswered, begun, end)
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(status)
        os.close(here)
        crew.pid, crew.pipe, crew.rest, crew.end, crew.born = pid, there, b"", end, time.monotonic()

    def _read(self, seconds: float) -> None:
        """Hear what the crews say for at most so long; bury those that ended."""
        pipes = {crew.pipe: crew for crew in self.crews if crew.pid}
        outside = [c.born + c.end.micros / 1e6 for c in self.crews if c.pid and c.end and c.end.when == death.OUTSIDE]
        wait = max(0.0, min([seconds, *(moment - time.monotonic() for moment in outside)]))
        for pipe in select.select(list(pipes), [], [], wait)[0]:
            crew, heard = pipes[pipe], os.read(pipe, 1 << 16)
            *lines, crew.rest = (crew.rest + heard).split(b"\n")
            for line in lines:
                self._hear(crew, json.loads(line))
            if not heard:
                self._bury(crew)

    def _hear(self, crew: Crew, said: dict) -> None:
        told = self.told
        if said["what"] == "begun":
            deed = Deed.from_json(said["deed"])
            told.begun[deed.command_id] = deed
            hand, n = divmod(deed.n, PER_HAND)
            crew.unanswered[hand], crew.begun[hand] = deed, n + 1
        elif said["what"] == "broken":
            told.broken.append(said["words"])
        else:
            deed = told.begun[said["id"]]
            crew.unanswered.pop(deed.n // PER_HAND, None)
            if said["what"] == "done":
                told.accepted[said["id"]] = Deed.from_json(said["deed"])
                told.replayed[crew.last or CLUSTER] += said["again"]
                told.repeated += said["tries"] > 1
            else:
                told.refused[said["id"]] = said["words"]

    def _bury(self, crew: Crew) -> None:
        _pid, status = os.waitpid(crew.pid, 0)
        os.close(crew.pipe)
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL and crew.end:
            self.kills[crew.end.when] += 1
            if self.kills.total() % 100 == 0:
                self.say(f"{self.kills.total()} kills, {len(self.told.accepted)} deeds acknowledged")
        elif status:
            self.told.broken.append(f"a process ended with status {status}")
        self.told.repeated += len(crew.unanswered)
        crew.pid, crew.pipe, crew.last = 0, -1, crew.end.when if crew.end else ""
        if crew.end is not None and crew.end.when != ALL:
            self._all_at_once = self.rng.randrange(TOGETHER) == 0

    def _read_until(self, is_so: Callable[[], bool]) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        while not is_so():
            if time.monotonic() > until:
                raise TimeoutError(f"the hands did nothing for {PATIENCE_SECONDS} s: {self.told.broken}")
            self._read(0.1)

    def _until_ended(self) -> None:
        self._read_until(lambda: not any(crew.pid for crew in self.crews))

    def _look(self) -> None:
        """The identities, cheaply between two kills."""
        self.told.broken += broken_identities(self.app)
        self._let_go()

    def _let_go(self) -> None:
        """No connection may cross a fork."""
        uow.database().dispose()


def soak_sqlite(url: str, kills: int, seed: int, say: Say, planted: str = "") -> Outcome:
    soak = Soak(url, seed, say, planted)
    soak.kill_processes(kills)
    return soak.finish()


def soak_postgres(cluster: PostgresCluster, kills: int, seed: int, say: Say, planted: str = "") -> Outcome:
    url = cluster.create_database()
    soak = Soak(url, seed, say, planted)
    soak.kill_cluster(cluster, kills)
    return soak.finish()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak.stock_kills", description=__doc__.splitlines()[0])
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--kills", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=int(datetime.now().timestamp()) % 100_000)  # noqa: DTZ005
    parser.add_argument("--planted", choices=PLANTED, default="", help="plant a fault, which must be found")
    options = parser.parse_args(arguments)
    print(f"seed {options.seed}", flush=True)

    def say(words: str) -> None:
        print(words, flush=True)

    if options.database == "sqlite":
        with tempfile.TemporaryDirectory(prefix="floor-soak-") as name:
            url = f"sqlite:///{Path(name) / 'floor.db'}"
            outcome = soak_sqlite(url, options.kills, options.seed, say, options.planted)
    else:
        with running_postgres() as cluster:
            outcome = soak_postgres(cluster, options.kills, options.seed, say, options.planted)
    for words in (*outcome.verdict.lost, *outcome.verdict.doubled, *outcome.verdict.broken)[:SHOWN]:
        print(f"  {words}")
    print(f"deeds: {dict(sorted(Counter(deed.kind for deed in outcome.told.accepted.values()).items()))}")
    print(f"found done already when sent again: {dict(sorted(outcome.told.replayed.items()))}")
    print(outcome)
    return 0 if outcome.is_sound else 1


def _forget_the_disk() -> None:
    """Planted: PostgreSQL acknowledges before the commit is in a file."""
    with uow.unit_of_work() as db:
        name = uow.database().url.database
        db.connection().execute(sa.text(f'ALTER DATABASE "{name}" SET synchronous_commit = off'))


if __name__ == "__main__":
    sys.exit(main())
