"""Everybody wants the last units at the same moment: who gets them, and what the others are told.

    python -m tests.soak.races --database sqlite|postgres --rounds 1000 --clients 20 --seed 1

Each round lays a few units of goods of its own and lets all clients reserve, take, move, scrap, count or refill them at
once, while every write of stock hesitates a few milliseconds between looking and taking (window.py). Some rounds come
by the verbs, some over HTTP. Accepted units must be exactly the stock, every loser must have got the plain sentence
with 409, and what lies there must be what the winners were told.
"""

import argparse
import random
import re
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from flask import Flask
from flask_babel import force_locale
from sqlmodel import col

from floor.inventory.messages import REFUSALS
from floor.inventory.models import Balance
from floor.kit import ids, uow
from floor.kit.errors import Conflict, Refused
from floor.kit.uow import reading, unit_of_work
from tests.servers import running_postgres
from tests.soak import deeds, planted
from tests.soak.deeds import Deed
from tests.soak.rounds import ROUNDS, Post, Race, Table
from tests.soak.shelves import Shelves, furnish, open_house
from tests.soak.stock_proof import broken_identities
from tests.soak.window import slow_down_postgres, widened
from tests.web_client import Person

Say = Callable[[str], None]
Kinds = Sequence[Callable[[Table], Race]]

#: An answer that takes longer is a finding: nobody on the floor waits so long.
PATIENCE_SECONDS = 20
#: The identities are looked at after so many rounds, and at the end.
LOOK_EVERY = 50
#: One round of so many comes over HTTP, besides those that always do.
OVER_HTTP = 3


@dataclass
class Outcome:
    database: str
    seed: int
    clients: int
    rounds: Counter = field(default_factory=Counter)
    accepted: int = 0
    refused: int = 0
    #: Of the refused: seen as 409 with the sentence, over HTTP.
    refused_http: int = 0
    longest: float = 0
    seconds: float = 0
    #: More or fewer units accepted than there were, or other balances than the winners were told.
    oversold: list[str] = field(default_factory=list)
    #: Errors, deadlocks, locks, time-outs, wrong words, broken identities.
    broken: list[str] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        return not (self.oversold or self.broken)

    def __str__(self) -> str:
        return (
            f"races on {self.database}, seed {self.seed}: {self.rounds.total()} rounds of {self.clients} clients in"
            f" {self.seconds:.0f} s · {self.accepted} accepted, {self.refused} refused with the plain sentence"
            f" ({self.refused_http} as 409 over HTTP), longest wait {self.longest:.1f} s"
            f" · oversold {len(self.oversold)}, broken {len(self.broken)}"
        )


Seen = Callable[[Outcome], bool]


class Races:
    """The clients, kept for all rounds; `outcome` gathers what happened to them."""

    def __init__(self, app: Flask, shelves: Shelves, clients: int, seed: int, fault: str = "") -> None:
        self.app, self.shelves, self.clients, self.seed, self.fault = app, shelves, clients, seed, fault
        self.outcome = Outcome(uow.database().url.get_backend_name(), seed, clients)
        self.people = [Person(app, "Dai") for _n in range(clients)]
        self._lock = threading.Lock()
        with app.app_context(), force_locale("en"):
            self._sentences = {code: re.compile(_pattern(str(words))) for code, words in REFUSALS.items()}

    def run(self, rounds: int, say: Say, kinds: Kinds = ROUNDS, until: Seen | None = None) -> Outcome:
        """So many rounds, fewer when what `until` looks for is seen."""
        began = time.monotonic()
        with ThreadPoolExecutor(self.clients) as pool:
            for number in range(rounds):
                self._round(pool, number, kinds[number % len(kinds)])
                if until and until(self.outcome):
                    break
                if (number + 1) % LOOK_EVERY == 0:
                    self.outcome.broken += broken_identities(self.app)
                    self.outcome.seconds = time.monotonic() - began
                    say(str(self.outcome))
        self.outcome.broken += broken_identities(self.app)
        self.outcome.seconds = time.monotonic() - began
        return self.outcome

    def _round(self, pool: ThreadPoolExecutor, number: int, kind: Callable[[Table], Race]) -> None:
        rng = random.Random(f"{self.seed}-{number}")
        with unit_of_work() as db:
            race = kind(Table(db, self.shelves, rng, number, self.clients))
        is_http = rng.randrange(OVER_HTTP) == 0
        start = threading.Barrier(len(race.tries))
        with widened(uow.database().engine, self.seed + number):
            asked = [
                pool.submit(self._client, person, race, tries, start, is_http)
                for person, tries in zip(self.people, race.tries, strict=True)
            ]
            won = [deed for future in asked if (deed := future.result()) is not None]
        self.outcome.rounds[race.name] += 1
        self.outcome.accepted += len(won)
        self._judge(f"round {number} ({race.name})", race, won)

    # --- one client -------------------------------------------------------------------------------------------------

    def _client(
        self, person: Person, race: Race, tries: list[Deed | Post], start: threading.Barrier, is_http: bool
    ) -> Deed | None:
        """What was accepted, or None."""
        start.wait()
        for one in tries:
            began = time.monotonic()
            try:
                if self.fault == "read-then-write":
                    planted.look()
                by_post = isinstance(one, Post) or is_http
                done = self._ask(person, race, one) if by_post else self._do(race, one)
            except Exception as error:
                self._complain(f"{race.name}: {type(error).__name__}: {str(error)[:120]}")
                return None
            finally:
                self._time(race, time.monotonic() - began)
            if done is not None:
                return done
        return None

    def _do(self, race: Race, deed: Deed) -> Deed | None:
        """By the verb, in a unit of work."""
        token = ids.current_command.set(deed.command_id)
        try:
            with unit_of_work() as db:
                return deeds.perform(db, deed)
        except Refused as refused:
            if not isinstance(refused, Conflict) or refused.code not in race.lost:
                self._complain(f"{race.name}: {deed.kind} was refused with {refused}")
            self._lost()
            return None
        finally:
            ids.current_command.reset(token)

    def _ask(self, person: Person, race: Race, one: Deed | Post) -> Deed | None:
        """Over HTTP: 409 and one of the sentences, or done."""
        deed = one.deed if isinstance(one, Post) else one
        url, form = (one.url, one.form) if isinstance(one, Post) else (deeds.URL, {"deed": one.as_json()})
        got = person.post(url, form, deed.command_id, headers={"Accept": "application/json"})
        if got.status_code < 400:
            return deed if isinstance(one, Post) else deed.with_rows(got.get_json())
        words = str((got.get_json(silent=True) or {}).get("error", ""))
        if got.status_code != 409 or not any(self._sentences[code].fullmatch(words) for code in race.lost):
            self._complain(
                f"{race.name}: POST {url}, a {deed.kind}, was answered {got.status_code}: {words or got.text[:200]}"
            )
        self._lost(http=1)
        return None

    def _lost(self, http: int = 0) -> None:
        with self._lock:
            self.outcome.refused += 1
            self.outcome.refused_http += http

    def _time(self, race: Race, seconds: float) -> None:
        with self._lock:
            self.outcome.longest = max(self.outcome.longest, seconds)
        if seconds > PATIENCE_SECONDS:
            self._complain(f"{race.name}: an answer took {seconds:.0f} s")

    def _complain(self, words: str) -> None:
        with self._lock:
            self.outcome.broken.append(words)

    # --- the end of a round -----------------------------------------------------------------------------------------

    def _judge(self, name: str, race: Race, won: list[Deed]) -> None:
        units = sum(deed.units for deed in won)
        if race.units is not None and units != race.units:
            self.outcome.oversold.append(f"{name}: {units} units were accepted, there were {race.units}")
        expected = {key: list(pair) for key, pair in race.before.items()}
        for deed in won:
            for sku, qty, here, there in deed.moves:
                expected.setdefault((here, sku), [0, 0])[0] -= qty
                expected.setdefault((there, sku), [0, 0])[0] += qty
            for where, sku, qty in deed.promises:
                expected.setdefault((where, sku), [0, 0])[1] += qty
        outside = self.shelves.beyond.values()
        told = {key: tuple(pair) for key, pair in expected.items() if key[0] not in outside and any(pair)}
        found = self._lying({sku for _place, sku in race.before})
        self.outcome.oversold += [
            f"{name}: (place, sku) {key}: the winners were told {told.get(key)}, there are {found.get(key)}"
            for key in sorted(told.keys() | found.keys())
            if told.get(key) != found.get(key)
        ]

    def _lying(self, skus: set[int]) -> dict[tuple[int, int], tuple[int, int]]:
        """(place, sku) -> (units, promised)."""
        b = Balance
        query = sa.select(col(b.place_id), col(b.sku_id), col(b.qty), col(b.reserved)).where(col(b.sku_id).in_(skus))
        with reading() as db:
            return {(p, sku): (qty, held) for p, sku, qty, held in db.execute(query) if qty or held}


def _pattern(sentence: str) -> str:
    return re.sub(r"%\\\((\w+)\\\)s", r"\\S+", re.escape(sentence))


def run(
    url: str, rounds: int, clients: int, seed: int, say: Say, fault: str = "", kinds: Kinds = ROUNDS,
    until: Seen | None = None,
) -> Outcome:  # fmt: skip
    """Open a house in an empty database, hold the races in it, and close it."""
    with planted.planted(fault):
        app = open_house(url)
        if not uow.database().is_sqlite:
            slow_down_postgres()
        outcome = Races(app, furnish(), clients, seed, fault).run(rounds, say, kinds, until)
        uow.database().dispose()
    return outcome


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak.races", description=__doc__.splitlines()[0])
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--seed", type=int, default=int(datetime.now().timestamp()) % 100_000)  # noqa: DTZ005
    parser.add_argument("--planted", choices=tuple(planted.FAULTS), default="", help="a fault that must be found")
    options = parser.parse_args(arguments)
    print(f"seed {options.seed}", flush=True)
    with ExitStack() as stack:
        if options.database == "sqlite":
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="floor-soak-"))
            url = f"sqlite:///{Path(folder) / 'floor.db'}"
        else:
            url = stack.enter_context(running_postgres()).create_database()
        what = (options.rounds, options.clients, options.seed)
        outcome = run(url, *what, lambda words: print(words, flush=True), options.planted)
    for words in (outcome.oversold + outcome.broken)[:60]:
        print(f"  {words}")
    print(f"rounds: {dict(sorted(outcome.rounds.items()))}")
    print(outcome)
    return 0 if outcome.is_sound else 1


if __name__ == "__main__":
    sys.exit(main())
