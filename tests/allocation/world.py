"""A small house for tests of allocation: two warehouses, three goods, orders that end in every way."""

from dataclasses import dataclass, field

from sqlmodel import Session

from floor.allocation import jobs, queries, service
from floor.allocation.models import Run
from floor.catalog.models import Sku
from floor.inventory.models import Bin, BinKind, Warehouse
from floor.kit.actor import SYSTEM
from floor.kit.uow import reading, unit_of_work
from floor.orders.models import Order
from tests.factories import a_bin, a_carrier, a_sku, a_warehouse, an_order, stock


@dataclass
class World:
    house: Warehouse
    other: Warehouse
    tee: Sku
    mug: Sku
    #: Held by nobody.
    cap: Sku
    face: Bin
    reserve: Bin
    orders: dict[str, Order] = field(default_factory=dict)


def a_world(db: Session, tees: int = 10, mugs: int = 1, reserve_mugs: int = 24, far_tees: int = 10) -> World:
    """SHA: tees and few mugs on pick faces, mugs in reserve. BJS: some tees."""
    house, other = a_warehouse(db), a_warehouse(db, "BJS")
    tee, mug, cap = a_sku(db), a_sku(db, "MUG-WHITE"), a_sku(db, "CAP-RED")
    world = World(
        house, other, tee, mug, cap, a_bin(db, house, "A01-01-1"), a_bin(db, house, "A04-09-3", BinKind.RESERVE)
    )
    shelves = (
        (world.face, tee, tees),
        (a_bin(db, house, "A02-03-1"), mug, mugs),
        (world.reserve, mug, reserve_mugs),
        (a_bin(db, other, "A01-02-1"), tee, far_tees),
    )
    for where, sku, units in shelves:
        if units:
            stock(db, where, sku, units)
    a_carrier(db)
    return world


def a_full_world(db: Session) -> World:
    """Four orders: two can ship, one waits for replenishment, one for goods nobody has."""
    world = a_world(db)
    world.orders = {
        "first": an_order(db, [(world.tee, 2)]),
        "second": an_order(db, [(world.tee, 3), (world.mug, 1)]),
        "replenish": an_order(db, [(world.mug, 3)]),
        "nothing": an_order(db, [(world.cap, 1)]),
    }
    return world


def a_run(strategy: str = "optimal", **scope: object) -> int:
    with unit_of_work() as db:
        run = service.ask(db, strategy, scope, SYSTEM)
    assert run.id is not None
    return run.id


def a_done_run(strategy: str = "optimal", **scope: object) -> Run:
    """Asked for and done up to the reservations."""
    run_id = a_run(strategy, **scope)
    jobs.work(run_id)
    with reading() as db:
        return queries.run_for(db, run_id)
