"""Two sorters at the same moment: one gets the slot, the other is told. On both databases, with slow writes."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import patch

from sqlmodel import Session, select

from floor.inventory.models import Balance
from floor.kit import uow
from floor.kit.actor import Actor
from floor.kit.errors import Refused
from floor.kit.uow import unit_of_work
from floor.picking import leftovers, putwall, reassigning, service, urgent
from floor.picking.models_wall import Wall, WallLine, WallPut, WallSlot
from floor.picking.states import WalkState
from tests.picking.conftest import Floor, a_floor, person, rows, sound
from tests.picking.test_board import waiting
from tests.soak import window
from tests.soak.window import widened

WIDTH_MS = (30, 40)


def at_once(*calls: Callable[[Session], object]) -> list[object]:
    """Each in a unit of work of its own, at the same moment; what each came to, a refusal's code included."""
    start = threading.Barrier(len(calls))

    def one(call: Callable[[Session], object]) -> object:
        start.wait()
        try:
            with unit_of_work() as db:
                return call(db)
        except Refused as refused:
            return refused.code

    slow = patch.object(window, "WRITES", (*window.WRITES, "UPDATE wal", "INSERT INTO wal"))
    with slow, widened(uow.database().engine, 1, WIDTH_MS), ThreadPoolExecutor(len(calls)) as pool:
        return [asked.result() for asked in [pool.submit(one, call) for call in calls]]


def a_batch(wants: list[dict[int, int]]) -> tuple[int, int, Floor, dict[str, Actor]]:
    with unit_of_work() as db:
        floor = a_floor(db)
        who = {name: person(db, name) for name in ("Ana", "Ben")}
        wall, walk, _tote = floor.at_the_wall(db, wants, who["Ana"])
        floor.codes = [floor.code(n) for n in range(4)]
        return wall.id, walk.id, floor, who


def scan(wall_id: int, walk_id: int, code: str, who: Actor) -> Callable[[Session], object]:
    return lambda db: putwall.scan(db, db.get_one(Wall, wall_id), walk_id, None, code, who).code


def test_two_sorters_scan_the_last_unit_wanted_and_one_gets_the_slot(app):
    wall, walk, floor, who = a_batch([{2: 1}, {0: 1}])
    said = at_once(*(scan(wall, walk, floor.codes[2], one) for one in who.values()))
    assert Counter(said) == {"to_slot": 1, "with_somebody": 1}
    with unit_of_work() as db:
        (put,) = rows(db, WallPut)
        (line,) = [line for line in rows(db, WallLine) if line.id == put.line_id]
        assert (line.in_hand, line.in_slot) == (1, 0)
        sound(db)
    holder = next(one for one in who.values() if one.id == put.actor_id)
    assert at_once(scan(wall, walk, "W1-01", holder)) == ["slot_complete"]
    with unit_of_work() as db:
        sound(db)


def test_two_sorters_open_two_slots_of_one_wall_and_never_the_same(app):
    wall, walk, floor, who = a_batch([{0: 1}, {2: 1}])
    codes = dict(zip(who, (floor.codes[0], floor.codes[2]), strict=True))
    assert at_once(*(scan(wall, walk, codes[name], who[name]) for name in who)) == ["to_slot", "to_slot"]
    with unit_of_work() as db:
        assert len({put.slot_id for put in rows(db, WallPut)}) == 2


def test_two_batches_at_one_wall_never_get_one_slot(app):
    wall, walk, floor, who = a_batch([{0: 1}])
    with unit_of_work() as db:
        _wall, second, _tote = floor.at_the_wall(db, [{2: 1}], who["Ben"])
        second_id = second.id
    said = at_once(scan(wall, walk, floor.codes[0], who["Ana"]), scan(wall, second_id, floor.codes[2], who["Ben"]))
    assert said == ["to_slot", "to_slot"]
    with unit_of_work() as db:
        assert len({put.slot_id for put in rows(db, WallPut)}) == 2


def test_one_sorter_with_two_devices_has_one_unit_in_hand(app):
    wall, walk, floor, who = a_batch([{0: 2}, {2: 1}])
    said = at_once(*(scan(wall, walk, floor.codes[n], who["Ana"]) for n in (0, 2)))
    assert Counter(said) == {"to_slot": 1, "slot_first": 1}


def test_the_last_unit_and_the_report_that_it_is_missing_cannot_both_be_true(app):
    wall, walk, floor, who = a_batch([{2: 1}])

    def missing(db: Session) -> object:
        return leftovers.report_missing(db, db.get_one(Wall, wall), walk, 1, who["Ben"])

    said = at_once(scan(wall, walk, floor.codes[2], who["Ana"]), missing)
    assert said in (["to_slot", "picking.unit_with_somebody"], ["one_too_many", 1])
    with unit_of_work() as db:
        sound(db)


def test_everything_is_sorted_by_two_at_full_speed_and_the_books_agree(app):
    wall, walk, floor, who = a_batch([{0: 3, 2: 2}, {0: 2, 3: 1}, {2: 3}])
    units = {"Ana": [0, 0, 0, 2, 2, 3], "Ben": [0, 0, 2, 2, 2]}

    def sort(name: str) -> None:
        for n in units[name]:
            with unit_of_work() as db:
                said = putwall.scan(db, db.get_one(Wall, wall), walk, None, floor.codes[n], who[name])
            assert said.code == "to_slot", said
            with unit_of_work() as db:
                label = f"W1-{said.values['number']:02d}"
                assert putwall.scan(db, db.get_one(Wall, wall), walk, None, label, who[name]).kind == "ok"

    with ThreadPoolExecutor(2) as pool:
        for asked in [pool.submit(sort, name) for name in units]:
            asked.result()
    with unit_of_work() as db:
        assert {line.qty - line.in_slot for line in rows(db, WallLine)} == {0}
        slots = [slot.id for slot in rows(db, WallSlot)]
        assert sum(row.qty for row in db.exec(select(Balance).where(Balance.place_id.in_(slots)))) == 11
        assert db.get_one(putwall.Walk, walk).state is WalkState.DONE
        sound(db)


# --- the board --------------------------------------------------------------------------------------------------------


def test_a_walk_is_claimed_by_one_and_given_to_another_at_once_and_one_of_them_has_it(app):
    with unit_of_work() as db:
        walk_id = a_floor(db).walk(db, [{0: 1}]).id
        ana, ben, dai = (person(db, name) for name in ("Ana", "Ben", "Dai"))
    said = at_once(
        lambda db: service.claim(db, walk_id, ana) and "claimed",
        lambda db: reassigning.assign(db, walk_id, ben.id, dai) and "given",
    )
    with unit_of_work() as db:
        walk = db.get_one(putwall.Walk, walk_id)
        # Given after it was claimed, it changed hands: it carried nothing yet.
        assert (said, walk.picker_id) in (
            (["claimed", "picking.not_now"], ana.id), (["picking.taken", "given"], ben.id),
            (["claimed", "given"], ben.id),
        )  # fmt: skip
        sound(db)


def test_a_walk_is_given_to_whom_it_is_handed_over_at_the_same_moment(app):
    with unit_of_work() as db:
        walk_id = a_floor(db).walk(db, [{0: 1}]).id
        ana, ben, dai = (person(db, name) for name in ("Ana", "Ben", "Dai"))
        service.claim(db, walk_id, ana)
    at_once(
        lambda db: service.hand_over(db, walk_id, "B-1002", ana).name,
        lambda db: reassigning.assign(db, walk_id, ben.id, dai).name,
    )
    with unit_of_work() as db:
        assert db.get_one(putwall.Walk, walk_id).picker_id == ben.id


def test_an_urgent_order_put_on_two_walks_at_once_is_on_one(app):
    with unit_of_work() as db:
        floor, dai = a_floor(db), person(db, "Dai")
        walks = [floor.walk(db, [{0: 1}]).id, floor.walk(db, [{2: 1}]).id]
        shipment = waiting(db, floor, {0: 1, 3: 1}).id
    said = at_once(*(lambda db, walk=walk: urgent.insert(db, shipment, walk, dai) and "joined" for walk in walks))
    assert Counter(said) == {"joined": 1, "picking.not_waiting": 1}
    with unit_of_work() as db:
        sound(db)
