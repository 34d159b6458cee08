"""Two pickers whose work crosses: whatever the order of their stops, neither waits for the other in a circle."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlmodel import Session

from floor.inventory.queries import free_in
from floor.kit import uow
from floor.kit.actor import Actor
from floor.kit.uow import unit_of_work
from floor.picking import service
from floor.picking.models import Cart, Stop
from tests.factories import stock
from tests.picking.conftest import Floor, a_floor, person, rows, sound
from tests.soak.window import widened

SHARED = (0, 3)


@pytest.fixture
def crossing(app) -> tuple[Floor, dict[str, int], dict[str, Actor]]:
    """Ana and Ben walk past the same two bins, Ben from the far end; the first SKU lies in both bins."""
    with unit_of_work() as db:
        floor = a_floor(db)
        stock(db, floor.bins[3], floor.skus[0], 10)
        db.add(Cart(code="C-SHA-2", warehouse_id=floor.house.id))
        db.flush()
        who = {name: person(db, name) for name in ("Ana", "Ben")}
        walks = {}
        for cart, name in enumerate(who, start=1):
            walk = floor.walk(db, [dict.fromkeys(SHARED, 2)])
            service.claim(db, walk.id, who[name])
            service.bind_cart(db, walk.id, f"C-SHA-{cart}", who[name])
            service.bind_tote(db, walk.id, floor.free_totes(db)[0].code, who[name])
            walks[name] = walk.id
        _turn_round(db, walks["Ben"])
    return floor, walks, who


def _turn_round(db: Session, walk_id: int) -> None:
    first, last = rows(db, Stop, walk_id=walk_id)
    for position, stop in ((3, first), (1, last), (2, first)):
        stop.position = position
        db.flush()


def _both(do: Callable[[Session, str], object]) -> None:
    """Each in a unit of work of its own, at the same moment. Raises what either raised."""
    start = threading.Barrier(2)

    def one(name: str) -> None:
        start.wait()
        with unit_of_work() as db:
            do(db, name)

    with widened(uow.database().engine, 1), ThreadPoolExecutor(2) as pool:
        for asked in [pool.submit(one, name) for name in ("Ana", "Ben")]:
            asked.result()


def test_two_walks_given_up_from_opposite_ends_both_end(crossing):
    floor, walks, who = crossing
    _both(lambda db, name: service.finish(db, walks[name], "L1", who[name]))
    with unit_of_work() as db:
        assert [free_in(db, floor.bins[n].id, floor.skus[n].id) for n in SHARED] == [10, 10]
        sound(db)


def test_dbg(crossing):
    from sqlalchemy import event
    import time
    floor, walks, who = crossing
    out = []
    t0 = time.time()
    @event.listens_for(uow.database().engine, "after_cursor_execute")
    def f(c, cur, s, p, ctx, m):
        if "UPDATE" in s or s.startswith("INSERT"):
            out.append((round(time.time() - t0, 3), threading.get_ident() % 1000, s.split("WHERE")[0][:60].replace("\n", " "), str(p)[:120]))
    _both(lambda db, name: service.finish(db, walks[name], "L1", who[name]))
    print(*out, sep="\n")
    assert 0
