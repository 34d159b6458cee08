"""Two pickers whose ways cross: whatever the order of their stops, they never wait for each other in a circle."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sqlmodel import Session

from floor.inventory.queries import free_in
from floor.kit import uow
from floor.kit.actor import Actor
from floor.kit.uow import unit_of_work
from floor.picking import service
from floor.picking.models import Cart, Stop
from tests.factories import stock
from tests.picking.conftest import Floor, Picker, a_floor, person, rows, sound
from tests.soak.window import widened

#: Milliseconds every write hesitates: long enough that both have begun before either goes on.
WIDTH_MS = (30, 40)


@dataclass
class Crossing:
    """Ana's walk and Ben's; the first SKU lies in the first bin and (as number 4) in the last."""

    floor: Floor
    walks: dict[str, int]
    who: dict[str, Actor]

    def free(self, db: Session, *numbers: int) -> list[int]:
        return [free_in(db, self.floor.bins[n].id, self.floor.skus[n].id) for n in numbers]


def _crossing(ana: dict[int, int], ben: dict[int, int]) -> Crossing:
    with unit_of_work() as db:
        floor = a_floor(db)
        stock(db, floor.bins[3], floor.skus[0], 10)
        floor.bins.append(floor.bins[3])
        floor.skus.append(floor.skus[0])
        db.add(Cart(code="C-SHA-2", warehouse_id=floor.house.id))
        db.flush()
        made = Crossing(floor, {}, {name: person(db, name) for name in ("Ana", "Ben")})
        for cart, (name, want) in enumerate({"Ana": ana, "Ben": ben}.items(), start=1):
            walk, who = floor.walk(db, [want]), made.who[name]
            service.claim(db, walk.id, who)
            service.bind_cart(db, walk.id, f"C-SHA-{cart}", who)
            service.bind_tote(db, walk.id, floor.free_totes(db)[0].code, who)
            made.walks[name] = walk.id
    return made


def _both(do: Callable[[Session, str], object]) -> None:
    """Each in a unit of work of its own, at the same moment. Raises what either raised."""
    start = threading.Barrier(2)

    def one(name: str) -> None:
        start.wait()
        with unit_of_work() as db:
            do(db, name)

    with widened(uow.database().engine, 1, WIDTH_MS), ThreadPoolExecutor(2) as pool:
        for asked in [pool.submit(one, name) for name in ("Ana", "Ben")]:
            asked.result()


def test_two_walks_given_up_from_opposite_ends_both_end(app):
    crossing = _crossing({0: 2, 3: 2}, {0: 2, 3: 2})
    with unit_of_work() as db:
        first, last = rows(db, Stop, walk_id=crossing.walks["Ben"])
        for position, stop in ((3, first), (1, last), (2, first)):
            stop.position = position
            db.flush()
    _both(lambda db, name: service.finish(db, crossing.walks[name], "L1", crossing.who[name]))
    with unit_of_work() as db:
        assert crossing.free(db, 0, 3) == [10, 10]
        sound(db)


def test_two_shorts_with_detours_to_each_others_bins_both_end(app):
    crossing = _crossing({0: 2}, {4: 2})

    def report(db: Session, name: str) -> None:
        stop = rows(db, Stop, walk_id=crossing.walks[name])[0]
        service.report(db, crossing.walks[name], stop.id, 0, service.Why.SHORT, crossing.who[name])

    _both(report)
    with unit_of_work() as db:
        assert crossing.free(db, 0, 4) == [6, 6]  # two lost and two promised of each ten
        sound(db)
    _both(lambda db, name: service.undo(db, crossing.walks[name], crossing.who[name]))
    with unit_of_work() as db:
        assert crossing.free(db, 0, 4) == [8, 8]
        for name, walk_id in crossing.walks.items():
            Picker(db, db.get_one(service.Walk, walk_id), crossing.who[name]).pick_all()
        sound(db)
