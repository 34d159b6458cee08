"""Carriers tell of many parcels in any order, much of it twice, several at once; each event must count once.

    python -m tests.soak.tracking --events 50000 --database sqlite|postgres [--seed 1] [--callers 4]

Parcels leave the house by its own verbs; half of the events told repeat an earlier one, one in fifty carries a code
nobody knows. They are shuffled and posted, signed, to the real webhook by several callers at once. Then every parcel
must stand where its own events lead in order, every event be kept once, every shipment be delivered once, every
customer be told a thing once, and the checks of tracking hold.
"""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from flask import Flask
from sqlmodel import col, func, select

from floor import cli
from floor.events.models import AuditEvent
from floor.factory import create_app
from floor.kit import clock, uow
from floor.kit.db import Database
from floor.kit.uow import reading, unit_of_work
from floor.shipments.models import Shipment
from floor.shipments.states import ShipmentState
from floor.tracking import codes, queries
from floor.tracking.models import CarrierEvent, Track
from floor.tracking.models_exceptions import TrackingLetter
from floor.tracking.states import Standing, standing
from tests.conftest import SETTINGS
from tests.factories import stock
from tests.servers import empty_database
from tests.tracking.worlds import a_world, knock, number_of, parcels_of_order, says

#: Events of one parcel that differ.
STORY = 50
#: Events in one message.
LETTER = 250
CODES = ("101", "103", "0", "1001", "1002", "5", "206", "2", "203", "209", "13", "501", "3", "6", "4")
#: Signed, and on their way back: these few end a story, so most parcels must not hear them.
ENDS = ("3", "6", "4")


@dataclass(frozen=True)
class Outcome:
    told: int
    distinct: int
    parcels: int
    seconds: float
    broken: list[str]


def ship(parcels: int) -> dict[str, int]:
    """Waybill number -> parcel of so many parcels that left."""
    with unit_of_work() as db:
        world = a_world(db)
        stock(db, world.face, world.tee, parcels)
    found = {}
    for _ in range(parcels):
        with unit_of_work() as db:
            world.db = db
            order = world.shipped([(world.tee, 1)], ago=timedelta(days=6))
            (parcel,) = parcels_of_order(db, order)
            found[number_of(db, parcel)] = parcel.id
    return found


def story(chance: random.Random, number: str, left: datetime) -> list[dict[str, str]]:
    """What is told of one parcel: a few end it, one in fifty codes is unknown, some moments are the same."""
    ends = chance.random() < 0.6
    told = []
    for n in range(STORY):
        code = "X77" if chance.random() < 0.02 else chance.choice(CODES)
        while code in ENDS and not (ends and n > STORY // 2 and chance.random() < 0.2):
            code = chance.choice(CODES)
        told.append(says(number, code, left + timedelta(minutes=100 * n + chance.choice((0, 0, 100))), f"no. {n}"))
    return told


def run(app: Flask, events: int, seed: int, callers: int) -> Outcome:
    chance = random.Random(seed)
    parcels = ship(max(1, events // (2 * STORY)))
    left = clock.now() - timedelta(days=5)
    once = [event for number in parcels for event in story(chance, number, left)]
    told = once + [chance.choice(once) for _ in range(events - len(once))]
    chance.shuffle(told)
    letters = [told[n : n + LETTER] for n in range(0, len(told), LETTER)]
    began = time.monotonic()
    with ThreadPoolExecutor(callers) as crew:
        answers = list(crew.map(lambda letter: knock(app.test_client(), letter).status_code, letters))
    seconds = time.monotonic() - began
    broken = [f"{n} messages were answered {status}" for status, n in Counter(answers).items() if status != 200]
    return Outcome(len(told), len(once), len(parcels), seconds, broken + _broken(parcels, once))


def _broken(parcels: dict[str, int], once: Sequence[dict[str, str]]) -> list[str]:
    ends: dict[int, Standing] = {}
    for number, parcel in parcels.items():
        mine = [(datetime.fromisoformat(e["at"]), codes.meaning(e["code"])) for e in once if e["waybill"] == number]
        ends[parcel] = standing(mine)
    with reading() as db:
        found = [
            f"parcel {track.parcel_id} is {track.state}, its events lead to {ends[track.parcel_id].state}"
            for track in db.exec(select(Track))
            if (track.state, track.delivered_at) != (ends[track.parcel_id].state, ends[track.parcel_id].delivered_at)
        ]
        kept = db.exec(select(func.count()).select_from(CarrierEvent)).one()
        delivered = db.exec(select(func.count()).where(Shipment.state == ShipmentState.DELIVERED)).one()
        steps, back = (
            db.exec(select(func.count()).where(AuditEvent.kind == f"shipments.shipment.{step}")).one()
            for step in ("deliver", "undeliver")  # a way back heard late takes a step back
        )
        twice = db.exec(
            select(TrackingLetter.parcel_id).group_by(col(TrackingLetter.parcel_id), col(TrackingLetter.topic))
            .having(func.count() > 1)
        ).all()  # fmt: skip
        found += [f"{kept} events are kept of {len(once)}"] * (kept != len(once))
        meant = sum(end.delivered_at is not None for end in ends.values())
        found += [f"{delivered} shipments are delivered in {steps} steps less {back}, {meant} were"] * (
            not delivered == steps - back == meant
        )
        found += [f"parcel {parcel}: its customer was told a thing twice" for parcel in twice]
        return found + queries.broken_tracks(db) + queries.broken_exceptions(db) + queries.broken_deliveries(db)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=50_000)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--callers", type=int, default=4)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, empty_database(options.database, Path(folder)) as url:
        app = create_app(replace(SETTINGS, database_url=url))
        uow.bind(Database(url))
        cli.migrate()
        outcome = run(app, options.events, options.seed, options.callers)
        uow.database().dispose()
    for words in outcome.broken[:20]:
        print(f"  {words}")
    verdict = f"{len(outcome.broken)} things are broken" if outcome.broken else "all applied once"
    print(
        f"{options.database}: {outcome.told:,} events told, {outcome.distinct:,} different ones of {outcome.parcels:,}"
        f" parcels, {options.callers} callers, {outcome.seconds:.0f} s ({outcome.told / outcome.seconds:,.0f}/s):"
        f" {verdict}"
    )
    return bool(outcome.broken)


if __name__ == "__main__":
    sys.exit(main())
