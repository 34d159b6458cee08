"""Blind counts, their review, and the refilling of pick faces."""

import threading
import uuid
from pathlib import Path

import pytest

from floor.inventory import books, count_review, counting, queries, refilling, service, tasks
from floor.inventory.count_review import Why
from floor.inventory.models import BinKind, CountReason, CountTask, LedgerRow, MoveReason, PlaceKind, Replenishment
from floor.inventory.service import Move, Wish
from floor.inventory.states import COUNT, CountAction, CountState, ReplenishmentState
from floor.kit.actor import SYSTEM, Actor
from floor.kit.errors import Conflict, Invalid, NotAllowed
from floor.kit.uow import reading, unit_of_work
from tests.factories import a_bin, a_sku, a_warehouse, count, ean, stock

ANA, BEN, BO, DAI, EVE = (
    Actor("user", n, name) for n, name in ((1, "Ana"), (2, "Ben"), (3, "Bo"), (5, "Dai"), (6, "Eve"))
)


@pytest.fixture
def shelf(db):
    """Ten shirts in a bin, and somebody asked for a count."""
    house = a_warehouse(db)
    here, tee = a_bin(db, house), a_sku(db)
    stock(db, here, tee, 10)
    return here, tee, counting.ask_count(db, here, tee.id, CountReason.SHORT, SYSTEM)


def say(db, task, tee, qty, who=ANA):
    """One whole count: bin, goods, number."""
    counting.scan(db, task, "a01-01-1", who)
    if qty:
        counting.scan(db, task, ean(tee), who)
    return counting.count(db, task, qty, who)


def test_a_right_count_settles_it_at_once(db, shelf):
    _here, tee, task = shelf
    assert say(db, task, tee, 10) is True
    assert (task.state, task.counted_qty, task.system_qty) == (CountState.DONE, 10, 10)


def test_a_difference_must_be_said_twice_before_it_is_believed(db, shelf):
    _here, tee, task = shelf
    assert say(db, task, tee, 8) is False
    assert (task.state, task.began_at) == (CountState.OPEN, None)
    assert say(db, task, tee, 8) is True
    assert task.state is CountState.VARIANCE


def test_two_different_differences_want_another_counter_and_the_right_number_ends_it(db, shelf):
    _here, tee, task = shelf
    assert [say(db, task, tee, qty) for qty in (8, 9)] == [False, False]
    with pytest.raises(NotAllowed) as refused:
        counting.count(db, task, 8, ANA)
    assert refused.value.code == "inventory.other_must_count"
    assert say(db, task, tee, 10, BEN) is True
    assert task.state is CountState.DONE


def test_a_pick_between_two_counts_does_not_hide_the_same_loss(db, shelf):
    here, tee, task = shelf
    say(db, task, tee, 8)
    service.move(db, [Move(tee.id, 3, here.id, a_tote(db, here), MoveReason.PICK)], "walk", 1, SYSTEM)
    assert say(db, task, tee, 5) is True
    assert task.state is CountState.VARIANCE


def a_tote(db, here):
    return service.new_place(db, PlaceKind.TOTE, here.warehouse_id)


def test_the_bin_comes_first_and_units_need_the_goods_scanned(db, shelf):
    here, tee, task = shelf
    with pytest.raises(Conflict):
        counting.count(db, task, 10, ANA)
    assert counting.scan(db, task, ean(tee), ANA)[0] is counting.Seen.WRONG_BIN
    counting.scan(db, task, here.code, ANA)
    with pytest.raises(Conflict):
        counting.count(db, task, 10, ANA)
    other = a_sku(db, "TEE-RED-M")
    assert counting.scan(db, task, ean(other), ANA)[0] is counting.Seen.WRONG_ITEM
    assert counting.scan(db, task, "nobody knows", ANA)[0] is counting.Seen.UNKNOWN


def test_none_can_be_said_without_goods_to_scan(db, shelf):
    here, tee, task = shelf
    say(db, task, tee, 0)
    assert say(db, task, tee, 0) is True
    assert count_review.adjust(db, task, Why.UNKNOWN, DAI) == -10
    assert queries.balance_of(db, here.id, tee.id) == 0


def test_an_adjustment_books_the_difference_not_the_number(db, shelf):
    """Three were picked between the count and the decision: seven less two is five, not eight."""
    here, tee, task = shelf
    say(db, task, tee, 8)
    say(db, task, tee, 8)
    service.move(db, [Move(tee.id, 3, here.id, a_tote(db, here), MoveReason.PICK)], "walk", 1, SYSTEM)
    assert count_review.adjust(db, task, Why.UNKNOWN, DAI) == -2
    db.expire_all()
    assert queries.balance_of(db, here.id, tee.id) == 5
    assert books.broken_balances(db) == []
    assert task.state is CountState.DONE


def test_found_units_come_in_from_nowhere_but_the_ledger_says_so(db, shelf):
    here, tee, task = shelf
    say(db, task, tee, 12)
    say(db, task, tee, 12)
    count_review.adjust(db, task, Why.UNKNOWN, DAI)
    db.expire_all()
    assert queries.balance_of(db, here.id, tee.id) == 12
    assert count(db, LedgerRow, LedgerRow.reason == MoveReason.COUNT) == 1
    assert books.broken_balances(db) == []


def test_promised_units_cannot_be_adjusted_away(db, shelf):
    here, tee, task = shelf
    say(db, task, tee, 8)
    say(db, task, tee, 8)
    service.reserve(db, [Wish(here.id, tee.id, 9, shipment_line_id=1)])
    with pytest.raises(Conflict) as refused:
        count_review.adjust(db, task, Why.UNKNOWN, DAI)
    assert (refused.value.code, refused.value.values) == ("inventory.missing_promised", {"missing": 2, "free": 1})


def test_a_recount_starts_from_nothing(db, shelf):
    _here, tee, task = shelf
    say(db, task, tee, 8)
    say(db, task, tee, 8)
    count_review.recount(db, task, DAI)
    assert (task.state, task.counted_qty, task.last_gap, task.began_at) == (CountState.OPEN, None, None, None)


@pytest.mark.parametrize("state", list(CountState))
@pytest.mark.parametrize("action", list(CountAction))
def test_a_count_moves_as_its_table_says_and_no_other_way(state, action):
    if (state, action) in COUNT.table:
        assert COUNT.after(state, action) is COUNT.table[state, action]
    else:
        with pytest.raises(Conflict):
            COUNT.after(state, action)


def test_the_readme_draws_the_table():
    readme = Path(counting.__file__).with_name("README.md").read_text(encoding="utf-8")
    assert COUNT.mermaid() in readme


@pytest.fixture
def refill(db):
    """Twenty shirts in the reserve, an empty pick face, twelve wanted there."""
    house = a_warehouse(db)
    a_bin(db, house)
    above, tee = a_bin(db, house, "A01-01-5", BinKind.RESERVE), a_sku(db)
    stock(db, above, tee, 20)
    (task,) = refilling.ask_replenishment(db, house.id, tee.id, 12, SYSTEM)
    return above, tee, task


def test_a_replenishment_moves_the_units_when_both_bins_were_scanned(db, refill):
    above, tee, task = refill
    assert not refilling.scan_refill(db, task, "A01-01-1", ANA), "the source comes first"
    assert refilling.scan_refill(db, task, "A01-01-5", ANA)
    assert refilling.scan_refill(db, task, "A01-01-1", ANA)
    assert task.state is ReplenishmentState.DONE
    assert (queries.balance_of(db, task.to_bin_id, tee.id), queries.balance_of(db, above.id, tee.id)) == (12, 8)
    with pytest.raises(Conflict):
        refilling.scan_refill(db, task, "A01-01-1", ANA)


def test_fewer_in_the_reserve_are_brought_and_counted(db, refill):
    above, _tee, task = refill
    refilling.fewer_to_refill(db, task, 5, ANA)
    assert (task.qty, task.state) == (5, ReplenishmentState.OPEN)
    assert count(db, CountTask, CountTask.bin_id == above.id) == 1
    with pytest.raises(Invalid):
        refilling.fewer_to_refill(db, task, 5, ANA)
    refilling.fewer_to_refill(db, task, 0, ANA)
    assert task.state is ReplenishmentState.CANCELLED


# --- over HTTP ---------------------------------------------------------------------------------------------------


@pytest.fixture
def world(app):
    """A count and a replenishment on the floor of SHA; ids only."""
    with unit_of_work() as db:
        house = a_warehouse(db)
        here, tee = a_bin(db, house), a_sku(db)
        above = a_bin(db, house, "A01-02-5", BinKind.RESERVE)
        stock(db, here, tee, 10)
        stock(db, above, tee, 20)
        task = counting.ask_count(db, here, tee.id, CountReason.SHORT, SYSTEM)
        (refill,) = refilling.ask_replenishment(db, house.id, tee.id, 12, SYSTEM)
        return {"count": task.id, "ean": ean(tee), "sku": tee.code, "refill": refill.id, "bin": here.id}


def task_of(world):
    with reading() as db:
        return tasks.count_for(db, world["count"])


def test_a_count_on_the_phone_goes_bin_goods_number_and_never_tells_the_books(world, sign_in):
    ana, at = sign_in("Ana"), f"/counts/{world['count']}"
    assert "A01-01-1" in ana.get("/counts").text
    assert 'name="qty"' not in ana.get(at).text
    assert ana.post(f"{at}/scans", {"code": "A01-02-5"}).status_code == 422
    assert ana.post(f"{at}/scans", {"code": "A01-01-1"}).status_code == 200
    page = ana.post(f"{at}/scans", {"code": world["ean"]})
    assert 'name="qty"' in page.text
    assert ana.post(f"{at}/number", {"qty": "many"}).status_code == 422
    assert 'value="many"' in ana.post(f"{at}/number", {"qty": "many"}).text
    again = ana.post(f"{at}/number", {"qty": "8"})
    assert (again.status_code, again.location) == (303, at)
    page = ana.get(at).text
    assert "Count again" in page
    assert ">10<" not in page
    assert ">8<" not in page


def test_the_supervisor_sees_both_numbers_and_adjusts_once(world, sign_in):
    ana, dai, at = sign_in("Ana"), sign_in("Dai"), f"/counts/{world['count']}"
    for _ in range(2):
        ana.post(f"{at}/scans", {"code": "A01-01-1"})
        ana.post(f"{at}/scans", {"code": world["ean"]})
        ana.post(f"{at}/number", {"qty": "8"})
    page = dai.get("/counts/review").text
    assert ">8<" in page
    assert ">10<" in page
    same = str(uuid.uuid4())
    first = dai.post(f"{at}/adjust", {"why": "theft"}, command_id=same)
    assert (first.status_code, dai.post(f"{at}/adjust", {"why": "theft"}, command_id=same).status_code) == (303, 303)
    assert dai.post(f"{at}/adjust", {"why": "theft"}).status_code == 409
    assert dai.post(f"{at}/recount").status_code == 409
    with reading() as db:
        assert db.get(LedgerRow, 1) is not None
        assert queries.balance_of(db, world["bin"], 1) == 8


def test_a_recount_goes_back_to_the_floor(world, sign_in):
    ana, dai, at = sign_in("Ana"), sign_in("Dai"), f"/counts/{world['count']}"
    for _ in range(2):
        ana.post(f"{at}/scans", {"code": "A01-01-1"})
        ana.post(f"{at}/number", {"qty": "0"})
    assert dai.post(f"{at}/recount").status_code == 303
    assert task_of(world).state is CountState.OPEN


def test_a_repeated_number_counts_once(world, sign_in):
    ana, at, same = sign_in("Ana"), f"/counts/{world['count']}", str(uuid.uuid4())
    ana.post(f"{at}/scans", {"code": "A01-01-1"})
    for _ in range(2):
        assert ana.post(f"{at}/number", {"qty": "0"}, command_id=same).status_code == 303
    assert task_of(world).state is CountState.OPEN, "one count said twice by a lost reply is not two counts"


def test_two_people_at_one_bin_take_turns_whatever_goods_they_begin_with(app, sign_in):
    """Each locks every count of the bin: without one order they would lock each other up."""
    with unit_of_work() as db:
        here = a_bin(db, a_warehouse(db))
        for n in range(6):
            stock(db, here, a_sku(db, f"SKU-{n}"), 5)
        found = [task.id for task in counting.ask_bin(db, here, CountReason.CYCLE, SYSTEM)]
    people = {sign_in("Ana"): found, sign_in("Ben"): found[::-1]}
    answers = []

    def work(person, mine):
        for task in mine:
            answers.append(person.post(f"/counts/{task}/scans", {"code": "A01-01-1"}).status_code)
            answers.append(person.post(f"/counts/{task}/scans", {"code": "SKU-3"}).status_code)

    threads = [threading.Thread(target=work, args=pair) for pair in people.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 24
    assert set(answers) <= {200, 422}, answers


def test_a_replenishment_on_the_phone_needs_both_bins(world, sign_in):
    ana, at = sign_in("Ana"), f"/replenishments/{world['refill']}"
    assert "A01-02-5" in ana.get("/replenishments").text
    assert ana.post(f"{at}/scans", {"code": "A01-01-1"}).status_code == 422
    assert ana.post(f"{at}/scans", {"code": "A01-02-5"}).status_code == 200
    assert ana.post(f"{at}/fewer", {"qty": "12"}).status_code == 422
    assert ana.post(f"{at}/fewer", {"qty": "7"}).status_code == 303
    same = str(uuid.uuid4())
    assert ana.post(f"{at}/scans", {"code": "A01-01-1"}, command_id=same).status_code == 303
    assert ana.post(f"{at}/scans", {"code": "A01-01-1"}, command_id=same).status_code == 303
    with reading() as db:
        assert db.get(Replenishment, world["refill"]).state is ReplenishmentState.DONE
        assert queries.balance_of(db, world["bin"], 1) == 17


def test_a_supervisor_cancels_a_replenishment(world, sign_in):
    at = f"/replenishments/{world['refill']}/cancel"
    assert sign_in("Ana").post(at).status_code == 403
    assert sign_in("Dai").post(at).status_code == 303
    assert sign_in("Dai").post(at).status_code == 409


@pytest.mark.parametrize("path", ["scans", "number", "adjust", "recount"])
def test_doors_of_counts_take_forms_of_the_right_people_only(world, sign_in, path):
    at = f"/counts/{world['count']}/{path}"
    assert sign_in("Dai").get(at).status_code == 405
    assert sign_in("Chen").post(at, {"code": "x", "qty": "1", "why": "theft"}).status_code == 403
    assert sign_in("Dai").post(f"/counts/999/{path}", {"code": "x", "qty": "1", "why": "theft"}).status_code == 404


@pytest.mark.parametrize("path", ["scans", "fewer", "cancel"])
def test_doors_of_replenishments_take_forms_of_the_right_people_only(world, sign_in, path):
    at = f"/replenishments/{world['refill']}/{path}"
    assert sign_in("Dai").get(at).status_code == 405
    assert sign_in("Bo").post(at, {"code": "x", "qty": "1", "why": "theft"}).status_code == 403
    assert (
        sign_in("Dai").post(f"/replenishments/999/{path}", {"code": "x", "qty": "1", "why": "theft"}).status_code == 404
    )
