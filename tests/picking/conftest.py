"""Walks to pick: a small floor, orders on it, and a walk past the bins that hold their units."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from floor import wiring
from floor.inventory.models import Bin, BinKind, Reservation, Tote, Warehouse
from floor.inventory.queries import warehouse_by_code
from floor.kit import clock
from floor.kit.actor import SYSTEM, Actor
from floor.kit.uow import unit_of_work
from floor.people.models import User
from floor.picking import putwall, queries, service, walls
from floor.picking.models import Walk, WalkTote
from floor.picking.models_wall import BatchTote, Wall, WallSlot
from floor.picking.queries import StopView, WalkView
from floor.picking.service import NewPick, NewStop, NewWalk
from floor.picking.states import WalkAction, WalkMode
from floor.shipments.models import Shipment, ShipmentLine
from tests.factories import a_bin, a_carrier, a_planned_shipment, a_sku, a_warehouse, an_order, ean, stock
from tests.furnished import Furniture

SPOTS = ("A01-02-1", "A01-06-2", "A03-04-1", "A04-08-3")


def person(db: Session, name: str) -> Actor:
    user = db.exec(select(User).where(User.name == name)).one()
    return Actor("user", user.id, user.name)


@dataclass
class Floor:
    """A warehouse with goods: `skus[n]` lies in `bins[n]`. Ids only, so that it outlives its session."""

    house: Warehouse
    bins: list[Bin]
    skus: list
    carrier: object

    def walk(
        self, db: Session, wants: list[dict[int, int]], *, publish: bool = True, due_in: int = 3,
        mode: WalkMode = WalkMode.CLUSTER,
    ) -> Walk:  # fmt: skip
        """A walk for one shipment per dict of {index of bin and SKU: units}; the first is promised earliest."""
        now = clock.now()
        slots, picks = [], defaultdict(list)
        for slot, want in enumerate(wants, start=1):
            order = an_order(
                db, [(self.skus[n], qty) for n, qty in want.items()], promised_at=now + timedelta(hours=3 + slot)
            )
            parts = [(self.bins[n], self.skus[n], qty) for n, qty in want.items()]
            shipment = a_planned_shipment(db, order, parts, self.carrier)
            slots.append((slot, shipment.id))
            for line in rows(db, ShipmentLine, shipment_id=shipment.id):
                (promise,) = rows(db, Reservation, shipment_line_id=line.id)
                n = next(n for n in want if self.skus[n].id == line.sku_id)
                picks[n].append(NewPick(slot, line.id, promise.id, promise.qty))
        stops = tuple(NewStop(self.bins[n].id, self.skus[n].id, 5000, tuple(picks[n])) for n in sorted(picks))
        new = NewWalk(
            self.house.id, None, tuple(slots), stops, 90_000, 12, now + timedelta(hours=due_in), 5, len(wants), 0,
            mode,
        )  # fmt: skip
        walk = service.create_walk(db, new, SYSTEM)
        if publish:
            service.advance(db, walk, WalkAction.PUBLISH, SYSTEM)
        return walk

    def started(self, db: Session, wants: list[dict[int, int]], who: Actor) -> Walk:
        """A walk in the hands of `who`, cart and totes bound."""
        walk = self.walk(db, wants)
        service.claim(db, walk.id, who)
        service.bind_cart(db, walk.id, "C-SHA-1", who)
        for tote in self.free_totes(db)[: len(wants)]:
            service.bind_tote(db, walk.id, tote.code, who)
        return walk

    def batch(self, db: Session, wants: list[dict[int, int]], who: Actor, cart: str = "C-SHA-1") -> Walk:
        """A walk for the put wall in the hands of `who`, one shared tote bound."""
        walk = self.walk(db, wants, mode=WalkMode.WALL)
        service.claim(db, walk.id, who)
        service.bind_cart(db, walk.id, cart, who)
        service.bind_tote(db, walk.id, self.free_totes(db)[0].code, who)
        return walk

    def at_the_wall(self, db: Session, wants: list[dict[int, int]], who: Actor) -> tuple[Wall, Walk, str]:
        """A wall of six slots (made once), a batch picked whole, its tote scanned there; the tote's code, too."""
        wall = db.exec(select(Wall)).first()
        wall = wall or walls.put_up(db, self.house.id, "W1", 6, walls.Terms(3, True, 2), SYSTEM)
        walk = self.batch(db, wants, who)
        Picker(db, walk, who).pick_all()
        service.finish(db, walk.id, "L1", who)
        tote = rows(db, BatchTote, walk_id=walk.id)[0]
        putwall.begin(db, wall, db.get_one(Tote, tote.tote_id).code, who)
        return wall, walk, db.get_one(Tote, tote.tote_id).code

    def free_totes(self, db: Session) -> list[Tote]:
        busy = select(WalkTote.tote_id).where(WalkTote.is_busy, WalkTote.tote_id.is_not(None))
        shared, slots = select(BatchTote.tote_id).where(BatchTote.is_busy), select(WallSlot.id)
        mine = select(Tote).where(Tote.warehouse_id == self.house.id)
        free = mine.where(Tote.id.not_in(busy), Tote.id.not_in(shared), Tote.id.not_in(slots))
        return list(db.exec(free.order_by(Tote.code)))

    def code(self, n: int) -> str:
        return ean(self.skus[n])


def a_floor(db: Session) -> Floor:
    """Four SKUs, ten units each in a bin of its own; the second and third are brothers of the first."""
    house = warehouse_by_code(db, "SHA") or a_warehouse(db)
    bins = [a_bin(db, house, code) for code in SPOTS]
    a_bin(db, house, "A04-01-1", BinKind.QUARANTINE)
    skus = [a_sku(db, code) for code in ("TEE-NAVY-L", "TEE-BLACK-L", "TEE-NAVY-M", "MUG-WHITE")]
    for sku in skus[:3]:
        sku.name = "圆领短袖"
    skus[1].colour, skus[2].size, skus[3].size = "黑", "M", ""
    for where, sku in zip(bins, skus, strict=True):
        stock(db, where, sku, 10)
    return Floor(house, bins, skus, a_carrier(db))


def sound(db: Session) -> None:
    """What `flask check` proves holds now."""
    db.flush()
    broken = {name: rows for name, find in wiring.CHECKS.items() if (rows := find(db))}
    assert broken == {}


class Picker:
    """One picker scanning along a walk: `scan("A01-02-1")` is a scan at the stop on screen."""

    def __init__(self, db: Session, walk: Walk, who: Actor) -> None:
        self.db, self.walk, self.who = db, walk, who
        self.at = self.view.after(None)

    @property
    def view(self) -> WalkView:
        return queries.walk_view(self.db, self.walk.id)

    @property
    def stop(self) -> StopView:
        return self.view.by_id(self.at.id)

    def scan(self, code: str):
        return self.heard(service.scan(self.db, self.walk.id, self.at.id if self.at else None, code, self.who))

    def heard(self, verdict):
        view = self.view
        self.at = view.by_id(verdict.stop_id) or view.after(self.at)
        return verdict

    def pick_all(self) -> None:
        """Pick whatever is left of the walk, rightly."""
        while self.at is not None:
            self.scan(self.next_code())

    def next_code(self) -> str:
        stop = self.stop
        match stop.phase:
            case "bin":
                return stop.code
            case "put":
                return stop.puts[0].slot.tote
            case _:
                return stop.goods.barcode

    def report(self, got: int, why: service.Why = service.Why.SHORT):
        return self.heard(service.report(self.db, self.walk.id, self.at.id, got, why, self.who))

    def undo(self):
        return self.heard(service.undo(self.db, self.walk.id, self.who))


def a_kept_floor() -> Floor:
    with unit_of_work() as db:
        return a_floor(db)


@pytest.fixture
def furniture(request: pytest.FixtureRequest) -> Furniture | None:
    return a_kept_floor if "floor" in request.fixturenames else None


@pytest.fixture
def floor(db: Session, furnished: Callable[[Session], Floor]) -> Floor:
    return furnished(db)


@pytest.fixture
def ana(db: Session) -> Actor:
    return person(db, "Ana")


@pytest.fixture
def ben(db: Session) -> Actor:
    return person(db, "Ben")


@pytest.fixture
def two_orders(db: Session, floor: Floor, ana: Actor) -> Picker:
    """Stop 1: 3 units, 2 for slot 1 and 1 for slot 2. Stop 2: 1 unit for slot 2. Stop 3: 8 for slot 1."""
    return Picker(db, floor.started(db, [{0: 2, 3: 8}, {0: 1, 2: 1}], ana), ana)


@pytest.fixture
def one_order(db: Session, floor: Floor, ana: Actor) -> Picker:
    """One tote: 2 units at stop 1, 7 at stop 2."""
    return Picker(db, floor.started(db, [{0: 2, 2: 7}], ana), ana)


def rows(db: Session, model, **where) -> list:
    """All rows of a table with these values, fresh, in order of id."""
    query = select(model).filter_by(**where).order_by(model.id).execution_options(populate_existing=True)
    return list(db.exec(query))


@contextmanager
def kept() -> Iterator[Session]:
    """A unit of work that is kept, for tests over HTTP."""
    with unit_of_work() as db:
        yield db


def shipments_of(db: Session, walk: Walk) -> list[Shipment]:
    mine = select(Shipment).join(WalkTote, WalkTote.shipment_id == Shipment.id).where(WalkTote.walk_id == walk.id)
    return list(db.exec(mine.order_by(WalkTote.slot).execution_options(populate_existing=True)).unique())
