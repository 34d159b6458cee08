"""Two people at the same lots: whatever the moment, nobody deadlocks, nothing is sold twice, and the books stay true.

One transaction is stopped before its n-th statement, the other runs until it commits or waits for a lock, then the
first goes on; for every n up to the commit, and with the roles exchanged. SQLite lets one writer in at a time, so there
one stop is enough.
"""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from itertools import count

import pytest
import sqlalchemy as sa
from sqlmodel import Session, select

from floor.catalog.models import Sku, Tracking
from floor.inventory import books, lots, service
from floor.inventory.lots import Held
from floor.inventory.models import Bin, Lot, MoveReason, PlaceKind, Reservation, Warehouse
from floor.inventory.service import Move, Wish
from floor.kit import clock, uow
from floor.kit.actor import SYSTEM
from floor.kit.errors import Refused
from floor.kit.uow import reading, unit_of_work
from tests.factories import a_bin, a_sku, a_warehouse

Verb = Callable[[Session], object]
SECONDS = 30
#: Statements worth a stop: they read, write or lock what the other one may write.
STOCK = re.compile(r"stock_|\blot\b|FOR (NO KEY )?UPDATE|FOR SHARE")
WAITING = sa.text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@dataclass
class Person:
    """One transaction in a thread of its own; `stop` > 0: it waits before its `stop`-th statement, or its commit."""

    verb: Verb
    stop: int = 0
    said: str = ""
    reached: bool = False
    stopped: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self) -> None:
        try:
            with unit_of_work() as db:
                steps = count(1)

                def before(_line: object, _cursor: object, text: str, *_rest: object) -> None:
                    if STOCK.search(text) and next(steps) == self.stop:
                        self.pause()

                sa.event.listen(db.connection(), "before_cursor_execute", before)
                self.verb(db)
                db.flush()
                before(None, None, "FOR UPDATE")
            self.said = "done"
        except Refused as no:
            self.said = no.code
        except Exception as error:
            self.said = f"{type(error).__name__}: {error}"
        finally:
            self.stopped.set()

    def pause(self) -> None:
        self.reached = True
        self.stopped.set()
        assert self.go.wait(SECONDS)


def race(first: Verb, second: Verb, stop: int) -> tuple[str, str] | None:
    """What both were told; None when the first was over before its `stop`-th statement."""
    one, two = Person(first, stop), Person(second)
    one.thread.start()
    assert one.stopped.wait(SECONDS)
    two.thread.start()
    _until_it_waits(two)
    one.go.set()
    for person in (one, two):
        person.thread.join(SECONDS)
        assert not person.thread.is_alive(), "it never ended"
    return (one.said, two.said) if one.reached else None


def _until_it_waits(person: Person) -> None:
    if uow.database().is_sqlite:
        person.thread.join(0.02)
        return
    with uow.database().engine.connect().execution_options(isolation_level="AUTOCOMMIT") as line:
        while person.thread.is_alive() and not line.execute(WAITING).scalar_one():
            person.thread.join(0.002)


@dataclass
class Scene:
    """A SKU of its own for every race: its bins, its lots, a promise."""

    sku: int
    shelf: int
    empty: int
    tote: int
    lot: int
    other: int
    promise: int
    customer: int

    def bin(self, db: Session, place: int) -> Bin:
        return db.get_one(Bin, place)

    def take(self, db: Session) -> None:
        service.take(db, db.get_one(Reservation, self.promise), 2, self.tote, "walk", 1, SYSTEM)

    def put_back(self, db: Session) -> None:
        service.put_back(db, db.get_one(Reservation, self.promise), 1, self.tote, "walk", 1, SYSTEM)

    def give_up(self, db: Session) -> None:
        service.release(db, db.get_one(Reservation, self.promise))

    def short(self, db: Session) -> None:
        """What a short report does: the promise ends and a unit is lost, in one transaction."""
        service.release(db, db.get_one(Reservation, self.promise), 1)
        beyond = service.beyond(db, PlaceKind.LOST, self.bin(db, self.shelf).warehouse_id)
        service.move(db, [Move(self.sku, 1, self.shelf, beyond, MoveReason.SHORT)], "walk", 1, SYSTEM)

    def receive(self, db: Session) -> None:
        service.receive(db, self.bin(db, self.empty), self.sku, 3, SYSTEM, lot_id=self.lot)

    def relocate(self, db: Session) -> None:
        service.relocate(db, self.bin(db, self.shelf), self.bin(db, self.empty), self.sku, 2, SYSTEM)

    def relocate_named(self, db: Session) -> None:
        here, there = self.bin(db, self.shelf), self.bin(db, self.empty)
        service.relocate(db, here, there, self.sku, 2, SYSTEM, lot_id=self.lot)

    def reserve(self, db: Session) -> None:
        service.reserve(db, [Wish(self.shelf, self.sku, 2, 7)])

    def come_back(self, db: Session) -> None:
        step = Move(self.sku, 1, self.customer, self.empty, MoveReason.RETURN)
        service.move(db, [step], "return", 1, SYSTEM)

    def hold(self, db: Session) -> None:
        lots.hold(db, db.get_one(Lot, self.lot), Held.QUALITY, SYSTEM)

    def expire(self, db: Session) -> None:
        lots.expire(db, SYSTEM)

    def rebuild(self, db: Session) -> None:
        assert books.rebuild(db) == 0


NUMBERS = count(1)


def today() -> date:
    """Asked anew by each scene: the races take longer than midnight does."""
    return clock.now().date()


def a_scene(tracking: Tracking = Tracking.LOT) -> Scene:
    """Lot A (too old a day from now) 4 units and lot B 2 units on a shelf, 4 promised, one more in the tote."""
    with unit_of_work() as db:
        house = db.exec(select(Warehouse)).first() or a_warehouse(db)
        n = next(NUMBERS)
        sku = a_sku(db, f"SKU-{n}")
        sku.tracking = tracking
        db.flush()
        shelf, empty = a_bin(db, house, f"A01-{n}-1"), a_bin(db, house, f"A02-{n}-1")
        places = [service.new_place(db, PlaceKind.TOTE, house.id or 0)]
        customer = service.beyond(db, PlaceKind.CUSTOMER, house.id or 0)
        lot, other = lots.lot_for(db, sku, "A", today()), lots.lot_for(db, sku, "B", None)
        promise = 0
        if tracking is Tracking.LOT:
            service.receive(db, shelf, sku.id or 0, 5, SYSTEM, lot_id=lot.id)
            service.receive(db, shelf, sku.id or 0, 2, SYSTEM, lot_id=other.id)
            made = service.reserve_one(db, Wish(shelf.id, sku.id or 0, 5, 1))
            service.take(db, made, 1, places[0], "walk", 1, SYSTEM)
            promise = made.id or 0
        return Scene(sku.id or 0, shelf.id, empty.id, places[0], lot.id or 0, other.id or 0, promise, customer)


def every_moment(
    scene: Callable[[], Scene], first: Callable[[Scene, Session], object], second: Callable[[Scene, Session], object]
) -> set[tuple[str, str]]:
    """What the two were told, at every moment and in both roles, as (first, second); the books are true after it."""
    told = set()
    for swapped in (False, True):
        for stop in count(1):
            here = scene()
            one, two = (second, first) if swapped else (first, second)
            said = race(partial(one, here), partial(two, here), stop)
            if said is None:
                break
            told.add(said[::-1] if swapped else said)
            if uow.database().is_sqlite:
                break
    with reading() as db:
        broken = [
            *books.broken_balances(db), *books.broken_reservations(db), *books.broken_lots(db),
            *books.broken_holds(db), *books.stale(db),
        ]  # fmt: skip
    assert broken == [], told
    return told


DONE = ("done", "done")


@pytest.mark.parametrize(
    ("verb", "refusals"),
    [
        (Scene.take, {"inventory.lot_on_hold"}),
        (Scene.put_back, set()),
        (Scene.give_up, set()),
        (Scene.short, {"inventory.lot_on_hold", "inventory.not_enough"}),
        (Scene.receive, set()),
        (Scene.relocate, {"inventory.lot_on_hold", "inventory.not_enough"}),
        (Scene.relocate_named, {"inventory.not_enough"}),
        (Scene.reserve, {"inventory.not_enough"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_hold_races_with(app, verb, refusals):
    told = every_moment(a_scene, Scene.hold, verb)
    assert told <= {DONE, *(("done", code) for code in refusals)}


@pytest.mark.parametrize("verb", [Scene.take, Scene.reserve, Scene.hold], ids=lambda value: value.__name__)
def test_what_grows_too_old_races_with(app, verb):
    def expire(here: Scene, db: Session) -> None:
        # The promise of this scene's SKU alone: the lots of scenes before are on hold already.
        lots.expire(db, SYSTEM)

    with clock.shifted(timedelta(days=2)):
        told = every_moment(lambda: _made_yesterday(a_scene), expire, verb)
    refusals = {"inventory.lot_on_hold", "inventory.not_enough", "inventory.lot_held_already"}
    assert told <= {DONE, *(("done", code) for code in refusals)}


def _made_yesterday(scene: Callable[[], Scene]) -> Scene:
    with clock.shifted(timedelta(days=-2)):
        return scene()


def test_a_serial_number_that_comes_in_twice_at_once_comes_in_once(app):
    def one(here: Scene, db: Session) -> None:
        service.receive(db, here.bin(db, here.shelf), here.sku, 1, SYSTEM, lot_id=here.lot)

    def two(here: Scene, db: Session) -> None:
        service.receive(db, here.bin(db, here.empty), here.sku, 1, SYSTEM, lot_id=here.lot)

    told = every_moment(lambda: a_scene(Tracking.SERIAL), one, two)
    assert told <= {("done", "inventory.serial_known"), ("inventory.serial_known", "done")}


def test_a_new_lot_unpacked_by_two_is_one_lot(app):
    def unpack(here: Scene, db: Session, where: int) -> None:
        lot = lots.lot_for(db, db.get_one(Sku, here.sku), "NEW", None)
        service.receive(db, here.bin(db, where), here.sku, 2, SYSTEM, lot_id=lot.id)

    told = every_moment(
        a_scene, lambda here, db: unpack(here, db, here.shelf), lambda here, db: unpack(here, db, here.empty)
    )
    assert told == {DONE}


def test_the_first_units_without_a_number_come_back_twice_at_once(app):
    assert every_moment(a_scene, Scene.come_back, Scene.come_back) == {DONE}


def test_the_first_two_scraps_of_a_house_go_to_one_place(app):
    def scrap(here: Scene, db: Session) -> int:
        return service.beyond(db, PlaceKind.SCRAP, here.bin(db, here.shelf).warehouse_id)

    def fresh() -> Scene:
        here = a_scene()
        with unit_of_work() as db:
            house = a_warehouse(db, f"W{next(NUMBERS)}")
            for place in (here.shelf, here.empty):
                db.get_one(Bin, place).warehouse_id = house.id or 0
        return here

    assert every_moment(fresh, scrap, scrap) == {DONE}
    with reading() as db:
        twice = sa.text("SELECT warehouse_id FROM place WHERE kind = 'scrap' GROUP BY warehouse_id HAVING count(*) > 1")
        assert db.execute(twice).all() == []


@pytest.mark.parametrize("verb", [Scene.take, Scene.give_up, Scene.hold, Scene.receive], ids=lambda v: v.__name__)
def test_the_caches_made_anew_race_with(app, verb):
    assert every_moment(a_scene, Scene.rebuild, verb) == {DONE}


def test_old_lots_of_two_skus_race_with_whoever_moves_both(app):
    """The lots lie the other way round than their SKUs, so that an order of locks by lot would be the wrong one."""

    def pair() -> Scene:
        with unit_of_work() as db:
            house = db.exec(select(Warehouse)).first() or a_warehouse(db)
            n = next(NUMBERS)
            low, high = a_sku(db, f"LOW-{n}"), a_sku(db, f"UP-{n}")
            low.tracking = high.tracking = Tracking.LOT
            db.flush()
            shelf, empty = a_bin(db, house, f"A03-{n}-1"), a_bin(db, house, f"A04-{n}-1")
            later, first = lots.lot_for(db, high, "H", today()), lots.lot_for(db, low, "L", today())
            service.receive(db, shelf, high.id or 0, 3, SYSTEM, lot_id=later.id)
            service.receive(db, empty, low.id or 0, 3, SYSTEM, lot_id=first.id)
            return Scene(low.id or 0, shelf.id, empty.id, 0, first.id or 0, later.id or 0, high.id or 0, 0)

    def reserve_both(here: Scene, db: Session) -> None:
        high = here.promise
        service.reserve(db, [Wish(here.shelf, high, 1, 1), Wish(here.empty, here.sku, 1, 2)])

    def move_both(here: Scene, db: Session) -> None:
        high = here.promise
        steps = [
            Move(high, 1, here.shelf, here.empty, MoveReason.RELOCATE),
            Move(here.sku, 1, here.empty, here.shelf, MoveReason.RELOCATE),
        ]
        service.move(db, steps, "bin", here.shelf, SYSTEM)

    for verb in (reserve_both, move_both):
        with clock.shifted(timedelta(days=2)):
            told = every_moment(lambda: _made_yesterday(pair), Scene.expire, verb)
        assert told <= {DONE, ("done", "inventory.lot_on_hold"), ("done", "inventory.not_enough")}
