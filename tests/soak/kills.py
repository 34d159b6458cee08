"""Kill the house again and again while it works, and prove that nobody was told of anything that is not so.

    python -m tests.soak.kills --database sqlite --kills 50 --seed 1

The real server and the real worker run in processes of their own; the cast works over HTTP and repeats whatever was
not answered under the same id. At seeded moments one of the two is killed with SIGKILL, all its processes at once, and
started again. At the end every acknowledged effect must be in the database exactly once, and `flask check` clean.
"""

import argparse
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from floor import cli, wiring
from floor.events import queries as events
from floor.kit import uow
from floor.kit.uow import reading
from tests.running import RunningHouse
from tests.servers import empty_database
from tests.soak.at_the_desk import Auditor, Carrier, Desk, Shop, Supervisor
from tests.soak.on_the_floor import Lorry, Packer, Picker
from tests.soak.phone import Book
from tests.soak.proof import Verdict, prove
from tests.soak.worker import Worker
from tests.soak.world import build

Say = Callable[[str], None]

#: Between two kills, seconds: short enough to hit starts, long enough that work gets done.
PAUSES = (0.5, 7.0)
#: The first kill comes when goods move, or after so long.
WARM_UP_SECONDS = 60
#: How long the worker may need to carry what is left.
DRAIN_SECONDS = 120


@dataclass(frozen=True)
class Outcome:
    database: str
    seed: int
    kills: Counter
    seconds: int
    book: Book
    verdict: Verdict

    @property
    def lost(self) -> list[str]:
        return self.verdict.lost

    @property
    def doubled(self) -> list[str]:
        return self.book.doubled + self.verdict.doubled

    @property
    def broken(self) -> list[str]:
        return self.book.broken + self.verdict.broken

    @property
    def is_sound(self) -> bool:
        return not (self.lost or self.doubled or self.broken)

    def __str__(self) -> str:
        effects = Counter(promise.kind for promise in self.book.promises)
        return (
            f"kill -9 on {self.database}, seed {self.seed}: {self.kills.total()} kills ({self.kills['server']} server,"
            f" {self.kills['worker']} worker) in {self.seconds} s · {self.book.answered} requests answered,"
            f" {self.book.retried} tries repeated, {effects.total()} effects acknowledged · lost {len(self.lost)},"
            f" doubled {len(self.doubled)}, broken {len(self.broken)}"
        )


def soak(url: str, kills: int, seed: int, folder: Path, say: Say, pauses: tuple[float, float] = PAUSES) -> Outcome:
    """Build the house in an empty database, let it work under `kills` kills, and prove the end."""
    build(url)
    began, book, done = time.monotonic(), Book(), threading.Event()
    house = RunningHouse(url, folder)
    house.start()
    threads = [threading.Thread(target=one.run, daemon=True) for one in _everybody(house.port, book, seed, done)]
    try:
        for thread in threads:
            thread.start()
        _wait_until(lambda: any(promise.kind == "put" for promise in list(book.promises)), WARM_UP_SECONDS)
        dead = _kill(house, kills, random.Random(seed), pauses, say)
        time.sleep(pauses[1])
        done.set()
        for thread in threads:
            thread.join(150)
        _drain(book)
    finally:
        done.set()
        house.stop()
    verdict = prove(book, _check())
    name = uow.database().url.get_backend_name()
    uow.database().dispose()
    return Outcome(name, seed, dead, round(time.monotonic() - began), book, verdict)


def _everybody(port: int, book: Book, seed: int, done: threading.Event) -> list[Worker]:
    def common(n: int) -> tuple:
        return port, book, f"{seed}-{n}", done

    return [
        Shop(*common(0)), Auditor(*common(1)), Supervisor(*common(2)), Picker("Ana", *common(3)),
        Picker("Ben", *common(4)), Packer("Bo", "P-SHA-1", *common(5)), Packer("Eve", "P-SHA-2", *common(6)),
        Lorry(*common(7)), Carrier(*common(8)), Desk(*common(9)),
    ]  # fmt: skip


def _kill(house: RunningHouse, kills: int, rng: random.Random, pauses: tuple[float, float], say: Say) -> Counter:
    """From this thread only: children die with the thread that started them."""
    dead: Counter[str] = Counter()
    for n in range(1, kills + 1):
        pause, victim = rng.uniform(*pauses), rng.choice(("server", "worker"))
        time.sleep(pause)
        {"server": house.kill_server, "worker": house.kill_worker}[victim]()
        dead[victim] += 1
        began = time.monotonic()
        house.start(victim)
        say(f"kill {n}: {victim} after {pause:.1f} s, back in {time.monotonic() - began:.1f} s")
    return dead


def _drain(book: Book) -> None:
    """Wait until the worker has carried everything."""
    if not _wait_until(lambda: not _waiting(), DRAIN_SECONDS):
        book.complain(f"{_waiting()} messages were still waiting {DRAIN_SECONDS} s after the last kill")


def _check() -> str:
    """What `flask check` prints."""
    broken = cli.run_checks(wiring.CHECKS)
    return "\n".join(f"BAD  {name}: {row}" for name, rows in broken.items() for row in rows)


def _waiting() -> int:
    with reading() as db:
        return events.waiting(db)


def _wait_until(is_so: Callable[[], bool], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if is_so():
            return True
        time.sleep(0.5)
    return False


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak.kills", description=__doc__.splitlines()[0])
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=int(datetime.now().timestamp()) % 100_000)  # noqa: DTZ005
    options = parser.parse_args(arguments)
    print(f"seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="floor-soak-") as name:
        folder = Path(name)
        with empty_database(options.database, folder) as url:
            outcome = soak(url, options.kills, options.seed, folder, lambda words: print(words, flush=True))
        log = (folder / "house.log").read_text(errors="replace")
    for words in (*outcome.lost, *outcome.doubled, *outcome.broken):
        print(f"  {words}")
    if not outcome.is_sound:
        print(log[-6000:])
    print(f"effects: {dict(sorted(Counter(p.kind for p in outcome.book.promises).items()))}")
    print(outcome)
    return 0 if outcome.is_sound else 1


if __name__ == "__main__":
    sys.exit(main())
