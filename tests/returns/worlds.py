"""Returns for tests: an order that went out, and a case as far along as a test wants it."""

from sqlmodel import Session, select

from floor.catalog.models import Carton, Sku
from floor.inventory.models import Bin, BinKind, Warehouse
from floor.kit.actor import Actor
from floor.orders.models import Order
from floor.people import queries as people
from floor.returns import queries, service
from floor.returns.models import Grade, ReturnCase, ReturnReason
from floor.returns.service import Decision
from floor.shipments.models import Carrier
from tests.tracking.worlds import World

ALL_WELL = {"complete": True, "packaging": True, "clean": True, "works": True}
#: A refund no test order reaches, unless it wants to.
NO_LIMIT = 10_000_000


def clerk(world: World) -> Actor:
    chen = people.by_badge(world.db, "B-3001")
    return Actor("user", chen.id, chen.name)


def a_case(
    world: World, order: Order, units: list[int] | None = None, reason: ReturnReason = ReturnReason.WRONG_SIZE
) -> ReturnCase:
    """Announced: so many units of each line, in the order of its lines (all that is left by default)."""
    lines = queries.returnable(world.db, order.id)
    wants = {one.line.id: one.left if units is None else units[n] for n, one in enumerate(lines)}
    return service.request(world.db, order.id, wants, reason, "", "", clerk(world))


def on_the_desk(world: World, order: Order, units: list[int] | None = None, **values) -> ReturnCase:
    """Arrived, every item scanned."""
    case = a_case(world, order, units, **values)
    service.arrive(world.db, case.id, None, clerk(world))
    scan_all(world, case)
    return case


def scan_all(world: World, case: ReturnCase) -> None:
    for item, sku in queries.items_of(world.db, case.id):
        if item.inspected_at is None:
            service.matched(world.db, case.id, item.position, sku.id)


def decide_all(world: World, case: ReturnCase, grade: Grade = Grade.A) -> None:
    for item, _sku in queries.items_of(world.db, case.id):
        if item.inspected_at is not None:
            continue
        found = Decision(grade, ALL_WELL)
        service.decide(world.db, case.id, item.position, found, None, NO_LIMIT, clerk(world))


def world_again(db: Session) -> World:
    """The world of an earlier transaction."""
    one = lambda table, *where: db.exec(select(table).where(*where)).first()  # noqa: E731
    return World(
        db, one(Warehouse), one(Bin, Bin.kind == BinKind.PICK), one(Bin, Bin.kind == BinKind.RETURNS),
        one(Bin, Bin.kind == BinKind.QUARANTINE), one(Carrier), one(Carton), one(Sku, Sku.code == "TEE-NAVY-L"),
        one(Sku, Sku.code == "SOCK-GREEN"),
    )  # fmt: skip
