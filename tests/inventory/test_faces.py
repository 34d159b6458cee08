"""Pick faces and their refills: asked for in time, what expires first, one task at a time, walked in four steps."""

from datetime import timedelta

import pytest

from floor.catalog.models import Tracking
from floor.inventory import books, chores, facing, lots, queries, refilling, service, tasks
from floor.inventory.models import BinKind, CountTask, MoveReason, PlaceKind, Replenishment
from floor.inventory.service import Move, Wish
from floor.inventory.states import ReplenishmentState
from floor.kit import clock
from floor.kit.actor import SYSTEM, Actor
from floor.kit.errors import Conflict, Invalid
from floor.kit.uow import reading, unit_of_work
from tests.factories import a_bin, a_sku, a_warehouse, count, ean, stock

ANA, BEN = Actor("user", None, "Ana"), Actor("user", 2, "Ben")


@pytest.mark.parametrize(("per_day", "levels"), [(0, (1, 3)), (0.2, (1, 3)), (2.3, (5, 12)), (10, (20, 50))])
def test_a_face_lasts_two_days_at_least_and_five_at_most(per_day, levels):
    assert facing.usual_levels(per_day) == levels


@pytest.fixture
def floor(db):
    """A face of ten to thirty shirts with twelve on it, and two reserves above with twenty and thirty."""
    house, tee = a_warehouse(db), a_sku(db)
    face = a_bin(db, house)
    low, high = (a_bin(db, house, code, BinKind.RESERVE) for code in ("A01-01-4", "A01-01-5"))
    for where, qty in ((face, 12), (low, 20), (high, 30)):
        stock(db, where, tee, qty)
    facing.keep_face(db, face, tee.id, 10, 30, SYSTEM)
    return house, face, low, high, tee


def promise(db, where, sku, qty):
    service.reserve(db, [Wish(where.id, sku.id, qty, shipment_line_id=1)])
    db.expire_all()


def test_a_face_is_low_when_its_free_units_fall_below_the_minimum(db, floor):
    _house, face, _low, high, tee = floor
    assert facing.low_faces(db) == []
    promise(db, face, tee, 3)
    assert facing.low_faces(db) == [(face.id, tee.id)]
    (task,) = refilling.fill_face(db, face.id, tee.id, SYSTEM)
    assert (task.qty, task.from_bin_id, task.wanted) == (18, high.id, 0), "up to the maximum of what lies there"
    assert facing.low_faces(db) == []
    assert refilling.fill_face(db, face.id, tee.id, SYSTEM) == []


@pytest.mark.parametrize(("litres", "kilos", "more"), [(30, None, 3), (None, 3, 3), (25, 3, 0)])
def test_a_refill_is_no_more_than_the_bin_holds(db, floor, litres, kilos, more):
    """A shirt is 1.98 litres and 200 g; twelve lie there, three of them promised."""
    _house, face, _low, _high, tee = floor
    face.capacity_l, face.max_weight_kg = litres, kilos
    db.flush()
    promise(db, face, tee, 3)
    assert sum(task.qty for task in refilling.fill_face(db, face.id, tee.id, SYSTEM)) == more


def test_an_empty_reserve_or_a_full_face_asks_for_nothing(db, floor):
    _house, face, low, high, tee = floor
    promise(db, face, tee, 3)
    promise(db, low, tee, 20)
    promise(db, high, tee, 30)
    assert facing.low_faces(db) == []
    assert refilling.fill_face(db, face.id, tee.id, SYSTEM) == []
    facing.keep_face(db, face, tee.id, 12, 12, SYSTEM)
    service.release(db, service.reserve_one(db, Wish(face.id, tee.id, 1, 2)))
    assert facing.low_faces(db) == []


def test_only_open_pick_bins_are_faces_and_levels_do_not_cross(db, floor):
    _house, face, low, _high, tee = floor
    with pytest.raises(Invalid):
        facing.keep_face(db, low, tee.id, 1, 2, SYSTEM)
    with pytest.raises(Invalid):
        facing.keep_face(db, face, tee.id, 3, 2, SYSTEM)
    facing.drop_face(db, face, tee.id, SYSTEM)
    with pytest.raises(Conflict):
        facing.drop_face(db, face, tee.id, SYSTEM)


def test_the_lot_that_expires_first_is_brought_first(db):
    house, tea = a_warehouse(db), a_sku(db, "TEA")
    tea.tracking = Tracking.LOT
    face = a_bin(db, house)
    supplier = service.beyond(db, PlaceKind.SUPPLIER, house.id)
    for code, days, qty in (("A01-02-5", 200, 50), ("A01-03-5", 90, 8), ("A01-04-5", 150, 60)):
        lot = lots.lot_for(db, tea, code, clock.now().date() + timedelta(days=days))
        where = a_bin(db, house, code, BinKind.RESERVE)
        service.move(db, [Move(tea.id, qty, supplier, where.id, MoveReason.OPENING, lot_id=lot.id)], "x", 0, SYSTEM)
    facing.keep_face(db, face, tea.id, 5, 20, SYSTEM)
    (task,) = refilling.fill_face(db, face.id, tea.id, SYSTEM)
    assert (queries.place_names(db, [task.from_bin_id])[task.from_bin_id].code, task.qty) == ("A01-03-5", 8)


def test_what_orders_wait_for_comes_on_one_task_and_ranks_it(db, floor):
    house, face, _low, high, tee = floor
    cup = a_sku(db, "CUP")
    other = a_bin(db, house, "A02-01-1")
    stock(db, a_bin(db, house, "A02-01-5", BinKind.RESERVE), cup, 40)
    facing.keep_face(db, other, cup.id, 5, 20, SYSTEM)
    refilling.fill_face(db, other.id, cup.id, SYSTEM)
    (task,) = refilling.ask_replenishment(db, house.id, tee.id, 25, SYSTEM, orders=3)
    assert (task.qty, task.wanted, task.orders, task.to_bin_id, task.from_bin_id) == (25, 25, 3, face.id, high.id)
    (again,) = refilling.ask_replenishment(db, house.id, tee.id, 10, SYSTEM, orders=2)
    assert again.id == task.id
    assert (task.qty, task.wanted, task.orders) == (30, 35, 5), "as far as its source has them"
    assert queries.replenishments_under_way(db)[house.id, tee.id] == 35
    assert [row.task.orders for row in tasks.refills(db)] == [5, 0]
    assert count(db, Replenishment) == 2


def walk(db, task, qty=None):
    """From bin to bin; the task is fresh afterwards."""
    codes = queries.place_names(db, [task.from_bin_id, task.to_bin_id])
    assert refilling.scan_refill(db, task, codes[task.from_bin_id].code, ANA)
    if qty:
        refilling.take_to_refill(db, task, qty)
    assert refilling.scan_refill(db, task, codes[task.to_bin_id].code, ANA)
    db.expire_all()


def test_what_one_source_cannot_give_follows_from_the_next(db, floor):
    house, face, low, high, tee = floor
    (task,) = refilling.ask_replenishment(db, house.id, tee.id, 45, SYSTEM, orders=3)
    assert (task.qty, task.from_bin_id) == (30, high.id)
    walk(db, task)
    (row,) = tasks.refills(db)
    assert (row.task.qty, row.task.wanted, row.task.orders, row.source.id) == (15, 15, 3, low.id)
    walk(db, row.task)
    assert tasks.refills(db) == []
    assert queries.balance_of(db, face.id, tee.id) == 12 + 45


def test_a_part_is_brought_and_the_rest_comes_later(db, floor):
    house, face, _low, _high, tee = floor
    (task,) = refilling.ask_replenishment(db, house.id, tee.id, 20, SYSTEM)
    walk(db, task, 8)
    assert (task.state, task.taken) == (ReplenishmentState.DONE, 8)
    (row,) = tasks.refills(db)
    assert row.task.wanted == 12
    assert queries.balance_of(db, face.id, tee.id) == 20
    for qty in (0, 21):
        with pytest.raises((Invalid, Conflict)):
            refilling.take_to_refill(db, row.task, qty)


def test_none_in_the_source_asks_for_a_count_and_for_another_source(db, floor):
    house, _face, low, high, tee = floor
    (task,) = refilling.ask_replenishment(db, house.id, tee.id, 20, SYSTEM, orders=1)
    refilling.fewer_to_refill(db, task, 0, ANA)
    assert task.state is ReplenishmentState.CANCELLED
    (row,) = tasks.refills(db)
    assert (row.source.id, row.task.qty, row.task.orders) == (low.id, 20, 1), "the bin in doubt is left alone"
    assert count(db, CountTask, CountTask.bin_id == high.id) == 1


def test_goods_of_a_mixed_bin_are_scanned_before_they_are_brought(db, floor):
    house, face, _low, high, tee = floor
    cup = a_sku(db, "CUP")
    stock(db, high, cup, 5)
    (task,) = refilling.ask_replenishment(db, house.id, tee.id, 20, SYSTEM)
    assert refilling.scan_refill(db, task, high.code, ANA)
    with pytest.raises(Conflict):
        refilling.scan_refill(db, task, face.code, ANA)
    with pytest.raises(Conflict):
        refilling.take_to_refill(db, task, 3)
    assert not refilling.scan_refill(db, task, ean(cup), ANA)
    assert not refilling.scan_refill(db, task, "NOBODY", ANA)
    assert refilling.scan_refill(db, task, ean(tee), ANA)
    assert refilling.scan_refill(db, task, face.code, ANA)


def test_every_step_can_be_taken_back_and_the_move_too(db, floor):
    house, face, _low, high, tee = floor
    (task,) = refilling.ask_replenishment(db, house.id, tee.id, 20, SYSTEM)
    with pytest.raises(Conflict):
        refilling.undo_refill(db, task, ANA)
    refilling.scan_refill(db, task, high.code, ANA)
    refilling.scan_refill(db, task, ean(tee), ANA)
    refilling.take_to_refill(db, task, 6)
    for left in ((True, True, None), (True, False, None), (False, False, None)):
        refilling.undo_refill(db, task, ANA)
        assert (task.from_seen, task.item_seen, task.taken) == left
    walk(db, task, 6)
    with pytest.raises(Conflict):
        refilling.undo_refill(db, task, BEN)
    refilling.undo_refill(db, task, ANA)
    db.expire_all()
    assert (task.state, task.taken, task.qty) == (ReplenishmentState.OPEN, 6, 20)
    assert (queries.balance_of(db, face.id, tee.id), queries.balance_of(db, high.id, tee.id)) == (12, 30)
    assert [row.task.id for row in tasks.refills(db)] == [task.id], "the task for the rest is gone"
    assert refilling.scan_refill(db, task, face.code, ANA)
    refilling.undo_refill(db, task, ANA)
    assert books.broken_balances(db) == []


def test_the_lots_that_were_brought_are_the_lots_taken_back(db):
    house, tea = a_warehouse(db), a_sku(db, "TEA")
    tea.tracking = Tracking.LOT
    face, above = a_bin(db, house), a_bin(db, house, "A01-01-5", BinKind.RESERVE)
    supplier = service.beyond(db, PlaceKind.SUPPLIER, house.id)
    for where, code, days, qty in ((face, "OLD", 40, 3), (above, "NEW", 90, 8)):
        lot = lots.lot_for(db, tea, code, clock.now().date() + timedelta(days=days))
        service.move(db, [Move(tea.id, qty, supplier, where.id, MoveReason.OPENING, lot_id=lot.id)], "x", 0, SYSTEM)
    (task,) = refilling.ask_replenishment(db, house.id, tea.id, 5, SYSTEM)
    walk(db, task)
    refilling.undo_refill(db, task, ANA)
    assert books.broken_lots(db) == books.broken_balances(db) == []
    assert (queries.balance_of(db, face.id, tea.id), queries.balance_of(db, above.id, tea.id)) == (3, 8)


def test_units_promised_meanwhile_cannot_be_taken_back(db, floor):
    house, face, _low, _high, tee = floor
    (task,) = refilling.ask_replenishment(db, house.id, tee.id, 20, SYSTEM)
    walk(db, task)
    promise(db, face, tee, 30)
    with pytest.raises(Conflict):
        refilling.undo_refill(db, task, ANA)


def test_the_next_task_is_the_nearest_of_those_that_unlock_orders(db, floor):
    house, face, _low, _high, _tee = floor
    made = []
    for n, (aisle, orders) in enumerate((("A02", 0), ("A03", 1), ("A04", 2))):
        sku = a_sku(db, f"SKU-{n}")
        a_bin(db, house, f"{aisle}-01-1")
        stock(db, a_bin(db, house, f"{aisle}-01-5", BinKind.RESERVE), sku, 9)
        facing.keep_face(db, queries.bin_by_code(db, house.id, f"{aisle}-01-1"), sku.id, 1, 9, SYSTEM)
        made += refilling.ask_replenishment(db, house.id, sku.id, 4, SYSTEM, orders)
    rows = tasks.refills(db)
    assert [row.task.id for row in rows] == [made[2].id, made[1].id, made[0].id]
    assert tasks.nearest(rows, face).task.id == made[1].id
    assert tasks.nearest(rows[2:], face).task.id == made[0].id
    assert tasks.nearest([], face) is None


# --- over HTTP -----------------------------------------------------------------------------------------------------


@pytest.fixture
def world(app):
    """A face of ten to thirty with two shirts on it, forty in a mixed reserve; the chore asked for them."""
    with unit_of_work() as db:
        house, tee, cup = a_warehouse(db), a_sku(db), a_sku(db, "CUP")
        face, above = a_bin(db, house), a_bin(db, house, "A01-02-5", BinKind.RESERVE)
        for where, sku, qty in ((face, tee, 2), (above, tee, 40), (above, cup, 3)):
            stock(db, where, sku, qty)
        facing.keep_face(db, face, tee.id, 10, 30, SYSTEM)
        found = {"tee": ean(tee), "cup": ean(cup), "face": face.id}
    assert chores.look_at_faces() == 1
    assert chores.look_at_faces() == 0
    with reading() as db:
        return {**found, "task": tasks.refills(db)[0].task.id}


def test_a_refill_on_the_phone_goes_bin_goods_number_bin_and_back(world, sign_in):
    ana, at = sign_in("Ana"), f"/replenishments/{world['task']}"
    assert "×28" in ana.get("/replenishments").text
    assert ana.post(f"{at}/scans", {"code": "A01-01-1"}).status_code == 422
    assert "Scan the item" in ana.post(f"{at}/scans", {"code": "A01-02-5"}).text
    assert ana.post(f"{at}/scans", {"code": "A01-01-1"}).status_code == 409, "mixed: the goods first"
    wrong = ana.post(f"{at}/scans", {"code": world["cup"]})
    assert (wrong.status_code, "CUP" in wrong.text) == (422, True)
    assert "All 28 taken" in ana.post(f"{at}/scans", {"code": world["tee"]}).text
    bad = ana.post(f"{at}/number", {"qty": "29"})
    assert (bad.status_code, 'value="29"' in bad.text) == (422, True)
    assert ana.post(f"{at}/number", {"qty": "20"}).status_code == 303
    assert "A01-01-1" in ana.get(at).text
    after = ana.post(f"{at}/scans", {"code": "a01-01-1"})
    assert after.status_code == 303
    with reading() as db:
        assert queries.balance_of(db, world["face"], 1) == 22
        (rest,) = tasks.refills(db)
    assert after.location == f"/replenishments/{rest.task.id}?done={world['task']}"
    assert f"{at}/undo" in ana.get(after.location).text
    assert ana.post(f"{at}/undo").location == at
    with reading() as db:
        assert queries.balance_of(db, world["face"], 1) == 2
    assert ana.post(f"{at}/undo").status_code == 303


def test_faces_are_set_on_the_page_of_the_sku(world, sign_in):
    dai, at = sign_in("Dai"), "/skus/CUP/faces"
    good = {"warehouse": "SHA", "bin": "a01-01-1", "min_qty": "2", "max_qty": "9"}
    assert sign_in("Ana").post(at, good).status_code == 403
    assert dai.post(at, good).status_code == 303
    for bad in ({"bin": "Z99-99-9"}, {"bin": "A01-02-5"}, {"max_qty": "1"}, {"min_qty": "few"}):
        answer = dai.post(at, good | bad)
        assert (answer.status_code, f'value="{next(iter(bad.values()))}"' in answer.text) == (422, True)
    assert "A01-01-1" in dai.get("/skus/CUP/supply").text
    assert chores.look_at_faces() == 1
    drop = {"warehouse": "SHA", "bin": "A01-01-1"}
    assert dai.post(f"{at}/drop", drop).status_code == 303
    assert dai.post(f"{at}/drop", drop).status_code == 409
